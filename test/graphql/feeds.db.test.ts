import { describe, expect, test } from 'vitest'
import type { NoteSourceType } from '../../src/database/rows.ts'
import { statement } from '../../src/database/sql.ts'
import { CORE_BLUEPRINTS } from '../../src/notes/blueprints.ts'
import { asking, ID_PAGE, idsOf, minute, walk } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, testGateway } from '../support/gateway.ts'
import {
  insertCollaborator,
  insertConversion,
  insertDistribution,
  insertDistributor,
  insertEngagement,
  insertFulfillment,
  insertNote,
  insertObligation,
  insertOpportunity,
  insertOrganization,
  insertPayout,
  insertProgram,
  insertTransaction,
} from '../support/rows.ts'

const { sql } = await testDatabase('small')
const gateway = testGateway({ sql })
const ask = asking(gateway, ADMINISTRATOR)

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
] as const satisfies readonly NoteSourceType[]

interface StoredNote {
  id: number
  content: string
  dateCreated: Date
}

/** The notes of a feed by plain SQL, in the order of events; of one collaborator's when it is given. */
const stored = (type: NoteSourceType, sourceId?: number, collaboratorId?: number) =>
  sql.rows(
    statement<StoredNote>(
      `select n.id, n.content, n.date_created as "dateCreated" from note n
       where n.organization_id = 1
         and exists (select from note_source s where s.note_id = n.id and s.source_type = '${type}' and s.source_id = coalesce($1::bigint, s.source_id))
         and ($2::bigint is null or exists (select from note_source s where s.note_id = n.id and s.source_type = 'collaborator' and s.source_id = $2))
       order by n.date_created, n.id`,
    ),
    [sourceId ?? null, collaboratorId ?? null],
  )

/** A record of the type whose feed is long. */
const busiest = async (type: NoteSourceType): Promise<number> => {
  const [found] = await sql.rows(
    statement<{ id: number }>(
      `select source_id as id from note_source where organization_id = 1 and source_type = '${type}' group by 1 order by count(*) desc, 1 limit 1`,
    ),
    [],
  )
  return found?.id ?? 0
}

const FEED = `query ($sourceType: NoteSourceType!, $sourceId: SafeInt, $order: SortOrder! = ASC, $filter: NoteFilter, $first: Int, $after: String, $last: Int, $before: String) {
  notes(sourceType: $sourceType, sourceId: $sourceId, order: $order, filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    ${ID_PAGE} totalCount
  }
}`

/** The whole feed, page by page; its count is checked along the way. */
const listed = async (variables: Record<string, unknown>, by = ask) => {
  let count = 0
  const ids = await walk(
    async page => {
      const { notes } = await by(FEED, { ...variables, ...page })
      count = notes.totalCount
      return notes
    },
    { size: 100 },
  )
  expect(count).toBe(ids.length)
  return ids
}

