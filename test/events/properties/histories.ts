import fc from 'fast-check'
import { EPOCH } from '../../support/rows.ts'
import { totalOf } from '../model/lines.ts'
import type { Basket, Line, ProgramRules, Rules } from '../model/records.ts'

// What may happen, in steps: each is something that is sent, or that a manager changes.

export const HOUR = 3_600_000
const ENROLLED = [0, 1, 2, 3] as const

const conversionTypes = fc.uniqueArray(fc.constantFrom('sale', 'lead', 'renewal'), { minLength: 1 })
const points = fc.oneof({ weight: 4, arbitrary: fc.nat(500) }, fc.constant(0), fc.nat(1_000_000))
const TRIGGERS = { referredSiteVisit: points, boundCouponUsed: points, manual: points }
const program: fc.Arbitrary<ProgramRules> = fc
  .record({
    resolver: fc.constantFrom(
      'newestBindingWins',
      'oldestBindingWins',
      'topScoreWins',
      'evenlySharedPool',
      'performanceWeightedPool',
    ),
    incentive: fc.oneof(
      { weight: 3, arbitrary: fc.constant('saleTransactionPercentage') },
      fc.constantFrom('fixedPerTransaction', 'fixedPerProduct', 'fixedPerLead'),
    ),
    rate: fc.oneof(fc.constantFrom(100_000, 125_000, 333_333), fc.nat(1_000_000)),
    types: fc.oneof({ weight: 2, arbitrary: fc.constant(['sale', 'lead', 'renewal']) }, conversionTypes),
    grouped: fc.boolean(),
    autoApprove: fc.boolean(),
    expirationDays: fc.option(fc.constantFrom(1, 2), { freq: 3 }),
    requalificationDays: fc.option(fc.constantFrom(0, 1), { freq: 2 }),
    points: fc.oneof({ weight: 2, arbitrary: fc.record(TRIGGERS) }, fc.record(TRIGGERS, { requiredKeys: [] })),
    members: fc.oneof(
      { weight: 2, arbitrary: fc.constant([...ENROLLED]) },
      fc.subarray([...ENROLLED], { minLength: 1 }),
    ),
  })
  .map(rules => rules as ProgramRules)

const programs = fc.array(program, { minLength: 1, maxLength: 4 })
export const rules: fc.Arbitrary<Rules> = fc.record({
  programs: fc.oneof(
    programs,
    programs.map(all => all.map(one => ({ ...one, grouped: true }))),
  ),
  sorter: fc.constantFrom('newestBindingWins', 'oldestBindingWins'),
  standings: fc.constant(['active', 'active', 'active', 'inactive']),
  distributor: fc.record({
    isEven: fc.boolean(),
    percent: fc.nat(1_000_000),
    members: fc.subarray([...ENROLLED]),
  }),
  start: fc.constant(EPOCH.getTime()),
})

/** The numbers of what is sold: now and then there is none, or two are the same. */
const ITEMS = ['A', 'B', 'C', 'D', undefined] as const
const item = fc.constantFrom(...ITEMS)
export const line: fc.Arbitrary<Line> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('product', 'product', 'product', 'shipping', 'tax', 'fee'),
      value: fc.nat(20_000),
      quantity: fc.integer({ min: 1, max: 3 }),
      item,
    }),
  },
  fc.record({
    type: fc.constant('discount'),
    value: fc.integer({ min: -5000, max: 0 }),
    quantity: fc.constant(1),
    item,
  }),
)
const basket = {
  order: fc.nat(4),
  currency: fc.constantFrom('USD', 'USD', 'EUR'),
  lines: fc.array(line, { minLength: 1, maxLength: 3 }),
  /** What is paid, next to what the lines add up to: less for a discount on the order, more for what is not listed. */
  paid: fc.constantFrom(...(['all', 'all', 'all', 'less', 'more', 'nothing'] as const)),
}
/** What shops say of those whom they do not know. */
export const NOBODIES = ['0', '-1', ' Guest ', 'undefined', 'NULL', '[object Object]'] as const
type User = 'ann' | 'bob' | (typeof NOBODIES)[number]
/** Three devices, two customers: who is logged in, and whether the device's opportunity is named, and where. */
const customer = {
  device: fc.constantFrom(0, 0, 0, 1, 2),
  user: fc.option(
    fc.oneof<fc.WeightedArbitrary<User>[]>(
      { weight: 6, arbitrary: fc.constantFrom('ann', 'bob') },
      { weight: 1, arbitrary: fc.constantFrom(...NOBODIES) },
    ),
    { nil: undefined, freq: 2 },
  ),
  naming: fc.constantFrom('payload', 'payload', 'header', 'nowhere'),
}
export const nth = fc.nat(20)
const step = <Kind extends string, Fields>(kind: Kind, fields: { [F in keyof Fields]: fc.Arbitrary<Fields[F]> }) =>
  fc.record({
    kind: fc.constant(kind),
    ...fields,
    /** How many hours after the step before it is sent. */
    pause: fc.constantFrom(0, 0, 1, 1, 1, 24, 25),
    /** How many hours before that it happened. */
    late: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.constantFrom(24, 48), fc.nat(60)),
    key: fc.constantFrom('none', 'none', 'own', 'own', 'own', 'shared'),
  } as unknown as {
    [F in keyof (Fields & Common & { kind: Kind })]: fc.Arbitrary<(Fields & Common & { kind: Kind })[F]>
  })
