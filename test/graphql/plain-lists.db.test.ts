import { expect, test } from 'vitest'
import { type Sql, statement } from '../../src/database/sql.ts'
import { asking, minute } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { analyze } from '../support/hundred-of-everything.ts'
import {
  insertAlias,
  insertCollaborator,
  insertConversion,
  insertEngagement,
  insertEngagementType,
  insertEnrollment,
  insertLineItem,
  insertOrganization,
  insertProgram,
  insertTransaction,
} from '../support/rows.ts'

// Lists that come whole: their order does not depend on where the database happens to keep their rows.

const { sql } = await testDatabase()
const gateway = testGateway({ sql })

/** Has the database write a row anew, behind all others. */
const rewrite = (on: Sql, table: string, id: number) =>
  on.rows(statement(`update ${table} set id = id where id = $1`), [id])

test('the conversions of an engagement come oldest first, whichever was changed last', async () => {
  const organizationId = await insertOrganization(sql)
  const collaboratorId = await insertCollaborator(sql, { organizationId })
  const engagements: number[] = []
  for (let n = 0; n < 3; n++) engagements.push(await insertEngagement(sql, { organizationId, collaboratorId }))
  const conversions: number[] = []
  for (let n = 0; n < 9; n++) {
    const given = { organizationId, collaboratorId, engagementId: engagements[n % 3], dateCreated: minute(n) }
    conversions.push(await insertConversion(sql, given))
  }
  for (const id of [conversions[0], conversions[4]]) await rewrite(sql, 'conversion', id as number)
  await analyze(sql) // few rows, as the planner now knows: it reads them as they lie
  const ask = asking(gateway, { role: 'administrator', organizationId })
  const data = await ask(
    '{ engagements(orderBy: { direction: ASC }) { nodes { databaseId conversions { databaseId } } } }',
  )
  expect(data.engagements.nodes).toEqual(
    engagements.map((databaseId, at) => ({
      databaseId,
      conversions: conversions.filter((_, n) => n % 3 === at).map(id => ({ databaseId: id })),
    })),
  )
})

test('the programs of a collaborator come by id, and those of several do not mix', async () => {
  const organizationId = await insertOrganization(sql)
  const collaborators = [
    await insertCollaborator(sql, { organizationId }),
    await insertCollaborator(sql, { organizationId }),
  ]
  const programs: number[] = []
  for (let n = 0; n < 6; n++) programs.push(await insertProgram(sql, { organizationId }))
  for (const programId of programs.toReversed()) {
    const collaboratorId = collaborators[programs.indexOf(programId) % 2] as number
    await insertEnrollment(sql, { organizationId, collaboratorId, programId })
  }
  const ask = asking(gateway, { role: 'administrator', organizationId })
  const data = await ask('{ collaborators(orderBy: { direction: ASC }) { nodes { programs { databaseId } } } }')
  expect(data.collaborators.nodes).toEqual(
    [0, 1].map(at => ({ programs: programs.filter((_, n) => n % 2 === at).map(databaseId => ({ databaseId })) })),
  )
})

test('the aliases of a collaborator come oldest first, retired ones included', async () => {
  const organizationId = await insertOrganization(sql)
  const collaboratorId = await insertCollaborator(sql, { organizationId })
  const given = { organizationId, collaboratorId }
  const first = await insertAlias(sql, { ...given, code: 'first', retiredDate: minute(5) })
  await insertAlias(sql, { ...given, code: 'SECOND', type: 'coupon' })
  await insertAlias(sql, { ...given, code: 'third' })
  await rewrite(sql, 'collaborator_alias', first)
  const ask = asking(gateway, { role: 'administrator', organizationId })
  const { collaborator } = await ask(`{ collaborator(id: ${collaboratorId}) { aliases { type code retiredDate } } }`)
  expect(collaborator.aliases).toEqual([
    { type: 'TRACKING', code: 'first', retiredDate: minute(5).toISOString() },
    { type: 'COUPON', code: 'SECOND', retiredDate: null },
    { type: 'TRACKING', code: 'third', retiredDate: null },
  ])
})

test('the lines of a transaction come in the order of its event, and are null to a collaborator', async () => {
  const organizationId = await insertOrganization(sql)
  const collaboratorId = await insertCollaborator(sql, { organizationId })
  const transactionId = await insertTransaction(sql, { organizationId })
  const empty = await insertTransaction(sql, { organizationId })
  await insertConversion(sql, { organizationId, collaboratorId, transactionId })
  const first = await insertLineItem(sql, { organizationId, transactionId, name: 'Book', quantity: 2 })
  await insertLineItem(sql, { organizationId, transactionId, name: 'Voucher', type: 'discount', value: -500 })
  await rewrite(sql, 'line_item', first)
  const text = `{ transaction(id: ${transactionId}) { totalValue lineItems { name quantity type value units } } }`
  expect(await asking(gateway, { role: 'administrator', organizationId })(text)).toEqual({
    transaction: {
      totalValue: 10_000,
      lineItems: [
        { name: 'Book', quantity: 2, type: 'product', value: 10_000, units: 'USD' },
        { name: 'Voucher', quantity: 1, type: 'discount', value: -500, units: 'USD' },
      ],
    },
  })
  expect(
    await asking(gateway, { role: 'administrator', organizationId })(
      `{ transaction(id: ${empty}) { lineItems { name } } }`,
    ),
  ).toEqual({ transaction: { lineItems: [] } })
  expect(await asking(gateway, { role: 'collaborator', organizationId, collaboratorId })(text)).toEqual({
    transaction: { totalValue: null, lineItems: null },
  })
})

test('the triggers of a program come by their id', async () => {
  const organizationId = await insertOrganization(sql)
  const programId = await insertProgram(sql, { organizationId })
  for (const type of ['manual', 'boundCouponUsed', 'referredSiteVisit']) {
    await insertEngagementType(sql, { organizationId, programId, type })
  }
  const ask = asking(gateway, { role: 'administrator', organizationId })
  const { program } = await ask(`{ program(id: ${programId}) { engagementTypes { type } } }`)
  expect(program.engagementTypes.map((each: { type: string }) => each.type)).toEqual([
    'boundCouponUsed',
    'manual',
    'referredSiteVisit',
  ])
})
