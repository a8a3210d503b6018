import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../../src/database/client.ts'
import { MIGRATIONS } from '../../src/database/schema-engine.ts'
import { testDatabase } from './database.ts'

/** A database as it was before a migration, and what brings it up to date. */
export const databaseBefore = async (migration: string): Promise<{ database: Database; upgrade(): Promise<void> }> => {
  const database = await testDatabase('empty')
  const folders = (await readdir(MIGRATIONS, { withFileTypes: true })).filter(entry => entry.isDirectory())
  const names = folders.map(({ name }) => name).sort()
  if (!names.includes(migration)) throw new Error(`Expected the name of a migration, received ${migration}`)
  const run = async (some: readonly string[]) => {
    for (const name of some) await database.sql.script(await readFile(join(MIGRATIONS, name, 'migration.sql'), 'utf8'))
  }
  await run(names.filter(name => name < migration))
  return { database, upgrade: () => run(names.filter(name => name >= migration)) }
}
