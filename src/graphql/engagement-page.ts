import type { GraphQLResolveInfo } from 'graphql'
import type { ListRequest } from '../access/records.ts'
import type { EngagementRow, OpportunityRow } from '../database/rows.ts'
import type { Loader } from '../loaders/loader.ts'
import { type ListArgs, listRequest } from './connection.ts'
import type { Context } from './context.ts'
import { feedOfNodes } from './feed.ts'
import { type Document, pageOfRecord, selectedBelow } from './look-ahead.ts'
import { type FieldInfo, Requests } from './requests.ts'

type Column = 'id' | 'dateCreated' | 'dateModified' | 'score'

/** The arguments of a list of engagements. */
export type EngagementArgs = ListArgs<Column>

/** What the fields ask for that are lists of engagements. */
export const engagementRequests = new Requests((args: EngagementArgs) =>
  listRequest<EngagementRow, Column>('Engagement', args),
)

/** What comes with the rows of a list of engagements: the names that are selected, and a page of each feed. */
export const engagementsAlong = (context: Context, { slice }: ListRequest<EngagementRow>, info: FieldInfo) => {
  const names = namesAskedFor(context, info)
  const feed = feedOfNodes('Engagement', info)
  const feeds = feed && context.datastores.notes.joinedPage('engagement', feed, slice)
  return feeds ? { names, feed, joined: [...names, feeds] } : { names, joined: names }
}

/** Names that are asked for come with the rows. */
export const namesAskedFor = ({ datastores }: Context, info: Document) => {
  const { asked, engagements, collaborators, programs, names } = datastores
  const [below, ofEngagements] = [selectedBelow(info), asked?.get('Engagement')]
  const fields = { has: (name: string) => below.has(name) && ofEngagements?.has(name) !== false }
  return engagements.withNames(fields, { collaborator: collaborators, program: programs }, names)
}

/** What loads an opportunity that is being resolved: with the page of its engagements, where that is asked for. */
export const opportunityLoader = (
  context: Context,
  info: GraphQLResolveInfo,
): Loader<number, OpportunityRow | null> => {
  const { loaders } = context
  const node = pageOfRecord(info, 'engagements')
  const asked = node && engagementRequests.ahead('Opportunity', node, info)
  if (node === undefined || asked === undefined) return loaders.opportunityById
  const { fragments, schema, variableValues } = info
  const { joined } = engagementsAlong(context, asked.request, { fieldNodes: [node], fragments, schema, variableValues })
  return loaders.opportunityWithEngagements(asked.request, joined)
}
