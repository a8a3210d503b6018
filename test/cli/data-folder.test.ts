import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import { openDatabase } from '../../src/database/client.ts'
import { statement } from '../../src/database/sql.ts'
import { testCommand } from '../support/command.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 }) // each command opens a database of its own

const { inFolder, begin, run, listen } = testCommand()

const READING = [
  ['key', 'list'],
  ['key', 'create', '--organization', '1', '--role', 'integration'],
  ['key', 'revoke', '1'],
  ['organization', 'list'],
  ['webhook', 'dead-letters'],
  ['webhook', 'replay'],
]

describe('a data folder that is not there', () => {
  it.each(READING)('is refused and not made: %s %s', async (...args) => {
    const DATA_DIR = inFolder('mistyped')
    const { code, stdout, stderr } = await run(args, { DATA_DIR })
    expect([code, stdout, existsSync(DATA_DIR)]).toEqual([1, '', false])
    expect(stderr).toBe(
      `error: DATA_DIR: expected a folder with a database, but ${DATA_DIR} does not exist. siren-gateway demo, serve, migrate, apply and seed make one there. Nothing was changed.\n`,
    )
  })

  it('is not made for a document that is wrong', async () => {
    await writeFile(inFolder('wrong.yaml'), 'programs: 1')
    const DATA_DIR = inFolder('mistyped')
    expect(await run(['apply', inFolder('wrong.yaml')], { DATA_DIR })).toMatchObject({ code: 2 })
    expect(existsSync(DATA_DIR)).toBe(false)
  })
})

describe('a folder without a database', () => {
  it('is refused by what it is, and left as it is', async () => {
    await mkdir(inFolder('nothing'))
    await mkdir(inFolder('letters'))
    await writeFile(inFolder('letters/one.txt'), 'Dear Jane')
    for (const [name, flaw] of [
      ['nothing', 'is empty'],
      ['letters', 'has no database in it'],
      ['letters/one.txt', 'is not a folder'],
    ] as const) {
      const { code, stderr } = await run(['key', 'list'], { DATA_DIR: inFolder(name) })
      expect([code, stderr]).toEqual([1, expect.stringContaining(`${inFolder(name)} ${flaw}. `)])
    }
    expect(await readdir(inFolder('nothing'))).toEqual([])
    expect(await readdir(inFolder('letters'))).toEqual(['one.txt'])
  })
})

describe('a data folder', () => {
  it('is made by migrate, and left alone once a newer version has migrated it', async () => {
    const DATA_DIR = inFolder('migrated')
    expect(await run(['migrate'], { DATA_DIR })).toMatchObject({ code: 0, stderr: '' })
    const listed = await run(['key', 'list'], { DATA_DIR })
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ID .*\n$/) })

    const newer = inFolder('newer')
    await cp(DATA_DIR, newer, { recursive: true })
    const change = await openDatabase({ dataDir: newer, statementTimeout: 10_000 })
    await change.sql.script(`
      insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
      values ('x', 'x', '29990101000000_hats', now(), 1);
      update _prisma_migrations set finished_at = null, applied_steps_count = 0 where migration_name like '%_init'`)
    await change.close()
    const reason =
      'a newer version of siren-gateway has migrated the database (29990101000000_hats is not known here): run that version'
    for (const [command, where] of [
      [['migrate'], 'Nothing was changed'],
      [['key', 'list'], 'DATA_DIR'],
      [['demo'], 'Nothing was changed'],
    ] as const)
      expect(await run(command, { DATA_DIR: newer })).toMatchObject({ code: 1, stderr: `error: ${where}: ${reason}\n` })
    const { address, child, exited } = await listen('serve', { DATA_DIR: newer })
    await expect
      .poll(async () => await (await fetch(`${address}/ready`)).json(), { timeout: 60_000 })
      .toEqual({ status: 'unavailable', reason })
    child.kill('SIGTERM')
    expect(await exited).toBe(0)

    const after = await openDatabase({ dataDir: newer, statementTimeout: 10_000 })
    const unfinished = statement<{ name: string }>(
      'select migration_name as name from _prisma_migrations where finished_at is null and rolled_back_at is null',
    )
    expect(await after.sql.rows(unfinished, [])).toEqual([{ name: expect.stringMatching(/_init$/) }])
    await after.close()
  })
})

describe('a reader that ends early', () => {
  it.each([['--help'], ['--version'], ['key', '--help'], ['schema'], ['key', 'list']])(
    'ends a command quietly: %s %s',
    async (...args) => {
      const child = begin(args, { DATA_DIR: inFolder('migrated') })
      child.stdout.destroy()
      let stderr = ''
      child.stderr.on('data', chunk => {
        stderr += chunk
      })
      const code = await new Promise(resolve => child.once('close', resolve))
      expect([code, stderr]).toEqual([0, ''])
    },
  )

  it('of its log does not stop a gateway', async () => {
    const { address, child, exited, output } = await listen('serve', {
      DATA_DIR: inFolder('migrated'),
      LOG_LEVEL: 'debug',
    })
    child.stdout.destroy()
    await expect.poll(async () => (await fetch(`${address}/ready`)).status, { timeout: 60_000 }).toBe(200)
    for (const _ of ['first', 'second']) expect((await fetch(`${address}/health`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    expect(output()).not.toContain('EPIPE')
  })
})
