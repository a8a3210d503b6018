import type { CandidateReason, EvaluationOutcome, ProgramRow } from '../database/rows.ts'
import { ValidationError } from '../errors.ts'
import type { BindingRow, Evaluation, Match, RulesRow } from '../events/catalog.ts'
import { safeAmount } from '../money.ts'
import { contest } from './contest.ts'
import { reasonsAgainst, unexpired } from './eligible.ts'
import { countedOf, type Reward, reward } from './incentives.ts'
import { bySeniority, sharersOf } from './structures/structure.ts'
import { POOLS, STRUCTURES } from './structures/structures.ts'

/** What one program decided about a conversion. */
export interface Decision {
  readonly program: RulesRow
  readonly outcome: EvaluationOutcome
  readonly candidates: readonly Candidacy[]
  /** What was divided; null where nothing was. */
  readonly pool: Reward | null
  readonly contest: Contest | null
}

/** An engagement that was looked at. */
export interface Candidacy {
  readonly binding: BindingRow
  /** Why it cannot earn; null where it can. */
  readonly reason: CandidateReason | null
  /** Its share of the pool in minor units, which may be 0; null for one that is not credited. */
  readonly share: number | null
}

/** Programs of a group that competed for a conversion. */
export interface Contest {
  readonly winner: Entrant
  readonly losers: readonly Entrant[]
}

/** A program with bindings that can earn. */
export interface Entrant {
  readonly program: RulesRow
  readonly programId: number
  readonly bindings: readonly BindingRow[]
  readonly keeps: boolean | undefined
}

/**
 * Decides who is credited with a conversion, and with how much: says which bindings can earn, holds the contests of groups,
 * and has each program that is left divide what it pays. The decisions are in the order of the matches. They do not depend
 * on the order in which touches were told.
 * @throws ValidationError when a reward is more than can be counted.
 */
export const evaluate = (evaluation: Evaluation): { decisions: Decision[]; contests: Contest[] } => {
  const judged = evaluation.matches.map(match => judge(match, evaluation.asOf))
  const contests = contestsOf(judged.map(({ entrant }) => entrant).filter(({ bindings }) => bindings.length > 0))
  const decisions = judged.map(({ entrant, reasons }): Decision => {
    const { program, bindings } = entrant
    const held = contests.find(({ winner, losers }) => winner === entrant || losers.includes(entrant)) ?? null
    const hasLost = held !== null && held.winner !== entrant
    const pool = bindings.length === 0 || hasLost ? null : poolOf(program, evaluation)
    const credits = pool === null ? [] : STRUCTURES[program.incentiveResolverType](bindings, pool.value)
    const shares = new Map(credits.map(({ binding, value }) => [binding, value]))
    return {
      program,
      outcome: hasLost ? 'lostContest' : credits.length > 0 ? 'awarded' : 'nothingToPay',
      candidates: [...reasons].map(([binding, reason]) => ({ binding, reason, share: shares.get(binding) ?? null })),
      pool: credits.length > 0 ? pool : null,
      contest: held,
    }
  })
  return { decisions, contests }
}

/** Who can earn under a program, and why others cannot. */
const judge = (
  { program, bindings, areSharers = false, keeps }: Match,
  asOf: Date,
): { entrant: Entrant; reasons: ReadonlyMap<BindingRow, CandidateReason | null> } => {
  const candidates = bindings.toSorted(bySeniority)
  const found = reasonsAgainst(candidates, program.expirationDays, asOf)
  // who had a share of the sale has one of its renewals, with a score or without
  const reasons = areSharers
    ? new Map([...found].map(([one, reason]) => [one, reason === 'noScore' ? null : reason]))
    : found
  const earners = areSharers
    ? earnersAmong(candidates, program, asOf)
    : candidates.filter(one => reasons.get(one) === null)
  return { entrant: { program, programId: program.id, bindings: earners, keeps }, reasons }
}

/**
 * Who can earn of those that a sale gave a share. The part of an inactive sharer goes to the others where they share; where
 * one takes all, it goes to nobody.
 */
const earnersAmong = (sharers: readonly BindingRow[], program: RulesRow, asOf: Date): readonly BindingRow[] => {
  const fresh = unexpired(sharers, program.expirationDays, asOf)
  const active = fresh.filter(({ canEarn }) => canEarn)
  if (POOLS.has(program.incentiveResolverType)) return sharersOf(active)
  const [winner] = STRUCTURES[program.incentiveResolverType](fresh, 0)
  return winner?.binding.canEarn ? active : []
}

/** Of several programs of one group the one that wins; a program without a group, or alone in it, does not compete. */
const contestsOf = (entrants: readonly Entrant[]): Contest[] =>
  [...new Set(entrants.map(({ program }) => program.groupId))].flatMap(groupId => {
    const members = entrants.filter(({ program }) => program.groupId === groupId)
    const sorter = members[0]?.program.sorter ?? null
    return sorter === null || members.length < 2 ? [] : [contest(sorter, members)]
  })

/** What a program pays for the conversion. */
const poolOf = (program: ProgramRow, evaluation: Evaluation): Reward => {
  const { conversionType, transaction, details } = evaluation
  return counted(() =>
    reward(program, conversionType, transaction && { currency: transaction.currency, lines: details }),
  )
}

/** What each line of the conversion counted for, in minor units. */
export const linesOf = ({ details }: Evaluation) =>
  counted(() =>
    details.map(line => {
      const { value, quantity } = countedOf(line)
      return { lineItemId: line.id, value: safeAmount(value), quantity }
    }),
  )

const counted = <T>(work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ValidationError({ total: ['Expected an amount whose reward can be counted'] })
  }
}
