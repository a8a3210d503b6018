import { z } from 'zod'
import { isCurrency, lineTotal } from '../money.ts'
import { ENVELOPE } from './envelope.ts'
import { atMost, expected, id, optional, or, strict, text } from './fields.ts'

/** An event that may come in from outside. */
export interface Incoming {
  /** What it says happened: one sentence. */
  readonly description: string
  /** Who may send it: `integration` stands for integrations and administrators, `administrator` for these alone. */
  readonly role: 'integration' | 'administrator'
  /** What its payload has to be: a JSON object. */
  readonly schema: z.ZodType
  /** What is said of an event without a body, where nothing may not stand for `{}`. */
  readonly bodyNeeded?: string
  /** The sender's own name for the event, if it has one: the same event again has no effect. */
  key?(payload: never): EventKey | undefined
  /** The payload as its schema had it before; events that were taken in then are compared with this. */
  earlier?(payload: never): unknown
}

/** An event's name in the system that it comes from. */
export interface EventKey {
  readonly source: string
  readonly externalId: string
  /** Which of several events about the same thing it is. */
  readonly part?: string
}

/** An event whose key, and whatever else is made of its payload, is made from what its schema answers. */
export const incoming = <Schema extends z.ZodType>(
  event: Omit<Incoming, 'schema' | 'key' | 'earlier'> & {
    schema: Schema
    key?: (payload: z.output<NoInfer<Schema>>) => EventKey | undefined
    earlier?: (payload: z.output<NoInfer<Schema>>) => unknown
  },
): Incoming & { readonly schema: Schema } => event

/** What an event says: these fields, those that every event may have, and no others. */
const payload = <Shape extends z.ZodRawShape>(slug: string, shape: Shape) => strict(slug, shape, ENVELOPE)

/** The id of a collaborator, or the code of its link as `tracking:CODE`. */
const COLLABORATOR = "a collaborator's id, or tracking:CODE"
const collaboratorId = z
  .union(
    [
      id(COLLABORATOR),
      z
        .string()
        .regex(/^tracking:./s, expected(COLLABORATOR))
        .max(255, atMost(255, 'characters')),
    ],
    expected(COLLABORATOR),
  )
  .meta({ description: COLLABORATOR })
const opportunityId = id("an opportunity's id, which X-Siren-OID answers")
const source = text('the name of the integration, such as woocommerce')
const EXTERNAL_ID = "the integration's own id"
const externalId = z
  .union([text(EXTERNAL_ID), z.int().transform(String)], expected(`${EXTERNAL_ID}, as text`))
  .meta({ description: EXTERNAL_ID })
const USER_ID = "the shop's own id of the customer"
// any text: shops have their own ways to say that they do not know the customer
const userId = z
  .union([z.string().max(255, atMost(255, 'characters')), z.int().transform(String)], expected(`${USER_ID}, as text`))
  .meta({ description: USER_ID })
const CURRENCY = 'an ISO 4217 code, such as USD'
const currencyCode = z
  .string(expected(CURRENCY))
  .refine(code => /^[a-z]{3}$/i.test(code) && isCurrency(code.toUpperCase()), expected(CURRENCY))
  .transform(code => code.toUpperCase())
  .meta({ description: CURRENCY, override: { pattern: '^[A-Za-z]{3}$' } })
const currency = or(currencyCode, 'USD')
const AMOUNT = 'an amount in major units, such as 49.99'
const amount = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^-?\d+(\.\d+)?$/)
        .transform(Number),
    ],
    expected(AMOUNT),
  )
  .meta({ description: AMOUNT })

const LINE_TYPES = ['product', 'shipping', 'tax', 'fee', 'discount'] as const

// without a quantity that is one, there is no sum to be checked
const UNITS = 'a whole number from 1 to 1000000'
const QUANTITY = { ...expected(UNITS), abort: true }
const quantity = z.int(QUANTITY).min(1, QUANTITY).max(1_000_000, QUANTITY)

const ATTRIBUTES = 'a JSON object'
const ITEMS = 'a list of items'

