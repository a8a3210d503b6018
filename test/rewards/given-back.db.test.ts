import { describe, expect, it } from 'vitest'
import { applySetup } from '../../src/directory/apply.ts'
import { TRIGGER_STRATEGIES } from '../../src/engagements/triggers/strategies.ts'
import { ConflictError, RecordNotFoundError, ValidationError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { type Books, books, refused, withoutEffect } from './books.ts'

// What a refund, or a rejection by hand, does to what is owed: before a payout, in an unpaid one, in a paid one.

const { sql } = await testDatabase()

type Given = Parameters<typeof books>[1]
const even = { incentiveResolverType: 'evenlySharedPool' } as const
const MIXED = [
  { externalId: 'A', name: 'A', amount: 80 },
  { externalId: 'S', name: 'Shipping', type: 'shipping', amount: 20 },
]

/** Ann brought a customer, who has bought for 100.00. */
const sold = async (given: Given = {}, more: object = {}) => {
  const story = await books(sql, given)
  await story.brought('ann')
  await story.buys('S1', more)
  return story
}

/** The same, and Ann's 10.00 are in a payout, of which the money was sent or not. */
const paidOut = async (isPaid: boolean, given: Given = {}, more: object = {}) => {
  const story = await sold(given, more)
  await (isPaid ? story.paysOut() : story.generate())
  return story
}

const IN_A_PAYOUT = [
  ['unpaid', false],
  ['paid', true],
] as const

const notesDuring = async ({ world }: Pick<Books, 'world'>, work: () => Promise<unknown>) => {
  const before = (await world.notes()).length
  await work()
  return (await world.notes()).slice(before)
}

describe('before a payout', () => {
  it.each([
    ['draft', false],
    ['pending', true],
  ] as const)('a %s obligation changes its value, and nothing else', async (status, autoApprove) => {
    const story = await sold({ autoApprove })
    const { world, giveBack } = story
    const undated = async () => [
      (await world.obligations()).map(({ dateModified: _, ...row }) => row),
      (await world.conversions()).map(({ dateModified: _, ...row }) => row),
    ]
    const [obligations, conversions] = await undated()
    expect(obligations).toMatchObject([{ value: 1000, status }])
    const notes = await notesDuring(story, () => giveBack('S1', 40))
    expect(await undated()).toEqual([[{ ...obligations?.[0], value: 600 }], conversions])
    expect(notes.map(({ key }) => key)).toEqual(['partial_refund_triggered', 'obligation_adjusted'])
    expect(notes[1]).toMatchObject({ facts: { amount: -400, currency: 'USD' } })
  })

  it('an approval comes after a part was given back: what is left is owed', async () => {
    const { world, giveBack, fire, owed, conversionOf, paysOut, payouts } = await sold({ autoApprove: false })
    await giveBack('S1', 40)
    await fire('conversion-approved', { conversionId: (await conversionOf('S1', 'ann')).id })
    expect(await owed()).toEqual([['ann', 'sale', 600, 'pending']])
    await paysOut()
    expect(await payouts()).toEqual([['ann', 600, 'USD', 'paid']])
    expect(await world.obligations()).toHaveLength(1)
  })

  it.each([
    ['all of it', { refundId: 'r', amount: 100 }],
    ['all of it, as a whole', {}],
    ['all that pays', { refundId: 'r', items: [{ externalId: 'A', quantity: 1 }] }],
  ])('nothing is owed where %s is given back: rejected for a refund, at the value it had', async (_, what) => {
    const story = await sold({}, { items: MIXED })
    const { refund, owed, conversionOf } = story
    const notes = await notesDuring(story, () => refund('S1', what))
    expect(await owed()).toEqual([['ann', 'sale', 800, 'rejected']])
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
    const rejections = notes.filter(({ key }) => key === 'conversion_rejected')
    expect(rejections).toMatchObject([{ facts: { reason: 'refund' } }])
    expect(notes.map(({ key }) => key)).not.toContain('obligation_adjusted')
  })

  it('a draft that is rejected keeps the value that the last part left', async () => {
    const { giveBack, refund, owed } = await sold({ autoApprove: false })
    await giveBack('S1', 40)
    await refund('S1')
    expect(await owed()).toEqual([['ann', 'sale', 600, 'rejected']])
  })

  it('nobody’s claim comes back, and no engagement changes', async () => {
    const { giveBack, refund, claims } = await sold()
    const before = await claims()
    await giveBack('S1', 40)
    await refund('S1')
    expect(await claims()).toEqual(before)
  })

  it('a part that changes no reward writes no adjustment', async () => {
    const story = await sold({}, { items: MIXED })
    const { giveBack, owed } = story
    const notes = await notesDuring(story, () => giveBack('S1', { S: 1 }))
    expect(notes.map(({ key }) => key)).toEqual(['partial_refund_triggered'])
    expect(await owed()).toEqual([['ann', 'sale', 800, 'pending']])
  })

  it('every program that pays is recomputed by itself, and each rejected when it pays nobody', async () => {
    const { world, newProgram, idOf, brought, buys, giveBack, owed } = await books(sql)
    const fixed = await newProgram({ incentiveType: 'fixedPerTransaction', payoutPerTransaction: 500 })
    await world.enroll(idOf('bob'), fixed)
    await brought('ann', 'bob')
    await buys('S1', { items: MIXED })
    expect(await owed()).toEqual([
      ['bob', 'sale', 800, 'pending'],
      ['bob', 'sale', 500, 'pending'],
    ])
    await giveBack('S1', { A: 1 })
    expect(await owed()).toEqual([
      ['bob', 'sale', 800, 'rejected'],
      ['bob', 'sale', 500, 'pending'],
    ])
    await giveBack('S1', 20)
    expect((await owed()).map(([, , , status]) => status)).toEqual(['rejected', 'rejected'])
  })

  it('a share of nothing beside others keeps its conversion, and its note', async () => {
    const story = await books(sql, { incentiveResolverType: 'performanceWeightedPool' })
    const { brought, buys, giveBack, owed, world } = story
    await brought(['ann', 3], ['bob', 3], 'cid')
    await buys('S1', { total: 0.5 })
    const notes = await notesDuring(story, () => giveBack('S1', 0.1))
    expect(await owed()).toEqual([
      ['ann', 'sale', 2, 'pending'],
      ['bob', 'sale', 2, 'pending'],
      ['cid', 'sale', 0, 'pending'],
    ])
    expect((await world.conversions()).map(({ status }) => status)).toEqual(['approved', 'approved', 'approved'])
    expect(notes.filter(({ key }) => key === 'obligation_adjusted').map(({ facts }) => facts)).toEqual([
      { amount: -1, currency: 'USD' },
    ])
  })

  it('all are rejected together when a pool is too small for any of them', async () => {
    const { brought, buys, giveBack, owed, world, transactionOf } = await books(sql, even)
    await brought('ann', 'bob', 'cid')
    await buys('S1', { total: 0.3 })
    await giveBack('S1', 0.1)
    expect((await world.conversions()).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(await owed()).toEqual([
      ['ann', 'sale', 1, 'rejected'],
      ['bob', 'sale', 1, 'rejected'],
      ['cid', 'sale', 1, 'rejected'],
    ])
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 10 })
  })
})

