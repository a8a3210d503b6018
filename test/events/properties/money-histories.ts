import fc from 'fast-check'
import type { Line, ProgramRules, Rules } from '../model/records.ts'
import {
  again,
  approve,
  distribute,
  fulfill,
  manual,
  part,
  pay,
  refund,
  reject,
  renewal,
  rules,
  type Step,
  type StepOf,
  sale,
  setting,
  unpay,
  visit,
  weighted,
} from './histories.ts'

// Histories in which there is money: visits, sales, and what becomes of what is owed for them.

/** Programs that pay something for a sale, and most of them without review. */
const paying: fc.Arbitrary<Rules> = fc
  .tuple(rules, fc.array(fc.tuple(fc.nat(7), fc.nat(9), fc.boolean()), { minLength: 4, maxLength: 4 }))
  .map(([rules, chances]) => ({
    ...rules,
    distributor: { ...rules.distributor, percent: rules.distributor.percent || 50_000, members: [0, 1, 3] },
    programs: rules.programs.slice(0, 2).map((program, at): ProgramRules => {
      const [weighting, rest, isGrouped] = chances[at] as [number, number, boolean]
      return {
        ...program,
        resolver: weighting < 3 ? 'performanceWeightedPool' : weighting < 5 ? 'evenlySharedPool' : program.resolver,
        incentive: program.incentive === 'fixedPerLead' ? 'saleTransactionPercentage' : program.incentive,
        rate: Math.max(program.rate, 50_000),
        types: ['sale', 'lead', 'renewal'],
        grouped: isGrouped && rest < 3,
        autoApprove: rest > 0,
        points: { referredSiteVisit: 100, manual: 100 },
        members: [0, 1, 2],
      }
    }),
  }))

/** Small amounts now and then, of which some get nothing. */
const linesOf = (value: fc.Arbitrary<number>) =>
  fc.tuple(
    fc.array(fc.record({ value, quantity: fc.integer({ min: 1, max: 3 }), other: fc.nat(5) }), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.option(value, { freq: 2 }),
    fc.nat(9),
  )
const lines = fc
  .oneof(linesOf(fc.integer({ min: 1, max: 40 })), linesOf(fc.integer({ min: 100, max: 20_000 })))
  .map(([found, discount, naming]): Line[] => [
    ...found.map(({ value, quantity, other }, at) => ({
      ...{ type: at > 0 && other === 0 ? 'shipping' : 'product', value, quantity },
      // now and then two have one number, or there is none
      item: naming === 0 ? 'A' : naming === 1 ? undefined : 'ABC'[at],
    })),
    ...(discount === null ? [] : [{ type: 'discount', value: -discount, quantity: 1, item: 'D' }]),
  ])

const member = fc.constantFrom(1, 1, 1, 2, 2, 3)
const bought = (order: number) =>
  fc
    .tuple(fc.array(fc.tuple(visit, member), { minLength: 1, maxLength: 5 }), sale, lines, fc.nat(5))
    .map(([visits, sale, lines, other]): Step[] => {
      const whose = { device: 0, user: undefined, naming: 'payload', late: 0, key: 'none' } as const
      return [
        ...visits.map(([visit, collaborator]): StepOf<'visit'> => ({ ...visit, ...whose, collaborator })),
        {
          ...{ ...sale, ...whose, order, lines },
          paid: other === 0 ? sale.paid : 'all',
          currency: other === 1 ? sale.currency : 'USD',
        },
      ]
    })

/** What happens to the first sales, and on time, as a rule. */
const money = fc
  .tuple(
    weighted(
      [7, part],
      [1, refund],
      [5, fulfill],
      [2, reject],
      [1, approve],
      [2, manual],
      [2, pay],
      [1, unpay],
      [2, distribute],
      [1, setting],
      [1, again],
      [1, renewal],
    ),
    fc.nat(9),
    fc.nat(2),
  )
  .map(([step, other, place]): Step[] => {
    const timely = { ...step, ...(other > 0 && { late: 0, key: 'none' as const }) }
    switch (timely.kind) {
      case 'pay':
      case 'unpay':
        return [{ ...timely, nth: place % 2 }]
      case 'distribute':
        return other < 3 ? [timely] : [timely, { ...timely, pause: 1 }]
      case 'part':
        return [{ ...timely, nth: other > 0 ? place % 2 : place }]
      case 'manual': {
        const type = other < 3 ? timely.type : 'sale'
        return [{ ...timely, nth: place % 2, type, collaborator: other === 1 ? timely.collaborator : place + 1 }]
      }
      case 'refund':
        return [{ ...timely, order: place % 2, of: other === 2 ? 'renewal' : 'order' }]
      case 'renewal':
        return [{ ...timely, original: place % 2, order: place % 2 }]
      case 'fulfill':
        return [{ ...timely, some: other < 2 ? timely.some : undefined }]
      default:
        return [timely]
    }
  })
/** Somebody is gone for a while, in which others are paid. */
const leaving = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('rejected', 'deleted'), fulfill)
  .map(([collaborator, status, paid]): Step[] => {
    const activity = { kind: 'activity', collaborator, pause: 0, late: 0, key: 'none' } as const
    return [
      { ...activity, status },
      { ...paid, late: 0, key: 'none' },
      { ...activity, status: 'active' },
    ]
  })
