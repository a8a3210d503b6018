import { LEAD_IN, type LoadOptions, load, type Turn } from './load.ts'
import type { Peer } from './peers.ts'
import { memoryOf } from './processes.ts'

/** What takes turns: a query or an event, on one server. */
export interface Cell {
  readonly query: string
  readonly peer: Peer
  readonly file: string
  /** Makes room for the numbers of a turn, and says where they begin. */
  readonly from?: (most: number) => Promise<number>
  /** Hears how many requests a turn took. */
  readonly used?: (requests: number) => void
}

/** A cell's medians. */
export interface Result extends Omit<Turn, 'requests'> {
  /** What they are the medians of, in the order of the rounds. */
  readonly turns: readonly Pick<Turn, 'rps' | 'cpu'>[]
  /** The server was not what held the load up: its requests per second say nothing about it. */
  readonly void: boolean
}

/** Results by query and server. */
export type Results = Record<string, Record<string, Result>>

/** How busy its core keeps a server that is the bottleneck. */
const BUSY = 0.95

/** Requests per second that no server here reaches, to make room for. */
const MOST = 3000

/** The order of turns: who is compared with whom follow each other, since the machine changes from second to second. */
const ORDER = ['limit', 'gateway', 'postgraphile', 'gateway22', 'limit22', 'mercurius']

export interface RoundsOptions extends Omit<LoadOptions, 'seed' | 'from'> {
  readonly rounds: number
  /** Rounds before those that count, of turns of a second. */
  readonly warmUp: number
  readonly progress: (line: string) => void
}

/**
 * Warms every cell up, then lets the servers take turns, query by query and round by round: whatever else the machine does
 * meets all of them. Each round begins with another server. The warm-up goes through the cells several times too, since
 * what one query has had compiled the next may have compiled anew.
 */
export const inRounds = async (cells: readonly Cell[], options: RoundsOptions): Promise<Results> => {
  const { rounds, warmUp, progress } = options
  const turns = new Map<Cell, Turn[]>(cells.map(cell => [cell, []]))
  const turn = async (cell: Cell, seconds: number, seed: number): Promise<Turn> => {
    const from = (await cell.from?.(LEAD_IN + seconds * MOST)) ?? 0
    const result = await load(cell.peer, cell.file, { ...options, seconds, seed, from })
    cell.used?.(LEAD_IN + result.requests + options.connections)
    return result
  }
  progress(`Warming up ${cells.length} cells, ${warmUp} times a second each`)
  for (let pass = 0; pass < warmUp; pass++) for (const cell of cells) await turn(cell, 1, 0)
  const queries = [...new Set(cells.map(({ query }) => query))]
  for (let round = 0; round < rounds; round++) {
    for (const query of queries) {
      const servers = cells
        .filter(cell => cell.query === query)
        .sort((one, other) => ORDER.indexOf(one.peer.name) - ORDER.indexOf(other.peer.name))
      const shift = round % servers.length
      const said: string[] = []
      for (const cell of [...servers.slice(shift), ...servers.slice(0, shift)]) {
        const result = await turn(cell, options.seconds, round + 1)
        turns.get(cell)?.push(result)
        said.push(`${cell.peer.name} ${result.rps.toFixed(0)}`)
      }
      progress(`Round ${round + 1}/${rounds} ${query}: ${said.join(', ')}`)
    }
  }
  const results: Results = {}
  for (const [{ query, peer }, of] of turns) {
    results[query] ??= {}
    results[query][peer.name] = mediansOf(of)
  }
  return results
}

const mediansOf = (turns: readonly Turn[]): Result => {
  const of = (field: keyof Turn) => median(turns.map(turn => turn[field]))
  const busy = of('busy')
  return {
    ...{
      rps: of('rps'),
      p50: of('p50'),
      p99: of('p99'),
      cpu: of('cpu'),
      busy,
      database: of('database'),
      bytes: of('bytes'),
    },
    turns: turns.map(({ rps, cpu }) => ({ rps, cpu })),
    void: !(busy >= BUSY), // nor when nobody can tell
  }
}

/** The one in the middle. */
export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** The memory of servers, in MiB. */
export const memoryOfAll = (peers: readonly Peer[]) =>
  Object.fromEntries(peers.map(({ name, process }) => [name, memoryOf(process.pid)]))
