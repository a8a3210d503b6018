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

/** A member of a distributor: an active collaborator, and what its conversions since the last distribution score. */
export interface Member {
  readonly id: number
  readonly score: number
}

/**
 * Ends a distributor's cycle: its percentage of the revenue that no cycle before has shared is divided among its active
 * members, evenly or by the scores of their conversions. What is allocated needs no review: it is owed at once.
 *
 * The revenue is all since the distributor was made, of what is not refunded, less what was shared before: so a sale that
 * is told late is shared late, and one that is refunded after it was shared is taken off the next cycle. What nobody gets
 * a share of is left for the next one.
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
  // asked once the lock is had: a statement that waits for it sees the distributions from before it waited
  const [last] = await sql.rows(distributedBefore, [organizationId, distributorId, currency])
  const since = last?.since ?? distributor.dateCreated
  const [earned] = await sql.rows(revenueOf, [organizationId, currency, distributor.dateCreated, now])
  const revenue = BigInt(earned?.revenue ?? 0) - BigInt(last?.revenue ?? 0)
  if (revenue > Number.MAX_SAFE_INTEGER)
    throw new ConflictError(`Expected a revenue that can be counted, but since the last distribution it is ${revenue}`)
  const shared = Math.max(0, Number(revenue))
  const value = percentOf(distributor.revenuePercentage ?? 0, shared)
  const members = await sql.rows(membersOf, [organizationId, distributorId, since, now])
  const isEven = distributor.distributionResolver === 'evenlySharedPool'
  const shares = divide(isEven ? members.map(({ id }) => ({ id, score: 1 })) : members, value).filter(
    share => share.value > 0,
  )

  const [distribution] = (await sql.rows(insertDistribution, [
    organizationId,
    distributorId,
    shares.length === 0 ? 0 : shared,
    value,
    currency,
    now,
  ])) as [DistributionRow]
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

// sums may be beyond what each of their parts can be
const distributedBefore = statement<{ since: Date | null; revenue: string }>(`
  select max(n.trigger_date) as since, coalesce(sum(n.revenue) filter (where n.currency = $3), 0)::text as revenue
  from distribution n where n.organization_id = $1 and n.distributor_id = $2`)

const revenueOf = statement<{ revenue: string }>(`
  select coalesce(sum(t.total_value), 0)::text as revenue from transaction t
  where t.organization_id = $1 and t.currency = $2 and t.status = 'complete' and t.date_created > $3 and t.date_created <= $4`)

const membersOf = statement<Member>(`
  select c.id, (
      select coalesce(sum(v.score), 0)::bigint from conversion v
      where v.organization_id = $1 and v.collaborator_id = c.id and v.status <> 'rejected'
        and v.date_created > $3 and v.date_created <= $4
    ) as score
  from distributor_enrollment m
    join collaborator c on c.organization_id = m.organization_id and c.id = m.collaborator_id and c.status = 'active'
  where m.organization_id = $1 and m.distributor_id = $2
  order by c.id`)

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
