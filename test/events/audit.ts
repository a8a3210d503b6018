import { type Sql, statement } from '../../src/database/sql.ts'

/**
 * What is wrong with an organization's records and notes, one line for each: nothing ever is, whatever came in, and
 * whatever happened to the gateway meanwhile.
 */
export const flawsOf = async (sql: Sql, organizationId: number): Promise<string[]> => {
  const rows = await sql.rows(audit, [organizationId])
  return rows.map(({ flaw }) => flaw)
}

/** How many notes of these keys are linked to `r`. */
const notesOf = (type: string, ...keys: string[]) =>
  `(select count(*) from note_source s where s.organization_id = $1 and s.source_type = '${type}' and s.source_id = r.id and s.content in (${keys.map(key => `'${key}'`).join(', ')}))`

const wrong = (what: string, table: string, condition: string) =>
  `select '${what} ' || r.id as flaw from "${table}" r where r.organization_id = $1 and (${condition})`

const TYPES = [
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
]

const CHECKS = [
  wrong(
    'a conversion without an engagement of its collaborator:',
    'conversion',
    'not exists (select from engagement e where e.organization_id = $1 and e.id = r.engagement_id and e.collaborator_id = r.collaborator_id)',
  ),
  wrong(
    'a conversion whose obligation does not go with it:',
    'conversion',
    `not exists (
      select from obligation o where o.organization_id = $1 and o.id = r.obligation_id and o.collaborator_id = r.collaborator_id
        and case r.status when 'pending' then o.status = 'draft' when 'approved' then o.status in ('pending', 'complete')
          else o.status in ('rejected', 'complete') end
    )`,
  ),
  wrong(
    'a conversion that was not awarded once:',
    'conversion',
    `${notesOf('conversion', 'conversion_awarded', 'conversion_renewed')} <> 1`,
  ),
  wrong(
    'a conversion whose notes do not say its status:',
    'conversion',
    `${notesOf('conversion', 'conversion_rejected')} <> (r.status = 'rejected')::int
      or ${notesOf('conversion', 'conversion_approved')} > 1
      or r.status = 'approved' and ${notesOf('conversion', 'conversion_approved')} <> 1
      or r.status = 'pending' and ${notesOf('conversion', 'conversion_approved')} <> 0`,
  ),
  wrong(
    'a conversion that survived its refund:',
    'conversion',
    `r.status <> 'rejected' and exists (select from transaction t where t.organization_id = $1 and t.id = r.transaction_id and t.status = 'refunded')`,
  ),
  wrong(
    'an obligation that was not issued once:',
    'obligation',
    `${notesOf('obligation', 'obligation_issued')} <> 1
      or (r.conversion_id is not null)::int
        + (select count(*) from allocation a where a.organization_id = $1 and a.obligation_id = r.id) <> 1
      or r.conversion_id is not null and (r.award_type in ('clawback', 'adjustment')) = exists (
        select from conversion v where v.organization_id = $1 and v.id = r.conversion_id and v.obligation_id = r.id
      )`,
  ),
  wrong(
    'an obligation that was not paid as its status says:',
    'obligation',
    `(r.status = 'complete') <> (r.payout_id is not null) or ${notesOf('obligation', 'obligation_completed')} <> (r.status = 'complete')::int`,
  ),
  wrong(
    'a payout of another amount than it settles:',
    'payout',
    `r.value <> (
      select coalesce(sum(o.value), 0) from obligation o
      where o.organization_id = $1 and o.payout_id = r.id and o.currency = r.currency and o.collaborator_id = r.collaborator_id
    ) or ${notesOf('payout', 'payout_created')} <> 1 or ${notesOf('payout', 'payout_paid')} - ${notesOf('payout', 'payout_unpaid')} <> (r.status = 'paid')::int`,
  ),
  wrong(
    'a fulfillment without its notes:',
    'fulfillment',
    `${notesOf('fulfillment', 'fulfillment_created')} <> 1 or ${notesOf('fulfillment', 'fulfillment_status_changed')} < 1`,
  ),
  wrong(
    'a distribution that was not noted, allocated more than it has, or counted conversions and gave nothing:',
    'distribution',
    `${notesOf('distribution', 'distribution_completed')} <> 1
      or (select coalesce(sum(a.value), 0) from allocation a where a.organization_id = $1 and a.distribution_id = r.id) > r.value
      or (select count(*) from allocation a where a.organization_id = $1 and a.distribution_id = r.id) <> ${notesOf('distribution', 'allocation_completed')}
      or r.value = 0 and exists (select from counted_conversion k where k.organization_id = $1 and k.distribution_id = r.id)`,
  ),
  wrong(
    'a transaction without lines, or whose refund is not noted once:',
    'transaction',
    `not exists (select from line_item l where l.organization_id = $1 and l.transaction_id = r.id)
      or ${notesOf('transaction', 'refund_triggered')} <> (r.status = 'refunded')::int`,
  ),
  wrong(
    'an opportunity whose end is not noted once, or that goes on elsewhere:',
    'opportunity',
    `${notesOf('opportunity', 'opportunity_invalidated')} <> (r.status = 'invalid')::int
      or (r.status = 'inactive') <> (r.merged_into_id is not null)
      or exists (select from opportunity o where o.organization_id = $1 and o.id = r.merged_into_id and o.merged_into_id is not null)
      or r.merged_into_id is not null and exists (
        select from engagement e where e.organization_id = $1 and e.opportunity_id = r.id
        union all select from transaction t where t.organization_id = $1 and t.opportunity_id = r.id
      )`,
  ),
  wrong(
    'an engagement that was not awarded as its conversions say:',
    'engagement',
    `${notesOf('engagement', 'engagement_awarded')} <> (
        select count(*) from conversion v where v.organization_id = $1 and v.engagement_id = r.id
          and exists (
            select from note_source s where s.organization_id = $1 and s.source_type = 'conversion' and s.source_id = v.id and s.content = 'conversion_awarded'
          )
      )`,
  ),
  wrong(
    'a note without its cause:',
    'note',
    `not exists (
      select from note_source s where s.organization_id = $1 and s.note_id = r.id
        and s.source_type = r.creation_source and s.source_id = r.creation_source_id
    )`,
  ),
  wrong('an event without its answer:', 'ingested_event', `not r.result ? 'opportunityId'`),
  ...TYPES.map(
    type => `
    select 'a note about a ${type} that does not exist: ' || s.note_id as flaw from note_source s
    where s.organization_id = $1 and s.source_type = '${type}'
      and not exists (select from "${type}" r where r.organization_id = $1 and r.id = s.source_id)`,
  ),
]

const audit = statement<{ flaw: string }>(CHECKS.join(' union all '))
