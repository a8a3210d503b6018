import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { growthByRows, longFeed } from './growth.ts'
import { checkEvents, eventFiles, prepareIngestion, recordEvents } from './ingestion.ts'
import { backfill, idleMemory, soak, startToFirstAnswer } from './lifetime.ts'
import { requestsFile } from './load.ts'
import {
  environment,
  GATEWAY,
  NODE,
  NODE_22,
  type Peer,
  type Surroundings,
  startGateway,
  startPeer,
  startRecordingGateway,
} from './peers.ts'
import { explainAll } from './plans.ts'
import { connected, givenServer, ownServer, SETTINGS } from './postgres.ts'
import { cores, has, run } from './processes.ts'
import { type Kind, requestFor } from './queries.ts'
import { type Asked, checkEqual, drawKeys, recordQueries, withCursors } from './reading.ts'
import { json, markdown, type Report, verdictsOf } from './report.ts'
import { type Cell, inRounds, memoryOfAll, type RoundsOptions } from './rounds.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '16' },
    only: { type: 'string' },
    lines: { type: 'string' },
    soak: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(`npm run bench -- [options]
  --quick          a tenth of the data, short rounds: within 6 minutes
  --json FILE      writes the figures as JSON
  --only Q1,I1     these queries and events alone; without growth, backfill and process
  --rounds N       how often each server has its turn (20; quick: as often as the time allows)
  --seconds N      how long a turn is (2; quick: 1)
  --connections N  of the load generator (16)
  --lines N        of the backfill (200000; quick: 1000)
  --soak MINUTES   mixed load on the gateway at the end, such as 10
DATABASE_URL names a PostgreSQL on which databases may be made; without it one is started.`)
  process.exit(0)
}

const began = Number(process.env.BENCH_BEGAN ?? Date.now())
const passed = () => (Date.now() - began) / 1000
const progress = (line: string) => console.error(`${passed().toFixed(0).padStart(5)} s  ${line}`)

if (!has('wrk')) {
  console.error(
    'The load comes from wrk, which is not here. On Debian and Ubuntu: apt-get install wrk; on macOS: brew install wrk.',
  )
  process.exit(1)
}

