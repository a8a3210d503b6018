import type { Left } from '../counted-lines.ts'
import type { ConversionType, ProgramRow } from '../database/rows.ts'
import { percentOf, safeAmount, sumOf, times } from '../money.ts'

/** What a program pays, and for what. */
export type Incentive = Pick<
  ProgramRow,
  'incentiveType' | 'units' | 'transactionPercent' | 'payoutPerTransaction' | 'payoutPerProduct' | 'payoutPerLead'
>

/** What is left of a transaction, as far as a reward depends on it. */
export interface Sale extends Left {
  readonly currency: string
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

const shareOf = (percent: number, { lines, fractionLeft }: Sale): number =>
  percentOf(percent, times(sumOf(productsOf(lines).map(({ value }) => value)), fractionLeft))

/** A product that was given away is nobody's to be paid for. */
const unitsOf = (sale: Sale | null): bigint =>
  productsOf(sale?.lines ?? []).reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)

const productsOf = (lines: Sale['lines']) =>
  lines.filter(({ type, value }) => type === 'product' && value.numerator > 0n)
