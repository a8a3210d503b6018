import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { globalId } from '../../src/graphql/global-id.ts'
import { cursorOf } from '../../src/graphql/paging.ts'
import { schema } from '../../src/graphql/schema.ts'
import { testDatabase } from '../support/database.ts'
import { type Answer, testGateway } from '../support/gateway.ts'
import {
  fieldSelection,
  NODE_TYPES,
  objectType,
  QUERY,
  SOURCE_TYPES,
  selection,
} from '../support/isolation-questions.ts'
import { insertTenant, type RecordTypeName, STARTS, type Tenant } from '../support/isolation-world.ts'
import { recordSql } from '../support/sql-recorder.ts'

// Each field of the schema says here what a collaborator is told by it, and is held to that. A field that is new fails
// until it says so.

/**
 * What a collaborator is told by a field of a record that it may see:
 * - `own`: what an administrator is told
 * - `hidden`: null
 * - `none`: an empty list
 * - `name`: the name, or words in its place
 * - `link`: the record, or null when it may not see that
 * - `list`, `parts`, `page`: those of the records that it may see; without ids of their own, all of them
 * - `cause`, `text`, `place`: what is left of a note; see there
 * - `shape`: what lists are made of
 */
type Fixture = 'own' | 'hidden' | 'none' | 'name' | 'link' | 'list' | 'page' | 'cause' | 'text' | 'place' | 'shape'
type RootFixture = 'viewer' | 'lookup' | 'list of all' | 'feed' | 'pair' | 'node' | 'same for all'

const FIELDS: Readonly<Record<string, Partial<Record<Fixture, string>>>> = {
  Collaborator: {
    own: 'id databaseId fullName nickname email status dateCreated dateModified',
    name: 'name',
    list: 'aliases programs',
    page: 'engagements conversions obligations payouts allocations notes',
  },
  CollaboratorAlias: { own: 'type code issuedDate retiredDate' },
  Program: {
    own: 'id databaseId description',
    name: 'name',
    hidden: `status incentiveType incentiveResolverType units transactionPercent payoutPerTransaction payoutPerProduct
      payoutPerLead activeConversionTypes autoApprove leadRequalificationDays expirationDays dateCreated dateModified`,
    list: 'engagementTypes',
    page: 'engagements notes',
  },
  ProgramEngagementType: { own: 'type value engagementType' },
  EngagementType: { own: 'id name description available' },
  Opportunity: {
    own: 'id databaseId status dateCreated dateModified',
    hidden: 'userId mergedInto',
    page: 'engagements notes',
    none: 'transactions',
  },
  Engagement: {
    own: 'id databaseId opportunityId programId collaboratorId score status dateCreated dateModified',
    name: 'collaboratorName programName',
    link: 'collaborator program opportunity',
    list: 'conversions',
    page: 'notes',
  },
  Transaction: {
    own: 'id databaseId status dateCreated dateModified',
    hidden: 'source externalId totalValue refundedValue currency lineItems opportunity originalTransaction',
    page: 'conversions notes',
  },
  LineItem: { own: 'id databaseId externalId name description type value quantity returned total units' },
  Conversion: {
    own: 'id databaseId engagementId collaboratorId score type status dateCreated dateModified',
    link: 'engagement collaborator transaction obligation',
    list: 'obligations',
    page: 'notes',
  },
  Obligation: {
    own: 'id databaseId collaboratorId conversionId payoutId status awardType value currency dateCreated dateModified',
    link: 'collaborator payout conversion',
    page: 'notes',
  },
  Payout: {
    own: 'id databaseId collaboratorId value currency status datePaid dateCreated dateModified',
    link: 'collaborator',
    hidden: 'fulfillment',
    page: 'obligations notes',
  },
  Allocation: {
    own: 'id databaseId collaboratorId status value currency',
    link: 'collaborator obligation',
    hidden: 'distribution',
  },
  Note: {
    own: 'id databaseId content dateCreated',
    cause: 'creationSource creationSourceId',
    text: 'renderedContent sourceData sources',
    place: 'position',
  },
  NoteSource: { own: 'sourceType sourceId' },
  // of these a collaborator is told nothing: it never gets to a field of them
  Fulfillment: { own: 'id databaseId status dateCreated dateModified', page: 'payouts notes' },
  Distribution: {
    own: 'id databaseId status value currency triggerDate dateCreated dateModified',
    link: 'distributor',
    page: 'allocations notes',
  },
  Distributor: {
    own: `id databaseId name description status distributionResolver distributionPoolResolver units schedule
      revenuePercentage dateCreated dateModified`,
    page: 'distributions notes',
  },
  // and these are the same for everyone in an organization
  NoteBlueprint: { own: 'key template description' },
  Organization: { own: 'id databaseId name dateCreated' },
  Viewer: { own: 'id role organization', link: 'collaborator' },
  PageInfo: { shape: 'hasNextPage hasPreviousPage startCursor endCursor' },
}

