import { expectIds } from '../database/checks.ts'
import type { Condition } from '../database/conditions.ts'
import {
  byIdsQuery,
  countQuery,
  countsQuery,
  type Joined,
  type Listing,
  type Owned,
  ownedPagesQuery,
  ownerIn,
  type Page,
  pageOf,
  pageQuery,
  pagesQuery,
  type Slice,
} from '../database/keyset.ts'
import type { Sql } from '../database/sql.ts'
import { type Fields, isNameOnly, type Table } from '../database/tables.ts'
import { RecordNotFoundError } from '../errors.ts'
import { type RecordType, type Scope, scopeOf, scopeValues } from './scope.ts'
import { readsEverything, type Viewer } from './viewer.ts'

/** A list that can be asked for: which rows, and which part of them. */
export interface ListRequest<Row> {
  readonly conditions: readonly Condition<keyof Row & string>[]
  readonly slice: Slice<keyof Row & string>
}

/** One table as one viewer may see it. What the viewer may not see is not there. */
export class Records<Row extends { id: number }> {
  protected readonly scope: Scope
  /** What of the rows is asked for: all of it, unless it is said. */
  fields: Fields | undefined
  /** What `schema.prisma` and GraphQL call such a record. */
  readonly model: string

  constructor(
    protected readonly sql: Sql,
    readonly viewer: Viewer,
    readonly type: RecordType,
    protected readonly table: Table,
  ) {
    this.scope = scopeOf(viewer)
    this.model = `${type[0]?.toUpperCase()}${type.slice(1)}`
  }

  /**
   * @throws RecordNotFoundError when there is no such record, or none that the viewer may see.
   * @throws InvalidInputError for what is no id.
   */
  async getById(id: number): Promise<Row> {
    const [row] = await this.byIds([id])
    if (row === undefined) throw new RecordNotFoundError(`${this.type} ${id}`)
    return row
  }

  /** The records with these ids, in no order; those that are not there are left out. @throws InvalidInputError */
  byIds(ids: readonly number[]): Promise<Row[]> {
    return this.rowsBy('id', ids)
  }

  /** Every record that meets all of the conditions, by id. @throws InvalidInputError for an unknown column or operator. */
  async andWhere(conditions: readonly Condition[]): Promise<Row[]> {
    const slice: Slice = { orderBy: 'id', direction: 'ASC', size: null }
    const { statement, values } = pageQuery<Row>(this.listing(), conditions, slice)
    return this.sql.rows(statement, values)
  }

  /** Whether all that is asked for of a row is its name, for a viewer who may see each: a row that names one needs no more. */
  get isNameEnough(): boolean {
    return this.fields !== undefined && readsEverything(this.viewer) && isNameOnly(this.table, this.fields)
  }

  /** One page of a list. */
  async page({ conditions, slice }: ListRequest<Row>, joined?: readonly Joined[]): Promise<Page<Row>> {
    const ordered = this.#ordered(slice)
    const { statement, values } = pageQuery<Row>(this.listing(joined), conditions, ordered)
    return pageOf(await this.sql.rows(statement, values), ordered)
  }

  /** The same page of several lists at once: of those whose `column` is each of `keys`. In the order of `keys`. */
  async pagesBy(
    column: keyof Row & string,
    keys: readonly number[],
    { conditions, slice }: ListRequest<Row>,
    joined?: readonly Joined[],
  ): Promise<Page<Row>[]> {
    const ordered = this.#ordered(slice)
    const { statement, values } = pagesQuery<Row>(this.listing(joined), column, keys, conditions, ordered)
    const parts = groupBy(await this.sql.rows(statement, values), row => row.partition)
    return keys.map(key => pageOf([...(parts.get(key) ?? [])], ordered))
  }

  /** The records with these ids, in no order, each with the page of those of `others` whose `column` is its id. */
  async withPages<Other extends { id: number }>(
    ids: readonly number[],
    others: Records<Other>,
    column: keyof Other & string,
    request: ListRequest<Other>,
    joined?: readonly Joined[],
  ): Promise<{ row: Row; page: Page<Other> }[]> {
    const slice = others.#ordered(request.slice)
    const asked = slice === request.slice ? request : { ...request, slice }
    const { statement, values } = ownedPagesQuery<Other>(this.listing(), ids, others.listing(joined), column, asked)
    const parts = groupBy(await this.sql.rows(statement, values), row => row['owner.id'])
    return [...parts.values()].map(rows => {
      const [first] = rows as [Owned<Other>]
      return { row: ownerIn<Row>(first), page: pageOf<Other>(first.id === null ? [] : rows, slice) }
    })
  }

  /** How many records meet all of the conditions. */
  async count(conditions: readonly Condition[]): Promise<number> {
    const { statement, values } = countQuery(this.listing(), conditions)
    const [row] = await this.sql.rows(statement, values)
    return row?.count ?? 0
  }

  /** The same count of several lists at once. In the order of `keys`. */
  async countsBy(
    column: keyof Row & string,
    keys: readonly number[],
    conditions: readonly Condition[],
  ): Promise<number[]> {
    const { statement, values } = countsQuery(this.listing(), column, keys, conditions)
    const counts = new Map((await this.sql.rows(statement, values)).map(row => [row.partition, row.count]))
    return keys.map(key => counts.get(key) ?? 0)
  }

  /** The records whose `column` is one of `ids`, in no order. */
  async rowsBy(column: keyof Row & string, ids: readonly number[], joined?: readonly Joined[]): Promise<Row[]> {
    const { statement, values } = byIdsQuery<Row>(this.listing(joined), column, ids)
    return this.sql.rows(statement, values)
  }

  /** The values of a statement about the rows with these ids, or about what belongs to them. */
  protected valuesWith(ids: readonly number[]): readonly unknown[] {
    return [...scopeValues(this.viewer), expectIds(ids)]
  }

  protected listing(joined?: readonly Joined[]): Listing {
    return {
      table: this.table,
      first: scopeValues(this.viewer),
      visible: this.scope.visible(this.type, 't'),
      hidden: this.scope.hidden(this.type),
      fields: this.fields,
      joined,
    }
  }

  /** To a viewer who may not see the ordering column all rows are equal in it, so their ids decide. */
  #ordered(slice: Slice): Slice {
    return this.scope.hidden(this.type)?.has(slice.orderBy) ? { ...slice, orderBy: 'id' } : slice
  }
}

/** Rows by what `key` says of them, each group in their order. */
export const groupBy = <Row, Key>(rows: readonly Row[], key: (row: Row) => Key): Map<Key, Row[]> => {
  const groups = new Map<Key, Row[]>()
  for (const row of rows) {
    const of = key(row)
    const group = groups.get(of)
    if (group === undefined) groups.set(of, [row])
    else group.push(row)
  }
  return groups
}
