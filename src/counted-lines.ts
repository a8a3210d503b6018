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

const afterDiscounts = (lines: readonly Line[]): readonly number[] => {
  const products = lines.map(({ type, total }) => (type === 'product' ? Math.max(0, total) : 0))
  const discounted = reduced(products, -sum(lines.map(({ type, total }) => (type === 'discount' ? total : 0))))
  return lines.map(({ type, total }, at) => {
    if (type === 'discount') return 0
    return type === 'product' ? (discounted[at] ?? 0) : Math.max(0, total)
  })
}

/**
 * Values less a reduction, which is divided among them in proportion, down to zero. What rounding down leaves of the reduction
 * goes, one unit each, to the largest remainders, of equal ones to the earlier value.
 */
const reduced = (values: readonly number[], reduction: bigint): readonly number[] => {
  const whole = sum(values)
  if (reduction <= 0n || whole === 0n) return values
  if (reduction >= whole) return values.map(() => 0)
  const parts = values.map(value => {
    const product = reduction * BigInt(value)
    return { floor: product / whole, remainder: product % whole }
  })
  const left = Number(reduction - parts.reduce((total, { floor }) => total + floor, 0n))
  // the sort is stable, so that equal remainders stay in the order of the values
  const byRemainder = [...parts.keys()].toSorted((one, other) =>
    compare(parts[other]?.remainder, parts[one]?.remainder),
  )
  const raised = new Set(byRemainder.slice(0, left))
  return values.map((value, at) => value - Number((parts[at]?.floor ?? 0n) + (raised.has(at) ? 1n : 0n)))
}

const sum = (values: readonly number[]): bigint => values.reduce((total, value) => total + BigInt(value), 0n)

const compare = (one = 0n, other = 0n): number => (one < other ? -1 : one > other ? 1 : 0)
