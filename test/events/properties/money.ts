import { expect } from 'vitest'
import { recomputed } from '../model/model.ts'
import type { State } from '../model/records.ts'

// What holds of money, whatever happened.

/** Whether every amount is what the statuses and the other amounts say. */
export const expectSums = ({ transactions, conversions, obligations, payouts, fulfillments }: State): void => {
  for (const { id, total, refunded, status } of transactions) {
    expect(refunded, `refunded of transaction ${id}`).toBeGreaterThanOrEqual(0)
    expect(refunded, `refunded of transaction ${id}`).toBeLessThanOrEqual(total)
    if (total > 0) expect([id, status === 'refunded']).toEqual([id, refunded === total])
  }
  for (const { id, type, value, status, conversion } of obligations) {
    expect([id, type === 'clawback']).toEqual([id, value < 0])
    if (type === 'clawback' || type === 'adjustment') {
      expect(value).not.toBe(0)
      expect(['pending', 'complete'], `obligation ${id}`).toContain(status)
    }
    expect([id, type === 'allocation']).toEqual([id, conversion === null])
  }
  for (const { obligation, id } of conversions)
    for (const owed of obligations.filter(({ conversion }) => conversion === id))
      expect(owed.type === 'clawback' || owed.type === 'adjustment').toBe(owed.id !== obligation)
  for (const { id, value, collaborator, currency } of payouts) {
    const settled = obligations.filter(({ payout }) => payout === id)
    expect([id, value]).toEqual([id, settled.reduce((sum, { value }) => sum + value, 0)])
    expect(value).toBeGreaterThan(0)
    for (const owed of settled) expect(owed).toMatchObject({ status: 'complete', collaborator, currency })
  }
  for (const { id } of fulfillments) expect(payouts.map(({ fulfillment }) => fulfillment)).toContain(id)
}

/** Whether nothing that is in a payout was touched. */
export const expectPaidStays = (before: State | undefined, after: State): void => {
  const isPaid = ({ payout }: { payout: number | null }) => payout !== null
  for (const paid of before?.obligations.filter(isPaid) ?? [])
    expect(after.obligations.find(({ id }) => id === paid.id)).toEqual(paid)
  for (const { status: _, ...payout } of before?.payouts ?? [])
    expect(after.payouts.find(({ id }) => id === payout.id)).toMatchObject(payout)
}

/** What was paid for each conversion, and is owed for it. */
export const owedFor = ({ conversions, obligations }: State): Map<number, number> =>
  new Map(
    conversions.map(({ id }) => [
      id,
      obligations
        .filter(({ conversion, status }) => conversion === id && status !== 'rejected')
        .reduce((sum, { value }) => sum + value, 0),
    ]),
  )

/** Whether what was paid and is owed for each conversion is its share of what is left, unless a manager rejected it. */
export const expectShares = (actual: State, { evaluations, conversions, transactions }: State): void => {
  const owed = owedFor(actual)
  for (const { id, transaction, collaborator, isRejectedByHand } of conversions) {
    const evaluation = evaluations.find(one => one.conversions.includes(id))
    const left = transactions.find(({ id }) => id === transaction)?.left
    if (isRejectedByHand || evaluation === undefined || left === undefined) continue
    expect([id, owed.get(id)]).toEqual([id, recomputed(evaluation, left).get(collaborator) ?? 0])
  }
}
