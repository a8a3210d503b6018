import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** What stays as it is while the gateway runs. */
export interface Unchanging {
  readonly type: string
  readonly bytes: Buffer
  readonly gzipped: Buffer
  readonly etag: string
}

/** Makes what is sent of some content, once: compressed, and with a name of its own. */
export const unchanging = async (type: string, content: string | Buffer): Promise<Unchanging> => {
  const bytes = Buffer.from(content)
  // weak, since compressed it is the same in other bytes
  const etag = `W/"${createHash('sha256').update(bytes).digest('base64').slice(0, 22)}"`
  return { type, bytes, gzipped: await promisify(gzip)(bytes), etag }
}

/** Sends it compressed where that is understood, and only to those who do not have it yet. */
export const sendUnchanging = (
  { type, bytes, gzipped, etag }: Unchanging,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => {
  reply.header('content-type', type).header('etag', etag).header('vary', varying(reply, 'accept-encoding'))
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache')
  if (headers['if-none-match']?.includes(etag)) return reply.status(304).send()
  if (!GZIP.test(headers['accept-encoding'] ?? '')) return reply.send(bytes)
  return reply.header('content-encoding', 'gzip').send(gzipped)
}

const GZIP = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i

/** What an answer depends on beside what is said already, such as the origin. */
export const varying = (reply: FastifyReply, on: string): string =>
  [reply.getHeader('vary') ?? [], on].flat().join(', ')
