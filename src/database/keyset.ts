import { InvalidInputError } from '../errors.ts'
import { isMoment } from '../moments.ts'
import { expectCount, expectId, expectIds, expectOneOf, show } from './checks.ts'
import { type Condition, expectConditions, unknownColumn, Values, where } from './conditions.ts'
import { madeStatement, type Statement, unnamedStatement } from './sql.ts'
import { type Fields, selectList, type Table } from './tables.ts'

/** A place in an order: a row's value in the ordering column, and its id, which decides between equal ones. */
export interface Key {
  readonly value: number | Date
  readonly id: number
}

export type Direction = 'ASC' | 'DESC'

/** The same direction. @throws InvalidInputError */
export const expectDirection = (direction: Direction): Direction =>
  expectOneOf(['ASC', 'DESC'], direction, 'the direction')

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
  /** So many rows are left out at the beginning; with a size. For lists that are paged by number: what is left out is read. */
  readonly offset?: number | undefined
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/**
 * The order, bounds, limit and offset of a slice, in SQL: at least one row more than was asked for, to know whether there
 * are more. The limit counts what the offset leaves out, so that it holds in every part that a list is put together from.
 * A row comparison on (column, id) is one range of an index that ends in these two.
 * @throws InvalidInputError for a direction, a size, an offset or a key that is none.
 */
export const sliced = (
  { orderBy, direction, size, fromEnd = false, after, before, offset = 0 }: Slice,
  { row, column, id, type, values }: Ordered & { row: string; id: string; values: Values },
): { bounds: string; order: string; limit: string; offset: string } => {
  const sorted = expectDirection(direction) === 'ASC' ? 'asc' : 'desc'
  if (size !== null) expectCount(size, 'the size of a page')
  expectCount(offset, 'the offset')
  const beyond = (key: Key, sign: '<' | '>') => {
    if (orderBy === 'id') return ` and ${row}.${id} ${sign} ${values.add(expectId(key.id))}::bigint`
    const value = values.add(expectKeyValue(key.value, orderBy, type))
    return ` and (${row}.${column}, ${row}.${id}) ${sign} (${value}::${type}, ${values.add(expectId(key.id))}::bigint)`
  }
  const bounds =
    (after === undefined ? '' : beyond(after, sorted === 'asc' ? '>' : '<')) +
    (before === undefined ? '' : beyond(before, sorted === 'asc' ? '<' : '>'))
  const read = fromEnd === (sorted === 'asc') ? 'desc' : 'asc'
  return {
    bounds,
    order: orderBy === 'id' ? `${id} ${read}` : `${column} ${read}, ${id} ${read}`,
    limit:
      size === null
        ? ''
        : ` limit ${(offset === 0 && LIMITS.find(limit => limit > size)) || values.add(size + 1 + offset)}`,
    offset: offset === 0 ? '' : ` offset ${values.add(offset)}`,
  }
}

/** A column that a list is ordered by; without a type there are no keys of it. */
interface Ordered {
  readonly column: string
  readonly type: 'timestamptz' | 'bigint' | undefined
}

const expectKeyValue = (value: Key['value'], orderBy: string, type: Ordered['type']): Key['value'] => {
  if (type === 'timestamptz' ? isMoment(value) : type === 'bigint' && Number.isSafeInteger(value)) return value
  const expected = { timestamptz: 'a date', bigint: 'a whole number' }
  throw new InvalidInputError(
    `Expected ${type ? `a key with ${expected[type]} as value` : 'no key'} in a list that is ordered by ${orderBy}, received ${show(value)}`,
  )
}

/**
 * The limit stands in the text, for a plan that knows how little is wanted: of a value, PostgreSQL's generic plans assume a
 * tenth of the table. These few, one above the usual sizes of a page, since each makes a statement of its own; what they
 * read too much is left out. Larger sizes are a value after all.
 */
const LIMITS = [2, 6, 11, 21, 51, 101]

/** Whether no more rows are read of a slice than its page has, but for the one that tells whether there are more. */
export const isReadExactly = ({ size }: Slice): boolean => size !== null && LIMITS.includes(size + 1)

/** What `sliced` read, as a page: in the list's own order, without what was read too much. */
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
  /** What of the rows is asked for; all of it, unless it is said. */
  readonly fields?: Fields | undefined
  readonly joined?: readonly Joined[] | undefined
}

/** More columns for the rows `t` of a page, and where they come from. */
export interface Joined {
  /** What is made with it is kept under this name, for all viewers that see as much. */
  readonly name: string
  readonly columns: string
  readonly joins: string
}

interface Query<Row> {
  readonly statement: Statement<Row>
  readonly values: readonly unknown[]
}

