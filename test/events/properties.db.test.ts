import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type Sql, statement } from '../../src/database/sql.ts'
import { SirenError } from '../../src/errors.ts'
import type { Delivery as Sent } from '../../src/events/ingest.ts'
import { pipeline } from '../../src/pipeline.ts'
import { testDatabase } from '../support/database.ts'
import { EPOCH } from '../support/rows.ts'
import { testWorld } from '../support/world.ts'
import {
  type Basket,
  type Delivery,
  type Line,
  Model,
  type Outcome,
  type Payload,
  type ProgramRules,
  poolOf,
  type Rules,
  type State,
  totalOf,
} from './reference-model.ts'

// Whatever comes in, in whatever order and however often: what the gateway keeps is what a model of it keeps that is
// simple enough to be believed.

const RUNS = { numRuns: process.env.SOAK === 'true' ? 1000 : 100 }
vi.setConfig({ testTimeout: RUNS.numRuns * 6000 })

const { sql } = await testDatabase()
const ingestion = pipeline(sql)

const HOUR = 3_600_000
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
const rules: fc.Arbitrary<Rules> = fc.record({
  programs: fc.oneof(
    programs,
    programs.map(all => all.map(one => ({ ...one, grouped: true }))),
  ),
  sorter: fc.constantFrom('newestBindingWins', 'oldestBindingWins'),
  active: fc.constant([true, true, true, false]),
  distributor: fc.record({
    isEven: fc.boolean(),
    percent: fc.nat(1_000_000),
    members: fc.subarray([...ENROLLED]),
  }),
  start: fc.constant(EPOCH.getTime()),
})

const line: fc.Arbitrary<Line> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('product', 'product', 'product', 'shipping', 'tax', 'fee'),
      value: fc.nat(20_000),
      quantity: fc.integer({ min: 1, max: 3 }),
    }),
  },
  fc.record({ type: fc.constant('discount'), value: fc.integer({ min: -5000, max: 0 }), quantity: fc.constant(1) }),
)
const basket = {
  order: fc.nat(4),
  currency: fc.constantFrom('USD', 'USD', 'EUR'),
  lines: fc.array(line, { minLength: 1, maxLength: 3 }),
  /** What is paid, next to what the lines add up to: less for a discount on the order, more for what is not listed. */
  paid: fc.constantFrom(...(['all', 'all', 'all', 'less', 'more', 'nothing'] as const)),
}
/** What shops say of those whom they do not know. */
const NOBODIES = ['0', '-1', ' Guest ', 'undefined', 'NULL', '[object Object]'] as const
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
const nth = fc.nat(20)
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

const visit = step('visit', { ...customer, collaborator: fc.integer({ min: 1, max: 5 }) })
const coupon = step('coupon', { ...customer, coupon: fc.integer({ min: 1, max: 5 }) })
const sale = step('sale', { ...customer, ...basket })
const lead = step('lead', { ...customer, form: fc.option(fc.nat(3), { nil: undefined }) })
const renewal = step('renewal', { ...basket, original: fc.nat(4) })
const refund = step('refund', { order: fc.nat(4) })
const manual = step('manual', {
  collaborator: fc.integer({ min: 1, max: 5 }),
  nth,
  type: fc.constantFrom('sale', 'lead', 'renewal'),
})
const approve = step('approve', { nth })
const reject = step('reject', { nth })
const invalidate = step('invalidate', { nth })
const fulfill = step('fulfill', { some: fc.option(fc.array(nth, { maxLength: 3 }), { nil: undefined }) })
const fulfillment = step('fulfillment', {
  nth,
  status: fc.constantFrom('pending', 'processing', 'complete', 'failed'),
})
const pay = step('pay', { nth })
const distribute = step('distribute', {})
/** What was sent before comes again, as it was. */
const again = step('again', { nth })
/** Nothing is sent: a manager makes a collaborator active or inactive, or gives a program other rules. */
const activity = step('activity', { collaborator: fc.integer({ min: 1, max: 4 }), isActive: fc.boolean() })
const reform = step('reform', { nth, rules: program })

type Step = Given<
  | typeof visit
  | typeof coupon
  | typeof sale
  | typeof lead
  | typeof renewal
  | typeof refund
  | typeof manual
  | typeof approve
  | typeof reject
  | typeof invalidate
  | typeof fulfill
  | typeof fulfillment
  | typeof pay
  | typeof distribute
  | typeof again
  | typeof activity
  | typeof reform
>
type Given<A> = A extends fc.Arbitrary<infer T> ? T : never

const weighted = (...given: [number, fc.Arbitrary<unknown>][]) =>
  fc.oneof(...given.map(([weight, arbitrary]) => ({ weight, arbitrary: arbitrary as fc.Arbitrary<Step> })))

const anything = weighted(
  [8, visit],
  [2, coupon],
  [7, sale],
  [2, lead],
  [3, renewal],
  [3, refund],
  [2, manual],
  [2, approve],
  [2, reject],
  [1, invalidate],
  [3, fulfill],
  [1, fulfillment],
  [1, pay],
  [1, distribute],
  [4, again],
  [1, activity],
  [1, reform],
)
const claims = weighted([10, visit], [3, coupon], [2, sale], [1, manual], [1, lead], [1, renewal], [2, again])
const conversions = weighted(
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
const member = fc.integer({ min: 1, max: 3 })
const device = fc.constantFrom(0, 1, 2)
const shopping = fc
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
const login = fc
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
    const sold = bought.at(-1) as Given<typeof sale>
    return [
      ...bought,
      { ...more, device: sold.device, naming: 'payload' },
      approve,
      { ...fulfill, some: undefined },
      { ...refund, order: sold.order },
    ]
  })
