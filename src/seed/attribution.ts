import { CLOSED } from './directory.ts'
import type { OrganizationPlan } from './plan.ts'
import { END, expectCount, lastId, START, texts } from './sql-text.ts'

const DAY = 86_400

/**
 * Customers' journeys, the engagements that claim credit on them, and their purchases. Leaves the temporary tables
 * journey, claim, contest and trade for what follows.
 */
export const attribution = (plan: OrganizationPlan): string => `
  -- Who may be credited and under what, the closed ones last: they have only early business.
  create temp table earner on commit drop as
  select row_number() over (order by status <> 'active', id) - 1 as n, id, status = 'active' as active
  from collaborator where organization_id = ${plan.id} and status in ('active', 'inactive', 'deleted');
  create temp table playing on commit drop as
  select
    row_number() over (order by status <> 'active', id) - 1 as n, id, status = 'active' as active, group_id,
    'lead' = any (active_conversion_types) as for_leads,
    coalesce((select value from program_engagement_type where organization_id = p.organization_id and program_id = p.id and type = 'boundCouponUsed'), 0) as coupon_points,
    (select max(value) from program_engagement_type where organization_id = p.organization_id and program_id = p.id and type not in ('boundCouponUsed', 'manual')) as points
  from program p where organization_id = ${plan.id} and status in ('active', 'inactive');
  analyze earner, playing;

  -- An opportunity's fate: merged into the next one, invalidated, sold, a lead, credited by hand, or still open.
  create temp table journey on commit drop as
  with dated as (
    select
      ${lastId('opportunity')} + n as id, n,
      ${START} + interval '130 days' + pg_temp.seconds((n - 1) * ${599 * DAY}::bigint / ${plan.opportunities} + pg_temp.pick(n, 1, ${DAY / 2})) as created
    from generate_series(1, ${plan.opportunities}) as n
  ), fated as (
    select
      *, created < ${START} + interval '300 days' as early,
      -- when the one it is merged into is there as well
      greatest(created, lead(created) over (order by n)) + interval '1 hour' as merged_at,
      case
        when n % 40 = 7 and n < ${plan.opportunities} then 'merged'
        when n % 25 = 12 then 'invalid'
        when created >= ${END} - interval '60 days' then 'open'
        when n % ${plan.manualEvery} = 9 then 'manual'
        when pg_temp.pick(id, 2, 1000) < ${plan.conversionsPerMille} then 'converting'
        else 'open'
      end as rough_fate
    from dated
  ), routed as (
    select fated.*, first.id as first_program_id, first.for_leads, first.group_id,
      pg_temp.skew(fated.id, 4, case when early then ever else now end) as second_n
    from fated
      cross join (select count(*) as ever, count(*) filter (where active) as now from playing) as programs
      join playing first on first.n = case
        -- one in eight is the first program's beyond doubt, so that it is a hot one in a long list too
        when rough_fate = 'manual' or pg_temp.pick(fated.id, 3, 8) = 0 then 0
        else pg_temp.skew(fated.id, 5, case when early then ever else now end)
      end
  )
  select
    routed.id, routed.n, created, early, merged_at, first_program_id,
    -- half the time the other program of the group, so that there are contests
    case when pg_temp.pick(routed.id, 6, 2) = 0 and partner.id is not null then partner.id else second.id end as second_program_id,
    case when rough_fate = 'converting' then case when routed.for_leads then 'lead' else 'sale' end else rough_fate end as fate,
    case rough_fate
      when 'converting' then created + interval '31 days' + pg_temp.seconds(pg_temp.pick(routed.id, 7, ${14 * DAY}))
      when 'manual' then created + interval '1 minute'
    end as converted_at,
    -- while the customer looks around
    least(${30 * DAY}, extract(epoch from ${END} - created)::bigint - 3600) as span
  from routed
    join playing second on second.n = second_n
    left join playing partner on partner.group_id = routed.group_id and partner.id <> routed.first_program_id;
  analyze journey;

  -- Merging has happened already: one row per opportunity, program and collaborator, with the score of all its triggers.
  -- Row 100 is a customer who came back after the conversion by the same way, which starts a new engagement.
  create temp table claim on commit drop as
  with proposed as (
    select j.id as opportunity_id, j.created as opportunity_created, j.fate, j.converted_at, j.span, k, j.id * 16 + k % 100 as seed,
      p.id as program_id, p.coupon_points, p.points, e.id as collaborator_id, e.n = 1 as coupon_site
    from journey j
      cross join lateral (
        select generate_series(0, case fate when 'merged' then -1 when 'manual' then 0 else pg_temp.pick(j.id, 8, ${plan.claimsPerOpportunity}) end) as k
        union all
        select 100 where fate in ('sale', 'lead') and pg_temp.pick(j.id, 9, 4) = 0
      ) as turn
      join playing p on p.id = case when k in (2, 5, 8) then second_program_id else first_program_id end
      cross join (select count(*) as ever, count(*) filter (where active) as now from earner) as earners
      join earner e on e.n = case
        -- the second collaborator is a big coupon site: one in five wherever coupons count
        when p.coupon_points > 0 and pg_temp.pick(j.id * 16 + k % 100, 10, 5) = 0 then 1
        else pg_temp.skew(j.id * 16 + k % 100, 11, case when early then ever else now end)
      end
  ), kept as (
    select * from (
      select distinct on (opportunity_id, program_id, collaborator_id, k = 100) *
      from proposed
      order by opportunity_id, program_id, collaborator_id, k = 100, k
    ) as merged
    order by k % 100, pg_temp.pick(seed, 12, 1000000007), seed, k
    limit ${plan.engagements}
  ), triggered as (
    select *,
      case
        when fate = 'manual' or coupon_points = 0 then 0
        when coupon_site then 1 + pg_temp.pick(seed, 13, 4)
        else greatest(0, pg_temp.pick(seed, 13, 16) - 13)
      end as coupons,
      case
        when fate = 'manual' then opportunity_created
        when k = 100 then converted_at + interval '1 day' + pg_temp.seconds(pg_temp.pick(seed, 14, ${9 * DAY}))
        when k = 0 then opportunity_created
        else opportunity_created + pg_temp.seconds(pg_temp.pick(seed, 14, span * 7 / 10))
      end as created
    from kept
  ), scored as (
    select *, case when coupons > 0 then pg_temp.pick(seed, 15, 3) when fate = 'manual' then 1 else 1 + pg_temp.pick(seed, 15, 4) end as visits
    from triggered
  )
  select
    ${lastId('engagement')} + row_number() over (order by created, opportunity_id, k, seed) as id,
    opportunity_id, program_id, collaborator_id, k = 100 as returning_customer, coupons, visits * points + coupons * coupon_points as score, created,
    case when visits + coupons > 1
      then created + pg_temp.seconds(pg_temp.pick(seed, 16, case k when 100 then ${DAY} else span * 3 / 10 end))
      else created
    end as last_trigger
  from scored;
  analyze claim;
  ${expectCount(plan.engagements, `engagements of organization ${plan.id}`, 'claim')}

  -- Programs of a group that meet on a sale: the one with the newest binding wins.
  create temp table contest on commit drop as
  select
    opportunity_id, group_id,
    (array_agg(program_id order by last_trigger desc, c.id desc))[1] as winner_id,
    array_agg(distinct program_id) as program_ids,
    array_agg(distinct collaborator_id) as collaborator_ids
  from claim c
    join journey j on j.id = c.opportunity_id and j.fate = 'sale'
    join program p on p.organization_id = ${plan.id} and p.id = c.program_id and p.group_id is not null
  where not returning_customer and 'sale' = any (p.active_conversion_types)
  group by opportunity_id, group_id
  having count(distinct program_id) > 1;
  analyze contest;

  -- Where each engagement stands now, and since when. Where nothing was awarded (every engagement had expired), it is pending.
  create temp table standing on commit drop as
  select c.*, judged.status, case judged.status when 'active' then last_trigger else coalesce(converted_at, j.created + pg_temp.seconds(span)) end as modified
  from claim c
    join journey j on j.id = c.opportunity_id
    join program p on p.organization_id = ${plan.id} and p.id = c.program_id
    left join contest on contest.opportunity_id = c.opportunity_id and contest.group_id = p.group_id
    cross join lateral (
      select case
        when fate = 'invalid' then 'cancelled'
        when fate = 'open' or returning_customer then 'active'
        when (case fate when 'lead' then 'lead' else 'sale' end)::conversion_type <> all (p.active_conversion_types) then 'active'
        when contest.winner_id <> c.program_id then 'cancelled'
        when fate <> 'manual' and pg_temp.pick(c.opportunity_id * 1024 + c.program_id, 17, 9) = 0 then 'pending'
        else 'complete'
      end as status
    ) as judged;
  analyze standing;

  insert into opportunity (organization_id, id, status, user_id, merged_into_id, date_created, date_modified)
  select
    ${plan.id}, j.id,
    (case fate when 'merged' then 'inactive' when 'invalid' then 'invalid' else 'active' end)::opportunity_status,
    case when fate <> 'merged' and (converted_at is not null or n % 3 = 0 or n % 40 = 8) then 'customer-' || j.id end,
    case fate when 'merged' then j.id + 1 end,
    j.created,
    greatest(j.created, case fate when 'merged' then merged_at when 'invalid' then j.created + pg_temp.seconds(span) end, converted_at, last_seen)
  from journey j
    left join (select opportunity_id, max(last_trigger) as last_seen from claim group by opportunity_id) as seen on seen.opportunity_id = j.id
  -- the merged ones after those they point at
  order by fate = 'merged', j.id;

  insert into engagement (organization_id, id, opportunity_id, program_id, collaborator_id, score, status, date_created, date_modified)
  select ${plan.id}, id, opportunity_id, program_id, collaborator_id, score, status::engagement_status, created, modified
  from standing order by id;

  -- What came in between the first touch and the last is told with the last.
  insert into touch (organization_id, engagement_id, engagement_type, points, date_created)
  select ${plan.id}, s.id, case when j.fate = 'manual' then 'manual' else 'referredSiteVisit' end, part.points, part.moment
  from standing s
    join journey j on j.id = s.opportunity_id
    cross join lateral (
      select s.score as points, s.created as moment where s.last_trigger = s.created
      union all select s.score - s.score / 2, s.created where s.last_trigger > s.created
      union all select s.score / 2, s.last_trigger where s.last_trigger > s.created
    ) as part
  order by s.id, part.moment;

  -- Everyone accepted is in the first program; beyond that, in those under which they have engagements.
  insert into enrollment (organization_id, collaborator_id, program_id, date_created)
  select ${plan.id}, c.id, joined.program_id, c.date_created + interval '1 day'
  from (
    select collaborator_id, program_id from claim
    union
    select e.id, p.id from earner e, playing p where p.n = 0
  ) as joined
    join collaborator c on c.organization_id = ${plan.id} and c.id = joined.collaborator_id
  order by c.id, joined.program_id;
`