const ROOTS: Readonly<Record<RootFixture, string>> = {
  viewer: 'viewer',
  lookup: `collaborator program opportunity engagement transaction conversion obligation payout fulfillment distribution
    distributor note`,
  'list of all': `collaborators programs opportunities engagements transactions conversions obligations payouts
    fulfillments distributions distributors`,
  feed: 'notes',
  pair: 'bindings newestBinding oldestEngagement activeEngagementCount activeEngagement',
  node: 'node nodes',
  'same for all': 'engagementType engagementTypes noteBlueprints',
}

/**
 * Each argument and input field that means a record, and the type of that record: where it has no type of its own, `own`
 * is that of the list, `any` is each in turn, `cursor` a place in the list. All others say `none`.
 */
const ARGUMENTS: Readonly<Record<string, RecordTypeName | 'own' | 'any' | 'cursor' | 'none'>> = {
  id: 'own',
  ids: 'own',
  collaboratorId: 'Collaborator',
  programId: 'Program',
  opportunityId: 'Opportunity',
  engagementId: 'Engagement',
  transactionId: 'Transaction',
  originalTransactionId: 'Transaction',
  mergedIntoId: 'Opportunity',
  groupId: 'ProgramGroup',
  payoutId: 'Payout',
  fulfillmentId: 'Fulfillment',
  distributorId: 'Distributor',
  sourceId: 'any',
  after: 'cursor',
  before: 'cursor',
  ...Object.fromEntries(
    `first last limit order orderBy field direction filter status type available sourceType content search
    dateCreated dateModified from to score min max email userId source externalId`
      .split(/\s+/)
      .map(name => [name, 'none' as const]),
  ),
}

const database = recordSql(await testDatabase('migrated'))
const { sql } = database.database
const gateway = testGateway({ sql })
let home: Tenant
let foreign: Tenant

beforeAll(async () => {
  home = await insertTenant(sql)
  foreign = await insertTenant(sql, { mine: STARTS.foreign, others: STARTS.foreign + 1_000 }, 'Foreign')
})

const administrator = (): Viewer => ({ role: 'administrator', organizationId: home.organizationId })
const me = (): Viewer => ({ role: 'collaborator', organizationId: home.organizationId, collaboratorId: home.me })

const fixtureOf = (type: string, field: string): Fixture | undefined => {
  const found = Object.entries(FIELDS[type] ?? {}).filter(([, fields]) => fields.split(/\s+/).includes(field))
  return found.length === 1 ? (found[0]?.[0] as Fixture) : undefined
}

const objectTypes = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter(type => !type.name.startsWith('__'))
const isPageType = (name: string) => /(Connection|Edge)$/.test(name)

