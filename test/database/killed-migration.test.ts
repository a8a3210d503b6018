import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Database, openDatabase } from '../../src/database/client.ts'
import { applyMigrations, pendingMigrations } from '../../src/database/schema-engine.ts'
import { statement } from '../../src/database/sql.ts'
import { type BuiltCli, buildCli } from '../built-cli.ts'
import { insertOrganization } from '../support/rows.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let cli: BuiltCli
let root: string
/** A data folder that was opened once, and holds nothing. */
let empty: string
const copyOfEmpty = async (): Promise<string> => {
  const folder = await mkdtemp(join(root, 'copy-'))
  await cp(empty, folder, { recursive: true })
  return folder
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'siren-killed-'))
  cli = await buildCli()
  empty = join(root, 'empty')
  await (await open(empty)).close()
})
afterAll(async () => {
  await cli?.remove()
  await rm(root, { recursive: true, force: true })
})

describe('a first start that is killed while it migrates a folder', () => {
  test.each([
    ['before the script of a migration', ''],
    ['after the script of a migration', 'await exec.call(this, script)'],
  ])('%s leaves nothing that stops the next one', async (_, done) => {
    const folder = await copyOfEmpty()
    const child = migrateInAnotherProcess(
      folder,
      `const { exec } = PGlite.prototype
      PGlite.prototype.exec = async function (script) {
        ${done}
        process.kill(process.pid, 'SIGKILL')
        await new Promise(() => {})
      }`,
    )
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    await expectAWorkingStart(folder)
  })

  test('at any moment leaves nothing that stops the next one', { timeout: 180_000 }, async () => {
    const undisturbed = migrateInAnotherProcess(await copyOfEmpty())
    await saying(undisturbed, 'opened')
    const begun = performance.now()
    await saying(undisturbed, 'migrated')
    const duration = performance.now() - begun

    for (const part of [0.2, 0.4, 0.6, 0.8]) {
      const folder = await copyOfEmpty()
      const child = migrateInAnotherProcess(folder)
      await saying(child, 'opened')
      await sleep(part * duration)
      await killed(child)
      await expectAWorkingStart(folder)
    }
  })
})

test('a migration that ran, but was not noted as finished, is not run again', async () => {
  const folder = await copyOfEmpty()
  const before = await open(folder)
  await applyMigrations(before)
  await insertOrganization(before.sql)
  await before.sql.script('update _prisma_migrations set finished_at = null')
  await before.close()

  const database = await open(folder)
  expect(await applyMigrations(database)).toEqual([])
  expect(await pendingMigrations(database)).toEqual([])
  expect(await organizations(database)).toBe(1)
  await database.close()
})

test('a migration that fails says which one, why, and what comes next, and is tried again', async () => {
  const database = await open(await copyOfEmpty())
  await database.sql.script('create type note_source_type as enum ()')
  for (const _ of ['first', 'second'])
    await expect(applyMigrations(database)).rejects.toMatchObject({
      name: 'StartError',
      message:
        'Migration 20261120000000_init failed: type "note_source_type" already exists. Nothing of it was kept; the next start tries it again.',
    })
  await database.sql.script('drop type note_source_type')
  expect(await applyMigrations(database)).toContain('20261120000000_init')
  await database.close()
})

const open = (dataDir: string): Promise<Database> => openDatabase({ dataDir, statementTimeout: 10_000 })

const organizations = async ({ sql }: Database): Promise<number | undefined> =>
  (await sql.rows(statement<{ count: number }>('select count(*) from organization'), []))[0]?.count

const expectAWorkingStart = async (folder: string): Promise<void> => {
  const database = await open(folder)
  try {
    await applyMigrations(database)
    expect(await pendingMigrations(database)).toEqual([])
    await insertOrganization(database.sql)
    expect(await organizations(database)).toBe(1)
  } finally {
    await database.close()
  }
}

/** Does what a start does with a folder, and says how far it is; `first` is done before. */
const migrateInAnotherProcess = (dataDir: string, first = ''): ChildProcess => {
  const built = (file: string) => JSON.stringify(join(dirname(cli.path), 'database', file))
  const script = `import { PGlite } from '@electric-sql/pglite'
    import { openDatabase } from ${built('client.js')}
    import { applyMigrations } from ${built('schema-engine.js')}
    const database = await openDatabase({ dataDir: ${JSON.stringify(dataDir)}, statementTimeout: 10_000 })
    ${first}
    process.stdout.write('opened')
    await applyMigrations(database)
    process.stdout.write('migrated')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: ROOT, // where packages are found
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => killed(child))
  return child
}

const saying = async ({ stdout }: ChildProcess, word: string): Promise<void> => {
  if (stdout === null) throw new Error('Expected a process whose output is read')
  for (;;) {
    const [said] = await once(stdout, 'data')
    if (String(said).includes(word)) return
  }
}

const killed = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
