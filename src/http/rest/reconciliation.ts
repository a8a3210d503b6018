import { z } from 'zod'
import type { Records } from '../../access/records.ts'
import type { Context } from '../../graphql/context.ts'
import { conditionsOf } from '../../graphql/filter.ts'
import { pick } from './fields.ts'
import {
  equalities,
  idParameter,
  integer,
  isPeriod,
  moment,
  NO_PERIOD,
  oneOf,
  order,
  pages,
  period,
  rowsOf,
  type Statuses,
  statusesOf,
  text,
} from './parameters.ts'
import { type Route, route, SIREN } from './route.ts'
import { dateTime, recordId } from './shapes.ts'

/** A column of a record: as it is shown, and as it is asked for. */
interface Column {
  readonly shown: z.ZodType
  readonly asked: z.ZodType
}

const column = (description: string, shown: z.ZodType, asked: z.ZodType): Column => ({
  shown: shown.meta({ description }),
  asked: asked.optional(),
})
const own = (type: string): Column => ({ shown: recordId, asked: idParameter(`the id of the ${type}`).optional() })
const id = (what: string) => column(`The ${what}.`, recordId, idParameter(`the id of the ${what}`))
const kind = (values: readonly string[], description: string) =>
  column(description, z.enum(values), oneOf(values, description))
const status = (statuses: Statuses, description: string) =>
  column(description, z.enum(statuses.own), statusesOf(statuses, description))
const word = (description: string) => column(description, z.string(), text(description))
const number = (description: string) =>
  column(
    description,
    z.int(),
    integer('a whole number', { min: Number.MIN_SAFE_INTEGER }).meta({ description, override: { type: 'integer' } }),
  )
const date = (description: string) => column(description, dateTime, moment(description))

/** The same, where there may be nothing. */
const orNull = ({ shown, asked }: Column, when: string): Column => {
  const description = `${shown.meta()?.description} Null ${when}.`
  return { shown: shown.nullable().meta({ description }), asked }
}

const dates = {
  dateCreated: date('When it was created.'),
  dateModified: date('When it was last changed.'),
}

const TO_COLLABORATORS = 'to a collaborator'

const conversions = {
  id: own('conversion'),
  engagementId: id('engagement that earned it'),
  collaboratorId: id('collaborator of that engagement'),
  transactionId: orNull(id('transaction that converted'), 'for a lead'),
  obligationId: orNull(id('obligation that was issued for it'), 'while there is none'),
  score: number("The engagement's merged score when it converted."),
  type: kind(['sale', 'lead', 'renewal'], 'What kind of conversion it is.'),
  status: status(
    { own: ['pending', 'approved', 'rejected'], others: { complete: null, expired: null, deleted: null } },
    'Whether it has been reviewed, and how.',
  ),
  ...dates,
}

const transactions = {
  id: own('transaction'),
  opportunityId: orNull(id('opportunity that it belongs to'), `where it has none, and ${TO_COLLABORATORS}`),
  originalTransactionId: orNull(id('transaction that it renews'), `where it renews none, and ${TO_COLLABORATORS}`),
  status: status({ own: ['complete', 'cancelled', 'refunded'] }, 'Where it stands.'),
  source: orNull(word('The integration that it came from, such as `woocommerce`.'), TO_COLLABORATORS),
  externalId: orNull(word("The integration's own id of it."), `where it has none, and ${TO_COLLABORATORS}`),
  totalValue: orNull(number('The total in minor units of the currency: 4999 are 49.99 USD.'), TO_COLLABORATORS),
  refundedValue: orNull(number('How much of the total was refunded, in minor units.'), TO_COLLABORATORS),
  currency: orNull(word('ISO 4217 code.'), TO_COLLABORATORS),
  ...dates,
}

const obligations = {
  id: own('obligation'),
  collaboratorId: id('collaborator who is owed'),
  conversionId: orNull(id('conversion that it is owed for'), 'for a share of a distribution'),
  payoutId: orNull(id('payout that settles it'), 'until there is one'),
  status: status(
    {
      own: ['draft', 'pending', 'complete', 'rejected', 'cancelled'],
      others: { fulfilled: 'complete', approved: null, deleted: null },
    },
    'Where it stands.',
  ),
  awardType: word(
    "What it is owed for: the conversion's type, `allocation`, or what a refund changed of what was paid out: `clawback` or `adjustment`.",
  ),
  value: number("The amount in minor units of the currency: 4999 are 49.99 USD. A clawback's is negative."),
  currency: word('ISO 4217 code, or another unit such as `points`.'),
  ...dates,
}

