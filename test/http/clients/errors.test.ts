import { describe, expect, it, onTestFinished } from 'vitest'
import { alwaysReady, sampleServer } from '../sample.ts'
import { CLIENTS } from './clients.ts'

const served = async (options: Parameters<typeof sampleServer>[0] = {}) => {
  const app = sampleServer(options)
  onTestFinished(() => app.close())
  return `${await app.listen({ port: 0, host: '127.0.0.1' })}/graphql`
}

describe.each(Object.entries(CLIENTS))('%s', (_, ask) => {
  it('reads a result', async () => {
    expect(await ask(await served(), { key: 'admin' })).toEqual({ data: { hello: 'hello you' } })
  })

  it.each([
    ['UNAUTHENTICATED', { key: 'nobody' }, {}],
    ['FORBIDDEN', { key: 'integration' }, {}],
    ['BAD_REQUEST', { key: 'admin', comment: 'x'.repeat(1000) }, { bodyLimit: 500 }],
    ['BAD_REQUEST', { key: 'x'.repeat(9000) }, {}],
    ['GRAPHQL_VALIDATION_FAILED', { key: 'admin', comment: '", nobody: "' }, {}],
    [
      'SERVICE_UNAVAILABLE',
      { key: 'admin' },
      { readiness: { ...alwaysReady, opened: false, reason: () => Promise.resolve('migrations are pending') } },
    ],
    [
      'SERVICE_UNAVAILABLE',
      { key: 'admin' },
      { authenticate: () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })) },
    ],
  ])('learns the code %s', async (code, options, server) => {
    expect(await ask(await served(server), options)).toEqual({ code })
  })
})
