import type { FieldMap } from '@pothos/core'
import { InvalidInputError } from '../../errors.ts'
import { builder, type SchemaTypes } from '../builder.ts'
import type { Context } from '../context.ts'
import { globalId, isViewerId, parseGlobalId, viewerId } from '../global-id.ts'
import { MAX_PAGE_SIZE } from '../paging.ts'

export const Node = builder.interfaceRef<object>('Node').implement({
  description: 'A stored record, with an id that is unique among all records.',
  fields: t => ({
    id: t.id({
      description: 'The global id: opaque, and unique among all records.',
      resolve: () => {
        throw new TypeError('Expected each type to resolve its own id')
      },
    }),
  }),
})

/** Answers the record with this integer id; null when there is none that the viewer may see. */
type Load = (context: Context, id: number) => Promise<object | null>
const nodeTypes = new Map<string, Load>()

/** The two ids of a type's records, which from here on `node` and `nodes` find. */
export const nodeFields = <Row extends { id: number }>(
  t: PothosSchemaTypes.RootFieldBuilder<SchemaTypes, Row, 'Object' | 'PrismaObject'>,
  type: string,
  load: Load,
): FieldMap => {
  nodeTypes.set(type, load)
  return {
    id: t.id({
      description: 'The global id: opaque, and unique among all records.',
      resolve: (row: Row) => globalId(type, row.id),
    }),
    databaseId: t.field({
      type: 'SafeInt',
      description: 'The integer id, as in events and in the HTTP API.',
      resolve: (row: Row) => row.id,
    }),
  }
}

builder.queryFields(t => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: 'The record with this global id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'A global id.' }) },
    resolve: (_, { id }, context) => find(context, id),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: 'The records with these global ids, in their order; null for each that there is not.',
    args: { ids: t.arg.idList({ required: true, description: 'Global ids: at most 100.' }) },
    resolve: (_, { ids }, context) => findAll(context, ids),
  }),
}))

const findAll = (context: Context, ids: readonly string[]) => {
  if (ids.length > MAX_PAGE_SIZE) {
    throw new InvalidInputError(`Expected at most ${MAX_PAGE_SIZE} ids, received ${ids.length}`)
  }
  const loads = ids.map(finder)
  return loads.map(load => load(context))
}

const find = (context: Context, id: string) => finder(id)(context)

/** What finds the node with a global id. @throws InvalidInputError for what is no global id. */
const finder = (text: string): ((context: Context) => Promise<object | null>) => {
  if (isViewerId(text))
    return async ({ viewer }) => (viewerId(viewer) === text ? { ...viewer, __typename: 'Viewer' } : null)
  const { type, id } = parseGlobalId(text)
  return async context => {
    const row = await nodeTypes.get(type)?.(context, id)
    return row ? { ...row, __typename: type } : null
  }
}
