import { type Sql, statement } from '../../src/database/sql.ts'
import { insertOrganization } from './rows.ts'

/** An organization in which every list is long, and every link of every row leads somewhere. */
export interface HundredOfEverything {
  readonly organizationId: number
  /** A collaborator who has a hundred of whatever a collaborator can have. */
  readonly collaboratorId: number
  /** The id of the record of each type that has a hundred of whatever such a record can have. */
  readonly hubId: number
  /** A pair of opportunity and program that a hundred collaborators are engaged for, all active. */
  readonly opportunityId: number
  readonly programId: number
}

/**
 * Makes it. First come the one collaborator's rows, then a hundred collaborators with a row of everything each, each
 * under a program of its own: so that lists that begin with the newest show as many different records as they can.
 */
export const insertHundredOfEverything = async (sql: Sql): Promise<HundredOfEverything> => {
  const organizationId = await insertOrganization(sql)
  const begin = 1_000_000 * organizationId
  await sql.script(script(organizationId, begin))
  return {
    organizationId,
    collaboratorId: begin + 1,
    hubId: begin + 1,
    opportunityId: begin + 1,
    programId: begin + 1,
  }
}

/** Which records these notes are linked to; an id is that of the row's own number unless it is the organization's. */
const LINKED = [
  'collaborator',
  'conversion',
  'obligation',
  'fulfillment',
  'payout',
  'engagement',
  'opportunity',
  'transaction',
  'distribution',
  'program',
  'distributor',
  'organization',
] as const

