import { describe, expect, it } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { day } from '../support/world.ts'
import { outgoing } from '../webhooks/outbox.ts'
import { subscribe } from '../webhooks/receiver.ts'
import { orders, shop, told } from './shop.ts'

// Each a sentence of the domain, worked by hand. Unless it is said, ten percent of sales and renewals of 100.00 go to the
// newest binding.

const { sql } = await testDatabase()

describe('what is told after a sale was evaluated', () => {
  it('counts for the next one: Ann at 10, a sale at 12, then Bob of 11, then a sale at 14', async () => {
    const { visit, sale, credits, claims } = await shop(sql)
    await visit('ann', 10)
    await sale('S1', 12)
    await visit('bob', 11)
    await sale('S2', 14)
    expect(await credits()).toEqual([
      ['S1', 'ann', 1000],
      ['S2', 'bob', 1000],
    ])
    expect(await claims()).toEqual([
      ['ann', 'complete', 100, 10, 12],
      ['bob', 'complete', 100, 11, 14],
    ])
  })

  it('counts for that sale when it is told before it', async () => {
    const { visit, sale, credits } = await shop(sql)
    await visit('bob', 11)
    await visit('ann', 10)
    await sale('S1', 12)
    await sale('S2', 14)
    expect(await credits()).toEqual([['S1', 'bob', 1000]])
  })

  it('reopens nothing, if it is an earlier sale: it finds what is left', async () => {
    const { visit, sale, credits, claims } = await shop(sql)
    await visit('ann', 10)
    await visit('bob', 13)
    await sale('S2', 14)
    await sale('S1', 12)
    expect(await credits()).toEqual([['S2', 'bob', 1000]])
    expect(await claims()).toEqual([
      ['ann', 'complete', 100, 10, 14],
      ['bob', 'complete', 100, 13, 14],
    ])
  })
})

