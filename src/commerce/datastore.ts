import { Records } from '../access/records.ts'
import { perScope, placeholderAfter } from '../access/scope.ts'
import type { Viewer } from '../access/viewer.ts'
import type { LineItemRow, TransactionRow } from '../database/rows.ts'
import { type Sql, statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'

const TRANSACTION = tableOf('Transaction')
const LINE_ITEM = tableOf('LineItem')

/** Transactions as one viewer may see them. */
export class TransactionDatastore extends Records<TransactionRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'transaction', TRANSACTION)
  }

  /** The lines of these transactions; null when the viewer may see transactions but not what they were for. */
  async lineItemsOf(transactionIds: readonly number[]): Promise<LineItemRow[] | null> {
    return this.#seesLines ? this.sql.rows(linesByTransaction(this.scope), this.valuesWith(transactionIds)) : null
  }

  /** The lines with these ids; those that are not there, or that the viewer may not see, are left out. */
  async lineItemsByIds(ids: readonly number[]): Promise<LineItemRow[]> {
    return this.#seesLines ? this.sql.rows(linesById(this.scope), this.valuesWith(ids)) : []
  }

  get #seesLines(): boolean {
    return !this.scope.hidden('transaction')?.has('lineItems')
  }
}

const linesWhere = (column: 'id' | 'transaction_id') =>
  perScope(scope =>
    statement<LineItemRow>(
      `select ${selectList(LINE_ITEM, 'l')} from line_item l where l.organization_id = $1 and l.${column} = any(${placeholderAfter(scope, 1)}::bigint[])${scope.visibleRecord('transaction', 'l.transaction_id')} order by l.id`,
    ),
  )
const linesById = linesWhere('id')
const linesByTransaction = linesWhere('transaction_id')
