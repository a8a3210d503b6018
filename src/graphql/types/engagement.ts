import type { GraphQLResolveInfo } from 'graphql'
import type { Page } from '../../database/keyset.ts'
import type { EngagementRow, EngagementStatus } from '../../database/rows.ts'
import { RecordNotFoundError } from '../../errors.ts'
import type { WithFeed } from '../../notes/datastore.ts'
import { builder } from '../builder.ts'
import { Connection, connectionType, keyIn, pageArgs } from '../connection.ts'
import type { Context } from '../context.ts'
import { type EngagementArgs, engagementRequests, engagementsAlong, namesAskedFor } from '../engagement-page.ts'
import { idArg, loadBy } from '../record-queries.ts'
import { Collaborator } from './collaborator.ts'
import { Node, nodeFields } from './node.ts'
import { Opportunity } from './opportunity.ts'
import { Program } from './program.ts'
import { commonFilters, domainEnum, IntRange, idFilter, SortOrder } from './shared.ts'

const Status = domainEnum<EngagementStatus>('EngagementStatus', 'Where an engagement stands in its lifecycle.', {
  active: 'Is being tracked. Every engagement starts so.',
  pending: 'The opportunity has converted, and the engagement waits for its evaluation.',
  complete: 'Conversions have been awarded for its opportunity and program.',
  cancelled: 'The opportunity was found invalid, or another program of the group won.',
})