interface Common {
  pause: number
  late: number
  key: 'none' | 'own' | 'shared'
}

export const visit = step('visit', { ...customer, collaborator: fc.integer({ min: 1, max: 5 }) })
const coupon = step('coupon', { ...customer, coupon: fc.integer({ min: 1, max: 5 }) })
export const sale = step('sale', { ...customer, ...basket })
const lead = step('lead', { ...customer, form: fc.option(fc.nat(3), { nil: undefined }) })
export const renewal = step('renewal', { ...basket, original: fc.nat(4) })
export const refundId = fc.oneof({ weight: 4, arbitrary: fc.nat(1000) }, fc.nat(1))
export const refund = step('refund', {
  of: fc.constantFrom('order', 'order', 'order', 'renewal'),
  order: fc.nat(4),
  refundId: fc.option(refundId, { nil: undefined, freq: 2 }),
})
/** A part of what is left: an amount, or units of some lines. */
export const part = step('part', {
  nth,
  refundId,
  what: fc.oneof(
    fc.constantFrom('all but one', 'half', 'half', 'third', 'third', 'third', 'all', 'more', 'nothing'),
    fc.integer({ min: 1, max: 12 }),
    fc.uniqueArray(
      fc.record({ item: fc.constantFrom('A', 'A', 'A', 'B', 'C', 'D'), quantity: fc.constantFrom(1, 1, 2) }),
      {
        selector: ({ item }) => item,
        minLength: 1,
        maxLength: 2,
      },
    ),
  ),
})
export const manual = step('manual', {
  collaborator: fc.integer({ min: 1, max: 5 }),
  nth,
  type: fc.constantFrom('sale', 'lead', 'renewal'),
})
export const approve = step('approve', { nth })
export const reject = step('reject', { nth, clawback: fc.boolean() })
export const invalidate = step('invalidate', { nth })
export const fulfill = step('fulfill', { some: fc.option(fc.array(nth, { maxLength: 3 }), { nil: undefined }) })
const fulfillment = step('fulfillment', {
  nth,
  status: fc.constantFrom('pending', 'processing', 'complete', 'failed'),
})
export const pay = step('pay', { nth })
export const unpay = step('unpay', { nth })
export const distribute = step('distribute', {})
/** What was sent before comes again, as it was. */
export const again = step('again', { nth })
/** Nothing is sent: a manager makes a collaborator active or inactive, or gives a program other rules. */
export const activity = step('activity', {
  collaborator: fc.integer({ min: 1, max: 4 }),
  status: fc.constantFrom<Status>('active', 'inactive'),
})
export type Status = 'active' | 'inactive' | 'rejected' | 'deleted'
const reform = step('reform', { nth, rules: program })
/** Whether what was paid may be owed back. */
export const setting = step('setting', { clawback: fc.boolean() })

export type Step = Given<
  | typeof visit
  | typeof coupon
  | typeof sale
  | typeof lead
  | typeof renewal
  | typeof refund
  | typeof part
  | typeof manual
  | typeof approve
  | typeof reject
  | typeof invalidate
  | typeof fulfill
  | typeof fulfillment
  | typeof pay
  | typeof unpay
  | typeof distribute
  | typeof again
  | typeof activity
  | typeof reform
  | typeof setting
>
export type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>
type Given<A> = A extends fc.Arbitrary<infer T> ? T : never

export const weighted = (...given: [number, fc.Arbitrary<unknown>][]) =>
  fc.oneof(...given.map(([weight, arbitrary]) => ({ weight, arbitrary: arbitrary as fc.Arbitrary<Step> })))

