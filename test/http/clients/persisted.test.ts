import { describe, expect, it, onTestFinished } from 'vitest'
import { sampleServer } from '../sample.ts'
import { PERSISTING_CLIENTS } from './clients.ts'

const served = async () => {
  const app = sampleServer()
  const asked: string[] = []
  app.addHook('preHandler', async ({ body }) => {
    asked.push((body as { query?: string }).query === undefined ? 'hash' : 'query')
  })
  onTestFinished(() => app.close())
  return { url: `${await app.listen({ port: 0, host: '127.0.0.1' })}/graphql`, asked }
}

describe.each(Object.entries(PERSISTING_CLIENTS))('%s, which sends a hash first', (_, ask) => {
  it('sends the whole query when it is told that hashes are not supported', async () => {
    const { url, asked } = await served()
    expect(await ask(url, { key: 'admin' })).toEqual({ data: { hello: 'hello you' } })
    expect(asked).toEqual(['hash', 'query'])
  })
})

describe('a hash alone', () => {
  it.each(['application/json', 'application/graphql-response+json'])(
    'is answered with the code, as %s',
    async accept => {
      const { url } = await served()
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: 'Bearer admin', 'content-type': 'application/json', accept },
        body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }),
      })
      const { errors } = await response.json()
      expect(errors).toMatchObject([
        { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
      ])
    },
  )
})