/** A subscription goes on, whatever has changed since. */
const subscribing = fc
  .tuple(shopping, fc.array(fc.oneof(activity, reform, reject, visit), { maxLength: 2 }), renewal, fc.option(renewal))
  .map(([bought, since, renewal, next]): Step[] => {
    const sold = bought.at(-1) as Given<typeof sale>
    const onTime = { late: 0, original: sold.order }
    return [
      ...bought,
      ...since.map(step => (step.kind === 'visit' ? { ...step, device: sold.device } : step)),
      { ...renewal, ...onTime },
      ...(next === null ? [] : [{ ...next, ...onTime }]),
    ]
  })
/** A sale is told when more has been told that came after it. */
const overtaking = fc
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
      { ...activity, collaborator: gone, isActive: false },
      { ...renewal, original: sale.order, late: 0 },
      { ...activity, collaborator: gone, isActive: true },
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
const STORIES = [
  ...[shopping, settling, login, subscribing, leading],
  ...[overtaking, sharing, requalifying, couponing, repeating, replacing],
]

const histories = (of: fc.Arbitrary<Step>, stories: fc.Arbitrary<Step[]>[], maxLength: number) =>
  fc.tuple(
    rules,
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

/** No such record, in the model's numbers and in the database's. */
const NOBODY = 1_000_000
const NOBODY_STORED = 2_000_000_000

/** What is sent of a basket. */
const basketOf = ({
  lines,
  paid = 'all',
}: {
  lines: readonly Line[]
  paid?: 'all' | 'less' | 'more' | 'nothing'
}): Basket => {
  const all = totalOf(lines)
  return { lines, total: { all, less: Math.floor(all * 0.6), more: all + 500, nothing: 0 }[paid] }
}

/** What a step sends, in the model's terms. */
const deliveryOf = (
  given: Exclude<Step, { kind: 'again' | 'activity' | 'reform' }>,
  at: number,
  { state }: Model,
  devices: number[],
) => {
  const some = (list: readonly { id: number }[], nth: number) => list[nth % (list.length + 1)]?.id ?? NOBODY
  const order = (order: number) => `order ${order}`
  const device = 'device' in given ? devices[given.device] : undefined
  const naming = 'naming' in given && device !== undefined ? given.naming : 'nowhere'
  const whose = {
    ...('user' in given && given.user !== undefined && { user: given.user }),
    ...(naming === 'payload' && device !== undefined && { tracking: device }),
  }
  const payload = ((): Payload => {
    switch (given.kind) {
      case 'visit':
        return { slug: 'site-visited', collaborator: given.collaborator, ...whose }
      case 'coupon':
        return { slug: 'coupon-applied', coupon: given.coupon, ...whose }
      case 'sale':
        return { slug: 'sale', order: order(given.order), currency: given.currency, ...basketOf(given), ...whose }
      case 'lead':
        return { slug: 'lead', ...(given.form !== undefined && { form: `form ${given.form}` }), ...whose }
      case 'renewal': {
        const { currency } = given
        const original = renewed(given.original)
        return { slug: 'renewal', order: `renewal ${given.order}`, original, currency, ...basketOf(given) }
      }
      case 'refund':
        return { slug: 'refund', order: order(given.order) }
      case 'manual': {
        const transaction = some(state.transactions, given.nth)
        return { slug: 'manual-attribution', collaborator: given.collaborator, transaction, type: given.type }
      }
      case 'approve':
        return { slug: 'conversion-approved', conversion: some(state.conversions, given.nth) }
      case 'reject':
        return { slug: 'conversion-rejected', conversion: some(state.conversions, given.nth) }
      case 'invalidate':
        return { slug: 'opportunity-invalidated', opportunity: some(state.opportunities, given.nth) }
      case 'fulfill':
        return {
          slug: 'fulfillment-generated',
          ...(given.some && { obligations: given.some.map(nth => some(state.obligations, nth)) }),
        }
      case 'fulfillment': {
        const { status } = given
        return { slug: 'fulfillment-status-changed', fulfillment: some(state.fulfillments, given.nth), status }
      }
      case 'pay':
        return { slug: 'payout-paid', payout: some(state.payouts, given.nth) }
      case 'distribute':
        return { slug: 'distribution-completed' }
    }
  })()
  const named = naming === 'header' && device !== undefined ? { named: device } : {}
  return { payload, at, ...named }
}
/** Sales are renewed, and now and then renewals. */
const renewed = (nth: number) => (nth < 4 ? `order ${nth}` : 'renewal 0')

/** What stands for the model's numbers in the database. */
type Ids = Record<Kind, Map<number, number>>
const KINDS = [
  'collaborator',
  'program',
  'distributor',
  'opportunity',
  'engagement',
  'transaction',
  'conversion',
  'obligation',
  'fulfillment',
  'payout',
  'distribution',
] as const
type Kind = (typeof KINDS)[number]

const sentOf = ({ payload, key, named, at }: Delivery, ids: Ids): Sent => {
  const id = (kind: Kind, number: number) => ids[kind].get(number) ?? NOBODY_STORED
  const whose = ({ user, tracking }: { user?: string; tracking?: number }) => ({
    ...(user !== undefined && { userId: user }),
    ...(tracking !== undefined && { trackingId: id('opportunity', tracking) }),
  })
  const sold = ({ order, currency, lines, total }: { order: string; currency: string } & Basket) => ({
    source: 'shop',
    externalId: order,
    currency,
    total: total / 100,
    items: lines.map(({ type, value, quantity }) => ({ name: 'Item', type, amount: value / 100, quantity })),
  })
  const content = (): unknown => {
    switch (payload.slug) {
      case 'site-visited':
        return { collaboratorId: id('collaborator', payload.collaborator), ...whose(payload) }
      case 'coupon-applied':
        return { code: `save${payload.coupon}`, ...whose(payload) }
      case 'sale':
        return { ...sold(payload), ...whose(payload) }
      case 'lead':
        return { source: 'shop', ...(payload.form !== undefined && { externalId: payload.form }), ...whose(payload) }
      case 'renewal':
        return { ...sold(payload), originalExternalId: payload.original }
      case 'refund':
        return { source: 'shop', externalId: payload.order }
      case 'manual-attribution':
        return {
          collaboratorId: id('collaborator', payload.collaborator),
          transactionId: id('transaction', payload.transaction),
          conversionType: payload.type,
        }
      case 'conversion-approved':
        return { conversionId: id('conversion', payload.conversion) }
      case 'conversion-rejected':
        return { conversionId: id('conversion', payload.conversion), reason: 'not ours' }
      case 'opportunity-invalidated':
        return { opportunityId: id('opportunity', payload.opportunity) }
      case 'fulfillment-generated':
        return payload.obligations ? { obligationIds: payload.obligations.map(one => id('obligation', one)) } : {}
      case 'fulfillment-status-changed':
        return { fulfillmentId: id('fulfillment', payload.fulfillment), status: payload.status }
      case 'payout-paid':
        return { payoutId: id('payout', payload.payout) }
      case 'distribution-completed':
        return { distributorId: id('distributor', 1) }
    }
  }
  return {
    slug: payload.slug,
    payload: content(),
    idempotencyKey: key,
    opportunityId: named === undefined ? undefined : id('opportunity', named),
    occurredAt: new Date(at),
  }
}

/** An organization with these rules. */
const organizationOf = async (sql: Sql, { programs, sorter, active, distributor, start }: Rules) => {
  const world = await testWorld(sql)
  const group = await world.group(sorter)
  await world.shop()
  const collaborators: number[] = []
  for (const [at, isActive] of active.entries())
    collaborators.push(
      await world.collaborator({ coupon: `SAVE${at + 1}`, status: isActive ? 'active' : 'pending' } as const),
    )
  const programIds: number[] = []
  for (const given of programs) {
    const programId = await world.program({ ...columnsOf(given, group), triggers: { ...given.points } })
    programIds.push(programId)
    for (const member of given.members) await world.enroll(collaborators[member] as number, programId)
  }
  const distributorId = await world.distributor(
    distributor.members.map(member => collaborators[member] as number),
    {
      distributionResolver: distributor.isEven ? 'evenlySharedPool' : 'performanceWeightedPool',
      revenuePercentage: distributor.percent / 10_000,
      dateCreated: new Date(start),
    },
  )
  const numbered = { collaborator: collaborators, program: programIds, distributor: [distributorId] }
  const change = async (step: Given<typeof activity> | Given<typeof reform>, model: Model) => {
    if (step.kind === 'activity') {
      const { collaborator, isActive } = step
      model.active[collaborator - 1] = isActive
      await sql.rows(setActivity, [collaborators[collaborator - 1] as number, isActive ? 'active' : 'inactive'])
    } else {
      const place = step.nth % programs.length
      // whom it has, and what it gives for triggers, stays
      const { points, members } = model.programs[place] as ProgramRules
      model.programs[place] = { ...step.rules, points, members }
      const columns = columnsOf(step.rules, group)
      await sql.rows(setRules, [programIds[place] as number, ...Object.values(columns)])
    }
  }
  return { ...world, numbered, change }
}

const columnsOf = (rules: ProgramRules, group: number) => ({
  incentiveType: rules.incentive,
  incentiveResolverType: rules.resolver,
  transactionPercent: rules.incentive === 'saleTransactionPercentage' ? rules.rate / 10_000 : null,
  payoutPerTransaction: rules.rate,
  payoutPerProduct: rules.rate,
  payoutPerLead: rules.rate,
  activeConversionTypes: [...rules.types],
  groupId: rules.grouped ? group : null,
  autoApprove: rules.autoApprove,
  expirationDays: rules.expirationDays,
  leadRequalificationDays: rules.requalificationDays,
})
const setActivity = statement(`update collaborator set status = $2::collaborator_status where id = $1`)
const setRules = statement(`
  update program set
    incentive_type = $2::incentive_type, incentive_resolver_type = $3::incentive_resolver_type, transaction_percent = $4,
    payout_per_transaction = $5, payout_per_product = $6, payout_per_lead = $7,
    active_conversion_types = $8::text[]::conversion_type[], group_id = $9, auto_approve = $10, expiration_days = $11,
    lead_requalification_days = $12
  where id = $1`)

/** All that an organization has, as the database has it. */
type Stored = Record<keyof State, readonly ({ readonly id: number } & Record<string, unknown>)[]>

const list = (table: string, columns: string) =>
  `coalesce((select json_agg(x order by id) from (select ${columns} from ${table} t where t.organization_id = $1) x), '[]'::json)`
const moment = (column: string, name: string) => `(extract(epoch from ${column}) * 1000)::bigint as ${name}`
const CREATED = moment('date_created', 'created')
const CANDIDATES = `(
  select json_agg(json_build_object(
    'engagement', c.engagement_id, 'collaborator', c.collaborator_id, 'score', c.score, 'touches', c.touches, 'share', c.share,
    'first', (extract(epoch from c.first_touch) * 1000)::bigint, 'latest', (extract(epoch from c.latest_touch) * 1000)::bigint
  )) from evaluation_candidate c where c.organization_id = $1 and c.evaluation_id = t.id)`
const everything = statement<Stored>(`select
  ${list('opportunity', `id, user_id as user, status, merged_into_id as "mergedInto", ${CREATED}`)} as opportunities,
  ${list('engagement', `id, opportunity_id as opportunity, program_id as program, collaborator_id as collaborator, score, status, ${CREATED}, ${moment('date_modified', 'modified')}`)} as engagements,
  ${list('touch', `id, engagement_id as engagement, engagement_type as type, points, ${moment('date_created', 'at')}`)} as touches,
  ${list('evaluation', `id, opportunity_id as opportunity, transaction_id as transaction, program_id as program, conversion_type as type, ${moment('as_of', '"asOf"')}, ${CANDIDATES} as candidates`)} as evaluations,
  ${list('transaction', `id, opportunity_id as opportunity, original_transaction_id as original, external_id as order, total_value as total, currency, status, ${CREATED}`)} as transactions,
  ${list('conversion', `id, engagement_id as engagement, collaborator_id as collaborator, score, transaction_id as transaction, obligation_id as obligation, type, status, ${CREATED}`)} as conversions,
  ${list('obligation', `id, collaborator_id as collaborator, status, award_type as type, value, currency, payout_id as payout, ${CREATED}`)} as obligations,
  ${list('fulfillment', `id, status, ${CREATED}`)} as fulfillments,
  ${list('payout', `id, fulfillment_id as fulfillment, collaborator_id as collaborator, value, currency, status, ${CREATED}`)} as payouts,
  ${list('distribution', `id, value, ${CREATED}`)} as distributions,
  ${list('note', `id, content as key, creation_source || ' ' || creation_source_id as cause, array(select s.source_type || ' ' || s.source_id from note_source s where s.organization_id = $1 and s.note_id = t.id) as links`)} as notes`)

const REFERENCES: Readonly<Record<string, Kind>> = {
  mergedInto: 'opportunity',
  opportunity: 'opportunity',
  program: 'program',
  collaborator: 'collaborator',
  engagement: 'engagement',
  transaction: 'transaction',
  original: 'transaction',
  conversion: 'conversion',
  obligation: 'obligation',
  payout: 'payout',
  fulfillment: 'fulfillment',
}

/** What is stored, by what of one event the model makes first. */
const ORDER: { readonly [K in Kind]?: (row: Record<string, unknown>, stored: Stored) => readonly unknown[] } = {
  engagement: ({ program, collaborator }) => [program, collaborator],
  conversion: ({ engagement, collaborator }, { engagements }) => [
    engagements.find(({ id }) => id === engagement)?.program,
    collaborator,
  ],
  obligation: ({ id, collaborator }, { conversions, engagements }) => {
    const conversion = conversions.find(({ obligation }) => obligation === id)
    return [engagements.find(({ id }) => id === conversion?.engagement)?.program ?? 0, collaborator]
  },
  payout: ({ collaborator, currency }) => [collaborator, currency],
}
const ordered = (one: readonly unknown[], other: readonly unknown[]) => {
  for (const [at, of] of one.entries()) if (of !== other[at]) return (of as number) < (other[at] as number) ? -1 : 1
  return 0
}

/** No records but those with which an organization begins. */
const idsOf = (fixed: Partial<Record<Kind, readonly number[]>>): Ids =>
  Object.fromEntries(KINDS.map(kind => [kind, new Map(fixed[kind]?.map((id, at) => [at + 1, id]))])) as Ids

/** What is stored after an event, in the model's numbers: records have places in the order in which they came about. */
const numbered = (stored: Stored, ids: Ids): State => {
  const rowsOf = (kind: Kind) => stored[plural(kind) as keyof State] ?? []
  for (const kind of KINDS) {
    const known = new Set(ids[kind].values())
    const order = ORDER[kind] ?? (() => [])
    const fresh = rowsOf(kind)
      .filter(({ id }) => !known.has(id))
      .sort((one, other) => ordered([...order(one, stored), one.id], [...order(other, stored), other.id]))
    for (const { id } of fresh) ids[kind].set(ids[kind].size + 1, id)
  }
  const numberOf = Object.fromEntries(
    KINDS.map(kind => [kind, new Map([...ids[kind]].map(([number, id]) => [id, number]))]),
  ) as Ids
  const translated = (kind: Kind | undefined, row: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        const of = name === 'id' ? kind : REFERENCES[name]
        return [
          name,
          of === undefined || value === null ? value : (numberOf[of].get(value as number) ?? `lost ${value}`),
        ]
      }),
    )
  const link = (text: string) => {
    const [type = '', id] = text.split(' ')
    return `${type} ${numberOf[type as Kind]?.get(Number(id)) ?? `lost ${id}`}`
  }
  const state = Object.fromEntries(
    KINDS.filter(kind => plural(kind) in stored).map(kind => [
      plural(kind),
      byId(rowsOf(kind).map(row => translated(kind, row)) as { id: number }[]),
    ]),
  ) as unknown as State
  state.touches = stored.touches.map(row => translated(undefined, row) as unknown as State['touches'][number])
  state.evaluations = stored.evaluations.map(row => {
    const candidates = row.candidates as Record<string, unknown>[] | null
    const found = {
      ...translated(undefined, row),
      candidates: candidates?.map(one => translated(undefined, one)) ?? [],
    }
    return found as unknown as State['evaluations'][number]
  })
  state.notes = (stored.notes as unknown as { key: string; links: string[] }[]).map(({ key, links }) => ({
    key,
    links: links.map(link),
  }))
  return state
}
const plural = (kind: Kind) => (kind === 'opportunity' ? 'opportunities' : `${kind}s`)
const byId = <Row extends { id: number }>(rows: readonly Row[]) => [...rows].sort((a, b) => a.id - b.id)

