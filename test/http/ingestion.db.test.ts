import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EXPOSED_HEADERS } from '../../src/http/cors.ts'
import type { ServerOptions } from '../../src/http/server.ts'
import { testDatabase } from '../support/database.ts'
import { eventWorld, newSale, SECRET } from './event-world.ts'
import { recordingLog } from './sample.ts'

const { sql } = await testDatabase()
const worldWith = (options: Partial<ServerOptions> = {}) => eventWorld(sql, options)

const url = (slug: string) => `/siren/v1/event/${slug}`
const visit = { collaboratorId: 1 }

describe('an event', () => {
  it('is answered with its opportunity and nothing else', async () => {
    const { send, integration, taken } = await worldWith()
    const { status, headers, text } = await send(integration, 'POST', url('site-visited'), visit)
    expect([status, text]).toEqual([200, ''])
    expect(headers).toMatchObject({
      'x-siren-oid': '15',
      'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
      'content-length': '0',
    })
    expect(headers['content-type']).toBeUndefined()
    expect(await taken()).toEqual(['site-visited'])
  })

  it('has no header when it has no opportunity', async () => {
    const { send, integration } = await worldWith()
    const { status, headers } = await send(integration, 'POST', url('lead'), { source: 'crm' })
    expect(status).toBe(200)
    expect(headers).not.toHaveProperty('x-siren-oid')
    expect(headers['access-control-expose-headers']).toBe(EXPOSED_HEADERS.join(', '))
  })

  it('continues the opportunity that the header names', async () => {
    const { send, integration } = await worldWith()
    const { headers } = await send(integration, 'POST', url('site-visited'), visit, { 'x-siren-oid': '77' })
    expect(headers['x-siren-oid']).toBe('77')
  })

  it.each<[string, unknown, Record<string, string>]>([
    ['an empty object', {}, {}],
    ['PHP’s empty array', [], {}],
    ['no body', undefined, {}],
    ['an empty body', '', {}],
    ['an empty body without a type', undefined, { 'content-length': '0' }],
  ])('that says nothing more may come with %s', async (_, payload, headers) => {
    const { send, administrator, taken } = await worldWith()
    expect((await send(administrator, 'POST', url('org-created'), payload, headers)).status).toBe(200)
    expect(await taken()).toEqual(['org-created organization'])
  })

  it.each<[string, unknown]>([
    ['PHP’s empty array', []],
    ['no body', undefined],
    ['an empty body', ''],
    ['null', 'null'],
  ])('that would pay everybody does not come with %s', async (_, payload) => {
    const { send, administrator, taken } = await worldWith()
    const generate = (body: unknown) => send(administrator, 'POST', url('fulfillment-generated'), body)
    const { status, body } = await generate(payload)
    expect([status, body.error.data['']]).toEqual([422, [expect.stringContaining('{} to pay all that are pending')]])
    expect(await taken()).toEqual([])
    expect((await generate({})).status).toBe(200)
  })

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"'])(
    'comes as %s',
    async type => {
      const { send, integration } = await worldWith()
      expect((await send(integration, 'POST', url('site-visited'), visit, { 'content-type': type })).status).toBe(200)
    },
  )

  it.each([
    ['a name of every object', '"__proto__":{"collaboratorId":2},"constructor":{"prototype":{"found":1}}'],
    ['as many levels as there may be', `"note":${'['.repeat(30)}${']'.repeat(30)}`],
  ])('may keep what nobody knows in its metadata: %s', async (_, unknown) => {
    const { send, integration, heard } = await worldWith()
    const payload = `{"collaboratorId":1,"metadata":{${unknown}}}`
    expect((await send(integration, 'POST', url('site-visited'), payload)).status).toBe(200)
    expect(heard).toEqual(['visit 1'])
    expect({}).not.toHaveProperty('found')
    const refused = await send(integration, 'POST', url('site-visited'), `{"collaboratorId":1,${unknown}}`)
    expect(refused.status).toBe(422)
  })

  it('may begin with a mark of the order of its bytes', async () => {
    const { send, integration } = await worldWith()
    const payload = `\uFEFF${JSON.stringify(visit)}`
    expect((await send(integration, 'POST', url('site-visited'), payload)).status).toBe(200)
  })
})

