import { Records } from '../access/records.ts'
import type { Viewer } from '../access/viewer.ts'
import type { OpportunityRow } from '../database/rows.ts'
import type { Sql } from '../database/sql.ts'
import { tableOf } from '../database/tables.ts'

const TABLE = tableOf('Opportunity')

/** Opportunities as one viewer may see them. */
export class OpportunityDatastore extends Records<OpportunityRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'opportunity', TABLE)
  }
}
