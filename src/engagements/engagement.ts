import { lifecycle, type Transitions } from '../database/lifecycle.ts'
import type { EngagementStatus } from '../database/rows.ts'

/**
 * What an engagement may become: pending when its opportunity converts, complete when that conversion is awarded,
 * cancelled when its opportunity turns out invalid or its program loses a group's contest. A complete or cancelled one
 * is never revived: a fresh trigger starts a new engagement.
 */
export const TRANSITIONS: Transitions<EngagementStatus> = {
  active: ['pending', 'cancelled'],
  pending: ['complete', 'cancelled'],
  complete: [],
  cancelled: [],
}

const engagement = lifecycle(TRANSITIONS)

/** Whether an engagement may go directly from one status to the other. */
export const canBecome = engagement.canBecome

/** The statuses from which an engagement may directly become this one: an update to it must find one of these. */
export const before = engagement.before