describe('a key for an event', () => {
  it('gives the event one effect, and its repetitions the same answer', async () => {
    const { send, integration, heard, taken } = await worldWith()
    const key = { 'idempotency-key': randomUUID() }
    const answers = []
    for (let i = 0; i < 3; i++) answers.push(await send(integration, 'POST', url('site-visited'), visit, key))
    expect(answers.map(({ status, headers }) => [status, headers['x-siren-oid']])).toEqual(Array(3).fill([200, '15']))
    expect([heard, await taken()]).toEqual([['visit 1'], [`site-visited ${key['idempotency-key']}`]])
  })

  it('cannot mean two events', async () => {
    const { send, integration, heard, taken } = await worldWith()
    const key = { 'idempotency-key': '~!"key"' }
    await send(integration, 'POST', url('site-visited'), visit, key)
    for (const [slug, payload] of [
      ['site-visited', { collaboratorId: 2 }],
      ['sale', newSale()],
    ] as const) {
      const { status, body } = await send(integration, 'POST', url(slug), payload, key)
      expect([status, body.error.code, body.error.data]).toEqual([409, 'CONFLICT', {}])
      expect(body.error.message).toContain('Idempotency-Key')
    }
    expect([heard, await taken()]).toEqual([['visit 1'], ['site-visited ~!"key"']])
  })

  it('holds when the event comes many times at once', async () => {
    const { send, integration, heard, taken } = await worldWith()
    const key = { 'idempotency-key': randomUUID() }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(integration, 'POST', url('site-visited'), visit, key)),
    )
    expect(answers.map(({ status, headers }) => [status, headers['x-siren-oid']])).toEqual(Array(20).fill([200, '15']))
    expect([heard, (await taken()).length]).toEqual([['visit 1'], 1])
  })

  it('means something else in another organization', async () => {
    const [one, other] = [await worldWith(), await worldWith()]
    const key = { 'idempotency-key': 'shared' }
    for (const { send, integration, heard } of [one, other]) {
      expect((await send(integration, 'POST', url('site-visited'), visit, key)).status).toBe(200)
      expect(heard).toHaveLength(1)
    }
  })

  it('is free again when its event was refused', async () => {
    const { send, integration, taken } = await worldWith()
    const key = { 'idempotency-key': 'again' }
    const lead = { source: 'crm', userId: 'invalid' }
    expect((await send(integration, 'POST', url('lead'), lead, key)).status).toBe(422)
    expect((await send(integration, 'POST', url('lead'), { source: 'crm' }, key)).status).toBe(200)
    expect(await taken()).toEqual(['lead again'])
  })
})

