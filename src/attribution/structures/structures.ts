import type { IncentiveResolverType } from '../../database/rows.ts'
import { evenlySharedPool } from './evenly-shared-pool.ts'
import { newestBindingWins } from './newest-binding-wins.ts'
import { oldestBindingWins } from './oldest-binding-wins.ts'
import { performanceWeightedPool } from './performance-weighted-pool.ts'
import { bySeniority, type Pool, type Structure } from './structure.ts'
import { topScoreWins } from './top-score-wins.ts'

/** A pool that bindings share by seniority, so that the order in which they were told makes no difference. */
const shared =
  (pool: Pool): Structure =>
  (bindings, value) =>
    pool(bindings.toSorted(bySeniority), value)

/** The structures by which a program can divide its pool, by id. */
export const STRUCTURES: Readonly<Record<IncentiveResolverType, Structure>> = {
  newestBindingWins,
  oldestBindingWins,
  topScoreWins,
  evenlySharedPool: shared(evenlySharedPool),
  performanceWeightedPool: shared(performanceWeightedPool),
}

/** The structures that divide a pool among several; under the others one winner takes all. */
export const POOLS: ReadonlySet<IncentiveResolverType> = new Set(['evenlySharedPool', 'performanceWeightedPool'])
