import type { NoteSourceType } from '../database/rows.ts'
import { readsEverything, type Viewer } from './viewer.ts'

/** A type of record that viewers ask for: all that notes link to, and an allocation. */
export type RecordType = NoteSourceType | 'allocation'

/**
 * What a viewer may see: the one place that decides. Its conditions are SQL over the values that begin each of the
 * viewer's statements, `$1` the organization and, for a collaborator, `$2` the collaborator.
 * The organization itself is not repeated here: it stands in every statement.
 */
export interface Scope {
  /** A condition on a row of the type's table, with a leading ` and `; empty when every row may be seen. */
  visible(type: RecordType, row: string): string
  /** The columns, and lists that belong to a row, of which the viewer is told nothing. */
  hidden(type: RecordType): ReadonlySet<string> | undefined
  /** A condition on a row of `note`, with a leading ` and `. */
  visibleNote(row: string): string
  /** That the record of this type with this id, in SQL, may be seen; with a leading ` and `. */
  visibleRecord(type: NoteSourceType, id: string): string
  /** The same of a record whose type is known to the database alone. */
  visibleSource(type: string, id: string): string
}

/** What this viewer may see: one of three objects, so that what is made from it can be kept. */
export const scopeOf = (viewer: Viewer): Scope =>
  viewer.role === 'collaborator' ? own : readsEverything(viewer) ? everything : nothing

/** The values that begin each of the viewer's statements. */
export const scopeValues = (viewer: Viewer): readonly number[] =>
  viewer.role === 'collaborator' ? [viewer.organizationId, viewer.collaboratorId] : [viewer.organizationId]

/** The placeholder of the n-th value after those of the scope. */
export const placeholderAfter = (scope: Scope, n: number): string => `$${n + (scope === own ? 2 : 1)}`

/** Something that is made once for each scope, such as the text of a statement. */
export const perScope = <Made>(make: (scope: Scope) => Made): ((scope: Scope) => Made) => {
  const kept = new Map<Scope, Made>()
  return scope => {
    let made = kept.get(scope)
    if (made === undefined) {
      made = make(scope)
      kept.set(scope, made)
    }
    return made
  }
}

/** What stands for a name that the viewer may not see. */
export const HIDDEN_NAMES = {
  collaborator: 'another collaborator',
  program: 'another program',
  distributor: 'a distributor',
  organization: 'an organization',
} as const

const everything: Scope = {
  visible: () => '',
  hidden: () => undefined,
  visibleNote: () => '',
  visibleRecord: () => '',
  visibleSource: () => '',
}

const nothing: Scope = {
  visible: () => ' and false',
  hidden: () => undefined,
  visibleNote: () => ' and false',
  visibleRecord: () => ' and false',
  visibleSource: () => ' and false',
}

/** An engagement of the viewer's on the opportunity. */
const engagedOn = (opportunityId: string): string =>
  `exists (select from engagement x where x.organization_id = $1 and x.opportunity_id = ${opportunityId} and x.collaborator_id = $2)`

/** False, and yet uses the value that every statement of a collaborator is given. */
const NEVER = '$2::bigint is null'

/** A collaborator's own records, and what it needs to know of those they hang on. */
const OWN: Readonly<Record<RecordType, (row: string) => string>> = {
  collaborator: row => `${row}.id = $2`,
  engagement: row => `${row}.collaborator_id = $2`,
  conversion: row => `${row}.collaborator_id = $2`,
  obligation: row => `${row}.collaborator_id = $2`,
  payout: row => `${row}.collaborator_id = $2`,
  allocation: row => `${row}.collaborator_id = $2`,
  program: row =>
    `exists (select from enrollment x where x.organization_id = $1 and x.collaborator_id = $2 and x.program_id = ${row}.id)`,
  opportunity: row => engagedOn(`${row}.id`),
  transaction: row =>
    `(exists (select from conversion x where x.organization_id = $1 and x.transaction_id = ${row}.id and x.collaborator_id = $2) or ${engagedOn(`${row}.opportunity_id`)})`,
  fulfillment: () => NEVER,
  distribution: () => NEVER,
  distributor: () => NEVER,
  organization: () => NEVER,
}

const HIDDEN: { readonly [Type in RecordType]?: ReadonlySet<string> } = {
  program: new Set([
    'groupId',
    'status',
    'incentiveType',
    'incentiveResolverType',
    'units',
    'transactionPercent',
    'payoutPerTransaction',
    'payoutPerProduct',
    'payoutPerLead',
    'activeConversionTypes',
    'autoApprove',
    'leadRequalificationDays',
    'expirationDays',
    'dateCreated',
    'dateModified',
  ]),
  opportunity: new Set(['userId', 'mergedIntoId']),
  transaction: new Set([
    'opportunityId',
    'originalTransactionId',
    'source',
    'externalId',
    'totalValue',
    'refundedValue',
    'currency',
    'lineItems',
  ]),
  payout: new Set(['fulfillmentId']),
  allocation: new Set(['distributionId']),
}

const own: Scope = {
  visible: (type, row) => ` and ${OWN[type](row)}`,
  hidden: type => HIDDEN[type],
  visibleNote: row =>
    ` and exists (select from note_source x where x.organization_id = $1 and x.note_id = ${row}.id and x.date_created = ${row}.date_created and x.source_type = 'collaborator' and x.source_id = $2${ROW_BY_ROW})`,
  visibleRecord: (type, id) => ` and ${ownRecord(type, id)}`,
  visibleSource: (type, id) => {
    const types = (Object.keys(OWN) as RecordType[]).filter(each => each !== 'allocation')
    return ` and case ${type} ${types.map(each => `when '${each}' then ${ownRecord(each, id, ROW_BY_ROW)}`).join(' ')} end`
  },
}

/**
 * Ends a sub-select that is asked of few rows: PostgreSQL then asks it row by row, and does not first collect all that a
 * collaborator has, which for some is a great deal.
 */
const ROW_BY_ROW = ' offset 0'

const ownRecord = (type: NoteSourceType, id: string, rowByRow = ''): string => {
  const condition = OWN[type]('r')
  return condition === NEVER
    ? condition
    : `exists (select from "${type}" r where r.organization_id = $1 and r.id = ${id} and ${condition}${rowByRow})`
}
