/**
 * SQL for what an engagement was at a moment: `score`, `date_created` (the first touch) and `date_modified` (the latest one) of
 * its touches up to and including it, how many `touches` those are, and whether anything `is_later`. All but the last two
 * are null where every touch came later.
 * @param engagementId SQL for the engagement's id.
 * @param moment SQL for the moment.
 */
export const ledgerOf = (engagementId: string, moment: string): string => `
  select sum(t.points) filter (where t.date_created <= ${moment})::bigint as score,
    min(t.date_created) filter (where t.date_created <= ${moment}) as date_created,
    max(t.date_created) filter (where t.date_created <= ${moment}) as date_modified,
    (count(*) filter (where t.date_created <= ${moment}))::integer as touches,
    coalesce(bool_or(t.date_created > ${moment} or t.coupon_code is not null and exists (
      select from coupon_repeat r where r.organization_id = $1 and r.touch_id = t.id and r.date_created > ${moment}
    )), false) as is_later
  from touch t where t.organization_id = $1 and t.engagement_id = ${engagementId}`
