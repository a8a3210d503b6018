import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openPglite } from '../../src/database/client.ts'
import { applyMigrations } from '../../src/database/schema-engine.ts'
import { statement } from '../../src/database/sql.ts'
import { StartError } from '../../src/errors.ts'
import { seed } from '../../src/seed/seed.ts'

let database: Database

beforeAll(async () => {
  database = await emptyDatabase()
  await seed(database.sql, 'small')
}, 60_000)
afterAll(() => database.close())

const emptyDatabase = async (): Promise<Database> => {
  const empty = await openPglite(await PGlite.create())
  await applyMigrations(empty)
  return empty
}

const rows = <Row>(text: string, on = database) => on.sql.rows(statement<Row>(text), [])
const number = async (text: string, on = database) =>
  (await rows<{ n: number }>(`select (${text})::integer as n`, on))[0]?.n
/** Rows that should not be there: the message shows them. */
const expectNone = async (text: string) => expect(await rows(text), text).toEqual([])

describe('the small data', () => {
  test('has the promised numbers of records', async () => {
    expect(await number('select count(*) from organization')).toBe(2)
    expect(await number('select count(*) from collaborator where organization_id = 1')).toBe(25)
    expect(await number('select count(*) from program where organization_id = 1')).toBe(6)
    expect(await number('select count(*) from opportunity')).toBe(200)
    expect(await number('select count(*) from engagement')).toBe(600)
    expect(await number('select count(*) from note')).toBe(1500)
  })

  test.each([
    ['collaborator', ['active', 'pending', 'inactive', 'rejected', 'deleted']],
    ['program', ['active', 'inactive', 'draft']],
    ['opportunity', ['active', 'inactive', 'invalid']],
    ['engagement', ['active', 'pending', 'complete', 'cancelled']],
    ['transaction', ['complete', 'cancelled', 'refunded']],
    ['conversion', ['pending', 'approved', 'rejected']],
    ['obligation', ['draft', 'pending', 'complete', 'rejected', 'cancelled']],
    ['payout', ['unpaid', 'paid', 'processing', 'failed']],
    ['fulfillment', ['pending', 'processing', 'complete', 'failed']],
    ['distributor', ['active', 'inactive', 'deleted']],
    ['distribution', ['pending', 'complete']],
    ['allocation', ['pending', 'complete']],
    ['integration', ['active', 'inactive']],
  ])('has every status: %s, in the first organization', async (table, statuses) => {
    const found = await rows<{ status: string }>(`select distinct status::text from ${table} where organization_id = 1`)
    expect(found.map(row => row.status).sort()).toEqual(statuses.sort())
  })

  test('has every kind of conversion, incentive and structure', async () => {
    expect(await number('select count(distinct type) from conversion where organization_id = 1')).toBe(3)
    expect(await number('select count(distinct incentive_type) from program where organization_id = 1')).toBe(4)
    expect(await number('select count(distinct incentive_resolver_type) from program where organization_id = 1')).toBe(
      5,
    )
    expect(await number('select count(*) from program where group_id is not null')).toBe(2)
    expect(await number('select count(distinct currency) from payout where organization_id = 1')).toBe(2)
    expect(await number('select count(*) from transaction where original_transaction_id is not null')).toBeGreaterThan(
      10,
    )
    expect(await number('select count(*) from collaborator_alias where retired_date is not null')).toBe(2)
    expect(await number(`select count(*) from collaborator where organization_id = 1 and status = 'deleted'`)).toBe(1)
  })

  test('numbers the next record after its own', async () => {
    for (const table of [
      'collaborator',
      'engagement',
      'note',
      'transaction',
      'payout',
      'allocation',
      'collaborator_alias',
    ]) {
      await expectNone(`select id from ${table} where id >= nextval(pg_get_serial_sequence('${table}', 'id'))`)
    }
  })

  test('ends before November 2026', async () => {
    const columns = await rows<{ table_name: string; column_name: string }>(
      `select table_name, column_name from information_schema.columns
       where table_schema = 'public' and data_type = 'timestamp with time zone' and table_name not like '\\_%'`,
    )
    expect(columns.length).toBeGreaterThan(30)
    for (const { table_name, column_name } of columns) {
      await expectNone(
        `select * from ${table_name} where ${column_name} not between '2024-11-01Z' and '2026-11-01Z' limit 3`,
      )
    }
  })
})

