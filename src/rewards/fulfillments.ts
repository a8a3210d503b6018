import type { FulfillmentRow, ObligationRow, PayoutRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ConflictError, RecordNotFoundError, ValidationError } from '../errors.ts'
import { expectSince } from '../events/backdating.ts'
import type { DomainEvent } from '../events/catalog.ts'
import type { EventContext } from '../events/dispatcher.ts'
import { formatAmount } from '../money.ts'
import { fulfillments, payouts } from './statuses.ts'

/**
 * Rolls obligations into one payout per collaborator and currency: those that are named, or else all that are pending, but
 * for those of rejected and deleted collaborators. What a collaborator who is paid owes back in that currency is always
 * included.
 *
 * Who is owed 0 or less in a currency gets no payout in it, and all these obligations stay pending. The sender is warned of
 * that. Where nobody is paid there is no fulfillment.
 * @throws ValidationError when one of those named does not exist, or is not pending.
 */
export const fulfill = async (ids: readonly number[] | undefined, context: EventContext): Promise<DomainEvent[]> => {
  const { sql, organizationId, now } = context
  const found = await (ids === undefined
    ? sql.rows(lockPending, [organizationId])
    : sql.rows(lockNamed, [organizationId, ids]))
  if (ids !== undefined) expectPending(ids, found)
  // what is owed back and not named may have been settled by the transaction whose lock was waited for
  const owed = found.filter(({ status }) => status === 'pending')
  for (const { id, dateCreated } of owed) expectSince(`obligation ${id}`, dateCreated, context)
  const sums = bundled(owed)
  const bundles = sums.filter(({ value }) => value > 0)
  warnOfUnpaid(
    sums.filter(({ value }) => value <= 0),
    bundles.length > 0,
    context,
  )
  if (owed.length === 0) await warnOfNobody(ids !== undefined, context)
  if (bundles.length === 0) return []

  const [fulfillment] = (await sql.rows(insertFulfillment, [organizationId, now])) as [FulfillmentRow]
  const given = JSON.stringify(bundles.map(({ obligations: _, ...bundle }) => bundle))
  const made = await sql.rows(insertPayouts, [organizationId, fulfillment.id, given, now])
  const payoutOf = new Map(made.map(payout => [bundleKey(payout), payout]))
  const settled = bundles.flatMap(bundle => {
    const payout = payoutOf.get(bundleKey(bundle))
    return payout === undefined ? [] : [{ payout, obligations: bundle.obligations }]
  })
  const pairs = settled.flatMap(({ payout, obligations }) => obligations.map(({ id }) => [id, payout.id] as const))
  const completed = await sql.rows(complete, [organizationId, pairs.map(([id]) => id), pairs.map(([, id]) => id), now])
  const completedById = new Map(completed.map(obligation => [obligation.id, obligation]))
  const [processing = fulfillment] = await sql.rows(setFulfillment, [organizationId, fulfillment.id, 'processing', now])
  return [
    { type: 'FulfillmentCreated', fulfillment },
    ...settled.map(({ payout, obligations }): DomainEvent => {
      return { type: 'PayoutCreated', payout, obligationIds: obligations.map(({ id }) => id) }
    }),
    ...settled.flatMap(({ payout, obligations }) =>
      obligations.flatMap(({ id, conversionId }): DomainEvent[] => {
        const obligation = completedById.get(id)
        return obligation === undefined ? [] : [{ type: 'ObligationCompleted', obligation, payout, conversionId }]
      }),
    ),
    { type: 'FulfillmentStatusChanged', fulfillment: processing, newStatus: processing.status },
  ]
}

/**
 * Moves a fulfillment on; does nothing when it is there already.
 * @throws RecordNotFoundError when there is none. @throws ConflictError when it cannot become that any more.
 */
export const changeFulfillment = async (
  { fulfillmentId, status }: { fulfillmentId: number; status: FulfillmentRow['status'] },
  context: EventContext,
): Promise<DomainEvent[]> => {
  const { sql, organizationId, now } = context
  const [fulfillment] = await sql.rows(lockFulfillment, [organizationId, fulfillmentId])
  if (fulfillment === undefined) throw new RecordNotFoundError(`Fulfillment ${fulfillmentId}`)
  expectSince(`fulfillment ${fulfillmentId}`, fulfillment.dateCreated, context)
  if (fulfillment.status === status) return []
  if (!fulfillments.canBecome(fulfillment.status, status))
    throw new ConflictError(`Fulfillment ${fulfillmentId} is ${fulfillment.status}, and cannot become ${status}`)
  const [changed = fulfillment] = await sql.rows(setFulfillment, [organizationId, fulfillmentId, status, now])
  return [{ type: 'FulfillmentStatusChanged', fulfillment: changed, newStatus: status }]
}

