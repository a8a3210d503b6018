import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { analyze, insertHundredOfEverything } from '../support/hundred-of-everything.ts'
import { type RecordedStatement, recordSql } from '../support/sql-recorder.ts'
import {
  connectionsOf,
  type DemandedArguments,
  objectType,
  objectTypes,
  plainListsOf,
  wholeSelection,
} from '../support/whole-selection.ts'

const recorder = recordSql(await testDatabase())
const { sql } = recorder.database
const gateway = testGateway(recorder.database)
const hundred = await insertHundredOfEverything(sql)
await analyze(sql)

const { organizationId, collaboratorId } = hundred
const VIEWERS = {
  administrator: { role: 'administrator', organizationId },
  collaborator: { role: 'collaborator', organizationId, collaboratorId },
} as const satisfies Record<string, Viewer>
type Role = keyof typeof VIEWERS

const query = objectType('Query')
const demanded: DemandedArguments = {
  'Note.position': `(sourceType: COLLABORATOR, sourceId: ${collaboratorId})`,
}

/** Arguments that a list at the root demands besides the size. */
const ROOT_ARGUMENTS: Readonly<Record<string, string>> = { notes: 'sourceType: COLLABORATOR, ' }
/** A list, and a query for so many of it: `$first` rows with everything they have. */
interface List {
  readonly name: string
  readonly text: string
}

const page = (node: Parameters<typeof wholeSelection>[0], depth: number) =>
  `totalCount pageInfo { hasNextPage endCursor } edges { cursor node { ${wholeSelection(node, depth, demanded)} } }`

const ROOTS: List[] = connectionsOf(query).map(({ name, node }) => ({
  name: `Query.${name}`,
  text: `query ($first: Int!) { ${name}(${ROOT_ARGUMENTS[name] ?? ''}first: $first) { ${page(node, 1)} } }`,
}))

const NESTED = connectionsOf(query).flatMap(({ name: root, node: parent }) =>
  connectionsOf(parent).map(({ name, node }) => ({ root, parent, name, node })),
)

/** Few rows of each of many lists. */
const OF_MANY: List[] = NESTED.map(({ root, parent, name, node }) => ({
  name: `${parent.name}.${name} of many`,
  text: `query ($first: Int!) { ${root}(first: $first) { nodes { ${name}(first: 2) { ${page(node, 1)} } } } }`,
}))

/** Many rows of one list. */
const LONG: List[] = NESTED.map(({ root, parent, name, node }) => ({
  name: `${parent.name}.${name}, long`,
  text: `query ($first: Int!) { ${root}(filter: { ids: ["${hundred.hubId}"] }) { nodes { ${name}(first: $first) { ${page(node, 1)} } } } }`,
}))

const PLAIN: List[] = [
  {
    name: 'Query.bindings',
    text: `query ($first: PositiveInt!) { bindings(opportunityId: ${hundred.opportunityId}, programId: ${hundred.programId}, limit: $first) { ${wholeSelection(objectType('Engagement'), 1, demanded)} } }`,
  },
  {
    name: 'Query.opportunity with its engagements',
    text: `query ($first: Int!) { opportunity(id: ${hundred.hubId}) { databaseId status userId engagements(first: $first) { ${page(objectType('Engagement'), 1)} } } }`,
  },
]

const LISTS = [...ROOTS, ...OF_MANY, ...LONG, ...PLAIN]

