import type { OrganizationPlan } from './plan.ts'
import { expectCount, lastId, START, text } from './sql-text.ts'

/** One blueprint: when its notes were written, of what they tell, and to which records they are linked. */
interface Happening {
  content: string
  /** SQL: when it happened. */
  at: string
  /** SQL: the record that caused it, its type and its id. */
  creationSource: [type: string, id: string]
  /** By record type, SQL for the linked id (null when there is none), or for an array of ids. */
  links: Record<string, string | { each: string }>
  /** By name, SQL for the facts of the event that the note keeps. */
  facts?: Record<string, string>
  /** SQL: `from …`, one row for each note. */
  rows: string
}

/**
 * Every note, in the order in which the steps of one flow follow each other when their dates are the same. What a note
 * is linked to, and why, says the blueprint's table in src/notes.
 */
const happenings = (plan: OrganizationPlan): Happening[] => [
  {
    content: 'org_created',
    at: START,
    creationSource: ['organization', `${plan.id}`],
    links: { organization: `${plan.id}` },
    rows: '',
  },
  {
    // linked to the programs applied for as well, by programsAppliedFor
    content: 'collaborator_submission_complete',
    at: 'date_created',
    creationSource: ['collaborator', 'id'],
    links: { collaborator: 'id' },
    rows: `from collaborator where organization_id = ${plan.id}`,
  },
  {
    content: 'collaborator_account_ready',
    at: `date_created + interval '1 day'`,
    creationSource: ['collaborator', 'id'],
    links: { collaborator: 'id' },
    rows: 'from earner join collaborator using (id)',
  },
  {
    content: 'opportunity_invalidated',
    at: 'max(s.modified)',
    creationSource: ['opportunity', 'j.id'],
    links: {
      opportunity: 'j.id',
      engagement: { each: 'array_agg(s.id order by s.id)' },
      collaborator: { each: 'array_agg(distinct s.collaborator_id)' },
    },
    rows: `from journey j join standing s on s.opportunity_id = j.id where fate = 'invalid' group by j.id`,
  },
  {
    content: 'manual_attribution_requested',
    at: 't.awarded_at',
    creationSource: ['transaction', 't.id'],
    links: { transaction: 't.id', collaborator: 'c.collaborator_id', opportunity: 't.opportunity_id' },
    rows: `from trade t join claim c using (opportunity_id) where t.fate = 'manual' and cycle = 0`,
  },
  {
    content: 'program_group_conversion_triggered',
    at: 't.awarded_at',
    creationSource: ['program', 'winner_id'],
    links: {
      program: { each: 'program_ids' },
      opportunity: 'opportunity_id',
      transaction: 't.id',
      collaborator: { each: 'collaborator_ids' },
    },
    facts: { winnerId: 'winner_id' },
    rows: 'from contest join trade t using (opportunity_id) where cycle = 0',
  },
  {
    content: 'conversion_awarded',
    at: 'awarded_at',
    creationSource: [
      `case when transaction_id is null then 'opportunity' else 'transaction' end`,
      'coalesce(transaction_id, opportunity_id)',
    ],
    links: {
      conversion: 'id',
      collaborator: 'collaborator_id',
      engagement: 'engagement_id',
      program: 'program_id',
      opportunity: 'opportunity_id',
      transaction: 'transaction_id',
    },
    facts: { incentiveType: 'incentive_type', score: 'score' },
    rows: `from award where type <> 'renewal'`,
  },
  {
    content: 'engagement_awarded',
    at: 'awarded_at',
    creationSource: ['engagement', 'engagement_id'],
    links: {
      engagement: 'engagement_id',
      collaborator: 'collaborator_id',
      program: 'program_id',
      opportunity: 'opportunity_id',
      transaction: 'transaction_id',
    },
    facts: { score: 'score' },
    rows: `from award where type <> 'renewal'`,
  },
  {
    content: 'conversion_renewed',
    at: 'awarded_at',
    creationSource: ['transaction', 'transaction_id'],
    links: {
      conversion: 'id',
      collaborator: 'collaborator_id',
      engagement: 'engagement_id',
      transaction: 'transaction_id',
    },
    rows: `from award where type = 'renewal'`,
  },
  {
    content: 'renewed_conversions_awarded',
    at: 'min(awarded_at)',
    creationSource: ['transaction', 'transaction_id'],
    links: {
      program: 'program_id',
      transaction: 'transaction_id',
      conversion: { each: 'array_agg(id order by id)' },
      collaborator: { each: 'array_agg(distinct collaborator_id)' },
    },
    facts: { count: 'count(*)' },
    rows: `from award where type = 'renewal' group by transaction_id, program_id`,
  },
  {
    content: 'distribution_completed',
    at: 'date_modified',
    creationSource: ['distribution', 'id'],
    links: { distribution: 'id', distributor: 'distributor_id' },
    facts: { value: 'value', currency: 'currency' },
    rows: `from distribution where organization_id = ${plan.id} and status = 'complete'`,
  },
  {
    content: 'allocation_completed',
    // its obligation is issued with it
    at: 'issued_at',
    creationSource: ['distribution', 'distribution_id'],
    links: {
      distribution: 'distribution_id',
      collaborator: 's.collaborator_id',
      distributor: 'distributor_id',
      obligation: 'o.id',
    },
    facts: { amount: 's.value', units: 'o.currency' },
    rows: 'from share s join owed o on o.allocation_id = s.id',
  },
  {
    content: 'obligation_issued',
    at: 'issued_at',
    creationSource: [
      `case when conversion_id is null then 'distribution' else 'conversion' end`,
      'coalesce(conversion_id, s.distribution_id)',
    ],
    links: { obligation: 'o.id', collaborator: 'o.collaborator_id', conversion: 'conversion_id' },
    facts: { amount: 'o.value', currency: 'o.currency' },
    rows: 'from owed o left join share s on s.id = o.allocation_id',
  },
  {
    content: 'conversion_approved',
    at: 'greatest(approved_at, o.issued_at)',
    creationSource: ['conversion', 'a.id'],
    links: {
      conversion: 'a.id',
      collaborator: 'a.collaborator_id',
      obligation: 'o.id',
      transaction: 'transaction_id',
    },
    rows: 'from award a join owed o on o.conversion_id = a.id where a.approved_at is not null',
  },
  {
    content: 'refund_triggered',
    at: 'min(t.ended_at)',
    creationSource: ['transaction', 't.id'],
    links: {
      transaction: 't.id',
      conversion: { each: 'array_agg(a.id order by a.id)' },
      collaborator: { each: 'array_agg(distinct a.collaborator_id)' },
      obligation: { each: 'array_agg(o.id order by o.id)' },
    },
    facts: { amount: 'min(b.total)', currency: text(plan.currency) },
    rows: `from trade t join basket b on b.transaction_id = t.id left join award a on a.transaction_id = t.id
      left join owed o on o.conversion_id = a.id where t.status = 'refunded' group by t.id`,
  },
  {
    content: 'conversion_rejected',
    at: 'rejected_at',
    creationSource: ['conversion', 'a.id'],
    links: {
      conversion: 'a.id',
      collaborator: 'a.collaborator_id',
      obligation: 'o.id',
      transaction: 'transaction_id',
    },
    facts: { reason: 'reason' },
    rows: 'from award a join owed o on o.conversion_id = a.id where a.rejected_at is not null',
  },
  {
    content: 'fulfillment_created',
    at: 'date_created',
    creationSource: ['fulfillment', 'id'],
    links: { fulfillment: 'id' },
    rows: `from fulfillment where organization_id = ${plan.id}`,
  },
  {
    content: 'payout_created',
    at: 'p.date_created',
    creationSource: ['payout', 'p.id'],
    links: {
      payout: 'p.id',
      collaborator: 'p.collaborator_id',
      fulfillment: 'p.fulfillment_id',
      obligation: { each: 'obligation_ids' },
    },
    facts: { amount: 'p.value', currency: 'p.currency' },
    rows: `from payout p join bundle on payout_id = p.id where organization_id = ${plan.id}`,
  },
  {
    content: 'obligation_completed',
    at: 'settled_at',
    creationSource: ['obligation', 'id'],
    links: {
      obligation: 'id',
      payout: 'payout_id',
      fulfillment: 'fulfillment_id',
      collaborator: 'collaborator_id',
      conversion: 'conversion_id',
    },
    facts: { amount: 'value', currency: 'currency' },
    rows: 'from owed where payout_id is not null',
  },
  {
    content: 'fulfillment_status_changed',
    at: `case new_status when 'processing' then date_created + interval '1 hour' else date_modified end`,
    creationSource: ['fulfillment', 'id'],
    links: { fulfillment: 'id' },
    facts: { newStatus: 'new_status' },
    rows: `from fulfillment cross join unnest(enum_range(null::fulfillment_status)) as new_status
      where organization_id = ${plan.id} and (new_status = status or new_status = 'processing') and status <> 'pending'`,
  },
  {
    content: 'payout_paid',
    at: 'p.date_paid',
    creationSource: ['payout', 'p.id'],
    links: {
      payout: 'p.id',
      collaborator: 'p.collaborator_id',
      fulfillment: 'p.fulfillment_id',
      obligation: { each: 'obligation_ids' },
    },
    facts: { amount: 'p.value', currency: 'p.currency' },
    rows: `from payout p join bundle on payout_id = p.id where organization_id = ${plan.id} and status = 'paid'`,
  },
  {
    // last, because of these there are as many as are wanting to the planned number
    content: 'coupon_applied',
    at: '(created + (last_trigger - created) * nth / coupons)::timestamptz(3)',
    creationSource: ['opportunity', 'opportunity_id'],
    links: { opportunity: 'opportunity_id', collaborator: 'c.collaborator_id' },
    facts: { code: 'code' },
    rows: `from claim c
      cross join generate_series(1, 4) as nth
      join collaborator_alias alias on alias.organization_id = ${plan.id} and alias.collaborator_id = c.collaborator_id
        and alias.type = 'coupon' and alias.code like '%-10'
      where nth <= coupons
      order by pg_temp.pick(c.id * 8 + nth, 50, 1000000007), c.id, nth
      limit greatest(0, ${plan.notes} - (select count(*) from happening))`,
  },
]

