import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { SirenError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { LONG_RUNS } from '../support/runs.ts'
import { day, testWorld, type World } from '../support/world.ts'
import { wholeOf, withoutAmount, withoutItems } from './model/lines.ts'
import type { Basket, Left, Line, Part, ProgramRules, State } from './model/records.ts'
import { poolOf, sharesOf } from './model/shares.ts'
import { expectSums, owedFor } from './properties/money.ts'
import { everything } from './properties/stored.ts'

// Parts of a refund and payouts at the same moment, in whatever order the database takes them. PostgreSQL alone: elsewhere
// nothing is at the same moment.

vi.setConfig({ testTimeout: LONG_RUNS.numRuns * 10_000 })

const { sql } = await testDatabase()

const resolver = fc.constantFrom('newestBindingWins', 'evenlySharedPool', 'performanceWeightedPool')
const lines = fc
  .array(
    fc.record({
      type: fc.constantFrom('product', 'product', 'shipping'),
      value: fc.integer({ min: 1, max: 20_000 }),
      quantity: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((found): Line[] => [
    { type: 'product', value: 5000, quantity: 2, item: 'first' },
    ...found.map((line, at) => ({ ...line, item: `${at}` })),
  ])
const totalOf = (lines: readonly Line[]) => lines.reduce((sum, { value, quantity }) => sum + value * quantity, 0)

/** Amounts that add up to what there is. */
const amountsOf = (total: number, shares: readonly number[]): Part[] => {
  const cuts = [...new Set(shares.map(share => Math.floor(total * share)))].sort((a, b) => a - b)
  const ends = [...cuts.filter(cut => cut > 0 && cut < total), total]
  return ends.map((end, at) => ({ amount: end - (ends[at - 1] ?? 0) }))
}
/** Each unit of each line by itself. */
const itemsOf = (lines: readonly Line[]): Part[] =>
  lines.flatMap(({ item = '', quantity }) =>
    Array.from({ length: quantity }, () => ({ items: [{ item, quantity: 1 }] })),
  )

interface Sold {
  readonly order: string
  readonly basket: Basket
}
const SCORES = [300, 200, 100] as const

/** A program whose three members have a share in these sales. */
const shopOf = async (of: ProgramRules['resolver'], sold: readonly Sold[]) => {
  const world = await testWorld(sql)
  const programId = await world.program({ incentiveResolverType: of, transactionPercent: 12.5, autoApprove: true })
  const members: number[] = []
  for (const _ of SCORES) members.push(await world.collaborator({ programs: [programId] }))
  for (const { order, basket } of sold) {
    for (const [at, score] of SCORES.entries())
      for (let points = 0; points < score; points += 100)
        await world.fire('site-visited', { collaboratorId: members[at], userId: `of ${order}` })
    await world.fire('sale', {
      ...{ source: 'shop', externalId: order, userId: `of ${order}`, total: basket.total / 100 },
      items: basket.lines.map(({ type, value, quantity, item }) => ({
        ...{ name: 'Item', externalId: item, type, amount: value / 100, quantity },
      })),
    })
  }
  return { world, members }
}

const at = day(2)
/** Sends one part of a refund; answers whether it was taken. */
const refund = async ({ fire }: World, order: string, refundId: number, { amount, items }: Part): Promise<boolean> => {
  const part = {
    ...(amount !== undefined && { amount: amount / 100 }),
    ...(items && { items: items.map(({ item, quantity }) => ({ externalId: item, quantity })) }),
  }
  try {
    await fire('refund', { source: 'shop', externalId: order, refundId: `${refundId}`, ...part }, { at })
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'VALIDATION_FAILED' })
    if (!(error instanceof SirenError)) throw error
    return false
  }
}
const fulfill = ({ fire }: World) => fire('fulfillment-generated', {}, { at })

const stateOf = async ({ organizationId }: World): Promise<State> => {
  const [stored] = await sql.rows(everything, [organizationId])
  return stored as unknown as State
}

/** Does all at once, beginning in the order of these numbers. */
const atOnce = <T>(work: readonly (() => Promise<T>)[], order: readonly number[]): Promise<T[]> => {
  const place = (at: number) => order[at % order.length] as number
  const begun = work.map((begin, at) => ({ begin, at })).sort((a, b) => place(a.at) - place(b.at))
  return Promise.all(begun.map(({ begin }) => begin()))
}
const order = fc.array(fc.nat(1000), { minLength: 7, maxLength: 7 })
const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 })