describe('what belongs together', () => {
  test('is cancelled with its opportunity, and leaves a merged one', async () => {
    await expectNone(
      `select e.id from engagement e join opportunity o on o.id = e.opportunity_id where o.status = 'invalid' and e.status <> 'cancelled'`,
    )
    await expectNone(
      `select e.id from engagement e join opportunity o on o.id = e.opportunity_id where o.status = 'inactive'`,
    )
    await expectNone(`select id from opportunity where (status = 'inactive') <> (merged_into_id is not null)`)
  })

  test('is enrolled: each engagement by a member of its program', async () => {
    await expectNone(
      `select e.id from engagement e where not exists (select from enrollment n
        where n.organization_id = e.organization_id and n.program_id = e.program_id and n.collaborator_id = e.collaborator_id)`,
    )
    await expectNone(
      `select a.id from allocation a join distribution d on d.id = a.distribution_id where not exists (select from distributor_enrollment n
        where n.distributor_id = d.distributor_id and n.collaborator_id = a.collaborator_id)`,
    )
  })

  test('is converted only when the engagement is complete, for its collaborator, score and program', async () => {
    await expectNone(
      `select c.id from conversion c join engagement e on e.id = c.engagement_id join program p on p.id = e.program_id
       where e.status <> 'complete' or c.collaborator_id <> e.collaborator_id or c.score <> e.score or c.type <> all (p.active_conversion_types)`,
    )
    await expectNone(
      `select c.id from conversion c left join transaction t on t.id = c.transaction_id
       where (c.type = 'lead') <> (t.id is null) or (c.type = 'renewal') <> (t.original_transaction_id is not null)`,
    )
  })

  test('is owed what the program pays', async () => {
    await expectNone(
      `select * from (
         select p.id as program_id, c.transaction_id, sum(o.value) as owed, min(p.incentive_resolver_type) as resolver, count(*),
           min(case p.incentive_type
             when 'saleTransactionPercentage' then round(p.transaction_percent / 100 * qualifying)
             when 'fixedPerTransaction' then p.payout_per_transaction
             when 'fixedPerProduct' then p.payout_per_product * l.units
             else p.payout_per_lead end) as pool
         from conversion c
           join engagement e on e.id = c.engagement_id
           join program p on p.id = e.program_id
           join obligation o on o.id = c.obligation_id
           left join (select transaction_id, sum(value * quantity) filter (where type = 'product') as qualifying, sum(quantity) filter (where type = 'product') as units
             from line_item group by 1) l on l.transaction_id = c.transaction_id
         group by p.id, c.transaction_id, e.opportunity_id
       ) as paid where owed not between pool - count and pool or (resolver <> 'evenlySharedPool' and owed <> pool)`,
    )
    await expectNone(
      `select c.id from conversion c left join obligation o on o.id = c.obligation_id where o.id is null or o.collaborator_id <> c.collaborator_id or o.award_type <> c.type::text
       or o.status <> all (case c.status
         when 'pending' then array['draft'] when 'approved' then array['pending', 'complete', 'cancelled'] else array['rejected', 'complete'] end::obligation_status[])`,
    )
  })

  test('sums up: transactions, payouts, distributions', async () => {
    await expectNone(
      `select t.id from transaction t left join line_item l on l.transaction_id = t.id group by t.id, t.total_value having t.total_value is distinct from sum(l.value * l.quantity)`,
    )
    await expectNone(
      `select p.id from payout p left join obligation o on o.payout_id = p.id group by p.id, p.value having p.value is distinct from sum(o.value)`,
    )
    await expectNone(
      `select o.id from obligation o join payout p on p.id = o.payout_id
       where o.collaborator_id <> p.collaborator_id or o.currency <> p.currency or o.status <> 'complete'`,
    )
    await expectNone(`select id from obligation where status = 'complete' and payout_id is null`)
    await expectNone(
      `select collaborator_id from payout group by fulfillment_id, collaborator_id, currency having count(*) > 1`,
    )
    await expectNone(
      `select d.id from distribution d left join allocation a on a.distribution_id = d.id group by d.id, d.value having d.value is distinct from sum(a.value)`,
    )
    await expectNone(`select id from allocation where (status = 'complete') <> (obligation_id is not null)`)
  })

  test('happens in causal order', async () => {
    for (const table of [
      'collaborator',
      'program',
      'opportunity',
      'engagement',
      'transaction',
      'conversion',
      'obligation',
      'payout',
      'fulfillment',
      'distributor',
      'distribution',
    ]) {
      await expectNone(`select id, date_created, date_modified from ${table} where date_modified < date_created`)
      await expectNone(
        `select n.id, n.content, '${table}' as record, r.id as record_id from note n join note_source s on s.note_id = n.id and s.source_type = '${table}'
         join ${table} r on r.id = s.source_id where n.date_created < r.date_created`,
      )
    }
    await expectNone(
      `select e.id from engagement e join opportunity o on o.id = e.opportunity_id join enrollment n on n.collaborator_id = e.collaborator_id and n.program_id = e.program_id
       where e.date_created < o.date_created or e.date_created < n.date_created`,
    )
    await expectNone(
      `select c.id from conversion c join engagement e on e.id = c.engagement_id where c.date_created < e.date_created`,
    )
    await expectNone(
      `select c.id from conversion c join transaction t on t.id = c.transaction_id where c.date_created < t.date_created`,
    )
    await expectNone(
      `select c.id from conversion c join obligation o on o.id = c.obligation_id where o.date_created < c.date_created`,
    )
    await expectNone(
      `select o.id from obligation o join payout p on p.id = o.payout_id where p.date_created < o.date_created`,
    )
    await expectNone(
      `select id from (select id, date_created, lag(date_created) over (partition by organization_id order by id) as before from note) as feed where date_created < before`,
    )
  })

  test('stays in its organization', async () => {
    const shared = await rows<{ n: number }>(
      `select count(*)::integer as n from note n join note_source s on s.note_id = n.id and s.organization_id <> n.organization_id`,
    )
    expect(shared).toEqual([{ n: 0 }])
    // the second organization has the same kinds of records, and fewer
    for (const table of [
      'opportunity',
      'engagement',
      'transaction',
      'conversion',
      'obligation',
      'payout',
      'distribution',
      'note',
    ]) {
      const [first, second] = [1, 2].map(id => number(`select count(*) from ${table} where organization_id = ${id}`))
      expect(await second, table).toBeGreaterThan(0)
      expect(await first, table).toBeGreaterThan((await second) ?? 0)
    }
  })

  test('is shared: several collaborators claim one opportunity under one program', async () => {
    expect(
      await number(
        `select count(*) from (select from engagement where status = 'active' group by opportunity_id, program_id having count(distinct collaborator_id) > 1) as shared`,
      ),
    ).toBeGreaterThan(20)
  })
})