const NODES = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Engagement { ${wholeSelection(objectType('Engagement'), 1, demanded)} } } }`
const nodeIds = (first: number) => Array.from({ length: first }, (_, n) => btoa(`Engagement:${hundred.hubId + n}`))

/** A statement's text, whatever size of page it was written for. */
const normalised = ({ text }: RecordedStatement) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/ limit \d+\b/g, ' limit n')
    // one id is not asked for as a list of one
    .replace(/ = any\((\$\d+)::bigint\[\]\)/g, ' = $1::bigint')

/** What a query costs: the statements that it sends, those that go together in any order; and the rows that it answers. */
const costOf = async (role: Role, text: string, variables: Record<string, unknown> = {}) => {
  const ask = asking(gateway, VIEWERS[role])
  await ask(text, variables) // it is from the second time on that no more is read than is asked for
  let data: unknown
  const recorded = await recorder.during(async () => {
    data = await ask(text, variables)
  })
  return { statements: recorded.map(normalised).sort(), rows: rowsIn(data) }
}

const statementsOf = async (...args: Parameters<typeof costOf>): Promise<string[]> => (await costOf(...args)).statements

/** How long the longest list of records in an answer is. */
const rowsIn = (data: unknown): number =>
  typeof data !== 'object' || data === null
    ? 0
    : Math.max(
        Array.isArray(data) ? data.length : 0,
        ...Object.entries(data).map(([name, value]) => (name === 'sources' ? 0 : rowsIn(value))),
      )

test('the lists of the schema are those that are looked at here', () => {
  const reached = new Set(NESTED.map(({ parent, name }) => `${parent.name}.${name}`))
  for (const type of objectTypes()) {
    if (type === query) continue
    for (const { name } of connectionsOf(type)) expect(reached).toContain(`${type.name}.${name}`)
  }
  // those without a connection come whole, with every row of a list: they are in the selections
  expect(plainListsOf(query)).toEqual(['bindings', 'engagementTypes', 'nodes', 'noteBlueprints'])
  expect(ROOTS).toHaveLength(12)
  for (const list of ['conversions', 'programs', 'aliases', 'engagementTypes', 'lineItems', 'sources']) {
    const texts = ROOTS.map(each => each.text).join()
    expect(texts).toContain(` ${list} {`)
  }
})

describe.each(['administrator', 'collaborator'] as const)('to a viewer in the role of %s', role => {
  test('the lists are long, and of many collaborators and programs', async () => {
    const { engagements } = await asking(
      gateway,
      VIEWERS[role],
    )('{ engagements(first: 100) { totalCount nodes { collaboratorId programId } } }')
    const different = (of: string) => new Set(engagements.nodes.map((node: Record<string, unknown>) => node[of])).size
    expect(engagements.totalCount).toBeGreaterThanOrEqual(100)
    expect(different('collaboratorId')).toBe(role === 'administrator' ? 100 : 1)
    expect(different('programId')).toBe(100)
  })

  test.each(LISTS)('$name: one row and a hundred cost the same statements', async ({ text }) => {
    const one = await costOf(role, text, { first: 1 })
    const twenty = await costOf(role, text, { first: 20 })
    // the same document a third time: by now it is compiled
    const all = await costOf(role, text, { first: 100 })
    expect(twenty.statements).toEqual(one.statements)
    expect(all.statements).toEqual(one.statements)
    if (role === 'administrator') expect([twenty.rows, all.rows]).toEqual([20, 100])
  })

  test('an engagement and its names are one statement', async () => {
    const text = `{ engagement(id: "${hundred.hubId}") { databaseId collaboratorName programName } }`
    expect(await asking(gateway, VIEWERS[role])(text)).toMatchObject({ engagement: { databaseId: hundred.hubId } })
    expect(await statementsOf(role, text)).toHaveLength(1)
  })

  test('any number of nodes of one type costs the same statements', async () => {
    const one = await statementsOf(role, NODES, { ids: nodeIds(1) })
    expect(await statementsOf(role, NODES, { ids: nodeIds(20) })).toEqual(one)
    expect(await statementsOf(role, NODES, { ids: nodeIds(100) })).toEqual(one)
  })

  test('these are the statements', async () => {
    const lists: string[] = []
    const texts = new Map<string, string>()
    for (const { name, text } of [...LISTS, { name: 'Query.nodes', text: NODES }]) {
      const names = (await statementsOf(role, text, { first: 1, ids: nodeIds(1) })).map(each => {
        const short = createHash('sha256').update(each).digest('hex').slice(0, 6)
        texts.set(short, each)
        return short
      })
      lists.push(`-- ${name}: ${names.join(' ')}`)
    }
    const statements = [...texts]
      .sort(([, a], [, b]) => (a < b ? -1 : 1))
      .map(([name, text]) => `\n-- ${name}\n${text};`)
    const snapshot = `-- What each list costs, with everything selected.\n${[...lists, ...statements].join('\n')}\n`
    await expect(snapshot).toMatchFileSnapshot(`./__snapshots__/statements.${role}.sql`)
  })
})

describe('what is not selected', () => {
  const pageOf = (list: string) => new RegExp(`^select t\\..* from \\(select t\\.\\* from "${list}"`)
  const counted = /^select (t\.\w+ as partition, )?count\(\*\)/

  test.each(connectionsOf(query))('$name: a count is made only when it is asked for', async ({ name }) => {
    const args = ROOT_ARGUMENTS[name] ?? ''
    const plain = await statementsOf('administrator', `{ ${name}(${args}first: 5) { nodes { databaseId } } }`)
    expect(plain).toHaveLength(1)
    expect(plain[0]).not.toMatch(counted)
    const both = await statementsOf('administrator', `{ ${name}(${args}first: 5) { totalCount nodes { databaseId } } }`)
    expect(both).toHaveLength(2)
    expect(both.filter(text => counted.test(text))).toHaveLength(1)
  })

  test.each(connectionsOf(query))('$name: a count alone costs no page', async ({ name }) => {
    const args = ROOT_ARGUMENTS[name] ?? ''
    const texts = await statementsOf('administrator', `{ ${name}(${args}first: 5) { totalCount } }`)
    expect(texts).toEqual([expect.stringMatching(counted)])
  })

  test.each(NESTED)(
    '$parent.name.$name: counts alone cost one statement for all, and no pages',
    async ({ root, name }) => {
      const args = ROOT_ARGUMENTS[root] ?? ''
      const texts = await statementsOf(
        'administrator',
        `{ ${root}(${args}first: 50) { nodes { ${name} { totalCount } } } }`,
      )
      expect(texts).toHaveLength(2)
      expect(texts.filter(text => /\bcount\(\*\)/.test(text))).toHaveLength(1)
    },
  )

  test('a connection of which nothing but its type is asked costs nothing', async () => {
    expect(
      await statementsOf('administrator', '{ engagements { __typename } notes(sourceType: PAYOUT) { __typename } }'),
    ).toEqual([])
  })

  test('edges, nodes, and where the page stands are one statement together', async () => {
    const text =
      '{ engagements(first: 5) { edges { cursor node { id } } nodes { score } pageInfo { hasNextPage endCursor } } }'
    expect(await statementsOf('administrator', text)).toEqual([expect.stringMatching(pageOf('engagement'))])
  })

  test('an engagement list with its names is one statement, and joins nothing when they are not asked for', async () => {
    const named = '{ engagements(first: 100) { nodes { score collaboratorName programName } } }'
    const [joined, ...others] = await statementsOf('collaborator', named)
    expect(others).toEqual([])
    expect(joined).toMatch(/ join .*collaborator.* join .*program/)
    const [versioned, ...more] = await statementsOf('administrator', named)
    expect(more).toEqual([])
    expect(versioned).toContain('names_version')
    expect(versioned).not.toContain(' join ')
    const [plain, ...none] = await statementsOf('administrator', '{ engagements(first: 100) { nodes { score } } }')
    expect(none).toEqual([])
    expect(plain).not.toMatch(/ join |names_version/)
  })

  test('names that are not kept yet cost as many statements for one row as for a hundred', async () => {
    const cost = async (text: string) => {
      const costs: number[] = []
      for (const first of [1, 100]) {
        const ask = asking(testGateway(recorder.database), VIEWERS.administrator)
        costs.push((await recorder.during(() => ask(text, { first }))).length)
      }
      return costs
    }
    const list = (fields: string) => `query ($first: Int!) { engagements(first: $first) { nodes { ${fields} } } }`
    expect(await cost(list('collaboratorName programName'))).toEqual([3, 3])
    expect(await cost(list('collaborator { name } program { name }'))).toEqual([3, 3])
    const feed = 'query ($first: Int!) { notes(sourceType: COLLABORATOR, first: $first) { nodes { renderedContent } } }'
    expect(await cost(feed)).toEqual([2, 2])
  })

  test('a name that comes with the list serves the collaborator below as well', async () => {
    const list = (below: string) =>
      `{ engagements(first: 100) { nodes { collaboratorName collaborator { ${below} } program { name } } } }`
    expect(await statementsOf('administrator', list('name'))).toHaveLength(1)
    expect(await statementsOf('administrator', list('name email'))).toHaveLength(2)
    // a program that is not the viewer's has a name to show all the same
    expect(await statementsOf('collaborator', list('name'))).toHaveLength(3)
  })

  test('engagement lists of many records bring their names in one statement too', async () => {
    const text =
      '{ programs(first: 100) { nodes { engagements(first: 3) { nodes { collaboratorName programName } } } } }'
    expect(await statementsOf('administrator', text)).toHaveLength(2)
  })

  test('a feed is one statement, with its texts and its sources; to a viewer whose names are not kept, two', async () => {
    const feed = (fields: string) => `{ notes(sourceType: COLLABORATOR, first: 100) { nodes { ${fields} } } }`
    expect(await statementsOf('administrator', feed('content dateCreated'))).toHaveLength(1)
    expect(await statementsOf('administrator', feed('sources { sourceType sourceId }'))).toHaveLength(1)
    const texts = feed('renderedContent sourceData sources { sourceId }')
    expect(await statementsOf('administrator', feed('renderedContent'))).toHaveLength(1)
    expect(await statementsOf('administrator', texts)).toHaveLength(1)
    expect(await statementsOf('collaborator', texts)).toHaveLength(2)
    const position = `position(sourceType: COLLABORATOR, sourceId: ${collaboratorId})`
    expect(await statementsOf('administrator', feed(`${position}`))).toHaveLength(2)
    const [plain] = await statementsOf('administrator', feed('content'))
    expect(plain).not.toContain('data')
  })

  test('what @skip and @include leave out costs nothing', async () => {
    const text = `query ($yes: Boolean!) { engagements(first: 5) { totalCount @skip(if: $yes) nodes { id opportunity @include(if: $yes) { id } program @skip(if: $yes) { id } } } }`
    const texts = await statementsOf('administrator', text, { yes: true })
    expect(texts).toHaveLength(2)
    expect(texts.join()).not.toMatch(/count\(\*\)|from "program"/)
  })

  test('an object of which only what the row has is asked costs what a look-up costs, once for all rows', async () => {
    const text =
      '{ conversions(first: 100) { nodes { collaborator { email } engagement { collaborator { email } } } } }'
    const texts = await statementsOf('administrator', text)
    expect(texts.filter(each => each.includes('from "collaborator"'))).toHaveLength(1)
  })
})
