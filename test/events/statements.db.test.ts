import { describe, expect, it } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { recordSql } from '../support/sql-recorder.ts'
import { day, type Sending, testWorld, type World } from '../support/world.ts'

const { database, during } = recordSql(await testDatabase())
const world = () => testWorld(database.sql)

/** How many statements an event costs, its transaction's begin and commit among them. */
const cost = async (world: World, slug: string, payload: unknown, sending: Sending = {}): Promise<number> => {
  const statements = await during(() => world.fire(slug, payload, sending))
  expect([statements[0]?.text, statements.at(-1)?.text]).toEqual(['begin', 'commit'])
  return statements.length
}

const times = async <T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> => {
  const made: T[] = []
  for (let at = 0; at < count; at++) made.push(await make(at))
  return made
}

describe('a visit', () => {
  const visits = async (programs: number) => {
    const here = await world()
    const collaboratorId = await here.collaborator({
      tracking: 'JANE',
      programs: await times(programs, () => here.program()),
    })
    const visit = (more: object = {}, sending: Sending = {}) =>
      cost(here, 'site-visited', { collaboratorId, ...more }, sending)
    const open = async (more: object = {}) =>
      (await here.fire('site-visited', { collaboratorId, ...more })).opportunityId as number
    const costs = {
      'of a new visitor': await visit(),
      'by a tracking code': await visit({ collaboratorId: 'tracking:JANE' }),
      'of a new customer': await visit({ userId: 'u1' }),
      'of a known customer': await visit({ userId: 'u1' }),
      'with a key': await visit({ userId: 'u1' }, { idempotencyKey: 'k' }),
      'with a key, again': await visit({ userId: 'u1' }, { idempotencyKey: 'k' }),
      'that goes on': await visit({}, { opportunityId: await open() }),
      'that makes a visitor known': await visit({ trackingId: await open(), userId: 'u2' }),
      'that merges': await visit({ trackingId: await open(), userId: 'u1' }, { idempotencyKey: 'm' }),
      'after an invalid opportunity': await (async () => {
        const trackingId = await open()
        await here.fire('opportunity-invalidated', { opportunityId: trackingId })
        return visit({ trackingId, userId: 'u3' })
      })(),
    }
    expect((await here.opportunities()).some(({ mergedIntoId }) => mergedIntoId !== null)).toBe(true)
    return costs
  }

  it('costs at most 9 statements, one of them for webhooks, and as many for 30 programs as for 1', async () => {
    const costs = await visits(1)
    for (const [which, statements] of Object.entries(costs)) expect(statements, which).toBeLessThanOrEqual(9)
    expect(costs['of a known customer'], 'nothing that a webhook tells of').toBeLessThanOrEqual(8)
    expect(await visits(30)).toEqual(costs)
  })

  it('by a coupon costs two more, for its note and for whether it is applied again', async () => {
    const here = await world()
    await here.shop()
    const programs = await times(30, () => here.program({ triggers: { boundCouponUsed: 5 } }))
    await here.collaborator({ coupon: 'JANE', programs })
    for (const more of [{}, { userId: 'u1' }, { userId: 'u1' }])
      expect(await cost(here, 'coupon-applied', { code: 'JANE', ...more })).toBeLessThanOrEqual(11)
  })
})

/** So many programs and as many collaborators, each in all of them; half of the programs compete in groups of two. */
const market = async (size: number) => {
  const here = await world()
  const programs = await times(size, async at =>
    here.program({
      groupId: at < size / 2 && at % 2 === 0 ? await here.group() : null,
      incentiveResolverType: at % 2 === 0 ? 'evenlySharedPool' : 'topScoreWins',
      autoApprove: at % 3 === 0,
      activeConversionTypes: ['sale', 'renewal', 'lead'],
    }),
  )
  await database.sql.script(`
    update program p set group_id = q.group_id from program q
    where p.organization_id = ${here.organizationId} and q.organization_id = p.organization_id
      and q.group_id is not null and p.id = q.id + 1`)
  const people = await times(Math.min(size, 10), () => here.collaborator({ programs }))
  const opportunity = async () => {
    let trackingId: number | undefined
    for (const collaboratorId of people)
      trackingId = (await here.fire('site-visited', { collaboratorId, trackingId })).opportunityId as number
    return trackingId as number
  }
  return { here, opportunity }
}

