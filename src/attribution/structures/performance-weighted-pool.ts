import { type Pool, sharersOf } from './structure.ts'

/**
 * Every binding with a score gets in proportion to it (500, 300 and 200 of 10000: 5000, 3000 and 2000). The shares add up
 * to the pool: what rounding down leaves goes, one unit each, to the largest remainders, of equal ones to the earlier sharer.
 * @throws RangeError when the pool is no integer.
 */
export const performanceWeightedPool: Pool = (bindings, pool) => {
  const sharers = sharersOf(bindings)
  const total = sharers.reduce((sum, { score }) => sum + BigInt(score), 0n)
  const shares = sharers.map(binding => {
    const product = BigInt(pool) * BigInt(binding.score)
    return { binding, floor: Number(product / total), remainder: product % total }
  })
  const left = shares.reduce((rest, { floor }) => rest - floor, pool)
  // the sort is stable, so that equal remainders stay in the order of the sharers
  const byRemainder = shares.toSorted((one, other) => Number(other.remainder - one.remainder))
  const raised = new Set(byRemainder.slice(0, left))
  return shares.map(share => ({ binding: share.binding, value: share.floor + (raised.has(share) ? 1 : 0) }))
}