const inOrder = (notes: State['notes']) =>
  notes.map(({ key, links }) => `${key}: ${[...links].sort().join(', ')}`).sort()
/** A state without what is compared by itself, and without what only the model knows. */
const recordsOf = ({ notes: _, touches, evaluations, ...state }: State) => ({
  ...state,
  engagements: byId(state.engagements),
  touches: sorted(touches.map(({ engagement, type, points, at }) => ({ engagement, type, points, at }))),
  evaluations: sorted(
    evaluations.map(({ opportunity, transaction, program, type, asOf, candidates }) => ({
      ...{ opportunity, transaction, program, type, asOf },
      candidates: sorted(
        candidates.map(({ engagement, collaborator, score, first, latest, touches, share }) => {
          return { engagement, collaborator, score, first, latest, touches, share }
        }),
      ),
    })),
  ),
})
const sorted = <T>(values: readonly T[]): T[] =>
  values
    .map(value => [JSON.stringify(value), value] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, value]) => value)

interface Moment {
  readonly model: Model
  readonly actual: State
  readonly stored: Stored
}

/** Sends what the steps say, and shows what has become of it after each. */
const walk = async (rules: Rules, steps: readonly Step[], look: (now: Moment) => void) => {
  const { numbered: fixed, organizationId, change } = await organizationOf(sql, rules)
  const model = new Model(rules)
  const ids = idsOf(fixed)
  const devices: number[] = []
  const sent: { delivery: Delivery; device: number | undefined }[] = []
  let clock = rules.start + 72 * HOUR
  for (const [at, given] of steps.entries()) {
    if (given.kind === 'activity' || given.kind === 'reform') {
      await change(given, model)
      continue
    }
    if (given.kind === 'again') {
      const before = sent[given.nth % Math.max(1, sent.length)]
      if (before === undefined) continue
      sent.push(before)
    } else {
      clock += given.pause * HOUR
      const moment = clock - given.late * HOUR
      // whether nobody is nobody by another name, too, is not for these histories to say
      const isNobody = 'user' in given && NOBODIES.some(nobody => nobody === given.user)
      const key = { none: {}, own: { key: `${at}` }, shared: { key: isNobody ? `${at}` : 'shared' } }[given.key]
      const device = 'device' in given ? given.device : undefined
      sent.push({ delivery: { ...deliveryOf(given, moment, model, devices), ...key }, device })
    }
    const { delivery, device } = sent.at(-1) as (typeof sent)[number]
    const outcome = model.deliver(delivery)
    const received = await ingestion
      .ingest(sentOf(delivery, ids), { role: 'administrator', organizationId })
      .catch((error: unknown) => {
        if (error instanceof SirenError) return { refused: error.code }
        throw error
      })
    const [stored] = (await sql.rows(everything, [organizationId])) as [Stored]
    const actual = numbered(stored, ids)
    expect(inNumbers(received, ids)).toEqual(outcome)
    if (device !== undefined && 'opportunity' in outcome && outcome.opportunity !== null)
      devices[device] = outcome.opportunity
    look({ model, actual, stored })
  }
}

