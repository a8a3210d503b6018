import { createHash, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { statement } from '../../src/database/sql.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { testWorld, type World } from '../support/world.ts'
import { recordingLog } from './sample.ts'

const { sql } = await testDatabase()
const { log, records } = recordingLog()
const gateway = testGateway({ sql }, { log })

/** A shop that is registered, and Jane, by whose link visitors come. */
const shopWithJane = async () => {
  const world = await testWorld(sql)
  await world.shop({ source: 'shop' })
  const jane = await world.collaborator({ programs: [await world.program()] })
  const { organizationId } = world
  const backdating: Viewer = { role: 'integration', organizationId, scopes: ['events', 'backdate'] }
  const send = (slug: string, body: unknown, headers: Record<string, string> = {}, as: Viewer = world.administrator) =>
    gateway.send(as, 'POST', `/siren/v1/event/${slug}`, body, headers)
  const stream = async (lines: readonly object[], as: Viewer = world.administrator) => {
    const text = lines.map(line => JSON.stringify(line)).join('\n')
    const answer = await gateway.send(as, 'POST', '/siren/v1/events', text, { 'content-type': 'application/x-ndjson' })
    return answer.text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
  }
  const visit = async (userId?: string) =>
    (await world.fire('site-visited', { collaboratorId: jane, userId })).opportunityId as number
  return { world, jane, backdating, send, stream, visit }
}

const ingested = statement<{ metadata: unknown; named: number | null; key: string | null }>(`
  select metadata, named_opportunity_id as named, idempotency_key as key from ingested_event
  where organization_id = $1 order by id`)
const lastOf = async ({ organizationId }: World) => (await sql.rows(ingested, [organizationId])).at(-1)

/** Does something that leaves no trace. */
const unchanged = async <T>(world: World, work: () => Promise<T>): Promise<T> => {
  const before = await world.dump()
  const done = await work()
  expect(await world.dump()).toEqual(before)
  return done
}

const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString()
const PAST = '2020-05-01T12:00:00Z'
const MINUTE = 60_000

describe('occurredAt', () => {
  it('dates a single event, and a line of many, for administrators and keys with the scope backdate', async () => {
    for (const as of ['administrator', 'backdating'] as const) {
      const { world, jane, backdating, send, stream } = await shopWithJane()
      const viewer = as === 'administrator' ? world.administrator : backdating
      expect((await send('site-visited', { collaboratorId: jane, occurredAt: PAST }, {}, viewer)).status).toBe(200)
      const line = { event: 'site-visited', data: { collaboratorId: jane }, idempotencyKey: 'k', occurredAt: PAST }
      expect(await stream([line], viewer)).toMatchObject([{ status: 200 }])
      for (const { dateCreated } of await world.engagements()) expect(dateCreated).toEqual(new Date(PAST))
      expect(await world.engagements()).toHaveLength(2)
    }
  })

  it('is not for other keys, whatever the rest of the event', async () => {
    const { world, jane, stream, send } = await shopWithJane()
    const others: Viewer[] = [
      world.integration,
      { role: 'integration', organizationId: world.organizationId, scopes: ['events', 'records'] },
    ]
    await unchanged(world, async () => {
      for (const as of others)
        for (const body of [
          { collaboratorId: jane, occurredAt: PAST },
          { occurredAt: null },
          { occurredAt: 'x', a: 1 },
        ]) {
          const { status, body: answer } = await send('site-visited', body, {}, as)
          expect([status, answer.error.message]).toEqual([403, expect.stringContaining('scope backdate')])
        }
      for (const line of [
        { event: 'site-visited', data: { collaboratorId: jane }, occurredAt: PAST },
        { event: 'site-visited', data: { collaboratorId: jane, occurredAt: PAST }, idempotencyKey: 'k' },
        { event: 'site-visited', data: { collaboratorId: 'x' }, occurredAt: 'x', idempotencyKey: 'k' },
      ])
        expect(await stream([line], world.integration)).toMatchObject([{ status: 403 }])
    })
  })

  it('is a moment in the past', async () => {
    const { world, jane, send } = await shopWithJane()
    await unchanged(world, async () => {
      for (const occurredAt of [
        null,
        '',
        0,
        'now',
        '2026-01-01',
        '2020-01-01T00:00:00',
        '1969-12-31T23:59:59Z',
        inFuture(6 * MINUTE),
      ]) {
        const { status, body } = await send('site-visited', { collaboratorId: jane, occurredAt })
        expect([status, Object.keys(body.error.data)]).toEqual([422, ['occurredAt']])
        expect(body.error.data.occurredAt[0]).toMatch(/^Expected an ISO 8601 time .+, received /)
      }
    })
  })

  it('that is ahead by a few minutes is the moment of receipt, and its sender is told', async () => {
    const { world, jane, send, stream } = await shopWithJane()
    const key = { 'idempotency-key': 'fast' }
    const body = { collaboratorId: jane, occurredAt: inFuture(4 * MINUTE) }
    const { status, headers } = await send('site-visited', body, key)
    expect([status, headers['x-siren-warning']]).toEqual([200, expect.stringMatching(/^occurredAt is 2\d\d s ahead/)])
    const [engagement] = await world.engagements()
    expect(Math.abs(Date.now() - (engagement?.dateCreated.getTime() ?? 0))).toBeLessThan(MINUTE)
    const again = await unchanged(world, () => send('site-visited', { ...body, occurredAt: PAST }, key))
    expect(again.headers['x-siren-warning']).toBe(headers['x-siren-warning'])
    const line = {
      event: 'site-visited',
      data: { collaboratorId: jane },
      idempotencyKey: 'l',
      occurredAt: inFuture(MINUTE),
    }
    expect(await stream([line])).toMatchObject([{ status: 200, warnings: [expect.stringContaining('ahead')] }])
  })

  it('stands beside the data of a line', async () => {
    const { world, jane, stream } = await shopWithJane()
    const data = { collaboratorId: jane, occurredAt: PAST }
    const [result] = await unchanged(world, () => stream([{ event: 'site-visited', data, idempotencyKey: 'k' }]))
    expect(result.error.data).toEqual({ occurredAt: ['Expected occurredAt beside data, received it inside'] })
  })

  it('before the record that the event is about is refused, naming both', async () => {
    const { world, send, visit } = await shopWithJane()
    const trackingId = await visit()
    await send('sale', { source: 'shop', externalId: '1', total: 10, trackingId })
    const [transaction] = await world.transactions()
    const refund = { source: 'shop', externalId: '1', occurredAt: '2018-01-01T00:00:00Z' }
    const { status, body } = await unchanged(world, () => send('refund', refund))
    expect(status).toBe(422)
    expect(body.error.data.occurredAt[0]).toContain(transaction?.dateCreated.toISOString())
    expect(body.error.data.occurredAt[0]).toContain('2018-01-01T00:00:00.000Z')
  })
})

describe('metadata', () => {
  const metadata = { campaign: 'spring', tags: ['a', null], deep: { more: true } }

  it('is kept with every event, single or one of many', async () => {
    const { world, jane, send, stream, visit } = await shopWithJane()
    await send('site-visited', { collaboratorId: jane, metadata }, {}, world.integration)
    expect(await lastOf(world)).toMatchObject({ metadata })
    const sale = { source: 'shop', externalId: '1', total: 10, trackingId: await visit() }
    await stream([{ event: 'sale', data: { ...sale, metadata } }], world.integration)
    expect(await lastOf(world)).toMatchObject({ metadata })
    await send('org-created', { metadata: [] })
    expect(await lastOf(world)).toMatchObject({ metadata: {} })
  })

  it('is an object of at most 4 KiB', async () => {
    const { world, jane, send } = await shopWithJane()
    await unchanged(world, async () => {
      for (const wrong of ['x', 5, [1], { note: 'x'.repeat(4096) }]) {
        const { status, body } = await send('site-visited', { collaboratorId: jane, metadata: wrong })
        expect([status, Object.keys(body.error.data)]).toEqual([422, ['metadata']])
        expect(body.error.data.metadata[0]).toMatch(/^Expected a JSON object of at most 4096 bytes, received /)
      }
    })
  })

  it('does not take the place of a key', async () => {
    const { world, jane, stream } = await shopWithJane()
    const line = { event: 'site-visited', data: { collaboratorId: jane, metadata } }
    expect(await unchanged(world, () => stream([line]))).toMatchObject([
      { status: 422, error: { data: { idempotencyKey: [expect.anything()] } } },
    ])
  })
})

describe('two events', () => {
  const key = (name: string, opportunityId?: number) => ({
    'idempotency-key': name,
    ...(opportunityId !== undefined && { 'x-siren-oid': String(opportunityId) }),
  })

  it('are the same whenever they happened, and whatever their metadata', async () => {
    const { world, jane, send, visit } = await shopWithJane()
    const first = await send('site-visited', { collaboratorId: jane, metadata: { a: 1 }, occurredAt: PAST }, key('k'))
    const sale = { source: 'shop', externalId: '1', total: 10, trackingId: await visit() }
    await send('sale', { ...sale, metadata: { a: 1 }, occurredAt: '2026-02-01T00:00:00Z' })
    await unchanged(world, async () => {
      const again = await send('site-visited', { collaboratorId: jane, metadata: { b: 2 } }, key('k'))
      expect([again.status, again.headers['x-siren-oid']]).toEqual([200, first.headers['x-siren-oid']])
      expect((await send('sale', { ...sale, occurredAt: '2026-03-01T00:00:00Z' })).status).toBe(200)
    })
  })

  it('of one key that name different opportunities are a conflict', async () => {
    const { world, jane, send, stream, visit } = await shopWithJane()
    const [one, other] = [await visit(), await visit()]
    expect((await send('site-visited', { collaboratorId: jane }, key('k', one))).headers['x-siren-oid']).toBe(`${one}`)
    await send('site-visited', { collaboratorId: jane }, key('unnamed'))
    await unchanged(world, async () => {
      expect((await send('site-visited', { collaboratorId: jane }, key('k', one))).status).toBe(200)
      for (const headers of [key('k', other), key('k'), key('unnamed', one)]) {
        const { status, body } = await send('site-visited', { collaboratorId: jane }, headers)
        expect([status, body.error.message]).toEqual([409, expect.stringContaining('Idempotency-Key')])
      }
      const line = { event: 'site-visited', data: { collaboratorId: jane }, idempotencyKey: 'k' }
      expect(await stream([{ ...line, opportunityId: other }, { ...line, opportunityId: one }, line])).toMatchObject([
        { status: 409 },
        { status: 200, opportunityId: one },
        { status: 409 },
      ])
    })
  })

  it('are the same when the opportunity that they name was merged into another', async () => {
    const { world, jane, send, visit } = await shopWithJane()
    const anonymous = await visit()
    await send('site-visited', { collaboratorId: jane }, key('k', anonymous))
    const own = await visit('u1')
    await world.fire('site-visited', { collaboratorId: jane, userId: 'u1', trackingId: anonymous })
    await unchanged(world, async () => {
      for (const named of [anonymous, own]) {
        const { status, headers } = await send('site-visited', { collaboratorId: jane }, key('k', named))
        expect([status, headers['x-siren-oid']]).toEqual([200, String(anonymous)])
      }
    })
  })

  it('that go by their own name are the same wherever they are said to belong', async () => {
    const { world, send, visit } = await shopWithJane()
    const [one, other] = [await visit(), await visit()]
    const sale = { source: 'shop', externalId: '1', total: 10 }
    await send('sale', sale, key('k', one))
    await unchanged(world, async () => {
      for (const headers of [key('k', one), key('k', other), { 'x-siren-oid': `${other}` }, {}])
        expect((await send('sale', sale, headers)).headers['x-siren-oid']).toBe(`${one}`)
    })
  })

  it('share what was kept when a new key comes for the same event', async () => {
    const { world, send, visit } = await shopWithJane()
    const opportunityId = await visit()
    const sale = { source: 'shop', externalId: '1', total: 10, metadata: { a: 1 } }
    await send('sale', sale, { 'x-siren-oid': `${opportunityId}` })
    await send('sale', { ...sale, metadata: { b: 2 } }, key('k'))
    expect(await lastOf(world)).toEqual({ metadata: { a: 1 }, named: opportunityId, key: 'k' })
  })

  it('are compared as ever with what was taken in before', async () => {
    const { world, jane, send, visit } = await shopWithJane()
    const opportunityId = await visit()
    // as the version before wrote them: without the opportunity, and without what it ignored of a line
    const taken = (slug: string, hashed: string, name: readonly [string | null, string | null, string | null]) =>
      sql.rows(
        statement(`
          insert into ingested_event (organization_id, slug, payload_hash, source, external_id, idempotency_key, result)
          values ($1, $2, $3, $4, $5, $6, jsonb_build_object('opportunityId', $7::int))`),
        [world.organizationId, slug, createHash('sha256').update(hashed).digest('hex'), ...name, opportunityId],
      )
    await taken('site-visited', `{"payload":{"collaboratorId":${jane}},"slug":"site-visited"}`, [null, null, 'old'])
    await taken(
      'sale',
      '{"payload":{"currency":"USD","externalId":"1","items":[{"amount":10,"name":"Mug","quantity":1,"type":"product"}],"source":"shop","total":10},"slug":"sale"}',
      ['shop', '1', null],
    )
    await unchanged(world, async () => {
      for (const named of [opportunityId, undefined])
        expect((await send('site-visited', { collaboratorId: jane }, key('old', named))).status).toBe(200)
      const sale = { source: 'shop', externalId: '1', total: 10, items: [{ name: 'Mug', amount: 10 }] }
      expect((await send('sale', sale)).headers['x-siren-oid']).toBe(`${opportunityId}`)
      const described = { ...sale, items: [{ name: 'Mug', amount: 10, description: 'Blue', attributes: { size: 1 } }] }
      expect((await send('sale', described)).headers['x-siren-oid']).toBe(`${opportunityId}`)
      expect((await send('sale', { ...sale, total: 11 })).status).toBe(409)
    })
  })
})

describe('what shops send', () => {
  it('is understood: lower-case currencies, numeric text, negative lines without a type', async () => {
    const { world, send, visit } = await shopWithJane()
    const items = [
      { name: 'Mug', amount: '49.99', quantity: 2, description: 'Blue', attributes: { size: 'L' } },
      { name: 'Spring', amount: '-10', attributes: [] },
    ]
    const sale = { source: 'shop', externalId: 1, total: '89.98', currency: 'usd', items, trackingId: await visit() }
    const { status, headers } = await send('sale', sale, {}, world.integration)
    expect([status, headers['x-siren-warning']]).toEqual([200, undefined])
    expect(await world.transactions()).toMatchObject([{ totalValue: 8998, currency: 'USD' }])
    expect(await world.lineItems()).toMatchObject([
      { type: 'product', value: 4999, quantity: 2, description: 'Blue', attributes: { size: 'L' } },
      { type: 'discount', value: -1000, quantity: 1, description: null, attributes: {} },
    ])
  })

  it('and has a slip in it leaves nothing, single or one of many', async () => {
    const { world, jane, send, stream, visit } = await shopWithJane()
    const sale = { source: 'shop', externalId: '1', total: 10, trackingId: await visit() }
    const slips: [string, object, string][] = [
      ['fulfillment-generated', { obligationsIds: [999_999] }, 'obligationsIds'],
      ['fulfillment-generated', { obligationIds: null }, 'obligationIds'],
      ['refund', { source: 'shop', externalId: '1', sum: 10 }, 'sum'],
      ['manual-attribution', { collaboratorId: jane, transactionId: 1, type: 'renewal' }, 'type'],
      ['sale', { ...sale, test: true }, 'test'],
      ['sale', { ...sale, items: null }, 'items'],
      ['sale', { ...sale, items: [{ name: 'Mug', amount: Number.NaN }] }, 'items.0.amount'],
      ['sale', { ...sale, items: [{ name: 'Mug', amount: 1, quantity: null }] }, 'items.0.quantity'],
      ['sale', { ...sale, items: [{ name: 'Mug', amount: 1, price: 2 }] }, 'items.0.price'],
    ]
    await unchanged(world, async () => {
      for (const [slug, body, field] of slips) {
        const { status, body: answer } = await send(slug, body)
        expect([slug, status, Object.keys(answer.error.data)]).toEqual([slug, 422, [field]])
        const [result] = await stream([{ event: slug, data: body, idempotencyKey: randomUUID() }])
        expect([slug, result.status, result.error.data]).toEqual([slug, 422, answer.error.data])
      }
      for (const data of [undefined, null, []])
        expect(await stream([{ event: 'fulfillment-generated', data, idempotencyKey: 'f' }])).toMatchObject([
          { status: 422, error: { data: { '': [expect.stringContaining('{}')] } } },
        ])
    })
    expect(await stream([{ event: 'org-created', data: [] }])).toMatchObject([{ status: 200 }])
    expect(await stream([{ event: 'fulfillment-generated', data: {}, idempotencyKey: 'f' }])).toMatchObject([
      { status: 200 },
    ])
  })
})

describe('a warning', () => {
  it('says that the source of a sale or a renewal is not that of an integration', async () => {
    const { world, send, stream, visit } = await shopWithJane()
    const sale = { source: 'süd; shop', externalId: '1', total: 10, trackingId: await visit() }
    const warning = 'Expected the source of an integration, received "s\\u00fcd, shop"'
    records.length = 0
    const first = await send('sale', sale, { 'x-request-id': 'warned' }, world.integration)
    expect([first.status, first.headers['x-siren-warning']]).toEqual([200, warning])
    expect(records).toMatchObject([{ level: 40, requestId: 'warned', slug: 'sale', warnings: [warning] }])
    const [again, line] = await unchanged(world, async () => [
      await send('sale', sale, {}, world.integration),
      await stream([{ event: 'sale', data: sale }]),
    ])
    expect(again.headers['x-siren-warning']).toBe(warning)
    expect(line).toEqual([{ line: 1, status: 200, opportunityId: sale.trackingId, warnings: [warning] }])
    const renewal = { source: sale.source, externalId: '2', originalExternalId: '1', total: 10 }
    expect((await send('renewal', renewal)).headers['x-siren-warning']).toBe(warning)
    await world.shop({ source: sale.source, status: 'inactive' })
    expect((await send('sale', { ...sale, externalId: '3' })).headers).not.toHaveProperty('x-siren-warning')
  })
})