describe.each(IN_A_PAYOUT)('in an %s payout', (status, isPaid) => {
  it('what was owed stays, and so does the payout: the difference is owed back, by the same conversion', async () => {
    const story = await paidOut(isPaid)
    const { world, giveBack, conversionOf, idOf } = story
    const before = [await world.obligations(), await world.payouts(), await world.fulfillments()]
    expect(await world.payouts()).toMatchObject([{ status, value: 1000 }])
    const conversion = await conversionOf('S1', 'ann')
    const notes = await notesDuring(story, () => giveBack('S1', 40))
    const [original, clawback, ...more] = await world.obligations()
    expect([[original], await world.payouts(), await world.fulfillments()]).toEqual(before)
    expect(more).toEqual([])
    expect(clawback).toMatchObject({
      collaboratorId: idOf('ann'),
      status: 'pending',
      awardType: 'clawback',
      value: -400,
      currency: 'USD',
      payoutId: null,
      conversionId: conversion.id,
    })
    expect(original).toMatchObject({ conversionId: conversion.id })
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'approved', obligationId: original?.id })
    expect(notes.map(({ key }) => key)).toEqual(['partial_refund_triggered', 'obligation_issued'])
    expect(notes[1]).toEqual({
      key: 'obligation_issued',
      cause: ['conversion', conversion.id],
      links: { obligation: [clawback?.id], collaborator: [idOf('ann')], conversion: [conversion.id] },
      facts: { amount: -400, currency: 'USD' },
    })
  })

  it('everything is owed back where nothing is left that pays, and the conversion is rejected', async () => {
    const story = await paidOut(isPaid, {}, { items: MIXED })
    const { world, giveBack, owed, conversionOf, transactionOf } = story
    const before = [(await world.obligations())[0], await world.payouts()]
    const notes = await notesDuring(story, () => giveBack('S1', { A: 1 }))
    expect([(await world.obligations())[0], await world.payouts()]).toEqual(before)
    expect(await owed()).toEqual([
      ['ann', 'sale', 800, 'complete'],
      ['ann', 'clawback', -800, 'pending'],
    ])
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete' })
    expect(notes.map(({ key }) => key).sort()).toEqual([
      'conversion_rejected',
      'obligation_issued',
      'partial_refund_triggered',
    ])
    // what is left pays nobody: there is nothing more to be owed back
    const later = await notesDuring(story, () => giveBack('S1', 20))
    expect(later.map(({ key }) => key)).toEqual(['refund_triggered'])
    expect(await owed()).toHaveLength(2)
  })

  it('everything is owed back of a whole refund', async () => {
    const story = await paidOut(isPaid)
    const { refund, owed, conversionOf, transactionOf, world } = story
    await refund('S1')
    expect(await owed()).toEqual([
      ['ann', 'sale', 1000, 'complete'],
      ['ann', 'clawback', -1000, 'pending'],
    ])
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 10_000 })
    await withoutEffect(world, () => refund('S1', { reason: 'again' }))
  })

  it('each part is a difference of its own, whatever became of the one before', async () => {
    const { buys, brought, giveBack, paysOut, owed, refund, balance, payouts } = await paidOut(isPaid)
    await giveBack('S1', 40)
    await brought('ann')
    await buys('S2')
    await paysOut()
    expect((await payouts()).map(([, value]) => value)).toEqual([1000, 600])
    await giveBack('S1', 10)
    await refund('S1')
    expect(await owed()).toEqual([
      ['ann', 'sale', 1000, 'complete'],
      ['ann', 'clawback', -400, 'complete'],
      ['ann', 'sale', 1000, 'complete'],
      ['ann', 'clawback', -100, 'pending'],
      ['ann', 'clawback', -500, 'pending'],
    ])
    expect(await balance('ann')).toBe(1000)
  })

  it('a part that changes no reward issues nothing', async () => {
    const { giveBack, owed } = await paidOut(isPaid, {}, { items: MIXED })
    await giveBack('S1', { S: 1 })
    expect(await owed()).toEqual([['ann', 'sale', 800, 'complete']])
  })

  it('only who was paid owes back: another, who was not, has its value changed', async () => {
    const { brought, buys, giveBack, owed, world, idOf, generate, fire } = await books(sql, {
      ...even,
      autoApprove: false,
    })
    await brought('ann', 'bob')
    await buys('S1')
    const [ofAnn] = await world.conversions()
    await fire('conversion-approved', { conversionId: ofAnn?.id })
    expect(ofAnn?.collaboratorId).toBe(idOf('ann'))
    await generate()
    if (isPaid) for (const { id } of await world.payouts()) await fire('payout-paid', { payoutId: id })
    await giveBack('S1', 40)
    expect(await owed()).toEqual([
      ['ann', 'sale', 500, 'complete'],
      ['bob', 'sale', 300, 'draft'],
      ['ann', 'clawback', -200, 'pending'],
    ])
  })

  it('a rejection by hand changes no money, unless it says so', async () => {
    const { rejects, owed, conversionOf, payouts } = await paidOut(isPaid)
    await rejects('S1', 'ann')
    expect(await owed()).toEqual([['ann', 'sale', 1000, 'complete']])
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
    expect(await payouts()).toEqual([['ann', 1000, 'USD', status]])
  })

  it('a rejection by hand that says so has what was paid owed back, once', async () => {
    const story = await paidOut(isPaid)
    const { world, rejects, owed, conversionOf, payouts } = story
    const notes = await notesDuring(story, () => rejects('S1', 'ann', { clawback: true }))
    const conversion = await conversionOf('S1', 'ann')
    expect(conversion).toMatchObject({ status: 'rejected' })
    expect(await owed()).toEqual([
      ['ann', 'sale', 1000, 'complete'],
      ['ann', 'clawback', -1000, 'pending'],
    ])
    expect((await world.obligations())[1]).toMatchObject({ conversionId: conversion.id })
    expect(await payouts()).toEqual([['ann', 1000, 'USD', status]])
    expect(notes.map(({ key, facts }) => [key, facts]).toSorted()).toEqual([
      ['conversion_rejected', { reason: 'fraud' }],
      ['obligation_issued', { amount: -1000, currency: 'USD' }],
    ])
    await withoutEffect(world, () => rejects('S1', 'ann', { clawback: true }))
    await withoutEffect(world, () => rejects('S1', 'ann'))
    await withoutEffect(world, () => rejects('S1', 'ann', { reason: 'again', clawback: true }))
  })

  it('a rejection by hand can say so later', async () => {
    const story = await paidOut(isPaid)
    const { world, rejects, owed } = story
    await rejects('S1', 'ann')
    const notes = await notesDuring(story, () => rejects('S1', 'ann', { clawback: true }))
    expect(await owed()).toEqual([
      ['ann', 'sale', 1000, 'complete'],
      ['ann', 'clawback', -1000, 'pending'],
    ])
    expect(notes.map(({ key }) => key)).toEqual(['obligation_issued'])
    await withoutEffect(world, () => rejects('S1', 'ann', { clawback: true }))
  })

  it('a rejection by hand has what parts left owed back', async () => {
    const { giveBack, rejects, owed, balance } = await paidOut(isPaid)
    await giveBack('S1', 40)
    await rejects('S1', 'ann', { clawback: true })
    expect(await owed()).toEqual([
      ['ann', 'sale', 1000, 'complete'],
      ['ann', 'clawback', -400, 'pending'],
      ['ann', 'clawback', -600, 'pending'],
    ])
    expect(await balance('ann')).toBe(0)
  })

  it('a rejection by hand leaves what parts took, where it does not say so', async () => {
    const { giveBack, rejects, balance } = await paidOut(isPaid)
    await giveBack('S1', 40)
    await rejects('S1', 'ann')
    expect(await balance('ann')).toBe(600)
  })

  it.each([
    ['that says so', true],
    ['that does not say so', false],
  ])('a rejection by hand %s is left out of later refunds', async (_, clawback) => {
    const { rejects, giveBack, refund, owed, transactionOf } = await paidOut(isPaid)
    await rejects('S1', 'ann', { clawback })
    const before = await owed()
    await giveBack('S1', 40)
    expect(await owed()).toEqual(before)
    await refund('S1')
    expect(await owed()).toEqual(before)
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 10_000 })
  })

  it('a rejection by hand leaves the others of its pool their shares', async () => {
    const { brought, buys, rejects, giveBack, owed, generate, paysOut } = await books(sql, even)
    await brought('ann', 'bob')
    await buys('S1')
    await (isPaid ? paysOut() : generate())
    await rejects('S1', 'bob')
    await giveBack('S1', 10)
    expect((await owed()).slice(2)).toEqual([['ann', 'clawback', -50, 'pending']])
  })
})

