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

/**
 * An amount in major units, as shops write it, in whole minor units: 49.99 USD is 4999, 4999 JPY is 4999. It is taken as
 * the decimal number that it prints as, and half a unit is rounded away from zero: 1.005 USD is 101.
 * @throws RangeError when the amount is not finite, or the result not a safe integer.
 */
export const minorUnits = (amount: number, currency: string): number => {
  const { digits, places } = decimalOf(amount)
  return safeAmount(quotient(digits * 10n ** BigInt(minorUnitExponent(currency)), 10n ** places))
}

/**
 * What so many units of a price come to, in whole minor units: the product is rounded once, half a unit away from zero.
 * 10,000 units at 0.004 USD are 40.00 USD, whose price by itself rounds to nothing.
 * @throws RangeError when the price is not finite, or the result not a safe integer.
 */
export const lineTotal = (price: number, quantity: number, currency: string): number => {
  const { digits, places } = decimalOf(price)
  return safeAmount(quotient(digits * BigInt(quantity) * 10n ** BigInt(minorUnitExponent(currency)), 10n ** places))
}

/**
 * So many percent of an amount in minor units, half a unit rounded away from zero: 2.5 percent of 4999 is 125.
 * The percentage is taken as the decimal number that it prints as, and the amount may be exact: only the result is rounded.
 * @throws RangeError when the percentage is not finite, or the amount or the result not a safe integer.
 */
export const percentOf = (percent: number, base: number | Fraction): number => {
  if (typeof base === 'number' && !Number.isSafeInteger(base))
    throw new RangeError(`expected an amount in whole minor units, received ${base}`)
  const { numerator, denominator } = typeof base === 'number' ? fraction(BigInt(base)) : base
  const { digits, places } = decimalOf(percent)
  return safeAmount(quotient(digits * numerator, 100n * 10n ** places * denominator))
}

/** An exact amount, or an exact part of one; the denominator is positive. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** The fraction of two numbers, the second of which is positive, in lowest terms. */
export const fraction = (numerator: bigint, denominator = 1n): Fraction => {
  const common = greatestCommonDivisor(numerator, denominator)
  return { numerator: numerator / common, denominator: denominator / common }
}

/** A fraction as the database keeps it: `3/5`. */
export const fractionText = ({ numerator, denominator }: Fraction): string => `${numerator}/${denominator}`

/** The fraction that such a text stands for. */
export const fractionFrom = (text: string): Fraction => {
  const [numerator = '', denominator = '1'] = text.split('/')
  return fraction(BigInt(numerator), BigInt(denominator))
}

/** The product of two fractions. What is common is taken out of the factors, which are smaller than the product. */
export const times = (one: Fraction, other: Fraction): Fraction => {
  const [a, b] = [fraction(one.numerator, other.denominator), fraction(other.numerator, one.denominator)]
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator }
}

/**
 * The sum of fractions. It need not be in lowest terms: with a thousand lines that are counted in different units, its
 * denominator is long, and reducing it at each step would take seconds.
 */
export const sumOf = (fractions: readonly Fraction[]): Fraction =>
  fractions.reduce((sum, { numerator, denominator }) => {
    const common = greatestCommonDivisor(sum.denominator, denominator)
    return {
      numerator: sum.numerator * (denominator / common) + numerator * (sum.denominator / common),
      denominator: sum.denominator * (denominator / common),
    }
  }, fraction(0n))

/**
 * An exact amount in whole minor units, half a unit rounded away from zero.
 * @throws RangeError when it is not a safe integer.
 */
export const rounded = ({ numerator, denominator }: Fraction): number => safeAmount(quotient(numerator, denominator))

const greatestCommonDivisor = (one: bigint, other: bigint): bigint => {
  let [a, b] = [one < 0n ? -one : one, other]
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

/**
 * Divides an amount that is not negative in proportion to weights, by the largest remainder: what rounding down leaves goes,
 * one unit each, to the largest remainders, of equal ones to the earlier weight. The parts add up to the amount. The weights are
 * not negative, and not all zero.
 */
export const apportion = (amount: bigint, weights: readonly bigint[]): readonly bigint[] => {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n)
  const parts = weights.map((weight, at) => {
    const product = amount * weight
    return { at, floor: product / whole, remainder: product % whole }
  })
  const left = Number(parts.reduce((rest, { floor }) => rest - floor, amount))
  // the sort is stable, so that equal remainders stay in the order of the weights
  const byRemainder = parts.toSorted((one, other) =>
    one.remainder === other.remainder ? 0 : one.remainder < other.remainder ? 1 : -1,
  )
  const raised = new Set(byRemainder.slice(0, left).map(({ at }) => at))
  return parts.map(({ at, floor }) => floor + (raised.has(at) ? 1n : 0n))
}

/**
 * An amount that was computed exactly, as the number that all others are.
 * @throws RangeError when it is not a safe integer.
 */
export const safeAmount = (amount: bigint): number => {
  const number = Number(amount)
  if (!Number.isSafeInteger(number)) throw new RangeError(`expected an amount within ±(2^53−1), received ${amount}`)
  return number
}

/** Whether a code is that of an ISO 4217 currency in use, in capitals. */
export const isCurrency = (code: string): boolean => CURRENCIES.has(code)

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/** A number as `digits / 10 ** places`, by its shortest decimal text, which is what its writer meant. */
const decimalOf = (number: number): { digits: bigint; places: bigint } => {
  if (!Number.isFinite(number)) throw new RangeError(`expected a finite number, received ${number}`)
  const [mantissa = '', exponent = '0'] = String(number).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = BigInt(whole + fraction)
  const places = fraction.length - Number(exponent)
  return places < 0 ? { digits: digits * 10n ** BigInt(-places), places: 0n } : { digits, places: BigInt(places) }
}

/** Rounded to the nearest integer, and half away from zero; the divisor is positive. */
const quotient = (dividend: bigint, divisor: bigint): bigint => {
  const half = dividend < 0n ? -divisor : divisor
  return (2n * dividend + half) / (2n * divisor)
}

/** How many decimal places a unit has: by ISO 4217 for three upper-case letters, none for any other unit. */
export const minorUnitExponent = (units: string): number => {
  if (!isThreeCapitals(units)) return 0
  return EXPONENTS.get(units) ?? 2
}

const isThreeCapitals = (units: string): boolean =>
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
