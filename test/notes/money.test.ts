import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAmount, minorUnitExponent } from '../../src/money.ts'

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
