import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { parse } from 'yaml'
import { parseSetup } from '../../src/directory/setup-document.ts'
import { ValidationError } from '../../src/errors.ts'
import type { Setup } from '../../src/http/setup.ts'
import { sampleServer, viewers } from '../http/sample.ts'
import { testCommand } from '../support/command.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 }) // each command opens a database of its own

const EXAMPLE = fileURLToPath(new URL('../../examples/setup.yaml', import.meta.url))

const { inFolder, run } = testCommand()

describe('apply', () => {
  const write = async (name: string, content: string) => {
    const path = inFolder(name)
    await writeFile(path, content)
    return path
  }

  it('sets an organization up, on a folder that need not be there, and again changes nothing', async () => {
    const env = { DATA_DIR: inFolder('applied') }
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
    expect(refused.stderr).toMatch(
      /^error: \S+wrong\.yaml:1:24: organization\.title: .*received "title"\nerror: \S+wrong\.yaml:3:5: groups\.0\.name: .*received 2\n$/,
    )
  })

  it('shows in a dry run what would change, keeps to the organization that is named, and warns', async () => {
    const env = { DATA_DIR: inFolder('kept') }
    const dry = await run(['apply', EXAMPLE, '--dry-run'], env)
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(dry.stdout).toMatch(/^Dry run: nothing was changed\nA new organization\nCreated: 1 organization, /)
    expect(dry.stdout).toContain('\n+ organization "Harbour Books"\n')
    expect(dry.stdout).toContain('\n+ enrolment of "nora@harbour.example" in "Affiliates"\n')
    expect(existsSync(env.DATA_DIR)).toBe(false)

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
    expect(changed.stderr).toMatch(
      /^warning: \S+pts\.yaml:1:31: programs\.0\.units: "pts" is not an ISO 4217 code.*\n$/,
    )
  })

  it('says in one line what is wrong with the file', async () => {
    const broken = await write('broken.yaml', 'organization:\n  name: [x\n')
    const deep = await write('deep.json', `{"programs": ${'['.repeat(8000)}${']'.repeat(8000)}}`)
    const endless = await write('endless.yaml', 'organization: &a { name: *a }')
    const somewhere = ['--url', 'http://127.0.0.1:1', '--key', 'x']
    for (const [args, expected] of [
      [[broken], /^error: .*broken\.yaml:\d+:\d+: .*\n$/],
      [[deep], /^error: .*deep\.json:1:\d+: expected lists and objects in at most 32 levels\n$/],
      [[endless], /^error: .*endless\.yaml:1:20: expected no alias within what it stands for\n$/],
      [[endless, ...somewhere], /^error: .*endless\.yaml:1:20: expected no alias within what it stands for\n$/],
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
        stderr: `warning: ${EXAMPLE}:12:1: a: b\n`,
      })
      expect(asked).toEqual([{ isPreview: true }])
      expect(await run([...previewed, '9'])).toMatchObject({
        code: 2,
        stderr: 'error: --organization: Expected 1, the organization of the key, received "9"\n',
      })

      const refusing = await gateway(() => Promise.reject(new ValidationError({ 'programs.0.name': ['Expected it'] })))
      const infinite = await write('infinite.yaml', 'programs: [{ payoutPerLead: .inf }]')
      expect(await applied(refusing, { file: infinite })).toEqual({
        code: 2,
        stdout: '',
        stderr: `error: ${infinite}:1:12: programs.0.name: Expected it\n`,
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
      expect(stderr).toMatch(
        /^error: \S+prototype\.json:1:2: __proto__: Expected a field of a set-up, .*; received "__proto__"$/m,
      )
      const type = await write('type.json', '{"programs": [{"engagementTypes": {"__proto__": 1}}]}')
      expect((await applied(address, { file: type })).stderr).toMatch(
        /^error: \S+type\.json:1:36: programs\.0\.engagementTypes\.__proto__: Expected one of manual; received "__proto__"$/m,
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
