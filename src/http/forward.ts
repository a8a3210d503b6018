import type { FastifyReply, FastifyRequest } from 'fastify'
import { resultTypes } from './accept.ts'
import { headersOf } from './direct.ts'
import { graphqlError } from './errors.ts'
import type { RequestContext, Yoga } from './graphql.ts'
import { RETRY_AFTER, RequestError, refusalOf, refuse } from './refusals.ts'

/** Yoga's own way over HTTP: GET, streams, other media types, and what is wrong with a request. */
export const forward = async (
  yoga: Yoga,
  request: FastifyRequest,
  reply: FastifyReply,
  context: RequestContext,
): Promise<FastifyReply> => {
  const types = resultTypes(request.headers.accept)
  if (types.length === 0) return refuse(request, reply, refusalOf(new RequestError(406, reasonFor(406))))
  const response = await yoga.fetch(fetchRequest(yoga, request, types), context)
  response.headers.forEach((value, name) => {
    reply.header(name, value)
  })
  reply.status(response.status)
  if (response.status === 503) reply.header('retry-after', RETRY_AFTER)
  if (isStream(response)) return reply.send(response.body)
  const text = await response.text()
  if (text !== '' || response.ok) return reply.send(text)
  return refuse(request, reply, refusalOf(new RequestError(response.status, reasonFor(response.status))))
}

const fetchRequest = (yoga: Yoga, request: FastifyRequest, types: readonly string[]): Request => {
  const url = new URL(request.url, 'http://localhost') // Yoga looks at the path and the query alone
  const { method } = request
  const headers = headersOf(request)
  // Yoga does not read weights, and takes the first type; one result comes as a stream only when that is all it may be
  headers.set('accept', isStreamType(types[0]) ? types[0] : types.join(', '))
  if (method === 'GET') {
    for (const name of ['variables', 'extensions']) mustBeJson(name, url.searchParams.get(name))
    return new yoga.fetchAPI.Request(url.href, { method, headers })
  }
  // of the body as it was parsed, and is written again
  headers.delete('content-length')
  headers.delete('content-encoding')
  if (request.body !== undefined) headers.set('content-type', 'application/json')
  return new yoga.fetchAPI.Request(url.href, { method, headers, body: JSON.stringify(request.body ?? null) })
}

/** Yoga would answer with an internal error. */
const mustBeJson = (name: string, text: string | null): void => {
  if (text === null || text === '') return
  try {
    JSON.parse(text)
  } catch {
    throw graphqlError('BAD_REQUEST', `Expected "${name}" to be JSON`)
  }
}

const isStream = ({ headers }: Response): boolean => isStreamType(headers.get('content-type') ?? '')

const isStreamType = (type = ''): type is string => /^(text\/event-stream|multipart\/)/.test(type)

const reasonFor = (status: number): string =>
  status === 406
    ? 'Expected an Accept header that allows application/json or application/graphql-response+json'
    : status === 415
      ? 'Expected a body of type application/json'
      : 'Expected a GraphQL request'
