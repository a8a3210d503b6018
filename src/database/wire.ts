import pg from 'pg'
import { type DatabaseError, serialize } from 'pg-protocol/dist/index.js'
import { type Columns, columnsOf, type DataRow, type Field } from './rows-of-bytes.ts'
import type { Statement } from './sql.ts'

/**
 * One statement on its way through a `Client`, as `client.query(new Execution(…))`. Against pg's own Query it saves
 * two things. It goes out in one write. And a connection is asked once for the columns of a named statement, and not with
 * each execution: as long as a prepared statement lives, PostgreSQL refuses to answer it with other columns (0A000).
 *
 * A new statement can have new columns, with the same text: so they are asked for whenever it is parsed, and belong to
 * the connection as the statement does. Behind PgBouncer in transaction mode a statement outlives its servers, and after
 * a migration the next one may answer with other types: with other values in as many columns, this would go unseen.
 *
 * Nothing here is public in pg: what its client calls on and reads of the active query (`name`, `text`, `callback`,
 * `submit`, `handle…`); `parsedStatements` and `stream` of its connection; `pg.utils.prepareValue`; pg-protocol's
 * `serialize` and its messages. A new version of pg or pg-protocol has to pass the tests of this file.
 */
export class Execution<Row> implements pg.Submittable {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
  /** Told once how it ended. pg puts its own here that calls this one, when it has a `query_timeout`. */
  callback: (error: unknown, rows?: Row[]) => void
  /** Sent and not answered: another statement on this connection might wait for ever. */
  isPending = false
  readonly #rows: Row[] = []
  #columns: Columns | undefined
  #failure: unknown

  constructor(
    { name, text }: Statement<Row>,
    values: readonly unknown[],
    callback: (error: unknown, rows?: Row[]) => void,
  ) {
    this.name = name
    this.text = text
    this.callback = callback
    this.values = values
  }

  /** Sends it; or answers why not, with nothing sent: an error that is thrown here would block the connection. */
  submit(connection: pg.Connection): Error | undefined {
    const { name, text } = this
    const isParsed = connection.parsedStatements[name] === text
    try {
      const bind = serialize.bind({ statement: name, values: this.values as unknown[], valueMapper: prepareValue })
      if (!isParsed) {
        // of an earlier one: its text has lost the name, it became stale, or PgBouncer keeps what could not be parsed
        const close = name === '' ? NOTHING : serialize.close({ type: 'S', name })
        delete connection.parsedStatements[name]
        this.#send(connection, Buffer.concat([close, serialize.parse({ name, text }), bind, DESCRIBE, EXECUTE]))
      } else {
        this.#columns = knownTo(connection).get(name)
        this.#send(connection, Buffer.concat(this.#columns === undefined ? [bind, DESCRIBE, EXECUTE] : [bind, EXECUTE]))
      }
    } catch (error) {
      return error as Error
    }
    return undefined
  }

  #send({ stream }: pg.Connection, messages: Buffer): void {
    this.isPending = true
    if (stream.writable) stream.write(messages) // else pg is about to say that the connection is lost
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.#columns = columnsOf(fields)
  }

  handleDataRow(row: DataRow): void {
    if (this.#failure !== undefined) return
    try {
      this.#rows.push((this.#columns ?? NO_COLUMNS)(row) as Row)
    } catch (error) {
      this.#failure = error
    }
  }

  handleCommandComplete(_: unknown, connection: pg.Connection): void {
    if (this.name !== '') knownTo(connection).set(this.name, this.#columns ?? NO_COLUMNS)
  }

  handleReadyForQuery(connection: pg.Connection): void {
    this.isPending = false
    if (this.#failure === undefined) {
      this.callback(undefined, this.#rows)
    } else {
      knownTo(connection).delete(this.name) // as they may be why
      this.callback(this.#failure)
    }
  }

  handleError(error: Partial<DatabaseError>, connection: pg.Connection): void {
    // after an error PostgreSQL answers our Sync, whereas a FATAL one is its last word
    if (error.severity === 'ERROR') this.isPending = false
    if (STALE.has(error.code)) delete connection.parsedStatements[this.name]
    this.callback(this.#failure ?? error)
  }

  handleCopyInResponse(connection: pg.Connection): void {
    connection.sendCopyFail('No source stream defined')
    connection.sync() // the one that was sent is no more than data to a copy
  }

  handleCopyData(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}

declare module 'pg' {
  interface Connection {
    /** The text of each named statement that PostgreSQL has parsed; pg adds to it. */
    readonly parsedStatements: Record<string, string>
    sendCopyFail(message: string): void
  }
}

const { prepareValue } = (pg as unknown as { utils: { prepareValue(value: unknown): unknown } }).utils

const NOTHING = Buffer.alloc(0)
const DESCRIBE = serialize.describe({ type: 'P' })
const EXECUTE = Buffer.concat([serialize.execute(), serialize.sync()])
const NO_COLUMNS = columnsOf([])

/** "Cached plan must not change result type" and "prepared statement does not exist": parsed again, it works. */
const STALE: ReadonlySet<unknown> = new Set(['0A000', '26000'])

const known = new WeakMap<pg.Connection, Map<string, Columns>>()

/** The columns of the statements that a connection has parsed, by their name. */
const knownTo = (connection: pg.Connection): Map<string, Columns> => {
  let columns = known.get(connection)
  if (columns === undefined) {
    columns = new Map()
    known.set(connection, columns)
  }
  return columns
}
