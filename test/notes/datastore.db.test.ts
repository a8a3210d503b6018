import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { InvalidInputError, RecordNotFoundError } from '../../src/errors.ts'
import { type FeedRequest, NoteDatastore } from '../../src/notes/datastore.ts'
import { idsOf, minute } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import {
  insertCollaborator,
  insertEngagement,
  insertNote,
  insertOpportunity,
  insertOrganization,
  insertPayout,
} from '../support/rows.ts'

const { sql } = await testDatabase()

const WHOLE: FeedRequest = { conditions: [], slice: { direction: 'ASC', size: null } }

/** The notes of a new organization. */
const givenNotes = async () => {
  const organizationId = await insertOrganization(sql)
  const viewer: Viewer = { role: 'administrator', organizationId }
  return {
    organizationId,
    notes: new NoteDatastore(sql, viewer),
    notesOf: (collaboratorId: number) =>
      new NoteDatastore(sql, { role: 'collaborator', organizationId, collaboratorId }),
    noted: (given: Partial<Parameters<typeof insertNote>[1]> = {}) => insertNote(sql, { organizationId, ...given }),
  }
}

describe('getById', () => {
  test('answers the note with its stored fields, and without its private facts', async () => {
    const { noted, notes } = await givenNotes()
    const id = await noted({
      content: 'payout_paid',
      creationSource: 'payout',
      creationSourceId: 9,
      data: { amount: 100 },
      dateCreated: minute(3),
    })
    expect(await notes.getById(id)).toStrictEqual({
      id,
      content: 'payout_paid',
      creationSource: 'payout',
      creationSourceId: 9,
      dateCreated: minute(3),
    })
  })

  test("finds nothing where there is nothing, and nothing of another tenant's", async () => {
    const { notes } = await givenNotes()
    const theirs = await (await givenNotes()).noted()
    for (const id of [0, theirs]) {
      await expect(notes.getById(id)).rejects.toThrow(RecordNotFoundError)
      await expect(notes.getById(id)).rejects.toThrow(`note ${id} was not found`)
    }
    expect(await notes.byIds([theirs])).toEqual([])
  })
})

describe('getNotesForSource', () => {
  test('answers every note of the record as its events happened, equal dates by id', async () => {
    const { noted, notes } = await givenNotes()
    const third = await noted({ dateCreated: minute(5) })
    const first = await noted({ dateCreated: minute(1) })
    const second = await noted({ dateCreated: minute(1) })
    const fourth = await noted({ dateCreated: minute(5) })
    expect(idsOf(await notes.getNotesForSource('engagement', 1))).toEqual([first, second, third, fourth])
  })

  test('answers those linked to the record, whatever caused them', async () => {
    const { noted, notes } = await givenNotes()
    const id = await noted({
      creationSource: 'engagement',
      creationSourceId: 4,
      sources: [
        { sourceType: 'program', sourceId: 4 },
        { sourceType: 'collaborator', sourceId: 5 },
      ],
    })
    expect(idsOf(await notes.getNotesForSource('program', 4))).toEqual([id])
    expect(idsOf(await notes.getNotesForSource('collaborator', 5))).toEqual([id])
    expect(await notes.getNotesForSource('collaborator', 4)).toEqual([])
    expect(await notes.getNotesForSource('engagement', 4)).toEqual([])
  })

  test('answers more than a page', async () => {
    const { noted, notes } = await givenNotes()
    for (let n = 0; n < 120; n++) await noted({ dateCreated: minute(n) })
    expect(await notes.getNotesForSource('engagement', 1)).toHaveLength(120)
  })

  test("answers nothing of another tenant's record of the same id", async () => {
    await (await givenNotes()).noted()
    expect(await (await givenNotes()).notes.getNotesForSource('engagement', 1)).toEqual([])
  })
})

