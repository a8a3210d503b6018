import { describe, expect, it } from 'vitest'
import { EngagementStatus } from '../../src/database/generated/prisma/enums.ts'
import { engagements } from '../../src/engagements/engagement.ts'

const STATUSES = Object.values(EngagementStatus)

describe('an engagement', () => {
  it('becomes pending, then complete, and can be cancelled until then', () => {
    const legal = STATUSES.flatMap(from =>
      STATUSES.filter(to => engagements.canBecome(from, to)).map(to => `${from} → ${to}`),
    )
    expect(legal).toEqual(['active → pending', 'active → cancelled', 'pending → complete', 'pending → cancelled'])
  })

  it('is never revived once complete or cancelled', () => {
    expect(engagements.transitions.complete).toEqual([])
    expect(engagements.transitions.cancelled).toEqual([])
  })

  it.each([
    ['active', []],
    ['pending', ['active']],
    ['complete', ['pending']],
    ['cancelled', ['active', 'pending']],
  ] as const)('becomes %s from %j', (to, from) => {
    expect(engagements.before(to)).toEqual(from)
  })
})
