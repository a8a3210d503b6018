import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { may } from '../access/viewer.ts'
import { ForbiddenError, InvalidTokenError, ValidationError } from '../errors.ts'
import { opened } from '../events/envelope.ts'
import { INCOMING, type Incoming } from '../events/incoming.ts'
import { unboundArrival } from './arrival.ts'
import { type AuthenticatedOptions, authenticated, logRefusedToken } from './authenticated.ts'
import { exposeHeaders } from './cors.ts'
import { EXPECTED_KEY, eventResults, IDEMPOTENCY_KEY, OPPORTUNITY } from './event-stream.ts'
import type { InFlight } from './in-flight.ts'
import { takeJson, takeOnly } from './json-body.ts'
import { Inlet } from './lines.ts'
import { refuseOtherMethods } from './methods.ts'
import { refusal, refuse } from './refusals.ts'
import { WARNED, warn } from './warnings.ts'

/** What events are taken in with. */
export interface IngestionRoutesOptions extends AuthenticatedOptions, InFlight {
  /** What may come in, by slug: the core's events, unless it is said. */
  readonly incoming?: ReadonlyMap<string, Incoming>
  /** The largest body, and the longest line of a stream, in bytes. */
  readonly bodyLimit: number
  /** How long a stream may be silent, or its results unread, in milliseconds. */
  readonly arrivalTimeout: number
}

/** `POST /siren/v1/event/:slug`, one event, and `POST /siren/v1/events`, a stream of them. */
export const ingestionRoutes = (app: FastifyInstance, options: IngestionRoutesOptions): void => {
  app.addHook('onRequest', exposeHeaders)
  const admission = [authenticated(options), refuseUnscoped]
  void app.register(async scope => oneEvent(scope, admission, options))
  void app.register(async scope => manyEvents(scope, admission, options))
}

const oneEvent = (
  app: FastifyInstance,
  onRequest: onRequestHookHandler[],
  { ingest, incoming = CORE, log }: IngestionRoutesOptions,
): void => {
  takeJson(app)
  const url = '/siren/v1/event/:slug'
  refuseOtherMethods(app, url, ['POST'])
  app.post<{ Params: { slug: string } }>(url, { onRequest }, async (request, reply) => {
    const { body, params, viewer } = request
    const { slug } = params
    const delivery = { slug, ...opened(body, viewer, incoming.get(slug)), ...headersOf(request) }
    const { opportunityId, warnings = [] } = await ingest(delivery, viewer)
    if (opportunityId !== null) reply.header('x-siren-oid', opportunityId)
    warn(log, request, reply, warnings, { slug })
    return reply.send()
  })
}

const manyEvents = (
  app: FastifyInstance,
  onRequest: onRequestHookHandler[],
  { ingest, stopping, authenticate, incoming = CORE, bodyLimit, arrivalTimeout, log }: IngestionRoutesOptions,
): void => {
  takeOnly(app, 'application/x-ndjson')
  app.addContentTypeParser(LINES_OF_JSON, (_request, payload, done) => done(null, payload))
  const url = '/siren/v1/events'
  refuseOtherMethods(app, url, ['POST'])
  app.post(url, { onRequest }, (request, reply) => {
    const { opportunityId, idempotencyKey: streamKey } = headersOf(request)
    if (opportunityId !== undefined)
      throw new ValidationError({ [OPPORTUNITY]: ['Expected opportunityId in the lines that are about one'] })
    if (stopping.aborted) return refuse(request, reply, refusal('SERVICE_UNAVAILABLE', 'The gateway is stopping'))
    const { raw } = request
    const { authorization } = request.headers
    unboundArrival(request)
    const patience = patienceWith(raw, reply.raw, arrivalTimeout)
    reply.raw.once('finish', () => letGo(raw))
    const results = eventResults(new Inlet((request.body as Readable | undefined) ?? raw, stopping), {
      ingest: (delivery, sender) => patience.during(ingest(delivery, sender)),
      incoming,
      viewer: () => authenticate(authorization),
      streamKey,
      lineLimit: bodyLimit,
      stop: stopping,
      onError: (err, line) => {
        if (err instanceof InvalidTokenError) logRefusedToken(log, err, { requestId: request.id, line })
        else log.error({ requestId: request.id, line, err }, 'event failed')
      },
      onWarning: (slug, warnings, line) => log.warn({ requestId: request.id, line, slug, warnings }, WARNED),
    })
    return reply.header('content-type', 'application/x-ndjson; charset=utf-8').send(Readable.from(results))
  })
}

/** What may come in, unless it is said. */
export const CORE: ReadonlyMap<string, Incoming> = new Map(Object.entries(INCOMING))

const LINES_OF_JSON = ['application/x-ndjson', 'application/ndjson', 'application/jsonl']

/** Ends the connection of a stream on which nothing moves. What takes the gateway long is not the sender's silence. */
const patienceWith = (request: FastifyRequest['raw'], response: FastifyReply['raw'], timeout: number) => {
  let working = false
  let silent = false
  response.setTimeout(timeout, () => {
    silent = true
    if (!working) request.socket.destroy()
  })
  return {
    during: async <T>(work: Promise<T>): Promise<T> => {
      working = true
      try {
        return await work
      } finally {
        working = false
        if (silent) response.setTimeout(timeout)
        silent = false
      }
    },
  }
}

/**
 * Ends the connection of a stream that was answered before it came to its end. Not at once: what is still on its way would
 * then make the sender's system throw away results that have not been read.
 */
const letGo = (raw: FastifyRequest['raw']): void => {
  if (raw.readableEnded) return
  const timer = setTimeout(() => raw.socket.destroy(), 1000).unref()
  raw.once('close', () => clearTimeout(timer))
}

const IDEMPOTENCY = 'Idempotency-Key'

/** What the headers say about an event. @throws ValidationError */
const headersOf = ({ headers }: FastifyRequest): { opportunityId?: number; idempotencyKey?: string } => {
  const opportunityId = headers['x-siren-oid'] as string | undefined
  const idempotencyKey = headers['idempotency-key'] as string | undefined
  const wrong: Record<string, string[]> = {}
  if (opportunityId !== undefined && !(/^[1-9]\d*$/.test(opportunityId) && Number.isSafeInteger(Number(opportunityId))))
    wrong[OPPORTUNITY] = ['Expected a positive integer']
  if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) wrong[IDEMPOTENCY] = [EXPECTED_KEY]
  if (Object.keys(wrong).length > 0) throw new ValidationError(wrong)
  return {
    ...(opportunityId !== undefined && { opportunityId: Number(opportunityId) }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
}

/** Before the body is read. */
const refuseUnscoped: onRequestHookHandler = ({ viewer }, _reply, done) => {
  done(may(viewer, 'events') ? undefined : new ForbiddenError('Expected a key with the scope events'))
}
