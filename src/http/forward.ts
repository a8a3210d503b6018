import type { FastifyReply, FastifyRequest } from 'fastify'
import { headersOf } from './direct.ts'
import { errorBody, graphqlError } from './errors.ts'
import type { RequestContext, Yoga } from './graphql.ts'

/** Yoga's own way over HTTP: GET, streams, other media types, and what is wrong with a request. */
export const forward = async (
  yoga: Yoga,
  request: FastifyRequest,
  reply: FastifyReply,
  context: RequestContext,
): Promise<FastifyReply> => {
  const response = await yoga.fetch(fetchRequest(yoga, request), context)
  response.headers.forEach((value, name) => {
    reply.header(name, value)
  })
  reply.status(response.status)
  if (isStream(response)) return reply.send(response.body)
  const text = await response.text()
  if (text !== '' || response.ok) return reply.send(text)
  return reply.type('application/json').send(errorBody('BAD_REQUEST', reasonFor(response.status)))
}

const fetchRequest = (yoga: Yoga, request: FastifyRequest): Request => {
  const url = new URL(request.url, 'http://localhost') // Yoga looks at the path and the query alone
  const { method } = request
  if (method === 'GET') {
    for (const name of ['variables', 'extensions']) mustBeJson(name, url.searchParams.get(name))
    return new yoga.fetchAPI.Request(url.href, { method, headers: headersOf(request) })
  }
  const headers = headersOf(request)
  headers.delete('content-length')
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

const isStream = ({ headers }: Response): boolean =>
  /^(text\/event-stream|multipart\/)/.test(headers.get('content-type') ?? '')

const reasonFor = (status: number): string =>
  status === 406
    ? 'Expected an Accept header that allows application/json or application/graphql-response+json'
    : status === 415
      ? 'Expected a body of type application/json'
      : 'Expected a GraphQL request'