describe('a page', () => {
  test('is part of the feed, in either direction and from either end', async () => {
    const { noted, notes } = await givenNotes()
    const ids: number[] = []
    for (let n = 0; n < 7; n++) ids.push(await noted({ dateCreated: minute(Math.floor(n / 3)) }))
    const feed = { sourceType: 'engagement', sourceId: 1 } as const
    const page = async (slice: FeedRequest['slice']) => {
      const { rows, ...more } = await notes.page(feed, { conditions: [], slice })
      return { at: rows.map(row => ids.indexOf(row.id)), ...more }
    }
    const third = { id: ids[2] as number, value: minute(0) }
    expect(await page({ direction: 'ASC', size: 3 })).toEqual({
      at: [0, 1, 2],
      hasNextPage: true,
      hasPreviousPage: false,
    })
    expect(await page({ direction: 'ASC', size: 4, after: third })).toEqual({
      at: [3, 4, 5, 6],
      hasNextPage: false,
      hasPreviousPage: true,
    })
    expect(await page({ direction: 'DESC', size: 3 })).toMatchObject({ at: [6, 5, 4], hasNextPage: true })
    expect(await page({ direction: 'DESC', size: 5, after: third })).toMatchObject({ at: [1, 0], hasNextPage: false })
    expect(await page({ direction: 'ASC', size: 3, fromEnd: true })).toEqual({
      at: [4, 5, 6],
      hasNextPage: false,
      hasPreviousPage: true,
    })
    expect(await page({ direction: 'ASC', size: 1, fromEnd: true, before: third })).toEqual({
      at: [1],
      hasNextPage: true,
      hasPreviousPage: true,
    })
    expect(await page({ direction: 'ASC', size: 0 })).toMatchObject({ at: [], hasNextPage: true })
  })

  test('of several feeds at once is what each is alone, an empty one included', async () => {
    const { noted, notes } = await givenNotes()
    for (let n = 0; n < 12; n++) {
      await noted({
        dateCreated: minute(n % 4),
        sources: [
          { sourceType: 'payout', sourceId: n % 3 },
          { sourceType: 'payout', sourceId: 7 },
        ],
      })
    }
    const sourceIds = [2, 7, 0, 99, 1, 2]
    for (const direction of ['ASC', 'DESC'] as const) {
      const request: FeedRequest = { conditions: [], slice: { direction, size: 3 } }
      const together = await notes.pagesOf('payout', sourceIds, request)
      const apart = await Promise.all(
        sourceIds.map(sourceId => notes.page({ sourceType: 'payout', sourceId }, request)),
      )
      expect(together).toEqual(apart)
    }
    expect(await notes.countsOf('payout', sourceIds, [])).toEqual([4, 12, 4, 0, 4, 4])
  })

  test('of all records of a type has each note once', async () => {
    const { noted, notes } = await givenNotes()
    const both = await noted({
      dateCreated: minute(2),
      sources: [
        { sourceType: 'program', sourceId: 1 },
        { sourceType: 'program', sourceId: 2 },
        { sourceType: 'program', sourceId: 3 },
      ],
    })
    const one = await noted({ dateCreated: minute(1), sources: [{ sourceType: 'program', sourceId: 2 }] })
    await noted({ sources: [{ sourceType: 'payout', sourceId: 2 }] })
    expect(idsOf((await notes.page({ sourceType: 'program' }, WHOLE)).rows)).toEqual([one, both])
    expect(await notes.count({ sourceType: 'program' }, [])).toBe(2)
  })

  test('can be of certain contents and of a time, its beginning included and its end not', async () => {
    const { noted, notes } = await givenNotes()
    const ids: number[] = []
    for (let n = 0; n < 9; n++) {
      ids.push(
        await noted({ content: ['coupon_applied', 'refund_triggered', 'org_created'][n % 3], dateCreated: minute(n) }),
      )
    }
    const feed = { sourceType: 'engagement', sourceId: 1 } as const
    const at = async (conditions: FeedRequest['conditions']) => {
      const { rows } = await notes.page(feed, { ...WHOLE, conditions })
      expect(await notes.count(feed, conditions)).toBe(rows.length)
      expect(await notes.countsOf('engagement', [1], conditions)).toEqual([rows.length])
      return rows.map(row => ids.indexOf(row.id))
    }
    expect(await at([{ column: 'content', operator: 'IN', value: ['org_created', 'coupon_applied'] }])).toEqual([
      0, 2, 3, 5, 6, 8,
    ])
    expect(await at([{ column: 'content', operator: 'IN', value: [] }])).toEqual([])
    expect(await at([{ column: 'content', operator: '=', value: 'unheard_of' }])).toEqual([])
    expect(
      await at([
        { column: 'dateCreated', operator: '>=', value: minute(3) },
        { column: 'dateCreated', operator: '<', value: minute(6) },
      ]),
    ).toEqual([3, 4, 5])
    await expect(notes.count(feed, [{ column: 'words' as 'content', operator: '=', value: '' }])).rejects.toThrow(
      InvalidInputError,
    )
  })
})

