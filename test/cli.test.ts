import { existsSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { openDatabase } from '../src/database/client.ts'
import { pause, testCommand, textOf } from './support/command.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 }) // each start opens a database of its own

const EXAMPLE = fileURLToPath(new URL('../examples/setup.yaml', import.meta.url))

const { path, inFolder, run, start } = testCommand()
/** A folder with the demo's data, made once. */
let demoData: string
beforeAll(() => {
  demoData = inFolder('demo')
})

const ask = async (address: string, key = 'sk_demo_admin') => {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ engagements { totalCount } }' }),
  })
  return { status: response.status, body: await response.json() }
}

/** A request whose end is yet to come. */
const unfinished = async (address: string) => {
  const { port } = new URL(address)
  const socket = connect(Number(port), '127.0.0.1')
  const body = JSON.stringify({ query: '{ viewer { role } }' })
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk_demo_admin\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  )
  const answer = textOf(socket).catch(error => String(error))
  await pause(100)
  return { finish: () => socket.write(body.slice(5)), answer }
}

describe('the command', () => {
  it.each([
    [],
    ['demo'],
    ['serve'],
    ['migrate'],
    ['apply'],
    ['key'],
    ['key', 'create'],
    ['key', 'list'],
    ['key', 'revoke'],
    ['organization'],
    ['organization', 'list'],
    ['webhook'],
    ['webhook', 'dead-letters'],
    ['webhook', 'replay'],
    ['seed'],
    ['schema'],
  ])('explains itself: %s %s', async (...args) => {
    const { code, stdout, stderr } = await run([...args, '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`Usage: ${['siren-gateway', ...args].join(' ')}`)
  })

  it.each([
    [[], 'received nothing'],
    [['begin'], 'received begin'],
    [['--fast'], '--fast'],
    [['demo', 'now'], 'too many arguments'],
    [['serve', '--port', '1'], '--port'],
    [['apply'], 'file'],
    [['apply', 'setup.yaml', 'more'], 'too many arguments'],
    [['apply', 'nowhere.yaml'], 'nowhere.yaml cannot be read: there is no such file'],
    [['apply', 'setup.yaml', '--url', 'http://127.0.0.1:4000'], 'expected --key beside --url'],
    [['apply', 'setup.yaml', '--key', 'sk_x'], 'expected --url beside --key'],
    [['apply', 'setup.yaml', '--organization', 'acme'], '--organization: expected the id of an organization'],
    [['organization'], 'expected one of list'],
    [['organization', 'lists'], 'received lists'],
    [['key'], 'expected one of create, list, revoke'],
    [['key', 'make'], 'received make'],
    [['key', 'create'], 'expected --organization ID, received nothing: '],
    [['key', 'create', '--role', 'integration'], 'siren-gateway apply FILE makes one'],
    [['key', 'create', '--organization', '1'], '--role'],
    [['key', 'create', '--organization', '0', '--role', 'integration'], 'positive integer'],
    [['key', 'create', '--organization', '1e3', '--role', 'integration'], '--organization: expected the id of an'],
    [['key', 'create', '--organization', '1', '--role', 'king'], 'administrator, collaborator, integration'],
    [['key', 'create', '--organization', '1', '--role', 'integration', '--scopes', 'events,all'], '--scopes: expected'],
    [['webhook'], 'expected one of dead-letters, replay'],
    [['webhook', 'replay', '--webhook', 'x'], '--webhook: expected the id of a webhook'],
    [['key', 'revoke'], 'id'],
    [['key', 'revoke', 'abc'], 'error: <id>: expected the id of a key, a positive integer, received "abc"\n'],
    [['key', 'revoke', 'a\nb'], 'received "a\\nb"'],
    [['seed'], '--size'],
    [['seed', '--size', 'huge'], 'small, large'],
  ])('refuses %j with one line', async (args, expected) => {
    const { code, stdout, stderr } = await run(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^error: .*\n$/)
    expect(stderr).toContain(expected)
  })

  it.each([
    ['serve', { PORT: 'http' }, 'PORT: expected a port'],
    ['demo', { GRAPHIQL: 'yes' }, 'GRAPHIQL: expected true or false'],
    ['migrate', { DATABASE_URL: 'mysql://localhost' }, 'DATABASE_URL: expected'],
  ])('does not run %s with a bad variable: %j', async (command, env, expected) => {
    const { code, stderr } = await run([command], env)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: .*\n$/)
    expect(stderr).toContain(expected)
  })

  it.each([['migrate'], ['key', 'list'], ['seed', '--size', 'small']])(
    'says in one line that the database cannot be reached: %s',
    async (...args) => {
      const { code, stderr } = await run(args, { DATABASE_URL: 'postgres://siren:secret@127.0.0.1:1/siren' })
      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: DATABASE_URL: .*ECONNREFUSED.*\n$/)
      expect(stderr).not.toContain('secret')
    },
  )

  it('says its version', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })

  it('says each problem of its variables in a line', async () => {
    const { code, stderr } = await run(['serve'], { PORT: 'http', DATA_DIR: '~/data', EXTENSIONS: './a.js,~/b.js' })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^error: PORT: .*\nerror: DATA_DIR: .* without a leading ~.*\nerror: EXTENSIONS: .*\n$/),
    ])
  })

  it('prints the schema', async () => {
    const { code, stdout } = await run(['schema'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^type Query \{$/m)
    expect(stdout).not.toContain('type Mutation')
  })
})

