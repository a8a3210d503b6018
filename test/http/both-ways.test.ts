import type { FastifyInstance } from 'fastify'
import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { compile } from '../../src/graphql/compile.ts'
import { answered } from '../support/plans.ts'
import { sampleServer } from './sample.ts'

vi.mock('../../src/graphql/compile.ts', async load => {
  const { watched } = await import('../support/plans.ts')
  return watched(await load<typeof import('../../src/graphql/compile.ts')>())
})

interface Operation {
  query: string
  variables?: Record<string, unknown>
  operationName?: string | null
  extensions?: Record<string, unknown>
  key?: string
}

/** A name for each operation, so that a failure says what differs. */
const battery: Record<string, Operation> = {
  'a scalar': { query: '{ hello }' },
  'an argument': { query: '{ hello(name: "you") }' },
  'an explicit null for an argument with a default': { query: '{ hello(name: null) }' },
  aliases: { query: '{ a: hello b: hello(name: "b") c: things { d: id } }' },
  '__typename at the root': { query: '{ __typename }' },
  '__typename below': { query: '{ things { __typename id } }' },
  'a list with async fields': { query: '{ things { id name later next { id next { id } } } }' },
  'a field twice': { query: '{ things { id } things { name } }' },
  'a named operation': { query: 'query One { hello }', operationName: 'One' },
  'one operation of two': { query: 'query One { hello } query Two { things { id } }', operationName: 'Two' },
  'the other operation of two': { query: 'query One { hello } query Two { things { id } }', operationName: 'One' },
  'no choice between two operations': { query: 'query One { hello } query Two { things { id } }' },
  'an unknown operation': { query: 'query One { hello }', operationName: 'Three' },
  'an empty operation name': { query: '{ hello }', operationName: '' },
  'a null operation name': { query: '{ hello }', operationName: null },
  'only a fragment': { query: 'fragment F on Query { hello }' },
  fragments: {
    query:
      '{ ...F things { ...G } } fragment F on Query { hello } fragment G on Thing { id ...H } fragment H on Thing { later }',
  },
  'an inline fragment': { query: '{ ... { hello } ... on Query { time } }' },
  '@skip and @include': {
    query:
      'query ($yes: Boolean!, $no: Boolean!) { a: hello @skip(if: $yes) b: hello @skip(if: $no) c: hello @include(if: $yes) d: hello @include(if: $no) }',
    variables: { yes: true, no: false },
  },
  '@include of a fragment': {
    query:
      'query ($yes: Boolean!) { things { id ... @include(if: $yes) { name } ...F @skip(if: $yes) } } fragment F on Thing { later }',
    variables: { yes: true },
  },
  '@include with a default': { query: 'query ($yes: Boolean = false) { hello time @include(if: $yes) }' },
  '@include of null': {
    query: 'query ($yes: Boolean = false) { hello time @include(if: $yes) }',
    variables: { yes: null },
  },
  '@include of more of the same': {
    query:
      'query ($yes: Boolean!) { things { id next { id } ...F @include(if: $yes) } } fragment F on Thing { id name next { name ...G } } fragment G on Thing { later }',
    variables: { yes: true },
  },
  '@skip of more of the same': {
    query:
      'query ($yes: Boolean!) { things { id next { id } ...F @skip(if: $yes) } } fragment F on Thing { id name next { name } }',
    variables: { yes: true },
  },
  '@include before what comes later': {
    query:
      'query ($yes: Boolean!) { things { later id @include(if: $yes) name } more: things @include(if: $yes) { later id next { later id } } hello }',
    variables: { yes: true },
  },
  '@include twice under one condition': {
    query: 'query ($yes: Boolean!) { a: hello @include(if: $yes) ... @include(if: $yes) { a: hello } }',
    variables: { yes: true },
  },
  '@skip and @include together': {
    query: 'query ($yes: Boolean!, $no: Boolean!) { time hello @include(if: $yes) @skip(if: $no) }',
    variables: { yes: true, no: false },
  },
  'a literal @skip and @include': {
    query: '{ hello @skip(if: true) time @include(if: true) things @include(if: false) { id } }',
  },
  'a variable that JavaScript has a meaning for': {
    query: 'query ($__proto__: Boolean!) { hello time @include(if: $__proto__) }',
    variables: JSON.parse('{ "__proto__": false }'),
  },
  'a variable': { query: 'query ($name: String) { hello(name: $name) }', variables: { name: 'V' } },
  'an absent variable': { query: 'query ($name: String) { hello(name: $name) }' },
  'a null variable': { query: 'query ($name: String) { hello(name: $name) }', variables: { name: null } },
  'a default, absent': { query: 'query ($name: String = "D") { hello(name: $name) }' },
  'a default, null': { query: 'query ($name: String = "D") { hello(name: $name) }', variables: { name: null } },
  'a default, given': { query: 'query ($name: String = "D") { hello(name: $name) }', variables: { name: 'G' } },
  'variables nobody declared': { query: '{ hello }', variables: { name: 'V' } },
  extensions: { query: '{ hello }', extensions: { some: 'thing' } },
  'every scalar': {
    query:
      '{ echo(int: 1, id: 2, safe: 3000000000, positive: 1, at: "2026-01-02T03:04:05.678Z", json: {a: [1, {b: null}]}, flag: true, list: [1, 2]) }',
  },
  'an id given as a number': { query: 'query ($id: ID!) { thing(id: $id) { id } }', variables: { id: 2 } },
  'one value for a list': { query: '{ echo(list: 5, filter: {ids: "1"}) }' },
  'one value for a list in a variable': {
    query: 'query ($f: Filter) { echo(filter: $f) }',
    variables: { f: { ids: 4 } },
  },
  enums: { query: '{ a: echo(colour: RED) b: echo }' },
  'an enum variable': { query: 'query ($c: Colour) { echo(colour: $c) }', variables: { c: 'RED' } },
  'an enum variable that is absent': { query: 'query ($c: Colour) { echo(colour: $c) }' },
  'a variable inside an object': {
    query: 'query ($min: SafeInt) { echo(filter: {range: {min: $min}}) }',
    variables: { min: 4 },
  },
  'an absent variable inside an object': { query: 'query ($min: SafeInt) { echo(filter: {range: {min: $min}}) }' },
  'a variable inside a list': { query: 'query ($n: Int) { echo(list: [1, $n]) }', variables: { n: 2 } },
  'an absent variable inside a list': { query: 'query ($n: Int) { echo(list: [1, $n]) }' },
  'an input default': { query: 'query ($f: Filter) { echo(filter: $f) }', variables: { f: { range: {} } } },
  oneOf: { query: 'query ($c: Choice) { echo(choice: $c) }', variables: { c: { one: 1 } } },
  'oneOf with two': { query: 'query ($c: Choice) { echo(choice: $c) }', variables: { c: { one: 1, other: 'x' } } },
  'oneOf with none': { query: '{ echo(choice: {}) }' },
  'a missing record': { query: '{ thing(id: "9") { id later } }' },
  'an interface': { query: '{ named { __typename name ... on Thing { id later } } }' },
  'a union': { query: '{ either { __typename ... on Thing { id } ... on Other { colour } } }' },
  introspection: { query: getIntrospectionQuery() },
  'one type': { query: '{ __type(name: "Thing") { name kind fields { name type { name kind ofType { name } } } } }' },
  'an unknown type': { query: 'query ($n: String!) { __type(name: $n) { name } }', variables: { n: 'Nothing' } },
  'the viewer': { query: '{ viewer }', key: 'collaborator' },
  'a date': { query: '{ time }' },

  'an empty document': { query: '' },
  'a comment': { query: '# nothing' },
  'a syntax error': { query: '{ hello' },
  'another syntax error': { query: '{ hello(name: ) }' },
  'an unknown field': { query: '{ helo }' },
  'two unknown fields': { query: '{ helo things { nam } }' },
  'an unknown argument': { query: '{ hello(nam: "x") }' },
  'no selection': { query: '{ things }' },
  'an undeclared variable': { query: '{ hello(name: $name) }' },
  'an unused variable': { query: 'query ($name: String) { hello }' },
  'an unknown fragment': { query: '{ ...F }' },
  'a fragment in a circle': { query: '{ ...F } fragment F on Query { ...F }' },
  'a literal of the wrong type': { query: '{ echo(int: "x") }' },
  'an unknown enum value': { query: '{ echo(colour: GREEN) }' },
  'a literal that a scalar refuses': { query: '{ echo(at: "yesterday") }' },
  'another literal that a scalar refuses': { query: '{ echo(positive: 0) }' },
  'a missing argument': { query: '{ thing { id } }' },
  'a mutation': { query: 'mutation { hello }' },
  'a subscription': { query: 'subscription { hello }' },
  'a missing variable': { query: 'query ($id: ID!) { thing(id: $id) { id } }' },
  'a null for a variable that is not nullable': {
    query: 'query ($id: ID!) { thing(id: $id) { id } }',
    variables: { id: null },
  },
  'a variable of the wrong type': { query: 'query ($id: ID!) { thing(id: $id) { id } }', variables: { id: { a: 1 } } },
  'a variable that a scalar refuses': {
    query: 'query ($at: DateTime) { echo(at: $at) }',
    variables: { at: 'yesterday' },
  },
  'an unsafe integer': { query: 'query ($n: SafeInt) { echo(safe: $n) }', variables: { n: 2 ** 60 } },
  'an unknown field of an input': { query: 'query ($f: Filter) { echo(filter: $f) }', variables: { f: { nope: 1 } } },
  'sixty bad variables': {
    query: `query (${Array.from({ length: 60 }, (_, i) => `$v${i}: Int!`).join(' ')}) { ${Array.from({ length: 60 }, (_, i) => `a${i}: echo(int: $v${i})`).join(' ')} }`,
  },
  'a null where an argument has a default': {
    query: 'query ($n: Int = 3) { echo(needed: $n) }',
    variables: { n: null },
  },

  'a bug': { query: '{ bug }' },
  'a bug beside data': { query: '{ hello bug }' },
  'a bug in each row': { query: '{ things { id fails } }' },
  'a bug that voids': { query: '{ hello things { id failsNonNull } }' },
  'a null that voids everything': { query: '{ hello voided }' },
  'a thrown text': { query: '{ thrownText }' },
  'a GraphQL error without a code': { query: '{ uncodedGraphql }' },
  'a GraphQL error with a code': { query: '{ hello coded }' },
  'invalid input': { query: '{ hello invalid }' },
  'not found': { query: '{ missing }' },
  'an unreachable database': { query: '{ hello unreachable }' },
  'a statement that takes too long': { query: '{ timedOut }' },
  'a value of the wrong type': { query: '{ wrongType }' },
  'no list': { query: '{ list { id } }' },

  'an integration that introspects': { query: '{ __schema { queryType { name } } __typename }', key: 'integration' },
  'an integration that reads': { query: '{ hello }', key: 'integration' },
  'an integration that reads through fragments': {
    query: '{ __typename ...F } fragment F on Query { ... { ...G } } fragment G on Query { hello }',
    key: 'integration',
  },
  'an integration that skips': { query: '{ __typename hello @skip(if: true) }', key: 'integration' },
}

