import { deepStrictEqual } from 'node:assert'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { ask, type Peer, type RecordingGateway } from './peers.ts'
import { connected } from './postgres.ts'
import type { Request } from './queries.ts'
import { derive, type Recorded, type Step } from './recording.ts'

/** The events: what is sent, with a number that no other request has. */
export interface Ingestion {
  readonly collaborators: readonly number[]
  /** Sales need a customer who has been referred: makes so many, and answers the id of the first. */
  makeCustomers(count: number): Promise<number>
  customersUntil(id: number): void
}

const visit = (collaborator: number, n: number | string): Request => ({
  path: '/siren/v1/event/site-visited',
  body: { collaboratorId: collaborator, userId: `bench-visit-${n}` },
})

/** The number is the opportunity that buys, so each is bought by once. */
const sale = (n: number | string): Request => ({
  path: '/siren/v1/event/sale',
  body: {
    source: 'bench',
    externalId: `bench-sale-${n}`,
    total: 49.99,
    currency: 'USD',
    items: [{ name: 'The Tidal Year', quantity: 1, amount: 49.99 }],
    trackingId: n,
  },
})

/** The events' requests for the load generator, with a mark where each number goes. */
export const eventFiles = (folder: string, { collaborators }: Ingestion): { I1: string; I2: string } => {
  const write = (name: string, requests: readonly Request[]) => {
    const file = join(folder, `${name}.requests`)
    const marked = requests.map(
      ({ path, body }) => `${path}\t${JSON.stringify(body).replaceAll('"trackingId":"@n@"', '"trackingId":@n@')}\n`,
    )
    writeFileSync(file, marked.join(''))
    return file
  }
  return {
    I1: write(
      'I1',
      collaborators.map(id => visit(id, '@n@')),
    ),
    I2: write('I2', [sale('@n@')]),
  }
}

/** Chooses who refers, and under which program is sold. */
export const prepareIngestion = async (database: pg.Client): Promise<Ingestion> => {
  const { rows } = await database.query(
    `select c.id from collaborator c
     where organization_id = 1 and status = 'active' and exists (
       select from enrollment e
         join program p on p.organization_id = 1 and p.id = e.program_id and p.status = 'active'
         join program_engagement_type t on t.organization_id = 1 and t.program_id = p.id and t.type = 'referredSiteVisit'
       where e.organization_id = 1 and e.collaborator_id = c.id)
     order by hashint8extended(id, 7) limit 10`,
  )
  const collaborators: number[] = rows.map(({ id }) => id)
  const { rows: programs } = await database.query(
    `select p.id, array_agg(e.collaborator_id order by e.collaborator_id) as collaborators
     from program p join enrollment e on e.organization_id = 1 and e.program_id = p.id
       join collaborator c on c.organization_id = 1 and c.id = e.collaborator_id and c.status = 'active'
     where p.organization_id = 1 and p.status = 'active' and p.group_id is null and p.incentive_type = 'saleTransactionPercentage'
       and 'sale' = any (p.active_conversion_types)
     group by p.organization_id, p.id order by p.id limit 1`,
  )
  const [program] = programs
  if (program === undefined) throw new Error('Expected a program without a group that pays a percentage of sales')
  let [made, used] = [0, 0]
  return {
    collaborators,
    makeCustomers: async count => {
      if (used + count > made) {
        const { rows: last } = await database.query(
          `with customer as (
             insert into opportunity (organization_id) select 1 from generate_series(1, $1) returning id
           ), referred as (
             insert into engagement (organization_id, opportunity_id, program_id, collaborator_id, score)
             select 1, id, $2, ($3::bigint[])[1 + id % array_length($3::bigint[], 1)], 100 from customer
           ) select min(id) as first, max(id) as last from customer`,
          [count, program.id, program.collaborators],
        )
        ;[made, used] = [last[0].last, last[0].first - 1]
      }
      return used + 1
    },
    customersUntil: id => {
      used = id
    },
  }
}

/** Records each event twice, I1 for each collaborator, and finds out how to send such events by hand. */
export const recordEvents = async (gateway: RecordingGateway, ingestion: Ingestion) => {
  const steps: Record<string, readonly Step[]> = {}
  const recorded: Record<string, readonly Recorded[]> = {}
  const record = async (name: string, one: Request, other: Request) => {
    const [a, b] = [(await gateway.record(one)).statements, (await gateway.record(other)).statements]
    recorded[name] = a
    steps[name] = derive([a, b], [one.body as Record<string, unknown>, other.body as Record<string, unknown>])
  }
  for (const id of ingestion.collaborators) await record(`I1 ${id}`, visit(id, `a${id}`), visit(id, `b${id}`))
  const first = await ingestion.makeCustomers(2)
  await record('I2', sale(first), sale(first + 1))
  ingestion.customersUntil(first + 1)
  return { steps, recorded }
}

/** Sends the same events to every server. @throws AssertionError when one leaves other rows behind than the first. */
export const checkEvents = async (
  databaseUrl: string,
  peers: readonly Peer[],
  ingestion: Ingestion,
  authorization: string,
): Promise<void> => {
  await connected(databaseUrl, async database => {
    const expected: Record<string, unknown> = {}
    for (const [at, { name, url }] of peers.entries()) {
      for (const event of ['I1', 'I2'] as const) {
        const first = await ingestion.makeCustomers(20)
        const before = await countsOf(database)
        for (const [n, id] of ingestion.collaborators.entries())
          await ask(url, event === 'I1' ? visit(id, `check-${at}-${n}`) : sale(first + n), authorization)
        ingestion.customersUntil(first + 20)
        const after = await countsOf(database)
        const left = Object.fromEntries(
          Object.entries(after).map(([table, count]) => [table, count - (before[table] ?? 0)]),
        )
        expected[event] ??= left
        deepStrictEqual(
          left,
          expected[event],
          `${event}: ${name} does not leave the same rows as ${peers[0]?.name}: ${JSON.stringify([left, expected[event]])}`,
        )
      }
    }
  })
}

const TABLES = [
  'ingested_event',
  'opportunity',
  'engagement',
  'transaction',
  'line_item',
  'conversion',
  'obligation',
  'note',
  'note_source',
  'webhook_delivery',
]

const countsOf = async (database: pg.Client): Promise<Record<string, number>> => {
  const counts = TABLES.map(table => `(select count(*) from ${table}) as ${table}`)
  return (await database.query(`select ${counts.join(', ')}`)).rows[0]
}