const inNumbers = (
  received: { opportunityId: number | null } | { refused: string },
  { opportunity }: Ids,
): Outcome | { refused: string } => {
  if ('refused' in received) return received
  const [number] = [...opportunity].find(([, id]) => id === received.opportunityId) ?? [null]
  return { opportunity: number }
}

describe('whatever comes in', () => {
  it('gives an engagement the points of all its triggers, those of merged visitors included', async () => {
    await fc.assert(
      fc.asyncProperty(histories(claims, [login, overtaking], 12), async ([rules, steps]) => {
        let last: Moment | undefined
        await walk(rules, steps, now => {
          last = now
        })
        if (last === undefined) return
        const { model, actual } = last
        expect(recordsOf(actual).touches).toEqual(recordsOf(model.state).touches)
        expect(actual.engagements).toEqual(byId(model.state.engagements))
      }),
      RUNS,
    )
  })

  it('pays each pool as its program divides it, to the last cent', async () => {
    await fc.assert(
      fc.asyncProperty(histories(conversions, [shopping, subscribing, overtaking], 12), async ([rules, steps]) => {
        let last: Moment | undefined
        // each pool by the rules that there are in the end
        await walk(
          rules,
          steps.filter(({ kind }) => kind !== 'reform'),
          now => {
            last = now
          },
        )
        if (last === undefined) return
        const { model, actual } = last
        for (const { program, type, transaction, candidates } of actual.evaluations) {
          const { resolver } = rules.programs[program - 1] as ProgramRules
          const pool = poolOf(rules.programs[program - 1] as ProgramRules, type, model.basketOf(transaction ?? 0))
          const sharers = candidates.filter(({ share }) => share !== null)
          if (sharers.length === 0) continue
          const paid = sharers.map(({ share }) => share as number)
          const total = sharers.reduce((sum, { score }) => sum + score, 0)
          switch (resolver) {
            case 'evenlySharedPool':
              expect(paid).toEqual(sharers.map(() => Math.floor(pool / sharers.length)))
              break
            case 'performanceWeightedPool':
              expect(paid.reduce((sum, value) => sum + value, 0)).toBe(pool)
              for (const [at, { score }] of sharers.entries())
                expect(Math.abs((paid[at] as number) - (pool * score) / total)).toBeLessThan(1)
              break
            default:
              expect(paid).toEqual([pool])
          }
        }
        expect(actual.obligations).toEqual(model.state.obligations)
      }),
      RUNS,
    )
  })

  it('has its effects once, and leads from no state but to those that may follow', async () => {
    await fc.assert(
      fc.asyncProperty(histories(anything, STORIES, 16), async ([rules, steps]) => {
        let before: State | undefined
        await walk(rules, steps, ({ model, actual }) => {
          expect(recordsOf(actual)).toEqual(recordsOf(model.state))
          expectLegal(before, actual)
          expectConsistent(actual)
          expectLedger(actual)
          before = actual
        })
      }),
      RUNS,
    )
  })

  it('writes each note with its cause, and for each effect its note', async () => {
    await fc.assert(
      fc.asyncProperty(histories(anything, STORIES, 16), async ([rules, steps]) => {
        let last: Moment | undefined
        await walk(rules, steps, now => {
          last = now
        })
        if (last === undefined) return
        const { model, actual, stored } = last
        expect(inOrder(actual.notes)).toEqual(inOrder(model.state.notes))
        expectCaused(actual.notes)
        for (const { cause, links } of stored.notes as unknown as { cause: string; links: string[] }[])
          expect(links).toContain(cause)
      }),
      RUNS,
    )
  })
})