describe.each(TYPES)('the feed of type %s', type => {
  const sourceType = type.toUpperCase()

  test('has every note of a record, in the order of events', async () => {
    const sourceId = await busiest(type)
    const expected = idsOf(await stored(type, sourceId))
    expect(expected.length).toBeGreaterThan(0)
    expect(await listed({ sourceType, sourceId })).toEqual(expected)
    expect(await listed({ sourceType, sourceId, order: 'DESC' })).toEqual(expected.toReversed())
  })

  test('has, without a record, each note of all of them once', async () => {
    const expected = idsOf(await stored(type))
    expect(await listed({ sourceType })).toEqual(expected)
    expect(await listed({ sourceType, sourceId: null, order: 'DESC' })).toEqual(expected.toReversed())
  })

  test('has, to a collaborator, its own notes of records that it may see', async () => {
    const by = asking(gateway, COLLABORATOR)
    const hidden = ['fulfillment', 'distribution', 'distributor', 'organization'].includes(type)
    const expected = hidden ? [] : idsOf(await stored(type, undefined, 1))
    if (!hidden) expect(expected.length).toBeGreaterThan(0)
    // notes of its own are linked to others' records too, which does not make a feed of theirs its own
    const found = await listed({ sourceType }, by)
    expect(expected).toEqual(expect.arrayContaining(found))
    if (['collaborator', 'engagement'].includes(type)) expect(found).toEqual(expected)
    if (hidden) expect(found).toEqual([])
  })

  test('can be of certain contents and of a time', async () => {
    const all = await stored(type)
    const contents = [...new Set(all.map(note => note.content))].slice(0, 2)
    const from = all[Math.floor(all.length / 4)]?.dateCreated as Date
    const to = all[Math.floor((all.length * 3) / 4)]?.dateCreated as Date
    const is = {
      content: (note: StoredNote) => contents.includes(note.content),
      from: (note: StoredNote) => note.dateCreated >= from,
      to: (note: StoredNote) => note.dateCreated < to,
    }
    const when = (...tests: ((note: StoredNote) => boolean)[]) =>
      idsOf(all.filter(note => tests.every(each => each(note))))
    const filtered = (filter: unknown) => listed({ sourceType, filter })
    expect(await filtered({ content: contents })).toEqual(when(is.content))
    expect(await filtered({ dateCreated: { from } })).toEqual(when(is.from))
    expect(await filtered({ dateCreated: { to } })).toEqual(when(is.to))
    expect(await filtered({ content: contents.slice(0, 1), dateCreated: { from, to } })).toEqual(
      when(note => note.content === contents[0], is.from, is.to),
    )
    expect(await filtered({ content: ['unheard_of'] })).toEqual([])
    expect(await filtered({ content: [] })).toEqual([])
    expect(await filtered({})).toEqual(idsOf(all))
  })

  test('has notes with a text that is whole, and the links that SQL has', async () => {
    const sourceId = await busiest(type)
    const { notes } = await ask(
      `query ($sourceId: SafeInt!) { notes(sourceType: ${sourceType}, sourceId: $sourceId, first: 50) { nodes {
        databaseId content renderedContent sourceData sources { sourceType sourceId } creationSource creationSourceId dateCreated
      } } }`,
      { sourceId },
    )
    const links = await sql.rows(
      statement<{ id: number; sourceType: string; sourceId: number }>(
        `select note_id as id, upper(source_type::text) as "sourceType", source_id as "sourceId" from note_source
         where organization_id = 1 and note_id = any($1) order by source_type, source_id`,
      ),
      [notes.nodes.map((note: { databaseId: number }) => note.databaseId)],
    )
    for (const note of notes.nodes) {
      const expected = links.filter(link => link.id === note.databaseId).map(({ id: _, ...link }) => link)
      expect(note.sources).toEqual(expected)
      expect(note.renderedContent).not.toMatch(/[{}]|unknown|undefined|null|another/)
      expect(note.renderedContent).not.toBe(note.content)
    }
  })

  test.each(['ASC', 'DESC'])('knows the position of each of its notes, %s, and of no other', async order => {
    const sourceId = await busiest(type)
    const expected = idsOf(await stored(type, sourceId)).slice(0, 100)
    if (order === 'DESC')
      expected.splice(
        0,
        expected.length,
        ...idsOf(await stored(type, sourceId))
          .reverse()
          .slice(0, 100),
      )
    const other = type === 'organization' ? 'FULFILLMENT' : 'ORGANIZATION'
    const { notes } = await ask(
      `query ($sourceType: NoteSourceType!, $sourceId: SafeInt!, $order: SortOrder!) {
        notes(sourceType: $sourceType, sourceId: $sourceId, order: $order, first: 100) { nodes {
          databaseId
          here: position(sourceType: $sourceType, sourceId: $sourceId, order: $order)
          byDefault: position(sourceType: $sourceType, sourceId: $sourceId)
          elsewhere: position(sourceType: ${other}, sourceId: 1)
          nowhere: position(sourceType: $sourceType, sourceId: 999999)
        } totalCount }
      }`,
      { sourceType, sourceId, order },
    )
    expect(notes.nodes).toEqual(
      expected.map((databaseId, at) => ({
        databaseId,
        here: at,
        byDefault: order === 'ASC' ? at : notes.totalCount - 1 - at,
        elsewhere: null,
        nowhere: null,
      })),
    )
  })
})

