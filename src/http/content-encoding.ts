import { createUnzip } from 'node:zlib'
import type { preParsingHookHandler } from 'fastify'
import { RequestError } from './refusals.ts'

/**
 * Unpacks a body that is compressed with gzip or deflate, and refuses other encodings and charsets than UTF-8 before the
 * body is read. The limits of a body or a line hold for what it unpacks to.
 */
export const decodeBody: preParsingHookHandler = (request, reply, payload, done) => {
  const { headers } = request
  if (OTHER_CHARSET.test(headers['content-type'] ?? ''))
    return done(new RequestError(415, 'Expected a body in UTF-8, received another charset'))
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity') return done(null, payload)
  if (!UNDERSTOOD.includes(encoding)) {
    reply.header('accept-encoding', UNDERSTOOD.join(', '))
    return done(new RequestError(415, `Expected a Content-Encoding of ${UNDERSTOOD.join(' or ')}, or none`))
  }
  const unpacked = createUnzip()
  // how many bytes of the body have come, which Fastify compares with Content-Length
  Object.defineProperty(unpacked, 'receivedEncodedLength', { get: () => unpacked.bytesWritten })
  unpacked.on('error', error => Object.assign(error, { statusCode: 400, message: CORRUPT }))
  payload.once('close', () => {
    if (!payload.readableEnded) unpacked.destroy()
  })
  // a body that unpacks to too much is not unpacked to its end
  reply.raw.once('close', () => unpacked.destroy())
  done(null, payload.pipe(unpacked))
}

const UNDERSTOOD = ['gzip', 'deflate']
const CORRUPT = 'Expected a body that can be unpacked as its Content-Encoding says'
const OTHER_CHARSET = /;\s*charset\s*=(?!\s*"?utf-?8"?\s*(?:;|$))/i