/** What is told of three opportunities, the first a customer's and the others of strangers. */
type Told = { at: number; place: number } & (
  | { kind: 'visit' | 'coupon'; opportunity: number; collaborator: number }
  | { kind: 'sale'; opportunity: number; lines: readonly Line[] }
  | { kind: 'lead' | 'join'; opportunity: number }
  | { kind: 'renewal'; nth: number; lines: readonly Line[] }
)
const told = (() => {
  // few moments, so that some are the same, and one after the other as often as not
  const at = { at: fc.nat(12), place: fc.nat(100) }
  const lines = fc.array(line, { minLength: 1, maxLength: 2 })
  const opportunity = fc.constantFrom(1, 1, 2, 3)
  const of = (weight: number, arbitrary: fc.Arbitrary<unknown>) => ({
    weight,
    arbitrary: arbitrary as fc.Arbitrary<Told>,
  })
  return fc.oneof(
    of(6, fc.record({ kind: fc.constant('visit'), opportunity, collaborator: member, ...at })),
    of(3, fc.record({ kind: fc.constant('coupon'), opportunity, collaborator: member, ...at })),
    of(4, fc.record({ kind: fc.constant('sale'), opportunity, lines, ...at })),
    of(1, fc.record({ kind: fc.constant('lead'), opportunity, ...at })),
    // no renewal comes before its sale
    of(2, fc.record({ kind: fc.constant('renewal'), nth, lines, ...at, at: fc.integer({ min: 12, max: 20 }) })),
    of(1, fc.record({ kind: fc.constant('join'), opportunity: fc.constantFrom(2, 3), ...at })),
  )
})()

