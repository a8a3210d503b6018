import type { InjectOptions } from 'fastify'
import { describe, expect, it } from 'vitest'
import { acceptable, errorType, prefersPage, resultTypes } from '../../src/http/accept.ts'
import { alwaysReady, sampleServer } from './sample.ts'

const JSON_TYPE = 'application/json'
const GRAPHQL_RESPONSE = 'application/graphql-response+json'

describe('an Accept header', () => {
  it.each([
    [undefined, ['a/x', 'a/y', 'b/z']],
    ['', ['a/x', 'a/y', 'b/z']],
    ['*/*', ['a/x', 'a/y', 'b/z']],
    ['a/*', ['a/x', 'a/y']],
    ['a/y', ['a/y']],
    ['A/Y', ['a/y']],
    ['c/q', []],
    ['a/x;q=0', []],
    ['a/x;q=0.0, */*', ['a/y', 'b/z']],
    ['a/x ; q=0.2 , a/y;Q=0.3, b/z;q=1', ['b/z', 'a/y', 'a/x']],
    ['*/*;q=0.5, a/*;q=0.1, a/y', ['a/y', 'b/z', 'a/x']],
    ['a/y;charset=UTF-8, a/x;charset="utf-8";q=0.9', ['a/y', 'a/x']],
    ['a/y;charset=latin1', []],
    ['a/y;deferSpec=20220824;q=0.5', ['a/y']],
    ['a/y;q=much', []],
    [',;,/,a/y,', ['a/y']],
  ])('allows, by its weights, %j', (accept, expected) => {
    expect(acceptable(accept, ['a/x', 'a/y', 'b/z'])).toEqual(expected)
  })

  it.each([
    ['of curl', '*/*', JSON_TYPE],
    ['of Apollo Client 3 and 4', `${GRAPHQL_RESPONSE},application/json;q=0.9`, GRAPHQL_RESPONSE],
    [
      'of Apollo Client, for @defer',
      `multipart/mixed;deferSpec=20220824,${GRAPHQL_RESPONSE},application/json;q=0.9`,
      GRAPHQL_RESPONSE,
    ],
    [
      'of urql',
      `${GRAPHQL_RESPONSE}, application/graphql+json, application/json, text/event-stream, multipart/mixed`,
      GRAPHQL_RESPONSE,
    ],
    ['of GraphiQL', 'application/json, multipart/mixed', JSON_TYPE],
    ['that names both types', `application/json, ${GRAPHQL_RESPONSE}`, GRAPHQL_RESPONSE],
    ['that prefers the older type', `application/json, ${GRAPHQL_RESPONSE};q=0.9`, JSON_TYPE],
    ['that excludes the older type', 'application/json;q=0, */*', GRAPHQL_RESPONSE],
  ])('says which type a result and an error have: %s', (_, accept, expected) => {
    expect(resultTypes(accept)[0]).toBe(expected)
    expect(errorType(accept)).toBe(expected)
  })

  it('has a result as a stream only where that is preferred, and an error never', () => {
    expect(resultTypes('text/event-stream, application/json')[0]).toBe(JSON_TYPE)
    expect(resultTypes('text/event-stream, application/json;q=0.5')[0]).toBe('text/event-stream')
    expect(errorType('text/event-stream')).toBe(JSON_TYPE)
  })

  it('prefers a page when it says so', () => {
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'
    for (const accept of [browser, 'text/html', 'TEXT/HTML', 'text/html, application/json'])
      expect(prefersPage(accept), accept).toBe(true)
    for (const accept of [undefined, '*/*', 'text/*', 'text/html;q=0', 'text/html;q=0.9, application/json'])
      expect(prefersPage(accept), accept).toBe(false)
  })
})

