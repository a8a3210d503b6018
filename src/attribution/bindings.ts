import { ledgerOf } from '../database/ledger.ts'
import type { ConversionType } from '../database/rows.ts'
import { type Statement, statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import type { BindingRow, Match, RulesRow } from '../events/catalog.ts'
import type { EventContext } from '../events/dispatcher.ts'

/** The engagements that have a claim on a sale, by the programs that reward this kind of conversion. */
export const matchesForSale = (
  opportunityId: number,
  conversionType: ConversionType,
  context: EventContext,
): Promise<Match[]> => matched(bindingsForSale, [opportunityId, context.now, conversionType], context)

/** Those that have a claim on a lead: where the customer was the program's lead lately, or is soon after, there are none. */
export const matchesForLead = (opportunityId: number, context: EventContext): Promise<Match[]> =>
  matched(bindingsForLead, [opportunityId, context.now], context)

/** Those that have a claim on the renewal of a sale. */
export const matchesForRenewal = (opportunityId: number, saleId: number, context: EventContext): Promise<Match[]> =>
  matched(bindingsForRenewal, [opportunityId, saleId], context)

/** A binding, and what is the same of all of its program. */
type MatchedRow = BindingRow & Pick<Match, 'areSharers' | 'keeps'>

/** Bindings by their programs, with these programs' rules. */
const matched = async (
  bindings: Statement<MatchedRow>,
  values: readonly unknown[],
  { sql, organizationId }: EventContext,
): Promise<Match[]> => {
  const byProgram = new Map<number, Omit<Match, 'program' | 'bindings'> & { bindings: BindingRow[] }>()
  for (const { areSharers, keeps, ...binding } of await sql.rows(bindings, [organizationId, ...values])) {
    const match = byProgram.get(binding.programId)
    if (match === undefined) byProgram.set(binding.programId, { areSharers, keeps, bindings: [binding] })
    else match.bindings.push(binding)
  }
  if (byProgram.size === 0) return []
  const programs = await sql.rows(rulesOf, [organizationId, [...byProgram.keys()]])
  return programs.flatMap(program => {
    const match = byProgram.get(program.id)
    return match === undefined ? [] : [{ program, ...match }]
  })
}

const BINDING = `${selectList(tableOf('Engagement'), 'e')}, e.touches, c.status = 'active' as "canEarn"`

/** An engagement with the score and the dates of a moment. */
const COLUMNS_AS_OF = 'x.organization_id, x.id, x.opportunity_id, x.program_id, x.collaborator_id, x.status'

/** The active engagements of an opportunity as they were at the moment, under programs that reward a kind of conversion. */
const active = (type: string) => `
  select ${BINDING} from (
    select ${COLUMNS_AS_OF}, was.score, was.date_created, was.date_modified, was.touches
    from engagement x cross join lateral (${ledgerOf('x.id', '$3')}) was
    where x.organization_id = $1 and x.opportunity_id = $2 and x.status = 'active' and was.touches > 0
  ) e
    join collaborator c on c.organization_id = e.organization_id and c.id = e.collaborator_id
    join program p on p.organization_id = e.organization_id and p.id = e.program_id and p.status = 'active'
      and ${type} = any(p.active_conversion_types)`

const bindingsForSale = statement<MatchedRow>(`${active('$4::conversion_type')} order by e.id`)

// a customer whom the shop knows is the same on every opportunity of its own, and whichever lead is told first
const bindingsForLead = statement<MatchedRow>(`${active(`'lead'`)}
  where not exists (
    select from opportunity own
      join opportunity o on o.organization_id = $1 and (o.id = own.id or o.user_id = own.user_id)
      join engagement y on y.organization_id = $1 and y.opportunity_id = o.id and y.program_id = p.id
      join conversion v on v.organization_id = $1 and v.engagement_id = y.id and v.type = 'lead' and v.status <> 'rejected'
    where own.organization_id = $1 and own.id = $2
      and v.date_created > $3::timestamptz - make_interval(days => p.lead_requalification_days)
      and v.date_created < $3::timestamptz + make_interval(days => p.lead_requalification_days)
  )
  order by e.id`)

const SOLD_AT = '(select s.date_created from transaction s where s.organization_id = $1 and s.id = $3)'

// Under each program: who had a share when the sale was evaluated, or else its first renewal, with the score and the dates of
// then. Without an evaluation: who was credited with the sale or a renewal of it, or where that is nobody, the engagements that
// were there at the sale and that no conversion has closed since.
const bindingsForRenewal = statement<MatchedRow>(`
  with sold as materialized (
    select t.id from transaction t where t.organization_id = $1 and (t.id = $3 or t.original_transaction_id = $3)
  ), evaluated as materialized (
    select distinct on (v.program_id) v.program_id, v.id from sold join evaluation v on v.organization_id = $1 and v.transaction_id = sold.id
    where v.opportunity_id = $2
    order by v.program_id, v.transaction_id = $3 desc, v.id
  ), credited as materialized (
    select distinct x.id, x.program_id, v.transaction_id = $3 as by_sale
    from sold join conversion v on v.organization_id = $1 and v.transaction_id = sold.id
      join engagement x on x.organization_id = $1 and x.id = v.engagement_id and x.opportunity_id = $2
  ), known as (
    select ${COLUMNS_AS_OF}, k.score, k.first_touch as date_created, k.latest_touch as date_modified, k.touches, true as are_sharers
    from evaluated v join evaluation_candidate k on k.organization_id = $1 and k.evaluation_id = v.id and k.share is not null
      join engagement x on x.organization_id = $1 and x.id = k.engagement_id
    union all
    select ${COLUMNS_AS_OF}, coalesce(was.score, x.score), coalesce(was.date_created, x.date_created),
      coalesce(was.date_modified, x.date_modified), was.touches, credit.is_given
    from engagement x cross join lateral (${ledgerOf('x.id', SOLD_AT)}) was
      cross join lateral (select exists (select from credited k where k.program_id = x.program_id) as is_given) credit
    where x.organization_id = $1 and x.opportunity_id = $2
      and not exists (select from evaluated v where v.program_id = x.program_id)
      and case when credit.is_given then x.id in (select k.id from credited k) else x.status = 'active' and was.touches > 0 end
  )
  select ${BINDING}, e.are_sharers as "areSharers",
    exists (select from credited k where k.program_id = e.program_id and k.by_sale) as keeps
  from known e
    join opportunity o on o.organization_id = $1 and o.id = e.opportunity_id and o.status <> 'invalid'
    join collaborator c on c.organization_id = $1 and c.id = e.collaborator_id
    join program p on p.organization_id = $1 and p.id = e.program_id and p.status = 'active'
      and 'renewal' = any(p.active_conversion_types)
  where e.status <> 'cancelled'
  order by e.id`)

const rulesOf = statement<RulesRow>(`
  select ${selectList(tableOf('Program'), 'p')}, g.sorter from program p
    left join program_group g on g.organization_id = p.organization_id and g.id = p.group_id
  where p.organization_id = $1 and p.id = any($2::bigint[]) order by p.id`)