export const Engagement = builder.objectRef<EngagementRow>('Engagement').implement({
  interfaces: [Node],
  description: "A collaborator's claim on an opportunity under a program, with a score.",
  fields: t => ({
    ...nodeFields(t, 'Engagement', ({ loaders }, id) => loaders.engagementById.load(id)),
    opportunityId: t.expose('opportunityId', { type: 'SafeInt', description: 'The opportunity that it is on.' }),
    programId: t.expose('programId', { type: 'SafeInt', description: 'The program under which it was attributed.' }),
    collaboratorId: t.expose('collaboratorId', {
      type: 'SafeInt',
      description: 'The collaborator who gets the credit.',
    }),
    score: t.expose('score', {
      type: 'SafeInt',
      description: 'Its weight: the points of all triggers merged into it.',
    }),
    status: t.expose('status', { type: Status, description: 'Where it stands in its lifecycle.' }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime', description: 'When it was first recorded.' }),
    dateModified: t.expose('dateModified', { type: 'DateTime', description: 'When it was last changed.' }),
    collaboratorName: t.string({
      description: "The collaborator's display name, as it is now.",
      resolve: ({ collaboratorId }, _, { loaders }) => loaders.collaboratorNameById.get(collaboratorId),
    }),
    programName: t.string({
      description: "The program's name, as it is now.",
      resolve: ({ programId }, _, { loaders }) => loaders.programNameById.get(programId),
    }),
    collaborator: t.field({
      type: Collaborator,
      nullable: true,
      description: 'The collaborator.',
      resolve: ({ collaboratorId }, _, { loaders }) => loaders.collaboratorById.get(collaboratorId),
    }),
    program: t.field({
      type: Program,
      nullable: true,
      description: 'The program; null to a collaborator who is no longer enrolled in it.',
      resolve: ({ programId }, _, { loaders }) => loaders.programById.get(programId),
    }),
    opportunity: t.field({
      type: Opportunity,
      nullable: true,
      description: 'The opportunity.',
      resolve: ({ opportunityId }, _, { loaders }) => loaders.opportunityById.get(opportunityId),
    }),
  }),
})

const OrderField = domainEnum<'id' | 'dateCreated' | 'dateModified' | 'score'>(
  'EngagementOrderField',
  'What engagements can be ordered by.',
  {
    id: 'The integer id.',
    dateCreated: 'When the engagement was first recorded.',
    dateModified: 'When the engagement was last changed.',
    score: 'The score.',
  },
)

const Order = builder.inputType('EngagementOrder', {
  description: 'The order of a list of engagements. Equal ones go by id, in the same direction.',
  fields: t => ({
    field: t.field({ type: OrderField, required: true, defaultValue: 'id', description: 'What to order by.' }),
    direction: t.field({ type: SortOrder, required: true, defaultValue: 'DESC', description: 'Which way.' }),
  }),
})

const Filter = builder.inputType('EngagementFilter', {
  description: 'Which engagements: those that meet every condition given.',
  fields: t => ({
    ...commonFilters(t, Status),
    collaboratorId: idFilter(t, 'the collaborator'),
    programId: idFilter(t, 'the program'),
    opportunityId: idFilter(t, 'the opportunity'),
    score: t.field({ type: IntRange, description: 'The score.' }),
  }),
})

const listArgs = () =>
  builder.args(t => ({
    filter: t.field({ type: Filter, description: 'Which engagements.' }),
    orderBy: t.field({ type: Order, description: 'In which order: by id, descending, by default.' }),
    ...pageArgs(),
  }))

const EngagementConnection = connectionType('Engagement', Engagement)

/** All engagements, or those of one record. Names and feeds that are selected come with the rows, and prime their loaders. */
const engagementConnection = (
  context: Context,
  args: EngagementArgs,
  info: GraphQLResolveInfo,
  owner?: { column: 'collaboratorId' | 'programId' | 'opportunityId'; id: number },
): Connection<EngagementRow> => {
  const { request, ordering } = engagementRequests.of(args, info)
  const { engagements } = context.datastores
  const { names, feed, joined } = engagementsAlong(context, request, info)
  const prime = async (page: Page<EngagementRow>) => {
    await context.loaders.primeNames(page.rows, names)
    if (feed) context.loaders.primeFeeds('engagement', feed, page.rows as readonly (EngagementRow & WithFeed)[])
    return page
  }
  return new Connection(
    async () =>
      prime(
        owner
          ? await context.loaders.pages(engagements, owner.column, request, joined).load(owner.id)
          : await engagements.page(request, joined),
      ),
    () =>
      owner
        ? context.loaders.counts(engagements, owner.column, request.conditions).load(owner.id)
        : engagements.count(request.conditions),
    ordering,
    keyIn(ordering.orderBy),
  )
}

const pairArgs = () =>
  builder.args(t => ({
    opportunityId: t.field({ type: 'SafeInt', required: true, description: "The opportunity's integer id." }),
    programId: t.field({ type: 'SafeInt', required: true, description: "The program's integer id." }),
  }))

builder.queryFields(t => ({
  engagement: t.field({
    type: Engagement,
    nullable: true,
    description: 'The engagement with this id; null when there is none.',
    args: { id: idArg('Engagement') },
    resolve: (_, { id }, context, info) => {
      const { loaders } = context
      const names = namesAskedFor(context, info)
      const loader = names.length > 0 ? loaders.namedEngagementById(names) : loaders.engagementById
      return loadBy('Engagement', id, each => loader.load(each))
    },
  }),
  engagements: t.field({
    type: EngagementConnection,
    description: 'All engagements, filtered, ordered and paged. Newest first by default.',
    args: listArgs(),
    resolve: (_, args, context, info) => engagementConnection(context, args, info),
  }),
  bindings: t.field({
    type: [Engagement],
    description: 'The active engagements of an opportunity under a program.',
    args: {
      ...pairArgs(),
      orderBy: t.arg({ type: OrderField, defaultValue: 'dateCreated', description: 'What to order by.' }),
      order: t.arg({ type: SortOrder, defaultValue: 'ASC', description: 'Which way. Ties go by id.' }),
      limit: t.arg({ type: 'PositiveInt', description: 'At most so many; all of them by default.' }),
    },
    resolve: (_, { opportunityId, programId, orderBy, order, limit }, { datastores }) =>
      datastores.engagements.getBindings(opportunityId, programId, orderBy ?? undefined, order ?? undefined, limit),
  }),
  newestBinding: t.field({
    type: Engagement,
    nullable: true,
    description: 'The active engagement that was modified last; of equal ones the one with the higher id.',
    args: pairArgs(),
    resolve: (_, { opportunityId, programId }, { datastores }) =>
      datastores.engagements.getNewestBinding(opportunityId, programId).catch(nullIfNotFound),
  }),
  oldestEngagement: t.field({
    type: Engagement,
    nullable: true,
    description: 'The active engagement that was created first; of equal ones the one with the lower id.',
    args: pairArgs(),
    resolve: (_, { opportunityId, programId }, { datastores }) =>
      datastores.engagements.getOldestEngagement(opportunityId, programId).catch(nullIfNotFound),
  }),
  activeEngagementCount: t.field({
    type: 'NonNegativeInt',
    description: 'How many active engagements an opportunity has under a program.',
    args: pairArgs(),
    resolve: (_, { opportunityId, programId }, { datastores }) =>
      datastores.engagements.getActiveEngagementCount(opportunityId, programId),
  }),
  activeEngagement: t.field({
    type: Engagement,
    nullable: true,
    description: "A collaborator's active engagement on an opportunity under a program.",
    args: {
      collaboratorId: t.arg({ type: 'SafeInt', required: true, description: "The collaborator's integer id." }),
      programId: pairArgs().programId,
      opportunityId: pairArgs().opportunityId,
    },
    resolve: (_, { collaboratorId, programId, opportunityId }, { datastores }) =>
      datastores.engagements.getActiveEngagement(collaboratorId, programId, opportunityId).catch(nullIfNotFound),
  }),
}))

builder.prismaObjectField(Collaborator, 'engagements', t =>
  t.field({
    type: EngagementConnection,
    description: "The collaborator's engagements.",
    args: listArgs(),
    resolve: ({ id }, args, context, info) =>
      engagementConnection(context, args, info, { column: 'collaboratorId', id }),
  }),
)

builder.prismaObjectField(Program, 'engagements', t =>
  t.field({
    type: EngagementConnection,
    description: 'The engagements under the program.',
    args: listArgs(),
    resolve: ({ id }, args, context, info) => engagementConnection(context, args, info, { column: 'programId', id }),
  }),
)

builder.prismaObjectField(Opportunity, 'engagements', t =>
  t.field({
    type: EngagementConnection,
    description: 'The engagements on the opportunity.',
    args: listArgs(),
    resolve: ({ id }, args, context, info) =>
      engagementConnection(context, args, info, { column: 'opportunityId', id }),
  }),
)

/** What the datastore throws for a missing record is a null in a lookup. */
const nullIfNotFound = (error: unknown): null => {
  if (error instanceof RecordNotFoundError) return null
  throw error
}
