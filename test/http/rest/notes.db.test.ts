import { describe, expect, test } from 'vitest'
import { asking } from '../../support/comparing.ts'
import { testDatabase } from '../../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, testGateway } from '../../support/gateway.ts'
import {
  lister,
  lower,
  missing,
  type Parameters,
  PREFIXES,
  READERS,
  type Reader,
  ROLES,
  refused,
  urlOf,
  wholeConnection,
  wholeList,
} from './reading.ts'

const gateway = testGateway(await testDatabase('small'))
const list = lister(gateway, ADMINISTRATOR)

const CORE = ['id', 'content', 'creationSource', 'creationSourceId', 'dateCreated']
const EVERYTHING = [...CORE, 'renderedContent', 'sourceData', 'sources']
const TYPES = [
  'collaborator',
  'conversion',
  'obligation',
  'fulfillment',
  'payout',
  'engagement',
  'opportunity',
  'transaction',
  'distribution',
  'program',
  'distributor',
  'organization',
]

interface Source {
  readonly sourceType: string
  readonly sourceId: number
}

/** A feed by GraphQL, written as REST writes it. */
const byGraphql = async (as: Reader, feed: string, extended = true) => {
  const lazy = extended ? 'renderedContent sourceData sources { sourceType sourceId }' : ''
  const selection = `databaseId content creationSource creationSourceId dateCreated ${lazy}`
  const { nodes, totalCount } = await wholeConnection(asking(gateway, READERS[as]), 'notes', feed, selection)
  const items: Record<string, unknown>[] = nodes.map(({ databaseId, creationSource, sources, ...rest }) => ({
    id: databaseId,
    ...rest,
    creationSource: lower(creationSource),
    ...(extended && {
      sources: sources.map(({ sourceType, sourceId }: Source) => ({ sourceType: lower(sourceType), sourceId })),
    }),
  }))
  return { items, totalCount }
}

/** The middle of a feed, in time. */
const MOMENT = (await byGraphql('administrator', 'sourceType: COLLABORATOR', false)).items.at(60)?.dateCreated as string
const DAY = MOMENT.slice(0, 10)

const FEEDS: [given: Parameters, feed: string][] = [
  ...TYPES.map((type): [Parameters, string] => [{ sourceType: type }, `sourceType: ${type.toUpperCase()}`]),
  ...TYPES.map((type): [Parameters, string] => [
    { sourceType: type, sourceId: 1 },
    `sourceType: ${type.toUpperCase()}, sourceId: 1`,
  ]),
  [{ sourceType: 'collaborator', sourceId: 2 }, 'sourceType: COLLABORATOR, sourceId: 2'],
  [{ sourceType: 'collaborator', sourceId: 999_999 }, 'sourceType: COLLABORATOR, sourceId: 999999'],
  [{ sourceType: 'program', order: 'desc' }, 'sourceType: PROGRAM, order: DESC'],
  [{ sourceType: 'collaborator', sourceId: 1, order: 'DESC' }, 'sourceType: COLLABORATOR, sourceId: 1, order: DESC'],
  [{ sourceType: 'collaborator', search: 'awarded' }, 'sourceType: COLLABORATOR, filter: { search: "awarded" }'],
  [{ sourceType: 'program', search: 'awarded amara' }, 'sourceType: PROGRAM, filter: { search: "awarded amara" }'],
  [
    { sourceType: 'collaborator', sourceId: 1, search: 'AMARA', order: 'DESC' },
    'sourceType: COLLABORATOR, sourceId: 1, order: DESC, filter: { search: "AMARA" }',
  ],
  [{ sourceType: 'payout', search: '  ' }, 'sourceType: PAYOUT, filter: { search: "  " }'],
  [{ sourceType: 'payout', search: '' }, 'sourceType: PAYOUT'],
  [{ sourceType: 'payout', search: 'no such words' }, 'sourceType: PAYOUT, filter: { search: "no such words" }'],
  [
    { sourceType: 'collaborator', from: MOMENT },
    `sourceType: COLLABORATOR, filter: { dateCreated: { from: "${MOMENT}" } }`,
  ],
  [
    { sourceType: 'collaborator', to: MOMENT },
    `sourceType: COLLABORATOR, filter: { dateCreated: { to: "${MOMENT}" } }`,
  ],
  [
    { sourceType: 'collaborator', from: DAY },
    `sourceType: COLLABORATOR, filter: { dateCreated: { from: "${DAY}T00:00:00Z" } }`,
  ],
  [
    { sourceType: 'collaborator', to: DAY, search: 'issued', order: 'DESC' },
    `sourceType: COLLABORATOR, order: DESC, filter: { search: "issued", dateCreated: { to: "${DAY}T00:00:00Z" } }`,
  ],
]

