import { lifecycle, type Transitions } from '../database/lifecycle.ts'
import type { ConversionStatus } from '../database/rows.ts'

/** What a conversion may become. An approved one can still be rejected, since its sale may be refunded later. */
export const TRANSITIONS: Transitions<ConversionStatus> = {
  pending: ['approved', 'rejected'],
  approved: ['rejected'],
  rejected: [],
}

const conversion = lifecycle(TRANSITIONS)

/** Whether a conversion may go directly from one status to the other. */
export const canBecome = conversion.canBecome

/** The statuses from which a conversion may directly become this one: an update to it must find one of these. */
export const before = conversion.before
