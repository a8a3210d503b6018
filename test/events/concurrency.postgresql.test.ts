import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApiKey } from '../../src/access/api-keys.ts'
import { type Database, openPostgres } from '../../src/database/client.ts'
import { statement } from '../../src/database/sql.ts'
import { testDatabaseUrl } from '../support/database.ts'
import { testWorld, type World } from '../support/world.ts'
import { flawsOf } from './audit.ts'
import { type Answer, type GatewayProcess, gatewayCommand, sendEvent } from './gateways.ts'

// Two gateways on one database, and much at the same moment. PostgreSQL alone: elsewhere nothing is at the same moment.

const ROUNDS = process.env.SOAK === 'true' ? 50 : 5
vi.setConfig({ testTimeout: ROUNDS * 60_000, hookTimeout: 180_000 })

let database: Database
let gateways: readonly GatewayProcess[]
let command: Awaited<ReturnType<typeof gatewayCommand>>
const url = await testDatabaseUrl()
beforeAll(async () => {
  database = await openPostgres(url, 10_000)
  command = await gatewayCommand()
  gateways = await Promise.all([command.start({ DATABASE_URL: url }), command.start({ DATABASE_URL: url })])
})
afterAll(async () => {
  await command?.close()
  await database?.close()
})

let world: World
let key: string
beforeEach(async () => {
  world = await testWorld(database.sql)
  const { organizationId } = world
  key = (await createApiKey(database.sql, { organizationId, role: 'administrator', label: 'test' })).rawKey
})

let sent = 0
/** Sends an event to one gateway after the other. */
const send = (slug: string, payload: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  sendEvent(gateways[sent++ % gateways.length] as GatewayProcess, key, slug, payload, headers)

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))

/** Does all at once, in an order of its own each time. */
const atOnce = async (work: readonly (() => Promise<Answer>)[]): Promise<Answer[]> => {
  const answers: Answer[] = []
  const shuffled = work.map((begin, at) => ({ begin, at, place: Math.random() })).sort((a, b) => a.place - b.place)
  await Promise.all(
    shuffled.map(async ({ begin, at }) => {
      answers[at] = await begin()
    }),
  )
  return answers
}

/** How often each status was answered; a body that tells why, where it is no success. */
const tally = (answers: readonly Answer[]) => {
  const found: Record<string, number> = {}
  for (const { status } of answers) found[status] = (found[status] ?? 0) + 1
  return found
}
const accepted = (answers: readonly Answer[]) => {
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  return answers
}

const noteCounts = async () => {
  const found: Record<string, number> = {}
  for (const { key } of await world.notes()) found[key] = (found[key] ?? 0) + 1
  return found
}

const sound = async () => expect(await flawsOf(world.sql, world.organizationId)).toEqual([])

const saleOf = (externalId: string, whose: object, total = 100) => ({ source: 'shop', externalId, total, ...whose })

/** A program and so many members, who gain 100 points by a visit. */
const affiliates = async (members: number, given: Parameters<World['program']>[0] = {}) => {
  const program = await world.program(given)
  const collaborators: number[] = []
  for (let at = 0; at < members; at++) collaborators.push(await world.collaborator({ programs: [program] }))
  return { program, collaborators }
}

/** The points that all engagements of an opportunity and a collaborator have between them. */
const pointsOf = async (opportunityId: number, collaboratorId?: number) => {
  let points = 0
  for (const engagement of await world.engagements())
    if (
      engagement.opportunityId === opportunityId &&
      (collaboratorId === undefined || engagement.collaboratorId === collaboratorId)
    )
      points += engagement.score
  return points
}

