import { parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { amountWith, MAX_NODES, mostNodes } from '../../src/graphql/node-limit.ts'
import { schema } from '../../src/graphql/schema.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, testGateway } from '../support/gateway.ts'
import { recordSql } from '../support/sql-recorder.ts'

const recorder = recordSql(await testDatabase('small'))
const gateway = testGateway(recorder.database)

/** How many nodes a query can return at most. */
const most = (query: string, variables: Record<string, unknown> = {}): number => {
  const document = parse(query)
  const [operation] = document.definitions
  return amountWith(mostNodes(schema, document, operation as never), variables)
}

describe('a query counts the nodes that it could return', () => {
  test.each<[query: string, expected: number, variables?: Record<string, unknown>]>([
    ['{ viewer { role } }', 1],
    ['{ viewer { organization { name } collaborator { name } } }', 3],
    ['{ engagement(id: 1) { collaborator { name } program { name } } }', 3],
    ['{ engagements { nodes { score } } }', 20],
    ['{ engagements { totalCount pageInfo { hasNextPage } } }', 0],
    ['{ engagements(first: 7) { nodes { score } } }', 7],
    ['{ engagements(last: 7) { edges { cursor node { score } } } }', 7],
    ['{ engagements(first: 0) { nodes { score notes(first: 100) { nodes { id } } } } }', 0],
    ['{ engagements(first: 7) { nodes { score } edges { node { score } } } }', 14],
    [
      '{ engagements(first: 10) { nodes { collaborator { name } notes(first: 5) { nodes { sources { sourceId } } } } } }',
      70,
    ],
    ['{ a: engagements(first: 1) { nodes { score } } b: engagements(first: 2) { nodes { score } } }', 3],
    ['{ engagements(first: 3) { nodes { score } } engagements(first: 3) { nodes { status program { name } } } }', 6],
    ['{ engagements(first: 3) { ...F ...F nodes { id } } } fragment F on EngagementConnection { nodes { id } }', 3],
    ['{ transactions(first: 10) { nodes { lineItems { name } } } }', 210],
    ['{ bindings(opportunityId: 1, programId: 1) { score } }', 20],
    ['{ bindings(opportunityId: 1, programId: 1, limit: 500) { score } }', 500],
    ['query ($n: PositiveInt) { bindings(opportunityId: 1, programId: 1, limit: $n) { score } }', 500, { n: 500 }],
    ['{ nodes(ids: ["a", "b", "c"]) { id } }', 3],
    ['{ nodes(ids: "a") { id } }', 1],
    ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', 2, { ids: ['a', 'b'] }],
    ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', 1, { ids: 'a' }],
    ['query ($id: ID!) { nodes(ids: ["a", $id]) { id } }', 2, { id: 'b' }],
    // of the types that a node may have, the largest counts
    [
      '{ node(id: "a") { ... on Program { engagements(first: 9) { nodes { id } } } ... on Engagement { notes(first: 4) { nodes { id } } } } }',
      10,
    ],
    ['{ node(id: "a") { id ... on Node { id } } }', 1],
    ['query ($n: Int) { engagements(first: $n) { nodes { id } } }', 9, { n: 9 }],
    ['query ($n: Int) { engagements(first: $n) { nodes { id } } }', 20],
    ['query ($n: Int) { engagements(first: $n) { nodes { id } } }', 20, { n: null }],
    ['query ($n: Int = 4) { engagements(first: $n) { nodes { id } } }', 4],
    ['query ($n: Int = 4) { engagements(first: $n) { nodes { id notes(last: $n) { nodes { id } } } } }', 90, { n: 9 }],
    // what is no size is refused by the field, and counts as if it were one
    ['{ engagements(first: 1000000) { nodes { id } } }', 100],
    ['query ($n: Int) { engagements(first: $n) { nodes { id } } }', 0, { n: -5 }],
    ['query ($n: Int) { engagements(first: $n) { nodes { id } } }', 20, { n: 'ten' }],
    ['{ __schema { types { fields { type { name } } } } __typename }', 0],
  ])('%s', (query, expected, variables) => {
    expect(most(query, variables)).toBe(expected)
  })
})

const nested = (levels: number, first: number | string): string =>
  levels === 0 ? 'id' : `collaborator { engagements(first: ${first}) { nodes { ${nested(levels - 1, first)} } } }`
const FOUR_LEVELS = `{ engagements(first: 100) { nodes { ${nested(3, 100)} } } }`

const refused = { errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] }

