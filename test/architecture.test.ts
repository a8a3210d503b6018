import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')

interface Report {
  summary: { changed: number; unchanged: number }
  diagnostics: { severity: string; message: string; category: string; location: { path: string } }[]
}

const lint = (folder: string): Report => {
  const parameters = [BIOME, 'lint', '--colors=off', '--reporter=json', '--max-diagnostics=none', 'src']
  const { stdout, stderr } = spawnSync(process.execPath, parameters, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (!stdout.startsWith('{')) throw new Error(`Expected a report of the lint, received ${stdout}${stderr}`)
  return JSON.parse(stdout)
}

/** What the project's lint says about files, by file. */
const lintOf = (files: Record<string, string>): Record<string, string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'siren-lint-'))
  for (const part of ['biome.json', 'lint', 'package.json', '.gitignore']) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  }
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), source)
  }
  const { diagnostics } = lint(folder)
  rmSync(folder, { recursive: true })
  const said: Record<string, string[]> = {}
  for (const { category, message, location } of diagnostics) {
    said[location.path] = [...(said[location.path] ?? []), `${category.replace('lint/', '')}: ${message}`]
  }
  return said
}

const ROOMS = readdirSync(join(ROOT, 'src'), { withFileTypes: true, recursive: true })
  .filter(entry => entry.isDirectory())
  .map(entry => relative(join(ROOT, 'src'), join(entry.parentPath, entry.name)))
  .filter(path => !path.startsWith('database/generated'))

test('the lint looks at every file of src, and finds nothing', () => {
  const { summary, diagnostics } = lint(ROOT)
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    path => path.endsWith('.ts') && !path.startsWith('database/generated'),
  )
  expect(files.length).toBeGreaterThan(50)
  expect(summary.changed + summary.unchanged).toBe(files.length)
  expect(diagnostics.map(({ location, message }) => `${location.path}: ${message}`)).toEqual([])
})

