import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished, vi } from 'vitest'
import type { Sql } from '../../src/database/sql.ts'
import { type DeliveryOptions, webhookDelivery } from '../../src/webhooks/delivery.ts'
import { webhookSubscriptions } from '../../src/webhooks/subscriptions.ts'
import { recordingLog } from '../http/sample.ts'

/** What came in at a receiver. */
export interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  /** The body as it came. */
  readonly body: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what was sent
  readonly message: { type: string; data: any; deliveryId: string }
  /** When it came. */
  readonly time: number
}

/** How a receiver answers what came, the first being 0. */
export type Answer = (response: ServerResponse, received: Received, at: number) => void

/** Somebody's own HTTP server, on a port of its own, until the test is over. */
export const receiver = async (answer: Answer = response => response.end()) => {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return // the sender was cut
    }
    const body = Buffer.concat(chunks)
    const { method, url: path, headers } = request
    const one = { method, path, headers, body, message: JSON.parse(body.toString()), time: performance.now() }
    received.push(one)
    answer(response, one, received.length - 1)
  })
  let connections = 0
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise(resolve => server.close(resolve))
  }
  onTestFinished(stop)
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    /** How often it was connected to. */
    connections: () => connections,
    /** What it was told, in order. */
    types: () => received.map(({ message }) => message.type),
    ids: () => received.map(({ message }) => message.deliveryId),
    /** Waits until so much has come. */
    got: (count: number, timeout = 20_000) =>
      vi.waitFor(
        () => {
          if (received.length < count) throw new Error(`Expected ${count} messages, received ${received.length}`)
          return received
        },
        { timeout, interval: 5 },
      ),
    stop,
    /** Listens again at the same port. */
    start: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}

/** The signature that a receiver expects, made of what came and of the secret it was given. */
export const signatureOf = ({ body }: Received, secret: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

/** Time that passes quickly. */
export const QUICK = { poll: 20, spacing: 1, timeout: 300, turn: 1000, backoff: () => 10 }

/** A delivery of the test's own, and what it logged. */
export const delivering = (sql: Sql, options: Partial<DeliveryOptions> = {}) => {
  const { log, records } = recordingLog()
  const delivery = webhookDelivery({ sql, log, allowPrivate: true, timings: QUICK, ...options })
  onTestFinished(() => delivery.close(0))
  return { ...delivery, records }
}

/** Subscribes somebody on this machine. */
export const subscribe = (sql: Sql, organizationId: number, targetUrl: string, events: readonly string[] = ['*']) =>
  webhookSubscriptions(sql, { allowPrivate: true }).create(organizationId, { targetUrl, events })