const item = strict('an item', {
  externalId: optional(externalId),
  name: text('what was sold'),
  description: optional(
    z
      .string(expected('a description'))
      .max(10_000, atMost(10_000, 'characters'))
      .meta({ description: 'more about what was sold' }),
  ),
  type: optional(
    z.enum(LINE_TYPES, expected(`one of ${LINE_TYPES.join(', ')}`)).meta({
      description: `one of ${LINE_TYPES.join(', ')}; product, unless it is said, and discount where the amount is negative`,
    }),
  ),
  // null is no quantity of one: it may be a number that was lost
  quantity: quantity.default(1).meta({ description: UNITS }),
  amount,
  attributes: optional(
    z
      // PHP has one empty array for both
      .preprocess(
        given => (Array.isArray(given) && given.length === 0 ? {} : given),
        z.record(z.string(), z.unknown(), expected(ATTRIBUTES)),
      )
      .meta({ description: 'what else there is to say of the line: a JSON object', override: { type: 'object' } }),
  ),
}).transform(({ type, ...line }) => ({ ...line, type: type ?? (line.amount < 0 ? 'discount' : 'product') }))

const purchase = {
  source,
  externalId,
  total: amount
    .refine(total => total >= 0, expected('an amount of 0 or more'))
    .meta({
      description: AMOUNT,
      override: {
        anyOf: [
          { type: 'number', minimum: 0 },
          { type: 'string', pattern: '^\\d+(\\.\\d+)?$' },
        ],
      },
    }),
  currency,
  // null is no sale without items: it may be a list that was lost
  items: z.array(item, expected(ITEMS)).max(1000, atMost(1000, 'items')).optional().meta({ description: ITEMS }),
}

type Basket = { total: number; currency: string; items?: z.output<typeof item>[] | undefined }

/** Amounts that the ledger can hold, exactly; only a discount is negative. */
const holdable = ({ total, currency, items = [] }: Basket, context: z.RefinementCtx<unknown>) => {
  const check = (path: PropertyKey[], value: number, times = 1) => {
    try {
      return lineTotal(value, times, currency)
    } catch {
      context.addIssue({ code: 'custom', path, message: `Expected an amount that can be counted, received ${value}` })
      return 0
    }
  }
  check(['total'], total)
  let sum = 0
  for (const [at, { amount, quantity, type }] of items.entries()) {
    if (type === 'discount' ? amount > 0 : amount < 0) {
      const what = type === 'discount' ? 'of 0 or less, since it is a discount' : 'of 0 or more, except of a discount'
      const message = `Expected an amount ${what}, received ${amount}`
      context.addIssue({ code: 'custom', path: ['items', at, 'amount'], message })
    }
    sum += Math.abs(check(['items', at, 'amount'], amount, quantity))
  }
  if (!Number.isSafeInteger(sum))
    context.addIssue({
      code: 'custom',
      path: ['items'],
      message: `Expected items whose sum can be counted, received ${sum}`,
    })
}

/** A purchase as it was when descriptions and attributes of lines were ignored. */
const withoutDescriptions = ({ items, ...rest }: Basket) => {
  return { ...rest, items: items?.map(({ description: _, attributes: __, ...line }) => line) }
}

const customer = { trackingId: optional(opportunityId), userId: optional(userId) }
/** What the document says of an event that needs a customer whom the gateway knows, where no header names the opportunity. */
const OF_A_CUSTOMER = {
  override: {
    anyOf: ['trackingId', 'userId'].map(name => {
      return { required: [name], properties: { [name]: { not: { type: 'null' as const } } } }
    }),
  },
}
const sale = payload('sale', { ...purchase, ...customer })
  .superRefine(holdable)
  .meta(OF_A_CUSTOMER)
const renewal = payload('renewal', { ...purchase, originalExternalId: externalId }).superRefine(holdable)

const REFUND_ID = "the integration's own id of this refund"
const PART = 'an amount of more than 0, in major units'
const RETURNED = 'a list of the items that were returned, of at least one'

