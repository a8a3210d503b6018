import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { DiffTarget, MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm'
import { StartError } from '../errors.ts'
import { type Database, openPglite, PGLITE } from './client.ts'
import { statement } from './sql.ts'

/** The folder of migrations, in Prisma's own layout. */
export const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url))
const SCHEMA = fileURLToPath(new URL('../../prisma/schema.prisma', import.meta.url))
const EVERYTHING = { externalTables: [], externalEnums: [] }

type Bindings = { __wbg_set_wasm(exports: WebAssembly.Exports): void; SchemaEngine: typeof SchemaEngine }
let bindings: Promise<Bindings> | undefined

/** Node 20 cannot import a `.wasm` file, so Prisma's is instantiated by hand, once. */
const load = async (): Promise<Bindings> => {
  const require = createRequire(import.meta.url)
  const glue = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const module = (await import(glue)) as Bindings
  const bytes = await readFile(join(glue, '..', 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, {
    './schema_engine_bg.js': module as unknown as WebAssembly.ModuleImports,
  })
  module.__wbg_set_wasm(instance.exports)
  ;(instance.exports.__wbindgen_start as () => void)()
  return module
}

/** Does something with Prisma's schema engine on a database. */
const withEngine = <T>(database: Database, work: (engine: SchemaEngine) => Promise<T>): Promise<T> =>
  database.withSchemaAdapter(async adapter => {
    bindings ??= load()
    const { SchemaEngine } = await bindings
    const bound = bindMigrationAwareSqlAdapterFactory(adapter)
    const engine = await SchemaEngine.new({ datamodels: [await datamodel()] }, () => {}, bound)
    try {
      return await work(engine)
    } catch (error) {
      const [, id] = /External error id#(\d+)/.exec(String(error)) ?? []
      throw (id && bound.errorRegistry.consumeError(Number(id))?.error) || error
    } finally {
      engine.free()
    }
  })

/**
 * Applies what the database has not had yet. Answers the names of the migrations that were applied.
 * @throws StartError when a newer version has migrated the database, when a migration fails, or when one has not finished in
 *   a database that other processes may be migrating.
 */
export const applyMigrations = async (database: Database): Promise<string[]> => {
  try {
    return await withEngine(database, async engine => {
      const migrationsList = await migrations()
      const unknown = await unknownMigrations(engine, migrationsList)
      if (unknown.length > 0) throw new StartError(`Nothing was changed: ${reasonNewer(unknown)}`)
      if (database.kind === 'pglite') await clearUnfinished(database, engine, migrationsList)
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: EVERYTHING })
      return appliedMigrationNames
    })
  } catch (error) {
    if (error instanceof StartError) throw error
    const [unfinished] = await unfinishedMigrations(database).catch((): Unfinished[] => [])
    throw unfinished === undefined ? error : failure(database, unfinished, error as Error)
  }
}

/** As the engine sees them, whose statements have no time limit. One that has not finished has left nothing. */
const unknownMigrations = async (engine: SchemaEngine, migrationsList: MigrationList): Promise<string[]> => {
  const { history, failedMigrationNames } = await engine.diagnoseMigrationHistory({
    migrationsList,
    optInToShadowDatabase: false,
    filters: EVERYTHING,
  })
  if (history === null || !('unpersistedMigrationNames' in history)) return []
  return history.unpersistedMigrationNames.filter(name => !failedMigrationNames.includes(name))
}

/** A folder has one owner, so whoever began a migration there is gone, and since a script is one transaction, so is what it did. */
const clearUnfinished = async (database: Database, engine: SchemaEngine, migrationsList: MigrationList) => {
  for (const { name: migrationName, ran } of await unfinishedMigrations(database)) {
    if (ran) await engine.markMigrationApplied({ migrationName, migrationsList })
    else await engine.markMigrationRolledBack({ migrationName })
  }
}

const failure = ({ kind }: Database, { name, begun }: Unfinished, error: Error & { code?: string }): StartError => {
  const what =
    error.code === 'P3009'
      ? `was begun at ${begun.toISOString()} and has not finished: it failed, or its process was stopped`
      : `failed: ${error.message}`
  const next =
    kind === 'pglite'
      ? 'Nothing of it was kept; the next start tries it again.'
      : `Nothing of it was kept. When no other process is migrating, run "update _prisma_migrations set rolled_back_at = now() where migration_name = '${name}' and finished_at is null" there, then siren-gateway migrate again.`
  return new StartError(`Migration ${name} ${what}. ${next}`, { cause: error })
}

