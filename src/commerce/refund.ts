import { type CountedLine, countedLinesOf, type Part, type Refunds, refundedWith, refundsOf } from '../counted-lines.ts'
import type { ConversionRow, LineItemRow, TransactionRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ConflictError, RecordNotFoundError, ValidationError } from '../errors.ts'
import { expectSince } from '../events/backdating.ts'
import type { DomainEvent, EventOf } from '../events/catalog.ts'
import type { EventContext } from '../events/dispatcher.ts'
import { shown } from '../events/fields.ts'
import { formatAmount, fractionFrom, fractionText, minorUnits } from '../money.ts'

type Payload = EventOf<'refund'>['payload']

/**
 * Gives a part of a transaction back, or all that is left of it. Does nothing when that was given back before.
 * @throws RecordNotFoundError when there is no such transaction.
 * @throws ValidationError when the part is none of it, or more than what is left.
 * @throws ConflictError after hundreds of refunds by amount and returns of items in turn: the exact fraction would grow for ever.
 */
export const refund = async (payload: Payload, context: EventContext): Promise<DomainEvent[]> => {
  const { source, externalId, reason = null } = payload
  const { sql, organizationId } = context
  const [found] = await sql.rows(lockTransaction, [organizationId, source, externalId])
  if (found === undefined) throw unknownTransaction(source, externalId)
  const { fractionLeft, ...transaction } = found
  expectSince(`transaction ${transaction.id}`, transaction.dateCreated, context)
  expectCurrency(payload, transaction)
  context.opportunityId = transaction.opportunityId
  const isPart = payload.amount !== undefined || payload.items !== undefined
  if (!isPart && transaction.status === 'refunded') return []
  const details = await sql.rows(linesOf, [organizationId, transaction.id])
  const lines = countedLinesOf(details, transaction.totalValue)
  const before = refundsOf(transaction, fractionFrom(fractionLeft), details)
  const part = partOf(payload, transaction, details, lines)
  const after = refundedWith(part, transaction.totalValue, lines, before)
  if (fractionText(after.fractionLeft).length > MOST_DIGITS)
    throw new ConflictError(
      'Expected fewer refunds by amount between returns of items: refund items, or all that is left',
    )
  const refunded = await keep(transaction, after, 'units' in part ? [...part.units.keys()] : [], context)
  // what is returned of a transaction that was refunded takes nothing
  if (transaction.status === 'refunded') return []
  const conversions = await sql.rows(conversionsOf, [organizationId, transaction.id])
  const obligations = await sql.rows(obligationsOf, [organizationId, conversions.map(({ id }) => id)])
  const obligationIds = obligations.map(({ id }) => id)
  const amount = after.refundedValue - before.refundedValue
  return [{ type: 'RefundTriggered', transaction: refunded, conversions, obligationIds, amount, reason, before, after }]
}

/** Reached after a hundred pairs or more of a return and an amount; returns alone, and amounts alone, need no more than 33. */
const MOST_DIGITS = 2_000

/** What is said of a transaction that is not there. */
export const unknownTransaction = (source: string, externalId: string) =>
  new RecordNotFoundError(`A transaction ${JSON.stringify(externalId)} of ${JSON.stringify(source)}`)

const expectCurrency = ({ currency }: Payload, transaction: TransactionRow): void => {
  if (currency !== undefined && currency !== transaction.currency)
    throw new ValidationError({
      currency: [`Expected ${transaction.currency}, the currency of the sale, received ${currency}`],
    })
}

/** What is given back. @throws ValidationError when that is not to be had. */
const partOf = (
  { amount, items }: Payload,
  { currency, totalValue, refundedValue }: TransactionRow,
  details: readonly LineItemRow[],
  counted: readonly CountedLine[],
): Part => {
  const left = totalValue - refundedValue
  if (items !== undefined) {
    const isPaidFor = (id: number) => counted.some(({ lineItemId, value }) => lineItemId === id && value > 0)
    return { units: unitsOf(items, details, ({ id }) => left === 0 && isPaidFor(id)) }
  }
  if (amount === undefined) return { amount: left }
  const value = asMinorUnits(amount, currency)
  if (value === 0) {
    const smallest = `at least ${formatAmount(1, currency)}`
    throw new ValidationError({ amount: [`Expected ${smallest}, received ${amount}, which rounds to nothing`] })
  }
  if (value === undefined || value > left) {
    const most = `at most ${formatAmount(left, currency)}, which is what is left of the transaction`
    throw new ValidationError({ amount: [`Expected ${most}, received ${amount}`] })
  }
  return { amount: value }
}

