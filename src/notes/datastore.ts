import { perScope, type Scope, scopeOf, scopeValues } from '../access/scope.ts'
import type { Viewer } from '../access/viewer.ts'
import { expectId, expectIds, expectOneOf } from '../database/checks.ts'
import { type Condition, expectConditions, Values, where } from '../database/conditions.ts'
import {
  type Direction,
  expectDirection,
  isReadExactly,
  type Joined,
  type Key,
  type Page,
  pageOf,
  type Slice,
  sliced,
} from '../database/keyset.ts'
import { NAMES_VERSION } from '../database/names.ts'
import type { NoteRow, NoteSourceType } from '../database/rows.ts'
import { exact, madeStatement, type Sql, type Statement, unnamedStatement } from '../database/sql.ts'
import { type Fields, tableOf } from '../database/tables.ts'
import { RecordNotFoundError } from '../errors.ts'
import { SOURCE_TYPES } from './blueprint.ts'
import { detailOf, type NoteDetail, type PackedDetail } from './detail.ts'
import { type FeedMilestones, type Place, placesCounted, placesFromMilestones } from './milestones.ts'
import { NoteBlueprintRegistry } from './registry.ts'
import { type Search, searchFor, wordsOf } from './search.ts'

/** A note as it is read: what it is made of comes apart, when somebody asks. */
export type NoteEntry = Omit<NoteRow, 'data'>

/** A feed: the notes of one record, or of all records of a type. */
export interface Feed {
  readonly sourceType: NoteSourceType
  readonly sourceId?: number | undefined
}

/** Which notes of a feed are wanted, and which part of them. */
export interface FeedRequest {
  /** Conditions on `content` and `dateCreated`; one that `search` equals a text is the same as `search`. */
  readonly conditions: readonly Condition<'content' | 'dateCreated' | 'search'>[]
  /** Words, each of which a note must have where the viewer reads it; none when blank. */
  readonly search?: string | undefined
  readonly slice: FeedSlice
  /** Bring the details along, in the same statement. */
  readonly withDetail?: boolean
}

/** Part of a feed, in the order in which its events happened. */
export interface FeedSlice {
  readonly direction: Direction
  /** At most so many notes; null for all. */
  readonly size: number | null
  readonly fromEnd?: boolean | undefined
  readonly after?: Key | undefined
  readonly before?: Key | undefined
  /** So many notes are left out at the beginning; with a size. */
  readonly offset?: number | undefined
}

/** A note of a page; with its details when they were asked for. */
export type FeedEntry = NoteEntry & Partial<PackedDetail>

/** A note of a page that came as JSON. */
type JsonEntry = Omit<FeedEntry, 'dateCreated'> & { readonly dateCreated: string }

/** A record of a list with a page of its feed, as `joinedPage` has it. */
export interface WithFeed {
  readonly id: number
  readonly feed: readonly JsonEntry[] | null
}

/** Notes as one viewer may see them. Reading only: they are written by events. */
export class NoteDatastore {
  readonly #scope: Scope
  readonly #columns: string

  constructor(
    readonly sql: Sql,
    readonly viewer: Viewer,
    readonly blueprints: NoteBlueprintRegistry = new NoteBlueprintRegistry(),
    readonly milestones?: FeedMilestones,
    /** What of the notes is asked for: all of it, unless it is said. */
    fields?: Fields,
  ) {
    this.#scope = scopeOf(viewer)
    const withCause = fields === undefined || OF_CAUSE.some(field => fields.has(field))
    this.#columns = withCause ? wholeNote(this.#scope) : NOTE
  }

  /** Every note of a record, in the order in which the events happened. */
  async getNotesForSource(sourceType: NoteSourceType, sourceId: number): Promise<readonly NoteEntry[]> {
    const slice: FeedSlice = { direction: 'ASC', size: null }
    return (await this.page({ sourceType, sourceId: expectId(sourceId, 'sourceId') }, { conditions: [], slice })).rows
  }

  /** @throws RecordNotFoundError when there is no such note, or none that the viewer may see. */
  async getById(id: number): Promise<NoteEntry> {
    const [note] = await this.byIds([id])
    if (note === undefined) throw new RecordNotFoundError(`note ${id}`)
    return note
  }

