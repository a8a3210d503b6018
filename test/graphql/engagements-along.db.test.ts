import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { statement } from '../../src/database/sql.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, testGateway } from '../support/gateway.ts'
import { insertEngagement, insertOpportunity } from '../support/rows.ts'
import { recordSql } from '../support/sql-recorder.ts'
import { objectType, wholeSelection } from '../support/whole-selection.ts'

// Of an opportunity that is looked up, the page of its engagements that is asked for comes in the opportunity's own
// statement. Under a condition it comes by itself: it has to be the same.

const recorder = recordSql(await testDatabase('small'))
const gateway = testGateway(recorder.database)
const { sql } = recorder.database
const collaboratorId = 1

const one = async (text: string): Promise<number> => {
  const [row] = await sql.rows(statement<{ id: number }>(`select (${text}) as id`), [])
  return row?.id as number
}
const engagedMost = (more: string) =>
  one(
    `select opportunity_id from engagement where organization_id = 1 group by opportunity_id having ${more} order by count(*) desc, 1 limit 1`,
  )
// with a collaborator's engagements among others, with others' alone, without any, merged, no such one, of another organization
const shared = await engagedMost(`bool_or(collaborator_id = ${collaboratorId})`)
const foreign = await engagedMost(`not bool_or(collaborator_id = ${collaboratorId})`)
const without = await insertOpportunity(sql, { organizationId: 1 })
const merged = await insertOpportunity(sql, { organizationId: 1, status: 'inactive', mergedIntoId: shared })
const unknown = 4_000_000
const others = await one('select min(id) from opportunity where organization_id <> 1')

// one that the collaborator has several engagements on, so that its pages are several
const busy = await insertOpportunity(sql, { organizationId: 1 })
const programs = (
  await sql.rows(statement<{ id: number }>('select id from program where organization_id = 1 order by id limit 5'), [])
).map(({ id }) => id)
for (const [i, programId] of programs.entries())
  for (const of of [collaboratorId, 2])
    await insertEngagement(sql, { organizationId: 1, opportunityId: busy, programId, collaboratorId: of, score: i % 2 })

const OPPORTUNITIES = { shared, foreign, without, merged, unknown, others, busy }

const ENGAGEMENT = wholeSelection(objectType('Engagement'), 1, {
  'Note.position': `(sourceType: COLLABORATOR, sourceId: ${collaboratorId})`,
})
const OPPORTUNITY = 'id databaseId status userId mergedInto { id } dateCreated dateModified'
const page = (fields: string) =>
  `nodes { ${fields} } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount`

const isAlong = ({ text }: { text: string }) => text.includes('"owner.id"')
const isPage = ({ text }: { text: string }) => / as "score"/.test(text) || /from "engagement" t .* limit /.test(text)

const NOBODY: Viewer = { role: 'integration', organizationId: 1, scopes: [] }
const INTEGRATION: Viewer = { role: 'integration', organizationId: 1, scopes: ['records'] }
const NEWCOMER: Viewer = { role: 'collaborator', organizationId: 1, collaboratorId: 4_000_000 }
const ELSEWHERE: Viewer = { role: 'collaborator', organizationId: 2, collaboratorId }

