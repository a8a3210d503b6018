import { beforeEach, describe, expect, test } from 'vitest'
import { type Sql, statement } from '../../src/database/sql.ts'
import { testDatabase } from '../support/database.ts'
import {
  EPOCH,
  insert,
  insertAlias,
  insertApiKey,
  insertCollaborator,
  insertConversion,
  insertDistribution,
  insertDistributor,
  insertEngagement,
  insertEngagementType,
  insertLineItem,
  insertNote,
  insertObligation,
  insertOpportunity,
  insertOrganization,
  insertPayout,
  insertProgram,
  insertTransaction,
  write,
} from '../support/rows.ts'

const { sql } = await testDatabase()

interface ForeignKey {
  name: string
  table: string
  columns: string[]
  target: string
  targetColumns: string[]
}

const columnNames = (keys: string, table: string) =>
  `(select json_agg(a.attname order by k.at) from unnest(${keys}) with ordinality k(attnum, at)
     join pg_attribute a on a.attrelid = ${table} and a.attnum = k.attnum)`
const foreignKeys = await sql.rows(
  statement<ForeignKey>(`
    select conname as name, conrelid::regclass::text as table, confrelid::regclass::text as target,
      ${columnNames('conkey', 'conrelid')} as columns, ${columnNames('confkey', 'confrelid')} as "targetColumns"
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace order by conname`),
  [],
)
const betweenTenantRows = foreignKeys.filter(({ target }) => target !== 'organization')

