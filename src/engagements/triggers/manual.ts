import { strategy } from './strategy.ts'

export const manual = strategy({
  id: 'manual',
  name: 'Manual',
  description: 'A manager attributes a transaction to a collaborator by hand.',
  on: 'ManualAttributionRequested',
  claim: ({ opportunity, collaborator, programIds }) => ({
    opportunityId: opportunity.id,
    collaboratorId: collaborator.id,
    programIds,
  }),
})
