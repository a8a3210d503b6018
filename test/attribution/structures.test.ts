import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newestBinding } from '../../src/attribution/structures/newest-binding-wins.ts'
import { oldestBinding } from '../../src/attribution/structures/oldest-binding-wins.ts'
import type { Binding } from '../../src/attribution/structures/structure.ts'
import { STRUCTURES } from '../../src/attribution/structures/structures.ts'

const RUNS = { numRuns: process.env.SOAK === 'true' ? 1000 : 100 }

interface Given {
  score?: number
  created?: number
  modified?: number
}

const binding = (id: number, { score = 100, created = 0, modified = created }: Given = {}): Binding => ({
  id,
  collaboratorId: id * 10,
  programId: 1,
  score,
  dateCreated: new Date(created),
  dateModified: new Date(modified),
})

type Id = keyof typeof STRUCTURES
const valuesOf = (structure: Id, bindings: readonly Binding[], pool = 10_000) =>
  Object.fromEntries(STRUCTURES[structure](bindings, pool).map(({ binding, value }) => [binding.id, value]))

describe('the newest binding', () => {
  it('is the one that was triggered last, whenever it came about', () => {
    const bindings = [binding(1, { created: 1, modified: 9 }), binding(2, { created: 5, modified: 6 })]
    expect(valuesOf('newestBindingWins', bindings)).toEqual({ 1: 10_000 })
  })

  it('is that of the higher collaborator of those triggered at once', () => {
    const bindings = [1, 3, 2].map(id => binding(id, { created: id, modified: 9 }))
    expect(valuesOf('newestBindingWins', bindings)).toEqual({ 3: 10_000 })
  })
})

describe('the oldest binding', () => {
  it('is the one that came about first, whenever it was triggered again', () => {
    const bindings = [binding(2, { created: 5, modified: 6 }), binding(1, { created: 1, modified: 9 })]
    expect(valuesOf('oldestBindingWins', bindings)).toEqual({ 1: 10_000 })
  })

  it('is that of the lower collaborator of those that came about at once', () => {
    const bindings = [3, 1, 2].map(id => binding(id, { created: 4, modified: 9 - id }))
    expect(valuesOf('oldestBindingWins', bindings)).toEqual({ 1: 10_000 })
  })
})

describe('the top score', () => {
  it('takes the whole pool', () => {
    const bindings = [binding(1, { score: 100 }), binding(2, { score: 300, created: 9 }), binding(3, { score: 200 })]
    expect(valuesOf('topScoreWins', bindings)).toEqual({ 2: 10_000 })
  })

  it('is that of the oldest of those with as many points, then of the lower collaborator', () => {
    expect(valuesOf('topScoreWins', [binding(1, { created: 2 }), binding(2, { created: 1 })])).toEqual({ 2: 10_000 })
    expect(valuesOf('topScoreWins', [binding(2), binding(1, { modified: 7 })])).toEqual({ 1: 10_000 })
  })
})

describe('an evenly shared pool', () => {
  it('leaves unpaid what cannot be divided', () => {
    const bindings = [binding(1, { score: 500 }), binding(2, { score: 1 }), binding(3)]
    expect(valuesOf('evenlySharedPool', bindings)).toEqual({ 1: 3333, 2: 3333, 3: 3333 })
  })

  it('is shared by those who have a score', () => {
    expect(valuesOf('evenlySharedPool', [binding(1), binding(2, { score: 0 }), binding(3)])).toEqual({
      1: 5000,
      3: 5000,
    })
  })
})

describe('a performance-weighted pool', () => {
  const scored = (...scores: number[]) => scores.map((score, i) => binding(i + 1, { score }))

  it('is shared in proportion to the scores', () => {
    expect(valuesOf('performanceWeightedPool', scored(500, 300, 200))).toEqual({ 1: 5000, 2: 3000, 3: 2000 })
  })

  it('gives what rounding leaves to the largest remainders', () => {
    // 100 × 1/6, 2/6 and 3/6 are 16 4/6, 33 2/6 and 50
    expect(valuesOf('performanceWeightedPool', scored(1, 2, 3), 100)).toEqual({ 1: 17, 2: 33, 3: 50 })
  })

  it('gives it to the lower collaborators of equal remainders', () => {
    expect(valuesOf('performanceWeightedPool', scored(7, 7, 7).toReversed(), 10_000)).toEqual({
      1: 3334,
      2: 3333,
      3: 3333,
    })
    expect(valuesOf('performanceWeightedPool', scored(1, 1, 1), 2)).toEqual({ 1: 1, 2: 1, 3: 0 })
  })

  it('gives nothing for no score', () => {
    expect(valuesOf('performanceWeightedPool', scored(0, 5, 0))).toEqual({ 2: 10_000 })
  })

  it('is exact where the product of a pool and a score is beyond the safe integers', () => {
    const most = Number.MAX_SAFE_INTEGER
    expect(valuesOf('performanceWeightedPool', scored(most, most, most), most)).toEqual({
      1: 3002399751580331,
      2: 3002399751580330,
      3: 3002399751580330,
    })
    expect(valuesOf('performanceWeightedPool', scored(most, 1), most)).toEqual({ 1: most - 1, 2: 1 })
  })
})

