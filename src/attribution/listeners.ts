import type { CollaboratorRow, ConversionRow, ConversionType, TransactionRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ConflictError, RecordNotFoundError, ValidationError } from '../errors.ts'
import { expectSince } from '../events/backdating.ts'
import type { Evaluation, EventOf, Match } from '../events/catalog.ts'
import { type EventContext, each, type Listeners } from '../events/dispatcher.ts'
import { fractionFrom } from '../money.ts'
import { matchesForLead, matchesForRenewal, matchesForSale } from './bindings.ts'
import { conversions as lifecycle } from './conversion.ts'
import { type Contest, evaluate, matching } from './evaluate.ts'
import { recompute } from './recompute.ts'
import { record } from './record.ts'

/** What listeners here need of other folders. */
export interface AttributionPorts {
  /** The collaborator with this id or tracking code. @throws ValidationError when there is none. */
  resolveCollaborator(reference: number | string, context: EventContext): Promise<CollaboratorRow>
  /** A new opportunity, of a customer that may be known. */
  openOpportunity(
    userId: string | null,
    context: EventContext,
  ): Promise<Pick<EventOf<'OpportunityTriggered'>, 'opportunity' | 'isNew'>>
}

/** Decides who is credited with a conversion, and keeps what was decided. */
export const attributionListeners = ({ resolveCollaborator, openOpportunity }: AttributionPorts): Listeners => ({
  'manual-attribution': each(async ({ type: slug, payload }, context) => {
    const { conversionType } = payload
    const collaborator = await resolveCollaborator(payload.collaboratorId, context)
    const [transaction] = await context.sql.rows(lockTransaction, [context.organizationId, payload.transactionId])
    if (transaction === undefined) throw new RecordNotFoundError(`Transaction ${payload.transactionId}`)
    expectSince(`transaction ${transaction.id}`, transaction.dateCreated, context)
    if (transaction.status !== 'complete')
      throw new ConflictError(`Expected a complete transaction, but ${transaction.id} is ${transaction.status}`)
    const programIds = await creditable(collaborator, transaction, conversionType, context)
    const opened = await openOpportunity(null, context)
    const { opportunity } = opened
    return [
      { type: 'OpportunityTriggered', ...opened, trigger: { slug, collaboratorId: collaborator.id } },
      { type: 'ManualAttributionRequested', opportunity, collaborator, transaction, conversionType, programIds },
    ]
  }),

  ManualAttributionRequested: each(async ({ opportunity, transaction, conversionType }, { sql, organizationId }) => {
    const details = await sql.rows(linesOf, [organizationId, transaction.id])
    const [left] = await sql.rows(fractionLeftOf, [organizationId, transaction.id])
    const fractionLeft = left && fractionFrom(left.fractionLeft)
    const sale = { opportunityId: opportunity.id, conversionType, transaction, details, fractionLeft }
    return [{ ...sale, type: 'SaleInitialized', isByHand: true }]
  }),

  SaleInitialized: each(async ({ type: _, isByHand, ...sale }, context) => {
    const { opportunityId, conversionType, transaction } = sale
    const found = await matchesForSale(opportunityId, conversionType, context)
    const evaluation = evaluationOf(found, { ...sale, asOf: context.now })
    if (isByHand && evaluate(evaluation).decisions.every(({ outcome }) => outcome !== 'awarded'))
      throw new ValidationError({
        transactionId: [
          `Expected a transaction for which a program pays, received ${transaction.id}, for which none does`,
        ],
      })
    return [{ ...evaluation, type: 'ConversionInitialized' }]
  }),

  LeadInitialized: each(async ({ opportunityId }, context) => {
    const found = await matchesForLead(opportunityId, context)
    const lead = { opportunityId, conversionType: 'lead', transaction: null, details: [] } as const
    return [{ ...evaluationOf(found, { ...lead, asOf: context.now }), type: 'ConversionInitialized' }]
  }),

  RenewalInitialized: each(async ({ type: _, ...renewal }, context) => {
    const { opportunityId, transaction } = renewal
    const { originalTransactionId: saleId } = transaction
    if (saleId === null) return []
    const found = await matchesForRenewal(opportunityId, saleId, context)
    if (found.length === 0) return []
    const [sale] = await context.sql.rows(momentOf, [context.organizationId, saleId])
    const asOf = sale?.dateCreated ?? context.now
    const evaluation = evaluationOf(found, { ...renewal, conversionType: 'renewal', asOf })
    return [{ ...evaluation, type: 'ConversionRenewed', transaction }]
  }),

  ConversionInitialized: each(async (evaluation, context) => {
    const { decisions, contests } = evaluate(evaluation)
    const awards = await record(decisions, evaluation, context)
    return [
      ...contests.map(contest => contested(contest, evaluation)),
      ...awards.map(award => ({ type: 'ConversionsAwarded', ...award }) as const),
    ]
  }),

  ConversionRenewed: each(async (evaluation, context) => {
    const { transaction } = evaluation
    const { decisions, contests } = evaluate(evaluation)
    const awards = await record(decisions, evaluation, context)
    return [
      ...contests.map(contest => contested(contest, evaluation)),
      ...awards.map(award => ({ type: 'RenewedConversionsAwarded', ...award, transaction }) as const),
    ]
  }),

  ObligationIssued: async (events, { sql, organizationId, now }) => {
    const ids = events.flatMap(({ conversionId }) => conversionId ?? [])
    if (ids.length === 0) return []
    const approved = await sql.rows(approveUnreviewed, [organizationId, ids, lifecycle.before('approved'), now])
    return inOrder(approved).map(conversion => ({ type: 'ConversionApproved', conversion }))
  },

  'conversion-approved': each(async ({ payload: { conversionId } }, context) => {
    const { conversion, isChanged } = await change(conversionId, 'approved', context)
    return isChanged ? [{ type: 'ConversionApproved', conversion }] : []
  }),

  'conversion-rejected': each(async ({ payload: { conversionId, reason, clawback = false } }, context) => {
    const { conversion, isChanged } = await change(conversionId, 'rejected', context)
    return [
      ...(isChanged ? [{ type: 'ConversionRejected', conversion, reason } as const] : []),
      ...(clawback ? [{ type: 'ClawbackRequested', conversion } as const] : []),
    ]
  }),

  RefundTriggered: each(recompute),
})

