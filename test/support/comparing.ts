import type { Viewer } from '../../src/access/viewer.ts'
import type { TestGateway } from './gateway.ts'

// What several tests need to hold an answer against what it should be.

/** Asks as one viewer, and answers the data; an answer with errors fails the test. */
export const asking =
  ({ query }: TestGateway, viewer: Viewer) =>
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for
  async (text: string, variables?: Record<string, unknown>, way?: 'direct' | 'yoga'): Promise<any> => {
    const { body } = await query(viewer, text, variables, way)
    if (body.errors !== undefined) throw new Error(`${text}\n${JSON.stringify(body.errors)}`)
    return body.data
  }

export type Ask = ReturnType<typeof asking>

/** One page of a connection of records. */
export interface IdPage {
  readonly nodes: readonly { readonly databaseId: number }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** The selection that an `IdPage` is read with. */
export const ID_PAGE = 'nodes { databaseId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'

/** The paging arguments of one request. */
export interface PageArguments {
  readonly first?: number
  readonly after?: string | null
  readonly last?: number
  readonly before?: string | null
}

/**
 * The ids of a list, read page by page from its beginning to its end, or from its end to its beginning; always in the
 * list's own order. `between` happens after each page but the last.
 */
export const walk = async (
  read: (page: PageArguments) => Promise<IdPage>,
  { size, backwards = false, between }: { size: number; backwards?: boolean; between?: () => Promise<unknown> },
): Promise<number[]> => {
  const ids: number[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < 2000; pages++) {
    const page: IdPage = await read(backwards ? { last: size, before: cursor } : { first: size, after: cursor })
    const read_ = page.nodes.map(node => node.databaseId)
    if (backwards) ids.unshift(...read_)
    else ids.push(...read_)
    if (!(backwards ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage)) return ids
    cursor = backwards ? page.pageInfo.startCursor : page.pageInfo.endCursor
    await between?.()
  }
  throw new Error('Expected the list to end')
}

/** Rows in the order of a column, equal ones by id, both in the same direction. */
export const ordered = <Row extends { id: number }>(
  rows: readonly Row[],
  column: keyof Row,
  direction: 'ASC' | 'DESC',
): Row[] => {
  const sign = direction === 'ASC' ? 1 : -1
  return [...rows].sort((a, b) => sign * (Number(a[column]) - Number(b[column]) || a.id - b.id))
}

export const idsOf = (rows: readonly { readonly id: number }[]): number[] => rows.map(row => row.id)

/** A moment of the tests' time, so many minutes after its beginning. */
export const minute = (n: number): Date => new Date(Date.UTC(2026, 0, 1, 0, n))
