import { randomUUID } from 'node:crypto'
import { maxHeaderSize, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, {
  type ConnectionError,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import type { Incoming } from '../events/incoming.ts'
import { ARRIVAL_TIMEOUT, boundArrival } from './arrival.ts'
import { type AuthenticatedOptions, authenticated } from './authenticated.ts'
import { decodeBody } from './content-encoding.ts'
import { allowOrigin, allowOrigins } from './cors.ts'
import { answer, isPlain } from './direct.ts'
import type { Ingest } from './event-stream.ts'
import { forward } from './forward.ts'
import { type GraphiqlOptions, graphiqlPage, wantsPage } from './graphiql.ts'
import { type GraphqlOptions, makeYoga } from './graphql.ts'
import { healthRoutes } from './health.ts'
import { inFlight } from './in-flight.ts'
import { CORE, ingestionRoutes } from './ingestion.ts'
import { takeGraphql } from './json-body.ts'
import { logRequests, pathOf } from './logging.ts'
import { refuseOtherMethods } from './methods.ts'
import { RequestError, refusal, refusalOf, refuse, refusedAs, refuseError } from './refusals.ts'
import { referenceRoutes } from './rest/reference.ts'
import { type RestParts, restRoutes } from './rest/route.ts'
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
    routerOptions: { ignoreTrailingSlash: true },
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
      ownHeaders(request, reply)
      allowOrigin(request, reply, corsOrigins)
      void refuseError(log, error, request, reply)
    },
  })
  app.removeContentTypeParser('text/plain')
  app.decorateRequest('viewer', null as never)
  app.addHook('onRequest', (request, reply, done) => {
    boundArrival(request, reply, arrivalTimeout)
    ownHeaders(request, reply)
    done()
  })
  allowOrigins(app, corsOrigins)
  // a path that is not there is told before the body is read, whatever is in it
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (request.is404) notFound(request, reply)
    else done(null, payload)
  })
  app.addHook('preParsing', decodeBody)
  logRequests(app, log)
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const isTooLarge = error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
    const said = isTooLarge ? new RequestError(413, `Expected a body of at most ${bodyLimit} bytes`) : error
    return refuseError(log, said, request, reply)
  })
  app.setNotFoundHandler(notFound)
  healthRoutes(app, readiness)
  if (options.welcome) app.get('/', welcomePage(options.graphiql !== false))
  void app.register(async scope => graphqlRoutes(scope, options))
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

const notFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  refuse(request, reply, refusal('NOT_FOUND', `${request.method} ${pathOf(request.url)} was not found`))

/** The headers that every answer has. */
const ownHeaders = (request: FastifyRequest, reply: FastifyReply): void => {
  reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
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
  takeGraphql(app)
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

/** Bytes that Node.js does not take for a request have no route: they are answered on the socket. */
const refuseMalformed = (error: ConnectionError, socket: Socket): void => {
  const { code } = error
  const bytes = error.rawPacket as unknown as Buffer | undefined // Fastify's type is that of its JSON
  if (code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
  const [status, message] = MALFORMED[code] ?? [400, 'Expected a request in HTTP/1.1']
  const url = /^[A-Z]+ (\S+) HTTP\/1/.exec(bytes?.toString('latin1', 0, 1024) ?? '')?.[1] ?? '/'
  const { type, body } = refusedAs(url, undefined, refusalOf(new RequestError(status, message)))
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  )
}

/** What Node.js says is wrong, by its code. */
const MALFORMED: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, `Expected headers of at most ${maxHeaderSize} bytes together`],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Expected the headers of the request in less time'],
}
