import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createGzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { EXPOSED_HEADERS } from '../../src/http/cors.ts'
import type { ServerOptions } from '../../src/http/server.ts'
import { stopServer } from '../../src/http/server.ts'
import { testDatabase } from '../support/database.ts'
import { authorizationOf, testGateway } from '../support/gateway.ts'
import { insertOrganization } from '../support/rows.ts'
import { eventWorld, newSale, SECRET } from './event-world.ts'
import { recordingLog } from './sample.ts'
import { listening, openStream } from './stream-client.ts'

const { sql } = await testDatabase()
const worldWith = (options: Partial<ServerOptions> = {}) => eventWorld(sql, options)
type World = Awaited<ReturnType<typeof worldWith>>

const NDJSON = { 'content-type': 'application/x-ndjson' }
const visit = (collaboratorId: number) => ({ event: 'site-visited', data: { collaboratorId } })
const keyed = (collaboratorId: number) => ({ ...visit(collaboratorId), idempotencyKey: `visit-${collaboratorId}` })

/** Sends lines, objects as JSON, and answers the results. */
const stream = async (
  { send }: World,
  as: Viewer,
  lines: readonly (object | string)[],
  headers: Record<string, string> = {},
) => {
  const text = lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  const answer = await send(as, 'POST', '/siren/v1/events', text, { ...NDJSON, ...headers })
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson; charset=utf-8'])
  return answer.text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

describe('a stream of events', () => {
  it('is answered line by line, in order', async () => {
    const world = await worldWith()
    const sale = newSale()
    const results = await stream(world, world.administrator, [
      keyed(1),
      { event: 'sale', data: sale },
      { event: 'sale', data: { ...sale, total: 11 } },
      { event: 'org-created' },
      keyed(2),
    ])
    expect(results).toEqual([
      { line: 1, status: 200, opportunityId: 15 },
      { line: 2, status: 200, opportunityId: 16 },
      { line: 3, status: 409, error: { message: expect.any(String), code: 'CONFLICT', data: {} } },
      { line: 4, status: 200 },
      { line: 5, status: 200, opportunityId: 15 },
    ])
    expect(world.heard).toEqual(['visit 1', `sale ${sale.externalId}`, 'visit 2'])
    expect(await world.taken()).toHaveLength(4)
  })

  it('goes on with the opportunity that a line names', async () => {
    const world = await worldWith()
    const results = await stream(world, world.integration, [{ ...keyed(1), opportunityId: 99 }])
    expect(results).toEqual([{ line: 1, status: 200, opportunityId: 99 }])
  })

  it('may have blank lines, which count, Windows’ line ends, a mark of its order, and no end to its last line', async () => {
    const world = await worldWith()
    const lines = [`\uFEFF${JSON.stringify(keyed(1))}\r`, '', ' \t\r', `${JSON.stringify(keyed(2))}\r`, '', keyed(3)]
    const results = await stream(world, world.integration, lines)
    expect(results.map(({ line, status }) => [line, status])).toEqual([
      [1, 200],
      [4, 200],
      [6, 200],
    ])
  })

  it.each(['', '\n', '\r\n\n  '])('may be empty: %j', async text => {
    const world = await worldWith()
    expect(await stream(world, world.integration, [text])).toEqual([])
  })

  it.each(['application/x-ndjson; charset=utf-8', 'application/ndjson', 'application/jsonl'])(
    'comes as %s',
    async type => {
      const world = await worldWith()
      expect(await stream(world, world.integration, [keyed(1)], { 'content-type': type })).toMatchObject([
        { status: 200 },
      ])
    },
  )

  it('has results before it has ended', async () => {
    const world = await worldWith()
    const { line, result, sending } = openStream(await listening(world.app), world.integration)
    for (let id = 1; id <= 3; id++) {
      line('site-visited', { collaboratorId: id }, { idempotencyKey: `${id}` })
      expect(await result()).toEqual({ line: id, status: 200, opportunityId: 15 })
    }
    sending.end()
    expect(await result()).toBeUndefined()
  })

  it('comes in pieces of any size', async () => {
    const world = await worldWith()
    const { sending, result } = openStream(await listening(world.app), world.integration)
    const bytes = Buffer.from(
      `${JSON.stringify({ ...keyed(1), data: { collaboratorId: 1, userId: 'é😀' } })}\n${JSON.stringify(keyed(2))}`,
    )
    for (const byte of bytes) {
      sending.write(Buffer.of(byte))
      await new Promise(setImmediate)
    }
    sending.end()
    expect([await result(), await result(), await result()]).toEqual([
      { line: 1, status: 200, opportunityId: 15 },
      { line: 2, status: 200, opportunityId: 15 },
      undefined,
    ])
    expect(world.heard).toEqual(['visit 1', 'visit 2'])
  })
})

describe('a line that is sent again', () => {
  const repeatable = () => [
    keyed(1),
    { event: 'sale', data: newSale() },
    { event: 'lead', data: { source: 'crm', externalId: randomUUID() } },
  ]

  it('has one effect and the same result, by its own key or the event’s own name', async () => {
    const world = await worldWith()
    const lines = repeatable()
    const first = await stream(world, world.integration, lines)
    expect(first.map(({ status }) => status)).toEqual([200, 200, 200])
    for (let i = 0; i < 2; i++) expect(await stream(world, world.integration, lines)).toEqual(first)
    expect(world.heard).toHaveLength(3)
    expect(await world.taken()).toHaveLength(3)
  })

  it('has one effect by the key of the whole stream and its place', async () => {
    const world = await worldWith()
    const lines = [visit(1), '', visit(1), keyed(3), { event: 'sale', data: newSale() }]
    const headers = { 'idempotency-key': 'batch' }
    const first = await stream(world, world.integration, lines.slice(0, 3), headers)
    expect(first.map(({ line, status }) => [line, status])).toEqual([
      [1, 200],
      [3, 200],
    ])
    const again = await stream(world, world.integration, lines, headers)
    expect(again.slice(0, 2)).toEqual(first)
    expect(world.heard).toHaveLength(4)
    const [, , , sale] = await world.taken()
    expect((await world.taken()).slice(0, 3)).toEqual([
      'site-visited batch:1',
      'site-visited batch:3',
      'site-visited visit-3',
    ])
    expect(sale).toMatch(/^sale /)
    const [other] = await stream(world, world.integration, [visit(2)], headers)
    expect([other.status, other.error.code]).toEqual([409, 'CONFLICT'])
  })

  it('is refused when nothing would make it one', async () => {
    const world = await worldWith()
    const results = await stream(world, world.administrator, [visit(1), { event: 'lead', data: { source: 'crm' } }])
    for (const { status, error } of results) {
      expect([status, error.code]).toEqual([422, 'VALIDATION_FAILED'])
      expect(error.data.idempotencyKey[0]).toContain('Idempotency-Key')
    }
    expect([results.length, world.heard, await world.taken()]).toEqual([2, [], []])
  })

  it('has one effect when the stream comes many times at once', async () => {
    const world = await worldWith()
    const lines = repeatable()
    const all = await Promise.all(Array.from({ length: 8 }, () => stream(world, world.integration, lines)))
    for (const results of all) expect(results).toEqual(all[0])
    expect(world.heard).toHaveLength(3)
  })

  it('has one effect when the connection broke wherever', async () => {
    const world = await worldWith()
    const origin = await listening(world.app)
    const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify(visit(i + 1)))
    const text = `${lines.join('\n')}\n`
    for (const cut of [30, 300, 777, text.length]) {
      const { sending, result } = openStream(origin, world.integration, { 'idempotency-key': 'broken' })
      sending.write(text.slice(0, cut))
      const whole = text.slice(0, cut).split('\n').length - 1
      for (let n = 1; n <= whole; n++) expect(await result()).toMatchObject({ line: n, status: 200 })
      sending.destroy()
    }
    expect(world.heard).toEqual(lines.map((_, i) => `visit ${i + 1}`))
    expect(await world.taken()).toHaveLength(20)
  })

  it('is answered line by line when it is compressed, and without half a line when it breaks', async () => {
    const world = await worldWith()
    const origin = await listening(world.app)
    const { sending, result } = openStream(origin, world.integration, { 'content-encoding': 'gzip' })
    const packed = createGzip()
    packed.pipe(sending)
    const send = (text: string) => new Promise<void>(resolve => packed.write(text, () => packed.flush(resolve)))
    for (const n of [1, 2]) {
      await send(`${JSON.stringify(keyed(n))}\n`)
      expect(await result()).toMatchObject({ line: n, status: 200 })
    }
    await send(JSON.stringify(keyed(3)))
    packed.unpipe(sending)
    sending.end()
    const error = { code: 'BAD_REQUEST', data: {}, message: expect.stringContaining('unpacked') }
    expect(await result()).toEqual({ line: 3, status: 400, error })
    expect(await result()).toBeUndefined()
    expect(await world.taken()).toHaveLength(2)
  })
})

