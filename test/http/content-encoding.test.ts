import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { InjectOptions } from 'fastify'
import { describe, expect, it } from 'vitest'
import type { Delivery } from '../../src/events/ingest.ts'
import { alwaysReady, sampleServer } from './sample.ts'

/** The endpoints that take bodies, and what each is told. */
const ENDPOINTS: readonly [url: string, type: string, body: string][] = [
  ['/graphql', 'application/json', '{"query":"{ hello }"}'],
  ['/siren/v1/event/site-visited', 'application/json', '{"collaboratorId":1}'],
  ['/siren/v1/events', 'application/x-ndjson', '{"event":"site-visited","data":{"collaboratorId":1}}\n'],
  ['/siren/v1/setup', 'application/json', '{"organization":{"name":"Acme"}}'],
]

const serverWith = (options: Parameters<typeof sampleServer>[0] = {}) => {
  const taken: unknown[] = []
  const app = sampleServer({
    readiness: alwaysReady,
    ingest: async (delivery: Delivery) => {
      taken.push(delivery.payload)
      return { opportunityId: 7 }
    },
    setup: async document => {
      taken.push(document)
      return {}
    },
    ...options,
  })
  return { app, taken }
}
const post = (url: string, type: string, payload: Buffer | string, headers = {}): InjectOptions => ({
  method: 'POST',
  url,
  payload,
  headers: { authorization: 'Bearer admin', 'idempotency-key': 'k', 'content-type': type, ...headers },
})
/** What an answer says is wrong, in whatever shape, a line of a stream included. */
const messageOf = (body: string): string => JSON.parse(body.replace(/"errors":\[(.*)\]/, '"error":$1')).error.message

describe.each(ENDPOINTS)('a body for %s', (url, type, body) => {
  it.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['identity', (plain: string) => plain],
  ])('may be compressed: %s', async (encoding, compress) => {
    const { app, taken } = serverWith()
    const { statusCode, body: answered } = await app.inject(
      post(url, type, compress(body), { 'content-encoding': encoding }),
    )
    expect(statusCode).toBe(200)
    expect(answered).not.toMatch(/error/)
    if (url === '/graphql') expect(JSON.parse(answered)).toEqual({ data: { hello: 'hello world' } })
    else expect(taken).toHaveLength(1)
  })

  it.each(['br', 'zstd', 'gzip, gzip', 'x', ''])(
    'is refused in another encoding, %j, with those understood',
    async encoding => {
      const { app } = serverWith()
      const request = post(url, type, brotliCompressSync(body), { 'content-encoding': encoding })
      const { statusCode, headers, body: answered } = await app.inject(request)
      expect([statusCode, headers['accept-encoding']]).toEqual([415, 'gzip, deflate'])
      expect(messageOf(answered)).toBe('Expected a Content-Encoding of gzip or deflate, or none')
    },
  )

  it.each([
    ['not compressed', (packed: Buffer) => Buffer.from(body + packed.length)],
    ['cut off', (packed: Buffer) => packed.subarray(0, -10)],
    ['changed', (packed: Buffer) => Buffer.concat([packed.subarray(0, -6), Buffer.from('??'), packed.subarray(-4)])],
  ])('is refused when it cannot be unpacked: %s', async (_, spoil) => {
    const { app } = serverWith()
    const request = post(url, type, spoil(gzipSync(body)), { 'content-encoding': 'gzip' })
    const { statusCode, body: answered } = await app.inject(request)
    const last = answered.trim().split('\n').at(-1) ?? ''
    expect(url === '/siren/v1/events' ? JSON.parse(last).status : statusCode).toBe(400)
    expect(messageOf(last)).toBe('Expected a body that can be unpacked as its Content-Encoding says')
  })

  it('has its limit hold for what it unpacks to', async () => {
    const { app } = serverWith({ bodyLimit: 1024 ** 2 })
    const bomb = gzipSync(Buffer.alloc(50 * 1024 ** 2, ' '))
    expect(bomb.length).toBeLessThan(1024 ** 2)
    const { statusCode, body: answered } = await app.inject(post(url, type, bomb, { 'content-encoding': 'gzip' }))
    expect(url === '/siren/v1/events' ? JSON.parse(answered).status : statusCode).toBe(413)
  })

  it('may be called in any case, and in UTF-8 alone', async () => {
    const { app } = serverWith()
    for (const same of [type.toUpperCase(), `${type}; charset=UTF-8`, `${type};Charset="utf-8"`]) {
      const { statusCode, body: answered } = await app.inject(post(url, same, body))
      expect([same, statusCode]).toEqual([same, 200])
      expect(answered).not.toMatch(/error/)
    }
    for (const charset of ['latin1', 'utf-16', '"iso-8859-1"']) {
      const { statusCode, body: answered } = await app.inject(post(url, `${type}; charset=${charset}`, body))
      expect(statusCode).toBe(415)
      expect(messageOf(answered)).toBe('Expected a body in UTF-8, received another charset')
    }
  })

  it('is refused in the same words when it is not UTF-8, or not JSON', async () => {
    const { app } = serverWith()
    const what = url === '/siren/v1/events' ? 'a line' : 'a body'
    for (const [payload, message] of [
      [Buffer.from(body.replace('o', 'é'), 'latin1'), `Expected ${what} in UTF-8`],
      [`${body.trim().slice(0, -1)}\n`, `Expected ${what} that is JSON`],
    ] as const) {
      const { statusCode, body: answered } = await app.inject(post(url, type, payload))
      expect(url === '/siren/v1/events' ? JSON.parse(answered).status : statusCode).toBe(400)
      expect(messageOf(answered)).toBe(message)
    }
  })

  it('is refused in another type, which is named', async () => {
    const { app } = serverWith()
    const { statusCode, body: answered } = await app.inject(post(url, 'text/plain', body))
    expect([statusCode, messageOf(answered)]).toEqual([415, `Expected a body of type ${type}`])
  })

  it('may be sent to the path with a slash behind it', async () => {
    const { app } = serverWith()
    const { statusCode, body: answered } = await app.inject(post(`${url}/`, type, body))
    expect(statusCode).toBe(200)
    expect(answered).not.toMatch(/error/)
  })
})
