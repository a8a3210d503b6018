import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { testCommand } from '../support/command.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const { path, inFolder, run } = testCommand()
/** A project that uses the gateway without having it, and the gateway as `npm install --global` links it. */
let project: string
let linked: string

/** The source of an extension that adds a trigger of this id, which an error of a set-up then names. */
const adding = (id: string) =>
  `{ name: '${id}', register(gateway) {
    gateway.addStrategy({ id: '${id}', name: 'x', description: 'x', on: 'PayoutPaid', claim() {} })
  } }`

const write = async (file: string, content: string | object) => {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
}

/** Writes a package into the `node_modules` of a folder. */
const install = async (folder: string, name: string, manifest: object, file: string, source: string) => {
  const at = join(folder, 'node_modules', name)
  await write(join(at, 'package.json'), { name, version: '1.0.0', ...manifest })
  await write(join(at, file), source)
}

const ESM = { type: 'module', exports: { '.': { import: './lib/main.js' } } }

beforeAll(async () => {
  project = inFolder('project')
  linked = inFolder('siren-gateway')
  await symlink(path(), linked)
  await write(join(project, 'package.json'), { name: '@acme/project', exports: './own.mjs' })
  await write(join(project, 'own.mjs'), `export const extension = ${adding('ofTheProject')}`)
  await write(join(project, 'extensions', 'path.mjs'), `export const extension = ${adding('ofAPath')}`)
  await write(join(project, 'extensions', 'wrong.mjs'), `\nimport { hats } from 'node:fs'`)
  await write(join(project, 'setup.yaml'), 'programs: [{ engagementTypes: { unknown: 1 } }]')
  await install(project, '@acme/esm', ESM, 'lib/main.js', `export const extension = ${adding('ofEsm')}`)
  await install(
    project,
    'cjs',
    { main: 'main.js' },
    'main.js',
    `module.exports = { extension: ${adding('ofCommonJs')} }`,
  )
  await install(project, 'named', {}, 'index.js', `exports.extension = ${adding('ofNamedExports')}`)
  await install(project, 'unexported', { exports: {} }, 'index.js', '')
  await install(project, 'broken', { type: 'module', exports: './absent.js' }, 'index.js', '')
  const gateway = join(dirname(path()), '..')
  for (const name of ['beside', 'broken'])
    await install(gateway, name, ESM, 'lib/main.js', `export const extension = ${adding('besideTheGateway')}`)
  await install(gateway, 'both', ESM, 'lib/main.js', `export const extension = ${adding('besideTheGateway')}`)
  await cp(join(project, 'node_modules/@acme/esm'), join(project, 'node_modules/both'), { recursive: true })
})

const loading = async (EXTENSIONS: string) => {
  const { code, stderr } = await run(['apply', 'setup.yaml'], { EXTENSIONS }, { script: [linked], cwd: project })
  return { code, stderr }
}

describe('a gateway that is linked or installed globally', () => {
  it.each([
    ['an ES module with exports for import alone', '@acme/esm', 'ofEsm'],
    ['a CommonJS module', 'cjs', 'ofCommonJs'],
    ['a CommonJS module with named exports', 'named', 'ofNamedExports'],
    ['a path', './extensions/path.mjs', 'ofAPath'],
    ['the project itself', '@acme/project', 'ofTheProject'],
    ['a package beside the gateway', 'beside', 'besideTheGateway'],
    ['the package of the project, where both have one', 'both', 'ofEsm'],
    ['several', './extensions/path.mjs, @acme/esm,cjs, beside', 'ofAPath, ofEsm, ofCommonJs, besideTheGateway'],
  ])('loads from the working directory first: %s', async (_, modules, ids) => {
    const { code, stderr } = await loading(modules)
    expect(stderr).toMatch(/^error: setup\.yaml:1:33: programs\.0\.engagementTypes\.unknown: Expected one of /)
    expect([code, stderr]).toEqual([2, expect.stringContaining(`, ${ids}; received "unknown"`)])
  })

  it.each([
    ['no such package', 'absent', "Cannot find package 'absent'"],
    ['a package that exports nothing', 'unexported', 'No "exports" main defined'],
    ['a package of the project without its file, though the gateway has one', 'broken', 'Cannot find module'],
    ['a path without ./', 'extensions/path.mjs', 'expected ./ before the path of a file: ./extensions/path.mjs'],
  ])('says in one line what it cannot load: %s', async (_, module, reason) => {
    const { code, stderr } = await loading(module)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: EXTENSIONS: .*\n$/)
    expect(stderr).toContain(`EXTENSIONS: ${module}: it cannot be loaded: ${reason}`)
  })

  it('says where the syntax of an extension is wrong, as far as Node says it', async () => {
    const { code, stderr } = await loading('./extensions/wrong.mjs')
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: EXTENSIONS: \.\/extensions\/wrong\.mjs: it cannot be loaded: \/.*wrong\.mjs:2: The requested module .*\n$/,
      ),
    ])
  })
})
