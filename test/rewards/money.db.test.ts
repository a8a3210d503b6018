import { describe, expect, it } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { books, refusedFor } from './books.ts'

// What is owed, worked by hand. Unless it is said, ten percent of sales and renewals of 100.00 go to the newest binding.
// Amounts in events are in major units, what is owed in minor ones.

const { sql } = await testDatabase()

const weighted = {
  incentiveResolverType: 'performanceWeightedPool',
  triggers: { referredSiteVisit: 200, boundCouponUsed: 50, manual: 10 },
} as const
const even = { incentiveResolverType: 'evenlySharedPool' } as const

/** Ann, Bob and Cid, who came in this order, with 600, 600 and 200 points. */
const weightedThree = async () => {
  const story = await books(sql, weighted)
  await story.brought(['ann', 3], ['bob', 3], 'cid')
  return story
}

const A_AND_B = (a: number, b: number) => [
  { externalId: 'A', name: 'A', amount: a },
  { externalId: 'B', name: 'B', amount: b },
]

describe('a reward of nothing', () => {
  it.each(['sale', 'renewal'])(
    'uses up no claim: an even pool of two cents for three, then a %s of 100',
    async next => {
      const { brought, buys, renews, claims, owed, earned } = await books(sql, even)
      await brought('ann', 'bob', 'cid')
      await buys('S1', { total: 0.2 })
      expect(await owed()).toEqual([])
      expect((await claims()).map(([person, status]) => [person, status])).toEqual([
        ['ann', 'active'],
        ['bob', 'active'],
        ['cid', 'active'],
      ])
      await (next === 'sale' ? buys('N1') : renews('N1', 'S1'))
      expect(await earned('N1')).toEqual([333, 333, 333])
    },
  )

  it('is enough for a share each when the pool is three cents', async () => {
    const { brought, buys, earned, claims } = await books(sql, even)
    await brought('ann', 'bob', 'cid')
    await buys('S1', { total: 0.3 })
    expect(await earned('S1')).toEqual([1, 1, 1])
    expect((await claims()).map(([, status]) => status)).toEqual(['complete', 'complete', 'complete'])
  })

  it('is none for all where some get more: who has a share of nothing gets no conversion, and completes', async () => {
    const { brought, buys, owed, claims } = await books(sql, weighted)
    await brought(['ann', 3], ['bob', 3], 'cid')
    await buys('S1', { total: 0.4 })
    expect(await owed()).toEqual([
      ['ann', 'sale', 2, 'pending'],
      ['bob', 'sale', 2, 'pending'],
    ])
    expect((await claims()).map(([, status]) => status)).toEqual(['complete', 'complete', 'complete'])
  })

  it.each(['newestBindingWins', 'oldestBindingWins', 'topScoreWins'] as const)(
    'leaves a winner’s claim under %s, in yen as well',
    async incentiveResolverType => {
      const { brought, buys, earned, claims } = await books(sql, { incentiveResolverType })
      await brought('ann')
      await buys('S1', { total: 4, currency: 'JPY' })
      expect(await earned('S1')).toEqual([])
      await buys('S2', { total: 5, currency: 'JPY' })
      expect(await earned('S2')).toEqual([1])
      expect((await claims()).map(([, status]) => status)).toEqual(['complete'])
    },
  )

  it('competes in no group: an even pool of nothing, the newer one, against 5.00', async () => {
    const { world, brought, buys, newProgram, program, reform, claims, owed, visit } = await books(sql, even)
    const groupId = await world.group('newestBindingWins')
    const fixed = { incentiveType: 'fixedPerTransaction', payoutPerTransaction: 500, groupId } as const
    const other = await newProgram(fixed)
    await reform(`group_id = ${groupId}`)
    const dan = await world.collaborator({ programs: [other] })
    await world.fire('site-visited', { collaboratorId: dan, trackingId: (await visit('ann', 1)).opportunityId })
    await brought('ann', 'bob', 'cid')
    await buys('S1', { total: 0.2 })
    expect((await world.obligations()).map(({ collaboratorId, value }) => [collaboratorId, value])).toEqual([
      [dan, 500],
    ])
    expect((await claims(program)).map(([person, status]) => [person, status])).toEqual([
      ['ann', 'active'],
      ['bob', 'active'],
      ['cid', 'active'],
    ])
    expect((await world.notes()).map(({ key }) => key)).not.toContain('program_group_conversion_triggered')
    // the next one is large enough for all of them
    await buys('S2')
    expect((await owed()).slice(1).map(([person, , value]) => [person, value])).toEqual([
      ['ann', 333],
      ['bob', 333],
      ['cid', 333],
    ])
  })
})

