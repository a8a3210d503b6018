import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { z } from 'zod'
import type { ApiKeys } from '../../access/api-keys.ts'
import { type KeyScope, may, type Viewer } from '../../access/viewer.ts'
import { ForbiddenError, SirenError, ValidationError } from '../../errors.ts'
import type { Context } from '../../graphql/context.ts'
import type { WebhookSubscriptions } from '../../webhooks/subscriptions.ts'
import { type AuthenticatedOptions, authenticated } from '../authenticated.ts'
import type { Ingest } from '../event-stream.ts'
import type { InFlight } from '../in-flight.ts'
import { takeJson } from '../json-body.ts'
import { refuseOtherMethods } from '../methods.ts'
import { warn } from '../warnings.ts'

/** One operation of the HTTP API, said once: for the router, for what is refused, and for the OpenAPI document. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the prefix; a parameter stands as `:id`. */
  readonly path: `/${string}`
  /** Where it is found: in Siren's own API, in that of its WordPress plugin, or in both. */
  readonly prefixes: readonly Prefix[]
  readonly tag: string
  /** What it does, in one line. */
  readonly summary: string
  readonly description?: string
  /** What the key must be for; `administrator` is all of it. */
  readonly scope: KeyScope | 'administrator'
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  /** What is said of a request without a body, where nothing may not stand for `{}`. */
  readonly bodyNeeded?: string
  /** The body of a success: that of one element, where the answer is a list of them. */
  readonly answer: z.ZodType
  /** Whether the answer is a list, whose whole length `x-siren-estimated-count` says. */
  readonly isList?: boolean
  /** The status of a success; 200, unless it is said. */
  readonly status?: 201
  /** What may go wrong, beside what may with every operation: the status, and when. */
  readonly refusals?: Readonly<Record<number, string>>
  handle(input: never, context: RouteContext): Promise<unknown>
}

export type Prefix = '/siren/v1' | '/wp-json/siren/v1'
export const SIREN: readonly Prefix[] = ['/siren/v1']
export const SIREN_AND_WORDPRESS: readonly Prefix[] = ['/siren/v1', '/wp-json/siren/v1']

/** What an operation works with, made for the one who asks. */
export interface RouteContext {
  readonly viewer: Viewer
  /** What the viewer may read, as GraphQL has it. */
  readonly reads: Context
  readonly apiKeys: ApiKeys
  readonly webhooks: WebhookSubscriptions
  /** Takes an event in, as the viewer's, unless the server is stopping. */
  ingest(slug: string, payload: object): ReturnType<Ingest>
}

/** Part of a list, and how long the whole is. */
export interface Listed<Item> {
  readonly items: readonly Item[]
  readonly count: number
}

type Read<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

/** An operation whose handler is given what its schemas answer. */
export const route = <
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodObject | undefined = undefined,
>(
  given: Omit<Route, 'params' | 'query' | 'body' | 'handle'> & {
    params?: Params
    query?: Query
    body?: Body
    handle(
      input: { params: Read<Params>; query: Read<Query>; body: Read<Body> },
      context: RouteContext,
    ): Promise<unknown>
  },
): Route => given as Route

/** What the operations of the HTTP API work with. */
export interface RestParts {
  /** What a viewer reads through. */
  readonly contextFor: (viewer: Viewer) => Context
  readonly apiKeys: (viewer: Viewer) => ApiKeys
  readonly webhooks: WebhookSubscriptions
}

/** What the operations of the HTTP API are made of. */
export interface RestOptions extends RestParts, AuthenticatedOptions, InFlight {}

/** The operations of the HTTP API, each under its prefixes. */
export const restRoutes = (app: FastifyInstance, routes: readonly Route[], options: RestOptions): void => {
  takeJson(app)
  const admitted = authenticated(options)
  const methods = new Map<string, Route['method'][]>()
  for (const operation of routes) {
    for (const prefix of operation.prefixes) {
      const url = `${prefix}${operation.path}`
      methods.set(url, [...(methods.get(url) ?? []), operation.method])
      app.route({
        method: operation.method,
        url,
        onRequest: [admitted, admit(operation.scope)],
        handler: (request, reply) => answer(operation, request, reply, options),
      })
    }
  }
  for (const [url, allowed] of methods)
    refuseOtherMethods(app, url, allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed)
}

