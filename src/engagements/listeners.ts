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
  EngagementInitialized: async (claims, { sql, organizationId, now }) => {
    const triggered: EventOf<'EngagementsTriggered'>[] = []
    for (const strategyId of new Set(claims.map(claim => claim.strategyId))) {
      const given = claims.filter(claim => claim.strategyId === strategyId)
      const merged = await sql.rows(merge, [organizationId, strategyId, JSON.stringify(given), now])
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
    const pairs = events.flatMap(({ opportunityId, matches }) =>
      matches.map(({ program }) => [opportunityId, program.id] as const),
    )
    await advance(pairs, 'pending', context)
    return []
  },

  ProgramGroupConversionTriggered: async (events, context) => {
    const pairs = events.flatMap(({ opportunityId, losingPrograms }) =>
      losingPrograms.map(({ id }) => [opportunityId, id] as const),
    )
    await advance(pairs, 'cancelled', context)
    return []
  },

  ConversionsAwarded: async (awards, context) => {
    const completed = await advance(
      awards.map(({ opportunityId, program }) => [opportunityId, program.id] as const),
      'complete',
      context,
    )
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

/** Moves engagements on, those of each opportunity under each program; those whose status does not allow it stay. */
const advance = async (
  pairs: readonly (readonly [opportunityId: number, programId: number])[],
  to: 'pending' | 'complete' | 'cancelled',
  { sql, organizationId, now }: EventContext,
): Promise<EngagementRow[]> => {
  if (pairs.length === 0) return []
  const [opportunities, programs] = [pairs.map(([id]) => id), pairs.map(([, id]) => id)]
  return sql.rows(advanceTo, [organizationId, opportunities, programs, to, lifecycle.before(to), now])
}

const ENGAGEMENT = selectList(tableOf('Engagement'), 'e')

const advanceTo = statement<EngagementRow>(`
  update engagement e set status = $4::engagement_status, date_modified = greatest(e.date_modified, $6)
  from unnest($2::bigint[], $3::bigint[]) as pair(opportunity_id, program_id)
  where e.organization_id = $1 and e.opportunity_id = pair.opportunity_id and e.program_id = pair.program_id
    and e.status = any($5::text[]::engagement_status[])
  returning ${ENGAGEMENT}`)

const cancelAll = statement<EngagementRow>(`
  update engagement e set status = 'cancelled', date_modified = greatest(e.date_modified, $4)
  where e.organization_id = $1 and e.opportunity_id = $2 and e.status = any($3::text[]::engagement_status[])
  returning ${ENGAGEMENT}`)

// One statement on the partial unique index, so that of triggers at the same moment each adds its points. PostgreSQL expects
// a hundred claims, where there are one or two: the limits have it look each one's records up, and not read whole tables.
const merge = statement<EngagementRow & { isNew: boolean }>(`
  insert into engagement as e (organization_id, opportunity_id, program_id, collaborator_id, score, date_created, date_modified)
  select $1, claim."opportunityId", p.id, c.id, sum(t.value), $4, $4
  from jsonb_to_recordset($3::jsonb) as claim("opportunityId" bigint, "collaboratorId" bigint, "programIds" bigint[], "needsCoupons" boolean)
    cross join lateral (select o.id from opportunity o where o.organization_id = $1 and o.id = claim."opportunityId" and o.status = 'active' limit 1) o
    cross join lateral (select c.id from collaborator c where c.organization_id = $1 and c.id = claim."collaboratorId" and c.status = 'active' limit 1) c
    cross join lateral (select n.program_id from enrollment n where n.organization_id = $1 and n.collaborator_id = c.id offset 0) n
    join program p on p.organization_id = $1 and p.id = n.program_id and p.status = 'active'
    join program_engagement_type t on t.organization_id = $1 and t.program_id = p.id and t.type = $2
  where (claim."programIds" is null or p.id = any(claim."programIds"))
    and (not claim."needsCoupons" or exists (select from integration i where i.organization_id = $1 and i.status = 'active' and i.supports_coupons))
  group by claim."opportunityId", p.id, c.id
  order by claim."opportunityId", p.id, c.id
  on conflict (organization_id, opportunity_id, program_id, collaborator_id) where status = 'active'
  do update set score = e.score + excluded.score, date_modified = greatest(e.date_modified, excluded.date_modified)
  returning ${ENGAGEMENT}, e.xmax = 0 as "isNew"`)
