import type { OrganizationRow } from '../database/rows.ts'
import { type Sql, statement } from '../database/sql.ts'

/** All organizations of the database, oldest first: for the operator, and for no viewer. */
export const listOrganizations = (sql: Sql): Promise<OrganizationRow[]> => sql.rows(all, [])

const all = statement<OrganizationRow>('select id, name, date_created as "dateCreated" from organization order by id')
