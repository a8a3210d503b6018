import { perScope, placeholderAfter, scopeOf, scopeValues } from '../access/scope.ts'
import type { Viewer } from '../access/viewer.ts'
import { displayName, NAMED_TYPES, type NamedType } from '../database/names.ts'
import { type Sql, statement } from '../database/sql.ts'

/** Which names are wanted. */
export type WantedNames = { readonly [Type in NamedType]?: Iterable<number> }

/** Answers the name of a record; null when there is none that the viewer may see. */
export type NameLookup = (type: NamedType, id: number) => string | null

/** The names to show of collaborators, programs, distributors and the organization, as one viewer may see them. */
export class NameDatastore {
  constructor(
    readonly sql: Sql,
    readonly viewer: Viewer,
  ) {}

  /** All that are wanted, of whatever types, in one statement. */
  async lookup(wanted: WantedNames): Promise<NameLookup> {
    const ids = NAMED_TYPES.map(type => [...new Set(wanted[type])])
    const names = Object.fromEntries(NAMED_TYPES.map(type => [type, new Map()])) as Record<
      NamedType,
      Map<number, string>
    >
    const values = [...scopeValues(this.viewer), ...ids]
    for (const { type, id, name } of await this.sql.rows(namesByIds(scopeOf(this.viewer)), values)) {
      names[type].set(id, name)
    }
    return (type, id) => names[type].get(id) ?? null
  }
}

const namesByIds = perScope(scope => {
  const parts = NAMED_TYPES.map((type, i) => {
    const own = type === 'organization' ? 't.id = $1' : 't.organization_id = $1'
    return `select '${type}' as type, t.id, ${displayName(type, 't')} as name from ${type} t where ${own} and t.id = any(${placeholderAfter(scope, i + 1)}::bigint[])${scope.visible(type, 't')}`
  })
  return statement<{ type: NamedType; id: number; name: string }>(parts.join(' union all '))
})
