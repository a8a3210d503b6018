import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Viewer } from '../../../src/access/viewer.ts'
import { testDatabase } from '../../support/database.ts'
import { testGateway } from '../../support/gateway.ts'
import { insertObligation } from '../../support/rows.ts'
import { testWorld, type World } from '../../support/world.ts'

const { sql } = await testDatabase()
const gateway = testGateway({ sql })

const act = (as: Viewer, path: string, body: unknown, prefix = '/wp-json/siren/v1') =>
  gateway.send(as, 'POST', `${prefix}${path}`, body)

/** A world with two sales by the link of one collaborator, and another who can be credited by hand. */
const sold = async () => {
  const world = await testWorld(sql)
  const program = await world.program({ triggers: { referredSiteVisit: 100, manual: 10 }, autoApprove: true })
  const jane = await world.collaborator({ programs: [program] })
  const ada = await world.collaborator({ programs: [program] })
  const sales: number[] = []
  for (const externalId of ['1', '2']) {
    const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: jane })
    await world.fire('sale', { source: 'shop', externalId, total: 100, trackingId })
    sales.push((await world.transactions()).at(-1)?.id ?? 0)
  }
  return { world, jane, ada, sales }
}

/** What changes of a world while something is done. */
const unchanged = async (world: World, work: () => Promise<unknown>) => {
  const before = await world.dump()
  await work()
  expect(await world.dump()).toEqual(before)
}

describe.each(['/siren/v1', '/wp-json/siren/v1'])('below %s', prefix => {
  it('a collaborator is credited with transactions, each once', async () => {
    const { world, ada, sales } = await sold()
    const body = { transactionIds: [...sales, sales[0], 999_999], collaboratorId: ada }
    const path = '/transactions/credit-collaborator'
    expect(await act(world.administrator, path, body, prefix)).toMatchObject({
      status: 200,
      body: { success: true, affected: 2 },
    })
    const credited = (await world.conversions()).filter(({ collaboratorId }) => collaboratorId === ada)
    expect(credited.map(({ transactionId, type }) => [transactionId, type])).toEqual(sales.map(id => [id, 'sale']))
    expect((await world.notes()).filter(({ key }) => key === 'manual_attribution_requested')).toHaveLength(2)
    expect((await act(world.administrator, path, body, prefix)).body).toEqual({ success: true, affected: 0 })
  })

  it('a transaction for which no program pays is passed over, wherever it stands', async () => {
    const { world, jane, ada, sales } = await sold()
    const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: jane })
    await world.fire('sale', { source: 'shop', externalId: 'free', total: 0, trackingId })
    const free = (await world.transactions()).at(-1)?.id
    for (const transactionIds of [
      [free, sales[0]],
      [sales[1], free],
    ])
      expect(
        await act(
          world.administrator,
          '/transactions/credit-collaborator',
          { transactionIds, collaboratorId: ada },
          prefix,
        ),
      ).toMatchObject({ status: 200, body: { affected: 1 } })
  })

  it('all that is pending is rolled into payouts, which are paid, and unpaid after all', async () => {
    const { world, jane } = await sold()
    const generate = () => act(world.administrator, '/fulfillments/generate', {}, prefix)
    expect((await generate()).body).toEqual({ success: true, affected: 2 })
    expect((await generate()).body).toEqual({ success: true, affected: 0 })
    const [payout] = await world.payouts()
    expect(payout).toMatchObject({ collaboratorId: jane, value: 2000, status: 'unpaid' })
    const mark = (action: string) =>
      act(world.administrator, '/payouts/bulk', { action, ids: [payout?.id, payout?.id, 999_999] }, prefix)
    for (const [action, status, affected] of [
      ['markPaid', 'paid', 1],
      ['markPaid', 'paid', 0],
      ['markUnpaid', 'unpaid', 1],
      ['markUnpaid', 'unpaid', 0],
    ] as const) {
      expect((await mark(action)).body).toEqual({ success: true, affected })
      expect(await world.payouts()).toMatchObject([{ status }])
    }
    expect((await world.notes()).filter(({ key }) => key === 'payout_paid')).toHaveLength(1)
  })
})

it('obligations that are named are rolled up alone, and have to be pending', async () => {
  const { world } = await sold()
  const [first, second] = (await world.obligations()).map(({ id }) => id)
  const generate = (obligationIds: unknown) => act(world.administrator, '/fulfillments/generate', { obligationIds })
  expect((await generate([first])).body).toEqual({ success: true, affected: 1 })
  await unchanged(world, async () => {
    expect(await generate([second, first])).toMatchObject({
      status: 400,
      body: { context: { failedValidations: { obligationIds: [expect.stringMatching(/which is complete$/)] } } },
    })
  })
})

it('who is owed back more than is paid gets nothing, which a warning says', async () => {
  const { world, jane } = await sold()
  const { organizationId } = world
  const [first, second] = (await world.obligations()).map(({ id }) => id)
  const generate = (body: object) => act(world.administrator, '/fulfillments/generate', body)
  const clawback = (value: number) =>
    insertObligation(sql, { organizationId, collaboratorId: jane, awardType: 'clawback', value })
  await clawback(-1500)
  const notPaid = await generate({ obligationIds: [first] })
  expect(notPaid).toMatchObject({ status: 200, body: { success: true, affected: 0 } })
  expect(notPaid.headers['x-siren-warning']).toBe(
    `Nobody is paid: what is owed is not above 0, and stays pending, for collaborator ${jane} (-5.00 USD)`,
  )
  expect([await world.payouts(), await world.fulfillments()]).toEqual([[], []])
  const paid = await generate({ obligationIds: [second, first] })
  expect(paid).toMatchObject({ status: 200, body: { success: true, affected: 3 } })
  expect(paid.headers).not.toHaveProperty('x-siren-warning')
  expect(await world.payouts()).toMatchObject([{ collaboratorId: jane, value: 500 }])
})

