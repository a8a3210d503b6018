import { countedLines } from '../counted-lines.ts'
import type { ConversionType, LineItemRow, ProgramRow, TransactionRow } from '../database/rows.ts'
import { percentOf, safeAmount } from '../money.ts'

/** What a program pays, and for what. */
export type Incentive = Pick<
  ProgramRow,
  'incentiveType' | 'units' | 'transactionPercent' | 'payoutPerTransaction' | 'payoutPerProduct' | 'payoutPerLead'
>

/** A transaction as far as a reward depends on it; amounts in minor units of its currency. */
export interface Sale {
  readonly currency: string
  /** What was paid for it. */
  readonly total: number
  readonly lines: readonly CountedLine[]
}

/** A line, and what it counts for. */
export interface CountedLine {
  readonly type: string
  /** What was paid of it. */
  readonly value: number
  /** How many units it is of. */
  readonly quantity: number
}

/** A transaction with what each of its lines counts for, in their order. */
export const saleOf = (
  { currency, totalValue: total }: Pick<TransactionRow, 'currency' | 'totalValue'>,
  details: readonly Pick<LineItemRow, 'type' | 'total' | 'quantity'>[],
): Sale => {
  const counted = countedLines(details, total)
  const lines = details.map(({ type, quantity }, at) => ({ type, quantity, value: counted[at] ?? 0 }))
  return { currency, total, lines }
}

/** An amount in minor units of its currency, which may be another unit, such as `points`. */
export interface Reward {
  readonly value: number
  readonly currency: string
}

/**
 * The pool that one conversion of a program pays: of a sale or renewal by its transaction, of a lead by itself.
 * A percentage is of the products, since shipping, tax and fees are not the seller's to share; it is paid in the
 * transaction's currency, everything else in the program's units. What an incentive has no meaning for, such as a sale where
 * leads are rewarded, pays 0, and so does a transaction for which nothing was paid; an amount that the program does not
 * set counts as 0.
 * @throws RangeError when an amount is beyond the safe integers.
 */
export const reward = (program: Incentive, conversionType: ConversionType, sale: Sale | null): Reward => {
  // a lead may be credited on a transaction by hand, and still is no sale
  const sold = conversionType === 'lead' || sale?.total === 0 ? null : sale
  const paid = (value: number): Reward => ({ value, currency: program.units })
  switch (program.incentiveType) {
    case 'saleTransactionPercentage':
      return sold === null
        ? paid(0)
        : { value: shareOf(program.transactionPercent ?? 0, sold), currency: sold.currency }
    case 'fixedPerTransaction':
      return paid(sold === null ? 0 : (program.payoutPerTransaction ?? 0))
    case 'fixedPerProduct':
      return paid(safeAmount(BigInt(program.payoutPerProduct ?? 0) * unitsOf(sold)))
    case 'fixedPerLead':
      return paid(conversionType === 'lead' ? (program.payoutPerLead ?? 0) : 0)
  }
}

const shareOf = (percent: number, { lines }: Sale): number => {
  const total = productsOf(lines).reduce((sum, { value }) => sum + BigInt(value), 0n)
  return percentOf(percent, safeAmount(total))
}

/** A product that was given away is nobody's to be paid for. */
const unitsOf = (sale: Sale | null): bigint =>
  productsOf(sale?.lines ?? []).reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)

const productsOf = (lines: Sale['lines']) => lines.filter(({ type, value }) => type === 'product' && value > 0)
