import { readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask, type Peer } from './peers.ts'
import { cpuOf, pinned, run } from './processes.ts'
import type { Request } from './queries.ts'

/** What one turn of a server came to. Times are in milliseconds. */
export interface Turn {
  readonly rps: number
  readonly p50: number
  readonly p99: number
  readonly requests: number
  /** Of the server's processor, for each request. */
  readonly cpu: number
  /** The part of its core's time that the server had. */
  readonly busy: number
  /** Of PostgreSQL's processors, for each request. */
  readonly database: number
  /** What an answer weighs, with its headers. */
  readonly bytes: number
}

/** How a server is put under load. */
export interface LoadOptions {
  readonly core: string | undefined
  readonly connections: number
  readonly seconds: number
  readonly authorization: string
  readonly seed: number
  /** The processor time of the database so far, in seconds. */
  readonly databaseCpu: () => number
  /** Numbers from here on go into the bodies. */
  readonly from?: number
}

const SCRIPT = fileURLToPath(new URL('../load.lua', import.meta.url))

/** Writes requests where the load generator finds them. */
export const requestsFile = (folder: string, name: string, requests: readonly Request[]): string => {
  const file = join(folder, `${name.replaceAll(' ', '-')}.requests`)
  writeFileSync(file, requests.map(({ path, body }) => `${path}\t${JSON.stringify(body)}\n`).join(''))
  return file
}

/** So many requests come before each turn: its connections to the database have been closed meanwhile, for being idle. */
export const LEAD_IN = 200

const leadIn = async (
  peer: Peer,
  file: string,
  { connections, authorization, from = 0 }: LoadOptions,
): Promise<void> => {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const agent = new Agent({ keepAlive: true })
  let n = 0
  const one = async () => {
    while (n < LEAD_IN) {
      const [path = '', body = ''] = (lines[n++ % lines.length] ?? '').split('\t')
      await ask(peer.url, { path, body: JSON.parse(body.replaceAll('@n@', `${from + n}`)) }, authorization, agent)
    }
  }
  await Promise.all(Array.from({ length: connections }, one))
  agent.destroy()
}

/** Keeps a server busy with these requests for a while. @throws Error when any of them fails. */
export const load = async (peer: Peer, file: string, options: LoadOptions): Promise<Turn> => {
  const { core, connections, seconds, authorization, seed, databaseCpu, from = 0 } = options
  const [command, parameters] = pinned(core, [
    ...[
      'wrk',
      '--threads',
      '1',
      '--connections',
      `${connections}`,
      '--duration',
      `${Math.max(1, Math.round(seconds))}s`,
    ],
    ...['--timeout', '30s', '--script', SCRIPT, peer.url, '--', file, authorization, `${from + LEAD_IN}`, `${seed}`],
  ])
  await leadIn(peer, file, options)
  const before = [cpuOf(peer.process.pid), databaseCpu()] as const
  const output = await run([command, ...parameters])
  const [cpu, database] = [cpuOf(peer.process.pid) - before[0], databaseCpu() - before[1]]
  const result = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? '{}')
  const { requests, microseconds, bytes, p50, p99, failed, broken } = result
  if (!requests || failed + broken > 0)
    throw new Error(
      `${peer.name}, ${file}: ${failed} failed and ${broken} broken of ${requests} requests\n${output}\n${peer.process.output()}`,
    )
  return {
    rps: (requests * 1e6) / microseconds,
    p50: p50 / 1000,
    p99: p99 / 1000,
    requests,
    cpu: (cpu * 1000) / requests,
    busy: (cpu * 1e6) / microseconds,
    database: (database * 1000) / requests,
    bytes: bytes / requests,
  }
}