/** By blueprint: what causes the note, what it must be linked to, and what it may be linked to, each as a list of types. */
const BLUEPRINTS: Record<string, { cause: string; links: string; optional?: string; facts?: string }> = {
  obligation_issued: {
    cause: 'conversion distribution',
    links: 'obligation collaborator',
    optional: 'conversion',
    facts: 'amount currency',
  },
  obligation_completed: {
    cause: 'obligation',
    links: 'obligation payout fulfillment collaborator',
    optional: 'conversion',
    facts: 'amount currency',
  },
  conversion_awarded: {
    cause: 'transaction opportunity',
    links: 'conversion collaborator engagement program opportunity',
    optional: 'transaction',
    facts: 'incentiveType score',
  },
  conversion_approved: { cause: 'conversion', links: 'conversion collaborator obligation', optional: 'transaction' },
  conversion_rejected: {
    cause: 'conversion',
    links: 'conversion collaborator obligation',
    optional: 'transaction',
    facts: 'reason',
  },
  conversion_renewed: { cause: 'transaction', links: 'conversion collaborator engagement transaction' },
  renewed_conversions_awarded: {
    cause: 'transaction',
    links: 'program transaction conversion collaborator',
    facts: 'count',
  },
  payout_created: { cause: 'payout', links: 'payout collaborator fulfillment obligation', facts: 'amount currency' },
  payout_paid: { cause: 'payout', links: 'payout collaborator fulfillment obligation', facts: 'amount currency' },
  fulfillment_created: { cause: 'fulfillment', links: 'fulfillment' },
  fulfillment_status_changed: { cause: 'fulfillment', links: 'fulfillment', facts: 'newStatus' },
  collaborator_account_ready: { cause: 'collaborator', links: 'collaborator' },
  collaborator_submission_complete: { cause: 'collaborator', links: 'collaborator', optional: 'program' },
  opportunity_invalidated: { cause: 'opportunity', links: 'opportunity', optional: 'engagement collaborator' },
  manual_attribution_requested: { cause: 'transaction', links: 'transaction collaborator opportunity' },
  program_group_conversion_triggered: {
    cause: 'program',
    links: 'program opportunity transaction collaborator',
    facts: 'winnerId',
  },
  engagement_awarded: {
    cause: 'engagement',
    links: 'engagement collaborator program opportunity',
    optional: 'transaction',
    facts: 'score',
  },
  refund_triggered: {
    cause: 'transaction',
    links: 'transaction',
    optional: 'conversion collaborator obligation',
    facts: 'amount currency',
  },
  coupon_applied: { cause: 'opportunity', links: 'opportunity collaborator', facts: 'code' },
  allocation_completed: {
    cause: 'distribution',
    links: 'distribution collaborator distributor obligation',
    facts: 'amount units',
  },
  distribution_completed: { cause: 'distribution', links: 'distribution distributor', facts: 'value currency' },
  org_created: { cause: 'organization', links: 'organization' },
}