/** Marks a payout as paid; does nothing when it is. @throws RecordNotFoundError when there is none. */
export const pay = async (payoutId: number, context: EventContext): Promise<DomainEvent[]> => {
  const { sql, organizationId, now } = context
  const [payout] = await sql.rows(lockPayout, [organizationId, payoutId])
  if (payout === undefined) throw new RecordNotFoundError(`Payout ${payoutId}`)
  expectSince(`payout ${payoutId}`, payout.dateCreated, context)
  if (!payouts.canBecome(payout.status, 'paid')) return []
  const [paid = payout] = await sql.rows(setPaid, [organizationId, payoutId, now])
  const settled = await sql.rows(settledBy, [organizationId, payoutId])
  return [{ type: 'PayoutPaid', payout: paid, obligationIds: settled.map(({ id }) => id) }]
}

/**
 * Takes back that a payout was paid; does nothing when it is unpaid.
 * @throws RecordNotFoundError when there is none. @throws ConflictError when it cannot become that.
 */
export const unpay = async (payoutId: number, context: EventContext): Promise<DomainEvent[]> => {
  const { sql, organizationId, now } = context
  const [payout] = await sql.rows(lockPayout, [organizationId, payoutId])
  if (payout === undefined) throw new RecordNotFoundError(`Payout ${payoutId}`)
  expectSince(`payout ${payoutId}`, payout.dateCreated, context)
  if (payout.status === 'unpaid') return []
  if (!payouts.canBecome(payout.status, 'unpaid'))
    throw new ConflictError(`Payout ${payoutId} is ${payout.status}, and cannot become unpaid`)
  const [unpaid = payout] = await sql.rows(setUnpaid, [organizationId, payoutId, now])
  const settled = await sql.rows(settledBy, [organizationId, payoutId])
  return [{ type: 'PayoutUnpaid', payout: unpaid, obligationIds: settled.map(({ id }) => id) }]
}

const expectPending = (ids: readonly number[], owed: readonly ObligationRow[]): void => {
  const found = new Map(owed.map(obligation => [obligation.id, obligation.status]))
  const messages = [...new Set(ids)]
    .filter(id => found.get(id) !== 'pending')
    .map(
      id =>
        `Expected a pending obligation, received ${id}, which ${found.has(id) ? `is ${found.get(id)}` : 'does not exist'}`,
    )
  if (messages.length > 0) throw new ValidationError({ obligationIds: messages })
}

/** Says who is not paid, since what is owed adds up to nothing. */
const warnOfUnpaid = (unpaid: readonly Bundle[], isAnybodyPaid: boolean, context: EventContext): void => {
  if (unpaid.length === 0) return
  const named = unpaid
    .slice(0, MOST_NAMED)
    .map(({ collaboratorId, value, currency }) => `collaborator ${collaboratorId} (${formatAmount(value, currency)})`)
  const others = unpaid.length - named.length
  const whom = [...named, ...(others > 0 ? [`${others} more`] : [])].join(', ')
  context.warn(
    `${isAnybodyPaid ? 'Not everybody' : 'Nobody'} is paid: what is owed is not above 0, and stays pending, for ${whom}`,
  )
}
const MOST_NAMED = 5

/** Says why nothing is to be paid at all. */
const warnOfNobody = async (isNamed: boolean, context: EventContext): Promise<void> => {
  const { sql, organizationId, warn } = context
  if (isNamed) return warn('Nobody is paid: obligationIds names no obligation')
  const [leftOut] = await sql.rows(anyPending, [organizationId])
  warn(
    leftOut === undefined
      ? 'Nobody is paid: no obligation is pending'
      : 'Nobody is paid: what is pending is owed to rejected or deleted collaborators, who are paid where obligationIds names it',
  )
}

interface Bundle {
  readonly collaboratorId: number
  readonly currency: string
  readonly value: number
  readonly obligations: readonly ObligationRow[]
}

