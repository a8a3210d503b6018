import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Database } from '../../src/database/client.ts'
import { type Sql, statement } from '../../src/database/sql.ts'
import { type DemoOptions, type DemoOrganization, fillDemo } from '../../src/demo/fill.ts'
import { TRIGGER_STRATEGIES } from '../../src/engagements/triggers/strategies.ts'
import { EXAMPLES } from '../../src/http/graphiql.ts'
import { CORE_BLUEPRINTS } from '../../src/notes/blueprints.ts'
import { pipeline } from '../../src/pipeline.ts'
import { seed } from '../../src/seed/seed.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'

const ADMINISTRATOR = { role: 'administrator', organizationId: 1 } as const

const fill = (sql: Sql, options: Partial<DemoOptions> = {}): Promise<DemoOrganization | undefined> =>
  fillDemo(sql, { ingestion: pipeline(sql), triggers: TRIGGER_STRATEGIES.map(({ id }) => id), ...options })

const ask = <Row = Record<string, unknown>>({ sql }: Database, query: string): Promise<Row[]> =>
  sql.rows<Row>(statement<Row>(query), [])

const one = async (database: Database, query: string): Promise<unknown> =>
  Object.values((await ask(database, query))[0] ?? {})[0]

const countOf = (database: Database, table: string) => one(database, `select count(*) from ${table}`)

/** Every row of every table, but what only says when or how the rows were written. */
/** What is another wherever and whenever it is made: when an event was taken in, and the transaction that named things. */
const ELSEWHERE: Readonly<Record<string, string>> = { ingested_event: 'date_created', organization: 'names_version' }