/** Rows as they came about: an update answers them in whatever order it finds them. */
const inOrder = (rows: readonly ConversionRow[]) => rows.toSorted((one, other) => one.id - other.id)

/**
 * The programs under which a collaborator can be credited with a transaction by hand.
 * @throws ConflictError when it has been credited under all of them, unless that was rejected.
 * @throws ValidationError when there are none.
 */
const creditable = async (
  collaborator: CollaboratorRow,
  transaction: TransactionRow,
  conversionType: ConversionType,
  { sql, organizationId }: EventContext,
): Promise<number[]> => {
  const values = [organizationId, collaborator.id, transaction.id, conversionType]
  const programs = await sql.rows(programsForManual, values)
  if (programs.length === 0)
    throw new ValidationError({
      collaboratorId: [
        `Expected an active collaborator in an active program that enables manual attribution and rewards a ${conversionType}, received ${collaborator.id}`,
      ],
    })
  const open = programs.filter(({ isCredited }) => !isCredited)
  if (open.length === 0)
    throw new ConflictError(`Transaction ${transaction.id} is credited to collaborator ${collaborator.id} already`)
  return open.map(({ id }) => id)
}

/** An evaluation of these programs. */
const evaluationOf = (found: readonly Match[], about: Omit<Evaluation, 'matches' | 'passedOver'>): Evaluation => ({
  ...about,
  ...matching(found, about),
})

/** What a contest is told. */
const contested = (
  { winner, losers }: Contest,
  { opportunityId, transaction, asOf }: Evaluation,
): EventOf<'ProgramGroupContested'> => {
  const bindings = [winner, ...losers].toSorted(byProgram).flatMap(entrant => entrant.bindings)
  return {
    type: 'ProgramGroupContested',
    winningProgram: winner.program,
    losingPrograms: losers.map(({ program }) => program),
    opportunityId,
    transaction,
    collaboratorIds: [...new Set(bindings.map(({ collaboratorId }) => collaboratorId))],
    asOf,
  }
}

const byProgram = (one: Contest['winner'], other: Contest['winner']) => one.programId - other.programId

