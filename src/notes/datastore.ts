import { perScope, type Scope, scopeOf, scopeValues } from '../access/scope.ts'
import type { Viewer } from '../access/viewer.ts'
import { type Condition, Values, where } from '../database/conditions.ts'
import { type Direction, type Key, type Page, pageOf, sliced } from '../database/keyset.ts'
import type { NoteRow, NoteSourceType } from '../database/rows.ts'
import { type Sql, type Statement, statement } from '../database/sql.ts'
import { tableOf } from '../database/tables.ts'
import { RecordNotFoundError } from '../errors.ts'
import { detailOf, type NoteDetail, type PackedDetail } from './detail.ts'

/** A note as it is read: what it is made of comes apart, when somebody asks. */
export type NoteEntry = Omit<NoteRow, 'data'>

/** A feed: the notes of one record, or of all records of a type. */
export interface Feed {
  readonly sourceType: NoteSourceType
  readonly sourceId?: number | undefined
}

/** Which notes of a feed are wanted, and which part of them. */
export interface FeedRequest {
  /** Conditions on `content` and `dateCreated`. */
  readonly conditions: readonly Condition<'content' | 'dateCreated'>[]
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
}

/** A note of a page; with its details when they were asked for. */
export type FeedEntry = NoteEntry & Partial<PackedDetail>

/** Notes as one viewer may see them. Reading only: they are written by events. */
export class NoteDatastore {
  readonly #scope: Scope

  constructor(
    readonly sql: Sql,
    readonly viewer: Viewer,
  ) {
    this.#scope = scopeOf(viewer)
  }

  /** Every note of a record, in the order in which the events happened. */
  async getNotesForSource(sourceType: NoteSourceType, sourceId: number): Promise<readonly NoteEntry[]> {
    const slice: FeedSlice = { direction: 'ASC', size: null }
    return (await this.page({ sourceType, sourceId }, { conditions: [], slice })).rows
  }

  /** @throws RecordNotFoundError when there is no such note, or none that the viewer may see. */
  async getById(id: number): Promise<NoteEntry> {
    const [note] = await this.byIds([id])
    if (note === undefined) throw new RecordNotFoundError(`note ${id}`)
    return note
  }

  /** The notes with these ids, in no order; those that are not there are left out. */
  byIds(ids: readonly number[]): Promise<NoteEntry[]> {
    const values = new Values(...scopeValues(this.viewer))
    const text = `select ${noteColumns(this.#scope)} from note n where n.organization_id = $1 and n.id = any(${values.add(ids)}::bigint[])${this.#scope.visibleNote('n')}`
    return this.#read(statement<NoteEntry>(text), values)
  }

  /** One page of a feed. */
  async page(feed: Feed, request: FeedRequest): Promise<Page<FeedEntry>> {
    const values = new Values(...scopeValues(this.viewer))
    const { links, order, limit } = this.#links(
      feed,
      request,
      values,
      feed.sourceId === undefined ? null : values.add(feed.sourceId),
    )
    const statement = this.#notes(`(${links} order by ${order}${limit}) f`, order, request)
    return pageOf(await this.#read(statement, values), { ...request.slice, orderBy: 'dateCreated' })
  }

  /** The same page of the feeds of several records of a type. In the order of `sourceIds`. */
  async pagesOf(
    sourceType: NoteSourceType,
    sourceIds: readonly number[],
    request: FeedRequest,
  ): Promise<Page<FeedEntry>[]> {
    const values = new Values(...scopeValues(this.viewer))
    const keys = values.add([...new Set(sourceIds)])
    const { links, order, limit } = this.#links({ sourceType }, request, values, 'k.key')
    const feeds = `(select k.key as partition, f.* from unnest(${keys}::bigint[]) as k(key) cross join lateral (${links} order by ${order}${limit}) f) f`
    const read = await this.#read(this.#notes(feeds, order, request, true), values)
    const parts = new Map<number, FeedEntry[]>(sourceIds.map(id => [id, []]))
    for (const { partition, ...note } of read) parts.get(partition as number)?.push(note)
    return sourceIds.map(id => pageOf([...(parts.get(id) ?? [])], { ...request.slice, orderBy: 'dateCreated' }))
  }

