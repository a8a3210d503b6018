import { blueprint } from './blueprint.ts'

/** A key of the core. */
export type CoreBlueprintKey = keyof typeof CORE_BLUEPRINTS

/** The blueprints of the core, by key, in the order in which they are listed to clients. */
export const CORE_BLUEPRINTS = {
  obligation_issued: blueprint({
    description: 'Written when an obligation is created for a conversion.',
    template: 'Obligation #{obligationId} issued for {collaborator}',
    links: { obligation: 'required', collaborator: 'required', conversion: 'optional', distribution: 'optional' },
    // an obligation for an allocation has no conversion: its distribution caused it
    creationSource: ['conversion', 'distribution'],
    facts: { amount: { kind: 'amount', units: 'currency' } },
  }),
  obligation_completed: blueprint({
    description: 'Written when an obligation is rolled into a payout.',
    template: 'Obligation #{obligationId} settled by payout #{payoutId}',
    links: {
      obligation: 'required',
      payout: 'required',
      fulfillment: 'required',
      collaborator: 'required',
      conversion: 'optional',
    },
    creationSource: ['obligation'],
    facts: { amount: { kind: 'amount', units: 'currency' } },
  }),
  conversion_awarded: blueprint({
    description: 'Written when a conversion is awarded to a collaborator.',
    template: 'Conversion #{conversionId} awarded to {collaborator} ({incentiveType})',
    links: {
      conversion: 'required',
      collaborator: 'required',
      engagement: 'required',
      program: 'required',
      opportunity: 'required',
      transaction: 'optional',
    },
    creationSource: ['transaction', 'opportunity'],
    facts: { incentiveType: { kind: 'string' }, score: { kind: 'number' } },
  }),
  conversion_approved: blueprint({
    description: 'Written when a pending conversion is approved.',
    template: 'Conversion #{conversionId} approved',
    links: { conversion: 'required', collaborator: 'required', obligation: 'optional', transaction: 'optional' },
    creationSource: ['conversion'],
  }),
  conversion_rejected: blueprint({
    description: 'Written when a conversion is rejected manually or by a refund.',
    template: 'Conversion #{conversionId} rejected: {reason}',
    links: { conversion: 'required', collaborator: 'required', obligation: 'optional', transaction: 'optional' },
    creationSource: ['conversion'],
    facts: { reason: { kind: 'string' } },
  }),
  conversion_renewed: blueprint({
    description: 'Written when a renewal transaction produces a renewed conversion.',
    template: 'Conversion #{conversionId} renewed for {collaborator}',
    links: { conversion: 'required', collaborator: 'required', engagement: 'required', transaction: 'required' },
    creationSource: ['transaction'],
  }),
  renewed_conversions_awarded: blueprint({
    description: 'Written when renewed conversions are awarded under a program.',
    template: '{count} renewed conversion(s) awarded under {program}',
    links: { program: 'required', transaction: 'required', conversion: 'several', collaborator: 'several' },
    creationSource: ['transaction'],
    facts: { count: { kind: 'count', of: 'conversion' } },
  }),
  payout_created: blueprint({
    description: 'Written when a payout record is created for a collaborator.',
    template: 'Payout #{payoutId} of {amount} created for {collaborator}',
    links: { payout: 'required', collaborator: 'required', fulfillment: 'required', obligation: 'several' },
    creationSource: ['payout'],
    facts: { amount: { kind: 'amount', units: 'currency' } },
  }),
  payout_paid: blueprint({
    description: 'Written when a payout is marked as paid.',
    template: 'Payout #{payoutId} of {amount} paid to {collaborator}',
    links: { payout: 'required', collaborator: 'required', fulfillment: 'required', obligation: 'several' },
    creationSource: ['payout'],
    facts: { amount: { kind: 'amount', units: 'currency' } },
  }),
  fulfillment_created: blueprint({
    description: 'Written when a fulfillment batch is created.',
    template: 'Fulfillment #{fulfillmentId} created',
    links: { fulfillment: 'required' },
    creationSource: ['fulfillment'],
  }),
  fulfillment_status_changed: blueprint({
    description: "Written when a fulfillment's status changes.",
    template: 'Fulfillment #{fulfillmentId} is now {newStatus}',
    links: { fulfillment: 'required' },
    creationSource: ['fulfillment'],
    facts: { newStatus: { kind: 'string' } },
  }),
  collaborator_account_ready: blueprint({
    description: 'Written when a collaborator account is activated.',
    template: "{collaborator}'s account is ready",
    links: { collaborator: 'required' },
    creationSource: ['collaborator'],
  }),
  collaborator_submission_complete: blueprint({
    description: 'Written when a collaborator application is submitted.',
    template: '{collaborator} submitted an application',
    links: { collaborator: 'required', program: 'several' },
    creationSource: ['collaborator'],
  }),
  opportunity_invalidated: blueprint({
    description: 'Written when an opportunity is invalidated.',
    template: 'Opportunity #{opportunityId} invalidated',
    links: { opportunity: 'required', engagement: 'several', collaborator: 'several' },
    creationSource: ['opportunity'],
  }),
  manual_attribution_requested: blueprint({
    description: 'Written when a transaction is manually attributed to a collaborator.',
    template: 'Transaction #{transactionId} credited manually to {collaborator}',
    links: { transaction: 'required', collaborator: 'required', opportunity: 'required' },
    creationSource: ['transaction'],
    fallbacks: { transaction: 'opportunity' },
  }),
  program_group_conversion_triggered: blueprint({
    description: 'Written when a program wins a program-group competition for a transaction.',
    template: '{program} won its group for transaction #{transactionId}',
    // the winner and the losers
    links: { program: 'several', opportunity: 'required', transaction: 'optional', collaborator: 'several' },
    creationSource: ['program'],
    facts: { winnerId: { kind: 'id', of: 'program' } },
    designates: { program: 'winnerId' },
    fallbacks: { transaction: 'opportunity' },
  }),
  engagement_awarded: blueprint({
    description: 'Written when an engagement is awarded to a collaborator.',
    template: 'Engagement #{engagementId} awarded to {collaborator} under {program}',
    links: {
      engagement: 'required',
      collaborator: 'required',
      program: 'required',
      opportunity: 'required',
      transaction: 'optional',
    },
    creationSource: ['engagement'],
    facts: { score: { kind: 'number' } },
  }),
  refund_triggered: blueprint({
    description: 'Written when a refund fires for a transaction.',
    template: 'Transaction #{transactionId} refunded',
    links: { transaction: 'required', conversion: 'several', collaborator: 'several', obligation: 'several' },
    creationSource: ['transaction'],
    // a transaction's total is none of a collaborator's business
    facts: { amount: { kind: 'amount', units: 'currency', visibility: 'administrator' } },
  }),
  coupon_applied: blueprint({
    description: 'Written when a bound coupon is applied.',
    template: 'Coupon {code} applied for {collaborator}',
    links: { opportunity: 'required', collaborator: 'required' },
    creationSource: ['opportunity'],
    facts: { code: { kind: 'string' } },
  }),
  allocation_completed: blueprint({
    description: 'Written when a distribution allocation is completed.',
    template: '{amount} allocated to {collaborator} by {distributor}',
    links: { distribution: 'required', collaborator: 'required', distributor: 'required', obligation: 'optional' },
    creationSource: ['distribution'],
    facts: { amount: { kind: 'amount', units: 'units' } },
  }),
  distribution_completed: blueprint({
    description: 'Written when a distributor completes a distribution cycle.',
    template: '{distributor} completed distribution #{distributionId}',
    links: { distribution: 'required', distributor: 'required' },
    creationSource: ['distribution'],
    facts: { value: { kind: 'amount', units: 'currency', visibility: 'administrator' } },
  }),
  org_created: blueprint({
    description: 'Written when a new organization is created.',
    template: 'Organization {organization} created',
    links: { organization: 'required' },
    creationSource: ['organization'],
  }),
} as const
