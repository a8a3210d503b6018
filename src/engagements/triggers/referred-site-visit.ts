import { strategyOn } from './strategy.ts'

export const referredSiteVisit = strategyOn('site-visited', {
  id: 'referredSiteVisit',
  name: 'Referred site visit',
  description: "A visitor arrives by a collaborator's link.",
})
