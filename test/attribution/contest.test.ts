import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contest } from '../../src/attribution/contest.ts'

const RUNS = { numRuns: process.env.SOAK === 'true' ? 1000 : 100 }

const binding = (id: number, created: number, modified = created) => ({
  id,
  collaboratorId: id,
  programId: 0,
  score: 100,
  dateCreated: new Date(created),
  dateModified: new Date(modified),
})
type TestBinding = ReturnType<typeof binding>
const program = (programId: number, ...bindings: TestBinding[]) => ({
  programId,
  name: `Program ${programId}`,
  bindings: bindings.map(each => ({ ...each, programId })),
})

const outcome = (...parameters: Parameters<typeof contest>) => {
  const { winner, losers } = contest(...parameters)
  return { winner: winner.programId, losers: losers.map(({ programId }) => programId) }
}

describe('a contest of a group', () => {
  const programs = [
    program(8, binding(1, 1, 4), binding(2, 5, 5)),
    program(7, binding(3, 3, 9), binding(4, 4, 4)),
    program(6, binding(5, 2, 8)),
  ]

  it('goes to the program with the binding that was triggered last', () => {
    expect(outcome('newestBindingWins', programs)).toEqual({ winner: 7, losers: [6, 8] })
  })

  it('goes to the program with the binding that came about first', () => {
    expect(outcome('oldestBindingWins', programs)).toEqual({ winner: 8, losers: [6, 7] })
  })

  it('goes by program between bindings of one moment, then by collaborator', () => {
    const tied = [program(1, binding(11, 3)), program(2, binding(12, 3)), program(3, binding(10, 3))]
    expect(outcome('newestBindingWins', tied)).toEqual({ winner: 3, losers: [1, 2] })
    expect(outcome('oldestBindingWins', tied)).toEqual({ winner: 1, losers: [2, 3] })
  })

  it('is kept by the program that the sale credited, whatever the others have', () => {
    const [older, newer] = [program(1, binding(1, 1)), program(2, binding(2, 9))]
    expect(outcome('newestBindingWins', [{ ...older, keeps: true }, newer])).toEqual({ winner: 1, losers: [2] })
    expect(outcome('oldestBindingWins', [older, { ...newer, keeps: true }])).toEqual({ winner: 2, losers: [1] })
  })

  it('answers the entrants themselves', () => {
    const { winner, losers } = contest('newestBindingWins', programs)
    expect(winner).toBe(programs[1])
    expect(losers[0]?.name).toBe('Program 6')
  })

  it('is lost without a binding', () => {
    const entrants = [program(1), program(2, binding(1, 1))]
    expect(outcome('newestBindingWins', entrants)).toEqual({ winner: 2, losers: [1] })
    expect(outcome('oldestBindingWins', entrants)).toEqual({ winner: 2, losers: [1] })
  })

  it('takes two programs, and a binding', () => {
    expect(() => contest('newestBindingWins', [])).toThrow('Expected at least 2 programs to compete, received 0')
    expect(() => contest('newestBindingWins', [program(1, binding(1, 1))])).toThrow(RangeError)
    expect(() => contest('oldestBindingWins', [program(1), program(2)])).toThrow(RangeError)
  })

  it('ends alike, whatever the order of the programs and of their bindings', () => {
    const moment = fc.nat({ max: 3 })
    const entrants = fc
      .array(fc.array(fc.tuple(moment, moment), { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 5 })
      .map(list => list.map((dates, i) => program(i, ...dates.map(([at, again], j) => binding(j * 5 + i, at, again)))))
    const permuted = entrants.chain(list =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    )
    const sorter = fc.constantFrom('newestBindingWins' as const, 'oldestBindingWins' as const)
    fc.assert(
      fc.property(sorter, permuted, (sorter, [list, shuffled]) => {
        const { winner, losers } = outcome(sorter, list)
        const turned = shuffled.map(one => ({ ...one, bindings: one.bindings.toReversed() }))
        expect(outcome(sorter, turned)).toEqual({ winner, losers })
        expect([winner, ...losers].sort()).toEqual(list.map(({ programId }) => programId))
      }),
      RUNS,
    )
  })
})
