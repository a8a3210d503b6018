import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
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

/** Has the routes of a scope take the bodies of GraphQL requests: JSON in which nothing is named after a prototype. */
export const takeGraphql = (app: FastifyInstance): void => {
  takeOnly(app, 'application/json')
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (!isUtf8(body)) return done(notUtf8('a body'))
    void parse(request, body.toString(), (error, value) => (error ? done(notJson('a body')) : done(null, value)))
  })
}

/** Has the routes of a scope refuse bodies of any type that is not added afterwards. */
export const takeOnly = (app: FastifyInstance, expected: string): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) =>
    done(new RequestError(415, `Expected a body of type ${expected}`)),
  )
}

/**
 * The JSON that some bytes are. `__proto__` is a name like any other in it, and nobody's prototype.
 * @param what how an error calls the bytes.
 * @throws RequestError
 */
export const parseJson = (bytes: Buffer, what: string): unknown => {
  // read all the same, a name in another encoding would become another name
  if (!isUtf8(bytes)) throw notUtf8(what)
  try {
    return JSON.parse(bytes.toString().replace(/^\uFEFF/, ''))
  } catch {
    throw notJson(what)
  }
}

const notUtf8 = (what: string) => new RequestError(400, `Expected ${what} in UTF-8`)
const notJson = (what: string) => new RequestError(400, `Expected ${what} that is JSON`)
