import { describe, expect, it } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { testDatabase } from '../support/database.ts'
import { insertAlias } from '../support/rows.ts'
import { orders, shop, told } from './shop.ts'

const { sql } = await testDatabase()

const touchesOf = statement<{ type: string; points: number; at: string }>(`
  select engagement_type as type, points, to_char(date_created at time zone 'utc', 'HH24:MI') as at
  from touch where organization_id = $1 order by id`)

describe('a coupon that is applied again', () => {
  it('adds nothing while its engagement is active, and writes no second note', async () => {
    const { coupon, claims, world, customer } = await shop(sql)
    await coupon('ANN', 10)
    const notes = await world.notes()
    for (const [code, at] of [
      ['ANN', 11],
      ['ann', 12],
      ['Ann', 12],
    ] as const) {
      const { opportunityId, types } = await coupon(code, at)
      expect(opportunityId).toBe(customer)
      expect(types).not.toContain('EngagementsTriggered')
    }
    expect(await claims()).toEqual([['ann', 'active', 50, 10, 10]])
    expect(await world.notes()).toEqual(notes)
    expect(notes).toMatchObject([{ key: 'coupon_applied' }])
  })

  it('adds to what a link gave once', async () => {
    const { coupon, visit, claims } = await shop(sql)
    await visit('ann', 9)
    for (const at of [10, 11]) await coupon('ANN', at)
    await visit('ann', 12)
    expect(await claims()).toEqual([['ann', 'active', 250, 9, 12]])
  })

  it('counts when it is another customer’s, or another code of the same collaborator', async () => {
    const { coupon, open, world, idOf, claims } = await shop(sql)
    const { organizationId } = world
    await insertAlias(sql, { organizationId, collaboratorId: idOf('ann'), type: 'coupon', code: 'ANN2' })
    await coupon('ANN', 10)
    await coupon('ANN2', 11)
    await coupon('ANN2', 12)
    await coupon('ANN', 13, { trackingId: await open() })
    expect(await claims()).toEqual([
      ['ann', 'active', 100, 10, 11],
      ['ann', 'active', 50, 13, 13],
    ])
    expect(await world.notes()).toHaveLength(3)
  })

  it('counts again after the sale, with a note', async () => {
    const { coupon, sale, claims, credits, world } = await shop(sql)
    await coupon('ANN', 10)
    await sale('S1', 11)
    await coupon('ANN', 12)
    await coupon('ANN', 13)
    await sale('S2', 14)
    expect(await credits()).toEqual([
      ['S1', 'ann', 1000],
      ['S2', 'ann', 1000],
    ])
    expect(await claims()).toEqual([
      ['ann', 'complete', 50, 10, 11],
      ['ann', 'complete', 50, 12, 14],
    ])
    expect((await world.notes()).filter(({ key }) => key === 'coupon_applied')).toHaveLength(2)
  })

  it('is of the earliest moment at which it was applied, whenever that is told', async () => {
    for (const order of orders(3)) {
      const { coupon, claims } = await shop(sql)
      for (const at of order) await coupon('ANN', [14, 10, 12][at] as number)
      expect(await claims()).toEqual([['ann', 'active', 50, 10, 10]])
    }
  })

  // the one of 10 comes before the sale of noon
  const ORDERS = told(4).filter(([, order]) => order.indexOf(0) < order.indexOf(3))
  it.each(ORDERS)('after a sale of noon counts for the next: 10, 14, 16, the sale, told as %s', async (_, order) => {
    const { coupon, sale, claims, credits } = await shop(sql)
    const steps = [() => coupon('ANN', 10), () => coupon('ANN', 14), () => coupon('ANN', 16), () => sale('S1', 12)]
    for (const at of order) await steps[at]?.()
    expect(await claims()).toEqual([
      ['ann', 'complete', 50, 10, 12],
      ['ann', 'active', 50, 14, 14],
    ])
    await sale('S2', 15)
    expect(await claims()).toEqual([
      ['ann', 'complete', 50, 10, 12],
      ['ann', 'complete', 50, 14, 15],
      ['ann', 'active', 50, 16, 16],
    ])
    expect(await credits()).toEqual([
      ['S1', 'ann', 1000],
      ['S2', 'ann', 1000],
    ])
  })

  it('counts under each program by itself: not where its engagement is active, and where that is complete', async () => {
    const { coupon, sale, claims, newProgram, world, idOf, program } = await shop(sql)
    const leads = await newProgram({ activeConversionTypes: ['lead'] })
    await world.enroll(idOf('ann'), leads)
    await coupon('ANN', 10)
    await sale('S1', 11)
    const { types } = await coupon('ANN', 12)
    expect(types).toContain('CouponApplied')
    expect(await claims(program)).toEqual([
      ['ann', 'complete', 50, 10, 11],
      ['ann', 'active', 50, 12, 12],
    ])
    expect(await claims(leads)).toEqual([['ann', 'active', 50, 10, 10]])
    expect((await world.notes()).filter(({ key }) => key === 'coupon_applied')).toHaveLength(2)
    await coupon('ANN', 13)
    expect((await world.notes()).filter(({ key }) => key === 'coupon_applied')).toHaveLength(2)
  })

  it('has the points that it had, when a sale leaves it to the next one', async () => {
    const { coupon, sale, claims, program } = await shop(sql)
    await coupon('ANN', 10)
    await sql.script(`update program_engagement_type set value = 70 where program_id = ${program}`)
    await coupon('ANN', 14)
    await sale('S1', 12)
    expect(await claims()).toEqual([
      ['ann', 'complete', 50, 10, 12],
      ['ann', 'active', 50, 14, 14],
    ])
  })

  it('is written down once, as the touch that it is', async () => {
    const { coupon, world } = await shop(sql)
    for (const at of [14, 10, 16]) await coupon('ANN', at)
    const touches = await sql.rows(touchesOf, [world.organizationId])
    expect(touches).toEqual([{ type: 'boundCouponUsed', points: 50, at: '10:00' }])
  })
})
