import { boundCouponUsed } from './bound-coupon-used.ts'
import { boundPostUsed } from './bound-post-used.ts'
import { courseCompleted } from './course-completed.ts'
import { formSubmitted } from './form-submitted.ts'
import { lessonCompleted } from './lesson-completed.ts'
import { manual } from './manual.ts'
import { referredSiteVisit } from './referred-site-visit.ts'
import type { TriggerStrategy } from './strategy.ts'

/** The trigger strategies of the core, most common first. */
export const TRIGGER_STRATEGIES: readonly TriggerStrategy[] = [
  referredSiteVisit,
  boundCouponUsed,
  manual,
  courseCompleted,
  lessonCompleted,
  boundPostUsed,
  formSubmitted,
]
