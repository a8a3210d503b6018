import { z } from 'zod'
import { RecordNotFoundError } from '../../errors.ts'
import { atMost, expected } from '../../events/fields.ts'
import type { Context } from '../../graphql/context.ts'
import { conditionsOf } from '../../graphql/filter.ts'
import type { Feed, FeedEntry } from '../../notes/datastore.ts'
import { pick, sparse } from './fields.ts'
import { idParameter, idPath, isPeriod, NO_PERIOD, oneOf, order, period, portion } from './parameters.ts'
import { type Route, route, SIREN_AND_WORDPRESS } from './route.ts'
import { dateTime, recordId } from './shapes.ts'

const SOURCE_TYPES = [
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
] as const satisfies Feed['sourceType'][]

const NoteSource = z
  .strictObject({ sourceType: z.enum(SOURCE_TYPES), sourceId: recordId })
  .meta({ id: 'NoteSource', description: 'A record that a note is linked to.' })

const note = sparse(
  {
    id: recordId,
    content: z.string().meta({ description: "The blueprint's key, such as `obligation_issued`; never text." }),
    creationSource: z.enum(SOURCE_TYPES).meta({
      description:
        'The type of the record that caused the note; to a collaborator who may not see that record, it is itself.',
    }),
    creationSourceId: recordId.meta({ description: 'The id of the record that caused the note.' }),
    dateCreated: dateTime.meta({ description: 'When the event happened.' }),
  },
  {
    renderedContent: z.string().meta({ description: 'The text, with names as they are now.' }),
    sourceData: z.record(z.string(), z.unknown()).meta({
      description: 'What the text is made from, to word the note oneself. Amounts are in minor units.',
    }),
    sources: z
      .array(NoteSource)
      .meta({ description: 'The records that the note is linked to, as far as the key may see them.' }),
  },
)
/** What comes of the note's links and facts, and of names that it has. */
const DETAILED = ['renderedContent', 'sourceData', 'sources'] as const
const RENDERED = ['renderedContent', 'sourceData'] as const

type Field = z.output<typeof note.fields>[number]

const has = (fields: readonly Field[], some: readonly Field[]) => some.some(field => fields.includes(field))

const sourceType = oneOf(
  SOURCE_TYPES,
  "The type of the feed's record; `organization` has notes for administrators alone.",
)
const direction = order('ASC', 'Which way: as the events happened, by default.')

const SEARCH = 'at most 10 words, without NUL'
const search = z
  .string(expected('words'))
  .max(200, atMost(200, 'characters'))
  .refine(given => !given.includes('\0') && new Set(given.split(/\s+/).filter(Boolean)).size <= 10, expected(SEARCH))
  .meta({
    description:
      'Words, in any order, each of which the note must have: in its text, its facts, an id, or a name as it is now. At most 10.',
    override: { type: 'string', maxLength: 200 },
  })

const shared = { method: 'GET', prefixes: SIREN_AND_WORDPRESS, tag: 'Notes', scope: 'records' } as const

/** `/notes`: the activity feeds. */
export const noteRoutes: readonly Route[] = [
  route({
    ...shared,
    path: '/notes',
    summary: 'The activity feed of a record, oldest first.',
    description: 'Without `sourceId`, that of all records of the type, each note once.',
    query: z
      .strictObject({
        sourceType,
        sourceId: idParameter("the id of the feed's record").optional(),
        fields: note.fields,
        search: search.optional(),
        ...period('the events'),
        ...portion(20),
        order: direction,
      })
      .refine(isPeriod, NO_PERIOD),
    answer: note.answer.meta({
      id: 'Note',
      description: 'One entry of an activity feed. Its text is rendered when it is read.',
    }),
    isList: true,
    handle: async ({ query }, { reads: { datastores, loaders } }) => {
      const { sourceType, sourceId, fields, from, to, search, number: size, offset, order: direction } = query
      const feed: Feed = { sourceType, sourceId }
      const conditions = conditionsOf('Note', { dateCreated: { from, to }, search })
      const withDetail = has(fields, DETAILED)
      const [{ rows }, count] = await Promise.all([
        datastores.notes.page(feed, { conditions, slice: { direction, size, offset }, withDetail }),
        datastores.notes.count(feed, conditions),
      ])
      if (withDetail) loaders.primeDetails(rows)
      return { items: await Promise.all(rows.map(row => shown(row, fields, loaders))), count }
    },
  }),
  route({
    ...shared,
    path: '/notes/:id/position',
    summary: "A note's place in the feed of a record.",
    params: idPath("the note's id"),
    query: z.strictObject({ sourceType, sourceId: idParameter("the id of the feed's record"), order: direction }),
    answer: z
      .strictObject({ position: z.int().nonnegative().meta({ description: 'How many notes precede it.' }) })
      .meta({ id: 'NotePosition' }),
    refusals: { 404: 'There is no such note in that feed, or none that the key may see.' },
    handle: async ({ params: { id }, query: { order: direction, ...feed } }, { reads }) => {
      const [position] = await reads.datastores.notes.positions([id], feed, direction)
      if (position == null) throw new RecordNotFoundError(`note ${id} of ${feed.sourceType} ${feed.sourceId}`)
      return { position }
    },
  }),
]

const shown = async (entry: FeedEntry, fields: readonly Field[], loaders: Context['loaders']) => {
  const rendered = has(fields, RENDERED) ? await loaders.renderedByNote.load(entry) : undefined
  const sources = has(fields, ['sources']) ? (await loaders.noteDetailById.get(entry.id)).sources : undefined
  return pick({ ...entry, ...rendered, sources }, fields)
}
