import type { FulfillmentStatus } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType } from '../connection.ts'
import { addRecordQueries } from '../record-queries.ts'
import { Node, nodeFields } from './node.ts'
import { commonFilters, domainEnum } from './shared.ts'

const Status = domainEnum<FulfillmentStatus>('FulfillmentStatus', 'Where a fulfillment stands.', {
  pending: 'Has been generated.',
  processing: 'Is being paid out.',
  complete: 'Has been paid out.',
  failed: 'Could not be paid out.',
})

export const Fulfillment = builder.prismaObject('Fulfillment', {
  interfaces: [Node],
  description: 'A batch that rolls obligations into payouts. For administrators.',
  fields: t => ({
    ...nodeFields(t, 'Fulfillment', ({ loaders }, id) => loaders.fulfillmentById.load(id)),
    status: t.expose('status', { type: Status }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime' }),
    dateModified: t.expose('dateModified', { type: 'DateTime' }),
  }),
})

addRecordQueries({
  type: 'Fulfillment',
  plural: 'fulfillments',
  ref: Fulfillment,
  connection: connectionType('Fulfillment', Fulfillment),
  filter: builder.inputType('FulfillmentFilter', {
    description: 'Which fulfillments: those that meet every condition given.',
    fields: t => commonFilters(t, Status),
  }),
  load: ({ loaders }, id) => loaders.fulfillmentById.load(id),
  records: datastores => datastores.fulfillments,
})