describe('an import that the table of rooms forbids is refused', () => {
  const value = (from: string) => `import { thing } from '${from}'\nexport const other = thing\n`
  const type = (from: string) => `import type { Thing } from '${from}'\nexport type Other = Thing\n`
  const forbidden: [path: string, source: string, expected: string][] = [
    ['src/http/a.ts', value('../loaders/loaders.ts'), 'http may import'],
    ['src/http/b.ts', value('../database/sql.ts'), 'http may import'],
    ['src/http/c.ts', value('../notes/render.ts'), 'http may import'],
    ['src/http/d.ts', value('../notes/datastore.ts'), 'Only types'],
    ['src/http/rest/e.ts', value('../../notes/render.ts'), 'http may import'],
    ['src/http/rest/f.ts', value('../../rewards/datastores.ts'), 'Only types'],
    ['src/graphql/a.ts', value('../http/server.ts'), 'graphql may import'],
    ['src/graphql/b.ts', value('../events/ingest.ts'), 'graphql may import'],
    ['src/graphql/c.ts', value('../notes/datastore.ts'), 'Only types'],
    ['src/graphql/d.ts', value('../database/client.ts'), 'Only types'],
    ['src/graphql/types/e.ts', value('../../http/server.ts'), 'graphql may import'],
    ['src/graphql/types/f.ts', value('../../engagements/datastore.ts'), 'Only types'],
    ['src/graphql/types/g.ts', value('../../notes/listeners.ts'), 'Only types'],
    ['src/graphql/h.ts', value('../app.ts'), 'graphql may import'],
    ['src/loaders/a.ts', value('../graphql/context.ts'), 'loaders may import'],
    ['src/loaders/b.ts', value('../http/server.ts'), 'loaders may import'],
    ['src/loaders/c.ts', value('../events/ingest.ts'), 'loaders may import'],
    ['src/loaders/d.ts', value('../database/sql.ts'), 'Only types'],
    ...[
      ['directory', 'notes'],
      ['opportunities', 'engagements'],
      ['engagements', 'opportunities'],
      ['commerce', 'attribution'],
      ['attribution', 'rewards'],
      ['rewards', 'commerce'],
      ['notes', 'directory'],
      ['webhooks', 'live'],
      ['live', 'webhooks'],
    ].flatMap(([from, to]): [string, string, string][] => [
      [`src/${from}/a.ts`, value(`../${to}/datastore.ts`), 'A domain folder may import'],
      [`src/${from}/b.ts`, value('../graphql/context.ts'), 'A domain folder may import'],
      [`src/${from}/parts/c.ts`, value(`../../${to}/datastore.ts`), 'A domain folder may import'],
    ]),
    ['src/engagements/triggers/d.ts', value('../../datastores.ts'), 'A domain folder may import'],
    ['src/events/a.ts', value('../engagements/listeners.ts'), 'events, database and access'],
    ['src/database/a.ts', value('../directory/datastores.ts'), 'events, database and access'],
    ['src/access/a.ts', value('../config.ts'), 'events, database and access'],
    ['src/config.ts', value('./app.ts'), 'errors, money, moments, text and config'],
    ['src/errors.ts', value('./config.ts'), 'errors, money, moments, text and config'],
    ['src/money.ts', value('./database/sql.ts'), 'errors, money, moments, text and config'],
    ['src/moments.ts', value('./database/sql.ts'), 'errors, money, moments, text and config'],
    ['src/text.ts', value('./database/sql.ts'), 'errors, money, moments, text and config'],
    ['src/seed/a.ts', value('../notes/datastore.ts'), 'seed may import'],
    ['src/demo/a.ts', value('../notes/datastore.ts'), 'demo may import'],
    ['src/demo/b.ts', value('../directory/datastores.ts'), 'demo may import'],
    ['src/datastores.ts', value('./graphql/context.ts'), 'datastores.ts may import'],
    ['src/newcomers/a.ts', value('../database/sql.ts'), 'This folder has no rule'],
    // in whatever way it is written
    ['src/notes/type.ts', type('../graphql/context.ts'), 'A domain folder may import'],
    ['src/notes/again.ts', `export { thing } from '../graphql/context.ts'\n`, 'A domain folder may import'],
    ['src/notes/late.ts', `export const load = () => import('../graphql/context.ts')\n`, 'A domain folder may import'],
    ['src/graphql/late.ts', `export const load = () => import('../notes/datastore.ts')\n`, 'Only types'],
    ['src/graphql/again.ts', `export { thing } from '../notes/datastore.ts'\n`, 'Only types'],
    [
      'src/graphql/whole.ts',
      `import * as all from '../notes/datastore.ts'\nexport const other = all.thing\n`,
      'Only types',
    ],
    [
      'src/graphql/mixed.ts',
      `import { type A, b } from '../notes/datastore.ts'\nexport const c: A = b\n`,
      'Only types',
    ],
  ]
  let said: Record<string, string[]>
  beforeAll(() => {
    said = lintOf(Object.fromEntries(forbidden))
  })

  test.each(forbidden)('%s', (path, _, expected) => {
    expect(said[path]).toContainEqual(expect.stringContaining(expected))
  })

  test('in every folder that there is', () => {
    expect(ROOMS).toContain('graphql/types')
    const files = ROOMS.map((room): [string, string] => [
      join('src', room, 'planted.ts'),
      value(`${'../'.repeat(room.split('/').length)}cli.ts`),
    ])
    const said = lintOf(Object.fromEntries(files))
    for (const [path] of files) {
      expect(said[path], path).toEqual([expect.stringContaining('style/noRestrictedImports')])
    }
  })

  test('and one that it allows is not', () => {
    const allowed: Record<string, string> = {
      'src/app.ts': value('./http/server.ts'),
      'src/cli.ts': value('./app.ts'),
      'src/index.ts': `export { thing } from './app.ts'\n`,
      'src/datastores.ts': value('./notes/datastore.ts'),
      'src/http/server.ts': value('../graphql/schema.ts'),
      'src/http/ingestion.ts': value('../events/ingest.ts'),
      'src/http/keys.ts': value('../access/authenticate.ts'),
      'src/http/rest/notes.ts': type('../../notes/datastore.ts'),
      'src/http/rest/errors.ts': value('../../errors.ts'),
      'src/graphql/context.ts': value('../datastores.ts'),
      'src/graphql/schema.ts': value('../loaders/loaders.ts'),
      'src/graphql/builder.ts': value('../database/generated/pothos.ts'),
      'src/graphql/types/note.ts': type('../../notes/datastore.ts'),
      'src/graphql/types/row.ts': type('../../database/rows.ts'),
      'src/graphql/types/engagement.ts': value('../../engagements/engagement.ts'),
      'src/loaders/loaders.ts': type('../datastores.ts'),
      'src/notes/datastore.ts': value('../database/sql.ts'),
      'src/notes/listeners.ts': value('../events/catalog.ts'),
      'src/engagements/triggers/renewal.ts': value('../../access/viewer.ts'),
      'src/engagements/triggers/coupon.ts': value('../engagement.ts'),
      'src/events/ingest.ts': value('../database/sql.ts'),
      'src/access/scope.ts': value('../database/rows.ts'),
      'src/seed/seed.ts': value('../database/sql.ts'),
      'src/demo/fill.ts': value('../directory/apply.ts'),
      'src/demo/tell.ts': value('../events/ingest.ts'),
      'src/config.ts': value('./errors.ts'),
      'test/notes/datastore.test.ts': value('../../src/notes/datastore.ts'),
    }
    expect(lintOf(allowed)).toEqual({})
  })

  test('a cycle, through however many files', () => {
    const said = lintOf({
      'src/notes/a.ts': `import { b } from './b.ts'\nexport const a = (): unknown => b\n`,
      'src/notes/b.ts': `import { c } from './c.ts'\nexport const b = (): unknown => c\n`,
      'src/notes/c.ts': `import { a } from './a.ts'\nexport const c = (): unknown => a\n`,
    })
    const cycle = [expect.stringContaining('suspicious/noImportCycles')]
    expect(said).toEqual({ 'src/notes/a.ts': cycle, 'src/notes/b.ts': cycle, 'src/notes/c.ts': cycle })
  })
})