describe('a refused line', () => {
  const any = expect.anything()
  type Refused = [
    what: string,
    line: object | string,
    status: number,
    code: string,
    fields?: Record<string, unknown>,
    as?: 'administrator' | 'integration',
  ]
  const sale = newSale()
  const invalid = 'VALIDATION_FAILED'
  const nested = (begin: string, end: string) => `${begin.repeat(8000)}1${end.repeat(8000)}`
  const visitWith = (userId: string) => `{"event":"site-visited","idempotencyKey":"k","data":{"userId":${userId}}}`
  const future = new Date(Date.now() + 86_400_000).toISOString()
  it.each<Refused>([
    ['broken JSON', '{"event": "sale', 400, 'BAD_REQUEST'],
    ['two documents', '{} {}', 400, 'BAD_REQUEST'],
    ['no JSON', 'hello', 400, 'BAD_REQUEST'],
    ['a NUL byte', '\0', 400, 'BAD_REQUEST'],
    ['very deep lists', '['.repeat(30_000), 400, 'BAD_REQUEST'],
    ['a prototype', '{"event":"sale","__proto__":{}}', 422, invalid, {}],
    ['what only a prototype says', '{"__proto__":{"event":"sale"}}', 422, invalid, { event: any }],
    ['data of a prototype', '{"event":"sale","data":{"__proto__":{"source":"a"}}}', 422, invalid, { source: any }],
    ['many levels', nested('[', ']'), 422, invalid, { '': any }],
    ['many levels of data', visitWith(nested('[', ']')), 422, invalid, { 'userId.0.0': any }],
    [
      'many levels of a sale',
      `{"event":"sale","data":{"source":${nested('{"a":', '}')}}}`,
      422,
      invalid,
      { 'source.a.a': any },
    ],
    [
      'many levels of an unknown event',
      `{"event":"none","data":{"a":${nested('{"a":', '}')}}}`,
      422,
      invalid,
      { 'a.a.a': any },
    ],
    ['null', 'null', 422, invalid, { '': ['Expected a JSON object'] }],
    ['a list', '[]', 422, invalid, { '': ['Expected a JSON object'] }],
    ['a text', '"sale"', 422, invalid, { '': any }],
    ['a number', '1', 422, invalid, { '': any }],
    ['nothing', '{}', 422, invalid, { event: any }],
    ['a slug that is a number', { event: 1, data: {} }, 422, invalid, { event: any }],
    ['a name that nobody knows', { ...keyed(1), idempotencykey: 'x' }, 422, invalid, { idempotencykey: any }],
    ['a prototype’s name', { ...keyed(1), constructor: 1 }, 422, invalid, { constructor: any }],
    ['an unknown slug', { event: 'sales', data: sale }, 404, 'NOT_FOUND'],
    ['a prototype’s slug', { event: 'constructor', data: sale }, 404, 'NOT_FOUND'],
    ['a slug with a NUL', { event: 'sale\0', data: sale }, 404, 'NOT_FOUND'],
    ['data that is a list', { event: 'sale', data: [] }, 422, invalid, { '': any }],
    ['data that is null', { event: 'sale', data: null }, 422, invalid, { '': any }],
    ['no data', { event: 'sale' }, 422, invalid, { source: any, total: any }],
    ['a NUL', { event: 'sale', data: { ...sale, source: '\0' } }, 422, invalid, { source: any }],
    ['half a character', '{"event":"sale","data":{"source":"\\udc00"}}', 422, invalid, { source: any }],
    ['an opportunity that is a text', { ...keyed(1), opportunityId: '1' }, 422, invalid, { opportunityId: any }],
    ['an opportunity below all', { ...keyed(1), opportunityId: 0 }, 422, invalid, { opportunityId: any }],
    ['an opportunity in parts', { ...keyed(1), opportunityId: 1.5 }, 422, invalid, { opportunityId: any }],
    ['an opportunity beyond all', { ...keyed(1), opportunityId: 2 ** 53 }, 422, invalid, { opportunityId: any }],
    ['an empty key', { ...keyed(1), idempotencyKey: '' }, 422, invalid, { idempotencyKey: any }],
    ['a key with a NUL', { ...keyed(1), idempotencyKey: 'a\0' }, 422, invalid, { idempotencyKey: any }],
    ['a long key', { ...keyed(1), idempotencyKey: 'x'.repeat(256) }, 422, invalid, { idempotencyKey: any }],
    ['a key that is a number', { ...keyed(1), idempotencyKey: 1 }, 422, invalid, { idempotencyKey: any }],
    ['no key', visit(1), 422, invalid, { idempotencyKey: any }],
    ['a time to come', { ...keyed(1), occurredAt: future }, 422, invalid, { occurredAt: any }],
    ['a time before all', { ...keyed(1), occurredAt: '0000-01-01T00:00:00Z' }, 422, invalid, { occurredAt: any }],
    ['a day that is none', { ...keyed(1), occurredAt: '2026-02-30T00:00:00Z' }, 422, invalid, { occurredAt: any }],
    ['a time anywhere', { ...keyed(1), occurredAt: '2026-01-01T00:00:00' }, 422, invalid, { occurredAt: any }],
    ['a time that is a number', { ...keyed(1), occurredAt: 0 }, 422, invalid, { occurredAt: any }],
    ['an integration’s time', { ...keyed(1), occurredAt: '2026-01-01T00:00:00Z' }, 403, 'FORBIDDEN', {}, 'integration'],
    [
      'an integration’s payout',
      { event: 'payout-paid', data: { payoutId: 1 }, idempotencyKey: 'p' },
      403,
      'FORBIDDEN',
      {},
      'integration',
    ],
  ])(
    'leaves nothing, and the next one is taken in: %s',
    async (_, line, status, code, fields, as = 'administrator') => {
      const world = await worldWith()
      const results = await stream(world, world[as], [line, keyed(7)])
      expect(results).toEqual([
        {
          line: 1,
          status,
          error: {
            message: expect.any(String),
            code,
            data: fields === undefined ? {} : expect.objectContaining(fields),
          },
        },
        { line: 2, status: 200, opportunityId: 15 },
      ])
      expect(await world.taken()).toEqual(['site-visited visit-7'])
    },
  )

  it('is told of its opportunity by the name that it has in a line', async () => {
    const world = testGateway({ sql })
    const viewer: Viewer = { role: 'integration', organizationId: await insertOrganization(sql) }
    const line = JSON.stringify({ event: 'sale', data: newSale(), opportunityId: 99 })
    const { text } = await world.send(viewer, 'POST', '/siren/v1/events', line, NDJSON)
    const message = 'Expected the id of an opportunity, received 99, which does not exist'
    expect(JSON.parse(text)).toEqual({
      line: 1,
      status: 422,
      error: {
        message: `opportunityId: ${message}`,
        code: 'VALIDATION_FAILED',
        data: { opportunityId: [message] },
      },
    })
  })

  it('is no text', async () => {
    const world = await worldWith()
    const text = Buffer.concat([Buffer.from('{"event":"\xff"}\n', 'latin1'), Buffer.from(JSON.stringify(keyed(1)))])
    const answer = await world.send(world.integration, 'POST', '/siren/v1/events', text, NDJSON)
    expect(
      answer.text
        .split('\n')
        .slice(0, 2)
        .map(result => JSON.parse(result).status),
    ).toEqual([400, 200])
  })

  it('is longer than a body may be, and is not kept', async () => {
    const world = await worldWith({ bodyLimit: 200 })
    const long = JSON.stringify({ ...keyed(1), data: { collaboratorId: 1, note: 'x'.repeat(1_000_000) } })
    const results = await stream(world, world.integration, [
      long,
      keyed(2),
      'x'.repeat(201),
      ' '.repeat(201),
      'x'.repeat(200),
    ])
    expect(results.map(({ line, status }) => [line, status])).toEqual([
      [1, 413],
      [2, 200],
      [3, 413],
      [4, 413],
      [5, 400],
    ])
    expect(results[0].error.message).toBe('Expected a line of at most 200 bytes')
  })

  it('met a bug, of which it says nothing', async () => {
    const { log, records } = recordingLog()
    const world = await worldWith({ log })
    const lead = { event: 'lead', data: { source: 'crm', userId: 'bug' }, idempotencyKey: 'k' }
    const results = await stream(world, world.integration, ['', lead, keyed(1)], { 'x-request-id': 'id-1' })
    expect(results).toMatchObject([
      { line: 2, status: 500, error: { message: 'Internal server error', code: 'INTERNAL_SERVER_ERROR', data: {} } },
      { line: 3, status: 200 },
    ])
    expect(records).toMatchObject([{ requestId: 'id-1', line: 2, err: { message: SECRET } }])
  })
})