/** The notes of everything that happened, numbered in the order in which it did. */
export const notes = (plan: OrganizationPlan): string => `
  create temp table bundle on commit drop as
  select payout_id, array_agg(id order by id) as obligation_ids from owed where payout_id is not null group by payout_id;

  create temp table happening (
    step integer, content text, at timestamptz(3), creation_source note_source_type, creation_source_id bigint, data jsonb,
    types note_source_type[], ids bigint[]
  ) on commit drop;
  analyze bundle, owed;

  ${happenings(plan).map(insertHappening).join('\n')}

  ${expectCount(plan.notes, `notes of organization ${plan.id}`, 'happening')}

  create temp table chronicle on commit drop as
  select ${lastId('note')} + row_number() over (order by at, step, creation_source_id, ids, data) as id, happening.*
  from happening;

  insert into note (organization_id, id, content, creation_source, creation_source_id, data, date_created)
  select ${plan.id}, id, content, creation_source, creation_source_id, data, at
  from chronicle order by id;

  insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
  select ${plan.id}, chronicle.id, link.type, link.id, content, at
  from chronicle cross join unnest(types, ids) as link (type, id)
  where link.id is not null
  order by chronicle.id;
`

/**
 * Links applications to the programs that were applied for, as many as it takes to have `noteSources` links in all, one
 * program for everyone before a second one for anyone.
 */
