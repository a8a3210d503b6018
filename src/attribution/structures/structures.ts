import type { IncentiveResolverType } from '../../database/rows.ts'
import { evenlySharedPool } from './evenly-shared-pool.ts'
import { newestBindingWins } from './newest-binding-wins.ts'
import { oldestBindingWins } from './oldest-binding-wins.ts'
import { performanceWeightedPool } from './performance-weighted-pool.ts'
import type { Structure } from './structure.ts'
import { topScoreWins } from './top-score-wins.ts'

/** The structures by which a program can divide its pool, by id. */
export const STRUCTURES: Readonly<Record<IncentiveResolverType, Structure>> = {
  newestBindingWins,
  oldestBindingWins,
  topScoreWins,
  evenlySharedPool,
  performanceWeightedPool,
}