/** One page of a table. */
export const pageQuery = <Row>(listing: Listing, conditions: readonly Condition[], slice: Slice): Query<Row> => {
  const values = new Values(...listing.first)
  const fanned = fanOut(listing, expectConditions(conditions))
  if (fanned !== undefined) {
    // each value's first rows come from an index, and the first of these are the page's
    const rest = conditions.filter(condition => condition !== fanned)
    const { text, order, limit, offset } = partitions(listing, fanned.column, fanned.value, rest, slice, values)
    return {
      statement: madeStatement(
        finish(listing, slice.orderBy, `(select t.* ${text} order by ${order}${limit}${offset}) t`, order),
      ),
      values: values.list,
    }
  }
  const { text, order, limit, offset } = selection(listing, conditions, slice, values)
  const page = `(select t.* ${text} order by ${prefixed(order)}${limit}${offset}) t`
  const query = finish(listing, slice.orderBy, page, order)
  // whether an hour or a year is asked for, the beginning or what is far on, decides the way to the rows
  const depends = offset !== '' || conditions.some(isRange)
  return { statement: depends ? unnamedStatement(query) : madeStatement(query), values: values.list }
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
    statement: madeStatement(
      finish(listing, slice.orderBy, `(select t.*, k.key as partition ${text}) t`, order, {
        columns: 't.partition',
        order: 't.partition',
      }),
    ),
    values: values.list,
  }
}

