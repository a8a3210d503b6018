import fc from 'fast-check'
import { expect, it } from 'vitest'
import { STRUCTURES } from '../../src/attribution/structures/structures.ts'
import { countedLines } from '../../src/counted-lines.ts'
import type { IncentiveResolverType } from '../../src/database/rows.ts'
import { testDatabase } from '../support/database.ts'
import { LONG_RUNS } from '../support/runs.ts'
import { day } from '../support/world.ts'
import { type Books, books, type Person } from './books.ts'

// Whatever is given back, in whatever parts, and whenever it was paid out between: everybody has, or is to get, what the rest
// is worth, by fractions that nobody rounds.

const { sql } = await testDatabase()

/** A number as it is: a numerator and a denominator. */
type Exact = readonly [bigint, bigint]

const exact = (number: number): Exact => [BigInt(number), 1n]
const plus = ([a, b]: Exact, [c, d]: Exact): Exact => [a * d + c * b, b * d]
const minus = (one: Exact, [c, d]: Exact): Exact => plus(one, [-c, d])
const times = ([a, b]: Exact, [c, d]: Exact): Exact => [a * c, b * d]
const sum = (all: readonly Exact[]): Exact => all.reduce(plus, exact(0))
const halfUp = ([a, b]: Exact): number => Number((2n * a + b) / (2n * b))

const PEOPLE: readonly Person[] = ['ann', 'bob', 'cid']
const TOTAL = 9000
/** Three lines that cannot be divided, a voucher, shipping, and something that no line says. */
const ITEMS = [
  { externalId: 'A', name: 'A', amount: 11.11, quantity: 3 },
  { externalId: 'B', name: 'B', amount: 3.3333, quantity: 7 },
  { externalId: 'C', name: 'C', amount: 20 },
  { externalId: 'S', name: 'Shipping', type: 'shipping', amount: 9.99 },
  { name: 'Voucher', type: 'discount', amount: -7.77 },
]
const LINE_TOTALS = [3333, 2333, 2000, 999, -777]

/** The sale, by hand: what is left of each line and of what no line says. */
const ledger = () => {
  const types = ITEMS.map(({ type = 'product' }) => type)
  const counted = countedLines(
    LINE_TOTALS.map((total, at) => ({ type: types[at] as string, total })),
    TOTAL,
  )
  const rest = TOTAL - counted.reduce((all, value) => all + value, 0)
  let left: Exact[] = [...counted, rest].map(exact)
  const units = ITEMS.map(({ quantity = 1 }) => quantity)
  const allLeft = () => sum(left)
  return {
    units,
    given: () => halfUp(minus(exact(TOTAL), allLeft())),
    isOver: () => allLeft()[0] === 0n,
    products: () => sum(left.filter((_, at) => types[at] === 'product')),
    unitsLeft: () => units.reduce((all, count, at) => all + (types[at] === 'product' ? count : 0), 0),
    returns: (at: number, quantity: number) => {
      const of = units[at] as number
      left = left.map((value, place) => (place === at ? times(value, [BigInt(of - quantity), BigInt(of)]) : value))
      units[at] = of - quantity
    },
    gives: (amount: number) => {
      const all = TOTAL - halfUp(minus(exact(TOTAL), allLeft()))
      left = left.map(value => times(value, [BigInt(all - amount), BigInt(all)]))
    },
  }
}

const structures = Object.keys(STRUCTURES) as IncentiveResolverType[]
const story = fc.record({
  structure: fc.constantFrom(...structures),
  incentive: fc.constantFrom(
    { incentiveType: 'saleTransactionPercentage', transactionPercent: 12.5 } as const,
    { incentiveType: 'fixedPerProduct', payoutPerProduct: 7 } as const,
    { incentiveType: 'fixedPerTransaction', payoutPerTransaction: 500 } as const,
  ),
  visits: fc.tuple(...PEOPLE.map(() => fc.integer({ min: 1, max: 4 }))),
  parts: fc.array(
    fc.record({
      line: fc.option(fc.nat(3)),
      /** How much of what there is, in hundredths. */
      share: fc.integer({ min: 1, max: 100 }),
      isPaidBefore: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
})

/** What each has of a pool, as the structure of the program divides it. */
const sharesOf = (structure: IncentiveResolverType, visits: readonly number[], pool: number): number[] => {
  let hours = 0
  const bindings = visits.map((count, id) => {
    const dateCreated = day(1, 60 * (hours + 1))
    hours += count
    const dates = { dateCreated, dateModified: day(1, 60 * hours) }
    return { id, collaboratorId: id, programId: 1, score: 100 * count, ...dates }
  })
  const shares = new Map(STRUCTURES[structure](bindings, pool).map(({ binding, value }) => [binding.id, value]))
  return bindings.map(({ id }) => shares.get(id) ?? 0)
}

const balances = async ({ balance }: Books) => [await balance('ann'), await balance('bob'), await balance('cid')]

it('leaves everybody what the rest is worth', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ structure, incentive, visits, parts }) => {
      const told = await books(sql, { incentiveResolverType: structure, ...incentive })
      await told.brought(...PEOPLE.map((person, at): [Person, number] => [person, visits[at] as number]))
      await told.buys('S1', { total: TOTAL / 100, items: ITEMS })
      const rest = ledger()
      const pool = () => {
        if (rest.isOver()) return 0
        if (incentive.incentiveType === 'fixedPerTransaction') return incentive.payoutPerTransaction
        if (incentive.incentiveType === 'fixedPerProduct') return incentive.payoutPerProduct * rest.unitsLeft()
        return halfUp(times(rest.products(), [125n, 1000n]))
      }
      const first = sharesOf(structure, visits, pool())
      expect(await balances(told)).toEqual(first)
      let isOver = false
      for (const { line, share, isPaidBefore } of parts) {
        if (isPaidBefore) await told.paysOut()
        const left = TOTAL - rest.given()
        if (left === 0) break
        const units = line === null ? 0 : (rest.units[line] as number)
        if (line === null || units === 0) {
          const amount = Math.ceil((left * share) / 100)
          rest.gives(amount)
          await told.giveBack('S1', (amount / 100).toFixed(2))
        } else {
          const quantity = Math.ceil((units * share) / 100)
          rest.returns(line, quantity)
          await told.giveBack('S1', { [ITEMS[line]?.externalId as string]: quantity })
        }
        // less than half a unit is left, which nobody can see
        if (rest.given() === TOTAL && !rest.isOver()) break
        const shares = sharesOf(structure, visits, pool()).map((value, at) => (first[at] === 0 ? 0 : value))
        // once nobody is paid, the evaluation is over
        isOver ||= shares.every(value => value === 0)
        expect(await balances(told)).toEqual(isOver ? [0, 0, 0] : shares)
        expect(await told.transactionOf('S1')).toMatchObject({
          refundedValue: rest.given(),
          status: rest.isOver() ? 'refunded' : 'complete',
        })
      }
      await told.refund('S1')
      expect(await balances(told)).toEqual([0, 0, 0])
      expect(await told.transactionOf('S1')).toMatchObject({ refundedValue: TOTAL, status: 'refunded' })
    }),
    LONG_RUNS,
  )
})