  /** The notes with these ids, in no order; those that are not there are left out. */
  async byIds(ids: readonly number[]): Promise<NoteEntry[]> {
    const values = new Values(...scopeValues(this.viewer))
    const text = `select ${this.#columns} from note n where n.organization_id = $1 and n.id = any(${values.add(expectIds(ids))}::bigint[])${this.#scope.visibleNote('n')}`
    return this.#read(madeStatement<NoteEntry>(text), values)
  }

  /** One page of a feed. */
  async page(feed: Feed, request: FeedRequest): Promise<Page<FeedEntry>> {
    const values = new Values(...scopeValues(this.viewer))
    const { tables, links, order, limit, offset } = this.#links(
      feed,
      request,
      values,
      feed.sourceId === undefined ? null : values.add(expectId(feed.sourceId, 'sourceId')),
    )
    const text = this.#notes(`(${links} order by ${order}${limit}${offset}) f`, order, request)
    return pageOf(await this.#read(withTables<FeedEntry>(tables, text), values), {
      ...request.slice,
      orderBy: 'dateCreated',
    })
  }

  /** The same page of the feeds of several records of a type. In the order of `sourceIds`. */
  async pagesOf(
    sourceType: NoteSourceType,
    sourceIds: readonly number[],
    request: FeedRequest,
  ): Promise<Page<FeedEntry>[]> {
    const values = new Values(...scopeValues(this.viewer))
    const keys = values.add([...new Set(expectIds(sourceIds))])
    const { tables, links, order, limit } = this.#links({ sourceType }, request, values, 'k.key', sourceIds.length)
    const feeds = `(select k.key as partition, f.* from unnest((select ${keys}::bigint[])) as k(key) cross join lateral (${links} order by ${order}${limit}) f) f`
    const read = await this.#read(
      withTables<FeedEntry & { partition?: number }>(tables, this.#notes(feeds, order, request, true)),
      values,
    )
    const parts = new Map<number, FeedEntry[]>(sourceIds.map(id => [id, []]))
    for (const { partition, ...note } of read) parts.get(partition as number)?.push(note)
    return sourceIds.map(id => pageOf([...(parts.get(id) ?? [])], { ...request.slice, orderBy: 'dateCreated' }))
  }

  /**
   * The same page of the feed of each record `t` of a list, to be read along. Undefined where that would need values, and
   * for a list of which more is read than is wanted.
   */
  joinedPage(sourceType: NoteSourceType, request: FeedRequest, list: Slice): Joined | undefined {
    const { conditions, slice } = request
    if (conditions.length > 0 || slice.after || slice.before || !isReadExactly(list)) return undefined
    const made = joinedPages(this.#scope)
    const last = made.get(request)
    if (last?.sourceType === sourceType && last.columns === this.#columns) return last.joined
    const joined = this.#joinedPage(sourceType, request)
    made.set(request, { sourceType, columns: this.#columns, joined })
    return joined
  }

  #joinedPage(sourceType: NoteSourceType, request: FeedRequest): Joined | undefined {
    const first = scopeValues(this.viewer)
    const values = new Values(...first)
    const { links, order, limit } = this.#links({ sourceType }, request, values, 't.id')
    if (values.list.length > first.length) return undefined
    const notes = this.#notes(`(${links} order by ${order}${limit}) f`, order, request)
    return {
      name: `feed ${JSON.stringify(request)}`,
      columns: `(select json_agg(f) from (${notes}) f) as feed`,
      joins: '',
    }
  }

  /** A page that came so. @throws RangeError for an id that JSON cannot tell from its neighbours. */
  pageIn(column: WithFeed['feed'], { slice }: FeedRequest): Page<FeedEntry> {
    const notes = (column ?? []).map(note => {
      exact(note.id)
      exact(note.creationSourceId ?? 0)
      return { ...note, dateCreated: new Date(note.dateCreated) }
    })
    return pageOf(this.#withCauses(notes), { ...slice, orderBy: 'dateCreated' })
  }

  /** How many notes a feed has. */
  async count(feed: Feed, conditions: FeedRequest['conditions'], search?: string): Promise<number> {
    const values = new Values(...scopeValues(this.viewer))
    const { tables, links } = this.#links(
      feed,
      { conditions, search, slice: WHOLE },
      values,
      feed.sourceId === undefined ? null : values.add(expectId(feed.sourceId, 'sourceId')),
    )
    const text = `select count(*) as count from (${links}) f`
    const [row] = await this.sql.rows(withTables<{ count: number }>(tables, text), values.list)
    return row?.count ?? 0
  }

  /** How many notes the feeds of several records of a type have. In the order of `sourceIds`. */
  async countsOf(
    sourceType: NoteSourceType,
    sourceIds: readonly number[],
    conditions: FeedRequest['conditions'],
    search?: string,
  ): Promise<number[]> {
    const values = new Values(...scopeValues(this.viewer))
    const keys = values.add([...new Set(expectIds(sourceIds))])
    const request = { conditions, search, slice: WHOLE }
    const { tables, links } = this.#links({ sourceType }, request, values, 'k.key', sourceIds.length)
    const text = `select k.key as id, f.count from unnest((select ${keys}::bigint[])) as k(key) cross join lateral (select count(*) as count from (${links}) f) f`
    const counted = withTables<{ id: number; count: number }>(tables, text)
    const counts = new Map((await this.sql.rows(counted, values.list)).map(row => [row.id, row.count]))
    return sourceIds.map(id => counts.get(id) ?? 0)
  }

  /**
   * The zero-based places of notes in a record's feed; null for a note that is not in it.
   * In the order of `noteIds`.
   */
  async positions(noteIds: readonly number[], feed: Required<Feed>, direction: Direction): Promise<(number | null)[]> {
    expectDirection(direction)
    const values = new Values(...scopeValues(this.viewer))
    const ids = values.add([...new Set(expectIds(noteIds))])
    const sourceId = values.add(expectId(feed.sourceId, 'sourceId'))
    const linksOf = (source: string) => this.#links(feed, { conditions: [], slice: WHOLE }, values, source).links
    // of a part of a feed, or of several feeds together, nothing is known beforehand
    const isWhole = feed.sourceType !== 'opportunity' && !this.#isShared(feed)
    const text = isWhole
      ? placesFromMilestones(feed.sourceType, linksOf, { ids, sourceId }, direction)
      : placesCounted(linksOf(sourceId), ids, direction)
    const rows = await this.sql.rows(madeStatement<Place>(text), values.list)
    const missed = Math.max(0, ...rows.map(row => row.missed ?? 0))
    if (missed > 0) this.milestones?.missed({ ...feed, organizationId: this.viewer.organizationId }, missed)
    const found = new Map(rows.map(row => [row.id, row.position]))
    return noteIds.map(id => found.get(id) ?? null)
  }

  /** What these notes are rendered from. In the order of `noteIds`; empty for one that the viewer may not see. */
  async details(noteIds: readonly number[]): Promise<NoteDetail[]> {
    const values = new Values(...scopeValues(this.viewer))
    const text = `select n.id, ${detailColumns(this.#scope)} from note n where n.organization_id = $1 and n.id = any(${values.add(expectIds(noteIds))}::bigint[])${this.#scope.visibleNote('n')}`
    const read = await this.sql.rows(madeStatement<PackedDetail & { id: number }>(text), values.list)
    const found = new Map(read.map(row => [row.id, detailOf(row)]))
    return noteIds.map(id => found.get(id) ?? NOTHING)
  }

  async #read<Row extends NoteEntry>(statement: Statement<Row>, values: Values): Promise<Row[]> {
    return this.#withCauses(await this.sql.rows(statement, values.list))
  }

  /** To a viewer who may not see the record that caused a note, the viewer itself has. */
  #withCauses<Row extends NoteEntry>(rows: Row[]): Row[] {
    if (this.viewer.role !== 'collaborator') return rows
    const instead = { creationSource: 'collaborator', creationSourceId: this.viewer.collaboratorId } as const
    return rows.map(row => (row.creationSource === null ? { ...row, ...instead } : row))
  }

  /**
   * The links of a feed that the viewer may see, as (note_id, date_created), each note once: with the tables that they are
   * read from besides. `feeds` is of how many records they are read.
   */
  #links(feed: Feed, request: Omit<FeedRequest, 'withDetail'>, values: Values, sourceId: string | null, feeds = 1) {
    expectOneOf(SOURCE_TYPES, feed.sourceType, 'sourceType')
    const { search: text = expectConditions(request.conditions).find(isSearch)?.value, conditions, slice } = request
    const asked = { conditions: conditions.filter(condition => !isSearch(condition)), slice }
    const words = text === undefined ? [] : wordsOf(text)
    if (words.length === 0) return { tables: '', ...this.#allLinks(feed, asked, values, sourceId) }
    const reader = { viewer: this.viewer, scope: this.#scope, blueprints: this.blueprints }
    const search = searchFor(words, feed.sourceType, reader, values)
    const { links: all, order, limit, offset } = this.#allLinks(feed, asked, values, sourceId, () => '')
    // a whole slice: a limit and an offset of its own would be values that no text has
    const whole = { ...asked, slice: { ...slice, size: null, offset: 0 } }
    const { links: found } = this.#allLinks(feed, whole, values, sourceId, search.isFound)
    // What many notes have is on the first that are looked at; for what few have all are looked up. Nobody knows
    // beforehand which it is, and each way takes for ever with what the other is for.
    const few = Math.max(LOOKED_AT / feeds, 100)
    const enough = `((select count(*) from head) < ${few}${slice.size === null ? '' : ` or (select count(*) from near) >= ${limit.replace(' limit ', '')}`})`
    const links =
      `select q.note_id, q.date_created from (with head as materialized (${all} order by ${order} limit ${few})` +
      `, near as materialized (select h.note_id, h.date_created from head h where true${search.has('h')} order by ${order}${limit})` +
      ` select n.note_id, n.date_created from near n where ${enough}` +
      // the offset has all that is found planned for, not the page: of few notes none may be near the beginning
      ` union all select far.note_id, far.date_created from (select f.note_id, f.date_created from (${found} offset 0) f${slice.size === null ? '' : ` order by ${order}${limit}`}) far where not ${enough}) q`
    return { tables: search.tables, links, order, limit, offset }
  }

  /** The same without a search, or so that the rows meet `isFound`, with their keys. */
  #allLinks(
    { sourceType }: Feed,
    { conditions, slice }: Omit<FeedRequest, 'withDetail' | 'search'>,
    values: Values,
    sourceId: string | null,
    isFound?: Search['isFound'],
  ) {
    const own = this.#isShared({ sourceType })
    // a collaborator's notes of a type, or of a program, are found among its own: those are fewer
    const throughOwn = own && (sourceId === null || sourceType === 'program')
    const keyed = slice.size === null || isFound !== undefined ? undefined : conditions.find(isOneOfSeveralKeys)
    // all links of a note repeat its date and its key: what is asked of one can be asked of the other
    const asked = (row: 's' | 'v', part: FeedSlice) => {
      const { bounds, ...rest } = sliced(
        { ...part, orderBy: 'dateCreated' },
        { row, column: 'date_created', id: 'note_id', type: 'timestamptz', values },
      )
      const others = conditions.filter(condition => condition !== keyed)
      const filter = where(others, { table: NOTE_SOURCE, row, values })
      return { filter: `${filter}${keyed ? ` and ${row}.content = c.key` : ''}${bounds}`, ...rest }
    }
    const { filter, order, limit, offset } = asked('s', slice)
    const ofRecord = (row: string) =>
      `${row}.organization_id = $1 and ${row}.source_type = '${sourceType}'${sourceId === null ? '' : ` and ${row}.source_id ${this.#ids(sourceType, sourceId)}`}`
    const ofViewer = (row: string) =>
      `${row}.organization_id = $1 and ${row}.source_type = 'collaborator' and ${row}.source_id = $2`
    const visible = this.#scope.visibleRecord(sourceType, sourceId ?? 's.source_id')
    const linked = `${ofRecord('s')}${visible}${filter}`
    const mine = own && `${ofViewer('v')}${asked('v', { ...slice, size: null, offset: 0 }).filter}`
    // the date beside the id, so that an index that leads with dates finds the one link that is meant
    const same = '(s.note_id, s.date_created) = (v.note_id, v.date_created)'
    // a note can be linked to several records of a type, and to a merged opportunity as well as to its survivor
    const once = sourceId === null || sourceType === 'opportunity' ? 'distinct on (s.date_created, s.note_id) ' : ''
    const columns = (row: string) => `${row}.note_id, ${row}.date_created${isFound ? `, ${row}.content` : ''}`
    // the offset has the viewer's link looked up for each of the record's: all of a busy collaborator's are far more
    const links = throughOwn
      ? `select ${columns('v')} from note_source v where ${mine}${isFound?.('v', ofViewer) ?? ''} and exists (select from note_source s where ${same} and ${linked})`
      : `select ${once}${columns('s')} from note_source s where ${linked}${isFound?.('s', ofRecord) ?? ''}${mine ? ` and exists (select from note_source v where ${same} and ${mine} offset 0)` : ''}`
    if (keyed === undefined) return { links, order, limit, offset }
    // each key's first links come from an index, and the first of these are the page's
    const keys = `unnest(${values.add([...new Set(keyed.value)])}::text[]) as c(key)`
    return {
      links: `select l.note_id, l.date_created from ${keys} cross join lateral (${links} order by ${order}${limit}) l`,
      order,
      limit,
      offset,
    }
  }

  /** Whether others have notes in the feed besides: a viewer sees those of its own. */
  #isShared({ sourceType }: Feed): boolean {
    return this.viewer.role === 'collaborator' && sourceType !== 'collaborator'
  }

  /** The feed of an opportunity includes those of the opportunities that were merged into it. */
  #ids(sourceType: NoteSourceType, sourceId: string): string {
    if (sourceType !== 'opportunity') return `= ${sourceId}::bigint`
    return `= any (array (select o.id from opportunity o where o.organization_id = $1 and o.merged_into_id = ${sourceId}::bigint) || ${sourceId}::bigint)`
  }

  #notes(feed: string, order: string, { withDetail = false }: FeedRequest, partitioned = false): string {
    const columns = `${partitioned ? 'f.partition, ' : ''}${this.#columns}${withDetail ? `, ${detailColumns(this.#scope)}` : ''}`
    const sorted = order
      .split(', ')
      .map(part => `f.${part}`)
      .join(', ')
    return `select ${columns} from ${feed} cross join lateral ${NOTE_OF_LINK} n order by ${partitioned ? 'f.partition, ' : ''}${sorted}`
  }
}

