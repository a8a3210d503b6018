import cors from '@fastify/cors'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { OPPORTUNITY } from './event-stream.ts'
import { ESTIMATED_COUNT } from './rest/route.ts'
import { WARNING } from './warnings.ts'

/** The headers of answers that clients are told to read: browsers hide all others from the pages of other sites. */
export const EXPOSED_HEADERS: readonly string[] = [
  'x-request-id',
  OPPORTUNITY,
  WARNING,
  ESTIMATED_COUNT,
  'Retry-After',
  'WWW-Authenticate',
  'Allow',
  'Accept-Encoding',
  'ETag',
]

/** Lets the pages of some origins ask, and read every answer. */
export const allowOrigins = (app: FastifyInstance, origins: readonly string[]): void => {
  if (origins.length === 0) return
  app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST', 'DELETE'],
    exposedHeaders: [...EXPOSED_HEADERS],
    maxAge: 600,
    strictPreflight: false,
  })
}

/** Names the headers whether other sites may ask or not, as Siren does for events: a proxy may be what lets them. */
export const exposeHeaders: onRequestHookHandler = (_request, reply, done) => {
  if (!reply.hasHeader(EXPOSE)) reply.header(EXPOSE, EXPOSED_HEADERS.join(', '))
  done()
}
const EXPOSE = 'access-control-expose-headers'

/** Lets a page read an answer that is given before any hook runs, such as that of a path which cannot be decoded. */
export const allowOrigin = (request: FastifyRequest, reply: FastifyReply, origins: readonly string[]): void => {
  if (origins.length === 0) return
  reply.header('vary', 'Origin').header(EXPOSE, EXPOSED_HEADERS.join(', '))
  const { origin } = request.headers
  if (origin !== undefined && origins.includes(origin)) reply.header('access-control-allow-origin', origin)
}
