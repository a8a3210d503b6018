import { setTimeout as sleep } from 'node:timers/promises'
import { ask, NODE, type Peer, startGateway, startRecordingGateway } from './peers.ts'
import { connected } from './postgres.ts'
import { QUERIES, type Request, requestFor } from './queries.ts'
import { median } from './rounds.ts'

/** What a page costs somewhere: the time until it is answered, one request at a time, and the statements it takes. */
export interface Cost {
  readonly milliseconds: number
  readonly statements: number
}

/** Costs by query, at each number of engagements. */
export type ByRows = Record<string, Record<number, Cost>>

/** What a long feed costs. */
export interface LongFeed {
  readonly notes: number
  readonly pages: Record<number, Cost>
  /** The first position that anybody asks for, found by counting. */
  readonly firstPosition: number
  readonly position: Cost
}

interface Database {
  readonly url: string
  readonly authorization: string
}

interface Options {
  readonly core: string | undefined
  readonly times: number
  readonly progress: (line: string) => void
}

/** One gateway, and how many statements a request takes on its database. */
interface Measured {
  readonly gateway: Peer
  readonly statements: (request: Request) => Promise<number>
  readonly requests: readonly Request[]
  readonly authorization: string
}

/** One request at a time: what one client waits for. The gateways take turns of ten, so that they meet the same machine. */
const costsOf = async (all: readonly Measured[], times: number): Promise<Cost[]> => {
  const took: number[][] = all.map(() => [])
  // names are read when they are shown for the first time
  for (const { gateway, requests, authorization } of all)
    for (const request of requests.slice(0, times + 20)) await ask(gateway.url, request, authorization)
  for (let turn = -2; turn < times / 10; turn++) {
    for (const [i, { gateway, requests, authorization }] of all.entries()) {
      for (let n = 0; n < 10; n++) {
        const request = requests[((turn + 2) * 10 + n) % requests.length] as Request
        const began = performance.now()
        await ask(gateway.url, request, authorization)
        if (turn >= 0) took[i]?.push(performance.now() - began)
      }
    }
  }
  const costs: Cost[] = []
  for (const [i, { statements, requests }] of all.entries())
    costs.push({ milliseconds: median(took[i] ?? []), statements: await statements(requests[0] as Request) })
  return costs
}

/** Runs work with a gateway on each database, and with one that tells how many statements a request takes. */
const withGateways = async <T>(
  databases: readonly Database[],
  core: string | undefined,
  work: (gateways: readonly Omit<Measured, 'requests'>[]) => Promise<T>,
): Promise<T> => {
  const started: { process: { stop(): Promise<void> } }[] = []
  try {
    const gateways = []
    for (const { url, authorization } of databases) {
      const gateway = await startGateway('gateway', NODE, { core, databaseUrl: url })
      started.push(gateway)
      const recorder = await startRecordingGateway(url, authorization)
      started.push({ process: recorder })
      gateways.push({
        gateway,
        authorization,
        // the first time whole rows are read, and names
        statements: async (request: Request) => {
          await recorder.record(request)
          return (await recorder.record(request)).statements.length
        },
      })
    }
    return await work(gateways)
  } finally {
    for (const { process } of started) await process.stop()
  }
}

/** The same pages at each size: of the program, and of the collaborator, that has most. */
export const growthByRows = (databases: readonly (Database & { rows: number })[], options: Options): Promise<ByRows> =>
  withGateways(databases, options.core, async gateways => {
    const costs: ByRows = {}
    for (const name of ['Q1', 'Q2', 'Q3', 'Q5']) {
      const query = QUERIES.find(each => each.name === name)
      if (query === undefined) continue
      const all: Measured[] = []
      for (const [i, gateway] of gateways.entries()) {
        const keys = await connected(databases[i]?.url ?? '', async database =>
          name in MOST ? (await database.query(MOST[name] ?? '')).rows : await query.keys(database),
        )
        all.push({ ...gateway, requests: keys.map(key => requestFor(query, 'gateway', key) as Request) })
      }
      const found = await costsOf(all, options.times)
      costs[name] = Object.fromEntries(databases.map(({ rows }, i) => [rows, found[i] as Cost]))
      options.progress(`Growth: ${name} measured`)
    }
    return costs
  })

