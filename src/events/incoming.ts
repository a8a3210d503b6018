import { z } from 'zod'
import { isCurrency, minorUnits } from '../money.ts'
import { atMost, expected, id, optional, or, text } from './fields.ts'

/** An event that may come in from outside. */
export interface Incoming {
  /** What it says happened: one sentence. */
  readonly description: string
  /** Who may send it: `integration` stands for integrations and administrators, `administrator` for these alone. */
  readonly role: 'integration' | 'administrator'
  /** What its payload has to be: a JSON object. */
  readonly schema: z.ZodType
  /** The sender's own name for the event, if it has one: the same event again has no effect. */
  key?(payload: never): EventKey | undefined
}

/** An event's name in the system that it comes from. */
export interface EventKey {
  readonly source: string
  readonly externalId: string
}

/** An event whose key is made from what its schema answers. */
export const incoming = <Schema extends z.ZodType>(
  event: Omit<Incoming, 'schema' | 'key'> & {
    schema: Schema
    key?: (payload: z.output<NoInfer<Schema>>) => EventKey | undefined
  },
): Incoming & { readonly schema: Schema } => event

/** The id of a collaborator, or the code of its link as `tracking:CODE`. */
const COLLABORATOR = "a collaborator's id, or tracking:CODE"
const collaboratorId = z.union(
  [
    id(COLLABORATOR),
    z
      .string()
      .regex(/^tracking:./s, expected(COLLABORATOR))
      .max(255, atMost(255, 'characters')),
  ],
  expected(COLLABORATOR),
)
const opportunityId = id("an opportunity's id, which X-Siren-OID answers")
const source = text('the name of the integration, such as woocommerce')
const externalId = z.union(
  [text("the integration's own id"), z.int().transform(String)],
  expected("the integration's own id, as text"),
)
const userId = z.union(
  [text("the shop's own id of the customer"), z.int().transform(String)],
  expected("the shop's own id of the customer, as text"),
)
const currency = or(
  z
    .string(expected('an ISO 4217 code, such as USD'))
    .refine(isCurrency, expected('an ISO 4217 code in capitals, such as USD'))
    .meta({ description: 'an ISO 4217 code in capitals' }),
  'USD',
)
const AMOUNT = 'an amount in major units, such as 49.99'
const amount = z.number(expected(AMOUNT)).meta({ description: AMOUNT })

const LINE_TYPES = ['product', 'shipping', 'tax', 'fee', 'discount'] as const

// without a quantity that is one, there is no sum to be checked
const QUANTITY = { ...expected('a whole number from 1 to 1000000'), abort: true }

const item = z.object(
  {
    externalId: optional(externalId),
    name: text('what was sold'),
    type: or(z.enum(LINE_TYPES, expected(`one of ${LINE_TYPES.join(', ')}`)), 'product'),
    quantity: or(z.int(QUANTITY).min(1, QUANTITY).max(1_000_000, QUANTITY), 1),
    amount,
  },
  expected('an object'),
)

const purchase = {
  source,
  externalId,
  total: amount.nonnegative(expected('an amount of 0 or more')).meta({ description: AMOUNT }),
  currency,
  items: optional(z.array(item, expected('a list of items')).max(1000, atMost(1000, 'items'))),
}

type Basket = { total: number; currency: string; items?: z.output<typeof item>[] | undefined }

