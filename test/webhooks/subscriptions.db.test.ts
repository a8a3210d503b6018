import { describe, expect, it } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { ConflictError, RecordNotFoundError, ValidationError } from '../../src/errors.ts'
import { leasesIn } from '../../src/webhooks/leases.ts'
import { webhookSubscriptions } from '../../src/webhooks/subscriptions.ts'
import type { Resolve } from '../../src/webhooks/target.ts'
import { testDatabase } from '../support/database.ts'
import { insertOrganization } from '../support/rows.ts'
import { testWorld } from '../support/world.ts'

const { sql } = await testDatabase()
const PUBLIC: Resolve = async () => ['1.1.1.1']
const webhooks = webhookSubscriptions(sql, { allowPrivate: false, resolve: PUBLIC })
const TARGET = 'https://shop.example/hook?key=1'

/** What is wrong with a subscription, by field. */
const problemsOf = async (wanted: object, resolve: Resolve = PUBLIC) => {
  const organizationId = await insertOrganization(sql)
  const valid = { targetUrl: TARGET, events: ['*'] }
  const made = webhookSubscriptions(sql, { allowPrivate: false, resolve }).create(organizationId, {
    ...valid,
    ...wanted,
  })
  const error = await made.then(
    () => undefined,
    reason => reason,
  )
  if (error === undefined) return {}
  expect(error).toBeInstanceOf(ValidationError)
  expect(await webhooks.count(organizationId)).toBe(0)
  return (error as ValidationError).fields
}

