import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { type FieldErrors, SirenError, ValidationError } from '../errors.ts'
import { errorType, JSON_TYPE } from './accept.ts'
import { errorBody, isUnavailable, MASKED, type PublicCode, statusOf, UNAVAILABLE } from './errors.ts'
import { pathOf } from './logging.ts'

/** What a caller is told instead of an answer. */
export interface Refusal {
  readonly status: number
  readonly code: PublicCode | 'NOT_FOUND'
  readonly message: string
  /** What is wrong with which field of a document. */
  readonly fields?: FieldErrors
}

/** A request that is no good as a request, whatever it asks for: told with the status that HTTP has for it. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code = 'BAD_REQUEST'

  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message)
  }
}

/** What a caller may know of an error. What the caller did is told; all that is not known to be that is masked. */
export const refusalOf = (error: unknown): Refusal => {
  if (error instanceof ValidationError) return { ...refusal(error.code, error.message), fields: error.fields }
  if (error instanceof SirenError) return refusal(error.code, error.message)
  if (error instanceof GraphQLError && error.extensions.code === 'BAD_REQUEST')
    return refusal('BAD_REQUEST', error.message)
  if (error instanceof Error) {
    const { statusCode = 500, message } = error as Partial<FastifyError> & Error
    if (statusCode >= 400 && statusCode < 500) return { status: statusCode, code: 'BAD_REQUEST', message }
  }
  return isUnavailable(error) ? refusal('SERVICE_UNAVAILABLE', UNAVAILABLE) : refusal('INTERNAL_SERVER_ERROR', MASKED)
}

/** A refusal with the status that says the same as its code. */
export const refusal = (code: Refusal['code'], message: string): Refusal => ({ status: statusOf[code], code, message })

/** Answers a refusal, in the shape that the path has. */
export const refuse = (request: FastifyRequest, reply: FastifyReply, what: Refusal): FastifyReply => {
  const { status, type, body } = refusedAs(request.url, request.headers.accept, what)
  if (status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER)
  return reply.status(status).header('content-type', type).send(body)
}

/** When to try again what could not be answered, in seconds. */
export const RETRY_AFTER = '1'

/** Answers an error. One that is not the caller's doing goes to the log whole, with the id of its request. */
export const refuseError = (
  log: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => {
  const what = refusalOf(error)
  if (what.status >= 500) log.error({ requestId: request.id, err: error }, 'request failed')
  return refuse(request, reply, what)
}

/**
 * The status, media type and body that say a refusal. Each interface has its own shape of errors: which one is said by the
 * path, a path that leads nowhere included.
 */
export const refusedAs = (url: string, accept: string | undefined, what: Refusal) => {
  const path = pathOf(url)
  const shape = SHAPES.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1]
  const type = shape === undefined ? errorType(accept) : JSON_TYPE
  return { type: `${type}; charset=utf-8`, ...(shape ?? asGraphql)(what) }
}

type Shape = (what: Refusal) => { readonly status: number; readonly body: object }

/** What is inside of `error` in Siren's own API. */
export const sirenError = ({ code, message, fields = {} }: Refusal) => ({ message, code, data: fields })

const asSiren: Shape = what => ({ status: what.status, body: { error: sirenError(what) } })

const asWordPress: Shape = ({ status, message, fields }) =>
  fields === undefined
    ? { status, body: { message } }
    : { status: 400, body: { message, context: { failedValidations: fields } } }

const asGraphql: Shape = ({ status, code, message }) => ({ status, body: errorBody(code, message) })

const SHAPES: readonly (readonly [prefix: string, shape: Shape])[] = [
  ['/siren/v1', asSiren],
  ['/wp-json/siren/v1', asWordPress],
]