describe('every field says what it tells', () => {
  const own = objectTypes.filter(type => type !== QUERY && !isPageType(type.name))

  test('of every type', () => {
    const fields = own.flatMap(type => Object.keys(type.getFields()).map(field => `${type.name}.${field}`))
    const said = Object.entries(FIELDS).flatMap(([type, kinds]) =>
      Object.values(kinds).flatMap(names => names.split(/\s+/).map(field => `${type}.${field}`)),
    )
    expect(said.toSorted()).toEqual(fields.toSorted())
  })

  test('at the root', () => {
    const said = Object.values(ROOTS).flatMap(names => names.split(/\s+/))
    expect(said.toSorted()).toEqual(Object.keys(QUERY.getFields()).toSorted())
  })

  test('and pages have nothing but their rows', () => {
    for (const type of objectTypes.filter(({ name }) => isPageType(name))) {
      const fields = type.name.endsWith('Edge') ? ['cursor', 'node'] : ['edges', 'nodes', 'pageInfo', 'totalCount']
      expect([type.name, ...Object.keys(type.getFields()).toSorted()]).toEqual([type.name, ...fields])
    }
  })

  test('and every argument what it means', () => {
    const names = new Set<string>()
    const add = ({ name, type }: { name: string; type: GraphQLInputType }) => {
      names.add(name)
      const input = getNamedType(type)
      if (isInputObjectType(input)) for (const field of Object.values(input.getFields())) add(field)
    }
    for (const type of objectTypes) {
      for (const field of Object.values(type.getFields())) for (const argument of field.args) add(argument)
    }
    expect([...names].filter(name => !(name in ARGUMENTS))).toEqual([])
    expect(Object.keys(ARGUMENTS).filter(name => !names.has(name))).toEqual([])
  })
})

type Json = Record<string, unknown>
interface PageJson {
  readonly totalCount: number
  readonly nodes: readonly Json[]
  readonly edges: readonly { readonly node: Json }[]
}

describe('a collaborator is told by each field what it may know', () => {
  test.each(NODE_TYPES)('%s', async type => {
    const ids = [...home.visible[type as RecordTypeName], ...home.hidden[type as RecordTypeName]]
    const query = `{ nodes(ids: ${JSON.stringify(ids.map(id => globalId(type, id)))}) { ... on ${type} { ${selection(objectType(type))} } } }`
    const all = (await ask(administrator(), query)).nodes as Json[]
    const mine = (await ask(me(), query)).nodes as (Json | null)[]
    expect(all).not.toContain(null)
    for (const [i, row] of mine.entries()) {
      if (isVisible(type, ids[i] as number)) compare(type, row as Json, all[i] as Json)
      else expect(row).toBeNull()
    }
    // a fixture that says `hidden` of what nobody has would prove nothing
    for (const field of (FIELDS[type]?.hidden ?? '').split(/\s+/).filter(Boolean)) {
      expect(
        all.some(row => row[field] !== null),
        `${type}.${field}`,
      ).toBe(true)
    }
  })

  test('viewer', async () => {
    const query = `{ viewer { ${selection(objectType('Viewer'))} } }`
    const [all, mine] = [await ask(administrator(), query), await ask(me(), query)]
    expect(mine.viewer.organization).toEqual(all.viewer.organization)
    expect(mine.viewer.collaborator).toEqual({ __typename: 'Collaborator', id: globalId('Collaborator', home.me) })
    expect(all.viewer.collaborator).toBeNull()
  })

  test.each(ROOTS['same for all'].split(' ').filter(name => !name.endsWith('Type')))('%s', async name => {
    const query = `{ ${fieldSelection(QUERY.getFields()[name] as GraphQLField<unknown, unknown>)} }`
    expect(await ask(me(), query)).toEqual(await ask(administrator(), query))
  })

  const compare = (type: string, mine: Json, all: Json): void => {
    for (const field of Object.values(objectType(type).getFields())) {
      if (field.args.some(isRequiredArgument)) continue
      const [is, was] = [mine[field.name], all[field.name]]
      const where = `${type}.${field.name} of ${all.databaseId}`
      switch (fixtureOf(type, field.name)) {
        case 'own':
          expect(is, where).toEqual(was)
          break
        case 'hidden':
          expect(is, where).toBeNull()
          break
        case 'none':
          expect(is, where).toMatchObject({ totalCount: 0, nodes: [], edges: [] })
          break
        case 'name': {
          const of = field.name === 'name' ? type : field.name === 'programName' ? 'Program' : 'Collaborator'
          const id = (all[`${of.toLowerCase()}Id`] ?? all.databaseId) as number
          expect(is, where).toBe(isVisible(of, id) ? was : `another ${of.toLowerCase()}`)
          break
        }
        case 'link':
          expect(is, where).toEqual(was !== null && canSee(was as Json) ? was : null)
          break
        case 'list':
          compareRows(getNamedType(field.type).name, is as Json[], was as Json[], where)
          break
        case 'page': {
          const [page, whole] = [is as PageJson, was as PageJson]
          const of = getNamedType(field.type).name.slice(0, -'Connection'.length)
          compareRows(of, page.nodes, whole.nodes, where)
          expect(page.totalCount, where).toBe(page.nodes.length)
          expect(page.edges.map(({ node }) => node)).toEqual(page.nodes)
          break
        }
        case 'cause': {
          const cause = { sourceType: all.creationSource, sourceId: all.creationSourceId } as Source
          const told = { sourceType: mine.creationSource, sourceId: mine.creationSourceId }
          expect(told, where).toEqual(isKnown(cause) ? cause : { sourceType: 'COLLABORATOR', sourceId: home.me })
          break
        }
        case 'text':
          // what texts and data are made from; that nothing else gets into them, the canaries show
          expect(mine.sources, where).toEqual((all.sources as Source[]).filter(isKnown))
          break
        default:
          throw new Error(`Expected a fixture for ${where}`)
      }
    }
  }

  const compareRows = (type: string, mine: readonly Json[], all: readonly Json[], where: string) => {
    const known = all.filter(canSee)
    expect(mine, where).toHaveLength(known.length)
    for (const [i, row] of mine.entries()) {
      if ('__typename' in row) expect(row, where).toEqual(known[i])
      else compare(type, row, known[i] as Json)
    }
  }

  /** By its global id; what has none belongs to its row. */
  const canSee = (row: Json): boolean => {
    if (row.__typename === undefined) return true
    const [, type = '', id] = /^(.*):(.*)$/.exec(atob(row.id as string)) ?? []
    return isVisible(type, Number(id))
  }
})

