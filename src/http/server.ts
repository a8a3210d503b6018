import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import cors from '@fastify/cors'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
  type onRequestHookHandler,
} from 'fastify'
import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import type { Viewer } from '../access/viewer.ts'
import { SirenError } from '../errors.ts'
import { answer, isPlain } from './direct.ts'
import { errorBody, isUnavailable, MASKED, type PublicCode, statusOf, UNAVAILABLE } from './errors.ts'
import { forward } from './forward.ts'
import { type GraphiqlOptions, graphiqlPage, wantsPage } from './graphiql.ts'
import { type GraphqlOptions, makeYoga } from './graphql.ts'
import { healthRoutes, type Readiness } from './health.ts'
import { logRequests, pathOf } from './logging.ts'
import { welcomePage } from './welcome.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; on the endpoints that need a key. */
    viewer: Viewer
  }
}

/** What a server is made of. */
export interface ServerOptions extends GraphqlOptions {
  /** The viewer whom an Authorization header names; null when it names none. */
  authenticate: (authorization: string | undefined) => Viewer | null | Promise<Viewer | null>
  readiness: Readiness
  /** The page at `GET /graphql`; false for none. */
  graphiql: GraphiqlOptions | false
  /** Whether `GET /` shows where to go. */
  welcome: boolean
  /** The origins whose pages may read answers; none when empty. */
  corsOrigins: readonly string[]
  trustProxy: NonNullable<FastifyServerOptions['trustProxy']>
  /** The largest body, in bytes. */
  bodyLimit: number
  log: Logger
}

/** The gateway over HTTP: Fastify is the shell (bodies, limits, logs, authentication), Yoga answers everything about GraphQL. */
export const makeServer = (options: ServerOptions): FastifyInstance => {
  const { log, readiness, bodyLimit, trustProxy, corsOrigins } = options
  const app = Fastify({
    bodyLimit,
    trustProxy,
    loggerInstance: log as FastifyBaseLogger,
    childLoggerFactory: logger => logger, // a child per request costs more than adding its id where something is logged
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    requestTimeout: 60_000,
    return503OnClosing: false, // what still comes in on an open connection is served, and the connection ends with it
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id)
      void sendError(log, error, request, reply)
    },
  })
  app.removeContentTypeParser('text/plain')
  app.decorateRequest('viewer', null as never)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    done()
  })
  if (corsOrigins.length > 0)
    app.register(cors, {
      origin: [...corsOrigins],
      methods: ['GET', 'POST'],
      exposedHeaders: ['x-request-id'],
      maxAge: 600,
      strictPreflight: false,
    })
  logRequests(app, log)
  app.setErrorHandler<FastifyError>((error, request, reply) => sendError(log, error, request, reply))
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send(errorBody('NOT_FOUND', `${request.method} ${pathOf(request.url)} was not found`)),
  )
  healthRoutes(app, readiness)
  if (options.welcome) app.get('/', welcomePage(options.graphiql !== false))
  graphqlRoutes(app, options)
  return app
}

/** Lets a request pass with a viewer, once the gateway is ready. A callback, not async: a known key costs no promise. */
export const authenticated =
  ({ authenticate, readiness, log }: Pick<ServerOptions, 'authenticate' | 'readiness' | 'log'>): onRequestHookHandler =>
  (request, reply, done) => {
    const refuse = (error: unknown) => void sendError(log, error, request, reply)
    const admit = (viewer: Viewer | null) => {
      if (viewer === null) {
        reply.header('www-authenticate', 'Bearer')
        send(reply, 'UNAUTHENTICATED', 'Expected a valid key: Authorization: Bearer <API key or JWT>')
        return
      }
      request.viewer = viewer
      done()
    }
    const pass = () => {
      let viewer: ReturnType<typeof authenticate>
      try {
        viewer = authenticate(request.headers.authorization)
      } catch (error) {
        return refuse(error)
      }
      if (viewer instanceof Promise) viewer.then(admit, refuse)
      else admit(viewer)
    }
    if (readiness.opened) pass()
    else
      readiness.reason().then(reason => {
        if (reason === null) return pass()
        reply.header('retry-after', '1')
        send(reply, 'SERVICE_UNAVAILABLE', `Not ready: ${reason}`)
      }, refuse)
  }

const graphqlRoutes = (app: FastifyInstance, options: ServerOptions): void => {
  const yoga = makeYoga(options)
  const page = options.graphiql === false ? null : graphiqlPage(options.graphiql)
  const url = '/graphql'
  app.options(url, (_request, reply) => reply.status(204).header('allow', ALLOWED).send())
  app.route({
    method: ['PUT', 'PATCH', 'DELETE', 'HEAD'],
    url,
    handler: (request, reply) =>
      reply
        .status(405)
        .header('allow', ALLOWED)
        .send(errorBody('BAD_REQUEST', `Expected GET or POST, received ${request.method}`)),
  })
  app.route({
    method: ['GET', 'POST'],
    url,
    exposeHeadRoute: false,
    onRequest: [
      (request, reply, done) => {
        if (!wantsPage(request)) return done()
        if (page !== null) return void page(request, reply).catch(done)
        if (pathOf(request.url) !== request.url) return done()
        send(reply, 'NOT_FOUND', 'There is no GraphiQL here: expected a query by POST')
      },
      authenticated(options),
    ],
    handler: (request, reply) => {
      const context = { viewer: request.viewer, requestId: request.id }
      return isPlain(request) ? answer(yoga, request, reply, context) : forward(yoga, request, reply, context)
    },
  })
}
const ALLOWED = 'GET, POST, OPTIONS'

const send = (reply: FastifyReply, code: PublicCode | 'NOT_FOUND', message: string): void => {
  reply.status(statusOf[code]).send(errorBody(code, message))
}

/** What goes wrong outside a query. What the caller did is told; the rest is masked and logged. */
const sendError = (log: Logger, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  if (error instanceof SirenError) {
    if (error.code === 'SERVICE_UNAVAILABLE') log.error({ requestId: request.id, err: error }, 'request failed')
    return reply.status(statusOf[error.code]).send(errorBody(error.code, error.message))
  }
  if (error instanceof GraphQLError && error.extensions.code === 'BAD_REQUEST')
    return reply.status(400).send(errorBody('BAD_REQUEST', error.message))
  if (error instanceof Error) {
    const { statusCode = 500, message } = error as Partial<FastifyError> & Error
    if (statusCode >= 400 && statusCode < 500) return reply.status(statusCode).send(errorBody('BAD_REQUEST', message))
  }
  log.error({ requestId: request.id, err: error }, 'request failed')
  const code = isUnavailable(error) ? 'SERVICE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR'
  return reply.status(statusOf[code]).send(errorBody(code, code === 'SERVICE_UNAVAILABLE' ? UNAVAILABLE : MASKED))
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
