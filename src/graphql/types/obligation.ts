import type { ObligationStatus } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType, relatedConnection } from '../connection.ts'
import { addRecordQueries, listArgs } from '../record-queries.ts'
import { Collaborator } from './collaborator.ts'
import { Node, nodeFields } from './node.ts'
import { Payout } from './payout.ts'
import { commonFilters, domainEnum, idFilter } from './shared.ts'

const Status = domainEnum<ObligationStatus>('ObligationStatus', 'Where an obligation stands.', {
  draft: 'Was issued; its conversion waits for approval.',
  pending: 'Is to be paid.',
  complete: 'Was rolled into a payout.',
  rejected: 'Its conversion was rejected.',
  cancelled: 'Was called off.',
})

export const Obligation = builder.prismaObject('Obligation', {
  interfaces: [Node],
  fields: t => ({
    ...nodeFields(t, 'Obligation', ({ loaders }, id) => loaders.obligationById.load(id)),
    collaboratorId: t.expose('collaboratorId', { type: 'SafeInt' }),
    conversionId: t.expose('conversionId', { type: 'SafeInt', nullable: true }),
    payoutId: t.expose('payoutId', {
      type: 'SafeInt',
      nullable: true,
      description: 'The payout that settles this obligation, once there is one.',
    }),
    status: t.expose('status', { type: Status }),
    awardType: t.exposeString('awardType'),
    value: t.expose('value', { type: 'SafeInt' }),
    currency: t.exposeString('currency'),
    dateCreated: t.expose('dateCreated', { type: 'DateTime' }),
    dateModified: t.expose('dateModified', { type: 'DateTime' }),
    collaborator: t.field({
      type: Collaborator,
      nullable: true,
      description: 'The collaborator who is owed.',
      resolve: ({ collaboratorId }, _, { loaders }) => loaders.collaboratorById.get(collaboratorId),
    }),
    payout: t.field({
      type: Payout,
      nullable: true,
      description: 'The payout that settles this obligation, once there is one.',
      resolve: ({ payoutId }, _, { loaders }) => (payoutId === null ? null : loaders.payoutById.get(payoutId)),
    }),
  }),
})

const Filter = builder.inputType('ObligationFilter', {
  description: 'Which obligations: those that meet every condition given.',
  fields: t => ({
    ...commonFilters(t, Status),
    collaboratorId: idFilter(t, 'the collaborator'),
    payoutId: idFilter(t, 'the payout'),
  }),
})

const ObligationConnection = connectionType('Obligation', Obligation)

addRecordQueries({
  type: 'Obligation',
  plural: 'obligations',
  ref: Obligation,
  connection: ObligationConnection,
  filter: Filter,
  load: ({ loaders }, id) => loaders.obligationById.load(id),
  records: datastores => datastores.obligations,
})

builder.prismaObjectField(Collaborator, 'obligations', t =>
  t.field({
    type: ObligationConnection,
    description: 'What the collaborator is owed.',
    args: listArgs(Filter, 'obligations'),
    resolve: ({ id }, args, context) =>
      relatedConnection('Obligation', context, context.datastores.obligations, 'collaboratorId', id, args),
  }),
)

builder.prismaObjectField(Payout, 'obligations', t =>
  t.field({
    type: ObligationConnection,
    description: 'The obligations that the payout settles.',
    args: listArgs(Filter, 'obligations'),
    resolve: ({ id }, args, context) =>
      relatedConnection('Obligation', context, context.datastores.obligations, 'payoutId', id, args),
  }),
)
