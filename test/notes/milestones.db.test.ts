import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NoteSourceType } from '../../src/database/rows.ts'
import { statement } from '../../src/database/sql.ts'
import { NoteDatastore } from '../../src/notes/datastore.ts'
import { FeedMilestones, type MilestoneOptions } from '../../src/notes/milestones.ts'
import { testDatabase } from '../support/database.ts'
import {
  insertCollaborator,
  insertEngagement,
  insertEnrollment,
  insertNote,
  insertOpportunity,
  insertOrganization,
  insertProgram,
  write,
} from '../support/rows.ts'

const { sql } = await testDatabase()

const PROGRAM = { sourceType: 'program', sourceId: 1 } as const
const OTHER = { sourceType: 'program', sourceId: 2 } as const
const DAY = 86_400_000
/** Long ago, and so many minutes. */
const old = (minutes: number) => new Date(Math.floor(Date.now() / DAY) * DAY - 100 * DAY + minutes * 60_000)
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000)

/** The notes of a new organization, with milestones in short distances. */
const givenNotes = async (options: MilestoneOptions = {}) => {
  const organizationId = await insertOrganization(sql)
  const milestones = new FeedMilestones(sql, { interval: 3, atOnce: 2, ...options })
  const notes = new NoteDatastore(sql, { role: 'administrator', organizationId }, undefined, milestones)
  return {
    organizationId,
    notes,
    milestones,
    make: (feed: Feed = PROGRAM) => milestones.make({ organizationId, ...feed }),
    noted: (dateCreated: Date, ...sources: Feed[]) =>
      insertNote(sql, { organizationId, dateCreated, sources: sources.length === 0 ? [PROGRAM] : sources }),
    of: (collaboratorId: number) => new NoteDatastore(sql, { role: 'collaborator', organizationId, collaboratorId }),
    kept: async (feed: Feed = PROGRAM) =>
      (await sql.rows(positions, [organizationId, feed.sourceType, feed.sourceId])).map(row => row.position),
    /** Says of each note that it has a thousand notes before it: whoever goes by milestones is misled. */
    mislead: async (feed: Feed) => {
      await sql.rows(absurd, [organizationId, feed.sourceType, feed.sourceId])
    },
  }
}

interface Feed {
  readonly sourceType: NoteSourceType
  readonly sourceId: number
}

const positions = statement<{ position: number }>(
  'select position from feed_milestone where organization_id = $1 and source_type = $2 and source_id = $3 order by position',
)
const absurd = statement(
  'insert into feed_milestone select organization_id, source_type, source_id, date_created, note_id, 1000 from note_source where organization_id = $1 and source_type = $2 and source_id = $3',
)
const placesOf = async (notes: NoteDatastore, feed: Feed) => {
  const ids = (await notes.getNotesForSource(feed.sourceType, feed.sourceId)).map(note => note.id)
  const backwards = await notes.positions(ids, feed, 'DESC')
  return { ids, forwards: await notes.positions(ids, feed, 'ASC'), backwards: backwards.reverse() }
}
/** Expects each note of a feed to be at its place, asked for together and one by one. */
const expectPlaces = async (notes: NoteDatastore, feed: Feed = PROGRAM) => {
  const { ids, forwards, backwards } = await placesOf(notes, feed)
  expect(forwards).toEqual([...ids.keys()])
  expect(backwards).toEqual([...ids.keys()])
  for (const [at, id] of ids.entries()) {
    expect(await notes.positions([id], feed, 'ASC')).toEqual([at])
    expect(await notes.positions([id], feed, 'DESC')).toEqual([ids.length - 1 - at])
  }
  expect(await notes.positions([0, ...ids.slice(0, 1), -1], feed, 'ASC')).toEqual([
    null,
    ...ids.slice(0, 1).map(() => 0),
    null,
  ])
}

type Step = { does: 'note'; at: number; feeds: Feed[] } | { does: 'make' | 'remove' | 'move'; of: number }
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        does: fc.constant('note' as const),
        at: fc.oneof(
          fc.integer({ min: 0, max: 9 }).map(minute => old(minute).getTime()),
          fc.constantFrom(0, 15, 25, 70),
        ),
        feeds: fc.subarray([PROGRAM, OTHER], { minLength: 1 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('make' as const), of: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('remove' as const, 'move' as const), of: fc.nat() }) },
  ),
  { minLength: 20, maxLength: 60 },
)

