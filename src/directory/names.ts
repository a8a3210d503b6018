import { perScope, placeholderAfter, scopeOf, scopeValues } from '../access/scope.ts'
import { readsEverything, type Viewer } from '../access/viewer.ts'
import { expectIds } from '../database/checks.ts'
import { displayName, NAMED_TYPES, type NamedType } from '../database/names.ts'
import { type Sql, statement } from '../database/sql.ts'

/** Which names are wanted. */
export type WantedNames = { readonly [Type in NamedType]?: Iterable<number> }

/** Answers the name of a record; null when there is none that the viewer may see. */
export type NameLookup = (type: NamedType, id: number) => string | null

/** Names by id. */
export type Names = Readonly<Record<NamedType, ReadonlyMap<number, string>>>

/** The names to show of collaborators, programs, distributors and the organization, as one viewer may see them. */
export class NameDatastore {
  constructor(
    readonly sql: Sql,
    readonly viewer: Viewer,
    /** Where names are kept from one request to the next; without it each is read. */
    readonly kept?: KeptNames,
  ) {}

  /** Whether the names that this viewer sees are kept: rows then need to bring no more than their version. */
  get isKept(): boolean {
    return this.kept !== undefined && readsEverything(this.viewer)
  }

  /** All that are kept of a version, to which others may come; undefined where there are none. */
  ofVersion(version: number): Names | undefined {
    return this.isKept ? this.kept?.of(this.viewer.organizationId, version) : undefined
  }

  /**
   * All that are wanted, of whatever types: at once where they are kept of this version, and else those that are not in
   * one statement.
   */
  lookup(wanted: WantedNames, version?: number): NameLookup | Promise<NameLookup> {
    const kept = version === undefined ? undefined : this.ofVersion(version)
    if (kept === undefined) return this.#read(wanted)
    const [known, missing] = [nameIn(kept), missingIn(kept, wanted)]
    return missing === undefined
      ? known
      : this.#read(missing).then(read => (type, id) => read(type, id) ?? known(type, id))
  }

  async #read(wanted: WantedNames): Promise<NameLookup> {
    const values = [...scopeValues(this.viewer), ...NAMED_TYPES.map(type => expectIds([...new Set(wanted[type])]))]
    const rows = await this.sql.rows(namesByIds(scopeOf(this.viewer)), values)
    const names = noNames()
    let version: number | undefined
    for (const { type, id, name } of rows) {
      if (type === 'version') version = id
      else names[type].set(id, name)
    }
    if (this.isKept && version !== undefined) this.kept?.keep(this.viewer.organizationId, version, names)
    return nameIn(names)
  }
}

/**
 * Names that were read, for viewers who may see each. They belong to a version that is read together with what they are
 * shown on: so no name is shown that had been changed by then, whoever changed it.
 */
export class KeptNames {
  readonly #organizations = new Map<number, { readonly version: number; readonly names: MutableNames }>()
  /** Those of earlier versions are counted as well. */
  #count = 0

  /** @param most So many at a time, of all organizations together. */
  constructor(private readonly most = 100_000) {}

  of(organizationId: number, version: number): Names | undefined {
    const kept = this.#organizations.get(organizationId)
    return kept?.version === version ? kept.names : undefined
  }

  keep(organizationId: number, version: number, read: MutableNames): void {
    const more = NAMED_TYPES.reduce((count, type) => count + read[type].size, 0)
    if (this.#count + more > this.most) {
      this.#organizations.clear()
      this.#count = 0
    }
    this.#count += more
    const kept = this.#organizations.get(organizationId)
    if (kept?.version !== version) this.#organizations.set(organizationId, { version, names: read })
    else for (const type of NAMED_TYPES) for (const [id, name] of read[type]) kept.names[type].set(id, name)
  }
}

type MutableNames = Readonly<Record<NamedType, Map<number, string>>>

const noNames = (): MutableNames => ({
  collaborator: new Map(),
  program: new Map(),
  distributor: new Map(),
  organization: new Map(),
})

const nameIn =
  (names: Names): NameLookup =>
  (type, id) =>
    names[type].get(id) ?? null

const missingIn = (names: Names, wanted: WantedNames): WantedNames | undefined => {
  let missing: { [Type in NamedType]?: number[] } | undefined
  for (const type of NAMED_TYPES) {
    for (const id of wanted[type] ?? []) {
      if (names[type].has(id)) continue
      missing ??= {}
      missing[type] ??= []
      missing[type].push(id)
    }
  }
  return missing
}

interface NameRow {
  readonly type: NamedType | 'version'
  readonly id: number
  readonly name: string
}

const namesByIds = perScope(scope => {
  const parts = NAMED_TYPES.map((type, i) => {
    const own = type === 'organization' ? 't.id = $1' : 't.organization_id = $1'
    return `select '${type}' as type, t.id, ${displayName(type, 't')} as name from ${type} t where ${own} and t.id = any(${placeholderAfter(scope, i + 1)}::bigint[])${scope.visible(type, 't')}`
  })
  // with its own names alone no viewer comes far: they are not kept
  if (scope.visible('collaborator', 't') === '') {
    parts.push(`select 'version', o.names_version, '' from organization o where o.id = $1`)
  }
  return statement<NameRow>(parts.join(' union all '))
})