describe('touches after the sale', () => {
  // the sale of noon is told last, or before what came after it
  const BOTH_SIDES = [
    ['10, 15, sale', [10, 15, 12]],
    ['15, 10, sale', [15, 10, 12]],
    ['10, sale, 15', [10, 12, 15]],
  ] as const

  it.each(BOTH_SIDES)('are a claim of their own: Ann at 10 and 15, a sale at 12, told as %s', async (_, hours) => {
    const { visit, sale, claims, world } = await shop(sql)
    for (const hour of hours) await (hour === 12 ? sale('S1', 12) : visit('ann', hour))
    expect(await claims()).toEqual([
      ['ann', 'complete', 100, 10, 12],
      ['ann', 'active', 100, 15, 15],
    ])
    expect(await world.conversions()).toMatchObject([{ score: 100, status: 'approved' }])
  })

  it.each(BOTH_SIDES)('are told as a new engagement once, told as %s', async (_, hours) => {
    const { visit, sale, world } = await shop(sql)
    await subscribe(sql, world.organizationId, 'http://127.0.0.1/hook')
    for (const hour of hours) await (hour === 12 ? sale('S1', 12) : visit('ann', hour))
    const created = (await outgoing(sql, world.organizationId)).filter(({ type }) => type === 'engagement.created')
    const ids = (await world.engagements()).map(({ id }) => id)
    expect(created.map(({ data }) => data.id).sort((a, b) => a - b)).toEqual(ids)
    expect(ids).toHaveLength(2)
  })

  it('keep their engagement, where all came later', async () => {
    const { visit, sale, claims, credits, world } = await shop(sql)
    await visit('bob', 15)
    const [before] = await world.engagements()
    await visit('ann', 10)
    await sale('S1', 12)
    expect(await credits()).toEqual([['S1', 'ann', 1000]])
    expect(await claims()).toEqual([
      ['ann', 'complete', 100, 10, 12],
      ['bob', 'active', 100, 15, 15],
    ])
    expect((await world.engagements())[0]).toEqual(before)
  })

  it('of the very moment of the sale still count', async () => {
    const { visit, sale, claims, credits } = await shop(sql)
    await visit('ann', 10)
    await visit('bob', 12)
    await sale('S1', 12)
    expect(await credits()).toEqual([['S1', 'bob', 1000]])
    expect(await claims()).toEqual([
      ['ann', 'complete', 100, 10, 12],
      ['bob', 'complete', 100, 12, 12],
    ])
  })

  it.each(orders(4).filter(order => order.indexOf(0) > order.indexOf(1) && order.indexOf(0) > order.indexOf(2)))(
    'do not decide whose the sale is by their date or score, told as %i, %i, %i, %i',
    async (...order) => {
      const { visit, sale, claims, credits } = await shop(sql, { incentiveResolverType: 'topScoreWins' })
      const steps = [
        () => sale('S1', 12),
        () => visit('ann', 10),
        () => visit('bob', 11),
        async () => {
          for (const hour of [13, 14]) await visit('bob', hour)
        },
      ]
      for (const at of order) await steps[at]?.()
      // as many points each: the earlier one
      expect(await credits()).toEqual([['S1', 'ann', 1000]])
      expect(await claims()).toEqual([
        ['ann', 'complete', 100, 10, 12],
        ['bob', 'complete', 100, 11, 12],
        ['bob', 'active', 200, 13, 14],
      ])
    },
  )

  it.each([
    ['newestBindingWins', [['S1', 'bob', 1000]]],
    ['oldestBindingWins', [['S1', 'ann', 1000]]],
    ['topScoreWins', [['S1', 'ann', 1000]]],
    [
      'evenlySharedPool',
      [
        ['S1', 'ann', 500],
        ['S1', 'bob', 500],
      ],
    ],
    [
      'performanceWeightedPool',
      [
        ['S1', 'ann', 667],
        ['S1', 'bob', 333],
      ],
    ],
  ] as const)('earn nothing under %s', async (incentiveResolverType, expected) => {
    const { visit, sale, credits } = await shop(sql, { incentiveResolverType })
    for (const [person, hour] of [
      ['bob', 20],
      ['ann', 9],
      ['cid', 13],
      ['ann', 10],
      ['bob', 11],
      ['bob', 21],
      ['ann', 22],
    ] as const)
      await visit(person, hour)
    await sale('S1', 12)
    expect(await credits()).toEqual(expected)
  })

  it('leave the windows of a program as they were at the sale', async () => {
    const { visit, sale, claims, credits } = await shop(sql, { expirationDays: 1 })
    await visit('ann', 10)
    await visit('ann', day(4))
    await sale('S1', day(3))
    expect(await credits()).toEqual([])
    expect(await claims()).toEqual([
      ['ann', 'pending', 100, 10, 48],
      ['ann', 'active', 100, 72, 72],
    ])
  })

  it('are not the claim of a lead either', async () => {
    const { visit, lead, claims, credits } = await shop(sql, {
      activeConversionTypes: ['lead'],
      incentiveType: 'fixedPerLead',
      payoutPerLead: 300,
    })
    await visit('ann', 15)
    await visit('ann', 10)
    await visit('bob', 13)
    await lead(12)
    expect(await credits()).toEqual([['lead', 'ann', 300]])
    expect(await claims()).toEqual([
      ['ann', 'complete', 100, 10, 12],
      ['bob', 'active', 100, 13, 13],
      ['ann', 'active', 100, 15, 15],
    ])
  })

  it('of a program that does not reward the sale are left together', async () => {
    const { visit, sale, claims } = await shop(sql, { activeConversionTypes: ['lead'] })
    await visit('ann', 15)
    await visit('ann', 10)
    await sale('S1', 12)
    expect(await claims()).toEqual([['ann', 'active', 200, 10, 15]])
  })

  it.each(told(3))('survive where a program loses its group: told as %s', async (_, order) => {
    const { world, visit, sale, claims, credits, newProgram, program, idOf, reform } = await shop(sql)
    const group = await world.group('newestBindingWins')
    const other = await newProgram({ groupId: group })
    await reform(`group_id = ${group}`)
    await world.enroll(idOf('cid'), other)
    await sql.script(`delete from enrollment where collaborator_id = ${idOf('cid')} and program_id = ${program}`)
    const steps = [() => visit('ann', 10), () => visit('cid', 11), () => visit('ann', 15)]
    for (const at of order) await steps[at]?.()
    await sale('S1', 12)
    expect(await credits()).toEqual([['S1', 'cid', 1000]])
    expect(await claims(program)).toEqual([
      ['ann', 'cancelled', 100, 10, 12],
      ['ann', 'active', 100, 15, 15],
    ])
    expect(await claims(other)).toEqual([['cid', 'complete', 100, 11, 12]])
  })
})

