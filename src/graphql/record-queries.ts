import type { InputObjectRef, ObjectRef } from '@pothos/core'
import type { GraphQLResolveInfo } from 'graphql'
import type { Records } from '../access/records.ts'
import type { Datastores } from '../datastores.ts'
import { builder, type SchemaTypes } from './builder.ts'
import { type Connection, type ListArgs, pageArgs, recordConnection } from './connection.ts'
import type { Context } from './context.ts'
import { idOf } from './global-id.ts'
import { RecordOrder } from './types/shared.ts'

/** The lookup and the list of a type of record. */
export const addRecordQueries = <Row extends { id: number }>({
  type,
  plural,
  ref,
  connection,
  filter,
  load,
  records,
}: {
  type: string
  plural: string
  ref: ObjectRef<SchemaTypes, Row>
  connection: ObjectRef<SchemaTypes, Connection<Row>>
  filter: InputObjectRef<SchemaTypes, object>
  load: (context: Context, id: number, info: GraphQLResolveInfo) => Promise<Row | null>
  records: (datastores: Datastores) => Records<Row>
}): void => {
  const singular = type[0]?.toLowerCase() + type.slice(1)
  builder.queryField(singular, t =>
    t.field({
      type: ref,
      nullable: true,
      description: `The ${singular} with this id; null when there is none.`,
      args: { id: idArg(type) },
      resolve: (_, { id }, context, info) => loadBy(type, id, each => load(context, each, info)) as never,
    }),
  )
  builder.queryField(plural, t =>
    t.field({
      type: connection,
      description: `All ${plural}, filtered, ordered and paged. Newest first by default.`,
      args: listArgs(filter, plural),
      resolve: (_, args, { datastores }) =>
        recordConnection(type, records(datastores), args as ListArgs<keyof Row & string>),
    }),
  )
}

/** The arguments of a list of records. */
export const listArgs = <Filter extends InputObjectRef<SchemaTypes, object>>(filter: Filter, plural: string) =>
  builder.args(t => ({
    filter: t.field({ type: filter, description: `Which ${plural}.` }),
    orderBy: t.field({ type: RecordOrder, description: 'In which order: by id, descending, by default.' }),
    ...pageArgs(),
  }))

/** The argument of a lookup by id. */
export const idArg = (type: string) =>
  builder.args(t => ({ id: t.id({ required: true, description: `The integer id, or the global id of a ${type}.` }) }))
    .id

/** What has this id; null for the global id of another type. */
export const loadBy = <Row>(
  type: string,
  id: string,
  load: (id: number) => Promise<Row | null>,
): Promise<Row | null> => {
  const parsed = idOf(type, id)
  return parsed === null ? Promise.resolve(null) : load(parsed)
}
