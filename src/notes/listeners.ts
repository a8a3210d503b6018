import type { NoteSourceType } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { ValidationError } from '../errors.ts'
import type { DomainEvent, RecordLink } from '../events/catalog.ts'
import type { Chronicler, EventContext } from '../events/dispatcher.ts'
import { isOfEvent, isResolver, type NoteBlueprint, SOURCE_TYPES } from './blueprint.ts'
import type { NoteBlueprintRegistry } from './registry.ts'

/** Writes the notes of a chain of events, as many as there may be, in the order in which these happened. */
export const chronicler =
  (registry: NoteBlueprintRegistry): Chronicler =>
  async (history, context) => {
    const drafts = alike(history).flatMap(([type, events]) =>
      registry.writtenOn(type).flatMap(blueprint => events.flatMap(event => draftsOf(blueprint, event))),
    )
    if (drafts.length === 0) return
    await expectLinked(drafts, history[0], context)
    const given = drafts.map(({ key, links, facts }) => ({ key, cause: links[0], facts, links }))
    await context.sql.rows(write, [context.organizationId, JSON.stringify(given), context.now])
  }

/** A history as its runs of events of one type: of such a run, all notes of one blueprint come before those of the next. */
const alike = (history: readonly DomainEvent[]): [type: DomainEvent['type'], events: DomainEvent[]][] => {
  const runs: [DomainEvent['type'], DomainEvent[]][] = []
  for (const event of history) {
    const last = runs.at(-1)
    if (last?.[0] === event.type) last[1].push(event)
    else runs.push([event.type, [event]])
  }
  return runs
}

/** A note that is to be written; the first of its links has caused it. */
interface Draft {
  readonly key: string
  readonly links: readonly RecordLink[]
  readonly facts: Readonly<Record<string, unknown>>
  /** What an extension writes it of, which may link to anything. */
  readonly foreign?: DomainEvent
}

const draftsOf = (blueprint: NoteBlueprint, event: DomainEvent): Draft[] => {
  if (isResolver(blueprint)) return []
  const { key } = blueprint
  if (isOfEvent(blueprint)) {
    const links = distinct(blueprint.sources(event as never))
    if (links.length === 0) return []
    return [{ key, links, facts: blueprint.facts?.(event as never) ?? {}, foreign: event }]
  }
  return (blueprint.notes?.(event as never) ?? []).map(note => {
    const links = Object.entries(note.links).flatMap(([type, ids]) =>
      [ids ?? []].flat().map(sourceId => ({ sourceType: type as NoteSourceType, sourceId })),
    )
    // the cause first: of the types that may have caused it, the first that is linked
    const cause = blueprint.creationSource.find(type => links.some(({ sourceType }) => sourceType === type))
    const ordered = [...links.filter(({ sourceType }) => sourceType === cause), ...links]
    return { key, links: distinct(ordered), facts: note.facts ?? {} }
  })
}

const distinct = (links: readonly RecordLink[]): RecordLink[] => [
  ...new Map(links.map(link => [`${link.sourceType} ${link.sourceId}`, link])).values(),
]

/**
 * Expects the notes of extensions to be linked to what exists.
 * @throws ValidationError when what came in names something else, and Error when the extension does.
 */
const expectLinked = async (
  drafts: readonly Draft[],
  cameIn: DomainEvent | undefined,
  { sql, organizationId }: EventContext,
): Promise<void> => {
  const links = drafts.flatMap(({ key, links, foreign }) =>
    foreign === undefined ? [] : links.map(link => ({ key, isSenders: foreign === cameIn, ...link })),
  )
  if (links.length === 0) return
  const known = links.filter(
    ({ sourceType, sourceId }) => SOURCE_TYPES.includes(sourceType) && Number.isSafeInteger(sourceId),
  )
  const missing = [
    ...links.filter(link => !known.includes(link)),
    ...(await sql.rows(missingOf, [organizationId, JSON.stringify(known)])),
  ]
  if (missing.length === 0) return
  const messages = missing.map(
    ({ key, sourceType, sourceId }) =>
      `Expected a record for the note ${key}, received ${sourceType} ${sourceId}, which does not exist`,
  )
  if (missing.every(({ isSenders }) => isSenders)) throw new ValidationError({ '': messages })
  throw new Error(messages.join('; '))
}

const exists = (type: NoteSourceType): string =>
  type === 'organization'
    ? `when 'organization' then link."sourceId" = $1`
    : `when '${type}' then exists (select from "${type}" r where r.organization_id = $1 and r.id = link."sourceId")`

const missingOf = statement<RecordLink & { key: string; isSenders: boolean }>(`
  select link.* from jsonb_to_recordset($2::jsonb) as link(key text, "isSenders" boolean, "sourceType" text, "sourceId" bigint)
  where not case link."sourceType" ${SOURCE_TYPES.map(exists).join(' ')} end`)

const write = statement(`
  with given as materialized (
    select nextval(pg_get_serial_sequence('note', 'id')) as id, g.*
    from jsonb_to_recordset($2::jsonb) as g(key text, cause jsonb, facts jsonb, links jsonb)
  ), written as (
    insert into note (organization_id, id, content, creation_source, creation_source_id, data, date_created)
    select $1, id, key, (cause->>'sourceType')::note_source_type, (cause->>'sourceId')::bigint, facts, $3 from given
  )
  insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
  select $1, given.id, link."sourceType", link."sourceId", given.key, $3
  from given cross join lateral jsonb_to_recordset(given.links) as link("sourceType" note_source_type, "sourceId" bigint)`)
