import { writeFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, type Running, start, until } from './processes.ts'
import type { Kind, Request } from './queries.ts'
import type { Recorded, Step } from './recording.ts'

/** A server that is measured. */
export interface Peer {
  readonly name: string
  readonly kind: Kind
  readonly url: string
  readonly process: Running
}

/** What servers are started with. */
export interface Surroundings {
  /** The core for the server under test. */
  readonly core: string | undefined
  readonly databaseUrl: string
  /** A folder for what they read. */
  readonly folder: string
  readonly templates: Readonly<Record<string, string>>
  readonly statements: Readonly<Record<string, readonly Step[]>>
}

/** Node.js as the benchmark was started with, and the newer one that PostGraphile needs. */
export const NODE = process.env.BENCH_NODE ?? process.execPath
export const NODE_22 = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
export const GATEWAY = fileURLToPath(new URL('../../dist', import.meta.url))

const built = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** The environment of a gateway as its users run it: what differs from the defaults is the database and the port. */
export const environment = (databaseUrl: string, port?: number): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  NODE_ENV: 'production',
  DATABASE_URL: databaseUrl,
  ...(port !== undefined && { PORT: `${port}` }),
  // whatever it costs to count is paid, but no request is to be refused
  RATE_LIMIT: '1000000000',
})

/** Starts the gateway: `serve`, of the production build. */
export const startGateway = async (
  name: string,
  node: string,
  { core, databaseUrl }: Pick<Surroundings, 'core' | 'databaseUrl'>,
): Promise<Peer> => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const process = start(core, [node, join(GATEWAY, 'cli.js'), 'serve'], { env: environment(databaseUrl, port) })
  await until(process, () => answers(`${url}/ready`))
  return { name, kind: 'gateway', url, process }
}

/** Starts a server of `servers/`. */
export const startPeer = async (
  name: string,
  kind: Exclude<Kind, 'gateway'>,
  node: string,
  surroundings: Surroundings,
): Promise<Peer> => {
  const { core, databaseUrl, folder, templates, statements } = surroundings
  const port = await freePort()
  const setup = join(folder, `${name}.json`)
  writeFileSync(setup, JSON.stringify({ port, databaseUrl, templates, statements }))
  const url = `http://127.0.0.1:${port}`
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', GRAPHILE_ENV: 'production' }
  const child = start(core, [node, built(`servers/${kind}.js`), setup], { env })
  await until(child, () => answers(url, 401))
  return { name, kind, url, process: child }
}

const answers = async (url: string, status?: number): Promise<boolean> => {
  const response = await fetch(url).catch(() => undefined)
  await response?.arrayBuffer()
  return response !== undefined && (status === undefined ? response.ok : response.status === status)
}

const alone = new Agent({ keepAlive: true, maxSockets: 1 })

/** Sends one request and reads its answer; one at a time, unless there is another agent. @throws Error for any status but 200. */
export const ask = (url: string, { path, body }: Request, authorization: string, agent = alone): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/json' }
    const sent = httpRequest(url + path, { method: 'POST', agent, headers }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${path}: ${response.statusCode} ${text}`))
      })
    })
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })

/** A gateway that is not measured: it tells which statements it sends. */
export interface RecordingGateway {
  readonly url: string
  /** The statements of one request, and its answer. */
  record(request: Request): Promise<{ statements: readonly Recorded[]; answer: string }>
  stop(): Promise<void>
}

/** Starts the gateway with the recorder loaded before it. */
export const startRecordingGateway = async (databaseUrl: string, authorization: string): Promise<RecordingGateway> => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const process = start(undefined, [NODE, '--import', built('record.js'), join(GATEWAY, 'cli.js'), 'serve'], {
    env: environment(databaseUrl, port),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  const told = new Map<string, readonly Recorded[]>()
  process.child.on('message', ({ path, statements }: { path: string; statements: readonly Recorded[] }) =>
    told.set(path, statements),
  )
  await until(process, () => answers(`${url}/ready`))
  let requests = 0
  const record: RecordingGateway['record'] = async ({ path, body }) => {
    // the number tells the requests apart
    const numbered = `${path}?${++requests}`
    const answer = await ask(url, { path: numbered, body }, authorization)
    await until(process, () => told.has(numbered))
    // a key is looked up anew every few seconds: no part of what was asked
    const statements = (told.get(numbered) ?? []).filter(({ text }) => !text.includes('api_key'))
    return { statements, answer }
  }
  return { url, record, stop: () => process.stop() }
}