/** What customers bought, and bought again: transactions with their lines. */
export const commerce = (plan: OrganizationPlan): string => `
  create temp table trade on commit drop as
  with deal as (
    select
      id as opportunity_id, fate, 0 as cycle, 'sale' as type, converted_at as awarded_at,
      -- what is credited by hand was bought before
      case fate when 'manual' then created - interval '2 days' else converted_at end as traded_at
    from journey where fate in ('sale', 'manual')
    union all
    select j.id, fate, cycle, 'renewal', renewed_at, renewed_at
    from journey j
      cross join generate_series(1, 6) as cycle
      cross join lateral (select converted_at + interval '30 days' * cycle as renewed_at) as dated
    where fate in ('sale', 'manual') and renewed_at < ${END} - interval '1 day'
      and pg_temp.pick(j.id, 20, 1000) < ${plan.renewalsPerMille} and cycle <= 1 + pg_temp.pick(j.id, 21, 6)
      and pg_temp.pick(j.id * 64, 22, 1000) >= 95 -- the original stands
      and exists (
        select from standing s join program p on p.organization_id = ${plan.id} and p.id = s.program_id
        where s.opportunity_id = j.id and s.status = 'complete' and 'renewal' = any (p.active_conversion_types)
      )
  ), ended as (
    select *,
      awarded_at + interval '2 days' + pg_temp.seconds(pg_temp.pick(opportunity_id * 64 + cycle, 23, ${10 * DAY})) as end_at,
      pg_temp.pick(opportunity_id * 64 + cycle, 22, 1000) as luck
    from deal
  )
  select
    ${lastId('transaction')} + row_number() over (order by traded_at, opportunity_id, cycle) as id,
    opportunity_id, fate, cycle, type, traded_at, awarded_at,
    case when end_at >= ${END} or luck >= 95 then 'complete' when luck < 70 then 'refunded' else 'cancelled' end as status,
    case when end_at < ${END} and luck < 95 then end_at end as ended_at
  from ended;
  analyze trade;

  create temp table line on commit drop as
  select
    ${lastId('line_item')} + row_number() over (order by t.id, number) as id, t.id as transaction_id, number,
    case when number = 4 then 'Shipping' when cycle > 0 then 'Membership, one month' else 'product' end as name,
    case number when 4 then 'shipping' else 'product' end as type,
    case when number = 4 then 495 when cycle > 0 then 1200 else 899 + 50 * pg_temp.pick(t.id * 4 + number, 24, 120) end as value,
    case when number = 4 or cycle > 0 then 1 else 1 + pg_temp.pick(t.id * 4 + number, 25, 3) end as quantity
  from trade t
    cross join generate_series(1, 4) as number
  where case when cycle > 0 then number = 1 when number = 4 then pg_temp.pick(t.id, 26, 2) = 0 else number <= 1 + pg_temp.pick(t.id, 27, 3) end;

  create temp table basket on commit drop as
  select
    transaction_id, sum(value * quantity)::bigint as total,
    (sum(value * quantity) filter (where type = 'product'))::bigint as qualifying,
    sum(quantity) filter (where type = 'product') as units
  from line group by transaction_id;
  analyze basket;

  insert into transaction (organization_id, id, opportunity_id, original_transaction_id, status, source, external_id, total_value, refunded_value, fraction_left, currency, date_created, date_modified)
  select
    ${plan.id}, t.id, case t.fate when 'manual' then null else t.opportunity_id end, original.id, t.status::transaction_status,
    source, source || '-' || 10000 + t.id, total, case t.status when 'refunded' then total else 0 end,
    case t.status when 'refunded' then '0/1' else '1/1' end, '${plan.currency}', t.traded_at, coalesce(t.ended_at, t.traded_at)
  from trade t
    join basket on transaction_id = t.id
    left join trade original on original.opportunity_id = t.opportunity_id and original.cycle = 0 and t.cycle > 0
    cross join lateral (select case when t.cycle > 0 then 'stripe' else 'woocommerce' end as source) as sent
  order by t.id;

  insert into line_item (organization_id, id, transaction_id, external_id, name, type, value, quantity, total, units)
  select
    ${plan.id}, id, transaction_id, case line.name when 'product' then 'sku-' || drawn end,
    case line.name when 'product' then title else line.name end, type, value, quantity, value * quantity, '${plan.currency}'
  from line
    cross join lateral (select 1 + pg_temp.pick(line.id, 28, ${plan.products.length}) as drawn) as draw
    join unnest(${texts(plan.products)}) with ordinality as product (title, number) on product.number = drawn
  order by id;
`

