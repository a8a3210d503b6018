import { describe, expect, it } from 'vitest'
import { ConflictError, ValidationError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { insertObligation } from '../support/rows.ts'
import { books } from './books.ts'

// Parts that are given back at the same moment, as people are paid and rejected.

const { sql } = await testDatabase()

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))

const sold = async (given: Parameters<typeof books>[1] = {}) => {
  const story = await books(sql, given)
  await story.brought('ann')
  await story.buys('S1')
  return story
}

/** What was refused, of all that was begun at once. */
const refusals = async (work: readonly Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(work)).flatMap(result => (result.status === 'rejected' ? [result.reason] : []))

describe('parts of a sale at the same moment', () => {
  it('under one name are one', async () => {
    const { refund, transactionOf, owed, world } = await sold()
    expect(await refusals(times(10, () => refund('S1', { refundId: 'r', amount: 10 })))).toEqual([])
    expect(await transactionOf('S1')).toMatchObject({ refundedValue: 1000 })
    expect(await owed()).toEqual([['ann', 'sale', 900, 'pending']])
    expect((await world.notes()).filter(({ key }) => key === 'partial_refund_triggered')).toHaveLength(1)
  })

  it('under one name with different amounts are one, and conflicts', async () => {
    const { refund, transactionOf } = await sold()
    const refused = await refusals(times(8, at => refund('S1', { refundId: 'r', amount: 10 + at })))
    expect(refused).toHaveLength(7)
    for (const reason of refused) expect(reason).toBeInstanceOf(ConflictError)
    expect((await transactionOf('S1')).refundedValue).toBeLessThan(1800)
  })

  it('are together no more than the sale: ten of twelve tenths', async () => {
    const { refund, transactionOf, owed, world } = await sold()
    const refused = await refusals(times(12, at => refund('S1', { refundId: `r${at}`, amount: 10 })))
    expect(refused).toHaveLength(2)
    for (const reason of refused) expect(reason).toBeInstanceOf(ValidationError)
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 10_000 })
    expect(await owed()).toEqual([['ann', 'sale', 100, 'rejected']])
    expect((await world.notes()).filter(({ key }) => key === 'refund_triggered')).toHaveLength(1)
  })

  it('and payouts leave everybody what the rest is worth, whichever came first', async () => {
    for (let round = 0; round < 5; round++) {
      const { refund, generate, balance, transactionOf } = await sold()
      const work = [...times(6, at => refund('S1', { refundId: `r${at}`, amount: 10 })), ...times(3, () => generate())]
      expect(await refusals(work)).toEqual([])
      expect(await transactionOf('S1')).toMatchObject({ refundedValue: 6000 })
      expect(await balance('ann')).toBe(400)
    }
  })

  it('and the whole are the whole', async () => {
    const { refund, generate, balance, transactionOf } = await sold()
    await refusals([
      ...times(4, at => refund('S1', { refundId: `r${at}`, amount: 10 })),
      ...times(3, () => refund('S1')),
      generate(),
    ])
    expect(await transactionOf('S1')).toMatchObject({ status: 'refunded', refundedValue: 10_000 })
    expect(await balance('ann')).toBe(0)
  })
})

describe('what is owed back at the same moment', () => {
  it('by a rejection that is told many times is owed back once', async () => {
    const { rejects, paysOut, balance, owed } = await sold()
    await paysOut()
    expect(await refusals(times(6, () => rejects('S1', 'ann', { clawback: true })))).toEqual([])
    expect(await owed()).toHaveLength(2)
    expect(await balance('ann')).toBe(0)
  })

  it('by a rejection and by refunds is owed back once', async () => {
    for (let round = 0; round < 5; round++) {
      const { rejects, refund, paysOut, balance } = await sold()
      await paysOut()
      await refusals([
        ...times(4, at => refund('S1', { refundId: `r${at}`, amount: 10 })),
        rejects('S1', 'ann', { clawback: true }),
        refund('S1'),
        rejects('S1', 'ann', { clawback: true }),
      ])
      expect(await balance('ann')).toBe(0)
    }
  })

  it('is taken by one payout alone', async () => {
    const { world, idOf, generate } = await books(sql)
    const of = { organizationId: world.organizationId, collaboratorId: idOf('ann') }
    const ids: number[] = []
    for (const value of [1000, 700, 900]) ids.push(await insertObligation(sql, { ...of, value }))
    await insertObligation(sql, { ...of, value: -300, awardType: 'clawback' })
    expect(await refusals(ids.map(id => generate([id])))).toEqual([])
    const payouts = await world.payouts()
    expect(payouts).toHaveLength(3)
    expect(payouts.reduce((sum, { value }) => sum + value, 0)).toBe(2300)
  })

  it('is taken once, and what it is taken from is paid once, by fulfillments of all and by name', async () => {
    for (let round = 0; round < 5; round++) {
      const { world, idOf, generate } = await books(sql)
      const of = { organizationId: world.organizationId, collaboratorId: idOf('ann') }
      const ids: number[] = []
      for (const value of [1000, 700, 900]) ids.push(await insertObligation(sql, { ...of, value }))
      for (const value of [-300, -50]) await insertObligation(sql, { ...of, value, awardType: 'clawback' })
      const refused = await refusals([
        ...ids.map(id => generate([id])),
        ...times(3, () => generate()),
        ...ids.toReversed().map(id => generate([id])),
      ])
      for (const reason of refused) expect(reason).toBeInstanceOf(ValidationError)
      const payouts = await world.payouts()
      expect(payouts.reduce((sum, { value }) => sum + value, 0)).toBe(2250)
      const obligations = await world.obligations()
      for (const { status } of obligations) expect(status).toBe('complete')
      for (const { id, value } of payouts)
        expect(obligations.reduce((sum, of) => sum + (of.payoutId === id ? of.value : 0), 0)).toBe(value)
    }
  })
})
