import { readFileSync } from 'node:fs'
import { z } from 'zod'
import {
  createDocument,
  type oas31,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
} from 'zod-openapi'
import type { KeyScope } from '../../access/viewer.ts'
import { setupDocument } from '../../directory/setup-document.ts'
import { ENVELOPE } from '../../events/envelope.ts'
import type { Incoming } from '../../events/incoming.ts'
import { Envelope, IDEMPOTENCY_KEY, OPPORTUNITY } from '../event-stream.ts'
import { WARNING } from '../warnings.ts'
import { EXAMPLES } from './openapi-examples.ts'
import { refusalsOf, SirenError } from './openapi-refusals.ts'
import { forGenerators } from './openapi-schemas.ts'
import { webhooks } from './openapi-webhooks.ts'
import { ESTIMATED_COUNT, type Prefix, type Route } from './route.ts'

/** What the HTTP API of a server consists of. */
export interface Documented {
  readonly routes: readonly Route[]
  /** What may come in, by slug. */
  readonly incoming: ReadonlyMap<string, Incoming>
  /** Whether a set-up can be applied. */
  readonly setup: boolean
}

type Document = ReturnType<typeof createDocument>

/**
 * The OpenAPI document of the HTTP API. The scope that an operation needs stands where OpenAPI 3.1 has the roles of one:
 * in its security requirement.
 */
export const openApiDocument = ({ routes, incoming, setup }: Documented): Document => {
  const paths: ZodOpenApiPathsObject = {}
  const add = (path: string, method: Lowercase<Route['method']>, operation: ZodOpenApiOperationObject) => {
    paths[path] = { ...paths[path], [method]: operation }
  }
  for (const [slug, event] of incoming) add(`${SIREN}/event/${slug}`, 'post', eventOperation(slug, event))
  add(`${SIREN}/events`, 'post', streamOperation)
  for (const route of routes)
    for (const prefix of route.prefixes)
      add(
        `${prefix}${route.path.replace(/:(\w+)/g, '{$1}')}`,
        route.method.toLowerCase() as Lowercase<Route['method']>,
        routeOperation(route, prefix),
      )
  if (setup) add(`${SIREN}/setup`, 'post', setupOperation)
  const operations = [paths, webhooks].flatMap(items => Object.values(items).flatMap(item => Object.values(item)))
  const used = new Set(operations.flatMap(({ tags = [] }) => tags))
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: { title: 'Siren gateway', version, description: ABOUT, license: { name: 'MIT', identifier: 'MIT' } },
      // from where the document is, so that a proxy may serve the gateway below a path of its own
      servers: [{ url: '../..', description: 'This gateway' }],
      tags: [...used].map(name => ({ name, description: TAGS[name] ?? '' })),
      paths,
      webhooks,
      components: {
        schemas: { EventLine, EventResult },
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, such as `sk_live_…`, or a JSON web token.',
          },
        },
      },
    },
    {
      override: sayDefault,
      // an extension's payload may be of anything: what has no words in JSON Schema is left open
      allowEmptySchema: { custom: true, transform: true, map: true, set: true, symbol: true, function: true },
    },
  )
  return forGenerators(withExamples(document))
}

/** A document whose operations say by examples how they are asked. */
const withExamples = (document: Document): Document => {
  for (const item of Object.values(document.paths ?? {}))
    for (const operation of Object.values(item) as oas31.OperationObject[]) {
      const { parameters = {}, body } = EXAMPLES[operation.operationId ?? ''] ?? {}
      for (const parameter of (operation.parameters ?? []) as oas31.ParameterObject[])
        if (Object.hasOwn(parameters, parameter.name)) parameter.example = parameters[parameter.name]
      const { 'application/json': json } = (operation.requestBody as oas31.RequestBodyObject | undefined)?.content ?? {}
      if (json !== undefined && body !== undefined) json.example = body
    }
  return document
}

/** Of a field that is changed as it is read, zod keeps the default to itself. */
const sayDefault: ZodOpenApiOverride = ({
  zodSchema: {
    _zod: { def },
  },
  jsonSchema,
}) => {
  if (def.type === 'default' && ['number', 'string', 'boolean'].includes(typeof def.defaultValue))
    jsonSchema.default = def.defaultValue
}

const SIREN: Prefix = '/siren/v1'

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))

const ABOUT = `Siren's HTTP API, beside [GraphQL](../../graphql): events come in, records are read, keys and webhooks are managed.

Every request carries \`Authorization: Bearer <key>\`. What a key may do is said by its scopes: \`events\`, \`records\`,
\`api-keys\`, \`webhooks\`, \`backdate\`; an administrator's key has them all, and what needs \`administrator\` needs such
a key. A record that a key may not see answers exactly as one that does not exist.`