describe('a note reads', () => {
  /** One of everything, and the notes that tell of it. */
  const givenAStory = async () => {
    const organizationId = await insertOrganization(sql, { name: 'Harbour' })
    const own = { organizationId }
    const opportunity = await insertOpportunity(sql, own)
    const program = await insertProgram(sql, { ...own, name: 'Partners' })
    const loser = await insertProgram(sql, { ...own, name: 'Lost' })
    const collaborator = await insertCollaborator(sql, { ...own, fullName: 'Ada Byron', nickname: 'Ada' })
    const of = { ...own, collaboratorId: collaborator }
    const engagement = await insertEngagement(sql, { ...of, opportunityId: opportunity, programId: program })
    const transaction = await insertTransaction(sql, { ...own, opportunityId: opportunity })
    const fulfillment = await insertFulfillment(sql, own)
    const payout = await insertPayout(sql, { ...of, fulfillmentId: fulfillment })
    const obligation = await insertObligation(sql, { ...of, payoutId: payout })
    const conversion = await insertConversion(sql, {
      ...of,
      engagementId: engagement,
      transactionId: transaction,
      obligationId: obligation,
    })
    const distributor = await insertDistributor(sql, { ...own, name: 'Royalties' })
    const distribution = await insertDistribution(sql, { ...own, distributorId: distributor })
    const ids = {
      collaborator,
      conversion,
      obligation,
      fulfillment,
      payout,
      engagement,
      opportunity,
      transaction,
      distribution,
      program,
      distributor,
      organization: organizationId,
    }
    const noted = (content: string, links: Partial<Record<NoteSourceType, number | number[]>>, data = {}) => {
      const sources = Object.entries(links).flatMap(([sourceType, sourceIds]) =>
        [sourceIds]
          .flat()
          .map(sourceId => ({ sourceType: sourceType as NoteSourceType, sourceId: sourceId as number })),
      )
      const { sourceType: creationSource, sourceId: creationSourceId } = sources[0] as (typeof sources)[number]
      return insertNote(sql, {
        organizationId,
        content,
        data,
        creationSource,
        creationSourceId,
        sources,
        dateCreated: minute(1),
      })
    }
    return { ids, loser, noted, ask: asking(gateway, { role: 'administrator', organizationId }) }
  }
  type Story = Awaited<ReturnType<typeof givenAStory>>
  type Told = [
    content: string,
    links: Partial<Record<NoteSourceType, number | number[]>>,
    data: object,
    text: string,
    told: object,
  ]

  const pick = <Key extends string>(from: Readonly<Record<Key, number>>, ...keys: Key[]) =>
    Object.fromEntries(keys.map(key => [key, from[key]])) as Record<Key, number>

  /** By the type of record in whose feed it is read: a note, its text, and what of its data is told beside the ids. */
  const STORIES: Record<NoteSourceType, (story: Story) => Told> = {
    collaborator: ({ ids }) => [
      'collaborator_account_ready',
      pick(ids, 'collaborator'),
      {},
      "Ada's account is ready",
      { collaborator: 'Ada' },
    ],
    conversion: ({ ids }) => [
      'conversion_rejected',
      pick(ids, 'conversion', 'collaborator'),
      { reason: 'fraud {conversionId}' },
      `Conversion #${ids.conversion} rejected: fraud {conversionId}`,
      { collaborator: 'Ada', reason: 'fraud {conversionId}' },
    ],
    obligation: ({ ids }) => [
      'obligation_issued',
      pick(ids, 'obligation', 'collaborator', 'conversion'),
      { amount: 4999, currency: 'USD' },
      `Obligation #${ids.obligation} issued for Ada`,
      { collaborator: 'Ada', amount: 4999, currency: 'USD' },
    ],
    fulfillment: ({ ids }) => [
      'fulfillment_status_changed',
      pick(ids, 'fulfillment'),
      { newStatus: 'complete' },
      `Fulfillment #${ids.fulfillment} is now complete`,
      { newStatus: 'complete' },
    ],
    payout: ({ ids }) => [
      'payout_created',
      pick(ids, 'payout', 'collaborator', 'fulfillment'),
      { amount: 4999, currency: 'USD' },
      `Payout #${ids.payout} of 49.99 USD created for Ada`,
      { collaborator: 'Ada', amount: 4999, currency: 'USD' },
    ],
    engagement: ({ ids }) => [
      'engagement_awarded',
      pick(ids, 'engagement', 'collaborator', 'program', 'opportunity'),
      { score: 300 },
      `Engagement #${ids.engagement} awarded to Ada under Partners`,
      { collaborator: 'Ada', program: 'Partners', score: 300 },
    ],
    opportunity: ({ ids }) => [
      'coupon_applied',
      pick(ids, 'opportunity', 'collaborator'),
      { code: 'ADA10' },
      'Coupon ADA10 applied for Ada',
      { collaborator: 'Ada', code: 'ADA10' },
    ],
    transaction: ({ ids }) => [
      'refund_triggered',
      pick(ids, 'transaction', 'conversion', 'collaborator'),
      { amount: 10_000, currency: 'USD' },
      `Transaction #${ids.transaction} refunded`,
      { collaborator: 'Ada', amount: 10_000, currency: 'USD' },
    ],
    distribution: ({ ids }) => [
      'allocation_completed',
      pick(ids, 'distribution', 'collaborator', 'distributor'),
      { amount: 500, units: 'JPY' },
      '500 JPY allocated to Ada by Royalties',
      { collaborator: 'Ada', distributor: 'Royalties', amount: 500, units: 'JPY' },
    ],
    program: ({ ids, loser }) => [
      'program_group_conversion_triggered',
      { program: [loser, ids.program], ...pick(ids, 'opportunity', 'transaction', 'collaborator') },
      { winnerId: ids.program },
      `Partners won its group for transaction #${ids.transaction}`,
      { collaborator: 'Ada', winnerId: ids.program },
    ],
    distributor: ({ ids }) => [
      'distribution_completed',
      pick(ids, 'distributor', 'distribution'),
      { value: 10_000, currency: 'USD' },
      `Royalties completed distribution #${ids.distribution}`,
      { distributor: 'Royalties', value: 10_000, currency: 'USD' },
    ],
    organization: ({ ids }) => [
      'org_created',
      pick(ids, 'organization'),
      {},
      'Organization Harbour created',
      { organization: 'Harbour' },
    ],
  }

  test.each(TYPES)('in the feed of a record of type %s, with its data and its links', async type => {
    const story = await givenAStory()
    const [content, links, data, text, told] = STORIES[type](story)
    const id = await story.noted(content, links, data)
    const sourceId = story.ids[type]
    for (const way of ['direct', 'yoga'] as const) {
      const { notes } = await story.ask(
        `{ notes(sourceType: ${type.toUpperCase()}, sourceId: ${sourceId}) { nodes {
          databaseId content renderedContent sourceData sources { sourceType sourceId }
        } totalCount } }`,
        undefined,
        way,
      )
      expect(notes.totalCount).toBe(1)
      const [note] = notes.nodes
      expect(note).toMatchObject({ databaseId: id, content, renderedContent: text })
      expect(note.sourceData).toMatchObject(told)
      for (const [linked, ids] of Object.entries(links)) {
        if (!Array.isArray(ids)) expect(note.sourceData[`${linked}Id`]).toBe(ids)
        for (const each of [ids].flat()) {
          expect(note.sources).toContainEqual({ sourceType: linked.toUpperCase(), sourceId: each })
        }
      }
      expect(note.sources).toHaveLength(Object.values(links).flat().length)
    }
  })

  test('as its key when no blueprint is registered under it', async () => {
    const { noted, ids, ask: by } = await givenAStory()
    await noted('star_signed', { collaborator: ids.collaborator }, { star: 1 })
    const { notes } = await by('{ notes(sourceType: COLLABORATOR) { nodes { renderedContent content sourceData } } }')
    expect(notes.nodes).toMatchObject([
      { content: 'star_signed', renderedContent: 'star_signed', sourceData: { star: 1 } },
    ])
  })
})