it('others are answered in between', async () => {
  const { world, ada, sales } = await sold()
  let answered = 0
  let isDone = false
  const credited = act(world.administrator, '/transactions/credit-collaborator', {
    transactionIds: [...sales, ...Array.from({ length: 20 }, (_, i) => 900_000 + i)],
    collaboratorId: ada,
  }).finally(() => {
    isDone = true
  })
  while (!isDone) {
    await turn()
    answered++
  }
  expect((await credited).body).toEqual({ success: true, affected: 2 })
  expect(answered).toBeGreaterThan(20)
})

it('a list without anything in it does nothing', async () => {
  const { world, ada } = await sold()
  await unchanged(world, async () => {
    for (const [path, body] of [
      ['/transactions/credit-collaborator', { transactionIds: [], collaboratorId: ada }],
      ['/payouts/bulk', { action: 'markPaid', ids: [] }],
    ] as const)
      expect((await act(world.administrator, path, body)).body).toEqual({ success: true, affected: 0 })
  })
  expect((await act(world.administrator, '/fulfillments/generate', { obligationIds: [] })).body.affected).toBe(0)
  expect(await world.payouts()).toEqual([])
})

it('what WordPress adds to each request is passed over, there alone', async () => {
  const { world } = await sold()
  const path = '/fulfillments/generate?_locale=user'
  expect((await act(world.administrator, path, { obligationIds: [] })).status).toBe(200)
  expect((await act(world.administrator, path, { obligationIds: [] }, '/siren/v1')).status).toBe(422)
})

describe('nothing is done', () => {
  it('for a collaborator that is not there, or is another organization’s', async () => {
    const { world, sales: transactionIds } = await sold()
    const { jane: stranger } = await sold()
    await unchanged(world, async () => {
      for (const collaboratorId of [stranger, 999_999])
        expect(
          await act(world.administrator, '/transactions/credit-collaborator', { transactionIds, collaboratorId }),
        ).toMatchObject({ status: 404, body: { message: `collaborator ${collaboratorId} was not found` } })
    })
  })

  it('with what another organization has', async () => {
    const { world, ada: collaboratorId } = await sold()
    const { world: other, sales: transactionIds } = await sold()
    await act(other.administrator, '/fulfillments/generate', {})
    const ids = (await other.payouts()).map(({ id }) => id)
    await unchanged(world, () =>
      unchanged(other, async () => {
        for (const [path, body] of [
          ['/transactions/credit-collaborator', { transactionIds, collaboratorId }],
          ['/payouts/bulk', { action: 'markPaid', ids }],
        ] as const)
          expect((await act(world.administrator, path, body)).body).toEqual({ success: true, affected: 0 })
      }),
    )
  })

  it.each([
    ['/transactions/credit-collaborator', {}, ['collaboratorId', 'transactionIds']],
    ['/transactions/credit-collaborator', { transactionIds: [1], collaboratorId: 1, type: 'gift' }, ['type']],
    [
      '/transactions/credit-collaborator',
      { transactionIds: ['x'], collaboratorId: -1 },
      ['collaboratorId', 'transactionIds.0'],
    ],
    ['/fulfillments/generate', { obligationIds: 3 }, ['obligationIds']],
    ['/fulfillments/generate', { ids: [3] }, ['ids']],
    ['/payouts/bulk', { action: 'pay', ids: [1] }, ['action']],
    ['/payouts/bulk', { action: 'markPaid', ids: Array.from({ length: 501 }, (_, i) => i + 1) }, ['ids']],
    ['/payouts/bulk', [], ['']],
    ['/fulfillments/generate', 'null', ['']],
    ['/fulfillments/generate', [], ['']],
    ['/fulfillments/generate', undefined, ['']],
    ['/fulfillments/generate', { obligationIds: null }, ['obligationIds']],
    ['/fulfillments/generate', { obligationsIds: [999_999] }, ['obligationsIds']],
    ['/transactions/credit-collaborator', { transactionIds: null, collaboratorId: 1 }, ['transactionIds']],
    ['/payouts/bulk', { action: 'markPaid', ids: null }, ['ids']],
  ])('by %s for %j', async (path, body, fields) => {
    const { world } = await sold()
    await unchanged(world, async () => {
      const wordpress = await act(world.administrator, path, body)
      expect(wordpress).toMatchObject({ status: 400, body: { message: expect.any(String) } })
      expect(Object.keys(wordpress.body.context.failedValidations).sort()).toEqual(fields)
      const siren = await act(world.administrator, path, body, '/siren/v1')
      expect(siren).toMatchObject({ status: 422, body: { error: { code: 'VALIDATION_FAILED' } } })
      expect(Object.keys(siren.body.error.data).sort()).toEqual(fields)
    })
  })

  it('by anyone but an administrator', async () => {
    const { world, ada } = await sold()
    const { organizationId } = world
    const others: Viewer[] = [
      world.integration,
      { role: 'collaborator', organizationId, collaboratorId: ada },
      { role: 'integration', organizationId, scopes: ['events', 'records', 'api-keys'] },
    ]
    await unchanged(world, async () => {
      for (const viewer of others)
        expect(await act(viewer, '/fulfillments/generate', {})).toMatchObject({
          status: 403,
          body: { message: "Expected an administrator's key" },
        })
    })
  })
})
