import type { onRequestHookHandler } from 'fastify'
import type { Logger } from 'pino'
import { LONGEST_HEADER } from '../access/authenticate.ts'
import type { Viewer } from '../access/viewer.ts'
import { InvalidTokenError } from '../errors.ts'
import type { Readiness } from './health.ts'
import { RequestError, refusal, refusalOf, refuse, refuseError } from './refusals.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; on the endpoints that need a key. */
    viewer: Viewer
  }
}

/** What says who asks. */
export interface AuthenticatedOptions {
  /** The viewer whom an Authorization header names; null when it names none. Rejects as an `Authenticator` does. */
  authenticate: (authorization: string | undefined) => Viewer | null | Promise<Viewer | null>
  readiness: Readiness
  log: Logger
}

/** Lets a request pass with a viewer, once the gateway is ready. A callback, not async: a known key costs no promise. */
export const authenticated =
  ({ authenticate, readiness, log }: AuthenticatedOptions): onRequestHookHandler =>
  (request, reply, done) => {
    const fail = (error: unknown) => {
      if (!(error instanceof InvalidTokenError)) return void refuseError(log, error, request, reply)
      logRefusedToken(log, error, { requestId: request.id })
      admit(null)
    }
    const admit = (viewer: Viewer | null) => {
      if (viewer === null) {
        reply.header('www-authenticate', 'Bearer')
        refuse(request, reply, NO_KEY)
        return
      }
      request.viewer = viewer
      done()
    }
    const pass = () => {
      const { authorization } = request.headers
      if (authorization !== undefined && authorization.length > LONGEST_HEADER)
        return void refuse(request, reply, refusalOf(new RequestError(431, TOO_LONG)))
      let viewer: ReturnType<typeof authenticate>
      try {
        viewer = authenticate(authorization)
      } catch (error) {
        return fail(error)
      }
      if (viewer instanceof Promise) viewer.then(admit, fail)
      else admit(viewer)
    }
    if (readiness.opened) pass()
    else
      readiness.reason().then(reason => {
        if (reason === null) return pass()
        refuse(request, reply, refusal('SERVICE_UNAVAILABLE', `Not ready: ${reason}`))
      }, fail)
  }

/** Logs why a token is refused, and about which request. */
export const logRefusedToken = (log: Logger, { reason }: InvalidTokenError, about: object): void =>
  log.info({ ...about, reason }, 'JSON web token refused')

const TOO_LONG = `Expected an Authorization header of at most ${LONGEST_HEADER} bytes`
const NO_KEY = refusal('UNAUTHENTICATED', 'Expected a valid key: Authorization: Bearer <API key or JWT>')