describe('a subscription', () => {
  it('is made, listed and removed; its secret is told once', async () => {
    const organizationId = await insertOrganization(sql)
    const { signingSecret, ...created } = await webhooks.create(organizationId, {
      targetUrl: TARGET,
      events: ['sale.created', 'payout.paid', 'sale.created'],
      description: 'Bücher',
    })
    expect(created).toEqual({
      id: expect.any(Number),
      targetUrl: TARGET,
      events: ['sale.created', 'payout.paid'],
      description: 'Bücher',
      status: 'active',
      dateCreated: expect.any(Date),
    })
    expect(signingSecret).toMatch(/^whsec_[\w-]{43}$/)
    const other = await webhooks.create(organizationId, { targetUrl: 'http://1.1.1.1:8080', events: ['*'] })
    expect(other).toMatchObject({ targetUrl: 'http://1.1.1.1:8080', events: ['*'], description: null })
    expect(other.signingSecret).not.toBe(signingSecret)
    expect(await webhooks.get(organizationId, created.id)).toEqual(created)
    expect(await webhooks.list(organizationId, { limit: 1, offset: 0 })).toEqual([created])
    expect(await webhooks.list(organizationId, { limit: 1, offset: 1 })).toMatchObject([{ id: other.id }])
    expect(await webhooks.list(organizationId, { limit: 1, offset: 2 })).toEqual([])
    expect(await webhooks.count(organizationId)).toBe(2)
    const removed = { ...created, status: 'deleted' }
    expect(await webhooks.remove(organizationId, created.id)).toEqual(removed)
    await expect(webhooks.get(organizationId, created.id)).rejects.toThrow(RecordNotFoundError)
    expect(await webhooks.remove(organizationId, created.id)).toEqual(removed)
    expect(await webhooks.list(organizationId, { limit: 25, offset: 0 })).toMatchObject([{ id: other.id }])
  })

  it('of another organization is one that does not exist', async () => {
    const [organizationId, other] = [await insertOrganization(sql), await insertOrganization(sql)]
    const { id } = await webhooks.create(other, { targetUrl: TARGET, events: ['*'] })
    const asked = [webhooks.get, webhooks.state, webhooks.remove, webhooks.replay]
    const { id: removed } = await webhooks.create(other, { targetUrl: TARGET, events: ['*'] })
    await webhooks.remove(other, removed)
    for (const ask of asked) {
      const missing = await ask(organizationId, 999_999).catch(error => error)
      for (const foreign of [id, removed]) {
        const error = await ask(organizationId, foreign).catch(error => error)
        expect(error).toBeInstanceOf(RecordNotFoundError)
        expect(error.message.replace(`${foreign}`, '999999')).toBe(missing.message)
      }
    }
    expect(await webhooks.list(organizationId, { limit: 25, offset: 0 })).toEqual([])
    expect(await webhooks.count(organizationId)).toBe(0)
    expect(await webhooks.deadLetters(organizationId, id)).toEqual([])
    for (const nonsense of [0.5, Number.NaN, 2 ** 60])
      await expect(webhooks.get(organizationId, nonsense)).rejects.toThrow(RecordNotFoundError)
    expect(await webhooks.get(other, id)).toMatchObject({ id })
  })

  it('tells how many messages wait for it, and why the first one still does', async () => {
    const world = await testWorld(sql)
    const { organizationId } = world
    const { id } = await webhooks.create(organizationId, { targetUrl: TARGET, events: ['*'] })
    const other = await webhooks.create(organizationId, { targetUrl: TARGET, events: ['*'] })
    const state = () => webhooks.state(organizationId, id)
    expect(await state()).toEqual({ pending: 0, lastError: null })
    for (const fullName of ['Ann', 'Bob'])
      await world.fire('collaborator-submitted', { fullName, email: `${fullName}@example.com` })
    expect(await state()).toEqual({ pending: 2, lastError: null })

    const leases = leasesIn(sql)
    const lease = (await leases.take(10, 60_000)).find(({ subscriptionId }) => subscriptionId === id)
    if (lease === undefined) throw new Error('Expected a lease')
    const [first] = await leases.next(lease)
    if (first === undefined) throw new Error('Expected a message')
    await leases.failed(lease, first, 'answered 500', 60_000)
    expect(await state()).toEqual({ pending: 2, lastError: 'answered 500' })
    expect(await webhooks.state(organizationId, other.id)).toEqual({ pending: 2, lastError: null })
    await leases.failed(lease, first, 'answered 500', null)
    expect(await state()).toEqual({ pending: 1, lastError: null })
    await sql.rows(flood, [organizationId, id])
    expect(await state()).toEqual({ pending: 1000, lastError: null })
  })

  it('is one of at most 50, and of an organization that exists', async () => {
    const organizationId = await insertOrganization(sql)
    const wanted = { targetUrl: TARGET, events: ['*'] }
    for (let count = 0; count < 50; count++) await webhooks.create(organizationId, wanted)
    await expect(webhooks.create(organizationId, wanted)).rejects.toThrow(ConflictError)
    const [first] = await webhooks.list(organizationId, { limit: 1, offset: 0 })
    await webhooks.remove(organizationId, first?.id ?? 0)
    await webhooks.create(organizationId, wanted)
    await expect(webhooks.create(999_999, wanted)).rejects.toThrow(RecordNotFoundError)
  })

  it.each([
    undefined,
    null,
    7,
    '',
    'shop.example/hook',
    '/hook',
    'ftp://shop.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http:shop.example',
    'http:///hook',
    'http://',
    'http://shop.example:99999/',
    'http://shop.example/\nhook',
    ' http://shop.example/',
    'http://shop.example/ hook',
    'http:\\\\shop.example',
    'http://shop.example\\@other.example/',
    'http://user@shop.example/',
    'http://user:password@shop.example/',
    'http://shop.example/#part',
    'http://shop.example/#',
    'http://[::1',
    'http://shop.example/\ud800',
  ])('is not made for the target %j', async targetUrl => {
    expect(await problemsOf({ targetUrl })).toEqual({
      targetUrl: [expect.stringMatching(/^Expected an http:\/\/ or https:\/\/ address/)],
    })
  })

  it.each(['http://127.0.0.1/', 'http://[::1]/', 'http://2130706433/', 'http://169.254.169.254/', 'http://10.1.2.3/'])(
    'is not made for %s, which is not public',
    async targetUrl => {
      expect(await problemsOf({ targetUrl })).toEqual({
        targetUrl: [expect.stringContaining('Expected a public host')],
      })
    },
  )

  it('is not made for a host that has an address that is not public, or none; which of the two is not said', async () => {
    const targetUrl = 'https://intranet.example/'
    const hidden = await problemsOf({ targetUrl }, async () => ['1.1.1.1', '10.0.0.1'])
    const missing = await problemsOf({ targetUrl }, async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    })
    expect(hidden).toEqual({
      targetUrl: ['Expected a public host, received intranet.example, which is not public, or was not found'],
    })
    expect(missing).toEqual(hidden)
    // by the system's own names
    await expect(
      webhookSubscriptions(sql, { allowPrivate: false }).create(await insertOrganization(sql), {
        targetUrl: 'http://localhost:4000/',
        events: ['*'],
      }),
    ).rejects.toThrow(ValidationError)
  })

  it('is not made for events that are not a list of known types', async () => {
    const lists = [
      [],
      [undefined],
      [null],
      ['sale'],
      ['sale.created', 'sale.deleted'],
      ['sale.*'],
      [['*']],
      ['toString'],
    ]
    for (const events of [undefined, null, '*', {}, ...lists, Array(51).fill('sale.created')])
      expect(Object.keys(await problemsOf({ events }))[0], JSON.stringify(events)).toMatch(/^events(\.\d)?$/)
  })

  it('is not described by anything but a line', async () => {
    for (const description of [7, {}, ['text'], 'x'.repeat(501), 'two\nlines', 'a\0b', '\ud800'])
      expect(Object.keys(await problemsOf({ description })), JSON.stringify(description)).toEqual(['description'])
  })

  it('names all that is wrong at once', async () => {
    expect(Object.keys(await problemsOf({ targetUrl: 1, events: 2, description: 3 }))).toEqual([
      'targetUrl',
      'events',
      'description',
    ])
  })

  it('may want everything, and be described by nothing', async () => {
    expect(await problemsOf({ events: ['*', 'sale.created'], description: null })).toEqual({})
    expect(await problemsOf({ description: '' })).toEqual({})
    const longest = `https://shop.example/${'x'.repeat(2027)}`
    expect(await problemsOf({ targetUrl: longest, description: 'x'.repeat(500) })).toEqual({})
    expect(Object.keys(await problemsOf({ targetUrl: `${longest}x` }))).toEqual(['targetUrl'])
  })
})

const flood = statement(`
  insert into webhook_delivery (organization_id, subscription_id, type, data)
  select $1, $2, 'sale.created', '{}' from generate_series(1, 1500)`)
