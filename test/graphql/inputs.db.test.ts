import {
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isInputObjectType,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, testGateway } from '../support/gateway.ts'

const gateway = testGateway(await testDatabase('small'))

/** How an answer ends: with data, or with the code of its first error. A value that is too large a size is taken as one. */
const outcome = async (query: string, variables?: Record<string, unknown>): Promise<string> => {
  const { body } = await gateway.query(ADMINISTRATOR, query, variables)
  const code = body.errors?.[0]?.extensions.code ?? 'data'
  return code === 'QUERY_TOO_COMPLEX' ? 'data' : code
}

/** Literals of GraphQL that are JSON as well, so that each can be sent as a variable. */
const LITERALS = [
  ...['0', '1', '-1', '1.5', '1.9', '-0.5', '1e21', '2147483647', '2147483648', '9007199254740991', '9007199254740992'],
  ...['99999999999999999999', '"1"', '"1.9"', '"-1"', '""', '"one"', '" 1"', '"1e3"', '"0x10"', 'true', 'null'],
  ...[
    '[1]',
    '[]',
    '["1"]',
    '[1.5]',
    '[null]',
    '"2026-01-31T12:00:00Z"',
    '"2026-01-31"',
    '"1 January 2026"',
    '1769860800',
  ],
  ...[`"${btoa('Engagement:1')}"`],
]

/** A field for each type of input, with a place for the value. */
const INPUTS: readonly [type: string, query: (value: string) => string][] = [
  ['PositiveInt', value => `{ bindings(opportunityId: 1, programId: 1, limit: ${value}) { score } }`],
  ['SafeInt', value => `{ engagements(filter: { score: { min: ${value} } }) { totalCount } }`],
  ['SafeInt!', value => `{ activeEngagementCount(opportunityId: ${value}, programId: 1) }`],
  ['[SafeInt!]', value => `{ engagements(filter: { programId: ${value} }) { totalCount } }`],
  ['Int', value => `{ engagements(first: ${value}) { totalCount } }`],
  ['ID!', value => `{ engagement(id: ${value}) { score } }`],
  ['[ID!]', value => `{ engagements(filter: { ids: ${value} }) { totalCount } }`],
  ['[ID!]!', value => `{ nodes(ids: ${value}) { id } }`],
  ['DateTime', value => `{ engagements(filter: { dateCreated: { from: ${value} } }) { totalCount } }`],
  ['String', value => `{ notes(sourceType: PROGRAM, filter: { search: ${value} }) { totalCount } }`],
  ['[String!]', value => `{ notes(sourceType: PROGRAM, filter: { content: ${value} }) { totalCount } }`],
  ['Boolean', value => `{ engagementTypes(available: ${value}) { id } }`],
]

describe.each(INPUTS)('a variable of type %s', (type, query) => {
  test.each(LITERALS)('is accepted exactly when the same value is as a literal: %s', async literal => {
    const [asLiteral, asVariable] = [query(literal), `query ($value: ${type}) ${query('$value')}`]
    const variables = { value: JSON.parse(literal) }
    const told = [await outcome(asLiteral), await outcome(asVariable, variables)]
    expect(told[1] === 'data').toBe(told[0] === 'data')
    expect(['data', 'BAD_USER_INPUT']).toContain(told[1])
    expect(['data', 'BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']).toContain(told[0])
    // and once more, compiled
    expect([await outcome(asLiteral), await outcome(asVariable, variables)]).toEqual(told)
  })
})

test('what is accepted is what a reader of the type expects', async () => {
  const accepted = async ([, query]: (typeof INPUTS)[number]) => {
    const found = []
    for (const literal of LITERALS) if ((await outcome(query(literal))) === 'data') found.push(literal)
    return found
  }
  const of = (type: string) => accepted(INPUTS.find(([name]) => name === type) as (typeof INPUTS)[number])
  const large = ['2147483647', '2147483648', '9007199254740991']
  expect(await of('PositiveInt')).toEqual(['1', ...large, 'null', '1769860800'])
  expect(await of('SafeInt!')).toEqual(['0', '1', '-1', ...large, '1769860800'])
  expect(await of('DateTime')).toEqual(['null', '"2026-01-31T12:00:00Z"'])
  expect(await of('ID!')).toEqual([...['0', '1', ...large, '"1"', '1769860800'], `"${btoa('Engagement:1')}"`])
})

