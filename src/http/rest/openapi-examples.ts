/** What a request of an operation says. */
export interface Example {
  /** The parameters that an operation needs, of its path or its query. */
  readonly parameters?: Readonly<Record<string, string | number>>
  readonly body?: object
}

const trackingId = 200
const visit = { collaboratorId: 1, trackingId }
const webhook = { parameters: { id: 1 } }

/**
 * A request for each operation, by its id: each works as it stands on a new demo, in the order of the document. The webhook
 * and the API key are those that the examples before them make.
 */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  sendSiteVisited: { body: { collaboratorId: 1 } },
  sendCourseCompleted: { body: { ...visit, courseId: 'celestial-navigation' } },
  sendLessonCompleted: { body: { ...visit, lessonId: 'celestial-navigation-1' } },
  sendPostVisited: { body: { ...visit, postId: 'ten-books-about-fog' } },
  sendFormSubmitted: { body: { ...visit, formId: 'schools' } },
  sendCouponApplied: { body: { code: 'AMARA10', trackingId } },
  sendSale: {
    body: {
      source: 'woocommerce',
      externalId: 'HB-2001',
      total: 37.9,
      currency: 'USD',
      trackingId,
      items: [
        { name: 'The Salt Road', quantity: 2, amount: 16.5 },
        { name: 'Postage', type: 'shipping', amount: 4.9 },
      ],
    },
  },
  sendLead: { body: { source: 'woocommerce', externalId: 'enquiry-1', trackingId } },
  sendRenewal: {
    body: { source: 'stripe', externalId: 'HB-2002', originalExternalId: 'HB-1089', total: 35, currency: 'USD' },
  },
  sendRefund: { body: { source: 'woocommerce', externalId: 'HB-1108', reason: 'Returned' } },
  sendCollaboratorSubmitted: { body: { fullName: 'Nora Vale', email: 'nora@example.com', programIds: [1] } },
  sendCollaboratorApproved: { body: { collaboratorId: 24 } },
  sendManualAttribution: { body: { collaboratorId: 1, transactionId: 111 } },
  sendConversionApproved: { body: { conversionId: 246 } },
  sendConversionRejected: { body: { conversionId: 245, reason: 'The order was never paid' } },
  sendOpportunityInvalidated: { body: { opportunityId: 190 } },
  sendFulfillmentGenerated: { body: { obligationIds: [230] } },
  sendFulfillmentStatusChanged: { body: { fulfillmentId: 4, status: 'processing' } },
  sendPayoutPaid: { body: { payoutId: 80 } },
  sendPayoutUnpaid: { body: { payoutId: 58 } },
  sendDistributionCompleted: { body: { distributorId: 1 } },
  sendOrgCreated: { body: {} },
  creditCollaboratorTransactions: { body: { transactionIds: [110, 109], collaboratorId: 1 } },
  creditCollaboratorTransactionsWordPress: { body: { transactionIds: [104], collaboratorId: 1 } },
  generateFulfillments: { body: { obligationIds: [232] } },
  generateFulfillmentsWordPress: { body: { obligationIds: [272] } },
  bulkPayouts: { body: { action: 'markPaid', ids: [79, 78] } },
  bulkPayoutsWordPress: { body: { action: 'markUnpaid', ids: [79] } },
  createApiKey: { body: { label: 'Production server', scopes: ['events'] } },
  deleteApiKey: { parameters: { id: 4 } },
  getEngagement: { parameters: { id: 1 } },
  getEngagementWordPress: { parameters: { id: 1 } },
  listNotes: { parameters: { sourceType: 'collaborator' } },
  listNotesWordPress: { parameters: { sourceType: 'collaborator' } },
  getNotePosition: { parameters: { id: 1, sourceType: 'organization', sourceId: 1 } },
  getNotePositionWordPress: { parameters: { id: 1, sourceType: 'organization', sourceId: 1 } },
  createWebhook: {
    body: { targetUrl: 'https://example.com/webhooks/siren', events: ['conversion.approved', 'payout.paid'] },
  },
  listWebhookDeadLetters: webhook,
  replayWebhook: { ...webhook, body: {} },
  getWebhook: webhook,
  deleteWebhook: webhook,
  applySetup: {
    body: {
      collaborators: [{ email: 'otto@example.com', fullName: 'Otto Berg', tracking: ['OTTO'] }],
      programs: [
        {
          name: 'Course Club',
          incentiveType: 'saleTransactionPercentage',
          transactionPercent: 12,
          incentiveResolverType: 'newestBindingWins',
          activeConversionTypes: ['sale', 'renewal'],
          engagementTypes: { referredSiteVisit: 100 },
          collaborators: ['otto@example.com'],
        },
      ],
    },
  },
}
