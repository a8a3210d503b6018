import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest, preParsingHookHandler } from 'fastify'
import { refuseUnsound } from '../events/sound.ts'
import { RequestError } from './refusals.ts'

/**
 * Has the routes of a scope take bodies of JSON, and nothing else. An empty body is none: `undefined`. What is in a body
 * is sound; whether it is what the route expects is for the route to say.
 *
 * ```ts
 * void app.register(async scope => {
 *   takeJson(scope)
 *   scope.post('/siren/v1/things', { onRequest: authenticated(options) }, ({ body, viewer }) => makeThing(body, viewer))
 * })
 * ```
 */
export const takeJson = (app: FastifyInstance): void => {
  takeOnly(app, 'application/json')
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined
      const value = parseJson(body, 'a body')
      refuseUnsound(value)
      return value
    },
  )
}

/** Has the routes of a scope refuse bodies of any type that is not added afterwards, and encoded ones before they are read. */
export const takeOnly = (app: FastifyInstance, expected: string): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) =>
    done(new RequestError(415, `Expected a body of type ${expected}`)),
  )
  app.addHook('preParsing', refuseEncoded)
}

const refuseEncoded: preParsingHookHandler = ({ headers }, _reply, payload, done) => {
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    return done(new RequestError(415, 'Expected a body without Content-Encoding'))
  if (OTHER_CHARSET.test(headers['content-type'] ?? ''))
    return done(new RequestError(415, 'Expected a body in UTF-8, received another charset'))
  done(null, payload)
}
const OTHER_CHARSET = /;\s*charset\s*=(?!\s*"?utf-?8"?\s*(?:;|$))/i

/**
 * The JSON that some bytes are. `__proto__` is a name like any other in it, and nobody's prototype.
 * @param what how an error calls the bytes.
 * @throws RequestError
 */
export const parseJson = (bytes: Buffer, what: string): unknown => {
  // read all the same, a name in another encoding would become another name
  if (!isUtf8(bytes)) throw new RequestError(400, `Expected ${what} in UTF-8`)
  try {
    return JSON.parse(bytes.toString().replace(/^\uFEFF/, ''))
  } catch {
    throw new RequestError(400, `Expected ${what} that is JSON`)
  }
}
