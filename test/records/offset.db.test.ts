import { beforeAll, describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import type { Condition } from '../../src/database/conditions.ts'
import type { EngagementRow } from '../../src/database/rows.ts'
import { Datastores } from '../../src/datastores.ts'
import type { Feed, FeedRequest } from '../../src/notes/datastore.ts'
import { NoteBlueprintRegistry } from '../../src/notes/registry.ts'
import { idsOf } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR } from '../support/gateway.ts'

const NAMES = new Set(['collaboratorName', 'programName'])

// A part that is asked for by an offset is that part of the whole, whichever way the rows are read.

const { sql } = await testDatabase('small')
const shared = { sql, blueprints: new NoteBlueprintRegistry(), strategies: [] }

const PARTS = [
  { size: 5, offset: 0 },
  { size: 5, offset: 1 },
  { size: 10, offset: 30 },
  { size: 50, offset: 7 },
  { size: 51, offset: 49 },
  { size: 1, offset: 100 },
  { size: 3, offset: 1_000_000 },
  { size: 3, offset: Number.MAX_SAFE_INTEGER - 10 },
]

describe.each([ADMINISTRATOR, COLLABORATOR] as Viewer[])('to a viewer in the role of $role', viewer => {
  const { engagements, notes } = new Datastores(shared, viewer)
  let collaborators: number[]
  let programs: number[]

  beforeAll(async () => {
    const rows = await engagements.andWhere([])
    collaborators = [...new Set(rows.map(row => row.collaboratorId))]
    programs = [...new Set(rows.map(row => row.programId))]
  })

  const RECORDS: Record<string, () => Condition<keyof EngagementRow>[]> = {
    'of all': () => [],
    'of one collaborator': () => [{ column: 'collaboratorId', operator: '=', value: collaborators[0] }],
    'of several collaborators': () => [{ column: 'collaboratorId', operator: 'IN', value: collaborators.slice(0, 4) }],
    'of one collaborator in a list': () => [{ column: 'collaboratorId', operator: 'IN', value: [collaborators[0]] }],
    'of several programs, in two statuses': () => [
      { column: 'programId', operator: 'IN', value: programs },
      { column: 'status', operator: 'IN', value: ['complete', 'active'] },
    ],
    'of a span of scores': () => [{ column: 'score', operator: '>=', value: 20 }],
    'of several opportunities that there are not': () => [
      { column: 'opportunityId', operator: 'IN', value: [999_998, 999_999] },
    ],
  }

  test.each(Object.keys(RECORDS))('engagements %s', async name => {
    const conditions = RECORDS[name]?.() ?? []
    for (const orderBy of ['id', 'dateModified', 'score'] as const) {
      for (const direction of ['ASC', 'DESC'] as const) {
        for (const joined of [undefined, engagements.withNames(NAMES)]) {
          const order = { orderBy, direction }
          const all = (await engagements.page({ conditions, slice: { ...order, size: null } }, joined)).rows
          for (const part of PARTS) {
            const page = await engagements.page({ conditions, slice: { ...order, ...part } }, joined)
            expect(page.rows).toEqual(all.slice(part.offset, part.offset + part.size))
            expect(page.hasNextPage).toBe(all.length > part.offset + part.size)
          }
        }
      }
    }
  })

  const CONDITIONS: Record<string, FeedRequest['conditions']> = {
    'all of them': [],
    'of one key': [{ column: 'content', operator: '=', value: 'obligation_issued' }],
    'of several keys': [
      { column: 'content', operator: 'IN', value: ['conversion_awarded', 'obligation_issued', 'none'] },
    ],
    'of a time': [{ column: 'dateCreated', operator: '>=', value: new Date('2025-01-01T00:00:00Z') }],
  }
  const FEEDS: Feed[] = [
    { sourceType: 'collaborator' },
    { sourceType: 'collaborator', sourceId: 1 },
    { sourceType: 'program' },
    { sourceType: 'program', sourceId: 1 },
    { sourceType: 'opportunity' },
    { sourceType: 'opportunity', sourceId: 1 },
  ]

  describe.each(FEEDS)('notes of %j', feed => {
    test.each(Object.keys(CONDITIONS))('%s, searched for or not', async name => {
      const conditions = CONDITIONS[name] ?? []
      for (const search of [undefined, 'award', 'amara 1']) {
        for (const direction of ['ASC', 'DESC'] as const) {
          const all = (await notes.page(feed, { conditions, search, slice: { direction, size: null } })).rows
          for (const part of search === undefined ? PARTS : PARTS.slice(2, 4)) {
            const page = await notes.page(feed, { conditions, search, slice: { direction, ...part } })
            expect(idsOf(page.rows)).toEqual(idsOf(all.slice(part.offset, part.offset + part.size)))
            expect(page.hasNextPage).toBe(all.length > part.offset + part.size)
          }
        }
      }
    })
  })
})
