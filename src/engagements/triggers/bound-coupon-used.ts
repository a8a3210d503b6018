import { strategy } from './strategy.ts'

export const boundCouponUsed = strategy({
  id: 'boundCouponUsed',
  name: 'Bound coupon used',
  description: 'A coupon that is bound to a collaborator is applied to an order.',
  needsCoupons: true,
  on: 'CouponApplied',
  claim: ({ opportunity, collaboratorId, programIds, code }) => ({
    opportunityId: opportunity.id,
    collaboratorId,
    programIds,
    couponCode: code,
  }),
})
