import type { ObjectRef } from '@pothos/core'
import type { NoteSourceType as NoteSourceTypeValue } from '../../database/rows.ts'
import { after } from '../../loaders/loader.ts'
import type { Feed, NoteEntry } from '../../notes/datastore.ts'
import type { NoteLink } from '../../notes/detail.ts'
import { builder, type SchemaTypes } from '../builder.ts'
import { Connection, connectionType, keyIn, pageArgs } from '../connection.ts'
import type { Context } from '../context.ts'
import { type FeedArgs, feedRequests, RENDERED } from '../feed.ts'
import { type Document, selectedBelow } from '../look-ahead.ts'
import { idArg, loadBy } from '../record-queries.ts'
import { Collaborator } from './collaborator.ts'
import { Conversion } from './conversion.ts'
import { Distribution } from './distribution.ts'
import { Distributor } from './distributor.ts'
import { Engagement } from './engagement.ts'
import { Fulfillment } from './fulfillment.ts'
import { Node, nodeFields } from './node.ts'
import { Obligation } from './obligation.ts'
import { Opportunity } from './opportunity.ts'
import { Payout } from './payout.ts'
import { Program } from './program.ts'
import { DateRange, domainEnum, SortOrder } from './shared.ts'
import { Transaction } from './transaction.ts'

const NoteSourceType = domainEnum<NoteSourceTypeValue>('NoteSourceType', 'A type of record that notes are linked to.', {
  collaborator: 'A collaborator.',
  conversion: 'A conversion.',
  obligation: 'An obligation.',
  fulfillment: 'A fulfillment.',
  payout: 'A payout.',
  engagement: 'An engagement.',
  opportunity: 'An opportunity.',
  transaction: 'A transaction.',
  distribution: 'A distribution.',
  program: 'A program.',
  distributor: 'A distributor.',
  organization: 'The organization itself. For administrators.',
})

const NoteSource = builder.objectRef<NoteLink>('NoteSource').implement({
  description: 'A record that a note is linked to.',
  fields: t => ({
    sourceType: t.expose('sourceType', { type: NoteSourceType, description: 'The type of the record.' }),
    sourceId: t.expose('sourceId', { type: 'SafeInt', description: 'The integer id of the record.' }),
  }),
})

const sourceArgs = () =>
  builder.args(t => ({
    sourceType: t.field({ type: NoteSourceType, required: true, description: "The type of the feed's record." }),
    sourceId: t.field({ type: 'SafeInt', required: true, description: "The integer id of the feed's record." }),
  }))

