import { surplusOf } from '../counted-lines.ts'
import type { LineItemRow, OpportunityRow, TransactionRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ConflictError } from '../errors.ts'
import { expectSince } from '../events/backdating.ts'
import type { Customer, Detail, EventOf, EventType, Purchase } from '../events/catalog.ts'
import { type EventContext, each, type Listeners } from '../events/dispatcher.ts'
import { shown } from '../events/fields.ts'
import { formatAmount, lineTotal, minorUnits, safeAmount } from '../money.ts'
import { refund, unknownTransaction } from './refund.ts'

/** What listeners here need of other folders. */
export interface CommercePorts {
  /** The active opportunity that a purchase belongs to, locked. @throws ValidationError when there is none. */
  findActive(customer: Customer, context: EventContext): Promise<{ opportunity: OpportunityRow; isNew: boolean }>
  /** An opportunity, or the one that it was merged into, locked. */
  lockById(id: number, context: EventContext): Promise<OpportunityRow | undefined>
}

/** Records what customers pay for, and what they are given back. */
export const commerceListeners = ({ findActive, lockById }: CommercePorts): Listeners => ({
  sale: each(async ({ type: slug, payload }, context) => {
    const found = await findActive(payload, context)
    return [
      ...opened(slug, found),
      { type: 'SaleTriggered', opportunityId: found.opportunity.id, ...purchaseOf(payload) },
    ]
  }),

  lead: each(async ({ type: slug, payload }, context) => {
    const found = await findActive(payload, context)
    const { source, externalId } = payload
    const binding = externalId === undefined ? null : bindingOf(source, externalId)
    return [...opened(slug, found), { type: 'LeadTriggered', opportunityId: found.opportunity.id, source, binding }]
  }),

  renewal: each(async ({ payload }, context) => {
    const { source, originalExternalId } = payload
    const [sold] = await context.sql.rows(original, [context.organizationId, source, originalExternalId])
    if (sold === undefined) throw unknownTransaction(source, originalExternalId)
    const { dateNamed, ...sale } = sold
    expectSince(`transaction ${JSON.stringify(originalExternalId)}`, dateNamed, context)
    const opportunity = sale.opportunityId === null ? undefined : await lockById(sale.opportunityId, context)
    context.opportunityId = opportunity?.id ?? null
    const originalTransaction = { ...sale, opportunityId: context.opportunityId }
    return [{ type: 'RenewalTriggered', originalTransaction, ...purchaseOf(payload) }]
  }),

  refund: each(async ({ payload }, context) => refund(payload, context)),

  SaleTriggered: each(async ({ type: _, ...sale }) => [
    { ...sale, type: 'TransactionCreateRequested', originalTransactionId: null },
  ]),

  RenewalTriggered: each(async ({ type: _, originalTransaction, ...renewal }) => [
    {
      ...renewal,
      type: 'TransactionCreateRequested',
      opportunityId: originalTransaction.opportunityId,
      originalTransactionId: originalTransaction.id,
    },
  ]),

  TransactionCreateRequested: each(async (requested, context) => {
    const { transaction, details } = await create(requested, context)
    return [{ type: 'TransactionCreated', transaction, details }]
  }),

  TransactionCreated: each(async ({ transaction, details }) => {
    const { opportunityId, originalTransactionId } = transaction
    const completed = { type: 'TransactionCompleted', transaction } as const
    if (opportunityId === null) return [completed]
    const purchase = { opportunityId, transaction, details }
    return originalTransactionId === null
      ? [{ ...purchase, type: 'SaleInitialized', conversionType: 'sale', isByHand: false }, completed]
      : [{ ...purchase, type: 'RenewalInitialized' }, completed]
  }),

  LeadTriggered: each(async ({ opportunityId }) => [{ type: 'LeadInitialized', opportunityId }]),
})

/** What an opportunity that a purchase opened is told. */
const opened = (slug: EventType, { opportunity, isNew }: Awaited<ReturnType<CommercePorts['findActive']>>) =>
  isNew ? [{ type: 'OpportunityTriggered', opportunity, isNew, trigger: { slug, collaboratorId: null } } as const] : []

const bindingOf = (source: string, externalId: string) => ({
  bindingId: externalId,
  bindingDataType: `${source}_order`,
})

const purchaseOf = ({ source, externalId, total: amount, currency, items = [] }: Sold): Purchase => {
  const total = minorUnits(amount, currency)
  const lines = items.map(({ externalId = null, amount, ...line }): Detail => {
    const [value, total] = [minorUnits(amount, currency), lineTotal(amount, line.quantity, currency)]
    return { externalId, ...line, value, ...(total !== value * line.quantity && { total }) }
  })
  const whole = { externalId: null, name: 'Total', type: 'product', value: total, quantity: 1 }
  const details = lines.length === 0 ? [whole] : lines
  return { source, externalId, total, currency, details, binding: bindingOf(source, externalId) }
}

type Sold = Pick<EventOf<'sale'>['payload'], 'source' | 'externalId' | 'total' | 'currency' | 'items'>

/** Records a transaction with its lines. @throws ConflictError when there is one of this name. */
const create = async (requested: EventOf<'TransactionCreateRequested'>, context: EventContext) => {
  const { sql, organizationId, now } = context
  const { opportunityId, originalTransactionId, source, externalId, total, currency } = requested
  const values = [organizationId, opportunityId, originalTransactionId, source, externalId, total, currency, now]
  const [inserted] = await sql.rows(insertTransaction, values)
  if (inserted === undefined)
    throw new ConflictError(`Expected a new transaction, but ${source} has one with the externalId ${externalId}`)
  const { isOfIntegration, ...transaction } = inserted
  if (!isOfIntegration) context.warn(`Expected the source of an integration, received ${shown(source)}`)
  const lines = JSON.stringify(requested.details)
  const details = await sql.rows(insertLines, [organizationId, transaction.id, currency, lines])
  const surplus = surplusOf(details, total)
  if (surplus > 0n) {
    const more = formatAmount(safeAmount(surplus), currency)
    context.warn(`The items add up to ${more} more than the total: the difference counts as a discount on the order`)
  }
  return { transaction, details }
}

const TRANSACTION = selectList(tableOf('Transaction'), 't')

const insertTransaction = statement<TransactionRow & { isOfIntegration: boolean }>(`
  insert into transaction as t (
    organization_id, opportunity_id, original_transaction_id, source, external_id, total_value, currency, date_created, date_modified
  ) values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
  on conflict (organization_id, source, external_id) do nothing
  returning ${TRANSACTION},
    exists (select from integration i where i.organization_id = $1 and i.source = $4) as "isOfIntegration"`)

const insertLines = statement<LineItemRow>(`
  insert into line_item as l (
    organization_id, transaction_id, external_id, name, description, type, value, quantity, total, units, attributes
  )
  select $1, $2, d."externalId", d.name, d.description, d.type, d.value, d.quantity, coalesce(d.total, d.value * d.quantity), $3,
    coalesce(d.attributes, '{}')
  from jsonb_to_recordset($4::jsonb) as d(
    "externalId" text, name text, description text, type text, value bigint, quantity int, total bigint, attributes jsonb
  )
  returning ${selectList(tableOf('LineItem'), 'l')}`)

// of a renewal that was renewed in its turn, the sale that both renew
const original = statement<TransactionRow & { dateNamed: Date }>(`
  select ${TRANSACTION}, greatest(t.date_created, r.date_created) as "dateNamed" from transaction r
    join transaction t on t.organization_id = r.organization_id and t.id = coalesce(r.original_transaction_id, r.id)
  where r.organization_id = $1 and r.source = $2 and r.external_id = $3`)