describe('a refused event', () => {
  const deep = (depth: number) => `{"collaboratorId":1,"userId":${'['.repeat(depth)}${']'.repeat(depth)}}`
  const deepObject = `${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`
  const sale = newSale()

  type Refused = [
    what: string,
    as: 'administrator' | 'integration' | 'collaborator' | null | string,
    slug: string,
    payload: unknown,
    headers: Record<string, string>,
    status: number,
    code: string,
    fields?: Record<string, unknown>,
  ]
  const any = expect.anything()
  const key = (value: string) => ({ 'idempotency-key': value })
  const oid = (value: string) => ({ 'x-siren-oid': value })
  const type = (value: string) => ({ 'content-type': value })
  const refused: Refused[] = [
    ['no key', null, 'sale', sale, {}, 401, 'UNAUTHENTICATED'],
    ['an unknown key', 'sk_live_nobody', 'sale', sale, {}, 401, 'UNAUTHENTICATED'],
    ['a collaborator', 'collaborator', 'sale', sale, {}, 403, 'FORBIDDEN'],
    ['a collaborator who asks for nothing', 'collaborator', 'nothing', '{', {}, 403, 'FORBIDDEN'],
    ['an integration', 'integration', 'payout-paid', { payoutId: 1 }, {}, 403, 'FORBIDDEN'],
    ['an unknown slug', 'integration', 'sales', sale, {}, 404, 'NOT_FOUND'],
    ['a slug of another case', 'integration', 'SALE', sale, {}, 404, 'NOT_FOUND'],
    ['a prototype’s name', 'integration', 'constructor', sale, {}, 404, 'NOT_FOUND'],
    ['a prototype', 'integration', '__proto__', sale, {}, 404, 'NOT_FOUND'],
    ['a slug with a NUL', 'integration', 'sale%00', sale, {}, 404, 'NOT_FOUND'],
    ['an endless slug', 'integration', 'x'.repeat(3000), sale, {}, 414, 'BAD_REQUEST'],
    ['a slug that cannot be decoded', 'integration', '%zz', sale, {}, 400, 'BAD_REQUEST'],
    ['no slug', 'integration', '', sale, {}, 404, 'NOT_FOUND'],
    ['a record that is not there', 'integration', 'lead', { source: 'crm', userId: 'missing' }, {}, 404, 'NOT_FOUND'],
    ['broken JSON', 'integration', 'sale', '{"source": ', {}, 400, 'BAD_REQUEST'],
    ['no JSON', 'integration', 'sale', 'source=shop', {}, 400, 'BAD_REQUEST'],
    [
      'bytes that are no text',
      'integration',
      'sale',
      Buffer.from('{"source":"\xff"}', 'latin1'),
      {},
      400,
      'BAD_REQUEST',
    ],
    [
      'what only a prototype says',
      'integration',
      'site-visited',
      '{"__proto__":{"collaboratorId":1}}',
      {},
      422,
      'VALIDATION_FAILED',
      { collaboratorId: any },
    ],
    ['no body', 'integration', 'sale', undefined, {}, 422, 'VALIDATION_FAILED', { source: any, total: any }],
    ['null', 'integration', 'sale', 'null', {}, 422, 'VALIDATION_FAILED', { '': ['Expected a JSON object'] }],
    ['a list', 'integration', 'sale', [sale], {}, 422, 'VALIDATION_FAILED', { '': any }],
    ['a text', 'integration', 'sale', '"sale"', {}, 422, 'VALIDATION_FAILED', { '': any }],
    ['a number', 'integration', 'sale', '1', {}, 422, 'VALIDATION_FAILED', { '': any }],
    ['a NUL', 'integration', 'sale', { ...sale, source: 'a\0b' }, {}, 422, 'VALIDATION_FAILED', { source: any }],
    ['half a character', 'integration', 'sale', '{"source":"\\ud800"}', {}, 422, 'VALIDATION_FAILED', { source: any }],
    ['deep lists', 'integration', 'site-visited', deep(50), {}, 422, 'VALIDATION_FAILED', { 'userId.0.0': any }],
    ['deeper lists', 'integration', 'site-visited', deep(8000), {}, 422, 'VALIDATION_FAILED', { 'userId.0.0': any }],
    ['very deep lists', 'integration', 'site-visited', deep(200_000), {}, 422, 'VALIDATION_FAILED', {}],
    ['deep objects', 'integration', 'sale', deepObject, {}, 422, 'VALIDATION_FAILED', { 'a.a.a': any }],
    ['a NUL in a name', 'integration', 'sale', { 'a\0': 1 }, {}, 422, 'VALIDATION_FAILED', { '(a name)': any }],
    ['wrong fields', 'integration', 'sale', { ...sale, total: 'x' }, {}, 422, 'VALIDATION_FAILED', { total: any }],
    [
      'what a listener refuses',
      'integration',
      'lead',
      { source: 'crm', userId: 'invalid' },
      {},
      422,
      'VALIDATION_FAILED',
      { trackingId: ['Expected an opportunity'] },
    ],
    ['a form', 'integration', 'sale', 'source=shop', type('application/x-www-form-urlencoded'), 415, 'BAD_REQUEST'],
    ['plain text', 'integration', 'sale', '{}', type('text/plain'), 415, 'BAD_REQUEST'],
    ['lines', 'integration', 'sale', '{}', type('application/x-ndjson'), 415, 'BAD_REQUEST'],
    ['a type that is none', 'integration', 'sale', '{}', type('json'), 415, 'BAD_REQUEST'],
    ['another charset', 'integration', 'sale', '{}', type('application/json; charset=latin1'), 415, 'BAD_REQUEST'],
    ['what is compressed otherwise', 'integration', 'sale', sale, { 'content-encoding': 'br' }, 415, 'BAD_REQUEST'],
    ['what is not compressed', 'integration', 'sale', sale, { 'content-encoding': 'gzip' }, 400, 'BAD_REQUEST'],
    ['too much', 'integration', 'sale', { ...sale, note: 'x'.repeat(300_000) }, {}, 413, 'BAD_REQUEST'],
    ...['', '0', '-1', '1.5', '1e3', '0x1', ' 1 2', '007', 'abc', '9007199254740992', '9'.repeat(400), '1, 2'].map(
      (id): Refused => [
        `opportunity ${id.slice(0, 20)}`,
        'integration',
        'site-visited',
        visit,
        oid(id),
        422,
        'VALIDATION_FAILED',
        { 'X-Siren-OID': ['Expected a positive integer'] },
      ],
    ),
    ...['', 'a b', 'é', 'x'.repeat(256), 'a\tb'].map(
      (id): Refused => [
        `key ${id.slice(0, 20)}`,
        'integration',
        'site-visited',
        visit,
        key(id),
        422,
        'VALIDATION_FAILED',
        { 'Idempotency-Key': ['Expected 1 to 255 visible ASCII characters'] },
      ],
    ),
    [
      'two wrong headers',
      'integration',
      'site-visited',
      visit,
      { ...oid('x'), ...key('') },
      422,
      'VALIDATION_FAILED',
      { 'X-Siren-OID': any, 'Idempotency-Key': any },
    ],
  ]

  it.each(refused)('leaves nothing: %s', async (_, as, slug, payload, headers, status, code, fields) => {
    const { log, records } = recordingLog()
    const world = await worldWith({ log, bodyLimit: 500_000 - 300_000 * Number(status === 413) })
    const before = await world.countAll()
    const viewer = as === 'administrator' || as === 'integration' || as === 'collaborator' ? world[as] : as
    const { body, ...answer } = await world.send(viewer, 'POST', url(slug), payload, headers)
    expect([answer.status, body.error.code]).toEqual([status, code])
    expect(Object.keys(body)).toEqual(['error'])
    expect(body.error).toEqual({
      message: expect.any(String),
      code,
      data: fields === undefined ? {} : expect.objectContaining(fields),
    })
    expect(answer.text).not.toMatch(/FST_|node_modules|\.ts:/)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers['x-request-id']).toBeDefined()
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
    expect(await world.countAll()).toBe(before)
    expect(records).toEqual([])
  })

  it.each([
    ['bug', 500, 'INTERNAL_SERVER_ERROR', 'Internal server error'],
    ['unavailable', 503, 'SERVICE_UNAVAILABLE', 'The service is unavailable for the moment: try again later'],
  ])('leaves nothing, and says nothing of the reason: %s', async (userId, status, code, message) => {
    const { log, records } = recordingLog()
    const { send, integration, taken } = await worldWith({ log })
    const answer = await send(integration, 'POST', url('lead'), { source: 'crm', userId }, { 'x-request-id': 'id-1' })
    expect([answer.status, answer.body]).toEqual([status, { error: { message, code, data: {} } }])
    expect(records).toMatchObject([{ requestId: 'id-1', err: { message: expect.stringContaining(SECRET) } }])
    expect(await taken()).toEqual([])
  })

  it('is refused while the gateway is not ready', async () => {
    const { send, integration, taken } = await worldWith({
      readiness: { opened: false, reason: async () => 'the database is being migrated' },
    })
    const { status, headers, body } = await send(integration, 'POST', url('sale'), newSale())
    expect([status, headers['retry-after'], body.error.code]).toEqual([503, '1', 'SERVICE_UNAVAILABLE'])
    expect(await taken()).toEqual([])
  })
})