// n counts from 1 to 200: up to 100 the rows are of collaborator 1, after that of collaborator n
const script = (organization: number, begin: number): string => `
  create temp table n on commit drop as
  select n, ${begin} + n as id, case when n <= 100 then ${begin} + 1 else ${begin} + n end as collaborator_id,
    '2026-01-01'::timestamptz + interval '1 minute' * (n / 3) as at
  from generate_series(1, 200) as n;

  insert into integration (organization_id, source, supports_coupons) values (${organization}, 'woocommerce', true);
  insert into collaborator (organization_id, id, full_name, nickname, email, status)
  select ${organization}, id, 'Person ' || n, case when n % 2 = 0 then 'P' || n end, n || '@example.com', 'active' from n;
  insert into collaborator_alias (organization_id, id, collaborator_id, type, code)
  select ${organization}, id, id, 'tracking', 'CODE' || n from n;
  insert into program (organization_id, id, name, status, incentive_type, incentive_resolver_type, units, active_conversion_types)
  select ${organization}, id, 'Program ' || n, 'active', 'saleTransactionPercentage', 'newestBindingWins', 'USD', '{sale}' from n;
  insert into program_engagement_type (organization_id, program_id, type, value)
  select ${organization}, id, 'referredSiteVisit', 100 from n;
  insert into enrollment (organization_id, collaborator_id, program_id)
  select ${organization}, collaborator_id, id from n union select ${organization}, ${begin} + n, ${begin} + 1 from n;
  -- survivors come first, so that a list that begins with the newest has merged ones
  insert into opportunity (organization_id, id, status)
  select ${organization}, id - 500, 'active' from n;
  insert into opportunity (organization_id, id, status, merged_into_id)
  select ${organization}, id, 'inactive', id - 500 from n;
  insert into engagement (organization_id, id, opportunity_id, program_id, collaborator_id, score, date_created, date_modified)
  select ${organization}, id, id, id, collaborator_id, 10 * (n % 7), at, at + interval '1 day' from n;
  -- a hundred for one pair
  insert into engagement (organization_id, id, opportunity_id, program_id, collaborator_id, score, date_created, date_modified)
  select ${organization}, id - 500, ${begin} + 1, ${begin} + 1, id, 10, at, at from n where n > 100;
  insert into transaction (organization_id, id, opportunity_id, source, external_id, total_value, currency)
  select ${organization}, id - 500, id, 'woocommerce', 'original' || n, 10000, 'USD' from n;
  insert into transaction (organization_id, id, opportunity_id, original_transaction_id, source, external_id, total_value, currency)
  select ${organization}, id, id, id - 500, 'woocommerce', n, 10000, 'USD' from n;
  insert into line_item (organization_id, id, transaction_id, name, value, total, units)
  select ${organization}, id, id, 'Course', 10000, 10000, 'USD' from n;
  insert into fulfillment (organization_id, id) select ${organization}, id from n;
  insert into payout (organization_id, id, collaborator_id, fulfillment_id, value, currency)
  select ${organization}, id, collaborator_id, id, 1000, 'USD' from n;
  insert into obligation (organization_id, id, collaborator_id, payout_id, status, award_type, value, currency)
  select ${organization}, id, collaborator_id, id, 'complete', 'sale', 1000, 'USD' from n;
  insert into conversion (organization_id, id, engagement_id, collaborator_id, transaction_id, obligation_id, score, type)
  select ${organization}, id, id, collaborator_id, id, id, 10, 'sale' from n;
  update obligation o set conversion_id = v.id from conversion v
  where o.organization_id = ${organization} and v.organization_id = o.organization_id and v.obligation_id = o.id;
  insert into distributor (organization_id, id, name, distribution_resolver, distribution_pool_resolver, units, schedule)
  select ${organization}, id, 'Distributor ' || n, 'evenlyShared', 'revenuePercentage', 'USD', 'monthly' from n;
  insert into distribution (organization_id, id, distributor_id, value, currency, trigger_date)
  select ${organization}, id, id, 10000, 'USD', at from n;
  insert into allocation (organization_id, id, distribution_id, collaborator_id, obligation_id, value, currency)
  select ${organization}, id, id, collaborator_id, id, 100, 'USD' from n;

  -- what the first record of each type has a hundred of; its ids come before the others
  insert into transaction (organization_id, id, opportunity_id, source, external_id, total_value, currency)
  select ${organization}, id - 2000, ${begin} + 1, 'woocommerce', 'further' || n, 10000, 'USD' from n where n > 100;
  insert into payout (organization_id, id, collaborator_id, fulfillment_id, value, currency)
  select ${organization}, id - 2000, collaborator_id, ${begin} + 1, 1000, 'USD' from n where n > 100;
  insert into obligation (organization_id, id, collaborator_id, payout_id, status, award_type, value, currency)
  select ${organization}, id - 2000, collaborator_id, ${begin} + 1, 'complete', 'sale', 1000, 'USD' from n where n > 100;
  insert into conversion (organization_id, id, engagement_id, collaborator_id, transaction_id, obligation_id, score, type)
  select ${organization}, id - 2000, id, collaborator_id, ${begin} + 1, id - 2000, 10, 'sale' from n where n > 100;
  insert into distribution (organization_id, id, distributor_id, value, currency, trigger_date)
  select ${organization}, id - 2000, ${begin} + 1, 10000, 'USD', at from n where n > 100;
  insert into allocation (organization_id, id, distribution_id, collaborator_id, obligation_id, value, currency)
  select ${organization}, id - 2000, ${begin} + 1, collaborator_id, id - 2000, 100, 'USD' from n where n > 100;

  insert into note (organization_id, id, content, creation_source, creation_source_id, data, date_created)
  select ${organization}, id, 'conversion_awarded', 'transaction', id, '{"score": 10, "incentiveType": "manual"}', at from n;
  insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
  select ${organization}, n.id, linked.type::note_source_type,
    case linked.type when 'organization' then ${organization} when 'collaborator' then n.collaborator_id else n.id end,
    'conversion_awarded', n.at
  from n cross join unnest(array[${LINKED.map(type => `'${type}'`).join(', ')}]) as linked (type);
  insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
  select ${organization}, n.id, linked.type::note_source_type, ${begin} + 1, 'conversion_awarded', n.at
  from n cross join unnest(array[${LINKED.filter(type => type !== 'organization')
    .map(type => `'${type}'`)
    .join(', ')}]) as linked (type)
  where n <= 100
  on conflict do nothing;
`

/** Brings what the planner knows up to date. */
export const analyze = (sql: Sql): Promise<unknown[]> => sql.rows(statement('analyze'), [])
