import type { FastifyReply, FastifyRequest } from 'fastify'
import { RequestError, refusalOf, shapeAt } from './refusals.ts'

/** How long a request may take to arrive whole, in milliseconds; a stream: how long it may be silent. */
export const ARRIVAL_TIMEOUT = 60_000

const timers = new WeakMap<FastifyRequest['raw'], NodeJS.Timeout>()

/**
 * Cuts a request that takes too long to arrive whole, whether it has been answered meanwhile or not: a body that trickles
 * in would keep its connection for ever. Node's own limit knows no exception, and an open stream is one.
 */
export const boundArrival = (request: FastifyRequest, reply: FastifyReply, timeout: number): void => {
  const { raw } = request
  if (raw.headers['transfer-encoding'] === undefined && (raw.headers['content-length'] ?? '0') === '0') return
  const timer = setTimeout(() => cut(request, reply), timeout).unref()
  timers.set(raw, timer)
  raw.once('close', () => clearTimeout(timer))
}

/** Lets a request arrive for as long as it likes. */
export const unboundArrival = ({ raw }: FastifyRequest): void => clearTimeout(timers.get(raw))

const cut = (request: FastifyRequest, reply: FastifyReply): void => {
  const { raw } = request
  if (raw.readableEnded) return
  if (reply.raw.headersSent || !raw.socket.writable) return void raw.socket.destroy()
  const body = JSON.stringify(shapeAt(request.url)(refusalOf(TOO_SLOW)).body)
  const head = ['HTTP/1.1 408 Request Timeout', 'content-type: application/json; charset=utf-8', 'connection: close']
  // past the reply, which is waiting for the body still
  raw.socket.end(`${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () =>
    raw.socket.destroy(),
  )
}

const TOO_SLOW = new RequestError(408, 'Expected the whole request in less time')
