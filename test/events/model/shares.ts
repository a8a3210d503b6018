import { fraction, halfUp, sum, times } from './fractions.ts'
import type { Claim, ConversionType, Left, ProgramRules, Resolver } from './records.ts'

/** A whole program's reward, from the rules and what is left of what was sold. */
export const poolOf = (rules: ProgramRules, type: ConversionType, left: Left | null): number => {
  if (rules.incentive === 'fixedPerLead') return type === 'lead' ? rules.rate : 0
  if (type === 'lead' || left === null || left.value === 0) return 0
  if (rules.incentive === 'fixedPerTransaction') return rules.rate
  const products = left.lines.filter(({ isProduct, counted }) => isProduct && counted > 0)
  return rules.incentive === 'fixedPerProduct'
    ? products.reduce((units, line) => units + line.units - line.returned, 0) * rules.rate
    : halfUp(times(sum(products.map(({ left }) => left)), fraction(rules.rate, 1_000_000)))
}

/** The first by these numbers, each of which decides where those before it are equal. */
export const first = <C>(claims: readonly C[], ...by: ((claim: C) => number)[]): C => {
  const order = (one: C, other: C) => by.reduce((found, of) => found || of(one) - of(other), 0)
  return [...claims].sort(order)[0] as C
}
export const newest = <C extends Claim>(claims: readonly C[]): C =>
  first(
    claims,
    ({ latest }) => -latest,
    ({ program }) => -program,
    ({ collaborator }) => -collaborator,
  )
export const oldest = <C extends Claim>(claims: readonly C[]): C =>
  first(
    claims,
    claim => claim.first,
    ({ program }) => program,
    ({ collaborator }) => collaborator,
  )

export const isPool = (resolver: Resolver) => resolver === 'evenlySharedPool' || resolver === 'performanceWeightedPool'

/** What each claim gets of a program's pool, by collaborator; who gets no conversion is left out. */
export const sharesOf = (resolver: Resolver, claims: readonly Claim[], pool: number): Map<number, number> => {
  const sharers = claims.filter(({ score }) => score > 0).sort((a, b) => a.collaborator - b.collaborator)
  switch (resolver) {
    case 'newestBindingWins':
      return new Map([[newest(claims).collaborator, pool]])
    case 'oldestBindingWins':
      return new Map([[oldest(claims).collaborator, pool]])
    case 'topScoreWins': {
      const highest = Math.max(...claims.map(({ score }) => score))
      return new Map([[oldest(claims.filter(({ score }) => score === highest)).collaborator, pool]])
    }
    case 'evenlySharedPool':
      return new Map(sharers.map(({ collaborator }) => [collaborator, Math.floor(pool / sharers.length)]))
    case 'performanceWeightedPool': {
      const total = sharers.reduce((sum, { score }) => sum + BigInt(score), 0n)
      const exact = sharers.map(claim => ({ claim, units: BigInt(pool) * BigInt(claim.score) }))
      const shares = new Map(exact.map(({ claim, units }) => [claim.collaborator, Number(units / total)]))
      let left = pool - [...shares.values()].reduce((sum, share) => sum + share, 0)
      const rest = ({ units }: { units: bigint }) => Number(units % total)
      const order = [...exact].sort(
        (a, b) => rest(b) - rest(a) || a.claim.first - b.claim.first || a.claim.collaborator - b.claim.collaborator,
      )
      for (const { claim } of order)
        if (left-- > 0) shares.set(claim.collaborator, (shares.get(claim.collaborator) as number) + 1)
      return shares
    }
  }
}
