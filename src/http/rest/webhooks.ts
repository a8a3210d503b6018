import { z } from 'zod'
import { atMost, expected } from '../../events/fields.ts'
import { CHOICES, newWebhook } from '../../webhooks/new-webhook.ts'
import type { WebhookSubscription } from '../../webhooks/subscriptions.ts'
import { ALL_TYPES, WEBHOOK_TYPES } from '../../webhooks/types.ts'
import { idPath, pagesIfAsked, rowsIfAsked } from './parameters.ts'
import { type Route, route, SIREN } from './route.ts'
import { dateTime, recordId } from './shapes.ts'

const Webhook = z
  .strictObject({
    id: recordId,
    targetUrl: z.string().meta({ override: { type: 'string', format: 'uri' } }),
    events: z.array(z.enum(CHOICES)).meta({ description: `What is sent; \`${ALL_TYPES}\` is everything.` }),
    description: z.string().meta({ description: 'What it is for; empty, where that was not said.' }),
    status: z.enum(['active', 'deleted']).meta({ description: '`deleted` in the answer to `DELETE` alone.' }),
    createdAt: dateTime,
  })
  .meta({ id: 'Webhook', description: 'Where an organization wants to hear of what happens.' })

const NewWebhook = Webhook.extend({
  signingSecret: z
    .string()
    .meta({ description: 'What messages are signed with: this is the only time that it is told.' }),
}).meta({ id: 'NewWebhook' })

const WebhookWithState = Webhook.extend({
  pending: z.int().nonnegative().meta({ description: 'How many messages wait to be sent; not counted beyond 1,000.' }),
  lastError: z
    .string()
    .nullable()
    .meta({ description: 'Why the first of them could not be sent at the last attempt.' }),
}).meta({ id: 'WebhookWithState' })

const DeadLetter = z
  .strictObject({
    deliveryId: z.string(),
    type: z.enum(WEBHOOK_TYPES),
    attempts: z.int().positive(),
    lastError: z.string().nullable().meta({ description: 'Why the last attempt failed.' }),
    createdAt: dateTime,
  })
  .meta({ id: 'DeadLetter', description: 'A message that was tried in vain so often that it was given up.' })

const Replayed = z
  .strictObject({ affected: z.int().nonnegative().meta({ description: 'How many messages are sent again.' }) })
  .meta({ id: 'Replayed' })

const webhook = { prefixes: SIREN, tag: 'Webhooks', scope: 'webhooks' } as const
const one = { ...webhook, params: idPath("the webhook's id"), refusals: { 404: 'There is no such webhook.' } } as const

/** `/webhooks`: where an organization's messages are sent, and those that could not be. */
export const webhookRoutes: readonly Route[] = [
  route({
    ...webhook,
    method: 'GET',
    path: '/webhooks',
    summary: "The organization's webhooks, oldest first.",
    query: z.strictObject(pagesIfAsked),
    answer: Webhook,
    isList: true,
    handle: async ({ query }, { webhooks, viewer: { organizationId } }) => {
      const [items, count] = await Promise.all([
        webhooks.list(organizationId, rowsIfAsked(query)),
        webhooks.count(organizationId),
      ])
      return { items: items.map(shown), count }
    },
  }),
  route({
    ...webhook,
    method: 'POST',
    path: '/webhooks',
    summary: 'Has messages sent to an address, of what happens from now on.',
    description:
      'Each message is sent until it is received (an answer of 2xx within 10 s), the same one possibly more than once, in the order in which it happened. Redirects are not followed; the address has to be a public one.',
    body: newWebhook,
    answer: NewWebhook,
    status: 201,
    refusals: { 409: 'The organization has as many webhooks as it may.' },
    handle: async ({ body }, { webhooks, viewer: { organizationId } }) => {
      const { signingSecret, ...subscription } = await webhooks.create(organizationId, body)
      return { ...shown(subscription), signingSecret }
    },
  }),
  route({
    ...one,
    method: 'GET',
    path: '/webhooks/:id/dead-letters',
    summary: 'Messages that were given up, the first thousand, oldest first.',
    answer: z.array(DeadLetter),
    handle: async ({ params }, { webhooks, viewer: { organizationId } }) => {
      await webhooks.get(organizationId, params.id)
      const letters = await webhooks.deadLetters(organizationId, params.id)
      return letters.map(({ deliveryId, type, attempts, lastError, dateCreated: createdAt }) => {
        return { deliveryId, type, attempts, lastError, createdAt }
      })
    },
  }),
  route({
    ...one,
    method: 'POST',
    path: '/webhooks/:id/replay',
    summary: 'Sends messages that were given up again: one, or all of them.',
    body: z.strictObject({
      // null is not all of them: it may be an id that was lost
      deliveryId: z
        .string(expected('the deliveryId of a message'))
        .max(100, atMost(100, 'characters'))
        .optional()
        .meta({
          description: 'Which message; all of them, unless it is said.',
        }),
    }),
    answer: Replayed,
    handle: async ({ params, body: { deliveryId } }, { webhooks, viewer: { organizationId } }) => {
      return { affected: await webhooks.replay(organizationId, params.id, deliveryId) }
    },
  }),
  route({
    ...one,
    method: 'GET',
    path: '/webhooks/:id',
    summary: 'One webhook, and what waits to be sent to it.',
    answer: WebhookWithState,
    handle: async ({ params: { id } }, { webhooks, viewer: { organizationId } }) => {
      const [subscription, state] = await Promise.all([
        webhooks.get(organizationId, id),
        webhooks.state(organizationId, id),
      ])
      return { ...shown(subscription), ...state }
    },
  }),
  route({
    ...one,
    method: 'DELETE',
    path: '/webhooks/:id',
    summary: 'Ends a webhook. What was not sent yet goes with it.',
    description: 'Sent again, it answers the same.',
    answer: Webhook,
    handle: async ({ params }, { webhooks, viewer: { organizationId } }) =>
      shown(await webhooks.remove(organizationId, params.id)),
  }),
]

/** Siren's schema has a description that is text, never null. */
const shown = ({ dateCreated: createdAt, description, ...subscription }: WebhookSubscription) => {
  return { ...subscription, description: description ?? '', createdAt }
}