/** How many rows there are. */
export const countQuery = (listing: Listing, conditions: readonly Condition[]): Query<{ count: number }> => {
  const values = new Values(...listing.first)
  const { table, visible, hidden } = listing
  const filter = where(conditions, { table, row: 't', values, ...(hidden && { hidden }) })
  return {
    statement: madeStatement(
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
  const by = reference(table, column)
  const filter = where(conditions, { table, row: 't', values, ...(hidden && { hidden }) })
  return {
    statement: madeStatement(
      `select t.${by} as partition, count(*) as count from ${quoted(table)} t where t.organization_id = $1 and t.${by} = any(${values.add(expectIds(keys))}::bigint[])${known(listing, column)}${visible}${filter} group by t.${by}`,
    ),
    values: values.list,
  }
}

/** The rows with these ids, in no order. */
export const byIdsQuery = <Row>(listing: Listing, column: string, ids: readonly number[]): Query<Row> => {
  const { table, visible, first, joined = [] } = listing
  const single = expectIds(ids).length === 1
  const kept = keptFor(listing.fields)
  const key = `${table.name}.${column}${single ? '' : 's'}${joined.map(({ name }) => name)}${visible}`
  let text = kept.get(key)
  if (text === undefined) {
    text = finish(listing, column, `${rowsWith(listing, column, single)} t`)
    kept.set(key, text)
  }
  return { statement: madeStatement(text), values: [...first, single ? ids[0] : ids] }
}

/** A row of a page with what it belongs to, in columns that begin with `owner.`. All else is null where a page has no rows. */
export type Owned<Row> = Row & { readonly 'owner.id': number }

/** The rows with these ids, each with its first page: of the rows of another table whose `column` is its id. */
export const ownedPagesQuery = <Row>(
  owners: Listing,
  ids: readonly number[],
  listing: Listing,
  column: string,
  request: OwnedRequest,
): Query<Owned<Row>> => {
  const { first } = owners
  const single = expectIds(ids).length === 1
  const key = `${owners.table.name}${single ? '' : 's'} ${listing.table.name}.${column}${listing.joined?.map(({ name }) => name)}${owners.visible}`
  const made = keptOwned.get(request) ?? new Map<string, KeptOwned>()
  keptOwned.set(request, made)
  let last = made.get(key)
  if (last === undefined || last.ownerFields !== owners.fields || last.fields !== listing.fields) {
    const { conditions, slice } = request
    const values = new Values(...first, ids)
    const { text, order } = partition(listing, column, 'o.id', conditions, slice, values)
    const page = `${rowsWith(owners, 'id', single)} o left join ${text} on true`
    const columns = selectList(owners.table, 'o', owners.hidden, owners.fields, OWNER)
    last = {
      ownerFields: owners.fields,
      fields: listing.fields,
      text: finish(listing, slice.orderBy, page, order, { columns, order: 'o.id' }),
      values: values.list.slice(first.length + 1),
    }
    made.set(key, last)
  }
  return { statement: madeStatement(last.text), values: [...first, single ? ids[0] : ids, ...last.values] }
}

/** What a row says that it belongs to. */
export const ownerIn = <Owner>(row: Owned<object>): Owner => {
  const owner: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) if (name.startsWith(OWNER)) owner[name.slice(OWNER.length)] = value
  return owner as Owner
}
const OWNER = 'owner.'

interface OwnedRequest {
  readonly conditions: readonly Condition[]
  readonly slice: Slice
}

interface KeptOwned {
  readonly ownerFields: Fields | undefined
  readonly fields: Fields | undefined
  readonly text: string
  readonly values: readonly unknown[]
}

/** What was last made of a request, which is one object for as long as it asks the same. */
const keptOwned = new WeakMap<OwnedRequest, Map<string, KeptOwned>>()

/** The rows whose `column` is the value after the first ones, or one of it. */
const rowsWith = (listing: Listing, column: string, single: boolean): string => {
  const { table, visible, first } = listing
  const by = reference(table, column)
  const value = `$${first.length + 1}`
  // one id is planned once and for all; of a list, which is planned anew each time, planning would take longer than reading
  const which = single ? `= ${value}::bigint` : `= any(${value}::bigint[])`
  return `(select t.* from ${quoted(table)} t where t.organization_id = $1 and t.${by} ${which}${known(listing, column)}${visible})`
}

/** The texts that were made for the same fields before; fields are one set for all requests with the same document. */
const keptFor = (fields: Fields = ALL): Map<string, string> => {
  let made = kept.get(fields)
  if (made === undefined) {
    made = new Map()
    kept.set(fields, made)
  }
  return made
}
const kept = new WeakMap<Fields, Map<string, string>>()
const ALL: Fields = new Set()

const selection = (listing: Listing, conditions: readonly Condition[], slice: Slice, values: Values) => {
  const { table, visible, hidden } = listing
  const filter = where(conditions, { table, row: 't', values, ...(hidden && { hidden }) })
  const { bounds, ...rest } = sliced(slice, { row: 't', id: 'id', ...ordering(table, slice), values })
  return {
    text: `from ${quoted(table)} t where t.organization_id = $1${visible}${filter}${bounds}`,
    ...rest,
  }
}

/**
 * The rows of each key, from a list that is a sub-select: PostgreSQL plans for a list of any length then, and so keeps the
 * plan, where it would else plan anew for each list.
 */
const partitions = (
  listing: Listing,
  column: string,
  keys: readonly number[],
  conditions: readonly Condition[],
  slice: Slice,
  values: Values,
) => {
  const list = values.add([...new Set(expectIds(keys))])
  const { text, ...rest } = partition(listing, column, 'k.key', conditions, slice, values)
  return { text: `from unnest((select ${list}::bigint[])) as k(key) cross join ${text}`, ...rest }
}

/** The rows of one key, `key` in SQL. */
const partition = (
  listing: Listing,
  column: string,
  key: string,
  conditions: readonly Condition[],
  slice: Slice,
  values: Values,
) => {
  const by = reference(listing.table, column)
  const { text, order, limit, offset } = selection(listing, conditions, slice, values)
  return {
    text: `lateral (select t.* ${text} and t.${by} = ${key}${known(listing, column)} order by ${prefixed(order)}${limit}) t`,
    order: prefixed(order),
    limit,
    offset,
  }
}

/** To a viewer from whom a column is hidden no row belongs to anything by it, as in `where`. */
const known = ({ hidden }: Listing, column: string): string => (hidden?.has(column) ? ' and false' : '')

/**
 * The rows of a page, with what is joined to them, in the page's order. `needed` is a column that is read in any case; `group`
 * is what comes before it all, where there are several pages.
 */
const finish = (
  { table, hidden, joined = [], fields }: Listing,
  needed: string,
  page: string,
  order?: string,
  group?: { readonly columns: string; readonly order: string },
): string => {
  const list = selectList(table, 't', hidden, fields && new Set([...fields, needed]))
  const columns = [...(group ? [group.columns] : []), list, ...joined.map(each => each.columns)].join(', ')
  const before = group ? `${group.order}, ` : ''
  const sorted = order === undefined ? '' : ` order by ${before}${order.startsWith('t.') ? order : prefixed(order)}`
  return `select ${columns} from ${page}${joined.map(({ joins }) => joins).join('')}${sorted}`
}

const prefixed = (order: string): string =>
  order
    .split(', ')
    .map(part => `t.${part}`)
    .join(', ')

const ordering = (table: Table, { orderBy }: Slice): Ordered => {
  const column = table.columns.get(orderBy)
  if (column === undefined || column.isList) throw unknownColumn(table, orderBy)
  const { sql, type } = column
  if (type === 'DateTime') return { column: sql, type: 'timestamptz' }
  return { column: sql, type: type === 'BigInt' || type === 'Int' ? 'bigint' : undefined }
}

/** A column that holds ids, in SQL. @throws InvalidInputError for any other. */
const reference = (table: Table, name: string): string => {
  const column = table.columns.get(name)
  if (column?.type === 'BigInt' && !column.isList) return column.sql
  throw unknownColumn(table, name)
}

/**
 * A condition on many ids, whose rows are better read id by id than sorted. Not one on a column that is hidden or is no
 * reference: what these mean, or why they are wrong, `where` knows.
 */
const fanOut = (
  { table, hidden }: Listing,
  conditions: readonly Condition[],
): (Condition & { value: number[] }) | undefined =>
  conditions.find(
    (condition): condition is Condition & { value: number[] } =>
      condition.operator === 'IN' &&
      table.columns.get(condition.column)?.type === 'BigInt' &&
      condition.column.endsWith('Id') &&
      !hidden?.has(condition.column) &&
      Array.isArray(condition.value) &&
      new Set(condition.value).size > 1 &&
      condition.value.every(Number.isSafeInteger),
  )

const isRange = ({ operator }: Condition): boolean => !['=', 'IN'].includes(operator)

/** `transaction` is a word of SQL. */
const quoted = ({ name }: Table): string => `"${name}"`
