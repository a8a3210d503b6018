import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { parse } from 'yaml'
import { openDatabase } from '../src/database/client.ts'
import { parseSetup } from '../src/directory/setup-document.ts'
import { ValidationError } from '../src/errors.ts'
import type { Setup } from '../src/http/setup.ts'
import { type BuiltCli, buildCli } from './built-cli.ts'
import { sampleServer, viewers } from './http/sample.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 }) // each start opens a database of its own

const EXAMPLE = fileURLToPath(new URL('../examples/setup.yaml', import.meta.url))

let cli: BuiltCli
let folder: string
/** A folder with the demo's data, made once. */
let demoData: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siren-cli-'))
  cli = await buildCli()
  demoData = join(folder, 'demo')
})
afterAll(async () => {
  await cli?.remove()
  await rm(folder, { recursive: true, force: true })
})

const begin = (args: string[], env: NodeJS.ProcessEnv, script = [cli.path]): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [...script, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATA_DIR: join(folder, 'default'), PORT: '0', ...env },
  })

/** Runs a command to its end. */
const run = async (args: string[], env: NodeJS.ProcessEnv = {}, script?: string[]) => {
  const child = begin(args, env, script)
  const [stdout, stderr, [code]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'exit')])
  return { code, stdout, stderr }
}
const textOf = async (stream: AsyncIterable<Buffer>) => {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

/** Starts a gateway and waits until it is ready. */
const start = async (command: 'demo' | 'serve', env: NodeJS.ProcessEnv) => {
  const child = begin([command], env)
  let output = ''
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const address = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
      if (found) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    exited.then(code => reject(new Error(`exited with ${code}: ${output}`)))
  })
  while ((await fetch(`${address}/ready`)).status !== 200) await pause(50)
  return { child, address, exited, output: () => output }
}
const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

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
    [['key', 'create'], '--organization'],
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

  it('says that its port is taken', async () => {
    const { address } = await start('demo', { DATA_DIR: demoData })
    const DATA_DIR = join(folder, 'copy')
    await cp(demoData, DATA_DIR, { recursive: true })
    const { code, stderr } = await run(['demo'], { PORT: new URL(address).port, DATA_DIR })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: PORT: .*\n$/)
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
    const parts = ['app.js', 'http/logging.js'].map(part => JSON.stringify(join(dirname(cli.path), part)))
    const script = `
      import { stopOnSignals } from ${parts[0]}
      import { makeLog } from ${parts[1]}
      const log = makeLog('info')
      const close = async () => log.info('closed')
      stopOnSignals({ close }, { log, shutdownTimeout: 1000 })
      setInterval(() => {}, 1000)
      ${code}`
    return run(['--input-type=module', '--eval', script], {}, [])
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
    const DATA_DIR = join(folder, 'served')
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
    const DATA_DIR = join(folder, 'operated')
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
    const DATA_DIR = join(folder, 'empty')
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
      stderr: 'error: Expected an existing organization, received 1\n',
    })
  })
})

