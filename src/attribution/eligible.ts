import type { CandidateReason } from '../database/rows.ts'
import type { Binding } from './structures/structure.ts'

/** A binding that an evaluation looks at. */
export interface Candidate extends Binding {
  /** Whether its collaborator can earn. */
  readonly canEarn: boolean
}

/**
 * Says of each binding why it cannot earn as of a moment; null where it can. None can when those left have no score between
 * them.
 */
export const reasonsAgainst = <B extends Candidate>(
  bindings: readonly B[],
  expirationDays: number | null,
  asOf: Date,
): ReadonlyMap<B, CandidateReason | null> => {
  const fresh = new Set(unexpired(bindings, expirationDays, asOf))
  const own = (binding: B) => (binding.canEarn ? (fresh.has(binding) ? null : 'expired') : 'inactiveCollaborator')
  const hasScore = bindings.some(binding => own(binding) === null && binding.score > 0)
  return new Map(bindings.map(binding => [binding, own(binding) ?? (hasScore ? null : 'noScore')]))
}

/**
 * The bindings that have not expired as of a moment, in their order: an engagement's window, in days of 24 hours, runs from
 * its latest touch, since each touch renews the customer's interest. Null means that engagements never expire.
 */
export const unexpired = <B extends Binding>(
  bindings: readonly B[],
  expirationDays: number | null,
  asOf: Date,
): readonly B[] => {
  if (expirationDays === null) return bindings
  const start = asOf.getTime() - expirationDays * DAY
  return bindings.filter(({ dateModified }) => dateModified.getTime() >= start)
}

const DAY = 86_400_000
