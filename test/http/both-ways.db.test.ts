import { getIntrospectionQuery } from 'graphql'
import { describe, expect, it } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { EXAMPLES } from '../../src/http/graphiql.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, INTEGRATION, testGateway } from '../support/gateway.ts'

const gateway = testGateway(await testDatabase('small'))

const NAMES = 'nodes { id databaseId collaboratorName programName collaborator { name } program { name status } }'
const operations: [string, string, Record<string, unknown>?][] = [
  ...EXAMPLES.map((query): [string, string] => [(query.split('\n')[0] ?? '').slice(2), query]),
  ['introspection', getIntrospectionQuery()],
  ['names and objects', `{ engagements(first: 100) { totalCount ${NAMES} edges { cursor } pageInfo { endCursor } } }`],
  ['a variable', `query ($n: Int) { engagements(first: $n) { ${NAMES} } }`, { n: 3 }],
  [
    'a filter in a variable',
    `query ($f: EngagementFilter) { engagements(filter: $f) { ${NAMES} } }`,
    { f: { collaboratorId: 1 } },
  ],
  [
    'a variable in a filter',
    `query ($c: [SafeInt!]) { engagements(filter: { collaboratorId: $c }) { ${NAMES} } }`,
    { c: 1 },
  ],
  [
    'an absent variable in a filter',
    `query ($c: [SafeInt!]) { engagements(filter: { collaboratorId: $c }) { totalCount } }`,
  ],
  ['a node', '{ node(id: "RW5nYWdlbWVudDox") { __typename id ... on Engagement { score } } }'],
  ['what is not there', '{ engagement(id: "999999999") { id } note(id: "999999999") { id renderedContent } }'],
  ['a malformed id', '{ engagement(id: "what?") { id } }'],
  ['a malformed id beside data', '{ viewer { role } engagement(id: "what?") { id } }'],
  ['a page that is too large', '{ engagements(first: 101) { totalCount } }'],
  ['a page from both ends', '{ engagements(first: 1, last: 1) { totalCount } }'],
  ['a malformed cursor', '{ engagements(after: "nowhere") { totalCount } }'],
  ['a date that is none', '{ engagements(filter: { dateCreated: { from: "yesterday" } }) { totalCount } }'],
  [
    'a date in a variable that is none',
    'query ($d: DateTime) { engagements(filter: { dateCreated: { from: $d } }) { totalCount } }',
    { d: 'yesterday' },
  ],
  ['a limit of nothing', '{ bindings(opportunityId: 1, programId: 1, limit: 0) { id } }'],
  ['an unknown status', '{ engagements(filter: { status: DONE }) { totalCount } }'],
  ['an unknown field', '{ engagements { nope } }'],
]

const viewers: Record<string, Viewer> = {
  administrator: ADMINISTRATOR,
  collaborator: COLLABORATOR,
  integration: INTEGRATION,
}

describe.each(Object.entries(viewers))('for an %s', (_, viewer) => {
  it.each(operations)('both ways answer alike, compiled or not: %s', async (_name, query, variables) => {
    const { text, status } = await gateway.query(viewer, query, variables, 'yoga')
    for (const way of ['direct', 'direct', 'direct', 'yoga'] as const)
      expect(await gateway.query(viewer, query, variables, way)).toMatchObject({ status, text })
    expect(text).not.toContain('INTERNAL_SERVER_ERROR')
  })
})
