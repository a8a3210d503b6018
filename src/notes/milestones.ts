import type { Direction } from '../database/keyset.ts'
import type { NoteSourceType } from '../database/rows.ts'
import { type Sql, statement } from '../database/sql.ts'

// Milestones say how many notes of a feed come before one of its notes, for one in every hundred. They follow from
// the links and are there to count less: docs/decisions/010-feed-milestones.md says why they are never wrong.

/** Whose feed it is. */
export interface FeedOfRecord {
  readonly organizationId: number
  readonly sourceType: NoteSourceType
  readonly sourceId: number | undefined
}

/** The place of a note in a feed. */
export interface Place {
  readonly id: number
  readonly position: number
  /** As many links were counted, at the most, one after the other, of which there could have been a milestone. */
  readonly missed?: number
}

/**
 * The statement that finds the places of the notes `ids` in a record's whole feed, whose links `linksOf` reads: each counts
 * from the milestone before it, or from the note before it if that is nearer, so that all together read nothing twice.
 */
export const placesFromMilestones = (
  sourceType: NoteSourceType,
  linksOf: (sourceId: string) => string,
  given: { readonly ids: string; readonly sourceId: string },
  direction: Direction,
): string => {
  // sub-selects, so that PostgreSQL has one plan for feeds and lists of any length: for a long feed it would plan to read
  // much of it, and compile what it does with that
  const sourceId = `(select ${given.sourceId}::bigint)`
  const ids = `(select ${given.ids}::bigint[])::bigint[]`
  const links = linksOf(sourceId)
  const milestone = (before: string) =>
    `left join lateral (select m.date_created, m.note_id, m.position from feed_milestone m where m.organization_id = $1 and m.source_type = '${sourceType}' and m.source_id = ${sourceId}${before} order by m.date_created desc, m.note_id desc limit 1) m on true`
  // in order and limited, to no number, so that PostgreSQL goes by the index from the first link to the last, however many it
  // thinks there are in between
  const counted = (condition: string) =>
    `(select count(*) as links, count(*) filter (where f.date_created < (select now() - ${HORIZON})) as missed from (select * from (${links}) f where ${condition} order by f.date_created, f.note_id limit (select null::bigint)) f)`
  const start = `coalesce(m.date_created, '-infinity')`
  const asked =
    `select l.note_id, l.date_created, coalesce(m.position, 0) as start` +
    `, lag(l.date_created, 1, ${start}) over feed as previous_date_created, lag(l.note_id, 1, coalesce(m.note_id, 0)) over feed as previous_note_id` +
    // each link is looked up by all that it is known by: PostgreSQL thinks feeds short, and would look through all of it
    ` from note n cross join lateral (select l.* from (${links}) l where ${place('l')} = (n.date_created, n.id) limit 1) l ${milestone(` and ${place('m')} <= ${place('l')}`)}` +
    ` where n.organization_id = $1 and n.id = any(${ids}) window feed as (partition by m.position order by l.date_created, l.note_id)`
  const found =
    `select p.note_id as id, p.start + sum(c.links) over feed as position, sum(c.missed) over feed as missed` +
    ` from (${asked}) p cross join lateral ${counted(`${place('f')} < ${place('p')} and ${place('f')} >= (p.previous_date_created, p.previous_note_id)`)} c` +
    ` window feed as (partition by p.start order by p.date_created, p.note_id)`
  if (direction === 'ASC') return `select n.id, n.position::bigint, n.missed::bigint from (${found}) n`
  const all = `select coalesce(m.position, 0) + c.links as links, c.missed from (select) one ${milestone('')} cross join lateral ${counted(`${place('f')} >= (${start}, coalesce(m.note_id, 0))`)} c`
  return `with a as materialized (${all}) select n.id, (a.links - 1 - n.position)::bigint as position, greatest(n.missed, a.missed)::bigint as missed from (${found}) n cross join a`
}

/** The same among `links` of which nothing is known: each note counts from the one before it, so that they are read once. */
export const placesCounted = (links: string, ids: string, direction: Direction): string => {
  const { order, before, notBefore, start } = FEED_ORDER[direction]
  const previous = (column: 'date_created' | 'note_id') =>
    `lag(l.${column}, 1, ${start[column]}) over (order by ${order}) as previous_${column}`
  const since = `select count(*) from (${links}) f where ${place('f')} ${before} ${place('p')} and ${place('f')} ${notBefore} (p.previous_date_created, p.previous_note_id)`
  return (
    `select p.note_id as id, (sum((${since})) over (order by ${order}))::bigint as position` +
    ` from (select l.*, ${previous('date_created')}, ${previous('note_id')} from (${links}) l where l.note_id = any(${ids}::bigint[])) p`
  )
}

const place = (row: string) => `(${row}.date_created, ${row}.note_id)`