export const Note = builder.objectRef<NoteEntry>('Note').implement({
  interfaces: [Node],
  description:
    'One entry of the activity feed. It stores a blueprint key and facts; its text is rendered when it is read, so that a rename shows in all of history.',
  fields: t => ({
    ...nodeFields(t, 'Note', ({ loaders }, id) => loaders.noteById.load(id)),
    content: t.exposeString('content', {
      description: "The blueprint's key, such as `obligation_issued`; never text.",
    }),
    creationSource: t.expose('creationSource', {
      type: NoteSourceType,
      description:
        'The type of the record that caused the note; to a collaborator who may not see that record, it is itself.',
    }),
    creationSourceId: t.expose('creationSourceId', {
      type: 'SafeInt',
      description: 'The integer id of the record that caused the note.',
    }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime', description: 'When the event happened.' }),
    renderedContent: t.string({
      description: 'The text, with names as they are now. A key without a blueprint is its own text.',
      resolve: (note, _, { loaders }) => after(loaders.renderedByNote.get(note), rendered => rendered.renderedContent),
    }),
    sourceData: t.field({
      type: 'JSONObject',
      description: 'What the text is made from, to word the note oneself. Amounts are in minor units.',
      resolve: (note, _, { loaders }) => after(loaders.renderedByNote.get(note), rendered => rendered.sourceData),
    }),
    sources: t.field({
      type: [NoteSource],
      description: 'The records that the note is linked to, as far as the viewer may see them.',
      resolve: ({ id }, _, { loaders }) => after(loaders.noteDetailById.get(id), detail => detail.sources),
    }),
    position: t.field({
      type: 'NonNegativeInt',
      nullable: true,
      description: 'The zero-based place of the note in the feed of a record; null when it is not in that feed.',
      args: {
        ...sourceArgs(),
        order: t.arg({ type: SortOrder, defaultValue: 'ASC', description: 'The order of the feed.' }),
      },
      resolve: ({ id }, { order, ...feed }, { loaders }) => loaders.positions(feed, order ?? 'ASC').load(id),
    }),
  }),
})

const Filter = builder.inputType('NoteFilter', {
  description: 'Which notes of a feed: those that meet every condition given.',
  fields: t => ({
    content: t.stringList({ description: 'Any of these blueprint keys.' }),
    dateCreated: t.field({ type: DateRange, description: 'When the event happened.' }),
    search: t.string({
      description:
        'Words, in any order, each of which the note must have: in its text, its facts, an id, or a name as it is now. At most 200 characters and 10 words.',
    }),
  }),
})

const NoteConnection = connectionType('Note', Note)

const feedArgs = () =>
  builder.args(t => ({
    filter: t.field({ type: Filter, description: 'Which notes.' }),
    order: t.field({
      type: SortOrder,
      defaultValue: 'ASC',
      description: 'Which way: as the events happened, by default.',
    }),
    ...pageArgs(),
  }))

/**
 * A feed; given an `owner`, that of one record among others whose feeds are asked for. What rendering needs is read along
 * when it is selected, and primes its loader.
 */
const feedConnection = (
  { datastores: { notes }, loaders }: Context,
  feed: Feed,
  args: FeedArgs,
  info: Document,
  owner?: number,
): Connection<NoteEntry> => {
  const { sourceType } = feed
  const { request, ordering } = feedRequests.of(args, info)
  const { conditions, withDetail } = request
  return new Connection<NoteEntry>(
    async () => {
      const found = await (owner === undefined
        ? notes.page(feed, request)
        : loaders.feedPages(sourceType, request).load(owner))
      if (withDetail) loaders.primeDetails(found.rows)
      // what goes wrong with it is said where it is asked for
      if (found.rows.length > 0 && RENDERED.some(field => selectedBelow(info).has(field)))
        await loaders.renderedPages.load(found.rows).catch(() => {})
      return found
    },
    () =>
      owner === undefined ? notes.count(feed, conditions) : loaders.feedCounts(sourceType, conditions).load(owner),
    ordering,
    keyIn('dateCreated'),
  )
}

builder.queryFields(t => ({
  note: t.field({
    type: Note,
    nullable: true,
    description: 'The note with this id; null when there is none.',
    args: { id: idArg('Note') },
    resolve: (_, { id }, { loaders }) => loadBy('Note', id, each => loaders.noteById.load(each)),
  }),
  notes: t.field({
    type: NoteConnection,
    description: 'The activity feed of a record; without `sourceId`, that of all records of a type, each note once.',
    args: {
      sourceType: sourceArgs().sourceType,
      sourceId: t.arg({ type: 'SafeInt', description: "The integer id of the feed's record." }),
      ...feedArgs(),
    },
    resolve: (_, { sourceType, sourceId, ...args }, context, info) =>
      feedConnection(context, { sourceType, sourceId: sourceId ?? undefined }, args, info),
  }),
}))

/** The feed of each type of record, on that type. */
const FEEDS = [
  ['collaborator', Collaborator],
  ['conversion', Conversion],
  ['obligation', Obligation],
  ['fulfillment', Fulfillment],
  ['payout', Payout],
  ['engagement', Engagement],
  ['opportunity', Opportunity],
  ['transaction', Transaction],
  ['distribution', Distribution],
  ['program', Program],
  ['distributor', Distributor],
] as const

for (const [sourceType, ref] of FEEDS) {
  builder.objectField(ref as ObjectRef<SchemaTypes, { id: number }>, 'notes', t =>
    t.field({
      type: NoteConnection,
      description: 'The activity feed: what has happened, oldest first by default.',
      args: feedArgs(),
      resolve: ({ id }, args, context, info) => feedConnection(context, { sourceType }, args, info, id),
    }),
  )
}