/** The same, told in another order: a touch is told before the same evaluations that it precedes, and what joins keeps its place. */
const toldOtherwise = (history: readonly Told[]): Told[] => {
  const sales = history.filter(({ kind }) => kind === 'sale')
  const isTouch = ({ kind }: Told) => kind === 'visit' || kind === 'coupon'
  const momentOf = (one: Told) => (one.kind === 'renewal' ? (sales[one.nth % sales.length]?.at ?? 0) : one.at)
  const staysWith = (one: Told, other: Told): boolean => {
    if (isTouch(one) === isTouch(other)) return !isTouch(one)
    const [touch, rest] = isTouch(one) ? [one, other] : [other, one]
    // a coupon of two visitors counts twice where they turn out to be one, and once where one visitor applies it twice
    return rest.kind === 'join' ? touch.kind === 'coupon' : touch.at <= momentOf(rest)
  }
  const left = [...history]
  const found: Told[] = []
  while (left.length > 0) {
    const free = left.filter((one, at) => !left.slice(0, at).some(before => staysWith(before, one)))
    const [next] = free.sort((one, other) => one.place - other.place) as [Told]
    found.push(next)
    left.splice(left.indexOf(next), 1)
  }
  return found
}

/** The deliveries of a history in the order in which it is told, after those that open the opportunities and give nobody a claim. */
const deliveriesOf = (history: readonly Told[], start: number, told: readonly Told[]): Delivery[] => {
  const sales = history.filter(({ kind }) => kind === 'sale')
  const opens = { slug: 'coupon-applied', coupon: 5 } as const
  const orderOf = (one: Told | undefined) => `order ${one === undefined ? 'none' : history.indexOf(one)}`
  const payloadOf = (one: Told): Payload => {
    switch (one.kind) {
      case 'visit':
        return { slug: 'site-visited', collaborator: one.collaborator, tracking: one.opportunity }
      case 'coupon':
        return { slug: 'coupon-applied', coupon: one.collaborator, tracking: one.opportunity }
      case 'sale':
        return { slug: 'sale', order: orderOf(one), currency: 'USD', ...basketOf(one), tracking: one.opportunity }
      case 'lead':
        return { slug: 'lead', tracking: one.opportunity }
      case 'join':
        return { ...opens, tracking: one.opportunity, user: 'ann' }
      case 'renewal': {
        const original = orderOf(sales[one.nth % sales.length])
        return { slug: 'renewal', order: orderOf(one), original, currency: 'USD', ...basketOf(one) }
      }
    }
  }
  return [
    ...[{ ...opens, user: 'ann' }, opens, opens].map(payload => ({ payload, at: start })),
    ...told.map(one => ({ payload: payloadOf(one), at: start + (one.at + 1) * HOUR })),
  ]
}

