import type { ObligationRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import type { EventOf } from '../events/catalog.ts'
import type { EventContext } from '../events/dispatcher.ts'

/** What is to be owed: for a conversion, or for a share of a distribution. */
export type Owed = Pick<
  ObligationRow,
  'conversionId' | 'collaboratorId' | 'value' | 'currency' | 'awardType' | 'status'
>

/** Issues obligations, in order. The first of a conversion becomes its original one. */
export const issue = async (
  owed: readonly Owed[],
  { sql, organizationId, now }: EventContext,
): Promise<ObligationRow[]> => {
  if (owed.length === 0) return []
  const conversionIds = owed.flatMap(({ conversionId }) => conversionId ?? [])
  return sql.rows(insert, [organizationId, JSON.stringify(owed), now, conversionIds])
}

/** What is told of an obligation that was issued for a conversion. */
export const issuedForConversion = (obligation: ObligationRow): EventOf<'ObligationIssued'> => {
  return { type: 'ObligationIssued', obligation, conversionId: obligation.conversionId, distributionId: null }
}

const insert = statement<ObligationRow>(`
  with given as materialized (
    select nextval(pg_get_serial_sequence('obligation', 'id')) as id, g.* from jsonb_to_recordset($2::jsonb)
      as g("conversionId" bigint, "collaboratorId" bigint, "awardType" text, value bigint, currency text, status obligation_status)
  ), issued as (
    insert into obligation as o (
      organization_id, id, collaborator_id, conversion_id, status, award_type, value, currency, date_created, date_modified
    )
    select $1, id, "collaboratorId", "conversionId", status, "awardType", value, currency, $3, $3 from given
    returning o.*
  ), linked as (
    update conversion v set obligation_id = given.id from given
    where v.organization_id = $1 and v.id = any($4::bigint[]) and v.id = given."conversionId" and v.obligation_id is null
  )
  select ${selectList(tableOf('Obligation'), 'o')} from issued o order by o.id`)
