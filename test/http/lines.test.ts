import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineSplitter } from '../../src/http/lines.ts'

const LIMIT = 8

/** The lines of some bytes that come in pieces; null for one that is too long. */
const linesOf = (pieces: readonly Buffer[]): (string | null)[] => {
  const splitter = new LineSplitter(LIMIT)
  const lines: (string | null)[] = []
  for (const piece of pieces)
    for (const line of splitter.split(piece)) lines.push(line === null ? null : line.toString('latin1'))
  const rest = splitter.rest()
  return [...lines, rest === null ? null : rest.toString('latin1')]
}

it('cuts the same lines however the bytes come', () => {
  const bytes = fc.array(fc.constantFrom('a', 'bc', '\n', '\r', 'ééé'), { maxLength: 60 }).map(parts => parts.join(''))
  const cuts = fc.array(fc.nat(100), { maxLength: 20 })
  fc.assert(
    fc.property(bytes, cuts, (text, places) => {
      const whole = Buffer.from(text, 'latin1')
      const at = [0, ...places.map(place => Math.min(place, whole.length)).sort((a, b) => a - b), whole.length]
      const pieces = at.slice(1).map((end, i) => whole.subarray(at[i], end))
      expect(linesOf(pieces)).toEqual(text.split('\n').map(line => (line.length > LIMIT ? null : line)))
    }),
    { seed: 1 },
  )
})