/** What is left of a history in which nothing says in which order it was told. */
const essenceOf = ({ engagements, touches, transactions, conversions, obligations }: State) => {
  const theirs = new Map(engagements.map(({ id, ...engagement }) => [id, engagement]))
  const orders = new Map(transactions.map(({ id, order }) => [id, order]))
  const owed = new Map(obligations.map(({ id, status, value, currency }) => [id, { status, value, currency }]))
  return {
    engagements: sorted([...theirs.values()]),
    touches: sorted(
      touches.map(({ engagement, type, points, at }) => ({ of: theirs.get(engagement), type, points, at })),
    ),
    conversions: sorted(
      conversions.map(({ engagement, transaction, obligation, score, type, status, created }) => {
        const of = { of: theirs.get(engagement), order: orders.get(transaction ?? 0), owed: owed.get(obligation) }
        return { ...of, score, type, status, created }
      }),
    ),
  }
}

/** Sends what is told, and answers what the gateway and the model have of it in the end. */
const endOf = async (rules: Rules, deliveries: readonly Delivery[]) => {
  const { numbered: fixed, organizationId } = await organizationOf(sql, rules)
  const [model, ids] = [new Model(rules), idsOf(fixed)]
  let actual = model.state
  for (const [at, delivery] of deliveries.entries()) {
    model.deliver(delivery)
    await ingestion.ingest(sentOf(delivery, ids), { role: 'administrator', organizationId }).catch((error: unknown) => {
      if (!(error instanceof SirenError)) throw error
    })
    // what is sent names nothing but the opportunities that were opened first
    if (at > 2 && at < deliveries.length - 1) continue
    const [stored] = (await sql.rows(everything, [organizationId])) as [Stored]
    actual = numbered(stored, ids)
  }
  return { actual: essenceOf(actual), model: essenceOf(model.state) }
}

describe('what is told in another order', () => {
  it('leads to the same engagements, conversions and money', async () => {
    await fc.assert(
      fc.asyncProperty(rules, fc.array(told, { minLength: 3, maxLength: 14, size: 'max' }), async (given, history) => {
        const one = await endOf(given, deliveriesOf(history, given.start, history))
        const other = await endOf(given, deliveriesOf(history, given.start, toldOtherwise(history)))
        expect(other.model).toEqual(one.model)
        expect(other.actual).toEqual(one.actual)
        expect(one.actual).toEqual(one.model)
      }),
      RUNS,
    )
  })
})

