import { lifecycle } from '../database/lifecycle.ts'
import type { ConversionStatus } from '../database/rows.ts'

/** What a conversion may become. An approved one can still be rejected, since its sale may be refunded later. */
export const conversions = lifecycle<ConversionStatus>({
  pending: ['approved', 'rejected'],
  approved: ['rejected'],
  rejected: [],
})
