import type { FastifyReply, FastifyRequest } from 'fastify'
import { RequestError, refusalOf, refusedAs } from './refusals.ts'

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
  const { type, body } = refusedAs(request.url, request.headers.accept, refusalOf(TOO_SLOW))
  const text = JSON.stringify(body)
  const headers = {
    ...reply.getHeaders(), // those that every answer has
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // past the reply, which is waiting for the body still
  raw.socket.end(`HTTP/1.1 408 Request Timeout\r\n${head.join('')}\r\n${text}`, () => raw.socket.destroy())
}

const TOO_SLOW = new RequestError(408, 'Expected the whole request in less time')
