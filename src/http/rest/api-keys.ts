import { z } from 'zod'
import { isLabel, type ListedApiKey } from '../../access/api-keys.ts'
import { KEY_SCOPES } from '../../access/viewer.ts'
import { expected } from '../../events/fields.ts'
import { ONE_LINE } from '../../webhooks/new-webhook.ts'
import { idPath, pagesIfAsked, rowsIfAsked } from './parameters.ts'
import { type Route, route, SIREN } from './route.ts'
import { dateTime, recordId } from './shapes.ts'

const LABEL = expected('a label of 1 to 200 characters on one line')
const SCOPES = expected(`one or more of ${KEY_SCOPES.join(', ')}`)

const scopes = z.array(z.enum(KEY_SCOPES, SCOPES), SCOPES).min(1, SCOPES)

const ApiKey = z
  .object({
    id: recordId,
    keyPrefix: z.string().meta({ description: 'The first characters of the key, to recognize it by.' }),
    label: z.string(),
    role: z.enum(['administrator', 'collaborator', 'integration']),
    collaboratorId: recordId.nullable().meta({ description: "Whom a collaborator's key speaks for." }),
    scopes: z.array(z.enum(KEY_SCOPES)).meta({ description: 'What the key may do.' }),
    status: z.enum(['active', 'revoked']),
    createdAt: dateTime,
    expiresAt: dateTime.nullable(),
    lastUsedAt: dateTime.nullable().meta({ description: 'Up to a minute late.' }),
  })
  .meta({ id: 'ApiKey', description: 'A key for the gateway. Only its hash is stored.' })

const NewApiKey = ApiKey.extend({
  rawKey: z.string().meta({ description: 'The key itself: this is the only time that anyone sees it.' }),
}).meta({ id: 'NewApiKey' })

const tag = 'API keys'

/** `/api-keys`: the keys of an organization. */
export const apiKeyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api-keys',
    prefixes: SIREN,
    tag,
    summary: "The organization's keys, oldest first, revoked ones included.",
    scope: 'api-keys',
    query: z.strictObject(pagesIfAsked),
    answer: ApiKey,
    isList: true,
    handle: async ({ query }, { apiKeys }) => {
      const [items, count] = await Promise.all([apiKeys.list(rowsIfAsked(query)), apiKeys.count()])
      return { items: items.map(shown), count }
    },
  }),
  route({
    method: 'POST',
    path: '/api-keys',
    prefixes: SIREN,
    tag,
    summary: 'Makes a key.',
    description:
      'With the scopes that are said. `events`, `records`, `api-keys` and `webhooks` together, or none said, make an administrator’s key; `events` alone an integration’s, which with `backdate` may say when its events happened. A key cannot make one that may do more than itself.',
    scope: 'api-keys',
    body: z.strictObject({
      label: z
        .string(LABEL)
        .refine(isLabel, LABEL)
        .meta({
          description: 'What the key is for.',
          override: { type: 'string', minLength: 1, maxLength: 200, pattern: `^(?=.*\\S)${ONE_LINE.slice(1)}` },
        }),
      // null is not all of them: it may be a list that was lost
      scopes: scopes.optional().meta({ description: 'What the key may do; all of it, unless it is said.' }),
    }),
    answer: NewApiKey,
    status: 201,
    handle: async ({ body }, { apiKeys }) => {
      const { rawKey, ...key } = await apiKeys.create(body)
      return { ...shown(key), rawKey }
    },
  }),
  route({
    method: 'DELETE',
    path: '/api-keys/:id',
    prefixes: SIREN,
    tag,
    summary: 'Revokes a key for good; every gateway notices within 5 s.',
    description: 'A key cannot revoke one that may do more than itself.',
    scope: 'api-keys',
    params: idPath("the key's id"),
    answer: ApiKey,
    refusals: { 404: 'There is no such key.' },
    handle: async ({ params }, { apiKeys }) => shown(await apiKeys.revoke(params.id)),
  }),
]

/** The organization is the asker's own. */
const shown = ({ organizationId: _, ...key }: ListedApiKey) => key
