import type { ConversionRow } from '../database/rows.ts'
import type { EventOf } from '../events/catalog.ts'
import { blueprint } from './blueprint.ts'

const reviewed = ({ id, collaboratorId, obligationId, transactionId }: ConversionRow) => {
  return { conversion: id, collaborator: collaboratorId, obligation: obligationId, transaction: transactionId }
}

const paying = ({ payout, obligationIds }: Pick<EventOf<'PayoutPaid'>, 'payout' | 'obligationIds'>) => {
  const { id, collaboratorId, fulfillmentId, value, currency } = payout
  const links = { payout: id, collaborator: collaboratorId, fulfillment: fulfillmentId, obligation: obligationIds }
  return [{ links, facts: { amount: value, currency } }]
}

const refunded = ({ transaction, conversions, obligationIds, amount }: EventOf<'RefundTriggered'>) => ({
  links: {
    transaction: transaction.id,
    conversion: conversions.map(({ id }) => id),
    collaborator: conversions.map(({ collaboratorId }) => collaboratorId),
    obligation: obligationIds,
  },
  facts: { amount, currency: transaction.currency },
})

/** What is the same of the notes of a refund, of all that was left or of a part. */
const REFUND = {
  links: { transaction: 'required', conversion: 'several', collaborator: 'several', obligation: 'several' },
  creationSource: ['transaction'],
  // a transaction's total is none of a collaborator's business
  facts: { amount: { kind: 'amount', units: 'currency', visibility: 'administrator' } },
} as const

