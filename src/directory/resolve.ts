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

/** A coupon as it is stored, however it was typed, and whose it is. */
export interface CouponOwner {
  readonly collaboratorId: number
  /** In upper case. */
  readonly code: string
}

/** Whose coupon this is; undefined for nobody's, or while no active integration supports coupons. */
export const ownerOfCoupon = async (
  code: string,
  { sql, organizationId }: EventContext,
): Promise<CouponOwner | undefined> => {
  const [owner] = await sql.rows(byCoupon, [organizationId, code])
  return owner
}

const COLUMNS = selectList(tableOf('Collaborator'), 'c')

// codes that would have been one when codes were still compared letter for letter have their exact text as key
const HAS_CODE = 'a.code_key in (text_key($2), $2) and a.retired_date is null'
const EXACT_FIRST = 'order by a.code_key = $2 desc limit 1'

const byId = statement<CollaboratorRow>(`
  select ${COLUMNS} from collaborator c where c.organization_id = $1 and c.id = $2 and c.status <> 'deleted'`)

const byTrackingCode = statement<CollaboratorRow>(`
  select ${COLUMNS} from collaborator_alias a
    join collaborator c on c.organization_id = a.organization_id and c.id = a.collaborator_id and c.status <> 'deleted'
  where a.organization_id = $1 and a.type = 'tracking' and ${HAS_CODE}
  ${EXACT_FIRST}`)

const byCoupon = statement<CouponOwner>(`
  select c.id as "collaboratorId", a.code from collaborator_alias a
    join collaborator c on c.organization_id = a.organization_id and c.id = a.collaborator_id and c.status <> 'deleted'
  where a.organization_id = $1 and a.type = 'coupon' and ${HAS_CODE}
    and exists (select from integration i where i.organization_id = $1 and i.status = 'active' and i.supports_coupons)
  ${EXACT_FIRST}`)