describe('the notes', () => {
  test('are of every blueprint, in the first organization', async () => {
    const found = await rows<{ content: string }>('select distinct content from note where organization_id = 1')
    expect(found.map(row => row.content).sort()).toEqual(Object.keys(BLUEPRINTS).sort())
  })

  test('are linked to what their blueprint names, caused by it, and keep its facts', async () => {
    const found = await rows<{ content: string; cause: string; types: string[]; facts: string[] }>(
      `select distinct content, creation_source::text as cause,
         (select array_agg(distinct source_type::text) from note_source s where s.organization_id = n.organization_id and s.note_id = n.id) as types,
         array(select jsonb_object_keys(data)) as facts
       from note n`,
    )
    for (const { content, cause, types, facts } of found) {
      const blueprint = BLUEPRINTS[content]
      const required = words(blueprint?.links)
      const allowed = [...required, ...words(blueprint?.optional)]
      expect(words(blueprint?.cause), content).toContain(cause)
      expect(
        required.filter(type => !types.includes(type)),
        `${content} lacks`,
      ).toEqual([])
      expect(
        types.filter(type => !allowed.includes(type)),
        `${content} should not have`,
      ).toEqual([])
      expect([...facts].sort(), content).toEqual(words(blueprint?.facts).sort())
    }
  })

  test('are linked to records that exist, and linked once to most', async () => {
    for (const type of [
      'collaborator',
      'conversion',
      'obligation',
      'fulfillment',
      'payout',
      'engagement',
      'opportunity',
      'transaction',
      'distribution',
      'program',
      'distributor',
    ]) {
      await expectNone(
        `select s.note_id, s.source_id from note_source s where source_type = '${type}'
         and not exists (select from ${type} r where r.organization_id = s.organization_id and r.id = s.source_id) limit 3`,
      )
    }
    await expectNone(
      `select note_id, source_type from note_source
       where content not in ('opportunity_invalidated', 'refund_triggered', 'payout_created', 'payout_paid', 'program_group_conversion_triggered', 'renewed_conversions_awarded', 'collaborator_submission_complete')
       group by note_id, source_type, content having count(*) > 1`,
    )
  })

  test('repeat date and key in their links', async () => {
    await expectNone(
      `select n.id from note n join note_source s on s.note_id = n.id where s.date_created <> n.date_created or s.content <> n.content`,
    )
  })

  test('tell what their records say', async () => {
    await expectNone(
      `select n.id from note n join note_source s on s.note_id = n.id and s.source_type = 'obligation' join obligation o on o.id = s.source_id
       where n.content like 'obligation\\_%' and (n.data->>'amount' <> o.value::text or n.data->>'currency' <> o.currency)`,
    )
    await expectNone(
      `select n.id from note n join payout p on p.id = n.creation_source_id
       where n.content like 'payout\\_%' and (n.data->>'amount' <> p.value::text or n.data->>'currency' <> p.currency)`,
    )
    await expectNone(
      `select n.id from note n join note_source s on s.note_id = n.id and s.source_type = 'collaborator'
       where n.content = 'coupon_applied' and not exists (select from collaborator_alias a
         where a.type = 'coupon' and a.collaborator_id = s.source_id and a.code = n.data->>'code')`,
    )
    expect(await number(`select count(*) from conversion where type = 'renewal'`)).toBe(
      await number(`select sum((data->>'count')::integer) from note where content = 'renewed_conversions_awarded'`),
    )
  })

  const words = (list = ''): string[] => list.split(' ').filter(Boolean)
})

