import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import type { SentType } from '../../webhooks/types.ts'
import { dateTime, recordId } from './shapes.ts'

const record = <Shape extends z.ZodRawShape>(name: string, shape: Shape) =>
  z
    .object({ id: recordId, ...shape, dateCreated: dateTime, dateModified: dateTime })
    .meta({ id: `${name}Record`, description: 'As it was when it happened. Amounts are in minor units.' })

const KINDS = ['sale', 'lead', 'renewal'] as const

const conversion = record('Conversion', {
  engagementId: recordId,
  collaboratorId: recordId,
  transactionId: recordId.nullable(),
  obligationId: recordId.nullable(),
  score: z.int(),
  type: z.enum(KINDS),
  status: z.enum(['pending', 'approved', 'rejected']),
})
const engagement = record('Engagement', {
  opportunityId: recordId,
  programId: recordId,
  collaboratorId: recordId,
  score: z.int(),
  status: z.enum(['active', 'pending', 'complete', 'cancelled']),
})
const obligation = record('Obligation', {
  collaboratorId: recordId,
  conversionId: recordId.nullable(),
  payoutId: recordId.nullable(),
  status: z.enum(['draft', 'pending', 'complete', 'rejected', 'cancelled']),
  awardType: z.string(),
  value: z.int(),
  currency: z.string(),
})
const payout = record('Payout', {
  collaboratorId: recordId,
  fulfillmentId: recordId,
  value: z.int(),
  currency: z.string(),
  status: z.enum(['unpaid', 'paid', 'processing', 'failed']),
  datePaid: dateTime.nullable(),
})
const fulfillment = record('Fulfillment', { status: z.enum(['pending', 'processing', 'complete', 'failed']) })
const opportunity = record('Opportunity', {
  status: z.enum(['active', 'inactive', 'invalid']),
  userId: z.string().nullable(),
  mergedIntoId: recordId.nullable(),
})
const transaction = record('Transaction', {
  opportunityId: recordId.nullable(),
  originalTransactionId: recordId.nullable(),
  status: z.enum(['complete', 'cancelled', 'refunded']),
  source: z.string(),
  externalId: z.string().nullable(),
  totalValue: z.int(),
  refundedValue: z.int(),
  currency: z.string(),
})
const collaborator = record('Collaborator', {
  fullName: z.string(),
  nickname: z.string().nullable(),
  email: z.string(),
  status: z.enum(['active', 'pending', 'inactive', 'rejected', 'deleted']),
})
const distribution = record('Distribution', {
  distributorId: recordId,
  status: z.enum(['pending', 'complete']),
  revenue: z.int(),
  value: z.int(),
  currency: z.string(),
  triggerDate: dateTime,
})