describe('a long stream', () => {
  const LINES = 400
  const sent = Array.from({ length: LINES }, (_, i) => JSON.stringify(keyed(i + 1))).join('\n')

  it('lets others be answered in between', async () => {
    const world = await worldWith()
    const origin = await listening(world.app)
    const { sending, result } = openStream(origin, world.integration)
    sending.end(sent)
    await result()
    for (let i = 0; i < 3; i++) expect((await fetch(`${origin}/health`)).status).toBe(200)
    expect(world.heard.length).toBeLessThan(LINES)
    for (let line = 2; line <= LINES; line++) expect(await result()).toMatchObject({ line, status: 200 })
    expect(await result()).toBeUndefined()
  })

  it('ends after the line in flight when the server stops, with all that was answered taken in', async () => {
    const world = await worldWith()
    const { sending, result } = openStream(await listening(world.app), world.integration)
    sending.end(sent)
    await result()
    const stopped = stopServer(world.app, 30_000)
    let answered = 1
    while ((await result()) !== undefined) answered++
    await stopped
    expect(answered).toBeLessThan(LINES)
    expect(await world.taken()).toEqual(Array.from({ length: answered }, (_, i) => `site-visited visit-${i + 1}`))
  })
})

describe('a stream ends', () => {
  it('with the line that the database could not take, so that nothing overtakes it', async () => {
    const { log } = recordingLog()
    const world = await worldWith({ log })
    const lead = { event: 'lead', data: { source: 'crm', userId: 'unavailable' }, idempotencyKey: 'k' }
    const results = await stream(world, world.integration, [keyed(1), lead, keyed(2)])
    expect(results.map(({ line, status }) => [line, status])).toEqual([
      [1, 200],
      [2, 503],
    ])
    expect(await world.taken()).toEqual(['site-visited visit-1'])
  })

  it('after the line in flight when the server stops', async () => {
    let release = () => {}
    const begun = new Promise<void>(resolve => {
      release = resolve
    })
    let answer = () => {}
    const held = new Promise<void>(resolve => {
      answer = resolve
    })
    const world = await worldWith({
      ingest: async ({ slug }) => {
        if (slug === 'sale') {
          release()
          await held
        }
        return { opportunityId: 3 }
      },
    })
    const { line, result } = openStream(await listening(world.app), world.integration)
    line('site-visited', {}, { idempotencyKey: 'k' })
    line('sale', {}, { idempotencyKey: 'l' })
    line('site-visited', {}, { idempotencyKey: 'm' })
    await begun
    const stopped = stopServer(world.app, 30_000)
    await new Promise(setImmediate)
    answer()
    expect(await result()).toEqual({ line: 1, status: 200, opportunityId: 3 })
    expect(await result()).toEqual({ line: 2, status: 200, opportunityId: 3 })
    expect(await result()).toBeUndefined()
    await stopped
  })

  it('when the server stops while it says nothing', async () => {
    const world = await worldWith()
    const { line, result } = openStream(await listening(world.app), world.integration)
    line('site-visited', { collaboratorId: 1 }, { idempotencyKey: 'k' })
    expect(await result()).toMatchObject({ line: 1, status: 200 })
    const stopped = stopServer(world.app, 30_000)
    expect(await result()).toBeUndefined()
    await stopped
  })

  it('with its sender, after the line in flight, and without half a line', async () => {
    const { log, records } = recordingLog('warn')
    const ingested: string[] = []
    let begin = () => {}
    const begun = new Promise<void>(resolve => {
      begin = resolve
    })
    let finish = () => {}
    const finished = new Promise<void>(resolve => {
      finish = resolve
    })
    const world = await worldWith({
      log,
      ingest: async ({ idempotencyKey }) => {
        begin()
        await finished
        ingested.push(`${idempotencyKey}`)
        return { opportunityId: null }
      },
    })
    const { line, sending } = openStream(await listening(world.app), world.integration)
    line('site-visited', {}, { idempotencyKey: 'in-flight' })
    line('site-visited', {}, { idempotencyKey: 'next' })
    sending.write(JSON.stringify({ event: 'site-visited', data: {}, idempotencyKey: 'last' }))
    await begun
    const gone = new Promise(resolve => world.app.server.once('connection', resolve))
    sending.destroy()
    // another connection is accepted after the loss of the first was noticed
    const probe = connect(Number(new URL(await addressOf(world)).port), '127.0.0.1')
    await gone
    probe.destroy()
    await new Promise(setImmediate)
    finish()
    await stopServer(world.app, 30_000)
    expect(ingested[0]).toBe('in-flight')
    expect(ingested).not.toContain('last')
    expect(records).toEqual([])
  })
})

