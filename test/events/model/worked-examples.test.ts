import { describe, expect, it } from 'vitest'
import { countedOf } from './lines.ts'
import { Model } from './model.ts'
import type { Basket, Line, Part, Payload, ProgramRules, Rules } from './records.ts'

// The examples that were worked by hand come out of the model. Amounts are in minor units; unless it is said, ten percent of
// sales and renewals go to the newest binding, without review.

const HOUR = 3_600_000
const [ANN, BOB, CID] = [1, 2, 3] as const

const product = (value: number, item?: string, quantity = 1): Line => ({ type: 'product', value, quantity, item })
const basketOf = (lines: readonly Line[]): Basket => ({
  lines,
  total: lines.reduce((sum, { value, quantity }) => sum + value * quantity, 0),
})

/** A shop of the model, with these programs. Ann, Bob and Cid are members of all. */
const shop = (programs: readonly Partial<ProgramRules>[] = [{}], more: Partial<Rules> = {}) => {
  const rules: ProgramRules = {
    ...{ resolver: 'newestBindingWins', incentive: 'saleTransactionPercentage', rate: 100_000 },
    ...{ types: ['sale', 'renewal'], grouped: false, autoApprove: true, expirationDays: null },
    ...{ requalificationDays: null, points: { referredSiteVisit: 100, manual: 100 }, members: [0, 1, 2] },
  }
  const model = new Model({
    programs: programs.map(given => ({ ...rules, ...given })),
    sorter: 'newestBindingWins',
    standings: ['active', 'active', 'active'],
    distributor: { isEven: true, percent: 0, members: [] },
    start: 0,
    ...more,
  })
  let clock = 0
  const send = (payload: Payload, at = ++clock) => model.deliver({ payload, at: at * HOUR })
  let parts = 0
  const { state } = model
  return {
    model,
    send,
    visit: (...collaborators: number[]) => {
      for (const collaborator of collaborators)
        send({ slug: 'site-visited', collaborator, ...(state.opportunities.length > 0 && { tracking: 1 }) })
    },
    sale: (order: string, basket: Basket | number, at?: number) => {
      const sold = typeof basket === 'number' ? basketOf([product(basket)]) : basket
      return send({ slug: 'sale', order, currency: 'USD', tracking: 1, ...sold }, at)
    },
    renewal: (order: string, original: string, total: number) =>
      send({ slug: 'renewal', order, original, currency: 'USD', ...basketOf([product(total)]) }),
    refund: (order: string, part?: Part) =>
      send({ slug: 'refund', order, ...(part && { refundId: `${++parts}`, ...part }) }),
    payOut: () => send({ slug: 'fulfillment-generated' }),
    reject: (conversion: number, clawback?: true) =>
      send({ slug: 'conversion-rejected', conversion, ...(clawback && { clawback }) }),
    /** What is owed or was paid: to whom and how much, and the status. */
    owed: () => model.state.obligations.map(({ collaborator, value, status }) => [collaborator, value, status]),
    values: () => model.state.obligations.map(({ value }) => value),
    statuses: (of: 'conversions' | 'transactions' | 'engagements') =>
      model.state[of].map(({ status }: { status: string }) => status),
  }
}

const WEIGHTED = { resolver: 'performanceWeightedPool' } as const
const EVEN = { resolver: 'evenlySharedPool' } as const
/** Scores of 600, 600 and 200. */
const UNEVEN = [ANN, ANN, ANN, BOB, BOB, BOB, CID]
const weighted = () => {
  const made = shop([{ ...WEIGHTED, points: { referredSiteVisit: 200 } }])
  made.visit(...UNEVEN)
  return made
}

describe('what nobody is paid of', () => {
  it('1: uses up no claim', () => {
    for (const next of ['sale', 'renewal'] as const) {
      const { visit, sale, renewal, values, statuses } = shop([EVEN])
      visit(ANN, BOB, CID)
      sale('1', 20)
      expect(values()).toEqual([])
      expect(statuses('engagements')).toEqual(['active', 'active', 'active'])
      if (next === 'sale') sale('2', 10_000)
      else renewal('2', '1', 10_000)
      expect(values()).toEqual([333, 333, 333])
    }
  })

  it('2: wins no group', () => {
    const { visit, sale, owed, statuses } = shop([
      { ...EVEN, rate: 100, members: [BOB - 1], grouped: true },
      { incentive: 'fixedPerTransaction', rate: 500, members: [ANN - 1], grouped: true },
    ])
    visit(ANN, BOB)
    sale('1', 100)
    expect(owed()).toEqual([[ANN, 500, 'pending']])
    expect(statuses('engagements')).toEqual(['complete', 'active'])
  })
})

