import {
  type FieldNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getArgumentValues,
  Kind,
  type ValueNode,
} from 'graphql'
import type { Direction } from '../database/keyset.ts'
import { InvalidInputError } from '../errors.ts'
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

/** What fields ask for whose arguments a document writes out; null for those that have variables. */
const constant = new WeakMap<FieldNode, Asked | null>()

/**
 * What a feed's arguments and selection ask for. Where the arguments are written out, it is one request for all records and
 * all times that the field is resolved, so that what is made of it can be kept.
 *
 * @throws InvalidInputError for a size or a cursor that is none.
 */
export const feedRequest = ({ filter, order, ...page }: FeedArgs, info: Document): Asked => {
  const [node] = info.fieldNodes
  const known = node && constant.get(node)
  if (known) return known
  const ordering = { type: 'Note', orderBy: 'dateCreated', direction: order ?? 'ASC' } as const
  const selected = selectedBelow(info)
  const withDetail = DETAILS.some(field => selected.has(field))
  const request = { conditions: conditionsOf('Note', filter), slice: sliceOf(page, ordering), withDetail }
  const asked = { request, ordering }
  if (node && known === undefined) {
    const isConstant = !node.arguments?.some(({ value }) => hasVariable(value))
    constant.set(node, isConstant ? asked : null)
  }
  return asked
}

/** The fields for which a note is rendered. */
export const RENDERED = ['renderedContent', 'sourceData']
const DETAILS = [...RENDERED, 'sources']

const hasVariable = (value: ValueNode): boolean =>
  value.kind === Kind.VARIABLE ||
  (value.kind === Kind.LIST && value.values.some(hasVariable)) ||
  (value.kind === Kind.OBJECT && value.fields.some(field => hasVariable(field.value)))

/** The request for the feed of each node of a list, where its pages are asked for. */
export const feedOfNodes = (type: string, info: GraphQLResolveInfo): FeedRequest | undefined => {
  const node = ofNodes(info, 'notes', PAGE)
  if (node === undefined) return undefined
  const known = constant.get(node)
  if (known) return known.request
  const { notes } = (info.schema.getType(type) as GraphQLObjectType).getFields()
  try {
    const args: FeedArgs = getArgumentValues(notes as NonNullable<typeof notes>, node, info.variableValues)
    return feedRequest(args, { fieldNodes: [node], fragments: info.fragments }).request
  } catch (error) {
    // what is wrong with it is said by the field itself
    if (error instanceof InvalidInputError || error instanceof GraphQLError) return undefined
    throw error
  }
}

/** The fields of a connection that its page has to be read for. */
const PAGE = ['nodes', 'edges', 'pageInfo']
