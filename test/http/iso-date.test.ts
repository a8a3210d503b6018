import { expect, test } from 'vitest'
import { isoDate } from '../../src/http/iso-date.ts'

const DAY = 86_400_000

test('is toISOString, at any time', () => {
  const edges = [
    '0000-01-01',
    '0999-12-31T23:59:59.999Z',
    '1000-01-01',
    '1970-01-01',
    '2024-02-29T23:59:59.009Z',
    '9999-12-31T23:59:59.999Z',
    '+010000-01-01T00:00:00Z',
    '-000044-03-15T00:00:00Z',
  ].map(text => Date.parse(text))
  const drawn = Array.from({ length: 20_000 }, () => Math.floor((Math.random() - 0.2) * 4_000_000 * DAY))
  for (const time of [...edges, ...drawn, ...[0, 1, 9, 10, 99, 100, 999]]) {
    const date = new Date(time)
    expect(isoDate(date)).toBe(date.toISOString())
  }
})

test('refuses what is no date', () => {
  expect(() => isoDate(new Date(Number.NaN))).toThrow(RangeError)
})
