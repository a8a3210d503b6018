/**
 * An amount as people read it: `49.99 USD`, `4999 JPY`, `500 points`; no grouping, exact.
 * The amount is an integer in minor units; the units are an ISO 4217 code, or any other unit, which has no minor units.
 * @throws RangeError when the amount is not a safe integer.
 */
export const formatAmount = (amount: number, units: string): string => {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`expected an amount in whole minor units, received ${amount}`)
  const exponent = minorUnitExponent(units)
  if (exponent === 0) return `${amount} ${units}`
  const digits = String(Math.abs(amount)).padStart(exponent + 1, '0')
  const point = digits.length - exponent
  return `${amount < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)} ${units}`
}

/** How many decimal places a unit has: by ISO 4217 for three upper-case letters, none for any other unit. */
export const minorUnitExponent = (units: string): number => {
  if (!isCurrencyCode(units)) return 0
  return EXPONENTS.get(units) ?? 2
}

const isCurrencyCode = (units: string): boolean =>
  units.length === 3 && isCapital(units, 0) && isCapital(units, 1) && isCapital(units, 2)

const isCapital = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code >= 65 && code <= 90
}

// Not from Intl: its digits are CLDR's, which rounds to what is in circulation (none for IQD, where ISO 4217 has three).
const EXPONENTS: ReadonlyMap<string, number> = new Map(
  [
    { exponent: 0, codes: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF' },
    // metals, funds and test codes have no minor unit at all
    { exponent: 0, codes: 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX' },
    { exponent: 3, codes: 'BHD IQD JOD KWD LYD OMR TND' },
    { exponent: 4, codes: 'CLF UYW' },
  ].flatMap(({ exponent, codes }) => codes.split(' ').map(code => [code, exponent] as const)),
)