const bundleKey = ({ collaboratorId, currency }: { collaboratorId: number; currency: string }) =>
  `${collaboratorId} ${currency}`

/** What one payout would settle, each. @throws ValidationError when a sum cannot be counted. */
const bundled = (owed: readonly ObligationRow[]): Bundle[] => {
  const bundles = new Map<string, ObligationRow[]>()
  for (const obligation of owed) {
    const bundle = bundles.get(bundleKey(obligation))
    if (bundle === undefined) bundles.set(bundleKey(obligation), [obligation])
    else bundle.push(obligation)
  }
  return [...bundles.values()].map(obligations => {
    const [{ collaboratorId, currency }] = obligations as [ObligationRow]
    const value = Number(obligations.reduce((sum, obligation) => sum + BigInt(obligation.value), 0n))
    if (!Number.isSafeInteger(value))
      throw new ValidationError({
        obligationIds: [`Expected a payout to collaborator ${collaboratorId} that can be counted: roll up fewer`],
      })
    return { collaboratorId, currency, value, obligations }
  })
}

const FULFILLMENT = selectList(tableOf('Fulfillment'), 'f')
const PAYOUT = selectList(tableOf('Payout'), 'p')
const OBLIGATION = selectList(tableOf('Obligation'), 'o')

const lockOwed = (which: string) =>
  statement<ObligationRow>(`
  select ${OBLIGATION} from obligation o where o.organization_id = $1 and ${which}
  order by o.id
  for no key update of o`)
const lockPending = lockOwed(`o.status = 'pending' and exists (
    select from collaborator c
    where c.organization_id = $1 and c.id = o.collaborator_id and c.status not in ('rejected', 'deleted')
  )`)
// those that are named, whatever their status, and what the same collaborators owe back in the same currencies
const lockNamed = lockOwed(`o.id in (
    select unnest($2::bigint[])
    union
    select back.id from obligation named
      join obligation back on back.organization_id = $1 and back.collaborator_id = named.collaborator_id
        and back.currency = named.currency and back.status = 'pending' and back.value < 0
    where named.organization_id = $1 and named.id = any($2::bigint[])
  )`)

const anyPending = statement(`select from obligation o where o.organization_id = $1 and o.status = 'pending' limit 1`)

const insertFulfillment = statement<FulfillmentRow>(`
  insert into fulfillment as f (organization_id, date_created, date_modified) values ($1, $2, $2) returning ${FULFILLMENT}`)

const insertPayouts = statement<PayoutRow>(`
  insert into payout as p (organization_id, fulfillment_id, collaborator_id, currency, value, date_created, date_modified)
  select $1, $2, g."collaboratorId", g.currency, g.value, $4, $4
  from jsonb_to_recordset($3::jsonb) as g("collaboratorId" bigint, currency text, value bigint)
  returning ${PAYOUT}`)

const complete = statement<ObligationRow>(`
  update obligation o set status = 'complete', payout_id = pair.payout_id, date_modified = greatest(o.date_modified, $4)
  from unnest($2::bigint[], $3::bigint[]) as pair(id, payout_id)
  where o.organization_id = $1 and o.id = pair.id
  returning ${OBLIGATION}`)

const lockFulfillment = statement<FulfillmentRow>(`
  select ${FULFILLMENT} from fulfillment f where f.organization_id = $1 and f.id = $2 for no key update`)

const setFulfillment = statement<FulfillmentRow>(`
  update fulfillment f set status = $3::fulfillment_status, date_modified = greatest(f.date_modified, $4)
  where f.organization_id = $1 and f.id = $2 returning ${FULFILLMENT}`)

const lockPayout = statement<PayoutRow>(`
  select ${PAYOUT} from payout p where p.organization_id = $1 and p.id = $2 for no key update`)

const setPaid = statement<PayoutRow>(`
  update payout p set status = 'paid', date_paid = $3, date_modified = greatest(p.date_modified, $3)
  where p.organization_id = $1 and p.id = $2 returning ${PAYOUT}`)

const setUnpaid = statement<PayoutRow>(`
  update payout p set status = 'unpaid', date_paid = null, date_modified = greatest(p.date_modified, $3)
  where p.organization_id = $1 and p.id = $2 returning ${PAYOUT}`)

const settledBy = statement<{ id: number }>(`
  select o.id from obligation o where o.organization_id = $1 and o.payout_id = $2 order by o.id`)