const addressOf = async ({ app }: World): Promise<string> => {
  const { port } = app.server.address() as { port: number }
  return `http://127.0.0.1:${port}`
}

describe('a stream is refused as a whole', () => {
  it.each<[string, 'collaborator' | null | string, string, Record<string, string>, number, string]>([
    ['without a key', null, '', {}, 401, 'UNAUTHENTICATED'],
    ['with an unknown key', 'sk_live_x', '', {}, 401, 'UNAUTHENTICATED'],
    ['of a collaborator', 'collaborator', '', {}, 403, 'FORBIDDEN'],
    ['that is JSON', 'sk_demo', '', { 'content-type': 'application/json' }, 415, 'BAD_REQUEST'],
    ['that is text', 'sk_demo', '', { 'content-type': 'text/plain' }, 415, 'BAD_REQUEST'],
    ['in another charset', 'sk_demo', '', { 'content-type': 'application/jsonl; charset=latin1' }, 415, 'BAD_REQUEST'],
    ['that is compressed', 'sk_demo', '', { 'content-encoding': 'br' }, 415, 'BAD_REQUEST'],
    ['with a bad key for it', 'sk_demo', '', { 'idempotency-key': '' }, 422, 'VALIDATION_FAILED'],
    ['with one opportunity', 'sk_demo', '', { 'x-siren-oid': '1' }, 422, 'VALIDATION_FAILED'],
  ])('%s', async (_, as, _text, headers, status, code) => {
    const world = await worldWith()
    const viewer = as === 'collaborator' ? world.collaborator : as === 'sk_demo' ? world.integration : as
    const text = JSON.stringify(keyed(1))
    const { body, ...answer } = await world.send(viewer, 'POST', '/siren/v1/events', text, { ...NDJSON, ...headers })
    expect([answer.status, body.error.code]).toEqual([status, code])
    expect(answer.headers['access-control-expose-headers']).toBe(EXPOSED_HEADERS.join(', '))
    expect(await world.taken()).toEqual([])
  })

  it('while the gateway is not ready', async () => {
    const world = await worldWith({ readiness: { opened: false, reason: async () => 'not yet' } })
    const { status, body } = await world.send(world.integration, 'POST', '/siren/v1/events', '{}', NDJSON)
    expect([status, body.error.code]).toEqual([503, 'SERVICE_UNAVAILABLE'])
  })
})