describe.each([
  ['an administrator', ADMINISTRATOR],
  ['an integration that reads', INTEGRATION],
  ['a collaborator', COLLABORATOR],
  ['a collaborator that nobody is', NEWCOMER],
  ['a collaborator of another organization', ELSEWHERE],
] as const)('to %s', (_, viewer) => {
  const ask = asking(gateway, viewer)

  /** The engagements of an opportunity, read along and by themselves; the second run reads no more than is asked for. */
  const both = async (args: string, fields: string, id: number, of = OPPORTUNITY) => {
    const answers = []
    for (const condition of ['', '@include(if: true)'])
      for (const _ of [1, 2])
        answers.push(await ask(`{ opportunity(id: ${id}) { ${of} engagements${args} ${condition} { ${fields} } } }`))
    return answers
  }

  test.each([
    '',
    '(first: 0)',
    '(first: 2)',
    '(first: 3)',
    '(last: 2)',
    '(first: 100)',
    '(orderBy: { field: SCORE })',
    '(last: 2, orderBy: { field: DATE_MODIFIED, direction: ASC })',
    '(filter: { status: [ACTIVE, COMPLETE] })',
    '(filter: { score: { min: 1 }, dateCreated: { from: "2000-01-01T00:00:00Z" } })',
    `(filter: { collaboratorId: [2], programId: [${programs}] })`,
    '(filter: { ids: [] })',
  ])('engagements%s are those that are read by themselves', async args => {
    for (const [name, id] of Object.entries(OPPORTUNITIES))
      for (const fields of [page(ENGAGEMENT), page('collaboratorName program { name }'), 'pageInfo { endCursor }']) {
        const [along, ...rest] = await both(args, fields, id)
        for (const other of rest) expect(other, `${name} ${fields}`).toEqual(along)
      }
  })

  test('they come along in the first of these, and in no other', async () => {
    const statements = await recorder.during(() => both('', 'nodes { id }', busy))
    expect(statements.filter(isAlong)).toHaveLength(2)
  })

  test('whatever is asked for of the opportunity, it is the same', async () => {
    for (const of of ['id', 'status', 'dateCreated userId', 'mergedInto { status }', '__typename'])
      for (const id of [busy, merged, without]) {
        const [along, ...rest] = await both('(first: 3)', 'nodes { score }', id, of)
        for (const other of rest) expect(other, of).toEqual(along)
      }
  })

  test('page by page, forwards and backwards', async () => {
    const next = async (args: string) => {
      const [along, ...rest] = await both(args, `nodes { id } pageInfo { startCursor endCursor }`, busy)
      for (const other of rest) expect(other, args).toEqual(along)
      return along.opportunity?.engagements
    }
    for (const order of ['', ', orderBy: { field: SCORE, direction: ASC }']) {
      let read = await next(`(first: 2${order})`)
      for (let i = 0; i < 3 && read?.pageInfo.endCursor; i++)
        read = await next(`(first: 2, after: "${read.pageInfo.endCursor}"${order})`)
      read = await next(`(last: 2${order})`)
      for (let i = 0; i < 3 && read?.pageInfo.startCursor; i++)
        read = await next(`(last: 2, before: "${read.pageInfo.startCursor}"${order})`)
    }
  })
})

test('there is something to see of these, and something not', async () => {
  const seen = (viewer: Viewer) =>
    Promise.all(
      Object.values(OPPORTUNITIES).map(async id => {
        const { opportunity } = await asking(
          gateway,
          viewer,
        )(`{ opportunity(id: ${id}) { engagements { nodes { collaboratorId } } } }`)
        return opportunity?.engagements.nodes.map((node: { collaboratorId: number }) => node.collaboratorId)
      }),
    )
  const [all, own] = [await seen(ADMINISTRATOR), await seen(COLLABORATOR)]
  const lengths = (lists: unknown[][]) => lists.map(list => list?.length)
  const [ofShared, ofForeign] = lengths(all) as [number, number]
  expect(ofShared).toBeGreaterThan(1)
  expect(ofForeign).toBeGreaterThan(0)
  expect(lengths(all)).toEqual([ofShared, ofForeign, 0, 0, undefined, undefined, 10])
  expect(lengths(own)).toEqual([expect.any(Number), ...Array(5).fill(undefined), 5])
  expect(new Set(own.flat())).toEqual(new Set([collaboratorId, undefined]))
  expect(await seen(NEWCOMER)).toEqual(Array(7).fill(undefined))
})

test('to a key that may not read, nothing is read', async () => {
  const query = `{ opportunity(id: ${busy}) { engagements { nodes { id } } } }`
  const statements = await recorder.during(async () => {
    for (const _ of [1, 2]) expect((await gateway.query(NOBODY, query)).body.errors).toHaveLength(1)
  })
  expect(statements).toEqual([])
})