describe('a weighted pool', () => {
  it('is divided anew for what is left, both ways: 5, 5 and 1 of 11 paid out, then 4, 4 and 2 of 10', async () => {
    const { buys, paysOut, giveBack, earned, owed } = await weightedThree()
    await buys('S1', { total: 1.1 })
    expect(await earned('S1')).toEqual([5, 5, 1])
    await paysOut()
    await giveBack('S1', 0.1)
    expect(await owed()).toEqual([
      ['ann', 'sale', 5, 'complete'],
      ['bob', 'sale', 5, 'complete'],
      ['cid', 'sale', 1, 'complete'],
      ['ann', 'clawback', -1, 'pending'],
      ['bob', 'clawback', -1, 'pending'],
      ['cid', 'adjustment', 1, 'pending'],
    ])
  })

  it('changes what is not paid out in place, both ways', async () => {
    const { buys, giveBack, owed } = await weightedThree()
    await buys('S1', { total: 1.1 })
    await giveBack('S1', 0.1)
    expect(await owed()).toEqual([
      ['ann', 'sale', 4, 'pending'],
      ['bob', 'sale', 4, 'pending'],
      ['cid', 'sale', 2, 'pending'],
    ])
  })

  it('gives nothing to one who has no conversion: 2, 2 and 0 of 4, then 1, 1 and 1 of 3', async () => {
    const { buys, giveBack, owed } = await weightedThree()
    await buys('S1', { total: 0.4 })
    await giveBack('S1', 0.1)
    expect(await owed()).toEqual([
      ['ann', 'sale', 1, 'pending'],
      ['bob', 'sale', 1, 'pending'],
    ])
  })

  it('gives nothing to one who has no conversion after a payout either', async () => {
    const { buys, paysOut, giveBack, owed } = await weightedThree()
    await buys('S1', { total: 0.4 })
    await paysOut()
    await giveBack('S1', 0.1)
    expect((await owed()).slice(2)).toEqual([
      ['ann', 'clawback', -1, 'pending'],
      ['bob', 'clawback', -1, 'pending'],
    ])
  })

  it('keeps the conversion of a share of nothing, which may come back: 2, 2, 1, then 2, 2, 0, then 1, 1, 1', async () => {
    const { world, buys, giveBack, earned, conversionOf, owed } = await weightedThree()
    await buys('S1', { total: 0.5 })
    expect(await earned('S1')).toEqual([2, 2, 1])
    await giveBack('S1', 0.1)
    expect(await earned('S1')).toEqual([2, 2, 0])
    expect(await conversionOf('S1', 'cid')).toMatchObject({ status: 'approved' })
    expect((await owed())[2]).toEqual(['cid', 'sale', 0, 'pending'])
    await giveBack('S1', 0.1)
    expect(await earned('S1')).toEqual([1, 1, 1])
    expect(await world.conversions()).toHaveLength(3)
  })

  it('keeps it after a payout as well: 1 taken back, then 1 given again', async () => {
    const { buys, paysOut, giveBack, owed, balance } = await weightedThree()
    await buys('S1', { total: 0.5 })
    await paysOut()
    await giveBack('S1', 0.1)
    expect((await owed()).slice(3)).toEqual([['cid', 'clawback', -1, 'pending']])
    await giveBack('S1', 0.1)
    expect((await owed()).slice(4)).toEqual([
      ['ann', 'clawback', -1, 'pending'],
      ['bob', 'clawback', -1, 'pending'],
      ['cid', 'adjustment', 1, 'pending'],
    ])
    expect([await balance('ann'), await balance('bob'), await balance('cid')]).toEqual([1, 1, 1])
  })

  it('is divided by the scores and the structure of then, whatever came since', async () => {
    const { buys, brought, giveBack, earned, reform } = await weightedThree()
    await buys('S1')
    expect(await earned('S1')).toEqual([429, 428, 143])
    await brought(['cid', 4])
    await reform(`incentive_resolver_type = 'newestBindingWins', transaction_percent = 50`)
    await giveBack('S1', 50)
    // five hundred cents: 214.29, 214.29 and 71.43
    expect(await earned('S1')).toEqual([214, 214, 72])
  })
})