describe('a renewal', () => {
  it.each([
    ['10, 15, sale', [10, 15, 12]],
    ['15, 10, sale', [15, 10, 12]],
    ['10, sale, 15', [10, 12, 15]],
  ])('reads the score as of the sale, and splits nothing, told as %s', async (_, hours) => {
    const { visit, sale, renewal, claims, credits, world } = await shop(sql, { activeConversionTypes: ['renewal'] })
    for (const hour of hours) await (hour === 12 ? sale('S1', 12) : visit('ann', hour))
    await visit('bob', 13)
    await renewal('R1', 'S1', day(30))
    expect(await credits()).toEqual([['R1', 'ann', 1000]])
    expect(await world.conversions()).toMatchObject([{ type: 'renewal', score: 100 }])
    expect(await claims()).toEqual([
      ['ann', 'active', 200, 10, 15],
      ['bob', 'active', 100, 13, 13],
    ])
  })

  it('pays what the program pays now to those whom the sale credited: 10 % at the sale, 20 % since', async () => {
    const { visit, sale, renewal, credits, reform } = await shop(sql)
    await visit('ann', 10)
    await sale('S1', 12)
    await visit('bob', 13)
    await reform('transaction_percent = 20')
    await renewal('R1', 'S1', day(30))
    expect(await credits()).toEqual([
      ['S1', 'ann', 1000],
      ['R1', 'ann', 2000],
    ])
  })
})

describe('two visitors who turn out to be one customer', () => {
  it.each(['before', 'after'])(
    'have their open claims added up, and split by a sale: Ann of 13 told %s',
    async when => {
      const { visit, sale, join, open, claims, credits } = await shop(sql)
      const one = await open('u1')
      const other = await open()
      await visit('ann', 10, { trackingId: one })
      if (when === 'before') await visit('ann', 13, { trackingId: one })
      await sale('S1', 12, { trackingId: one })
      if (when === 'after') await visit('ann', 13, { trackingId: one })
      await visit('ann', 11, { trackingId: other })
      await join(other, 'u1', 13)
      expect(await claims()).toEqual([
        ['ann', 'complete', 100, 10, 12],
        ['ann', 'active', 200, 11, 13],
      ])
      await sale('S2', 12.5, { userId: 'u1' })
      expect(await credits()).toEqual([
        ['S1', 'ann', 1000],
        ['S2', 'ann', 1000],
      ])
      expect(await claims()).toEqual([
        ['ann', 'complete', 100, 10, 12],
        ['ann', 'complete', 100, 11, 12.5],
        ['ann', 'active', 100, 13, 13],
      ])
    },
  )

  it('have the dates that their touches give, whichever was told first', async () => {
    const { visit, join, open, claims, world } = await shop(sql)
    const one = await open('u1')
    const other = await open()
    await visit('ann', 14, { trackingId: one })
    await visit('ann', 16, { trackingId: other })
    await visit('ann', 9, { trackingId: other })
    await visit('ann', 11, { trackingId: one })
    await join(other, 'u1', 20)
    expect(await claims()).toEqual([['ann', 'active', 400, 9, 16]])
    await visit('ann', 8, { trackingId: other })
    expect(await claims()).toEqual([['ann', 'active', 500, 8, 16]])
    expect(await world.engagements()).toMatchObject([{ opportunityId: one }])
  })
})

