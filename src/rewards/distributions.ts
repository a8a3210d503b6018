import type { DistributionRow, DistributorRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ConflictError, RecordNotFoundError } from '../errors.ts'
import { expectSince } from '../events/backdating.ts'
import type { DomainEvent } from '../events/catalog.ts'
import type { EventContext } from '../events/dispatcher.ts'
import { percentOf } from '../money.ts'
import { issue } from './obligations.ts'

/** The ways to divide a distribution's value among its members, by the distributor's resolver. */
export interface Pools {
  readonly evenlySharedPool: Pool
  readonly performanceWeightedPool: Pool
}
type Pool = (
  members: readonly Member[],
  value: number,
) => readonly { readonly binding: Member; readonly value: number }[]

/** A member of a distributor: an active collaborator, and what its conversions that no run has counted score. */
export interface Member {
  readonly id: number
  readonly score: number
}

/**
 * Ends a distributor's cycle: its percentage of the revenue that no cycle before has shared is divided among its active
 * members, evenly or by the scores of those of their conversions that no cycle before has counted. What is allocated needs
 * no review: it is owed at once.
 *
 * The revenue is what is left of all transactions since the distributor was made, less what was shared before: so a sale
 * that is told late is shared late, and what is refunded after it was shared is taken off the next cycle. Conversions are
 * counted one by one, so the score of that sale counts late too. A cycle that gives nobody anything has a value of 0 and
 * counts neither: revenue and scores are left for the next one.
 * @throws RecordNotFoundError when there is no such distributor.
 * @throws ConflictError when it does not run, or the revenue is more than can be counted.
 */
export const distribute = async (
  distributorId: number,
  pools: Pools,
  context: EventContext,
): Promise<DomainEvent[]> => {
  const { sql, organizationId, now } = context
  const [distributor] = await sql.rows(lockDistributor, [organizationId, distributorId])
  if (distributor === undefined) throw new RecordNotFoundError(`Distributor ${distributorId}`)
  expectSince(`distributor ${distributorId}`, distributor.dateCreated, context)
  const divide = pools[distributor.distributionResolver as keyof Pools] as Pool | undefined
  if (distributor.status !== 'active') throw new ConflictError(`Distributor ${distributorId} is ${distributor.status}`)
  if (divide === undefined || distributor.distributionPoolResolver !== 'revenuePercentage')
    throw new ConflictError(`Distributor ${distributorId} has a resolver that is not known`)

  const { units: currency } = distributor
  // asked once the lock is had: a statement that waits for it does not see what the run that held it has counted
  const [{ revenue, conversionIds }] = (await sql.rows(uncounted, [
    organizationId,
    distributorId,
    currency,
    distributor.dateCreated,
    now,
  ])) as [Uncounted]
  if (BigInt(revenue) > Number.MAX_SAFE_INTEGER)
    throw new ConflictError(`Expected a revenue that can be counted, but since the last distribution it is ${revenue}`)
  const shared = Math.max(0, Number(revenue))
  const pool = percentOf(distributor.revenuePercentage ?? 0, shared)
  const members = await sql.rows(membersOf, [organizationId, distributorId, conversionIds])
  const isEven = distributor.distributionResolver === 'evenlySharedPool'
  const shares = divide(isEven ? members.map(({ id }) => ({ id, score: 1 })) : members, pool).filter(
    share => share.value > 0,
  )
  const givesNothing = shares.length === 0

  const [distribution] = (await sql.rows(insertDistribution, [
    organizationId,
    distributorId,
    givesNothing ? 0 : shared,
    givesNothing ? 0 : pool,
    currency,
    now,
  ])) as [DistributionRow]
  if (!givesNothing) await sql.rows(markCounted, [organizationId, distributorId, distribution.id, conversionIds])
  const issued = await issue(
    shares.map(({ binding, value }) => {
      return {
        collaboratorId: binding.id,
        value,
        currency,
        awardType: 'allocation',
        status: 'pending',
        conversionId: null,
      }
    }),
    context,
  )
  const columns = [
    issued.map(({ collaboratorId }) => collaboratorId),
    issued.map(({ id }) => id),
    issued.map(({ value }) => value),
  ]
  if (issued.length > 0) await sql.rows(insertAllocations, [organizationId, distribution.id, currency, ...columns])
  return [
    { type: 'DistributionCompleted', distribution, distributor },
    ...issued.map(({ id, collaboratorId, value }): DomainEvent => {
      return { type: 'AllocationCompleted', distribution, distributor, collaboratorId, obligationId: id, value }
    }),
    ...issued.map((obligation): DomainEvent => {
      return { type: 'ObligationIssued', obligation, conversionId: null, distributionId: distribution.id }
    }),
  ]
}

const lockDistributor = statement<DistributorRow>(`
  select ${selectList(tableOf('Distributor'), 'd')} from distributor d where d.organization_id = $1 and d.id = $2
  for no key update of d`)

interface Uncounted {
  /** Less than nothing where refunds take more off than sales add; it may be beyond what each of its parts can be. */
  readonly revenue: string
  readonly conversionIds: readonly number[]
}

// one statement, so that a sale that is committed meanwhile counts with its revenue and its scores, or with neither
const uncounted = statement<Uncounted>(`
  select (
      (
        select coalesce(sum(t.total_value - t.refunded_value), 0) from transaction t
        where t.organization_id = $1 and t.currency = $3 and t.status <> 'cancelled'
          and t.date_created > $4 and t.date_created <= $5
      ) - (
        select coalesce(sum(n.revenue), 0) from distribution n
        where n.organization_id = $1 and n.distributor_id = $2 and n.currency = $3
      )
    )::text as revenue, (
      select coalesce(json_agg(v.id order by v.id), '[]') from conversion v
      where v.organization_id = $1 and v.status <> 'rejected' and v.date_created > $4 and v.date_created <= $5
        and not exists (
          select from counted_conversion k
          where k.organization_id = $1 and k.distributor_id = $2 and k.conversion_id = v.id
        )
    ) as "conversionIds"`)

const membersOf = statement<Member>(`
  select c.id, coalesce(scored.score, 0) as score
  from distributor_enrollment m
    join collaborator c on c.organization_id = m.organization_id and c.id = m.collaborator_id and c.status = 'active'
    left join (
      select v.collaborator_id, sum(v.score)::bigint as score from conversion v
      where v.organization_id = $1 and v.id = any($3::bigint[])
      group by v.collaborator_id
    ) scored on scored.collaborator_id = c.id
  where m.organization_id = $1 and m.distributor_id = $2
  order by c.id`)

const markCounted = statement(`
  insert into counted_conversion (organization_id, distributor_id, conversion_id, distribution_id)
  select $1, $2, conversion_id, $3 from unnest($4::bigint[]) as conversion_id`)

const insertDistribution = statement<DistributionRow>(`
  insert into distribution as d (
    organization_id, distributor_id, status, revenue, value, currency, trigger_date, date_created, date_modified
  ) values ($1, $2, 'complete', $3, $4, $5, $6, $6, $6)
  returning ${selectList(tableOf('Distribution'), 'd')}`)

const insertAllocations = statement(`
  insert into allocation (organization_id, distribution_id, currency, status, collaborator_id, obligation_id, value)
  select $1, $2, $3, 'complete', collaborator_id, obligation_id, value
  from unnest($4::bigint[], $5::bigint[], $6::bigint[]) with ordinality as share(collaborator_id, obligation_id, value, place)
  order by place`)
