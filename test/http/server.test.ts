import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { InvalidTokenError, SirenError } from '../../src/errors.ts'
import { EXPOSED_HEADERS } from '../../src/http/cors.ts'
import { readiness } from '../../src/http/health.ts'
import { SLOW } from '../../src/http/logging.ts'
import { stopServer } from '../../src/http/server.ts'
import { recordingLog, sampleServer, viewers } from './sample.ts'

const open: FastifyInstance[] = []
const serverWith = (options: Parameters<typeof sampleServer>[0] = {}) => {
  const app = sampleServer(options)
  open.push(app)
  return app
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(app => app.close()))
})

const query = (text: string, more: InjectOptions = {}): InjectOptions => ({
  method: 'POST',
  url: '/graphql',
  payload: JSON.stringify({ query: text }),
  ...more,
  headers: { authorization: 'Bearer admin', 'content-type': 'application/json', ...more.headers },
})

/** The status and the first error's code and message. */
const refusal = async (app: FastifyInstance, request: InjectOptions) => {
  const { statusCode, body, headers } = await app.inject(request)
  const [error] = JSON.parse(body).errors
  expect(headers['content-type']).toMatch(/^application\/(graphql-response\+)?json/)
  expect(body).not.toMatch(/node_modules|\.ts:|FST_/)
  return { status: statusCode, code: error.extensions.code, message: error.message as string, headers }
}

describe('a request without a valid key', () => {
  it.each([
    ['no header', undefined],
    ['an unknown key', 'Bearer nobody'],
    ['another scheme', 'Basic YWRtaW46YWRtaW4='],
    ['a JSON web token that is not valid', 'Bearer expired'],
  ])('is refused: %s', async (_, authorization) => {
    const { headers: given, ...request } = query('{ hello }')
    const { 'content-type': type } = given as Record<string, string>
    const authenticate = () => (authorization === 'Bearer expired' ? Promise.reject(new InvalidTokenError('it')) : null)
    const { status, code, headers } = await refusal(serverWith({ authenticate }), {
      ...request,
      headers: { 'content-type': type, ...(authorization && { authorization }) },
    })
    expect([status, code]).toEqual([401, 'UNAUTHENTICATED'])
    expect(headers['www-authenticate']).toBe('Bearer')
  })

  it('is refused before its body is read', async () => {
    const { status } = await refusal(
      serverWith({ bodyLimit: 10 }),
      query('{ hello }', { headers: { authorization: 'no' } }),
    )
    expect(status).toBe(401)
  })

  it.each([
    [
      'at once',
      () => {
        throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
      },
    ],
    ['later', () => Promise.reject(Object.assign(new Error('terminating connection'), { code: '57P01' }))],
    ['in our own words', () => Promise.reject(new SirenError('SERVICE_UNAVAILABLE', 'No keys'))],
  ])('is told that nothing can be checked when the database fails %s', async (_, authenticate) => {
    const { log, records } = recordingLog()
    const { status, code, headers } = await refusal(serverWith({ authenticate, log }), query('{ hello }'))
    expect([status, code, headers['retry-after']]).toEqual([503, 'SERVICE_UNAVAILABLE', '1'])
    expect(records).toHaveLength(1)
  })

  it('is told the limit when the header is too long', async () => {
    const authorization = `Bearer ${'x'.repeat(8200)}`
    const { status, code, message } = await refusal(serverWith(), query('{ hello }', { headers: { authorization } }))
    expect([status, code]).toEqual([431, 'BAD_REQUEST'])
    expect(message).toBe('Expected an Authorization header of at most 8192 bytes')
  })

  it('reads no more than a masked error when authentication has a bug', async () => {
    const authenticate = () => Promise.reject(new Error('secret detail'))
    const { status, code, message } = await refusal(serverWith({ authenticate }), query('{ hello }'))
    expect([status, code, message]).toEqual([500, 'INTERNAL_SERVER_ERROR', 'Internal server error'])
  })
})