describe('apply', () => {
  const write = async (name: string, content: string) => {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  it('sets an organization up, on a folder that need not be there, and again changes nothing', async () => {
    const env = { DATA_DIR: join(folder, 'applied') }
    const made = 'Created: 1 organization, 2 integrations, 4 collaborators, 4 tracking codes, 1 group, 4 programs'
    const first = await run(['apply', EXAMPLE], env)
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toMatch(/^Organization 1\nCreated: .*\nUpdated: nothing\n$/)
    expect(first.stdout).toContain(made)
    expect(await run(['apply', EXAMPLE], env)).toEqual({
      code: 0,
      stdout: 'Organization 1\nCreated: nothing\nUpdated: nothing\n',
      stderr: '',
    })
    const change = await write(
      'change.json',
      '{"organization": {"id": 1, "name": "New"}, "groups": [{"name": "Partners", "description": null}]}',
    )
    expect(await run(['apply', change], env)).toMatchObject({
      stdout: 'Organization 1\nCreated: nothing\nUpdated: 1 organization, 1 group\n',
    })

    const wrong = await write('wrong.yaml', 'organization: { id: 1, title: x }\ngroups:\n  - name: 2\n')
    const refused = await run(['apply', wrong], env)
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    const [head, ...fields] = refused.stderr.trimEnd().split('\n')
    expect(head).toBe('error: the document is not what was expected')
    expect(fields.sort()).toEqual([
      expect.stringMatching(/^ {2}groups\.0\.name: .*received 2$/),
      expect.stringMatching(/^ {2}organization\.title: .*received "title"$/),
    ])
  })

  it('shows in a dry run what would change, keeps to the organization that is named, and warns', async () => {
    const env = { DATA_DIR: join(folder, 'kept') }
    const dry = await run(['apply', EXAMPLE, '--dry-run'], env)
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(dry.stdout).toMatch(/^Dry run: nothing was changed\nA new organization\nCreated: 1 organization, /)
    expect(dry.stdout).toContain('\n+ organization "Harbour Books"\n')
    expect(dry.stdout).toContain('\n+ enrolment of "nora@harbour.example" in "Affiliates"\n')
    expect(await run(['organization', 'list'], env)).toMatchObject({ code: 0, stdout: 'ID  NAME  CREATED\n' })

    await run(['apply', EXAMPLE], env)
    const acme = await write('acme.yaml', 'organization: { name: Acme }')
    await run(['apply', acme], env)
    const listed = await run(['organization', 'list'], env)
    expect(listed.stdout).toMatch(/^ID {2}NAME +CREATED\n1 {3}Harbour Books {2}20\S+Z\n2 {3}Acme +20\S+Z\n$/)

    const refused = await run(['apply', EXAMPLE, '--organization', '2'], env)
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr).toContain('organization.name: Expected "Acme"')
    expect(await run(['apply', EXAMPLE, '--organization', '3'], env)).toMatchObject({
      code: 2,
      stderr: 'error: Organization 3 was not found\n',
    })
    const change = await write(
      'pts.yaml',
      'programs: [{ name: Reviewers, units: pts, payoutPerTransaction: 2, endedCollaborators: [nora@harbour.example] }]\nretiredCoupons: [welcome]',
    )
    const changed = await run(['apply', change, '--organization', '1'], env)
    expect([changed.code, changed.stdout]).toEqual([
      0,
      'Organization 1\nCreated: nothing\nUpdated: 1 program\nEnded: 1 enrollment\nRetired: 1 coupon\n',
    ])
    expect(changed.stderr).toMatch(/^warning: programs\.0\.units: "pts" is not an ISO 4217 code.*\n$/)
  })

  it('says in one line what is wrong with the file', async () => {
    const broken = await write('broken.yaml', 'organization:\n  name: [x\n')
    const deep = await write('deep.json', `{"programs": ${'['.repeat(8000)}${']'.repeat(8000)}}`)
    const endless = await write('endless.yaml', 'organization: &a { name: *a }')
    const somewhere = ['--url', 'http://127.0.0.1:1', '--key', 'x']
    for (const [args, expected] of [
      [[broken], /^error: .*broken\.yaml: line \d+, column \d+: .*\n$/],
      [[deep], /^error: .*deep\.json: line 1, column \d+: expected lists and objects in at most 32 levels\n$/],
      [[endless], /^error: .*endless\.yaml: expected no alias within what it stands for\n$/],
      [[endless, ...somewhere], /^error: .*endless\.yaml: expected no alias within what it stands for\n$/],
    ] as const) {
      const { code, stdout, stderr } = await run(['apply', ...args])
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(expected)
    }
  })

  it('says in one line that the database cannot be reached', async () => {
    const { code, stderr } = await run(['apply', EXAMPLE], { DATABASE_URL: 'postgres://siren@127.0.0.1:1/siren' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: DATABASE_URL: .*ECONNREFUSED.*\n$/)
  })

  describe('with --url', () => {
    const gateway = async (setup: Setup) => {
      const app = sampleServer({ setup })
      onTestFinished(() => app.close())
      return app.listen({ port: 0, host: '127.0.0.1' })
    }
    const applied = (url: string, { key = 'admin', file = EXAMPLE } = {}) =>
      run(['apply', file, '--url', url, '--key', key])

    it('goes through a running gateway, and reads what that says, field by field', async () => {
      const received: unknown[] = []
      const address = await gateway(async (document, viewer) => {
        received.push([viewer, document])
        return { organizationId: 7, created: { programs: 1 }, updated: { trackingCodes: 2 }, ids: {} }
      })
      expect(await applied(`${address}/`)).toEqual({
        code: 0,
        stdout: 'Organization 7\nCreated: 1 program\nUpdated: 2 tracking codes\n',
        stderr: '',
      })
      expect(received).toEqual([[viewers.admin, parse(await readFile(EXAMPLE, 'utf8'))]])

      const asked: unknown[] = []
      const previewing = await gateway(async (_document, _viewer, options) => {
        asked.push(options)
        const changes = [{ change: 'created', record: 'coupon', name: 'SAVE', of: 'jane@example.com' }]
        return { organizationId: 1, created: { coupons: 1 }, updated: {}, ids: {}, warnings: ['a: b'], changes }
      })
      const previewed = ['apply', EXAMPLE, '--url', previewing, '--key', 'admin', '--dry-run', '--organization']
      expect(await run([...previewed, '1'])).toEqual({
        code: 0,
        stdout:
          'Dry run: nothing was changed\nOrganization 1\nCreated: 1 coupon\nUpdated: nothing\n+ coupon "SAVE" of "jane@example.com"\n',
        stderr: 'warning: a: b\n',
      })
      expect(asked).toEqual([{ isPreview: true }])
      expect(await run([...previewed, '9'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('  organization: Expected 1, the organization of the key, received "9"'),
      })

      const refusing = await gateway(() => Promise.reject(new ValidationError({ 'programs.0.name': ['Expected it'] })))
      const infinite = await write('infinite.yaml', 'programs: [{ payoutPerLead: .inf }]')
      expect(await applied(refusing, { file: infinite })).toEqual({
        code: 2,
        stdout: '',
        stderr: 'error: the document is not what was expected\n  programs.0.name: Expected it\n',
      })
    })

    it('has every unknown field said, whatever its name', async () => {
      const address = await gateway(async document => parseSetup(document, ['manual']))
      const file = await write(
        'prototype.json',
        '{"__proto__": {}, "programs": [{"engagementTypes": {"__proto__": 1}}]}',
      )
      const { code, stderr } = await applied(address, { file })
      expect(code).toBe(2)
      expect(stderr).toMatch(/^ {2}__proto__: Expected a field of a set-up, .*; received "__proto__"$/m)
      const type = await write('type.json', '{"programs": [{"engagementTypes": {"__proto__": 1}}]}')
      expect((await applied(address, { file: type })).stderr).toMatch(
        /^ {2}programs\.0\.engagementTypes\.__proto__: Expected one of manual; received "__proto__"$/m,
      )
    })

    it.each([
      ['a key that is none', 'nobody', 2, /answered 401: Expected a valid key/],
      ['a key that may not', 'integration', 2, /answered 403: Expected an administrator's key/],
      ['a key with a line end', 'admin\nx: y', 2, /^error: --key: expected/],
      ['an error of the gateway', 'admin', 1, /answered 500: Internal server error/],
    ])('refuses in one line: %s', async (_, key, expected, message) => {
      const address = await gateway(() => Promise.reject(new Error('unforeseen')))
      const { code, stdout, stderr } = await applied(address, { key })
      expect([code, stdout]).toEqual([expected, ''])
      expect(stderr).toMatch(/^error: .*\n$/)
      expect(stderr).toMatch(message)
    })

    it.each([
      ['not an address', 'gateway', 2, '--url: expected'],
      ['another protocol', 'ftp://127.0.0.1', 2, '--url: expected'],
      ['a password', 'http://user:secret@127.0.0.1', 2, '--url: expected'],
      ['nobody there', 'http://127.0.0.1:1', 1, 'cannot be reached: '],
    ])('refuses in one line: %s', async (_, url, expected, message) => {
      const { code, stdout, stderr } = await applied(url)
      expect([code, stdout]).toEqual([expected, ''])
      expect(stderr).toMatch(/^error: .*\n$/)
      expect(stderr).toContain(message)
      expect(stderr).not.toContain('secret')
    })

    it.each([
      ['that is no gateway', 200, 'Welcome'],
      ['that points elsewhere', 301, ''],
    ])('takes no answer for one from a server %s', async (_, status, text) => {
      const server = createServer((_request, response) => response.writeHead(status, { location: '/' }).end(text))
      onTestFinished(() => void server.close())
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { code, stderr } = await applied(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: .* answered \d+, and not as a gateway does.*\n$/)
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
