import { apportion, type Fraction, fraction, rounded, sumOf, times } from './money.ts'

/** A line of a sale: its type, and its total in minor units, which only a discount's is negative. */
export interface Line {
  readonly type: string
  readonly total: number
}

/**
 * What each line of a sale counts for, in minor units: what was paid of it, so that nobody earns on what was not. A
 * discount line counts for nothing, and reduces the product lines in proportion to their totals, down to zero. If the lines
 * then still add up to more than the sale's total, the difference is a discount on the order, and reduces all lines in
 * the same way. If they add up to less, what is not listed, such as tax or shipping, counts for no line.
 */
export const countedLines = (lines: readonly Line[], total: number): readonly number[] => {
  const left = afterDiscounts(lines)
  return reduced(left, sum(left) - BigInt(total))
}

/** By how much the lines of a sale add up to more than its total, once discount lines have been taken off the products. */
export const surplusOf = (lines: readonly Line[], total: number): bigint => {
  const surplus = sum(afterDiscounts(lines)) - BigInt(total)
  return surplus > 0n ? surplus : 0n
}

/** A line of a sale with what it counted for at the sale, in minor units, and how many units it was of. */
export interface CountedLine {
  readonly lineItemId: number
  readonly type: string
  readonly value: number
  readonly quantity: number
}

/** What each line of a transaction counted for when it was made. */
export const countedLinesOf = (
  details: readonly (Line & { readonly id: number; readonly quantity: number })[],
  total: number,
): readonly CountedLine[] => {
  const counted = countedLines(details, total)
  return details.map(({ id, type, quantity }, at) => ({ lineItemId: id, type, quantity, value: counted[at] ?? 0 }))
}

/** What was given back of a transaction so far. */
export interface Refunds {
  /** In minor units: the exact sum, rounded half up. */
  readonly refundedValue: number
  /** Which fraction of each line refunds by amount have left. */
  readonly fractionLeft: Fraction
  /** How many units of each line were returned, by the line's id. */
  readonly returned: ReadonlyMap<number, number>
}

/** What was given back, as the database has it of a transaction and of its lines. */
export const refundsOf = (
  { refundedValue }: { readonly refundedValue: number },
  fractionLeft: Fraction,
  details: readonly { readonly id: number; readonly returned: number }[],
): Refunds => ({ refundedValue, fractionLeft, returned: new Map(details.map(({ id, returned }) => [id, returned])) })

/** What is left of a transaction after refunds. */
export interface Left {
  /** In minor units: its total less what was refunded of it. */
  readonly total: number
  /** Which fraction refunds by amount have left of each line. */
  readonly fractionLeft: Fraction
  readonly lines: readonly LineLeft[]
}

/** The units of a line that were not returned, and the exact amount in minor units that these counted for at the sale. */
export interface LineLeft {
  readonly type: string
  readonly value: Fraction
  readonly quantity: number
}

/**
 * What refunds have left of a transaction. It starts from what each line counted for at the sale: units that were returned
 * take their part of their line, and refunds by amount the same fraction of every line.
 */
export const leftOf = (total: number, lines: readonly CountedLine[], refunds: Refunds): Left => ({
  total: total - refunds.refundedValue,
  fractionLeft: refunds.fractionLeft,
  lines: lines.map(({ lineItemId, type, value, quantity }) => {
    const units = quantity - (refunds.returned.get(lineItemId) ?? 0)
    return { type, value: fraction(BigInt(value) * BigInt(units), BigInt(quantity)), quantity: units }
  }),
})

/** A part of a transaction that is given back: an amount in minor units, at most what is left, or units by the lines' ids. */
export type Part = { readonly amount: number } | { readonly units: ReadonlyMap<number, number> }

/**
 * What has been given back once this part is, too. An amount takes the same fraction of each line, and of what the lines do not
 * list, as it is of what is left of the transaction; one that equals what is left takes everything.
 */
export const refundedWith = (
  part: Part,
  total: number,
  lines: readonly CountedLine[],
  { refundedValue, fractionLeft, returned }: Refunds,
): Refunds => {
  const left = total - refundedValue
  const everything = { refundedValue: total, fractionLeft: fraction(0n) }
  if ('amount' in part && part.amount === left) return { ...everything, returned }
  const after =
    'amount' in part
      ? { fractionLeft: times(fractionLeft, fraction(BigInt(left - part.amount), BigInt(left))), returned }
      : { fractionLeft, returned: added(returned, part.units) }
  const unlisted = fraction(BigInt(total) - sum(lines.map(({ value }) => value)))
  const listed = leftOf(total, lines, { refundedValue, ...after }).lines.map(({ value }) => value)
  const exact = times(sumOf([unlisted, ...listed]), after.fractionLeft)
  const taken = rounded(sumOf([fraction(BigInt(total)), { ...exact, numerator: -exact.numerator }]))
  return taken === total ? { ...everything, returned: after.returned } : { refundedValue: taken, ...after }
}

const added = (returned: Refunds['returned'], units: Refunds['returned']): Refunds['returned'] =>
  new Map([...returned, ...[...units].map(([id, count]) => [id, count + (returned.get(id) ?? 0)] as const)])

const afterDiscounts = (lines: readonly Line[]): readonly number[] => {
  const products = lines.map(({ type, total }) => (type === 'product' ? Math.max(0, total) : 0))
  const discounted = reduced(products, -sum(lines.map(({ type, total }) => (type === 'discount' ? total : 0))))
  return lines.map(({ type, total }, at) => {
    if (type === 'discount') return 0
    return type === 'product' ? (discounted[at] ?? 0) : Math.max(0, total)
  })
}

/** Values less a reduction, which is divided among them in proportion, down to zero. */
const reduced = (values: readonly number[], reduction: bigint): readonly number[] => {
  const whole = sum(values)
  if (reduction <= 0n || whole === 0n) return values
  if (reduction >= whole) return values.map(() => 0)
  const parts = apportion(reduction, values.map(BigInt))
  return values.map((value, at) => value - Number(parts[at]))
}

const sum = (values: readonly number[]): bigint => values.reduce((total, value) => total + BigInt(value), 0n)