/** The SQL that leads from the migrations to `schema.prisma`; empty when they agree. */
export const driftOfMigrations = async (): Promise<string> => {
  const database = await openPglite(await PGlite.create(PGLITE))
  try {
    await applyMigrations(database)
    const [path, content] = await datamodel()
    const from = {
      tag: 'schemaDatasource',
      files: [{ path, content }],
      configDir: join(SCHEMA, '..'),
    } satisfies DiffTarget
    const to = { tag: 'schemaDatamodel', files: [{ path, content }] } satisfies DiffTarget
    const { stdout } = await withEngine(database, engine =>
      engine.diff({ from, to, script: true, exitCode: null, filters: EVERYTHING }),
    )
    return (stdout ?? '').replace(/^-- This is an empty migration\.\s*$/m, '').trim()
  } finally {
    await database.close()
  }
}

/** The migrations that the database has not had yet, oldest first. */
export const pendingMigrations = async (database: Database): Promise<string[]> => (await migrationsOf(database)).pending

/** How the migrations of a database differ from those of this version, oldest first. */
export interface MigrationState {
  /** Those that the database has not had yet. */
  readonly pending: string[]
  /** Those that the database has had, and this version does not have. */
  readonly unknown: string[]
}

/** How the migrations of a database differ from those of this version. */
export const migrationsOf = async ({ sql }: Pick<Database, 'sql'>): Promise<MigrationState> => {
  const [{ exists } = { exists: false }] = await sql.rows(hasMigrations, [])
  const applied = exists ? (await sql.rows(appliedMigrations, [])).map(({ name }) => name) : []
  const names = await migrationNames()
  return {
    pending: names.filter(name => !applied.includes(name)),
    unknown: applied.filter(name => !names.includes(name)),
  }
}

/** Whether a newer version has migrated the database. */
export const isNewer = ({ unknown }: MigrationState): boolean => unknown.length > 0

/** Why this version cannot work with a database, in one line; null when it can. */
export const reasonNotMigrated = ({ pending, unknown }: MigrationState): string | null => {
  if (unknown.length > 0) return reasonNewer(unknown)
  return pending.length === 0 ? null : `migrations are pending: ${pending.join(', ')}; run siren-gateway migrate`
}

const reasonNewer = (unknown: readonly string[]): string =>
  `a newer version of siren-gateway has migrated the database (${unknown.join(', ')} is not known here): run that version`

interface Unfinished {
  name: string
  begun: Date
  /** Whether its script came to its end all the same. */
  ran: boolean
}
const unfinishedMigrations = async ({ sql }: Database): Promise<Unfinished[]> => {
  const [{ exists } = { exists: false }] = await sql.rows(hasMigrations, [])
  return exists ? await sql.rows(unfinishedRows, []) : []
}

const hasMigrations = statement<{ exists: boolean }>(`select to_regclass('_prisma_migrations') is not null as exists`)
const appliedMigrations = statement<{ name: string }>(
  `select migration_name as name from _prisma_migrations
   where finished_at is not null and rolled_back_at is null order by started_at`,
)
const unfinishedRows = statement<Unfinished>(
  `select migration_name as name, started_at as begun, applied_steps_count > 0 as ran
   from _prisma_migrations where finished_at is null and rolled_back_at is null order by started_at`,
)

const migrationNames = async (): Promise<string[]> =>
  (await readdir(MIGRATIONS, { withFileTypes: true }))
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()

const datamodel = async (): Promise<[path: string, content: string]> => [
  basename(SCHEMA),
  await readFile(SCHEMA, 'utf8'),
]

const migrations = async (): Promise<MigrationList> => ({
  baseDir: MIGRATIONS,
  lockfile: { path: 'migration_lock.toml', content: await readFile(join(MIGRATIONS, 'migration_lock.toml'), 'utf8') },
  shadowDbInitScript: '',
  migrationDirectories: await Promise.all(
    (await migrationNames()).map(async path => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: await readFile(join(MIGRATIONS, path, 'migration.sql'), 'utf8') },
      },
    })),
  ),
})
