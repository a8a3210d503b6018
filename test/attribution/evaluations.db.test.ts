import { describe, expect, it } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { testDatabase } from '../support/database.ts'
import { day, type World } from '../support/world.ts'
import { clock, shop, told } from './shop.ts'

const { sql } = await testDatabase()

interface Touch {
  readonly engagementId: number
  readonly type: string | null
  readonly points: number
  readonly at: Date
  readonly slug: string | null
}
const touchesOf = ({ organizationId }: World) => sql.rows(touches, [organizationId])
const touches = statement<Touch>(`
  select t.engagement_id as "engagementId", t.engagement_type as type, t.points, t.date_created as at, i.slug
  from touch t left join ingested_event i on i.organization_id = t.organization_id and i.id = t.ingested_event_id
  where t.organization_id = $1 order by t.date_created, t.id`)

interface Candidate {
  readonly type: string
  readonly asOf: Date
  readonly externalId: string | null
  readonly programId: number
  readonly opportunityId: number
  readonly engagementId: number
  readonly collaboratorId: number
  readonly score: number
  readonly first: Date
  readonly latest: Date
  readonly touches: number
  readonly share: number | null
  readonly conversionId: number | null
}
const candidatesOf = ({ organizationId }: World) => sql.rows(candidates, [organizationId])
const candidates = statement<Candidate>(`
  select e.conversion_type as type, e.as_of as "asOf", t.external_id as "externalId", e.program_id as "programId",
    e.opportunity_id as "opportunityId", c.engagement_id as "engagementId", c.collaborator_id as "collaboratorId",
    c.score, c.first_touch as first, c.latest_touch as latest, c.touches, c.share, c.conversion_id as "conversionId"
  from evaluation e
    join evaluation_candidate c on c.organization_id = e.organization_id and c.evaluation_id = e.id
    left join transaction t on t.organization_id = e.organization_id and t.id = e.transaction_id
  where e.organization_id = $1 order by e.id, c.collaborator_id`)

describe('the ledger', () => {
  it('has a touch for every trigger, with the event that told it', async () => {
    const { visit, coupon, sale, credit, world } = await shop(sql)
    await visit('ann', 10)
    await coupon('ANN', 11)
    await visit('ann', 9)
    await sale('S1', 12)
    const [ofAnn] = await world.engagements()
    await credit('bob', (await world.transactions())[0]?.id as number, 13)
    const ofBob = (await world.engagements()).at(-1)
    const of = { engagementId: ofAnn?.id }
    expect(await touchesOf(world)).toEqual([
      { ...of, type: 'referredSiteVisit', points: 100, at: clock(9), slug: 'site-visited' },
      { ...of, type: 'referredSiteVisit', points: 100, at: clock(10), slug: 'site-visited' },
      { ...of, type: 'boundCouponUsed', points: 50, at: clock(11), slug: 'coupon-applied' },
      { engagementId: ofBob?.id, type: 'manual', points: 10, at: clock(13), slug: 'manual-attribution' },
    ])
  })

  it('has the touches of visitors who turn out to be one under one engagement', async () => {
    const { visit, open, join, world } = await shop(sql)
    const [one, other] = [await open('u1'), await open()]
    for (const [at, trackingId] of [
      [10, other],
      [11, one],
      [12, other],
    ] as const)
      await visit('ann', at, { trackingId })
    await join(other, 'u1', 13)
    const [engagement, ...more] = await world.engagements()
    expect(more).toEqual([])
    expect(engagement).toMatchObject({ score: 300, dateCreated: clock(10), dateModified: clock(12) })
    expect((await touchesOf(world)).map(({ engagementId, at }) => [engagementId, at])).toEqual(
      [10, 11, 12].map(at => [engagement?.id, clock(at)]),
    )
  })

  it('has an event that is told twice once', async () => {
    const { world, idOf } = await shop(sql)
    for (const at of [clock(10), clock(11)])
      await world.fire('site-visited', { collaboratorId: idOf('ann') }, { at, idempotencyKey: 'k' })
    expect(await touchesOf(world)).toHaveLength(1)
  })

  it('dates an active engagement by its touches, told in whatever order, and another by when it changed', async () => {
    for (const [, order] of told(3)) {
      const { visit, sale, claims } = await shop(sql)
      for (const at of order) await visit('ann', 10 + at)
      expect(await claims()).toEqual([['ann', 'active', 300, 10, 12]])
      await sale('S1', 13)
      expect(await claims()).toEqual([['ann', 'complete', 300, 10, 13]])
    }
  })
})

