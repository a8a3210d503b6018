import { describe, expect, it } from 'vitest'
import { conversions } from '../../src/attribution/conversion.ts'

describe('a conversion', () => {
  it('is approved, or rejected even then, and stays rejected', () => {
    expect(conversions.transitions).toEqual({ pending: ['approved', 'rejected'], approved: ['rejected'], rejected: [] })
    expect(conversions.canBecome('approved', 'rejected')).toBe(true)
    expect(conversions.canBecome('rejected', 'approved')).toBe(false)
  })

  it('is updated from where it may come', () => {
    expect(conversions.before('pending')).toEqual([])
    expect(conversions.before('approved')).toEqual(['pending'])
    expect(conversions.before('rejected')).toEqual(['pending', 'approved'])
  })
})
