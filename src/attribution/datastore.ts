import { Records } from '../access/records.ts'
import type { Viewer } from '../access/viewer.ts'
import type { ConversionRow } from '../database/rows.ts'
import type { Sql } from '../database/sql.ts'
import { tableOf } from '../database/tables.ts'

const TABLE = tableOf('Conversion')

/** Conversions as one viewer may see them. */
export class ConversionDatastore extends Records<ConversionRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'conversion', TABLE)
  }
}
