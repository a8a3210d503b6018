import { describe, expect, it } from 'vitest'
import type { Viewer } from '../../../src/access/viewer.ts'
import { type Sql, statement } from '../../../src/database/sql.ts'
import { webhookSubscriptions } from '../../../src/webhooks/subscriptions.ts'
import { ALL_TYPES, WEBHOOK_TYPES } from '../../../src/webhooks/types.ts'
import { testDatabase } from '../../support/database.ts'
import { testGateway } from '../../support/gateway.ts'
import { testWorld } from '../../support/world.ts'

const { sql } = await testDatabase()
const gateway = testGateway({ sql })

const PATH = '/siren/v1/webhooks'
const WANTED = { targetUrl: 'https://203.0.113.7/hooks', events: ['sale.created'] }

/** An organization whose webhooks are managed by a key that is for nothing else. */
const shop = async () => {
  const world = await testWorld(sql)
  const { organizationId } = world
  const viewer: Viewer = { role: 'integration', organizationId, scopes: ['webhooks'] }
  const send = (method: 'GET' | 'POST' | 'DELETE', path = '', body?: unknown, as: Viewer | null = viewer) =>
    gateway.send(as, method, `${PATH}${path}`, body)
  return { world, viewer, send }
}

/** Has every message that waits given up. */
const giveUp = (on: Sql, organizationId: number) => on.rows(kill, [organizationId])
const kill = statement(`
  update webhook_delivery set status = 'dead', attempts = 15, last_error = '500' where organization_id = $1`)

describe('a webhook', () => {
  it('tells its secret once, and can be found, listed and ended', async () => {
    const { send } = await shop()
    const made = await send('POST', '', { ...WANTED, description: 'Accounting' })
    const { signingSecret, ...webhook } = made.body
    expect(made.status).toBe(201)
    expect(signingSecret).toMatch(/^whsec_[\w-]{43}$/)
    expect(webhook).toEqual({
      ...WANTED,
      id: expect.any(Number),
      description: 'Accounting',
      status: 'active',
      createdAt: expect.stringMatching(/Z$/),
    })
    const idle = { pending: 0, lastError: null }
    expect((await send('GET', `/${webhook.id}`)).body).toEqual({ ...webhook, ...idle })
    const listed = await send('GET')
    expect([listed.body, listed.headers['x-siren-estimated-count']]).toEqual([[webhook], '1'])
    expect(listed.text).not.toContain('whsec')
    const deleted = { status: 200, body: { ...webhook, status: 'deleted' } }
    expect(await send('DELETE', `/${webhook.id}`)).toMatchObject(deleted)
    expect((await send('GET', `/${webhook.id}`)).status).toBe(404)
    // a client that lost the answer asks again
    expect(await send('DELETE', `/${webhook.id}`)).toMatchObject(deleted)
    expect((await send('GET')).body).toEqual([])
    const [never, foreign] = [await send('DELETE', '/999999'), await (await shop()).send('DELETE', `/${webhook.id}`)]
    expect([never.status, foreign.status]).toEqual([404, 404])
    expect(foreign.text.replace(`${webhook.id}`, '999999')).toBe(never.text)
  })

  it('has a description that is text, as in the published schema, even where it has none', async () => {
    const { send } = await shop()
    const { body: one } = await send('POST', '', WANTED)
    const { body: other } = await send('POST', '', { ...WANTED, description: null })
    const told = [one, other, (await send('GET', `/${one.id}`)).body, ...(await send('GET')).body]
    for (const webhook of told) expect(webhook).toMatchObject({ description: '', status: 'active' })
    expect(told).toHaveLength(5)
  })

  it('is sent each type once, those that only Siren knows included', async () => {
    const { send } = await shop()
    for (const type of ['credit.issued', 'credit.redeemed', 'currency.created', 'currency.deleted', 'metrics.updated'])
      expect(WEBHOOK_TYPES).toContain(type)
    const events = [...WEBHOOK_TYPES, ALL_TYPES, 'sale.created', 'sale.created']
    expect((await send('POST', '', { ...WANTED, events })).body.events).toEqual([...WEBHOOK_TYPES, ALL_TYPES])
  })

  it('comes in pages', async () => {
    const { send } = await shop()
    for (const description of ['1', '2', '3']) await send('POST', '', { ...WANTED, description })
    const { body, headers } = await send('GET', '?perPage=2&page=2')
    expect([body.map((one: { description: string }) => one.description), headers['x-siren-estimated-count']]).toEqual([
      ['3'],
      '3',
    ])
    for (const query of ['page=0', 'perPage=101', 'perPage=x', 'status=active'])
      expect([query, (await send('GET', `?${query}`)).status]).toEqual([query, 422])
  })

  it('can be one of fifty', async () => {
    const { send } = await shop()
    for (let i = 0; i < 50; i++) expect((await send('POST', '', WANTED)).status).toBe(201)
    expect(await send('POST', '', WANTED)).toMatchObject({ status: 409, body: { error: { code: 'CONFLICT' } } })
  })

  it.each([
    [{}, ['events', 'targetUrl']],
    [{ ...WANTED, targetUrl: 3 }, ['targetUrl']],
    [{ ...WANTED, targetUrl: 'ftp://example.com' }, ['targetUrl']],
    [{ ...WANTED, targetUrl: 'https://user:secret@example.com' }, ['targetUrl']],
    [{ ...WANTED, targetUrl: `https://example.com/${'x'.repeat(2048)}` }, ['targetUrl']],
    [{ ...WANTED, events: [] }, ['events']],
    [{ ...WANTED, events: 'sale.created' }, ['events']],
    [{ ...WANTED, events: ['sale.created', 'sale.eaten'] }, ['events.1']],
    [{ ...WANTED, events: Array.from({ length: 51 }, () => ALL_TYPES) }, ['events']],
    [{ ...WANTED, description: 'two\nlines' }, ['description']],
    [{ ...WANTED, description: 'x'.repeat(501) }, ['description']],
    [{ ...WANTED, secret: 'x' }, ['secret']],
  ])('is not made of %j', async (body, fields) => {
    const { send, world } = await shop()
    const { status, body: refused } = await send('POST', '', body)
    expect([status, refused.error.code]).toEqual([422, 'VALIDATION_FAILED'])
    expect(Object.keys(refused.error.data).sort()).toEqual(fields)
    expect((await send('GET', '', undefined, world.administrator)).body).toEqual([])
  })

  it('leads to no private address, unless that is allowed', async () => {
    const { organizationId } = await testWorld(sql)
    const strict = webhookSubscriptions(sql, { allowPrivate: false })
    for (const targetUrl of ['http://127.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/latest', 'http://10.0.0.8/'])
      await expect(strict.create(organizationId, { ...WANTED, targetUrl })).rejects.toMatchObject({
        fields: { targetUrl: [expect.stringContaining('public')] },
      })
  })
})

