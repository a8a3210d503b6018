import { fileURLToPath } from 'node:url'
import { NODE } from './peers.ts'
import { start } from './processes.ts'

/** How fast cores are, beside whatever runs on them. */
export interface Pace {
  /** Begins to look; what it answers tells, for each core, how long a piece of work has taken since then, on average. */
  look(): () => readonly number[]
  stop(): Promise<void>
}

const PACER = fileURLToPath(new URL('pacer.js', import.meta.url))

/**
 * Watches the pace of cores: on each a small process does the same work twenty times a second, which takes less than a
 * hundredth of it. A virtual machine shares its processors and their caches with others, and may be slower by half for
 * seconds or minutes.
 */
export const watchPace = (cores: readonly (string | undefined)[]): Pace => {
  const watched = cores.map(core => {
    const process = start(core, [NODE, PACER])
    const took: number[] = []
    process.child.stdout?.on('data', (lines: Buffer) => took.push(...`${lines}`.trim().split('\n').map(Number)))
    return { process, took }
  })
  return {
    look: () => {
      const from = watched.map(({ took }) => took.length)
      return () => watched.map(({ took }, i) => mean(took.slice(from[i])))
    },
    stop: async () => {
      for (const { process } of watched) await process.stop()
    },
  }
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length