export const anything = weighted(
  [8, visit],
  [2, coupon],
  [7, sale],
  [2, lead],
  [3, renewal],
  [2, refund],
  [3, part],
  [2, manual],
  [2, approve],
  [2, reject],
  [1, invalidate],
  [3, fulfill],
  [1, fulfillment],
  [1, pay],
  [1, unpay],
  [1, distribute],
  [4, again],
  [1, activity],
  [1, reform],
  [1, setting],
)
export const claims = weighted([10, visit], [3, coupon], [2, sale], [1, manual], [1, lead], [1, renewal], [2, again])
export const conversions = weighted(
  [6, visit],
  [4, sale],
  [2, lead],
  [2, renewal],
  [1, manual],
  [1, coupon],
  [1, distribute],
  [1, activity],
)

/** What belongs together, of which chance alone would make too little: each is several steps on one device. */
export const member = fc.integer({ min: 1, max: 3 })
const device = fc.constantFrom(0, 1, 2)
export const shopping = fc
  .tuple(device, fc.array(fc.tuple(visit, member), { minLength: 1, maxLength: 3 }), sale)
  .map(([device, visits, sale]): Step[] => [
    ...visits.map(([visit, collaborator]) => ({
      ...visit,
      collaborator,
      device,
      user: undefined,
      naming: 'payload' as const,
    })),
    { ...sale, device, naming: 'payload' },
  ])
/** A visitor who is known elsewhere logs in. */
export const login = fc
  .tuple(visit, visit, visit, member, fc.constantFrom('ann', 'bob'))
  .map(([anonymous, known, both, collaborator, user]): Step[] => [
    { ...known, collaborator, device: 1, user, naming: 'payload' },
    { ...anonymous, collaborator, device: 2, user: undefined, naming: 'payload' },
    { ...both, device: 2, user, naming: 'payload' },
  ])
/** What is sold is paid for, and given back all the same. */
const settling = fc
  .tuple(shopping, sale, approve, fulfill, refund)
  .map(([bought, more, approve, fulfill, refund]): Step[] => {
    const sold = bought.at(-1) as StepOf<'sale'>
    return [
      ...bought,
      { ...more, device: sold.device, naming: 'payload' },
      approve,
      { ...fulfill, some: undefined },
      { ...refund, of: 'order', order: sold.order },
    ]
  })
/** A subscription goes on, whatever has changed since. */
export const subscribing = fc
  .tuple(shopping, fc.array(fc.oneof(activity, reform, reject, visit), { maxLength: 2 }), renewal, fc.option(renewal))
  .map(([bought, since, renewal, next]): Step[] => {
    const sold = bought.at(-1) as StepOf<'sale'>
    const onTime = { late: 0, original: sold.order }
    return [
      ...bought,
      ...since.map(step => (step.kind === 'visit' ? { ...step, device: sold.device } : step)),
      { ...renewal, ...onTime },
      ...(next === null ? [] : [{ ...next, ...onTime }]),
    ]
  })
/** A sale is told when more has been told that came after it. */
export const overtaking = fc
  .tuple(device, fc.array(fc.tuple(fc.oneof(visit, coupon), member), { minLength: 2, maxLength: 4 }), sale, fc.nat(3))
  .map(([device, touches, sale, late]): Step[] => [
    ...touches.map(([touch, collaborator]) => {
      const whose = { device, user: undefined, naming: 'payload' as const, pause: 1, late: 0 }
      return touch.kind === 'visit'
        ? { ...touch, ...whose, collaborator }
        : { ...touch, ...whose, coupon: collaborator }
    }),
    { ...sale, device, user: undefined, naming: 'payload', pause: 0, late },
  ])
/** One device, two customers. */
const sharing = fc
  .tuple(visit, fc.oneof(visit, coupon, sale, lead), fc.oneof(visit, coupon), sale, member)
  .map(([first, second, third, last, collaborator]): Step[] => [
    { ...first, collaborator, device: 0, user: 'ann', naming: 'nowhere' },
    { ...second, device: 0, user: 'bob', naming: 'payload' },
    { ...third, device: 0, user: 'ann', naming: 'payload' },
    { ...last, device: 0, user: 'bob', naming: 'payload' },
  ])
/** A lead whose opportunity turns out invalid, and who is one again, before or after. */
const requalifying = fc
  .tuple(visit, lead, invalidate, visit, lead, member, fc.constantFrom(0, 2, 20))
  .map(([first, lead, invalidate, second, again, collaborator, late]): Step[] => [
    { ...first, collaborator, user: 'ann', naming: 'nowhere' },
    { ...lead, form: undefined, user: 'ann', naming: 'nowhere' },
    invalidate,
    { ...second, collaborator, user: 'ann', naming: 'nowhere', late: 48 },
    { ...again, form: undefined, user: 'ann', naming: 'nowhere', late },
  ])
