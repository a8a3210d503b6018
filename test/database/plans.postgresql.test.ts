import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { openPostgres } from '../../src/database/client.ts'
import type { Condition } from '../../src/database/conditions.ts'
import { Datastores } from '../../src/datastores.ts'
import { NoteBlueprintRegistry } from '../../src/notes/registry.ts'
import { testDatabaseUrl } from '../support/database.ts'
import { ADMINISTRATOR } from '../support/gateway.ts'
import { type RecordedStatement, recordSql } from '../support/sql-recorder.ts'

const NAMES = new Set(['collaboratorName', 'programName'])

// What PostgreSQL does for the hot statements, once it plans them for whatever values come: it goes by an index to the
// rows of the page. The data is skewed as in life: program 1 and collaborator 1 have half of everything.

const PAGE = 20
const HOT = 1
const url = await testDatabaseUrl('small')
const database = await openPostgres(url, 60_000)
const client = new pg.Client({ connectionString: url })
afterAll(async () => {
  await client.end()
  await database.close()
})

beforeAll(async () => {
  await client.connect()
  await client.query(`
    set session_replication_role = replica;
    insert into opportunity (organization_id, id, date_created, date_modified)
    select 1, 1000 + n, timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2026-02-01' + n * interval '1 minute'
    from generate_series(1, 20000) n;
    insert into collaborator (organization_id, id, full_name, email, status)
    select 1, 1000 + n, 'Collaborator ' || n, 'c' || n || '@example.com', 'active' from generate_series(1, 2000) n;
    insert into engagement (organization_id, id, opportunity_id, program_id, collaborator_id, score, status, date_created, date_modified)
    select 1, 10000 + n, 1001 + n % 20000, case n % 2 when 0 then ${HOT} else 2 + n / 2 % 5 end,
      case n / 2 % 2 when 0 then ${HOT} else 1001 + n / 4 % 2000 end, n % 977,
      (case n % 100 when 1 then 'pending' when 2 then 'complete' else 'cancelled' end)::engagement_status,
      timestamptz '2026-01-01' + n * interval '20 seconds', timestamptz '2026-02-01' + n * 7 % 60000 * interval '20 seconds'
    from generate_series(1, 60000) n;
    insert into note (organization_id, id, content, creation_source, creation_source_id, date_created)
    select 1, 10000 + n, case when n % 20000 = 0 then 'payout_paid' when n % 4 = 0 then 'conversion_awarded' else 'coupon_applied' end,
      'opportunity', 1001 + n % 20000, timestamptz '2026-01-01' + n * interval '30 seconds'
    from generate_series(1, 40000) n;
    insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
    select organization_id, note.id, type, case type when 'opportunity' then creation_source_id when 'program' then 1 + note.id % 6
      else case note.id % 2 when 0 then ${HOT} else 1001 + note.id % 2000 end end, content, date_created
    from note cross join unnest(array['collaborator', 'program', 'opportunity']::note_source_type[]) as type
    where note.id > 10000;
    insert into transaction (organization_id, id, source, external_id, total_value, currency, status, date_created, date_modified)
    select 1, 10000 + n, 'shop', 'order-' || n, n, 'USD',
      (case n % 100 when 1 then 'cancelled' when 2 then 'refunded' else 'complete' end)::transaction_status,
      timestamptz '2026-01-01' + n * interval '20 seconds', timestamptz '2026-02-01' + n * 7 % 60000 * interval '20 seconds'
    from generate_series(1, 60000) n;
    set session_replication_role = origin;
    set plan_cache_mode = force_generic_plan;
  `)
  await client.query('vacuum analyze')
})

const slice = (orderBy: 'id' | 'dateCreated' | 'dateModified' | 'score' = 'id', size = PAGE) =>
  ({ orderBy, direction: 'DESC', size }) as const
const feed = (more: object = {}) => ({ direction: 'DESC', size: PAGE, ...more }) as const
const is = <Column extends string>(column: Column, value: unknown) => ({ column, operator: '=', value }) as const
const isOneOf = <Column extends string>(column: Column, value: unknown[]) =>
  ({ column, operator: 'IN', value }) as Condition<Column>
const hot = { sourceType: 'collaborator', sourceId: HOT } as const
const middle = { id: 30_000, value: new Date('2026-01-07') }
const hundred = Array.from({ length: 100 }, (_, n) => 1001 + n)
const COLLABORATOR: Viewer = { role: 'collaborator', organizationId: 1, collaboratorId: HOT }
const opportunitiesAlong =
  (ids: readonly number[]) =>
  ({ opportunities, engagements }: Datastores) =>
    opportunities.withPages(
      ids,
      engagements,
      'opportunityId',
      { conditions: [], slice: slice() },
      engagements.withNames(NAMES),
    )

