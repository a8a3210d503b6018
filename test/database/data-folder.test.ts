import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Database, openDatabase } from '../../src/database/client.ts'
import { applyMigrations } from '../../src/database/schema-engine.ts'
import { statement } from '../../src/database/sql.ts'
import { StartError } from '../../src/errors.ts'
import { insertOrganization } from '../support/rows.ts'

const open = (dataDir: string): Promise<Database> => openDatabase({ dataDir, statementTimeout: 10_000 })

const organizations = async ({ sql }: Database): Promise<string[]> =>
  (await sql.rows(statement<{ name: string }>('select name from organization order by id'), [])).map(row => row.name)

let root: string
/** A data folder with one organization, closed in good order; tests work on copies of it. */
let whole: string
const copyOfWhole = async (name: string): Promise<string> => {
  const folder = join(root, name)
  await cp(whole, folder, { recursive: true })
  return folder
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'siren-data-'))
  whole = join(root, 'whole')
  const database = await open(whole)
  await applyMigrations(database)
  await insertOrganization(database.sql)
  await database.close()
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('a data folder in use', () => {
  test('is refused to a second one, and stays whole', async () => {
    const folder = await copyOfWhole('shared')
    const first = await open(folder)
    await expect(open(folder)).rejects.toThrow(StartError)
    await expect(open(folder)).rejects.toThrow(/in use by another process.*DATABASE_URL/)
    await insertOrganization(first.sql, { name: 'Second' })
    await first.close()

    const after = await open(folder)
    expect(await organizations(after)).toEqual(['Acme', 'Second'])
    await after.close()
  })

  test('is refused to another process, and free again when its process is killed', async () => {
    const folder = await copyOfWhole('killed')
    const other = openInAnotherProcess(folder)
    await once(other.stdout ?? other, 'data')
    await expect(open(folder)).rejects.toThrow(/in use by another process/)
    await kill(other)

    const after = await open(folder)
    expect(await organizations(after)).toEqual(['Acme'])
    await after.close()
  })
})

describe('a data folder that is not what it should be', () => {
  test.each([
    ['of another version', (folder: string) => writeFile(join(folder, 'pglite', 'PG_VERSION'), 'eleven')],
    ['with a damaged file', (folder: string) => writeFile(join(folder, 'pglite', 'global', 'pg_control'), 'garbage')],
    ['half of which is missing', (folder: string) => rm(join(folder, 'pglite', 'base'), { recursive: true })],
  ])('%s is refused in words', async (name, damage) => {
    const folder = await copyOfWhole(name)
    await damage(folder)
    const before = filesOf(folder)
    for (const _ of ['first', 'second']) {
      const refusal = await open(folder).then(() => undefined, String)
      expect(refusal).toContain('StartError')
      expect(refusal).toContain(`The database in ${folder} cannot be opened`)
    }
    expect(filesOf(folder)).toEqual(before)
  })

  test('a file in its place is refused in words', async () => {
    const file = join(root, 'file')
    await writeFile(file, '')
    await expect(open(file)).rejects.toThrow(`DATA_DIR ${file} cannot be used`)
  })

  test('half made, because the first start was killed, it is made again', async () => {
    const folder = join(root, 'half-made')
    await mkdir(folder)
    const other = openInAnotherProcess(folder)
    const base = join(folder, 'pglite', 'base', '1')
    while (!existsSync(base) || readdirSync(base).length < 50) await sleep(1)
    await kill(other)
    expect(existsSync(join(folder, 'pglite', 'PG_VERSION'))).toBe(false)

    const after = await open(folder)
    await applyMigrations(after)
    expect(await organizations(after)).toEqual([])
    await after.close()
  })
})

/** The files of a data folder, without those that PostgreSQL makes anew at each start. */
const filesOf = (folder: string): string[] =>
  readdirSync(join(folder, 'pglite'), { recursive: true, encoding: 'utf8' })
    .filter(path => !path.endsWith('postmaster.pid') && !path.endsWith('pg_internal.init'))
    .sort()

/** Says so when it has opened the folder, and then keeps it open. */
const openInAnotherProcess = (dataDir: string): ChildProcess => {
  const client = fileURLToPath(new URL('../../dist/database/client.js', import.meta.url))
  const script = `import { openDatabase } from ${JSON.stringify(client)}
    await openDatabase({ dataDir: ${JSON.stringify(dataDir)}, statementTimeout: 10_000 })
    process.stdout.write('open')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => kill(child))
  return child
}

const kill = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
