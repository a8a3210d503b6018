import { lifecycle } from '../database/lifecycle.ts'
import type { EngagementStatus } from '../database/rows.ts'

/**
 * What an engagement may become: pending when its opportunity converts, complete when that conversion is awarded,
 * cancelled when its opportunity turns out invalid or its program loses a group's contest. A complete or cancelled one
 * is never revived: a fresh trigger starts a new engagement.
 */
export const engagements = lifecycle<EngagementStatus>({
  active: ['pending', 'cancelled'],
  pending: ['complete', 'cancelled'],
  complete: [],
  cancelled: [],
})
