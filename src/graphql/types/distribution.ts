import type { AllocationRow, DistributionStatus } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType, pageArgs, relatedConnection } from '../connection.ts'
import { addRecordQueries, listArgs } from '../record-queries.ts'
import { Collaborator } from './collaborator.ts'
import { Distributor } from './distributor.ts'
import { Node, nodeFields } from './node.ts'
import { Obligation } from './obligation.ts'
import { commonFilters, domainEnum, idFilter } from './shared.ts'

const Status = domainEnum<DistributionStatus>('DistributionStatus', 'Where a distribution, or a share of it, stands.', {
  pending: 'Is due.',
  complete: 'Has been shared out.',
})

export const Distribution = builder.prismaObject('Distribution', {
  interfaces: [Node],
  description: 'One run of a distributor. For administrators.',
  fields: t => ({
    ...nodeFields(t, 'Distribution', ({ loaders }, id) => loaders.distributionById.load(id)),
    status: t.expose('status', { type: Status }),
    value: t.expose('value', { type: 'SafeInt' }),
    currency: t.exposeString('currency'),
    triggerDate: t.expose('triggerDate', { type: 'DateTime' }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime' }),
    dateModified: t.expose('dateModified', { type: 'DateTime' }),
    distributor: t.field({
      type: Distributor,
      nullable: true,
      description: 'The distributor.',
      resolve: ({ distributorId }, _, { loaders }) => loaders.distributorById.get(distributorId),
    }),
  }),
})

const Filter = builder.inputType('DistributionFilter', {
  description: 'Which distributions: those that meet every condition given.',
  fields: t => ({ ...commonFilters(t, Status), distributorId: idFilter(t, 'the distributor') }),
})

const DistributionConnection = connectionType('Distribution', Distribution)

addRecordQueries({
  type: 'Distribution',
  plural: 'distributions',
  ref: Distribution,
  connection: DistributionConnection,
  filter: Filter,
  load: ({ loaders }, id) => loaders.distributionById.load(id),
  records: datastores => datastores.distributions,
})

builder.prismaObjectField(Distributor, 'distributions', t =>
  t.field({
    type: DistributionConnection,
    description: "The distributor's runs.",
    args: listArgs(Filter, 'distributions'),
    resolve: ({ id }, args, context) =>
      relatedConnection('Distribution', context, context.datastores.distributions, 'distributorId', id, args),
  }),
)

const Allocation = builder.objectRef<AllocationRow>('Allocation').implement({
  interfaces: [Node],
  description: "A collaborator's share of a distribution.",
  fields: t => ({
    ...nodeFields(t, 'Allocation', ({ loaders }, id) => loaders.allocationById.load(id)),
    collaboratorId: t.expose('collaboratorId', { type: 'SafeInt', description: 'The collaborator whose share it is.' }),
    status: t.expose('status', { type: Status, description: 'Where the share stands.' }),
    value: t.expose('value', { type: 'SafeInt', description: 'The share in minor units of the currency.' }),
    currency: t.exposeString('currency', { description: 'ISO 4217 code, or another unit such as `points`.' }),
    collaborator: t.field({
      type: Collaborator,
      nullable: true,
      description: 'The collaborator whose share it is.',
      resolve: ({ collaboratorId }, _, { loaders }) => loaders.collaboratorById.get(collaboratorId),
    }),
    distribution: t.field({
      type: Distribution,
      nullable: true,
      description: 'The distribution. For administrators.',
      resolve: ({ distributionId }, _, { loaders }) =>
        distributionId === null ? null : loaders.distributionById.get(distributionId),
    }),
    obligation: t.field({
      type: Obligation,
      nullable: true,
      description: 'What is owed for it, once the distribution is complete.',
      resolve: ({ obligationId }, _, { loaders }) =>
        obligationId === null ? null : loaders.obligationById.get(obligationId),
    }),
  }),
})

const AllocationConnection = connectionType('Allocation', Allocation)

builder.prismaObjectField(Distribution, 'allocations', t =>
  t.field({
    type: AllocationConnection,
    description: 'Who gets what of the distribution. Newest first.',
    args: pageArgs(),
    resolve: ({ id }, args, context) =>
      relatedConnection('Allocation', context, context.datastores.allocations, 'distributionId', id, args),
  }),
)

builder.prismaObjectField(Collaborator, 'allocations', t =>
  t.field({
    type: AllocationConnection,
    description: "The collaborator's shares of distributions. Newest first.",
    args: pageArgs(),
    resolve: ({ id }, args, context) =>
      relatedConnection('Allocation', context, context.datastores.allocations, 'collaboratorId', id, args),
  }),
)
