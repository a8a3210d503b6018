import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countedLines, type Line, surplusOf } from '../src/counted-lines.ts'

const RUNS = { numRuns: process.env.SOAK === 'true' ? 1000 : 100 }

const product = (total: number): Line => ({ type: 'product', total })
const discount = (total: number): Line => ({ type: 'discount', total })
const shipping = (total: number): Line => ({ type: 'shipping', total })

describe('what a line counts for', () => {
  it('is its total, where the lines add up to that of the sale', () => {
    expect(countedLines([product(9000), shipping(1000)], 10_000)).toEqual([9000, 1000])
  })

  it('is less by its part of the discount lines, in proportion to the products', () => {
    expect(countedLines([product(6000), product(4000), discount(-2000)], 8000)).toEqual([4800, 3200, 0])
  })

  it('is not less for shipping, tax and fees by a discount line', () => {
    expect(countedLines([product(1000), shipping(500), discount(-100)], 1400)).toEqual([900, 500, 0])
  })

  it('is nothing for products that were given away', () => {
    expect(countedLines([product(9999)], 0)).toEqual([0])
    expect(countedLines([product(1000), discount(-5000), shipping(500)], 500)).toEqual([0, 0, 500])
  })

  it('is what was paid, where an order of 10 has an item of 1000', () => {
    expect(countedLines([product(100_000)], 1000)).toEqual([1000])
  })

  it('is less by a discount on the order for every line, in proportion', () => {
    expect(countedLines([product(8000), shipping(2000)], 5000)).toEqual([4000, 1000])
  })

  it('is no more than its total, where something is not listed', () => {
    expect(countedLines([product(8000)], 10_000)).toEqual([8000])
  })

  it('is less by the indivisible unit for the earlier of equal lines', () => {
    expect(countedLines([product(1), shipping(1)], 1)).toEqual([0, 1])
    expect(countedLines([product(100), product(100), product(100), discount(-100)], 200)).toEqual([66, 67, 67, 0])
  })
})

describe('whatever the lines', () => {
  const line = fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant('product'), total: fc.nat(100_000) }) },
    fc.record({ type: fc.constantFrom('shipping', 'tax', 'fee'), total: fc.nat(10_000) }),
    fc.record({ type: fc.constant('discount'), total: fc.integer({ min: -50_000, max: 0 }) }),
  )
  const total = fc.oneof(fc.nat(200_000), fc.constant(0))

  it('they count for no more than was paid, and each for no more than its own total', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), total, (lines, total) => {
        const counted = countedLines(lines, total)
        expect(counted.reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(total)
        for (const [at, value] of counted.entries()) {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(Math.max(0, lines[at]?.total ?? 0))
        }
      }),
      RUNS,
    )
  })

  it('a reduction is divided whole, each part within one unit of its exact proportion', () => {
    const totals = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(totals, fc.nat(2_000_000), (totals, paid) => {
        const lines = totals.map(product)
        const whole = totals.reduce((sum, value) => sum + value, 0)
        const counted = countedLines(lines, paid)
        expect(counted.reduce((sum, value) => sum + value, 0)).toBe(Math.min(whole, paid))
        expect(surplusOf(lines, paid)).toBe(BigInt(Math.max(0, whole - paid)))
        for (const [at, value] of totals.entries())
          expect(Math.abs((counted[at] as number) - value * Math.min(1, paid / (whole || 1)))).toBeLessThan(1)
      }),
      RUNS,
    )
  })
})