describe('positions', () => {
  test('are the indexes in the feed, in either direction, and null for what is not in it', async () => {
    const { noted, notes } = await givenNotes()
    for (let n = 0; n < 11; n++) await noted({ dateCreated: minute((n * 7) % 4) })
    const elsewhere = await noted({ sources: [{ sourceType: 'payout', sourceId: 1 }] })
    const theirs = await (await givenNotes()).noted()
    const feed = { sourceType: 'engagement', sourceId: 1 } as const
    const ids = idsOf(await notes.getNotesForSource('engagement', 1))
    expect(await notes.positions(ids, feed, 'ASC')).toEqual([...ids.keys()])
    expect(await notes.positions(ids, feed, 'DESC')).toEqual([...ids.keys()].reverse())
    expect(await notes.positions([elsewhere, ids[4] as number, theirs, 0, ids[4] as number], feed, 'ASC')).toEqual([
      null,
      4,
      null,
      null,
      4,
    ])
  })
})

describe('opportunities that were merged', () => {
  /** A survivor, two that were merged into it, a stranger; and notes of each, some of several. */
  const givenMerged = async () => {
    const given = await givenNotes()
    const { organizationId, noted } = given
    const survivor = await insertOpportunity(sql, { organizationId })
    const merged: number[] = []
    for (let n = 0; n < 2; n++) {
      merged.push(await insertOpportunity(sql, { organizationId, status: 'inactive', mergedIntoId: survivor }))
    }
    const stranger = await insertOpportunity(sql, { organizationId })
    const of = (at: number, ...sourceIds: number[]) =>
      noted({
        dateCreated: minute(at),
        sources: sourceIds.map(sourceId => ({ sourceType: 'opportunity' as const, sourceId })),
      })
    const [a, b] = merged as [number, number]
    const laterOfSurvivor = await of(9, survivor)
    const earlyOfMerged = await of(1, a)
    const ofAll = await of(5, a, b, survivor)
    const ofTwo = await of(5, b, stranger)
    await of(3, stranger)
    return { ...given, survivor, a, stranger, feed: [earlyOfMerged, ofAll, ofTwo, laterOfSurvivor], ofTwo }
  }

  test("are in the survivor's feed with their notes, each once, in the order of events", async () => {
    const { notes, survivor, feed } = await givenMerged()
    expect(idsOf(await notes.getNotesForSource('opportunity', survivor))).toEqual(feed)
    const request: FeedRequest = { conditions: [], slice: { direction: 'DESC', size: 3 } }
    expect(idsOf((await notes.page({ sourceType: 'opportunity', sourceId: survivor }, request)).rows)).toEqual(
      feed.toReversed().slice(0, 3),
    )
    const [page] = await notes.pagesOf('opportunity', [survivor], WHOLE)
    expect(idsOf(page?.rows ?? [])).toEqual(feed)
  })

  test('count once, and have one position, in the survivor’s feed', async () => {
    const { notes, survivor, stranger, feed } = await givenMerged()
    expect(await notes.count({ sourceType: 'opportunity', sourceId: survivor }, [])).toBe(4)
    expect(await notes.countsOf('opportunity', [survivor, stranger], [])).toEqual([4, 2])
    const source = { sourceType: 'opportunity', sourceId: survivor } as const
    expect(await notes.positions(feed, source, 'ASC')).toEqual([0, 1, 2, 3])
    expect(await notes.positions(feed, source, 'DESC')).toEqual([3, 2, 1, 0])
  })

  test('keep a feed of their own, without the others', async () => {
    const { notes, a, stranger, feed, ofTwo } = await givenMerged()
    expect(idsOf(await notes.getNotesForSource('opportunity', a))).toEqual(feed.slice(0, 2))
    expect(idsOf(await notes.getNotesForSource('opportunity', stranger))).toContain(ofTwo)
  })

  test("show a collaborator its own notes of both in the survivor's feed", async () => {
    const { notesOf, noted, organizationId, survivor, a } = await givenMerged()
    const collaboratorId = await insertCollaborator(sql, { organizationId })
    await insertEngagement(sql, { organizationId, collaboratorId, opportunityId: survivor })
    const own = (sourceId: number) =>
      noted({
        sources: [
          { sourceType: 'opportunity', sourceId },
          { sourceType: 'collaborator', sourceId: collaboratorId },
        ],
      })
    const ids = [await own(a), await own(survivor)]
    expect(idsOf(await notesOf(collaboratorId).getNotesForSource('opportunity', survivor))).toEqual(ids)
  })
})

