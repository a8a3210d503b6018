import { groupBy, type ListRequest, type Records } from '../access/records.ts'
import { HIDDEN_NAMES } from '../access/scope.ts'
import { readsEverything } from '../access/viewer.ts'
import type { Condition } from '../database/conditions.ts'
import type { Direction, Joined, Page } from '../database/keyset.ts'
import type { NamedType } from '../database/names.ts'
import type { EngagementRow, LineItemRow, NoteSourceType } from '../database/rows.ts'
import type { Datastores } from '../datastores.ts'
import type { JoinedNames, NamedEngagement } from '../engagements/datastore.ts'
import type { Feed, FeedEntry, FeedRequest, NoteEntry, WithFeed } from '../notes/datastore.ts'
import { detailOf, type NoteDetail } from '../notes/detail.ts'
import { type RenderedNote, renderNote } from '../notes/render.ts'
import { allOf, Loader, listLoader, rowLoader } from './loader.ts'

/**
 * One loader per key, made when it is first asked for, gone with the request: everything that belongs to another row
 * comes through here, in as many statements for a hundred rows as for one.
 */
export class Loaders {
  readonly #made = new Map<string, unknown>()
  /** That of the names, as far as something has brought it along. */
  #namesVersion: number | undefined

  constructor(readonly datastores: Datastores) {}

