import { InvalidInputError } from '../errors.ts'
import { isMoment } from '../moments.ts'
import { show } from './checks.ts'
import type { ColumnType, Table } from './tables.ts'

export const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', 'IN'] as const
export type Operator = (typeof OPERATORS)[number]

/** One comparison of a column, named as in `schema.prisma`, with a value; `IN` takes a list. */
export interface Condition<Column extends string = string> {
  readonly column: Column
  readonly operator: Operator
  readonly value: unknown
}

/** A statement's values, collected while its text is written. */
export class Values {
  readonly list: unknown[]

  constructor(...first: unknown[]) {
    this.list = first
  }

  /** Adds a value; answers its placeholder. */
  add(value: unknown): string {
    this.list.push(value)
    return `$${this.list.length}`
  }
}

/**
 * Conditions as SQL, each with a leading ` and `.
 * A hidden column compares as null does: nothing is true of it.
 * @throws InvalidInputError for an unknown column or operator, or a value that the column cannot have.
 */
export const where = (
  conditions: readonly Condition[],
  { table, row, values, hidden }: { table: Table; row: string; values: Values; hidden?: ReadonlySet<string> },
): string => {
  let text = ''
  for (const condition of expectConditions(conditions)) {
    const column = table.columns.get(condition.column)
    if (column === undefined || column.isList) throw unknownColumn(table, condition.column)
    if (!OPERATORS.includes(condition.operator)) {
      throw new InvalidInputError(
        `Expected an operator of ${OPERATORS.join(' ')}, received ${show(condition.operator)}`,
      )
    }
    const comparison = compare(`${row}.${column.sql}`, column.type, condition, values)
    text += hidden?.has(condition.column) ? ` and ${comparison} and false` : ` and ${comparison}`
  }
  return text
}

/** The same conditions. @throws InvalidInputError for what are none. */
export const expectConditions = <Given extends Condition>(conditions: readonly Given[]): readonly Given[] => {
  if (Array.isArray(conditions) && conditions.every(each => typeof each === 'object' && each !== null))
    return conditions
  throw new InvalidInputError(`Expected a list of { column, operator, value }, received ${show(conditions)}`)
}

/** The error for a column that a table does not have, or that is no single value. */
export const unknownColumn = ({ columns }: Table, received: unknown): InvalidInputError => {
  const known = [...columns].filter(([, { isList }]) => !isList).map(([name]) => name)
  return new InvalidInputError(`Expected a column of ${known.join(', ')}, received ${show(received)}`)
}

const compare = (sql: string, type: ColumnType, { column, operator, value }: Condition, values: Values): string => {
  if (operator !== 'IN') return `${sql} ${operator === '!=' ? '<>' : operator} ${one(type, column, value, values)}`
  if (!Array.isArray(value)) throw new InvalidInputError(`Expected a list for ${column} IN, received ${show(value)}`)
  const distinct = [...new Set(value)]
  if (distinct.length === 0) return 'false'
  if (distinct.length === 1) return `${sql} = ${one(type, column, distinct[0], values)}`
  for (const item of distinct) check(type, column, item)
  // an enum's values stand in the text, so that the planner knows how many rows each has
  if (typeof type === 'object') return `${sql} in (${distinct.sort().map(quote).join(', ')})`
  return `${sql} = any(${values.add(distinct)}::${SQL_TYPES[type]}[])`
}

const one = (type: ColumnType, column: string, value: unknown, values: Values): string => {
  check(type, column, value)
  return typeof type === 'object' ? quote(String(value)) : `${values.add(value)}::${SQL_TYPES[type]}`
}

const quote = (value: string): string => `'${value}'`

const SQL_TYPES = {
  BigInt: 'bigint',
  Int: 'integer',
  Decimal: 'numeric',
  String: 'text',
  Boolean: 'boolean',
  DateTime: 'timestamptz',
  Json: 'jsonb',
}

/** Only what passes here reaches a statement; an enum's value even as text. */
const check = (type: ColumnType, column: string, value: unknown): void => {
  const [expected, fits] =
    typeof type === 'object' ? [`one of ${type.join(', ')}`, type.includes(value as string)] : EXPECTED[type](value)
  if (!fits) throw new InvalidInputError(`Expected ${expected} for ${column}, received ${show(value)}`)
}

const EXPECTED: Record<Exclude<ColumnType, readonly string[]>, (value: unknown) => [string, boolean]> = {
  BigInt: value => ['a whole number within ±(2^53−1)', Number.isSafeInteger(value)],
  Int: value => ['a whole number within ±2^31', Number.isInteger(value) && Math.abs(value as number) < 2 ** 31],
  Decimal: value => ['a number', Number.isFinite(value)],
  String: value => ['a text without NUL', typeof value === 'string' && !value.includes('\0')],
  Boolean: value => ['true or false', typeof value === 'boolean'],
  DateTime: value => ['a date in the years 0001 to 9999', isMoment(value)],
  Json: () => ['a column that can be compared', false],
}