const everything = async (database: Database): Promise<Record<string, unknown>> => {
  const tables = await ask<{ name: string }>(
    database,
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> '_prisma_migrations' order by 1`,
  )
  const rows: Record<string, unknown> = {}
  for (const { name } of tables)
    rows[name] = (
      await ask<{ row: string }>(
        database,
        `select (to_jsonb(t) ${name in ELSEWHERE ? `- '${ELSEWHERE[name]}'` : ''})::text as row from ${name} t order by 1`,
      )
    ).map(({ row }) => row)
  return rows
}

describe('the demo', async () => {
  const database = await testDatabase()
  const { sql } = database
  // as after a start that was killed: its numbers are drawn, its rows are not there
  await sql.script(`select nextval('organization_id_seq'), nextval('collaborator_id_seq'), nextval('note_id_seq')`)
  const demo = await fill(sql)

  it('is one bookshop, with as much as was promised', async () => {
    expect(demo).toEqual({ organizationId: 1, collaboratorId: 1 })
    expect(await ask(database, 'select id, name from organization')).toEqual([{ id: 1, name: 'Harbour Books' }])
    const counts = { collaborator: 25, program: 6, opportunity: 200, engagement: 600, note: 1500 }
    for (const [table, count] of Object.entries(counts))
      expect([table, await countOf(database, table)]).toEqual([table, count])
  })

  it('has a note of each kind', async () => {
    const keys = await ask(database, 'select distinct content from note order by 1')
    expect(keys.map(({ content }) => content)).toEqual(Object.keys(CORE_BLUEPRINTS).sort())
  })

  it('links each note to what caused it, and to nothing that is not there', async () => {
    expect(
      await one(
        database,
        `select count(*) from note n where not exists (
           select from note_source s where s.organization_id = n.organization_id and s.note_id = n.id
             and s.source_type = n.creation_source and s.source_id = n.creation_source_id)`,
      ),
    ).toBe(0)
    const types = await ask<{ type: string }>(database, 'select distinct source_type::text as type from note_source')
    expect(types).toHaveLength(12)
    for (const { type } of types)
      expect([
        type,
        await one(
          database,
          `select count(*) from note_source s where s.source_type = '${type}'
             and not exists (select from "${type}" r where r.id = s.source_id)`,
        ),
      ]).toEqual([type, 0])
  })

  it('has the collaborator that its key stands for', async () => {
    expect(await ask(database, 'select full_name, status from collaborator where id = 1')).toEqual([
      { full_name: 'Amara Okafor', status: 'active' },
    ])
    const statuses = await ask(
      database,
      'select distinct status::text from engagement where collaborator_id = 1 order by 1',
    )
    expect(statuses.map(({ status }) => status)).toEqual(['active', 'cancelled', 'complete', 'pending'])
    expect(
      await one(database, `select count(*) from note_source where source_type = 'collaborator' and source_id = 1`),
    ).toBeGreaterThanOrEqual(30)
    expect(
      await one(
        database,
        `select count(*) from enrollment e
           join program p on p.id = e.program_id and p.status = 'active'
             and p.incentive_type = 'saleTransactionPercentage' and p.transaction_percent > 0
           join program_engagement_type t on t.program_id = p.id and t.type = 'referredSiteVisit' and t.value > 0
         where e.collaborator_id = 1`,
      ),
    ).toBeGreaterThanOrEqual(1)
    expect(
      await one(
        database,
        `select count(*) from engagement mine
           join engagement theirs on theirs.opportunity_id = mine.opportunity_id and theirs.collaborator_id <> 1
         where mine.collaborator_id = 1`,
      ),
    ).toBeGreaterThanOrEqual(1)
  })

  it.each([
    ['engagement', 'status', ['active', 'cancelled', 'complete', 'pending']],
    ['opportunity', 'status', ['active', 'inactive', 'invalid']],
    ['conversion', 'status', ['approved', 'pending', 'rejected']],
    ['conversion', 'type', ['lead', 'renewal', 'sale']],
    ['transaction', 'status', ['complete', 'refunded']],
    ['transaction', 'currency', ['EUR', 'GBP', 'JPY', 'USD']],
    ['obligation', 'status', ['complete', 'draft', 'pending', 'rejected']],
    ['payout', 'status', ['paid', 'unpaid']],
    ['fulfillment', 'status', ['complete', 'processing']],
    ['collaborator', 'status', ['active', 'deleted', 'inactive', 'pending', 'rejected']],
  ])('shows what there can be: %s %s', async (table, column, values) => {
    const found = await ask(database, `select distinct ${column}::text as value from ${table} order by 1`)
    expect(found.map(({ value }) => value)).toEqual(values)
  })

  it('rewards by every incentive and every structure', async () => {
    const paid = (column: string) =>
      ask(
        database,
        `select distinct p.${column}::text as value from conversion v
           join engagement e on e.id = v.engagement_id join program p on p.id = e.program_id`,
      )
    expect(await paid('incentive_type')).toHaveLength(4)
    expect(await paid('incentive_resolver_type')).toHaveLength(5)
  })

  it('tells of one year, in the order in which it happened', async () => {
    expect(
      await one(
        database,
        'select count(*) from note where date_created not between $$2025-11-01Z$$ and $$2026-11-01Z$$',
      ),
    ).toBe(0)
    expect(
      await one(
        database,
        'select count(*) from (select date_created < lag(date_created) over (order by id) as back from note) n where back',
      ),
    ).toBe(0)
    expect(
      await one(
        database,
        'select count(*) from engagement where date_modified < date_created or date_modified > $$2026-11-01Z$$',
      ),
    ).toBe(0)
  })

  it('answers the README’s question as the README says', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
    const [, question] = /--data-urlencode 'query=([^']+)'/.exec(readme) ?? []
    const [, answer] = /```json\n([^`]+)```/.exec(readme) ?? []
    const { body } = await testGateway(database).query(ADMINISTRATOR, question ?? '')
    expect(body).toEqual(JSON.parse(answer ?? ''))
  })

  it.each(EXAMPLES.map(query => [query.split('\n')[0], query]))(
    'has an answer to each part of: %s',
    async (_, query) => {
      const { body } = await testGateway(database).query(ADMINISTRATOR, query ?? '')
      expect(body.errors).toBeUndefined()
      const empty = Object.entries(body.data ?? {}).filter(
        ([, value]) => value === null || value === 0 || (Array.isArray(value) && value.length < 2),
      )
      expect(empty).toEqual([])
    },
  )

  it('is the same wherever it is made', async () => {
    const other = await testDatabase()
    await fill(other.sql)
    expect(await everything(other)).toEqual(await everything(database))
  })

  it('is made once', async () => {
    const before = await everything(database)
    expect(await fill(sql)).toEqual(demo)
    expect(await everything(database)).toEqual(before)
  })

  it('goes on: the next to come is the next in number', async () => {
    const visit = { slug: 'site-visited', payload: { collaboratorId: 'tracking:AMARA' } }
    const viewer = { role: 'integration', organizationId: 1 } as const
    expect(await pipeline(sql).ingest(visit, viewer)).toEqual({ opportunityId: 201 })
  })
})

describe('a database', () => {
  it('with another organization is left as it is', async () => {
    const database = await testDatabase()
    await database.sql.script(`insert into organization (name) values ('Somebody else')`)
    const before = await everything(database)
    expect(await fill(database.sql)).toBeUndefined()
    expect(await everything(database)).toEqual(before)
  })

  it('with generated data has the demo’s organization', async () => {
    const database = await testDatabase()
    await seed(database.sql, 'small')
    expect(await fill(database.sql)).toEqual({ organizationId: 1, collaboratorId: 1 })
    expect(await countOf(database, 'organization')).toBe(2)
  })

  it('in which the filling broke off has nothing of it', async () => {
    const database = await testDatabase()
    let statements = 0
    const breaking = (sql: Sql): Sql => ({
      ...sql,
      rows: async (statement, values) => {
        if (++statements === 400) throw new Error('killed')
        return sql.rows(statement, values)
      },
      transaction: work => sql.transaction(sql => work(breaking(sql))),
    })
    await expect(fill(breaking(database.sql))).rejects.toThrow('killed')
    await expect(fill(database.sql, { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
    for (const table of ['organization', 'collaborator', 'opportunity', 'note', 'ingested_event'])
      expect([table, await countOf(database, table)]).toEqual([table, 0])
  })
})
