import { LEAD_IN, type LoadOptions, load, type Turn } from './load.ts'
import { watchPace } from './pace.ts'
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
  /** How many of the turns, after all, fell into a time in which the machine was slow. */
  readonly disturbed: number
}

/** Results by query and server. */
export type Results = Record<string, Record<string, Result>>

/** How busy its core keeps a server that is the bottleneck. */
const BUSY = 0.95

/** Requests per second that no server here reaches, to make room for. */
const MOST = 3000

/** So much longer than in the best turns the same work takes on a machine that is disturbed. */
const DISTURBED = 1.2

export interface RoundsOptions extends Omit<LoadOptions, 'seed' | 'from'> {
  readonly rounds: number
  /** How many turns may be done again, as a part of all. */
  readonly again: number
  /** The cores whose pace is watched. */
  readonly watched: readonly (string | undefined)[]
  readonly warmUp: number
  readonly progress: (line: string) => void
}

/** A turn, and how long the same work took on each core meanwhile. */
type Paced = Turn & { readonly pace: readonly number[] }

/**
 * Warms every cell up, then lets the servers take turns, query by query and round by round: whatever else the machine does
 * meets all of them. Each round begins with another server. Turns in a time in which the machine was slow, whoever had
 * them, are done again in the end, and the better time counts.
 */
export const inRounds = async (cells: readonly Cell[], options: RoundsOptions): Promise<Results> => {
  const { rounds, warmUp, progress } = options
  const turns = new Map<Cell, Paced[]>(cells.map(cell => [cell, []]))
  const pace = watchPace(options.watched)
  const turn = async (cell: Cell, seconds: number, seed: number): Promise<Paced> => {
    const from = (await cell.from?.(LEAD_IN + seconds * MOST)) ?? 0
    const paceMeanwhile = pace.look()
    const result = await load(cell.peer, cell.file, { ...options, seconds, seed, from })
    cell.used?.(LEAD_IN + result.requests + options.connections)
    return { ...result, pace: paceMeanwhile() }
  }
  progress(`Warming up ${cells.length} cells, ${warmUp} s each`)
  for (const cell of cells) await turn(cell, warmUp, 0)
  const queries = [...new Set(cells.map(({ query }) => query))]
  for (let round = 0; round < rounds; round++) {
    for (const query of queries) {
      const servers = cells.filter(cell => cell.query === query)
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
  const slownessOf = slowness([...turns.values()].flat())
  const disturbed = [...turns]
    .flatMap(([cell, of]) => of.map((paced, round) => ({ cell, of, round, slow: slownessOf(paced) })))
    .filter(({ slow }) => slow > DISTURBED)
    .sort((one, other) => other.slow - one.slow)
  const again = disturbed.slice(0, Math.floor(options.again * rounds * cells.length))
  progress(
    `The machine was slow in ${disturbed.length} of ${rounds * cells.length} turns; ${again.length} are done again`,
  )
  for (const { cell, of, round, slow } of again) {
    const better = await turn(cell, options.seconds, round + 1)
    if (slownessOf(better) < slow) of[round] = better
  }
  await pace.stop()
  const results: Results = {}
  for (const [{ query, peer }, of] of turns) {
    results[query] ??= {}
    results[query][peer.name] = {
      ...mediansOf(of),
      disturbed: of.filter(paced => slownessOf(paced) > DISTURBED).length,
    }
  }
  return results
}

/** Tells how much longer the same work took in a turn than in the best tenth of them, on the core where it is more. */
const slowness = (turns: readonly Paced[]): ((turn: Paced) => number) => {
  const of = (core: number) => turns.map(({ pace }) => pace[core] ?? Number.NaN).sort((one, other) => one - other)
  const best = turns[0]?.pace.map((_, core) => of(core)[Math.floor(turns.length / 10)] ?? Number.NaN) ?? []
  return ({ pace }) => Math.max(...pace.map((took, core) => took / (best[core] ?? Number.NaN)))
}

const mediansOf = (turns: readonly Turn[]): Omit<Result, 'disturbed'> => {
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
