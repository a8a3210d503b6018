import { type CountedLine, leftOf, type Refunds } from '../counted-lines.ts'
import type { ConversionRow, ConversionType, IncentiveResolverType, IncentiveType } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import type { DomainEvent, EventOf } from '../events/catalog.ts'
import type { EventContext } from '../events/dispatcher.ts'
import { fraction, rounded } from '../money.ts'
import { conversions as lifecycle } from './conversion.ts'
import { sharesOf } from './evaluate.ts'
import type { Incentive } from './incentives.ts'
import type { Binding } from './structures/structure.ts'

/**
 * Pays conversions anew on what a refund has left of their transaction, by the rules, the sharers and the structure of the
 * evaluations that awarded them. Where what is left pays nobody of an evaluation, its conversions are rejected. One that a
 * manager rejected is left out; its share stays its own, so that nobody gets it. Who has no conversion gets none.
 */
export const recompute = async (refund: EventOf<'RefundTriggered'>, context: EventContext): Promise<DomainEvent[]> => {
  const { sql, organizationId, now } = context
  const { transaction } = refund
  const conversions = await sql.rows(lockConversions, [organizationId, transaction.id])
  if (conversions.length === 0) return []
  const evaluations = await sql.rows(evaluationsOf, [organizationId, transaction.id])
  const sharers = await sql.rows(sharersOf, [organizationId, evaluations.map(({ id }) => id)])
  const shares = new Map([...issued(conversions, refund), ...evaluations.flatMap(awarded(sharers, refund))])
  const isNothingLeft = (id: number) => shares.get(id)?.isNothingLeft ?? transaction.status === 'refunded'
  const unpaid = conversions.filter(({ id }) => isNothingLeft(id)).map(({ id }) => id)
  const rejected = await sql.rows(reject, [organizationId, unpaid, lifecycle.before('rejected'), now])
  return [
    ...conversions.flatMap(
      ({ rejectedByHand, issuedValue: _, issuedFor: __, programId: ___, ...conversion }): DomainEvent[] => {
        const share = shares.get(conversion.id)
        // one whose share stays is told of, too, so that all obligations are locked in order before any changes
        if (share === undefined || rejectedByHand) return []
        const { isNothingLeft: isRejected, ...values } = share
        return [{ type: 'ConversionRecomputed', conversion, transaction, isRejected, ...values }]
      },
    ),
    ...rejected
      .toSorted((one, other) => one.id - other.id)
      .map((conversion): DomainEvent => ({ type: 'ConversionRejected', conversion, reason: 'refund' })),
  ]
}

/** What a conversion pays before a refund and after it, in minor units. */
interface Share {
  readonly before: number
  readonly after: number
  /** Whether what is left pays nobody of the evaluation. */
  readonly isNothingLeft: boolean
}

type Shares = (readonly [conversionId: number, share: Share])[]

/**
 * The shares of conversions of which only what they were issued for is known: a percentage is of the whole transaction, and a
 * fixed reward stays until nothing is left. Those of one program stand for an evaluation.
 */
const issued = (
  conversions: readonly LockedConversion[],
  { transaction: { totalValue: total }, before, after }: EventOf<'RefundTriggered'>,
): Shares => {
  const known = conversions.flatMap(({ id, programId, issuedValue, issuedFor }) => {
    if (issuedValue === null) return []
    const share = ({ refundedValue }: Refunds): number => {
      const left = total - refundedValue
      if (left === 0) return 0
      if (issuedFor !== 'saleTransactionPercentage') return issuedValue
      return rounded(fraction(BigInt(issuedValue) * BigInt(left), BigInt(total)))
    }
    return [{ id, programId, before: share(before), after: share(after) }]
  })
  const paying = new Set(known.filter(({ after }) => after > 0).map(({ programId }) => programId))
  return known.map(({ id, programId, ...values }) => [id, { ...values, isNothingLeft: !paying.has(programId) }])
}

/** The shares of an evaluation's conversions. */
const awarded =
  (candidates: readonly Sharer[], { transaction, before, after }: EventOf<'RefundTriggered'>) =>
  ({ id, rules, conversionType, lines }: RecordedEvaluation): Shares => {
    const { totalValue: total, currency, status } = transaction
    const sharers = candidates.filter(({ evaluationId }) => evaluationId === id)
    const shares = (refunds: Refunds) =>
      sharesOf(rules, conversionType, { currency, ...leftOf(total, lines, refunds) }, sharers)
    // a lead that was credited on a transaction does not depend on the amount, and yet on the transaction
    const [had, has] = [shares(before), status === 'refunded' ? new Map<Sharer, number>() : shares(after)]
    const isNothingLeft = [...has.values()].every(share => share === 0)
    return sharers.flatMap((sharer): Shares => {
      const values = { before: had.get(sharer) ?? 0, after: has.get(sharer) ?? 0 }
      return sharer.conversionId === null ? [] : [[sharer.conversionId, { ...values, isNothingLeft }]]
    })
  }

/** An engagement that had a share, as it was then. */
interface Sharer extends Binding {
  readonly evaluationId: number
  readonly conversionId: number | null
}

/** What an evaluation was decided from. */
interface RecordedEvaluation {
  readonly id: number
  readonly conversionType: ConversionType
  readonly rules: Incentive & { readonly structure: IncentiveResolverType }
  readonly lines: readonly CountedLine[]
}

const CONVERSION = selectList(tableOf('Conversion'), 'v')

type LockedConversion = ConversionRow & {
  readonly programId: number
  readonly rejectedByHand: boolean
  readonly issuedValue: number | null
  readonly issuedFor: IncentiveType | null
}

const lockConversions = statement<LockedConversion>(`
  select ${CONVERSION}, e.program_id as "programId",
    v.rejected_by_hand as "rejectedByHand", v.issued_value as "issuedValue", v.issued_for as "issuedFor"
  from conversion v join engagement e on e.organization_id = $1 and e.id = v.engagement_id
  where v.organization_id = $1 and v.transaction_id = $2
  order by v.id
  for no key update of v`)

// what an evaluation from before refunds recorded of its lines is not what refunds go by: its conversions know what they
// were issued for
const evaluationsOf = statement<RecordedEvaluation>(`
  select e.id, e.conversion_type as "conversionType", e.rules, e.lines from evaluation e
  where e.organization_id = $1 and e.transaction_id = $2 and e.outcome = 'awarded'
    and not exists (
      select from evaluation_candidate k
        join conversion v on v.organization_id = $1 and v.id = k.conversion_id and v.issued_value is not null
      where k.organization_id = $1 and k.evaluation_id = e.id
    )
  order by e.id`)

const sharersOf = statement<Sharer>(`
  select k.engagement_id as id, k.evaluation_id as "evaluationId", e.program_id as "programId",
    k.collaborator_id as "collaboratorId", k.score, k.first_touch as "dateCreated", k.latest_touch as "dateModified",
    k.conversion_id as "conversionId"
  from evaluation_candidate k join evaluation e on e.organization_id = $1 and e.id = k.evaluation_id
  where k.organization_id = $1 and k.evaluation_id = any($2::bigint[]) and k.share is not null
  order by k.evaluation_id, k.engagement_id`)

const reject = statement<ConversionRow>(`
  update conversion v set status = 'rejected', date_modified = greatest(v.date_modified, $4)
  where v.organization_id = $1 and v.id = any($2::bigint[]) and v.status = any($3::text[]::conversion_status[])
  returning ${CONVERSION}`)
