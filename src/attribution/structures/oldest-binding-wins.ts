import { type Binding, bySeniority, type Structure, winnerTakesAll } from './structure.ts'

/** The oldest binding takes the whole pool. */
export const oldestBindingWins: Structure = (bindings, pool) => winnerTakesAll(oldestBinding(bindings), pool)

/** The binding with the earliest first touch; of several that of the lower program, then of the lower collaborator. */
export const oldestBinding = <B extends Binding>(bindings: readonly B[]): B | undefined =>
  bindings.toSorted(bySeniority)[0]
