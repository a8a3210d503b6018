import { type Condition, unknownColumn, Values, where } from './conditions.ts'
import { type Statement, statement } from './sql.ts'
import { selectList, type Table } from './tables.ts'

/** A place in an order: a row's value in the ordering column, and its id, which decides between equal ones. */
export interface Key {
  readonly value: number | Date
  readonly id: number
}

export type Direction = 'ASC' | 'DESC'

/** Which part of an ordered list is wanted. */
export interface Slice<Column extends string = string> {
  /** Ties go by id, in the same direction. */
  readonly orderBy: Column
  readonly direction: Direction
  /** At most so many rows; null for all. */
  readonly size: number | null
  /** Counted from the end of the list. */
  readonly fromEnd?: boolean | undefined
  readonly after?: Key | undefined
  readonly before?: Key | undefined
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/**
 * The order, bounds and limit of a slice, in SQL: one more row than was asked for, to know whether there are more.
 * A row comparison on (column, id) is one range of an index that ends in these two.
 */
export const sliced = (
  { orderBy, direction, size, fromEnd = false, after, before }: Slice,
  { row, column, id, type, values }: { row: string; column: string; id: string; type: string; values: Values },
): { bounds: string; order: string; limit: string } => {
  const sorted = direction === 'ASC' ? 'asc' : 'desc'
  const beyond = (key: Key, sign: '<' | '>') =>
    orderBy === 'id'
      ? ` and ${row}.${id} ${sign} ${values.add(key.id)}::bigint`
      : ` and (${row}.${column}, ${row}.${id}) ${sign} (${values.add(key.value)}::${type}, ${values.add(key.id)}::bigint)`
  const bounds =
    (after === undefined ? '' : beyond(after, sorted === 'asc' ? '>' : '<')) +
    (before === undefined ? '' : beyond(before, sorted === 'asc' ? '<' : '>'))
  const read = fromEnd === (sorted === 'asc') ? 'desc' : 'asc'
  return {
    bounds,
    order: orderBy === 'id' ? `${id} ${read}` : `${column} ${read}, ${id} ${read}`,
    limit: size === null ? '' : ` limit ${values.add(size + 1)}`,
  }
}

/** What `sliced` read, as a page: in the list's own order, without the one row too many. */
export const pageOf = <Row>(read: Row[], { size, fromEnd = false, after, before }: Slice): Page<Row> => {
  const more = size !== null && read.length > size
  const rows = more ? read.slice(0, size) : read
  if (fromEnd) rows.reverse()
  return {
    rows,
    hasNextPage: fromEnd ? before !== undefined : more,
    hasPreviousPage: fromEnd ? more : after !== undefined,
  }
}

/** A read of one table: its columns, whom it is for, what it is joined with. */
export interface Listing {
  readonly table: Table
  /** Begins each statement's values; `$1` is the organization. */
  readonly first: readonly unknown[]
  /** A condition on the row `t`, over the first values. */
  readonly visible: string
  readonly hidden?: ReadonlySet<string> | undefined
  /** More columns, and where they come from, for rows `t` of the page. */
  readonly joined?: { readonly columns: string; readonly joins: string } | undefined
}

interface Query<Row> {
  readonly statement: Statement<Row>
  readonly values: readonly unknown[]
}

/** One page of a table. */
export const pageQuery = <Row>(listing: Listing, conditions: readonly Condition[], slice: Slice): Query<Row> => {
  const values = new Values(...listing.first)
  const fanned = fanOut(conditions)
  if (fanned !== undefined) {
    // each value's first rows come from an index, and the first of these are the page's
    const rest = conditions.filter(condition => condition !== fanned)
    const { text, order, limit } = partitions(listing, fanned.column, fanned.value, rest, slice, values)
    return {
      statement: finish(listing, `(select t.* ${text} order by ${order}${limit}) t`, order),
      values: values.list,
    }
  }
  const { text, order, limit } = selection(listing, conditions, slice, values)
  return {
    statement: finish(listing, `(select t.* ${text} order by ${prefixed(order)}${limit}) t`, order),
    values: values.list,
  }
}

/** The first page of each partition: of the rows whose `column` is one of `keys`. Each row says which, as `partition`. */
export const pagesQuery = <Row>(
  listing: Listing,
  column: string,
  keys: readonly number[],
  conditions: readonly Condition[],
  slice: Slice,
): Query<Row & { partition: number }> => {
  const values = new Values(...listing.first)
  const { text, order } = partitions(listing, column, keys, conditions, slice, values)
  return {
    statement: finish(listing, `(select t.*, k.key as partition ${text}) t`, order, 't.partition, '),
    values: values.list,
  }
}

/** How many rows there are. */
export const countQuery = (listing: Listing, conditions: readonly Condition[]): Query<{ count: number }> => {
  const values = new Values(...listing.first)
  const { table, visible, hidden } = listing
  const filter = where(conditions, { table, row: 't', values, ...(hidden && { hidden }) })
  return {
    statement: statement(
      `select count(*) as count from ${quoted(table)} t where t.organization_id = $1${visible}${filter}`,
    ),
    values: values.list,
  }
}

/** How many rows each partition has; one without rows is left out. */
export const countsQuery = (
  listing: Listing,
  column: string,
  keys: readonly number[],
  conditions: readonly Condition[],
): Query<{ partition: number; count: number }> => {
  const values = new Values(...listing.first)
  const { table, visible, hidden } = listing
  const by = table.columns.get(column)?.sql
  const filter = where(conditions, { table, row: 't', values, ...(hidden && { hidden }) })
  return {
    statement: statement(
      `select t.${by} as partition, count(*) as count from ${quoted(table)} t where t.organization_id = $1 and t.${by} = any(${values.add(keys)}::bigint[])${visible}${filter} group by t.${by}`,
    ),
    values: values.list,
  }
}

/** The rows with these ids, in no order. */
export const byIdsQuery = <Row>(listing: Listing, column: string, ids: readonly number[]): Query<Row> => {
  const values = new Values(...listing.first)
  const { table, visible } = listing
  const by = table.columns.get(column)?.sql
  const page = `(select t.* from ${quoted(table)} t where t.organization_id = $1 and t.${by} = any(${values.add(ids)}::bigint[])${visible}) t`
  return { statement: finish(listing, page), values: values.list }
}

const selection = (listing: Listing, conditions: readonly Condition[], slice: Slice, values: Values) => {
  const { table, visible, hidden } = listing
  const filter = where(conditions, { table, row: 't', values, ...(hidden && { hidden }) })
  const { bounds, order, limit } = sliced(slice, { row: 't', id: 'id', ...ordering(table, slice), values })
  return {
    text: `from ${quoted(table)} t where t.organization_id = $1${visible}${filter}${bounds}`,
    order,
    limit,
  }
}

const partitions = (
  listing: Listing,
  column: string,
  keys: readonly number[],
  conditions: readonly Condition[],
  slice: Slice,
  values: Values,
) => {
  const by = listing.table.columns.get(column)?.sql
  const list = values.add([...new Set(keys)])
  const { text, order, limit } = selection(listing, conditions, slice, values)
  return {
    text: `from unnest(${list}::bigint[]) as k(key) cross join lateral (select t.* ${text} and t.${by} = k.key order by ${prefixed(order)}${limit}) t`,
    order: prefixed(order),
    limit,
  }
}

/** The rows of a page, with what is joined to them, in the page's order. */
const finish = <Row>(listing: Listing, page: string, order?: string, before = ''): Statement<Row> => {
  const { table, hidden, joined } = listing
  const columns = `${before === '' ? '' : 't.partition, '}${selectList(table, 't', hidden)}${joined ? `, ${joined.columns}` : ''}`
  const sorted = order === undefined ? '' : ` order by ${before}${order.startsWith('t.') ? order : prefixed(order)}`
  return statement(`select ${columns} from ${page}${joined ? ` ${joined.joins}` : ''}${sorted}`)
}

const prefixed = (order: string): string =>
  order
    .split(', ')
    .map(part => `t.${part}`)
    .join(', ')

const ordering = (table: Table, { orderBy }: Slice): { column: string; type: string } => {
  const column = table.columns.get(orderBy)
  if (column === undefined || column.isList) throw unknownColumn(table, orderBy)
  return { column: column.sql, type: column.type === 'DateTime' ? 'timestamptz' : 'bigint' }
}

/** A condition on many ids, whose rows are better read id by id than sorted. */
const fanOut = (conditions: readonly Condition[]): (Condition & { value: number[] }) | undefined =>
  conditions.find(
    (condition): condition is Condition & { value: number[] } =>
      condition.operator === 'IN' &&
      condition.column !== 'id' &&
      condition.column.endsWith('Id') &&
      Array.isArray(condition.value) &&
      new Set(condition.value).size > 1 &&
      condition.value.every(Number.isSafeInteger),
  )

/** `transaction` is a word of SQL. */
const quoted = ({ name }: Table): string => `"${name}"`
