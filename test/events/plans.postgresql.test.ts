import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openPostgres } from '../../src/database/client.ts'
import { testDatabaseUrl } from '../support/database.ts'
import { type RecordedStatement, recordSql } from '../support/sql-recorder.ts'
import { day, type Fired, type Sending, testWorld } from '../support/world.ts'

// Whatever an event has to find among many rows it finds by an index: the tables that grow are never read whole.

const GROWING = [
  'collaborator',
  'collaborator_alias',
  'enrollment',
  'opportunity',
  'engagement',
  'touch',
  'coupon_repeat',
  'evaluation',
  'evaluation_candidate',
  'transaction',
  'line_item',
  'conversion',
  'obligation',
  'payout',
  'fulfillment',
  'distribution',
  'counted_conversion',
  'note',
  'note_source',
  'ingested_event',
]

const url = await testDatabaseUrl()
const { database, during } = recordSql(await openPostgres(url, 60_000))
const client = new pg.Client({ connectionString: url })
afterAll(async () => {
  await client.end()
  await database.close()
})

const world = await testWorld(database.sql)
const { organizationId: own } = world
const statements: RecordedStatement[] = []
const fire = async (slug: string, payload: unknown, sending: Sending = {}): Promise<Fired> => {
  let fired: Fired | undefined
  statements.push(
    ...(await during(async () => {
      fired = await world.fire(slug, payload, sending)
    })),
  )
  return fired as Fired
}

beforeAll(async () => {
  await client.connect()
  const many = (table: string, columns: string, row: string) =>
    `insert into ${table} (organization_id, ${columns}) select ${own}, ${row} from generate_series(1, 20000) n;`
  await client.query(`
    set session_replication_role = replica;
    ${many('collaborator', 'id, full_name, email, status', `100000 + n, 'Collaborator ' || n, n || '@example.com', 'active'`)}
    ${many('collaborator_alias', 'id, collaborator_id, type, code', `100000 + n, 100000 + n, 'tracking', 'CODE' || n`)}
    ${many('enrollment', 'collaborator_id, program_id', '100000 + n, 100000 + n % 50')}
    ${many('opportunity', 'id, user_id', `100000 + n, 'customer-' || n`)}
    ${many('engagement', 'id, opportunity_id, program_id, collaborator_id, score', '100000 + n, 100000 + n / 2, 100000 + n % 2, 100000 + n, 10')}
    ${many('touch', 'id, engagement_id, points, date_created, coupon_code', `100000 + n, 100000 + n, 10, now(), 'CODE' || n % 10`)}
    ${many('coupon_repeat', 'touch_id, date_created', '100000 + n, now()')}
    ${many('evaluation', 'id, opportunity_id, transaction_id, program_id, conversion_type, outcome, as_of, rules, date_created', `100000 + n, 100000 + n / 2, 100000 + n, 100000 + n % 2, 'sale', 'awarded', now(), '{}', now()`)}
    ${many('evaluation_candidate', 'evaluation_id, engagement_id, collaborator_id, score, first_touch, latest_touch, touches, share, conversion_id', '100000 + n, 100000 + n, 100000 + n, 10, now(), now(), 1, 10, 100000 + n')}
    ${many('transaction', 'id, opportunity_id, source, external_id, total_value, currency, date_created', `100000 + n, 100000 + n, 'shop', 'old-' || n, 100, 'EUR', timestamptz '2020-01-01' + n * interval '1 minute'`)}
    ${many('line_item', 'id, transaction_id, name, value, total, units', `100000 + n, 100000 + n, 'Course', 100, 100, 'EUR'`)}
    ${many('obligation', 'id, collaborator_id, status, award_type, value, currency, payout_id', `100000 + n, 100000 + n, 'complete', 'sale', 10, 'EUR', 100000 + n`)}
    ${many('conversion', 'id, engagement_id, collaborator_id, transaction_id, obligation_id, score, type, status', `100000 + n, 100000 + n, 100000 + n, 100000 + n, 100000 + n, 10, 'sale', 'approved'`)}
    ${many('fulfillment', 'id, status', `100000 + n, 'complete'`)}
    ${many('payout', 'id, collaborator_id, fulfillment_id, value, currency', `100000 + n, 100000 + n, 100000 + n, 10, 'EUR'`)}
    ${many('distribution', 'id, distributor_id, value, currency, trigger_date', `100000 + n, 100000 + n % 500, 10, 'EUR', now()`)}
    ${many('counted_conversion', 'distributor_id, conversion_id, distribution_id', '100000 + n % 500, 100000 + n, 100000 + n')}
    ${many('note', 'id, content, creation_source, creation_source_id', `100000 + n, 'coupon_applied', 'opportunity', 100000 + n`)}
    insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
    select ${own}, id, type, id, content, date_created
    from note cross join unnest(array['opportunity', 'collaborator', 'engagement']::note_source_type[]) as type;
    ${many('ingested_event', 'slug, source, external_id, idempotency_key, payload_hash', `'sale', 'shop', 'old-' || n, 'key-' || n, ''`)}
    set session_replication_role = origin;
  `)
  await client.query('vacuum analyze')
})

