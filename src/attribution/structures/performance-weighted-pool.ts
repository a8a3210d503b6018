import { apportion } from '../../money.ts'
import { type Pool, sharersOf } from './structure.ts'

/**
 * Every binding with a score gets in proportion to it (500, 300 and 200 of 10000: 5000, 3000 and 2000). The shares add up
 * to the pool: what rounding down leaves goes, one unit each, to the largest remainders, of equal ones to the earlier sharer.
 * @throws RangeError when the pool is no integer.
 */
export const performanceWeightedPool: Pool = (bindings, pool) => {
  const sharers = sharersOf(bindings)
  if (sharers.length === 0) return []
  const parts = apportion(
    BigInt(pool),
    sharers.map(({ score }) => BigInt(score)),
  )
  return sharers.map((binding, at) => ({ binding, value: Number(parts[at]) }))
}
