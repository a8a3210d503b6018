import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import type { FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { stopServer } from '../../src/http/server.ts'
import { authorizationOf } from '../support/gateway.ts'

/** Has the server listen until the test is over. */
export const listening = async (app: FastifyInstance): Promise<string> => {
  onTestFinished(() => stopServer(app, 100))
  return app.listen({ port: 0, host: '127.0.0.1' })
}

/** One that sends a stream of events, and reads results as they come. */
export const openStream = (origin: string, as: Viewer, headers: Record<string, string> = {}) => {
  const sending = request(`${origin}/siren/v1/events`, {
    method: 'POST',
    headers: { authorization: authorizationOf(as), 'content-type': 'application/x-ndjson', ...headers },
  })
  sending.on('error', () => {}) // tests look at what was answered
  const answered: Promise<IncomingMessage> = once(sending, 'response').then(([response]) => response)
  const results = answered.then(response => createInterface({ input: response })[Symbol.asyncIterator]())
  answered.catch(() => {})
  results.catch(() => {})
  return {
    sending,
    answered,
    /** Sends an event, and what else a line may say. */
    line: (event: string, data: object, more: object = {}) => {
      sending.write(`${JSON.stringify({ event, data, ...more })}\n`)
    },
    /** The next result; undefined after the last. */
    result: async (): Promise<Record<string, unknown> | undefined> => {
      const { value } = await (await results).next()
      return value === undefined ? undefined : JSON.parse(value)
    },
  }
}
