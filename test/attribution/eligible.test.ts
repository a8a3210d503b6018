import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reasonsAgainst } from '../../src/attribution/eligible.ts'

const RUNS = { numRuns: process.env.SOAK === 'true' ? 1000 : 100 }
const DAY = 24 * 60 * 60 * 1000
const NOW = new Date('2026-03-31T12:00:00.000Z')

const binding = (id: number, age: number, score = 100, canEarn = true) => ({
  canEarn,
  id,
  collaboratorId: id,
  programId: 1,
  score,
  dateCreated: new Date('2020-01-01T00:00:00.000Z'),
  dateModified: new Date(NOW.getTime() - age),
})

const eligible = (bindings: readonly ReturnType<typeof binding>[], expirationDays: number | null, asOf: Date) => {
  const reasons = reasonsAgainst(bindings, expirationDays, asOf)
  return bindings.filter(one => reasons.get(one) === null)
}

describe('an engagement', () => {
  it('does not earn for a reason', () => {
    const [expired, inactive, both] = [
      binding(1, 31 * DAY),
      binding(2, 0, 100, false),
      binding(3, 31 * DAY, 100, false),
    ]
    const [first, second] = [binding(4, 0, 0), binding(5, 0, 1)]
    expect([...reasonsAgainst([expired, inactive, both, first, second], 30, NOW).values()]).toEqual([
      'expired',
      'inactiveCollaborator',
      'inactiveCollaborator',
      null,
      null,
    ])
    expect([...reasonsAgainst([expired, inactive, first], 30, NOW).values()]).toEqual([
      'expired',
      'inactiveCollaborator',
      'noScore',
    ])
  })

  it("earns to the end of the program's window, counted from its latest touch", () => {
    const [within, beyond] = [binding(1, 30 * DAY), binding(2, 30 * DAY + 1)]
    expect(eligible([within, beyond], 30, NOW)).toEqual([within])
  })

  it('never expires where the program sets no window', () => {
    const old = binding(1, 5000 * DAY)
    expect(eligible([old], null, NOW)).toEqual([old])
  })

  it('earns without a score where another one has a score', () => {
    const bindings = [binding(1, 0, 0), binding(2, 0, 1)]
    expect(eligible(bindings, 30, NOW)).toEqual(bindings)
  })

  it.each([30, null])('earns nothing where none has a score, with a window of %s days', expirationDays => {
    expect(eligible([binding(1, 0, 0), binding(2, 0, 0)], expirationDays, NOW)).toEqual([])
    expect(eligible([], expirationDays, NOW)).toEqual([])
  })

  it('earns nothing where only an expired one has a score', () => {
    expect(eligible([binding(1, 0, 0), binding(2, 31 * DAY)], 30, NOW)).toEqual([])
  })

  it('is judged alike, whatever the order', () => {
    const bindings = fc
      .array(fc.tuple(fc.integer({ min: -DAY, max: 4 * DAY }), fc.nat({ max: 2 })))
      .map(list => list.map(([age, score], i) => binding(i, age, score)))
    fc.assert(
      fc.property(bindings, fc.option(fc.nat({ max: 4 })), (list, expirationDays) => {
        const answer = eligible(list, expirationDays, NOW)
        expect(eligible(list.toReversed(), expirationDays, NOW)).toEqual(answer.toReversed())
        expect(list.filter(one => answer.includes(one))).toEqual(answer)
      }),
      RUNS,
    )
  })
})
