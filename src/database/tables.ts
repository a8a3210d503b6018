import { getDatamodel } from './generated/pothos.ts'
import * as enums from './generated/prisma/enums.ts'
import { displayName, type NamedType } from './names.ts'

/** How a column is compared and written. An enum column's type lists its values. */
export type ColumnType = 'BigInt' | 'Int' | 'Decimal' | 'String' | 'Boolean' | 'DateTime' | 'Json' | readonly string[]

/** A model's table: its columns by the names of `schema.prisma`, without the organization's. */
export interface Table {
  readonly name: string
  readonly columns: ReadonlyMap<string, { readonly sql: string; readonly type: ColumnType; readonly isList: boolean }>
  /** Its rows are read with the name to show, as `displayName`. */
  readonly named?: NamedType
}

/** Names of fields that are asked for; of a row only what these are made of has to be read. */
export type Fields = ReadonlySet<string>

interface Field {
  readonly name: string
  readonly type: string
  readonly kind: string
  readonly isList: boolean
}

const models = (getDatamodel() as unknown as { datamodel: { models: Record<string, { fields: Field[] }> } }).datamodel
  .models

/** The table of a model, read off `schema.prisma`: every name there is camelCase, and snake_case in the database. */
export const tableOf = (model: string): Table => {
  const found = models[model]
  if (found === undefined) throw new TypeError(`Expected a model of schema.prisma, received ${model}`)
  const stored = found.fields.filter(field => field.kind !== 'object' && field.name !== 'organizationId')
  return {
    name: snakeCase(model),
    columns: new Map(
      stored.map(({ name, kind, type, isList }) => [
        name,
        { sql: snakeCase(name), isList, type: kind === 'enum' ? valuesOf(type) : (type as ColumnType) },
      ]),
    ),
  }
}

/**
 * Columns as a select list, named as in `schema.prisma`, behind a prefix if there is one; those in `hidden` are null, those
 * that no field needs are left out.
 */
export const selectList = (
  table: Table,
  row: string,
  hidden?: ReadonlySet<string>,
  fields?: Fields,
  prefix = '',
): string => {
  const { columns, named } = table
  const list = [...columns]
    .filter(([name]) => fields === undefined || isNeeded(name, table, fields))
    .map(([name, { sql, isList }]) =>
      hidden?.has(name)
        ? `null as "${prefix}${name}"`
        : `${row}.${sql}${isList ? '::text[]' : ''} as "${prefix}${name}"`,
    )
  if (named !== undefined && (fields?.has('name') ?? true))
    list.push(`${displayName(named, row)} as "${prefix}displayName"`)
  return list.join(', ')
}

/** Whether these fields need the name to show of a row, and besides it no more than its id. */
export const isNameOnly = (table: Table, fields: Fields): boolean =>
  table.named !== undefined &&
  fields.has('name') &&
  [...table.columns.keys()].every(column => column === 'id' || !isNeeded(column, table, fields))

/** A field is made of the column of its name; what it tells of another record, of the column with that record's id. */
const isNeeded = (column: string, { named }: Table, fields: Fields): boolean => {
  if (named !== undefined && column === 'name') return false // that field is the name to show
  if (column === 'id' || fields.has(column)) return true
  const record = column.endsWith('Id') ? column.slice(0, -2) : undefined
  return record !== undefined && (fields.has(record) || fields.has(`${record}Name`))
}

const valuesOf = (type: string): readonly string[] =>
  Object.values((enums as unknown as Record<string, Record<string, string>>)[type] ?? {})

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter, at) => (at === 0 ? '' : '_') + letter.toLowerCase())
