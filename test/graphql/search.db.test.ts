import { beforeAll, describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { asking, ID_PAGE, type IdPage, minute, walk } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { insertCollaborator, insertNote, insertOrganization } from '../support/rows.ts'
import { recordSql } from '../support/sql-recorder.ts'

const recorder = recordSql(await testDatabase())
const { sql } = recorder.database
const gateway = testGateway(recorder.database)
let viewer: Viewer
let collaborators: number[]
let coupons: number[]

beforeAll(async () => {
  const organizationId = await insertOrganization(sql)
  viewer = { role: 'administrator', organizationId }
  collaborators = []
  for (const fullName of ['Ada', 'Béa', 'Cleo']) {
    collaborators.push(await insertCollaborator(sql, { organizationId, fullName }))
  }
  coupons = []
  for (let n = 0; n < 60; n++) {
    const sourceId = collaborators[n % 3] as number
    const given = { organizationId, creationSource: 'collaborator', creationSourceId: sourceId } as const
    const dateCreated = minute(n >> 2)
    const id = await insertNote(
      sql,
      n % 2
        ? { ...given, dateCreated, content: 'coupon_applied', data: { code: `C${n}` } }
        : { ...given, dateCreated, content: 'payout_paid', data: { amount: 100 * n, currency: 'USD' } },
    )
    if (n % 2) coupons.push(id)
  }
})

const ask = (text: string, variables?: Record<string, unknown>) => asking(gateway, viewer)(text, variables)

describe('the search of a feed', () => {
  test.each([
    ['ASC', false],
    ['ASC', true],
    ['DESC', false],
    ['DESC', true],
  ] as const)('is paged through in the order %s, backwards: %s', async (order, backwards) => {
    const text = `query ($first: Int, $after: String, $last: Int, $before: String) {
      notes(sourceType: COLLABORATOR, order: ${order}, first: $first, after: $after, last: $last, before: $before,
        filter: { search: "APPLIED coupon" }) { totalCount ${ID_PAGE} } }`
    const read = async (page: object): Promise<IdPage> => {
      const { notes } = await ask(text, { ...page })
      expect(notes.totalCount).toBe(30)
      return notes
    }
    const found = await walk(read, { size: 7, backwards })
    expect(found).toEqual(order === 'ASC' ? coupons : coupons.toReversed())
  })

  test('combines with the other filters', async () => {
    const filter = `{ search: "béa", content: ["coupon_applied"], dateCreated: { to: "2026-01-01T00:05:00Z" } }`
    const { notes } = await ask(
      `{ notes(sourceType: COLLABORATOR, filter: ${filter}) { totalCount nodes { renderedContent } } }`,
    )
    expect(notes.nodes.map((note: { renderedContent: string }) => note.renderedContent)).toEqual([
      'Coupon C1 applied for Béa',
      'Coupon C7 applied for Béa',
      'Coupon C13 applied for Béa',
      'Coupon C19 applied for Béa',
    ])
    expect(notes.totalCount).toBe(4)
  })

  test('below many records costs as many statements as below one', async () => {
    const nested = (first: number) =>
      `{ collaborators(first: ${first}, orderBy: { field: ID, direction: ASC }) { nodes { databaseId notes(first: 3, filter: { search: "cou appl" }) { totalCount nodes { databaseId renderedContent } } } } }`
    const one = await recorder.during(() => ask(nested(1)))
    let answer: { collaborators: { nodes: { notes: { totalCount: number; nodes: unknown[] } }[] } } | undefined
    const all = await recorder.during(async () => {
      answer = await ask(nested(3))
    })
    expect(all).toHaveLength(one.length)
    expect(answer?.collaborators.nodes.map(({ notes }) => [notes.totalCount, notes.nodes.length])).toEqual([
      [10, 3],
      [10, 3],
      [10, 3],
    ])
  })

  test.each(['', '  '])('for %j is none', async search => {
    const text =
      'query ($search: String) { notes(sourceType: COLLABORATOR, filter: { search: $search }) { totalCount } }'
    expect((await ask(text, { search })).notes.totalCount).toBe(60)
    expect((await ask(text, { search: null })).notes.totalCount).toBe(60)
  })

  test.each(['x'.repeat(201), 'a b c d e f g h i j k', 'a\0b'])('refuses %j', async search => {
    const text =
      'query ($search: String) { notes(sourceType: COLLABORATOR, filter: { search: $search }) { nodes { id } } }'
    const { body } = await gateway.query(viewer, text, { search })
    expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(body.errors?.[0]?.message).toMatch(/^Expected .* (characters without NUL|words to search for), received /)
  })
})
