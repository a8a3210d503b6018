import type { OrganizationPlan } from './plan.ts'
import { END, lastId, START } from './sql-text.ts'

/** Distributions, and what is owed and paid for them and for conversions. Leaves the temporary tables share and owed. */
export const rewards = (plan: OrganizationPlan): string => `
  insert into distributor (
    organization_id, id, name, description, status, distribution_resolver, distribution_pool_resolver, units, schedule,
    revenue_percentage, date_created, date_modified
  )
  select
    ${plan.id}, ${lastId('distributor')} + n,
    concat((array['Partner Profit Share', 'Founders’ Pool', 'Launch Bonus'])[1 + (n - 1) % 3], ' ' || nullif(1 + (n - 1) / 3, 1)),
    'Shares a part of the quarter’s revenue among its members.',
    status::distributor_status, 'evenlySharedPool', 'revenuePercentage', '${plan.currency}', 'quarterly', 2.5,
    ${START} + interval '2 days',
    case status when 'active' then ${START} + interval '2 days' when 'inactive' then ${START} + interval '420 days' else ${START} + interval '330 days' end
  from generate_series(1, ${plan.distributors}) as n
    cross join lateral (select (array['active', 'inactive', 'deleted'])[1 + (n - 1) % 3] as status) as judged;

  -- Neighbours in the list of the active collaborators, starting at another one for each distributor.
  insert into distributor_enrollment (organization_id, collaborator_id, distributor_id, date_created)
  select ${plan.id}, e.id, d.id, ${START} + interval '140 days'
  from (select id, row_number() over (order by id) - 1 as n from distributor where organization_id = ${plan.id}) as d
    cross join (select count(*) as active from earner where active) as earners
    cross join generate_series(0, ${plan.members} - 1) as place
    join earner e on e.n = (d.n * 7 + place) % earners.active
  order by e.id, d.id;

  -- A run every quarter while the distributor was there; the last one has only just begun.
  create temp table run on commit drop as
  select
    ${lastId('distribution')} + row_number() over (order by quarter, d.id) as id, d.id as distributor_id, members,
    25000 + 100 * pg_temp.pick(d.id * 16 + quarter, 40, 500) as per_member,
    triggered_at, quarter = 5 and d.status = 'active' as running
  from distributor d
    cross join generate_series(0, 5) as quarter
    cross join lateral (select ${START} + interval '3 months' * quarter + interval '8 months 27 days 12 hours' as triggered_at) as dated
    cross join lateral (
      select count(*) as members from distributor_enrollment where organization_id = d.organization_id and distributor_id = d.id
    ) as enrolled
  where d.organization_id = ${plan.id} and (d.status = 'active' or triggered_at < d.date_modified);

  insert into distribution (organization_id, id, distributor_id, status, value, currency, trigger_date, date_created, date_modified)
  select
    ${plan.id}, id, distributor_id, (case when running then 'pending' else 'complete' end)::distribution_status, per_member * members, '${plan.currency}',
    triggered_at, triggered_at, triggered_at + case when running then interval '0' else interval '1 minute' end
  from run order by id;

  create temp table share on commit drop as
  select
    ${lastId('allocation')} + row_number() over (order by run.id, e.collaborator_id) as id,
    run.id as distribution_id, run.distributor_id, e.collaborator_id, per_member as value, running, triggered_at + interval '1 minute' as allocated_at
  from run
    join distributor_enrollment e on e.organization_id = ${plan.id} and e.distributor_id = run.distributor_id;

  -- What is approved by the end of a month is rolled into the next month's fulfillment, some of it held back.
  create temp table owed on commit drop as
  with issued as (
    select
      id as conversion_id, null::bigint as allocation_id, collaborator_id, type as award_type, value, currency,
      awarded_at + interval '1 second' as issued_at, approved_at, rejected_at,
      case when rejected_at is null and approved_at + interval '1 day' < ${END} and pg_temp.pick(id, 41, 25) = 0 then approved_at + interval '1 day' end as cancelled_at
    from award
    union all
    select null, id, collaborator_id, 'allocation', value, '${plan.currency}', allocated_at + interval '1 second', allocated_at + interval '1 second', null, null
    from share where not running
  ), due as (
    select *, date_trunc('month', approved_at) + interval '1 month 6 hours' as due_at,
      row_number() over (order by issued_at, conversion_id, allocation_id) as n
    from issued
  ), settled as (
    select *,
      case when due_at < ${END} and cancelled_at is null and due_at < coalesce(rejected_at, ${END}) and value > 0 and pg_temp.pick(n, 42, 12) > 0
        then due_at end as settled_at
    from due
  )
  select
    ${lastId('obligation')} + n as id, conversion_id, allocation_id, collaborator_id, award_type, value, currency, issued_at, settled_at,
    case
      when settled_at is not null then 'complete'
      when rejected_at is not null then 'rejected'
      when cancelled_at is not null then 'cancelled'
      when approved_at is not null then 'pending'
      else 'draft'
    end as status,
    coalesce(settled_at, greatest(rejected_at, issued_at), cancelled_at, greatest(approved_at, issued_at), issued_at) as modified,
    -- one payout per batch, collaborator and currency
    case when settled_at is not null then ${lastId('fulfillment')} + dense_rank() over (partition by settled_at is null order by settled_at) end as fulfillment_id,
    case when settled_at is not null then ${lastId('payout')} + dense_rank() over (partition by settled_at is null order by settled_at, collaborator_id, currency collate "C") end as payout_id
  from settled;
  analyze owed;

  -- The latest batch waits, the one before is under way; of the others one in seven failed.
  insert into fulfillment (organization_id, id, status, date_created, date_modified)
  select
    ${plan.id}, fulfillment_id, status::fulfillment_status, settled_at,
    settled_at + case status when 'pending' then interval '0' when 'processing' then interval '1 hour' else interval '6 days' end
  from (select fulfillment_id, settled_at, row_number() over (order by settled_at desc) as age from owed where fulfillment_id is not null group by 1, 2) as batch
    cross join lateral (select case when age = 1 then 'pending' when age = 2 then 'processing' when age % 7 = 5 then 'failed' else 'complete' end as status) as judged
  order by fulfillment_id;

  insert into payout (organization_id, id, collaborator_id, fulfillment_id, value, currency, status, date_paid, date_created, date_modified)
  select
    ${plan.id}, payout_id, collaborator_id, fulfillment_id, value, currency, judged.status::payout_status,
    case judged.status when 'paid' then f.date_created + interval '5 days' end, f.date_created,
    case judged.status when 'unpaid' then f.date_created when 'paid' then f.date_created + interval '5 days' else f.date_modified end
  from (
    select payout_id, fulfillment_id, collaborator_id, currency, sum(value) as value from owed where payout_id is not null group by 1, 2, 3, 4
  ) as bundle
    join fulfillment f on f.organization_id = ${plan.id} and f.id = bundle.fulfillment_id
    cross join lateral (
      select case f.status
        when 'failed' then 'failed'
        when 'processing' then 'processing'
        when 'complete' then case when pg_temp.pick(payout_id, 43, 8) = 0 then 'unpaid' else 'paid' end
        else 'unpaid'
      end as status
    ) as judged
  order by payout_id;

  insert into obligation (organization_id, id, collaborator_id, payout_id, status, award_type, value, currency, date_created, date_modified)
  select ${plan.id}, id, collaborator_id, payout_id, status::obligation_status, award_type, value, currency, issued_at, modified
  from owed order by id;

  insert into conversion (organization_id, id, engagement_id, collaborator_id, transaction_id, obligation_id, score, type, status, rejected_by_hand, issued_value, issued_for, date_created, date_modified)
  select
    ${plan.id}, a.id, engagement_id, a.collaborator_id, transaction_id, o.id, score, type::conversion_type, a.status::conversion_status,
    a.status = 'rejected' and a.reason not like 'Transaction %', o.value, a.incentive_type::incentive_type, awarded_at, coalesce(rejected_at, approved_at, awarded_at + interval '1 second')
  from award a join owed o on o.conversion_id = a.id
  order by a.id;

  update obligation set conversion_id = owed.conversion_id from owed
  where obligation.organization_id = ${plan.id} and obligation.id = owed.id and owed.conversion_id is not null;

  insert into allocation (organization_id, id, distribution_id, collaborator_id, obligation_id, status, value, currency)
  select
    ${plan.id}, s.id, distribution_id, s.collaborator_id, o.id, (case when running then 'pending' else 'complete' end)::distribution_status,
    s.value, '${plan.currency}'
  from share s left join owed o on o.allocation_id = s.id
  order by s.id;
`
