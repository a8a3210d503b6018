import type { ObjectRef } from '@pothos/core'
import type { ListRequest, Records } from '../access/records.ts'
import type { Direction, Key, Page } from '../database/keyset.ts'
import { builder, type SchemaTypes } from './builder.ts'
import type { Context } from './context.ts'
import { conditionsOf } from './filter.ts'
import { cursorOf, MAX_PAGE_SIZE, type Ordering, PAGE_SIZE, type PageArgs, sliceOf } from './paging.ts'

/** A list, before anything of it has been read: a field that nobody selects costs nothing. */
export class Connection<Row> {
  #page: Promise<Page<Row>> | undefined

  constructor(
    private readonly read: () => Promise<Page<Row>>,
    /** How many rows the whole list has. */
    readonly count: () => Promise<number>,
    private readonly ordering: Ordering,
    private readonly keyOf: (row: Row) => Key,
  ) {}

  get page(): Promise<Page<Row>> {
    this.#page ??= this.read()
    return this.#page
  }

  cursor(row: Row): string {
    return cursorOf(this.ordering, this.keyOf(row))
  }
}

interface Edge<Row> {
  readonly node: Row
  readonly connection: Connection<Row>
}

const PageInfo = builder.objectRef<{ connection: Connection<object>; page: Page<object> }>('PageInfo').implement({
  description: 'Where a page stands in its list, as the Relay specification has it.',
  fields: t => ({
    hasNextPage: t.boolean({
      description: 'Whether more follow. Paging backwards, whether `before` was given.',
      resolve: ({ page }) => page.hasNextPage,
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether others precede. Paging forwards, whether `after` was given.',
      resolve: ({ page }) => page.hasPreviousPage,
    }),
    startCursor: t.string({
      nullable: true,
      description: 'The cursor of the first edge: `before` it lies the previous page.',
      resolve: ({ connection, page }) => (page.rows[0] ? connection.cursor(page.rows[0]) : null),
    }),
    endCursor: t.string({
      nullable: true,
      description: 'The cursor of the last edge: `after` it lies the next page.',
      resolve: ({ connection, page }) => {
        const last = page.rows.at(-1)
        return last ? connection.cursor(last) : null
      },
    }),
  }),
})

/**
 * The connection type of a node type. Edges and cursors are made in the fields that are asked for, so that `nodes` pays
 * for neither.
 */
export const connectionType = <Row extends object>(name: string, node: ObjectRef<SchemaTypes, Row>) => {
  const EdgeRef = builder.objectRef<Edge<Row>>(`${name}Edge`).implement({
    description: `A place in a list of \`${name}\` records.`,
    fields: t => ({
      cursor: t.string({
        description: 'Where the node stands: opaque, for `after` and `before` of the same ordering.',
        resolve: ({ node, connection }) => connection.cursor(node),
      }),
      node: t.field({ type: node, description: 'What stands there.', resolve: edge => edge.node as never }),
    }),
  })
  return builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: `A page of a list of \`${name}\` records, as the Relay specification has it.`,
    fields: t => ({
      edges: t.field({
        type: [EdgeRef],
        description: 'The page, with cursors.',
        resolve: async connection => (await connection.page).rows.map(row => ({ node: row, connection })),
      }),
      nodes: t.field({
        type: [node],
        description: 'The page, without cursors.',
        resolve: async connection => (await connection.page).rows as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Where the page stands in its list.',
        resolve: async connection => ({
          connection: connection as never,
          page: (await connection.page) as Page<object>,
        }),
      }),
      totalCount: t.field({
        type: 'NonNegativeInt',
        description: 'How many there are on all pages together, exactly. Counted only when asked for.',
        resolve: connection => connection.count(),
      }),
    }),
  })
}

/** The paging arguments. */
export const pageArgs = () =>
  builder.args(t => ({
    first: t.int({
      description: `The size of a page read forwards: ${PAGE_SIZE} by default, at most ${MAX_PAGE_SIZE}.`,
    }),
    after: t.string({ description: 'Read what follows this cursor.' }),
    last: t.int({
      description: `The size of a page read backwards: at most ${MAX_PAGE_SIZE}. Not together with \`first\`.`,
    }),
    before: t.string({ description: 'Read what precedes this cursor.' }),
  }))

/** A list's arguments, besides those of paging. */
export interface ListArgs<Column extends string> extends PageArgs {
  readonly filter?: object | null | undefined
  readonly orderBy?: { readonly field: Column; readonly direction: Direction } | null | undefined
}

/** What a list's arguments ask for. */
export const listRequest = <Row, Column extends keyof Row & string>(
  type: string,
  { filter, orderBy, ...page }: ListArgs<Column>,
): { request: ListRequest<Row>; ordering: Ordering<Column> } => {
  const ordering = { type, orderBy: orderBy?.field ?? ('id' as Column), direction: orderBy?.direction ?? 'DESC' }
  return { ordering, request: { conditions: conditionsOf(type, filter), slice: sliceOf(page, ordering) } }
}

/** Where a row stands in an order by one of its columns. */
export const keyIn =
  <Row extends { id: number }>(column: keyof Row) =>
  (row: Row): Key => ({ id: row.id, value: (row[column] ?? 0) as number | Date })

/** A list of all records of a type. */
export const recordConnection = <Row extends { id: number }>(
  type: string,
  records: Records<Row>,
  args: ListArgs<keyof Row & string>,
): Connection<Row> => {
  const { request, ordering } = listRequest<Row, keyof Row & string>(type, args)
  return new Connection(
    () => records.page(request),
    () => records.count(request.conditions),
    ordering,
    keyIn(ordering.orderBy),
  )
}

/** The list of the records that belong to another: those whose `column` is its id. */
export const relatedConnection = <Row extends { id: number }>(
  type: string,
  { loaders }: Context,
  records: Records<Row>,
  column: keyof Row & string,
  id: number,
  args: ListArgs<keyof Row & string>,
): Connection<Row> => {
  const { request, ordering } = listRequest<Row, keyof Row & string>(type, args)
  return new Connection(
    () => loaders.pages(records, column, request).load(id),
    () => loaders.counts(records, column, request.conditions).load(id),
    ordering,
    keyIn(ordering.orderBy),
  )
}
