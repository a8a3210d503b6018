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
  const candidacies = await sql.rows(sharersOf, [organizationId, transaction.id])
  const shares = new Map([...conversions.flatMap(issued(refund)), ...evaluations(candidacies).flatMap(awarded(refund))])
  const isNothingLeft = (id: number) => shares.get(id)?.isNothingLeft ?? transaction.status === 'refunded'
  const unpaid = conversions.filter(({ id }) => isNothingLeft(id)).map(({ id }) => id)
  const rejected = await sql.rows(reject, [organizationId, unpaid, lifecycle.before('rejected'), now])
  return [
    ...conversions.flatMap(({ rejectedByHand, issuedValue: _, issuedFor: __, ...conversion }): DomainEvent[] => {
      const share = shares.get(conversion.id)
      if (share === undefined || rejectedByHand || share.before === share.after) return []
      const { isNothingLeft: isRejected, ...values } = share
      return [{ type: 'ConversionRecomputed', conversion, transaction, isRejected, ...values }]
    }),
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

/** The share of a conversion of which only what it was issued for is known: a percentage is of the whole transaction. */
const issued =
  ({ transaction, before, after }: EventOf<'RefundTriggered'>) =>
  ({ id, issuedValue, issuedFor }: LockedConversion): Shares => {
    if (issuedValue === null) return []
    const { totalValue: total } = transaction
    const share = ({ refundedValue }: Refunds): number => {
      const left = total - refundedValue
      if (left === 0) return 0
      if (issuedFor !== 'saleTransactionPercentage') return issuedValue
      return rounded(fraction(BigInt(issuedValue) * BigInt(left), BigInt(total)))
    }
    const values = { before: share(before), after: share(after) }
    return [[id, { ...values, isNothingLeft: values.after === 0 }]]
  }

/** The shares of an evaluation's conversions. */
const awarded =
  ({ transaction, before, after }: EventOf<'RefundTriggered'>) =>
  ({ rules, conversionType, lines, sharers }: RecordedEvaluation): Shares => {
    const { totalValue: total, currency, status } = transaction
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

interface Sharer extends Binding {
  readonly conversionId: number | null
}

/** What an evaluation was decided from. */
interface Recorded {
  readonly evaluationId: number
  readonly conversionType: ConversionType
  readonly rules: Incentive & { readonly structure: IncentiveResolverType }
  readonly lines: readonly CountedLine[]
}

interface RecordedEvaluation extends Recorded {
  readonly sharers: readonly Sharer[]
}

/** Candidacies by their evaluations. */
const evaluations = (candidacies: readonly (Recorded & Sharer)[]): RecordedEvaluation[] => {
  const found = new Map<number, Recorded & { sharers: Sharer[] }>()
  for (const candidacy of candidacies) {
    const { evaluationId, conversionType, rules, lines, ...sharer } = candidacy
    const evaluation = found.get(evaluationId)
    if (evaluation === undefined)
      found.set(evaluationId, { evaluationId, conversionType, rules, lines, sharers: [sharer] })
    else evaluation.sharers.push(sharer)
  }
  return [...found.values()]
}

const CONVERSION = selectList(tableOf('Conversion'), 'v')

type LockedConversion = ConversionRow & {
  readonly rejectedByHand: boolean
  readonly issuedValue: number | null
  readonly issuedFor: IncentiveType | null
}

const lockConversions = statement<LockedConversion>(`
  select ${CONVERSION}, v.rejected_by_hand as "rejectedByHand", v.issued_value as "issuedValue", v.issued_for as "issuedFor"
  from conversion v where v.organization_id = $1 and v.transaction_id = $2
  order by v.id
  for no key update`)

// what an evaluation from before refunds recorded of its lines is not what refunds go by: its conversions know what they
// were issued for
const sharersOf = statement<Recorded & Sharer>(`
  select e.id as "evaluationId", e.conversion_type as "conversionType", e.rules, e.lines, k.engagement_id as id,
    e.program_id as "programId", k.collaborator_id as "collaboratorId", k.score, k.first_touch as "dateCreated",
    k.latest_touch as "dateModified", k.conversion_id as "conversionId"
  from evaluation e join evaluation_candidate k on k.organization_id = $1 and k.evaluation_id = e.id and k.share is not null
  where e.organization_id = $1 and e.transaction_id = $2 and e.outcome = 'awarded'
    and not exists (
      select from evaluation_candidate x
        join conversion v on v.organization_id = $1 and v.id = x.conversion_id and v.issued_value is not null
      where x.organization_id = $1 and x.evaluation_id = e.id
    )
  order by e.id, k.engagement_id`)

const reject = statement<ConversionRow>(`
  update conversion v set status = 'rejected', date_modified = greatest(v.date_modified, $4)
  where v.organization_id = $1 and v.id = any($2::bigint[]) and v.status = any($3::text[]::conversion_status[])
  returning ${CONVERSION}`)
