// An extension: customers earn loyalty points in a shop, with the help of a collaborator, and the gateway knows of it.
// Start the gateway with EXTENSIONS=./examples/loyalty-points/extension.js; the README beside this file goes on from there.

import { z } from 'zod'

/** @type {import('siren-gateway').Extension} */
export const extension = {
  name: 'loyalty points',
  events: ['LoyaltyPointsEarned'],

  register(gateway) {
    // 1. What may be sent: POST /siren/v1/event/loyalty-points-earned, by integrations and administrators.
    gateway.addEvent('loyalty-points-earned', {
      description: 'A customer earned loyalty points with the help of a collaborator.',
      schema: z.object({
        collaboratorId: z.union([z.int().positive(), z.string().regex(/^tracking:./)]),
        userId: z.string().min(1).max(255),
        points: z.int().min(1).max(1_000_000),
      }),
    })

    // 2. What it means: who the collaborator is, and which opportunity the customer has.
    gateway.on('loyalty-points-earned', async (events, context) => {
      const earned = []
      for (const { payload } of events) {
        const collaborator = await gateway.resolveCollaborator(payload.collaboratorId, context)
        const opportunity = await gateway.findOrOpenOpportunity({ userId: payload.userId }, context)
        earned.push({
          type: 'LoyaltyPointsEarned',
          collaboratorId: collaborator.id,
          opportunityId: opportunity.id,
          points: payload.points,
        })
      }
      return earned
    })

    // 3. What it is worth: programs that enable the trigger "loyaltyPoints" count it towards an engagement's score.
    gateway.addStrategy({
      id: 'loyaltyPoints',
      name: 'Loyalty points',
      description: "A customer earns loyalty points with a collaborator's help.",
      on: 'LoyaltyPointsEarned',
      claim: ({ opportunityId, collaboratorId }) => ({ opportunityId, collaboratorId }),
    })

    // 4. What people read: a note in the feeds of the collaborator and of the opportunity. Nothing else is needed for it.
    gateway.addNote('loyalty_points_earned', {
      on: 'LoyaltyPointsEarned',
      description: 'Written when a customer earns loyalty points.',
      sources: ({ collaboratorId, opportunityId }) => [
        { sourceType: 'opportunity', sourceId: opportunityId },
        { sourceType: 'collaborator', sourceId: collaboratorId },
      ],
      facts: ({ points }) => ({ points }),
      template: 'A customer of {collaborator} earned {points} loyalty points',
    })
  },
}
