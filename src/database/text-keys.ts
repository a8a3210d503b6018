import { type Sql, statement } from './sql.ts'

/** A row that has its exact text as key, because its key would be another row's too. */
export interface KeptText {
  readonly kind: 'address' | 'tracking code' | 'coupon'
  readonly organizationId: number
  readonly collaboratorId: number
  readonly text: string
}

/**
 * Gives rows their keys that kept their exact text while another row stood in the way, and answers those that still keep
 * it, each beside those that it collides with. `migrate` does this, since the migration `text_keys` merges nobody.
 */
export const settleTextKeys = (sql: Sql): Promise<KeptText[]> =>
  sql.transaction(async sql => {
    await sql.rows(settleAddresses, [])
    await sql.rows(settleCodes, [])
    return sql.rows(kept, [])
  })

/** What the operator is told of them, a line for each; nothing when there are none. */
export const keptLines = (rows: readonly KeptText[]): string[] =>
  rows.length === 0
    ? []
    : [
        'These addresses and codes differ in nothing but case, form or what is invisible around them. Each is found only as it is written here.',
        ...rows.map(
          ({ kind, organizationId, collaboratorId, text }) =>
            `  organization ${organizationId}, collaborator ${collaboratorId}: ${kind} ${JSON.stringify(text)}`,
        ),
        'Change or retire all but one of each kind with siren-gateway apply (an address beside its id, a code in retiredTracking or retiredCoupons), then run siren-gateway migrate again.',
      ]

const settleAddresses = statement(`
  update collaborator c set email_key = text_key(email)
  where email_key <> text_key(email) and not exists (
    select from collaborator o
    where o.organization_id = c.organization_id and o.id <> c.id and text_key(o.email) = text_key(c.email))`)

const settleCodes = statement(`
  update collaborator_alias a set code_key = text_key(code)
  where code_key <> text_key(code) and (retired_date is not null or not exists (
    select from collaborator_alias o
    where o.organization_id = a.organization_id and o.type = a.type and o.id <> a.id and o.retired_date is null
      and text_key(o.code) = text_key(a.code)))`)

const kept = statement<KeptText>(`
  select 'address' as kind, organization_id as "organizationId", id as "collaboratorId", email as text
  from (select *, count(*) over (partition by organization_id, text_key(email)) as count from collaborator) c
  where count > 1
  union all
  select case type when 'tracking' then 'tracking code' else 'coupon' end, organization_id, collaborator_id, code
  from (
    select *, count(*) over (partition by organization_id, type, text_key(code)) as count
    from collaborator_alias where retired_date is null
  ) a
  where count > 1
  order by 2, 1, 3, 4`)
