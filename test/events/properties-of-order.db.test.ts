import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { SirenError } from '../../src/errors.ts'
import { pipeline } from '../../src/pipeline.ts'
import { testDatabase } from '../support/database.ts'
import { RUNS } from '../support/runs.ts'
import { Model } from './model/model.ts'
import type { Delivery, Line, Payload, Rules, State } from './model/records.ts'
import { basketOf, HOUR, line, member, nth, rules } from './properties/histories.ts'
import { everything, idsOf, numbered, type Stored, sorted } from './properties/stored.ts'
import { organizationOf, sentOf } from './properties/walk.ts'

// Those who tell the gateway of what happens tell it late, and in any order: what becomes of it is the same.

vi.setConfig({ testTimeout: RUNS.numRuns * 6000 })

const { sql } = await testDatabase()
const ingestion = pipeline(sql)

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
