import { getNamedType, isObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { schema } from '../../src/graphql/schema.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, testGateway } from '../support/gateway.ts'

const database = await testDatabase('small')
const gateway = testGateway(database)

/** Each list that belongs to a record, and the list of all records that it is a part of: by which of its filters. */
const NESTED: readonly (readonly [parent: string, list: string, field: string, root: string, filter: string])[] = [
  ['Collaborator', 'collaborators', 'engagements', 'engagements', 'collaboratorId'],
  ['Collaborator', 'collaborators', 'conversions', 'conversions', 'collaboratorId'],
  ['Collaborator', 'collaborators', 'obligations', 'obligations', 'collaboratorId'],
  ['Collaborator', 'collaborators', 'payouts', 'payouts', 'collaboratorId'],
  ['Program', 'programs', 'engagements', 'engagements', 'programId'],
  ['Opportunity', 'opportunities', 'engagements', 'engagements', 'opportunityId'],
  ['Opportunity', 'opportunities', 'transactions', 'transactions', 'opportunityId'],
  ['Transaction', 'transactions', 'conversions', 'conversions', 'transactionId'],
  ['Payout', 'payouts', 'obligations', 'obligations', 'payoutId'],
  ['Fulfillment', 'fulfillments', 'payouts', 'payouts', 'fulfillmentId'],
  ['Distributor', 'distributors', 'distributions', 'distributions', 'distributorId'],
]

/** Allocations have no list of their own at the root. */
const ALLOCATIONS = [
  ['Collaborator', 'collaborators', 'collaborator_id'],
  ['Distribution', 'distributions', 'distribution_id'],
] as const

const FEEDS = [
  ['Collaborator', 'collaborators', 'COLLABORATOR'],
  ['Conversion', 'conversions', 'CONVERSION'],
  ['Obligation', 'obligations', 'OBLIGATION'],
  ['Fulfillment', 'fulfillments', 'FULFILLMENT'],
  ['Payout', 'payouts', 'PAYOUT'],
  ['Engagement', 'engagements', 'ENGAGEMENT'],
  ['Opportunity', 'opportunities', 'OPPORTUNITY'],
  ['Transaction', 'transactions', 'TRANSACTION'],
  ['Distribution', 'distributions', 'DISTRIBUTION'],
  ['Program', 'programs', 'PROGRAM'],
  ['Distributor', 'distributors', 'DISTRIBUTOR'],
] as const

test('every list that belongs to a record is looked at here', () => {
  const found = Object.values(schema.getTypeMap()).flatMap(type =>
    isObjectType(type) && !type.name.startsWith('__') && type.name !== 'Query'
      ? Object.values(type.getFields())
          .filter(field => getNamedType(field.type).name.endsWith('Connection'))
          .map(field => `${type.name}.${field.name}`)
      : [],
  )
  const here = [
    ...NESTED.map(([parent, , field]) => `${parent}.${field}`),
    ...ALLOCATIONS.map(([parent]) => `${parent}.allocations`),
    ...FEEDS.map(([parent]) => `${parent}.notes`),
  ]
  expect(here.toSorted()).toEqual(found.toSorted())
})

interface Listed {
  nodes: { databaseId: number }[]
  totalCount: number
}

describe.each([
  ['an administrator', asking(gateway, ADMINISTRATOR)],
  ['a collaborator', asking(gateway, COLLABORATOR)],
] as const)('to %s', (who, ask) => {
  const sees = (parent: string) =>
    who === 'an administrator' || !['Fulfillment', 'Distribution', 'Distributor'].includes(parent)

  test.each(
    NESTED.filter(
      ([parent, , field]) => who === 'an administrator' || `${parent}.${field}` !== 'Opportunity.transactions',
    ),
  )('the list of a %s in %s, %s, is all %s with its %s', async (parent, list, field, root, filter) => {
    let found = 0
    const record = `${root[0]?.toUpperCase()}${root.slice(1, -1)}`
    const order = root === 'engagements' ? 'EngagementOrder' : 'RecordOrder'
    for (const orderBy of [{}, { field: 'DATE_MODIFIED', direction: 'ASC' }]) {
      const selection = 'nodes { databaseId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount'
      const data = await ask(
        `query ($orderBy: ${order}) { ${list}(first: 9, orderBy: { direction: ASC }) { nodes { databaseId ${field}(first: 3, orderBy: $orderBy) { ${selection} } } } }`,
        { orderBy },
      )
      expect(data[list].nodes.length > 0).toBe(sees(parent))
      for (const { databaseId, [field]: nested } of data[list].nodes) {
        const alone = await ask(
          `query ($filter: ${record}Filter, $orderBy: ${order}) { ${root}(filter: $filter, first: 3, orderBy: $orderBy) { ${selection} } }`,
          { filter: { [filter]: databaseId }, orderBy },
        )
        expect(nested).toEqual(alone[root])
        found += nested.nodes.length
      }
    }
    expect(found > 0).toBe(sees(parent))
  })

  test.each(ALLOCATIONS)(
    'the allocations of a %s in %s are those that SQL finds, newest first',
    async (parent, list, column) => {
      const rows = await database.sql.rows(
        statement<{ id: number; of: number; collaborator: number }>(
          `select id, ${column} as of, collaborator_id as collaborator from allocation where organization_id = 1 order by id desc`,
        ),
        [],
      )
      const data = await ask(
        `{ ${list}(first: 30) { nodes { databaseId allocations(first: 100) { nodes { databaseId } totalCount } } } }`,
      )
      expect(data[list].nodes.length > 0).toBe(sees(parent))
      for (const { databaseId, allocations } of data[list].nodes as { databaseId: number; allocations: Listed }[]) {
        const expected = rows.filter(
          row => row.of === databaseId && (who === 'an administrator' || row.collaborator === COLLABORATOR_ID),
        )
        expect(allocations.nodes.map(node => node.databaseId)).toEqual(expected.map(row => row.id))
        expect(allocations.totalCount).toBe(expected.length)
      }
    },
  )

  test.each(FEEDS)('the notes of a %s in %s are the feed of that %s', async (parent, list, sourceType) => {
    const selection = 'nodes { databaseId renderedContent } pageInfo { hasNextPage endCursor } totalCount'
    for (const args of [
      'first: 3',
      'last: 2, order: DESC, filter: { content: ["conversion_awarded", "payout_created"] }',
    ]) {
      const data = await ask(`{ ${list}(first: 6) { nodes { databaseId notes(${args}) { ${selection} } } } }`)
      expect(data[list].nodes.length > 0).toBe(sees(parent))
      for (const { databaseId, notes } of data[list].nodes) {
        const alone = await ask(
          `query ($sourceId: SafeInt) { notes(sourceType: ${sourceType}, sourceId: $sourceId, ${args}) { ${selection} } }`,
          { sourceId: databaseId },
        )
        expect(notes).toEqual(alone.notes)
      }
    }
  })
})

const COLLABORATOR_ID = 1

test('lists of several records may be asked for in several ways at once', async () => {
  const ask = asking(gateway, ADMINISTRATOR)
  const data = await ask(`{ collaborators(filter: { ids: [3, 4, 6, 7, 8] }) { nodes {
    databaseId
    active: engagements(filter: { status: ACTIVE }, first: 100) { nodes { databaseId status } totalCount }
    best: engagements(orderBy: { field: SCORE }, first: 2) { nodes { score } }
    worst: engagements(orderBy: { field: SCORE, direction: ASC }, first: 2) { nodes { score } }
    last: engagements(last: 1) { nodes { databaseId } }
    all: engagements(first: 0) { nodes { databaseId } totalCount }
  } } }`)
  for (const each of data.collaborators.nodes) {
    const { engagements } = await ask(
      `{ engagements(filter: { collaboratorId: ${each.databaseId} }, first: 100) { nodes { databaseId status score } totalCount } }`,
    )
    const scores = engagements.nodes.map((node: { score: number }) => node.score).sort((a: number, b: number) => a - b)
    const active = engagements.nodes.filter((node: { status: string }) => node.status === 'ACTIVE')
    expect(each.active.nodes.map((node: { databaseId: number }) => node.databaseId)).toEqual(
      active.map((node: { databaseId: number }) => node.databaseId),
    )
    expect(each.active.totalCount).toBe(active.length)
    expect(each.best.nodes.map((node: { score: number }) => node.score)).toEqual(scores.slice(-2).reverse())
    expect(each.worst.nodes.map((node: { score: number }) => node.score)).toEqual(scores.slice(0, 2))
    expect(each.last.nodes).toEqual(
      engagements.nodes.slice(-1).map(({ databaseId }: { databaseId: number }) => ({ databaseId })),
    )
    expect(each.all).toEqual({ nodes: [], totalCount: engagements.totalCount })
  }
})
