import type {
  CollaboratorRow,
  ConversionRow,
  ConversionType,
  EngagementRow,
  ProgramRow,
  TransactionRow,
} from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ConflictError, RecordNotFoundError, ValidationError } from '../errors.ts'
import { expectSince } from '../events/backdating.ts'
import type { Award, BindingRow, DomainEvent, Evaluation, EventOf, Match, RulesRow } from '../events/catalog.ts'
import { type EventContext, each, type Listeners } from '../events/dispatcher.ts'
import { contest } from './contest.ts'
import { conversions as lifecycle } from './conversion.ts'
import { eligible } from './eligible.ts'
import { type Reward, reward, type Sale } from './incentives.ts'
import { STRUCTURES } from './structures/structures.ts'

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
    return [{ type: 'SaleInitialized', opportunityId: opportunity.id, conversionType, transaction, details }]
  }),

  SaleInitialized: each(async ({ type: _, ...sale }, context) => {
    const bindings = await context.sql.rows(bindingsFor, [
      context.organizationId,
      sale.opportunityId,
      sale.conversionType,
    ])
    const matches = await matched(bindings, context)
    return [{ ...sale, type: 'ConversionInitialized', matches, asOf: context.now }]
  }),

  LeadInitialized: each(async ({ opportunityId }, context) => {
    const bindings = await context.sql.rows(bindingsForLead, [context.organizationId, opportunityId, context.now])
    const matches = await matched(bindings, context)
    const lead = { opportunityId, conversionType: 'lead', transaction: null, details: [] } as const
    return [{ ...lead, type: 'ConversionInitialized', matches, asOf: context.now }]
  }),

  RenewalInitialized: each(async ({ type: _, ...renewal }, context) => {
    const { organizationId, sql } = context
    const values = [organizationId, renewal.opportunityId, renewal.transaction.originalTransactionId]
    const bindings = await sql.rows(bindingsForRenewal, values)
    const [{ soldAt: asOf } = { soldAt: context.now }] = bindings
    const matches = await matched(bindings, context)
    const conversionType = 'renewal'
    return matches.length === 0 ? [] : [{ ...renewal, type: 'ConversionRenewed', conversionType, matches, asOf }]
  }),

  ConversionInitialized: each(async (evaluation, context) => {
    const { awards, contests } = await award(evaluation, context)
    return [...contests, ...awards.map(award => ({ type: 'ConversionsAwarded', ...award }) as const)]
  }),

  ConversionRenewed: each(async (evaluation, context) => {
    const { transaction } = evaluation
    const { awards, contests } = await award(evaluation, context)
    return [
      ...contests,
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
    const conversion = await change(conversionId, 'approved', context)
    return conversion && [{ type: 'ConversionApproved', conversion }]
  }),

  'conversion-rejected': each(async ({ payload: { conversionId, reason } }, context) => {
    const conversion = await change(conversionId, 'rejected', context)
    return conversion && [{ type: 'ConversionRejected', conversion, reason }]
  }),

  RefundTriggered: async (refunds, { sql, organizationId, now }) => {
    const ids = refunds.map(({ transaction }) => transaction.id)
    const rejected = await sql.rows(rejectOfTransactions, [organizationId, ids, lifecycle.before('rejected'), now])
    return inOrder(rejected).map(conversion => ({ type: 'ConversionRejected', conversion, reason: 'refund' }))
  },
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

/** Bindings by their programs, with these programs' rules. */
const matched = async (bindings: readonly BindingRow[], { sql, organizationId }: EventContext): Promise<Match[]> => {
  const ids = [...new Set(bindings.map(({ programId }) => programId))]
  if (ids.length === 0) return []
  const programs = await sql.rows(rulesOf, [organizationId, ids])
  return programs.map(program => ({ program, bindings: bindings.filter(({ programId }) => programId === program.id) }))
}

/** Holds the contests of a conversion's programs, has each that is left divide what it pays, and records the conversions. */
const award = async (
  evaluation: Evaluation,
  context: EventContext,
): Promise<{ awards: Award[]; contests: DomainEvent[] }> => {
  const { opportunityId, conversionType, transaction, details, matches, asOf } = evaluation
  const qualified = matches
    .map(({ program, bindings }) => ({
      program,
      programId: program.id,
      bindings: eligible(
        bindings.filter(({ canEarn }) => canEarn),
        program.expirationDays,
        asOf,
      ),
    }))
    .filter(({ bindings }) => bindings.length > 0)
  const { winners, contests } = contested(qualified, evaluation)
  const sale = transaction && { currency: transaction.currency, lines: details }
  const divided = winners.map(({ program, bindings }) => {
    const { value, currency } = paid(program, conversionType, sale)
    return { program, currency, credits: STRUCTURES[program.incentiveResolverType](bindings, value) }
  })
  const conversions = await record(
    divided.flatMap(({ credits }) => credits.map(({ binding }) => binding)),
    evaluation,
    context,
  )
  const awards = divided.map(({ program, currency, credits }) => ({
    program,
    opportunityId,
    conversionType,
    transaction,
    incentiveType: program.incentiveType,
    resolver: program.incentiveResolverType,
    conversions: credits.flatMap(({ binding, value }) => {
      const conversion = conversions.get(binding.id)
      return conversion ? [{ ...conversion, value, currency }] : []
    }),
  }))
  return { awards, contests }
}

type Qualified = { program: RulesRow; programId: number; bindings: readonly EngagementRow[] }

/** Of several programs of one group, the one that wins; every other program by itself. */
const contested = (qualified: readonly Qualified[], { opportunityId, transaction }: Evaluation) => {
  const contests: DomainEvent[] = []
  const lost = new Set<Qualified>()
  for (const groupId of new Set(qualified.map(({ program }) => program.groupId))) {
    const entrants = qualified.filter(({ program }) => program.groupId === groupId)
    const sorter = entrants[0]?.program.sorter ?? null
    if (sorter === null || entrants.length < 2) continue
    const { winner, losers } = contest(sorter, entrants)
    for (const loser of losers) lost.add(loser)
    contests.push({
      type: 'ProgramGroupConversionTriggered',
      winningProgram: winner.program,
      losingPrograms: losers.map(({ program }) => program),
      opportunityId,
      transaction,
      collaboratorIds: [
        ...new Set(entrants.flatMap(({ bindings }) => bindings.map(binding => binding.collaboratorId))),
      ],
    })
  }
  return { winners: qualified.filter(entrant => !lost.has(entrant)), contests }
}

const paid = (program: ProgramRow, conversionType: ConversionType, sale: Sale | null): Reward => {
  try {
    return reward(program, conversionType, sale)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ValidationError({ total: ['Expected an amount whose reward can be counted'] })
  }
}

/** New conversions of engagements, by the engagements' ids. */
const record = async (
  bindings: readonly EngagementRow[],
  { conversionType, transaction }: Evaluation,
  { sql, organizationId, now }: EventContext,
): Promise<ReadonlyMap<number, ConversionRow>> => {
  if (bindings.length === 0) return new Map()
  const columns = [
    bindings.map(({ id }) => id),
    bindings.map(({ collaboratorId }) => collaboratorId),
    bindings.map(({ score }) => score),
  ]
  const rows = await sql.rows(insertConversions, [
    organizationId,
    ...columns,
    transaction?.id ?? null,
    conversionType,
    now,
  ])
  return new Map(rows.map(row => [row.engagementId, row]))
}

/**
 * Moves a conversion on by hand; undefined when it is there already.
 * @throws RecordNotFoundError when there is none. @throws ConflictError when it cannot become that any more.
 */
const change = async (
  id: number,
  to: 'approved' | 'rejected',
  context: EventContext,
): Promise<ConversionRow | undefined> => {
  const { sql, organizationId, now } = context
  const [conversion] = await sql.rows(lockConversion, [organizationId, id])
  if (conversion === undefined) throw new RecordNotFoundError(`Conversion ${id}`)
  expectSince(`conversion ${id}`, conversion.dateCreated, context)
  if (conversion.status === to) return undefined
  if (!lifecycle.canBecome(conversion.status, to))
    throw new ConflictError(`Conversion ${id} is ${conversion.status}, and cannot become ${to}`)
  const [changed] = await sql.rows(setStatus, [organizationId, id, to, now])
  return changed
}

const ENGAGEMENT = selectList(tableOf('Engagement'), 'e')
const CONVERSION = selectList(tableOf('Conversion'), 'v')

const matching = (type: string) => `
  select ${ENGAGEMENT}, c.status = 'active' as "canEarn" from engagement e
    join collaborator c on c.organization_id = e.organization_id and c.id = e.collaborator_id
    join program p on p.organization_id = e.organization_id and p.id = e.program_id and p.status = 'active'
      and ${type} = any(p.active_conversion_types)
  where e.organization_id = $1 and e.opportunity_id = $2`

const bindingsFor = statement<BindingRow>(`${matching('$3::conversion_type')} and e.status = 'active' order by e.id`)

// who became a lead lately is no new lead for the program yet
const bindingsForLead = statement<BindingRow>(`${matching(`'lead'`)} and e.status = 'active'
    and not exists (
      select from engagement x
        join conversion v on v.organization_id = x.organization_id and v.engagement_id = x.id and v.type = 'lead' and v.status <> 'rejected'
      where x.organization_id = $1 and x.opportunity_id = $2 and x.program_id = p.id
        and v.date_created > $3::timestamptz - make_interval(days => p.lead_requalification_days)
    )
  order by e.id`)

// whom the sale, or a renewal of it, credited under a program; where nobody was, claims of then that are open still: the sale
// has closed those under programs that reward it, whether it credited them or not
const bindingsForRenewal = statement<BindingRow & { soldAt: Date }>(`
  select ${ENGAGEMENT}, e.can_earn as "canEarn", e.sold_at as "soldAt" from (
    select e.*, bool_or(e.credited) over (partition by e.program_id) as any_credited
    from (
      select e.*, c.status = 'active' as can_earn, sold.date_created as sold_at, exists (
          select from conversion v join transaction t on t.organization_id = v.organization_id and t.id = v.transaction_id
          where v.organization_id = e.organization_id and v.engagement_id = e.id
            and (t.id = sold.id or t.original_transaction_id = sold.id)
        ) as credited
      from engagement e
        join opportunity o on o.organization_id = e.organization_id and o.id = e.opportunity_id and o.status <> 'invalid'
        join transaction sold on sold.organization_id = e.organization_id and sold.id = $3
        join collaborator c on c.organization_id = e.organization_id and c.id = e.collaborator_id
        join program p on p.organization_id = e.organization_id and p.id = e.program_id and p.status = 'active'
          and 'renewal' = any(p.active_conversion_types)
      where e.organization_id = $1 and e.opportunity_id = $2 and e.status <> 'cancelled'
    ) e
  ) e
  where e.credited or not e.any_credited and e.status = 'active' and e.date_created <= e.sold_at
  order by e.id`)

const rulesOf = statement<RulesRow>(`
  select ${selectList(tableOf('Program'), 'p')}, g.sorter from program p
    left join program_group g on g.organization_id = p.organization_id and g.id = p.group_id
  where p.organization_id = $1 and p.id = any($2::bigint[]) order by p.id`)

const insertConversions = statement<ConversionRow>(`
  insert into conversion as v (
    organization_id, engagement_id, collaborator_id, score, transaction_id, type, date_created, date_modified
  )
  select $1, engagement_id, collaborator_id, score, $5, $6::conversion_type, $7, $7
  from unnest($2::bigint[], $3::bigint[], $4::bigint[]) with ordinality as b(engagement_id, collaborator_id, score, place)
  order by place
  returning ${CONVERSION}`)

const lockConversion = statement<ConversionRow>(`
  select ${CONVERSION} from conversion v where v.organization_id = $1 and v.id = $2 for no key update`)

const setStatus = statement<ConversionRow>(`
  update conversion v set status = $3::conversion_status, date_modified = greatest(v.date_modified, $4)
  where v.organization_id = $1 and v.id = $2
  returning ${CONVERSION}`)

const approveUnreviewed = statement<ConversionRow>(`
  update conversion v set status = 'approved', date_modified = greatest(v.date_modified, $4)
  from engagement e join program p on p.organization_id = e.organization_id and p.id = e.program_id and p.auto_approve
  where v.organization_id = $1 and v.id = any($2::bigint[]) and v.status = any($3::text[]::conversion_status[])
    and e.organization_id = $1 and e.id = v.engagement_id
  returning ${CONVERSION}`)

const rejectOfTransactions = statement<ConversionRow>(`
  update conversion v set status = 'rejected', date_modified = greatest(v.date_modified, $4)
  where v.organization_id = $1 and v.transaction_id = any($2::bigint[]) and v.status = any($3::text[]::conversion_status[])
  returning ${CONVERSION}`)

const lockTransaction = statement<TransactionRow>(`
  select ${selectList(tableOf('Transaction'), 't')} from transaction t where t.organization_id = $1 and t.id = $2
  for no key update`)

const linesOf = statement<EventOf<'TransactionCreated'>['details'][number]>(`
  select ${selectList(tableOf('LineItem'), 'l')} from line_item l where l.organization_id = $1 and l.transaction_id = $2 order by l.id`)

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