describe('the direct way and Yoga’s own', () => {
  let app: FastifyInstance
  beforeAll(async () => {
    app = sampleServer()
    await app.ready()
  })
  afterAll(() => app.close())

  const ask = async ({ key = 'admin', ...body }: Operation, accept?: string) => {
    const {
      statusCode,
      body: text,
      headers,
    } = await app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...(accept && { accept }) },
      payload: JSON.stringify(body),
    })
    return { status: statusCode, type: headers['content-type'], text, body: JSON.parse(text) }
  }

  for (const [name, operation] of Object.entries(battery))
    it(`answer ${name} alike, however often it is asked`, async () => {
      const indirect = await ask(operation, INDIRECT)
      for (let run = 1; run <= 4; run++) expect(await ask(operation)).toStrictEqual(indirect)
      expect(await ask(operation, INDIRECT)).toStrictEqual(indirect)
      for (const error of indirect.body.errors ?? []) {
        expect(CODES).toContain(error.extensions.code)
        expect(JSON.stringify(error)).not.toMatch(/secret_table|hidden|10\.0\.0\.7|internal detail|stack/)
      }
    })

  it('run the only operation where its name is empty, as by GET', async () => {
    const query = 'query Only { hello } # empty name'
    for (const accept of [undefined, INDIRECT, undefined])
      expect((await ask({ query, operationName: '' }, accept)).body).toEqual({ data: { hello: 'hello world' } })
    const byGet = await app.inject({
      url: `/graphql?query=${encodeURIComponent(query)}&operationName=`,
      headers: { authorization: 'Bearer admin' },
    })
    expect(byGet.json()).toEqual({ data: { hello: 'hello world' } })
    const { body: of } = await ask({ query: 'query One { hello } query Two { hello }', operationName: '' })
    expect(of.errors[0].extensions.code).toBe('BAD_REQUEST')
  })

  it.each([
    ['application/json', 200],
    ['application/graphql-response+json', 400],
  ])('say over %s that a query that is sent by its hash alone has to be sent whole', async (accept, status) => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } }
    const headers = { authorization: 'Bearer admin', accept }
    const expected = {
      errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
    }
    const url = `/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}`
    for (const response of [
      await app.inject({ method: 'POST', url: '/graphql', headers, payload: { extensions, operationName: 'Only' } }),
      await app.inject({ method: 'POST', url: '/graphql', headers, payload: { query: null, extensions } }),
      await app.inject({ url, headers }),
    ]) {
      expect(response.json()).toEqual(expected)
      expect(response.statusCode).toBe(status)
    }
    for (let run = 0; run < 3; run++)
      expect((await ask({ query: '{ hello } # whole', extensions }, accept)).body).toEqual({
        data: { hello: 'hello world' },
      })
  })

  it('answer alike whichever is first', async () => {
    const direct = await ask({ query: '{ things { id name later } } # direct first' })
    const indirect = await ask({ query: '{ things { id name later } } # indirect first' }, INDIRECT)
    expect(direct).toStrictEqual(indirect)
  })

  it('compile from the second run on, for each operation once', async () => {
    const runs = async (query: string, operationName?: string) => {
      const counts: number[] = []
      for (const accept of [undefined, INDIRECT, undefined, INDIRECT]) {
        vi.mocked(compile).mockClear()
        await ask({ query, ...(operationName && { operationName }) }, accept)
        counts.push(vi.mocked(compile).mock.calls.length)
      }
      return counts
    }
    expect(await runs('{ things { id } } # compiled')).toEqual([0, 1, 0, 0])
    expect(await runs('query A { hello } query B { time }', 'A')).toEqual([0, 1, 0, 0])
    expect(await runs('query A { hello } query B { time }', 'B')).toEqual([1, 0, 0, 0])
  })

  it.each([
    ['what is deep', `{ things ${'{ next '.repeat(30)}{ id }${' }'.repeat(30)} }`],
    ['what is long', `{ ${Array.from({ length: 300 }, (_, i) => `a${i}: hello`).join(' ')} }`],
    [
      'what grows',
      `{ things { ...F0 } } ${Array.from({ length: 12 }, (_, i) => `fragment F${i} on Thing { a: next { ...F${i + 1} } b: next { ...F${i + 1} } }`).join(' ')} fragment F12 on Thing { id }`,
    ],
  ])('never compile %s', async (_, query) => {
    vi.mocked(compile).mockClear()
    for (let run = 0; run < 4; run++) expect((await ask({ query })).body.errors).toBeUndefined()
    expect(compile).not.toHaveBeenCalled()
  })

  it.each([
    ['an abstract type', '{ named { name } }'],
    ['a type that is looked at', '{ __type(name: "Thing") { name } }'],
    ['a field under two conditions', 'query ($yes: Boolean!) { hello @include(if: $yes) hello @skip(if: $yes) }'],
    ['a field under a condition, and without', 'query ($yes: Boolean!) { hello @include(if: $yes) hello }'],
    [
      'a fragment under a condition, and without',
      'query ($yes: Boolean!) { ...F @skip(if: $yes) ...F } fragment F on Query { hello }',
    ],
    ['a key that JavaScript has a meaning for', '{ __proto__: hello }'],
  ])('have no plan for %s', async (_, query) => {
    answered.length = 0
    const variables = { yes: true }
    for (let run = 0; run < 4; run++) {
      const { body } = await ask({ query, variables })
      expect(body.errors).toBeUndefined()
      if (query.includes('hello')) expect(Object.values(body.data)).toEqual(['hello world'])
    }
    expect(answered).toEqual([])
  })

  it('run what has no errors in it by plan', async () => {
    const unplanned = []
    for (const [name, operation] of Object.entries(battery)) {
      const query = `${operation.query} # planned ${name}`
      answered.length = 0
      let hasErrors = false
      for (let run = 0; run < 3; run++) hasErrors = (await ask({ ...operation, query })).body.errors !== undefined
      if (
        !hasErrors &&
        operation.key !== 'integration' &&
        !(answered.length === 2 && answered.every(answer => answer !== undefined))
      )
        unplanned.push(name)
      if (hasErrors) expect(answered.every(answer => answer === undefined)).toBe(true)
    }
    expect(unplanned).toEqual(['an interface', 'a union', 'introspection', 'one type', 'an unknown type'])
  })
})

const INDIRECT = 'application/json, */*;q=0.9'

const CODES = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'QUERY_TOO_COMPLEX',
  'RATE_LIMITED',
  'SERVICE_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
]
