import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import cors from '@fastify/cors'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import type { Incoming } from '../events/incoming.ts'
import { ARRIVAL_TIMEOUT, boundArrival } from './arrival.ts'
import { type AuthenticatedOptions, authenticated } from './authenticated.ts'
import { answer, isPlain } from './direct.ts'
import { errorBody } from './errors.ts'
import type { Ingest } from './event-stream.ts'
import { forward } from './forward.ts'
import { type GraphiqlOptions, graphiqlPage, wantsPage } from './graphiql.ts'
import { type GraphqlOptions, makeYoga } from './graphql.ts'
import { healthRoutes } from './health.ts'
import { inFlight } from './in-flight.ts'
import { CORE, ingestionRoutes } from './ingestion.ts'
import { logRequests, pathOf } from './logging.ts'
import { refuseOtherMethods } from './methods.ts'
import { refusal, refuse, refuseError } from './refusals.ts'
import { referenceRoutes } from './rest/reference.ts'
import { ESTIMATED_COUNT, type RestParts, restRoutes } from './rest/route.ts'
import { ROUTES } from './rest/routes.ts'
import { type Setup, setupRoutes } from './setup.ts'
import { welcomePage } from './welcome.ts'

/** What a server is made of. */
export interface ServerOptions extends GraphqlOptions, AuthenticatedOptions {
  /** Takes one event in. */
  ingest: Ingest
  /** What may come in, by slug: the core's events, unless it is said. */
  incoming?: ReadonlyMap<string, Incoming>
  /** Applies a set-up; without it there is no such endpoint. */
  setup?: Setup
  /** What the rest of the HTTP API works with; without it there are events alone. */
  rest?: RestParts
  /** The page at `GET /graphql`; false for none. */
  graphiql: GraphiqlOptions | false
  /** Whether `GET /` shows where to go. */
  welcome: boolean
  /** The origins whose pages may read answers; none when empty. */
  corsOrigins: readonly string[]
  trustProxy: NonNullable<FastifyServerOptions['trustProxy']>
  /** The largest body, in bytes. */
  bodyLimit: number
  /** How long a request may take to arrive, and a stream be silent, in milliseconds; a minute, unless it is said. */
  arrivalTimeout?: number
}

/** The gateway over HTTP: Fastify is the shell (bodies, limits, logs, authentication), Yoga answers everything about GraphQL. */
export const makeServer = (options: ServerOptions): FastifyInstance => {
  const { log, readiness, bodyLimit, trustProxy, corsOrigins, arrivalTimeout = ARRIVAL_TIMEOUT } = options
  const app = Fastify({
    bodyLimit,
    trustProxy,
    loggerInstance: log as FastifyBaseLogger,
    childLoggerFactory: logger => logger, // a child per request costs more than adding its id where something is logged
    logController: new LogController({ disableRequestLogging: true }),
    schemaController: { compilersFactory: NO_COMPILERS },
    requestIdHeader: false,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    return503OnClosing: false, // what still comes in on an open connection is served, and the connection ends with it
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, request, reply) => {
      boundArrival(request, reply, arrivalTimeout)
      reply.header('x-request-id', request.id)
      void refuseError(log, error, request, reply)
    },
  })
  app.removeContentTypeParser('text/plain')
  app.decorateRequest('viewer', null as never)
  app.addHook('onRequest', (request, reply, done) => {
    boundArrival(request, reply, arrivalTimeout)
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    done()
  })
  if (corsOrigins.length > 0)
    app.register(cors, {
      origin: [...corsOrigins],
      methods: ['GET', 'POST', 'DELETE'],
      exposedHeaders: ['x-request-id', ESTIMATED_COUNT],
      maxAge: 600,
      strictPreflight: false,
    })
  logRequests(app, log)
  app.setErrorHandler<FastifyError>((error, request, reply) => refuseError(log, error, request, reply))
  app.setNotFoundHandler((request, reply) =>
    refuse(request, reply, refusal('NOT_FOUND', `${request.method} ${pathOf(request.url)} was not found`)),
  )
  healthRoutes(app, readiness)
  if (options.welcome) app.get('/', welcomePage(options.graphiql !== false))
  graphqlRoutes(app, options)
  const events = inFlight(app, options.ingest)
  void app.register(async scope => ingestionRoutes(scope, { ...options, ...events, arrivalTimeout }))
  const { setup, rest } = options
  if (rest !== undefined)
    void app.register(async scope => restRoutes(scope, ROUTES, { ...options, ...rest, ...events }))
  if (setup !== undefined) void app.register(async scope => setupRoutes(scope, { ...options, setup }))
  const { incoming = CORE } = options
  const documented = { routes: rest === undefined ? [] : ROUTES, incoming, setup: setup !== undefined }
  void app.register(async scope => referenceRoutes(scope, documented))
  return app
}

/** No route has a schema for Fastify, so what compiles these is not loaded. */
const noSchemas = () => {
  throw new TypeError('Expected no schemas: bodies and answers are checked by zod')
}
const NO_COMPILERS = { buildValidator: noSchemas, buildSerializer: noSchemas }

const graphqlRoutes = (app: FastifyInstance, options: ServerOptions): void => {
  const yoga = makeYoga(options)
  const page = options.graphiql === false ? null : graphiqlPage(options.graphiql)
  const url = '/graphql'
  refuseOtherMethods(app, url, ['GET', 'POST'])
  app.route({
    method: ['GET', 'POST'],
    url,
    exposeHeadRoute: false,
    onRequest: [
      (request, reply, done) => {
        if (!wantsPage(request)) return done()
        if (page !== null) return void page(request, reply).catch(done)
        if (pathOf(request.url) !== request.url) return done()
        refuse(request, reply, refusal('NOT_FOUND', 'There is no GraphiQL here: expected a query by POST'))
      },
      authenticated(options),
    ],
    handler: (request, reply) => {
      const context = { viewer: request.viewer, requestId: request.id }
      return isPlain(request) ? answer(yoga, request, reply, context) : forward(yoga, request, reply, context)
    },
  })
}
/** A caller's own id when it is a short, plain one: it goes into logs and headers. */
const requestId = (given: string | string[] | undefined): string =>
  typeof given === 'string' && /^[\w.:/+=-]{1,128}$/.test(given) ? given : randomUUID()

/**
 * Stops a server: nothing new is accepted, requests in flight are finished, idle connections end. What is not finished in
 * time, such as an open stream, is cut.
 */
export const stopServer = async (app: FastifyInstance, timeout: number): Promise<void> => {
  // a connection that a last answer leaves open would keep the server waiting for another request
  const idle = setInterval(() => app.server.closeIdleConnections(), 50)
  const late = setTimeout(() => app.server.closeAllConnections(), timeout)
  try {
    await app.close()
  } finally {
    clearInterval(idle)
    clearTimeout(late)
  }
}

/** Bytes that are not HTTP have no route: they are answered on the socket. */
const refuseMalformed = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  const body = JSON.stringify(errorBody('BAD_REQUEST', `${status.slice(4)}`))
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