describe.each(ROLES)('to a reader in the role of %s', role => {
  const listed = lister(gateway, READERS[role])

  test.each(FEEDS)('GET /notes finds by %j what GraphQL does', async (given, feed) => {
    const { items, totalCount } = await byGraphql(role, feed)
    expect(await wholeList(listed, '/notes', { ...given, fields: EVERYTHING.join() })).toEqual(items)
    // and so it does in other parts, and with less of each note
    const pieces = await wholeList(listed, '/notes', { ...given, fields: 'id,renderedContent' }, 17)
    expect(pieces).toEqual(items.map(({ id, renderedContent }) => ({ id, renderedContent })))
    expect((await listed('/notes', { ...given, number: 1 })).count).toBe(totalCount)
  })

  test.each([
    ['collaborator', 1],
    ['collaborator', 2],
    ['program', 1],
    ['organization', 1],
  ] as const)('a note has in the feed of %s %i the position that GraphQL says', async (sourceType, sourceId) => {
    const notes = await wholeList(list, '/notes', { sourceType: 'collaborator', sourceId: 1, fields: 'id' })
    const some = notes.filter((_, n) => n % 9 === 0).map(({ id }) => id as number)
    for (const [order, shown] of [
      ['ASC', undefined],
      ['DESC', 'desc'],
    ] as const) {
      const feed = `sourceType: ${sourceType.toUpperCase()}, sourceId: ${sourceId}, order: ${order}`
      const { nodes } = await asking(
        gateway,
        READERS[role],
      )(`{ nodes(ids: ${JSON.stringify(some.map(id => btoa(`Note:${id}`)))}) { ... on Note { position(${feed}) } } }`)
      for (const [n, id] of some.entries()) {
        const url = urlOf(`/notes/${id}/position`, { sourceType, sourceId, order: shown }, PREFIXES[n % 2])
        const { status, body } = await gateway.send(READERS[role], 'GET', url)
        const position = nodes[n]?.position ?? null
        if (position === null) expect(status).toBe(404)
        else expect({ status, body }).toEqual({ status: 200, body: { position } })
      }
    }
  })
})