/** Every way to every date that can be asked for: lists at the root, and those of a record. */
const DATES: readonly [where: string, query: (date: string) => string][] = (() => {
  const datesIn = (type: GraphQLInputType, put: (value: string) => string): ((date: string) => string)[] => {
    const named = getNamedType(type)
    if (named.name === 'DateTime') return [date => put(date)]
    if (!isInputObjectType(named)) return []
    return Object.values((named as GraphQLInputObjectType).getFields()).flatMap(field =>
      datesIn(field.type, value => put(`{ ${field.name}: ${value} }`)),
    )
  }
  const required = (field: GraphQLField<unknown, unknown>) =>
    field.args.some(({ name }) => name === 'sourceType') ? 'sourceType: PROGRAM, ' : ''
  const query = schema.getQueryType() as GraphQLObjectType
  return Object.values(query.getFields()).flatMap(field => {
    const own = field.args.flatMap(argument => datesIn(argument.type, value => `${argument.name}: ${value}`))
    const list = own.map(put => (date: string) => `{ ${field.name}(${required(field)}${put(date)}) { totalCount } }`)
    const node = getNamedType(field.type).name.replace(/Connection$/, '')
    const type = schema.getType(node) as GraphQLObjectType | undefined
    const nested = !field.type.toString().endsWith('Connection!')
      ? []
      : Object.values(type?.getFields() ?? {}).flatMap(inner =>
          inner.args
            .flatMap(argument => datesIn(argument.type, value => `${argument.name}: ${value}`))
            .map(
              put => (date: string) =>
                `{ ${field.name}(${required(field)}first: 1) { nodes { ${inner.name}(${put(date)}) { totalCount } } } }`,
            ),
        )
    return [...list, ...nested].map(
      make =>
        [
          make('…')
            .replaceAll(/[{}\s]+/g, ' ')
            .trim(),
          make,
        ] as [string, (date: string) => string],
    )
  })
})()

test('there are dates in every list', () => {
  expect(DATES.length).toBeGreaterThan(40)
  for (const list of ['engagements', 'notes', 'payouts', 'distributors'])
    expect(DATES.some(([where]) => where.startsWith(list))).toBe(true)
})

describe.each(DATES)('%s', (_, query) => {
  const variable = `query ($date: DateTime) ${query('$date')}`

  test('refuses a moment that is not in the years 1 to 9999', async () => {
    for (const date of [
      '0001-01-01T00:00:00+02:00',
      '9999-12-31T23:59:59-12:00',
      '0000-06-01T00:00:00Z',
      '2016-12-31T23:59:60Z',
      '2026-02-29T00:00:00Z',
      '2026-01-31T24:00:00Z',
      '-000001-01-01T00:00:00Z',
      '+010000-01-01T00:00:00Z',
    ]) {
      expect(await outcome(query(`"${date}"`)), date).toBe('BAD_USER_INPUT')
      for (let run = 0; run < 2; run++) expect(await outcome(variable, { date }), date).toBe('BAD_USER_INPUT')
    }
  })

  test('takes the first and the last moment', async () => {
    for (const date of [
      '0001-01-01T00:00:00Z',
      '0001-01-01T02:00:00+02:00',
      '9999-12-31T23:59:59.999Z',
      '0050-06-01T00:00:00Z',
    ]) {
      expect(await outcome(query(`"${date}"`)), date).toBe('data')
      for (let run = 0; run < 2; run++) expect(await outcome(variable, { date }), date).toBe('data')
    }
  })
})
