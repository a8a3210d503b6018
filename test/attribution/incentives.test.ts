import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Incentive, reward, type Sale } from '../../src/attribution/incentives.ts'
import { countedLinesOf, leftOf, refundsOf } from '../../src/counted-lines.ts'
import { fraction } from '../../src/money.ts'

const RUNS = { numRuns: process.env.SOAK === 'true' ? 1000 : 100 }

const incentive = (given: Partial<Incentive> & Pick<Incentive, 'incentiveType'>): Incentive => ({
  units: 'points',
  transactionPercent: null,
  payoutPerTransaction: null,
  payoutPerProduct: null,
  payoutPerLead: null,
  ...given,
})
const line = (type: string, total: number, quantity = 1) => ({ type, total, quantity })
type TestLine = ReturnType<typeof line>
/** A sale of these lines, for what they add up to. */
const sale = (...lines: Parameters<typeof saleOf>[1]): Sale =>
  saleOf(
    Math.max(
      0,
      lines.reduce((sum, { total }) => sum + total, 0),
    ),
    lines,
  )
/** A sale of these lines, for this total. */
const saleOf = (total: number, given: readonly Pick<TestLine, 'type' | 'total' | 'quantity'>[]): Sale => {
  const lines = given.map((line, id) => ({ ...line, id, returned: 0 }))
  const refunds = refundsOf({ refundedValue: 0 }, fraction(1n), lines)
  return { currency: 'USD', ...leftOf(total, countedLinesOf(lines, total), refunds) }
}

const PERCENTAGE = incentive({ incentiveType: 'saleTransactionPercentage', transactionPercent: 10 })
const PER_TRANSACTION = incentive({ incentiveType: 'fixedPerTransaction', payoutPerTransaction: 700 })
const PER_PRODUCT = incentive({ incentiveType: 'fixedPerProduct', payoutPerProduct: 30 })
const PER_LEAD = incentive({ incentiveType: 'fixedPerLead', payoutPerLead: 250 })

const ORDER = sale(
  line('product', 9998, 2),
  line('product', 1000),
  line('shipping', 500),
  line('tax', 990),
  line('fee', 50),
  line('discount', -998),
)

describe('a percentage of the transaction', () => {
  it('counts products and discounts, and neither shipping nor tax nor fees, in the currency of the sale', () => {
    expect(reward(PERCENTAGE, 'sale', ORDER)).toEqual({ value: 1000, currency: 'USD' })
    expect(reward(PERCENTAGE, 'renewal', ORDER)).toEqual({ value: 1000, currency: 'USD' })
  })

  it.each([
    [2.5, 4999, 125], // 124.975
    [10, 4995, 500], // 499.5
    [10, 4994, 499], // 499.4
    [0.0001, 500_000, 1], // 0.5
    [0.0001, 499_999, 0],
    [1.005, 100_000, 1005], // which in floating point is less
    [33.3333, 30_000, 10_000], // 9999.99
    [999.9999, 10_000, 100_000], // 99999.99
    [0, 4999, 0],
  ])('%d %% of %d is %d', (transactionPercent, value, expected) => {
    expect(reward({ ...PERCENTAGE, transactionPercent }, 'sale', sale(line('product', value))).value).toBe(expected)
  })

  it('is never below 0', () => {
    const { value } = reward(PERCENTAGE, 'sale', sale(line('product', 100), line('discount', -500)))
    expect(value).toBe(0)
  })

  it('is nothing of what was not paid', () => {
    const paid = (totalValue: number, ...lines: TestLine[]) =>
      reward(PERCENTAGE, 'sale', saleOf(totalValue, lines)).value
    expect(paid(0, line('product', 9999))).toBe(0)
    expect(paid(1000, line('product', 100_000))).toBe(100)
    expect(paid(1000, line('product', 500))).toBe(50)
  })

  it('is exact for totals beyond what a product of floating point numbers can hold, and refuses unsafe ones', () => {
    const most = Number.MAX_SAFE_INTEGER
    expect(reward({ ...PERCENTAGE, transactionPercent: 100 }, 'sale', sale(line('product', most))).value).toBe(most)
    expect(reward({ ...PERCENTAGE, transactionPercent: 50 }, 'sale', sale(line('product', most))).value).toBe(2 ** 52)
    expect(() => reward({ ...PERCENTAGE, transactionPercent: 101 }, 'sale', sale(line('product', most)))).toThrow(
      RangeError,
    )
    const balanced = saleOf(most, [line('product', most), line('product', most)])
    expect(reward(PERCENTAGE, 'sale', balanced).value).toBe(900_719_925_474_099)
  })

  it('is nothing without a transaction', () => {
    expect(reward(PERCENTAGE, 'sale', null)).toEqual({ value: 0, currency: 'points' })
    expect(reward(PERCENTAGE, 'lead', null)).toEqual({ value: 0, currency: 'points' })
  })
})

