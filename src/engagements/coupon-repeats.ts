import { statement } from '../database/sql.ts'
import type { EventContext } from '../events/dispatcher.ts'
import { boundCouponUsed } from './triggers/bound-coupon-used.ts'

/**
 * Takes note that a coupon is applied again on an opportunity, where its engagements are active still: carts apply it on
 * every change, which adds nothing. Of all applications the earliest counts, in whatever order they are told.
 *
 * Answers the programs under which it counts all the same, since its engagement there has converted or there is none;
 * undefined where the coupon is not applied again.
 */
export const repeatCoupon = async (
  { opportunityId, code, collaboratorId }: { opportunityId: number; code: string; collaboratorId: number },
  { sql, organizationId, now, ingestedEventId }: EventContext,
): Promise<readonly number[] | undefined> => {
  const held = await sql.rows(repeat, [organizationId, opportunityId, code, now, ingestedEventId])
  if (held.length === 0) return undefined
  const programIds = held.map(({ programId }) => programId)
  const others = await sql.rows(otherPrograms, [organizationId, collaboratorId, boundCouponUsed.id, programIds])
  return others.map(({ id }) => id)
}

const repeat = statement<{ programId: number }>(`
  with held as materialized (
    select distinct on (e.id) e.id as engagement_id, e.program_id, t.id as touch_id, t.date_created, t.ingested_event_id
    from engagement e join touch t on t.organization_id = $1 and t.engagement_id = e.id and t.coupon_code = $3
    where e.organization_id = $1 and e.opportunity_id = $2 and e.status = 'active'
    order by e.id, t.date_created, t.id
  ), repeated as (
    insert into coupon_repeat (organization_id, touch_id, date_created, ingested_event_id)
    select $1, touch_id, greatest(date_created, $4), case when $4 < date_created then ingested_event_id else $5 end
    from held order by touch_id
  ), moved as (
    update touch t set date_created = $4, ingested_event_id = $5 from held
    where t.organization_id = $1 and t.id = held.touch_id and $4 < held.date_created
  ), dated as (
    update engagement e set date_created = least(e.date_created, $4), date_modified = (
        select max(case t.id when held.touch_id then $4 else t.date_created end) from touch t
        where t.organization_id = $1 and t.engagement_id = e.id
      )
    from held where e.organization_id = $1 and e.id = held.engagement_id and $4 < held.date_created
  )
  select distinct program_id as "programId" from held`)

const otherPrograms = statement<{ id: number }>(`
  select p.id from enrollment n
    join collaborator c on c.organization_id = $1 and c.id = n.collaborator_id and c.status = 'active'
    join program p on p.organization_id = $1 and p.id = n.program_id and p.status = 'active'
    join program_engagement_type t on t.organization_id = $1 and t.program_id = p.id and t.type = $3
  where n.organization_id = $1 and n.collaborator_id = $2 and p.id <> all($4::bigint[])
  order by p.id`)