  /** How many notes a feed has. */
  async count(feed: Feed, conditions: FeedRequest['conditions']): Promise<number> {
    const values = new Values(...scopeValues(this.viewer))
    const { links } = this.#links(
      feed,
      { conditions, slice: WHOLE },
      values,
      feed.sourceId === undefined ? null : values.add(feed.sourceId),
    )
    const [row] = await this.sql.rows(
      statement<{ count: number }>(`select count(*) as count from (${links}) f`),
      values.list,
    )
    return row?.count ?? 0
  }

  /** How many notes the feeds of several records of a type have. In the order of `sourceIds`. */
  async countsOf(
    sourceType: NoteSourceType,
    sourceIds: readonly number[],
    conditions: FeedRequest['conditions'],
  ): Promise<number[]> {
    const values = new Values(...scopeValues(this.viewer))
    const keys = values.add([...new Set(sourceIds)])
    const { links } = this.#links({ sourceType }, { conditions, slice: WHOLE }, values, 'k.key')
    const text = `select k.key as id, f.count from unnest(${keys}::bigint[]) as k(key) cross join lateral (select count(*) as count from (${links}) f) f`
    const counts = new Map(
      (await this.sql.rows(statement<{ id: number; count: number }>(text), values.list)).map(row => [
        row.id,
        row.count,
      ]),
    )
    return sourceIds.map(id => counts.get(id) ?? 0)
  }

  /**
   * The zero-based places of notes in a record's feed; null for a note that is not in it.
   * In the order of `noteIds`.
   */
  async positions(noteIds: readonly number[], feed: Required<Feed>, direction: Direction): Promise<(number | null)[]> {
    const values = new Values(...scopeValues(this.viewer))
    const ids = values.add([...new Set(noteIds)])
    const source = values.add(feed.sourceId)
    const { links } = this.#links(feed, { conditions: [], slice: WHOLE }, values, source)
    const before = direction === 'ASC' ? '<' : '>'
    const text =
      `select p.note_id as id, (select count(*) from (${links}) f where (f.date_created, f.note_id) ${before} (p.date_created, p.note_id)) as position` +
      ` from (${links}) p where p.note_id = any(${ids}::bigint[])`
    const found = new Map(
      (await this.sql.rows(statement<{ id: number; position: number }>(text), values.list)).map(row => [
        row.id,
        row.position,
      ]),
    )
    return noteIds.map(id => found.get(id) ?? null)
  }

  /** What these notes are rendered from. In the order of `noteIds`; empty for one that the viewer may not see. */
  async details(noteIds: readonly number[]): Promise<NoteDetail[]> {
    const values = new Values(...scopeValues(this.viewer))
    const text = `select n.id, ${detailColumns(this.#scope)} from note n where n.organization_id = $1 and n.id = any(${values.add(noteIds)}::bigint[])${this.#scope.visibleNote('n')}`
    const read = await this.sql.rows(statement<PackedDetail & { id: number }>(text), values.list)
    const found = new Map(read.map(row => [row.id, detailOf(row)]))
    return noteIds.map(id => found.get(id) ?? NOTHING)
  }

  /** Notes. To a viewer who may not see the record that caused a note, the viewer itself has. */
  async #read<Row extends NoteEntry>(statement: Statement<Row>, values: Values): Promise<Row[]> {
    const rows = await this.sql.rows(statement, values.list)
    if (this.viewer.role !== 'collaborator') return rows
    const instead = { creationSource: 'collaborator', creationSourceId: this.viewer.collaboratorId } as const
    return rows.map(row => (row.creationSource === null ? { ...row, ...instead } : row))
  }

  /** The links of a feed that the viewer may see, as (note_id, date_created), each note once. */
  #links(
    { sourceType }: Feed,
    { conditions, slice }: Omit<FeedRequest, 'withDetail'>,
    values: Values,
    sourceId: string | null,
  ) {
    const own = this.viewer.role === 'collaborator' && sourceType !== 'collaborator'
    // a collaborator's notes of a type, or of a program, are found among its own: those are fewer
    const throughOwn = own && (sourceId === null || sourceType === 'program')
    const row = throughOwn ? 'v' : 's'
    const { bounds, order, limit } = sliced(
      { ...slice, orderBy: 'dateCreated' },
      { row, column: 'date_created', id: 'note_id', type: 'timestamptz', values },
    )
    const filter = where(conditions, { table: NOTE_SOURCE, row, values })
    const is = (link: string) =>
      `${link}.organization_id = $1 and ${link}.source_type = '${sourceType}'${sourceId === null ? '' : ` and ${link}.source_id ${this.#ids(sourceType, sourceId)}`}`
    const visible = this.#scope.visibleRecord(sourceType, sourceId ?? 's.source_id')
    const mine = `v.organization_id = $1 and v.source_type = 'collaborator' and v.source_id = $2`
    // a note can be linked to several records of a type, and to a merged opportunity as well as to its survivor
    const once = sourceId === null || sourceType === 'opportunity' ? 'distinct on (s.date_created, s.note_id) ' : ''
    const links = throughOwn
      ? `select v.note_id, v.date_created from note_source v where ${mine} and exists (select from note_source s where s.note_id = v.note_id and ${is('s')}${visible})${filter}${bounds}`
      : `select ${once}s.note_id, s.date_created from note_source s where ${is('s')}${visible}${own ? ` and exists (select from note_source v where v.note_id = s.note_id and ${mine})` : ''}${filter}${bounds}`
    return { links, order, limit }
  }

  /** The feed of an opportunity includes those of the opportunities that were merged into it. */
  #ids(sourceType: NoteSourceType, sourceId: string): string {
    if (sourceType !== 'opportunity') return `= ${sourceId}::bigint`
    return `= any (array (select o.id from opportunity o where o.organization_id = $1 and o.merged_into_id = ${sourceId}::bigint) || ${sourceId}::bigint)`
  }

  #notes(
    feed: string,
    order: string,
    { withDetail = false }: FeedRequest,
    partitioned = false,
  ): Statement<FeedEntry & { partition?: number }> {
    const columns = `${partitioned ? 'f.partition, ' : ''}${noteColumns(this.#scope)}${withDetail ? `, ${detailColumns(this.#scope)}` : ''}`
    const sorted = order
      .split(', ')
      .map(part => `f.${part}`)
      .join(', ')
    return statement(
      `select ${columns} from ${feed} join note n on n.organization_id = $1 and n.id = f.note_id order by ${partitioned ? 'f.partition, ' : ''}${sorted}`,
    )
  }
}

const NOTE_SOURCE = tableOf('NoteSource')
const WHOLE: FeedSlice = { direction: 'ASC', size: null }
const NOTHING: NoteDetail = { sources: [], data: {} }

/** A note's columns, without the type of the record that caused it where that may not be seen. */
const noteColumns = perScope(scope => {
  const visible = scope.visibleSource('n.creation_source', 'n.creation_source_id')
  const type = visible === '' ? 'n.creation_source' : `case when true${visible} then n.creation_source end`
  return `n.id, n.content, ${type} as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated"`
})

const detailColumns = perScope(
  scope =>
    `n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id${scope.visibleSource('s.source_type', 's.source_id')}) as sources`,
)