const refund = payload('refund', {
  source,
  externalId,
  // null is no refund of the whole: each of these may have been lost
  refundId: z
    .union([text(REFUND_ID), z.int().transform(String)], expected(`${REFUND_ID}, as text`))
    .optional()
    .meta({ description: `${REFUND_ID}: needed where it is a refund of a part` }),
  amount: amount
    .refine(given => given > 0, expected(PART))
    .optional()
    .meta({
      description: `${PART}; without it and without items, all that is left is refunded`,
      override: {
        anyOf: [
          { type: 'number', exclusiveMinimum: 0 },
          { type: 'string', pattern: '^(?=.*[1-9])\\d+(\\.\\d+)?$' },
        ],
      },
    }),
  items: z
    .array(
      strict('an item of a refund', { externalId, quantity: quantity.meta({ description: UNITS }) }),
      expected(RETURNED),
    )
    .min(1, expected(RETURNED))
    .max(1000, atMost(1000, 'items'))
    .optional()
    .meta({ description: RETURNED }),
  currency: optional(currencyCode),
  reason: optional(
    z.string(expected('a reason')).max(10_000, atMost(10_000, 'characters')).meta({ description: 'why' }),
  ),
})
  .superRefine(({ amount, items, refundId }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (amount !== undefined && items !== undefined) refuse('items', 'Expected an amount or items, received both')
    if ((amount ?? items) !== undefined && refundId === undefined)
      refuse('refundId', `Expected ${REFUND_ID}, so that sending it again has no effect, received nothing`)
  })
  .meta({
    override: {
      dependentRequired: { amount: ['refundId'], items: ['refundId'] },
      not: { required: ['amount', 'items'] },
    },
  })

const visited = { collaboratorId, ...customer }
const subject = (what: string) =>
  z.union([text(what), z.int().transform(String)], expected(what)).meta({ description: what })

const keyed = ({ source, externalId }: { source: string; externalId: string }) => ({ source, externalId })

const COUPON = 'a coupon code'
const PROGRAMS = "a list of programs' ids"
const OBLIGATIONS = "a list of obligations' ids"
/** What is said where it is left open whether all obligations are meant. */
export const NO_OBLIGATIONS =
  'Expected a JSON object: {"obligationIds": [15]} to pay these obligations, or {} to pay all that are pending'
const CONVERSION_TYPE = 'one of sale, lead, renewal'
const FULFILLMENT_STATUS = 'one of pending, processing, complete, failed'

