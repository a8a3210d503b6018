import { expect, test } from 'vitest'
import { applyMigrations, pendingMigrations } from '../../src/database/schema-engine.ts'
import { statement } from '../../src/database/sql.ts'
import { testDatabase } from '../support/database.ts'

test('an empty database awaits every migration, gets each once, and then awaits none', async () => {
  const database = await testDatabase('empty')
  const pending = await pendingMigrations(database)
  expect(pending).not.toHaveLength(0)

  expect(await applyMigrations(database)).toEqual(pending)
  expect(await pendingMigrations(database)).toEqual([])
  expect(await applyMigrations(database)).toEqual([])
})

test('what a migration makes can be written and read', async () => {
  const { sql, prisma } = await testDatabase()
  const { id } = await prisma.organization.create({ data: { name: 'Acme' } })
  const rows = await sql.rows(statement<{ id: number; name: string }>('select id, name from organization'), [])
  expect(rows).toEqual([{ id: Number(id), name: 'Acme' }])
})
