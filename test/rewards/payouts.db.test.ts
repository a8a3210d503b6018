import { describe, expect, it } from 'vitest'
import type { CollaboratorRow } from '../../src/database/rows.ts'
import { ValidationError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { insertObligation } from '../support/rows.ts'
import { type Books, books, type Person, refused } from './books.ts'

// Who is paid, and how much, where something is owed back.

const { sql } = await testDatabase()

/** So much is pending, each a person's, in dollars unless it is said; answers the ids. */
const pending = async ({ world, idOf }: Books, ...amounts: readonly (readonly [Person, number, string?])[]) => {
  const ids: number[] = []
  for (const [person, value, currency = 'USD'] of amounts)
    ids.push(
      await insertObligation(sql, {
        organizationId: world.organizationId,
        collaboratorId: idOf(person),
        awardType: value < 0 ? 'clawback' : 'sale',
        value,
        currency,
      }),
    )
  return ids
}

/** Everything that a fulfillment can change. */
const money = async ({ world }: Books) => [
  await world.obligations(),
  await world.payouts(),
  await world.fulfillments(),
  await world.notes(),
]

describe('of 10.00, 5.00 and −8.00 of one collaborator', () => {
  it('5.00 alone takes the −8.00 along, and comes to no payout: nothing moves, and a warning says so', async () => {
    const story = await books(sql)
    const [, second] = await pending(story, ['ann', 1000], ['ann', 500], ['ann', -800])
    const before = await money(story)
    const { warnings } = await story.generate([second as number])
    expect(warnings).toEqual([expect.any(String)])
    expect(await money(story)).toEqual(before)
  })

  it('all come to one payout of 7.00', async () => {
    const story = await books(sql)
    await pending(story, ['ann', 1000], ['ann', 500], ['ann', -800])
    expect(await story.generate()).not.toHaveProperty('warnings')
    expect(await story.payouts()).toEqual([['ann', 700, 'USD', 'unpaid']])
    const [payout] = await story.world.payouts()
    for (const obligation of await story.world.obligations())
      expect(obligation).toMatchObject({ status: 'complete', payoutId: payout?.id })
  })

  it('10.00 alone takes the −8.00 along: 2.00, and 5.00 stays', async () => {
    const story = await books(sql)
    const [first] = await pending(story, ['ann', 1000], ['ann', 500], ['ann', -800])
    await story.generate([first as number])
    expect(await story.payouts()).toEqual([['ann', 200, 'USD', 'unpaid']])
    expect((await story.owed()).map(([, , value, status]) => [value, status])).toEqual([
      [1000, 'complete'],
      [500, 'pending'],
      [-800, 'complete'],
    ])
  })

  it('the −8.00 alone come to no payout', async () => {
    const story = await books(sql)
    const [, , third] = await pending(story, ['ann', 1000], ['ann', 500], ['ann', -800])
    const before = await money(story)
    const { warnings } = await story.generate([third as number])
    expect(warnings).toEqual([expect.any(String)])
    expect(await money(story)).toEqual(before)
  })

  it('the −8.00 and the 10.00, both named, count once each', async () => {
    const story = await books(sql)
    const [first, , third] = await pending(story, ['ann', 1000], ['ann', 500], ['ann', -800])
    await story.generate([third as number, first as number, third as number])
    expect(await story.payouts()).toEqual([['ann', 200, 'USD', 'unpaid']])
  })
})

describe('a sum that is not above zero', () => {
  it.each([
    ['below', [500, -800]],
    ['zero', [800, -800]],
    ['what is owed back alone', [-800]],
    ['a share of nothing', [0]],
    ['several, below together', [500, -300, 100, -400]],
  ])('makes no payout, and waits as a whole: %s', async (_, values) => {
    const story = await books(sql)
    await pending(story, ...values.map(value => ['ann', value] as const))
    const before = await money(story)
    const { warnings } = await story.generate()
    expect(warnings).toEqual([expect.any(String)])
    expect(await money(story)).toEqual(before)
  })

  it('is paid with what comes later', async () => {
    const story = await books(sql)
    await pending(story, ['ann', 500], ['ann', -800])
    await story.generate()
    await pending(story, ['ann', 400])
    await story.generate()
    expect(await story.payouts()).toEqual([['ann', 100, 'USD', 'unpaid']])
    expect((await story.owed()).map(([, , , status]) => status)).toEqual(['complete', 'complete', 'complete'])
  })

  it('keeps nobody else from being paid', async () => {
    const story = await books(sql)
    await pending(story, ['ann', 500], ['ann', -800], ['bob', 300], ['bob', -100])
    const { warnings } = await story.generate()
    expect(warnings).toEqual([expect.any(String)])
    expect(await story.payouts()).toEqual([['bob', 200, 'USD', 'unpaid']])
    expect((await story.owed()).map(([, , , status]) => status)).toEqual([
      ...['pending', 'pending'],
      ...['complete', 'complete'],
    ])
  })

  it('is named in one warning, with its sum: the first of many, and how many more', async () => {
    const story = await books(sql)
    await pending(story, ['ann', 500], ['ann', -800], ['bob', 300])
    expect((await story.generate()).warnings).toEqual([
      `Not everybody is paid: what is owed is not above 0, and stays pending, for collaborator ${story.idOf('ann')} (-3.00 USD)`,
    ])
    await pending(story, ...['EUR', 'GBP', 'JPY', 'KWD', 'CHF', 'points'].map(units => ['bob', -1, units] as const))
    const { warnings } = await story.generate()
    const bob = `collaborator ${story.idOf('bob')}`
    expect(warnings).toEqual([
      `Nobody is paid: what is owed is not above 0, and stays pending, for collaborator ${story.idOf('ann')} (-3.00 USD), ${bob} (-0.01 EUR), ${bob} (-0.01 GBP), ${bob} (-1 JPY), ${bob} (-0.001 KWD), 2 more`,
    ])
  })

  it('in one currency keeps nothing of another from being paid', async () => {
    const story = await books(sql)
    await pending(story, ['ann', 500], ['ann', -800], ['ann', 300, 'EUR'], ['ann', -1, 'JPY'])
    await story.generate()
    expect(await story.payouts()).toEqual([['ann', 300, 'EUR', 'unpaid']])
  })

  it('of nobody at all is warned of', async () => {
    const story = await books(sql)
    expect((await story.generate()).warnings).toEqual([expect.stringContaining('no obligation is pending')])
    expect((await story.generate([])).warnings).toEqual(['Nobody is paid: obligationIds names no obligation'])
    expect(await story.world.fulfillments()).toEqual([])
  })
})

describe('what is owed back', () => {
  it('is taken of those who are paid alone, in the currency that they are paid in', async () => {
    const story = await books(sql)
    const [named] = await pending(story, ['ann', 1000], ['ann', -100, 'EUR'], ['bob', -200], ['ann', -300], ['ann', 50])
    await story.generate([named as number])
    expect(await story.payouts()).toEqual([['ann', 700, 'USD', 'unpaid']])
    expect((await story.owed()).map(([, , value, status]) => [value, status])).toEqual([
      [1000, 'complete'],
      [-100, 'pending'],
      [-200, 'pending'],
      [-300, 'complete'],
      [50, 'pending'],
    ])
  })

  it('is taken once', async () => {
    const story = await books(sql)
    const [first] = await pending(story, ['ann', 1000], ['ann', -300])
    await story.generate([first as number])
    const [second] = await pending(story, ['ann', 400])
    await story.generate([second as number])
    expect(await story.payouts()).toEqual([
      ['ann', 700, 'USD', 'unpaid'],
      ['ann', 400, 'USD', 'unpaid'],
    ])
  })

  it('is told as settled, and the payout with all that it is made of', async () => {
    const story = await books(sql)
    const [first, second] = (await pending(story, ['ann', 1000], ['ann', -300])) as [number, number]
    await story.generate([first])
    const notes = await story.world.notes()
    expect(notes.filter(({ key }) => key === 'obligation_completed').map(({ facts }) => facts)).toEqual([
      { amount: 1000, currency: 'USD' },
      { amount: -300, currency: 'USD' },
    ])
    const created = notes.find(({ key }) => key === 'payout_created')
    expect(created).toMatchObject({ facts: { amount: 700, currency: 'USD' }, links: { obligation: [first, second] } })
  })

  it('comes from a refund, and is taken off the next sale', async () => {
    const { brought, buys, paysOut, giveBack, payouts, balance, owed, generate } = await books(sql)
    await brought('ann')
    await buys('S1')
    await paysOut()
    await giveBack('S1', 40)
    expect(await generate()).toMatchObject({ warnings: [expect.any(String)] })
    await brought('ann')
    await buys('S2')
    await paysOut()
    expect(await payouts()).toEqual([
      ['ann', 1000, 'USD', 'paid'],
      ['ann', 600, 'USD', 'paid'],
    ])
    expect(await balance('ann')).toBe(1600)
    expect((await owed()).map(([, , , status]) => status)).toEqual(['complete', 'complete', 'complete'])
  })

  it('is as large as what was paid, over a long time', async () => {
    const { brought, buys, paysOut, giveBack, refund, payouts, balance } = await books(sql)
    for (const externalId of ['S1', 'S2', 'S3']) {
      await brought('ann')
      await buys(externalId)
    }
    await paysOut()
    await giveBack('S1', 30)
    await refund('S2')
    await brought('ann')
    await buys('S4', { total: 200 })
    await paysOut()
    await refund('S1')
    expect((await payouts()).map(([, value]) => value)).toEqual([3000, 700])
    // what is left: S3 and S4
    expect(await balance('ann')).toBe(3000)
  })

  it('cannot be settled twice by name', async () => {
    const story = await books(sql)
    const [, second] = await pending(story, ['ann', 1000], ['ann', -300])
    await story.generate()
    await refused(story.world, () => story.generate([second as number]), ValidationError)
  })
})

describe('who is paid', () => {
  const STATUSES: readonly [CollaboratorRow['status'], boolean][] = [
    ['active', true],
    ['inactive', true],
    ['pending', true],
    ['rejected', false],
    ['deleted', false],
  ]

  it.each(STATUSES)('without names: one who is %s: %s', async (status, isPaid) => {
    const story = await books(sql)
    await pending(story, ['ann', 1000], ['bob', 500])
    await story.become('ann', status)
    await story.generate()
    expect((await story.payouts()).map(([person]) => person)).toEqual(isPaid ? ['ann', 'bob'] : ['bob'])
    expect((await story.owed()).map(([, , , is]) => is)).toEqual([isPaid ? 'complete' : 'pending', 'complete'])
  })

  it('is nobody where all have left: nothing moves, and a warning says why', async () => {
    const story = await books(sql)
    await pending(story, ['ann', 1000])
    await story.become('ann', 'deleted')
    const before = await money(story)
    const { warnings } = await story.generate()
    expect(warnings).toEqual([expect.stringContaining('rejected or deleted collaborators')])
    expect(await money(story)).toEqual(before)
  })

  it.each(['rejected', 'deleted'] as const)('by name: one who is %s, less what is owed back', async status => {
    const story = await books(sql)
    const [first] = await pending(story, ['ann', 1000], ['bob', 500], ['ann', -100])
    await story.become('ann', status)
    expect(await story.generate([first as number])).not.toHaveProperty('warnings')
    expect(await story.payouts()).toEqual([['ann', 900, 'USD', 'unpaid']])
  })

  it('is paid again when it is back', async () => {
    const story = await books(sql)
    await pending(story, ['ann', 1000], ['ann', -100])
    await story.become('ann', 'rejected')
    await story.generate()
    await story.become('ann', 'active')
    await story.generate()
    expect(await story.payouts()).toEqual([['ann', 900, 'USD', 'unpaid']])
  })
})

describe('a fulfillment', () => {
  it.each([
    ['null', { obligationIds: null }],
    ['an empty list for a body', []],
  ])('is refused with %s: it may be a list that was lost', async (_, payload) => {
    const story = await books(sql)
    await pending(story, ['ann', 1000])
    await refused(story.world, () => story.fire('fulfillment-generated', payload), ValidationError)
  })
})
