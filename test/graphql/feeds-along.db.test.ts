import { describe, expect, test } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { NoteDatastore } from '../../src/notes/datastore.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, testGateway } from '../support/gateway.ts'
import { recordSql } from '../support/sql-recorder.ts'
import { objectType, wholeSelection } from '../support/whole-selection.ts'

// Of a list of engagements, the feeds that are asked for come in the list's own statement. Asked for twice, under two
// aliases, they come by themselves: they have to be the same.

const recorder = recordSql(await testDatabase('small'))
const gateway = testGateway(recorder.database)
const collaboratorId = 1

/** Engagements of a collaborator that have notes, and one that has none. */
const ids = (
  await recorder.database.sql.rows(
    statement<{ id: number }>(`
      (select id from engagement e where organization_id = 1 and collaborator_id = $1
        and exists (select from note_source where organization_id = 1 and source_type = 'engagement' and source_id = e.id)
        order by id limit 20)
      union all (select id from engagement e where organization_id = 1 and collaborator_id = $1
        and not exists (select from note_source where organization_id = 1 and source_type = 'engagement' and source_id = e.id) order by id limit 1)`),
    [collaboratorId],
  )
).map(({ id }) => id)
const FILTER = `filter: { ids: ${JSON.stringify(ids)} }`

const WHOLE = wholeSelection(objectType('Note'), 0, {
  'Note.position': `(sourceType: COLLABORATOR, sourceId: ${collaboratorId})`,
})
const page = (fields: string) =>
  `nodes { ${fields} } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount`

const PAGES = ['', '(first: 0)', '(first: 1)', '(first: 5, order: DESC)', '(last: 2)', '(first: 100, order: ASC)']

describe.each([
  ['an administrator', asking(gateway, ADMINISTRATOR)],
  ['a collaborator', asking(gateway, COLLABORATOR)],
] as const)('to %s', (_, ask) => {
  /** The feeds of a list, read along and by themselves; the second run reads no more than is asked for. */
  const both = async (
    args: string,
    fields: string,
    list = (of: string) => `{ engagements(${FILTER}, first: 50) { ${of} } }`,
  ) => {
    const answers = []
    for (const feeds of [
      `notes${args} { ${page(fields)} }`,
      `notes${args} { ${page(fields)} } again: notes${args} { nodes { id } }`,
    ])
      for (const _ of [1, 2]) answers.push(await ask(list(`nodes { id ${feeds} }`)))
    return answers.map(answer =>
      JSON.parse(JSON.stringify(answer, (key, value) => (key === 'again' ? undefined : value))),
    )
  }

  test.each(PAGES)('notes%s of engagements are those that are read by themselves', async args => {
    for (const fields of [
      WHOLE,
      'content dateCreated',
      'id',
      'renderedContent',
      'sources { sourceId }',
      'creationSource',
    ]) {
      const [along, ...others] = await both(args, fields)
      const counts = along.engagements.nodes.map((node: Feed) => node.notes.totalCount)
      expect([Math.min(...counts), Math.max(...counts) > 1]).toEqual([0, true])
      for (const other of others) expect(other, fields).toEqual(along)
    }
  })

  test('they are read along in the first of these, and in no other', async () => {
    const statements = await recorder.during(() => both('', 'content'))
    expect(statements.filter(({ text }) => text.includes('json_agg'))).toHaveLength(2)
  })

  test('so are those of engagements that belong to a record', async () => {
    for (const owner of ['collaborators', 'programs']) {
      const list = (of: string) =>
        `{ ${owner}(first: 100) { nodes { id engagements(${FILTER}, first: 20) { ${of} } } } }`
      const [along, ...others] = await both('(first: 2, order: DESC)', WHOLE, list)
      expect(JSON.stringify(along)).toContain('renderedContent')
      for (const other of others) expect(other, owner).toEqual(along)
    }
  })
})

interface Feed {
  readonly notes: { readonly totalCount: number }
}

