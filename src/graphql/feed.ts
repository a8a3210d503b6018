import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getArgumentValues,
  Kind,
  visit,
} from 'graphql'
import type { Direction } from '../database/keyset.ts'
import type { FeedRequest } from '../notes/datastore.ts'
import { conditionsOf } from './filter.ts'
import { type Document, ofNodes, selectedBelow } from './look-ahead.ts'
import { type Ordering, type PageArgs, sliceOf } from './paging.ts'

/** The arguments of a feed. */
export interface FeedArgs extends PageArgs {
  readonly filter?: object | null | undefined
  readonly order?: Direction | null | undefined
}

interface Asked {
  readonly request: FeedRequest
  readonly ordering: Ordering<'dateCreated'>
}

/** Of fields whose arguments have no variables. */
const constant = new WeakMap<FieldNode, Asked>()

/**
 * What a feed's arguments and selection ask for. A feed that is asked for in the same words, of other records and in later
 * requests, is the same request, so that what is made of it can be kept.
 *
 * @throws InvalidInputError for a size or a cursor that is none.
 */
export const feedRequest = ({ filter, order, ...page }: FeedArgs, info: Document): Asked => {
  const [node] = info.fieldNodes
  const known = node && constant.get(node)
  if (known !== undefined) return known
  const ordering = { type: 'Note', orderBy: 'dateCreated', direction: order ?? 'ASC' } as const
  const selected = selectedBelow(info)
  const withDetail = DETAILS.some(field => selected.has(field))
  const request = { conditions: conditionsOf('Note', filter), slice: sliceOf(page, ordering), withDetail }
  if (node && !hasVariables(node)) constant.set(node, { request, ordering })
  return { request, ordering }
}

/** The fields for which a note is rendered. */
export const RENDERED = ['renderedContent', 'sourceData']
const DETAILS = [...RENDERED, 'sources']

const hasVariables = ({ arguments: given = [] }: FieldNode): boolean => {
  let found = false
  for (const argument of given)
    visit(argument, {
      [Kind.VARIABLE]: () => {
        found = true
      },
    })
  return found
}

/** The request for the feed of each node of a list, where one is selected. */
export const feedOfNodes = (type: string, info: GraphQLResolveInfo): FeedRequest | undefined => {
  const node = ofNodes(info, 'notes')
  if (node === undefined) return undefined
  const known = constant.get(node)
  if (known !== undefined) return known.request
  const { notes } = (info.schema.getType(type) as GraphQLObjectType).getFields()
  try {
    const args: FeedArgs = getArgumentValues(notes as NonNullable<typeof notes>, node, info.variableValues)
    return feedRequest(args, { fieldNodes: [node], fragments: info.fragments }).request
  } catch {
    return undefined // what is wrong with it is said by the field itself
  }
}