interface Source {
  readonly sourceType: string
  readonly sourceId: number
}

const typeOfSource = (sourceType: string) => sourceType.charAt(0) + sourceType.slice(1).toLowerCase()
const isVisible = (type: string, id: number): boolean => home.visible[type as RecordTypeName]?.includes(id) ?? false
const isKnown = ({ sourceType, sourceId }: Source) => isVisible(typeOfSource(sourceType), sourceId)

const ask = async (viewer: Viewer, query: string) => {
  const { body, text } = await gateway.query(viewer, query)
  if (body.errors !== undefined) throw new Error(`${query}\n${text}`)
  return body.data
}

describe.each([
  ['an administrator', administrator],
  ['a collaborator', me],
] as const)('to %s what it may not see is what does not exist', (role, viewer) => {
  const cases = probes()

  test.each(Object.keys(cases))('%s', async name => {
    for (const probe of cases[name]?.(role === 'a collaborator') ?? []) {
      const missing = await answerTo(viewer(), probe.ask(STARTS.missing))
      expect(missing.text).not.toContain('"errors"')
      expect(JSON.stringify(missing.body.data ?? null)).not.toContain(`${STARTS.missing}`)
      for (const id of probe.ids) {
        const query = probe.ask(id)
        const { status, text, statements } = await answerTo(viewer(), query)
        const repeated = (given: string) => given.replaceAll(`${id}`, 'N').replaceAll(`${STARTS.missing}`, 'N')
        expect({ query, status, text: repeated(text), statements }).toEqual({
          query,
          status: missing.status,
          text: repeated(missing.text),
          statements: missing.statements,
        })
      }
    }
  })
})

const answerTo = async (viewer: Viewer, query: string) => {
  let answer: Answer | undefined
  const statements = await database.during(async () => {
    answer = await gateway.query(viewer, query)
  })
  return { ...(answer as Answer), statements: statements.map(({ text }) => text) }
}

/** A question about an id, and ids of which the answer is to be that for one which nobody has. */
interface Probe {
  readonly ids: readonly number[]
  readonly ask: (id: number) => string
}

