import { expect, test } from 'vitest'
import type { ConversionStatus } from '../../src/database/rows.ts'
import { statement } from '../../src/database/sql.ts'
import { databaseBefore } from '../support/earlier.ts'
import {
  insert,
  insertCollaborator,
  insertConversion,
  insertDistribution,
  insertDistributor,
  insertEngagement,
  insertOpportunity,
  insertOrganization,
  insertTransaction,
  write,
} from '../support/rows.ts'
import { day, worldOf } from '../support/world.ts'

test('what runs of the previous version counted is counted, and what they lost is not', async () => {
  const { database, upgrade } = await databaseBefore('20261201150000_counted_conversions')
  const { sql } = database
  const organizationId = await insertOrganization(sql)
  const member = await insertCollaborator(sql, { organizationId })
  // by a script, since PGlite learns of an enum's lists when it opens a database
  await sql.script(`
    insert into program (organization_id, name, status, incentive_type, incentive_resolver_type, units)
    values (${organizationId}, 'Affiliates', 'active', 'saleTransactionPercentage', 'newestBindingWins', 'USD')`)
  const of = { organizationId, collaboratorId: member }
  const opportunityId = await insertOpportunity(sql, { organizationId })
  const engagementId = await insertEngagement(sql, { ...of, opportunityId, programId: 1, status: 'complete' })
  const distributor = () =>
    insertDistributor(sql, {
      ...{ organizationId, dateCreated: day(2), revenuePercentage: 10 },
      distributionResolver: 'performanceWeightedPool',
    })
  const distributorId = await distributor()
  await distributor()
  await write(sql, 'distributor_enrollment', { ...of, distributorId })

  /** A sale of 100.00, and a conversion with such a score. */
  const converted = async (at: number, score: number, status: ConversionStatus = 'approved') => {
    const sold = { organizationId, opportunityId, source: 'shop', externalId: `at ${at}`, dateCreated: day(at) }
    const transactionId = await insertTransaction(sql, { ...sold, totalValue: 10_000 })
    return insertConversion(sql, { ...of, engagementId, transactionId, score, status, dateCreated: day(at) })
  }
  const ran = async (at: number, value: number, revenue: number) => {
    const distributionId = await insertDistribution(sql, {
      ...{ organizationId, distributorId, value, triggerDate: day(at), dateCreated: day(at), dateModified: day(at) },
    })
    await sql.rows(statement('update distribution set revenue = $2 where id = $1'), [distributionId, revenue])
    if (revenue > 0) await insert(sql, 'allocation', { ...of, distributionId, value, currency: 'USD' })
    return distributionId
  }
  await converted(1, 1)
  const early = await converted(3, 2)
  await converted(3.5, 4, 'rejected')
  const first = await ran(4, 1000, 10_000)
  await converted(5, 8)
  await ran(6, 1000, 0)
  const late = await converted(7, 16)
  const third = await ran(8, 3000, 30_000)
  await converted(9, 32)

  await upgrade()

  const counted = await sql.rows(
    statement(`
      select distributor_id as "distributorId", conversion_id as "conversionId", distribution_id as "distributionId"
      from counted_conversion order by conversion_id`),
    [],
  )
  expect(counted).toEqual([
    { distributorId, conversionId: early, distributionId: first },
    { distributorId, conversionId: late, distributionId: third },
  ])

  // what a run lost that gave nothing counts for the next one, beside what came since
  const world = worldOf(sql, organizationId)
  const runOf = async (at: number) => {
    await world.fire('distribution-completed', { distributorId }, { at: day(at) })
    return (await world.distributions()).at(-1)
  }
  await insertTransaction(sql, {
    ...{ organizationId, opportunityId, source: 'shop', externalId: 'more', dateCreated: day(10), totalValue: 1000 },
  })
  const run = await runOf(11)
  const marked = await sql.rows(
    statement<{ score: number }>(`
      select v.score from counted_conversion k join conversion v on v.id = k.conversion_id
      where k.distribution_id = $1 order by v.score`),
    [run?.id],
  )
  expect(marked.map(({ score }) => score)).toEqual([8, 32])
  expect(await world.allocations()).toHaveLength(3)
  expect(await runOf(12)).toMatchObject({ value: 0, revenue: 0 })
})
