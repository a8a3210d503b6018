import { type Binding, type Structure, winnerTakesAll } from './structure.ts'

/** The newest binding takes the whole pool. */
export const newestBindingWins: Structure = (bindings, pool) => winnerTakesAll(newestBinding(bindings), pool)

/** The binding that was triggered last, by `dateModified`; of several the one with the higher id. */
export const newestBinding = <B extends Binding>(bindings: readonly B[]): B | undefined =>
  bindings.toSorted((one, other) => other.dateModified.getTime() - one.dateModified.getTime() || other.id - one.id)[0]
