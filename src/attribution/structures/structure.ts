/** An engagement's claim on a conversion: what a program's structure needs to know of it. */
export interface Binding {
  readonly id: number
  readonly collaboratorId: number
  readonly programId: number
  /** The attribution weight: the sum of the points of its touches. */
  readonly score: number
  /** The first touch. */
  readonly dateCreated: Date
  /** The latest touch. */
  readonly dateModified: Date
}

/** What shares in a pool: a binding, or whatever else has a score. */
export type Sharer = Pick<Binding, 'score'>

/** A binding's share of the pool, in minor units. */
export interface Credit<B extends Sharer = Binding> {
  readonly binding: B
  readonly value: number
}

/**
 * Divides a conversion's pool, in minor units and not negative, among the eligible bindings of one program.
 * Who is credited does not depend on the pool: a credit of a pool too small to divide is 0.
 * Each binding stands for itself, even when a collaborator has several. No bindings, no credits.
 */
export type Structure = <B extends Binding>(bindings: readonly B[], pool: number) => readonly Credit<B>[]

/** A structure that looks at scores alone. The credits come in the order of the sharers, and so do equal claims on a rest. */
export type Pool = <S extends Sharer>(sharers: readonly S[], pool: number) => readonly Credit<S>[]

/** The whole pool for one binding, if there is one. */
export const winnerTakesAll = <B extends Binding>(winner: B | undefined, pool: number): readonly Credit<B>[] =>
  winner === undefined ? [] : [{ binding: winner, value: pool }]

/** The bindings that can claim a share, which needs a positive score. */
export const sharersOf = <S extends Sharer>(bindings: readonly S[]): readonly S[] =>
  bindings.filter(({ score }) => score > 0)

/**
 * The order in which bindings share: by their first touch, then by collaborator. It does not depend on when what was told;
 * the engagement's id decides between engagements of one collaborator alone.
 */
export const bySeniority = (one: Binding, other: Binding): number =>
  one.dateCreated.getTime() - other.dateCreated.getTime() || byOwner(one, other)

/** The order of bindings of one moment: by program, then by collaborator. */
export const byOwner = (one: Binding, other: Binding): number =>
  one.programId - other.programId || one.collaboratorId - other.collaboratorId || one.id - other.id