/** What the groups of operations are for. */
const TAGS: Readonly<Record<string, string>> = {
  Events:
    'What happened, told to the gateway: engagements, conversions and all the rest come into being through events.',
  Actions: 'What managers do to several records at once.',
  Engagements: 'What links customers to collaborators: read, never written.',
  Notes: 'The activity feeds: what happened, in words.',
  Reconciliation: 'Everything that money is counted in, page by page, to compare with books of one’s own.',
  Webhooks: 'What is sent to other systems when something happens.',
  'API keys': "The organization's keys.",
  'Set-up': 'The organization itself: its programs, collaborators and what belongs to them, as one document.',
}

const routeOperation = (route: Route, prefix: Prefix): ZodOpenApiOperationObject => {
  const {
    tag,
    summary,
    description,
    scope,
    params,
    query,
    body,
    bodyNeeded,
    answer,
    isList,
    status = 200,
    refusals,
  } = route
  return {
    operationId: operationIdOf(route, prefix),
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: [{ key: [scope] }],
    ...((params ?? query) && { requestParams: { ...(params && { path: params }), ...(query && { query }) } }),
    ...(body && { requestBody: requestBody(body, bodyNeeded) }),
    responses: {
      [`${status}`]: {
        description: isList ? 'Part of the list.' : status === 201 ? 'It was made.' : 'It is done.',
        ...(isList && { headers: COUNT }),
        content: { 'application/json': { schema: isList ? z.array(answer) : answer } },
      },
      ...refusalsOf(prefix, { hasBody: body !== undefined, ...(refusals && { refusals }) }),
    },
  }
}

const COUNT: oas31.HeadersObject = {
  [ESTIMATED_COUNT]: {
    description: 'How long the whole list is.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
}

const requestBody = (schema: z.ZodType, bodyNeeded?: string) => ({
  // an empty body is an empty object, unless that is too much to be meant by nothing
  required: bodyNeeded !== undefined || !schema.safeParse({}).success,
  content: { 'application/json': { schema } },
})

/**
 * A name for clients to call it by: `listApiKeys`, `getEngagement`, `getNotePosition`, `createWebhook`, `generateFulfillments`.
 * What comes before a parameter is one of its kind, and the last part of an action is what is done.
 */
const operationIdOf = ({ method, path, answer, isList, status }: Route, prefix: Prefix): string => {
  const segments = path.slice(1).split('/')
  const names = segments.flatMap((segment, at) =>
    segment.startsWith(':') ? [] : segments[at + 1]?.startsWith(':') ? singular(segment) : segment,
  )
  const last = names.at(-1) ?? ''
  const words =
    method === 'POST' && status === 201
      ? ['create', ...names.slice(0, -1), singular(last)]
      : method === 'POST'
        ? [last, ...names.slice(0, -1)]
        : [method === 'DELETE' ? 'delete' : isList || answer instanceof z.ZodArray ? 'list' : 'get', ...names]
  return camelCase(prefix === SIREN ? words : [...words, 'word-press'])
}

const singular = (plural: string): string => plural.replace(/ies$/, 'y').replace(/s$/, '')

const camelCase = (words: readonly string[]): string =>
  words.join('-').replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase())

const idempotencyKey = z
  .string()
  .regex(IDEMPOTENCY_KEY)
  .optional()
  .meta({ description: 'Makes this event and its repetitions one.' })

const eventHeaders = z.object({
  [OPPORTUNITY]: z.int().positive().optional().meta({
    description:
      'The opportunity that the event goes on with, by its id. It stands for `trackingId`: a sale or a lead with this header needs neither that nor `userId`.',
  }),
  'Idempotency-Key': idempotencyKey,
})

const ROLES: Readonly<Record<Incoming['role'], KeyScope | 'administrator'>> = {
  integration: 'events',
  administrator: 'administrator',
}

const WARNINGS = 'What was accepted and is probably not meant; absent where there is nothing to say.'

/** The body of an event: what its schema describes, and what every event may say. */
const bodyOf = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodObject ? schema.safeExtend(ENVELOPE).meta(schema.meta() ?? {}) : schema

const eventOperation = (
  slug: string,
  { description, role, schema, bodyNeeded }: Incoming,
): ZodOpenApiOperationObject => ({
  operationId: camelCase(['send', slug]),
  tags: ['Events'],
  summary: description,
  security: [{ key: [ROLES[role]] }],
  requestParams: { header: eventHeaders },
  requestBody: requestBody(bodyOf(schema), bodyNeeded),
  responses: {
    200: {
      description: 'It was taken in, now or before.',
      headers: {
        [OPPORTUNITY]: {
          description: 'The opportunity that the event belongs to; absent when it has none.',
          schema: { type: 'integer', minimum: 1 },
        },
        [WARNING]: { description: `${WARNINGS} Several are separated by semicolons.`, schema: { type: 'string' } },
      },
    },
    ...refusalsOf(SIREN, {
      hasBody: true,
      refusals: {
        404: 'A record that the event is about is not there.',
        409: 'The same name or key came with another event, or the event contradicts what is there.',
      },
    }),
  },
})

