import type { OrganizationPlan } from './plan.ts'
import { END, lastId, START, text, texts } from './sql-text.ts'

// Read side by side, the first forty are the first forty people; later ones combine the lists anew.
const GIVEN = `Amara Lucía Kenji Priya Tomasz Aisha Mateo Ingrid Kwame Mei Callum Fatima Rafael Noor Sven Thandiwe Elif Hugo
  Anjali Dmitri Leilani Omar Chiara Bao Zofia Emeka Freya Yusuf Camila Haruto Nadia Jonas Sade Pablo Wanjiru Arjun Maren Tariq
  Bianca Lars`
const FAMILY = `Okafor Ferrer Tanaka Raghavan Nowak Rahmani Ibarra Solberg Mensah Lin Fraser Benali Duarte Haddad Lindqvist Dlamini
  Yildiz Moreau Deshmukh Volkov Kahale Farouk Rinaldi Nguyen Kowalska Adeyemi Thorsen Demir Rocha Sato Petrova Becker Balogun
  Vidal Kamau Mehta Hansen Aziz Costa Nyberg`

/** When an account that has been closed was closed. Nothing is earned after that. */
export const CLOSED = `(${START} + interval '500 days')`

/** The organization, who works with it, under which programs, and what sends it events. */
export const directory = (plan: OrganizationPlan): string => `
  insert into organization (id, name, date_created) values (${plan.id}, ${text(plan.name)}, ${START});

  insert into integration (organization_id, id, source, supports_coupons, status, date_created)
  select ${plan.id}, ${lastId('integration')} + n, source, supports_coupons, status::integration_status, ${START} + interval '1 day'
  from (values (1, 'woocommerce', true, 'active'), (2, 'stripe', false, 'active'), (3, 'shopify', true, 'inactive'))
    as integration (n, source, supports_coupons, status);

  -- Every status in every 25; the last few are this month's applicants. The first two are never anything but active.
  insert into collaborator (organization_id, id, full_name, nickname, email, status, date_created, date_modified)
  select
    ${plan.id}, id, full_name,
    case id % 9
      when 1 then null
      when 2 then 'The ' || family || ' List'
      when 4 then given
      when 7 then given || ' Recommends'
    end,
    concat(translate(lower(given || '.' || family), 'áéíóú', 'aeiou'), nullif((id - 1) / 40, 0), '@${plan.domain}'),
    status::collaborator_status,
    joined,
    case status
      when 'pending' then joined
      when 'active' then joined + interval '1 day'
      when 'rejected' then joined + interval '2 days'
      else ${CLOSED}
    end
  from generate_series(1, ${plan.collaborators}) as n
    cross join lateral (select ${lastId('collaborator')} + n as id) as numbered
    cross join lateral (
      select
        (${texts(GIVEN.split(/\s+/))})[1 + (id - 1) % 40] as given,
        (${texts(FAMILY.split(/\s+/))})[1 + (id - 1 + (id - 1) / 40) % 40] as family
    ) as named
    cross join lateral (
      select given || case when id > 1600 then ' ' || chr((65 + (id / 1600) % 26)::integer) || '. ' else ' ' end || family as full_name
    ) as full_named
    cross join lateral (
      select case
        when n * 25 > ${plan.collaborators} * 23 then 'pending'
        when n % 25 in (5, 13) then 'inactive'
        when n % 25 = 17 then 'rejected'
        when n % 25 = 22 then 'deleted'
        else 'active'
      end as status
    ) as judged
    cross join lateral (
      select case status
        when 'pending' then ${END} - interval '20 days'
          + pg_temp.seconds((n * 25 - ${plan.collaborators} * 23) * ${19 * 86_400}::bigint / (2 * ${plan.collaborators}))
        else ${START} + interval '5 days' + pg_temp.seconds((n - 1) * ${110 * 86_400}::bigint / ${plan.collaborators})
      end as joined
    ) as dated
  order by n;

  -- Everyone who was accepted has a link and a coupon.
  insert into collaborator_alias (organization_id, id, collaborator_id, type, code, issued_date)
  select
    ${plan.id}, ${lastId('collaborator_alias')} + row_number() over (order by c.id, alias.type), c.id, alias.type,
    upper(split_part(c.email, '.', 1)) || c.id || alias.suffix,
    c.date_created + interval '1 day'
  from collaborator c
    cross join (values ('tracking'::alias_type, ''), ('coupon'::alias_type, '-10')) as alias (type, suffix)
  where c.organization_id = ${plan.id} and c.status in ('active', 'inactive', 'deleted')
  order by c.id, alias.type;

  -- A coupon that changed hands: the third collaborator's until it became the second one's.
  insert into collaborator_alias (organization_id, id, collaborator_id, type, code, issued_date, retired_date)
  select
    ${plan.id}, ${lastId('collaborator_alias')} + turn, (select min(id) from collaborator where organization_id = ${plan.id}) + 3 - turn,
    'coupon', 'WELCOME10', ${START} + interval '150 days' * turn,
    case turn when 1 then ${START} + interval '300 days' end
  from generate_series(1, 2) as turn;

  -- Six kinds of program, in turn. The second and the third of each six compete in a group.
  create temp table kind on commit drop as
  select * from (values
    (1, 'saleTransactionPercentage', 'newestBindingWins', '{sale,renewal}', true, '{"referredSiteVisit": 100, "boundCouponUsed": 150, "manual": 100}'),
    (2, 'saleTransactionPercentage', 'topScoreWins', '{sale}', false, '{"referredSiteVisit": 100, "boundPostUsed": 50}'),
    (3, 'fixedPerTransaction', 'oldestBindingWins', '{sale,renewal}', false, '{"referredSiteVisit": 80, "boundCouponUsed": 200, "manual": 300}'),
    (4, 'fixedPerLead', 'performanceWeightedPool', '{lead}', true, '{"referredSiteVisit": 50, "formSubmitted": 100}'),
    (5, 'fixedPerProduct', 'evenlySharedPool', '{sale}', false, '{"courseCompleted": 100, "lessonCompleted": 25}'),
    (0, 'saleTransactionPercentage', 'evenlySharedPool', '{sale}', false, '{"referredSiteVisit": 100}')
  ) as kind (number, incentive_type, resolver, conversion_types, auto_approve, points);

  insert into program_group (organization_id, id, name, description, sorter, date_created)
  select
    ${plan.id}, ${lastId('program_group')} + n, concat('Sales partners', ' ' || nullif(n, 1)),
    'Of these programs, the one with the newest binding is credited with a sale.', 'newestBindingWins', ${START} + interval '1 day'
  from generate_series(1, (${plan.programs} + 3) / 6) as n;

  insert into program (
    organization_id, id, group_id, name, description, status, incentive_type, incentive_resolver_type, units,
    transaction_percent, payout_per_transaction, payout_per_product, payout_per_lead,
    active_conversion_types, auto_approve, lead_requalification_days, expiration_days, date_created, date_modified
  )
  select
    ${plan.id}, ${lastId('program')} + n,
    case when n % 6 in (2, 3) and n / 6 < (${plan.programs} + 3) / 6
      then (select min(id) from program_group where organization_id = ${plan.id}) + n / 6 end,
    concat((${texts(plan.programNames)})[1 + (n - 1) % 6], ' ' || nullif(1 + (n - 1) / 6, 1)),
    case k.incentive_type
      when 'saleTransactionPercentage' then 'A share of every sale that a partner brings.'
      when 'fixedPerTransaction' then 'The same reward for every order.'
      when 'fixedPerProduct' then 'A reward for every item sold.'
      else 'A reward for every enquiry.'
    end,
    status::program_status, k.incentive_type::incentive_type, k.resolver::incentive_resolver_type,
    case k.incentive_type when 'fixedPerLead' then '${plan.leadCurrency}' else '${plan.currency}' end,
    case k.incentive_type when 'saleTransactionPercentage' then 5 + (n % 4) * 2.5 end,
    case k.incentive_type when 'fixedPerTransaction' then 500 end,
    case k.incentive_type when 'fixedPerProduct' then 150 end,
    case k.incentive_type when 'fixedPerLead' then 1000 end,
    k.conversion_types::conversion_type[], k.auto_approve,
    case k.incentive_type when 'fixedPerLead' then 90 end, 60,
    created, case status when 'inactive' then ${START} + interval '400 days' when 'deleted' then ${START} + interval '450 days' else created end
  from generate_series(1, ${plan.programs}) as n
    join kind k on k.number = n % 6
    cross join lateral (
      select case when n % 30 = 0 then 'deleted' when n % 6 = 0 then 'draft' when n % 6 = 5 then 'inactive' else 'active' end as status
    ) as judged
    cross join lateral (select ${START} + interval '1 day' + interval '1 minute' * n as created) as dated
  order by n;

  insert into program_engagement_type (organization_id, program_id, type, value)
  select ${plan.id}, p.id, point.key, point.value::integer
  from program p
    join kind k on k.number = (p.id - (select min(id) from program where organization_id = ${plan.id}) + 1) % 6
    cross join lateral jsonb_each_text(k.points::jsonb) as point
  where p.organization_id = ${plan.id};

  drop table kind;
`