/** The probes of every argument of every field that means a record, by its place in the schema. */
function probes(): Record<string, (isCollaborator: boolean) => Probe[]> {
  const all: Record<string, (isCollaborator: boolean) => Probe[]> = {}
  for (const type of objectTypes) {
    for (const field of Object.values(type.getFields())) {
      if (type === QUERY && ROOTS['same for all'].split(' ').includes(field.name)) continue
      for (const { path, meaning } of meaningful(field.args)) {
        all[`${type.name}.${field.name}(${path.join('.')})`] = isCollaborator =>
          probesOf(type.name, field, path, meaning, isCollaborator)
      }
    }
  }
  return all
}

interface Meaningful {
  readonly path: readonly string[]
  readonly meaning: RecordTypeName | 'own' | 'any' | 'cursor'
}

const meaningful = (args: readonly { name: string; type: GraphQLInputType }[]): Meaningful[] =>
  args.flatMap(({ name, type }) => {
    const input = getNamedType(type)
    const inner = isInputObjectType(input) ? meaningful(Object.values(input.getFields())) : []
    const meaning = ARGUMENTS[name]
    return meaning === undefined || meaning === 'none'
      ? inner.map(({ path, meaning }) => ({ path: [name, ...path], meaning }))
      : [{ path: [name], meaning }]
  })

const probesOf = (
  owner: string,
  field: GraphQLField<unknown, unknown>,
  path: readonly string[],
  meaning: Meaningful['meaning'],
  isCollaborator: boolean,
): Probe[] => {
  const listed = getNamedType(field.type).name.replace(/Connection$/, '')
  const within = owner === 'Query' ? [null] : home.visible[owner as RecordTypeName].slice(0, 2)
  const outside = isCollaborator || within.length > 0 ? within : home.hidden[owner as RecordTypeName].slice(0, 1)
  return outside.flatMap(id => {
    const around = (text: string) =>
      id === null ? `{ ${text} }` : `{ node(id: "${globalId(owner, id)}") { ... on ${owner} { ${text} } } }`
    const asking = (values: Json) => around(fieldSelection(field, [owner], argumentsOf(field.args, values).join(', ')))
    const unseen = (type: string) => unseenIds(type, isCollaborator)
    if (meaning === 'cursor') {
      return orderings(field, listed).map(({ ordering, values, date }) => ({
        ids: unseen(listed),
        ask: each => {
          const value = ordering.orderBy === 'id' ? each : date
          return asking({
            ...values,
            [path[0] as string]: cursorOf({ ...ordering, type: listed }, { id: each, value }),
          })
        },
      }))
    }
    const types =
      meaning === 'any' ? SOURCE_TYPES : meaning === 'own' ? (listed === 'Node' ? NODE_TYPES : [listed]) : [meaning]
    return types.flatMap((type): Probe[] => {
      const record = meaning === 'any' ? typeOfSource(type) : type
      const rest = meaning === 'any' ? { sourceType: type } : {}
      const ids =
        record === 'Organization'
          ? [foreign.organizationId, ...(isCollaborator ? [home.organizationId] : [])]
          : unseen(record)
      const isList = isListType(innermost(field.args, path))
      const global = (each: number) => (listed === 'Node' ? globalId(record, each) : `${each}`)
      const isText = path.at(-1) === 'id' || path.at(-1) === 'ids'
      const value = (each: number) => (isText ? global(each) : each)
      const known = home.visible[record as RecordTypeName]?.[0]
      const ways: ((each: number) => unknown)[] = isList
        ? [each => [value(each)], ...(known === undefined ? [] : [(each: number) => [value(known), value(each)]])]
        : [value, ...(isText && listed !== 'Node' ? [(each: number) => globalId(record, each)] : [])]
      return ways.map(way => ({ ids, ask: each => asking({ ...rest, ...nested(path, way(each)) }) }))
    })
  })
}