describe('details', () => {
  test('have the facts and the links, by type and id', async () => {
    const { noted, notes } = await givenNotes()
    const id = await noted({
      data: { amount: 5, currency: 'USD' },
      sources: [
        { sourceType: 'program', sourceId: 10 },
        { sourceType: 'program', sourceId: 9 },
        { sourceType: 'collaborator', sourceId: 3 },
      ],
    })
    const without = await noted({ sources: [] })
    expect(await notes.details([without, id, 0])).toEqual([
      { data: {}, sources: [] },
      {
        data: { amount: 5, currency: 'USD' },
        sources: [
          { sourceType: 'collaborator', sourceId: 3 },
          { sourceType: 'program', sourceId: 9 },
          { sourceType: 'program', sourceId: 10 },
        ],
      },
      { data: {}, sources: [] },
    ])
  })

  test('come with a page when asked for, and are then the same', async () => {
    const { noted, notes } = await givenNotes()
    const id = await noted({ data: { n: 1 } })
    const { rows } = await notes.page({ sourceType: 'engagement' }, { ...WHOLE, withDetail: true })
    expect(rows).toMatchObject([{ id, data: { n: 1 }, sources: 'engagement:1' }])
  })
})

test('a collaborator has the notes that are linked to it, and of a hidden cause it is told that it was itself', async () => {
  const { noted, notesOf, organizationId } = await givenNotes()
  const collaboratorId = await insertCollaborator(sql, { organizationId })
  const payout = await insertPayout(sql, { organizationId, collaboratorId })
  const sources = [
    { sourceType: 'collaborator' as const, sourceId: collaboratorId },
    { sourceType: 'payout' as const, sourceId: payout },
    { sourceType: 'fulfillment' as const, sourceId: 1 },
  ]
  const visible = await noted({ creationSource: 'payout', creationSourceId: payout, sources })
  const hidden = await noted({ creationSource: 'fulfillment', creationSourceId: 1, sources })
  const foreign = await noted({ sources: [{ sourceType: 'payout', sourceId: payout }] })
  const notes = notesOf(collaboratorId)
  expect(await notes.getNotesForSource('payout', payout)).toMatchObject([
    { id: visible, creationSource: 'payout', creationSourceId: payout },
    { id: hidden, creationSource: 'collaborator', creationSourceId: collaboratorId },
  ])
  expect(await notes.getNotesForSource('fulfillment', 1)).toEqual([])
  await expect(notes.getById(foreign)).rejects.toThrow(RecordNotFoundError)
  expect(await notes.positions([visible, hidden, foreign], { sourceType: 'payout', sourceId: payout }, 'ASC')).toEqual([
    0,
    1,
    null,
  ])
})