/** What may come in, by the slug under which it is sent. */
export const INCOMING = {
  'site-visited': incoming({
    description: "A visitor arrived by a collaborator's link.",
    role: 'integration',
    schema: payload('site-visited', visited),
  }),
  'course-completed': incoming({
    description: "A customer completed a collaborator's course.",
    role: 'integration',
    schema: payload('course-completed', { ...visited, courseId: subject("the course's id") }),
  }),
  'lesson-completed': incoming({
    description: "A customer completed a collaborator's lesson.",
    role: 'integration',
    schema: payload('lesson-completed', { ...visited, lessonId: subject("the lesson's id") }),
  }),
  'post-visited': incoming({
    description: "A reader visited a collaborator's post.",
    role: 'integration',
    schema: payload('post-visited', { ...visited, postId: subject("the post's id") }),
  }),
  'form-submitted': incoming({
    description: "A visitor submitted a collaborator's form.",
    role: 'integration',
    schema: payload('form-submitted', { ...visited, formId: subject("the form's id") }),
  }),
  'coupon-applied': incoming({
    description: 'A coupon was applied to an order.',
    role: 'integration',
    schema: payload('coupon-applied', {
      code: text(COUPON)
        .transform(code => code.toUpperCase())
        .meta({ description: COUPON }),
      ...customer,
    }),
  }),
  sale: incoming({
    description: 'A customer bought something.',
    role: 'integration',
    schema: sale,
    key: keyed,
    earlier: withoutDescriptions,
  }),
  lead: incoming({
    description: 'A customer became a lead: nothing is sold yet.',
    role: 'integration',
    schema: payload('lead', {
      ...customer,
      source,
      externalId: optional(externalId),
    }).meta(OF_A_CUSTOMER),
    key: ({ source, externalId }) => (externalId === undefined ? undefined : { source, externalId }),
  }),
  renewal: incoming({
    description: 'A subscription was renewed.',
    role: 'integration',
    schema: renewal,
    key: keyed,
    earlier: withoutDescriptions,
  }),
  refund: incoming({
    description:
      'A sale or a renewal was refunded: an amount of it, items of it, or, without either, all that is left of it. A part has a refundId of its own.',
    role: 'integration',
    schema: refund,
    // a refund of all that is left has no name: a second one finds nothing left
    key: ({ source, externalId, refundId: part }) => (part === undefined ? undefined : { source, externalId, part }),
  }),
  'collaborator-submitted': incoming({
    description: 'Someone applies to become a collaborator.',
    role: 'integration',
    schema: payload('collaborator-submitted', {
      fullName: text('a full name'),
      email: z
        .string(expected('an e-mail address'))
        .regex(/^\s*[^\s@]+@[^\s@]+\s*$/, expected('an e-mail address'))
        .max(255, atMost(255, 'characters'))
        .meta({ description: 'an e-mail address' }),
      nickname: optional(text('a name to show')),
      programIds: or(
        z
          .array(id("a program's id"), expected(PROGRAMS))
          .max(100, atMost(100, 'programs'))
          .meta({ description: PROGRAMS }),
        [],
      ),
    }),
  }),
  'collaborator-approved': incoming({
    description: "A collaborator's account is activated.",
    role: 'administrator',
    schema: payload('collaborator-approved', { collaboratorId: id("a collaborator's id") }),
  }),
  'manual-attribution': incoming({
    description: 'A manager credits a collaborator with a transaction.',
    role: 'administrator',
    schema: payload('manual-attribution', {
      collaboratorId,
      transactionId: id("a transaction's id"),
      conversionType: or(
        z.enum(['sale', 'lead', 'renewal'], expected(CONVERSION_TYPE)).meta({ description: CONVERSION_TYPE }),
        'sale',
      ),
    }),
  }),
  'conversion-approved': incoming({
    description: 'A manager approves a conversion.',
    role: 'administrator',
    schema: payload('conversion-approved', { conversionId: id("a conversion's id") }),
  }),
  'conversion-rejected': incoming({
    description: 'A manager rejects a conversion.',
    role: 'administrator',
    schema: payload('conversion-rejected', {
      conversionId: id("a conversion's id"),
      reason: text('the reason'),
      clawback: optional(
        z.boolean(expected('true or false')).meta({ description: 'whether what was paid out for it is taken back' }),
      ),
    }),
  }),
  'opportunity-invalidated': incoming({
    description: 'A manager declares an opportunity invalid: its engagements are cancelled.',
    role: 'administrator',
    schema: payload('opportunity-invalidated', { opportunityId: id("an opportunity's id") }),
  }),
  'fulfillment-generated': incoming({
    description:
      'Obligations, all that are pending unless some are named, are rolled into payouts, with what those who are paid owe back.',
    role: 'administrator',
    schema: payload('fulfillment-generated', {
      // null is not all of them: it may be a list that was lost
      obligationIds: z
        .array(id("an obligation's id"), expected(OBLIGATIONS))
        .max(10_000, atMost(10_000, 'obligations'))
        .optional()
        .meta({ description: OBLIGATIONS }),
    }),
    bodyNeeded: NO_OBLIGATIONS,
  }),
  'fulfillment-status-changed': incoming({
    description: 'A fulfillment went on, or failed.',
    role: 'administrator',
    schema: payload('fulfillment-status-changed', {
      fulfillmentId: id("a fulfillment's id"),
      status: z
        .enum(['pending', 'processing', 'complete', 'failed'], expected(FULFILLMENT_STATUS))
        .meta({ description: FULFILLMENT_STATUS }),
    }),
  }),
  'payout-paid': incoming({
    description: 'A payout was paid.',
    role: 'administrator',
    schema: payload('payout-paid', { payoutId: id("a payout's id") }),
  }),
  'payout-unpaid': incoming({
    description: 'A payout that was marked as paid was not.',
    role: 'administrator',
    schema: payload('payout-unpaid', { payoutId: id("a payout's id") }),
  }),
  'distribution-completed': incoming({
    description: "A distributor's cycle ends: its share of the revenue is allocated to its members.",
    role: 'administrator',
    schema: payload('distribution-completed', { distributorId: id("a distributor's id") }),
  }),
  'org-created': incoming({
    description: "The sender's organization came into being; it does so once.",
    role: 'administrator',
    schema: payload('org-created', {}),
    key: () => ({ source: 'siren', externalId: 'organization' }),
  }),
}

/** What each event that comes in says, under its slug. */
export type IncomingEvents = {
  [Slug in keyof typeof INCOMING]: { readonly payload: z.output<(typeof INCOMING)[Slug]['schema']> }
}
