import type { TriggerStrategy } from './strategy.ts'

/** The trigger strategies of the core, most common first. */
export const TRIGGER_STRATEGIES: readonly TriggerStrategy[] = [
  {
    id: 'referredSiteVisit',
    name: 'Referred site visit',
    description: "A visitor arrives by a collaborator's link.",
  },
  {
    id: 'boundCouponUsed',
    name: 'Bound coupon used',
    description: 'A coupon that is bound to a collaborator is applied to an order.',
    needsCoupons: true,
  },
  { id: 'manual', name: 'Manual', description: 'A manager attributes a transaction to a collaborator by hand.' },
  { id: 'courseCompleted', name: 'Course completed', description: "A customer completes a collaborator's course." },
  { id: 'lessonCompleted', name: 'Lesson completed', description: "A customer completes a collaborator's lesson." },
  { id: 'boundPostUsed', name: 'Post visited', description: "A reader visits a collaborator's post." },
  { id: 'formSubmitted', name: 'Form submitted', description: "A visitor submits a collaborator's form." },
]
