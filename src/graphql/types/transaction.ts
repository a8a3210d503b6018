import type { LineItemRow, TransactionStatus } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType, relatedConnection } from '../connection.ts'
import { addRecordQueries, listArgs } from '../record-queries.ts'
import { Node, nodeFields } from './node.ts'
import { Opportunity } from './opportunity.ts'
import { commonFilters, domainEnum, idFilter } from './shared.ts'

const Status = domainEnum<TransactionStatus>('TransactionStatus', 'Where a transaction stands.', {
  complete: 'Took place.',
  cancelled: 'Was called off.',
  refunded: 'Was refunded.',
})

const LineItem = builder.objectRef<LineItemRow>('LineItem').implement({
  interfaces: [Node],
  description: 'One line of a transaction.',
  fields: t => ({
    ...nodeFields(t, 'LineItem', ({ loaders }, id) => loaders.lineItemById.load(id)),
    externalId: t.exposeString('externalId', {
      nullable: true,
      description: "The integration's own id of what was sold.",
    }),
    name: t.exposeString('name', { description: 'What was sold.' }),
    description: t.exposeString('description', { nullable: true, description: 'More about what was sold.' }),
    type: t.exposeString('type', { description: '`product`, `shipping`, `tax`, `fee` or `discount`.' }),
    value: t.expose('value', {
      type: 'SafeInt',
      description: "The price of one unit in minor units; a discount's is negative.",
    }),
    quantity: t.exposeInt('quantity', { description: 'How many units were sold.' }),
    returned: t.exposeInt('returned', { description: 'How many of these units were returned.' }),
    total: t.expose('total', {
      type: 'SafeInt',
      description: "The line's total in minor units, rounded once; a discount's is negative.",
    }),
    units: t.exposeString('units', { description: 'What the value is counted in: an ISO 4217 code.' }),
  }),
})

export const Transaction = builder.prismaObject('Transaction', {
  interfaces: [Node],
  description: 'A sale or a renewal. A collaborator reads its id, status and dates; the rest is null to it.',
  fields: t => ({
    ...nodeFields(t, 'Transaction', ({ loaders }, id) => loaders.transactionById.load(id)),
    status: t.expose('status', { type: Status }),
    source: t.exposeString('source', { nullable: true }),
    externalId: t.exposeString('externalId', { nullable: true }),
    totalValue: t.expose('totalValue', { type: 'SafeInt', nullable: true }),
    refundedValue: t.expose('refundedValue', { type: 'SafeInt', nullable: true }),
    currency: t.exposeString('currency', { nullable: true }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime' }),
    dateModified: t.expose('dateModified', { type: 'DateTime' }),
    lineItems: t.field({
      type: [LineItem],
      nullable: true,
      description: 'What was sold, in the order of the event.',
      resolve: ({ id }, _, { loaders }) => loaders.lineItemsByTransaction.load(id),
    }),
    opportunity: t.field({
      type: Opportunity,
      nullable: true,
      description: 'The opportunity that the transaction belongs to.',
      resolve: ({ opportunityId }, _, { loaders }) =>
        opportunityId === null ? null : loaders.opportunityById.get(opportunityId),
    }),
  }),
})

builder.prismaObjectField(Transaction, 'originalTransaction', t =>
  t.field({
    type: Transaction,
    nullable: true,
    description: 'The transaction that this one renews.',
    resolve: ({ originalTransactionId }, _, { loaders }) =>
      originalTransactionId === null ? null : loaders.transactionById.get(originalTransactionId),
  }),
)

const Filter = builder.inputType('TransactionFilter', {
  description: 'Which transactions: those that meet every condition given.',
  fields: t => ({
    ...commonFilters(t, Status),
    opportunityId: idFilter(t, 'the opportunity'),
    originalTransactionId: idFilter(t, 'the transaction renewed'),
    source: t.stringList({ description: 'Any of these integrations, such as `woocommerce`.' }),
    externalId: t.stringList({ description: "Any of these ids of the integration's." }),
  }),
})

const TransactionConnection = connectionType('Transaction', Transaction)

builder.prismaObjectField(Opportunity, 'transactions', t =>
  t.field({
    type: TransactionConnection,
    description: "The opportunity's transactions. For administrators.",
    args: listArgs(Filter, 'transactions'),
    resolve: ({ id }, args, context) =>
      relatedConnection('Transaction', context, context.datastores.transactions, 'opportunityId', id, args),
  }),
)

addRecordQueries({
  type: 'Transaction',
  plural: 'transactions',
  ref: Transaction,
  connection: TransactionConnection,
  filter: Filter,
  load: ({ loaders }, id) => loaders.transactionById.load(id),
  records: datastores => datastores.transactions,
})
