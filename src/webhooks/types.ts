import type { AwardedConversion, DomainEvent, EventOf, EventType, Purchase } from '../events/catalog.ts'

/** What happened, as a receiver is told it. */
export interface WebhookMessage {
  readonly type: SentType
  readonly data: object
}

interface Source {
  readonly on: EventType
  /** The data of each message about one event. */
  data(event: DomainEvent): readonly object[]
}

/** Messages about a domain event: one for each that `data` answers. */
const on = <Type extends EventType>(
  type: Type,
  data: (event: EventOf<Type>) => object | readonly object[],
): Source => ({ on: type, data: event => [data(event as unknown as EventOf<Type>)].flat() })

/** A conversion without what it pays, which is its obligation's. */
const conversionOf = ({ value: _, currency: __, ...conversion }: AwardedConversion) => conversion

/** What was bought, in the words of a transaction. */
const purchaseOf = ({ source, externalId, total, currency, details }: Purchase) => {
  return { source, externalId, totalValue: total, currency, lineItems: details }
}

/**
 * What is sent, and of which events it tells. The data of a record is its row as it was when the event
 * happened: what follows from the event is told by messages of its own.
 */
const SOURCES = {
  'conversion.created': on('ConversionsAwarded', ({ conversions }) => conversions.map(conversionOf)),
  'conversion.renewed': on('RenewedConversionsAwarded', ({ conversions }) => conversions.map(conversionOf)),
  'conversion.approved': on('ConversionApproved', ({ conversion }) => conversion),
  'conversion.rejected': on('ConversionRejected', ({ conversion, reason }) => ({ ...conversion, reason })),
  'engagement.created': [
    on('EngagementsTriggered', ({ engagements, created }) => engagements.filter(({ id }) => created.includes(id))),
    on('EngagementSplit', ({ engagement }) => engagement),
  ],
  'engagement.awarded': on('EngagementAwarded', ({ engagement }) => engagement),
  'engagement.completed': on('EngagementCompleted', ({ opportunityId, conversionType }) => {
    return { opportunityId, conversionType }
  }),
  'obligation.created': on('ObligationIssued', ({ obligation }) => obligation),
  'obligation.adjusted': on('ObligationAdjusted', ({ obligation }) => obligation),
  'obligation.completed': on('ObligationCompleted', ({ obligation }) => obligation),
  'payout.created': on('PayoutCreated', ({ payout }) => payout),
  'payout.paid': on('PayoutPaid', ({ payout }) => payout),
  'payout.unpaid': on('PayoutUnpaid', ({ payout }) => payout),
  'fulfillment.created': on('FulfillmentCreated', ({ fulfillment }) => fulfillment),
  'fulfillment.updated': on('FulfillmentStatusChanged', ({ fulfillment }) => fulfillment),
  'opportunity.created': on('OpportunityTriggered', ({ opportunity, isNew }) => (isNew ? opportunity : [])),
  'opportunity.invalidated': on('OpportunityInvalidated', ({ opportunity }) => opportunity),
  'transaction.created': on('TransactionCreated', ({ transaction, details }) => {
    return { ...transaction, lineItems: details }
  }),
  'transaction.completed': on('TransactionCompleted', ({ transaction }) => transaction),
  'collaborator.created': on('CollaboratorSubmissionComplete', ({ collaborator }) => collaborator),
  'collaborator.registered': on('CollaboratorAccountReady', ({ collaborator }) => collaborator),
  'sale.created': on('SaleTriggered', sale => ({ opportunityId: sale.opportunityId, ...purchaseOf(sale) })),
  'lead.created': on('LeadTriggered', ({ opportunityId, source, binding }) => {
    return { opportunityId, source, externalId: binding?.bindingId ?? null }
  }),
  'renewal.created': on('RenewalTriggered', ({ originalTransaction, ...renewal }) => {
    const { id: originalTransactionId, opportunityId } = originalTransaction
    return { opportunityId, originalTransactionId, ...purchaseOf(renewal) }
  }),
  'refund.created': on('RefundTriggered', ({ transaction, amount, reason }) => ({ ...transaction, amount, reason })),
  'coupon.applied': on('CouponApplied', ({ code, collaboratorId, opportunity }) => {
    return { code, collaboratorId, opportunityId: opportunity.id }
  }),
  'allocation.completed': on('AllocationCompleted', ({ distribution, collaboratorId, obligationId, value }) => {
    const { id: distributionId, distributorId, currency } = distribution
    return { distributionId, distributorId, collaboratorId, obligationId, value, currency }
  }),
  'distribution.completed': on('DistributionCompleted', ({ distribution }) => distribution),
} satisfies Record<string, Source | readonly Source[]>

/** What Siren's clients may subscribe to although nothing here causes it: metrics are no event, credits do not exist. */
export const NEVER_SENT = [
  'metrics.updated',
  'credit.issued',
  'credit.redeemed',
  'currency.created',
  'currency.deleted',
] as const

/** What a message may be about. */
export type SentType = keyof typeof SOURCES

/** What can be subscribed to. */
export type WebhookType = SentType | (typeof NEVER_SENT)[number]

/** Every type that is sent, in the order of the documentation. */
export const SENT_TYPES = Object.keys(SOURCES) as readonly SentType[]

/** Every type, those that are never sent last. */
export const WEBHOOK_TYPES: readonly WebhookType[] = [...SENT_TYPES, ...NEVER_SENT]

/** Stands for every type in a subscription. */
export const ALL_TYPES = '*'

/** The messages that an event is worth; none for an event that nobody is told of. */
export const messagesOf = (event: DomainEvent): readonly WebhookMessage[] =>
  (bySource.get(event.type) ?? []).flatMap(([type, { data }]) => data(event).map(of => ({ type, data: of })))

const bySource = new Map<string, [SentType, Source][]>()
for (const [type, sources] of Object.entries(SOURCES) as [SentType, Source | readonly Source[]][])
  for (const source of [sources].flat()) bySource.set(source.on, [...(bySource.get(source.on) ?? []), [type, source]])
