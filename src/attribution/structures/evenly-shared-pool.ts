import { type Pool, sharersOf } from './structure.ts'

/** Every binding with a score gets the same, rounded down; what cannot be divided stays unpaid (10000 by 3: 3333 each). */
export const evenlySharedPool: Pool = (bindings, pool) => {
  const sharers = sharersOf(bindings)
  const value = Math.floor(pool / sharers.length)
  return sharers.map(binding => ({ binding, value }))
}
