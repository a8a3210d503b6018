import { z } from 'zod'
import { pick } from './fields.ts'
import { flag } from './parameters.ts'
import { type Route, route, SIREN_AND_WORDPRESS } from './route.ts'

const EngagementType = z
  .strictObject({
    id: z.string().meta({ description: 'Such as `referredSiteVisit`.' }),
    name: z.string().meta({ description: 'Its name for people.' }),
    description: z.string().meta({ description: 'When it fires.' }),
    available: z.boolean().meta({
      description: 'Whether it can fire now: `boundCouponUsed` needs an active integration that supports coupons.',
    }),
  })
  .meta({ id: 'EngagementType', description: 'A way for engagements to come about: a trigger strategy.' })

const FIELDS = EngagementType.keyof().options

/** `/engagement-types`: the ways for engagements to come about. */
export const engagementTypeRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/engagement-types',
    prefixes: SIREN_AND_WORDPRESS,
    tag: 'Engagements',
    summary: 'All engagement types, those of extensions included.',
    scope: 'records',
    query: z.strictObject({
      available: flag('Only those that can fire now, or only those that cannot.').optional(),
    }),
    answer: EngagementType,
    isList: true,
    handle: async ({ query: { available } }, { reads }) => {
      const types = await reads.datastores.engagementTypes.list(available)
      return { items: types.map(type => pick(type, FIELDS)), count: types.length }
    },
  }),
]
