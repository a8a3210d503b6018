import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSetupFile } from '../../src/directory/setup-file.ts'
import { InvalidInputError } from '../../src/errors.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siren-setup-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const file = (content: string | Buffer) => readSetupFile('-', Readable.from([Buffer.from(content)]))
const read = async (content: string | Buffer) => (await file(content)).document

const ENDLESS = /^stdin:\d+:\d+: expected no alias within what it stands for$/

describe('a file', () => {
  test.each([
    ['YAML', 'organization:\n  name: Shop # ours\n'],
    ['YAML in flow', '{organization: {name: Shop}}'],
    ['JSON', '{"organization": {"name": "Shop"}}'],
    ['JSON with tabs and line ends of Windows', '{\r\n\t"organization": {\r\n\t\t"name": "Shop"\r\n\t}\r\n}\r\n'],
    ['with a byte order mark', '\uFEFForganization:\n  name: Shop\n'],
    ['with an alias', 'organization: &shop\n  name: Shop\n'],
  ])('is read by its content: %s', async (_, content) => {
    const path = join(folder, 'setup')
    await writeFile(path, content)
    expect((await readSetupFile(path)).document).toEqual({ organization: { name: 'Shop' } })
    expect(await read(content)).toEqual({ organization: { name: 'Shop' } })
  })

  test('says of a text what it says', async () => {
    expect(await read('a: "\\ud83d\\ude00"\nb: yes\nc: 2024-01-01\nd: ~\ne: 2.50\nf: .inf')).toEqual({
      a: '😀',
      b: 'yes',
      c: '2024-01-01',
      d: null,
      e: 2.5,
      f: Number.POSITIVE_INFINITY,
    })
  })

  test.each([
    ['that is not there', 'nowhere.yaml', 'there is no such file'],
    ['that is a folder', '.', 'it is a folder'],
  ])('%s is one line', async (_, name, expected) => {
    const error: Error = await readSetupFile(join(folder, name)).then(String, error => error)
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error.message).toBe(`${join(folder, name)} cannot be read: ${expected}`)
  })

  test.each<[string, string | Buffer, RegExp]>([
    ['a bracket too few', 'a: 1\nb: [1\nc: 2', /^stdin:3:1: \S/],
    ['a quotation mark too few', '{"a": 1,\n "b: 2}', /^stdin:2:\d+: \S/],
    ['a key twice', 'a: 1\nb: 2\na: 3', /^stdin:3:1: .*unique/],
    ['several documents', 'a: 1\n---\nb: 2', /^stdin:2:1: expected one document/],
    ['a tag that means nothing here', 'a: !secret x', /^stdin:1:4: .*!secret/],
    ['an alias of nothing', 'a: 1\nb: [*x]', /^stdin:2:5: .*x$/],
    ['brackets without end', '['.repeat(5000), /^stdin:1:\d+: \S/],
    ['8000 levels', `${'['.repeat(8000)}${']'.repeat(8000)}`, /^stdin:1:\d+: expected .* 32 levels$/],
    ['500 levels', `${'['.repeat(500)}${']'.repeat(500)}`, /^stdin:1:33: expected .* 32 levels$/],
    ['500 objects', `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`, /^stdin:1:157: expected .* 32 levels$/],
    ['an alias in its own list', 'a: &a [*a]', ENDLESS],
    ['an alias deep in its own object', 'organization: &a\n  name: [{x: *a}]', ENDLESS],
    ['an alias in the whole', '&a {a: [*a, *a]}', ENDLESS],
    ['another encoding', Buffer.from('a: ä\nb: M\xfcller', 'latin1'), /^stdin:1:4: expected text in UTF-8$/],
    ['more than 10 MiB', Buffer.alloc(10 * 1024 ** 2 + 1, 'x'), /^stdin: expected at most 10 MiB$/],
  ])('is refused in one line: %s', async (_, content, expected) => {
    const error: Error = await read(content).then(String, error => error)
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error.message).toMatch(expected)
    expect(error.message).not.toContain('\n')
  })

  test('may say the same as often as it likes', async () => {
    const members = ['a@example.com', 'b@example.com']
    const programs = Array.from({ length: 500 }, (_, at) => ({ name: `p${at}`, collaborators: members }))
    const said = programs.map(
      ({ name }, at) =>
        `- {name: ${name}, collaborators: ${at === 0 ? '&all [a@example.com, b@example.com]' : '*all'}}`,
    )
    expect(await read(`programs:\n${said.join('\n')}`)).toEqual({ programs })
    const nested = `${'['.repeat(32)}${']'.repeat(32)}`
    expect(JSON.stringify(await read(nested))).toBe(nested)
  })

  test('of 10 MiB is read whole', async () => {
    const item = `- ${'x'.repeat(1021)}\n`
    expect(await read(item.repeat(10 * 1024))).toHaveLength(10 * 1024)
  })

  test('of aliases that would fill the memory is refused', async () => {
    const levels = [...'abcdefgh'].map(
      (name, at, all) => `${name}: &${name} [${Array(9).fill(at === 0 ? 'x' : `*${all[at - 1]}`)}]`,
    )
    const expected = /^stdin:\d+:\d+: expected at most 10 MiB, with what each alias stands for$/
    await expect(read(levels.join('\n'))).rejects.toThrow(expected)
    const names = `? ${'x'.repeat(100_000)}\n: 1`.replaceAll('\n', '\n  ')
    await expect(read(`- &a\n  ${names}\n${'- *a\n'.repeat(200)}`)).rejects.toThrow(expected)
  })
})

describe('an error of a field', () => {
  const YAML = `programs:
  - name: 2
    collaborators:
      - a@example.com
      - 3
    a.b: { c: 1 }
    endedCollaborators: &all
      - x
groups: [{ name: *all }]
`
  test.each([
    ['a value', 'programs.0.name', '2:5'],
    ['an item', 'programs.0.collaborators.1', '5:9'],
    ['the whole document', '', '1:1'],
    ['a field that is missing', 'programs.0.incentiveType', '2:5'],
    ['a section that is missing', 'organization.name', '1:1'],
    ['an item that is missing', 'programs.7.name', '1:1'],
    ['a key with a dot', 'programs.0.a.b', '6:5'],
    ['a field of a key with a dot', 'programs.0.a.b.c', '6:12'],
    ['an item of what an alias stands for', 'groups.0.name.0', '8:9'],
  ])('is placed where it is written: %s', async (_, field, where) => {
    const { linesOf } = await file(YAML)
    const message = field === '' ? 'Expected it' : `${field}: Expected it`
    expect(linesOf({ [field]: ['Expected it'] })).toEqual([`stdin:${where}: ${message}`])
  })

  test('is placed in JSON, too, and all are in the order of the file', async () => {
    const { linesOf } = await file('{\r\n  "groups": [{ "name": 1 }],\r\n  "coupons": [\r\n    5\r\n  ]\r\n}')
    expect(linesOf({ 'coupons.0': ['No', 'Never'], 'groups.0.name': ['No'] })).toEqual([
      'stdin:2:16: groups.0.name: No',
      'stdin:4:5: coupons.0: No',
      'stdin:4:5: coupons.0: Never',
    ])
  })
})
