import type { DistributorStatus } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType } from '../connection.ts'
import { addRecordQueries } from '../record-queries.ts'
import { Node, nodeFields } from './node.ts'
import { commonFilters, domainEnum } from './shared.ts'

const Status = domainEnum<DistributorStatus>('DistributorStatus', 'Where a distributor stands.', {
  active: 'Runs on its schedule.',
  inactive: 'Does not run.',
  deleted: 'Was deleted. What it shared out remains.',
})

export const Distributor = builder.prismaObject('Distributor', {
  interfaces: [Node],
  description: 'Shares out a part of the revenue among its collaborators, on a schedule. For administrators.',
  fields: t => ({
    ...nodeFields(t, 'Distributor', ({ loaders }, id) => loaders.distributorById.load(id)),
    name: t.exposeString('name'),
    description: t.exposeString('description', { nullable: true }),
    status: t.expose('status', { type: Status }),
    distributionResolver: t.exposeString('distributionResolver'),
    distributionPoolResolver: t.exposeString('distributionPoolResolver'),
    units: t.exposeString('units'),
    schedule: t.exposeString('schedule'),
    revenuePercentage: t.exposeFloat('revenuePercentage', { nullable: true }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime' }),
    dateModified: t.expose('dateModified', { type: 'DateTime' }),
  }),
})

addRecordQueries({
  type: 'Distributor',
  plural: 'distributors',
  ref: Distributor,
  connection: connectionType('Distributor', Distributor),
  filter: builder.inputType('DistributorFilter', {
    description: 'Which distributors: those that meet every condition given.',
    fields: t => commonFilters(t, Status),
  }),
  load: ({ loaders }, id) => loaders.distributorById.load(id),
  records: datastores => datastores.distributors,
})
