import { describe, expect, test, vi } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, INTEGRATION, testGateway } from '../support/gateway.ts'
import { answered } from '../support/plans.ts'

vi.mock('../../src/graphql/compile.ts', async load => {
  const { watched } = await import('../support/plans.ts')
  return watched(await load<typeof import('../../src/graphql/compile.ts')>())
})

const database = await testDatabase('small')

interface Operation {
  readonly query: string
  readonly variables?: Record<string, unknown>
  /** What has no plan: left to the executor. */
  readonly interpreted?: true
}

const ENGAGEMENT = `fragment Parts on Engagement { id databaseId score status dateCreated dateModified collaboratorName programName
  opportunityId programId collaboratorId }`
const engagement = btoa('Engagement:7')

/** A name for each operation, so that a failure says what differs. */
const BATTERY: Record<string, Operation> = {
  'the viewer': {
    query: '{ viewer { role organization { databaseId name dateCreated } collaborator { id name email } } }',
  },
  'a list with every scalar': { query: `{ engagements(first: 30) { nodes { ...Parts } } } ${ENGAGEMENT}` },
  'edges, cursors and where the page stands': {
    query:
      '{ engagements(first: 7) { edges { cursor node { databaseId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }',
  },
  'object links': {
    query:
      '{ engagements(first: 20) { nodes { collaborator { name email } program { name } opportunity { databaseId } } } }',
  },
  'a link to and fro': {
    query:
      '{ collaborators(first: 4) { nodes { engagements(first: 3) { nodes { collaborator { name engagements(first: 2) { nodes { score } } } } } } } }',
  },
  'a plain list': {
    query: '{ engagements(first: 40) { nodes { conversions { databaseId status type score obligation { value } } } } }',
  },
  'a feed': {
    query:
      '{ notes(sourceType: COLLABORATOR, sourceId: 1, first: 30) { nodes { id content renderedContent sourceData sources { sourceType sourceId } creationSource creationSourceId dateCreated } totalCount } }',
  },
  'a feed, newest first, from its end': {
    query:
      '{ notes(sourceType: PROGRAM, order: DESC, last: 9) { nodes { databaseId renderedContent } pageInfo { hasPreviousPage } } }',
  },
  positions: {
    query:
      '{ notes(sourceType: COLLABORATOR, sourceId: 1, first: 9) { nodes { a: position(sourceType: COLLABORATOR, sourceId: 1) d: position(sourceType: COLLABORATOR, sourceId: 1, order: DESC) p: position(sourceType: PAYOUT, sourceId: 1) } } }',
  },
  'feeds of many records': {
    query: '{ engagements(first: 10) { nodes { notes(first: 3) { totalCount nodes { renderedContent } } } } }',
  },
  'a filter': {
    query:
      '{ engagements(filter: { status: [ACTIVE, PENDING], score: { min: 50 } }, first: 10) { nodes { databaseId status score } totalCount } }',
  },
  'a filter of several ids, coerced from one and from many': {
    query:
      '{ a: engagements(filter: { collaboratorId: 1 }) { totalCount } b: engagements(filter: { collaboratorId: [1, 2] }, first: 5) { nodes { databaseId } totalCount } }',
  },
  'a filter as a variable': {
    query:
      'query ($filter: EngagementFilter) { engagements(filter: $filter, first: 5) { nodes { databaseId } totalCount } }',
    variables: { filter: { status: 'COMPLETE', dateCreated: { from: '2025-03-01T00:00:00Z' } } },
  },
  'a date range with an offset': {
    query: 'query ($from: DateTime) { engagements(filter: { dateCreated: { from: $from } }) { totalCount } }',
    variables: { from: '2025-06-01T02:00:00+02:00' },
  },
  'an order as a variable': {
    query:
      'query ($orderBy: EngagementOrder!) { engagements(orderBy: $orderBy, first: 9) { nodes { databaseId score } } }',
    variables: { orderBy: { field: 'SCORE', direction: 'ASC' } },
  },
  'an order with its defaults': {
    query: 'query ($orderBy: EngagementOrder) { engagements(orderBy: $orderBy, first: 9) { nodes { databaseId } } }',
    variables: { orderBy: {} },
  },
  'a size with a default, absent': {
    query: 'query ($first: Int = 3) { engagements(first: $first) { nodes { databaseId } } }',
  },
  'a size with a default, given': {
    query: 'query ($first: Int = 3) { engagements(first: $first) { nodes { databaseId } } }',
    variables: { first: 5 },
  },
  'a size with a default, null': {
    query: 'query ($first: Int = 3) { engagements(first: $first) { nodes { databaseId } } }',
    variables: { first: null },
  },
  'an enum with a default': {
    query:
      'query ($order: SortOrder! = DESC, $type: NoteSourceType! = PAYOUT) { notes(sourceType: $type, order: $order, first: 4) { nodes { databaseId content } } }',
  },
  'a variable nested in a literal': {
    query: 'query ($id: SafeInt!) { engagements(filter: { programId: [$id, 2] }, first: 4) { nodes { programId } } }',
    variables: { id: 1 },
  },
  aliases: {
    query:
      '{ best: engagements(orderBy: { field: SCORE }, first: 1) { nodes { s: score n: collaboratorName } } worst: engagements(orderBy: { field: SCORE, direction: ASC }, first: 1) { nodes { s: score } } }',
  },
  'aliases that JavaScript takes for a promise': {
    query:
      '{ then: viewer { then: role } engagements(first: 3) { then: nodes { then: score collaborator { then: name } } edges { then: cursor node { then: id } } } }',
  },
  'the same where there is no plan': {
    query: `{ then: node(id: "${engagement}") { then: id ... on Engagement { collaborator { then: name } } } }`,
    interpreted: true,
  },
  'aliases of one field with several arguments below a list': {
    query:
      '{ programs(first: 3) { nodes { a: engagements(first: 1) { nodes { databaseId } } b: engagements(last: 1) { nodes { databaseId } } c: engagements(filter: { status: ACTIVE }) { totalCount } } } }',
  },
  'fragments in fragments': {
    query: `{ engagements(first: 5) { ...Page } } fragment Page on EngagementConnection { nodes { ...Parts ...More } }
      fragment More on Engagement { collaborator { ...Who } } fragment Who on Collaborator { name status } ${ENGAGEMENT}`,
  },
  'inline fragments': {
    query:
      '{ engagements(first: 5) { ... { totalCount } ... on EngagementConnection { nodes { ... on Node { id } ... on Engagement { score } } } } }',
  },
  'one field in several places, merged': {
    query:
      '{ engagements(first: 5) { nodes { score } } engagements(first: 5) { nodes { status collaborator { name } collaborator { email } } } }',
  },
  '@skip and @include': {
    query:
      'query ($yes: Boolean!, $no: Boolean = false) { engagements(first: 5) { totalCount @include(if: $no) nodes { databaseId score @skip(if: $yes) status @include(if: $yes) collaborator @skip(if: $no) { name } } } }',
    variables: { yes: true },
  },
  '@include of a fragment': {
    query: `query ($whole: Boolean!) { engagements(first: 5) { nodes { databaseId ...Parts @include(if: $whole) ... @skip(if: $whole) { program { name } } } } } ${ENGAGEMENT}`,
    variables: { whole: false },
  },
  '@skip with the other choice': {
    query: `query ($whole: Boolean!) { engagements(first: 5) { nodes { databaseId ...Parts @include(if: $whole) ... @skip(if: $whole) { program { name } } } } } ${ENGAGEMENT}`,
    variables: { whole: true },
  },
  __typename: {
    query:
      '{ __typename viewer { __typename } engagements(first: 2) { __typename nodes { __typename collaborator { __typename } } } }',
  },
  'a node': {
    query: `query ($id: ID!) { node(id: $id) { __typename id ... on Engagement { ...Parts } ... on Note { content } } } ${ENGAGEMENT}`,
    variables: { id: engagement },
    interpreted: true,
  },
  'a node of each type': {
    query: `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Engagement { collaboratorName } ... on Collaborator { name } ... on Note { renderedContent }
      ... on Program { name } ... on Opportunity { dateCreated } ... on Transaction { totalValue currency } ... on Conversion { score }
      ... on Obligation { awardType } ... on Payout { datePaid } ... on Fulfillment { dateModified } ... on Distribution { triggerDate } ... on Distributor { revenuePercentage } ... on Allocation { value } ... on LineItem { name } } }`,
    variables: {
      ids: [
        'Engagement',
        'Collaborator',
        'Note',
        'Program',
        'Opportunity',
        'Transaction',
        'Conversion',
        'Obligation',
        'Payout',
        'Fulfillment',
        'Distribution',
        'Distributor',
        'Allocation',
        'LineItem',
        'Nothing',
      ].map(type => btoa(`${type}:2`)),
    },
    interpreted: true,
  },
  'a node that there is not': { query: `{ node(id: "${btoa('Engagement:999999')}") { id } }`, interpreted: true },
  'look-ups, by both kinds of id, and of nothing': {
    query: `{ a: engagement(id: 7) { ...Parts } b: engagement(id: "7") { score } c: engagement(id: "${engagement}") { score } d: engagement(id: 999999) { score } e: program(id: "${engagement}") { name } } ${ENGAGEMENT}`,
  },
  'every lookup': {
    query: `{ collaborator(id: 1) { name aliases { type code } programs { name } } program(id: 1) { name engagementTypes { type value engagementType { available } } }
      opportunity(id: 2) { status userId mergedInto { id } } transaction(id: 1) { totalValue currency lineItems { name value quantity } originalTransaction { id } }
      conversion(id: 1) { score engagement { score } } obligation(id: 1) { value conversion { id } payout { value } } payout(id: 1) { value fulfillment { status } }
      fulfillment(id: 1) { status } distribution(id: 1) { value distributor { name } } distributor(id: 1) { name revenuePercentage } note(id: 1) { renderedContent } }`,
  },
  'every list': {
    query: `{ collaborators(first: 2) { totalCount nodes { name } } programs(first: 2) { totalCount nodes { name activeConversionTypes transactionPercent } } opportunities(first: 2) { totalCount nodes { status } }
      transactions(first: 2) { totalCount nodes { source } } conversions(first: 2) { totalCount nodes { type } } obligations(first: 2) { totalCount nodes { value } } payouts(first: 2) { totalCount nodes { value } }
      fulfillments(first: 2) { totalCount nodes { status } } distributions(first: 2) { totalCount nodes { value allocations { nodes { value } } } } distributors(first: 2) { totalCount nodes { name } } }`,
  },
  'lists of lists': {
    query:
      '{ fulfillments(first: 3) { nodes { payouts(first: 3) { nodes { obligations(first: 3) { nodes { conversion { engagement { collaboratorName } } } totalCount } } } } } }',
  },
  bindings: {
    query:
      'query ($o: SafeInt!, $p: SafeInt!) { bindings(opportunityId: $o, programId: $p) { databaseId collaboratorName } newestBinding(opportunityId: $o, programId: $p) { id } oldestEngagement(opportunityId: $o, programId: $p) { id } activeEngagementCount(opportunityId: $o, programId: $p) }',
    variables: { o: 2, p: 1 },
  },
  'bindings, ordered and limited': {
    query:
      '{ bindings(opportunityId: 2, programId: 1, orderBy: SCORE, order: DESC, limit: 2) { score } activeEngagement(collaboratorId: 1, programId: 1, opportunityId: 2) { id } }',
  },
  'engagement types': {
    query:
      '{ engagementTypes { id name description available } a: engagementTypes(available: false) { id } engagementType(id: "manual") { name } }',
  },
  blueprints: { query: '{ noteBlueprints { key template description } }' },
  'a note filter': {
    query:
      'query ($filter: NoteFilter) { notes(sourceType: ENGAGEMENT, filter: $filter, first: 5) { nodes { content dateCreated } totalCount } }',
    variables: {
      filter: { content: ['engagement_awarded', 'conversion_awarded'], dateCreated: { to: '2026-06-01T00:00:00Z' } },
    },
  },
  'an empty page': {
    query: '{ engagements(first: 0) { nodes { id } edges { cursor } pageInfo { hasNextPage endCursor } totalCount } }',
  },
  'an empty list': {
    query: '{ engagements(filter: { ids: [] }) { nodes { id } pageInfo { hasNextPage startCursor } totalCount } }',
  },
  'two operations': { query: 'query A { viewer { role } }' },
  'introspection of a type': { query: '{ __type(name: "Engagement") { name fields { name type { name kind } } } }' },
  'an error for its size': { query: '{ viewer { role } engagements(first: 101) { nodes { id } } }' },
  'an error for both ends': { query: '{ engagements(first: 1, last: 1) { nodes { id } } }' },
  'an error for a cursor': { query: '{ engagements(after: "nonsense") { nodes { id } } }' },
  'an error for an id': { query: '{ engagement(id: "nonsense") { id } viewer { role } }' },
  'an error below a list': {
    query: '{ collaborators(first: 2) { nodes { name engagements(first: 101) { totalCount } } } }',
  },
  'an unknown field': { query: '{ engagements { nodes { points } } }' },
  'a variable of another type': {
    query: 'query ($first: Int) { engagements(first: $first) { totalCount } }',
    variables: { first: 'three' },
  },
  'a text that is no query': { query: '{ engagements(' },
}