describe('the demo', () => {
  it('starts with nothing, says where to go, and keeps its data for itself and for the next time', async () => {
    const first = await start('demo', { DATA_DIR: demoData })
    for (const part of [`${first.address}/graphql`, 'sk_demo_admin', 'sk_demo_collaborator', 'sk_demo_integration'])
      await expect.poll(first.output).toContain(part)
    const before = await ask(first.address)
    expect(before).toMatchObject({ status: 200, body: { data: { engagements: { totalCount: expect.any(Number) } } } })

    for (const args of [['demo'], ['serve'], ['key', 'list'], ['migrate'], ['apply', EXAMPLE]]) {
      const { code, stderr } = await run(args, { DATA_DIR: demoData })
      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: The data folder .* is in use by another process.* --url http:\S+ --key .*\n$/)
    }
    expect(await ask(first.address)).toEqual(before)
    first.child.kill('SIGTERM')
    expect(await first.exited).toBe(0)

    const second = await start('demo', { DATA_DIR: demoData })
    expect(await ask(second.address)).toEqual(before)
    second.child.kill('SIGINT')
    second.child.kill('SIGINT') // as npm does when Ctrl+C is pressed
    expect(await second.exited).toBe(0)
  })

  it('sends the event of its start page', async () => {
    const { address } = await start('demo', { DATA_DIR: demoData })
    const page = await (await fetch(address)).text()
    const [, url = '', authorization = '', type = '', body = ''] =
      /curl -i (\S+) .*'authorization: (.+?)'.*'content-type: (.+?)'.*-d '(.+?)'/s.exec(page) ?? []
    expect(url).toBe(`${address}/siren/v1/event/site-visited`)
    const headers = { authorization, 'content-type': type }
    const { status, headers: answered } = await fetch(url, { method: 'POST', headers, body })
    expect([status, Number(answered.get('x-siren-oid')) > 0]).toEqual([200, true])
  })

  it.each(['demo', 'serve'] as const)('says that its port is taken before it does anything else: %s', async command => {
    const { address } = await start('demo', { DATA_DIR: demoData })
    const PORT = new URL(address).port
    for (const DATA_DIR of [inFolder('unmade'), demoData]) {
      const { code, stderr } = await run([command], { PORT, DATA_DIR, EXTENSIONS: './absent.js' })
      expect([code, stderr]).toEqual([
        1,
        `error: PORT: expected a free port, but something already listens at 127.0.0.1:${PORT}\n`,
      ])
    }
    expect(existsSync(inFolder('unmade'))).toBe(false)
  })
})

