import { oldestBinding } from './oldest-binding-wins.ts'
import { type Structure, winnerTakesAll } from './structure.ts'

/** The binding with the highest score takes the whole pool; of several the oldest one. */
export const topScoreWins: Structure = (bindings, pool) => {
  const highest = bindings.reduce((high, { score }) => Math.max(high, score), Number.NEGATIVE_INFINITY)
  return winnerTakesAll(oldestBinding(bindings.filter(({ score }) => score === highest)), pool)
}
