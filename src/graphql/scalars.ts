import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql'
import { DateTimeResolver, NonNegativeIntResolver, PositiveIntResolver, SafeIntResolver } from 'graphql-scalars'
import { isMoment } from '../moments.ts'

/** Reads an input value; undefined where it is not a value of the scalar. */
type Read<Value> = (value: unknown) => Value | undefined

/**
 * A scalar of graphql-scalars whose literals and variables go through the same check: a variable is accepted exactly when
 * the same value is accepted as a literal.
 */
const checked = <Value, Told>(
  scalar: GraphQLScalarType<unknown, Told>,
  kind: Kind.INT | Kind.STRING,
  expected: string,
  read: Read<Value>,
): GraphQLScalarType<Value, Told> => {
  const refusal = (received: string, node: ValueNode | null) =>
    new GraphQLError(`Expected ${expected} as ${scalar.name}, received ${received.slice(0, 100)}`, { nodes: node })
  return new GraphQLScalarType<Value, Told>({
    ...(scalar.toConfig() as object),
    name: scalar.name,
    parseValue: given => {
      const value = read(given)
      if (value === undefined) throw refusal(JSON.stringify(given), null)
      return value
    },
    parseLiteral: node => {
      const value = node.kind === kind ? read(kind === Kind.INT ? Number(node.value) : node.value) : undefined
      if (value === undefined) throw refusal(print(node), node)
      return value
    },
  })
}

const integer =
  (least: number): Read<number> =>
  value =>
    Number.isSafeInteger(value) && (value as number) >= least ? (value as number) : undefined

export const SafeInt = checked(
  SafeIntResolver,
  Kind.INT,
  'a whole number within ±(2^53−1)',
  integer(Number.MIN_SAFE_INTEGER),
)
export const PositiveInt = checked(PositiveIntResolver, Kind.INT, 'a whole number from 1 to 2^53−1', integer(1))
export const NonNegativeInt = checked(NonNegativeIntResolver, Kind.INT, 'a whole number from 0 to 2^53−1', integer(0))

export const DateTime = checked(
  DateTimeResolver as GraphQLScalarType<unknown, Date>,
  Kind.STRING,
  'a date-time of RFC 3339 with its offset, in the years 0001 to 9999 in UTC',
  value => {
    if (typeof value !== 'string') return undefined
    try {
      const date: unknown = DateTimeResolver.parseValue(value)
      return isMoment(date) ? date : undefined
    } catch {
      return undefined
    }
  },
)
