import type { Binding } from './structures/structure.ts'

/**
 * The bindings that can still earn, in their order: an engagement's window, in days of 24 hours, runs from its last
 * trigger, since each trigger renews the customer's interest. Null means that engagements never expire.
 * None can earn when those left have no score between them.
 */
export const eligible = <B extends Binding>(
  bindings: readonly B[],
  expirationDays: number | null,
  now: Date,
): readonly B[] => {
  const left = expirationDays === null ? bindings : bindings.filter(isWithin(now.getTime() - expirationDays * DAY))
  return left.some(({ score }) => score > 0) ? left : []
}

const DAY = 86_400_000

const isWithin =
  (start: number) =>
  ({ dateModified }: Binding): boolean =>
    dateModified.getTime() >= start
