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

test('a migration that has not finished is left alone, and the operator is told what to do', async () => {
  const database = await openPostgres(await testDatabaseUrl('empty'), 10_000)
  try {
    await database.sql.script('create type note_source_type as enum ()')
    const refusal = () =>
      applyMigrations(database).then(
        () => undefined,
        (error: Error) => `${error.name}: ${error.message}`,
      )
    expect(await refusal()).toMatch(
      /^StartError: Migration 20261120000000_init failed: type "note_source_type" already exists\. .*$/,
    )
    const message = await refusal()
    expect(message).toMatch(/^StartError: Migration 20261120000000_init was begun at .*Z and has not finished: .*$/)

    await database.sql.script('drop type note_source_type')
    await database.sql.script(/run "(.*)" there/.exec(message ?? '')?.[1] ?? '')
    expect(await applyMigrations(database)).toContain('20261120000000_init')
  } finally {
    await database.close()
  }
})