const line = {
  externalId: z.string().nullable(),
  name: z.string(),
  type: z.string(),
  value: z.int(),
  quantity: z.int(),
}
const recordedLine = {
  id: recordId,
  transactionId: recordId,
  ...line,
  total: z.int(),
  returned: z.int(),
  description: z.string().nullable(),
}
const purchase = {
  source: z.string(),
  externalId: z.string(),
  totalValue: z.int(),
  currency: z.string(),
  lineItems: z.array(
    z.object({
      ...line,
      total: z.int().optional(),
      description: z.string().optional(),
      attributes: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
}

/** When a message is sent, and what its data is. */
const MESSAGES: Readonly<Record<SentType, readonly [when: string, data: z.ZodObject]>> = {
  'conversion.created': ['An engagement turned into a sale or a lead.', conversion],
  'conversion.renewed': ['An engagement turned into a renewal.', conversion],
  'conversion.approved': ['A conversion was approved.', conversion],
  'conversion.rejected': [
    'A conversion was rejected.',
    conversion.extend({ reason: z.string() }).meta({ id: 'Rejection' }),
  ],
  'engagement.created': ['A customer was linked to a collaborator.', engagement],
  'engagement.awarded': ['An engagement was awarded a conversion.', engagement],
  'engagement.completed': [
    'The engagements of an opportunity were completed.',
    z.object({ opportunityId: recordId, conversionType: z.enum(KINDS) }),
  ],
  'obligation.created': ['Something is owed to a collaborator.', obligation],
  'obligation.adjusted': ['A refund changed what is owed, before it was paid out.', obligation],
  'obligation.completed': ['What was owed is paid.', obligation],
  'payout.created': ['A payout was made of obligations.', payout],
  'payout.paid': ['A payout was paid.', payout],
  'payout.unpaid': ['A payout that was marked as paid was not.', payout],
  'fulfillment.created': ['Obligations are being rolled into payouts.', fulfillment],
  'fulfillment.updated': ['A fulfillment went on, or failed.', fulfillment],
  'opportunity.created': ['A customer came who was not known.', opportunity],
  'opportunity.invalidated': ['An opportunity was declared invalid.', opportunity],
  'transaction.created': [
    'A sale or a renewal was recorded.',
    transaction
      .extend({ lineItems: z.array(z.object({ ...recordedLine, units: z.string(), attributes: z.unknown() })) })
      .meta({ id: 'TransactionWithLines' }),
  ],
  'transaction.completed': ['A transaction is complete.', transaction],
  'collaborator.created': ['Someone applied to become a collaborator.', collaborator],
  'collaborator.registered': ["A collaborator's account is active.", collaborator],
  'sale.created': ['A customer bought something.', z.object({ opportunityId: recordId, ...purchase })],
  'lead.created': [
    'A customer became a lead.',
    z.object({ opportunityId: recordId, source: z.string(), externalId: z.string().nullable() }),
  ],
  'renewal.created': [
    'A subscription was renewed.',
    z.object({ opportunityId: recordId.nullable(), originalTransactionId: recordId, ...purchase }),
  ],
  'refund.created': [
    'A transaction was refunded: all that was left of it where its status says so, or a part.',
    transaction.extend({ amount: z.int(), reason: z.string().nullable() }).meta({ id: 'RefundRecord' }),
  ],
  'coupon.applied': [
    'A coupon was applied.',
    z.object({ code: z.string(), collaboratorId: recordId, opportunityId: recordId }),
  ],
  'allocation.completed': [
    'A collaborator was allocated a share of the revenue.',
    z.object({
      distributionId: recordId,
      distributorId: recordId,
      collaboratorId: recordId,
      obligationId: recordId,
      value: z.int(),
      currency: z.string(),
    }),
  ],
  'distribution.completed': ['The revenue of a cycle was distributed.', distribution],
}

const headers = z.object({
  'X-Siren-Signature': z
    .string()
    .regex(/^sha256=[0-9a-f]{64}$/)
    .meta({
      description:
        "`sha256=` and the HMAC-SHA256 of the body's bytes with the webhook's signing secret, in hexadecimal.",
    }),
  'X-Siren-Delivery': z.string().meta({ description: 'The `deliveryId` of the body.' }),
  'X-Siren-Event': z.string().meta({ description: 'The `type` of the body.' }),
})

const message = (type: string, data: z.ZodObject) =>
  z.object({
    type: z.literal(type),
    data,
    deliveryId: z.string().meta({ description: 'The same each time that it is sent.' }),
  })

/** What is sent to webhooks, by type. */
export const webhooks: ZodOpenApiPathsObject = Object.fromEntries(
  Object.entries(MESSAGES).map(([type, [when, data]]) => [
    type,
    {
      post: {
        operationId: `on-${type}`.replace(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase()),
        tags: ['Webhooks'],
        summary: when,
        security: [],
        requestParams: { header: headers },
        requestBody: { required: true, content: { 'application/json': { schema: message(type, data) } } },
        responses: { '2XX': { description: 'It was received. After any other answer, or none, it is sent again.' } },
      },
    },
  ]),
)
