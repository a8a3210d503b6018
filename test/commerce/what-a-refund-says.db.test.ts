import { describe, expect, it } from 'vitest'
import { ConflictError, RecordNotFoundError, ValidationError } from '../../src/errors.ts'
import { books, refused, refusedFor, withoutEffect } from '../rewards/books.ts'
import { testDatabase } from '../support/database.ts'

const { sql } = await testDatabase()

const ITEMS = [
  { externalId: 'A', name: 'A', amount: 20, quantity: 3 },
  { externalId: 'B', name: 'B', amount: 40 },
  { externalId: 'free', name: 'A gift', amount: 0, quantity: 2 },
  { externalId: 'twice', name: 'In two lines', amount: 5 },
  { externalId: 'twice', name: 'In two lines', amount: 5 },
  { name: 'Without a name of its own', amount: 10 },
]

/** Ann's customer has bought for 120.00: 60 of A, 40 of B, two gifts, and three other things. */
const sold = async (more: object = {}) => {
  const story = await books(sql)
  await story.brought('ann')
  await story.buys('S1', { total: 120, items: ITEMS, ...more })
  return story
}

const PART = { refundId: 'r1' }
const of = (externalId: string, quantity: unknown) => ({ ...PART, items: [{ externalId, quantity }] })

describe('a refund of a part', () => {
  it.each([
    ['an amount', { ...PART, amount: 12 }, 10_800],
    ['an amount as text', { ...PART, amount: '10.50' }, 10_950],
    ['all as an amount', { ...PART, amount: '120.00' }, 0],
    ['units of an item', of('A', 2), 8000],
    ['several items', { ...PART, items: [of('A', 3).items[0], of('B', 1).items[0]] }, 2000],
    ['an amount in the currency of the sale', { ...PART, amount: 12, currency: 'USD' }, 10_800],
    ['an amount in the currency in lower case', { ...PART, amount: 12, currency: 'usd' }, 10_800],
    ['an item, for a reason', { ...of('B', 1), reason: 'did not fit' }, 8000],
    ['an amount below a half, which rounds to one', { ...PART, amount: 0.005 }, 11_999],
    ['an item that was a gift', of('free', 1), 12_000],
    ['a name that is a number', { refundId: '17', amount: 12 }, 10_800],
  ])('may be %s', async (_, what, left) => {
    const { refund, transactionOf, customer } = await sold()
    expect(await refund('S1', what)).toMatchObject({ opportunityId: customer })
    const { status, totalValue, ...transaction } = await transactionOf('S1')
    expect(totalValue - transaction.refundedValue).toBe(left)
    expect(status).toBe(left === 0 ? 'refunded' : 'complete')
  })

  it.each([
    ['an amount without its name', 'refundId', { amount: 10 }],
    ['items without their name', 'refundId', { items: of('A', 1).items }],
    ['null for its name', 'refundId', { amount: 10, refundId: null }],
    ['null for its name alone', 'refundId', { refundId: null }],
    ['a blank name', 'refundId', { amount: 10, refundId: ' ' }],
    ['null for an amount', 'amount', { ...PART, amount: null }],
    ['null for an amount alone', 'amount', { amount: null }],
    ['an amount of nothing', 'amount', { ...PART, amount: 0 }],
    ['an amount of nothing, as text', 'amount', { ...PART, amount: '0.00' }],
    ['less than nothing', 'amount', { ...PART, amount: -10 }],
    ['less than nothing, as text', 'amount', { ...PART, amount: '-10' }],
    ['an amount that rounds to nothing', 'amount', { ...PART, amount: 0.004 }],
    ['a cent more than is left', 'amount', { ...PART, amount: 120.01 }],
    ['more than can be counted', 'amount', { ...PART, amount: 1e300 }],
    ['words for an amount', 'amount', { ...PART, amount: 'all' }],
    ['null for the items', 'items', { ...PART, items: null }],
    ['null for the items alone', 'items', { items: null }],
    ['no items', 'items', { ...PART, items: [] }],
    ['one item, without a list', 'items', { ...PART, items: { externalId: 'A', quantity: 1 } }],
    ['an item without a name', 'items.0.externalId', { ...PART, items: [{ quantity: 1 }] }],
    ['an item without a quantity', 'items.0.quantity', { ...PART, items: [{ externalId: 'A' }] }],
    ['null for a quantity', 'items.0.quantity', of('A', null)],
    ['no unit', 'items.0.quantity', of('A', 0)],
    ['less than no unit', 'items.0.quantity', of('A', -1)],
    ['half a unit', 'items.0.quantity', of('A', 0.5)],
    ['one unit more than was sold', 'items.0', of('A', 4)],
    ['one gift more than was given', 'items.0', of('free', 3)],
    ['an item that was not sold', 'items.0', of('C', 1)],
    ['an item in another case', 'items.0', of('a', 1)],
    ['an item that is in two lines', 'items.0', of('twice', 1)],
    ['a wrong item after a right one', 'items.1', { ...PART, items: [of('A', 1).items[0], of('C', 1).items[0]] }],
    [
      'a field too many in an item',
      'items.0.amount',
      { ...PART, items: [{ externalId: 'A', quantity: 1, amount: 5 }] },
    ],
    ['another currency', 'currency', { ...PART, amount: 10, currency: 'EUR' }],
    ['another currency, for items', 'currency', { ...of('A', 1), currency: 'JPY' }],
    ['another currency, for all', 'currency', { currency: 'EUR' }],
    ['what is no currency', 'currency', { ...PART, amount: 10, currency: 'dollars' }],
    ['a field that there is not', 'total', { ...PART, total: 10 }],
  ])('is refused with %s, which says %s', async (_, field, what) => {
    const { world, refund } = await sold()
    await refusedFor(world, field, () => refund('S1', what))
  })

  it.each([
    ['an amount and items', { ...of('A', 1), amount: 20 }],
    ['an amount and null for the items', { ...PART, amount: 20, items: null }],
    ['items and null for the amount', { ...of('A', 1), amount: null }],
  ])('is refused with %s: one of them is meant', async (_, what) => {
    const { world, refund } = await sold()
    const { fields } = (await refused(world, () => refund('S1', what), ValidationError)) as ValidationError
    expect(['amount', 'items']).toEqual(expect.arrayContaining(Object.keys(fields).map(name => name.split('.')[0])))
  })

  it('is refused where more is asked back than an earlier part has left', async () => {
    const { world, refund, transactionOf } = await sold()
    await refund('S1', { refundId: 'one', amount: 100 })
    await refusedFor(world, 'amount', () => refund('S1', { refundId: 'two', amount: 20.01 }))
    await refund('S1', { refundId: 'two', amount: 20 })
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 12_000 })
    await refusedFor(world, 'amount', () => refund('S1', { refundId: 'three', amount: 0.01 }))
  })

  it('is refused where more units are returned than an earlier part has left', async () => {
    const { world, refund } = await sold()
    await refund('S1', { ...of('A', 2), refundId: 'one' })
    await refusedFor(world, 'items.0', () => refund('S1', { ...of('A', 2), refundId: 'two' }))
    await refund('S1', { ...of('A', 1), refundId: 'two' })
    await refusedFor(world, 'items.0', () => refund('S1', { ...of('A', 1), refundId: 'three' }))
    await refund('S1', { ...of('free', 2), refundId: 'four' })
    await refusedFor(world, 'items.0', () => refund('S1', { ...of('free', 1), refundId: 'five' }))
  })

  it('is refused where parts before it have made the fraction that is left too long', async () => {
    const { world, refund } = await sold()
    const long = `${'1'.repeat(1_000)}/${'2'.repeat(999)}3`
    await sql.script(`update transaction set fraction_left = '${long}' where organization_id = ${world.organizationId}`)
    const before = await world.dump()
    await expect(refund('S1', { ...PART, amount: 1 })).rejects.toThrow('Expected fewer refunds by amount')
    expect(await world.dump()).toEqual(before)
    await refund('S1')
    expect(await world.transactions()).toMatchObject([{ status: 'refunded' }])
  })

  it('is refused where the whole sale was refunded', async () => {
    const { world, refund } = await sold()
    await refund('S1')
    await refusedFor(world, 'amount', () => refund('S1', { ...PART, amount: 1 }))
  })

  it('is refused where the whole sale was refunded, and with it all units', async () => {
    const { world, refund } = await sold()
    await refund('S1')
    await refusedFor(world, 'items.0', () => refund('S1', of('A', 1)))
  })

  it('never returns more units than were sold, though it names them in pieces', async () => {
    const { world, refund } = await sold()
    const items = [of('A', 2).items[0], of('A', 2).items[0]]
    await refusedFor(world, 'items', () => refund('S1', { ...PART, items }))
  })

  it('that was refused may be told rightly, under the same name', async () => {
    const { world, refund, transactionOf } = await sold()
    await refusedFor(world, 'amount', () => refund('S1', { ...PART, amount: 1000 }))
    await refund('S1', { ...PART, amount: 100 })
    expect(await transactionOf('S1')).toMatchObject({ refundedValue: 10_000 })
  })

  it('tells all that is wrong with it at once', async () => {
    const { world, refund } = await sold()
    const what = { items: [{ externalId: 'A', quantity: 0 }], currency: 'dollars', amount: -1 }
    const { fields } = (await refused(world, () => refund('S1', what), ValidationError)) as ValidationError
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(['items.0.quantity', 'currency']))
  })

  it('of a gift takes nothing from what is owed', async () => {
    const { refund, owed } = await sold()
    await refund('S1', of('free', 2))
    expect(await owed()).toEqual([['ann', 'sale', 1200, 'pending']])
  })

  it('is told by the integration', async () => {
    const { world, now, transactionOf } = await sold()
    const payload = { source: 'shop', externalId: 'S1', ...PART, amount: 20 }
    await world.fire('refund', payload, { as: world.integration, at: now() })
    expect(await transactionOf('S1')).toMatchObject({ refundedValue: 2000 })
  })

  it('of a renewal is one as well', async () => {
    const { refund, renews, transactionOf } = await sold()
    await renews('R1', 'S1', { items: [{ externalId: 'A', name: 'A', amount: 50, quantity: 2 }] })
    await refund('R1', of('A', 1))
    expect(await transactionOf('R1')).toMatchObject({ status: 'complete', refundedValue: 5000 })
    expect(await transactionOf('S1')).toMatchObject({ status: 'complete', refundedValue: 0 })
  })

  it('may not come before its sale', async () => {
    const { world } = await sold()
    const payload = { source: 'shop', externalId: 'S1', ...PART, amount: 20 }
    const before = new Date('2026-01-02T12:00:00Z')
    await refused(world, () => world.fire('refund', payload, { at: before }), ValidationError)
  })
})