const NOTE_SOURCE = tableOf('NoteSource')
/** How many notes of a feed a search looks at one by one, before it looks everything up. */
const LOOKED_AT = 1000

const isSearch = ({ column, operator }: Condition): boolean => column === 'search' && operator === '='

/** A statement that begins with tables is a search: planned each time, since the words decide the way to the notes. */
const withTables = <Row>(tables: string, text: string): Statement<Row> =>
  tables === '' ? madeStatement(text) : unnamedStatement(tables + text)

/** The limit has each note looked up by its key, whatever number of links the planner expects. */
const NOTE_OF_LINK = '(select * from note where organization_id = $1 and id = f.note_id limit 1)'
const WHOLE: FeedSlice = { direction: 'ASC', size: null }
const NOTHING: NoteDetail = { sources: [], data: {} }

/** A condition on several keys, whose links are better read key by key than sorted or sifted. */
const isOneOfSeveralKeys = (condition: Condition): condition is Condition<'content'> & { value: string[] } =>
  condition.column === 'content' &&
  condition.operator === 'IN' &&
  Array.isArray(condition.value) &&
  new Set(condition.value).size > 1 &&
  condition.value.every(key => typeof key === 'string' && !key.includes('\0'))

/** The columns of every note. */
const NOTE = 'n.id, n.content, n.date_created as "dateCreated"'

/** With the record that caused it, without its type where that may not be seen. */
const wholeNote = perScope(scope => {
  const visible = scope.visibleSource('n.creation_source', 'n.creation_source_id')
  const type = visible === '' ? 'n.creation_source' : `case when true${visible} then n.creation_source end`
  return `${NOTE}, ${type} as "creationSource", n.creation_source_id as "creationSourceId"`
})
/** The fields that tell of that record; what is rendered may. */
const OF_CAUSE = ['creationSource', 'creationSourceId', 'renderedContent', 'sourceData']

/** What was last made of a request. */
const joinedPages = perScope(
  () => new WeakMap<FeedRequest, { sourceType: NoteSourceType; columns: string; joined: Joined | undefined }>(),
)

const detailColumns = perScope(scope => {
  const visible = scope.visibleSource('s.source_type', 's.source_id')
  return `n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id${visible}) as sources${visible === '' ? `, ${NAMES_VERSION}` : ''}`
})
