import { countedLinesOf, leftOf, refundsOf } from '../counted-lines.ts'
import type {
  CandidateReason,
  ConversionType,
  EvaluationOutcome,
  IncentiveResolverType,
  ProgramRow,
} from '../database/rows.ts'
import { ValidationError } from '../errors.ts'
import type { BindingRow, Evaluation, Match, RulesRow } from '../events/catalog.ts'
import { fraction } from '../money.ts'
import { contest } from './contest.ts'
import { reasonsAgainst, unexpired } from './eligible.ts'
import { type Incentive, type Reward, reward, type Sale } from './incentives.ts'
import { type Binding, bySeniority, sharersOf } from './structures/structure.ts'
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

/** A program, and what it would pay to each of its bindings that can earn. */
export interface Entrant {
  readonly program: RulesRow
  readonly programId: number
  readonly bindings: readonly BindingRow[]
  readonly keeps: boolean | undefined
}

/**
 * Divides the programs that reward a kind of conversion into those that match it and those that are passed over: a program
 * with bindings that can earn matches when it pays at least one of them more than zero; without, when its incentive pays
 * more than zero. So a trial, or a sale of shipping alone, uses up no claim.
 * @throws ValidationError when a reward is more than can be counted.
 */
export const matching = (
  matches: readonly Match[],
  evaluation: Omit<Evaluation, 'matches' | 'passedOver'>,
): Pick<Evaluation, 'matches' | 'passedOver'> => {
  const isMatch = (match: Match) => {
    const { entrant, pool, shares } = judge(match, evaluation)
    return entrant.bindings.length > 0 ? paysAny(shares) : pool.value > 0
  }
  const found = new Set(matches.filter(isMatch))
  return { matches: [...found], passedOver: matches.filter(match => !found.has(match)) }
}

/**
 * Decides who is credited with a conversion, and with how much: says which bindings can earn, holds the contests of groups,
 * and has each program that is left divide what it pays. The decisions are in the order of the programs. They do not depend
 * on the order in which touches were told.
 * @throws ValidationError when a reward is more than can be counted.
 */
export const evaluate = (evaluation: Evaluation): { decisions: Decision[]; contests: Contest[] } => {
  const { matches, passedOver } = evaluation
  const judged = [...matches, ...passedOver]
    .toSorted((one, other) => one.program.id - other.program.id)
    .map(match => judge(match, evaluation))
  const contests = contestsOf(judged.filter(({ shares }) => paysAny(shares)).map(({ entrant }) => entrant))
  const decisions = judged.map(({ entrant, reasons, pool, shares }): Decision => {
    const { program } = entrant
    const held = contests.find(({ winner, losers }) => winner === entrant || losers.includes(entrant)) ?? null
    const hasLost = held !== null && held.winner !== entrant
    const given = hasLost ? NO_SHARES : shares
    return {
      program,
      outcome: hasLost ? 'lostContest' : paysAny(given) ? 'awarded' : 'nothingToPay',
      candidates: [...reasons].map(([binding, reason]) => ({ binding, reason, share: given.get(binding) ?? null })),
      pool: given.size > 0 ? pool : null,
      contest: held,
    }
  })
  return { decisions, contests }
}

type Shares = ReadonlyMap<BindingRow, number>
const NO_SHARES: Shares = new Map()

const paysAny = (shares: Shares): boolean => [...shares.values()].some(share => share > 0)

/** The share of each binding in what a program pays for what is left of a sale, by the rules of an evaluation. */
export const sharesOf = <B extends Binding>(
  { structure, ...incentive }: Incentive & { readonly structure: IncentiveResolverType },
  conversionType: ConversionType,
  sale: Sale,
  bindings: readonly B[],
): ReadonlyMap<B, number> => {
  const pool = counted(() => reward(incentive, conversionType, sale))
  return new Map(STRUCTURES[structure](bindings, pool.value).map(({ binding, value }) => [binding, value]))
}

/** What a program comes to by itself: who can earn and why others cannot, what it pays, and how that is divided. */
const judge = (
  { program, bindings, areSharers = false, keeps }: Match,
  evaluation: Omit<Evaluation, 'matches' | 'passedOver'>,
): { entrant: Entrant; reasons: ReadonlyMap<BindingRow, CandidateReason | null>; pool: Reward; shares: Shares } => {
  const { asOf } = evaluation
  const candidates = bindings.toSorted(bySeniority)
  const found = reasonsAgainst(candidates, program.expirationDays, asOf)
  // who had a share of the sale has one of its renewals, with a score or without
  const reasons = areSharers
    ? new Map([...found].map(([one, reason]) => [one, reason === 'noScore' ? null : reason]))
    : found
  const earners = areSharers
    ? earnersAmong(candidates, program, asOf)
    : candidates.filter(one => reasons.get(one) === null)
  const pool = poolOf(program, evaluation)
  const credits = STRUCTURES[program.incentiveResolverType](earners, pool.value)
  const shares = new Map(credits.map(({ binding, value }) => [binding, value]))
  return { entrant: { program, programId: program.id, bindings: earners, keeps }, reasons, pool, shares }
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

type Sold = Pick<Evaluation, 'conversionType' | 'transaction' | 'details' | 'fractionLeft'>

/** What a program pays for the conversion. */
const poolOf = (program: ProgramRow, sold: Sold): Reward =>
  counted(() => reward(program, sold.conversionType, saleOf(sold)))

/** What is paid for: of a sale that was refunded in part, what is left of it. */
const saleOf = (sold: Sold): Sale | null => {
  const { transaction, details, fractionLeft = fraction(1n) } = sold
  if (transaction === null) return null
  const refunds = refundsOf(transaction, fractionLeft, details)
  return { currency: transaction.currency, ...leftOf(transaction.totalValue, linesOf(sold), refunds) }
}

/** What each line of the conversion counted for at the sale, in minor units. */
export const linesOf = ({ transaction, details }: Sold) =>
  transaction === null ? [] : countedLinesOf(details, transaction.totalValue)

const counted = <T>(work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ValidationError({ total: ['Expected an amount whose reward can be counted'] })
  }
}