/** The keys of the longest lists. */
const MOST: Readonly<Record<string, string>> = {
  Q1: 'select program_id as program from engagement where organization_id = 1 group by 1 order by count(*) desc, 1 limit 1',
  Q2: `select source_id as collaborator from note_source where organization_id = 1 and source_type = 'collaborator' group by 1 order by count(*) desc, 1 limit 1`,
}

/** Adds a feed of so many notes to a database, and reads it: its pages, from near the beginning to deep, and positions. */
export const longFeed = async (
  { url, authorization }: Database,
  notes: number,
  options: Options,
): Promise<LongFeed> => {
  const [feed, places] = await connected(url, async database => {
    await database.query('set synchronous_commit = on') // or the vacuum below would mark nothing
    const { rows } = await database.query(
      `insert into collaborator (organization_id, full_name, email, status) values (1, 'Long Feed', 'long-feed@example.com', 'active') returning id`,
    )
    const id: number = rows[0].id
    await database.query(
      `with written as (
         insert into note (organization_id, content, creation_source, creation_source_id, date_created)
         select 1, 'collaborator_account_ready', 'collaborator', $1, timestamptz '2025-01-01' + n * interval '1 minute' from generate_series(1, $2) n
         returning organization_id, id, content, date_created
       ) insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
       select organization_id, id, 'collaborator', $1, content, date_created from written`,
      [id, notes],
    )
    await database.query('vacuum analyze note')
    await database.query('vacuum analyze note_source')
    const { rows: drawn } = await database.query(
      `select note_id from note_source where organization_id = 1 and source_type = 'collaborator' and source_id = $1
       order by hashint8extended(note_id, 7) limit 100`,
      [id],
    )
    return [id, drawn.map(({ note_id }) => note_id as number)] as const
  })
  options.progress(`Growth: a feed of ${notes.toLocaleString('en')} notes written`)
  return withGateways([{ url, authorization }], options.core, async ([measured]) => {
    if (measured === undefined) throw new Error('Expected a gateway')
    const { gateway } = measured
    const costOf = async (requests: readonly Request[], times = options.times) =>
      (await costsOf([{ ...measured, requests }], times))[0] as Cost
    const page = `query ($id: SafeInt!, $after: String, $first: Int) {
      notes(sourceType: COLLABORATOR, sourceId: $id, first: $first, after: $after) { nodes { content dateCreated } pageInfo { endCursor } }
    }`
    const pages: Record<number, Cost> = {}
    const deepest = Math.min(5000, Math.floor(notes / 20))
    let [read, after]: [number, string | null] = [0, null]
    for (const number of [1, Math.min(1000, deepest - 1), deepest]) {
      while (read < (number - 1) * 20) {
        const first = Math.min(100, (number - 1) * 20 - read)
        const answer = await ask(
          gateway.url,
          { path: '/graphql', body: { query: page, variables: { id: feed, after, first } } },
          authorization,
        )
        after = JSON.parse(answer).data.notes.pageInfo.endCursor
        read += first
      }
      const request = { path: '/graphql', body: { query: page, variables: { id: feed, after, first: 20 } } }
      pages[number] = await costOf([request])
    }
    const position = places.map(note => ({
      path: '/graphql',
      body: {
        query:
          'query ($note: ID!, $id: SafeInt!) { note(id: $note) { position(sourceType: COLLABORATOR, sourceId: $id) } }',
        variables: { note: String(note), id: feed },
      },
    }))
    const began = performance.now()
    await ask(gateway.url, position[0] as Request, authorization)
    const firstPosition = performance.now() - began
    await connected(url, async database => {
      const made = async () =>
        (await database.query('select count(*) from feed_milestone where source_id = $1', [feed])).rows[0].count
      // one in every hundred, but for the first, has one
      while ((await made()) < Math.floor((notes - 1) / 100)) await sleep(100)
    })
    return {
      notes,
      pages,
      firstPosition,
      position: await costOf(position, Math.min(options.times, 100)),
    }
  })
}