describe('messages that were given up', () => {
  it('are listed, and sent again one by one or all at once', async () => {
    const { world, send } = await shop()
    const { id } = (await send('POST', '', { ...WANTED, events: [ALL_TYPES] })).body
    const program = await world.program()
    await world.fire('site-visited', { collaboratorId: await world.collaborator({ programs: [program] }) })
    expect((await send('GET', `/${id}/dead-letters`)).body).toEqual([])
    expect((await send('GET', `/${id}`)).body).toMatchObject({ pending: 2, lastError: null })
    await giveUp(sql, world.organizationId)
    const { body: letters } = await send('GET', `/${id}/dead-letters`)
    const letter = { attempts: 15, lastError: '500', createdAt: expect.stringMatching(/Z$/) }
    expect(letters).toEqual([
      { ...letter, deliveryId: expect.any(String), type: 'opportunity.created' },
      { ...letter, deliveryId: expect.any(String), type: 'engagement.created' },
    ])
    const replay = async (body: object) => (await send('POST', `/${id}/replay`, body)).body
    expect(await replay({ deliveryId: 'another' })).toEqual({ affected: 0 })
    expect(await replay({ deliveryId: letters[1].deliveryId })).toEqual({ affected: 1 })
    expect((await send('GET', `/${id}/dead-letters`)).body).toEqual([letters[0]])
    expect(await replay({})).toEqual({ affected: 1 })
    expect(await replay({})).toEqual({ affected: 0 })
  })
})

describe('what is another organization’s', () => {
  it('is as what does not exist', async () => {
    const { send, world } = await shop()
    const { send: sendElsewhere } = await shop()
    const { id } = (await send('POST', '', { ...WANTED, events: [ALL_TYPES] })).body
    await world.fire('site-visited', { collaboratorId: await world.collaborator() })
    await giveUp(sql, world.organizationId)
    for (const [method, path, body] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/dead-letters'],
      ['POST', '/replay', {}],
    ] as const) {
      const refused = await sendElsewhere(method, `/${id}${path}`, body)
      const missing = await sendElsewhere(method, `/999999${path}`, body)
      expect([refused.status, missing.status]).toEqual([404, 404])
      expect(refused.text).toBe(missing.text.replace('999999', String(id)))
    }
    const { body, headers } = await sendElsewhere('GET')
    expect([body, headers['x-siren-estimated-count']]).toEqual([[], '0'])
    expect((await send('GET', `/${id}/dead-letters`)).body).toHaveLength(1)
  })

  it('nor is anything anybody’s without the scope', async () => {
    const { send, world } = await shop()
    const { organizationId, administrator } = world
    const { id } = (await send('POST', '', WANTED, administrator)).body
    const others: (Viewer | null)[] = [
      null,
      { role: 'integration', organizationId },
      { role: 'integration', organizationId, scopes: ['events', 'records', 'api-keys'] },
      { role: 'collaborator', organizationId, collaboratorId: await world.collaborator() },
    ]
    for (const viewer of others)
      for (const [method, path] of [
        ['GET', ''],
        ['POST', ''],
        ['GET', `/${id}`],
        ['DELETE', `/${id}`],
        ['GET', `/${id}/dead-letters`],
        ['POST', `/${id}/replay`],
      ] as const)
        expect((await send(method, path, method === 'POST' ? WANTED : undefined, viewer)).status).toBe(
          viewer === null ? 401 : 403,
        )
    expect((await send('GET')).body).toHaveLength(1)
  })
})