export const programsAppliedFor = (noteSources: number | undefined): string => `
  insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
  select organization_id, note_id, 'program', program_id, content, date_created
  from (
    select n.organization_id, n.id as note_id, e.program_id, n.content, n.date_created,
      row_number() over (partition by n.id order by e.program_id) as nth
    from note n
      join enrollment e on e.organization_id = n.organization_id and e.collaborator_id = n.creation_source_id
    where n.content = 'collaborator_submission_complete'
  ) as application
  order by nth, note_id
  ${noteSources === undefined ? '' : `limit greatest(0, ${noteSources} - (select count(*) from note_source))`};
  ${noteSources === undefined ? '' : expectCount(noteSources, 'links of notes', 'note_source')}
`

const insertHappening = (
  { content, at, creationSource: [type, id], links, facts = {}, rows }: Happening,
  step: number,
): string => {
  const linked = Object.entries(links)
  const types = linked.map(([type, ids]) =>
    typeof ids === 'string'
      ? `array[${text(type)}::note_source_type]`
      : `array_fill(${text(type)}::note_source_type, array[cardinality(${ids.each})])`,
  )
  const values = linked.map(([, ids]) => (typeof ids === 'string' ? `array[(${ids})::bigint]` : ids.each))
  const data = Object.entries(facts).flatMap(([name, value]) => [text(name), value])
  return `
  insert into happening
  select ${step}, ${text(content)}, ${at}, (${type.startsWith('case') ? type : text(type)})::note_source_type, ${id},
    jsonb_build_object(${data.join(', ')}), ${types.join(' || ')}, ${values.join(' || ')}
  ${rows};`
}