describe('the demo collaborator', () => {
  test('is active, and enrolled where visits count and sales pay a percentage', async () => {
    expect(
      await number(
        `select count(*) from collaborator c join enrollment n on n.collaborator_id = c.id join program p on p.id = n.program_id
           join program_engagement_type t on t.program_id = p.id and t.type = 'referredSiteVisit'
         where c.id = 1 and c.organization_id = 1 and c.status = 'active' and p.status = 'active'
           and p.incentive_type = 'saleTransactionPercentage' and 'sale' = any (p.active_conversion_types)`,
      ),
    ).toBeGreaterThan(0)
  })

  test('has engagements in every status, and at least thirty notes', async () => {
    expect(await number('select count(distinct status) from engagement where collaborator_id = 1')).toBe(4)
    expect(
      await number(`select count(*) from note_source where source_type = 'collaborator' and source_id = 1`),
    ).toBeGreaterThanOrEqual(30)
  })

  test('shares an opportunity and a note with others', async () => {
    expect(
      await number(
        `select count(*) from engagement mine join engagement other using (organization_id, opportunity_id) where mine.collaborator_id = 1 and other.collaborator_id <> 1`,
      ),
    ).toBeGreaterThan(0)
    expect(
      await number(
        `select count(distinct mine.note_id) from note_source mine join note_source other using (organization_id, note_id, source_type)
         where source_type = 'collaborator' and mine.source_id = 1 and other.source_id <> 1 and mine.content = 'refund_triggered'`,
      ),
    ).toBeGreaterThan(0)
  })
})

describe('seeding', () => {
  test('gives the same data every time', { timeout: 60_000 }, async () => {
    const again = await emptyDatabase()
    await seed(again.sql, 'small')
    expect(await digests(again)).toEqual(await digests(database))
    await again.close()
  })

  test('refuses a database that has an organization', async () => {
    await expect(seed(database.sql, 'small')).rejects.toThrow(StartError)
    await expect(seed(database.sql, 'small')).rejects.toThrow(/Harbour Books/)
    expect(await number('select count(*) from note')).toBe(1500)
  })

  test('leaves nothing behind when it fails, and can be tried again', { timeout: 60_000 }, async () => {
    const obstructed = await emptyDatabase()
    await obstructed.sql.script(`alter table note add constraint obstacle check (content <> 'payout_paid')`)
    await expect(seed(obstructed.sql, 'small')).rejects.toThrow(/obstacle/)
    expect(await number('select count(*) from organization', obstructed)).toBe(0)
    await obstructed.sql.script('alter table note drop constraint obstacle')
    await seed(obstructed.sql, 'small')
    expect(await number('select count(*) from note', obstructed)).toBe(1500)
    await obstructed.close()
  })

  const digests = async (of: Database) => {
    const tables = await rows<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public' and table_name not like '\\_%' order by 1`,
      of,
    )
    return Promise.all(
      tables.map(async ({ name }) => [
        name,
        ...(await rows(
          `select md5(string_agg(r::text, ',' order by r::text collate "C")) as digest from ${name} r`,
          of,
        )),
      ]),
    )
  }
})
