/** An exact number, not below 0. */
export interface Fraction {
  readonly over: bigint
  readonly under: bigint
}

const divisor = (one: bigint, other: bigint): bigint => (other === 0n ? one : divisor(other, one % other))

const lowest = (over: bigint, under: bigint): Fraction => {
  const by = divisor(over, under)
  return { over: over / by, under: under / by }
}

export const fraction = (over: number, under = 1): Fraction => lowest(BigInt(over), BigInt(under))

export const sum = (all: readonly Fraction[]): Fraction =>
  all.reduce((one, other) => lowest(one.over * other.under + other.over * one.under, one.under * other.under), NONE)

/** What is left of a number without another, which is no higher. */
export const minus = (one: Fraction, other: Fraction): Fraction =>
  lowest(one.over * other.under - other.over * one.under, one.under * other.under)

export const times = (one: Fraction, other: Fraction): Fraction =>
  lowest(one.over * other.over, one.under * other.under)

/** The nearest integer, and the higher of two that are as near. */
export const halfUp = ({ over, under }: Fraction): number => Number((over * 2n + under) / (under * 2n))

export const NONE: Fraction = { over: 0n, under: 1n }