describe('a gateway that is told to stop', () => {
  it('finishes the request that is in flight', async () => {
    const { child, address, exited } = await start('demo', { DATA_DIR: demoData })
    const request = await unfinished(address)
    child.kill('SIGTERM')
    await pause(300)
    await expect(ask(address)).rejects.toThrow()
    request.finish()
    expect(await request.answer).toMatch(/^HTTP\/1.1 200 OK[\s\S]*"ADMINISTRATOR"/)
    expect(await exited).toBe(0)
  })

  it('does not wait for it longer than it may', async () => {
    const { child, address, exited } = await start('demo', { DATA_DIR: demoData, SHUTDOWN_TIMEOUT: '500ms' })
    const request = await unfinished(address)
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    expect(await request.answer).not.toContain('200 OK')
  })

  it('goes at once when it is told twice, and its data is whole', async () => {
    const { child, address, exited } = await start('demo', { DATA_DIR: demoData })
    const before = await ask(address)
    await unfinished(address)
    child.kill('SIGTERM')
    await pause(500)
    child.kill('SIGTERM')
    expect(await exited).toBe(1)
    const { address: next } = await start('demo', { DATA_DIR: demoData })
    expect(await ask(next)).toEqual(before)
  })
})

describe('an error that nobody caught', () => {
  const running = async (code: string) => {
    const parts = ['app.js', 'http/logging.js'].map(part => JSON.stringify(join(dirname(path()), part)))
    const script = `
      import { stopOnSignals } from ${parts[0]}
      import { makeLog } from ${parts[1]}
      const log = makeLog('info')
      const close = async () => log.info('closed')
      stopOnSignals({ close }, { log, shutdownTimeout: 1000 })
      setInterval(() => {}, 1000)
      ${code}`
    return run(['--input-type=module', '--eval', script], {}, { script: [] })
  }

  it('is logged, and the gateway closed', async () => {
    const { code, stdout } = await running(`setTimeout(() => { throw new Error('unforeseen') }, 10)`)
    expect(code).toBe(1)
    const records = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(records).toMatchObject([
      { level: 'fatal', err: { message: 'unforeseen' } },
      { msg: 'closed' },
      { msg: 'stopped' },
    ])
  })

  it('is logged, and no more, when it is a promise that nobody waits for', async () => {
    const { code, stdout } = await running(`
      Promise.reject(new Error('unforeseen'))
      setTimeout(() => globalThis.process.kill(globalThis.process.pid, 'SIGTERM'), 100)`)
    expect(code).toBe(0)
    const records = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(records).toMatchObject([
      { level: 'error', err: { message: 'unforeseen' } },
      { msg: 'stopping' },
      { msg: 'closed' },
      { msg: 'stopped' },
    ])
  })
})