test('whatever is written between, each note is where it is', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (told: readonly Step[], interval) => {
      const { noted, make, notes, organizationId, kept } = await givenNotes({ interval })
      const ids: number[] = []
      for (const step of told) {
        if (step.does === 'note')
          ids.push(await noted(step.at < 1000 ? ago(step.at) : new Date(step.at), ...step.feeds))
        else if (step.does === 'make') await make()
        else await sql.rows(step.does === 'remove' ? remove : move, [organizationId, ids[step.of % ids.length] ?? 0])
      }
      const before = await placesOf(notes, PROGRAM)
      await make()
      if (before.ids.length > 30) expect(await kept()).not.toEqual([])
      for (const feed of [PROGRAM, OTHER]) {
        const { ids: all, forwards, backwards } = await placesOf(notes, feed)
        expect(forwards).toEqual([...all.keys()])
        expect(backwards).toEqual([...all.keys()])
        const few = all.filter((_, at) => at % 5 === 2)
        expect(await notes.positions(few, feed, 'ASC')).toEqual(few.map(id => all.indexOf(id)))
      }
      expect({ forwards: before.forwards, backwards: before.backwards }).toEqual({
        forwards: [...before.ids.keys()],
        backwards: [...before.ids.keys()],
      })
    }),
    { numRuns: 30 },
  )
})
const remove = statement(
  `delete from note_source where organization_id = $1 and note_id = $2 and source_type = 'program' and source_id = 1`,
)
const move = statement(`
  with note as (
    update note set date_created = date_created - interval '3 minutes' where organization_id = $1 and id = $2 returning *
  )
  update note_source s set date_created = note.date_created from note where s.organization_id = $1 and s.note_id = note.id`)

describe('milestones', () => {
  test('are of what is older than an hour, one in so many, over as many transactions as it takes', async () => {
    const { noted, make, kept, notes } = await givenNotes()
    for (let n = 0; n < 17; n++) await noted(old(n % 5))
    for (let n = 0; n < 5; n++) await noted(ago(58))
    await make()
    expect(await kept()).toEqual([3, 6, 9, 12, 15])
    await expectPlaces(notes)
    await make()
    expect(await kept()).toEqual([3, 6, 9, 12, 15])
  })

  test('stay when a note happens now, and go on from the last', async () => {
    const { noted, make, kept, notes } = await givenNotes()
    for (let n = 0; n < 8; n++) await noted(old(n))
    await make()
    await noted(ago(0))
    await noted(ago(15))
    expect(await kept()).toEqual([3, 6])
    for (let n = 0; n < 3; n++) await noted(ago(90))
    await make()
    expect(await kept()).toEqual([3, 6, 9])
    await expectPlaces(notes)
  })

  test('after a note that is told late are removed from every feed that it is in', async () => {
    const { noted, make, kept, notes } = await givenNotes()
    for (let n = 0; n < 8; n++) await noted(old(n), PROGRAM, OTHER)
    await make()
    await make(OTHER)
    await noted(old(5), PROGRAM)
    expect([await kept(), await kept(OTHER)]).toEqual([[3], [3, 6]])
    await noted(old(0), OTHER)
    expect([await kept(), await kept(OTHER)]).toEqual([[3], []])
    await expectPlaces(notes)
    await expectPlaces(notes, OTHER)
  })

  test('are removed by links that are removed or moved', async () => {
    const { noted, make, kept, organizationId, notes } = await givenNotes()
    const ids: number[] = []
    for (let n = 0; n < 8; n++) ids.push(await noted(old(10 + n)))
    await make()
    await sql.rows(move, [organizationId, ids[5]])
    expect(await kept()).toEqual([])
    await make()
    await sql.rows(remove, [organizationId, ids[4]])
    expect(await kept()).toEqual([3])
    await expectPlaces(notes)
  })

  test('are made in the background when they are missed, and are not missed then', async () => {
    const { noted, kept, notes, milestones } = await givenNotes()
    const ids: number[] = []
    for (let n = 0; n < 9; n++) ids.push(await noted(old(n)))
    await notes.positions(ids.slice(0, 7), PROGRAM, 'ASC')
    await milestones.settled()
    expect(await kept()).toEqual([])
    await notes.positions(ids.slice(0, 1), PROGRAM, 'DESC')
    await milestones.settled()
    expect(await kept()).toEqual([3, 6])
    for (let n = 0; n < 9; n++) await noted(ago(30))
    const last = await noted(ago(1))
    for (const direction of ['ASC', 'DESC'] as const) await notes.positions([last], PROGRAM, direction)
    await milestones.settled()
    expect(await kept()).toEqual([3, 6])
  })

  test('that cannot be made are told of, and hold up nobody', async () => {
    const errors: unknown[] = []
    const { organizationId } = await givenNotes()
    const broken = { ...sql, transaction: () => Promise.reject(new Error('gone')) }
    const milestones = new FeedMilestones(broken, { onError: error => errors.push(error) })
    for (let n = 0; n < 2; n++) milestones.missed({ organizationId, ...PROGRAM }, 1000)
    await milestones.settled()
    milestones.missed({ organizationId, ...PROGRAM }, 1000)
    await milestones.settled()
    await milestones.close()
    milestones.missed({ organizationId, ...PROGRAM }, 1000)
    await milestones.settled()
    expect(errors).toEqual([new Error('gone'), new Error('gone')])
  })

  test('are made no more once it is closed', async () => {
    const { noted, kept, notes, milestones } = await givenNotes({ interval: 1, atOnce: 1 })
    let last = 0
    for (let n = 0; n < 20; n++) last = await noted(old(n))
    await notes.positions([last], PROGRAM, 'ASC')
    await milestones.close()
    const made = await kept()
    expect(made.length).toBeLessThan(19)
    expect(await notes.positions([last], PROGRAM, 'ASC')).toEqual([19])
    await milestones.settled()
    expect(await kept()).toEqual(made)
  })
})

