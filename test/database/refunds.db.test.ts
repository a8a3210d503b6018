import { describe, expect, it, test } from 'vitest'
import { type Sql, statement } from '../../src/database/sql.ts'
import { databaseBefore } from '../support/earlier.ts'
import {
  insertCollaborator,
  insertConversion,
  insertEngagement,
  insertLineItem,
  insertObligation,
  insertOpportunity,
  insertOrganization,
  insertPayout,
  insertTransaction,
} from '../support/rows.ts'
import { day, worldOf } from '../support/world.ts'

// What was sold before parts could be given back: nobody wrote down then what a reward was decided from.

const BEFORE = '20261201140000_refunds'

const ask = <Row>(sql: Sql, text: string) => sql.rows(statement<Row>(text), [])

interface Sold {
  /** What the program pays, as columns of it. */
  readonly rules?: string
  readonly total?: number
  readonly currency?: string
  /** What was issued to each. */
  readonly issued?: readonly number[]
  readonly isPaid?: boolean
}

/** A database of before, in which a sale was credited to some; and that database since, with the world that it is of. */
const soldBefore = async ({
  rules = 'transaction_percent = 10',
  total = 10_000,
  currency = 'USD',
  issued = [1000],
  isPaid = false,
}: Sold = {}) => {
  const { database, upgrade } = await databaseBefore(BEFORE)
  const { sql } = database
  const organizationId = await insertOrganization(sql)
  // by a script, since PGlite learns of an enum's lists when it opens a database
  await sql.script(`
    insert into program (organization_id, name, status, incentive_type, incentive_resolver_type, units, active_conversion_types)
    values (${organizationId}, 'Affiliates', 'active', 'saleTransactionPercentage', 'evenlySharedPool', 'USD', '{sale,renewal}');
    update program set ${rules}`)
  const programId = 1
  const opportunityId = await insertOpportunity(sql, { organizationId })
  const sale = { organizationId, opportunityId, source: 'shop', externalId: 'S1', dateCreated: day(2), currency }
  const transactionId = await insertTransaction(sql, { ...sale, totalValue: total })
  await insertLineItem(sql, { organizationId, transactionId, value: total, externalId: 'A', units: currency })
  for (const value of issued) {
    const of = { organizationId, collaboratorId: await insertCollaborator(sql, { organizationId }) }
    const engagementId = await insertEngagement(sql, { ...of, opportunityId, programId, status: 'complete' })
    const payoutId = isPaid
      ? await insertPayout(sql, { ...of, value, currency, status: 'paid', datePaid: day(2) })
      : null
    const obligationId = await insertObligation(sql, {
      ...{ ...of, value, currency, payoutId },
      status: isPaid ? 'complete' : 'pending',
    })
    await insertConversion(sql, { ...of, engagementId, transactionId, obligationId, status: 'approved' })
  }
  const rows = async () => ({
    obligations: await ask<object>(
      sql,
      'select id, value, status, payout_id, date_modified from obligation order by id',
    ),
    conversions: await ask<object>(sql, 'select id, status, obligation_id, date_modified from conversion order by id'),
    payouts: await ask<object>(sql, 'select id, value, status from payout order by id'),
  })
  const before = await rows()
  await upgrade()
  expect(await rows()).toEqual(before)
  const world = worldOf(sql, organizationId)
  let parts = 0
  const refund = (more: object = {}) =>
    world.fire('refund', { source: 'shop', externalId: 'S1', ...more }, { at: day(3, parts++) })
  return {
    sql,
    world,
    refund,
    giveBack: (amount: number) => refund({ refundId: `part ${parts}`, amount }),
    reform: (columns: string) => sql.script(`update program set ${columns}`),
    owed: async () => (await world.obligations()).map(({ awardType, value, status }) => [awardType, value, status]),
  }
}