/** As the lists to reconcile with are read. */
const byId = (more: object = {}) => ({ orderBy: 'id', direction: 'ASC', size: PAGE, ...more }) as const
const between = (column: 'dateCreated' | 'dateModified', from: string, to?: string) => [
  { column, operator: '>=', value: new Date(from) } as const,
  ...(to === undefined ? [] : [{ column, operator: '<', value: new Date(to) } as const]),
]

/** Each with the rows that it may read of the big tables. */
const STATEMENTS: readonly [
  does: string,
  most: number,
  work: (datastores: Datastores) => Promise<unknown>,
  viewer?: Viewer,
][] = [
  ['lists engagements', 21, ({ engagements }) => engagements.page({ conditions: [], slice: slice() })],
  [
    'lists engagements by date',
    21,
    ({ engagements }) => engagements.page({ conditions: [], slice: slice('dateModified') }),
  ],
  [
    'lists engagements from deep within',
    21,
    ({ engagements }) => engagements.page({ conditions: [], slice: { ...slice('dateCreated'), after: middle } }),
  ],
  ...(['id', 'dateCreated', 'dateModified', 'score'] as const).flatMap(order =>
    (['programId', 'collaboratorId'] as const).map((column): (typeof STATEMENTS)[number] => [
      `lists the engagements of a hot ${column} by ${order}`,
      21,
      ({ engagements }) => engagements.page({ conditions: [is(column, HOT)], slice: slice(order) }),
    ]),
  ),
  [
    'lists a hundred engagements of a hot program with names',
    101,
    ({ engagements }) =>
      engagements.page({ conditions: [is('programId', HOT)], slice: slice('id', 100) }, engagements.withNames(NAMES)),
  ],
  [
    'lists the engagements of several programs',
    6 * 21,
    ({ engagements }) => engagements.page({ conditions: [isOneOf('programId', [1, 2, 3, 4, 5, 6])], slice: slice() }),
  ],
  [
    'lists the pending engagements of a hot program that has few',
    21,
    ({ engagements }) =>
      engagements.page({ conditions: [is('programId', HOT), is('status', 'pending')], slice: slice() }),
  ],
  [
    'lists the pending engagements',
    21,
    ({ engagements }) => engagements.page({ conditions: [is('status', 'pending')], slice: slice() }),
  ],
  [
    'lists the engagements of a hundred collaborators, each',
    100 * 21,
    ({ engagements }) =>
      engagements.pagesBy('collaboratorId', hundred, { conditions: [], slice: slice('dateModified') }),
  ],
  ['reads an opportunity with its engagements and names', 21, opportunitiesAlong([21_001])],
  ['reads a hundred opportunities with their engagements and names', 100 * 21, opportunitiesAlong(hundred)],
  [
    'reads an opportunity with its engagements and names for a collaborator with many',
    2 * 21,
    opportunitiesAlong([1010]),
    COLLABORATOR,
  ],
  ['finds the newest binding', 10, ({ engagements }) => engagements.getNewestBinding(1500, HOT).catch(() => null)],
  ['finds engagements by id', 100, ({ engagements }) => engagements.byIds(hundred.map(id => id + 20_000))],
  [
    'lists the transactions of an hour among all, the newest first',
    180,
    ({ transactions }) =>
      transactions.page({
        conditions: between('dateCreated', '2026-01-05T10:00:00Z', '2026-01-05T11:00:00Z'),
        slice: byId({ direction: 'DESC' }),
      }),
  ],
  [
    'lists all transactions from a moment before them',
    21,
    ({ transactions }) => transactions.page({ conditions: between('dateCreated', '2001-01-01'), slice: byId() }),
  ],
  [
    'lists the few transactions that were changed since a moment',
    400,
    ({ transactions }) =>
      transactions.page({ conditions: between('dateModified', '2026-02-14T20:00:00Z'), slice: byId() }),
  ],
  [
    'lists the transactions of several statuses that are rare',
    2 * 600,
    ({ transactions }) =>
      transactions.page({ conditions: [isOneOf('status', ['cancelled', 'refunded'])], slice: byId() }),
  ],
  [
    'lists the transactions of several statuses since a moment',
    100 * 21,
    ({ transactions }) =>
      transactions.page({
        conditions: [isOneOf('status', ['complete', 'refunded']), ...between('dateModified', '2026-02-01')],
        slice: byId({ direction: 'DESC' }),
      }),
  ],
  ['reads a hot feed', 2 * 21, ({ notes }) => notes.page(hot, { conditions: [], slice: feed() })],
  [
    'reads a hot feed from deep within',
    2 * 21,
    ({ notes }) => notes.page(hot, { conditions: [], slice: feed({ after: middle }) }),
  ],
  [
    'reads fifty notes of a hot feed with what they are rendered from',
    (2 + 6) * 51,
    ({ notes }) => notes.page(hot, { conditions: [], slice: feed({ size: 50 }), withDetail: true }),
  ],
  [
    'finds a rare key in a hot feed',
    2 * 21,
    ({ notes }) => notes.page(hot, { conditions: [isOneOf('content', ['payout_paid'])], slice: feed() }),
  ],
  [
    'finds several rare keys in a hot feed',
    2 * 21,
    ({ notes }) => notes.page(hot, { conditions: [isOneOf('content', ['payout_paid', 'org_created'])], slice: feed() }),
  ],
  [
    'reads the feed of a type',
    2 * 21,
    ({ notes }) => notes.page({ sourceType: 'program' }, { conditions: [], slice: feed() }),
  ],
  [
    'finds several keys in the feed of a type',
    3 * 21,
    ({ notes }) =>
      notes.page(
        { sourceType: 'collaborator' },
        { conditions: [isOneOf('content', ['coupon_applied', 'conversion_awarded'])], slice: feed() },
      ),
  ],
  [
    'reads the feeds of a hundred collaborators',
    100 * 2 * 21,
    ({ notes }) => notes.pagesOf('collaborator', hundred, { conditions: [], slice: feed() }),
  ],
  [
    'finds the positions of a hundred notes by reading the feed once',
    20_000 + 200,
    ({ notes }) =>
      notes.positions(
        hundred.map(n => 30_000 + 2 * n),
        hot,
        'ASC',
      ),
  ],
  ['finds notes by id', 100, ({ notes }) => notes.byIds(hundred.map(id => id + 20_000))],
  [
    'reads the feed of a program for a collaborator with many notes',
    30 * 21,
    ({ notes }) => notes.page({ sourceType: 'program', sourceId: 1 }, { conditions: [], slice: feed() }),
    COLLABORATOR,
  ],
]