describe('a malformed request', () => {
  it.each<[string, InjectOptions, number]>([
    ['broken JSON', query('', { payload: '{"query": ' }), 400],
    ['an empty body', query('', { payload: '' }), 400],
    ['an array', query('', { payload: '[]' }), 400],
    ['a batch', query('', { payload: '[{"query":"{ hello }"}]' }), 400],
    ['an empty object', query('', { payload: '{}' }), 400],
    ['null', query('', { payload: 'null' }), 400],
    ['a text', query('', { payload: '"{ hello }"' }), 400],
    ['a number', query('', { payload: '1' }), 400],
    ['a query that is a number', query('', { payload: '{"query":1}' }), 400],
    ['variables in a text', query('', { payload: '{"query":"{ hello }","variables":"{}"}' }), 400],
    ['an unknown parameter', query('', { payload: '{"query":"{ hello }","id":1}' }), 400],
    ['a prototype', query('', { payload: '{"query":"{ hello }","variables":{"__proto__":{"a":1}}}' }), 400],
    [
      'a form',
      query('', { payload: 'query={hello}', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      415,
    ],
    ['multipart', query('', { payload: '--x--', headers: { 'content-type': 'multipart/form-data; boundary=x' } }), 415],
    ['plain text', query('', { payload: '{"query":"{ hello }"}', headers: { 'content-type': 'text/plain' } }), 415],
    ['GraphQL as a text', query('', { payload: '{ hello }', headers: { 'content-type': 'application/graphql' } }), 415],
    ['no body at all', { method: 'POST', url: '/graphql', headers: { authorization: 'Bearer admin' } }, 415],
    ['GET without a query', { method: 'GET', url: '/graphql', headers: { authorization: 'Bearer admin' } }, 400],
    [
      'GET with broken variables',
      { method: 'GET', url: '/graphql?query={hello}&variables={', headers: { authorization: 'Bearer admin' } },
      400,
    ],
    [
      'GET with variables that are no object',
      { method: 'GET', url: '/graphql?query={hello}&variables=1', headers: { authorization: 'Bearer admin' } },
      400,
    ],
    [
      'GET for Yoga’s health check',
      { method: 'GET', url: '/graphql?x=/health', headers: { authorization: 'Bearer admin' } },
      400,
    ],
    ['PUT', query('{ hello }', { method: 'PUT' }), 405],
    ['DELETE', { method: 'DELETE', url: '/graphql' }, 405],
    ['a media type that nobody speaks', query('{ hello }', { headers: { accept: 'image/png' } }), 406],
  ])('is answered properly: %s', async (_, request, expected) => {
    const { log, records } = recordingLog()
    const { status, code } = await refusal(serverWith({ log }), request)
    expect([status, code]).toEqual([expected, 'BAD_REQUEST'])
    expect(records).toEqual([])
  })

  it.each(['application/json', 'application/graphql-response+json'])('is too large: %s', async accept => {
    const app = serverWith({ bodyLimit: 1000 })
    const request = query(`{ hello } # ${'x'.repeat(1000)}`, { headers: { accept } })
    const { status, code, message, headers } = await refusal(app, request)
    expect([status, code, message]).toEqual([413, 'BAD_REQUEST', 'Expected a body of at most 1000 bytes'])
    expect(headers['content-type']).toBe(`${accept}; charset=utf-8`)
  })

  it('is too large without saying so', async () => {
    const origin = await serverWith({ bodyLimit: 1000 }).listen({ port: 0, host: '127.0.0.1' })
    const body = new ReadableStream({
      start: controller => {
        for (let i = 0; i < 5; i++) controller.enqueue(new TextEncoder().encode(' '.repeat(500)))
        controller.close()
      },
    })
    const headers = { authorization: 'Bearer admin', 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    expect((await fetch(`${origin}/graphql`, init)).status).toBe(413)
  })

  it.each([
    ['not HTTP', 'hello\r\n\r\n', '400', '"code":"BAD_REQUEST"'],
    [
      'a path that cannot be decoded',
      'GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      '400',
      '"code":"BAD_REQUEST"',
    ],
    [
      'too many headers',
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      '431',
      '{"errors":[{"message":"Expected headers of at most 16384 bytes together","extensions":{"code":"BAD_REQUEST"}}]}',
    ],
    [
      'too many headers in the HTTP API',
      `GET /siren/v1/notes?x=1 HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      '431',
      '{"error":{"message":"Expected headers of at most 16384 bytes together","code":"BAD_REQUEST","data":{}}}',
    ],
  ])('is %s', async (_, bytes, status, body) => {
    const app = serverWith()
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as { port: number }).port, '127.0.0.1')
    socket.end(bytes)
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    await once(socket, 'close')
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status}`))
    expect(text).toContain(body)
    expect(text).not.toMatch(/FST_|node_modules/)
  })

  it.each(['/graphql', '/siren/v1/event/org-created', '/siren/v1/events'])(
    'is told the right method first, whatever its body is: %s',
    async url => {
      const headers = { authorization: 'Bearer admin', 'content-type': 'text/plain', 'content-encoding': 'br' }
      const { statusCode, headers: answered } = await serverWith().inject({ method: 'PUT', url, payload: 'x', headers })
      expect(statusCode).toBe(405)
      expect(answered.allow).toContain('POST')
    },
  )

  it('asks for what is not there', async () => {
    const { status, code, message } = await refusal(serverWith(), { url: '/nowhere?key=sk_live_x' })
    expect([status, code, message]).toEqual([404, 'NOT_FOUND', 'GET /nowhere was not found'])
  })

  it.each<[string, Record<string, string>]>([
    ['broken JSON', {}],
    ['text', { 'content-type': 'text/plain' }],
    ['an unknown encoding', { 'content-encoding': 'br' }],
  ])('asks for what is not there, with %s', async (_, headers) => {
    const request = query('', { url: '/nowhere', payload: '{', headers })
    expect((await refusal(serverWith(), request)).status).toBe(404)
  })
})

describe('a document that is meant to hurt', () => {
  const nested = (depth: number) => `${'{ thing(id: 1) '.repeat(depth)}{ id }${' }'.repeat(depth)}`
  it.each([
    ['10,000 braces', '{'.repeat(10_000), 'GRAPHQL_PARSE_FAILED'],
    ['100,000 tokens', `{ ${'hello '.repeat(100_000)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['as deep as the tokens allow', `${'{ next '.repeat(4_900)}{ id }${' }'.repeat(4_900)}`, /GRAPHQL_/],
    ['deep lists', `{ echo(json: {a: ${'['.repeat(4_900)}${']'.repeat(4_900)}}) }`, /GRAPHQL_|BAD_USER_INPUT/],
    ['a depth that parses', nested(1000), /GRAPHQL_/],
    [
      'a fragment that grows',
      `{ ...F0 } ${Array.from({ length: 40 }, (_, i) => `fragment F${i} on Query { a${i}: hello ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F40 on Query { hello }`,
      undefined,
    ],
  ])('is survived: %s', async (_, text, code) => {
    const app = serverWith()
    for (let run = 0; run < 3; run++) {
      const { body } = await app.inject(query(text))
      const found = JSON.parse(body).errors?.[0].extensions.code
      if (code === undefined) expect(found).toBeUndefined()
      else expect(found).toMatch(code)
    }
    expect((await app.inject(query('{ hello }'))).json()).toEqual({ data: { hello: 'hello world' } })
  })

  it('is survived: variables nested deeply', async () => {
    const json = `{"query":"query ($j: JSONObject) { echo(json: $j) }","variables":{"j":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`
    const app = serverWith()
    const { statusCode } = await app.inject(query('', { payload: json }))
    expect(statusCode).toBeLessThanOrEqual(500)
    expect((await app.inject(query('{ hello }'))).statusCode).toBe(200)
  })
})

describe('GET', () => {
  it('answers a query', async () => {
    const url = `/graphql?query=${encodeURIComponent('query ($n: String) { hello(name: $n) }')}&variables={"n":"you"}`
    const { body } = await serverWith().inject({ url, headers: { authorization: 'Bearer admin' } })
    expect(JSON.parse(body)).toEqual({ data: { hello: 'hello you' } })
  })
})

describe('a stream', () => {
  it('is answered as events, also for a query', async () => {
    const { headers, body } = await serverWith().inject(
      query('{ hello }', { headers: { accept: 'text/event-stream' } }),
    )
    expect(headers['content-type']).toBe('text/event-stream')
    expect(body).toContain('data: {"data":{"hello":"hello world"}}')
  })
})

describe('introspection', () => {
  it('can be switched off, both ways', async () => {
    const app = serverWith({ introspection: false })
    for (const accept of ['*/*', 'application/graphql-response+json']) {
      const { code } = await refusal(app, query('{ __schema { queryType { name } } }', { headers: { accept } }))
      expect(code).toBe('GRAPHQL_VALIDATION_FAILED')
    }
    expect((await app.inject(query('{ __typename }'))).json()).toEqual({ data: { __typename: 'Query' } })
  })
})

describe('an integration', () => {
  it('may look at the schema and read nothing', async () => {
    const app = serverWith()
    const headers = { authorization: 'Bearer integration' }
    expect((await app.inject(query('{ __typename }', { headers }))).json()).toEqual({ data: { __typename: 'Query' } })
    const { status, code } = await refusal(app, query('{ __typename hello }', { headers }))
    expect([status, code]).toEqual([403, 'FORBIDDEN'])
  })
})

describe('CORS', () => {
  const preflight = (origin: string): InjectOptions => ({
    method: 'OPTIONS',
    url: '/graphql',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })

  it('is off unless origins are listed', async () => {
    const app = serverWith()
    for (const request of [
      preflight('https://evil.example'),
      query('{ hello }', { headers: { origin: 'https://evil.example' } }),
    ]) {
      const { headers } = await app.inject(request)
      expect(Object.keys(headers).filter(name => name.startsWith('access-control'))).toEqual([])
    }
    const { statusCode, headers } = await app.inject(preflight('https://evil.example'))
    expect([statusCode, headers.allow]).toEqual([204, 'GET, POST, OPTIONS'])
  })

  it('lets listed origins ask and read, without a key for the question whether they may', async () => {
    const app = serverWith({ corsOrigins: ['https://a.example', 'https://b.example'] })
    const asked = await app.inject(preflight('https://b.example'))
    expect(asked.statusCode).toBe(204)
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': 'https://b.example',
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': 'authorization,content-type',
    })
    expect(asked.headers['access-control-allow-credentials']).toBeUndefined()
    for (const text of ['{ hello }', '{ hello bug }', '{ nope }']) {
      const { headers } = await app.inject(query(text, { headers: { origin: 'https://a.example' } }))
      expect(headers).toMatchObject({
        'access-control-allow-origin': 'https://a.example',
        'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
      })
      expect(headers.vary).toContain('Origin')
    }
    const refused = await app.inject(
      query('{ hello }', { headers: { origin: 'https://a.example', authorization: '' } }),
    )
    expect(refused.statusCode).toBe(401)
    expect(refused.headers['access-control-allow-origin']).toBe('https://a.example')
  })

  it('lets no other origin', async () => {
    const app = serverWith({ corsOrigins: ['https://a.example'] })
    for (const origin of ['https://evil.example', 'https://a.example.evil.example', 'null']) {
      expect((await app.inject(preflight(origin))).headers['access-control-allow-origin']).toBeUndefined()
      expect(
        (await app.inject(query('{ hello }', { headers: { origin } }))).headers['access-control-allow-origin'],
      ).toBeUndefined()
    }
  })
})

describe('a request’s id', () => {
  it('is the caller’s when it is a sane one', async () => {
    const { headers } = await serverWith().inject(query('{ hello }', { headers: { 'x-request-id': 'abc-123' } }))
    expect(headers['x-request-id']).toBe('abc-123')
  })
  it.each(['', 'a b', '<script>', 'x'.repeat(129), 'é'])('is made anew instead of %j', async given => {
    const { headers } = await serverWith().inject(query('{ hello }', { headers: { 'x-request-id': given } }))
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })
  it('is on every answer', async () => {
    const app = serverWith()
    for (const url of ['/health', '/nowhere', '/graphql', '/%zz'])
      expect((await app.inject(url)).headers['x-request-id']).toBeDefined()
  })
})

describe('the log', () => {
  const secret = { authorization: 'Bearer admin', 'x-request-id': 'id-1', 'x-note': 'header-secret' }

  it('has an error whole, with the id of its request, and no secret', async () => {
    const { log, records } = recordingLog('info')
    const app = serverWith({ log })
    const variables = { name: 'variable-secret' }
    const payload = JSON.stringify({ query: 'query ($name: String) { hello(name: $name) bug }', variables })
    for (const accept of ['*/*', 'application/graphql-response+json'])
      await app.inject(query('', { payload, headers: { ...secret, accept } }))
    expect(records).toHaveLength(2)
    for (const record of records) {
      expect(record).toMatchObject({
        requestId: 'id-1',
        path: ['bug'],
        err: { message: 'select password from secret_table' },
      })
      expect(JSON.stringify(record)).not.toMatch(/Bearer|variable-secret|header-secret/)
    }
  })

  it('has nothing of what the caller did wrong', async () => {
    const { log, records } = recordingLog('info')
    const app = serverWith({ log })
    for (const text of ['{', '{ nope }', '{ invalid }', '{ hello }']) await app.inject(query(text))
    expect(records).toEqual([])
  })

  it('has the reason why a JSON web token was refused, and nothing of the token', async () => {
    const { log, records } = recordingLog('info')
    const authenticate = () => Promise.reject(new InvalidTokenError('"exp" claim timestamp check failed'))
    const headers = { authorization: 'Bearer header.claims.signature', 'x-request-id': 'id-1' }
    await serverWith({ log, authenticate }).inject(query('{ hello }', { headers }))
    const reason = '"exp" claim timestamp check failed'
    expect(records).toMatchObject([{ level: 30, msg: 'JSON web token refused', requestId: 'id-1', reason }])
    expect(JSON.stringify(records)).not.toMatch(/header|claims\.|signature/)
  })

  it('has the reason why one ended in a stream of events', async () => {
    const { log, records } = recordingLog('info')
    let asked = 0
    const authenticate = () =>
      ++asked < 3 ? (viewers.admin ?? null) : Promise.reject(new InvalidTokenError('expired'))
    const { body } = await serverWith({ log, authenticate }).inject({
      method: 'POST',
      url: '/siren/v1/events',
      payload: '{"event":"org-created","idempotencyKey":"1"}\n'.repeat(3),
      headers: { authorization: 'Bearer a.b.c', 'content-type': 'application/x-ndjson', 'x-request-id': 'id-1' },
    })
    const statuses = body
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).status)
    expect(statuses).toEqual([200, 401])
    expect(records).toMatchObject([
      { level: 30, msg: 'JSON web token refused', requestId: 'id-1', line: 2, reason: 'expired' },
    ])
  })

  it('has every request at debug, without its query string', async () => {
    const { log, records } = recordingLog('debug')
    await serverWith({ log }).inject({ url: '/graphql?query={hello}&variables={"a":"url-secret"}', headers: secret })
    expect(records).toMatchObject([{ level: 20, requestId: 'id-1', method: 'GET', path: '/graphql', status: 200 }])
    expect(JSON.stringify(records)).not.toMatch(/secret|Bearer/)
  })

  it('has slow requests always', async () => {
    const { log, records } = recordingLog('info')
    await serverWith({ log }).inject(query(`{ slow(milliseconds: ${SLOW + 100}) }`))
    expect(records).toMatchObject([{ level: 40, msg: 'slow request', path: '/graphql', status: 200 }])
  })
})

