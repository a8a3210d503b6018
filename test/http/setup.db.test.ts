import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { statement } from '../../src/database/sql.ts'
import { applySetup, previewSetup } from '../../src/directory/apply.ts'
import { TRIGGER_STRATEGIES } from '../../src/engagements/triggers/strategies.ts'
import { testDatabase } from '../support/database.ts'
import { insertOrganization } from '../support/rows.ts'
import { recordingLog, sampleServer } from './sample.ts'

const { sql } = await testDatabase()
const triggers = TRIGGER_STRATEGIES.map(({ id }) => id)

const open: FastifyInstance[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(app => app.close()))
})

const serverWith = (options: Parameters<typeof sampleServer>[0] = {}) => {
  const app = sampleServer({
    authenticate: header => (header === undefined ? null : JSON.parse(header)),
    setup: (document, { organizationId }, { isPreview }) =>
      (isPreview ? previewSetup : applySetup)(sql, document, { organizationId, triggers }),
    ...options,
  })
  open.push(app)
  return app
}

const send = async (
  viewer: Viewer | null,
  payload: InjectOptions['payload'],
  {
    app = serverWith(),
    type = 'application/json',
    query = '',
  }: { app?: FastifyInstance; type?: string; query?: string } = {},
) => {
  const { statusCode, body } = await app.inject({
    method: 'POST',
    url: `/siren/v1/setup${query}`,
    headers: { 'content-type': type, ...(viewer && { authorization: JSON.stringify(viewer) }) },
    ...(payload !== undefined && { payload }),
  })
  return { status: statusCode, body: JSON.parse(body) }
}
const administratorOf = (organizationId: number): Viewer => ({ role: 'administrator', organizationId })

const shop = {
  collaborators: [{ email: 'jane@example.com', fullName: 'Jane Doe', tracking: ['JANE'] }],
}

describe('an administrator', () => {
  test('sets up the organization of its key, which need not be named', async () => {
    const organizationId = await insertOrganization(sql)
    const { status, body } = await send(administratorOf(organizationId), {
      ...shop,
      organization: { id: organizationId, name: 'Renamed' },
    })
    expect([status, body]).toEqual([
      200,
      {
        organizationId,
        created: expect.objectContaining({ organizations: 0, collaborators: 1, trackingCodes: 1, programs: 0 }),
        updated: expect.objectContaining({ organizations: 1, collaborators: 0 }),
        ended: { enrollments: 0, distributorEnrollments: 0 },
        retired: { trackingCodes: 0, coupons: 0 },
        ids: { collaborators: { 'jane@example.com': expect.any(Number) }, groups: {}, programs: {}, distributors: {} },
        warnings: [],
      },
    ])
    const again = await send(administratorOf(organizationId), { collaborators: shop.collaborators })
    expect(again.body.ids).toEqual(body.ids)
    expect(Object.values({ ...again.body.created, ...again.body.updated }).every(count => count === 0)).toBe(true)
    expect(await sql.rows(statement('select name from organization where id = $1'), [organizationId])).toEqual([
      { name: 'Renamed' },
    ])
  })

  test('reads what is wrong field by field, and nothing is changed', async () => {
    const organizationId = await insertOrganization(sql)
    const { status, body } = await send(administratorOf(organizationId), {
      ...shop,
      programs: [{ name: 'P', transactionPercent: 200, colour: 'red' }],
    })
    expect(status).toBe(422)
    expect(body.error).toEqual({
      code: 'VALIDATION_FAILED',
      message: expect.stringContaining('programs.0.transactionPercent'),
      data: {
        'programs.0.transactionPercent': [expect.stringContaining('received 200')],
        'programs.0.colour': [expect.stringContaining('received "colour"')],
      },
    })
    expect(await sql.rows(statement('select from collaborator where organization_id = $1'), [organizationId])).toEqual(
      [],
    )
  })

  test('cannot reach another organization', async () => {
    const other = await insertOrganization(sql, { name: 'Other' })
    const organizationId = await insertOrganization(sql)
    const { status, body } = await send(administratorOf(organizationId), { organization: { id: other, name: 'Mine' } })
    expect([status, Object.keys(body.error.data)]).toEqual([422, ['organization.id']])
    const named = await send(administratorOf(organizationId), { ...shop, organization: { name: 'Other' } })
    expect([named.status, Object.keys(named.body.error.data)]).toEqual([422, ['organization.name']])
    const asked = await send(administratorOf(organizationId), shop, { query: `?organization=${other}` })
    expect([asked.status, Object.keys(asked.body.error.data)]).toEqual([422, ['organization']])
    for (const id of [other, organizationId])
      expect(await sql.rows(statement('select from collaborator where organization_id = $1'), [id])).toEqual([])
    expect(
      (await send(administratorOf(organizationId), shop, { query: `?organization=${organizationId}` })).status,
    ).toBe(200)
  })

  test('reads in a dry run what would change, and nothing does', async () => {
    const organizationId = await insertOrganization(sql)
    const { status, body } = await send(administratorOf(organizationId), shop, { query: '?dryRun=true' })
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        organizationId,
        created: expect.objectContaining({ collaborators: 1, trackingCodes: 1 }),
        ids: { collaborators: {}, groups: {}, programs: {}, distributors: {} },
        changes: [
          {
            change: 'created',
            record: 'collaborator',
            name: 'jane@example.com',
            fields: expect.objectContaining({ fullName: { from: null, to: 'Jane Doe' } }),
          },
          { change: 'created', record: 'trackingCode', name: 'JANE', of: 'jane@example.com' },
        ],
      }),
    ])
    expect(await sql.rows(statement('select from collaborator where organization_id = $1'), [organizationId])).toEqual(
      [],
    )
    const unclear = await send(administratorOf(organizationId), shop, { query: '?dryRun=yes' })
    expect([unclear.status, Object.keys(unclear.body.error.data)]).toEqual([422, ['dryRun']])
  })

  test('of an organization that is gone is told so', async () => {
    const { status, body } = await send(administratorOf(999_999), {})
    expect([status, body.error.code]).toEqual([404, 'NOT_FOUND'])
  })
})

