import { type Binding, byOwner, type Structure, winnerTakesAll } from './structure.ts'

/** The newest binding takes the whole pool. */
export const newestBindingWins: Structure = (bindings, pool) => winnerTakesAll(newestBinding(bindings), pool)

/** The binding with the latest touch; of several that of the higher program, then of the higher collaborator. */
export const newestBinding = <B extends Binding>(bindings: readonly B[]): B | undefined =>
  bindings.toSorted((one, other) => other.dateModified.getTime() - one.dateModified.getTime() || byOwner(other, one))[0]
