import type { Database } from '../../src/database/client.ts'
import type { Sql } from '../../src/database/sql.ts'

/** One statement as it went to the database. */
export interface RecordedStatement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** A database whose SQL is written down. */
export interface Recorder {
  /** The same database, to be handed to what is to be watched. */
  readonly database: Database
  /** Does something, and answers what it sent through the port for SQL, in order. */
  during(work: () => Promise<unknown>): Promise<RecordedStatement[]>
}

/**
 * Watches the port for SQL, so that a test can count or snapshot statements. What goes through Prisma is not seen.
 *
 * @example
 * const { database, during } = recordSql(await testDatabase('small'))
 * expect(await during(() => list(100))).toHaveLength((await during(() => list(1))).length)
 */
export const recordSql = (database: Database): Recorder => {
  let statements: RecordedStatement[] = []
  const recorded = (sql: Sql, isBegun = false): Sql => ({
    rows: (statement, values) => {
      statements.push({ text: statement.text, values: [...values] })
      return sql.rows(statement, values)
    },
    script: text => {
      statements.push({ text, values: [] })
      return sql.script(text)
    },
    transaction: async work => {
      if (isBegun) return work(recorded(sql, true))
      statements.push({ text: 'begin', values: [] })
      const result = await sql.transaction(begun => work(recorded(begun, true)))
      statements.push({ text: 'commit', values: [] })
      return result
    },
  })
  return {
    database: { ...database, sql: recorded(database.sql) },
    during: async work => {
      statements = []
      await work()
      return statements
    },
  }
}
