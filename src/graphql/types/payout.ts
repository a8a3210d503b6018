import type { PayoutStatus } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType, relatedConnection } from '../connection.ts'
import { addRecordQueries, listArgs } from '../record-queries.ts'
import { Collaborator } from './collaborator.ts'
import { Fulfillment } from './fulfillment.ts'
import { Node, nodeFields } from './node.ts'
import { commonFilters, domainEnum, idFilter } from './shared.ts'

const Status = domainEnum<PayoutStatus>('PayoutStatus', 'Whether a payout has been paid.', {
  unpaid: 'Is to be paid.',
  paid: 'Has been paid.',
  processing: 'Is being paid.',
  failed: 'Could not be paid.',
})

export const Payout = builder.prismaObject('Payout', {
  interfaces: [Node],
  fields: t => ({
    ...nodeFields(t, 'Payout', ({ loaders }, id) => loaders.payoutById.load(id)),
    collaboratorId: t.expose('collaboratorId', { type: 'SafeInt' }),
    value: t.expose('value', { type: 'SafeInt' }),
    currency: t.exposeString('currency'),
    status: t.expose('status', { type: Status }),
    datePaid: t.expose('datePaid', { type: 'DateTime', nullable: true }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime' }),
    dateModified: t.expose('dateModified', { type: 'DateTime' }),
    collaborator: t.field({
      type: Collaborator,
      nullable: true,
      description: 'The collaborator who is paid.',
      resolve: ({ collaboratorId }, _, { loaders }) => loaders.collaboratorById.get(collaboratorId),
    }),
    fulfillment: t.field({
      type: Fulfillment,
      nullable: true,
      description: 'The batch that the payout came of. For administrators.',
      resolve: ({ fulfillmentId }, _, { loaders }) =>
        fulfillmentId === null ? null : loaders.fulfillmentById.get(fulfillmentId),
    }),
  }),
})

const Filter = builder.inputType('PayoutFilter', {
  description: 'Which payouts: those that meet every condition given.',
  fields: t => ({
    ...commonFilters(t, Status),
    collaboratorId: idFilter(t, 'the collaborator'),
    fulfillmentId: idFilter(t, 'the fulfillment'),
  }),
})

const PayoutConnection = connectionType('Payout', Payout)

addRecordQueries({
  type: 'Payout',
  plural: 'payouts',
  ref: Payout,
  connection: PayoutConnection,
  filter: Filter,
  load: ({ loaders }, id) => loaders.payoutById.load(id),
  records: datastores => datastores.payouts,
})

builder.prismaObjectField(Collaborator, 'payouts', t =>
  t.field({
    type: PayoutConnection,
    description: "The collaborator's payouts.",
    args: listArgs(Filter, 'payouts'),
    resolve: ({ id }, args, context) =>
      relatedConnection('Payout', context, context.datastores.payouts, 'collaboratorId', id, args),
  }),
)

builder.prismaObjectField(Fulfillment, 'payouts', t =>
  t.field({
    type: PayoutConnection,
    description: 'The payouts of the batch.',
    args: listArgs(Filter, 'payouts'),
    resolve: ({ id }, args, context) =>
      relatedConnection('Payout', context, context.datastores.payouts, 'fulfillmentId', id, args),
  }),
)