/** Undefined for what cannot be counted. */
const asMinorUnits = (amount: number, currency: string): number | undefined => {
  try {
    return minorUnits(amount, currency)
  } catch {
    return undefined
  }
}

/** How many units are returned, by the line's id. */
const unitsOf = (
  items: NonNullable<Payload['items']>,
  details: readonly LineItemRow[],
  isRefunded: (line: LineItemRow) => boolean,
): ReadonlyMap<number, number> => {
  const units = new Map<number, number>()
  for (const [at, { externalId, quantity }] of items.entries()) {
    const lines = details.filter(line => line.externalId === externalId)
    const [line] = lines
    if (line === undefined || lines.length > 1) {
      const which = line === undefined ? 'no item of the sale has' : `${lines.length} items of the sale have`
      throw new ValidationError({
        [`items.${at}.externalId`]: [
          `Expected the externalId of one item of the sale, received ${shown(externalId)}, which ${which}: say an amount instead`,
        ],
      })
    }
    const returned = (units.get(line.id) ?? 0) + quantity
    const most = isRefunded(line) ? 0 : line.quantity - line.returned
    if (returned > most) {
      const left = `at most ${most} units of ${shown(externalId)}, which is what was not refunded yet`
      throw new ValidationError({ [`items.${at}.quantity`]: [`Expected ${left}, received ${returned}`] })
    }
    units.set(line.id, returned)
  }
  return units
}

/** Keeps what was given back; the lines are those of which units were returned. */
const keep = async (
  transaction: TransactionRow,
  { refundedValue, fractionLeft, returned }: Refunds,
  lineIds: readonly number[],
  { sql, organizationId, now }: EventContext,
): Promise<TransactionRow> => {
  if (lineIds.length > 0) {
    const counts = lineIds.map(id => returned.get(id))
    await sql.rows(setReturned, [organizationId, lineIds, counts])
  }
  const values = [organizationId, transaction.id, refundedValue, fractionText(fractionLeft), now]
  const [refunded = transaction] = await sql.rows(setRefunded, values)
  return refunded
}

const TRANSACTION = selectList(tableOf('Transaction'), 't')

const lockTransaction = statement<TransactionRow & { fractionLeft: string }>(`
  select ${TRANSACTION}, t.fraction_left as "fractionLeft" from transaction t
  where t.organization_id = $1 and t.source = $2 and t.external_id = $3
  for no key update`)

const linesOf = statement<LineItemRow>(`
  select ${selectList(tableOf('LineItem'), 'l')} from line_item l
  where l.organization_id = $1 and l.transaction_id = $2 order by l.id`)

const setReturned = statement(`
  update line_item l set returned = given.returned from unnest($2::bigint[], $3::int[]) as given(id, returned)
  where l.organization_id = $1 and l.id = given.id`)

const setRefunded = statement<TransactionRow>(`
  update transaction t set refunded_value = $3, fraction_left = $4, date_modified = greatest(t.date_modified, $5),
    status = case when $3 = t.total_value then 'refunded' else t.status end
  where t.organization_id = $1 and t.id = $2
  returning ${TRANSACTION}`)

const obligationsOf = statement<{ id: number }>(`
  select o.id from obligation o where o.organization_id = $1 and o.conversion_id = any($2::bigint[]) order by o.id`)

const conversionsOf = statement<ConversionRow>(`
  select ${selectList(tableOf('Conversion'), 'v')} from conversion v
  where v.organization_id = $1 and v.transaction_id = $2 order by v.id`)
