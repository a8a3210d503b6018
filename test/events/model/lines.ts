import { type Fraction, fraction, halfUp, minus, NONE, sum, times } from './fractions.ts'
import { type Basket, type Left, type Line, Refused } from './records.ts'

/** What each line of a basket counts for: nobody earns on what was not paid. */
export const countedOf = ({ lines, total }: Basket): number[] => {
  const isOf = (type: string) => (line: Line) => line.type === type
  const whole = ({ value, quantity }: Line) => value * quantity
  const given = added(lines.filter(isOf('discount')).map(line => -whole(line)))
  const products = less(
    lines.map(line => (line.type === 'product' ? whole(line) : 0)),
    given,
  )
  const rest = lines.map((line, at) =>
    line.type === 'discount' ? 0 : line.type === 'product' ? (products[at] as number) : whole(line),
  )
  return less(rest, added(rest) - total)
}

const added = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)

/** Values that are reduced together: the reduction is divided in proportion, and its rest goes to the largest remainders. */
const less = (values: readonly number[], reduction: number): number[] => {
  const whole = added(values)
  const off = Math.min(Math.max(0, reduction), whole)
  if (off === 0) return [...values]
  const parts = values.map(value => Math.floor((off * value) / whole))
  const order = values
    .map((value, at) => ({ at, rest: (off * value) % whole }))
    .sort((a, b) => b.rest - a.rest || a.at - b.at)
  let missing = off - added(parts)
  for (const { at } of order) if (missing-- > 0) parts[at] = (parts[at] as number) + 1
  return values.map((value, at) => value - (parts[at] as number))
}

/** What is sent as an order's total. */
export const totalOf = (lines: readonly Line[]): number =>
  Math.max(0, added(lines.map(({ value, quantity }) => value * quantity)))

/** What there is of a basket before anything is refunded. */
export const wholeOf = (basket: Basket): Left => {
  const counted = countedOf(basket)
  return {
    total: basket.total,
    value: basket.total,
    lines: basket.lines.map(({ type, item, quantity }, at) => {
      const value = counted[at] as number
      return {
        item,
        isProduct: type === 'product',
        counted: value,
        units: quantity,
        returned: 0,
        left: fraction(value),
      }
    }),
    unlisted: fraction(basket.total - added(counted)),
  }
}

/** What is left when everything is taken. */
export const withoutAll = (left: Left): Left => reduced({ ...left, value: 0 }, NONE)

/** What is left without an amount, which is taken of everything alike. */
export const withoutAmount = (left: Left, amount: number): Left => {
  const taken = Math.round(amount)
  if (taken < 1 || taken > left.value) throw new Refused('VALIDATION_FAILED')
  return taken === left.value ? withoutAll(left) : valued(reduced(left, fraction(left.value - taken, left.value)))
}

/** What is left without units that were returned. */
export const withoutItems = (left: Left, items: readonly { item: string; quantity: number }[]): Left => {
  const lines = [...left.lines]
  for (const { item, quantity } of items) {
    const [line, another] = lines.filter(line => line.item === item)
    if (line === undefined || another !== undefined) throw new Refused('VALIDATION_FAILED')
    // of what is refunded as a whole only what never counted is still there
    const units = left.value === 0 && line.counted > 0 ? 0 : line.units - line.returned
    if (quantity > units) throw new Refused('VALIDATION_FAILED')
    const kept = times(line.left, fraction(units - quantity, units))
    lines[lines.indexOf(line)] = { ...line, returned: line.returned + quantity, left: kept }
  }
  const found = valued({ ...left, lines })
  return found.value === 0 ? withoutAll(found) : found
}

const reduced = (left: Left, to: Fraction): Left => ({
  ...left,
  lines: left.lines.map(line => ({ ...line, left: times(line.left, to) })),
  unlisted: times(left.unlisted, to),
})

/** What was taken is the exact sum, rounded half up. */
const valued = (left: Left): Left => {
  const exact = sum([...left.lines.map(({ left }) => left), left.unlisted])
  return { ...left, value: left.total - halfUp(minus(fraction(left.total), exact)) }
}
