import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../../src/access/viewer.ts'
import { testDatabase } from '../../support/database.ts'
import { testGateway } from '../../support/gateway.ts'
import { analyze, insertHundredOfEverything } from '../../support/hundred-of-everything.ts'
import { recordSql } from '../../support/sql-recorder.ts'
import { lister, type Parameters, urlOf } from './reading.ts'

const recorder = recordSql(await testDatabase())
const { sql } = recorder.database
const gateway = testGateway(recorder.database)
const { organizationId, collaboratorId, hubId } = await insertHundredOfEverything(sql)
await analyze(sql)

const VIEWERS = {
  administrator: { role: 'administrator', organizationId },
  collaborator: { role: 'collaborator', organizationId, collaboratorId },
} as const satisfies Record<string, Viewer>
type Role = keyof typeof VIEWERS

/** What reading a list costs: its statements, whatever size of page they were written for; and how many it answers. */
const costOf = async (role: Role, path: string, parameters: Parameters) => {
  let rows = 0
  await lister(gateway, VIEWERS[role])(path, parameters) // by then an administrator's names are kept
  const recorded = await recorder.during(async () => {
    rows = (await lister(gateway, VIEWERS[role])(path, parameters)).items.length
  })
  return { statements: recorded.map(({ text }) => text.replace(/ (limit|>=) \$?\d+\b/g, ' $1 n')).sort(), rows }
}

const ofOne = async (role: Role, path: string, parameters: Parameters = {}) =>
  (await recorder.during(() => gateway.send(VIEWERS[role], 'GET', urlOf(path, parameters)))).map(({ text }) => text)

const NAMES = { fields: 'id,collaboratorName,programName' }
const FEED = { sourceType: 'collaborator' }

/** The page and the count; and what else. */
const LISTS: [path: string, parameters: Parameters, costs: Readonly<Record<Role, number>>][] = [
  ['/engagements', {}, { administrator: 2, collaborator: 2 }],
  ['/engagements', NAMES, { administrator: 2, collaborator: 2 }],
  ['/engagements', { ...NAMES, orderBy: 'score', status: 'active' }, { administrator: 2, collaborator: 2 }],
  ['/notes', FEED, { administrator: 2, collaborator: 2 }],
  ['/notes', { ...FEED, sourceId: collaboratorId, order: 'DESC' }, { administrator: 2, collaborator: 2 }],
  ['/notes', { ...FEED, fields: 'sources' }, { administrator: 2, collaborator: 2 }],
  ['/notes', { ...FEED, fields: 'renderedContent' }, { administrator: 2, collaborator: 3 }],
  ['/notes', { ...FEED, fields: 'sources,sourceData,renderedContent' }, { administrator: 2, collaborator: 3 }],
  ['/notes', { ...FEED, search: 'person', fields: 'renderedContent' }, { administrator: 2, collaborator: 3 }],
  ['/conversions', {}, { administrator: 2, collaborator: 2 }],
  ['/transactions', {}, { administrator: 3, collaborator: 2 }],
  ['/transactions', { status: 'complete' }, { administrator: 3, collaborator: 2 }],
  ['/obligations', { status: 'complete' }, { administrator: 2, collaborator: 2 }],
  ['/payouts', {}, { administrator: 2, collaborator: 2 }],
  ['/payouts', { status: 'paid,unpaid,processing,failed', order: 'DESC' }, { administrator: 2, collaborator: 2 }],
  ['/obligations', { status: 'fulfilled,pending' }, { administrator: 2, collaborator: 2 }],
  ['/conversions', { from: '2001-01-01', to: '2100-01-01' }, { administrator: 2, collaborator: 2 }],
  ['/transactions', { modifiedSince: '2001-01-01', order: 'DESC' }, { administrator: 3, collaborator: 2 }],
]

describe.each(['administrator', 'collaborator'] as const)('to a viewer in the role of %s', role => {
  test.each(LISTS)('%s with %j costs the same statements, however many rows it answers', async (path, given, costs) => {
    const isPaged = !['/engagements', '/notes'].includes(path)
    const size = (rows: number): Parameters => (isPaged ? { perPage: rows } : { number: rows })
    const one = await costOf(role, path, { ...given, ...size(1) })
    expect(one.statements).toHaveLength(costs[role])
    for (const rows of [20, 50]) {
      const more = await costOf(role, path, { ...given, ...size(rows) })
      expect(more.statements).toEqual(one.statements)
      if (one.rows > 0) expect(more.rows).toBe(rows)
    }
    const further = await costOf(role, path, { ...given, ...(isPaged ? { perPage: 10, page: 3 } : { offset: 20 }) })
    expect(further.statements).toHaveLength(costs[role])
  })

  test('one engagement is one statement, with its names or without', async () => {
    const [plain, ...others] = await ofOne(role, `/engagements/${hubId}`)
    expect(plain).not.toContain(' join ')
    const [joined, ...more] = await ofOne(role, `/engagements/${hubId}`, NAMES)
    expect(joined).toMatch(/ join .*collaborator.* join .*program/)
    expect([others, more]).toEqual([[], []])
  })

  test('a position is one statement', async () => {
    const feed = { ...FEED, sourceId: collaboratorId }
    expect(await ofOne(role, `/notes/${hubId}/position`, feed)).toHaveLength(1)
  })

  test('engagement types are one statement, for the integrations', async () => {
    expect(await ofOne(role, '/engagement-types')).toEqual([expect.stringContaining('integration')])
  })
})

test('names that nobody asks for are not joined', async () => {
  const page = (statements: string[]) => statements.find(text => !text.startsWith('select count'))
  expect(page((await costOf('administrator', '/engagements', {})).statements)).not.toContain(' join ')
  expect(page((await costOf('administrator', '/engagements', NAMES)).statements)).toMatch(/ join .*program/)
})

test('what notes are rendered from is not read unless somebody asks', async () => {
  const { statements } = await costOf('administrator', '/notes', FEED)
  expect(statements.join()).not.toContain('n.data')
})

test('what is refused costs no statement', async () => {
  for (const url of ['/engagements?number=0', '/notes?sourceType=x', '/payouts?perPage=101', '/engagements/x']) {
    expect(await ofOne('administrator', url)).toEqual([])
  }
})

test.each(['/engagements', '/notes?sourceType=program', '/transactions'])(
  'the rows of %s and their count are asked for at once',
  async url => {
    let running = 0
    let most = 0
    const watched = testGateway({
      sql: {
        ...sql,
        rows: async (statement, values) => {
          most = Math.max(most, ++running)
          try {
            return await sql.rows(statement, values)
          } finally {
            running--
          }
        },
      },
    })
    expect((await watched.send(VIEWERS.administrator, 'GET', urlOf(url))).status).toBe(200)
    expect(most).toBe(2)
  },
)
