import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { DiffTarget, MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm'
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
    const engine = await SchemaEngine.new(
      { datamodels: [await datamodel()] },
      () => {},
      bindMigrationAwareSqlAdapterFactory(adapter),
    )
    try {
      return await work(engine)
    } finally {
      engine.free()
    }
  })

/** Applies what the database has not had yet. Answers the names of the migrations that were applied. */
export const applyMigrations = (database: Database): Promise<string[]> =>
  withEngine(database, async engine => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await migrations(),
      filters: EVERYTHING,
    })
    return appliedMigrationNames
  })

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
export const pendingMigrations = async ({ sql }: Database): Promise<string[]> => {
  const [{ exists } = { exists: false }] = await sql.rows(hasMigrations, [])
  const applied = new Set(exists ? (await sql.rows(appliedMigrations, [])).map(row => row.name) : [])
  return (await migrationNames()).filter(name => !applied.has(name))
}
const hasMigrations = statement<{ exists: boolean }>(`select to_regclass('_prisma_migrations') is not null as exists`)
const appliedMigrations = statement<{ name: string }>(
  'select migration_name as name from _prisma_migrations where finished_at is not null and rolled_back_at is null',
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
