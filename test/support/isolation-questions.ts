import {
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import type { Viewer } from '../../src/access/viewer.ts'
import { globalId } from '../../src/graphql/global-id.ts'
import { schema } from '../../src/graphql/schema.ts'
import type { Answer, TestGateway } from './gateway.ts'
import { MARKS, STARTS, type Tenant } from './isolation-world.ts'

// Everything that can be asked, made from the schema, so that a new field is asked for on the day it is added.

export const QUERY = schema.getQueryType() as GraphQLObjectType
export const SOURCE_TYPES: readonly string[] = (schema.getType('NoteSourceType') as GraphQLEnumType)
  .getValues()
  .map(({ name }) => name)
/** The types of records that are nodes; what is the same for everyone in an organization is none. */
export const NODE_TYPES: readonly string[] = schema
  .getPossibleTypes(schema.getType('Node') as never)
  .map(({ name }) => name)
  .filter(name => name !== 'Viewer' && name !== 'Organization')
  .sort()

export const objectType = (name: string): GraphQLObjectType => {
  const type = schema.getType(name)
  if (!isObjectType(type)) throw new Error(`Expected an object type, received ${name}`)
  return type
}

/** All fields of a type that need no argument: links as ids, lists with all that they have, what has no id of its own in full. */
export const selection = (type: GraphQLObjectType, within: readonly string[] = []): string =>
  Object.values(type.getFields())
    .filter(field => !field.args.some(isRequiredArgument))
    .map(field => fieldSelection(field, [...within, type.name]))
    .join(' ')

/** One field, with the largest page where it is a list that has pages. */
export const fieldSelection = (
  field: GraphQLField<unknown, unknown>,
  within: readonly string[] = [],
  args = '',
): string => {
  const type = getNamedType(field.type)
  if (isLeafType(type)) return `${field.name}${args && `(${args})`}`
  const paged = type.name.endsWith('Connection') && !/\b(first|last):/.test(args) ? 'first: 100' : ''
  const given = [args, paged].filter(Boolean).join(', ')
  return `${field.name}${given && `(${given})`} { ${inside(type.name, within)} }`
}

const inside = (name: string, within: readonly string[]): string => {
  if (name === 'Node' || NODE_TYPES.includes(name)) return '__typename id'
  if (!name.endsWith('Connection')) return within.includes(name) ? '__typename' : selection(objectType(name), within)
  const node = inside(name.slice(0, -'Connection'.length), within)
  return `totalCount nodes { ${node} } edges { cursor node { ${node} } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`
}

export type AskText = (query: string) => Promise<Answer>

export const askAs =
  (gateway: TestGateway, viewer: Viewer): AskText =>
  query =>
    gateway.query(viewer, query)

/** Everything that can be reached from the roots, link by link, as text; and the ids of all records on the way. */
export const crawl = async (ask: AskText): Promise<{ text: string; found: Map<string, Set<number>> }> => {
  const texts: string[] = []
  const found = new Map<string, Set<number>>(NODE_TYPES.map(type => [type, new Set()]))
  const waiting = new Map<string, number[]>(NODE_TYPES.map(type => [type, []]))
  const read = async (query: string) => {
    const { text, body } = await ask(query)
    if (body.errors !== undefined) throw new Error(`${query}\n${text}`)
    texts.push(text)
    for (const [, type = '', digits] of decoded(text).matchAll(/\b([A-Z][A-Za-z]+):(\d+)$/gm)) {
      const id = Number(digits)
      if (found.get(type)?.has(id) !== false) continue
      found.get(type)?.add(id)
      waiting.get(type)?.push(id)
    }
  }
  for (const field of Object.values(QUERY.getFields())) {
    if (!field.args.some(isRequiredArgument)) await read(`{ ${fieldSelection(field)} }`)
  }
  for (const kind of SOURCE_TYPES) await read(`{ notes(sourceType: ${kind}, first: 100) { nodes { id } } }`)
  for (let went = true; went; ) {
    went = false
    for (const [type, ids] of waiting) {
      const some = ids.splice(0, 100)
      if (some.length === 0) continue
      went = true
      await read(`{ ${nodesOf(type, some)} { ... on ${type} { ${selection(objectType(type))} } } }`)
    }
  }
  return { text: texts.join('\n'), found }
}

const nodesOf = (type: string, ids: readonly number[]) =>
  `nodes(ids: ${JSON.stringify(ids.map(id => globalId(type, id)))})`

/** A text, and below it what its global ids and cursors say. */
export const decoded = (text: string): string => {
  const opaque = text.match(/"[A-Za-z0-9+/]{8,}={0,2}"/g) ?? []
  return [text, ...new Set(opaque.map(quoted => Buffer.from(quoted.slice(1, -1), 'base64').toString('latin1')))].join(
    '\n',
  )
}

/** Every question that has arguments, about everything that there is: lookups, feeds, positions, pairs, filters, orders. */
export const questions = (tenant: Tenant): string[] => {
  const ids = idsIn(tenant)
  const asked: string[] = []
  for (const type of NODE_TYPES) {
    const singular = type.charAt(0).toLowerCase() + type.slice(1)
    const plural = Object.values(QUERY.getFields()).find(field => getNamedType(field.type).name === `${type}Connection`)
    if (singular in QUERY.getFields()) for (const id of ids(type)) asked.push(`{ ${singular}(id: "${id}") { id } }`)
    const filter = plural?.args.find(({ name }) => name === 'filter')
    const order = plural?.args.find(({ name }) => name === 'orderBy')
    if (plural === undefined) continue
    const feed = type === 'Note' ? 'sourceType: OPPORTUNITY, ' : ''
    for (const value of filter ? filtersOf(filter.type, tenant, type) : []) {
      asked.push(`{ ${plural.name}(${feed}filter: ${value}, first: 100) { totalCount nodes { id } } }`)
    }
    for (const value of order ? ordersOf(order.type) : []) {
      for (const page of ['first: 2', 'last: 100']) {
        asked.push(
          `{ ${plural.name}(orderBy: ${value}, ${page}) { nodes { ${leaves(type)} } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
        )
      }
    }
    // the same lists where they belong to another record
    for (const owner of NODE_TYPES) {
      for (const field of Object.values(objectType(owner).getFields())) {
        if (getNamedType(field.type) !== getNamedType(plural.type) || field.args.length === 0) continue
        asked.push(
          `{ ${nodesOf(owner, ids(owner))} { ... on ${owner} { ${field.name}(first: 100) { nodes { ${leaves(type)} } } } } }`,
        )
        if (filter === undefined || !field.args.some(({ name }) => name === 'filter')) continue
        for (const value of filtersOf(filter.type, tenant, type, 1)) {
          asked.push(
            `{ ${nodesOf(owner, ids(owner))} { ... on ${owner} { ${field.name}(filter: ${value}, first: 100) { totalCount nodes { id } } } } }`,
          )
        }
      }
    }
  }
  const places: string[] = []
  for (const kind of SOURCE_TYPES) {
    const of = kind.charAt(0) + kind.slice(1).toLowerCase()
    const records = kind === 'ORGANIZATION' ? [tenant.organizationId] : ids(of)
    for (const order of ['ASC', 'DESC']) {
      asked.push(
        `{ notes(sourceType: ${kind}, order: ${order}, first: 100) { totalCount nodes { id renderedContent } } }`,
      )
      for (const id of records) {
        asked.push(
          `{ notes(sourceType: ${kind}, sourceId: ${id}, order: ${order}, first: 100) { totalCount edges { cursor node { id renderedContent } } } }`,
        )
        places.push(`${order}_${kind}_${id}: position(sourceType: ${kind}, sourceId: ${id}, order: ${order})`)
      }
    }
  }
  for (let i = 0; i < places.length; i += 25) {
    asked.push(`{ ${nodesOf('Note', ids('Note'))} { ... on Note { ${places.slice(i, i + 25).join(' ')} } } }`)
  }
  for (const opportunityId of ids('Opportunity')) {
    for (const programId of ids('Program')) {
      const pair = `opportunityId: ${opportunityId}, programId: ${programId}`
      const single = (collaboratorId: number) =>
        `c${collaboratorId}: activeEngagement(collaboratorId: ${collaboratorId}, ${pair}) { id }`
      asked.push(
        `{ bindings(${pair}) { id } newestBinding(${pair}) { id } oldestEngagement(${pair}) { id } activeEngagementCount(${pair}) ${ids('Collaborator').map(single).join(' ')} }`,
      )
    }
  }
  return asked
}

/** What a record says of itself, names that are read along with it included. */
const leaves = (type: string): string =>
  Object.values(objectType(type).getFields())
    .filter(field => field.args.length === 0 && isLeafType(getNamedType(field.type)))
    .map(field => field.name)
    .join(' ')

const idsIn =
  ({ visible, hidden }: Tenant) =>
  (type: string): readonly number[] => [
    ...visible[type as keyof Tenant['visible']],
    ...hidden[type as keyof Tenant['hidden']],
    STARTS.missing,
  ]

/** Each field of a filter by itself, with values that are mine, others', and nobody's, alone and together; or the last of these. */
const filtersOf = (type: GraphQLInputType, tenant: Tenant, owner: string, last = 0): string[] => {
  const input = getNamedType(type)
  if (!isInputObjectType(input)) throw new Error(`Expected an input type, received ${input.name}`)
  return Object.values(input.getFields()).flatMap(field => {
    const named = getNamedType(field.type)
    return valuesOf(field.name, named, tenant, owner)
      .slice(-last)
      .map(value => `{ ${field.name}: ${value} }`)
  })
}

const valuesOf = (name: string, type: GraphQLInputType, tenant: Tenant, owner: string): string[] => {
  if (isEnumType(type)) return enumValues(type)
  if (isInputObjectType(type)) {
    return type.name === 'DateRange'
      ? ['{ from: "2077-01-01T00:00:00Z" }', '{ to: "2026-01-01T00:20:00Z" }', '{ from: "2026-01-01T00:20:00Z" }']
      : [`{ min: ${MARKS.rival.number} }`, '{ max: 310 }', `{ min: 5000 }`]
  }
  if (TEXTS[name] !== undefined) return TEXTS[name].map(text => JSON.stringify(text))
  const referred = REFERRED[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1, -2)}`
  const of = (name === 'ids' ? owner : referred) as keyof Tenant['visible']
  const ids = [...tenant.visible[of].slice(0, 2), ...tenant.hidden[of].slice(0, 2), STARTS.missing]
  // and all of them, since several values are read in another way than one
  return [...ids.map(id => `[${id}]`), `[${ids.join(', ')}]`]
}

/** What ids mean that are not called as their type is. */
const REFERRED: Readonly<Record<string, string>> = {
  groupId: 'ProgramGroup',
  mergedIntoId: 'Opportunity',
  originalTransactionId: 'Transaction',
}

/** Texts that are filtered by: as they are, and as they are marked. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  email: ['rita@example.com', `${MARKS.rival.text}-555000001`],
  userId: ['customer-1', 'customer-3', `${MARKS.rival.text}-1001`],
  source: ['woocommerce', `${MARKS.rival.text}-1001`],
  externalId: ['order-1', 'order-4', `${MARKS.rival.text}-1001`],
  content: ['refund_triggered', 'coupon_applied', 'of_an_extension', 'fulfillment_created'],
  search: [
    '',
    'CANARY_R',
    'Rita',
    'Rival',
    'Elite',
    'Left',
    '7770777',
    '12345',
    '123.45',
    'secret',
    'refunded',
    '2',
    '555000001',
  ],
}

const ordersOf = (type: GraphQLInputType): string[] => {
  const input = getNamedType(type)
  if (!isInputObjectType(input)) throw new Error(`Expected an input type, received ${input.name}`)
  const fields = enumValues(input.getFields().field?.type as GraphQLInputType)
  return fields.flatMap(field => ['ASC', 'DESC'].map(direction => `{ field: ${field}, direction: ${direction} }`))
}

export const enumValues = (type: GraphQLInputType): string[] => {
  const named = getNamedType(type)
  return isEnumType(named) ? named.getValues().map(({ name }) => name) : []
}

/** The test suite asks each fifth question, `npm run soak` all of them. */
const SHARE = process.env.SOAK === 'true' ? 1 : 5

/** All that a viewer can be told: what it can reach, and the answer to every question. */
export const everything = async (ask: AskText, tenant: Tenant): Promise<string[]> => {
  const lines = (await crawl(ask)).text.split('\n')
  for (const question of questions(tenant).filter((_, i) => i % SHARE === 0)) {
    const { status, text } = await ask(question)
    lines.push(`${status} ${question}\n${text}`)
  }
  return lines
}
