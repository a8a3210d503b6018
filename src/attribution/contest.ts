import type { ProgramGroupSorter } from '../database/generated/prisma/enums.ts'
import { newestBinding } from './structures/newest-binding-wins.ts'
import { oldestBinding } from './structures/oldest-binding-wins.ts'
import type { Binding } from './structures/structure.ts'

/** A program of a group that qualifies for a conversion, with its eligible bindings. */
export interface Entrant {
  readonly programId: number
  readonly bindings: readonly Binding[]
  /** Whether the sale that is renewed was credited under it. */
  readonly keeps?: boolean | undefined
}

/**
 * Decides which program of a group is paid for a conversion: the one with the newest, or the oldest, of all bindings.
 * A program that `keeps` the renewals of a sale wins whatever the others have. Losers come in order of program id.
 * @throws RangeError when there are fewer than two entrants, or none has a binding.
 */
export const contest = <E extends Entrant>(
  sorter: ProgramGroupSorter,
  entrants: readonly E[],
): { readonly winner: E; readonly losers: readonly E[] } => {
  if (entrants.length < 2) throw new RangeError(`Expected at least 2 programs to compete, received ${entrants.length}`)
  const keepers = entrants.filter(({ keeps }) => keeps)
  const contenders = keepers.length > 0 ? keepers : entrants
  // the best of each program's best is the best of all
  const deciding = SORTERS[sorter](contenders.flatMap(({ bindings }) => bindings))
  const winner = entrants.find(({ bindings }) => deciding !== undefined && bindings.includes(deciding))
  if (winner === undefined) throw new RangeError('Expected a binding to decide the contest, received none')
  const losers = entrants.filter(entrant => entrant !== winner)
  return { winner, losers: losers.toSorted((one, other) => one.programId - other.programId) }
}

const SORTERS: Readonly<Record<ProgramGroupSorter, (bindings: readonly Binding[]) => Binding | undefined>> = {
  newestBindingWins: newestBinding,
  oldestBindingWins: oldestBinding,
}