/** Which way a feed runs, and what lies before its beginning. */
const FEED_ORDER = {
  ASC: {
    order: 'date_created, note_id',
    before: '<',
    notBefore: '>=',
    start: { date_created: `'-infinity'`, note_id: '0::bigint' },
  },
  DESC: {
    order: 'date_created desc, note_id desc',
    before: '>',
    notBefore: '<=',
    start: { date_created: `'infinity'`, note_id: '0::bigint' },
  },
} as const

/** How milestones are made. */
export interface MilestoneOptions {
  /** Hears why some could not be made: they will be when somebody asks again. */
  readonly onError?: (error: unknown) => void
  /** One milestone in so many links. */
  readonly interval?: number
  /** As many of these are made in one transaction: an embedded database does nothing else meanwhile. */
  readonly atOnce?: number
  /** No milestones are made while a transaction is open that writes notes and began before so many milliseconds. */
  readonly longest?: number
}

/** Makes milestones in the background, one feed after the other, where reading shows that they are missing. */
export class FeedMilestones {
  readonly #sql: Sql
  readonly #options: Required<MilestoneOptions>
  readonly #waiting = new Set<string>()
  #isClosed = false
  #made: Promise<void> = Promise.resolve()

  constructor(sql: Sql, options: MilestoneOptions = {}) {
    this.#sql = sql
    this.#options = { onError: () => {}, interval: 100, atOnce: 100, longest: LONGEST, ...options }
  }

  /** Says how many links were counted of which there could have been milestones; does nothing while these are few. */
  missed(feed: FeedOfRecord, links: number): void {
    const name = `${feed.organizationId} ${feed.sourceType} ${feed.sourceId}`
    if (links <= 2 * this.#options.interval || this.#waiting.has(name) || this.#isClosed) return
    this.#waiting.add(name)
    this.#made = this.#made
      .then(() => this.make(feed))
      .catch(this.#options.onError)
      .finally(() => this.#waiting.delete(name))
  }

  /** Makes those that are missing of a feed, or some of them where it is written to by somebody who is in the way. */
  async make({ organizationId, sourceType, sourceId }: FeedOfRecord): Promise<void> {
    const { interval, atOnce, longest } = this.#options
    const step = () =>
      this.#sql.transaction(async sql => {
        await sql.script(settings)
        const [{ before } = { before: null }] = await sql.rows(begin, [organizationId, longest])
        if (before === null) return false
        const feed = [organizationId, sourceType, sourceId]
        const [made] = await sql.rows(make, [...feed, before, interval, interval * atOnce])
        return made?.isMore ?? false
      })
    while (!this.#isClosed && (await step())) {}
  }

  /** Waits for what has been asked for until now. */
  settled(): Promise<void> {
    return this.#made
  }

  /** Makes no more, and waits for the transaction that is open. The database has to be open still. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#made
  }
}

/**
 * There are no milestones of what is younger. A note that is written with a date of more than 20 minutes ago removes
 * milestones, as the migration says, and one that was written `LONGEST` ago has been committed: together that is less.
 */
const HORIZON = `interval '1 hour'`
const LONGEST = 20 * 60_000

// each statement sees what was committed before it; and whoever writes old notes does not wait for a process that stands still
const settings = 'set transaction isolation level read committed; set local idle_in_transaction_session_timeout = 10000'

// The lock is the one of the migration's trigger, taken alone. Who has inserted links, and has not ended, has this lock on
// their table; one whose beginning may not be seen, such as a prepared transaction, counts as begun long ago.
const begin = statement<{ before: Date | null }>(`
  select case when pg_try_advisory_xact_lock(7436003, hashint8($1::bigint)) and not exists (
    select from pg_locks l left join pg_stat_activity a using (pid)
    where l.locktype = 'relation' and l.relation = 'note_source'::regclass and l.mode = 'RowExclusiveLock' and l.granted
      and l.database = (select oid from pg_database where datname = current_database())
      and (a.xact_start > clock_timestamp() - $2::float8 * interval '1 millisecond') is not true
  ) then clock_timestamp() - ${HORIZON} end as before`)

const make = statement<{ isMore: boolean }>(`
  with last as (
    select m.date_created, m.note_id, m.position from feed_milestone m
    where m.organization_id = $1 and m.source_type = $2::note_source_type and m.source_id = $3
    order by m.date_created desc, m.note_id desc limit 1
  ), links as (
    select s.date_created, s.note_id,
      coalesce((select position from last), 0) + row_number() over (order by s.date_created, s.note_id) - 1 as position
    from note_source s
    where s.organization_id = $1 and s.source_type = $2::note_source_type and s.source_id = $3 and s.date_created < $4
      and (s.date_created, s.note_id) >= (coalesce((select date_created from last), '-infinity'), coalesce((select note_id from last), 0))
    order by s.date_created, s.note_id limit $6::bigint + 1
  ), made as (
    insert into feed_milestone (organization_id, source_type, source_id, date_created, note_id, position)
    select $1, $2::note_source_type, $3, date_created, note_id, position from links
    where position % $5::bigint = 0 and position > coalesce((select position from last), 0)
  )
  select count(*) > $6 as "isMore" from links`)