describe('of several bindings of one collaborator', () => {
  it('each stands for itself', () => {
    const bindings = [1, 2].map(id => ({ ...binding(id), collaboratorId: 7 }))
    expect(valuesOf('evenlySharedPool', bindings)).toEqual({ 1: 5000, 2: 5000 })
    expect(valuesOf('performanceWeightedPool', bindings)).toEqual({ 1: 5000, 2: 5000 })
  })
})

describe('whatever the bindings and the pool', () => {
  const moment = fc.integer({ min: 0, max: 3 }).map(ms => new Date(ms))
  const score = fc.oneof(fc.nat({ max: 3 }), fc.maxSafeNat())
  const bindings = fc.uniqueArray(
    fc.record({
      id: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
      collaboratorId: fc.integer({ min: 1, max: 5 }),
      programId: fc.constant(1),
      score,
      dateCreated: moment,
      dateModified: moment,
    }),
    { selector: ({ id }) => id, maxLength: 12 },
  )
  const pool = fc.oneof(fc.nat({ max: 20 }), fc.maxSafeNat())
  const permuted = bindings.chain(list =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  )
  const structures = fc.constantFrom(...(Object.keys(STRUCTURES) as Id[]))
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + BigInt(value), 0n)

  it('the ids of the engagements change nothing between collaborators', () => {
    const ofDifferent = fc.uniqueArray(
      fc.record({ collaboratorId: fc.nat(9), score, dateCreated: moment, dateModified: moment }),
      {
        selector: ({ collaboratorId }) => collaboratorId,
        maxLength: 6,
      },
    )
    fc.assert(
      fc.property(structures, ofDifferent, pool, (structure, list, pool) => {
        const numbered = (number: (at: number) => number) =>
          list.map((one, at) => ({ id: number(at), programId: 1, ...one }))
        const credited = (bindings: readonly Binding[]) =>
          STRUCTURES[structure](bindings, pool).map(({ binding, value }) => [binding.collaboratorId, value])
        expect(credited(numbered(at => 100 - at))).toEqual(credited(numbered(at => at)))
      }),
      RUNS,
    )
  })

  it('the order of the bindings changes nothing', () => {
    fc.assert(
      fc.property(structures, permuted, pool, (structure, [list, shuffled], pool) => {
        expect(STRUCTURES[structure](shuffled, pool)).toEqual(STRUCTURES[structure](list, pool))
        expect(newestBinding(shuffled)).toBe(newestBinding(list))
        expect(oldestBinding(shuffled)).toBe(oldestBinding(list))
      }),
      RUNS,
    )
  })

  it('credits come by first touch, once each, of whole units that are not negative', () => {
    fc.assert(
      fc.property(structures, bindings, pool, (structure, list, pool) => {
        const credits = STRUCTURES[structure](list, pool)
        const moments = credits.map(({ binding }) => binding.dateCreated.getTime())
        expect(moments).toEqual(moments.toSorted((one, other) => one - other))
        expect(new Set(credits.map(({ binding }) => binding.id)).size).toBe(credits.length)
        for (const { binding, value } of credits) {
          expect(list).toContain(binding)
          expect(Number.isSafeInteger(value) && value >= 0).toBe(true)
        }
      }),
      RUNS,
    )
  })

  it.each(['newestBindingWins', 'oldestBindingWins', 'topScoreWins'] as const)('%s gives one all', structure => {
    fc.assert(
      fc.property(bindings, pool, (list, pool) => {
        const values = STRUCTURES[structure](list, pool).map(({ value }) => value)
        expect(values).toEqual(list.length === 0 ? [] : [pool])
      }),
      RUNS,
    )
  })

  it('equal shares are equal, and leave less than one unit for each', () => {
    fc.assert(
      fc.property(bindings, pool, (list, pool) => {
        const values = STRUCTURES.evenlySharedPool(list, pool).map(({ value }) => value)
        expect(values).toHaveLength(list.filter(({ score }) => score !== 0).length)
        expect(new Set(values).size).toBeLessThanOrEqual(1)
        const left = BigInt(pool) - sum(values)
        if (values.length > 0) expect(left >= 0n && left < BigInt(values.length)).toBe(true)
      }),
      RUNS,
    )
  })

  it('weighted shares add up to the pool, each within one unit of its exact proportion', () => {
    fc.assert(
      fc.property(bindings, pool, (list, pool) => {
        const credits = STRUCTURES.performanceWeightedPool(list, pool)
        expect(credits).toHaveLength(list.filter(({ score }) => score !== 0).length)
        if (credits.length > 0) expect(sum(credits.map(({ value }) => value))).toBe(BigInt(pool))
        const total = sum(credits.map(({ binding }) => binding.score))
        for (const { binding, value } of credits) {
          const off = BigInt(value) * total - BigInt(pool) * BigInt(binding.score)
          expect(off > -total && off < total).toBe(true)
        }
      }),
      RUNS,
    )
  })

  it('a higher score never gets a smaller share', () => {
    fc.assert(
      fc.property(bindings, pool, (list, pool) => {
        const byScore = STRUCTURES.performanceWeightedPool(list, pool).toSorted(
          (one, other) => one.binding.score - other.binding.score || one.value - other.value,
        )
        const values = byScore.map(({ value }) => value)
        expect(values).toEqual(values.toSorted((one, other) => one - other))
      }),
      RUNS,
    )
  })
})
