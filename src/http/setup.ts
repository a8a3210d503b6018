import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import type { Viewer } from '../access/viewer.ts'
import { ForbiddenError, ValidationError } from '../errors.ts'
import { type AuthenticatedOptions, authenticated } from './authenticated.ts'
import { takeJson } from './json-body.ts'
import { refuseOtherMethods } from './methods.ts'

/** Applies the document of a set-up to the viewer's organization, or only says what it would change. Answers a summary. */
export type Setup = (document: unknown, viewer: Viewer, options: { readonly isPreview: boolean }) => Promise<object>

/** What a set-up is taken in with. */
export interface SetupRoutesOptions extends AuthenticatedOptions {
  readonly setup: Setup
}

/**
 * `POST /siren/v1/setup`: the document of `siren-gateway apply`, as JSON, for the organization of an administrator's key.
 * `?dryRun=true` changes nothing, and `?organization=ID` refuses any other organization than this one.
 */
export const setupRoutes = (app: FastifyInstance, options: SetupRoutesOptions): void => {
  takeJson(app)
  const url = '/siren/v1/setup'
  refuseOtherMethods(app, url, ['POST'])
  app.post<{ Querystring: Query }>(
    url,
    { onRequest: [authenticated(options), refuseOthers] },
    ({ body, viewer, query: { dryRun = 'false', organization } }) => {
      if (dryRun !== 'true' && dryRun !== 'false')
        throw new ValidationError({ dryRun: [`Expected true or false, received ${JSON.stringify(dryRun)}`] })
      if (organization !== undefined && organization !== String(viewer.organizationId))
        throw new ValidationError({
          organization: [
            `Expected ${viewer.organizationId}, the organization of the key, received ${JSON.stringify(organization)}`,
          ],
        })
      return options.setup(body, viewer, { isPreview: dryRun === 'true' })
    },
  )
}

/** A parameter that is given several times is a list. */
interface Query {
  readonly dryRun?: string | string[]
  readonly organization?: string | string[]
}

/** Before the body is read. */
const refuseOthers: onRequestHookHandler = ({ viewer }, _reply, done) => {
  done(viewer.role === 'administrator' ? undefined : new ForbiddenError("Expected an administrator's key"))
}
