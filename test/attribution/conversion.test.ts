import { describe, expect, it } from 'vitest'
import * as conversion from '../../src/attribution/conversion.ts'

describe('a conversion', () => {
  it('is approved, or rejected even then, and stays rejected', () => {
    expect(conversion.TRANSITIONS).toEqual({ pending: ['approved', 'rejected'], approved: ['rejected'], rejected: [] })
    expect(conversion.canBecome('approved', 'rejected')).toBe(true)
    expect(conversion.canBecome('rejected', 'approved')).toBe(false)
  })

  it('is updated from where it may come', () => {
    expect(conversion.before('pending')).toEqual([])
    expect(conversion.before('approved')).toEqual(['pending'])
    expect(conversion.before('rejected')).toEqual(['pending', 'approved'])
  })
})