/** Every table that a plan reads from its first to its last row. */
const readWhole = (node: { 'Node Type': string; 'Relation Name'?: string; Plans?: never[] }): string[] => [
  ...(node['Node Type'] === 'Seq Scan' && node['Relation Name'] ? [node['Relation Name']] : []),
  ...(node.Plans ?? []).flatMap(readWhole),
]

it('finds what an event is about by indexes', async () => {
  const group = await world.group()
  const triggers = { referredSiteVisit: 10, boundCouponUsed: 10, manual: 10 }
  const activeConversionTypes = ['sale', 'lead', 'renewal'] as const
  const rules = { triggers, activeConversionTypes: [...activeConversionTypes] }
  const programs = [
    await world.program({ ...rules, groupId: group }),
    await world.program({ ...rules, groupId: group }),
    await world.program({ ...rules, autoApprove: true, leadRequalificationDays: 30 }),
  ]
  await world.shop()
  const jane = await world.collaborator({ tracking: 'JANE', coupon: 'JANE10', programs })
  const joe = await world.collaborator({ programs })
  const distributorId = await world.distributor([jane, joe])

  const { opportunityId: anonymous } = await fire('site-visited', { collaboratorId: 'tracking:JANE' })
  await fire('coupon-applied', { code: 'JANE10', userId: 'new-customer' }, { idempotencyKey: 'k-1' })
  await fire('site-visited', { collaboratorId: joe, userId: 'new-customer', trackingId: anonymous })
  await fire('coupon-applied', { code: 'JANE10', userId: 'new-customer' }, { at: day(2) })
  const sale = { source: 'shop', externalId: 'new-1', total: 100, userId: 'new-customer' }
  await fire('sale', sale)
  await fire('sale', sale, { idempotencyKey: 'k-2' })
  await fire('renewal', { source: 'shop', externalId: 'new-2', originalExternalId: 'new-1', total: 50 })
  await fire('site-visited', { collaboratorId: jane, userId: 'new-customer' })
  await fire('lead', { source: 'shop', userId: 'new-customer' })
  const [transaction] = await world.transactions()
  await fire('manual-attribution', { collaboratorId: joe, transactionId: transaction?.id })
  const [pending] = (await world.conversions()).filter(({ status, id }) => status === 'pending' && id < 100_000)
  await fire('conversion-approved', { conversionId: pending?.id })
  const [owed] = (await world.obligations()).filter(({ status, id }) => status === 'pending' && id < 100_000)
  await fire('fulfillment-generated', { obligationIds: [owed?.id] })
  await fire('fulfillment-generated', {})
  await fire('fulfillment-generated', {})
  const [payout] = await world.payouts()
  await fire('payout-paid', { payoutId: payout?.id })
  await fire('fulfillment-status-changed', { fulfillmentId: payout?.fulfillmentId, status: 'complete' })
  await fire('refund', { source: 'shop', externalId: 'new-2' })
  await fire('distribution-completed', { distributorId }, { at: day(10) })
  await fire('collaborator-submitted', { fullName: 'New', email: 'new@example.com', programIds: programs })
  await fire('opportunity-invalidated', { opportunityId: anonymous })

  const asked = new Map<string, RecordedStatement>(statements.map(each => [each.text, each]))
  const plans: Record<string, string[]> = {}
  for (const { text } of asked.values()) {
    if (!/^\s*(with|select|insert|update|delete)/i.test(text)) continue
    const { rows } = await client.query(`explain (generic_plan, format json) ${text}`)
    const whole = readWhole(rows[0]['QUERY PLAN'][0].Plan).filter(table => GROWING.includes(table))
    if (whole.length > 0) plans[text] = whole
  }
  expect(asked.size).toBeGreaterThan(40)
  expect(plans).toEqual({})
})