describe('parts of a refund at the same moment', () => {
  it.each(['amounts', 'items', 'amounts and items'] as const)(
    'come to the whole, and nothing is owed: %s',
    async kind => {
      const given = fc.record({ resolver, lines, shares, order, isPaid: fc.boolean(), fulfillments: fc.nat(2) })
      await fc.assert(
        fc.asyncProperty(given, async ({ resolver, lines, shares, order, isPaid, fulfillments }) => {
          const basket = { lines, total: totalOf(lines) }
          const { world } = await shopOf(resolver, [{ order: '1', basket }])
          if (isPaid) await fulfill(world)
          const amounts = kind === 'items' ? [] : amountsOf(basket.total, shares)
          const parts = [...amounts, ...(kind === 'amounts' ? [] : itemsOf(lines))]
          const send = parts.map((part, at) => () => refund(world, '1', at, part))
          const pay = Array.from({ length: fulfillments }, () => async () => {
            await fulfill(world)
            return true
          })
          const taken = await atOnce([...send, ...pay], order)
          // of more than the whole some is refused
          if (kind !== 'amounts and items') expect(taken).not.toContain(false)
          const state = await stateOf(world)
          expect(state.transactions).toMatchObject([{ refunded: basket.total, status: 'refunded' }])
          for (const { status } of state.conversions) expect(status).toBe('rejected')
          expect([...owedFor(state).values()].filter(owed => owed !== 0)).toEqual([])
          expectSums(state)
        }),
        LONG_RUNS,
      )
    },
  )
})

describe('payouts and refunds at the same moment', () => {
  it('leave each conversion with its share of what is left', async () => {
    const sale = fc.record({ lines, isOfItems: fc.boolean(), shares, kept: fc.nat(3) })
    const given = fc.record({ resolver, sales: fc.tuple(sale, sale), order, isPaid: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(given, async ({ resolver, sales, order, isPaid }) => {
        const sold = sales.map(({ lines }, at) => ({ order: `${at}`, basket: { lines, total: totalOf(lines) } }))
        const { world, members } = await shopOf(resolver, sold)
        if (isPaid) await fulfill(world)
        const parts = sales.map(({ lines, isOfItems, shares, kept }) => {
          const all = isOfItems ? itemsOf(lines) : amountsOf(totalOf(lines), shares)
          return all.slice(kept)
        })
        await atOnce<unknown>(
          [
            ...parts.flatMap((some, sale) => some.map((part, at) => () => refund(world, `${sale}`, at, part))),
            ...[0, 1, 2].map(() => () => fulfill(world)),
          ],
          order,
        )
        const check = async () => {
          const state = await stateOf(world)
          expectSums(state)
          const owed = owedFor(state)
          for (const [sale, { basket }] of sold.entries()) {
            const rest = (parts[sale] ?? []).reduce(less, wholeOf(basket))
            expect(state.transactions.find(({ order }) => order === `${sale}`)?.refunded).toBe(rest.total - rest.value)
            const claims = SCORES.map((score, at) => ({ collaborator: members[at] as number, score }))
            // who comes last is the newest
            const all = claims.map((claim, at) => ({ ...claim, program: 0, first: at, latest: at }))
            const expected = sharesOf(resolver, all, poolOf(RULES, 'sale', rest))
            for (const { id, collaborator, transaction } of state.conversions)
              if (transaction === state.transactions.find(({ order }) => order === `${sale}`)?.id)
                expect([collaborator, owed.get(id)]).toEqual([collaborator, expected.get(collaborator) ?? 0])
          }
          return state
        }
        await check()
        await fulfill(world)
        const { obligations, payouts } = await check()
        const total = (rows: readonly { value: number }[]) => rows.reduce((sum, { value }) => sum + value, 0)
        // who is owed more than nothing is paid all of it
        const pending = obligations.filter(({ status }) => status === 'pending')
        for (const member of members)
          expect(total(pending.filter(({ collaborator }) => collaborator === member))).toBeLessThanOrEqual(0)
        expect(total(payouts)).toBe(total(obligations.filter(({ status }) => status === 'complete')))
      }),
      LONG_RUNS,
    )
  })

  it('owe back once what several reject at the same moment', async () => {
    const given = fc.record({ resolver, lines, order, isPaid: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(given, async ({ resolver, lines, order, isPaid }) => {
        const { world } = await shopOf(resolver, [{ order: '1', basket: { lines, total: totalOf(lines) } }])
        if (isPaid) await fulfill(world)
        const conversions = await world.conversions()
        await atOnce<unknown>(
          [
            ...[...conversions, ...conversions].map(({ id: conversionId }) => () => {
              return world.fire('conversion-rejected', { conversionId, reason: 'fraud', clawback: true }, { at })
            }),
            () => refund(world, '1', 1, { amount: 5000 }),
            () => fulfill(world),
          ],
          order,
        )
        const state = await stateOf(world)
        for (const [id, owed] of owedFor(state)) expect([id, owed]).toEqual([id, 0])
        expectSums(state)
      }),
      LONG_RUNS,
    )
  })
})

const RULES: ProgramRules = {
  ...{ resolver: 'newestBindingWins', incentive: 'saleTransactionPercentage', rate: 125_000, types: ['sale'] },
  ...{ grouped: false, autoApprove: true, expirationDays: null, requalificationDays: null, points: {}, members: [] },
}
const less = (left: Left, { amount, items = [] }: Part): Left =>
  amount === undefined ? withoutItems(left, items) : withoutAmount(left, amount)
