import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSetupFile } from '../../src/directory/setup-file.ts'
import { InvalidInputError, StartError } from '../../src/errors.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siren-setup-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const read = (content: string | Buffer) => readSetupFile('-', Readable.from([Buffer.from(content)]))

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
    expect(await readSetupFile(path)).toEqual({ organization: { name: 'Shop' } })
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
    expect(error).toBeInstanceOf(StartError)
    expect(error.message).toBe(`${join(folder, name)} cannot be read: ${expected}`)
  })

  test.each<[string, string | Buffer, RegExp]>([
    ['a bracket too few', 'a: 1\nb: [1\nc: 2', /^stdin: line 3, column 1: \S/],
    ['a quotation mark too few', '{"a": 1,\n "b: 2}', /^stdin: line 2, column \d+: \S/],
    ['a key twice', 'a: 1\nb: 2\na: 3', /^stdin: line 3, column 1: .*unique/],
    ['several documents', 'a: 1\n---\nb: 2', /^stdin: line 2, column 1: expected one document/],
    ['a tag that means nothing here', 'a: !secret x', /^stdin: line 1, column 4: .*!secret/],
    ['an alias of nothing', 'a: *x', /x/],
    ['brackets without end', '['.repeat(5000), /^stdin: line 1, column \d+: \S/],
    ['another encoding', Buffer.from('a: M\xfcller', 'latin1'), /^stdin: expected text in UTF-8$/],
    ['more than 10 MiB', Buffer.alloc(10 * 1024 ** 2 + 1, 'x'), /^stdin: expected at most 10 MiB$/],
  ])('is refused in one line: %s', async (_, content, expected) => {
    const error: Error = await read(content).then(String, error => error)
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error.message).toMatch(expected)
    expect(error.message).not.toContain('\n')
  })

  test('of aliases that would fill the memory is refused', async () => {
    const levels = [...'abcdefgh'].map(
      (name, at, all) => `${name}: &${name} [${Array(9).fill(at === 0 ? 'x' : `*${all[at - 1]}`)}]`,
    )
    await expect(read(levels.join('\n'))).rejects.toThrow('Excessive alias count')
  })
})
