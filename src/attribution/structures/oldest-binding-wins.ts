import { type Binding, type Structure, winnerTakesAll } from './structure.ts'

/** The oldest binding takes the whole pool. */
export const oldestBindingWins: Structure = (bindings, pool) => winnerTakesAll(oldestBinding(bindings), pool)

/** The binding that came about first, by `dateCreated`; of several the one with the lower id. */
export const oldestBinding = <B extends Binding>(bindings: readonly B[]): B | undefined =>
  bindings.toSorted((one, other) => one.dateCreated.getTime() - other.dateCreated.getTime() || one.id - other.id)[0]
