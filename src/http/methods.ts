import type { FastifyInstance } from 'fastify'
import { RequestError, refusalOf, refuse } from './refusals.ts'

/** Says which methods a path has, when it is asked for that, or by another one. */
export const refuseOtherMethods = (
  app: FastifyInstance,
  url: string,
  allowed: readonly ('GET' | 'HEAD' | 'POST' | 'DELETE')[],
): void => {
  const allow = [...allowed, 'OPTIONS'].join(', ')
  app.options(url, (_request, reply) => reply.status(204).header('allow', allow).send())
  app.route({
    method: (['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const).filter(
      method => !(allowed as readonly string[]).includes(method),
    ),
    url,
    // before the body is read: whatever is in it, the method is wrong
    onRequest: (request, reply) => {
      reply.header('allow', allow)
      const error = new RequestError(405, `Expected ${allowed.join(' or ')}, received ${request.method}`)
      refuse(request, reply, refusalOf(error))
    },
    handler: (_request, reply) => reply,
  })
}
