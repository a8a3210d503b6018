import { expect, test } from 'vitest'
import { type Sql, statement } from '../../src/database/sql.ts'
import { datastoresFor } from '../../src/index.ts'
import { databaseBefore } from '../support/earlier.ts'
import {
  EPOCH,
  insert,
  insertCollaborator,
  insertConversion,
  insertNote,
  insertObligation,
  insertOpportunity,
  insertOrganization,
  insertTransaction,
} from '../support/rows.ts'
import { day, worldOf } from '../support/world.ts'

const ask = <Row>(sql: Sql, text: string) => sql.rows(statement<Row>(text), [])

test('a database of the previous version has its touches, and all else as it was', async () => {
  const { database, upgrade } = await databaseBefore('20261201120000_touches_and_evaluations')
  const { sql } = database
  const organizationId = await insertOrganization(sql)
  const programId = 1
  // by a script, since PGlite learns of an enum's lists when it opens a database
  await sql.script(`
    insert into program (organization_id, name, status, incentive_type, incentive_resolver_type, units, transaction_percent, active_conversion_types)
    values (${organizationId}, 'Affiliates', 'active', 'saleTransactionPercentage', 'newestBindingWins', 'USD', 10, '{sale,renewal}')`)
  const [ann, bob] = [
    await insertCollaborator(sql, { organizationId }),
    await insertCollaborator(sql, { organizationId }),
  ]
  const opportunityId = await insertOpportunity(sql, { organizationId })
  const engagement = (collaboratorId: number, score: number, status: string, dateCreated: Date, dateModified: Date) =>
    insert(sql, 'engagement', {
      ...{ organizationId, opportunityId, programId, collaboratorId },
      ...{ score, status, dateCreated, dateModified },
    })
  const sold = await engagement(ann, 300, 'complete', day(1), day(2))
  const open = await engagement(bob, 200, 'active', day(3), day(4))
  await engagement(ann, 100, 'active', day(3), day(3))
  await engagement(bob, 50, 'cancelled', EPOCH, day(1))

  const sale = { organizationId, opportunityId, source: 'shop', externalId: 'sale', dateCreated: day(2) }
  const transactionId = await insertTransaction(sql, sale)
  const refunded = await insertTransaction(sql, { ...sale, externalId: 'refunded', status: 'refunded' })
  const conversion = async (given: object, reason?: string) => {
    const obligationId = await insertObligation(sql, { organizationId, collaboratorId: ann })
    const made = { organizationId, engagementId: sold, collaboratorId: ann, obligationId, transactionId, ...given }
    const id = await insertConversion(sql, made)
    const note = { organizationId, content: 'conversion_rejected', creationSource: 'conversion' as const }
    if (reason !== undefined) await insertNote(sql, { ...note, creationSourceId: id, data: { reason } })
    return id
  }
  const approved = await conversion({ status: 'approved' })
  const byHand = await conversion({ status: 'rejected', transactionId: refunded }, 'fraud')
  const byRefund = await conversion({ status: 'rejected', transactionId: refunded }, 'refund')
  const lead = await conversion({ status: 'rejected', transactionId: null, type: 'lead' }, 'refund')

  const { notes, engagements } = datastoresFor(database, { role: 'administrator', organizationId })
  const look = async () => {
    const feed = await notes.getNotesForSource('conversion', byHand)
    return {
      feed,
      positions: await notes.positions(
        feed.map(({ id }) => id),
        { sourceType: 'conversion', sourceId: byHand },
        'ASC',
      ),
      engagements: await engagements.getEngagementsForOpportunity(opportunityId),
      newest: await engagements.getNewestBinding(opportunityId, programId),
      money: await ask(
        sql,
        `select id, collaborator_id, payout_id, status, award_type, value, currency, date_created, date_modified
        from obligation order by id`,
      ),
    }
  }
  const before = await look()

  await upgrade()

  expect(await look()).toEqual(before)
  expect(before.feed).toHaveLength(1)
  const touches = await ask<{ collaborator: number; points: number; moment: Date }>(
    sql,
    `select e.collaborator_id as collaborator, t.points, t.date_created as moment, t.engagement_type as type, t.ingested_event_id as event
     from touch t join engagement e on e.id = t.engagement_id order by t.engagement_id, t.date_created`,
  )
  const nothing = { type: null, event: null }
  expect(touches).toEqual([
    { collaborator: ann, points: 300, moment: day(1), ...nothing },
    { collaborator: bob, points: 200, moment: day(3), ...nothing },
    { collaborator: bob, points: 0, moment: day(4), ...nothing },
    { collaborator: ann, points: 100, moment: day(3), ...nothing },
    { collaborator: bob, points: 50, moment: EPOCH, ...nothing },
  ])
  const rejected = await ask<{ id: number }>(sql, 'select id from conversion where rejected_by_hand order by id')
  expect(rejected.map(({ id }) => id)).toEqual([byHand, lead])
  expect(rejected).not.toContainEqual({ id: approved })
  expect(rejected).not.toContainEqual({ id: byRefund })

  // what was sold before is renewed to those who were credited then, and what is sold now goes by the touches
  const world = worldOf(sql, organizationId)
  await world.fire(
    'renewal',
    { source: 'shop', externalId: 'renewal', originalExternalId: 'sale', total: 10 },
    { at: day(5) },
  )
  await world.fire('sale', { source: 'shop', externalId: 'next', total: 10, trackingId: opportunityId }, { at: day(6) })
  const [renewed, next] = (await world.conversions()).slice(-2)
  expect(renewed).toMatchObject({ type: 'renewal', collaboratorId: ann, engagementId: sold, score: 300 })
  expect(next).toMatchObject({ type: 'sale', collaboratorId: bob, engagementId: open, score: 200 })
})