test('the survivor of a merger has the notes of both opportunities, each once, with its place among them', async () => {
  const organizationId = await insertOrganization(sql)
  const survivor = await insertOpportunity(sql, { organizationId })
  const merged = await insertOpportunity(sql, { organizationId, status: 'inactive', mergedIntoId: survivor })
  const noted = (at: number, ...ids: number[]) =>
    insertNote(sql, {
      organizationId,
      dateCreated: minute(at),
      sources: ids.map(sourceId => ({ sourceType: 'opportunity', sourceId })),
    })
  const ids = [await noted(1, merged), await noted(2, survivor, merged), await noted(3, survivor)]
  const by = asking(gateway, { role: 'administrator', organizationId })
  const selection = `nodes { databaseId position(sourceType: OPPORTUNITY, sourceId: ${survivor}) } totalCount`
  const answer = await by(`{
    root: notes(sourceType: OPPORTUNITY, sourceId: ${survivor}) { ${selection} }
    nested: opportunity(id: ${survivor}) { notes { ${selection} } }
    of: opportunity(id: ${merged}) { mergedInto { databaseId } notes { nodes { databaseId } totalCount } }
    all: notes(sourceType: OPPORTUNITY) { totalCount }
  }`)
  const feed = { nodes: ids.map((databaseId, position) => ({ databaseId, position })), totalCount: 3 }
  expect(answer).toEqual({
    root: feed,
    nested: { notes: feed },
    of: {
      mergedInto: { databaseId: survivor },
      notes: { nodes: ids.slice(0, 2).map(databaseId => ({ databaseId })), totalCount: 2 },
    },
    all: { totalCount: 3 },
  })
})

test('the blueprints are those of the core, each with a template and a description', async () => {
  const { noteBlueprints } = await ask('{ noteBlueprints { key template description } }')
  expect(noteBlueprints).toHaveLength(Object.keys(CORE_BLUEPRINTS).length)
  for (const { key, template, description } of noteBlueprints) {
    expect([key, template, description]).not.toContain('')
  }
  const contents = await sql.rows(
    statement<{ content: string }>('select distinct content from note where organization_id in (1, 2)'),
    [],
  )
  const keys = noteBlueprints.map((blueprint: { key: string }) => blueprint.key)
  expect(keys).toEqual(expect.arrayContaining(contents.map(note => note.content)))
})