describe('GraphQL', () => {
  const ask = async (accept: string, { query = '{ hello }', app = sampleServer(), ...more } = {}) => {
    const request: InjectOptions = {
      method: 'POST',
      url: '/graphql',
      payload: { query },
      headers: { accept, authorization: 'Bearer admin', ...more },
    }
    const { statusCode, headers, body } = await app.inject(request)
    return { status: statusCode, type: headers['content-type']?.toString().replace('; charset=utf-8', ''), body }
  }

  it.each([
    ['application/json', JSON_TYPE],
    ['APPLICATION/JSON', JSON_TYPE],
    [GRAPHQL_RESPONSE, GRAPHQL_RESPONSE],
    [`${GRAPHQL_RESPONSE};q=0.1, application/json;q=0.2`, JSON_TYPE],
    [`application/json;q=0.1, ${GRAPHQL_RESPONSE};q=0.2`, GRAPHQL_RESPONSE],
    [`application/json;q=0, ${GRAPHQL_RESPONSE}`, GRAPHQL_RESPONSE],
    ['text/event-stream;q=0.1, application/json;q=0.2', JSON_TYPE],
    ['application/json;q=0.1, text/event-stream', 'text/event-stream'],
    ['text/html;q=0.1, */*', JSON_TYPE],
  ])('answers %s in the preferred type', async (accept, type) => {
    expect(await ask(accept)).toMatchObject({ status: 200, type, body: expect.stringContaining('hello world') })
  })

  it.each(['application/json;q=0', 'image/png', '*/*;q=0', `application/json;q=0, ${GRAPHQL_RESPONSE};q=0`])(
    'runs nothing for %s',
    async accept => {
      const { status, type, body } = await ask(accept, { query: '{ bug }' })
      expect([status, type]).toEqual([406, JSON_TYPE])
      expect(JSON.parse(body).errors[0].extensions.code).toBe('BAD_REQUEST')
    },
  )

  it('answers a query that is not valid with 400 where the client knows the newer type, and prefers it', async () => {
    const invalid = { query: '{ nope }' }
    expect(await ask(`application/json;q=0, ${GRAPHQL_RESPONSE}`, invalid)).toMatchObject({ status: 400 })
    expect(await ask(`application/json;q=0.5, ${GRAPHQL_RESPONSE}`, invalid)).toMatchObject({ status: 400 })
    expect(await ask(`application/json, ${GRAPHQL_RESPONSE};q=0.5`, invalid)).toMatchObject({ status: 200 })
  })

  it.each([
    [401, { authorization: 'Bearer nobody' }, {}],
    [413, {}, { bodyLimit: 10 }],
    [415, { 'content-type': 'text/plain' }, {}],
    [431, { authorization: 'x'.repeat(9000) }, {}],
    [503, {}, { readiness: { ...alwaysReady, opened: false, reason: () => Promise.resolve('migrations') } }],
  ])('says %i in the type that the client prefers', async (status, headers, options) => {
    const app = sampleServer(options)
    for (const [accept, type] of [
      [`${GRAPHQL_RESPONSE},application/json;q=0.9`, GRAPHQL_RESPONSE],
      [`${GRAPHQL_RESPONSE};q=0.5,application/json`, JSON_TYPE],
      ['*/*', JSON_TYPE],
      ['text/event-stream', JSON_TYPE],
    ] as const) {
      const answer = await ask(accept, { app, ...headers })
      expect(answer).toMatchObject({ status, type })
      expect(JSON.parse(answer.body).errors[0].extensions.code).toMatch(/^[A-Z_]+$/)
    }
  })

  it.each([
    ['a path that cannot be decoded', '/graphql/%zz', 400],
    ['a path that is not there', '/graphql/nowhere', 404],
  ])('says the same of %s', async (_, url, status) => {
    const { statusCode, headers } = await sampleServer().inject({ url, headers: { accept: GRAPHQL_RESPONSE } })
    expect([statusCode, headers['content-type']]).toEqual([status, `${GRAPHQL_RESPONSE}; charset=utf-8`])
  })
})

describe('the HTTP API', () => {
  it('has one type of errors, and answers whatever is accepted', async () => {
    const headers = { accept: `${GRAPHQL_RESPONSE}, text/html`, authorization: 'Bearer nobody' }
    const { statusCode, headers: answered } = await sampleServer().inject({
      method: 'POST',
      url: '/siren/v1/event/org-created',
      headers,
    })
    expect([statusCode, answered['content-type']]).toEqual([401, 'application/json; charset=utf-8'])
  })
})