describe('errors', () => {
  it.each([
    '/siren/v1',
    '/siren/v1/',
    '/siren/v1/nothing?a=1',
    '/siren/v1/event',
    '/siren/v1/event/a/b',
    '/siren/v1/%zz',
  ])('have Siren’s shape wherever its API would be: %s', async path => {
    const { send, administrator } = await worldWith()
    const { body } = await send(administrator, 'GET', path)
    expect(body).toEqual({ error: { message: expect.any(String), code: expect.any(String), data: {} } })
  })
  it.each(['/wp-json/siren/v1/nothing', '/wp-json/siren/v1'])('are a message below %s', async path => {
    const { send, administrator } = await worldWith()
    const { status, body } = await send(administrator, 'GET', path)
    expect([status, body]).toEqual([404, { message: `GET ${path} was not found` }])
  })
  it.each(['/', '/siren/v10', '/siren/v2/event/sale', '/siren', '/graphql/x', '/?/siren/v1/event'])(
    'have GraphQL’s shape elsewhere: %s',
    async path => {
      const { send, administrator } = await worldWith()
      expect((await send(administrator, 'GET', path)).body.errors[0].extensions.code).toBe('NOT_FOUND')
    },
  )
  it.each(['GET', 'PUT', 'PATCH', 'DELETE'] as const)('say that %s is no way to send', async method => {
    const { send, administrator } = await worldWith()
    for (const path of [url('sale'), '/siren/v1/events']) {
      const { status, headers, body } = await send(administrator, method, path)
      expect([status, headers.allow, body.error.code]).toEqual([405, 'POST, OPTIONS', 'BAD_REQUEST'])
    }
  })
})

describe('pages of other sites', () => {
  const origin = 'https://shop.example'
  const preflight = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,idempotency-key,x-siren-oid',
  }

  it('may send and read the opportunity when they are listed', async () => {
    const { send, integration } = await worldWith({ corsOrigins: [origin] })
    for (const path of [url('site-visited'), '/siren/v1/events']) {
      const asked = await send(null, 'OPTIONS', path, undefined, preflight)
      expect([asked.status, asked.headers]).toMatchObject([
        204,
        {
          'access-control-allow-origin': origin,
          'access-control-allow-methods': expect.stringContaining('POST'),
          'access-control-allow-headers': preflight['access-control-request-headers'],
        },
      ])
    }
    for (const payload of [visit, {}, '{']) {
      const { headers } = await send(integration, 'POST', url('site-visited'), payload, { origin })
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
      })
    }
  })

  it('may not otherwise', async () => {
    const { send } = await worldWith()
    const { status, headers } = await send(null, 'OPTIONS', url('sale'), undefined, preflight)
    expect([status, headers.allow, headers['access-control-allow-origin']]).toEqual([204, 'POST, OPTIONS', undefined])
  })
})