describe('a link across organizations', () => {
  test('every table but the organizations has an organization', async () => {
    const without = await sql.rows(
      statement<{ name: string }>(`
        select c.relname as name from pg_class c
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not exists (
          select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' and a.attnotnull)
        order by c.relname`),
      [],
    )
    expect(without.map(({ name }) => name)).toEqual(['_prisma_migrations', 'organization'])
  })

  test('every reference includes the organization', () => {
    expect(betweenTenantRows.length).toBeGreaterThan(20)
    for (const { name, columns, targetColumns } of betweenTenantRows) {
      expect({ name, columns, targetColumns }).toEqual({
        name,
        columns: ['organization_id', expect.any(String)],
        targetColumns: ['organization_id', 'id'],
      })
    }
  })

  // a row of every table that refers to another, made in one organization with what it refers to in the same one
  const makers: Record<string, (organizationId: number) => Promise<unknown>> = {
    allocation: async organizationId => {
      const collaboratorId = await insertCollaborator(sql, { organizationId })
      await insert(sql, 'allocation', {
        organizationId,
        collaboratorId,
        distributionId: await insertDistribution(sql, { organizationId }),
        obligationId: await insertObligation(sql, { organizationId, collaboratorId }),
        value: 1,
        currency: 'USD',
      })
    },
    api_key: async organizationId => {
      const collaboratorId = await insertCollaborator(sql, { organizationId })
      await insertApiKey(sql, {
        organizationId,
        role: 'collaborator',
        collaboratorId,
        rawKey: `key of ${organizationId}`,
      })
    },
    collaborator_alias: organizationId => insertAlias(sql, { organizationId }),
    conversion: async organizationId => {
      const collaboratorId = await insertCollaborator(sql, { organizationId })
      await insertConversion(sql, {
        organizationId,
        collaboratorId,
        transactionId: await insertTransaction(sql, { organizationId }),
        obligationId: await insertObligation(sql, { organizationId, collaboratorId }),
      })
    },
    coupon_repeat: async organizationId => {
      const engagementId = await insertEngagement(sql, { organizationId })
      const touchId = await insert(sql, 'touch', { organizationId, engagementId, points: 1, dateCreated: EPOCH })
      await insert(sql, 'coupon_repeat', { organizationId, touchId, dateCreated: EPOCH })
    },
    counted_conversion: async organizationId => {
      const distributorId = await insertDistributor(sql, { organizationId })
      const distributionId = await insertDistribution(sql, { organizationId, distributorId })
      const conversionId = await insertConversion(sql, { organizationId })
      await write(sql, 'counted_conversion', { organizationId, distributorId, distributionId, conversionId })
    },
    distribution: organizationId => insertDistribution(sql, { organizationId }),
    distributor_enrollment: async organizationId =>
      write(sql, 'distributor_enrollment', {
        organizationId,
        collaboratorId: await insertCollaborator(sql, { organizationId }),
        distributorId: await insertDistributor(sql, { organizationId }),
      }),
    engagement: organizationId => insertEngagement(sql, { organizationId }),
    enrollment: async organizationId =>
      write(sql, 'enrollment', {
        organizationId,
        collaboratorId: await insertCollaborator(sql, { organizationId }),
        programId: await insertProgram(sql, { organizationId }),
      }),
    evaluation: organizationId => newEvaluation(organizationId),
    evaluation_candidate: async organizationId => {
      const evaluationId = await newEvaluation(organizationId)
      const collaboratorId = await insertCollaborator(sql, { organizationId })
      const engagementId = await insertEngagement(sql, { organizationId, collaboratorId })
      const conversionId = await insertConversion(sql, { organizationId, collaboratorId, engagementId })
      const candidate = {
        organizationId,
        evaluationId,
        engagementId,
        collaboratorId,
        conversionId,
        score: 1,
        touches: 1,
      }
      await write(sql, 'evaluation_candidate', { ...candidate, firstTouch: EPOCH, latestTouch: EPOCH })
    },
    line_item: organizationId => insertLineItem(sql, { organizationId }),
    note_source: organizationId => insertNote(sql, { organizationId }),
    obligation: async organizationId => {
      const payoutId = await insertPayout(sql, { organizationId })
      const conversionId = await insertConversion(sql, { organizationId })
      await insertObligation(sql, { organizationId, payoutId, conversionId })
    },
    opportunity: async organizationId => {
      const mergedIntoId = await insertOpportunity(sql, { organizationId })
      await insertOpportunity(sql, { organizationId, mergedIntoId })
    },
    payout: organizationId => insertPayout(sql, { organizationId }),
    program: async organizationId => {
      const groupId = await insert(sql, 'program_group', { organizationId, name: 'G', sorter: 'newestBindingWins' })
      await insertProgram(sql, { organizationId, groupId })
    },
    program_engagement_type: async organizationId => {
      const programId = await insertProgram(sql, { organizationId })
      await insertEngagementType(sql, { organizationId, programId, type: 'referredSiteVisit' })
    },
    touch: organizationId => insertEngagement(sql, { organizationId }),
    transaction: async organizationId => {
      const originalTransactionId = await insertTransaction(sql, { organizationId })
      const opportunityId = await insertOpportunity(sql, { organizationId })
      await insertTransaction(sql, { organizationId, originalTransactionId, opportunityId })
    },
    webhook_delivery: async organizationId => {
      const signed = { targetUrl: 'https://example.com', events: ['*'], signingSecret: 'whsec_x' }
      const subscriptionId = await insert(sql, 'webhook_subscription', { organizationId, ...signed })
      await insert(sql, 'webhook_delivery', { organizationId, subscriptionId, type: 'sale.created', data: '{}' })
    },
  }

  test.each(betweenTenantRows)('the database refuses it: $name', async ({ name, table, columns, target }) => {
    const maker = makers[table.replaceAll('"', '')]
    if (maker === undefined) throw new Error(`Expected a maker of ${table}: a new reference needs its row here`)
    const reference = columns[1]
    const [ours, theirs] = [await insertOrganization(sql), await insertOrganization(sql)]
    await maker(ours)
    await maker(theirs)

    const relink = sql.rows(
      statement(
        `update ${table} set ${reference} = (select max(id) from ${target} where organization_id = $2)
         where organization_id = $1 and ${reference} is not null`,
      ),
      [ours, theirs],
    )
    await expect(relink).rejects.toThrow(name)
  })
})

const newEvaluation = async (organizationId: number, given: { pool?: number } = {}): Promise<number> =>
  insert(sql, 'evaluation', {
    organizationId,
    opportunityId: await insertOpportunity(sql, { organizationId }),
    transactionId: await insertTransaction(sql, { organizationId }),
    programId: await insertProgram(sql, { organizationId }),
    conversionType: 'sale',
    outcome: 'nothingToPay',
    asOf: EPOCH,
    rules: {},
    dateCreated: EPOCH,
    ...given,
  })