describe('a refund that is told before its sale', () => {
  it.each([
    ['of all', {}, 12_000],
    ['of an amount', { ...PART, amount: 12 }, 1200],
    ['of items', of('B', 1), 4000],
  ])('%s is not found, leaves nothing, and counts when it is told again', async (_, what, refundedValue) => {
    const { world, brought, buys, refund, transactionOf } = await books(sql)
    await brought('ann')
    await refused(world, () => refund('S1', what), RecordNotFoundError)
    await refused(world, () => refund('S1', what), RecordNotFoundError)
    await buys('S1', { total: 120, items: ITEMS })
    await refund('S1', what)
    expect(await transactionOf('S1')).toMatchObject({ refundedValue })
  })

  it('is not found in another shop or organization either', async () => {
    const { world, fire } = await sold()
    for (const other of ['woocommerce', 'SHOP'])
      await refused(
        world,
        () => fire('refund', { source: other, externalId: 'S1', ...PART, amount: 1 }),
        RecordNotFoundError,
      )
    const elsewhere = await books(sql)
    await refused(elsewhere.world, () => elsewhere.refund('S1', { ...PART, amount: 1 }), RecordNotFoundError)
  })
})

describe('a refund that is told again', () => {
  it.each([
    ['an amount', { ...PART, amount: 12 }],
    ['items', of('A', 1)],
    ['an amount of all', { ...PART, amount: 120 }],
  ])('under the name of its part has no second effect: %s', async (_, what) => {
    const { world, refund, customer } = await sold()
    await refund('S1', what)
    const before = await world.dump()
    expect(await refund('S1', what)).toMatchObject({ opportunityId: customer, types: [] })
    expect(await refund('S1', { ...what })).toMatchObject({ opportunityId: customer, types: [] })
    expect(await world.dump()).toEqual(before)
  })

  it('has no second effect after others, when all is refunded, and when it was paid out between', async () => {
    const { world, refund, paysOut, owed } = await sold()
    await refund('S1', { ...PART, amount: 12 })
    await paysOut()
    await refund('S1', { refundId: 'r2', amount: 12 })
    await refund('S1')
    const before = [await world.dump(), await owed()]
    await refund('S1', { ...PART, amount: 12 })
    await refund('S1', { refundId: 'r2', amount: 12 })
    expect([await world.dump(), await owed()]).toEqual(before)
  })

  it('under another name is another part', async () => {
    const { refund, transactionOf } = await sold()
    for (const refundId of ['r1', 'r2', 'r3', 'r4']) await refund('S1', { refundId, amount: 12 })
    expect(await transactionOf('S1')).toMatchObject({ refundedValue: 4800 })
  })

  it('is a part of its own sale: the same name may be used of another one', async () => {
    const { refund, buys, transactionOf } = await sold()
    await buys('S2', { total: 120 })
    for (const externalId of ['S1', 'S2']) await refund(externalId, { ...PART, amount: 12 })
    for (const externalId of ['S1', 'S2'])
      expect(await transactionOf(externalId)).toMatchObject({ refundedValue: 1200 })
  })

  it.each([
    ['another amount', { ...PART, amount: 13 }],
    ['items', of('A', 1)],
    ['more than is left', { ...PART, amount: 1000 }],
    ['an item that was not sold', of('C', 1)],
    ['more units than were sold', of('A', 4)],
    ['another currency', { ...PART, amount: 12, currency: 'EUR' }],
  ])('with %s is a conflict', async (_, what) => {
    const { world, refund } = await sold()
    await refund('S1', { ...PART, amount: 12 })
    await refused(world, () => refund('S1', what), ConflictError)
    await refund('S1')
    await refused(world, () => refund('S1', what), ConflictError)
  })

  it('as a whole has no effect, for whatever reason', async () => {
    const { world, refund, customer } = await sold()
    await refund('S1', { reason: 'did not fit' })
    for (const more of [{}, { reason: 'did not fit' }, { reason: 'fraud' }, { currency: 'USD' }, { reason: null }])
      await withoutEffect(world, async () => {
        expect(await refund('S1', more)).toMatchObject({ opportunityId: customer })
      })
  })

  it('as a whole has no effect after parts that were all', async () => {
    const { world, refund } = await sold()
    await refund('S1', { refundId: 'r1', amount: 100 })
    await refund('S1', { refundId: 'r2', amount: 20 })
    await withoutEffect(world, () => refund('S1'))
    await withoutEffect(world, () => refund('S1', { reason: 'fraud' }))
  })

  it('as a whole after a whole that came after parts has no effect', async () => {
    const { world, refund, transactionOf } = await sold()
    await refund('S1', { refundId: 'r1', amount: 100 })
    await refund('S1', { reason: 'one' })
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 12_000 })
    await withoutEffect(world, () => refund('S1', { reason: 'another' }))
  })
})

describe('a refund of all', () => {
  it('of a sale of nothing is one', async () => {
    const { buys, refund, transactionOf, brought } = await books(sql)
    await brought('ann')
    await buys('S1', { total: 0 })
    await refund('S1')
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 0 })
  })

  it('is the exact rest: thirds of ten', async () => {
    const { brought, buys, giveBack, refund, transactionOf } = await books(sql)
    await brought('ann')
    await buys('S1', { total: 10, items: [{ externalId: 'A', name: 'A', quantity: 3, amount: 3.3333 }] })
    await giveBack('S1', { A: 1 })
    await refund('S1')
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 1000 })
  })
})