describe('where the feed is selected', () => {
  const ask = asking(gateway, ADMINISTRATOR)
  const feed = 'notes(first: 2) { nodes { id content } }'
  const statementsOf = async (query: string, variables?: Record<string, unknown>) =>
    (await recorder.during(() => ask(query, variables))).map(({ text }) => text)

  test.each([
    ['in nodes', `{ engagements { nodes { ${feed} } } }`],
    ['in edges', `{ engagements { edges { node { ${feed} } } } }`],
    [
      'in a fragment',
      `{ engagements { ...F } } fragment F on EngagementConnection { nodes { ...G } } fragment G on Engagement { ${feed} }`,
    ],
    ['in an inline fragment', `{ engagements { nodes { ... on Engagement { ... { ${feed} } } } } }`],
    [
      'in a fragment of both nodes and edges',
      `{ engagements { nodes { ...F } edges { node { ...F } } } } fragment F on Engagement { ${feed} }`,
    ],
    ['under an alias', `{ engagements { nodes { mine: ${feed} } } }`],
  ])('%s, it comes along', async (_, query) => {
    expect(await statementsOf(query)).toEqual([expect.stringContaining('json_agg')])
  })

  test('with variables, it comes along as they are', async () => {
    const query = `query ($first: Int, $order: SortOrder) { engagements(${FILTER}) { nodes { notes(first: $first, order: $order) { nodes { id } } } } }`
    const notes = async (variables: Record<string, unknown>) => {
      expect(await statementsOf(query, variables)).toHaveLength(1)
      return (await ask(query, variables)).engagements.nodes.map(
        (node: { notes: { nodes: unknown[] } }) => node.notes.nodes,
      )
    }
    const one = await notes({ first: 1, order: 'ASC' })
    const five = await notes({ first: 5, order: 'ASC' })
    expect(one).toEqual(five.map((nodes: unknown[]) => nodes.slice(0, 1)))
    expect(await notes({ first: 5, order: 'DESC' })).not.toEqual(five)
  })

  test.each([
    ['in a list of which more is read than is wanted', `{ engagements(first: 3) { nodes { ${feed} } } }`],
    ['for its length alone', `{ engagements { nodes { notes { totalCount } } } }`],
    ['under a condition', `{ engagements { nodes { notes(first: 2) @include(if: true) { nodes { id content } } } } }`],
    ['in a fragment under a condition', `{ engagements { nodes { ... @skip(if: false) { ${feed} } } } }`],
    ['of another record', `{ engagements { nodes { program { ${feed} } } } }`],
    ['twice', `{ engagements { nodes { ${feed} b: notes(first: 1) { nodes { id } } } } }`],
    ['in nodes and in edges', `{ engagements { nodes { ${feed} } edges { node { ${feed} } } } }`],
    [
      'by its keys',
      `{ engagements { nodes { notes(filter: { content: ["engagement_created"] }) { nodes { id } } } } }`,
    ],
    ['by words', `{ engagements { nodes { notes(filter: { search: "engagement" }) { nodes { id } } } } }`],
  ])('%s, it does not', async (_, query) => {
    expect((await statementsOf(query)).join('\n')).not.toContain('json_agg')
  })

  test.each([
    'first: 101',
    'first: -1',
    'first: 1, last: 1',
    'after: "x"',
    `filter: { search: "${'x'.repeat(201)}" }`,
    'filter: { search: "a b c d e f g h i j k" }',
  ])('wrongly, as %s, that is said of the feed alone', async args => {
    const answer = async (list: string) =>
      (await gateway.query(ADMINISTRATOR, `{ ${list} { nodes { id notes(${args}) { nodes { id } } } } }`)).body
    const { errors } = await answer('engagements(first: 1)')
    expect(errors?.[0]).toMatchObject({ path: expect.arrayContaining(['engagements', 'nodes', 0, 'notes']) })
    expect(await answer('engagements(filter: { ids: [] })')).toEqual({ data: { engagements: { nodes: [] } } })
  })

  test('in a fragment that is merged with more elsewhere, it is the same', async () => {
    const query = `{
      a: engagements(${FILTER}) { nodes { ...F } }
      b: engagements(${FILTER}) { nodes { ...F notes(first: 2) { nodes { renderedContent sources { sourceId } } } } }
    } fragment F on Engagement { id ${feed} }`
    for (const _ of [1, 2]) {
      const { a, b } = await ask(query)
      expect(b).toMatchObject(a)
      expect(JSON.stringify(b)).toContain('"sources":[{"sourceId"')
    }
  })
})

test('an id that JSON cannot tell from its neighbours is refused', () => {
  const notes = new NoteDatastore(recorder.database.sql, ADMINISTRATOR)
  const request = { conditions: [], slice: { direction: 'ASC', size: 5 } } as const
  const note = {
    id: 1,
    content: 'x',
    creationSource: 'engagement',
    creationSourceId: 2,
    dateCreated: '2026-01-01T00:00:00Z',
  } as const
  expect(notes.pageIn([note], request).rows).toEqual([{ ...note, dateCreated: new Date(note.dateCreated) }])
  for (const wrong of [{ id: 2 ** 53 }, { creationSourceId: 2 ** 53 }])
    expect(() => notes.pageIn([{ ...note, ...wrong }], request)).toThrow(RangeError)
})
