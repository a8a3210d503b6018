import type { ConversionRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import type { Award, Evaluation } from '../events/catalog.ts'
import type { EventContext } from '../events/dispatcher.ts'
import { type Decision, linesOf } from './evaluate.ts'

/** Records what was decided about a conversion, with a conversion for each share, and answers what each program awards. */
export const record = async (
  decisions: readonly Decision[],
  evaluation: Evaluation,
  context: EventContext,
): Promise<Award[]> => {
  if (decisions.length === 0) return []
  const conversions = await convert(decisions, evaluation, context)
  await keep(decisions, conversions, evaluation, context)
  const { opportunityId, conversionType, transaction } = evaluation
  return decisions.flatMap(({ program, outcome, pool, candidates }) => {
    if (pool === null || outcome !== 'awarded') return []
    const { incentiveType, incentiveResolverType: resolver } = program
    const awarded = candidates.flatMap(({ binding, share }) => {
      const conversion = conversions.get(binding.id)
      return share === null || conversion === undefined
        ? []
        : [{ ...conversion, value: share, currency: pool.currency }]
    })
    return [{ program, opportunityId, conversionType, transaction, incentiveType, resolver, conversions: awarded }]
  })
}

/** New conversions of those whose share is more than zero, by the engagements' ids. */
const convert = async (
  decisions: readonly Decision[],
  { conversionType, transaction }: Evaluation,
  { sql, organizationId, now }: EventContext,
): Promise<ReadonlyMap<number, ConversionRow>> => {
  const credited = decisions.flatMap(({ candidates }) => candidates.filter(({ share }) => share !== null && share > 0))
  if (credited.length === 0) return new Map()
  const columns = [
    credited.map(({ binding }) => binding.id),
    credited.map(({ binding }) => binding.collaboratorId),
    credited.map(({ binding }) => binding.score),
  ]
  const values = [organizationId, ...columns, transaction?.id ?? null, conversionType, now]
  const rows = await sql.rows(insertConversions, values)
  return new Map(rows.map(row => [row.engagementId, row]))
}

/** Keeps each decision with what it was made from. */
const keep = async (
  decisions: readonly Decision[],
  conversions: ReadonlyMap<number, ConversionRow>,
  evaluation: Evaluation,
  { sql, organizationId, now }: EventContext,
): Promise<void> => {
  const { opportunityId, conversionType, transaction, asOf } = evaluation
  const given = decisions.map(({ program, outcome, candidates, pool, contest }) => ({
    programId: program.id,
    outcome,
    rules: rulesOf(program),
    pool: pool?.value,
    currency: pool?.currency,
    contest: contest && {
      groupId: program.groupId,
      winner: contest.winner.programId,
      losers: contest.losers.map(({ programId }) => programId),
    },
    candidates: candidates.map(({ binding, reason, share }) => ({
      engagementId: binding.id,
      collaboratorId: binding.collaboratorId,
      score: binding.score,
      firstTouch: binding.dateCreated,
      latestTouch: binding.dateModified,
      touches: binding.touches,
      reason,
      share,
      conversionId: conversions.get(binding.id)?.id,
    })),
  }))
  const shared = [
    opportunityId,
    transaction?.id ?? null,
    conversionType,
    asOf,
    JSON.stringify(linesOf(evaluation)),
    now,
  ]
  await sql.rows(insertEvaluations, [organizationId, JSON.stringify(given), ...shared])
}

/** What a decision depends on of a program. */
const rulesOf = (program: Decision['program']) => ({
  structure: program.incentiveResolverType,
  incentiveType: program.incentiveType,
  transactionPercent: program.transactionPercent,
  payoutPerTransaction: program.payoutPerTransaction,
  payoutPerProduct: program.payoutPerProduct,
  payoutPerLead: program.payoutPerLead,
  units: program.units,
  expirationDays: program.expirationDays,
  sorter: program.sorter,
})

const insertConversions = statement<ConversionRow>(`
  insert into conversion as v (
    organization_id, engagement_id, collaborator_id, score, transaction_id, type, date_created, date_modified
  )
  select $1, engagement_id, collaborator_id, score, $5, $6::conversion_type, $7, $7
  from unnest($2::bigint[], $3::bigint[], $4::bigint[]) with ordinality as b(engagement_id, collaborator_id, score, place)
  order by place
  returning ${selectList(tableOf('Conversion'), 'v')}`)

const insertEvaluations = statement(`
  with given as materialized (
    select nextval(pg_get_serial_sequence('evaluation', 'id')) as id, g.* from jsonb_to_recordset($2::jsonb) as g(
      "programId" bigint, outcome evaluation_outcome, rules jsonb, pool bigint, currency text, contest jsonb, candidates jsonb
    )
  ), evaluated as (
    insert into evaluation (
      organization_id, id, program_id, outcome, rules, pool, currency, contest,
      opportunity_id, transaction_id, conversion_type, as_of, lines, date_created
    )
    select $1, id, "programId", outcome, rules, pool, currency, nullif(contest, 'null'), $3, $4, $5::conversion_type, $6, $7::jsonb, $8
    from given
  )
  insert into evaluation_candidate (
    organization_id, evaluation_id, engagement_id, collaborator_id, score, first_touch, latest_touch, touches, reason, share, conversion_id
  )
  select $1, given.id, c."engagementId", c."collaboratorId", c.score, c."firstTouch", c."latestTouch", c.touches, c.reason, c.share, c."conversionId"
  from given cross join lateral jsonb_to_recordset(given.candidates) as c(
    "engagementId" bigint, "collaboratorId" bigint, score bigint, "firstTouch" timestamptz, "latestTouch" timestamptz,
    touches integer, reason candidate_reason, share bigint, "conversionId" bigint
  )`)
