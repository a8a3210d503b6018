import { randomUUID } from 'node:crypto'
import type { Viewer } from '../../../src/access/viewer.ts'
import { INCOMING } from '../../../src/events/incoming.ts'
import { openApiDocument } from '../../../src/http/rest/openapi.ts'
import { ROUTES } from '../../../src/http/rest/routes.ts'
import type { TestGateway } from '../../support/gateway.ts'

/** The OpenAPI document of a gateway without extensions, as a client reads it. */
export const DOCUMENT = JSON.parse(
  JSON.stringify(openApiDocument({ routes: ROUTES, incoming: new Map(Object.entries(INCOMING)), setup: true })),
)

/** An operation of the document. */
export interface Operation {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** What a key has to be for. */
  readonly scope: string
  // biome-ignore lint/suspicious/noExplicitAny: as the document has it
  readonly responses: Readonly<Record<string, any>>
}

/** Every operation of the document. */
export const OPERATIONS: readonly Operation[] = Object.entries<Record<string, never>>(DOCUMENT.paths).flatMap(
  ([path, item]) =>
    Object.entries<{ operationId: string; security: [{ key: [string] }]; responses: Operation['responses'] }>(item).map(
      ([method, { operationId: id, security, responses }]) => ({
        id,
        method: method.toUpperCase() as Operation['method'],
        path,
        scope: security[0].key[0],
        responses,
      }),
    ),
)

/** Which records a request is about. */
export interface Named {
  readonly collaborator: number
  readonly program: number
  readonly opportunity: number
  readonly engagement: number
  readonly transaction: number
  /** The shop's own id of a transaction. */
  readonly order: string
  readonly conversion: number
  readonly obligation: number
  readonly payout: number
  readonly fulfillment: number
  readonly distributor: number
  readonly note: number
  readonly apiKey: number
  readonly webhook: number
}

/** What a request says beside its path. */
export interface Example {
  readonly path?: Readonly<Record<string, number>>
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: object
}

const filters = (names: Readonly<Record<string, string | number>>, ...more: Example[]): Example[] => [
  {},
  ...Object.entries(names).map(([name, value]) => ({ query: { [name]: value } })),
  ...more,
]

const feeds = (ids: Named) =>
  (['collaborator', 'program', 'opportunity', 'engagement', 'transaction', 'conversion', 'payout'] as const).map(
    sourceType => [sourceType, ids[sourceType]] as const,
  )

const visit = ({ collaborator, opportunity }: Named, more: object = {}): Example[] => [
  { body: { collaboratorId: collaborator, ...more } },
  { body: { collaboratorId: collaborator, trackingId: opportunity, ...more } },
]

const NOTE_FIELDS = 'id,content,creationSource,creationSourceId,dateCreated,renderedContent,sourceData,sources'