const payouts = {
  id: own('payout'),
  collaboratorId: id('collaborator who is paid'),
  fulfillmentId: orNull(id('fulfillment that it came of'), TO_COLLABORATORS),
  value: number('The amount in minor units of the currency: 4999 are 49.99 USD.'),
  currency: word('ISO 4217 code, or another unit such as `points`.'),
  status: status({ own: ['unpaid', 'paid', 'processing', 'failed'] }, 'Whether it has been paid.'),
  datePaid: orNull(date('When it was paid.'), 'until it is'),
  ...dates,
}

const LineItem = z
  .strictObject({
    id: recordId,
    externalId: z.string().nullable().meta({ description: "The integration's own id of what was sold." }),
    name: z.string().meta({ description: 'What was sold.' }),
    description: z.string().nullable().meta({ description: 'More about what was sold.' }),
    type: z.string().meta({ description: '`product`, `shipping`, `tax`, `fee` or `discount`.' }),
    value: z.int().meta({ description: "The price of one unit in minor units; a discount's is negative." }),
    quantity: z.int().meta({ description: 'How many units were sold.' }),
    returned: z.int().meta({ description: 'How many of these units were returned.' }),
    total: z.int().meta({ description: "The line's total in minor units, rounded once; a discount's is negative." }),
    units: z.string().meta({ description: 'What the value is counted in: an ISO 4217 code.' }),
  })
  .meta({ id: 'LineItem', description: 'One line of a transaction.' })

const LINE_ITEM = LineItem.keyof().options

/** What belongs to each record of a list, beside its columns. */
interface Belonging {
  readonly shape: z.ZodRawShape
  read(row: { id: number }, context: Context): Promise<object>
}

const lines: Belonging = {
  shape: {
    lineItems: z
      .array(LineItem)
      .nullable()
      .meta({ description: `What was sold, in the order of the event. Null ${TO_COLLABORATORS}.` }),
  },
  read: async ({ id }, { loaders }) => {
    const found = await loaders.lineItemsByTransaction.load(id)
    return { lineItems: found === null ? null : found.map(line => pick(line, LINE_ITEM)) }
  },
}

const list = (
  type: string,
  plural: 'conversions' | 'transactions' | 'obligations' | 'payouts',
  description: string,
  columns: Readonly<Record<string, Column>>,
  belonging?: Belonging,
): Route => {
  const of = (part: keyof Column) =>
    Object.fromEntries(Object.entries(columns).map(([name, each]) => [name, each[part]]))
  const names = Object.keys(columns)
  return route({
    method: 'GET',
    path: `/${plural}`,
    prefixes: SIREN,
    tag: 'Reconciliation',
    summary: `All ${plural}, page by page.`,
    description:
      'By id, ascending unless `order` says otherwise, so that what comes new comes last and shifts no page. Those that meet every filter; a collaborator finds its own alone.',
    scope: 'records',
    query: z
      .strictObject({
        ...of('asked'),
        ...period('the time in which they were created'),
        modifiedSince: moment('Those that were created or changed at this moment or later.').optional(),
        order: order('ASC', 'Which way by id.'),
        ...pages,
      })
      .refine(isPeriod, NO_PERIOD),
    answer: z.strictObject({ ...of('shown'), ...belonging?.shape }).meta({ id: type, description }),
    isList: true,
    handle: async ({ query: { page, perPage, from, to, modifiedSince, order: direction, ...filters } }, { reads }) => {
      const records: Records<{ id: number }> = reads.datastores[plural]
      const conditions = [
        ...equalities<never>(filters),
        ...conditionsOf(type, { dateCreated: { from, to }, dateModified: { from: modifiedSince } }),
      ]
      const { limit: size, offset } = rowsOf({ page, perPage })
      const [{ rows }, count] = await Promise.all([
        records.page({ conditions, slice: { orderBy: 'id', direction, size, offset } }),
        records.count(conditions),
      ])
      const items = rows.map(async row => ({
        ...pick<string>(row as object, names),
        ...(await belonging?.read(row, reads)),
      }))
      return { items: await Promise.all(items), count }
    },
  })
}

/** `/conversions`, `/transactions`, `/obligations`, `/payouts`: what an integration compares its own books with. */
export const reconciliationRoutes: readonly Route[] = [
  list('Conversion', 'conversions', 'An engagement that turned into a sale, a lead or a renewal.', conversions),
  list('Transaction', 'transactions', 'A sale or a renewal, with its lines.', transactions, lines),
  list('Obligation', 'obligations', 'What a collaborator is owed.', obligations),
  list('Payout', 'payouts', 'What a collaborator is paid.', payouts),
]