  get collaboratorById() {
    return this.#once('collaboratorById', () => rowLoader(ids => this.datastores.collaborators.byIds(ids)))
  }
  get programById() {
    return this.#once('programById', () => rowLoader(ids => this.datastores.programs.byIds(ids)))
  }
  get opportunityById() {
    return this.#once('opportunityById', () => rowLoader(ids => this.datastores.opportunities.byIds(ids)))
  }
  /** The same, read together with a page of their engagements, which primes the loader of these pages. */
  opportunityWithEngagements(request: ListRequest<EngagementRow>, joined: readonly Joined[]) {
    const { opportunities, engagements } = this.datastores
    const pages = this.pages(engagements, 'opportunityId', request, joined)
    return this.#once(`opportunityById ${keyOfPages(engagements, 'opportunityId', request, joined)}`, () =>
      rowLoader(async ids => {
        const read = await opportunities.withPages(ids, engagements, 'opportunityId', request, joined)
        const { opportunityById } = this
        for (const { row, page } of read) {
          opportunityById.prime(row.id, row)
          pages.prime(row.id, page)
        }
        return read.map(({ row }) => row)
      }),
    )
  }
  get engagementById() {
    return this.#once('engagementById', () => rowLoader(ids => this.datastores.engagements.byIds(ids)))
  }
  /** The same, read together with its names, which prime their loaders. */
  namedEngagementById(names: readonly JoinedNames[]) {
    return this.#once(`engagementById ${names.map(({ types }) => types)}`, () =>
      rowLoader(async ids => {
        const rows = await this.datastores.engagements.rowsBy('id', ids, names)
        await this.primeNames(rows, names)
        return rows
      }),
    )
  }
  /**
   * Primes the names that engagements brought along, or those that are kept of the version that they brought; as whole
   * records where nothing else is asked for of them.
   */
  async primeNames(engagements: readonly NamedEngagement[], [names]: readonly JoinedNames[]): Promise<void> {
    const [first] = engagements
    if (names === undefined || first === undefined) return
    this.#namesVersion = first.namesVersion ?? this.#namesVersion
    const kept = first.namesVersion === undefined ? undefined : this.datastores.names.ofVersion(first.namesVersion)
    for (const type of names.types) {
      const { id, name, nameById, recordById } = this.#named(type)
      if (first.namesVersion !== undefined) nameById.primeWith(kept?.[type])
      else for (const row of engagements) nameById.prime(row[id], row[name] as string)
      if (recordById === undefined) continue
      const shown = await allOf(engagements.map(row => nameById.get(row[id])))
      for (const [i, row] of engagements.entries())
        recordById.prime(row[id], { id: row[id], displayName: shown[i] } as never)
    }
  }
  get transactionById() {
    return this.#once('transactionById', () => rowLoader(ids => this.datastores.transactions.byIds(ids)))
  }
  get conversionById() {
    return this.#once('conversionById', () => rowLoader(ids => this.datastores.conversions.byIds(ids)))
  }
  get obligationById() {
    return this.#once('obligationById', () => rowLoader(ids => this.datastores.obligations.byIds(ids)))
  }
  get payoutById() {
    return this.#once('payoutById', () => rowLoader(ids => this.datastores.payouts.byIds(ids)))
  }
  get fulfillmentById() {
    return this.#once('fulfillmentById', () => rowLoader(ids => this.datastores.fulfillments.byIds(ids)))
  }
  get distributionById() {
    return this.#once('distributionById', () => rowLoader(ids => this.datastores.distributions.byIds(ids)))
  }
  get distributorById() {
    return this.#once('distributorById', () => rowLoader(ids => this.datastores.distributors.byIds(ids)))
  }
  get allocationById() {
    return this.#once('allocationById', () => rowLoader(ids => this.datastores.allocations.byIds(ids)))
  }
  get lineItemById() {
    return this.#once('lineItemById', () => rowLoader(ids => this.datastores.transactions.lineItemsByIds(ids)))
  }
  get noteById() {
    return this.#once('noteById', () => rowLoader(ids => this.datastores.notes.byIds(ids)))
  }

  /** The name to show; never absent, since one that the viewer may not see has words in its place. */
  get collaboratorNameById() {
    this.#collaboratorNameById ??= this.#names('collaborator')
    return this.#collaboratorNameById
  }
  #collaboratorNameById?: Loader<number, string>

  /** The name to show; never absent, since one that the viewer may not see has words in its place. */
  get programNameById() {
    this.#programNameById ??= this.#names('program')
    return this.#programNameById
  }
  #programNameById?: Loader<number, string>

  get aliasesByCollaborator() {
    return this.#once('aliasesByCollaborator', () =>
      listLoader(
        ids => this.datastores.collaborators.aliasesOf(ids),
        alias => alias.collaboratorId,
      ),
    )
  }
  get programsByCollaborator() {
    return this.#once('programsByCollaborator', () =>
      listLoader(
        ids => this.datastores.programs.ofCollaborators(ids),
        program => program.collaboratorId,
      ),
    )
  }
  get engagementTypesByProgram() {
    return this.#once('engagementTypesByProgram', () =>
      listLoader(
        ids => this.datastores.programs.engagementTypesOf(ids),
        enabled => enabled.programId,
      ),
    )
  }
  get conversionsByEngagement() {
    return this.#once('conversionsByEngagement', () =>
      listLoader(
        async ids => (await this.datastores.conversions.rowsBy('engagementId', ids)).sort((a, b) => a.id - b.id),
        conversion => conversion.engagementId,
      ),
    )
  }
  get obligationsByConversion() {
    return this.#once('obligationsByConversion', () =>
      listLoader(
        async ids => (await this.datastores.obligations.rowsBy('conversionId', ids)).sort((a, b) => a.id - b.id),
        obligation => obligation.conversionId,
      ),
    )
  }
  /** Null where the viewer may see a transaction but not its lines. */
  get lineItemsByTransaction() {
    return this.#once(
      'lineItemsByTransaction',
      () =>
        new Loader<number, readonly LineItemRow[] | null>(async ids => {
          const lines = await this.datastores.transactions.lineItemsOf(ids)
          const byTransaction = lines && groupBy(lines, line => line.transactionId)
          return ids.map(id => byTransaction && (byTransaction.get(id) ?? []))
        }),
    )
  }

  /** What a note is rendered from; primed by lists that read it along. */
  get noteDetailById() {
    return this.#once('noteDetailById', () => new Loader<number, NoteDetail>(ids => this.datastores.notes.details(ids)))
  }
  /** Keeps what a page of a feed brought along. */
  primeDetails(notes: readonly FeedEntry[]): void {
    this.#namesVersion = notes[0]?.namesVersion ?? this.#namesVersion
    for (const note of notes) this.noteDetailById.prime(note.id, detailOf(note))
  }
  /** A note's text and data. The whole batch is rendered together: its names come in one statement. */
  get renderedByNote() {
    return this.#once('renderedByNote', () => new Loader<NoteEntry, RenderedNote>(notes => this.#render(notes)))
  }
  /** Has whole pages rendered together, of however many feeds, which primes their notes. */
  get renderedPages() {
    return this.#once(
      'renderedPages',
      () =>
        new Loader<readonly NoteEntry[], true>(async pages => {
          const notes = pages.flat()
          const rendered = await this.#render(notes)
          const { renderedByNote } = this
          for (const [i, note] of notes.entries()) renderedByNote.prime(note, rendered[i] as RenderedNote)
          return pages.map(() => true)
        }),
    )
  }

  /** One page of each list that belongs to a record: of the rows whose `column` is its id. */
  pages<Row extends { id: number }>(
    records: Records<Row>,
    column: keyof Row & string,
    request: ListRequest<Row>,
    joined: readonly Joined[] = [],
  ): Loader<number, Page<Row>> {
    return this.#once(
      keyOfPages(records, column, request, joined),
      () => new Loader<number, Page<Row>>(ids => records.pagesBy(column, ids, request, joined)),
    )
  }

  /** How long each list that belongs to a record is. */
  counts<Row extends { id: number }>(
    records: Records<Row>,
    column: keyof Row & string,
    conditions: readonly Condition[],
  ): Loader<number, number> {
    return this.#once(
      `#${records.type}.${column} ${JSON.stringify(conditions)}`,
      () => new Loader<number, number>(ids => records.countsBy(column, ids, conditions)),
    )
  }

  /** One page of each record's feed. */
  feedPages(sourceType: NoteSourceType, request: FeedRequest): Loader<number, Page<FeedEntry>> {
    return this.#once(
      `feed.${sourceType} ${keyOf(request)}`,
      () => new Loader<number, Page<FeedEntry>>(ids => this.datastores.notes.pagesOf(sourceType, ids, request)),
    )
  }

  /** Keeps the pages that the records of a list brought along. */
  primeFeeds(sourceType: NoteSourceType, request: FeedRequest, records: readonly WithFeed[]): void {
    const { notes } = this.datastores
    const pages = this.feedPages(sourceType, request)
    for (const { id, feed } of records) pages.prime(id, notes.pageIn(feed, request))
  }

  /** How long each record's feed is. */
  feedCounts(sourceType: NoteSourceType, conditions: FeedRequest['conditions']): Loader<number, number> {
    return this.#once(
      `#feed.${sourceType} ${JSON.stringify(conditions)}`,
      () => new Loader<number, number>(ids => this.datastores.notes.countsOf(sourceType, ids, conditions)),
    )
  }

  /** A note's zero-based place in a feed; null when it is not in it. */
  positions(feed: Required<Feed>, direction: Direction): Loader<number, number | null> {
    return this.#once(
      `position.${feed.sourceType}.${feed.sourceId}.${direction}`,
      () => new Loader<number, number | null>(ids => this.datastores.notes.positions(ids, feed, direction)),
    )
  }

  #once<Made>(key: string, make: () => Made): Made {
    let made = this.#made.get(key) as Made | undefined
    if (made === undefined) {
      made = make()
      this.#made.set(key, made)
    }
    return made
  }

  #named(type: JoinedNames['types'][number]) {
    const { collaborators, programs } = this.datastores
    return type === 'collaborator'
      ? {
          id: 'collaboratorId' as const,
          name: 'collaboratorName' as const,
          nameById: this.collaboratorNameById,
          recordById: collaborators.isNameEnough ? this.collaboratorById : undefined,
        }
      : {
          id: 'programId' as const,
          name: 'programName' as const,
          nameById: this.programNameById,
          recordById: programs.isNameEnough ? this.programById : undefined,
        }
  }

  #names(type: 'collaborator' | 'program') {
    return new Loader<number, string>(async ids => {
      const name = await this.datastores.names.lookup({ [type]: ids })
      return ids.map(id => name(type, id) ?? HIDDEN_NAMES[type])
    })
  }

  async #render(notes: readonly NoteEntry[]): Promise<RenderedNote[]> {
    const { viewer, names, shared } = this.datastores
    const { noteDetailById } = this
    const details = await allOf(notes.map(note => noteDetailById.get(note.id)))
    const wanted = { collaborator: [], program: [], distributor: [], organization: [] } as Record<NamedType, number[]>
    for (const { sources } of details) {
      for (const { sourceType, sourceId } of sources) wanted[sourceType as NamedType]?.push(sourceId)
    }
    const view = { isAdministrator: readsEverything(viewer), name: await names.lookup(wanted, this.#namesVersion) }
    return notes.map(({ content, creationSource, creationSourceId }, i) => {
      const { sources, data } = details[i] as NoteDetail
      return renderNote(
        shared.blueprints.get(content),
        { content, creationSource, creationSourceId, sources, data },
        view,
      )
    })
  }
}

const keys = new WeakMap<object, string>()

/** A request as text; of one that comes back it is made once. */
const keyOf = (request: object): string => {
  let key = keys.get(request)
  if (key === undefined) {
    key = JSON.stringify(request)
    keys.set(request, key)
  }
  return key
}

const keyOfPages = <Row extends { id: number }>(
  { type }: Records<Row>,
  column: keyof Row & string,
  request: ListRequest<Row>,
  joined: readonly Joined[],
): string => `${type}.${column} ${joined.map(({ name }) => name)} ${keyOf(request)}`
