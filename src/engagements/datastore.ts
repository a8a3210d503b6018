import { Records } from '../access/records.ts'
import { HIDDEN_NAMES, perScope, type Scope } from '../access/scope.ts'
import type { Viewer } from '../access/viewer.ts'
import type { Condition } from '../database/conditions.ts'
import type { Direction, Joined } from '../database/keyset.ts'
import { displayName, NAMES_VERSION } from '../database/names.ts'
import type { EngagementRow } from '../database/rows.ts'
import type { Sql } from '../database/sql.ts'
import { type Fields, tableOf } from '../database/tables.ts'
import { RecordNotFoundError } from '../errors.ts'

/** An engagement read together with names that it shows, or with the version that these are to have. */
export interface NamedEngagement extends EngagementRow {
  readonly collaboratorName?: string
  readonly programName?: string
  readonly namesVersion?: number
}

const NAMED = ['collaborator', 'program'] as const
type NamedRecord = (typeof NAMED)[number]

/** What brings the names of these records along with engagements. */
export interface JoinedNames extends Joined {
  readonly types: readonly NamedRecord[]
}

const TABLE = tableOf('Engagement')

/** Engagements as one viewer may see them. Reading only: they come into being through triggers. */
export class EngagementDatastore extends Records<EngagementRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'engagement', TABLE)
  }

  /** The active engagements of a pair of opportunity and program; `limit` null is all of them. Ties go by id. */
  async getBindings(
    opportunityId: number,
    programId: number,
    orderBy: keyof EngagementRow = 'dateCreated',
    order: Direction = 'ASC',
    limit: number | null = null,
  ): Promise<readonly EngagementRow[]> {
    const slice = { orderBy, direction: order, size: limit }
    const { rows } = await this.page({ conditions: [...pairOf(opportunityId, programId), ACTIVE], slice })
    return rows
  }

  /** The active engagement of the pair that was modified last; of equal ones the one with the higher id. @throws RecordNotFoundError */
  async getNewestBinding(opportunityId: number, programId: number): Promise<EngagementRow> {
    return this.#first(pairOf(opportunityId, programId), 'dateModified', 'DESC', 'an active engagement')
  }

  /** The active engagement of the pair that was created first; of equal ones the one with the lower id. @throws RecordNotFoundError */
  async getOldestEngagement(opportunityId: number, programId: number): Promise<EngagementRow> {
    return this.#first(pairOf(opportunityId, programId), 'dateCreated', 'ASC', 'an active engagement')
  }

  /** How many active engagements the pair has. Loads none of them. */
  getActiveEngagementCount(opportunityId: number, programId: number): Promise<number> {
    return this.count([...pairOf(opportunityId, programId), ACTIVE])
  }

  /** The one active engagement of the three. The collaborator comes first. @throws RecordNotFoundError */
  async getActiveEngagement(collaboratorId: number, programId: number, opportunityId: number): Promise<EngagementRow> {
    const conditions = [...pairOf(opportunityId, programId), equals('collaboratorId', collaboratorId)]
    return this.#first(conditions, 'id', 'ASC', 'the active engagement')
  }

  /** All engagements of an opportunity, whatever their status, as they were created. */
  async getEngagementsForOpportunity(opportunityId: number): Promise<readonly EngagementRow[]> {
    const slice = { orderBy: 'dateCreated', direction: 'ASC', size: null } as const
    const { rows } = await this.page({ conditions: [equals('opportunityId', opportunityId)], slice })
    return rows
  }

  /**
   * What brings those names that are among these fields with the rows of a page, to prime loaders with; and those of
   * `records` of which nothing but the name is asked for. Where names are kept it is their version.
   */
  withNames(
    fields: Pick<Fields, 'has'>,
    records: { readonly [Type in NamedRecord]?: { readonly isNameEnough: boolean } } = {},
    { isKept }: { readonly isKept: boolean } = { isKept: false },
  ): readonly JoinedNames[] {
    const bit = (type: NamedRecord) =>
      fields.has(`${type}Name`) || (fields.has(type) && records[type]?.isNameEnough) ? 1 : 0
    const made = isKept ? VERSIONS : joinedNames(this.scope)
    return made[bit('collaborator') + 2 * bit('program')] ?? []
  }

  async #first(
    conditions: readonly EngagementCondition[],
    orderBy: keyof EngagementRow,
    direction: Direction,
    what: string,
  ): Promise<EngagementRow> {
    const { rows } = await this.page({ conditions: [...conditions, ACTIVE], slice: { orderBy, direction, size: 1 } })
    if (rows[0] === undefined) throw new RecordNotFoundError(what)
    return rows[0]
  }
}

type EngagementCondition = Condition<keyof EngagementRow>

const equals = (column: keyof EngagementRow, value: unknown): EngagementCondition => ({ column, operator: '=', value })

const ACTIVE = equals('status', 'active')

const pairOf = (opportunityId: number, programId: number): EngagementCondition[] => [
  equals('opportunityId', opportunityId),
  equals('programId', programId),
]

/** Made for no name, for the collaborator's, for the program's, and for both. */
const forNames = (make: (types: readonly NamedRecord[]) => Joined): readonly (readonly JoinedNames[])[] => [
  [],
  ...[['collaborator'] as const, ['program'] as const, NAMED].map(types => [{ types, ...make(types) }]),
]

const joinedNames = perScope(scope =>
  forNames(types => ({
    name: `${types}`,
    columns: types.map(type => `coalesce(${type}.name, '${HIDDEN_NAMES[type]}') as "${type}Name"`).join(', '),
    joins: types.map(type => ` left join lateral (${nameOf(type, scope)}) ${type} on true`).join(''),
  })),
)

const VERSIONS = forNames(() => ({ name: 'version', columns: NAMES_VERSION, joins: '' }))

// programs are few, and may be read as a whole; the limit has each collaborator looked up by its key instead
const nameOf = (type: NamedRecord, scope: Scope): string =>
  `select ${displayName(type, type)} as name from ${type} where ${type}.organization_id = $1 and ${type}.id = t.${type}_id${scope.visible(type, type)}${type === 'collaborator' ? ' limit 1' : ''}`