describe('what has been found once', () => {
  const rules: Rules = {
    programs: [
      {
        resolver: 'performanceWeightedPool',
        incentive: 'fixedPerTransaction',
        rate: 1000,
        types: ['renewal'],
        grouped: false,
        autoApprove: false,
        expirationDays: null,
        requalificationDays: null,
        points: { referredSiteVisit: 10 },
        members: [0, 1],
      },
    ],
    sorter: 'newestBindingWins',
    active: [true, true],
    distributor: { isEven: true, percent: 0, members: [] },
    start: EPOCH.getTime(),
  }
  const common = { pause: 1, late: 0, key: 'none' } as const
  const visit = (device: 0 | 1, user?: 'ann'): Step => {
    return { kind: 'visit', device, user, naming: 'payload', collaborator: 1, ...common }
  }
  const lines: Line[] = [{ type: 'product', value: 1000, quantity: 1 }]
  const bought = { currency: 'USD', lines, paid: 'all' } as const

  it('merges engagements that renewals were credited to, and that may go on', async () => {
    const steps: Step[] = [
      visit(0),
      { kind: 'sale', device: 0, user: undefined, naming: 'payload', order: 0, ...bought, ...common },
      { kind: 'renewal', order: 0, original: 0, ...bought, ...common },
      visit(1, 'ann'),
      visit(0, 'ann'),
      { kind: 'renewal', order: 1, original: 0, ...bought, ...common },
    ]
    await walk(rules, steps, ({ model, actual }) => {
      expect(recordsOf(actual)).toEqual(recordsOf(model.state))
      expect(inOrder(actual.notes)).toEqual(inOrder(model.state.notes))
      expectCaused(actual.notes)
    })
  })
})

const FOLLOWS: Readonly<Partial<Record<keyof State, Readonly<Record<string, readonly string[]>>>>> = {
  opportunities: { active: ['inactive', 'invalid'], inactive: [], invalid: [] },
  // of one event an engagement may take two steps
  engagements: { active: ['pending', 'complete', 'cancelled'], pending: ['complete', 'cancelled'] },
  transactions: { complete: ['refunded'] },
  conversions: { pending: ['approved', 'rejected'], approved: ['rejected'] },
  obligations: { draft: ['pending', 'rejected'], pending: ['complete', 'rejected'] },
  fulfillments: {
    pending: ['processing', 'complete', 'failed'],
    processing: ['complete', 'failed'],
    failed: ['processing'],
  },
  payouts: { unpaid: ['paid'] },
}

/** Whether each status may follow the one before, and nothing went but engagements that were merged. */
const expectLegal = (before: State | undefined, after: State): void => {
  for (const [name, follows] of Object.entries(FOLLOWS)) {
    const rows = (state: State) => state[name as 'obligations'] as readonly { id: number; status: string }[]
    for (const { id, status } of before === undefined ? [] : rows(before)) {
      const now = rows(after).find(row => row.id === id)?.status
      if (now === undefined) expect(`${name} ${status}`).toBe('engagements active')
      else if (now !== status) expect(follows[status] ?? [], `${name} ${id} was ${status}`).toContain(now)
    }
  }
}

/** What holds whatever the model says. */
const expectConsistent = ({ transactions, conversions, engagements, obligations, opportunities, notes }: State) => {
  const isUnique = (values: readonly unknown[]) => expect(new Set(values).size).toBe(values.length)
  isUnique(transactions.map(({ order }) => order))
  isUnique(conversions.map(({ obligation }) => obligation))
  isUnique(opportunities.flatMap(({ user, status }) => (status === 'active' && user !== null ? [user] : [])))
  isUnique(
    engagements.flatMap(({ opportunity, program, collaborator, status }) =>
      status === 'active' ? [`${opportunity} ${program} ${collaborator}`] : [],
    ),
  )
  for (const { id, engagement, collaborator, obligation, status, type, transaction } of conversions) {
    expect(engagements.find(one => one.id === engagement)?.collaborator).toBe(collaborator)
    const owed = obligations[obligation - 1]
    expect(owed).toMatchObject({ id: obligation, collaborator, type })
    expect(OWED[status]).toContain(owed?.status)
    expect(
      transactions[(transaction ?? 1) - 1]?.status === 'refunded' && transaction !== null && status !== 'rejected',
    ).toBe(false)
    const written = notes.filter(
      ({ key, links }) =>
        (key === 'conversion_awarded' || key === 'conversion_renewed') && links.includes(`conversion ${id}`),
    )
    expect(written).toHaveLength(1)
  }
  for (const { id, status, payout } of obligations) expect([id, status === 'complete']).toEqual([id, payout !== null])
}
const OWED = {
  pending: ['draft'],
  approved: ['pending', 'complete'],
  rejected: ['rejected', 'complete'],
} as const satisfies Record<State['conversions'][number]['status'], readonly string[]>

/** Whether the score and dates of every engagement are what its touches make of them. */
const expectLedger = ({ engagements, touches }: State): void => {
  const made = engagements.map(({ id, status, modified }) => {
    const own = touches.filter(({ engagement }) => engagement === id)
    const dates = own.map(({ at }) => at)
    const latest = Math.max(...dates)
    return {
      id,
      score: own.reduce((sum, { points }) => sum + points, 0),
      created: Math.min(...dates),
      // a change of status may be later than all of them
      modified: status === 'active' ? latest : Math.max(latest, modified),
    }
  })
  expect(engagements.map(({ id, score, created, modified }) => ({ id, score, created, modified }))).toEqual(made)
}

/** Whether every record that a note is about is there. */
const expectCaused = (notes: State['notes']): void => {
  for (const { key, links } of notes) {
    expect(links.length).toBeGreaterThan(0)
    for (const link of links) expect(`${key} ${link}`).not.toContain('lost')
  }
}