/**
 * Moves a conversion on by hand, unless it is there already.
 * @throws RecordNotFoundError when there is none. @throws ConflictError when it cannot become that any more.
 */
const change = async (
  id: number,
  to: 'approved' | 'rejected',
  context: EventContext,
): Promise<{ conversion: ConversionRow; isChanged: boolean }> => {
  const { sql, organizationId, now } = context
  const [conversion] = await sql.rows(lockConversion, [organizationId, id])
  if (conversion === undefined) throw new RecordNotFoundError(`Conversion ${id}`)
  expectSince(`conversion ${id}`, conversion.dateCreated, context)
  if (conversion.status === to) return { conversion, isChanged: false }
  if (!lifecycle.canBecome(conversion.status, to))
    throw new ConflictError(`Conversion ${id} is ${conversion.status}, and cannot become ${to}`)
  const [changed = conversion] = await sql.rows(setStatus, [organizationId, id, to, now])
  return { conversion: changed, isChanged: true }
}

const CONVERSION = selectList(tableOf('Conversion'), 'v')

const lockConversion = statement<ConversionRow>(`
  select ${CONVERSION} from conversion v where v.organization_id = $1 and v.id = $2 for no key update`)

const setStatus = statement<ConversionRow>(`
  update conversion v set status = $3::conversion_status, rejected_by_hand = $3 = 'rejected', date_modified = greatest(v.date_modified, $4)
  where v.organization_id = $1 and v.id = $2
  returning ${CONVERSION}`)

// after a manager has rejected what a sale, or a renewal of it, earned under the program, its renewals wait for a manager
const approveUnreviewed = statement<ConversionRow>(`
  update conversion v set status = 'approved', date_modified = greatest(v.date_modified, $4)
  from engagement e join program p on p.organization_id = e.organization_id and p.id = e.program_id and p.auto_approve
  where v.organization_id = $1 and v.id = any($2::bigint[]) and v.status = any($3::text[]::conversion_status[])
    and e.organization_id = $1 and e.id = v.engagement_id
    and not exists (
      select from transaction renewal
        join transaction t on t.organization_id = $1 and renewal.original_transaction_id in (t.id, t.original_transaction_id)
        join conversion x on x.organization_id = $1 and x.transaction_id = t.id and x.rejected_by_hand
        join engagement y on y.organization_id = $1 and y.id = x.engagement_id and y.program_id = e.program_id
      where renewal.organization_id = $1 and renewal.id = v.transaction_id and v.type = 'renewal'
    )
  returning ${CONVERSION}`)

const momentOf = statement<Pick<TransactionRow, 'dateCreated'>>(
  `select t.date_created as "dateCreated" from transaction t where t.organization_id = $1 and t.id = $2`,
)

const lockTransaction = statement<TransactionRow>(`
  select ${selectList(tableOf('Transaction'), 't')} from transaction t where t.organization_id = $1 and t.id = $2
  for no key update`)

const linesOf = statement<EventOf<'TransactionCreated'>['details'][number]>(`
  select ${selectList(tableOf('LineItem'), 'l')} from line_item l where l.organization_id = $1 and l.transaction_id = $2 order by l.id`)

const fractionLeftOf = statement<{ fractionLeft: string }>(`
  select t.fraction_left as "fractionLeft" from transaction t where t.organization_id = $1 and t.id = $2`)

const programsForManual = statement<{ id: number; isCredited: boolean }>(`
  select p.id, exists (
      select from conversion v join engagement e on e.organization_id = v.organization_id and e.id = v.engagement_id and e.program_id = p.id
      where v.organization_id = $1 and v.transaction_id = $3 and v.collaborator_id = $2 and v.status <> 'rejected'
    ) as "isCredited"
  from enrollment n
    join collaborator c on c.organization_id = $1 and c.id = $2 and c.status = 'active'
    join program p on p.organization_id = $1 and p.id = n.program_id and p.status = 'active'
      and $4::conversion_type = any(p.active_conversion_types)
    join program_engagement_type t on t.organization_id = $1 and t.program_id = p.id and t.type = 'manual'
  where n.organization_id = $1 and n.collaborator_id = $2
  order by p.id`)
