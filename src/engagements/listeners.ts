import { ledgerOf } from '../database/ledger.ts'
import type { EngagementRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import type { Award, DomainEvent, EventOf, EventType } from '../events/catalog.ts'
import type { EventContext, Listener, Listeners } from '../events/dispatcher.ts'
import { engagements as lifecycle } from './engagement.ts'
import type { TriggerStrategy } from './triggers/strategy.ts'

/** Makes engagements of claims, and advances them as their opportunities convert. */
export const engagementListeners: Listeners = {
  // an engagement for each active program that enables the trigger and that the active collaborator is enrolled in, or the
  // points that the program gives for it on top of those that are there
  EngagementInitialized: async (claims, { sql, organizationId, now, ingestedEventId }) => {
    const triggered: EventOf<'EngagementsTriggered'>[] = []
    for (const strategyId of new Set(claims.map(claim => claim.strategyId))) {
      const given = claims.filter(claim => claim.strategyId === strategyId)
      const merged = await sql.rows(merge, [organizationId, strategyId, JSON.stringify(given), now, ingestedEventId])
      for (const opportunityId of new Set(merged.map(engagement => engagement.opportunityId))) {
        const touched = merged.filter(engagement => engagement.opportunityId === opportunityId)
        const created = touched.filter(({ isNew }) => isNew).map(({ id }) => id)
        const engagements = touched.map(({ isNew: _, ...engagement }) => engagement)
        triggered.push({ type: 'EngagementsTriggered', opportunityId, engagements, created, strategyId })
      }
    }
    return triggered
  },

  ConversionInitialized: async (events, context) => {
    const pairs = events.flatMap(({ opportunityId, matches, asOf }) =>
      matches.map(({ program }) => ({ opportunityId, programId: program.id, asOf })),
    )
    const { splits } = await close(pairs, 'pending', context)
    return splits
  },

  ProgramGroupContested: async (events, context) => {
    const pairs = events.flatMap(({ opportunityId, losingPrograms, asOf }) =>
      losingPrograms.map(({ id: programId }) => ({ opportunityId, programId, asOf })),
    )
    const { closed, splits } = await close(pairs, 'cancelled', context)
    const contests = events.map(({ type: _, asOf: __, ...contest }): DomainEvent => {
      const { opportunityId, losingPrograms } = contest
      const isLoser = (engagement: EngagementRow) =>
        engagement.opportunityId === opportunityId && losingPrograms.some(({ id }) => id === engagement.programId)
      return { type: 'ProgramGroupConversionTriggered', ...contest, cancelled: closed.filter(isLoser) }
    })
    return [...contests, ...splits]
  },

  ConversionsAwarded: async (awards, { sql, organizationId, now }) => {
    const opportunities = awards.map(({ opportunityId }) => opportunityId)
    const programs = awards.map(({ program }) => program.id)
    const completed = await sql.rows(completeAll, [organizationId, opportunities, programs, now])
    const byId = new Map(completed.map(engagement => [engagement.id, engagement]))
    const completions = new Map(
      awards.map(({ opportunityId, conversionType }) => [
        `${opportunityId} ${conversionType}`,
        { opportunityId, conversionType },
      ]),
    )
    return [
      ...awards.flatMap(award => awarded(award, byId)),
      ...[...completions.values()].map(completion => ({ type: 'EngagementCompleted', ...completion }) as const),
    ]
  },
}

/** Cancels what can be cancelled of an opportunity's engagements, and answers it. */
export const cancelEngagements = (
  opportunityId: number,
  { sql, organizationId, now }: EventContext,
): Promise<readonly EngagementRow[]> =>
  sql.rows(cancelAll, [organizationId, opportunityId, lifecycle.before('cancelled'), now])

/** Hears the events of a strategy's type, and answers the claims that it makes of them. */
export const claimsOf =
  ({ id, needsCoupons = false, claim }: TriggerStrategy): Listener<EventType> =>
  async events =>
    events.flatMap(event => {
      const claimed = claim(event as never)
      return claimed === undefined
        ? []
        : [{ ...claimed, type: 'EngagementInitialized' as const, strategyId: id, needsCoupons }]
    })

/** What each credited engagement, which has just become complete, is told. */
const awarded = (award: Award, completed: ReadonlyMap<number, EngagementRow>): DomainEvent[] =>
  award.conversions.flatMap(({ engagementId }) => {
    const engagement = completed.get(engagementId)
    const { transaction, incentiveType, resolver } = award
    return engagement === undefined
      ? []
      : [{ type: 'EngagementAwarded', engagement, transaction, incentiveType, resolver }]
  })

/** The engagements of an opportunity under a program, as they were at a moment. */
interface Pair {
  readonly opportunityId: number
  readonly programId: number
  readonly asOf: Date
}

/**
 * Closes engagements as they were at a moment. An active one that had no touch by then stays as it is; the touches that came
 * later move to a new active one.
 */
const close = async (
  pairs: readonly Pair[],
  to: 'pending' | 'cancelled',
  { sql, organizationId, now }: EventContext,
): Promise<{ closed: readonly EngagementRow[]; splits: readonly DomainEvent[] }> => {
  if (pairs.length === 0) return { closed: [], splits: [] }
  const columns = [
    pairs.map(({ opportunityId }) => opportunityId),
    pairs.map(({ programId }) => programId),
    pairs.map(({ asOf }) => asOf),
  ]
  const closed = await sql.rows(closeAll, [organizationId, ...columns, to, lifecycle.before(to), now])
  const originals = new Map(closed.filter(({ isLater }) => isLater).map(row => [row.id, row]))
  if (originals.size === 0) return { closed, splits: [] }
  const moments = [...originals.values()].map(({ asOf }) => asOf)
  const made = await sql.rows(split, [organizationId, [...originals.keys()], moments])
  const splits = made.flatMap(({ originalId, ...engagement }): DomainEvent[] => {
    const found = originals.get(originalId)
    if (found === undefined) return []
    const { isLater: _, asOf: __, ...original } = found
    return [{ type: 'EngagementSplit', engagement, original }]
  })
  return { closed, splits }
}

const ENGAGEMENT = selectList(tableOf('Engagement'), 'e')

const closeAll = statement<EngagementRow & { isLater: boolean; asOf: Date }>(`
  update engagement e set status = $5::engagement_status, score = coalesce(was.score, e.score),
    date_modified = greatest(coalesce(was.date_modified, e.date_modified), $7)
  from unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) as pair(opportunity_id, program_id, as_of)
    join engagement x on x.organization_id = $1 and x.opportunity_id = pair.opportunity_id and x.program_id = pair.program_id
    left join lateral (${ledgerOf('x.id', 'pair.as_of')}) was on x.status = 'active'
  where x.status = any($6::text[]::engagement_status[]) and (x.status <> 'active' or was.touches > 0)
    and e.organization_id = $1 and e.id = x.id
  returning ${ENGAGEMENT}, coalesce(was.is_later, false) as "isLater", pair.as_of as "asOf"`)

// A coupon that was applied before the moment and again after it is a touch on either side: the first application after the
// moment becomes one, and what repeated the one repeats the other from then on.
const split = statement<EngagementRow & { originalId: number }>(`
  with original as materialized (
    select * from unnest($2::bigint[], $3::timestamptz[]) as o(id, as_of)
  ), later as (
    select t.id, t.engagement_id, t.points, t.date_created from original o
      join touch t on t.organization_id = $1 and t.engagement_id = o.id and t.date_created > o.as_of
  ), again as materialized (
    select distinct on (t.id) nextval(pg_get_serial_sequence('touch', 'id')) as id, t.id as touch_id, t.engagement_id, t.engagement_type,
      t.points, t.coupon_code, r.id as repeat_id, r.date_created, r.ingested_event_id
    from original o join touch t on t.organization_id = $1 and t.engagement_id = o.id and t.date_created <= o.as_of
      join coupon_repeat r on r.organization_id = $1 and r.touch_id = t.id and r.date_created > o.as_of
    order by t.id, r.date_created, r.id
  ), total as (
    select engagement_id, sum(points) as score, min(date_created) as date_created, max(date_created) as date_modified
    from (select engagement_id, points, date_created from later union all select engagement_id, points, date_created from again) p
    group by engagement_id
  ), made as (
    insert into engagement as e (
      organization_id, opportunity_id, program_id, collaborator_id, score, date_created, date_modified
    )
    select $1, o.opportunity_id, o.program_id, o.collaborator_id, total.score, total.date_created, total.date_modified
    from total join engagement o on o.organization_id = $1 and o.id = total.engagement_id
    order by o.id
    returning e.*
  ), pair as (
    select made.id, o.id as original_id from made join engagement o on o.organization_id = $1 and o.id in (select id from original)
      and o.opportunity_id = made.opportunity_id and o.program_id = made.program_id and o.collaborator_id = made.collaborator_id
  ), moved as (
    update touch t set engagement_id = pair.id from later join pair on pair.original_id = later.engagement_id
    where t.organization_id = $1 and t.id = later.id
  ), begun as (
    insert into touch (organization_id, id, engagement_id, engagement_type, points, date_created, ingested_event_id, coupon_code)
    select $1, a.id, pair.id, a.engagement_type, a.points, a.date_created, a.ingested_event_id, a.coupon_code
    from again a join pair on pair.original_id = a.engagement_id
  ), repeated as (
    update coupon_repeat r set touch_id = a.id from again a
    where r.organization_id = $1 and r.touch_id = a.touch_id and r.date_created >= a.date_created and r.id <> a.repeat_id
  ), used as (
    delete from coupon_repeat r using again a where r.organization_id = $1 and r.id = a.repeat_id
  )
  select ${ENGAGEMENT}, pair.original_id as "originalId" from made e join pair using (id) order by e.id`)

const completeAll = statement<EngagementRow>(`
  update engagement e set status = 'complete', date_modified = greatest(e.date_modified, $4)
  from unnest($2::bigint[], $3::bigint[]) as pair(opportunity_id, program_id)
  where e.organization_id = $1 and e.opportunity_id = pair.opportunity_id and e.program_id = pair.program_id
    and e.status = 'pending'
  returning ${ENGAGEMENT}`)

const cancelAll = statement<EngagementRow>(`
  update engagement e set status = 'cancelled', date_modified = greatest(e.date_modified, $4)
  where e.organization_id = $1 and e.opportunity_id = $2 and e.status = any($3::text[]::engagement_status[])
  returning ${ENGAGEMENT}`)

// One statement on the partial unique index, so that of triggers at the same moment each adds its points. PostgreSQL expects
// a hundred claims, where there are one or two: the limits have it look each one's records up, and not read whole tables.
const merge = statement<EngagementRow & { isNew: boolean }>(`
  with claimed as materialized (
    select claim."opportunityId" as opportunity_id, p.id as program_id, c.id as collaborator_id, t.value as points, claim."couponCode" as coupon_code
    from jsonb_to_recordset($3::jsonb) as claim("opportunityId" bigint, "collaboratorId" bigint, "programIds" bigint[], "needsCoupons" boolean, "couponCode" text)
      cross join lateral (select o.id from opportunity o where o.organization_id = $1 and o.id = claim."opportunityId" and o.status = 'active' limit 1) o
      cross join lateral (select c.id from collaborator c where c.organization_id = $1 and c.id = claim."collaboratorId" and c.status = 'active' limit 1) c
      cross join lateral (select n.program_id from enrollment n where n.organization_id = $1 and n.collaborator_id = c.id offset 0) n
      join program p on p.organization_id = $1 and p.id = n.program_id and p.status = 'active'
      join program_engagement_type t on t.organization_id = $1 and t.program_id = p.id and t.type = $2
    where (claim."programIds" is null or p.id = any(claim."programIds"))
      and (not claim."needsCoupons" or exists (select from integration i where i.organization_id = $1 and i.status = 'active' and i.supports_coupons))
  ), merged as (
    insert into engagement as e (organization_id, opportunity_id, program_id, collaborator_id, score, date_created, date_modified)
    select $1, opportunity_id, program_id, collaborator_id, sum(points), $4, $4
    from claimed
    group by opportunity_id, program_id, collaborator_id
    order by opportunity_id, program_id, collaborator_id
    on conflict (organization_id, opportunity_id, program_id, collaborator_id) where status = 'active'
    do update set score = e.score + excluded.score,
      date_created = least(e.date_created, excluded.date_created), date_modified = greatest(e.date_modified, excluded.date_modified)
    returning e.*, e.xmax = 0 as is_new
  ), touched as (
    insert into touch (organization_id, engagement_id, engagement_type, points, date_created, ingested_event_id, coupon_code)
    select $1, e.id, $2, c.points, $4, $5, c.coupon_code
    from claimed c join merged e using (opportunity_id, program_id, collaborator_id)
    order by e.id
  )
  select ${ENGAGEMENT}, e.is_new as "isNew" from merged e order by e.id`)
