import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { EPOCH } from '../support/rows.ts'
import { LONG_RUNS } from '../support/runs.ts'
import type { Line, Rules, State } from './model/records.ts'
import type { Step, StepOf } from './properties/histories.ts'
import { expectCaused, expectLegal } from './properties/laws.ts'
import { expectPaidStays, expectShares, expectSums, owedFor } from './properties/money.ts'
import { sold } from './properties/money-histories.ts'
import { inOrder, recordsOf } from './properties/stored.ts'
import { type Moment, walker } from './properties/walk.ts'

// Sales are refunded in parts, before and after they are paid out: what is owed in the end is what the model says, and the
// sums are right whatever the model says.

vi.setConfig({ testTimeout: LONG_RUNS.numRuns * 10_000 })

const { sql } = await testDatabase()
const walk = walker(sql)

const isSetting = ({ kind }: Step) => kind === 'setting'

describe('what is owed', () => {
  it('is what the model says, after each event', async () => {
    await fc.assert(
      fc.asyncProperty(sold, async ({ rules, steps }) => {
        let before: State | undefined
        await walk(rules, steps, ({ model, actual }) => {
          expect(recordsOf(actual)).toEqual(recordsOf(model.state))
          expectLegal(before, actual)
          expectSums(actual)
          expectPaidStays(before, actual)
          if (!steps.some(isSetting)) expectShares(actual, model.state)
          before = actual
        })
      }),
      LONG_RUNS,
    )
  })

  it('is told in notes, each about what is there', async () => {
    await fc.assert(
      fc.asyncProperty(sold, async ({ rules, steps }) => {
        let last: Moment | undefined
        await walk(rules, steps, now => {
          last = now
        })
        if (last === undefined) return
        expect(inOrder(last.actual.notes)).toEqual(inOrder(last.model.state.notes))
        expectCaused(last.actual.notes)
      }),
      LONG_RUNS,
    )
  })

  it('is nothing in the end, where all is refunded: in parts or at once', async () => {
    await fc.assert(
      fc.asyncProperty(sold, async ({ rules, steps }) => {
        const orders = ['order', 'renewal'] as const
        const common = { pause: 1, late: 0, key: 'none' } as const
        const rest = orders.flatMap(of =>
          [0, 1, 2, 3, 4].map(
            (order): StepOf<'refund'> => ({ kind: 'refund', of, order, refundId: undefined, ...common }),
          ),
        )
        let last: Moment | undefined
        await walk(rules, [...steps.filter(step => !isSetting(step)), ...rest], now => {
          last = now
        })
        if (last === undefined) return
        const { actual, model } = last
        const owed = owedFor(actual)
        for (const { id, refunded, total, status } of actual.transactions)
          expect([id, refunded, status]).toEqual([id, total, 'refunded'])
        for (const { id, transaction, isRejectedByHand } of model.state.conversions)
          if (transaction !== null && !isRejectedByHand) expect([id, owed.get(id)]).toEqual([id, 0])
      }),
      LONG_RUNS,
    )
  })

  it('is of an amount that is taken of what is left in whole cents, not of its exact fraction', async () => {
    const common = { pause: 1, late: 0, key: 'none' } as const
    const whose = { device: 0, user: undefined, naming: 'payload', ...common } as const
    const part = (refundId: number, what: StepOf<'part'>['what']): Step => ({
      ...{ kind: 'part', nth: 0, refundId, what },
      ...common,
    })
    const lines: Line[] = [
      { type: 'product', value: 14, quantity: 3, item: 'A' },
      { type: 'shipping', value: 10, quantity: 1, item: 'B' },
      { type: 'discount', value: -2, quantity: 1, item: 'D' },
    ]
    const steps: Step[] = [
      { kind: 'visit', collaborator: 1, ...whose },
      { kind: 'sale', order: 0, currency: 'USD', lines, paid: 'all', ...whose },
      part(1, [{ item: 'A', quantity: 1 }]),
      part(2, 30),
    ]
    const values: number[] = []
    await walk(HALF, steps, ({ model, actual }) => {
      expect(recordsOf(actual)).toEqual(recordsOf(model.state))
      values.push(...actual.obligations.map(({ value }) => value))
    })
    // 26 2/3 of products and 10 of shipping are left after the first part: 37, and 30 of it is taken
    expect(values).toEqual([20, 13, 3])
  })
})

/** Half of a sale to the newest. */
const HALF: Rules = {
  programs: [
    {
      ...{ resolver: 'newestBindingWins', incentive: 'saleTransactionPercentage', rate: 500_000 },
      ...{ types: ['sale'], grouped: false, autoApprove: true, expirationDays: null, requalificationDays: null },
      ...{ points: { referredSiteVisit: 100 }, members: [0] },
    },
  ],
  ...{ sorter: 'newestBindingWins', standings: ['active'], start: EPOCH.getTime() },
  distributor: { isEven: true, percent: 0, members: [] },
}