/** Who is credited for each conversion, with how much, and what became of it. Leaves the temporary table award. */
export const awards = (plan: OrganizationPlan): string => `
  create temp table award on commit drop as
  with eligible as (
    select
      s.id as engagement_id, s.opportunity_id, s.program_id, s.collaborator_id, s.score, s.created, s.last_trigger,
      t.id as transaction_id, coalesce(t.cycle, 0) as cycle, coalesce(t.type, 'lead') as type, t.ended_at, t.status as trade_status,
      coalesce(t.awarded_at, j.converted_at) as awarded_at, p.auto_approve, p.incentive_type, p.incentive_resolver_type as resolver,
      case p.incentive_type when 'saleTransactionPercentage' then '${plan.currency}' else p.units end as currency,
      case p.incentive_type
        when 'saleTransactionPercentage' then round(p.transaction_percent * qualifying / 100)
        when 'fixedPerTransaction' then p.payout_per_transaction
        when 'fixedPerProduct' then p.payout_per_product * b.units
        else p.payout_per_lead
      end::bigint as pool
    from standing s
      join journey j on j.id = s.opportunity_id
      join program p on p.organization_id = ${plan.id} and p.id = s.program_id
      join earner on earner.id = s.collaborator_id
      left join trade t on t.opportunity_id = s.opportunity_id
      left join basket b on b.transaction_id = t.id
    where s.status = 'complete' and coalesce(t.type, 'lead')::conversion_type = any (p.active_conversion_types)
      and (earner.active or coalesce(t.awarded_at, j.converted_at) < ${CLOSED})
  ), ranked as (
    select *,
      row_number() over (pair order by last_trigger desc, engagement_id desc) as newest,
      row_number() over (pair order by created, engagement_id) as oldest,
      row_number() over (pair order by score desc, created, engagement_id) as top,
      count(*) over pair as sharers,
      sum(score) over pair as total_score,
      floor(pool * score / sum(score) over pair)::bigint as weighted,
      pool * score % sum(score) over pair as remainder
    from eligible
    window pair as (partition by opportunity_id, program_id, cycle)
  ), shared as (
    select *,
      case resolver
        when 'evenlySharedPool' then pool / sharers
        when 'performanceWeightedPool' then weighted + case
          -- the minor units left over go to the largest remainders
          when row_number() over (pair order by remainder desc, engagement_id) <= pool - sum(weighted) over pair then 1 else 0 end
        else pool
      end as value
    from ranked
    where case resolver
      when 'newestBindingWins' then newest = 1
      when 'oldestBindingWins' then oldest = 1
      when 'topScoreWins' then top = 1
      else score > 0
    end
    window pair as (partition by opportunity_id, program_id, cycle)
  ), reviewed as (
    select *,
      awarded_at + case when auto_approve then interval '1 second' else interval '1 day' + pg_temp.seconds(pg_temp.pick(engagement_id * 64 + cycle, 30, ${7 * DAY})) end as review_at,
      pg_temp.pick(engagement_id * 64 + cycle, 31, 100) as luck
    from shared
  ), verdict as (
    select *,
      case when review_at < ${END} and (auto_approve or luck >= 13) then review_at end as found_good_at,
      case when review_at < ${END} and not auto_approve and luck between 8 and 12 then review_at end as found_bad_at
    from reviewed
  ), decided as (
    select *,
      case when ended_at is null or found_good_at < ended_at then found_good_at end as approved_at,
      least(found_bad_at, ended_at) as rejected_at,
      case
        when found_bad_at < coalesce(ended_at, ${END}) then (array['Self-referral', 'Duplicate customer', 'Outside the terms'])[1 + luck % 3]
        when trade_status = 'refunded' then 'Transaction refunded'
        when trade_status = 'cancelled' then 'Transaction cancelled'
      end as reason
    from verdict
  )
  select
    ${lastId('conversion')} + row_number() over (order by awarded_at, engagement_id, cycle) as id,
    engagement_id, opportunity_id, program_id, collaborator_id, transaction_id, cycle, type, score, incentive_type, value, currency,
    awarded_at, approved_at, rejected_at, reason,
    case when rejected_at is not null then 'rejected' when approved_at is not null then 'approved' else 'pending' end as status
  from decided;
  analyze award;
`
