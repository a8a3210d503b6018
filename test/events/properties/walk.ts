import { expect } from 'vitest'
import { type Sql, statement } from '../../../src/database/sql.ts'
import { SirenError } from '../../../src/errors.ts'
import type { Delivery as Sent } from '../../../src/events/ingest.ts'
import { pipeline } from '../../../src/pipeline.ts'
import { testWorld } from '../../support/world.ts'
import { Model } from '../model/model.ts'
import type { Basket, Delivery, Outcome, Part, Payload, ProgramRules, Rules, State } from '../model/records.ts'
import { basketOf, HOUR, NOBODIES, type Step, type StepOf } from './histories.ts'
import { everything, type Ids, idsOf, type Kind, numbered, type Stored } from './stored.ts'

// Sends what the steps of a history say to the gateway, and to the model.

/** No such record, in the model's numbers and in the database's. */
const NOBODY = 1_000_000
const NOBODY_STORED = 2_000_000_000

/** What is not sent, but changed by a manager. */
type Change = StepOf<'activity' | 'reform' | 'setting'>

/** What a step sends, in the model's terms. */
const deliveryOf = (
  given: Exclude<Step, { kind: 'again' | Change['kind'] }>,
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
        return {
          ...{ slug: 'refund', order: `${given.of} ${given.order}` },
          ...(given.refundId !== undefined && { refundId: `whole ${given.refundId}` }),
        }
      case 'part': {
        const { order, left } = state.transactions[given.nth % (state.transactions.length + 1)] ?? { order: 'none' }
        return { slug: 'refund', order, refundId: `part ${given.refundId}`, ...partOf(given.what, left?.value ?? 100) }
      }
      case 'manual': {
        const transaction = some(state.transactions, given.nth)
        return { slug: 'manual-attribution', collaborator: given.collaborator, transaction, type: given.type }
      }
      case 'approve':
        return { slug: 'conversion-approved', conversion: some(state.conversions, given.nth) }
      case 'reject':
        return {
          ...{ slug: 'conversion-rejected', conversion: some(state.conversions, given.nth) },
          ...(given.clawback && { clawback: true }),
        }
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
      case 'unpay': {
        const payout = some(state.payouts, given.nth)
        return { slug: given.kind === 'pay' ? 'payout-paid' : 'payout-unpaid', payout }
      }
      case 'distribute':
        return { slug: 'distribution-completed' }
    }
  })()
  const named = naming === 'header' && device !== undefined ? { named: device } : {}
  return { payload, at, ...named }
}
/** What is refunded of so much that is left. */
const partOf = (what: StepOf<'part'>['what'], left: number): Part => {
  if (Array.isArray(what)) return { items: what }
  if (typeof what === 'number') return { amount: what }
  const amounts: Record<string, number> = {
    ...{ all: left, 'all but one': left - 1, half: Math.ceil(left / 2), third: Math.ceil(left / 3), more: left + 1 },
  }
  return { amount: what === 'nothing' ? 0.4 : Math.max(1, amounts[what as string] ?? 1) }
}
/** Sales are renewed, and now and then renewals. */
const renewed = (nth: number) => (nth < 4 ? `order ${nth}` : 'renewal 0')

export const sentOf = ({ payload, key, named, at }: Delivery, ids: Ids): Sent => {
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
    items: lines.map(({ type, value, quantity, item }) => ({
      ...{ name: 'Item', type, amount: value / 100, quantity },
      ...(item !== undefined && { externalId: item }),
    })),
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
        return {
          ...{ source: 'shop', externalId: payload.order, refundId: payload.refundId },
          ...(payload.amount !== undefined && { amount: payload.amount / 100 }),
          ...(payload.items && { items: payload.items.map(({ item, quantity }) => ({ externalId: item, quantity })) }),
        }
      case 'manual-attribution':
        return {
          collaboratorId: id('collaborator', payload.collaborator),
          transactionId: id('transaction', payload.transaction),
          conversionType: payload.type,
        }
      case 'conversion-approved':
        return { conversionId: id('conversion', payload.conversion) }
      case 'conversion-rejected':
        return {
          ...{ conversionId: id('conversion', payload.conversion), reason: 'not ours' },
          ...(payload.clawback && { clawback: true }),
        }
      case 'opportunity-invalidated':
        return { opportunityId: id('opportunity', payload.opportunity) }
      case 'fulfillment-generated':
        return payload.obligations ? { obligationIds: payload.obligations.map(one => id('obligation', one)) } : {}
      case 'fulfillment-status-changed':
        return { fulfillmentId: id('fulfillment', payload.fulfillment), status: payload.status }
      case 'payout-paid':
      case 'payout-unpaid':
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
export const organizationOf = async (sql: Sql, { programs, sorter, standings, distributor, start }: Rules) => {
  const world = await testWorld(sql)
  const group = await world.group(sorter)
  await world.shop()
  const collaborators: number[] = []
  for (const [at, standing] of standings.entries())
    collaborators.push(
      await world.collaborator({
        coupon: `SAVE${at + 1}`,
        status: standing === 'active' ? 'active' : 'pending',
      } as const),
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
  const change = async (step: Change, model: Model) => {
    if (step.kind === 'activity') {
      const { collaborator, status } = step
      model.standings[collaborator - 1] = status === 'active' || status === 'inactive' ? status : 'gone'
      await sql.rows(setStatus, [collaborators[collaborator - 1] as number, status])
    } else if (step.kind === 'setting') {
      model.clawback = step.clawback
      await sql.rows(setClawback, [world.organizationId, step.clawback])
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
const setStatus = statement(`update collaborator set status = $2::collaborator_status where id = $1`)
const setClawback = statement(`update organization set clawback = $2 where id = $1`)
const setRules = statement(`
  update program set
    incentive_type = $2::incentive_type, incentive_resolver_type = $3::incentive_resolver_type, transaction_percent = $4,
    payout_per_transaction = $5, payout_per_product = $6, payout_per_lead = $7,
    active_conversion_types = $8::text[]::conversion_type[], group_id = $9, auto_approve = $10, expiration_days = $11,
    lead_requalification_days = $12
  where id = $1`)

/** What there is after an event: as the model says, and as it is. */
export interface Moment {
  readonly model: Model
  readonly actual: State
  readonly stored: Stored
}

/** Sends what steps say, and shows what has become of it after each. */
export const walker = (sql: Sql) => {
  const ingestion = pipeline(sql)
  return async (rules: Rules, steps: readonly Step[], look: (now: Moment) => void): Promise<void> => {
    const { numbered: fixed, organizationId, change } = await organizationOf(sql, rules)
    const model = new Model(rules)
    const ids = idsOf(fixed)
    const devices: number[] = []
    const sent: { delivery: Delivery; device: number | undefined }[] = []
    let clock = rules.start + 72 * HOUR
    for (const [at, given] of steps.entries()) {
      if (given.kind === 'activity' || given.kind === 'reform' || given.kind === 'setting') {
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
}

const inNumbers = (
  received: { opportunityId: number | null } | { refused: string },
  { opportunity }: Ids,
): Outcome | { refused: string } => {
  if ('refused' in received) return received
  const [number] = [...opportunity].find(([, id]) => id === received.opportunityId) ?? [null]
  return { opportunity: number }
}