it.each(STATEMENTS)('%s', async (_, most, work, viewer = ADMINISTRATOR) => {
  const { database: watched, during } = recordSql(database)
  const shared = { sql: watched.sql, blueprints: new NoteBlueprintRegistry(), strategies: [] }
  for (const statement of await during(() => work(new Datastores(shared, viewer)))) {
    const nodes = planOf(await explain(statement))
    const scans = nodes.filter(node => BIG.includes(node['Relation Name'] ?? ''))
    const read = scans.reduce((sum, node) => sum + rowsOf(node) + (node['Rows Removed by Filter'] ?? 0), 0)
    expect(scans.length).toBeGreaterThan(0)
    expect(scans.filter(node => node['Node Type'] === 'Seq Scan')).toEqual([])
    expect(read).toBeLessThanOrEqual(most)
    for (const sort of nodes.filter(node => node['Node Type'].endsWith('Sort'))) {
      expect(rowsOf(sort)).toBeLessThanOrEqual(most)
    }
  }
})

it('looks up the words of a search in the indexes of names and facts', async () => {
  const { database: watched, during } = recordSql(database)
  const shared = { sql: watched.sql, blueprints: new NoteBlueprintRegistry(), strategies: [] }
  const { notes } = new Datastores(shared, ADMINISTRATOR)
  const asked = await during(() => notes.page(hot, { conditions: [], slice: feed(), search: 'quartzite' }))
  await client.query('set enable_seqscan = off')
  const used = new Set<string | undefined>()
  for (const statement of asked) for (const node of planOf(await explain(statement))) used.add(node['Index Name'])
  await client.query('reset enable_seqscan')
  for (const name of ['collaborator_name_trgm_idx', 'note_facts_trgm_idx']) expect(used).toContain(name)
})

const BIG = ['engagement', 'note', 'note_source', 'transaction']

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

const rowsOf = (node: PlanNode): number => node['Actual Rows'] * node['Actual Loops']

const planOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(planOf)]

const explain = async ({ text, values }: RecordedStatement): Promise<PlanNode> => {
  await client.query(`deallocate all; prepare watched as ${text}`)
  const { rows } = await client.query(
    `explain (analyze, format json) execute watched(${values.map(literal).join(', ')})`,
  )
  return rows[0]['QUERY PLAN'][0].Plan
}

const literal = (value: unknown): string =>
  Array.isArray(value)
    ? `'{${value.join(',')}}'`
    : value instanceof Date
      ? `'${value.toISOString()}'`
      : pg.escapeLiteral(`${value}`)
