import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { afterAll, inject, onTestFinished, TestRunner } from 'vitest'
import { type Database, openPglite, openPostgres, PGLITE } from '../../src/database/client.ts'

/** What a new database holds: nothing, the tables, or the tables with the small generated data. */
export type Content = 'empty' | 'migrated' | 'small'

/** Where new databases are copied from; the set-up of a project says it. */
export type Templates =
  | { readonly kind: 'pglite'; readonly dumps: Readonly<Record<Content, string>> }
  | { readonly kind: 'postgresql'; readonly server: string; readonly templates: Readonly<Record<Content, string>> }

declare module 'vitest' {
  export interface ProvidedContext {
    templates: Templates
  }
}

/** Which kind of database this run is about. */
export const databaseKind = (): Database['kind'] => templates().kind

/**
 * A new database of the kind that this run is about, migrated unless `content` says otherwise. Called at the top of a
 * file or of a `describe` it goes when that ends; called in a test, with the test. One per file is enough for most: a
 * test that makes its own organization meets nobody else's rows.
 */
export const testDatabase = async (content: Content = 'migrated'): Promise<Database> => {
  const from = templates()
  const database =
    from.kind === 'pglite'
      ? await openPglite(
          await PGlite.create({ ...PGLITE, loadDataDir: new Blob([await readFile(from.dumps[content])]) }),
        )
      : await openPostgres(await testDatabaseUrl(content), 10_000)
  atTheEnd(() => database.close())
  return database
}

/** The address of a new PostgreSQL database, for what opens it itself. */
export const testDatabaseUrl = async (content: Content = 'migrated'): Promise<string> => {
  const from = templates()
  if (from.kind !== 'postgresql') {
    throw new Error('Expected a file named *.postgresql.test.ts: only PostgreSQL has an address')
  }
  const name = `test_${randomUUID()}`
  await administer(from.server, `create database "${name}" template "${from.templates[content]}"`)
  atTheEnd(() => administer(from.server, `drop database "${name}" with (force)`))
  return new URL(name, from.server).href
}

const templates = (): Templates => {
  const provided: Templates | undefined = inject('templates')
  if (provided === undefined) throw new Error('Expected a file named *.db.test.ts: others run without a database')
  return provided
}

/** The last to be told is the first to be done, so that connections close before their database goes. */
const atTheEnd = (work: () => Promise<void>): void => {
  if (TestRunner.getCurrentTest() === undefined) afterAll(work)
  else onTestFinished(work)
}

/** Runs one statement that no connection to the database in question may run. */
export const administer = async (server: string, text: string): Promise<void> => {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
