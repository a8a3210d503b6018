import { type GraphQLObjectType, getNamedType, isObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { schema } from '../../src/graphql/schema.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, testGateway } from '../support/gateway.ts'

const { sql } = await testDatabase('small')
const gateway = testGateway({ sql })
const ask = asking(gateway, ADMINISTRATOR)

/** The types that are nodes so that clients can normalize them: they are found by `node`, and have no lookup of their own. */
const WITHOUT_LOOKUP = ['Allocation', 'LineItem', 'Organization', 'Viewer']

/** Every other type that is a `Node`, and the name of its lookup. */
const NODES = Object.values(schema.getTypeMap())
  .filter(type => isObjectType(type))
  .filter(type => type.getInterfaces().some(({ name }) => name === 'Node') && !WITHOUT_LOOKUP.includes(type.name))
  .map(({ name }) => [name, `${name[0]?.toLowerCase()}${name.slice(1)}`] as const)

const idsIn = async (type: string, organizationId = 1) => {
  const table = type.toLowerCase()
  const rows = await sql.rows(
    statement<{ id: number }>(`select id from "${table}" where organization_id = $1 order by id`),
    [organizationId],
  )
  return rows.map(row => row.id)
}

test('every stored record that can be reached is a node with a lookup', () => {
  expect(NODES.map(([type]) => type).toSorted()).toEqual([
    'Collaborator',
    'Conversion',
    'Distribution',
    'Distributor',
    'Engagement',
    'Fulfillment',
    'Note',
    'Obligation',
    'Opportunity',
    'Payout',
    'Program',
    'Transaction',
  ])
  const queries = schema.getQueryType()?.getFields() ?? {}
  for (const [type, lookup] of NODES) expect(getNamedType(queries[lookup]?.type)?.name).toBe(type)
})

describe.each(NODES)('%s', (type, lookup) => {
  test('is found by its integer id and by its global id', async () => {
    const ids = await idsIn(type)
    for (const id of [ids[0], ids.at(-1)]) {
      const global = btoa(`${type}:${id}`)
      const found = { __typename: type, id: global, databaseId: id }
      const text = `query ($id: ID!) { it: ${lookup}(id: $id) { __typename id databaseId } }`
      expect(await ask(text, { id: String(id) })).toEqual({ it: found })
      expect(await ask(text, { id })).toEqual({ it: found })
      expect(await ask(text, { id: global })).toEqual({ it: found })
    }
  })

  test('is found by `node`, as itself', async () => {
    const [id] = await idsIn(type)
    const global = btoa(`${type}:${id}`)
    const { node } = await ask(`query ($id: ID!) { node(id: $id) { __typename id ... on ${type} { databaseId } } }`, {
      id: global,
    })
    expect(node).toEqual({ __typename: type, id: global, databaseId: id })
  })

  test('reads the same by `node` as by its lookup', async () => {
    const [id] = (await idsIn(type)).slice(-1)
    const scalars = Object.values((schema.getType(type) as GraphQLObjectType).getFields())
      .filter(field => field.args.length === 0 && !isObjectType(getNamedType(field.type)))
      .map(field => field.name)
      .join(' ')
    const { node, it } = await ask(
      `query ($id: ID!) { node(id: $id) { ... on ${type} { ${scalars} } } it: ${lookup}(id: $id) { ${scalars} } }`,
      { id: btoa(`${type}:${id}`) },
    )
    expect(node).toEqual(it)
    expect(Object.keys(it).length).toBeGreaterThan(3)
  })

  test("is null for an id that nothing has, a global id of another type, and another tenant's", async () => {
    const other = type === 'Note' ? 'Program' : 'Note'
    const [theirs] = (await idsIn(type, 2)).slice(-1)
    const text = `query ($id: ID!) { it: ${lookup}(id: $id) { id } }`
    for (const id of ['0', '999999999', btoa(`${type}:999999999`), btoa(`${other}:1`), String(theirs)]) {
      expect(await ask(text, { id })).toEqual({ it: null })
    }
    expect(await ask('query ($id: ID!) { node(id: $id) { id } }', { id: btoa(`${type}:${theirs}`) })).toEqual({
      node: null,
    })
  })
})

test('nodes come in the order of their ids, each as often as it is asked for, null where there is none', async () => {
  const ids = [
    'Engagement:5',
    'Note:1',
    'Engagement:999999',
    'Program:1',
    'Nonsense:1',
    'Engagement:5',
    'Organization:2',
  ]
  const text = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Engagement { score } } }'
  const { nodes } = await ask(text, { ids: ids.map(btoa) })
  expect(nodes.map((node: { id: string } | null) => node && atob(node.id))).toEqual([
    'Engagement:5',
    'Note:1',
    null,
    'Program:1',
    null,
    'Engagement:5',
    null,
  ])
  expect(nodes[0]).toEqual(nodes[5])
  expect(nodes[0].score).toEqual(expect.any(Number))
  expect(await ask(text, { ids: [] })).toEqual({ nodes: [] })
})

