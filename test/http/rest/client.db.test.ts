import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createApiKey } from '../../../src/access/api-keys.ts'
import { testDatabase } from '../../support/database.ts'
import { testGateway } from '../../support/gateway.ts'
import { testWorld, type World } from '../../support/world.ts'
import { SirenClient, SirenClientError } from './siren-client.ts'

const { sql } = await testDatabase()

/** The reasons for which the gateway is not ready, one for each of the next requests. */
const unready: string[] = []
const { app } = testGateway({ sql }, { readiness: { opened: false, reason: async () => unready.shift() ?? null } })

let address: string
beforeAll(async () => {
  address = await app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => app.close())

let world: World
let siren: SirenClient
let visit: { collaboratorId: number }
/** How long the client has waited, in milliseconds. */
let waits: number[]
beforeEach(async () => {
  unready.length = 0
  waits = []
  world = await testWorld(sql)
  visit = { collaboratorId: await world.collaborator({ programs: [await world.program()] }) }
  const { organizationId } = world
  const { rawKey } = await createApiKey(sql, { organizationId, role: 'administrator', label: 'client' })
  siren = clientOf(rawKey)
})

const clientOf = (apiKey: string, host = address) =>
  new SirenClient({ apiKey, baseUrl: `${host}/siren/v1`, sleep: async wait => void waits.push(wait) })

const newSale = (trackingId: number) => ({
  source: 'shop',
  externalId: 'A-1',
  total: 49.99,
  currency: 'USD',
  trackingId,
})

/** The opportunity of a new visit. */
const visited = async (): Promise<number> => {
  const { status, text, opportunityId } = await siren.event('site-visited', visit)
  expect([status, text, opportunityId]).toEqual([200, '', expect.any(Number)])
  return opportunityId ?? 0
}

const refused = (work: Promise<unknown>): Promise<SirenClientError> =>
  work.then(
    () => expect.fail('was not refused'),
    error => {
      expect(error).toBeInstanceOf(SirenClientError)
      return error
    },
  )

describe('events', () => {
  it('go on with the opportunity that the visit opened', async () => {
    const opportunityId = await visited()
    expect(await siren.event('sale', newSale(opportunityId))).toEqual({ status: 200, text: '', opportunityId })
    expect(await siren.event('refund', { source: 'shop', externalId: 'A-1' })).toMatchObject({ status: 200, text: '' })
    expect((await world.transactions()).map(({ status, totalValue }) => [status, totalValue])).toEqual([
      ['refunded', 4999],
    ])
  })

  it('are refused with a 404 where there is no sale to refund, or no such event', async () => {
    const refund = await refused(siren.event('refund', { source: 'shop', externalId: 'never sold' }))
    expect(refund).toMatchObject({ status: 404, code: 'NOT_FOUND', data: {} })
    expect(refund.message).toMatch(/"never sold" of "shop"/)
    expect(await refused(siren.event('no-such-event', {}))).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  it('are refused with a 422 and the fields that are wrong', async () => {
    const { status, code, data } = await refused(siren.event('sale', { source: 'shop' }))
    expect([status, code, Object.keys(data as object).sort()]).toEqual([
      422,
      'VALIDATION_FAILED',
      ['externalId', 'total'],
    ])
  })

  it('may be sent again without another effect, or mean something else, which is a 409', async () => {
    const sale = newSale(await visited())
    const answers = [await siren.event('sale', sale), await siren.event('sale', sale)]
    expect(answers[0]).toEqual(answers[1])
    expect(await refused(siren.event('sale', { ...sale, total: 1 }))).toMatchObject({ status: 409, code: 'CONFLICT' })
    expect(await world.transactions()).toHaveLength(1)
  })
})

describe('a client without a key that is valid', () => {
  it.each(['sk_live_nobody', ''])('is told so, and does not ask again: %j', async key => {
    const nobody = clientOf(key)
    for (const ask of [
      () => nobody.event('site-visited', visit),
      () => nobody.list('/conversions'),
      () => nobody.remove('/api-keys/1'),
    ])
      expect(await refused(ask())).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', data: {} })
    expect(waits).toEqual([])
  })

  it('is told by a 403 what its scopes do not allow', async () => {
    const { body } = await siren.create<{ rawKey: string }>('/api-keys', { label: 'events', scopes: ['events'] })
    const sender = clientOf(body.rawKey)
    expect((await sender.event('site-visited', visit)).status).toBe(200)
    for (const path of ['/conversions', '/api-keys', '/webhooks'])
      expect(await refused(sender.list(path))).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  })
})

describe('what fails for the moment', () => {
  it('is tried twice more', async () => {
    unready.push('starting', 'starting')
    expect((await siren.list('/transactions')).status).toBe(200)
    expect(waits).toEqual([1000, 1000]) // as Retry-After says
  })

  it('is given up after that', async () => {
    unready.push('starting', 'starting', 'starting')
    expect(await refused(siren.event('site-visited', visit))).toMatchObject({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
    })
  })

  it('is not tried again where it would create something twice', async () => {
    unready.push('starting')
    expect(await refused(siren.create('/api-keys', { label: 'once' }))).toMatchObject({ status: 503 })
    expect(waits).toEqual([])
  })

  it.each(['hang up', 429, 500] as const)('makes no second sale when only the answer got lost: %s', async instead => {
    const proxy = await losing(2, instead)
    const { organizationId } = world
    const { rawKey } = await createApiKey(sql, { organizationId, role: 'integration', label: 'shop' })
    const sale = newSale(await visited())
    const sent = await clientOf(rawKey, proxy).event('sale', sale)
    expect(sent).toEqual({ status: 200, text: '', opportunityId: sale.trackingId })
    expect(waits).toEqual([500, 1000])
    expect(await world.transactions()).toHaveLength(1)
    expect((await world.conversions()).map(({ type }) => type)).toEqual(['sale'])
  })
})

describe('API keys', () => {
  it('are shown once, listed without what is secret, and revoked', async () => {
    const { status, body: made } = await siren.create<{ id: number; rawKey: string }>('/api-keys', { label: 'Shop' })
    expect([status, made]).toEqual([
      201,
      expect.objectContaining({ label: 'Shop', rawKey: expect.stringMatching(/^sk_live_/) }),
    ])
    const { body: keys, headers } = await siren.list<{ id: number; label: string }>('/api-keys')
    expect(keys.map(({ label }) => label)).toEqual(['client', 'Shop'])
    expect([headers.get('x-siren-estimated-count'), JSON.stringify(keys)]).toEqual([
      '2',
      expect.not.stringContaining('rawKey'),
    ])
    expect(await siren.remove(`/api-keys/${made.id}`)).toBe(200)
    expect(await refused(clientOf(made.rawKey).list('/conversions'))).toMatchObject({ status: 401 })
  })
})

describe('webhooks', () => {
  const wanted = {
    targetUrl: 'http://127.0.0.1:9/hook',
    events: ['sale.created', 'conversion.created'],
    description: 'Books',
  }

  it('tell their secret once, are read, listed and removed', async () => {
    const { status, body: made } = await siren.create<{ id: number; signingSecret: string }>('/webhooks', wanted)
    const { signingSecret, ...webhook } = made
    expect([status, made]).toEqual([
      201,
      {
        id: expect.any(Number),
        ...wanted,
        status: 'active',
        createdAt: expect.any(String),
        signingSecret: expect.any(String),
      },
    ])
    expect((await siren.get(`/webhooks/${made.id}`)).body).toMatchObject(webhook)
    const { body: list, headers } = await siren.list('/webhooks')
    expect([list, headers.get('x-siren-estimated-count')]).toEqual([[webhook], '1'])
    expect(await siren.remove(`/webhooks/${made.id}`)).toBe(200)
    expect(await refused(siren.get(`/webhooks/${made.id}`))).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    expect(signingSecret).not.toBe('')
  })

  it('may be of everything, and have to be of something', async () => {
    expect((await siren.create('/webhooks', { ...wanted, events: ['*'] })).status).toBe(201)
    expect(await refused(siren.create('/webhooks', { targetUrl: 'ftp://x', events: [] }))).toMatchObject({
      status: 422,
      data: { events: [expect.any(String)] },
    })
  })
})

describe('lists to reconcile with', () => {
  it.each(['conversions', 'transactions', 'obligations', 'payouts'])(
    'are bare arrays, page by page: %s',
    async name => {
      for (const externalId of ['1', '2', '3']) {
        const opportunityId = await visited()
        await siren.event('sale', { ...newSale(opportunityId), externalId })
      }
      for (const { id: conversionId } of await world.conversions())
        await siren.event('conversion-approved', { conversionId })
      await siren.event('fulfillment-generated', {})
      const { body: all, headers } = await siren.list<{ id: number }>(`/${name}`)
      const count = name === 'payouts' ? 1 : 3
      expect([all.length, headers.get('x-siren-estimated-count')]).toEqual([count, `${count}`])
      const pages = [1, 2, 3, 4].map(page => siren.list<{ id: number }>(`/${name}`, { page, perPage: 1 }))
      expect((await Promise.all(pages)).flatMap(({ body }) => body)).toEqual(all)
      expect((await siren.list(`/${name}`, { id: all[0]?.id ?? 0 })).body).toEqual([all[0]])
      for (const query of [{ perPage: 101 }, { page: 0 }])
        expect(await refused(siren.list(`/${name}`, query))).toMatchObject({ status: 422, code: 'VALIDATION_FAILED' })
    },
  )
})

/** A way to the gateway on which so many answers get lost: the connection ends, or something else is answered. */
const losing = async (answers: number, instead: 'hang up' | 429 | 500): Promise<string> => {
  let left = answers
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const forwarded = request(`${address}${url}`, { method, headers }, response => {
      if (left-- <= 0) return void response.pipe(outgoing.writeHead(response.statusCode ?? 0, response.headers))
      response.resume().on('end', () => {
        if (instead === 'hang up') outgoing.destroy()
        else outgoing.writeHead(instead, { 'content-type': 'application/json' }).end('{"error":"Try again"}')
      })
    })
    incoming.pipe(forwarded)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