describe('what is left of a sale', () => {
  it.each([
    ['dollars', 'USD', 100, [40, 60], [1000, -400, -600]],
    ['yen', 'JPY', 999, [333, 333, 333], [100, -33, -34, -33]],
    ['dinars', 'KWD', 1.005, [0.335, 0.335, 0.335], [101, -34, -33, -34]],
  ] as const)('is paid for, to the last unit, after a payout: %s', async (_, currency, total, refunds, expected) => {
    const { brought, buys, paysOut, giveBack, owed, transactionOf, conversionOf, balance, payouts } = await books(sql)
    await brought('ann')
    await buys('S1', { total, currency })
    await paysOut()
    for (const amount of refunds) await giveBack('S1', amount)
    const [paid, ...back] = expected
    expect(await owed()).toEqual([
      ['ann', 'sale', paid, 'complete'],
      ...back.map(value => ['ann', 'clawback', value, 'pending']),
    ])
    expect(await balance('ann')).toBe(0)
    expect(await payouts()).toEqual([['ann', paid, currency, 'paid']])
    const { totalValue } = await transactionOf('S1')
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: totalValue })
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
  })

  it('goes back as a whole after a part: −4.00 and −6.00 against 10.00 paid out', async () => {
    const { brought, buys, paysOut, giveBack, refund, owed, balance } = await books(sql)
    await brought('ann')
    await buys('S1')
    await paysOut()
    await giveBack('S1', 40)
    expect(await balance('ann')).toBe(600)
    await refund('S1')
    expect(await owed()).toEqual([
      ['ann', 'sale', 1000, 'complete'],
      ['ann', 'clawback', -400, 'pending'],
      ['ann', 'clawback', -600, 'pending'],
    ])
  })

  it.each([
    ['dollars', 'USD', 99.9, [33.3, 33.3, 33.3], [999, 666, 333]],
    ['yen', 'JPY', 999, [333, 333, 333], [100, 67, 33]],
    ['dinars', 'KWD', 99.9, [33.3, 33.3, 33.3], [9990, 6660, 3330]],
    ['yen, in many parts', 'JPY', 100, [15, 15, 15, 15, 15, 15, 10], [10, 9, 7, 6, 4, 3, 1]],
  ] as const)('is what is owed before a payout: %s', async (_, currency, total, refunds, expected) => {
    const { brought, buys, giveBack, earned, owed, transactionOf } = await books(sql)
    await brought('ann')
    await buys('S1', { total, currency })
    const seen = await earned('S1')
    for (const amount of refunds) {
      await giveBack('S1', amount)
      seen.push(...(await earned('S1')))
    }
    // what was left last keeps its value, and is not owed any more
    expect(seen).toEqual([...expected, expected.at(-1)])
    expect(await owed()).toEqual([['ann', 'sale', expected.at(-1), 'rejected']])
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded' })
  })

  it.each([
    ['newestBindingWins', [600]],
    ['oldestBindingWins', [600]],
    ['topScoreWins', [600]],
    ['evenlySharedPool', [200, 200, 200]],
    ['performanceWeightedPool', [200, 200, 200]],
  ] as const)('is divided as the sale was under %s', async (incentiveResolverType, expected) => {
    const { brought, buys, giveBack, earned, conversionsOf } = await books(sql, { incentiveResolverType })
    await brought('ann', 'bob', 'cid')
    await buys('S1')
    const before = (await conversionsOf('S1')).map(({ id }) => id)
    await giveBack('S1', 40)
    expect(await earned('S1')).toEqual(expected)
    expect((await conversionsOf('S1')).map(({ id, status }) => [id, status])).toEqual(
      before.map(id => [id, 'approved']),
    )
  })

  it('has an even pool rounded first, and then shared: 10.00, 6.67 and 3.33 by three', async () => {
    const { brought, buys, giveBack, earned } = await books(sql, even)
    await brought('ann', 'bob', 'cid')
    await buys('S1', { items: [{ externalId: 'A', name: 'A', quantity: 3, amount: 33.3333 }] })
    expect(await earned('S1')).toEqual([333, 333, 333])
    await giveBack('S1', { A: 1 })
    expect(await earned('S1')).toEqual([222, 222, 222])
    await giveBack('S1', { A: 1 })
    expect(await earned('S1')).toEqual([111, 111, 111])
  })

  it.each([
    ['which would come to less', 15.1, 0.1, [2, 1, 1]],
    ['which would come to more', 30, 0.07, [2, 1, 1]],
  ])('is never rounded before its reward is, %s', async (_, transactionPercent, total, expected) => {
    const { brought, buys, giveBack, owed } = await books(sql, { transactionPercent })
    await brought('ann')
    const items = [{ externalId: 'A', name: 'A', quantity: 3, amount: total / 3 }]
    await buys('S1', { total, items })
    const seen = [(await owed()).map(([, , value]) => value)]
    for (let i = 0; i < 2; i++) {
      await giveBack('S1', { A: 1 })
      seen.push((await owed()).map(([, , value, status]) => (status === 'rejected' ? 0 : value)))
    }
    expect(seen.flat()).toEqual(expected)
  })

  it('pays by the rules of then: a program that changed, another reward, another rate', async () => {
    const { brought, buys, giveBack, earned, reform } = await books(sql)
    await brought('ann')
    await buys('S1')
    await reform('transaction_percent = 20')
    await giveBack('S1', 10)
    expect(await earned('S1')).toEqual([900])
    await reform(`incentive_type = 'fixedPerTransaction', payout_per_transaction = 700, status = 'inactive'`)
    await giveBack('S1', 10)
    expect(await earned('S1')).toEqual([800])
  })

  it('is owed to those of then, though one of them is inactive by now', async () => {
    const { brought, buys, giveBack, earned, become } = await books(sql, even)
    await brought('ann', 'bob')
    await buys('S1')
    await become('bob', 'inactive')
    await giveBack('S1', 10)
    expect(await earned('S1')).toEqual([450, 450])
  })
})