describe('readiness', () => {
  const { log } = recordingLog()

  it('is asked for as often as anyone likes, and looked at once a second', async () => {
    let looks = 0
    const probe = readiness(async () => (++looks > 0 ? null : ''), { log, hold: 50 })
    const app = serverWith({ readiness: probe })
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.inject('/ready')))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200))
    expect(looks).toBe(1)
    await new Promise(resolve => setTimeout(resolve, 60))
    await app.inject('/ready')
    expect(looks).toBe(2)
  })

  it('says why not, and opens once there is no reason any more', async () => {
    let reason: string | null = 'migrations are pending: 1'
    const app = serverWith({ readiness: readiness(async () => reason, { log, hold: 0 }) })
    expect((await app.inject('/ready')).json()).toEqual({ status: 'unavailable', reason })
    expect((await app.inject('/health')).json()).toEqual({ status: 'ok' })
    const refused = await refusal(app, query('{ hello }'))
    expect(refused).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE', message: `Not ready: ${reason}` })
    reason = null
    expect((await app.inject(query('{ hello }'))).statusCode).toBe(200)
    expect((await app.inject('/ready')).json()).toEqual({ status: 'ready' })
  })

  it('says that the database cannot be reached, and no more', async () => {
    const probe = readiness(() => Promise.reject(new Error('password authentication failed for user "x"')), { log })
    const { statusCode, body } = await serverWith({ readiness: probe }).inject('/ready')
    expect([statusCode, JSON.parse(body).reason]).toEqual([503, 'the database cannot be reached'])
  })

  it('does not wait for a database that hangs', async () => {
    const app = serverWith({ readiness: readiness(() => new Promise(() => {}), { log, timeout: 20 }) })
    expect((await app.inject('/ready')).statusCode).toBe(503)
  })
})