describe('a conversion from before', () => {
  it('has its obligation as it was, which is of it now', async () => {
    const { world } = await soldBefore()
    const [conversion] = await world.conversions()
    expect(await world.obligations()).toMatchObject([{ id: conversion?.obligationId, conversionId: conversion?.id }])
    expect(await world.transactions()).toMatchObject([{ status: 'complete', refundedValue: 0 }])
  })

  it('goes by what was issued, whatever the program pays now: 10.00 of 100, and 1.00 given back', async () => {
    const { giveBack, owed } = await soldBefore({ rules: 'transaction_percent = 20' })
    await giveBack(1)
    expect(await owed()).toEqual([['sale', 990, 'pending']])
    await giveBack(1)
    expect(await owed()).toEqual([['sale', 980, 'pending']])
  })

  it('goes by what was issued, though the program pays by another rule now, or is gone', async () => {
    const { giveBack, owed, reform } = await soldBefore()
    await reform(`incentive_type = 'fixedPerTransaction', payout_per_transaction = 700, status = 'deleted'`)
    await giveBack(50)
    expect(await owed()).toEqual([['sale', 500, 'pending']])
  })

  it('is not rounded twice: 100 of 999 yen, in three parts', async () => {
    const { giveBack, owed } = await soldBefore({ total: 999, currency: 'JPY', issued: [100] })
    for (const value of [67, 33]) {
      await giveBack(333)
      expect(await owed()).toEqual([['sale', value, 'pending']])
    }
    await giveBack(333)
    expect(await owed()).toEqual([['sale', 33, 'rejected']])
  })

  it('has back what was paid of it', async () => {
    const { giveBack, refund, owed, world } = await soldBefore({ isPaid: true })
    await giveBack(40)
    await refund()
    expect(await owed()).toEqual([
      ['sale', 1000, 'complete'],
      ['clawback', -400, 'pending'],
      ['clawback', -600, 'pending'],
    ])
    expect(await world.payouts()).toMatchObject([{ value: 1000, status: 'paid' }])
    expect(await world.conversions()).toMatchObject([{ status: 'rejected' }])
  })

  it('is one of several, each of which goes by what it was issued', async () => {
    const { giveBack, owed } = await soldBefore({ issued: [500, 300, 200] })
    await giveBack(50)
    expect((await owed()).map(([, value]) => value)).toEqual([250, 150, 100])
  })

  it('stays with nothing owed beside one that is still paid, and goes when nobody is', async () => {
    const { giveBack, owed, world } = await soldBefore({ total: 100, issued: [9, 1] })
    await giveBack(0.6)
    expect(await owed()).toEqual([
      ['sale', 4, 'pending'],
      ['sale', 0, 'pending'],
    ])
    await giveBack(0.36)
    expect(await owed()).toEqual([
      ['sale', 4, 'rejected'],
      ['sale', 0, 'rejected'],
    ])
    expect((await world.conversions()).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  it('of a fixed reward stays until nothing is left', async () => {
    const { giveBack, refund, owed } = await soldBefore({
      rules: `incentive_type = 'fixedPerTransaction', payout_per_transaction = 500`,
      issued: [500],
    })
    await giveBack(99.99)
    expect(await owed()).toEqual([['sale', 500, 'pending']])
    await refund()
    expect(await owed()).toEqual([['sale', 500, 'rejected']])
  })

  it('gives back items as well', async () => {
    const { refund, owed, world } = await soldBefore()
    await refund({ refundId: 'r', items: [{ externalId: 'A', quantity: 1 }] })
    expect(await owed()).toEqual([['sale', 1000, 'rejected']])
    expect(await world.transactions()).toMatchObject([{ status: 'refunded', refundedValue: 10_000 }])
  })
})

test('a sale that was refunded before has given back its total, and is given back no more', async () => {
  const { database, upgrade } = await databaseBefore(BEFORE)
  const { sql } = database
  const organizationId = await insertOrganization(sql)
  const sale = { organizationId, source: 'shop', externalId: 'S1', dateCreated: day(2), status: 'refunded' } as const
  const transactionId = await insertTransaction(sql, sale)
  await insertLineItem(sql, { organizationId, transactionId })
  await upgrade()
  const world = worldOf(sql, organizationId)
  expect(await world.transactions()).toMatchObject([{ status: 'refunded', totalValue: 10_000, refundedValue: 10_000 }])
  await world.fire('refund', { source: 'shop', externalId: 'S1' }, { at: day(3) })
  expect(await world.notes()).toEqual([])
  const part = { source: 'shop', externalId: 'S1', refundId: 'r', amount: 1 }
  await expect(world.fire('refund', part, { at: day(3) })).rejects.toThrow(/amount/)
})