describe('one event, delivered many times at once', () => {
  it('records 200 copies of a sale as one transaction, with one note for each step', async () => {
    const { collaborators } = await affiliates(1, { autoApprove: true })
    const [visit] = accepted([await send('site-visited', { collaboratorId: collaborators[0], userId: 'ann' })])
    const answers = accepted(await atOnce(times(200, () => () => send('sale', saleOf('1', { userId: 'ann' })))))
    expect(new Set(answers.map(({ opportunityId }) => opportunityId))).toEqual(new Set([visit?.opportunityId]))
    expect(await world.transactions()).toHaveLength(1)
    expect(await world.conversions()).toMatchObject([{ status: 'approved' }])
    expect(await world.obligations()).toMatchObject([{ status: 'pending', value: 1000 }])
    expect(await noteCounts()).toEqual({
      conversion_awarded: 1,
      engagement_awarded: 1,
      obligation_issued: 1,
      conversion_approved: 1,
    })
    await sound()
  })

  it('has one effect under one Idempotency-Key, and the same answer', async () => {
    const { collaborators } = await affiliates(1)
    const visit = () => send('site-visited', { collaboratorId: collaborators[0] }, { 'idempotency-key': 'once' })
    const answers = accepted(await atOnce(times(100, () => visit)))
    expect(new Set(answers.map(({ opportunityId }) => opportunityId)).size).toBe(1)
    expect(await world.opportunities()).toHaveLength(1)
    expect(await world.engagements()).toMatchObject([{ score: 100 }])
    await sound()
  })

  it('takes one of two events that claim the same Idempotency-Key, and refuses the other', async () => {
    const { collaborators } = await affiliates(2)
    const visit = (at: number) => () =>
      send('site-visited', { collaboratorId: collaborators[at % 2] }, { 'idempotency-key': 'contested' })
    const answers = await atOnce(times(60, visit))
    expect(tally(answers)).toEqual({ 200: 30, 409: 30 })
    const [winner] = answers.filter(({ status }) => status === 200)
    expect(new Set(times(60, at => answers[at]?.status === 200 && at % 2)).size).toBe(2)
    expect(await world.engagements()).toMatchObject([{ opportunityId: winner?.opportunityId, score: 100 }])
    await sound()
  })

  it('knows an order by its number and by the key at once', async () => {
    const { collaborators } = await affiliates(1)
    accepted([await send('site-visited', { collaboratorId: collaborators[0], userId: 'ann' })])
    const sale = (at: number) => () =>
      send('sale', saleOf('1', { userId: 'ann' }), at % 3 === 0 ? {} : { 'idempotency-key': `try-${at % 5}` })
    accepted(await atOnce(times(60, sale)))
    expect(await world.transactions()).toHaveLength(1)
    expect(await world.conversions()).toHaveLength(1)
    await sound()
  })
})