describe('items that are returned', () => {
  it('go by what they counted for: A 60 and B 40 less 20, and A returned', async () => {
    const { brought, buys, giveBack, earned, transactionOf } = await books(sql)
    await brought('ann')
    await buys('S1', { total: 80, items: [...A_AND_B(60, 40), { name: 'Voucher', type: 'discount', amount: -20 }] })
    expect(await earned('S1')).toEqual([800])
    await giveBack('S1', { A: 1 })
    expect(await earned('S1')).toEqual([320])
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 4800 })
    await giveBack('S1', { B: 1 })
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 8000 })
  })

  it('and then an amount, which takes its part of what is left of every line: 10.00, 5.00, 2.50', async () => {
    const { brought, buys, giveBack, earned, transactionOf } = await books(sql)
    await brought('ann')
    await buys('S1', { items: A_AND_B(50, 50) })
    await giveBack('S1', { A: 1 })
    expect(await earned('S1')).toEqual([500])
    await giveBack('S1', 25)
    expect(await earned('S1')).toEqual([250])
    // what is returned now is what is left of it
    await giveBack('S1', { B: 1 })
    expect(await earned('S1')).toEqual([250])
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 10_000 })
  })

  it('after an amount come to less: 25 of 100, then A, which is 50 less a quarter', async () => {
    const { brought, buys, giveBack, earned, transactionOf } = await books(sql)
    await brought('ann')
    await buys('S1', { items: A_AND_B(50, 50) })
    await giveBack('S1', 25)
    expect(await earned('S1')).toEqual([750])
    await giveBack('S1', { A: 1 })
    expect(await earned('S1')).toEqual([375])
    expect(await transactionOf('S1')).toMatchObject({ refundedValue: 6250 })
  })

  it('may be several at once, in units', async () => {
    const { brought, buys, giveBack, earned, transactionOf } = await books(sql)
    await brought('ann')
    const items = [
      { externalId: 'A', name: 'A', amount: 10, quantity: 4 },
      { externalId: 'B', name: 'B', amount: 30, quantity: 2 },
    ]
    await buys('S1', { items })
    await giveBack('S1', { A: 1, B: 1 })
    expect(await earned('S1')).toEqual([600])
    await giveBack('S1', { A: 3 })
    expect(await earned('S1')).toEqual([300])
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 7000 })
  })

  it('that were all that pays leave nothing owed, and what else was bought with the customer', async () => {
    const { brought, buys, giveBack, owed, transactionOf, conversionOf, earned } = await books(sql)
    await brought('ann')
    const items = [
      { externalId: 'A', name: 'A', amount: 80 },
      { externalId: 'S', name: 'Shipping', type: 'shipping', amount: 20 },
    ]
    await buys('S1', { items })
    expect(await earned('S1')).toEqual([800])
    await giveBack('S1', { A: 1 })
    expect(await owed()).toEqual([['ann', 'sale', 800, 'rejected']])
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 8000 })
    await giveBack('S1', 20)
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 10_000 })
  })

  it('that pay nothing change nothing that is owed: shipping returned', async () => {
    const { brought, buys, giveBack, owed, transactionOf } = await books(sql)
    await brought('ann')
    const items = [
      { externalId: 'A', name: 'A', amount: 80 },
      { externalId: 'S', name: 'Shipping', type: 'shipping', amount: 20 },
    ]
    await buys('S1', { items })
    await giveBack('S1', { S: 1 })
    expect(await owed()).toEqual([['ann', 'sale', 800, 'pending']])
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 2000 })
  })

  it('leave what no line says: items of 100 and a total of 110', async () => {
    const { brought, buys, giveBack, earned, transactionOf, conversionOf } = await books(sql)
    await brought('ann')
    await buys('S1', { total: 110, items: [{ externalId: 'A', name: 'A', amount: 100 }] })
    expect(await earned('S1')).toEqual([1000])
    await giveBack('S1', 11)
    expect(await earned('S1')).toEqual([900])
    await giveBack('S1', { A: 1 })
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 10_100 })
    await giveBack('S1', 9)
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded' })
  })

  it('are thirds of ten, exactly: 3.33, and then 6.67 is all that is left', async () => {
    const { brought, buys, giveBack, earned, owed, transactionOf } = await books(sql)
    await brought('ann')
    await buys('S1', { total: 10, items: [{ externalId: 'A', name: 'A', quantity: 3, amount: 3.3333 }] })
    expect(await earned('S1')).toEqual([100])
    await giveBack('S1', { A: 1 })
    expect(await earned('S1')).toEqual([67])
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 333 })
    await giveBack('S1', 6.67)
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 1000 })
    expect(await owed()).toEqual([['ann', 'sale', 67, 'rejected']])
  })

  it('are taken of what is left as the transaction says it, to the cent: 3.33 of 6.67', async () => {
    const { brought, buys, giveBack, earned, transactionOf } = await books(sql, { transactionPercent: 75.06 })
    await brought('ann')
    await buys('S1', { total: 10, items: [{ externalId: 'A', name: 'A', quantity: 3, amount: 3.3333 }] })
    await giveBack('S1', { A: 1 })
    expect(await earned('S1')).toEqual([500])
    await giveBack('S1', 3.33)
    // 75.06 % of 6.666… × 3.34 ÷ 6.67
    expect(await earned('S1')).toEqual([251])
    expect(await transactionOf('S1')).toMatchObject({ refundedValue: 666 })
  })

  it('are thirds of ten in three parts: 3.33, 6.67 and 10.00 given back', async () => {
    const { brought, buys, giveBack, earned, transactionOf } = await books(sql)
    await brought('ann')
    await buys('S1', { total: 10, items: [{ externalId: 'A', name: 'A', quantity: 3, amount: 3.3333 }] })
    const seen: unknown[] = []
    for (let i = 0; i < 3; i++) {
      await giveBack('S1', { A: 1 })
      const { status, ...transaction } = await transactionOf('S1')
      seen.push([status, transaction.refundedValue, ...(await earned('S1'))])
    }
    expect(seen).toEqual([
      ['complete', 333, 67],
      ['complete', 667, 33],
      ['refunded', 1000, 33],
    ])
  })
})

