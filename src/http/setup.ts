import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import type { Viewer } from '../access/viewer.ts'
import { ForbiddenError } from '../errors.ts'
import { type AuthenticatedOptions, authenticated } from './authenticated.ts'
import { takeJson } from './json-body.ts'
import { refuseOtherMethods } from './methods.ts'

/** Applies the document of a set-up to the viewer's organization, and answers a summary of what came of it. */
export type Setup = (document: unknown, viewer: Viewer) => Promise<object>

/** What a set-up is taken in with. */
export interface SetupRoutesOptions extends AuthenticatedOptions {
  readonly setup: Setup
}

/** `POST /siren/v1/setup`: the document of `siren-gateway apply`, as JSON, for the organization of an administrator's key. */
export const setupRoutes = (app: FastifyInstance, options: SetupRoutesOptions): void => {
  takeJson(app)
  const url = '/siren/v1/setup'
  refuseOtherMethods(app, url, ['POST'])
  app.post(url, { onRequest: [authenticated(options), refuseOthers] }, ({ body, viewer }) =>
    options.setup(body, viewer),
  )
}

/** Before the body is read. */
const refuseOthers: onRequestHookHandler = ({ viewer }, _reply, done) => {
  done(viewer.role === 'administrator' ? undefined : new ForbiddenError("Expected an administrator's key"))
}