describe('a fixed reward', () => {
  it('per transaction is the same for every one', () => {
    expect(reward(PER_TRANSACTION, 'sale', ORDER)).toEqual({ value: 700, currency: 'points' })
    expect(reward(PER_TRANSACTION, 'renewal', sale(line('fee', 1)))).toEqual({ value: 700, currency: 'points' })
    expect(reward(PER_TRANSACTION, 'renewal', sale(line('product', 0)))).toEqual({ value: 0, currency: 'points' })
    expect(reward(PER_TRANSACTION, 'lead', null)).toEqual({ value: 0, currency: 'points' })
  })

  it('per product is paid for each unit of the products', () => {
    expect(reward(PER_PRODUCT, 'sale', ORDER)).toEqual({ value: 90, currency: 'points' })
    expect(reward(PER_PRODUCT, 'sale', sale(line('shipping', 500, 4)))).toEqual({ value: 0, currency: 'points' })
    const withGift = sale(line('product', 500, 2), line('product', 0, 3))
    expect(reward(PER_PRODUCT, 'sale', withGift)).toEqual({ value: 60, currency: 'points' })
    expect(reward(PER_PRODUCT, 'sale', sale())).toEqual({ value: 0, currency: 'points' })
    expect(reward(PER_PRODUCT, 'lead', null)).toEqual({ value: 0, currency: 'points' })
    const many = { ...PER_PRODUCT, payoutPerProduct: Number.MAX_SAFE_INTEGER }
    expect(() => reward(many, 'sale', sale(line('product', 1, 2)))).toThrow(RangeError)
  })

  it('per lead is paid for leads', () => {
    expect(reward(PER_LEAD, 'lead', null)).toEqual({ value: 250, currency: 'points' })
    expect(reward(PER_LEAD, 'sale', ORDER)).toEqual({ value: 0, currency: 'points' })
    expect(reward(PER_LEAD, 'renewal', ORDER)).toEqual({ value: 0, currency: 'points' })
  })
})

describe('a lead that is credited on a transaction by hand', () => {
  it.each([
    ['a percentage', PERCENTAGE, 0],
    ['a reward per transaction', PER_TRANSACTION, 0],
    ['a reward per product', PER_PRODUCT, 0],
    ['a reward per lead', PER_LEAD, 250],
  ])('is no sale to %s', (_, program, value) => {
    expect(reward(program, 'lead', ORDER)).toEqual({ value, currency: 'points' })
  })
})

describe('an amount that the program does not set', () => {
  it.each(['saleTransactionPercentage', 'fixedPerTransaction', 'fixedPerProduct', 'fixedPerLead'] as const)(
    'is 0 by %s',
    incentiveType => {
      expect(reward(incentive({ incentiveType }), 'sale', ORDER).value).toBe(0)
      expect(reward(incentive({ incentiveType }), 'lead', null).value).toBe(0)
    },
  )
})

describe('whatever the sale', () => {
  const lines = fc.array(
    fc.record({
      type: fc.constantFrom('product', 'shipping', 'tax', 'fee'),
      total: fc.nat(1_000_000),
      quantity: fc.integer({ min: 1, max: 100 }),
    }),
    { maxLength: 10 },
  )
  const percent = fc.integer({ min: 0, max: 9_999_999 }).map(units => units / 10_000)

  it('a percentage is within half a unit of the exact one, and of two halves the upper', () => {
    fc.assert(
      fc.property(lines, percent, (lines, transactionPercent) => {
        const total = lines.filter(({ type }) => type === 'product').reduce((sum, { total }) => sum + total, 0)
        const exact = BigInt(total) * BigInt(Math.round(transactionPercent * 10_000)) // in millionths
        const { value } = reward({ ...PERCENTAGE, transactionPercent }, 'sale', sale(...lines))
        const off = BigInt(value) * 1_000_000n - exact
        expect(off > -500_000n && off <= 500_000n).toBe(true)
      }),
      RUNS,
    )
  })

  it('nobody is paid more than the percentage of what was paid', () => {
    fc.assert(
      fc.property(lines, fc.nat(1_000_000), (lines, totalValue) => {
        const { value } = reward(PERCENTAGE, 'sale', saleOf(totalValue, lines))
        expect(value).toBeLessThanOrEqual(Math.ceil(totalValue / 10))
      }),
      RUNS,
    )
  })
})