describe('one customer, seen by many at once', () => {
  it('gives 200 visits one opportunity, and one engagement per program with the exact sum', async () => {
    const { collaborators } = await affiliates(1)
    const other = await world.program({ triggers: { referredSiteVisit: 7 } })
    await world.enroll(collaborators[0] as number, other)
    const visit = () => send('site-visited', { collaboratorId: collaborators[0], userId: 'ann' })
    const answers = accepted(await atOnce(times(200, () => visit)))
    expect(new Set(answers.map(({ opportunityId }) => opportunityId)).size).toBe(1)
    expect(await world.opportunities()).toMatchObject([{ userId: 'ann', status: 'active' }])
    expect((await world.engagements()).map(({ score }) => score).sort((a, b) => a - b)).toEqual([1400, 20_000])
    await sound()
  })

  it('loses no point between visits and the sales that use them up', async () => {
    const { collaborators } = await affiliates(2)
    const [first] = accepted([await send('site-visited', { collaboratorId: collaborators[0], userId: 'ann' })])
    const visits = times(60, at => () => {
      return send('site-visited', { collaboratorId: collaborators[at % 2], userId: 'ann' })
    })
    const sales = times(20, at => () => send('sale', saleOf(`${at}`, { userId: 'ann' })))
    accepted(await atOnce([...visits, ...sales]))
    const opportunityId = first?.opportunityId as number
    expect(await pointsOf(opportunityId, collaborators[0])).toBe(3100)
    expect(await pointsOf(opportunityId, collaborators[1])).toBe(3000)
    expect(await world.transactions()).toHaveLength(20)
    await sound()
  })

  it('merges an anonymous visitor into a known customer while both go on', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { collaborators } = await affiliates(2, {
        incentiveResolverType: 'performanceWeightedPool',
        activeConversionTypes: ['sale', 'renewal'],
      })
      const ongoing = await world.program({ activeConversionTypes: ['renewal'] })
      await world.enroll(collaborators[0] as number, ongoing)
      const [userId, order] = [`customer ${round}`, (at: string) => `${round} ${at}`]
      const visit = (at: number, whose: object) =>
        send('site-visited', { collaboratorId: collaborators[at % 2], ...whose })
      const renew = (at: string) => () =>
        send('renewal', { source: 'shop', externalId: order(`r${at}`), originalExternalId: order('old'), total: 10 })
      const refund = (at: string) => () => send('refund', { source: 'shop', externalId: order(at) })
      const [anonymous, own] = accepted([await visit(0, {}), await visit(0, { userId })])
      const trackingId = anonymous?.opportunityId as number
      accepted([await send('sale', saleOf(order('old'), { trackingId })), await renew('1')(), await renew('2')()])
      const answers = accepted(
        await atOnce([
          ...times(6, at => () => visit(at, { trackingId, userId })),
          ...times(6, at => () => visit(at, { trackingId })),
          ...times(6, at => () => visit(at, { userId })),
          ...times(3, at => () => send('sale', saleOf(order(`a${at}`), { trackingId }))),
          ...times(3, at => () => send('sale', saleOf(order(`u${at}`), { userId }))),
          ...times(2, at => () => send('sale', saleOf(order(`b${at}`), { trackingId, userId }))),
          ...['3', '4', '5'].map(renew),
          ...['old', 'r1', 'r2'].map(refund),
        ]),
      )
      const survivor = own?.opportunityId as number
      for (const { opportunityId } of answers) expect([trackingId, survivor]).toContain(opportunityId)
      const opportunities = await world.opportunities()
      expect(opportunities.find(({ id }) => id === trackingId)).toMatchObject({
        status: 'inactive',
        mergedIntoId: survivor,
      })
      expect(await pointsOf(trackingId)).toBe(0)
      expect(await pointsOf(survivor, collaborators[0])).toBe(2200)
      expect(await pointsOf(survivor, collaborators[1])).toBe(900)
    }
    expect(await world.transactions()).toHaveLength(ROUNDS * 14)
    await sound()
  })

  it('gives an anonymous visitor to one of several customers who claim it at once', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { collaborators } = await affiliates(1)
      const visit = (whose: object) => send('site-visited', { collaboratorId: collaborators[0], ...whose })
      const [anonymous] = accepted([await visit({})])
      const trackingId = anonymous?.opportunityId as number
      const users = times(10, at => `customer ${round} ${at % 5}`)
      const answers = accepted(await atOnce(users.map(userId => () => visit({ trackingId, userId }))))
      const opportunities = await world.opportunities()
      const owned = opportunities.filter(({ userId }) => userId?.startsWith(`customer ${round} `))
      expect(owned.map(({ status }) => status)).toEqual(['active', 'active', 'active', 'active', 'active'])
      const owner = opportunities.find(({ id }) => id === trackingId)
      expect(owner?.userId).not.toBeNull()
      for (const [at, { opportunityId }] of answers.entries())
        expect(opportunities.find(({ id }) => id === opportunityId)?.userId).toBe(users[at])
      for (const { id } of owned) expect(await pointsOf(id)).toBe(id === trackingId ? 300 : 200)
    }
    await sound()
  })

  it('makes one of several anonymous visitors who turn out to be one customer at once', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { collaborators } = await affiliates(1)
      const userId = `customer ${round}`
      const visit = (whose: object) => send('site-visited', { collaboratorId: collaborators[0], ...whose })
      const anonymous = accepted(await atOnce(times(6, () => () => visit({}))))
      accepted(
        await atOnce([
          ...anonymous.map(
            ({ opportunityId }) =>
              () =>
                visit({ trackingId: opportunityId, userId }),
          ),
          ...times(4, () => () => visit({ userId })),
        ]),
      )
      const active = (await world.opportunities()).filter(one => one.userId === userId && one.status === 'active')
      expect(active).toHaveLength(1)
      // visits that knew no device may have come first, and a device that was claimed first is merged no more
      expect(await pointsOf(active[0]?.id as number)).toBe(1600)
    }
    await sound()
  })

  it('ends an opportunity while visits and sales arrive', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { collaborators } = await affiliates(2)
      const visit = (at: number, trackingId?: number) =>
        send('site-visited', { collaboratorId: collaborators[at % 2], trackingId })
      const [first] = accepted([await visit(0)])
      const opportunityId = first?.opportunityId as number
      const answers = await atOnce([
        () => send('opportunity-invalidated', { opportunityId }),
        () => send('opportunity-invalidated', { opportunityId }),
        ...times(8, at => () => visit(at, opportunityId)),
        ...times(8, at => () => send('sale', saleOf(`${round} ${at}`, { trackingId: opportunityId }))),
      ])
      accepted(answers.slice(0, 10))
      for (const { status } of answers.slice(10)) expect([200, 422]).toContain(status)
      const ended = (await world.engagements()).filter(engagement => engagement.opportunityId === opportunityId)
      for (const { status } of ended) expect(['complete', 'cancelled']).toContain(status)
    }
    await sound()
  })
})