test.each([
  ['a default export', 'src/notes/a.ts', 'export default 1\n', 'style/noDefaultExport'],
  ['a barrel', 'src/notes/a.ts', `export * from './b.ts'\n`, 'performance/noBarrelFile'],
  ['a name that is not kebab-case', 'src/notes/aB.ts', 'export const a = 1\n', 'style/useFilenamingConvention'],
  ['the environment', 'src/notes/a.ts', 'export const a = process.env.PORT\n', 'style/noProcessEnv'],
  ['any', 'src/notes/a.ts', 'export const a: any = 1\n', 'suspicious/noExplicitAny'],
  ['the console', 'src/notes/a.ts', 'console.log(1)\nexport const a = 1\n', 'suspicious/noConsole'],
  [
    'a promise that nobody waits for',
    'src/notes/a.ts',
    'const work = async () => 1\nexport const a = () => {\n  work()\n}\n',
    'nursery/noFloatingPromises',
  ],
  [
    'a package that is not there in production',
    'src/notes/a.ts',
    `import { test } from 'vitest'\nexport const a = test\n`,
    'correctness/noUndeclaredDependencies',
  ],
  [
    'an import without its extension',
    'src/notes/a.ts',
    `import { b } from './b.js'\nexport const a = b\n`,
    'correctness/useImportExtensions',
  ],
])('the lint refuses %s', (_, path, source, rule) => {
  expect(lintOf({ [path]: source, 'src/notes/b.ts': 'export const b = 1\n' })).toEqual({
    [path]: [expect.stringContaining(rule)],
  })
})
