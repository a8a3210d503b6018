import { Agent, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LoadOptions, load } from './load.ts'
import { ask, environment, GATEWAY, NODE, type Peer, startGateway } from './peers.ts'
import { freePort, memoryOf, start, until } from './processes.ts'
import { median } from './rounds.ts'

/** Milliseconds from the start of the process to the first answer to a query, several times over. */
export const startToFirstAnswer = async (
  databaseUrl: string,
  core: string | undefined,
  authorization: string,
  times: number,
): Promise<number> => {
  const took: number[] = []
  for (let time = 0; time < times; time++) {
    const port = await freePort()
    const began = performance.now()
    const process = start(core, [NODE, join(GATEWAY, 'cli.js'), 'serve'], { env: environment(databaseUrl, port) })
    const query = { path: '/graphql', body: { query: '{ engagements(first: 1) { nodes { id } } }' } }
    await until(process, () =>
      ask(`http://127.0.0.1:${port}`, query, authorization).then(
        () => true,
        () => false,
      ),
    )
    took.push(performance.now() - began)
    await process.stop()
  }
  return median(took)
}

/** Memory over time, in MiB: seconds, and resident set. */
export type Memory = readonly (readonly [seconds: number, rss: number])[]

/** The memory of a gateway that has answered once and then rested. */
export const idleMemory = async (
  databaseUrl: string,
  core: string | undefined,
  authorization: string,
): Promise<number> => {
  const gateway = await startGateway('gateway', NODE, { core, databaseUrl })
  await ask(
    gateway.url,
    { path: '/graphql', body: { query: '{ engagements(first: 1) { nodes { id } } }' } },
    authorization,
  )
  await sleep(3000)
  const { rss } = memoryOf(gateway.process.pid)
  await gateway.process.stop()
  return rss
}

/** A stream of so many events into a gateway of its own, and the gateway's memory meanwhile. */
export const backfill = async (
  databaseUrl: string,
  core: string | undefined,
  authorization: string,
  lines: number,
  collaborators: readonly number[],
) => {
  const gateway = await startGateway('gateway', NODE, { core, databaseUrl })
  const began = performance.now()
  const memory: [number, number][] = []
  const watch = () => memory.push([(performance.now() - began) / 1000, memoryOf(gateway.process.pid).rss])
  const { taken, refused } = await new Promise<{ taken: number; refused: number }>((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/x-ndjson' }
    const sent = httpRequest(
      `${gateway.url}/siren/v1/events`,
      { method: 'POST', headers, agent: new Agent() },
      response => {
        const counts = { taken: 0, refused: 0 }
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          const parts = (rest + chunk).split('\n')
          rest = parts.pop() ?? ''
          for (const part of parts) {
            if (JSON.parse(part).status === 200) counts.taken++
            else counts.refused++
            if ((counts.taken + counts.refused) % Math.ceil(lines / 40) === 0) watch()
          }
        })
        response.on('end', () => resolve(counts))
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    let n = 0
    const write = () => {
      while (n < lines) {
        const data = {
          collaboratorId: collaborators[n % collaborators.length],
          userId: `backfill-${n % Math.ceil(lines / 4)}`,
        }
        n++
        if (!sent.write(`${JSON.stringify({ event: 'site-visited', data, idempotencyKey: `backfill-${n}` })}\n`)) {
          sent.once('drain', write)
          return
        }
      }
      sent.end()
    }
    write()
  })
  const seconds = (performance.now() - began) / 1000
  await gateway.process.stop()
  return { lines, taken, refused, seconds, perSecond: lines / seconds, memory, growth: growthOf(memory) }
}

/** How much more memory there was in the last quarter than in the second: the first has the heap find its size. */
export const growthOf = (memory: Memory): number => {
  const quarter = Math.floor(memory.length / 4)
  const of = (part: Memory) => median(part.map(([, rss]) => rss))
  return of(memory.slice(-quarter)) / of(memory.slice(quarter, 2 * quarter)) - 1
}

/** A gateway's memory under a mixture of requests, for as many minutes as are wanted. */
export const soak = async (
  gateway: Peer,
  file: string,
  minutes: number,
  options: Omit<LoadOptions, 'seconds' | 'seed'>,
) => {
  const began = performance.now()
  const memory: [number, number][] = []
  const timer = setInterval(
    () => memory.push([(performance.now() - began) / 1000, memoryOf(gateway.process.pid).rss]),
    (minutes * 60_000) / 60,
  )
  const turn = await load(gateway, file, { ...options, seconds: minutes * 60, seed: 1 })
  clearInterval(timer)
  return { minutes, rps: turn.rps, memory, growth: growthOf(memory), peak: memoryOf(gateway.process.pid).peak }
}
