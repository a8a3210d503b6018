import { describe, expect, it } from 'vitest'
import { EngagementStatus } from '../../src/database/generated/prisma/enums.ts'
import * as engagement from '../../src/engagements/engagement.ts'

const STATUSES = Object.values(EngagementStatus)

describe('an engagement', () => {
  it('becomes pending, then complete, and can be cancelled until then', () => {
    const legal = STATUSES.flatMap(from =>
      STATUSES.filter(to => engagement.canBecome(from, to)).map(to => `${from} → ${to}`),
    )
    expect(legal).toEqual(['active → pending', 'active → cancelled', 'pending → complete', 'pending → cancelled'])
  })

  it('is never revived once complete or cancelled', () => {
    expect(engagement.TRANSITIONS.complete).toEqual([])
    expect(engagement.TRANSITIONS.cancelled).toEqual([])
  })

  it.each([
    ['active', []],
    ['pending', ['active']],
    ['complete', ['pending']],
    ['cancelled', ['active', 'pending']],
  ] as const)('becomes %s from %j', (to, from) => {
    expect(engagement.before(to)).toEqual(from)
  })
})
