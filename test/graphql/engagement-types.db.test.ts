import { describe, expect, test } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { insert, insertEngagementType, insertOrganization, insertProgram } from '../support/rows.ts'

const { sql } = await testDatabase()
const gateway = testGateway({ sql })

const ALWAYS = ['referredSiteVisit', 'manual', 'courseCompleted', 'lessonCompleted', 'boundPostUsed', 'formSubmitted']

const givenAnOrganization = async () => {
  const organizationId = await insertOrganization(sql)
  const ask = asking(gateway, { role: 'administrator', organizationId })
  const ids = async (args = ''): Promise<string[]> =>
    (await ask(`{ engagementTypes${args} { id } }`)).engagementTypes.map((type: { id: string }) => type.id)
  const integrated = (given: { supportsCoupons: boolean; status: string; source?: string }) =>
    insert(sql, 'integration', { organizationId, source: 'woocommerce', ...given })
  return { organizationId, ask, ids, integrated }
}

describe('the engagement types', () => {
  test('are the seven of the core, each with words for people', async () => {
    const { ask } = await givenAnOrganization()
    const { engagementTypes } = await ask('{ engagementTypes { id name description available } }')
    expect(engagementTypes.map((type: { id: string }) => type.id).toSorted()).toEqual(
      [...ALWAYS, 'boundCouponUsed'].toSorted(),
    )
    for (const type of engagementTypes) {
      expect(type.name).not.toBe('')
      expect(type.description).not.toBe('')
      expect(type.available).toBe(type.id !== 'boundCouponUsed')
    }
  })

  test('include bound coupons only while an active integration supports coupons', async () => {
    const { ids, ask, integrated } = await givenAnOrganization()
    const available = async () => {
      const { engagementType } = await ask('{ engagementType(id: "boundCouponUsed") { id available } }')
      expect((await ids('(available: true)')).includes('boundCouponUsed')).toBe(engagementType.available)
      expect((await ids('(available: false)')).includes('boundCouponUsed')).toBe(!engagementType.available)
      return engagementType.available
    }
    expect(await available()).toBe(false)
    await integrated({ supportsCoupons: false, status: 'active', source: 'stripe' })
    expect(await available()).toBe(false)
    const id = await integrated({ supportsCoupons: true, status: 'inactive' })
    expect(await available()).toBe(false)
    const turn = (status: string) =>
      sql.rows(statement(`update integration set status = '${status}' where id = $1`), [id])
    await turn('active')
    expect(await available()).toBe(true)
    await turn('inactive')
    expect(await available()).toBe(false)
  })

  test("do not become available by another tenant's integration", async () => {
    await (await givenAnOrganization()).integrated({ supportsCoupons: true, status: 'active' })
    const { ids } = await givenAnOrganization()
    expect(await ids('(available: false)')).toEqual(['boundCouponUsed'])
  })

  test('are all of them when nobody says which', async () => {
    const { ids } = await givenAnOrganization()
    expect(await ids()).toHaveLength(7)
    expect(await ids('(available: null)')).toHaveLength(7)
    expect((await ids('(available: true)')).toSorted()).toEqual(ALWAYS.toSorted())
  })

  test('are found by their exact id', async () => {
    const { ask } = await givenAnOrganization()
    expect(
      await ask(
        '{ a: engagementType(id: "manual") { id } b: engagementType(id: "Manual") { id } c: engagementType(id: "") { id } }',
      ),
    ).toEqual({ a: { id: 'manual' }, b: null, c: null })
  })
})

test('a program tells which it enables, with their points, and which of these nobody provides', async () => {
  const { ask, organizationId, integrated } = await givenAnOrganization()
  const programId = await insertProgram(sql, { organizationId })
  for (const [type, value] of [
    ['referredSiteVisit', 100],
    ['boundCouponUsed', 150],
    ['starSigned', 0],
  ] as const) {
    await insertEngagementType(sql, { organizationId, programId, type, value })
  }
  await integrated({ supportsCoupons: true, status: 'active' })
  const { program } = await ask(
    `{ program(id: ${programId}) { engagementTypes { type value engagementType { id available } } } }`,
  )
  expect(program.engagementTypes).toEqual([
    { type: 'boundCouponUsed', value: 150, engagementType: { id: 'boundCouponUsed', available: true } },
    { type: 'referredSiteVisit', value: 100, engagementType: { id: 'referredSiteVisit', available: true } },
    { type: 'starSigned', value: 0, engagementType: null },
  ])
})