describe('a fixed reward', () => {
  const FIVE = [{ externalId: 'A', name: 'A', quantity: 5, amount: 10 }]

  it('per product goes by the units that are left, and an amount returns none', async () => {
    const { brought, buys, giveBack, earned, transactionOf, conversionOf } = await books(sql, {
      incentiveType: 'fixedPerProduct',
      payoutPerProduct: 500,
    })
    await brought('ann')
    await buys('S1', { total: 50, items: FIVE })
    expect(await earned('S1')).toEqual([2500])
    await giveBack('S1', { A: 2 })
    expect(await earned('S1')).toEqual([1500])
    await giveBack('S1', 10)
    expect(await earned('S1')).toEqual([1500])
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 3000 })
    await giveBack('S1', 20)
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded' })
    expect(await conversionOf('S1', 'ann')).toMatchObject({ status: 'rejected' })
  })

  it('per product is clawed back by the units', async () => {
    const { brought, buys, paysOut, giveBack, owed } = await books(sql, {
      incentiveType: 'fixedPerProduct',
      payoutPerProduct: 500,
    })
    await brought('ann')
    await buys('S1', { total: 50, items: FIVE })
    await paysOut()
    await giveBack('S1', { A: 2 })
    await giveBack('S1', 10)
    await giveBack('S1', { A: 3 })
    expect((await owed()).slice(1)).toEqual([
      ['ann', 'clawback', -1000, 'pending'],
      ['ann', 'clawback', -1500, 'pending'],
    ])
  })

  it('per transaction stays until nothing is left', async () => {
    const { brought, buys, giveBack, owed, refund } = await books(sql, {
      incentiveType: 'fixedPerTransaction',
      payoutPerTransaction: 500,
    })
    await brought('ann')
    await buys('S1', { total: 50, items: FIVE })
    for (const part of [{ A: 4 }, 9.99]) {
      await giveBack('S1', part)
      expect(await owed()).toEqual([['ann', 'sale', 500, 'pending']])
    }
    await refund('S1')
    expect(await owed()).toEqual([['ann', 'sale', 500, 'rejected']])
  })

  it('per transaction goes back as a whole, in the program’s units, after a payout', async () => {
    const { world, brought, buys, giveBack, paysOut, owed } = await books(sql, {
      incentiveType: 'fixedPerTransaction',
      payoutPerTransaction: 7,
      units: 'points',
    })
    await brought('ann')
    await buys('S1', { total: 50 })
    await paysOut()
    await giveBack('S1', 20)
    await giveBack('S1', 30)
    expect(await owed()).toEqual([
      ['ann', 'sale', 7, 'complete'],
      ['ann', 'clawback', -7, 'pending'],
    ])
    expect((await world.obligations()).map(({ currency }) => currency)).toEqual(['points', 'points'])
  })

  it('per lead stays until nothing is left, of a transaction that was credited as a lead', async () => {
    const { buys, fire, giveBack, refund, owed, idOf, transactionOf } = await books(sql, {
      activeConversionTypes: ['lead'],
      incentiveType: 'fixedPerLead',
      payoutPerLead: 300,
    })
    await buys('S1')
    const { id: transactionId } = await transactionOf('S1')
    await fire('manual-attribution', { collaboratorId: idOf('ann'), transactionId, conversionType: 'lead' })
    await giveBack('S1', 99)
    expect(await owed()).toEqual([['ann', 'lead', 300, 'pending']])
    await refund('S1')
    expect(await owed()).toEqual([['ann', 'lead', 300, 'rejected']])
  })
})