describe('stopping', () => {
  const started = async () => {
    const app = serverWith()
    return { app, origin: await app.listen({ port: 0, host: '127.0.0.1' }) }
  }
  const ask = (origin: string, text: string) =>
    fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
      body: JSON.stringify({ query: text }),
    })

  it('finishes what is in flight, and accepts nothing new', async () => {
    const { app, origin } = await started()
    await (await ask(origin, '{ hello }')).text() // leaves an idle connection behind
    const slow = ask(origin, '{ slow(milliseconds: 300) }')
    await new Promise(resolve => setTimeout(resolve, 100))
    const stopped = stopServer(app, 5000)
    await new Promise(resolve => setTimeout(resolve, 50))
    await expect(ask(origin, '{ hello }')).rejects.toThrow()
    expect(await (await slow).json()).toEqual({ data: { slow: 'done' } })
    await stopped
  })

  it('cuts what takes too long', async () => {
    const { app, origin } = await started()
    const slow = ask(origin, '{ slow(milliseconds: 3000) }')
    slow.catch(() => {})
    await new Promise(resolve => setTimeout(resolve, 100))
    await stopServer(app, 100)
    await expect(slow).rejects.toThrow()
  })
})

describe('the first page', () => {
  it('says where to go, in the demo', async () => {
    const { headers, body } = await serverWith({ welcome: true }).inject({
      url: '/',
      headers: { host: 'demo.example:81' },
    })
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-security-policy']).toContain(`default-src 'none'`)
    expect(body).toContain('curl -s http://demo.example:81/graphql')
    for (const key of ['sk_demo_admin', 'sk_demo_collaborator', 'sk_demo_integration']) expect(body).toContain(key)
  })
  it('repeats no host that is none', async () => {
    const { body } = await serverWith({ welcome: true }).inject({
      url: '/',
      headers: { host: '<script>alert(1)</script>' },
    })
    expect(body).not.toContain('<script>')
  })
  it('is not there otherwise', async () => {
    expect((await refusal(serverWith(), { url: '/' })).status).toBe(404)
  })
})
