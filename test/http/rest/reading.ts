import { expect } from 'vitest'
import { z } from 'zod'
import type { Viewer } from '../../../src/access/viewer.ts'
import { ROUTES } from '../../../src/http/rest/routes.ts'
import type { Ask } from '../../support/comparing.ts'
import { ADMINISTRATOR, COLLABORATOR, type TestGateway } from '../../support/gateway.ts'

// What the tests of the lists need: to ask for them, and to hold them against what GraphQL says.

export const PREFIXES = ['/siren/v1', '/wp-json/siren/v1'] as const

/** Who may read, by role; an integration's key that is made for records. */
export const READERS = {
  administrator: ADMINISTRATOR,
  collaborator: COLLABORATOR,
  integration: { role: 'integration', organizationId: 1, scopes: ['records'] },
} as const satisfies Record<string, Viewer>
export type Reader = keyof typeof READERS
export const ROLES = Object.keys(READERS) as Reader[]

export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>

/** A path with parameters, as a client writes it. */
export const urlOf = (path: string, parameters: Parameters = {}, prefix: string = PREFIXES[0]): string => {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  return `${prefix}${path}${given.length === 0 ? '' : `?${query}`}`
}

/** What an operation says that its answer is: one element, of a list. */
export const answerOf = (path: string): z.ZodType => {
  const pattern = path.replace(/\/\d+(?=\/|$)/, '/:id')
  const operation = ROUTES.find(each => each.method === 'GET' && each.path === pattern)
  if (operation === undefined) throw new Error(`Expected an operation GET ${pattern}`)
  return operation.answer
}

export interface ReadList {
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for
  readonly items: any[]
  readonly count: number
}

/** Reads lists as one viewer; what is no success, or not what the operation says, fails the test. */
export const lister =
  ({ send }: TestGateway, viewer: Viewer, prefix: string = PREFIXES[0]) =>
  async (path: string, parameters?: Parameters): Promise<ReadList> => {
    const { status, body, headers, text } = await send(viewer, 'GET', urlOf(path, parameters, prefix))
    if (status !== 200) throw new Error(`${status} ${text}`)
    z.array(answerOf(path)).parse(body)
    return { items: body, count: Number(headers['x-siren-estimated-count']) }
  }

export type List = ReturnType<typeof lister>

/** A whole list, by `number` and `offset`; the count is that of the whole, on every part. */
export const wholeList = async (list: List, path: string, parameters: Parameters = {}, number = 50) => {
  const items: ReadList['items'] = []
  for (;;) {
    const part = await list(path, { ...parameters, number, offset: items.length })
    items.push(...part.items)
    if (part.items.length === number) continue
    expect(part.count).toBe(items.length)
    return items
  }
}

/** A whole connection of GraphQL, and its count. */
export const wholeConnection = async (
  ask: Ask,
  name: string,
  args: string,
  selection: string,
): Promise<{ nodes: ReadList['items']; totalCount: number }> => {
  const nodes: ReadList['items'] = []
  for (let after: string | null = null; ; ) {
    const text = `query ($after: String) { ${name}(first: 100, after: $after, ${args}) { totalCount nodes { ${selection} } pageInfo { hasNextPage endCursor } } }`
    const page: { totalCount: number; nodes: object[]; pageInfo: { hasNextPage: boolean; endCursor: string } } = (
      await ask(text, { after })
    )[name]
    nodes.push(...page.nodes)
    if (!page.pageInfo.hasNextPage) return { nodes, totalCount: page.totalCount }
    after = page.pageInfo.endCursor
  }
}

/** GraphQL's enum value, as REST has it: `ACTIVE` is `active`. */
export const lower = (value: string): string => value.toLowerCase()

/** A refusal as the API of a prefix has it. */
export const refused = (prefix: string, fields: Record<string, unknown>) =>
  prefix === '/siren/v1'
    ? { status: 422, body: { error: { message: expect.any(String), code: 'VALIDATION_FAILED', data: fields } } }
    : { status: 400, body: { message: expect.any(String), context: { failedValidations: fields } } }

/** That there is no such record, as the API of a prefix has it. */
export const missing = (prefix: string, message: string) =>
  prefix === '/siren/v1'
    ? { status: 404, body: { error: { message, code: 'NOT_FOUND', data: {} } } }
    : { status: 404, body: { message } }
