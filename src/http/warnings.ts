import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'

/** The header of an answer that says what was accepted and is probably not meant. */
export const WARNING = 'X-Siren-Warning'

/** What the log says of it. */
export const WARNED = 'event accepted with warnings'

/** Tells the sender and the log what was accepted and is probably not meant; of very much, the first. */
export const warn = (
  log: Logger,
  request: FastifyRequest,
  reply: FastifyReply,
  warnings: readonly string[],
  about: { readonly slug?: string } = {},
): void => {
  if (warnings.length === 0) return
  reply.header(WARNING, warnings.slice(0, MOST).join('; '))
  log.warn({ requestId: request.id, ...about, warnings }, WARNED)
}

/** Clients refuse headers of more than some kilobytes. */
const MOST = 10