describe('time', () => {
  it('happens to an event when an administrator says', async () => {
    const times: (Date | undefined)[] = []
    const world = await worldWith({
      ingest: async ({ occurredAt }) => {
        times.push(occurredAt)
        return { opportunityId: null }
      },
    })
    await stream(world, world.administrator, [{ ...keyed(1), occurredAt: '2026-01-31T12:00:00.5+02:00' }, keyed(2)])
    expect(times).toEqual([new Date('2026-01-31T10:00:00.500Z'), undefined])
  })

  /** What a server answers to bytes after which nothing comes, until it ends the connection. */
  const answerTo = async (world: World, head: string): Promise<string> => {
    const socket = connect(Number(new URL(await listening(world.app)).port), '127.0.0.1')
    socket.write(head)
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', () => {})
    await once(socket, 'close')
    return text
  }
  const head = (path: string, authorization: string, type: string) =>
    `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: ${type}\r\ncontent-length: 1000\r\n\r\n{`

  it.each([
    ['an event', '/siren/v1/event/sale', '"code":"BAD_REQUEST"'],
    ['a query', '/graphql', '"extensions":{"code":"BAD_REQUEST"}'],
  ])('is up for %s that does not arrive', async (_, path, body) => {
    const world = await worldWith({ arrivalTimeout: 50 })
    const text = await answerTo(world, head(path, authorizationOf(world.integration), 'application/json'))
    expect(text).toMatch(/^HTTP\/1.1 408 /)
    expect(text).toContain(body)
  })

  it.each(['/siren/v1/events', '/siren/v1/event/sale', '/graphql', '/nowhere', '/%zz'])(
    'is up for a body that nobody wants, after its answer: %s',
    async path => {
      const world = await worldWith({ arrivalTimeout: 50 })
      expect(await answerTo(world, head(path, 'nobody', 'application/x-ndjson'))).toMatch(/^HTTP\/1.1 40[014] /)
    },
  )

  it('is up for a stream that falls silent', async () => {
    const world = await worldWith({ arrivalTimeout: 50 })
    const { line, sending } = openStream(await listening(world.app), world.integration)
    line('site-visited', { collaboratorId: 1 }, { idempotencyKey: 'k' })
    await once(sending, 'close')
  })

  it('is not up for a stream while its line is taken in', async () => {
    const world = await worldWith({
      arrivalTimeout: 50,
      ingest: async () => {
        await once(world.app.server, 'timeout')
        return { opportunityId: null }
      },
    })
    const { line, result } = openStream(await listening(world.app), world.integration)
    line('site-visited', {}, { idempotencyKey: 'k' })
    line('site-visited', {}, { idempotencyKey: 'l' })
    expect(await result()).toEqual({ line: 1, status: 200 })
    expect(await result()).toEqual({ line: 2, status: 200 })
  })
})