describe('a manual attribution', () => {
  it('has the moment of its own: today of a sale of yesterday', async () => {
    const { sale, credit, credits, claims, world } = await shop(sql)
    await sale('S1', 12)
    const [transaction] = await world.transactions()
    await credit('ann', transaction?.id as number, day(2))
    expect(await credits()).toEqual([['S1', 'ann', 1000]])
    expect(await claims()).toEqual([['ann', 'complete', 10, 24, 24]])
  })
})

describe('a device that two customers share', () => {
  it('has a sale of B on an opportunity of B’s own, to nobody’s credit, and says so', async () => {
    const { visit, sale, open, credits, claims, world } = await shop(sql)
    const one = await open('a')
    await visit('ann', 10, { trackingId: one })
    const { opportunityId, warnings } = await sale('S1', 12, { trackingId: one, userId: 'b' })
    expect(opportunityId).not.toBe(one)
    expect(warnings).toEqual([expect.any(String)])
    expect(await credits()).toEqual([])
    expect(await claims()).toEqual([['ann', 'active', 100, 10, 10]])
    expect((await world.opportunities()).find(({ id }) => id === opportunityId)).toMatchObject({ userId: 'b' })
    expect(await world.transactions()).toMatchObject([{ opportunityId, externalId: 'S1' }])
    await sale('S2', 13, { trackingId: one, userId: 'a' })
    expect(await credits()).toEqual([['S2', 'ann', 1000]])
  })

  it('has a coupon of Ann’s, applied by B, give Ann a claim on B', async () => {
    const { visit, coupon, sale, open, credits, world } = await shop(sql)
    const one = await open('a')
    await visit('bob', 10, { trackingId: one })
    const { opportunityId } = await coupon('ANN', 11, { trackingId: one, userId: 'b' })
    expect((await world.engagements()).map(engagement => engagement.opportunityId)).toEqual([one, opportunityId])
    expect(await sale('S1', 12, { trackingId: one, userId: 'b' })).not.toHaveProperty('warnings')
    expect(await credits()).toEqual([['S1', 'ann', 1000]])
  })
})

describe('a userId that is nobody’s', () => {
  it('makes no two guests one: 0 in a visit by Ann’s link, 0 in the sale of another', async () => {
    const { visit, sale, open, credits, claims, world } = await shop(sql)
    const { opportunityId: one } = await visit('ann', 10, { userId: 0 })
    const other = await open()
    const { opportunityId } = await sale('S1', 12, { userId: 0, trackingId: other })
    expect(one).not.toBe(other)
    expect(opportunityId).toBe(other)
    expect(await credits()).toEqual([])
    expect(await claims()).toEqual([['ann', 'active', 100, 10, 10]])
    for (const { userId, status } of await world.opportunities()) expect([userId, status]).toEqual([null, 'active'])
  })
})

describe('a coupon of 50 points, three times in one cart', () => {
  it.each(orders(4))('loses to a link of 100 where the top score wins, told as %i, %i, %i, %i', async (...order) => {
    const { coupon, visit, sale, credits, claims } = await shop(sql, { incentiveResolverType: 'topScoreWins' })
    const steps = [() => coupon('ANN', 9), () => coupon('ann', 10), () => coupon('ANN', 11), () => visit('bob', 11.5)]
    for (const at of order) await steps[at]?.()
    await sale('S1', 12)
    expect(await credits()).toEqual([['S1', 'bob', 1000]])
    expect(await claims()).toEqual([
      ['ann', 'complete', 50, 9, 12],
      ['bob', 'complete', 100, 11.5, 12],
    ])
  })
})