describe.each(PREFIXES)('%s/notes', prefix => {
  const feed = { sourceType: 'collaborator' }
  const get = async (path: string, given?: Parameters) => {
    const { status, body } = await gateway.send(ADMINISTRATOR, 'GET', urlOf(path, given, prefix))
    return { status, body }
  }
  const here = lister(gateway, ADMINISTRATOR, prefix)

  test('are twenty, as the events happened, with the core fields alone, unless something else is said', async () => {
    const { items, count } = await here('/notes', feed)
    expect(count).toBeGreaterThan(60)
    expect(items).toEqual((await byGraphql('administrator', 'sourceType: COLLABORATOR', false)).items.slice(0, 20))
    expect(Object.keys(items[0])).toEqual(CORE)
  })

  test('have the fields that are named and no others', async () => {
    for (const field of EVERYTHING) {
      const { items } = await here('/notes', { ...feed, fields: field, number: 3 })
      expect(items.map(item => Object.keys(item))).toEqual([[field], [field], [field]])
    }
  })

  test('have names as they are now, never text that is stored', async () => {
    const { items } = await here('/notes', { ...feed, sourceId: 1, fields: 'renderedContent,sourceData' })
    expect(items.map(item => item.renderedContent).join()).toContain('Amara')
    expect(items.map(item => item.sourceData.collaborator)).toContain('Amara Okafor')
  })

  test('are fifty at most, however many are asked for', async () => {
    const fifty = await here('/notes', { ...feed, number: 50 })
    expect(fifty.items).toHaveLength(50)
    expect(await here('/notes', { ...feed, number: 1000 })).toEqual(fifty)
  })

  test('end where they end, searched or not', async () => {
    for (const search of [undefined, 'amara']) {
      const { count } = await here('/notes', { ...feed, search })
      expect(count).toBeGreaterThan(5)
      expect((await here('/notes', { ...feed, search, offset: count - 1 })).items).toHaveLength(1)
      for (const offset of [count, 10_000_000, Number.MAX_SAFE_INTEGER]) {
        expect(await here('/notes', { ...feed, search, offset })).toEqual({ items: [], count })
      }
    }
  })

  test('are from a moment on, and before another', async () => {
    const all = await wholeList(here, '/notes', feed)
    const next = new Date(Date.parse(MOMENT) + 1).toISOString()
    const after = await wholeList(here, '/notes', { ...feed, from: MOMENT })
    const before = await wholeList(here, '/notes', { ...feed, to: MOMENT })
    expect([...before, ...after]).toEqual(all)
    expect(after[0]?.dateCreated).toBe(MOMENT)
    const at = await wholeList(here, '/notes', { ...feed, from: MOMENT, to: next })
    expect(at).toEqual(all.filter(({ dateCreated }) => dateCreated === MOMENT))
    expect(at.length).toBeGreaterThan(0)
    expect(await here('/notes', { ...feed, from: MOMENT, to: MOMENT })).toEqual({ items: [], count: 0 })
  })

  test('take a moment with any offset from UTC, and a day as its beginning in UTC', async () => {
    const same = async (...moments: string[]) => {
      const lists = await Promise.all(moments.map(from => here('/notes', { ...feed, from })))
      for (const each of lists) expect(each).toEqual(lists[0])
      return lists[0]?.count
    }
    await same(`${DAY}`, `${DAY}T00:00:00Z`, `${DAY}T00:00:00.000Z`, `${DAY}T02:30:00+02:30`)
    expect(await same('0001-01-01', '0001-01-01T00:00:00Z')).toBeGreaterThan(60)
    expect(await same('9999-12-31', '9999-12-31T23:59:59.999Z')).toBe(0)
  })

  const A_MOMENT =
    /^Expected a date of ISO 8601, such as 2026-01-31, or a date-time with its offset, such as .*, received "/

  test.each<[Parameters, string, string | RegExp]>([
    [{ sourceType: undefined }, 'sourceType', /^Expected one of collaborator, .*, organization, received nothing$/],
    [{ sourceType: 'note' }, 'sourceType', /^Expected one of collaborator, .*, received "note"$/],
    [{ sourceType: 'PAYOUT' }, 'sourceType', /^Expected one of collaborator/],
    [{ sourceId: 0 }, 'sourceId', /^Expected the id of the feed's record, a positive integer/],
    [{ sourceId: 'x' }, 'sourceId', /^Expected the id of the feed's record, a positive integer/],
    [
      { fields: 'id,text' },
      'fields',
      /^Expected fields of id, content, .*, sources, separated by commas, received "id,text"$/,
    ],
    [{ fields: 'data' }, 'fields', /^Expected fields of/],
    [{ number: 0 }, 'number', 'Expected a whole number from 1, received "0"'],
    [{ offset: -1 }, 'offset', /^Expected a whole number from 0/],
    [{ order: 'newest' }, 'order', 'Expected ASC or DESC, received "newest"'],
    [{ orderBy: 'id' }, 'orderBy', /^Expected one of the fields sourceType, sourceId, /],
    [{ from: 'yesterday' }, 'from', A_MOMENT],
    [{ from: '' }, 'from', A_MOMENT],
    [{ from: '2026-02-30' }, 'from', A_MOMENT],
    [{ from: '2026-1-1' }, 'from', A_MOMENT],
    [{ from: '1767225600' }, 'from', A_MOMENT],
    [{ from: '2026-01-01T00:00:00' }, 'from', A_MOMENT],
    [{ from: '2026-01-01T00:00Z' }, 'from', A_MOMENT],
    [{ from: '2026-01-01 00:00:00Z' }, 'from', A_MOMENT],
    [{ to: '2026-01-01T25:00:00Z' }, 'to', A_MOMENT],
    [{ to: '0000-01-01' }, 'to', 'Expected a year from 0001 to 9999 in UTC'],
    [{ to: '9999-12-31T23:59:59-01:00' }, 'to', 'Expected a year from 0001 to 9999 in UTC'],
    [{ from: '2026-02-02', to: '2026-02-01' }, 'to', 'Expected a moment that is not before from'],
    [{ search: 'x'.repeat(201) }, 'search', 'Expected at most 200 characters, received 201'],
    [{ search: 'a b c d e f g h i j k' }, 'search', /^Expected at most 10 words, without NUL, received/],
    [{ search: 'a\0b' }, 'search', /^Expected at most 10 words, without NUL, received/],
  ])('refuse %j', async (given, field, message) => {
    const expected = [typeof message === 'string' ? message : expect.stringMatching(message)]
    expect(await get('/notes', { ...feed, ...given })).toEqual(refused(prefix, { [field]: expected }))
  })

  test.each(['x'.repeat(200), 'a b c d e f g h i j', 'a a a a a a a a a a a'])(
    'take the search %j, as GraphQL does',
    async search => {
      const { totalCount } = await byGraphql(
        'administrator',
        `sourceType: COLLABORATOR, filter: { search: ${JSON.stringify(search)} }`,
      )
      expect((await here('/notes', { ...feed, search })).count).toBe(totalCount)
    },
  )

  test.each(['x'.repeat(201), 'a b c d e f g h i j k'])(
    'do not take the search %j, as GraphQL does not',
    async search => {
      const { body } = await gateway.query(
        ADMINISTRATOR,
        `{ notes(sourceType: PAYOUT, filter: { search: ${JSON.stringify(search)} }) { totalCount } }`,
      )
      expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
      expect((await get('/notes', { ...feed, search })).status).toBe(prefix === '/siren/v1' ? 422 : 400)
    },
  )

  test('of the organization are for administrators alone', async () => {
    const given = { sourceType: 'organization' }
    expect((await here('/notes', given)).count).toBeGreaterThan(0)
    expect(await lister(gateway, COLLABORATOR, prefix)('/notes', given)).toEqual({ items: [], count: 0 })
  })

  test('have no position in a feed that they are not in', async () => {
    const [{ id }] = (await here('/notes', { sourceType: 'collaborator', sourceId: 1 })).items
    const at = (note: number, sourceType: string, sourceId: number) =>
      get(`/notes/${note}/position`, { sourceType, sourceId })
    expect(await at(id, 'collaborator', 1)).toEqual({ status: 200, body: { position: 0 } })
    for (const [note, sourceType, sourceId] of [
      [id, 'collaborator', 2],
      [id, 'distributor', 1],
      [id, 'collaborator', 999_999],
      [999_999, 'collaborator', 1],
    ] as const) {
      expect(await at(note, sourceType, sourceId)).toEqual(
        missing(prefix, `note ${note} of ${sourceType} ${sourceId} was not found`),
      )
    }
  })

  test('have no position for a collaborator who may not see them', async () => {
    const feed = { sourceType: 'collaborator', sourceId: 2 }
    const [{ id }] = (await here('/notes', feed)).items
    const url = urlOf(`/notes/${id}/position`, feed, prefix)
    expect((await gateway.send(ADMINISTRATOR, 'GET', url)).status).toBe(200)
    const { status, body } = await gateway.send(COLLABORATOR, 'GET', url)
    expect({ status, body }).toEqual(missing(prefix, `note ${id} of collaborator 2 was not found`))
  })

  test('have a position in a feed alone that is said', async () => {
    expect(await get('/notes/1/position')).toEqual(
      refused(prefix, { sourceType: [expect.any(String)], sourceId: [expect.any(String)] }),
    )
    expect(await get('/notes/x/position', { sourceType: 'payout', sourceId: 1 })).toEqual(
      refused(prefix, { id: [expect.stringMatching(/^Expected the note's id, a positive integer/)] }),
    )
    expect(await get('/notes/1/position', { sourceType: 'payout', sourceId: 1, order: 'x', number: 1 })).toEqual(
      refused(prefix, { order: [expect.any(String)], number: [expect.any(String)] }),
    )
  })
})
