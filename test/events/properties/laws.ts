import { expect } from 'vitest'
import type { State } from '../model/records.ts'

// What holds of all that the gateway keeps.

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
  payouts: { unpaid: ['paid'], paid: ['unpaid'] },
}

/** Whether each status may follow the one before, and nothing went but engagements that were merged. */
export const expectLegal = (before: State | undefined, after: State): void => {
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
export const expectConsistent = ({
  transactions,
  conversions,
  engagements,
  obligations,
  opportunities,
  notes,
}: State) => {
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
export const expectLedger = ({ engagements, touches }: State): void => {
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
export const expectCaused = (notes: State['notes']): void => {
  for (const { key, links } of notes) {
    expect(links.length).toBeGreaterThan(0)
    for (const link of links) expect(`${key} ${link}`).not.toContain('lost')
  }
}