describe('a rejection by hand before a payout', () => {
  it.each([true, false])('rejects what is owed, whether or not it asks for it back: %s', async clawback => {
    const { rejects, owed, conversionOf, paysOut, payouts } = await sold()
    await rejects('S1', 'ann', { clawback })
    expect(await owed()).toEqual([['ann', 'sale', 1000, 'rejected']])
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
    await paysOut()
    expect(await payouts()).toEqual([])
  })

  it('has nothing to be owed back later', async () => {
    const { world, rejects } = await sold()
    await rejects('S1', 'ann')
    await withoutEffect(world, () => rejects('S1', 'ann', { clawback: true }))
  })

  it('is of a conversion that there is, and says yes or no', async () => {
    const { world, fire, rejects } = await sold()
    const unknown = { conversionId: 4_000_000, reason: 'fraud', clawback: true }
    await refused(world, () => fire('conversion-rejected', unknown), RecordNotFoundError)
    await refused(world, () => rejects('S1', 'ann', { clawback: 'maybe' }), ValidationError)
  })

  it('makes a refund of what is left reject nobody else', async () => {
    const story = await books(sql, even)
    const { brought, buys, rejects, refund, owed } = story
    await brought('ann', 'bob')
    await buys('S1')
    await rejects('S1', 'bob')
    const notes = await notesDuring(story, () => refund('S1'))
    expect(notes.map(({ key }) => key)).toEqual(['refund_triggered', 'conversion_rejected'])
    expect(await owed()).toEqual([
      ['ann', 'sale', 500, 'rejected'],
      ['bob', 'sale', 500, 'rejected'],
    ])
  })
})

