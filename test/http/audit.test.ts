import type { FastifyInstance } from 'fastify'
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleServer } from './sample.ts'

describe('GraphQL over HTTP', () => {
  let app: FastifyInstance
  let origin: string
  beforeAll(async () => {
    app = sampleServer()
    origin = await app.listen({ port: 0, host: '127.0.0.1' })
  })
  afterAll(() => app.close())

  const audits = serverAudits({
    url: () => `${origin}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers)
      headers.set('authorization', 'Bearer admin')
      return fetch(url, { ...init, headers })
    },
  })

  for (const { id, name, fn } of audits)
    it(`${name} (${id})`, async () => {
      const result = await fn()
      // a notice or a warning, which the specification would allow, is a failure here as well: there is none to excuse
      expect('reason' in result ? `${result.status}: ${result.reason}` : result.status).toBe('ok')
    })
})