describe('a renewal', () => {
  it('pays by itself, whatever was given back of the sale: 10.00, then 6.00, and 10.00', async () => {
    const { brought, buys, giveBack, renews, earned } = await books(sql)
    await brought('ann')
    await buys('S1')
    await giveBack('S1', 40)
    await renews('R1', 'S1')
    expect([await earned('S1'), await earned('R1')]).toEqual([[600], [1000]])
  })

  it('is no part of what is left of the sale, nor the sale of it', async () => {
    const { brought, buys, giveBack, refund, renews, earned, transactionOf, owed } = await books(sql)
    await brought('ann')
    await buys('S1')
    await renews('R1', 'S1')
    await giveBack('R1', 30)
    expect([await earned('S1'), await earned('R1')]).toEqual([[1000], [700]])
    await giveBack('S1', 20)
    expect([await earned('S1'), await earned('R1')]).toEqual([[800], [700]])
    await refund('S1')
    expect(await transactionOf('R1')).toMatchObject({ status: 'complete', refundedValue: 3000 })
    expect(await owed()).toEqual([
      ['ann', 'sale', 800, 'rejected'],
      ['ann', 'renewal', 700, 'pending'],
    ])
    await refund('R1')
    expect((await owed()).map(([, , , status]) => status)).toEqual(['rejected', 'rejected'])
  })

  it('pays those whom the sale credited, after it was refunded in part and paid out', async () => {
    const { brought, buys, paysOut, giveBack, renews, owed, reform } = await books(sql, even)
    await brought('ann', 'bob')
    await buys('S1')
    await paysOut()
    await giveBack('S1', 40)
    await reform('transaction_percent = 20')
    await renews('R1', 'S1')
    expect((await owed()).slice(2)).toEqual([
      ['ann', 'clawback', -200, 'pending'],
      ['bob', 'clawback', -200, 'pending'],
      ['ann', 'renewal', 1000, 'pending'],
      ['bob', 'renewal', 1000, 'pending'],
    ])
  })
})