describe('many customers at once', () => {
  it('gives each of 50 conversions in a group one winner, and no one sees a deadlock', async () => {
    const group = await world.group()
    const programs: number[] = []
    for (const resolver of ['newestBindingWins', 'evenlySharedPool', 'performanceWeightedPool'] as const)
      programs.push(await world.program({ groupId: group, incentiveResolverType: resolver, autoApprove: true }))
    const collaborators: number[] = []
    for (const members of [programs, programs.slice(0, 2), programs.slice(1)])
      collaborators.push(await world.collaborator({ programs: members }))
    const customers = times(50, at => `customer ${at}`)
    accepted(
      await atOnce(
        customers.flatMap(userId =>
          collaborators.map(collaboratorId => () => send('site-visited', { collaboratorId, userId })),
        ),
      ),
    )
    accepted(await atOnce(customers.map(userId => () => send('sale', saleOf(userId, { userId })))))
    const engagements = await world.engagements()
    const conversions = await world.conversions()
    for (const { id } of await world.opportunities()) {
      const own = engagements.filter(({ opportunityId }) => opportunityId === id)
      const winners = new Set(own.filter(({ status }) => status === 'complete').map(({ programId }) => programId))
      expect([winners.size, own.length]).toEqual([1, 7])
      for (const { programId, status } of own) expect(status).toBe(winners.has(programId) ? 'complete' : 'cancelled')
      const credited = conversions.filter(({ engagementId }) => own.some(engagement => engagement.id === engagementId))
      for (const { engagementId } of credited)
        expect(winners).toContain(own.find(engagement => engagement.id === engagementId)?.programId)
      expect(credited.length).toBeGreaterThan(0)
    }
    expect((await noteCounts()).program_group_conversion_triggered).toBe(50)
    await sound()
  })

  it('goes on while programs and collaborators are changed', async () => {
    const { program, collaborators } = await affiliates(3, { incentiveResolverType: 'evenlySharedPool' })
    let isOver = false
    const change = async () => {
      for (let at = 0; !isOver; at++) {
        await world.sql.transaction(async sql => {
          // an address is part of a key, and locks the row as a removal would
          for (const id of at % 2 === 0 ? collaborators : collaborators.toReversed())
            await sql.rows(readdress, [world.organizationId, id, `${id}.${at}@example.com`])
          await sql.rows(rename, [world.organizationId, program, `Affiliates ${at}`])
        })
      }
    }
    const changes = change()
    const visits = times(120, at => () => {
      return send('site-visited', { collaboratorId: collaborators[at % 3], userId: `customer ${at % 20}` })
    })
    try {
      accepted(await atOnce(visits))
      const sales = times(20, at => () => send('sale', saleOf(`${at}`, { userId: `customer ${at}` })))
      accepted(await atOnce([...sales, () => send('fulfillment-generated', {})]))
    } finally {
      isOver = true
      await changes
    }
    for (const { id } of await world.opportunities()) expect(await pointsOf(id)).toBe(600)
    expect(await world.transactions()).toHaveLength(20)
    await sound()
  })
})

const readdress = statement('update collaborator set email = $3 where organization_id = $1 and id = $2')
const rename = statement('update program set name = $3 where organization_id = $1 and id = $2')

