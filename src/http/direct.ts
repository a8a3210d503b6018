import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ExecutionResult } from 'graphql'
import { type GraphQLParams, isAsyncIterable, processRegularResult } from 'graphql-yoga'
import type { RequestContext, Yoga } from './graphql.ts'
import { RETRY_AFTER, RequestError, refusalOf, refuse } from './refusals.ts'

/** A plain query over JSON: no batch, no stream, no other media type asked for. */
export const isPlain = (request: FastifyRequest): boolean => {
  const { accept } = request.headers
  return (
    (accept === undefined || accept === 'application/json' || accept === '*/*') &&
    request.headers['content-type']?.startsWith('application/json') === true &&
    isParams(request.body)
  )
}

/**
 * The direct way: from the route straight into Yoga's parameters → parse → validate → context → execute, with all its
 * plugins. Past its fetch Request and Response only, which cost more than a small query.
 */
export const answer = async (
  yoga: Yoga,
  request: FastifyRequest,
  reply: FastifyReply,
  context: RequestContext,
): Promise<FastifyReply> => {
  const result = await yoga.getResultForParams(
    { params: request.body as GraphQLParams, request: new DirectRequest(request) as unknown as Request },
    context as Parameters<Yoga['getResultForParams']>[1],
  )
  if (result === undefined || isAsyncIterable(result)) {
    await result?.[Symbol.asyncIterator]().return?.()
    const error = new RequestError(406, 'Expected an Accept header that allows text/event-stream')
    return refuse(request, reply, refusalOf(error))
  }
  if (isWhole(result)) {
    // as bytes, which Node.js writes behind the head as they are; a text it would join to that, and measure first
    const body = Buffer.from(JSON.stringify(result))
    return reply.header('content-type', 'application/json; charset=utf-8').send(body)
  }
  const response = processRegularResult(result, yoga.fetchAPI, 'application/json')
  response.headers.forEach((value, name) => {
    reply.header(name, value)
  })
  if (response.status === 503) reply.header('retry-after', RETRY_AFTER)
  return reply.status(response.status).send(await response.text())
}

/** Nothing in it that Yoga would take out, or answer with another status. */
const isWhole = (result: ExecutionResult): boolean =>
  result.errors === undefined && result.extensions === undefined && 'data' in result

/** Anything else gets Yoga's own words about what is wrong with it. */
const isParams = (body: unknown): boolean => {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false
  for (const key in body) if (!PARAMS.has(key)) return false
  const { query, variables, extensions } = body as Record<string, unknown>
  return typeof query === 'string' && isObjectOrAbsent(variables) && isObjectOrAbsent(extensions)
}
const PARAMS = new Set(['query', 'variables', 'operationName', 'extensions'])
const isObjectOrAbsent = (value: unknown) => value == null || (typeof value === 'object' && !Array.isArray(value))

/** As much of a fetch Request as Yoga's plugins read while they run an operation; the headers are made when somebody asks. */
class DirectRequest {
  readonly method = 'POST'
  readonly signal = undefined
  readonly #request: FastifyRequest
  #headers: Headers | undefined

  constructor(request: FastifyRequest) {
    this.#request = request
  }

  get url(): string {
    return `${this.#request.protocol}://${this.#request.host}${this.#request.url}`
  }

  get headers(): Headers {
    this.#headers ??= headersOf(this.#request)
    return this.#headers
  }
}

/** The headers of a request as fetch has them. */
export const headersOf = ({ headers }: FastifyRequest): Headers => {
  const copy = new Headers()
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) copy.set(name, String(value))
  return copy
}
