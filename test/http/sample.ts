import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLError,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
} from 'graphql'
import { DateTimeResolver, JSONObjectResolver, PositiveIntResolver, SafeIntResolver } from 'graphql-scalars'
import { pino } from 'pino'
import type { Viewer } from '../../src/access/viewer.ts'
import { InvalidInputError, RecordNotFoundError } from '../../src/errors.ts'
import type { Readiness } from '../../src/http/health.ts'
import { makeServer, type ServerOptions } from '../../src/http/server.ts'

// A schema with every shape that the two ways over HTTP have to answer alike, and every way to fail.

const soon = <T>(value: T): Promise<T> => new Promise(resolve => setImmediate(resolve, value))

const Colour = new GraphQLEnumType({ name: 'Colour', values: { RED: { value: 'red' }, BLUE: { value: 'blue' } } })

const Range = new GraphQLInputObjectType({
  name: 'Range',
  fields: { min: { type: SafeIntResolver, defaultValue: 1 }, max: { type: SafeIntResolver } },
})
const Filter = new GraphQLInputObjectType({
  name: 'Filter',
  fields: { ids: { type: new GraphQLList(new GraphQLNonNull(GraphQLID)) }, range: { type: Range } },
})
const Choice = new GraphQLInputObjectType({
  name: 'Choice',
  isOneOf: true,
  fields: { one: { type: GraphQLInt }, other: { type: GraphQLString } },
})

const Named = new GraphQLInterfaceType({
  name: 'Named',
  fields: { name: { type: GraphQLString } },
  resolveType: async () => soon('Thing'),
})

interface Row {
  id: number
  name: string
}
const rows: Row[] = [
  { id: 1, name: 'one' },
  { id: 2, name: 'two' },
]

const Thing: GraphQLObjectType<Row> = new GraphQLObjectType<Row>({
  name: 'Thing',
  interfaces: [Named],
  fields: () => ({
    id: { type: new GraphQLNonNull(SafeIntResolver) },
    name: { type: GraphQLString },
    later: { type: GraphQLString, resolve: ({ name }) => soon(`${name} later`) },
    size: {
      type: GraphQLString,
      args: { unit: { type: GraphQLString, defaultValue: 'cm' } },
      resolve: ({ id }, { unit }) => `${id}${unit}`,
    },
    next: { type: Thing, resolve: ({ id }) => soon(rows.find(row => row.id === id + 1) ?? null) },
    fails: {
      type: GraphQLString,
      resolve: () => {
        throw new Error('select password from secret_table')
      },
    },
    failsNonNull: {
      type: new GraphQLNonNull(GraphQLString),
      resolve: ({ id }) => (id === 2 ? Promise.reject(new Error('hidden')) : 'fine'),
    },
  }),
})
const Other = new GraphQLObjectType({ name: 'Other', fields: { colour: { type: Colour } } })
const Either = new GraphQLUnionType({
  name: 'Either',
  types: [Thing, Other],
  resolveType: value => ('colour' in value ? 'Other' : 'Thing'),
})

const failing = (error: () => unknown) => ({
  type: GraphQLString,
  resolve: () => {
    throw error()
  },
})

export const sampleSchema = new GraphQLSchema({
  types: [Thing],
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      hello: {
        type: new GraphQLNonNull(GraphQLString),
        args: { name: { type: GraphQLString, defaultValue: 'world' } },
        resolve: (_, { name }) => `hello ${name}`,
      },
      echo: {
        type: JSONObjectResolver,
        args: {
          int: { type: GraphQLInt },
          id: { type: GraphQLID },
          safe: { type: SafeIntResolver },
          positive: { type: PositiveIntResolver },
          at: { type: DateTimeResolver },
          colour: { type: Colour, defaultValue: 'blue' },
          json: { type: JSONObjectResolver },
          filter: { type: Filter },
          list: { type: new GraphQLList(GraphQLInt) },
          needed: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 7 },
          choice: { type: Choice },
          flag: { type: GraphQLBoolean },
        },
        resolve: (_, args) => soon(JSON.parse(JSON.stringify(args))),
      },
      things: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Thing))), resolve: () => soon(rows) },
      thing: {
        type: Thing,
        args: { id: { type: new GraphQLNonNull(GraphQLID) } },
        resolve: (_, { id }) => soon(rows.find(row => String(row.id) === id) ?? null),
      },
      named: { type: Named, resolve: () => soon(rows[0]) },
      either: {
        type: new GraphQLList(Either),
        resolve: () => [rows[0], { colour: 'red' }],
      },
      viewer: { type: JSONObjectResolver, resolve: (_source, _args, { viewer }) => viewer },
      time: { type: DateTimeResolver, resolve: () => new Date(0) },
      slow: {
        type: GraphQLString,
        args: { milliseconds: { type: new GraphQLNonNull(GraphQLInt) } },
        resolve: (_, { milliseconds }) => new Promise(resolve => setTimeout(resolve, milliseconds, 'done')),
      },
      bug: failing(() => new Error('select password from secret_table')),
      thrownText: failing(() => 'select password from secret_table'),
      uncodedGraphql: failing(() => new GraphQLError('internal detail')),
      invalid: failing(() => new InvalidInputError('Expected a blue one, received red')),
      coded: failing(() => new GraphQLError('Too much', { extensions: { code: 'QUERY_TOO_COMPLEX' } })),
      missing: failing(() => new RecordNotFoundError('Thing 9')),
      unreachable: failing(() =>
        Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' }),
      ),
      timedOut: failing(() =>
        Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' }),
      ),
      wrongType: { type: GraphQLInt, resolve: () => 'not a number' },
      voided: { type: new GraphQLNonNull(GraphQLString), resolve: () => soon(null) },
      // a field of its own, so that its non-null failure does not void the others
      list: { type: new GraphQLList(new GraphQLNonNull(Thing)), resolve: () => 'not a list' },
    },
  }),
})

export const viewers: Record<string, Viewer> = {
  admin: { role: 'administrator', organizationId: 1 },
  collaborator: { role: 'collaborator', organizationId: 1, collaboratorId: 1 },
  integration: { role: 'integration', organizationId: 1 },
}

/** `Bearer admin` is the administrator, and so on. */
export const authenticateSample: ServerOptions['authenticate'] = authorization =>
  viewers[authorization?.replace(/^Bearer /, '') ?? ''] ?? null

export const alwaysReady: Readiness = { opened: true, reason: () => Promise.resolve(null) }

/** What was logged, parsed. */
export const recordingLog = (level = 'info') => {
  const records: Record<string, unknown>[] = []
  const log = pino({ level }, { write: (line: string) => void records.push(JSON.parse(line)) })
  return { log, records }
}

/** The server above the sample schema. */
export const sampleServer = (options: Partial<ServerOptions> = {}) =>
  makeServer({
    schema: sampleSchema,
    contextFor: viewer => ({ viewer, datastores: {}, loaders: {} }),
    authenticate: authenticateSample,
    ingest: () => Promise.resolve({ opportunityId: null }),
    readiness: alwaysReady,
    introspection: true,
    graphiql: false,
    welcome: false,
    corsOrigins: [],
    trustProxy: false,
    bodyLimit: 1024 ** 2,
    log: pino({ level: 'silent' }),
    ...options,
  })
