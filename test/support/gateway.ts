import type { FastifyInstance, InjectOptions } from 'fastify'
import { ApiKeys } from '../../src/access/api-keys.ts'
import { authenticator } from '../../src/access/authenticate.ts'
import type { Viewer } from '../../src/access/viewer.ts'
import type { Database } from '../../src/database/client.ts'
import { KeptNames } from '../../src/directory/names.ts'
import { contextFor } from '../../src/graphql/context.ts'
import { schema } from '../../src/graphql/schema.ts'
import { makeLog } from '../../src/http/logging.ts'
import { makeServer, type ServerOptions } from '../../src/http/server.ts'
import { Parts, pipeline } from '../../src/pipeline.ts'
import { webhookSubscriptions } from '../../src/webhooks/subscriptions.ts'

/** An answer to a query. */
export interface Answer {
  readonly status: number
  readonly body: {
    // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for
    readonly data?: any
    readonly errors?: readonly { message: string; path?: readonly (string | number)[]; extensions: { code: string } }[]
  }
  /** The body as it came. */
  readonly text: string
}

/** An answer over HTTP. */
export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The body as JSON; undefined when it is empty or something else. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for
  readonly body: any
  /** The body as it came. */
  readonly text: string
}

/** The real server on a database, without a port. */
export interface TestGateway {
  /** For what needs a port, or Fastify's own way to ask. */
  readonly app: FastifyInstance
  /**
   * Asks as a viewer, or with a key; `way` is how the request goes through the server: `direct` for plain JSON, past Yoga's HTTP layer,
   * or `yoga` through it.
   */
  query(
    as: Viewer | string,
    query: string,
    variables?: Record<string, unknown>,
    way?: 'direct' | 'yoga',
  ): Promise<Answer>
  /**
   * Sends a request as a viewer, with a key, or as nobody. A payload that is neither text nor bytes goes as JSON; the headers
   * may say otherwise.
   */
  send(
    as: Viewer | string | null,
    method: NonNullable<InjectOptions['method']>,
    url: string,
    payload?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>
}

/** What lets somebody in at a test's gateway: a viewer as it is, or a key. */
export const authorizationOf = (as: Viewer | string): string =>
  typeof as === 'string' ? `Bearer ${as}` : `Viewer ${JSON.stringify(as)}`

export const ADMINISTRATOR: Viewer = { role: 'administrator', organizationId: 1 }
/** Amara Okafor, of the small data. */
export const COLLABORATOR: Viewer = { role: 'collaborator', organizationId: 1, collaboratorId: 1 }
export const INTEGRATION: Viewer = { role: 'integration', organizationId: 1 }

/** The real server on this database, extended or not. A viewer is let in as it is; a text is a key, and is looked up. */
export const testGateway = (
  { sql }: Pick<Database, 'sql'>,
  options: Partial<ServerOptions> = {},
  parts: Parts = new Parts(),
): TestGateway => {
  const shared = { sql, blueprints: parts.blueprints, strategies: parts.strategies, names: new KeptNames() }
  const { authenticate } = authenticator({ sql, allowDemoKeys: true })
  const ingestion = pipeline(sql, parts)
  const app = makeServer({
    schema,
    contextFor: (viewer, asked) => contextFor(shared, viewer, asked),
    rest: {
      contextFor: viewer => contextFor(shared, viewer),
      apiKeys: viewer => new ApiKeys(sql, viewer),
      webhooks: webhookSubscriptions(sql, { allowPrivate: true }),
    },
    authenticate: header => (header?.startsWith('Viewer ') ? JSON.parse(header.slice(7)) : authenticate(header)),
    ingest: (delivery, viewer) => ingestion.ingest(delivery, viewer),
    incoming: parts.incoming,
    readiness: { opened: true, reason: async () => null },
    introspection: true,
    graphiql: false,
    welcome: false,
    corsOrigins: [],
    trustProxy: false,
    bodyLimit: 1 << 20,
    log: makeLog('silent'),
    ...options,
  })
  return {
    app,
    send: async (as, method, url, payload, headers = {}) => {
      const raw = payload === undefined || typeof payload === 'string' || payload instanceof Uint8Array
      const response = await app.inject({
        method,
        url,
        headers: {
          ...(as !== null && { authorization: authorizationOf(as) }),
          ...(payload !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(payload !== undefined && { payload: raw ? (payload as string) : JSON.stringify(payload) }),
      })
      const { statusCode: status, body: text } = response
      return { status, headers: response.headers as Record<string, string>, text, body: jsonOf(text) }
    },
    query: async (as, query, variables, way = 'direct') => {
      const { statusCode, body } = await app.inject({
        method: 'POST',
        url: '/graphql',
        headers: {
          authorization: authorizationOf(as),
          ...(way === 'yoga' && { accept: 'application/json, */*;q=0.9' }),
        },
        payload: { query, ...(variables && { variables }) },
      })
      return { status: statusCode, body: JSON.parse(body), text: body }
    },
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