describe('an evaluation', () => {
  it('is recorded with what it was decided from', async () => {
    const { visit, sale, world, program, customer, idOf } = await shop(sql, { incentiveResolverType: 'topScoreWins' })
    await visit('bob', 9)
    await visit('ann', 10)
    await visit('ann', 11)
    await visit('bob', 13)
    await visit('bob', 14)
    await sale('S1', 12)
    const of = { type: 'sale', externalId: 'S1', programId: program, opportunityId: customer, asOf: clock(12) }
    const [conversion] = await world.conversions()
    expect(await candidatesOf(world)).toMatchObject([
      {
        ...{ ...of, collaboratorId: idOf('ann'), score: 200, first: clock(10), latest: clock(11), touches: 2 },
        ...{ share: 1000, conversionId: conversion?.id, engagementId: conversion?.engagementId },
      },
      {
        ...{ ...of, collaboratorId: idOf('bob'), score: 100, first: clock(9), latest: clock(9), touches: 1 },
        ...{ share: null, conversionId: null },
      },
    ])
  })

  it('is final: nothing that is told later changes it, or what it gave', async () => {
    const { visit, coupon, sale, lead, world, credits } = await shop(sql)
    await visit('ann', 10)
    await visit('bob', 11)
    await sale('S1', 14)
    const before = [await candidatesOf(world), await world.conversions(), await world.obligations()]
    const engagements = await world.engagements()
    await visit('cid', 13)
    await coupon('ANN', 9)
    await visit('bob', 13.5)
    await sale('S0', 8)
    await lead(12)
    expect([await candidatesOf(world), await world.conversions(), await world.obligations()]).toEqual(before)
    expect((await world.engagements()).slice(0, engagements.length)).toEqual(engagements)
    await sale('S2', 15)
    expect(await credits()).toEqual([
      ['S1', 'bob', 1000],
      ['S2', 'bob', 1000],
    ])
  })

  it('follows its engagements where opportunities turn out to be one', async () => {
    const { visit, sale, renewal, open, join, world, credits } = await shop(sql, {
      activeConversionTypes: ['renewal'],
    })
    const [one, other] = [await open('u1'), await open()]
    await visit('ann', 10, { trackingId: other })
    await sale('S1', 11, { trackingId: other })
    await renewal('R1', 'S1', 12)
    await visit('ann', 9, { trackingId: one })
    await join(other, 'u1', 13)
    const [engagement, ...more] = await world.engagements()
    expect(more).toEqual([])
    expect(engagement).toMatchObject({ opportunityId: one, score: 200 })
    expect(await candidatesOf(world)).toMatchObject([{ engagementId: engagement?.id, score: 100 }])
    // the record has one visit, and is what the next one goes by
    await renewal('R2', 'S1', 14)
    expect(await world.conversions()).toMatchObject([
      { engagementId: engagement?.id, score: 100 },
      { engagementId: engagement?.id, score: 100 },
    ])
    expect(await credits()).toEqual([
      ['R1', 'ann', 1000],
      ['R2', 'ann', 1000],
    ])
  })

  it('that credits nobody leaves the claims pending, and the next one that does completes them', async () => {
    const { visit, sale, claims, credits } = await shop(sql, { expirationDays: 1 })
    await visit('ann', 10)
    await sale('S1', day(5))
    expect(await claims()).toEqual([['ann', 'pending', 100, 10, 96]])
    await visit('bob', day(5, 60))
    await sale('S2', day(5, 120))
    expect(await claims()).toEqual([
      ['ann', 'complete', 100, 10, 98],
      ['bob', 'complete', 100, 97, 98],
    ])
    expect(await credits()).toEqual([['S2', 'bob', 1000]])
  })
})

describe('claims that are equal', () => {
  it.each([
    ['newestBindingWins', 'bob'],
    ['oldestBindingWins', 'ann'],
    ['topScoreWins', 'ann'],
  ] as const)('are decided by the collaborator under %s, whoever was told first', async (resolver, winner) => {
    for (const people of [['ann', 'bob'] as const, ['bob', 'ann'] as const]) {
      const { visit, sale, credits } = await shop(sql, { incentiveResolverType: resolver })
      for (const person of people) await visit(person, 10)
      await sale('S1', 12)
      expect(await credits()).toEqual([['S1', winner, 1000]])
    }
  })

  it('go by the first date before that, where the scores are equal', async () => {
    for (const [, order] of told(2)) {
      const { visit, sale, credits } = await shop(sql, { incentiveResolverType: 'topScoreWins' })
      const steps = [() => visit('bob', 9), () => visit('ann', 10)]
      for (const at of order) await steps[at]?.()
      await sale('S1', 12)
      expect(await credits()).toEqual([['S1', 'bob', 1000]])
    }
  })

  // ten percent of 0.10: one cent
  const cent = { total: 0.1 }
  it('have the odd cent go to the earlier first touch, then to the lower collaborator', async () => {
    for (const [, order] of told(2)) {
      for (const [hour, winner] of [
        [9, 'bob'],
        [10, 'ann'],
      ] as const) {
        const { visit, sale, world, idOf } = await shop(sql, { incentiveResolverType: 'performanceWeightedPool' })
        const steps = [() => visit('bob', hour), () => visit('ann', 10)]
        for (const at of order) await steps[at]?.()
        await sale('S1', 12, {}, cent)
        const paid = (await world.obligations()).filter(({ value }) => value > 0)
        expect(paid).toMatchObject([{ collaboratorId: idOf(winner), value: 1 }])
      }
    }
  })

  it('have the first touch count as of the sale', async () => {
    const { visit, sale, world, idOf } = await shop(sql, { incentiveResolverType: 'performanceWeightedPool' })
    for (const [person, hour] of [
      ['ann', 10],
      ['bob', 9],
      ['ann', 13],
    ] as const)
      await visit(person, hour)
    await sale('S1', 12, {}, cent)
    const paid = (await world.obligations()).filter(({ value }) => value > 0)
    expect(paid).toMatchObject([{ collaboratorId: idOf('bob'), value: 1 }])
  })

  it.each([
    ['newestBindingWins', 'second'],
    ['oldestBindingWins', 'first'],
  ] as const)('of a group are decided by the program under %s, whoever was told first', async (sorter, winner) => {
    for (const [, order] of told(2)) {
      const { world, visit, sale, newProgram, program, idOf, reform, credits } = await shop(sql)
      const groupId = await world.group(sorter)
      const second = await newProgram({ groupId })
      await reform(`group_id = ${groupId}`)
      // the lower program has the higher collaborator
      await sql.script(`delete from enrollment where collaborator_id = ${idOf('ann')}`)
      await world.enroll(idOf('ann'), second)
      const steps = [() => visit('ann', 10), () => visit('bob', 10)]
      for (const at of order) await steps[at]?.()
      await sale('S1', 12)
      expect(await credits(winner === 'first' ? program : second)).toHaveLength(1)
      expect(await credits()).toHaveLength(1)
    }
  })
})
