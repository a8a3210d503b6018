import { expect, test, vi } from 'vitest'
import { driftOfMigrations } from '../../src/database/schema-engine.ts'

// schema.prisma as the test wants it to read
let edit = (schema: string): string => schema
vi.mock('node:fs/promises', async original => {
  const files = await original<typeof import('node:fs/promises')>()
  const readFile = async (path: string, ...rest: [encoding: 'utf8']) => {
    const content = await files.readFile(path, ...rest)
    return String(path).endsWith('schema.prisma') ? edit(String(content)) : content
  }
  return { ...files, readFile }
})

test('the migrations lead to schema.prisma', async () => {
  expect(await driftOfMigrations()).toBe('')
})

test('a column that no migration has yet is told', async () => {
  edit = schema => schema.replace(/^model Note \{$/m, '$&\n  planted String?')
  expect(await driftOfMigrations()).toContain('ALTER TABLE "note" ADD COLUMN     "planted" TEXT')
})