describe('where the engagements are selected', () => {
  const ask = asking(gateway, ADMINISTRATOR)
  const list = 'engagements(first: 20) { nodes { id score } }'
  const statementsOf = (query: string, variables?: Record<string, unknown>) =>
    recorder.during(() => ask(query, variables))
  const opportunity = `opportunity(id: ${busy})`

  test.each([
    ['in nodes', `{ ${opportunity} { status ${list} } }`],
    ['in edges', `{ ${opportunity} { engagements { edges { node { id } } } } }`],
    ['in a cursor alone', `{ ${opportunity} { engagements { edges { cursor } } } }`],
    ['in the place of the page alone', `{ ${opportunity} { engagements { pageInfo { hasNextPage } } } }`],
    ['in a fragment', `{ ${opportunity} { ...F } } fragment F on Opportunity { ... { ${list} } }`],
    ['under an alias', `{ it: ${opportunity} { mine: ${list} } }`],
    [
      'with names and notes',
      `{ ${opportunity} { status engagements(first: 20) { nodes { score program { name } collaborator { name } notes(first: 5, order: DESC) { nodes { content dateCreated } } } } } }`,
    ],
    ['with the opportunity below them', `{ ${opportunity} { engagements { nodes { opportunity { status } } } } }`],
    ['of an opportunity without any', `{ opportunity(id: ${without}) { ${list} } }`],
    ['of none', `{ opportunity(id: ${unknown}) { ${list} } }`],
    ['of several opportunities', `{ a: ${opportunity} { ${list} } b: opportunity(id: ${shared}) { ${list} } }`],
    ['of one opportunity twice', `{ a: ${opportunity} { ${list} } b: ${opportunity} { ${list} } }`],
  ])('%s, they come along', async (_, query) => {
    await ask(query)
    expect((await statementsOf(query)).map(isAlong)).toEqual([true])
  })

  test('and counted besides, they come along', async () => {
    const statements = await statementsOf(`{ ${opportunity} { engagements { totalCount nodes { id } } } }`)
    expect(statements.map(isAlong)).toEqual([true, false])
    expect(statements[1]?.text).toContain('count(*)')
  })

  test('several opportunities have each its own', async () => {
    const lookups = (condition = '') =>
      Object.entries(OPPORTUNITIES).map(
        ([name, id]) =>
          `${name}: opportunity(id: ${id}) { databaseId engagements(first: 4) ${condition} { nodes { id opportunityId } pageInfo { hasNextPage } } }`,
      )
    const query = `{ ${lookups().join(' ')} }`
    const apart = await ask(`{ ${lookups('@skip(if: false)').join(' ')} }`)
    for (const _ of [1, 2]) {
      expect((await statementsOf(query)).map(isAlong)).toEqual([true])
      expect(await ask(query)).toEqual(apart)
    }
    expect(apart).toMatchObject({ without: { engagements: { nodes: [] } }, unknown: null, others: null })
  })

  test('of different sizes, they come along with each', async () => {
    const query = `{ a: ${opportunity} { ${list} } b: ${opportunity} { engagements(last: 3) { nodes { id } } } }`
    expect((await statementsOf(query)).map(isAlong)).toEqual([true, true])
    const { a, b } = await ask(query)
    expect(b.engagements.nodes).toEqual(a.engagements.nodes.slice(-3).map(({ id }: { id: string }) => ({ id })))
  })

  test('with variables, they come along as they are', async () => {
    const query = `query ($id: ID!, $first: Int, $filter: EngagementFilter, $orderBy: EngagementOrder) {
      opportunity(id: $id) { engagements(first: $first, filter: $filter, orderBy: $orderBy) { nodes { databaseId score } } } }`
    const read = async (variables: Record<string, unknown>) => {
      const asked = { id: busy, ...variables }
      for (const _ of [1, 2, 3]) expect((await statementsOf(query, asked)).map(isAlong)).toEqual([true])
      return (await ask(query, asked)).opportunity.engagements.nodes as { databaseId: number; score: number }[]
    }
    const all = await read({})
    expect(all).toHaveLength(10)
    expect(await read({ first: 3 })).toEqual(all.slice(0, 3))
    expect(await read({ orderBy: { direction: 'ASC' } })).toEqual(all.toReversed())
    const filter = { score: { max: 1, min: 1 }, collaboratorId: [2, 1], dateCreated: { from: '2000-01-01T00:00:00Z' } }
    expect(await read({ filter, first: 5 })).toEqual(all.filter(({ score }) => score === 1).slice(0, 5))
    // inside a literal
    const inside = `query ($min: SafeInt) { ${opportunity} { engagements(filter: { score: { min: $min } }) { nodes { databaseId score } } } }`
    for (const min of [0, 1, 2]) {
      expect((await statementsOf(inside, { min })).map(isAlong)).toEqual([true])
      const { nodes } = (await ask(inside, { min })).opportunity.engagements
      expect(nodes).toEqual(all.filter(({ score }) => score >= min))
    }
  })

  test('under a condition, they are read when it holds, and only then', async () => {
    const query = `query ($yes: Boolean!) { ${opportunity} { status engagements @include(if: $yes) { nodes { id } } } }`
    for (const _ of [1, 2, 3])
      for (const yes of [true, false]) {
        const statements = await statementsOf(query, { yes })
        expect(statements.map(isAlong)).toEqual(yes ? [false, false] : [false])
      }
  })

  test.each([
    ['for their number alone', `{ ${opportunity} { engagements { totalCount } } }`],
    ['for nothing', `{ ${opportunity} { engagements { __typename } } }`],
    ['not at all', `{ ${opportunity} { status } }`],
    ['of what lies below', `{ ${opportunity} { transactions { nodes { opportunity { ${list} } } } } }`],
  ])('%s, they are not read along', async (_, query) => {
    const statements = await statementsOf(query)
    expect(statements.filter(isAlong)).toEqual([])
    if (!query.includes('transactions')) expect(statements.filter(isPage)).toEqual([])
  })

  test.each([
    ['in a fragment under a condition', `{ ${opportunity} { ... @skip(if: false) { ${list} } } }`],
    ['with nodes under a condition', `{ ${opportunity} { engagements { nodes @include(if: true) { id } } } }`],
    ['twice', `{ ${opportunity} { ${list} b: engagements(first: 1) { nodes { id } } } }`],
    ['in several opportunities', `{ opportunities(first: 2) { nodes { ${list} } } }`],
    ['of a node', `{ node(id: "${btoa(`Opportunity:${busy}`)}") { ... on Opportunity { ${list} } } }`],
    ['of an engagement', `{ engagements(first: 2) { nodes { opportunity { ${list} } } } }`],
  ])('%s, they are read by themselves', async (_, query) => {
    const statements = await statementsOf(query)
    expect(statements.filter(isAlong)).toEqual([])
    expect(statements.filter(isPage).length).toBeGreaterThan(0)
  })

  test.each([
    'first: 101',
    'first: -1',
    'first: 1, last: 1',
    'after: "x"',
    'filter: { ids: ["x"] }',
    `filter: { programId: [${Array(1001).fill(1)}] }`,
  ])('wrongly, as %s, that is said of them, where there is an opportunity', async args => {
    const answer = async (id: number) =>
      (await gateway.query(ADMINISTRATOR, `{ opportunity(id: ${id}) { engagements(${args}) { nodes { id } } } }`)).body
    for (const _ of [1, 2, 3]) {
      const { errors } = await answer(busy)
      expect(errors).toMatchObject([{ path: ['opportunity', 'engagements'], extensions: { code: 'BAD_USER_INPUT' } }])
      expect(await answer(unknown)).toEqual({ data: { opportunity: null } })
    }
  })

  test('wrongly by a variable, that is said of them', async () => {
    const query = `query ($first: Int) { ${opportunity} { engagements(first: $first) { nodes { id } } } }`
    for (const first of [1, 101, 1, 101]) {
      const { errors } = (await gateway.query(ADMINISTRATOR, query, { first })).body
      expect(errors?.map(({ path }) => path)).toEqual(first === 1 ? undefined : [['opportunity', 'engagements']])
    }
  })

  test('in a fragment that is merged with more elsewhere, it is the same', async () => {
    const query = `{
      a: ${opportunity} { ...F }
      b: ${opportunity} { ...F engagements(first: 20) { nodes { collaboratorName programName notes { nodes { id } } } } }
    } fragment F on Opportunity { ${list} }`
    for (const _ of [1, 2]) {
      const { a, b } = await ask(query)
      expect(b).toMatchObject(a)
      expect(JSON.stringify(b)).toContain('"programName":')
    }
  })

  test('and with more under a condition, they are the same', async () => {
    const query = `query ($yes: Boolean!) { ${opportunity} {
      ${list} engagements(first: 20) @include(if: $yes) { nodes { collaboratorName notes(first: 1) { nodes { id } } } }
    } }`
    const more = 'engagements(first: 20) { nodes { id score collaboratorName notes(first: 1) { nodes { id } } } }'
    const expected = [await ask(`{ ${opportunity} { ${list} } }`), await ask(`{ ${opportunity} { ${more} } }`)]
    for (const yes of [false, true, false, true]) {
      expect(await ask(query, { yes })).toEqual(expected[Number(yes)])
      expect((await statementsOf(query, { yes })).filter(isPage).map(isAlong)).toEqual([true])
    }
  })

  test('and seen by others before, they are to each viewer its own', async () => {
    const query = `{ ${opportunity} { engagements { nodes { collaboratorId } } } }`
    const read = async (viewer: Viewer) =>
      (await asking(gateway, viewer)(query)).opportunity?.engagements.nodes.map(
        (node: { collaboratorId: number }) => node.collaboratorId,
      )
    for (const _ of [1, 2, 3]) {
      expect(new Set(await read(ADMINISTRATOR))).toEqual(new Set([1, 2]))
      expect(new Set(await read(COLLABORATOR))).toEqual(new Set([1]))
      expect(new Set(await read({ role: 'collaborator', organizationId: 1, collaboratorId: 2 }))).toEqual(new Set([2]))
      expect(await read(NEWCOMER)).toBeUndefined()
    }
  })
})
