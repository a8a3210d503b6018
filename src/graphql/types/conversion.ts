import type { ConversionStatus } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType, relatedConnection } from '../connection.ts'
import { addRecordQueries, listArgs } from '../record-queries.ts'
import { Collaborator } from './collaborator.ts'
import { Engagement } from './engagement.ts'
import { Node, nodeFields } from './node.ts'
import { Obligation } from './obligation.ts'
import { ConversionType } from './program.ts'
import { commonFilters, domainEnum, idFilter } from './shared.ts'
import { Transaction } from './transaction.ts'

const Status = domainEnum<ConversionStatus>('ConversionStatus', 'Whether a conversion has been reviewed, and how.', {
  pending: 'Waits for review.',
  approved: 'Was approved.',
  rejected: 'Was rejected, by hand or by a refund.',
})

export const Conversion = builder.prismaObject('Conversion', {
  interfaces: [Node],
  fields: t => ({
    ...nodeFields(t, 'Conversion', ({ loaders }, id) => loaders.conversionById.load(id)),
    engagementId: t.expose('engagementId', { type: 'SafeInt' }),
    collaboratorId: t.expose('collaboratorId', { type: 'SafeInt' }),
    score: t.expose('score', { type: 'SafeInt' }),
    type: t.expose('type', { type: ConversionType }),
    status: t.expose('status', { type: Status }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime' }),
    dateModified: t.expose('dateModified', { type: 'DateTime' }),
    engagement: t.field({
      type: Engagement,
      nullable: true,
      description: 'The engagement that earned this conversion.',
      resolve: ({ engagementId }, _, { loaders }) => loaders.engagementById.get(engagementId),
    }),
    collaborator: t.field({
      type: Collaborator,
      nullable: true,
      description: 'The collaborator of that engagement.',
      resolve: ({ collaboratorId }, _, { loaders }) => loaders.collaboratorById.get(collaboratorId),
    }),
    transaction: t.field({
      type: Transaction,
      nullable: true,
      description: 'The transaction that converted; null for a lead.',
      resolve: ({ transactionId }, _, { loaders }) =>
        transactionId === null ? null : loaders.transactionById.get(transactionId),
    }),
    obligation: t.field({
      type: Obligation,
      nullable: true,
      description: 'What was first owed for it; refunds of what was paid out add others.',
      resolve: ({ obligationId }, _, { loaders }) =>
        obligationId === null ? null : loaders.obligationById.get(obligationId),
    }),
    obligations: t.field({
      type: [Obligation],
      description: 'All that is owed for it, oldest first: the first obligation, then clawbacks and adjustments.',
      resolve: ({ id }, _, { loaders }) => loaders.obligationsByConversion.load(id),
    }),
  }),
})

const Filter = builder.inputType('ConversionFilter', {
  description: 'Which conversions: those that meet every condition given.',
  fields: t => ({
    ...commonFilters(t, Status),
    type: t.field({ type: [ConversionType], description: 'Any of these types.' }),
    collaboratorId: idFilter(t, 'the collaborator'),
    engagementId: idFilter(t, 'the engagement'),
    transactionId: idFilter(t, 'the transaction'),
  }),
})

const ConversionConnection = connectionType('Conversion', Conversion)

addRecordQueries({
  type: 'Conversion',
  plural: 'conversions',
  ref: Conversion,
  connection: ConversionConnection,
  filter: Filter,
  load: ({ loaders }, id) => loaders.conversionById.load(id),
  records: datastores => datastores.conversions,
})

builder.objectField(Engagement, 'conversions', t =>
  t.field({
    type: [Conversion],
    description: 'What the engagement turned into, oldest first.',
    resolve: ({ id }, _, { loaders }) => loaders.conversionsByEngagement.load(id),
  }),
)

builder.prismaObjectField(Obligation, 'conversion', t =>
  t.field({
    type: Conversion,
    nullable: true,
    description: 'The conversion that it is owed for; null for an allocation.',
    resolve: ({ conversionId }, _, { loaders }) =>
      conversionId === null ? null : loaders.conversionById.get(conversionId),
  }),
)

builder.prismaObjectField(Collaborator, 'conversions', t =>
  t.field({
    type: ConversionConnection,
    description: "The collaborator's conversions.",
    args: listArgs(Filter, 'conversions'),
    resolve: ({ id }, args, context) =>
      relatedConnection('Conversion', context, context.datastores.conversions, 'collaboratorId', id, args),
  }),
)

builder.prismaObjectField(Transaction, 'conversions', t =>
  t.field({
    type: ConversionConnection,
    description: 'What the transaction was converted to.',
    args: listArgs(Filter, 'conversions'),
    resolve: ({ id }, args, context) =>
      relatedConnection('Conversion', context, context.datastores.conversions, 'transactionId', id, args),
  }),
)
