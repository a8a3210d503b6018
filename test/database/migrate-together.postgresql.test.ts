import { expect, test } from 'vitest'
import { openPostgres } from '../../src/database/client.ts'
import { applyMigrations, pendingMigrations } from '../../src/database/schema-engine.ts'
import { statement } from '../../src/database/sql.ts'
import { testDatabaseUrl } from '../support/database.ts'

test('of instances that migrate one database at once, one applies each migration', async () => {
  const url = await testDatabaseUrl('empty')
  const instances = await Promise.all(Array.from({ length: 4 }, () => openPostgres(url, 10_000)))
  try {
    const [first] = instances
    if (first === undefined) throw new Error('Expected an instance')
    const all = await pendingMigrations(first)

    const applied = await Promise.all(instances.map(applyMigrations))
    expect(applied.flat().sort()).toEqual(all)
    const recorded = await first.sql.rows(
      statement<{ name: string; steps: number }>(
        `select migration_name as name, applied_steps_count as steps from _prisma_migrations
         where finished_at is not null and rolled_back_at is null order by migration_name`,
      ),
      [],
    )
    expect(recorded).toEqual(all.map(name => ({ name, steps: 1 })))
    expect(await pendingMigrations(first)).toEqual([])
  } finally {
    await Promise.all(instances.map(instance => instance.close()))
  }
})

test('a migration may take longer than a statement of the read path', async () => {
  const database = await openPostgres(await testDatabaseUrl('empty'), 1)
  try {
    expect(await applyMigrations(database)).not.toHaveLength(0)
  } finally {
    await database.close()
  }
})
