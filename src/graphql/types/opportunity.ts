import type { OpportunityStatus } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType } from '../connection.ts'
import { opportunityLoader } from '../engagement-page.ts'
import { addRecordQueries } from '../record-queries.ts'
import { Node, nodeFields } from './node.ts'
import { commonFilters, domainEnum, idFilter } from './shared.ts'

const Status = domainEnum<OpportunityStatus>('OpportunityStatus', 'Where an opportunity stands.', {
  active: 'Collects engagements.',
  inactive: 'Has been merged into another.',
  invalid: 'Was found invalid: never continued.',
})

export const Opportunity = builder.prismaObject('Opportunity', {
  interfaces: [Node],
  fields: t => ({
    ...nodeFields(t, 'Opportunity', ({ loaders }, id) => loaders.opportunityById.load(id)),
    status: t.expose('status', { type: Status }),
    userId: t.exposeString('userId', {
      nullable: true,
      description: "The shop's own id of the customer, once known. For administrators.",
    }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime' }),
    dateModified: t.expose('dateModified', { type: 'DateTime' }),
  }),
})

builder.prismaObjectField(Opportunity, 'mergedInto', t =>
  t.field({
    type: Opportunity,
    nullable: true,
    description: 'The opportunity that this one was merged into. For administrators.',
    resolve: ({ mergedIntoId }, _, { loaders }) =>
      mergedIntoId === null ? null : loaders.opportunityById.get(mergedIntoId),
  }),
)

const Filter = builder.inputType('OpportunityFilter', {
  description: 'Which opportunities: those that meet every condition given.',
  fields: t => ({
    ...commonFilters(t, Status),
    userId: t.stringList({ description: "Any of these ids of the shop's." }),
    mergedIntoId: idFilter(t, 'the opportunity merged into'),
  }),
})

addRecordQueries({
  type: 'Opportunity',
  plural: 'opportunities',
  ref: Opportunity,
  connection: connectionType('Opportunity', Opportunity),
  filter: Filter,
  load: (context, id, info) => opportunityLoader(context, info).load(id),
  records: datastores => datastores.opportunities,
})