describe('a query that could return more than 100,000 nodes is refused before it runs', () => {
  test('a short one, whichever way and however often it is asked', async () => {
    expect(most(FOUR_LEVELS)).toBeGreaterThan(MAX_NODES)
    const statements = await recorder.during(async () => {
      for (const way of ['direct', 'yoga', 'direct', 'yoga'] as const) {
        const { status, body } = await gateway.query(ADMINISTRATOR, FOUR_LEVELS, undefined, way)
        expect(body).toMatchObject(refused)
        expect(body.data).toBeUndefined()
        expect(body.errors?.[0]?.message).toMatch(/^Expected a query that returns at most 100000 nodes, received one/)
        expect(status).toBe(200) // as of every well-formed request over plain JSON
      }
    })
    expect(statements).toEqual([])
  })

  test('by its variables, compiled or not', async () => {
    const query = `query ($n: Int) { engagements(first: $n) { nodes { id ${nested(2, '$n')} } } }`
    const few = await gateway.query(ADMINISTRATOR, query, { n: 2 })
    expect(few.body.errors).toBeUndefined()
    for (let run = 0; run < 3; run++) {
      expect((await gateway.query(ADMINISTRATOR, query, { n: 100 })).body).toMatchObject(refused)
      expect((await gateway.query(ADMINISTRATOR, query, { n: 2 })).text).toBe(few.text)
    }
  })

  test('by the default of a variable', async () => {
    const query = `query ($n: Int = 100) { engagements(first: $n) { nodes { id ${nested(2, '$n')} } } }`
    for (let run = 0; run < 3; run++) expect((await gateway.query(ADMINISTRATOR, query)).body).toMatchObject(refused)
    expect((await gateway.query(ADMINISTRATOR, query, { n: 1 })).body.errors).toBeUndefined()
  })

  test('of several operations the one that is asked for', async () => {
    const query = `query Few { viewer { role } } query Many ${FOUR_LEVELS}`
    const ask = (operationName: string) => gateway.send(ADMINISTRATOR, 'POST', '/graphql', { query, operationName })
    for (let run = 0; run < 3; run++) {
      expect((await ask('Few')).body).toEqual({ data: { viewer: { role: 'ADMINISTRATOR' } } })
      expect((await ask('Many')).body).toMatchObject(refused)
    }
  })

  test('through fragments that double at every level, at once', async () => {
    const fragments = Array.from(
      { length: 40 },
      (_, i) =>
        `fragment F${i} on Engagement { a: collaborator { engagements(first: 1) { nodes { ...F${i + 1} } } } b: collaborator { engagements(first: 1) { nodes { ...F${i + 1} } } } }`,
    )
    const query = `{ engagement(id: 1) { ...F0 } } ${fragments.join(' ')} fragment F40 on Engagement { id }`
    for (let run = 0; run < 3; run++) expect((await gateway.query(ADMINISTRATOR, query)).body).toMatchObject(refused)
  })
})

test('a page of 100 with feeds and everything that they are made of is not refused', async () => {
  const query = `{ engagements(first: 100) { nodes { id collaboratorName programName collaborator { id } program { id } opportunity { id }
    conversions { id obligations { id } } notes(first: 100) { totalCount nodes { id renderedContent sources { sourceId } } } } } }`
  expect(most(query)).toBeLessThanOrEqual(MAX_NODES)
})