describe('nodes without a lookup', () => {
  const text = `query ($id: ID!) { node(id: $id) { __typename id ... on Allocation { databaseId value collaboratorId }
    ... on LineItem { databaseId name total } ... on Organization { databaseId name } ... on Viewer { role } } }`

  test.each(['Allocation', 'LineItem'])('%s is found by the id that it has where it is listed', async type => {
    const query =
      type === 'LineItem'
        ? '{ transactions { nodes { of: lineItems { __typename id databaseId name total } } } }'
        : '{ distributions { nodes { allocations { of: nodes { __typename id databaseId value collaboratorId } } } } }'
    const { transactions, distributions } = await ask(query)
    const listed = transactions?.nodes ?? distributions.nodes.map((node: { allocations: unknown }) => node.allocations)
    const [first] = listed.flatMap((node: { of: unknown[] }) => node.of)
    expect(first.id).toBe(btoa(`${type}:${first.databaseId}`))
    expect(await ask(text, { id: first.id })).toEqual({ node: first })
  })

  test('the organization and the viewer are found by their ids, and nobody else is', async () => {
    const viewers = [
      ADMINISTRATOR,
      COLLABORATOR,
      { role: 'integration', organizationId: 1, scopes: ['records'] } as const,
    ]
    const told = []
    for (const as of viewers) {
      const { viewer } = await asking(gateway, as)('{ viewer { __typename id role organization { id } } }')
      expect(viewer.organization.id).toBe(btoa('Organization:1'))
      told.push(viewer)
    }
    expect(new Set(told.map(({ id }) => id)).size).toBe(viewers.length)
    for (const [i, as] of viewers.entries()) {
      for (const [j, { __typename, id, role }] of told.entries())
        expect(await asking(gateway, as)(text, { id })).toEqual({ node: i === j ? { __typename, id, role } : null })
      const { node } = await asking(gateway, as)(text, { id: btoa('Organization:1') })
      expect(node).toMatchObject({ __typename: 'Organization', name: 'Harbour Books' })
      expect(await asking(gateway, as)(text, { id: btoa('Organization:2') })).toEqual({ node: null })
    }
  })

  test('a lookup of another type is null for them', async () => {
    const { viewer } = await ask('{ viewer { id } }')
    for (const id of [viewer.id, ...['Organization:1', 'LineItem:1', 'Allocation:1'].map(btoa)])
      expect(await ask('query ($id: ID!) { engagement(id: $id) { id } }', { id })).toEqual({ engagement: null })
  })

  test.each(['Viewer:', 'Viewer:administrator', 'Viewer:administrator.', 'Viewer:administrator.1.2.3', 'Viewer:.1'])(
    '%s is no global id',
    async given => {
      const { body } = await gateway.query(ADMINISTRATOR, text, { id: btoa(given) })
      expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    },
  )
})

test('a collaborator finds its own, and of the rest nothing', async () => {
  const own = asking(gateway, COLLABORATOR)
  const { nodes } = await own('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids: ['Collaborator:1', 'Collaborator:2', 'Fulfillment:1', 'Distributor:1', 'LineItem:1'].map(btoa),
  })
  expect(nodes).toEqual([{ id: btoa('Collaborator:1') }, null, null, null, null])
})

test('the viewer is told who it is', async () => {
  const text = '{ viewer { role organization { databaseId name } collaborator { databaseId name } } }'
  const organization = { databaseId: 1, name: 'Harbour Books' }
  expect(await ask(text)).toEqual({ viewer: { role: 'ADMINISTRATOR', organization, collaborator: null } })
  expect(await asking(gateway, COLLABORATOR)(text)).toEqual({
    viewer: { role: 'COLLABORATOR', organization, collaborator: { databaseId: 1, name: 'Amara Okafor' } },
  })
})
