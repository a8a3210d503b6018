import type { ConversionType, LineItemRow, ProgramRow } from '../database/rows.ts'
import { percentOf, safeAmount } from '../money.ts'

/** What a program pays, and for what. */
export type Incentive = Pick<
  ProgramRow,
  'incentiveType' | 'units' | 'transactionPercent' | 'payoutPerTransaction' | 'payoutPerProduct' | 'payoutPerLead'
>

/** A transaction as far as a reward depends on it: its currency and its lines, valued per unit in minor units. */
export interface Sale {
  readonly currency: string
  readonly lines: readonly Pick<LineItemRow, 'type' | 'value' | 'quantity'>[]
}

/** An amount in minor units of its currency, which may be another unit, such as `points`. */
export interface Reward {
  readonly value: number
  readonly currency: string
}

/**
 * The pool that one conversion of a program pays: of a sale or renewal by its transaction, of a lead by itself.
 * A percentage is paid in the transaction's currency, everything else in the program's units. What an incentive has no
 * meaning for, such as a sale where leads are rewarded, pays 0; an amount that the program does not set counts as 0.
 * @throws RangeError when an amount is beyond the safe integers.
 */
export const reward = (program: Incentive, conversionType: ConversionType, sale: Sale | null): Reward => {
  // a lead may be credited on a transaction by hand, and still is no sale
  const sold = conversionType === 'lead' ? null : sale
  const paid = (value: number): Reward => ({ value, currency: program.units })
  switch (program.incentiveType) {
    case 'saleTransactionPercentage':
      return sold === null
        ? paid(0)
        : { value: shareOf(program.transactionPercent ?? 0, sold), currency: sold.currency }
    case 'fixedPerTransaction':
      return paid(sold === null ? 0 : (program.payoutPerTransaction ?? 0))
    case 'fixedPerProduct':
      return paid(safeAmount(BigInt(program.payoutPerProduct ?? 0) * productsOf(sold)))
    case 'fixedPerLead':
      return paid(conversionType === 'lead' ? (program.payoutPerLead ?? 0) : 0)
  }
}

/**
 * What a line counts for: its value as far as a percentage is paid of it, in minor units, and the products that it is of.
 * Shipping, tax and fees are not the seller's to share.
 */
export const countedOf = ({ type, value, quantity }: Sale['lines'][number]): { value: bigint; quantity: number } => ({
  value: type === 'product' || type === 'discount' ? BigInt(value) * BigInt(quantity) : 0n,
  quantity: type === 'product' ? quantity : 0,
})

/** Discounts may exceed what was bought, but nobody owes for a sale. */
const shareOf = (percent: number, { lines }: Sale): number => {
  const total = lines.reduce((sum, line) => sum + countedOf(line).value, 0n)
  return Math.max(0, percentOf(percent, safeAmount(total)))
}

const productsOf = (sale: Sale | null): bigint =>
  (sale?.lines ?? []).reduce((sum, line) => sum + BigInt(countedOf(line).quantity), 0n)