/** The blueprints of the core, by key, in the order in which they are listed to clients. */
export const CORE_BLUEPRINTS = {
  obligation_issued: blueprint(
    {
      description: 'Written when an obligation is created for a conversion.',
      template: 'Obligation #{obligationId} issued for {collaborator}',
      links: { obligation: 'required', collaborator: 'required', conversion: 'optional', distribution: 'optional' },
      // an obligation for an allocation has no conversion: its distribution caused it
      creationSource: ['conversion', 'distribution'],
      facts: { amount: { kind: 'amount', units: 'currency' } },
    },
    'ObligationIssued',
    ({ obligation, conversionId, distributionId }) => [
      {
        links: {
          obligation: obligation.id,
          collaborator: obligation.collaboratorId,
          conversion: conversionId,
          distribution: distributionId,
        },
        facts: { amount: obligation.value, currency: obligation.currency },
      },
    ],
  ),
  obligation_completed: blueprint(
    {
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
    },
    'ObligationCompleted',
    ({ obligation, payout, conversionId }) => [
      {
        links: {
          obligation: obligation.id,
          payout: payout.id,
          fulfillment: payout.fulfillmentId,
          collaborator: obligation.collaboratorId,
          conversion: conversionId,
        },
        facts: { amount: obligation.value, currency: obligation.currency },
      },
    ],
  ),
  conversion_awarded: blueprint(
    {
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
    },
    'ConversionsAwarded',
    ({ conversions, program, opportunityId, transaction, incentiveType }) =>
      conversions.map(({ id, collaboratorId, engagementId, score }) => ({
        links: {
          conversion: id,
          collaborator: collaboratorId,
          engagement: engagementId,
          program: program.id,
          opportunity: opportunityId,
          transaction: transaction?.id ?? null,
        },
        facts: { incentiveType, score },
      })),
  ),
  conversion_approved: blueprint(
    {
      description: 'Written when a pending conversion is approved.',
      template: 'Conversion #{conversionId} approved',
      links: { conversion: 'required', collaborator: 'required', obligation: 'optional', transaction: 'optional' },
      creationSource: ['conversion'],
    },
    'ConversionApproved',
    ({ conversion }) => [{ links: reviewed(conversion) }],
  ),
  conversion_rejected: blueprint(
    {
      description: 'Written when a conversion is rejected manually or by a refund.',
      template: 'Conversion #{conversionId} rejected: {reason}',
      links: { conversion: 'required', collaborator: 'required', obligation: 'optional', transaction: 'optional' },
      creationSource: ['conversion'],
      facts: { reason: { kind: 'string' } },
    },
    'ConversionRejected',
    ({ conversion, reason }) => [{ links: reviewed(conversion), facts: { reason } }],
  ),
  conversion_renewed: blueprint(
    {
      description: 'Written when a renewal transaction produces a renewed conversion.',
      template: 'Conversion #{conversionId} renewed for {collaborator}',
      links: { conversion: 'required', collaborator: 'required', engagement: 'required', transaction: 'required' },
      creationSource: ['transaction'],
    },
    'RenewedConversionsAwarded',
    ({ conversions, transaction }) =>
      conversions.map(({ id, collaboratorId, engagementId }) => ({
        links: { conversion: id, collaborator: collaboratorId, engagement: engagementId, transaction: transaction.id },
      })),
  ),
  renewed_conversions_awarded: blueprint(
    {
      description: 'Written when renewed conversions are awarded under a program.',
      template: '{count} renewed conversion(s) awarded under {program}',
      links: { program: 'required', transaction: 'required', conversion: 'several', collaborator: 'several' },
      creationSource: ['transaction'],
      facts: { count: { kind: 'count', of: 'conversion' } },
    },
    'RenewedConversionsAwarded',
    ({ conversions, transaction, program }) => [
      {
        links: {
          program: program.id,
          transaction: transaction.id,
          conversion: conversions.map(({ id }) => id),
          collaborator: conversions.map(({ collaboratorId }) => collaboratorId),
        },
        facts: { count: conversions.length },
      },
    ],
  ),
  payout_created: blueprint(
    {
      description: 'Written when a payout record is created for a collaborator.',
      template: 'Payout #{payoutId} of {amount} created for {collaborator}',
      links: { payout: 'required', collaborator: 'required', fulfillment: 'required', obligation: 'several' },
      creationSource: ['payout'],
      facts: { amount: { kind: 'amount', units: 'currency' } },
    },
    'PayoutCreated',
    paying,
  ),
  payout_paid: blueprint(
    {
      description: 'Written when a payout is marked as paid.',
      template: 'Payout #{payoutId} of {amount} paid to {collaborator}',
      links: { payout: 'required', collaborator: 'required', fulfillment: 'required', obligation: 'several' },
      creationSource: ['payout'],
      facts: { amount: { kind: 'amount', units: 'currency' } },
    },
    'PayoutPaid',
    paying,
  ),
  payout_unpaid: blueprint(
    {
      description: 'Written when a payout that was marked as paid is marked as unpaid.',
      template: 'Payout #{payoutId} of {amount} to {collaborator} is unpaid again',
      links: { payout: 'required', collaborator: 'required', fulfillment: 'required', obligation: 'several' },
      creationSource: ['payout'],
      facts: { amount: { kind: 'amount', units: 'currency' } },
    },
    'PayoutUnpaid',
    paying,
  ),
  fulfillment_created: blueprint(
    {
      description: 'Written when a fulfillment batch is created.',
      template: 'Fulfillment #{fulfillmentId} created',
      links: { fulfillment: 'required' },
      creationSource: ['fulfillment'],
    },
    'FulfillmentCreated',
    ({ fulfillment }) => [{ links: { fulfillment: fulfillment.id } }],
  ),
  fulfillment_status_changed: blueprint(
    {
      description: "Written when a fulfillment's status changes.",
      template: 'Fulfillment #{fulfillmentId} is now {newStatus}',
      links: { fulfillment: 'required' },
      creationSource: ['fulfillment'],
      facts: { newStatus: { kind: 'string' } },
    },
    'FulfillmentStatusChanged',
    ({ fulfillment, newStatus }) => [{ links: { fulfillment: fulfillment.id }, facts: { newStatus } }],
  ),
  collaborator_account_ready: blueprint(
    {
      description: 'Written when a collaborator account is activated.',
      template: "{collaborator}'s account is ready",
      links: { collaborator: 'required' },
      creationSource: ['collaborator'],
    },
    'CollaboratorAccountReady',
    ({ collaborator }) => [{ links: { collaborator: collaborator.id } }],
  ),
  collaborator_submission_complete: blueprint(
    {
      description: 'Written when a collaborator application is submitted.',
      template: '{collaborator} submitted an application',
      links: { collaborator: 'required', program: 'several' },
      creationSource: ['collaborator'],
    },
    'CollaboratorSubmissionComplete',
    ({ collaborator, programIds }) => [{ links: { collaborator: collaborator.id, program: programIds } }],
  ),
  opportunity_invalidated: blueprint(
    {
      description: 'Written when an opportunity is invalidated.',
      template: 'Opportunity #{opportunityId} invalidated',
      links: { opportunity: 'required', engagement: 'several', collaborator: 'several' },
      creationSource: ['opportunity'],
    },
    'OpportunityInvalidated',
    ({ opportunity, engagements }) => [
      {
        links: {
          opportunity: opportunity.id,
          engagement: engagements.map(({ id }) => id),
          collaborator: engagements.map(({ collaboratorId }) => collaboratorId),
        },
      },
    ],
  ),
  manual_attribution_requested: blueprint(
    {
      description: 'Written when a transaction is manually attributed to a collaborator.',
      template: 'Transaction #{transactionId} credited manually to {collaborator}',
      links: { transaction: 'required', collaborator: 'required', opportunity: 'required' },
      creationSource: ['transaction'],
      fallbacks: { transaction: 'opportunity' },
    },
    'ManualAttributionRequested',
    ({ transaction, collaborator, opportunity }) => [
      { links: { transaction: transaction.id, collaborator: collaborator.id, opportunity: opportunity.id } },
    ],
  ),
  program_group_conversion_triggered: blueprint(
    {
      description: 'Written when a program wins a program-group competition for a transaction.',
      template: '{program} won its group for transaction #{transactionId}',
      // programs are the winner and the losers; engagements those of the losers, which it cancels
      links: {
        program: 'several',
        opportunity: 'required',
        transaction: 'optional',
        collaborator: 'several',
        engagement: 'several',
      },
      creationSource: ['program'],
      facts: { winnerId: { kind: 'id', of: 'program' } },
      designates: { program: 'winnerId' },
      fallbacks: { transaction: 'opportunity' },
    },
    'ProgramGroupConversionTriggered',
    ({ winningProgram, losingPrograms, opportunityId, transaction, collaboratorIds, cancelled }) => [
      {
        links: {
          program: [winningProgram.id, ...losingPrograms.map(({ id }) => id)],
          opportunity: opportunityId,
          transaction: transaction?.id ?? null,
          collaborator: [...new Set([...collaboratorIds, ...cancelled.map(({ collaboratorId }) => collaboratorId)])],
          engagement: cancelled.map(({ id }) => id),
        },
        facts: { winnerId: winningProgram.id },
      },
    ],
  ),
  engagement_awarded: blueprint(
    {
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
    },
    'EngagementAwarded',
    ({ engagement, transaction }) => [
      {
        links: {
          engagement: engagement.id,
          collaborator: engagement.collaboratorId,
          program: engagement.programId,
          opportunity: engagement.opportunityId,
          transaction: transaction?.id ?? null,
        },
        facts: { score: engagement.score },
      },
    ],
  ),
  refund_triggered: blueprint(
    {
      description: 'Written when a refund fires for a transaction, and nothing is left of it.',
      template: 'Transaction #{transactionId} refunded',
      ...REFUND,
    },
    'RefundTriggered',
    refund => (refund.transaction.status === 'refunded' ? [refunded(refund)] : []),
  ),
  partial_refund_triggered: blueprint(
    {
      description: 'Written when a part of a transaction is refunded, and something is left of it.',
      template: 'Part of transaction #{transactionId} refunded',
      ...REFUND,
    },
    'RefundTriggered',
    refund => (refund.transaction.status === 'refunded' ? [] : [refunded(refund)]),
  ),
  obligation_adjusted: blueprint(
    {
      description: 'Written when a refund changes an obligation that is in no payout yet.',
      template: 'Obligation #{obligationId} of {collaborator} adjusted by {amount}',
      links: { obligation: 'required', collaborator: 'required', conversion: 'required', transaction: 'required' },
      creationSource: ['transaction'],
      facts: { amount: { kind: 'amount', units: 'currency' } },
    },
    'ObligationAdjusted',
    ({ obligation, conversion, transaction, amount }) => [
      {
        links: {
          obligation: obligation.id,
          collaborator: obligation.collaboratorId,
          conversion: conversion.id,
          transaction: transaction.id,
        },
        facts: { amount, currency: obligation.currency },
      },
    ],
  ),
  coupon_applied: blueprint(
    {
      description: 'Written when a bound coupon is applied.',
      template: 'Coupon {code} applied for {collaborator}',
      links: { opportunity: 'required', collaborator: 'required' },
      creationSource: ['opportunity'],
      facts: { code: { kind: 'string' } },
    },
    'CouponApplied',
    ({ opportunity, collaboratorId, code }) => [
      { links: { opportunity: opportunity.id, collaborator: collaboratorId }, facts: { code } },
    ],
  ),
  allocation_completed: blueprint(
    {
      description: 'Written when a distribution allocation is completed.',
      template: '{amount} allocated to {collaborator} by {distributor}',
      links: { distribution: 'required', collaborator: 'required', distributor: 'required', obligation: 'optional' },
      creationSource: ['distribution'],
      facts: { amount: { kind: 'amount', units: 'units' } },
    },
    'AllocationCompleted',
    ({ distribution, distributor, collaboratorId, obligationId, value }) => [
      {
        links: {
          distribution: distribution.id,
          collaborator: collaboratorId,
          distributor: distributor.id,
          obligation: obligationId,
        },
        facts: { amount: value, units: distribution.currency },
      },
    ],
  ),
  distribution_completed: blueprint(
    {
      description: 'Written when a distributor completes a distribution cycle.',
      template: '{distributor} completed distribution #{distributionId}',
      links: { distribution: 'required', distributor: 'required' },
      creationSource: ['distribution'],
      facts: { value: { kind: 'amount', units: 'currency', visibility: 'administrator' } },
    },
    'DistributionCompleted',
    ({ distribution, distributor }) => [
      {
        links: { distribution: distribution.id, distributor: distributor.id },
        facts: { value: distribution.value, currency: distribution.currency },
      },
    ],
  ),
  org_created: blueprint(
    {
      description: 'Written when a new organization is created.',
      template: 'Organization {organization} created',
      links: { organization: 'required' },
      creationSource: ['organization'],
    },
    'OrgCreated',
    ({ organization }) => [{ links: { organization: organization.id } }],
  ),
} as const
