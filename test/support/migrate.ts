import type { Database } from '../../src/database/client.ts'
import { applyMigrations } from '../../src/database/schema-engine.ts'

// Each project's set-up loads its own copy of our modules into the one process, but Prisma's engine keeps its state in
// a module that all copies share: so they share the copy that came first.
const shared = globalThis as { migrateInSetup?: typeof applyMigrations }
shared.migrateInSetup ??= applyMigrations

/** Applies every migration, from a project's set-up. */
export const migrate = async (database: Database): Promise<void> => {
  await (shared.migrateInSetup ?? applyMigrations)(database)
}