const EventLine = Envelope.meta({ description: 'A line of a stream of events.', unusedIO: 'input' })
const EventResult = z
  .strictObject({
    line: z.int().positive().meta({ description: 'Which line it is about, from 1.' }),
    status: z.int().meta({ description: 'What the status would be of the event alone.' }),
    opportunityId: z.int().positive().optional(),
    warnings: z.array(z.string()).optional().meta({ description: WARNINGS }),
    error: SirenError.shape.error.optional(),
  })
  .meta({ description: 'What a line of a stream came to.' })

const NDJSON = 'application/x-ndjson'

const streamOperation: ZodOpenApiOperationObject = {
  operationId: 'sendEvents',
  tags: ['Events'],
  summary: 'Many events, one after the other.',
  description:
    'A stream of lines of JSON, of any length, each an `EventLine`. As soon as a line has been taken in or refused, a line of the answer says so: an `EventResult`. Sent again with the same keys, nothing is lost or doubled. `occurredAt` needs an administrator’s key, or the scope `backdate`; `metadata` stands in `data`.',
  security: [{ key: ['events'] }],
  requestParams: { header: z.object({ 'Idempotency-Key': idempotencyKey }) },
  requestBody: {
    required: true,
    content: {
      [NDJSON]: {
        schema: { type: 'string', description: 'Lines, each an `EventLine`.' },
        example: `${JSON.stringify({ event: 'site-visited', data: { collaboratorId: 1 }, idempotencyKey: 'visit-1' })}\n`,
      },
    },
  },
  responses: {
    200: {
      description: 'The stream was read, up to its end, or to a line whose status is 503.',
      content: {
        [NDJSON]: {
          schema: { type: 'string', description: 'Lines, each an `EventResult`.' },
          example: `${JSON.stringify({ line: 1, status: 200, opportunityId: 15 })}\n`,
        },
      },
    },
    ...refusalsOf(SIREN, { hasBody: true }),
  },
}

const counts = z.record(z.string(), z.int().nonnegative())
const ids = z.record(z.string(), z.int().positive())

const setupChange = z
  .strictObject({
    change: z.enum(['created', 'updated', 'ended', 'retired']),
    record: z.string().meta({ description: 'What kind of record it is, such as `program` or `enrollment`.' }),
    id: z.int().positive().optional().meta({ description: 'Of a record that exists.' }),
    name: z.string().meta({ description: "The record's name, source, code or e-mail address." }),
    of: z
      .string()
      .optional()
      .meta({ description: "Of an enrolment, the program or distributor; of a code, the collaborator's address." }),
    fields: z
      .record(z.string(), z.strictObject({ from: z.unknown(), to: z.unknown() }))
      .optional()
      .meta({ description: 'The values before and after, as a document writes them.' }),
  })
  .meta({ id: 'SetupChange' })

const setupOperation: ZodOpenApiOperationObject = {
  operationId: 'applySetup',
  tags: ['Set-up'],
  summary: "Creates and changes the organization's programs, collaborators and what belongs to them.",
  description:
    'The document of `siren-gateway apply`. It may be sent again: what is there already is found by its e-mail address, name or code. A field that is absent keeps its value.',
  requestParams: {
    query: z.object({
      dryRun: z
        .boolean()
        .optional()
        .meta({ description: 'With `true` nothing is changed, and the answer lists what would be.' }),
      organization: z
        .int()
        .positive()
        .optional()
        .meta({ description: "The id of the organization that is meant: any other than the key's is refused." }),
    }),
  },
  security: [{ key: ['administrator'] }],
  requestBody: { ...requestBody(setupDocument), required: true },
  responses: {
    200: {
      description: 'It was applied as a whole.',
      content: {
        'application/json': {
          schema: z
            .strictObject({
              organizationId: z.int().positive(),
              created: counts.meta({ description: 'How many records of each kind were created.' }),
              updated: counts.meta({ description: 'How many records of each kind were changed.' }),
              ended: counts.meta({ description: 'How many enrolments were ended.' }),
              retired: counts.meta({ description: 'How many codes were retired.' }),
              ids: z
                .strictObject({ collaborators: ids, groups: ids, programs: ids, distributors: ids })
                .meta({ description: "The ids of the document's records, by e-mail address or name." }),
              warnings: z
                .array(z.string())
                .meta({ description: 'What was applied and is probably not meant, each with the path of its field.' }),
              changes: z
                .array(setupChange)
                .optional()
                .meta({ description: 'What would be changed; in a dry run alone.' }),
            })
            .meta({ id: 'SetupSummary' }),
        },
      },
    },
    ...refusalsOf(SIREN, { hasBody: true, refusals: { 404: 'The organization is gone.' } }),
  },
}