describe('a refund in parts', () => {
  it('3: owes more or less by what each share was', () => {
    const { sale, payOut, refund, values } = weighted()
    sale('1', 110)
    expect(values()).toEqual([5, 5, 1])
    payOut()
    refund('1', { amount: 10 })
    expect(values()).toEqual([5, 5, 1, -1, -1, 1])
  })

  it('4: gives nothing to who had nothing', () => {
    const { sale, refund, owed } = weighted()
    sale('1', 40)
    expect(owed()).toEqual([
      [ANN, 2, 'pending'],
      [BOB, 2, 'pending'],
    ])
    refund('1', { amount: 10 })
    expect(owed()).toEqual([
      [ANN, 1, 'pending'],
      [BOB, 1, 'pending'],
    ])
  })

  it('5: owes back what was paid', () => {
    const { visit, sale, payOut, refund, owed, statuses } = shop()
    visit(ANN)
    sale('1', 10_000)
    payOut()
    refund('1', { amount: 4000 })
    expect(owed()).toEqual([
      [ANN, 1000, 'complete'],
      [ANN, -400, 'pending'],
    ])
    refund('1')
    expect(owed()).toEqual([
      [ANN, 1000, 'complete'],
      [ANN, -400, 'pending'],
      [ANN, -600, 'pending'],
    ])
    expect(statuses('conversions')).toEqual(['rejected'])
  })

  it('6: takes of a line what it counted for', () => {
    const { visit, sale, refund, values, model } = shop()
    visit(ANN)
    const lines = [product(6000, 'A'), product(4000, 'B'), { type: 'discount', value: -2000, quantity: 1 }]
    expect(countedOf(basketOf(lines))).toEqual([4800, 3200, 0])
    sale('1', basketOf(lines))
    expect(values()).toEqual([800])
    refund('1', { items: [{ item: 'A', quantity: 1 }] })
    expect(values()).toEqual([320])
    expect(model.state.transactions).toMatchObject([{ refunded: 4800, status: 'complete' }])
  })

  it('7: takes an amount of what items have left', () => {
    const { visit, sale, refund, values } = shop()
    visit(ANN)
    sale('1', basketOf([product(5000, 'A'), product(5000, 'B')]))
    refund('1', { items: [{ item: 'A', quantity: 1 }] })
    expect(values()).toEqual([500])
    refund('1', { amount: 2500 })
    expect(values()).toEqual([250])
  })

  it('8: ends the reward where nothing is left that pays', () => {
    const { visit, sale, refund, owed, statuses, model } = shop()
    visit(ANN)
    sale('1', basketOf([product(8000, 'A'), { type: 'shipping', value: 2000, quantity: 1 }]))
    refund('1', { items: [{ item: 'A', quantity: 1 }] })
    expect(owed()).toEqual([[ANN, 800, 'rejected']])
    expect(statuses('conversions')).toEqual(['rejected'])
    expect(model.state.transactions).toMatchObject([{ status: 'complete', total: 10_000, refunded: 8000 }])
  })

  it('9: leaves renewals alone', () => {
    const { visit, sale, refund, renewal, values } = shop()
    visit(ANN)
    sale('1', 10_000)
    refund('1', { amount: 4000 })
    renewal('2', '1', 10_000)
    expect(values()).toEqual([600, 1000])
  })

  it('10: rounds once', () => {
    const { visit, sale, refund, owed } = shop()
    visit(ANN)
    sale('1', 999)
    const found = [0, 1, 2].map(() => {
      const [[, value] = []] = owed()
      refund('1', { amount: 333 })
      return value
    })
    expect(found).toEqual([100, 67, 33])
    expect(owed()).toEqual([[ANN, 33, 'rejected']])
  })

  it('11: is more than nothing', () => {
    const { visit, sale, refund } = shop()
    visit(ANN)
    sale('1', 999)
    expect(refund('1', { amount: 0.4 })).toEqual({ refused: 'VALIDATION_FAILED' })
    expect(refund('1', { amount: 1000 })).toEqual({ refused: 'VALIDATION_FAILED' })
  })

  it('12: counts the units that are left', () => {
    const { visit, sale, refund, values } = shop([{ incentive: 'fixedPerProduct', rate: 500 }])
    visit(ANN)
    sale('1', basketOf([product(1000, 'A', 5)]))
    expect(values()).toEqual([2500])
    refund('1', { items: [{ item: 'A', quantity: 2 }] })
    expect(values()).toEqual([1500])
    refund('1', { amount: 1000 })
    expect(values()).toEqual([1500])
  })

  it('24: ends with the exact rest', () => {
    const { visit, sale, refund, values, statuses, model } = shop()
    visit(ANN)
    const basket = { lines: [{ ...product(334, 'A', 3), value: 334 }], total: 1000 }
    sale('1', basket)
    refund('1', { items: [{ item: 'A', quantity: 1 }] })
    expect(values()).toEqual([67])
    expect(model.state.transactions).toMatchObject([{ refunded: 333 }])
    refund('1', { amount: 667 })
    expect(statuses('transactions')).toEqual(['refunded'])
    expect(statuses('conversions')).toEqual(['rejected'])
  })

  it('25: keeps a conversion whose share is nothing for now', () => {
    const { sale, refund, values, statuses } = weighted()
    sale('1', 50)
    expect(values()).toEqual([2, 2, 1])
    refund('1', { amount: 10 })
    expect(values()).toEqual([2, 2, 0])
    expect(statuses('conversions')).toEqual(['approved', 'approved', 'approved'])
    refund('1', { amount: 10 })
    expect(values()).toEqual([1, 1, 1])
  })

  it('26: gives nobody what was rejected by hand', () => {
    const { visit, sale, reject, refund, owed } = shop([EVEN])
    visit(ANN, BOB)
    sale('1', 10_000)
    reject(2)
    refund('1', { amount: 1000 })
    expect(owed()).toEqual([
      [ANN, 450, 'pending'],
      [BOB, 500, 'rejected'],
    ])
  })
})

