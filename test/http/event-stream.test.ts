import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { INCOMING } from '../../src/events/incoming.ts'
import { eventResults } from '../../src/http/event-stream.ts'
import { Inlet } from '../../src/http/lines.ts'

const { signal } = new AbortController()
const options = {
  ingest: async () => ({ opportunityId: null }),
  incoming: new Map(Object.entries(INCOMING)),
  viewer: () => ({ role: 'integration', organizationId: 1 }) as const,
  streamKey: 'k',
  lineLimit: 1000,
  stop: signal,
  onWarning: () => {},
  onError: () => {},
} as const

it('reads an endless stream no faster than its results are read', async () => {
  let pieces = 0
  const endless = Readable.from(
    (function* () {
      for (;;) {
        pieces++
        yield Buffer.from('{"event":"org-created"}\n'.repeat(10))
      }
    })(),
    { objectMode: false, highWaterMark: 1 },
  )
  let results = 0
  for await (const _result of eventResults(new Inlet(endless, signal), options)) if (++results === 25) break
  // three pieces have been read, and the stream may hold a few more ready
  expect(pieces).toBeLessThan(10)
  endless.destroy()
})

it('answers each of very many lines once, in order', async () => {
  const lines = Readable.from([Buffer.from('{\n'.repeat(50_000)), Buffer.from('{\n'.repeat(50_000))], {
    objectMode: false,
  })
  let number = 0
  for await (const result of eventResults(new Inlet(lines, signal), options))
    if (!result.startsWith(`{"line":${++number},"status":400,`)) expect.unreachable(result)
  expect(number).toBe(100_000)
})

it('ends with a line that says so when its key is not valid any more', async () => {
  const lines = Readable.from([Buffer.from('{"event":"org-created"}\n'.repeat(5))], { objectMode: false })
  const taken: string[] = []
  let asked = 0
  const results: unknown[] = []
  for await (const result of eventResults(new Inlet(lines, signal), {
    ...options,
    ingest: async ({ slug }) => {
      taken.push(slug)
      return { opportunityId: null }
    },
    viewer: async () => (++asked > 2 ? null : options.viewer()),
  }))
    results.push(JSON.parse(result))
  expect(taken).toHaveLength(2)
  expect(results).toEqual([
    { line: 1, status: 200 },
    { line: 2, status: 200 },
    { line: 3, status: 401, error: { code: 'UNAUTHENTICATED', message: expect.any(String), data: {} } },
  ])
})
