import pg from 'pg'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openPostgres } from '../../src/database/client.ts'
import { statement } from '../../src/database/sql.ts'
import { NoteDatastore } from '../../src/notes/datastore.ts'
import { FeedMilestones } from '../../src/notes/milestones.ts'
import { testDatabaseUrl } from '../support/database.ts'
import { insertNote, insertOrganization } from '../support/rows.ts'
import { recordSql } from '../support/sql-recorder.ts'

const url = await testDatabaseUrl()
const database = await openPostgres(url, 60_000)
const { sql } = database
/** Another gateway's connection. */
const other = new pg.Client({ connectionString: url })
await other.connect()
afterAll(async () => {
  await other.end()
  await database.close()
})

const FEED = { sourceType: 'program', sourceId: 1 } as const
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

let organizationId: number
let notes: NoteDatastore
beforeEach(async () => {
  organizationId = await insertOrganization(sql)
  notes = new NoteDatastore(sql, { role: 'administrator', organizationId })
})

const make = (options = {}) => new FeedMilestones(sql, { interval: 3, ...options }).make({ organizationId, ...FEED })
const kept = async () => (await sql.rows(count, [organizationId]))[0]?.count
const count = statement<{ count: number }>('select count(*) as count from feed_milestone where organization_id = $1')
const noted = (dateCreated: Date) => insertNote(sql, { organizationId, dateCreated, sources: [FEED] })
const givenNotes = async (many: number) => {
  for (let n = 0; n < many; n++) await noted(minutesAgo(200))
}
const expectPlaces = async () => {
  const ids = (await notes.getNotesForSource(FEED.sourceType, FEED.sourceId)).map(note => note.id)
  expect(await notes.positions(ids, FEED, 'ASC')).toEqual([...ids.keys()])
  expect((await notes.positions(ids, FEED, 'DESC')).reverse()).toEqual([...ids.keys()])
}

/** Writes a note of so long ago through the other connection. */
const write = (minutes: number) =>
  other.query(
    `with note as (
       insert into note (organization_id, content, creation_source, creation_source_id, date_created)
       values ($1, 'x', 'program', 1, now() - $2 * interval '1 minute') returning *
     ) insert into note_source select organization_id, id, 'program', 1, content, date_created from note`,
    [organizationId, minutes],
  )

describe('while an old note has not been committed', () => {
  test('no milestones are made, and the note is at its place once it is', async () => {
    await givenNotes(10)
    await other.query('begin')
    await write(300)
    await make()
    expect(await kept()).toBe(0)
    await expectPlaces()
    await other.query('commit')
    await make()
    expect(await kept()).toBe(3)
    await expectPlaces()
  })

  test('those of another organization are', async () => {
    await other.query('begin')
    await write(300)
    organizationId = await insertOrganization(sql)
    await givenNotes(10)
    await make()
    expect(await kept()).toBe(3)
    await other.query('rollback')
  })

  test('the milestones that it removes are there until it is', async () => {
    await givenNotes(10)
    await make()
    await other.query('begin')
    await write(300)
    await expectPlaces()
    expect(await kept()).toBe(3)
    await other.query('commit')
    expect(await kept()).toBe(0)
    await expectPlaces()
  })
})

test('an old note waits for milestones that are just being made, and removes them', async () => {
  await givenNotes(10)
  let writing: Promise<unknown> = Promise.resolve()
  let isWritten = false
  const holding = {
    ...sql,
    transaction: <T>(work: (begun: typeof sql) => Promise<T>) =>
      sql.transaction(async begun => {
        const result = await work(begun)
        // the milestones are made, and not yet committed
        writing = write(300).then(() => {
          isWritten = true
        })
        while ((await begun.rows(waiting, []))[0]?.count !== 1);
        expect(isWritten).toBe(false)
        return result
      }),
  }
  await new FeedMilestones(holding, { interval: 3 }).make({ organizationId, ...FEED })
  await writing
  expect(await kept()).toBe(0)
  await expectPlaces()
})
const waiting = statement<{ count: number }>(
  `select count(*) as count from pg_locks where locktype = 'advisory' and not granted`,
)

test('a transaction that has written notes and takes long keeps milestones from being made', async () => {
  await givenNotes(10)
  await other.query('begin')
  await write(0)
  await make({ longest: 0 })
  expect(await kept()).toBe(0)
  await make()
  expect(await kept()).toBe(3)
  await other.query('commit')
  await noted(minutesAgo(300))
  await make({ longest: 0 })
  expect(await kept()).toBe(3)
  await expectPlaces()
})

