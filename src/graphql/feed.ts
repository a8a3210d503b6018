import type { Direction } from '../database/keyset.ts'
import type { FeedRequest } from '../notes/datastore.ts'
import { conditionsOf } from './filter.ts'
import { type Document, pageOfNodes, selectedBelow } from './look-ahead.ts'
import { type Ordering, type PageArgs, sliceOf } from './paging.ts'
import { type FieldInfo, Requests } from './requests.ts'

/** The arguments of a feed. */
export interface FeedArgs extends PageArgs {
  readonly filter?: object | null | undefined
  readonly order?: Direction | null | undefined
}

interface Asked {
  readonly request: FeedRequest
  readonly ordering: Ordering<'dateCreated'>
}

/** What the fields ask for that are feeds. */
export const feedRequests = new Requests(({ filter, order, ...page }: FeedArgs, document: Document): Asked => {
  const ordering = { type: 'Note', orderBy: 'dateCreated', direction: order ?? 'ASC' } as const
  const selected = selectedBelow(document)
  const withDetail = DETAILS.some(field => selected.has(field))
  return { ordering, request: { conditions: conditionsOf('Note', filter), slice: sliceOf(page, ordering), withDetail } }
})

/** The fields for which a note is rendered. */
export const RENDERED = ['renderedContent', 'sourceData']
const DETAILS = [...RENDERED, 'sources']

/** The request for the feed of each node of a list, where its pages are asked for. */
export const feedOfNodes = (type: string, info: FieldInfo): FeedRequest | undefined => {
  const node = pageOfNodes(info, 'notes')
  return node && feedRequests.ahead(type, node, info)?.request
}