const QUICK = options.quick
/** What a quick run may take, and what its end takes after the rounds: preparing ingestion, growth, backfill. */
const QUICK_SECONDS = 345
const QUICK_REST = 60
const only = options.only?.split(',')
const wanted = (query: string) => only === undefined || only.includes(query)
const place = cores()
const connections = Number(options.connections)
const folder = mkdtempSync(join(tmpdir(), 'siren-bench-run-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
// this process drives the load too
if (place.load !== undefined) execFileSync('taskset', ['-cp', `${place.load},${place.database}`, `${process.pid}`])

const given = process.env.DATABASE_URL
const postgres = given === undefined ? await ownServer(place.database) : givenServer(given)
const made: string[] = []

/** Makes a database, migrated and filled: with the whole of `seed --size large`, or a part of it. */
const makeDatabase = async (divisor: number): Promise<{ url: string; authorization: string }> => {
  const name = `siren_bench_${process.pid}_${divisor}`
  await connected(given ?? postgres.url('postgres'), database => database.query(`create database ${name}`))
  made.push(name)
  const url = postgres.url(name)
  // vacuum marks nothing as visible to all while a commit is not on the disk, and without that no index answers alone
  const env = { ...environment(url), ...(given === undefined && { PGOPTIONS: '-c synchronous_commit=on' }) }
  const gateway = (...parameters: string[]) => run([NODE, join(GATEWAY, 'cli.js'), ...parameters], { env })
  await gateway('migrate')
  if (divisor === 1) await gateway('seed', '--size', 'large')
  else await run([NODE, fileURLToPath(new URL('seed-part.js', import.meta.url)), GATEWAY, url, `${divisor}`], { env })
  const key = await gateway('key', 'create', '--organization', '1', '--role', 'administrator', '--label', 'bench')
  return { url, authorization: `Bearer ${key.trim()}` }
}

const major = (node: string) => execFileSync(node, ['-v'], { encoding: 'utf8' }).trim()
/** Whether the gateway and the limit are measured on the newer Node.js too, for which a quick run has no time. */
const twoNodes = !QUICK && major(NODE) !== major(NODE_22)
const divisor = QUICK ? 10 : 1
const whole = only === undefined

/** The data that everything but growth is measured on. */
interface Data {
  readonly url: string
  readonly authorization: string
}

const startGateways = async ({ url }: Data): Promise<Peer[]> => {
  const common = { core: place.server, databaseUrl: url }
  const newer = twoNodes ? [await startGateway('gateway22', NODE_22, common)] : []
  return [await startGateway('gateway', NODE, common), ...newer]
}

const startLimits = async (surroundings: Surroundings): Promise<Peer[]> => {
  const newer = twoNodes ? [await startPeer('limit22', 'limit', NODE_22, surroundings)] : []
  return [await startPeer('limit', 'limit', NODE, surroundings), ...newer]
}

const surroundingsOf = (
  { url }: Data,
  templates: Surroundings['templates'],
  statements: Surroundings['statements'],
) => ({
  ...{ core: place.server, databaseUrl: url, folder, templates, statements },
})

const stopAll = async (peers: readonly Peer[]): Promise<void> => {
  for (const { process } of peers) await process.stop()
}

/** How many turns there are: in a quick run as many as the time allows. */
const turnsOf = (cells: number, authorization: string): RoundsOptions => {
  const leadIn = 0.3 // with the start and the end of wrk
  const warmUp = QUICK ? 2 : 5
  const seconds = Number(options.seconds ?? (QUICK ? 1 : 2))
  const each = (QUICK_SECONDS - QUICK_REST - passed()) / cells - warmUp * (1 + leadIn)
  const within = Math.min(20, Math.max(1, Math.floor(each / (seconds + leadIn))))
  const rounds = Number(options.rounds ?? (QUICK ? within : 20))
  return { core: place.load, connections, databaseCpu: postgres.cpu, progress, authorization, rounds, seconds, warmUp }
}

/** Has the queries asked of every server, and answers what a mixture of them is in a file. */
const measureQueries = async (data: Data) => {
  const { url: databaseUrl, authorization } = data
  progress('Recording what the gateway sends to the database')
  let asked = (await drawKeys(databaseUrl)).filter(({ query }) => wanted(query.name) || options.soak !== undefined)
  const recorder = await startRecordingGateway(databaseUrl, authorization)
  const blueprints = await recorder.record({ path: '/graphql', body: { query: '{ noteBlueprints { key template } }' } })
  const templates: Record<string, string> = Object.fromEntries(
    JSON.parse(blueprints.answer).data.noteBlueprints.map(({ key, template }: Record<string, string>) => [
      key,
      template,
    ]),
  )
  asked = await withCursors(asked, 'gateway', recorder.url, authorization)
  const { steps, recorded } = await recordQueries(recorder, asked)
  await recorder.stop()

  progress('Starting the servers')
  const peers: Peer[] = [
    ...(await startGateways(data)),
    await startPeer('postgraphile', 'postgraphile', NODE_22, surroundingsOf(data, templates, {})),
    await startPeer('mercurius', 'mercurius', NODE_22, surroundingsOf(data, templates, {})),
    ...(await startLimits(surroundingsOf(data, templates, steps))),
  ]
  for (const { kind, url } of peers)
    if (kind === 'postgraphile') asked = await withCursors(asked, kind, url, authorization)
  const compared = await checkEqual(asked, peers, authorization, QUICK ? 10 : 50)
  progress(`${compared} answers compared: equal`)

  const requestsOf = ({ query, keys }: Asked, kind: Kind) =>
    keys.map(key => requestFor(query, kind, key)).filter(request => request !== undefined)
  const cells = asked.flatMap((each): Cell[] =>
    wanted(each.query.name)
      ? peers.flatMap((peer): Cell[] => {
          const requests = requestsOf(each, peer.kind)
          const { name } = each.query
          return requests.length === 0
            ? []
            : [{ query: name, peer, file: requestsFile(folder, `${name}-${peer.name}`, requests) }]
        })
      : [],
  )
  const turns = turnsOf(cells.length + EVENTS.length * (twoNodes ? 4 : 2), authorization)
  const results = await inRounds(cells, turns)
  const memory = memoryOfAll(peers)
  await stopAll(peers)
  const mixed = requestsFile(
    folder,
    'mixed',
    asked.flatMap(each => requestsOf(each, 'gateway').slice(0, 500)),
  )
  return { templates, recorded, turns, results, memory, mixed }
}

const EVENTS = ['I1', 'I2'].filter(wanted)

/** Has events come in at the gateway, and at a server that sends the same statements by hand. */
const measureEvents = (data: Data, templates: Surroundings['templates'], turns: RoundsOptions) =>
  connected(data.url, async database => {
    progress('Preparing ingestion')
    const ingestion = await prepareIngestion(database)
    const recorder = await startRecordingGateway(data.url, data.authorization)
    const { steps, recorded } = await recordEvents(recorder, ingestion)
    await recorder.stop()
    const peers = [...(await startGateways(data)), ...(await startLimits(surroundingsOf(data, templates, steps)))]
    await checkEvents(data.url, peers, ingestion, data.authorization)
    progress('The same rows came of the same events, whoever took them in')
    const files = eventFiles(folder, ingestion)
    let [visits, sales] = [1, 0]
    const numbers: Record<string, Pick<Cell, 'from' | 'used'>> = {
      I1: {
        from: async () => visits,
        used: requests => {
          visits += requests
        },
      },
      I2: {
        from: async most => {
          sales = await ingestion.makeCustomers(most)
          return sales - 1
        },
        used: requests => ingestion.customersUntil(sales + requests),
      },
    }
    const cells = EVENTS.flatMap(query =>
      peers.map((peer): Cell => ({ query, peer, file: files[query as keyof typeof files], ...numbers[query] })),
    )
    const results = await inRounds(cells, turns)
    const memory = Object.entries(memoryOfAll(peers)).map(([name, of]) => [`${name} (ingestion)`, of] as const)
    await stopAll(peers)
    return { recorded, results, memory: Object.fromEntries(memory), collaborators: ingestion.collaborators }
  })

/** Has the same asked of databases of other sizes, and of a feed that is longer than any of the seed's. */
const measureGrowth = async (data: Data): Promise<Pick<Report, 'growth' | 'feed'>> => {
  const smallest = { rows: 1e4, ...(await makeDatabase(100)) }
  const between = QUICK ? [] : [{ rows: 1e5, ...(await makeDatabase(10)) }]
  const growing = { core: place.server, times: QUICK ? 50 : 300, progress }
  return {
    growth: await growthByRows([smallest, ...between, { rows: 1e6 / divisor, ...data }], growing),
    feed: await longFeed(smallest, QUICK ? 50_000 : 500_000, growing),
  }
}

const measureAll = async (): Promise<Report> => {
  progress(`Loading ${QUICK ? 'a tenth of ' : ''}the large data`)
  const data = await makeDatabase(divisor)
  const { url, authorization } = data
  const queries = await measureQueries(data)
  const grown = whole ? await measureGrowth(data) : undefined
  const start = whole ? await startToFirstAnswer(url, place.server, authorization, QUICK ? 3 : 5) : undefined
  const idle = whole ? await idleMemory(url, place.server, authorization) : undefined
  // what comes in changes the data, so it comes last
  const events = EVENTS.length > 0 ? await measureEvents(data, queries.templates, queries.turns) : undefined
  progress('Explaining every statement')
  const plans = await explainAll(url, { ...queries.recorded, ...events?.recorded })
  const lines = Number(options.lines ?? (QUICK ? 1000 : 200_000))
  if (whole) progress(`Filling ${lines.toLocaleString('en')} events in`)
  const filled =
    whole && events ? await backfill(url, place.server, authorization, lines, events.collaborators) : undefined
  let soaked: Report['soak']
  if (options.soak !== undefined) {
    progress(`Mixed load for ${options.soak} minutes`)
    const gateway = await startGateway('gateway', NODE, { core: place.server, databaseUrl: url })
    soaked = await soak(gateway, queries.mixed, Number(options.soak), queries.turns)
    await gateway.process.stop()
  }
  return {
    machine: await machineOf(data, queries.turns),
    results: { ...queries.results, ...events?.results },
    memory: { ...queries.memory, ...events?.memory },
    ...{ ...grown, start, idle, plans, backfill: filled, soak: soaked },
  }
}

const machineOf = async ({ url }: Data, { rounds, seconds }: RoundsOptions): Promise<Report['machine']> => {
  const { dependencies: versions } = createRequire(import.meta.url)('../package.json')
  const { rows } = await connected(url, database => database.query('show server_version'))
  const { server, load, database } = place
  return {
    processor: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    cores: server === undefined ? 'not pinned' : `servers ${server}, wrk ${load}, PostgreSQL ${database}`,
    load: `wrk, ${connections} connections, ${rounds} rounds of ${seconds} s`,
    data: QUICK ? 'a tenth of `seed --size large`: figures for a quick look' : '`seed --size large`',
    PostgreSQL: `${rows[0].server_version}${given === undefined ? `; ${SETTINGS.join(', ')}` : ', as DATABASE_URL names it'}`,
    'gateway, limit': `Node.js ${major(NODE)}`,
    'gateway22, limit22': twoNodes ? `Node.js ${major(NODE_22)}` : 'left out',
    peers: `Node.js ${major(NODE_22)}; PostGraphile ${versions.postgraphile}, Mercurius ${versions.mercurius}, pg ${versions.pg}`,
    date: new Date().toISOString().slice(0, 10),
  }
}

const report = await measureAll().finally(async () => {
  if (given === undefined) return postgres.stop()
  await connected(given, async database => {
    for (const name of made) await database.query(`drop database ${name} with (force)`)
  })
})
console.log(markdown(report))
if (options.json !== undefined) writeFileSync(options.json, json(report))
const missed = verdictsOf(report).filter(({ met }) => !met).length
progress(missed === 0 ? 'Done: every target is met' : `Done: ${missed} targets are not met`)
process.exit(report.plans.wholeReads.length > 0 ? 1 : 0)