const gateway = testGateway(database)

test('the battery is large', () => {
  expect(Object.keys(BATTERY).length).toBeGreaterThanOrEqual(40)
})

describe.each([
  ['an administrator', ADMINISTRATOR],
  ['a collaborator', COLLABORATOR],
] as const)('asked by %s', (_, viewer) => {
  test.each(Object.entries(BATTERY))(
    '%s is answered alike both ways, interpreted and compiled',
    async (__, operation) => {
      const { query, variables } = operation
      // a document of its own for each viewer and way: its first run is interpreted
      const ask = (way: 'direct' | 'yoga') =>
        gateway.query(viewer, `${query} #${viewer.role[0]}${way[0]}`, variables, way)
      const [first, ...others] = [await ask('direct'), await ask('yoga'), await ask('direct'), await ask('yoga')]
      for (const other of others) {
        expect(other.text).toBe(first?.text)
        expect(other.status).toBe(first?.status)
      }
      if (!/error|no query|unknown|another type/.test(__)) expect(first?.body.errors).toBeUndefined()
    },
  )
})

test.each(Object.entries(BATTERY).filter(([name]) => !/error|no query|unknown|another type|introspection/.test(name)))(
  '%s runs compiled from its second run, unless there is no plan for it',
  async (name, { query, variables, interpreted }) => {
    const text = `${query} # is it compiled? ${name}`
    answered.length = 0
    for (let run = 0; run < 4; run++) await gateway.query(ADMINISTRATOR, text, variables)
    expect(answered).toEqual(interpreted ? [] : Array(3).fill({ data: expect.anything() }))
  },
)

test('what is answered under the name then is the data', async () => {
  for (let run = 0; run < 3; run++) {
    const { text } = await gateway.query(ADMINISTRATOR, '{ then: viewer { then: role } } # then')
    expect(text).toBe('{"data":{"then":{"then":"ADMINISTRATOR"}}}')
  }
})

test('an integration is refused alike both ways', async () => {
  const answers = []
  for (const way of ['direct', 'yoga', 'direct', 'yoga'] as const) {
    answers.push(await gateway.query(INTEGRATION, '{ engagements { totalCount } }', undefined, way))
  }
  expect(new Set(answers.map(answer => answer.text)).size).toBe(1)
})