describe('an organization that never claws back', () => {
  const never = {
    'by its row': async ({ world }: Books) =>
      sql.script(`update organization set clawback = false where id = ${world.organizationId}`),
    'by its set-up': async ({ world }: Books) => {
      const triggers = TRIGGER_STRATEGIES.map(({ id }) => id)
      await applySetup(sql, { organization: { id: world.organizationId, clawback: false } }, { triggers })
    },
  }

  it.each(Object.entries(never))('leaves what was paid out, whatever is given back: %s', async (_, forbid) => {
    const story = await paidOut(true)
    const { giveBack, refund, owed, conversionOf, transactionOf } = story
    await forbid(story)
    await giveBack('S1', 40)
    expect(await owed()).toEqual([['ann', 'sale', 1000, 'complete']])
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 4000 })
    await refund('S1')
    expect(await owed()).toEqual([['ann', 'sale', 1000, 'complete']])
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 10_000 })
  })

  it.each(Object.entries(never))('leaves what is in an unpaid payout: %s', async (_, forbid) => {
    const story = await paidOut(false)
    await forbid(story)
    await story.giveBack('S1', 40)
    expect(await story.owed()).toEqual([['ann', 'sale', 1000, 'complete']])
  })

  it.each(Object.entries(never))('refuses a rejection that says it should: %s', async (_, forbid) => {
    const story = await paidOut(true)
    const { world, rejects, conversionOf, owed } = story
    await forbid(story)
    await refused(world, () => rejects('S1', 'ann', { clawback: true }), ConflictError)
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'approved' })
    await rejects('S1', 'ann')
    expect(await owed()).toEqual([['ann', 'sale', 1000, 'complete']])
  })

  it('still changes what is not paid out', async () => {
    const story = await sold()
    await never['by its row'](story)
    await story.giveBack('S1', 40)
    expect(await story.owed()).toEqual([['ann', 'sale', 600, 'pending']])
    await story.refund('S1')
    expect(await story.owed()).toEqual([['ann', 'sale', 600, 'rejected']])
  })

  it('can be told so, and told otherwise, and is left as it is where nothing is said', async () => {
    const story = await paidOut(true)
    const { world, giveBack, owed } = story
    const triggers = TRIGGER_STRATEGIES.map(({ id }) => id)
    const apply = (more: object) =>
      applySetup(sql, { organization: { id: world.organizationId, ...more } }, { triggers })
    await apply({ clawback: false })
    await apply({ name: 'Acme' })
    await giveBack('S1', 10)
    expect(await owed()).toHaveLength(1)
    await apply({ clawback: true })
    await giveBack('S1', 10)
    expect((await owed()).slice(1)).toMatchObject([['ann', 'clawback', expect.any(Number), 'pending']])
    await expect(apply({ clawback: 'no' })).rejects.toThrow(ValidationError)
  })
})