test('writers of old notes and makers at the same time agree', async () => {
  const makers = [1, 2].map(() => new FeedMilestones(sql, { interval: 2, atOnce: 3 }))
  const reader = new NoteDatastore(sql, { role: 'administrator', organizationId })
  let isOver = false
  const making = makers.map(async maker => {
    while (!isOver) await maker.make({ organizationId, ...FEED })
  })
  const reading = (async () => {
    while (!isOver) {
      // one statement, one moment: the places at a moment are all different, and none is left out
      const ids = (await reader.getNotesForSource(FEED.sourceType, FEED.sourceId)).slice(0, 50).map(note => note.id)
      const places = (await reader.positions(ids, FEED, 'ASC')) as number[]
      expect([...places].sort((a, b) => a - b)).toEqual(places)
    }
  })()
  const writing = [1, 2, 3].map(async () => {
    for (let n = 0; n < 60; n++) {
      await sql.transaction(async begun => {
        await insertNote(begun, { organizationId, dateCreated: minutesAgo(100 + Math.random() * 900), sources: [FEED] })
        if (n % 10 === 0) await begun.rows(statement('select pg_sleep(0.02)'), [])
      })
      if (n % 5 === 0) await expectMilestonesToBeTrue()
    }
  })
  await Promise.all(writing).finally(() => {
    isOver = true
  })
  await Promise.all([...making, reading])
  await expectMilestonesToBeTrue()
  await make({ interval: 2 })
  expect(await kept()).toBe(89)
  await expectPlaces()
})

/** Expects each milestone to say how many links come before it, at one and the same moment. */
const expectMilestonesToBeTrue = async () => expect(await sql.rows(untrue, [organizationId])).toEqual([])
const untrue = statement(`
  select m.position, m.date_created from feed_milestone m
  where m.organization_id = $1 and m.position <> (
    select count(*) from note_source s
    where s.organization_id = m.organization_id and s.source_type = m.source_type and s.source_id = m.source_id
      and (s.date_created, s.note_id) < (m.date_created, m.note_id))`)

test('the places of a hundred notes of a long feed are found without reading it, whichever plan is taken', async () => {
  await other.query(
    `insert into note (organization_id, id, content, creation_source, creation_source_id, date_created)
     select $1, 1000000 + n, 'x', 'program', 1, now() - interval '2 hours' - n * interval '1 second' from generate_series(1, 40000) n`,
    [organizationId],
  )
  await other.query(
    `insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
     select $1, id, 'program', case when id > 1030000 then id else 1 end, content, date_created from note where organization_id = $1`,
    [organizationId],
  )
  await make({ interval: 100 })
  await other.query('vacuum analyze')
  const { database: watched, during } = recordSql(database)
  const recorded = new NoteDatastore(watched.sql, { role: 'administrator', organizationId })
  const hundred = Array.from({ length: 100 }, (_, n) => 1_000_200 + 290 * n)
  for (const ids of [hundred.slice(50, 51), hundred]) {
    for (const direction of ['ASC', 'DESC'] as const) {
      const [{ text, values } = { text: '', values: [] }, ...more] = await during(() =>
        recorded.positions(ids, FEED, direction),
      )
      expect(more).toEqual([])
      for (const mode of ['force_generic_plan', 'force_custom_plan']) {
        await other.query(`set plan_cache_mode = ${mode}; deallocate all; prepare watched as ${text}`)
        const given = values.map(value => (Array.isArray(value) ? `'{${value}}'` : `${value}`))
        const { rows } = await other.query(`explain (analyze, format json) execute watched(${given})`)
        const read = rowsOf(rows[0]['QUERY PLAN'][0].Plan)
        expect(read).toBeGreaterThan(ids.length)
        expect(read).toBeLessThan(210 + 104 * ids.length)
      }
    }
  }
})

interface PlanNode {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** How many rows of tables a plan has read, those that it read in vain included. */
const rowsOf = ({ Plans = [], ...node }: PlanNode): number =>
  (node['Relation Name'] === undefined
    ? 0
    : (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']) +
  Plans.reduce((sum, plan) => sum + rowsOf(plan), 0)