/** What was paid is owed back in parts. */
const owing = fc
  .tuple(fulfill, fc.array(part, { minLength: 1, maxLength: 3 }), fc.nat(1))
  .map(([paid, parts, nth]): Step[] => {
    const timely = { late: 0, key: 'none' } as const
    return [{ ...paid, ...timely, some: undefined }, ...parts.map(part => ({ ...part, ...timely, nth }))]
  })

/** Some of a small pool, of which less may be more for one of them: it is paid out, and refunded in small parts. */
const weighing = fc
  .tuple(
    fc.array(visit, { minLength: 7, maxLength: 7 }),
    fc.constantFrom([1, 1, 1, 2, 2, 2, 3], [1, 2, 2, 3, 3, 3, 3], [1, 1, 1, 1, 2, 2, 3]),
    sale,
    fc.constantFrom(4, 5, 11, 12),
    fulfill,
    fc.array(fc.tuple(part, fc.integer({ min: 5, max: 12 })), { minLength: 2, maxLength: 4 }),
  )
  .map(([visits, members, sale, pool, paid, parts]): Step[] => {
    const timely = { late: 0, key: 'none' } as const
    const whose = { ...timely, device: 0, user: undefined, naming: 'payload' } as const
    const lines = [{ type: 'product', value: pool * 10, quantity: 1, item: 'A' }]
    return [
      ...visits.map((visit, at): Step => ({ ...visit, ...whose, collaborator: members[at] as number })),
      { ...sale, ...whose, order: 0, lines, paid: 'all', currency: 'USD' },
      { ...paid, ...timely, some: undefined },
      ...parts.map(([part, what]): Step => ({ ...part, ...timely, nth: 0, what })),
    ]
  })
/** Two sales, another now and then, and what happens to their money. */
const trading = fc.tuple(
  paying,
  fc.tuple(bought(0), bought(1)).map(both => both.flat()),
  fc.array(
    fc.oneof({ weight: 12, arbitrary: money }, { weight: 3, arbitrary: fc.oneof(bought(2), bought(3)) }, leaving, {
      weight: 2,
      arbitrary: owing,
    }),
    { minLength: 3, maxLength: 10, size: 'max' },
  ),
)
const sharing = fc.tuple(
  paying.map(({ programs: [program, ...programs], ...rules }): Rules => {
    const tenth = {
      resolver: 'performanceWeightedPool',
      incentive: 'saleTransactionPercentage',
      rate: 100_000,
    } as const
    const first = { ...(program as ProgramRules), ...tenth, autoApprove: true, expirationDays: null }
    return { ...rules, programs: [first, ...programs] }
  }),
  weighing,
  fc.array(money, { maxLength: 5 }),
)
export const sold = fc
  .oneof({ weight: 4, arbitrary: trading }, { weight: 1, arbitrary: sharing })
  .map(([rules, first, rest]) => ({ rules, steps: [...first, ...rest.flat()].slice(0, 24) }))