describe('a manual attribution of a sale that was given back in part', () => {
  it('pays on what is left, and goes on from there', async () => {
    const { buys, giveBack, credits, transactionOf, owed, paysOut } = await books(sql)
    await buys('S1')
    await giveBack('S1', 40)
    await credits('ann', (await transactionOf('S1')).id)
    expect(await owed()).toEqual([['ann', 'sale', 600, 'pending']])
    await giveBack('S1', 30)
    expect(await owed()).toEqual([['ann', 'sale', 300, 'pending']])
    await paysOut()
    await giveBack('S1', 10)
    expect((await owed()).slice(1)).toEqual([['ann', 'clawback', -100, 'pending']])
  })

  it('pays on what is left of each line', async () => {
    const { buys, giveBack, credits, transactionOf, owed } = await books(sql)
    await buys('S1', { items: MIXED })
    await giveBack('S1', { S: 1 })
    await giveBack('S1', 20)
    await credits('ann', (await transactionOf('S1')).id)
    expect(await owed()).toEqual([['ann', 'sale', 600, 'pending']])
  })

  it('pays by the units that are left', async () => {
    const { buys, giveBack, credits, transactionOf, owed } = await books(sql, {
      incentiveType: 'fixedPerProduct',
      payoutPerProduct: 500,
    })
    await buys('S1', { total: 50, items: [{ externalId: 'A', name: 'A', quantity: 5, amount: 10 }] })
    await giveBack('S1', { A: 2 })
    await credits('ann', (await transactionOf('S1')).id)
    expect(await owed()).toEqual([['ann', 'sale', 1500, 'pending']])
    await giveBack('S1', { A: 1 })
    expect(await owed()).toEqual([['ann', 'sale', 1000, 'pending']])
  })

  it('is refused where nothing would be paid', async () => {
    const { world, buys, giveBack, credits, transactionOf } = await books(sql)
    await buys('S1', { items: MIXED })
    await giveBack('S1', { A: 1 })
    const { id } = await transactionOf('S1')
    await refused(world, () => credits('ann', id), ValidationError)
  })

  it('may come after another was credited with all of it: each goes by what is left', async () => {
    const { brought, buys, giveBack, credits, transactionOf, owed } = await books(sql)
    await brought('ann')
    await buys('S1')
    await giveBack('S1', 40)
    await credits('bob', (await transactionOf('S1')).id)
    await giveBack('S1', 30)
    expect(await owed()).toEqual([
      ['ann', 'sale', 300, 'pending'],
      ['bob', 'sale', 300, 'pending'],
    ])
  })
})