const answer = async (
  operation: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  options: RestOptions,
): Promise<FastifyReply> => {
  const { viewer } = request
  const { bodyNeeded } = operation
  const input = {
    params: read(operation.params, request.params),
    query: read(operation.query ?? NOTHING, queryOf(request)),
    body: read(operation.body, request.body === undefined && !bodyNeeded ? {} : request.body, bodyNeeded),
  }
  const warnings = new Set<string>()
  const made = await operation.handle(input as never, {
    viewer,
    get reads() {
      return options.contextFor(viewer)
    },
    get apiKeys() {
      return options.apiKeys(viewer)
    },
    webhooks: options.webhooks,
    ingest: async (slug, payload) => {
      // a database inside this process answers at once: of many events, others would not be heard until the last
      await turn()
      if (options.stopping.aborted) throw new SirenError('SERVICE_UNAVAILABLE', 'The gateway is stopping')
      const receipt = await options.ingest({ slug, payload }, viewer)
      for (const warning of receipt.warnings ?? []) warnings.add(warning)
      return receipt
    },
  })
  warn(options.log, request, reply, [...warnings])
  reply.status(operation.status ?? 200)
  if (!operation.isList) return reply.send(made)
  const { items, count } = made as Listed<unknown>
  return reply.header(ESTIMATED_COUNT, count).send(items)
}

/**
 * The parameters of a request. PHP writes a list as `status[0]=…&status[1]=…`, some browsers' libraries as `status[]=…`.
 * WordPress has parameters of its own, such as `_locale`, which its clients add to every request.
 */
const queryOf = ({ url, query }: FastifyRequest): unknown => {
  const parameters = new Map<string, unknown>()
  for (const [written, value] of Object.entries(query as Record<string, unknown>)) {
    const name = written.replace(/\[\d*\]$/, '')
    if (name.startsWith('_') && url.startsWith('/wp-json')) continue
    const isList = name !== written || parameters.has(name)
    parameters.set(name, isList ? [parameters.get(name) ?? [], value].flat() : value)
  }
  return Object.fromEntries(parameters)
}

/** The header that says how long a list is as a whole. */
export const ESTIMATED_COUNT = 'x-siren-estimated-count'

const NOTHING = z.strictObject({})
const NO_OBJECT = 'Expected a JSON object'

/** @throws ValidationError by field; a field that is not known is wrong, too: it may be a filter with a slip in its name. */
const read = (schema: z.ZodObject | undefined, given: unknown, noObject = NO_OBJECT): unknown => {
  if (schema === undefined) return undefined
  const { success, data, error } = schema.safeParse(given)
  if (success) return data
  throw ValidationError.of(
    error.issues.flatMap(issue => {
      if (issue.code === 'unrecognized_keys') return unknown(issue, schema)
      return issue.path.length === 0 && issue.code === 'invalid_type' ? { ...issue, message: noObject } : issue
    }),
  )
}

const unknown = ({ path, keys }: z.core.$ZodIssueUnrecognizedKeys, schema: z.ZodObject) => {
  const known = Object.keys(schema.shape)
  const message = known.length === 0 ? 'Expected no fields' : `Expected one of the fields ${known.join(', ')}`
  return keys.map(key => ({ path: [...path, key], message }))
}

const admit =
  (scope: Route['scope']): onRequestHookHandler =>
  ({ viewer }, _reply, done) => {
    if (scope === 'administrator' ? viewer.role === 'administrator' : may(viewer, scope)) return done()
    done(
      new ForbiddenError(
        scope === 'administrator' ? "Expected an administrator's key" : `Expected a key with the scope ${scope}`,
      ),
    )
  }
