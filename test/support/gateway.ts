import { authenticator } from '../../src/access/authenticate.ts'
import type { Viewer } from '../../src/access/viewer.ts'
import type { Database } from '../../src/database/client.ts'
import { TRIGGER_STRATEGIES } from '../../src/engagements/triggers/strategies.ts'
import { contextFor } from '../../src/graphql/context.ts'
import { schema } from '../../src/graphql/schema.ts'
import { makeLog } from '../../src/http/logging.ts'
import { makeServer } from '../../src/http/server.ts'
import { NoteBlueprintRegistry } from '../../src/notes/registry.ts'

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

/** The real server on a database, without a port. */
export interface TestGateway {
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
}

export const ADMINISTRATOR: Viewer = { role: 'administrator', organizationId: 1 }
/** Amara Okafor, of the small data. */
export const COLLABORATOR: Viewer = { role: 'collaborator', organizationId: 1, collaboratorId: 1 }
export const INTEGRATION: Viewer = { role: 'integration', organizationId: 1 }

/** The real server on this database. A viewer is let in as it is; a text is a key, and is looked up. */
export const testGateway = ({ sql }: Pick<Database, 'sql'>): TestGateway => {
  const shared = { sql, blueprints: new NoteBlueprintRegistry(), strategies: TRIGGER_STRATEGIES }
  const { authenticate } = authenticator({ sql, allowDemoKeys: true })
  const app = makeServer({
    schema,
    contextFor: viewer => contextFor(shared, viewer),
    authenticate: header => (header?.startsWith('Viewer ') ? JSON.parse(header.slice(7)) : authenticate(header)),
    readiness: { opened: true, reason: async () => null },
    introspection: true,
    graphiql: false,
    welcome: false,
    corsOrigins: [],
    trustProxy: false,
    bodyLimit: 1 << 20,
    log: makeLog('silent'),
  })
  return {
    query: async (as, query, variables, way = 'direct') => {
      const { statusCode, body } = await app.inject({
        method: 'POST',
        url: '/graphql',
        headers: {
          authorization: typeof as === 'string' ? `Bearer ${as}` : `Viewer ${JSON.stringify(as)}`,
          ...(way === 'yoga' && { accept: 'application/json, */*;q=0.9' }),
        },
        payload: { query, ...(variables && { variables }) },
      })
      return { status: statusCode, body: JSON.parse(body), text: body }
    },
  }
}