describe('a row that makes no sense is refused', () => {
  let organizationId: number
  beforeEach(async () => {
    organizationId = await insertOrganization(sql)
  })

  test('a second active engagement of a collaborator on an opportunity under a program', async () => {
    const opportunityId = await insertOpportunity(sql, { organizationId })
    const programId = await insertProgram(sql, { organizationId })
    const collaboratorId = await insertCollaborator(sql, { organizationId })
    const engagement = { organizationId, opportunityId, programId, collaboratorId }
    await insertEngagement(sql, { ...engagement, status: 'complete' })
    await insertEngagement(sql, { ...engagement, status: 'complete' })
    await insertEngagement(sql, engagement)
    await expect(insertEngagement(sql, engagement)).rejects.toThrow('engagement_active_key')
    const other = await insertCollaborator(sql, { organizationId })
    await insertEngagement(sql, { ...engagement, collaboratorId: other })
  })

  test('a code of two collaborators at a time', async () => {
    const first = await insertAlias(sql, { organizationId, code: 'JANE' })
    await expect(insertAlias(sql, { organizationId, code: 'JANE' })).rejects.toThrow('collaborator_alias_code_key')
    await insertAlias(sql, { organizationId, code: 'JANE', type: 'coupon' })
    await insertAlias(sql, { organizationId: await insertOrganization(sql), code: 'JANE' })
    await sql.rows(statement('update collaborator_alias set retired_date = now() where id = $1'), [first])
    await insertAlias(sql, { organizationId, code: 'JANE' })
  })

  test('the same sale twice', async () => {
    const sale = { organizationId, source: 'woocommerce', externalId: '77' }
    await insertTransaction(sql, sale)
    await expect(insertTransaction(sql, sale)).rejects.toThrow('transaction_organization_id_source_external_id_key')
    await insertTransaction(sql, { ...sale, source: 'edd' })
  })

  const later = new Date(EPOCH.getTime() + 1)
  test('a second active opportunity of a customer', async () => {
    const customer = { organizationId, userId: 'reader-1' }
    await insertOpportunity(sql, { ...customer, status: 'invalid' })
    await insertOpportunity(sql, customer)
    await expect(insertOpportunity(sql, customer)).rejects.toThrow('opportunity_active_user_key')
    await insertOpportunity(sql, { ...customer, userId: 'reader-2' })
  })

  test('an event that came in before', async () => {
    const event = { organizationId, slug: 'sale', source: 'shop', externalId: '1', payloadHash: '' }
    await insert(sql, 'ingested_event', { ...event, idempotencyKey: 'a' })
    await expect(insert(sql, 'ingested_event', event)).rejects.toThrow('slug_source_external_id_part_key')
    const other = { ...event, externalId: '2' }
    await expect(insert(sql, 'ingested_event', { ...other, idempotencyKey: 'a' })).rejects.toThrow(
      'idempotency_key_key',
    )
    await insert(sql, 'ingested_event', { ...other, slug: 'refund', externalId: '1' })
  })

  const checks: [constraint: string, attempt: (sql: Sql) => Promise<unknown>][] = [
    ['organization_name_check', () => insertOrganization(sql, { name: '' })],
    ['collaborator_names_check', () => insertCollaborator(sql, { organizationId, fullName: '' })],
    ['collaborator_names_check', () => insertCollaborator(sql, { organizationId, nickname: '' })],
    ['collaborator_alias_code_check', () => insertAlias(sql, { organizationId, code: '' })],
    ['collaborator_alias_code_check', () => insertAlias(sql, { organizationId, type: 'coupon', code: 'Été' })],
    ['program_name_check', () => insertProgram(sql, { organizationId, name: '' })],
    ['program_units_check', () => insertProgram(sql, { organizationId, units: '' })],
    ['program_transaction_percent_check', () => insertProgram(sql, { organizationId, transactionPercent: 100.0001 })],
    ['program_transaction_percent_check', () => insertProgram(sql, { organizationId, transactionPercent: -1 })],
    ['program_payouts_check', () => insertProgram(sql, { organizationId, payoutPerTransaction: -1 })],
    ['program_payouts_check', () => insertProgram(sql, { organizationId, payoutPerProduct: -1 })],
    ['program_payouts_check', () => insertProgram(sql, { organizationId, payoutPerLead: -1 })],
    ['program_days_check', () => insertProgram(sql, { organizationId, expirationDays: 0 })],
    ['program_days_check', () => insertProgram(sql, { organizationId, leadRequalificationDays: -1 })],
    [
      'program_engagement_type_value_check',
      async () => {
        const programId = await insertProgram(sql, { organizationId })
        await insertEngagementType(sql, { organizationId, programId, type: 'referredSiteVisit', value: -1 })
      },
    ],
    [
      'opportunity_merged_into_id_check',
      async () => {
        const id = await insertOpportunity(sql, { organizationId })
        await sql.rows(statement('update opportunity set merged_into_id = id where id = $1'), [id])
      },
    ],
    ['engagement_score_check', () => insertEngagement(sql, { organizationId, score: -1 })],
    [
      'engagement_dates_check',
      () => insertEngagement(sql, { organizationId, dateCreated: later, dateModified: EPOCH }),
    ],
    ['transaction_currency_check', () => insertTransaction(sql, { organizationId, currency: 'usd' })],
    ['transaction_refunded_value_check', () => insertTransaction(sql, { organizationId, refundedValue: 10_001 })],
    ['transaction_refunded_value_check', () => insertTransaction(sql, { organizationId, refundedValue: -1 })],
    [
      'transaction_fraction_left_check',
      () =>
        insert(sql, 'transaction', { organizationId, source: 's', totalValue: 1, currency: 'USD', fractionLeft: '1' }),
    ],
    ['line_item_returned_check', () => insertLineItem(sql, { organizationId, returned: 2 })],
    ['line_item_quantity_check', () => insertLineItem(sql, { organizationId, quantity: 0 })],
    ['conversion_score_check', () => insertConversion(sql, { organizationId, score: -1 })],
    [
      'conversion_rejected_by_hand_check',
      async () => {
        const id = await insertConversion(sql, { organizationId })
        await sql.rows(statement('update conversion set rejected_by_hand = true where id = $1'), [id])
      },
    ],
    [
      'touch_points_check',
      async () => {
        const engagementId = await insertEngagement(sql, { organizationId })
        await write(sql, 'touch', { organizationId, engagementId, points: -1, dateCreated: EPOCH })
      },
    ],
    ['evaluation_pool_check', () => newEvaluation(organizationId, { pool: 1 })],
    ['obligation_value_check', () => insertObligation(sql, { organizationId, value: -1 })],
    ['payout_value_check', () => insertPayout(sql, { organizationId, value: -1 })],
    ['payout_date_paid_check', () => insertPayout(sql, { organizationId, status: 'paid' })],
    ['payout_date_paid_check', () => insertPayout(sql, { organizationId, datePaid: EPOCH })],
    ['distributor_revenue_percentage_check', () => insertDistributor(sql, { organizationId, revenuePercentage: 101 })],
    ['distribution_value_check', () => insertDistribution(sql, { organizationId, value: -1 })],
    [
      'allocation_value_check',
      async () =>
        insert(sql, 'allocation', {
          organizationId,
          collaboratorId: await insertCollaborator(sql, { organizationId }),
          distributionId: await insertDistribution(sql, { organizationId }),
          value: -1,
          currency: 'USD',
        }),
    ],
    ['note_content_check', () => insertNote(sql, { organizationId, content: '' })],
    ['note_data_check', () => insertNote(sql, { organizationId, data: '[]' })],
    [
      'ingested_event_key_check',
      () => insert(sql, 'ingested_event', { organizationId, slug: 'sale', source: 'shop', payloadHash: '' }),
    ],
    ['api_key_key_hash_check', () => insertApiKey(sql, { organizationId, rawKey: 'k1', keyHash: 'the key itself' })],
    ['api_key_collaborator_check', () => insertApiKey(sql, { organizationId, rawKey: 'k2', role: 'collaborator' })],
    [
      'api_key_collaborator_check',
      async () => {
        const collaboratorId = await insertCollaborator(sql, { organizationId })
        await insertApiKey(sql, { organizationId, rawKey: 'k3', collaboratorId })
      },
    ],
    [
      'api_key_scopes_check',
      () => insertApiKey(sql, { organizationId, rawKey: 'k4', role: 'integration', scopes: ['everything'] }),
    ],
    ['api_key_scopes_check', () => insertApiKey(sql, { organizationId, rawKey: 'k5', scopes: ['records'] })],
  ]

  test.each(checks)('%s', async (constraint, attempt) => {
    await expect(attempt(sql)).rejects.toThrow(constraint)
  })

  test('every check of the migrations is among these', async () => {
    const names = await sql.rows(
      statement<{ name: string }>(
        `select conname as name from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace`,
      ),
      [],
    )
    expect(new Set(checks.map(([name]) => name))).toEqual(new Set(names.map(({ name }) => name)))
  })
})