const items = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ externalId: at, name: `Course ${at}`, amount: 10, quantity: 2 }))

const purchase = (externalId: string, lines: number) => ({
  source: 'shop',
  externalId,
  total: 100,
  items: items(lines),
})

describe('a conversion', () => {
  const costs = async (size: number, lines: number) => {
    const { here, opportunity } = await market(size)
    const sale = { ...purchase('1', lines), trackingId: await opportunity() }
    const first = await cost(here, 'sale', sale, { idempotencyKey: 'k' })
    const counts = [(await here.conversions()).length, (await here.lineItems()).length] as const
    const again = await cost(here, 'sale', sale, { idempotencyKey: 'k' })
    const renewal = await cost(here, 'renewal', { ...purchase('2', lines), originalExternalId: '1' })
    const lead = await cost(here, 'lead', { trackingId: await opportunity(), source: 'crm' })
    const refund = await cost(here, 'refund', { source: 'shop', externalId: '1' })
    const fulfillment = await cost(here, 'fulfillment-generated', {})
    return { statements: { first, again, renewal, lead, refund, fulfillment }, counts, here }
  }

  it('of a sale costs at most 25 statements, and as many for hundreds of claims as for a few', async () => {
    const few = await costs(4, 1)
    const many = await costs(30, 200)
    expect(few.statements.first).toBeLessThanOrEqual(25)
    expect(many.statements).toEqual(few.statements)
    expect(few.counts[0]).toBeGreaterThan(4)
    expect(many.counts[0]).toBeGreaterThan(80)
    expect(many.counts[1]).toBe(200)
    for (const { here } of [few, many]) {
      const keys = new Set((await here.notes()).map(({ key }) => key))
      expect(keys).toContain('program_group_conversion_triggered')
      expect(keys).toContain('conversion_approved')
    }
  })

  it('that comes between touches costs one statement more, and as many for hundreds of claims as for a few', async () => {
    const costs = []
    for (const size of [4, 30]) {
      const { here, opportunity } = await market(size)
      const trackingId = await opportunity()
      const [before, after] = [await here.engagements(), day(2)]
      for (const { collaboratorId } of before.slice(0, 4))
        await here.fire('site-visited', { collaboratorId, trackingId }, { at: after })
      const sale = { ...purchase('1', 1), trackingId }
      costs.push(await cost(here, 'sale', sale, { at: day(1, 600) }))
      expect((await here.engagements()).length).toBeGreaterThan(before.length)
    }
    expect(costs[0]).toBe(costs[1])
    expect(costs[0]).toBeLessThanOrEqual(26)
  })

  it('of a sale in one program alone costs no more', async () => {
    const here = await world()
    const collaboratorId = await here.collaborator({ programs: [await here.program({ autoApprove: true })] })
    const { opportunityId: trackingId } = await here.fire('site-visited', { collaboratorId })
    expect(await cost(here, 'sale', { ...purchase('1', 1), trackingId })).toBeLessThanOrEqual(25)
  })
})

describe('a distribution', () => {
  it('costs as many statements for 40 members as for 1', async () => {
    const costs = []
    for (const size of [1, 40]) {
      const here = await world()
      const { opportunityId: trackingId } = await here.fire('site-visited', {
        collaboratorId: await here.collaborator(),
      })
      await here.fire('sale', { ...purchase('1', 1), trackingId })
      const distributorId = await here.distributor(await times(size, () => here.collaborator()))
      costs.push(await cost(here, 'distribution-completed', { distributorId }))
      expect(await here.allocations()).toHaveLength(size)
    }
    expect(costs[0]).toBe(costs[1])
  })
})
