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

const rules: fc.Arbitrary<Rules> = fc.record({
  programs: fc.array(program, { minLength: 1, maxLength: 4 }),
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
}
/** Three devices, two customers: who is logged in, and whether the device's opportunity is named, and where. */
const customer = {
  device: fc.constantFrom(0, 0, 0, 1, 2),
  user: fc.option(fc.constantFrom('ann', 'bob'), { nil: undefined, freq: 2 }),
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
)
const claims = weighted([10, visit], [3, coupon], [2, sale], [1, manual], [1, lead], [1, renewal], [2, again])
const conversions = weighted([6, visit], [4, sale], [2, lead], [2, renewal], [1, manual], [1, coupon], [1, distribute])

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
/** A subscription goes on. */
const subscribing = fc
  .tuple(shopping, renewal)
  .map(([bought, renewal]): Step[] => [
    ...bought,
    { ...renewal, original: (bought.at(-1) as Given<typeof sale>).order },
  ])
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

/** What a step sends, in the model's terms. */
const deliveryOf = (given: Exclude<Step, { kind: 'again' }>, at: number, { state }: Model, devices: number[]) => {
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
        return { slug: 'sale', order: order(given.order), currency: given.currency, lines: given.lines, ...whose }
      case 'lead':
        return { slug: 'lead', ...(given.form !== undefined && { form: `form ${given.form}` }), ...whose }
      case 'renewal': {
        const { currency, lines } = given
        return { slug: 'renewal', order: `renewal ${given.order}`, original: renewed(given.original), currency, lines }
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
  const sold = ({ order, currency, lines }: { order: string; currency: string; lines: readonly Line[] }) => ({
    source: 'shop',
    externalId: order,
    currency,
    total: totalOf(lines) / 100,
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
    const { resolver, incentive, rate, types, grouped, autoApprove, expirationDays, requalificationDays } = given
    const isPercentage = incentive === 'saleTransactionPercentage'
    const programId = await world.program({
      incentiveType: incentive,
      incentiveResolverType: resolver,
      transactionPercent: isPercentage ? rate / 10_000 : null,
      payoutPerTransaction: rate,
      payoutPerProduct: rate,
      payoutPerLead: rate,
      activeConversionTypes: [...types],
      groupId: grouped ? group : null,
      autoApprove,
      expirationDays,
      leadRequalificationDays: requalificationDays,
      triggers: { ...given.points },
    })
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
  return { ...world, numbered: { collaborator: collaborators, program: programIds, distributor: [distributorId] } }
}

/** All that an organization has, as the database has it. */
type Stored = Record<keyof State, readonly ({ readonly id: number } & Record<string, unknown>)[]>

const list = (table: string, columns: string) =>
  `coalesce((select json_agg(x order by id) from (select ${columns} from ${table} t where t.organization_id = $1) x), '[]'::json)`
const moment = (column: string, name: string) => `(extract(epoch from ${column}) * 1000)::bigint as ${name}`
const CREATED = moment('date_created', 'created')
const everything = statement<Stored>(`select
  ${list('opportunity', 'id, user_id as user, status, merged_into_id as "mergedInto"')} as opportunities,
  ${list('engagement', `id, opportunity_id as opportunity, program_id as program, collaborator_id as collaborator, score, status, ${CREATED}, ${moment('date_modified', 'modified')}`)} as engagements,
  ${list('transaction', `id, opportunity_id as opportunity, original_transaction_id as original, external_id as order, total_value as total, currency, status, ${CREATED}`)} as transactions,
  ${list('conversion', `id, engagement_id as engagement, collaborator_id as collaborator, score, transaction_id as transaction, obligation_id as obligation, type, status, ${CREATED}`)} as conversions,
  ${list('obligation', 'id, collaborator_id as collaborator, status, award_type as type, value, currency, payout_id as payout')} as obligations,
  ${list('fulfillment', 'id, status')} as fulfillments,
  ${list('payout', 'id, fulfillment_id as fulfillment, collaborator_id as collaborator, value, currency, status')} as payouts,
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

interface Numbered {
  /** What the database has, in the model's numbers: a record's place in the order in which records came about. */
  state: State
  ids: Ids
}

/** Numbers what is stored as the model does, which knows which engagements were merged away. */
const numbered = (stored: Stored, fixed: Partial<Record<Kind, readonly number[]>>, model: Model): Numbered => {
  const ids = Object.fromEntries(
    KINDS.map(kind => {
      const known = fixed[kind] ?? (stored[`${plural(kind)}` as keyof State] ?? []).map(({ id }) => id)
      const numbers =
        kind === 'engagement' ? byId(model.state.engagements).map(({ id }) => id) : known.map((_, at) => at + 1)
      return [kind, new Map(known.map((id, at) => [numbers[at] ?? NOBODY + at, id]))]
    }),
  ) as Ids
  const numberOf = Object.fromEntries(
    KINDS.map(kind => [kind, new Map([...ids[kind]].map(([number, id]) => [id, number]))]),
  ) as Ids
  const translated = (kind: Kind, row: Record<string, unknown>) =>
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
      stored[plural(kind) as keyof State].map(row => translated(kind, row)),
    ]),
  ) as unknown as State
  state.notes = (stored.notes as unknown as { key: string; links: string[] }[]).map(({ key, links }) => ({
    key,
    links: links.map(link),
  }))
  return { state, ids }
}
const plural = (kind: Kind) => (kind === 'opportunity' ? 'opportunities' : `${kind}s`)
const byId = <Row extends { id: number }>(rows: readonly Row[]) => [...rows].sort((a, b) => a.id - b.id)

const inOrder = (notes: State['notes']) =>
  notes.map(({ key, links }) => `${key}: ${[...links].sort().join(', ')}`).sort()
/** A state without what is compared by itself. */
const recordsOf = ({ notes: _, ...state }: State) => ({ ...state, engagements: byId(state.engagements) })

interface Moment {
  readonly model: Model
  readonly actual: State
  readonly stored: Stored
}

/** Sends what the steps say, and shows what has become of it after each. */
const walk = async (rules: Rules, steps: readonly Step[], look: (now: Moment) => void) => {
  const { numbered: fixed, organizationId } = await organizationOf(sql, rules)
  const model = new Model(rules)
  const devices: number[] = []
  const sent: { delivery: Delivery; device: number | undefined }[] = []
  let { ids } = numbered(NOTHING, fixed, model)
  let clock = rules.start + 72 * HOUR
  for (const [at, given] of steps.entries()) {
    if (given.kind === 'again') {
      const before = sent[given.nth % Math.max(1, sent.length)]
      if (before === undefined) continue
      sent.push(before)
    } else {
      clock += given.pause * HOUR
      const moment = clock - given.late * HOUR
      const key = { none: {}, own: { key: `${at}` }, shared: { key: 'shared' } }[given.key]
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
    const after = numbered(stored, fixed, model)
    ids = after.ids
    expect(inNumbers(received, ids)).toEqual(outcome)
    if (device !== undefined && 'opportunity' in outcome && outcome.opportunity !== null)
      devices[device] = outcome.opportunity
    look({ model, actual: after.state, stored })
  }
}
const NOTHING: Stored = new Model({} as Rules).state as never

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
      fc.asyncProperty(histories(claims, [login], 12), async ([rules, steps]) => {
        let last: Moment | undefined
        await walk(rules, steps, now => {
          last = now
        })
        if (last === undefined) return
        const { model, actual } = last
        const sums = (given: readonly { opportunity: number; program: number; collaborator: number; of: number }[]) => {
          const found = new Map<string, number>()
          for (const { opportunity, program, collaborator, of } of given) {
            const key = `${model.survivor(opportunity)} ${program} ${collaborator}`
            found.set(key, (found.get(key) ?? 0) + of)
          }
          return Object.fromEntries([...found].sort())
        }
        expect(sums(actual.engagements.map(({ score, ...of }) => ({ ...of, of: score })))).toEqual(
          sums(model.points.map(({ points, ...of }) => ({ ...of, of: points }))),
        )
        expect(byId(actual.engagements)).toEqual(byId(model.state.engagements))
      }),
      RUNS,
    )
  })

  it('pays each pool as its program divides it, to the last cent', async () => {
    await fc.assert(
      fc.asyncProperty(histories(conversions, [shopping, subscribing], 12), async ([rules, steps]) => {
        let last: Moment | undefined
        await walk(rules, steps, now => {
          last = now
        })
        if (last === undefined) return
        const { model, actual } = last
        const awards = new Map<string, typeof actual.conversions>()
        for (const conversion of actual.conversions) {
          const engagement = actual.engagements.find(({ id }) => id === conversion.engagement)
          const { type, transaction, created } = conversion
          const key = `${engagement?.opportunity} ${engagement?.program} ${type} ${transaction} ${created}`
          awards.set(key, [...(awards.get(key) ?? []), conversion])
        }
        for (const [key, made] of awards) {
          const [, programId, type, transactionId] = key.split(' ') as [string, string, 'sale', string]
          const program = rules.programs[Number(programId) - 1] as ProgramRules
          const pool = poolOf(program, type, model.linesOf(Number(transactionId)))
          const paid = made.map(({ obligation }) => actual.obligations[obligation - 1]?.value as number)
          const total = made.reduce((sum, { score }) => sum + score, 0)
          switch (program.resolver) {
            case 'evenlySharedPool':
              expect(paid).toEqual(made.map(() => Math.floor(pool / made.length)))
              break
            case 'performanceWeightedPool':
              expect(paid.reduce((sum, value) => sum + value, 0)).toBe(pool)
              for (const [at, { score }] of made.entries())
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
      fc.asyncProperty(
        histories(anything, [shopping, settling, login, subscribing, leading], 16),
        async ([rules, steps]) => {
          let before: State | undefined
          await walk(rules, steps, ({ model, actual }) => {
            expect(recordsOf(actual)).toEqual(recordsOf(model.state))
            expectLegal(before, actual)
            expectConsistent(actual)
            before = actual
          })
        },
      ),
      RUNS,
    )
  })

  it('writes each note with its cause, and for each effect its note', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories(anything, [shopping, settling, login, subscribing, leading], 16),
        async ([rules, steps]) => {
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
        },
      ),
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
  const bought = { currency: 'USD', lines } as const

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

/** Whether every record that a note is about is there. */
const expectCaused = (notes: State['notes']): void => {
  for (const { key, links } of notes) {
    expect(links.length).toBeGreaterThan(0)
    for (const link of links) expect(`${key} ${link}`).not.toContain('lost')
  }
}