describe('serve', () => {
  it('refuses the demo’s keys, takes those that were made, and logs JSON', async () => {
    const DATA_DIR = inFolder('served')
    await cp(demoData, DATA_DIR, { recursive: true })
    const made = await run(['key', 'create', '--organization', '1', '--role', 'administrator', '--label', 'test'], {
      DATA_DIR,
    })
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.stdout).toMatch(/^sk_live_\S+\n$/)
    const key = made.stdout.trim()

    const { child, address, exited, output } = await start('serve', { DATA_DIR })
    expect((await ask(address)).status).toBe(401)
    expect((await ask(address, key)).status).toBe(200)
    expect((await fetch(`${address}/graphql`, { headers: { accept: 'text/html' } })).status).toBe(404)
    expect((await fetch(address)).status).toBe(404)
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    const records = output()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const messages = records.map(({ msg }) => msg).filter(msg => msg !== 'not ready')
    expect(messages).toEqual([`listening at ${address}`, 'ready', 'stopping', 'stopped'])
    expect(output()).not.toContain(key)

    const listed = await run(['key', 'list'], { DATA_DIR })
    const [, id] = /^(\d+) .*active.* test$/m.exec(listed.stdout) ?? []
    expect(listed.stdout).not.toContain(key)
    expect(await run(['key', 'revoke', id ?? ''], { DATA_DIR })).toMatchObject({
      code: 0,
      stdout: `Revoked key ${id}\n`,
    })
    expect((await run(['key', 'list'], { DATA_DIR })).stdout).toMatch(/^\d+ .*revoked.* test$/m)
    expect(await run(['key', 'revoke', '999999'], { DATA_DIR })).toMatchObject({
      code: 2,
      stderr: 'error: API key 999999 was not found\n',
    })
  })

  it('has keys made with scopes, and messages that were given up sent again', async () => {
    const DATA_DIR = inFolder('operated')
    await cp(demoData, DATA_DIR, { recursive: true })
    const scoped = ['--scopes', 'webhooks,records', '--label', 'scoped']
    await run(['key', 'create', '--organization', '1', '--role', 'integration', ...scoped], { DATA_DIR })
    expect((await run(['key', 'list'], { DATA_DIR })).stdout).toMatch(
      / integration +records webhooks +active .* scoped$/m,
    )

    const database = await openDatabase({ dataDir: DATA_DIR, statementTimeout: 10_000 })
    await database.sql.script(`
      insert into webhook_subscription (organization_id, id, target_url, events, signing_secret)
      values (1, 7, 'https://example.com', '{*}', 'whsec_x');
      insert into webhook_delivery (organization_id, subscription_id, delivery_id, type, data, status, last_error)
      select 1, 7, ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'sale.created', '{}', 'dead', '500'
      from generate_series(1, 3) n`)
    await database.close()
    const { stdout } = await run(['webhook', 'dead-letters'], { DATA_DIR })
    expect(stdout).toMatch(/^DELIVERY +ORGANIZATION +WEBHOOK +TYPE +SINCE +LAST ERROR\n/)
    expect(stdout.match(/^0000\S+ +1 +7 +sale\.created +20\S+Z +500$/gm)).toHaveLength(3)
    const replay = async (...args: string[]) => (await run(['webhook', 'replay', ...args], { DATA_DIR })).stdout
    expect(await replay('00000000-0000-4000-8000-000000000002')).toBe('1 message is sent again\n')
    expect(await replay('--webhook', '8')).toBe('0 messages are sent again\n')
    expect(await replay()).toBe('2 messages are sent again\n')
  })

  it('migrates an embedded database, and has no data of its own', async () => {
    const DATA_DIR = inFolder('empty')
    const { child, address, exited } = await start('serve', { DATA_DIR })
    expect((await ask(address)).status).toBe(401)
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    expect(await run(['migrate'], { DATA_DIR })).toMatchObject({ code: 0, stdout: 'Nothing to migrate\n' })
    const database = await openDatabase({ dataDir: DATA_DIR, statementTimeout: 10_000 })
    await database.sql.script(`
      insert into organization (id, name) values (7, 'Old');
      insert into collaborator (organization_id, id, full_name, email, email_key)
      select 7, id, 'Jane', email, email from (values (3, 'Jane@example.com'), (4, 'JANE@example.com')) as c (id, email)`)
    await database.close()
    const { stdout } = await run(['migrate'], { DATA_DIR })
    expect(stdout).toContain('  organization 7, collaborator 4: address "JANE@example.com"\n')
    expect(await run(['key', 'create', '--organization', '1', '--role', 'integration'], { DATA_DIR })).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        'error: --organization: expected an existing organization, received 1: siren-gateway organization list shows them, and siren-gateway apply FILE makes one\n',
    })
  })
})

describe('seed', () => {
  it('refuses a database that has data', async () => {
    const { code, stderr } = await run(['seed', '--size', 'small'], { DATA_DIR: demoData })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: Seeding expects a database without organizations.*\n$/)
  })
})
