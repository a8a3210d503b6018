import { lifecycle } from '../database/lifecycle.ts'
import type { FulfillmentStatus, ObligationStatus, PayoutStatus } from '../database/rows.ts'

/** What an obligation may become. A complete one was paid out, which a later refund does not undo. */
export const obligations = lifecycle<ObligationStatus>({
  draft: ['pending', 'rejected', 'cancelled'],
  pending: ['complete', 'rejected', 'cancelled'],
  complete: [],
  rejected: [],
  cancelled: [],
})

/** What a payout may become. A paid one can be marked unpaid again, and a failed one retried. */
export const payouts = lifecycle<PayoutStatus>({
  unpaid: ['processing', 'paid', 'failed'],
  processing: ['paid', 'failed'],
  failed: ['processing', 'paid'],
  paid: ['unpaid'],
})

/** What a fulfillment may become. A failed one can be retried. */
export const fulfillments = lifecycle<FulfillmentStatus>({
  pending: ['processing', 'complete', 'failed'],
  processing: ['complete', 'failed'],
  failed: ['processing'],
  complete: [],
})
