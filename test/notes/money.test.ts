import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAmount, isCurrency, minorUnitExponent, minorUnits, percentOf, safeAmount } from '../../src/money.ts'

const RUNS = { numRuns: process.env.SOAK === 'true' ? 1000 : 100 }

describe('an amount', () => {
  it.each([
    [4999, 'USD', '49.99 USD'],
    [4999, 'JPY', '4999 JPY'],
    [4999, 'KWD', '4.999 KWD'],
    [4999, 'IQD', '4.999 IQD'],
    [4999, 'CLF', '0.4999 CLF'],
    [5, 'USD', '0.05 USD'],
    [0, 'USD', '0.00 USD'],
    [-0, 'USD', '0.00 USD'],
    [-5, 'USD', '-0.05 USD'],
    [-123456, 'EUR', '-1234.56 EUR'],
    [Number.MAX_SAFE_INTEGER, 'USD', '90071992547409.91 USD'],
    [Number.MIN_SAFE_INTEGER, 'KWD', '-9007199254740.991 KWD'],
    [500, 'points', '500 points'],
    [-0, 'points', '0 points'],
    [500, 'usd', '500 usd'],
    [500, 'ÉUR', '500 ÉUR'],
  ])('of %d in %s reads %s', (amount, units, text) => {
    expect(formatAmount(amount, units)).toBe(text)
  })

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('is never %d', amount => {
    expect(() => formatAmount(amount, 'USD')).toThrow(RangeError)
  })

  it('keeps every digit, and has as many decimals as its unit', () => {
    const units = fc.constantFrom('USD', 'JPY', 'KWD', 'CLF', 'UYW', 'XAU', 'points')
    fc.assert(
      fc.property(fc.maxSafeInteger(), units, (amount, unit) => {
        const [number = '', shown] = formatAmount(amount, unit).split(' ')
        const [, decimals = ''] = number.split('.')
        expect(shown).toBe(unit)
        expect(decimals).toHaveLength(minorUnitExponent(unit))
        expect(BigInt(number.replace('.', ''))).toBe(BigInt(amount))
        expect(number).toMatch(/^-?(0|[1-9]\d*)(\.\d+)?$/)
      }),
    )
  })
})

describe('an amount in major units', () => {
  it.each([
    [49.99, 'USD', 4999],
    [4999, 'JPY', 4999],
    [4.999, 'KWD', 4999],
    [1.005, 'USD', 101],
    [1.0049, 'USD', 100],
    [-1.005, 'USD', -101],
    [-0.005, 'USD', -1],
    [-0.0049, 'USD', 0],
    [-0, 'USD', 0],
    [8.5, 'JPY', 9],
    [1e-7, 'USD', 0],
    [5e-324, 'USD', 0],
    [5e-3, 'USD', 1],
    [1.5e2, 'USD', 15000],
    [0.1 + 0.2, 'USD', 30],
    [9000000000000.01, 'USD', 900000000000001],
    [Number.MIN_SAFE_INTEGER, 'JPY', Number.MIN_SAFE_INTEGER],
    [500, 'points', 500],
  ])('of %d %s is %d', (amount, currency, minor) => {
    expect(minorUnits(amount, currency)).toBe(minor)
  })

  it.each([
    [1e21, 'JPY'],
    [1e21, 'USD'],
    [90071992547409.92, 'USD'],
    [2 ** 53, 'JPY'],
    [-Number.MAX_VALUE, 'KWD'],
    [Number.NaN, 'USD'],
    [Number.NEGATIVE_INFINITY, 'USD'],
  ])('is never %d %s', (amount, currency) => {
    expect(() => minorUnits(amount, currency)).toThrow(RangeError)
  })

  it('comes back from how it reads', () => {
    // up to 15 digits, a number is the decimal that it was read from
    const amounts = fc.integer({ min: -(10 ** 15 - 1), max: 10 ** 15 - 1 })
    fc.assert(
      fc.property(amounts, fc.constantFrom('USD', 'JPY', 'KWD', 'CLF', 'points'), (amount, unit) => {
        expect(minorUnits(Number.parseFloat(formatAmount(amount, unit)), unit)).toBe(amount)
      }),
      RUNS,
    )
  })

  it('is rounded as its opposite is', () => {
    const amounts = fc.double({ min: 0, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(amounts, fc.constantFrom('USD', 'JPY', 'KWD'), (amount, unit) => {
        expect(minorUnits(-amount, unit) + minorUnits(amount, unit)).toBe(0)
      }),
      RUNS,
    )
  })
})

describe('a percentage', () => {
  it.each([
    [2.5, 4999, 125],
    [50, 1, 1],
    [50, -1, -1],
    [1.005, 100_000, 1005],
    [1e-7, 1_000_000_000, 1],
    [100, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [0, 4999, 0],
  ])('of %d of %d is %d', (percent, base, part) => {
    expect(percentOf(percent, base)).toBe(part)
  })

  it.each([
    [Number.NaN, 100],
    [Number.POSITIVE_INFINITY, 100],
    [10, 0.5],
    [10, 2 ** 53],
    [200, Number.MAX_SAFE_INTEGER],
  ])('is never %d of %d', (percent, base) => {
    expect(() => percentOf(percent, base)).toThrow(RangeError)
  })
})

describe('an amount that was computed exactly', () => {
  it('is a number as long as it is safe', () => {
    expect(safeAmount(-(2n ** 53n) + 1n)).toBe(Number.MIN_SAFE_INTEGER)
    for (const beyond of [2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), 10n ** 400n]) {
      expect(() => safeAmount(beyond)).toThrow(RangeError)
    }
  })
})

describe('a currency', () => {
  it.each(['USD', 'JPY', 'KWD', 'EUR'])('is %s', code => {
    expect(isCurrency(code)).toBe(true)
  })

  it.each(['usd', 'Usd', 'USDX', 'US', '', 'ABQ', 'points', ' USD', 'toString'])('is not "%s"', code => {
    expect(isCurrency(code)).toBe(false)
  })
})