/** Amounts that the ledger can hold, exactly; only a discount is negative. */
const holdable = ({ total, currency, items = [] }: Basket, context: z.RefinementCtx<unknown>) => {
  const check = (path: PropertyKey[], value: number, times = 1) => {
    try {
      const sum = minorUnits(value, currency) * times
      if (Number.isSafeInteger(sum)) return sum
    } catch {
      // said below
    }
    context.addIssue({ code: 'custom', path, message: `Expected an amount that can be counted, received ${value}` })
    return 0
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

const sale = z
  .object({ ...purchase, trackingId: optional(opportunityId), userId: optional(userId) })
  .superRefine(holdable)
const renewal = z.object({ ...purchase, originalExternalId: externalId }).superRefine(holdable)

const visited = { collaboratorId, trackingId: optional(opportunityId), userId: optional(userId) }
const subject = (what: string) => z.union([text(what), z.int().transform(String)], expected(what))

const keyed = ({ source, externalId }: { source: string; externalId: string }) => ({ source, externalId })

/** What may come in, by the slug under which it is sent. */
export const INCOMING = {
  'site-visited': incoming({
    description: "A visitor arrived by a collaborator's link.",
    role: 'integration',
    schema: z.object(visited),
  }),
  'course-completed': incoming({
    description: "A customer completed a collaborator's course.",
    role: 'integration',
    schema: z.object({ ...visited, courseId: subject("the course's id") }),
  }),
  'lesson-completed': incoming({
    description: "A customer completed a collaborator's lesson.",
    role: 'integration',
    schema: z.object({ ...visited, lessonId: subject("the lesson's id") }),
  }),
  'post-visited': incoming({
    description: "A reader visited a collaborator's post.",
    role: 'integration',
    schema: z.object({ ...visited, postId: subject("the post's id") }),
  }),
  'form-submitted': incoming({
    description: "A visitor submitted a collaborator's form.",
    role: 'integration',
    schema: z.object({ ...visited, formId: subject("the form's id") }),
  }),
  'coupon-applied': incoming({
    description: 'A coupon was applied to an order.',
    role: 'integration',
    schema: z.object({
      code: text('a coupon code').transform(code => code.toUpperCase()),
      trackingId: optional(opportunityId),
      userId: optional(userId),
    }),
  }),
  sale: incoming({
    description: 'A customer bought something.',
    role: 'integration',
    schema: sale,
    key: keyed,
  }),
  lead: incoming({
    description: 'A customer became a lead: nothing is sold yet.',
    role: 'integration',
    schema: z.object({
      trackingId: optional(opportunityId),
      userId: optional(userId),
      source,
      externalId: optional(externalId),
    }),
    key: ({ source, externalId }) => (externalId === undefined ? undefined : { source, externalId }),
  }),
  renewal: incoming({
    description: 'A subscription was renewed.',
    role: 'integration',
    schema: renewal,
    key: keyed,
  }),
  refund: incoming({
    description: 'A sale or a renewal was refunded.',
    role: 'integration',
    schema: z.object({ source, externalId }),
    key: keyed,
  }),
  'collaborator-submitted': incoming({
    description: 'Someone applies to become a collaborator.',
    role: 'integration',
    schema: z.object({
      fullName: text('a full name'),
      email: z
        .string(expected('an e-mail address'))
        .regex(/^[^\s@]+@[^\s@]+$/, expected('an e-mail address'))
        .max(255, atMost(255, 'characters')),
      nickname: optional(text('a name to show')),
      programIds: or(
        z.array(id("a program's id"), expected("a list of programs' ids")).max(100, atMost(100, 'programs')),
        [],
      ),
    }),
  }),
  'collaborator-approved': incoming({
    description: "A collaborator's account is activated.",
    role: 'administrator',
    schema: z.object({ collaboratorId: id("a collaborator's id") }),
  }),
  'manual-attribution': incoming({
    description: 'A manager credits a collaborator with a transaction.',
    role: 'administrator',
    schema: z.object({
      collaboratorId,
      transactionId: id("a transaction's id"),
      conversionType: or(z.enum(['sale', 'lead', 'renewal'], expected('one of sale, lead, renewal')), 'sale'),
    }),
  }),
  'conversion-approved': incoming({
    description: 'A manager approves a conversion.',
    role: 'administrator',
    schema: z.object({ conversionId: id("a conversion's id") }),
  }),
  'conversion-rejected': incoming({
    description: 'A manager rejects a conversion.',
    role: 'administrator',
    schema: z.object({ conversionId: id("a conversion's id"), reason: text('the reason') }),
  }),
  'opportunity-invalidated': incoming({
    description: 'A manager declares an opportunity invalid: its engagements are cancelled.',
    role: 'administrator',
    schema: z.object({ opportunityId: id("an opportunity's id") }),
  }),
  'fulfillment-generated': incoming({
    description: 'Obligations, all that are pending unless some are named, are rolled into payouts.',
    role: 'administrator',
    schema: z.object({
      obligationIds: optional(
        z
          .array(id("an obligation's id"), expected("a list of obligations' ids"))
          .max(10_000, atMost(10_000, 'obligations')),
      ),
    }),
  }),
  'fulfillment-status-changed': incoming({
    description: 'A fulfillment went on, or failed.',
    role: 'administrator',
    schema: z.object({
      fulfillmentId: id("a fulfillment's id"),
      status: z.enum(
        ['pending', 'processing', 'complete', 'failed'],
        expected('one of pending, processing, complete, failed'),
      ),
    }),
  }),
  'payout-paid': incoming({
    description: 'A payout was paid.',
    role: 'administrator',
    schema: z.object({ payoutId: id("a payout's id") }),
  }),
  'payout-unpaid': incoming({
    description: 'A payout that was marked as paid was not.',
    role: 'administrator',
    schema: z.object({ payoutId: id("a payout's id") }),
  }),
  'distribution-completed': incoming({
    description: "A distributor's cycle ends: its share of the revenue is allocated to its members.",
    role: 'administrator',
    schema: z.object({ distributorId: id("a distributor's id") }),
  }),
  'org-created': incoming({
    description: "The sender's organization came into being; it does so once.",
    role: 'administrator',
    schema: z.object({}),
    key: () => ({ source: 'siren', externalId: 'organization' }),
  }),
}

/** What each event that comes in says, under its slug. */
export type IncomingEvents = {
  [Slug in keyof typeof INCOMING]: { readonly payload: z.output<(typeof INCOMING)[Slug]['schema']> }
}