describe('a payout', () => {
  /** What Ann is owed: 1000 (#1), 500 (#2) and −800 (#3). */
  const indebted = () => {
    const made = shop()
    made.visit(ANN)
    made.sale('0', 8000)
    made.payOut()
    for (const total of [10_000, 5000]) {
      made.visit(ANN)
      made.sale(`${total}`, total)
    }
    made.refund('0')
    expect(made.owed().slice(1)).toEqual([
      [ANN, 1000, 'pending'],
      [ANN, 500, 'pending'],
      [ANN, -800, 'pending'],
    ])
    return made
  }

  it('13: is never of less than nothing', () => {
    const { send, owed, model } = indebted()
    const before = owed()
    send({ slug: 'fulfillment-generated', obligations: [3] })
    expect(owed()).toEqual(before)
    expect(model.state.fulfillments).toHaveLength(1)
  })

  it('14: takes off what is owed back', () => {
    const { payOut, model } = indebted()
    payOut()
    expect(model.state.payouts.map(({ value }) => value)).toEqual([800, 700])
  })
})

describe('lines', () => {
  it('27: are reduced from the first where they are equal', () => {
    const lines = [product(1), { type: 'shipping', value: 1, quantity: 1 }]
    expect(countedOf({ lines, total: 1 })).toEqual([0, 1])
  })
})

describe('a distribution', () => {
  it('30: shares what none before has counted, whenever it came about', () => {
    const distributor = { isEven: false, percent: 100_000, members: [ANN - 1, BOB - 1] }
    const { send, visit, sale, model } = shop([{}], { distributor })
    visit(ANN)
    sale('1', 100_000)
    send({ slug: 'distribution-completed' }, 30)
    send({ slug: 'site-visited', collaborator: BOB, tracking: 1 }, 25)
    sale('2', 100_000, 26)
    send({ slug: 'distribution-completed' }, 40)
    const allocated = model.state.obligations.filter(({ type }) => type === 'allocation')
    expect(allocated.map(({ collaborator, value }) => [collaborator, value])).toEqual([
      [ANN, 10_000],
      [BOB, 10_000],
    ])
  })
})