describe('what is owed, changed by many at once', () => {
  /** So many sales, each of which owes something to three collaborators. */
  const sold = async (count: number, autoApprove: boolean) => {
    const { collaborators } = await affiliates(3, { incentiveResolverType: 'evenlySharedPool', autoApprove })
    const customers = times(count, at => `customer ${at}`)
    accepted(
      await atOnce(
        customers.flatMap(userId =>
          collaborators.map(collaboratorId => () => send('site-visited', { collaboratorId, userId })),
        ),
      ),
    )
    accepted(await atOnce(customers.map(userId => () => send('sale', saleOf(userId, { userId })))))
    return { customers, collaborators }
  }
  const refund = (externalId: string) => () => send('refund', { source: 'shop', externalId })
  const fulfill = () => send('fulfillment-generated', {})

  it('rejects what is refunded and fulfilled at once, or owes back what was paid', async () => {
    const { customers, collaborators } = await sold(30, true)
    accepted(await atOnce([...customers.map(refund), ...customers.map(refund), fulfill, fulfill, fulfill]))
    const obligations = await world.obligations()
    const standing = obligations.filter(({ status }) => status !== 'rejected')
    for (const { status, awardType } of standing) if (status !== 'complete') expect(awardType).toBe('clawback')
    for (const collaborator of collaborators) {
      const own = standing.filter(({ collaboratorId }) => collaboratorId === collaborator)
      expect(own.reduce((sum, { value }) => sum + value, 0)).toBe(0)
    }
    for (const { status } of await world.conversions()) expect(status).toBe('rejected')
    expect((await noteCounts()).refund_triggered).toBe(30)
    await sound()
  })

  it('rejects what is approved and refunded at once', async () => {
    await sold(20, false)
    const conversions = await world.conversions()
    const answers = await atOnce([
      ...conversions.map(
        ({ id }) =>
          () =>
            send('conversion-approved', { conversionId: id }),
      ),
      ...times(20, at => refund(`customer ${at}`)),
    ])
    accepted(answers.slice(conversions.length))
    const notes = await noteCounts()
    const approvals = tally(answers.slice(0, conversions.length))
    expect((approvals[200] ?? 0) + (approvals[409] ?? 0)).toBe(60)
    expect(notes.conversion_approved ?? 0).toBe(approvals[200] ?? 0)
    expect(notes.conversion_rejected).toBe(60)
    for (const { status } of await world.obligations()) expect(status).toBe('rejected')
    await sound()
  })

  it('approves, rejects and pays a conversion as one order of these would', async () => {
    await sold(10, false)
    const conversions = await world.conversions()
    const answers = await atOnce([
      ...conversions.flatMap(({ id: conversionId }) => [
        () => send('conversion-approved', { conversionId }),
        () => send('conversion-approved', { conversionId }),
        () => send('conversion-rejected', { conversionId, reason: 'not ours' }),
      ]),
      ...times(4, () => fulfill),
    ])
    for (const { status } of answers) expect([200, 409]).toContain(status)
    for (const { status } of await world.conversions()) expect(status).toBe('rejected')
    await sound()
  })

  it('pays each obligation once, however many fulfillments begin at once', async () => {
    await sold(20, true)
    const owed = (await world.obligations()).map(({ id }) => id)
    const named = (obligationIds: number[]) => () => send('fulfillment-generated', { obligationIds })
    const answers = await atOnce([
      ...times(6, () => fulfill),
      named(owed.slice(0, 20)),
      named(owed.slice(10, 30).reverse()),
      named(owed.toReversed()),
    ])
    accepted(answers.slice(0, 6))
    for (const { status } of answers.slice(6)) expect([200, 422]).toContain(status)
    const obligations = await world.obligations()
    for (const { status } of obligations) expect(status).toBe('complete')
    const total = (rows: readonly { value: number }[]) => rows.reduce((sum, { value }) => sum + value, 0)
    expect(total(await world.payouts())).toBe(total(obligations))
    expect((await noteCounts()).obligation_completed).toBe(60)
    const payouts = (await world.payouts()).map(({ id }) => id)
    accepted(await atOnce(payouts.flatMap(payoutId => times(5, () => () => send('payout-paid', { payoutId })))))
    expect((await noteCounts()).payout_paid).toBe(payouts.length)
    await sound()
  })

  it('shares out each sale once, however many distributions begin at once', async () => {
    const { collaborators } = await sold(10, true)
    const distributorId = await world.distributor(collaborators, { revenuePercentage: 5 })
    const distribute = () => send('distribution-completed', { distributorId })
    accepted(await atOnce(times(8, () => distribute)))
    const values = (await world.distributions()).map(({ value }) => value)
    expect(values.sort((a, b) => b - a)).toEqual([5000, 0, 0, 0, 0, 0, 0, 0])
    expect((await world.allocations()).map(({ value }) => value)).toEqual([1666, 1666, 1666])
    await sound()
  })

  it('credits a transaction by hand once, though it is refunded at once', async () => {
    const program = await world.program({ triggers: { manual: 100 } })
    const collaboratorId = await world.collaborator({ programs: [program] })
    const visitor = await affiliates(1)
    for (let round = 0; round < ROUNDS; round++) {
      const userId = `customer ${round}`
      accepted([await send('site-visited', { collaboratorId: visitor.collaborators[0], userId })])
      accepted([await send('sale', saleOf(userId, { userId }))])
      const transactionId = (await world.transactions()).at(-1)?.id
      const answers = await atOnce([
        ...times(6, () => () => send('manual-attribution', { collaboratorId, transactionId })),
        refund(userId),
      ])
      for (const { status } of answers) expect([200, 409]).toContain(status)
      const credits = (await world.conversions()).filter(
        conversion => conversion.transactionId === transactionId && conversion.collaboratorId === collaboratorId,
      )
      expect(credits.length).toBeLessThan(2)
    }
    await sound()
  })
})