describe('a feed that is not one whole is counted as if there were no milestones', () => {
  test("an administrator's feeds go by them, and a collaborator's own", async () => {
    const { noted, organizationId, mislead, notes, of } = await givenNotes()
    const collaboratorId = await insertCollaborator(sql, { organizationId })
    const own = { sourceType: 'collaborator', sourceId: collaboratorId } as const
    const id = await noted(old(0), PROGRAM, own)
    await mislead(PROGRAM)
    await mislead(own)
    for (const feed of [PROGRAM, own]) expect(await notes.positions([id], feed, 'ASC')).toEqual([1000])
    expect(await of(collaboratorId).positions([id], own, 'ASC')).toEqual([1000])
  })

  test("a collaborator's part of another feed", async () => {
    const { noted, organizationId, mislead, of } = await givenNotes()
    const collaboratorId = await insertCollaborator(sql, { organizationId })
    const programId = await insertProgram(sql, { organizationId })
    await insertEnrollment(sql, { organizationId, collaboratorId, programId })
    const engagementId = await insertEngagement(sql, { organizationId, collaboratorId, programId })
    const own = { sourceType: 'collaborator', sourceId: collaboratorId } as const
    for (const [sourceType, sourceId] of [['program', programId] as const, ['engagement', engagementId] as const]) {
      const feed = { sourceType, sourceId }
      const ids: number[] = []
      for (let n = 0; n < 10; n++) {
        await noted(old(n), feed)
        if (n % 3 === 0) ids.push(await noted(old(n), feed, own))
      }
      await mislead(feed)
      expect(await of(collaboratorId).positions(ids, feed, 'ASC')).toEqual([0, 1, 2, 3])
      expect(await of(collaboratorId).positions(ids, feed, 'DESC')).toEqual([3, 2, 1, 0])
    }
  })

  test("another collaborator's feed, which it does not see", async () => {
    const { noted, organizationId, of } = await givenNotes()
    const [mine, other] = [
      await insertCollaborator(sql, { organizationId }),
      await insertCollaborator(sql, { organizationId }),
    ]
    const feed = { sourceType: 'collaborator', sourceId: other } as const
    const shared = await noted(old(0), feed, { sourceType: 'collaborator', sourceId: mine })
    for (const direction of ['ASC', 'DESC'] as const)
      expect(await of(mine).positions([shared], feed, direction)).toEqual([null])
  })

  test('an opportunity with those that were merged into it', async () => {
    const { noted, organizationId, mislead, notes } = await givenNotes()
    const survivor = await insertOpportunity(sql, { organizationId })
    const merged = await insertOpportunity(sql, { organizationId, status: 'inactive', mergedIntoId: survivor })
    const feeds = [survivor, merged].map(sourceId => ({ sourceType: 'opportunity' as const, sourceId }))
    for (let n = 0; n < 6; n++) await noted(old(n), feeds[n % 2] as Feed)
    for (const feed of feeds) await mislead(feed)
    await expectPlaces(notes, feeds[0])
  })

  test("another organization's", async () => {
    const theirs = await givenNotes()
    const foreign = await theirs.noted(old(0))
    await theirs.mislead(PROGRAM)
    const { noted, notes } = await givenNotes()
    const id = await noted(old(1))
    expect(await notes.positions([id, foreign], PROGRAM, 'ASC')).toEqual([0, null])
  })
})

test('a milestone is of an organization', async () => {
  const row = { organizationId: 0, ...PROGRAM, dateCreated: old(0), noteId: 1, position: 0 }
  await expect(write(sql, 'feed_milestone', row)).rejects.toThrow('feed_milestone_organization_id_fkey')
})