/** A cart applies its coupon again and again, and some of that is told late. */
const couponing = fc
  .tuple(fc.array(fc.tuple(coupon, fc.nat(3)), { minLength: 2, maxLength: 4 }), sale, fc.nat(3), member)
  .map(([coupons, sale, late, code]): Step[] => {
    const whose = { device: 0 as const, user: undefined, naming: 'payload' as const, pause: 1 }
    return [...coupons.map(([one, late]) => ({ ...one, ...whose, coupon: code, late })), { ...sale, ...whose, late }]
  })
/** One key comes with the opportunities of two devices. */
const repeating = fc.tuple(visit, visit, visit).map(([one, other, both]): Step[] => {
  const again = { ...both, user: undefined, naming: 'header' as const, key: 'shared' as const }
  return [
    { ...one, device: 1, naming: 'payload' },
    { ...other, device: 2, naming: 'payload' },
    { ...again, device: 1 },
    { ...again, device: 2 },
  ]
})
/** Who shared a sale is inactive, and the program has other rules, when it is renewed. */
const replacing = fc
  .tuple(visit, visit, sale, reform, activity, renewal, fc.constantFrom(1, 2))
  .map(([first, second, sale, reform, activity, renewal, gone]): Step[] => {
    const whose = { device: 0 as const, user: undefined, naming: 'payload' as const, late: 0 }
    return [
      { ...first, ...whose, collaborator: 1 },
      { ...second, ...whose, collaborator: 2 },
      { ...sale, ...whose },
      { ...reform, nth: 0 },
      { ...activity, collaborator: gone, status: 'inactive' },
      { ...renewal, original: sale.order, late: 0 },
      { ...activity, collaborator: gone, status: 'active' },
    ]
  })
/** A lead that is rejected may come again at once. */
const leading = fc
  .tuple(visit, lead, reject, visit, lead, member)
  .map(([first, lead, reject, second, again, collaborator]): Step[] => [
    { ...first, collaborator, device: 0, user: undefined, naming: 'payload' },
    { ...lead, form: undefined, device: 0, naming: 'payload' },
    reject,
    { ...second, collaborator, device: 0, user: undefined, naming: 'payload' },
    { ...again, form: undefined, device: 0, naming: 'payload' },
  ])
/** What was paid is owed back, in parts, and taken off what is paid next. */
const owing = fc
  .tuple(shopping, fulfill, fc.array(part, { minLength: 1, maxLength: 2 }), fc.option(reject), shopping, fulfill)
  .map(([bought, paid, parts, reject, more, next]): Step[] => [
    ...bought,
    { ...paid, some: undefined },
    ...parts.map(part => ({ ...part, nth: 0, late: 0 })),
    ...(reject === null ? [] : [{ ...reject, nth: 0, late: 0 }]),
    ...more,
    { ...next, late: 0 },
  ])
/** Somebody is gone for a while, in which others are paid. */
export const leaving = fc
  .tuple(shopping, activity, fc.constantFrom<Status>('rejected', 'deleted'), fulfill, shopping, fulfill)
  .map(([bought, activity, status, paid, more, next]): Step[] => [
    ...bought,
    { ...activity, status },
    { ...paid, late: 0 },
    { ...activity, status: 'active' },
    ...more,
    { ...next, some: undefined, late: 0 },
  ])
/** A distributor shares, then sales are refunded or told late, and it shares again. */
const distributing = fc
  .tuple(shopping, distribute, fc.array(fc.oneof(part, refund), { maxLength: 2 }), shopping, distribute, distribute)
  .map(([bought, first, refunds, more, second, third]): Step[] => [
    ...bought,
    { ...first, late: 0 },
    ...refunds,
    ...more,
    { ...second, late: 0 },
    third,
  ])
export const STORIES = [
  ...[shopping, settling, login, subscribing, leading],
  ...[overtaking, sharing, requalifying, couponing, repeating, replacing],
  ...[owing, leaving, distributing],
]

export const histories = (of: fc.Arbitrary<Step>, stories: fc.Arbitrary<Step[]>[], maxLength: number, under = rules) =>
  fc.tuple(
    under,
    fc
      .array(
        fc.oneof(
          of.map(step => [step]),
          ...stories.map(arbitrary => ({ weight: 1, arbitrary })),
        ),
        { minLength: 3, maxLength, size: 'max' },
      )
      .map(parts => parts.flat().slice(0, maxLength)),
  )

/** What is sent of a basket. */
export const basketOf = ({
  lines,
  paid = 'all',
}: {
  lines: readonly Line[]
  paid?: 'all' | 'less' | 'more' | 'nothing'
}): Basket => {
  const all = totalOf(lines)
  return { lines, total: { all, less: Math.floor(all * 0.6), more: all + 500, nothing: 0 }[paid] }
}
