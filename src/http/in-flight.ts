import type { FastifyInstance } from 'fastify'
import type { Ingest } from './event-stream.ts'

/** Events that are being taken in, and whether any more may be. */
export interface InFlight {
  readonly ingest: Ingest
  /** Aborted when the server begins to stop: what has several events to take in ends after the one in flight. */
  readonly stopping: AbortSignal
}

/** Has a server wait for every event that is being taken in: whoever sent it may be gone, and is not waited for then. */
export const inFlight = (app: FastifyInstance, ingest: Ingest): InFlight => {
  const running = new Set<Promise<unknown>>()
  const stopping = new AbortController()
  app.addHook('preClose', done => {
    stopping.abort()
    done()
  })
  app.addHook('onClose', async () => {
    await Promise.all(running)
  })
  return {
    stopping: stopping.signal,
    ingest: (delivery, viewer) => {
      const work = ingest(delivery, viewer)
      const settled = work.then(forget, forget)
      function forget() {
        running.delete(settled)
      }
      running.add(settled)
      return work
    },
  }
}