describe('others', () => {
  test.each<[string, Viewer | null, number, string]>([
    ['nobody', null, 401, 'UNAUTHENTICATED'],
    ['an integration', { role: 'integration', organizationId: 1 }, 403, 'FORBIDDEN'],
    ['a collaborator', { role: 'collaborator', organizationId: 1, collaboratorId: 1 }, 403, 'FORBIDDEN'],
  ])('may not, whatever they send: %s', async (_, viewer, expected, code) => {
    for (const payload of ['{', '{}', 'x'.repeat(2000)]) {
      const { status, body } = await send(viewer, payload, { app: serverWith({ bodyLimit: 1000 }) })
      expect([status, body.error.code]).toEqual([expected, code])
    }
  })
})

describe('a body', () => {
  test.each<[string, InjectOptions['payload'], number]>([
    ['that is broken', '{"organization": ', 400],
    ['that is empty', '', 422],
    ['with a prototype', '{"__proto__": {"name": "x"}}', 422],
    ['with a constructor', '{"constructor": {"prototype": {}}}', 422],
    ['of many levels', '['.repeat(200) + ']'.repeat(200), 422],
    ['in another encoding', Buffer.from('{"organization": {"name": "M\xfcller"}}', 'latin1'), 400],
    ['that is too large', JSON.stringify({ organization: { name: 'x'.repeat(1000) } }), 413],
    ['that is null', 'null', 422],
    ['that is a list', '[]', 422],
    ['that is a text', '"x"', 422],
    ['with a NUL', '{"organization": {"name": "a\\u0000b"}}', 422],
    ['with a lone surrogate', '{"collaborators": [{"email": "a@b.c", "fullName": "\\ud800"}]}', 422],
    ['that names a field with a lone surrogate', '{"\\ud800": 1}', 422],
  ])('is refused %s', async (_, payload, expected) => {
    const organizationId = await insertOrganization(sql)
    const { log, records } = recordingLog()
    const app = serverWith({ bodyLimit: 500, log })
    const { status, body } = await send(administratorOf(organizationId), payload, { app })
    expect([status, typeof body.error.message]).toEqual([expected, 'string'])
    expect(records).toEqual([])
  })

  test.each<[string, InjectOptions['payload'], Record<string, string>, number]>([
    ['broken', '{"organization": ', {}, 400],
    ['no JSON', 'organization: {}', {}, 400],
    ['in another encoding', Buffer.from('"M\xfcller"', 'latin1'), {}, 400],
    ['with a NUL byte', '"\0"', {}, 400],
    ['with a NUL', '{"a": ["\\u0000"]}', {}, 422],
    ['with half a character', '{"\\udc00": 1}', {}, 422],
    ['a list of very many levels', '['.repeat(8000) + ']'.repeat(8000), {}, 422],
    ['an object of very many levels', `${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`, {}, 422],
    ['too large', 'x'.repeat(100_001), {}, 413],
    ['plain text', '{}', { 'content-type': 'text/plain' }, 415],
    ['of no type', '{}', { 'content-type': 'json' }, 415],
    ['in another charset', '{}', { 'content-type': 'application/json; charset="latin1"' }, 415],
    ['compressed otherwise', '{}', { 'content-encoding': 'br' }, 415],
    ['not compressed', '{}', { 'content-encoding': 'gzip' }, 400],
  ])('is refused in the same words as an event: %s', async (_, payload, headers, expected) => {
    const { log, records } = recordingLog()
    const app = serverWith({ bodyLimit: 100_000, log })
    const authorization = JSON.stringify(administratorOf(await insertOrganization(sql)))
    const [setup, event] = await Promise.all(
      ['/siren/v1/setup', '/siren/v1/event/sale'].map(url =>
        app.inject({
          method: 'POST',
          url,
          headers: { authorization, 'content-type': 'application/json', ...headers },
          ...(payload !== undefined && { payload }),
        }),
      ),
    )
    expect([setup?.statusCode, setup?.json()]).toEqual([event?.statusCode, event?.json()])
    expect([setup?.statusCode, records]).toEqual([expected, []])
  })

  test.each(['application/yaml', 'text/plain', 'application/x-www-form-urlencoded'])('is not %s', async type => {
    const { status } = await send(administratorOf(1), 'organization: {}', { type })
    expect(status).toBe(415)
  })
})

describe('the endpoint', () => {
  test.each(['GET', 'PUT', 'DELETE'] as const)('has no %s', async method => {
    const { statusCode, headers, body } = await serverWith().inject({ method, url: '/siren/v1/setup' })
    expect([statusCode, headers.allow, typeof JSON.parse(body).error.message]).toEqual([405, 'POST, OPTIONS', 'string'])
  })

  test('tells nothing of an error that is not the sender’s', async () => {
    const { log, records } = recordingLog()
    const app = serverWith({ setup: () => Promise.reject(new Error('relation "secret" does not exist')), log })
    const { status, body } = await send(administratorOf(1), {}, { app })
    expect([status, body.error.code, JSON.stringify(body).includes('secret')]).toEqual([
      500,
      'INTERNAL_SERVER_ERROR',
      false,
    ])
    expect(records).toHaveLength(1)
  })
})
