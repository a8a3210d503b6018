import type { EngagementType as Shape } from '../../engagements/engagement-types.ts'
import { builder } from '../builder.ts'

export const EngagementType = builder.objectRef<Shape>('EngagementType').implement({
  description: 'A way for engagements to come about: a trigger strategy.',
  fields: t => ({
    id: t.exposeID('id', { description: 'Its id, such as `referredSiteVisit`.' }),
    name: t.exposeString('name', { description: 'Its name for people.' }),
    description: t.exposeString('description', { description: 'When it fires.' }),
    available: t.exposeBoolean('available', {
      description: 'Whether it can fire now: `boundCouponUsed` needs an active integration that supports coupons.',
    }),
  }),
})

builder.queryFields(t => ({
  engagementType: t.field({
    type: EngagementType,
    nullable: true,
    description: 'The engagement type with this id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'An id such as `referredSiteVisit`.' }) },
    resolve: (_, { id }, { datastores }) => datastores.engagementTypes.byId(id),
  }),
  engagementTypes: t.field({
    type: [EngagementType],
    description: 'All engagement types.',
    args: { available: t.arg.boolean({ description: 'Only those that can fire now, or only those that cannot.' }) },
    resolve: (_, { available }, { datastores }) => datastores.engagementTypes.list(available),
  }),
}))