describe('who was rejected by hand', () => {
  it('is left out of what is given back later, and its share is nobody’s: 5.00 and 5.00, then 4.50', async () => {
    const { brought, buys, rejects, giveBack, owed } = await books(sql, even)
    await brought('ann', 'bob')
    await buys('S1')
    await rejects('S1', 'bob')
    await giveBack('S1', 10)
    expect(await owed()).toEqual([
      ['ann', 'sale', 450, 'pending'],
      ['bob', 'sale', 500, 'rejected'],
    ])
  })

  it('is left out of a weighted pool as well: 429, 428 and 143, and Bob’s 214 of 500 are nobody’s', async () => {
    const { buys, rejects, giveBack, owed } = await weightedThree()
    await buys('S1')
    await rejects('S1', 'bob')
    await giveBack('S1', 50)
    expect(await owed()).toEqual([
      ['ann', 'sale', 214, 'pending'],
      ['bob', 'sale', 428, 'rejected'],
      ['cid', 'sale', 72, 'pending'],
    ])
  })
})

describe('a reduction that cannot be divided', () => {
  const PRODUCT = { name: 'A', amount: 0.01 }
  const SHIPPING = { name: 'Shipping', type: 'shipping', amount: 0.01 }

  it.each([
    ['product first', [PRODUCT, SHIPPING], []],
    ['shipping first', [SHIPPING, PRODUCT], [1]],
  ])('goes to the earlier line: %s', async (_, items, expected) => {
    const { brought, buys, earned } = await books(sql, { transactionPercent: 100 })
    await brought('ann')
    const { warnings } = await buys('S1', { total: 0.01, items })
    expect(warnings).toEqual([expect.any(String)])
    expect(await earned('S1')).toEqual(expected)
  })

  it('leaves the earlier of two products to be returned for nothing', async () => {
    const { brought, buys, giveBack, earned, transactionOf } = await books(sql, { transactionPercent: 100 })
    await brought('ann')
    await buys('S1', { total: 0.01, items: A_AND_B(0.01, 0.01) })
    expect(await earned('S1')).toEqual([1])
    await giveBack('S1', { A: 1 })
    expect(await earned('S1')).toEqual([1])
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 0 })
    await giveBack('S1', { B: 1 })
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 1 })
  })
})

describe('a sale with null for its items', () => {
  it.each([
    ['110, of which 10 are shipping', { total: 110 }],
    ['100', { total: 100 }],
    ['nothing', { total: 0 }],
  ])('of %s is refused: it may be a list that was lost', async (_, more) => {
    const { world, brought, buys } = await books(sql)
    await brought('ann')
    await refusedFor(world, 'items', () => buys('S1', { ...more, items: null }))
  })
})

describe('a refund that rounds to nothing', () => {
  it.each([
    ['JPY', 999, 0.4],
    ['USD', 10, 0.004],
    ['KWD', 10, 0.0004],
  ])('is refused, in %s', async (currency, total, amount) => {
    const { world, brought, buys, giveBack, earned } = await books(sql)
    await brought('ann')
    await buys('S1', { total, currency })
    const before = await earned('S1')
    await refusedFor(world, 'amount', () => giveBack('S1', amount))
    expect(await earned('S1')).toEqual(before)
  })
})