/** Ids of records that exist, and that the viewer may not see. */
const unseenIds = (type: string, isCollaborator: boolean): number[] => {
  const of = type as RecordTypeName
  const others = isCollaborator ? home.hidden[of].filter(id => id >= STARTS.others) : []
  return [...others.slice(0, 3), ...foreign.visible[of].slice(0, 1), ...foreign.hidden[of].slice(0, 1)]
}

const nested = ([first = '', ...rest]: readonly string[], value: unknown): Json => ({
  [first]: rest.length === 0 ? value : nested(rest, value),
})

const innermost = (
  args: readonly { name: string; type: GraphQLInputType }[],
  [first, ...rest]: readonly string[],
): GraphQLInputType => {
  const found = args.find(({ name }) => name === first)
  if (found === undefined) throw new Error(`Expected an argument ${first}`)
  const type = isNonNullType(found.type) ? (found.type.ofType as GraphQLInputType) : found.type
  const input = getNamedType(type)
  return rest.length > 0 && isInputObjectType(input) ? innermost(Object.values(input.getFields()), rest) : type
}

/** The arguments of a field, in GraphQL: those given, and something of the viewer's own for others that it must have. */
const argumentsOf = (args: readonly GraphQLArgument[], values: Json): string[] =>
  args.flatMap(argument => {
    const { name } = argument
    const value = values[name] ?? (isRequiredArgument(argument) ? usual(name) : undefined)
    return value === undefined
      ? []
      : [`${name}: ${literal(value, getNamedType(argument.type).name === 'NoteSourceType')}`]
  })

const usual = (name: string): unknown => {
  if (name === 'sourceType') return 'COLLABORATOR'
  if (name === 'sourceId') return home.me
  return home.visible[ARGUMENTS[name] as RecordTypeName][0]
}

const literal = (value: unknown, bare = false): string => {
  if (Array.isArray(value)) return `[${value.map(each => literal(each)).join(', ')}]`
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).map(
      ([key, each]) => `${key}: ${literal(each, key === 'field' || key === 'direction')}`,
    )
    return `{ ${fields.join(', ')} }`
  }
  return bare ? String(value) : JSON.stringify(value)
}

/** The orderings of a list, with the arguments that ask for each. */
const orderings = (field: GraphQLField<unknown, unknown>, type: string) => {
  const date = new Date('2026-01-01T00:30:00Z')
  const feed =
    field.name === 'notes' && field.args.some(({ name }) => name === 'sourceType') ? { sourceType: 'OPPORTUNITY' } : {}
  if (type === 'Note') {
    return [{ ordering: { orderBy: 'dateCreated', direction: 'ASC' as const }, values: feed as Json, date }]
  }
  const plain = { ordering: { orderBy: 'id', direction: 'DESC' as const }, values: {} as Json, date }
  if (!field.args.some(({ name }) => name === 'orderBy')) return [plain]
  const byDate = (direction: 'ASC' | 'DESC') => ({
    ordering: { orderBy: 'dateCreated', direction },
    values: { orderBy: { field: 'DATE_CREATED', direction } } as Json,
    date,
  })
  return [plain, byDate('ASC'), byDate('DESC')]
}

describe('an integration reads nothing, and no SQL is run to say so', () => {
  test.each(Object.values(QUERY.getFields()).map(field => [field.name, field] as const))('%s', async (_, field) => {
    const viewer: Viewer = { role: 'integration', organizationId: home.organizationId }
    const given = {
      id: globalId('Note', home.visible.Note[0] as number),
      ids: [globalId('Note', 1)],
      sourceId: home.me,
    }
    const query = `{ ${fieldSelection(field, [], argumentsOf(field.args, given).join(', '))} }`
    const { body, statements } = await answerTo(viewer, query)
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
    expect(body.data ?? null).toBeNull()
    expect(statements).toEqual([])
    for (const hidden of [`{ __typename ${query.slice(1)}`, `query { ...Q } fragment Q on Query ${query}`]) {
      expect((await answerTo(viewer, hidden)).body.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    }
  })

  test('but the schema', async () => {
    const { body } = await gateway.query(
      { role: 'integration', organizationId: home.organizationId },
      '{ __schema { queryType { name } } }',
    )
    expect(body).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } })
  })
})