/** Requests of each operation about certain records: those that change the least come first. */
export const EXAMPLES: Readonly<Record<string, (ids: Named) => Example[]>> = {
  listEngagements: ({ collaborator, program, opportunity }) =>
    filters(
      { collaboratorId: collaborator, programId: program, opportunityId: opportunity },
      { query: { collaboratorId: collaborator, fields: 'id,collaboratorName,programName', order: 'ASC', number: 3 } },
    ),
  getEngagement: ({ engagement: id }) => [
    { path: { id } },
    { path: { id }, query: { fields: 'id,collaboratorName,programName,score' } },
  ],
  listEngagementTypes: () => [{}, { query: { available: 'true' } }],
  listNotes: ids =>
    feeds(ids).flatMap(([sourceType, sourceId]) => [
      { query: { sourceType } },
      { query: { sourceType, sourceId } },
      { query: { sourceType, sourceId, fields: NOTE_FIELDS } },
    ]),
  getNotePosition: ids =>
    feeds(ids).map(([sourceType, sourceId]) => ({ path: { id: ids.note }, query: { sourceType, sourceId } })),
  listConversions: ids =>
    filters({
      id: ids.conversion,
      collaboratorId: ids.collaborator,
      engagementId: ids.engagement,
      transactionId: ids.transaction,
      obligationId: ids.obligation,
    }),
  listTransactions: ids => filters({ id: ids.transaction, opportunityId: ids.opportunity, externalId: ids.order }),
  listObligations: ids => filters({ id: ids.obligation, collaboratorId: ids.collaborator, payoutId: ids.payout }),
  listPayouts: ids => filters({ id: ids.payout, collaboratorId: ids.collaborator, fulfillmentId: ids.fulfillment }),
  listApiKeys: () => [{}, { query: { perPage: 1, page: 2 } }],
  createApiKey: () => [{ body: { label: 'a key', scopes: ['events'] } }],
  listWebhooks: () => [{}, { query: { perPage: 1, page: 2 } }],
  getWebhook: ({ webhook: id }) => [{ path: { id } }],
  listWebhookDeadLetters: ({ webhook: id }) => [{ path: { id } }],
  replayWebhook: ({ webhook: id }) => [
    { path: { id }, body: {} },
    { path: { id }, body: { deliveryId: '1' } },
  ],
  createWebhook: () => [{ body: { targetUrl: 'https://8.8.8.8/', events: ['sale.created'], description: 'd' } }],
  deleteWebhook: ({ webhook: id }) => [{ path: { id } }],
  deleteApiKey: ({ apiKey: id }) => [{ path: { id } }],
  creditCollaboratorTransactions: ({ transaction, collaborator: collaboratorId }) => [
    { body: { transactionIds: [transaction], collaboratorId } },
  ],
  generateFulfillments: ({ obligation }) => [{ body: { obligationIds: [obligation] } }],
  bulkPayouts: ({ payout }) => [
    { body: { action: 'markPaid', ids: [payout] } },
    { body: { action: 'markUnpaid', ids: [payout] } },
  ],
  applySetup: ({ collaborator, program }) => [
    { body: { collaborators: [{ id: collaborator, nickname: 'Renamed' }] } },
    { body: { programs: [{ id: program, description: 'Changed' }] } },
    { query: { dryRun: 'true' }, body: { programs: [{ id: program, description: 'Changed again', units: 'pts' }] } },
  ],
  sendEvents: () => [],
  sendSiteVisited: ids => visit(ids),
  sendCourseCompleted: ids => visit(ids, { courseId: 7 }),
  sendLessonCompleted: ids => visit(ids, { lessonId: 7 }),
  sendPostVisited: ids => visit(ids, { postId: 7 }),
  sendFormSubmitted: ids => visit(ids, { formId: 7 }),
  sendCouponApplied: ({ opportunity: trackingId }) => [{ body: { code: 'JAY10', trackingId } }],
  sendSale: ({ opportunity: trackingId }) => [
    { body: { source: 'shop', externalId: randomUUID(), total: 1, trackingId } },
  ],
  sendLead: ({ opportunity: trackingId }) => [{ body: { source: 'crm', externalId: randomUUID(), trackingId } }],
  sendRenewal: ({ order: originalExternalId }) => [
    { body: { source: 'woocommerce', externalId: randomUUID(), originalExternalId, total: 1 } },
  ],
  sendCollaboratorSubmitted: ({ program }) => [
    { body: { fullName: 'Zoe', email: `${randomUUID()}@example.com`, programIds: [program] } },
  ],
  sendCollaboratorApproved: ({ collaborator: collaboratorId }) => [{ body: { collaboratorId } }],
  sendManualAttribution: ({ collaborator: collaboratorId, transaction: transactionId }) => [
    { body: { collaboratorId, transactionId } },
  ],
  sendConversionApproved: ({ conversion: conversionId }) => [{ body: { conversionId } }],
  sendConversionRejected: ({ conversion: conversionId }) => [{ body: { conversionId, reason: 'Returned' } }],
  sendFulfillmentGenerated: ({ obligation }) => [{ body: { obligationIds: [obligation] } }],
  sendFulfillmentStatusChanged: ({ fulfillment: fulfillmentId }) => [{ body: { fulfillmentId, status: 'failed' } }],
  sendPayoutPaid: ({ payout: payoutId }) => [{ body: { payoutId } }],
  sendPayoutUnpaid: ({ payout: payoutId }) => [{ body: { payoutId } }],
  sendDistributionCompleted: ({ distributor: distributorId }) => [{ body: { distributorId } }],
  sendOpportunityInvalidated: ({ opportunity: opportunityId }) => [{ body: { opportunityId } }],
  sendRefund: ({ order: externalId }) => [{ body: { source: 'woocommerce', externalId } }],
  sendOrgCreated: () => [{ body: {} }],
}

/** The requests of an operation; those below `/wp-json` are the same. */
export const examplesOf = ({ id }: Operation, ids: Named): Example[] => {
  const examples = EXAMPLES[id.replace(/WordPress$/, '')]
  if (examples === undefined) throw new Error(`Expected an example of the operation ${id}`)
  return examples(ids)
}

/** Sends a request of an operation. */
export const sendTo = (
  gateway: TestGateway,
  as: Viewer | null,
  { method, path }: Operation,
  { path: names = {}, query = {}, body }: Example,
) => {
  const url = path.replace(/\{(\w+)\}/g, (_, name) => String(names[name] ?? 1))
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  return gateway.send(as, method, search.size === 0 ? url : `${url}?${search}`, body)
}
