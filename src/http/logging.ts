import type { FastifyInstance } from 'fastify'
import { type Logger, pino } from 'pino'

/** One line of JSON per record, on stdout. */
export const makeLog = (level: string): Logger =>
  pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: label => ({ level: label }) } },
    pino.destination({ dest: 1, sync: true }), // else the last records before the end come out of order
  )

/** A request that takes longer than this, in milliseconds, is always logged. */
export const SLOW = 1000

/**
 * Logs slow requests, and at `debug` every request: a line per request costs a fifth of the throughput of the smallest
 * query. Neither headers nor the query string are logged: they carry keys and variables.
 */
export const logRequests = (app: FastifyInstance, log: Logger): void => {
  const all = log.isLevelEnabled('debug')
  app.addHook('onResponse', (request, reply, done) => {
    const elapsed = reply.elapsedTime
    if (all || elapsed > SLOW)
      log[elapsed > SLOW ? 'warn' : 'debug'](
        {
          requestId: request.id,
          method: request.method,
          path: pathOf(request.url),
          status: reply.statusCode,
          milliseconds: Math.round(elapsed),
        },
        elapsed > SLOW ? 'slow request' : 'request',
      )
    done()
  })
}

/** A URL without its query string. */
export const pathOf = (url: string): string => {
  const question = url.indexOf('?')
  return question === -1 ? url : url.slice(0, question)
}
