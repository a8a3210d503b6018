import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { INCOMING } from '../../src/events/incoming.ts'
import { EXPOSED_HEADERS } from '../../src/http/cors.ts'
import { openApiDocument } from '../../src/http/rest/openapi.ts'
import { ROUTES } from '../../src/http/rest/routes.ts'
import { alwaysReady, sampleServer } from './sample.ts'

const ORIGIN = 'https://a.example'
const EXPOSED = new Set(EXPOSED_HEADERS.map(name => name.toLowerCase()))

const open: FastifyInstance[] = []
const serverWith = (options: Parameters<typeof sampleServer>[0] = {}) => {
  const app = sampleServer({ corsOrigins: [ORIGIN], ...options })
  open.push(app)
  return app
}
afterEach(() => Promise.all(open.splice(0).map(app => app.close())))

/** Those that browsers show to every page, and those that are for browsers and caches. */
const NOT_EXPOSED = new Set([
  ...['cache-control', 'content-language', 'content-length', 'content-type', 'expires', 'last-modified', 'pragma'],
  ...['access-control-allow-origin', 'access-control-expose-headers', 'connection', 'date', 'keep-alive', 'vary'],
  ...['content-encoding', 'transfer-encoding', 'content-security-policy', 'referrer-policy', 'x-frame-options'],
  ...['x-content-type-options', 'location'],
])

const post = (url: string, payload: string, headers = {}): InjectOptions => ({
  method: 'POST',
  url,
  payload,
  headers: { authorization: 'Bearer admin', 'content-type': 'application/json', 'idempotency-key': 'k', ...headers },
})
const hello = '{"query":"{ hello }"}'
const visit = '/siren/v1/event/site-visited'
const notReady = { ...alwaysReady, opened: false, reason: () => Promise.resolve('migrations are pending') }
const line = '{"event":"site-visited","data":{"collaboratorId":1}}\n'

describe('a page of another site', () => {
  it.each<[number, string, InjectOptions, Parameters<typeof sampleServer>[0]?]>([
    [200, 'a result', post('/graphql', hello)],
    [200, 'a stream of results', post('/graphql', hello, { accept: 'text/event-stream' })],
    [200, 'an event', post(visit, '{}')],
    [200, 'many events', post('/siren/v1/events', line, { 'content-type': 'application/x-ndjson' })],
    [200, 'the OpenAPI document', { url: '/siren/v1/openapi.json' }],
    [304, 'the OpenAPI document, unchanged', { url: '/siren/v1/openapi.json', headers: { 'if-none-match': 'W/"x"' } }],
    [200, 'GraphiQL', { url: '/graphql', headers: { accept: 'text/html' } }, { graphiql: {} }],
    [400, 'a path that cannot be decoded', { url: '/siren/v1/%zz' }],
    [401, 'no key', post(visit, '{}', { authorization: '' })],
    [404, 'an unknown path', { url: '/nowhere' }],
    [405, 'the wrong method', { method: 'PUT', url: visit }],
    [406, 'a type that is not there', post('/graphql', hello, { accept: 'image/png' })],
    [413, 'too large a body', post(visit, '{"collaboratorId": 1}'), { bodyLimit: 5 }],
    [414, 'too long a parameter', post(`/siren/v1/event/${'x'.repeat(200)}`, '{}')],
    [415, 'an encoding that is not understood', post('/graphql', hello, { 'content-encoding': 'br' })],
    [431, 'too long a header', post(visit, '{}', { authorization: 'x'.repeat(9000) })],
    [503, 'a gateway that is not ready', post('/graphql', hello), { readiness: notReady }],
    [503, 'readiness', { url: '/ready' }, { readiness: notReady }],
  ])('may read %i, and all headers that are told of: %s', async (status, _, request, options) => {
    const ingest = () => Promise.resolve({ opportunityId: 7, warnings: ['unusual'] })
    const app = serverWith({ ingest, ...options })
    const headers: Record<string, unknown> = { ...request.headers, origin: ORIGIN }
    if (status === 304) headers['if-none-match'] = (await app.inject({ ...request, headers: {} })).headers.etag
    const answer = await app.inject({ ...request, headers: headers as Record<string, string> })
    expect(answer.statusCode).toBe(status)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
      'x-request-id': expect.any(String),
      'x-content-type-options': 'nosniff',
      vary: expect.stringContaining('Origin'),
    })
    if (status === 503) expect(answer.headers['retry-after']).toBe('1')
    const hidden = Object.keys(answer.headers).filter(name => !EXPOSED.has(name) && !NOT_EXPOSED.has(name))
    expect(hidden).toEqual([])
  })

  it('may read that its request took too long', async () => {
    const app = serverWith({ arrivalTimeout: 50 })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as { port: number }).port, '127.0.0.1')
    const head = [`POST ${visit} HTTP/1.1`, 'host: x', `origin: ${ORIGIN}`, 'authorization: Bearer admin']
    socket.write([...head, 'content-type: application/json', 'content-length: 9', '', '{'].join('\r\n'))
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    await once(socket, 'close')
    expect(text).toMatch(/^HTTP\/1.1 408/)
    expect(text).toContain(`access-control-allow-origin: ${ORIGIN}\r\n`)
    expect(text).toMatch(/\r\nx-request-id: \S+\r\n/)
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n'))).error.code).toBe('BAD_REQUEST')
  })

  it('may not read what is for nobody', async () => {
    for (const corsOrigins of [[], ['https://b.example']]) {
      const app = serverWith({ corsOrigins })
      for (const url of ['/graphql', '/siren/v1/%zz', '/nowhere']) {
        const { headers } = await app.inject({ url, headers: { origin: ORIGIN } })
        expect(headers['access-control-allow-origin']).toBeUndefined()
      }
    }
  })
})

describe('the headers that are exposed', () => {
  it('are all that the documentation tells clients to read', async () => {
    const document = openApiDocument({ routes: ROUTES, incoming: new Map(Object.entries(INCOMING)), setup: true })
    const operations = Object.values(document.paths ?? {}).flatMap(item => Object.values(item))
    const responses = operations.flatMap(({ responses }) => Object.values<{ headers?: object }>(responses))
    const told = responses.flatMap(({ headers = {} }) => Object.keys(headers))
    for (const page of ['http-api', 'graphql', 'operations']) {
      const text = await readFile(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8')
      told.push(
        ...[...text.matchAll(/`(x-[\w-]+|retry-after|www-authenticate|allow|accept-encoding|etag)`/gi)].map(
          ([, name = '']) => name,
        ),
      )
    }
    expect(told).toEqual(expect.arrayContaining(['X-Siren-OID', 'X-Siren-Warning', 'x-siren-estimated-count']))
    expect(told).toEqual(expect.arrayContaining(['x-request-id', 'Retry-After']))
    expect([...new Set(told)].filter(name => !EXPOSED.has(name.toLowerCase()))).toEqual([])
  })
})
