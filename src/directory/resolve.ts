import type { CollaboratorRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ValidationError } from '../errors.ts'
import type { EventContext } from '../events/dispatcher.ts'

/**
 * The collaborator with this id, or whose link has this code, as `tracking:CODE`. One that was deleted is none.
 * @throws ValidationError for the field `collaboratorId` when there is none.
 */
export const resolveCollaborator = async (
  reference: number | string,
  { sql, organizationId }: EventContext,
): Promise<CollaboratorRow> => {
  const [found] =
    typeof reference === 'number'
      ? await sql.rows(byId, [organizationId, reference])
      : await sql.rows(byTrackingCode, [organizationId, reference.slice('tracking:'.length)])
  if (found !== undefined) return found
  throw new ValidationError({
    collaboratorId: [`Expected the id or tracking code of a collaborator, received ${JSON.stringify(reference)}`],
  })
}

/** Whose coupon this is; undefined for nobody's, or while no active integration supports coupons. */
export const ownerOfCoupon = async (
  code: string,
  { sql, organizationId }: EventContext,
): Promise<number | undefined> => {
  const [owner] = await sql.rows(byCoupon, [organizationId, code])
  return owner?.id
}

const COLUMNS = selectList(tableOf('Collaborator'), 'c')

const byId = statement<CollaboratorRow>(`
  select ${COLUMNS} from collaborator c where c.organization_id = $1 and c.id = $2 and c.status <> 'deleted'`)

const byTrackingCode = statement<CollaboratorRow>(`
  select ${COLUMNS} from collaborator_alias a
    join collaborator c on c.organization_id = a.organization_id and c.id = a.collaborator_id and c.status <> 'deleted'
  where a.organization_id = $1 and a.type = 'tracking' and a.code = $2 and a.retired_date is null`)

const byCoupon = statement<{ id: number }>(`
  select c.id from collaborator_alias a
    join collaborator c on c.organization_id = a.organization_id and c.id = a.collaborator_id and c.status <> 'deleted'
  where a.organization_id = $1 and a.type = 'coupon' and a.code = $2 and a.retired_date is null
    and exists (select from integration i where i.organization_id = $1 and i.status = 'active' and i.supports_coupons)`)
