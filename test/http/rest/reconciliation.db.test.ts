import { describe, expect, test } from 'vitest'
import { tableOf } from '../../../src/database/tables.ts'
import { asking } from '../../support/comparing.ts'
import { testDatabase } from '../../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, INTEGRATION, testGateway } from '../../support/gateway.ts'
import {
  answerOf,
  type List,
  lister,
  lower,
  type Parameters,
  READERS,
  type Reader,
  type ReadList,
  ROLES,
  refused,
  urlOf,
  wholeConnection,
} from './reading.ts'

const gateway = testGateway(await testDatabase('small'))
const list = lister(gateway, ADMINISTRATOR)

interface Type {
  readonly path: string
  readonly model: string
  /** What GraphQL says of a record, and that as REST writes it. */
  readonly selection: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever GraphQL answers
  shown(node: any): object
}

const idOf = (link: { databaseId: number } | null) => link?.databaseId ?? null

const TYPES: Type[] = [
  {
    path: '/conversions',
    model: 'Conversion',
    selection:
      'databaseId engagementId collaboratorId score type status dateCreated dateModified transaction { databaseId } obligation { databaseId }',
    shown: ({ databaseId, type, status, transaction, obligation, ...rest }) => ({
      id: databaseId,
      ...rest,
      type: lower(type),
      status: lower(status),
      transactionId: idOf(transaction),
      obligationId: idOf(obligation),
    }),
  },
  {
    path: '/transactions',
    model: 'Transaction',
    selection:
      'databaseId status source externalId totalValue refundedValue currency dateCreated dateModified opportunity { databaseId } originalTransaction { databaseId } lineItems { databaseId externalId name description type value quantity returned total units }',
    shown: ({ databaseId, status, opportunity, originalTransaction, lineItems, ...rest }) => ({
      id: databaseId,
      ...rest,
      status: lower(status),
      opportunityId: idOf(opportunity),
      originalTransactionId: idOf(originalTransaction),
      lineItems:
        lineItems?.map(({ databaseId, ...line }: { databaseId: number }) => ({ id: databaseId, ...line })) ?? null,
    }),
  },
  {
    path: '/obligations',
    model: 'Obligation',
    selection:
      'databaseId collaboratorId conversionId payoutId status awardType value currency dateCreated dateModified',
    shown: ({ databaseId, status, ...rest }) => ({ id: databaseId, ...rest, status: lower(status) }),
  },
  {
    path: '/payouts',
    model: 'Payout',
    selection:
      'databaseId collaboratorId value currency status datePaid dateCreated dateModified fulfillment { databaseId }',
    shown: ({ databaseId, status, fulfillment, ...rest }) => ({
      id: databaseId,
      ...rest,
      status: lower(status),
      fulfillmentId: idOf(fulfillment),
    }),
  },
]

/** A whole list by pages. */
const wholeByPages = async (list: List, path: string, given: Parameters = {}, perPage = 100) => {
  const items: ReadList['items'] = []
  for (let page = 1; ; page++) {
    const part = await list(path, { ...given, page, perPage })
    items.push(...part.items)
    if (part.items.length === perPage) continue
    expect(part.count).toBe(items.length)
    return items
  }
}

describe.each(TYPES)('GET $path', ({ path, model, selection, shown }) => {
  const byGraphql = async (as: Reader) => {
    const order = 'orderBy: { field: ID, direction: ASC }'
    const { nodes } = await wholeConnection(asking(gateway, READERS[as]), path.slice(1), order, selection)
    return nodes.map(shown) as Record<string, unknown>[]
  }

  test.each(ROLES)('tells a reader in the role of %s what GraphQL does, whatever the pages', async role => {
    const expected = await byGraphql(role)
    expect(expected.length).toBeGreaterThan(3)
    const listed = lister(gateway, READERS[role])
    expect(await wholeByPages(listed, path)).toEqual(expected)
    expect(await wholeByPages(listed, path, {}, 7)).toEqual(expected)
  })

  test('has every column of the record, and no other', () => {
    const { shape } = answerOf(path) as unknown as { shape: object }
    const columns = [...tableOf(model).columns.keys()]
    expect(Object.keys(shape).filter(name => name !== 'lineItems')).toEqual(expect.arrayContaining(columns))
    expect(Object.keys(shape).filter(name => name !== 'lineItems')).toHaveLength(columns.length)
  })

  describe.each(ROLES)('to a reader in the role of %s', role => {
    test.each([...tableOf(model).columns.keys()])('can be filtered by %s', async column => {
      const listed = lister(gateway, READERS[role])
      // by each value that an administrator finds, since a collaborator may guess
      const all = await wholeByPages(list, path)
      const own = await wholeByPages(listed, path)
      const values = [...new Set(all.map(row => row[column]).filter(value => value !== null))]
      expect(values.length).toBeGreaterThan(0)
      for (const value of values.slice(0, 4).concat(values.slice(-2))) {
        const expected = own.filter(row => row[column] === value)
        expect(await wholeByPages(listed, path, { [column]: value })).toEqual(expected)
      }
      if (role !== 'collaborator') return
      const hidden = own.length > 0 && own.every(row => row[column] === null)
      if (hidden) for (const value of values) expect((await listed(path, { [column]: value })).items).toEqual([])
    })
  })

  test('demands every filter', async () => {
    const all = await wholeByPages(list, path)
    const { id, status, dateCreated } = all.at(-1)
    expect((await list(path, { id, status, dateCreated })).items).toEqual([all.at(-1)])
    expect(await list(path, { id, status, dateCreated: '2001-01-01' })).toEqual({ items: [], count: 0 })
  })

  test('has pages of 25 of the oldest, and 100 at most', async () => {
    const { items, count } = await list(path)
    expect(items).toEqual((await byGraphql('administrator')).slice(0, 25))
    expect(await list(path, { page: 1, perPage: 25 })).toEqual({ items, count })
    expect((await list(path, { perPage: 1, page: count })).items).toHaveLength(1)
    for (const page of [count + 1, 1_000_000]) {
      expect(await list(path, { perPage: 1, page })).toEqual({ items: [], count })
    }
  })

  test.each<[Parameters, string, string | RegExp]>([
    [{ perPage: 101 }, 'perPage', 'Expected a size of pages from 1 to 100, received 101'],
    [{ perPage: 0 }, 'perPage', /^Expected a size of pages from 1 to 100/],
    [{ page: 0 }, 'page', /^Expected a page, from 1/],
    [{ page: -1 }, 'page', /^Expected a page, from 1/],
    [{ number: 5 }, 'number', /^Expected one of the fields id, /],
    [{ offset: 5 }, 'offset', /^Expected one of the fields id, /],
    [{ organizationId: 1 }, 'organizationId', /^Expected one of the fields id, /],
    [{ statuss: 'pending' }, 'statuss', /^Expected one of the fields id, .*, page, perPage$/],
    [{ status: 'nothing' }, 'status', /^Expected one of [a-z]+, .*, received "nothing"$/],
    [{ status: '' }, 'status', /^Expected one of /],
    [{ id: 'x' }, 'id', /^Expected the id of the [a-z]+, a positive integer, received "x"$/],
    [{ id: '1,2' }, 'id', /^Expected the id of the /],
    [{ dateCreated: 'today' }, 'dateCreated', /^Expected a date of ISO 8601/],
  ])('refuses %j', async (given, field, message) => {
    const { status, body } = await gateway.send(ADMINISTRATOR, 'GET', urlOf(path, given))
    const expected = [typeof message === 'string' ? message : expect.stringMatching(message)]
    expect({ status, body }).toEqual(refused('/siren/v1', { [field]: expected }))
  })

  test('is for those who may read, in Siren’s own API alone', async () => {
    expect((await gateway.send(INTEGRATION, 'GET', urlOf(path))).status).toBe(403)
    expect((await gateway.send(null, 'GET', urlOf(path))).status).toBe(401)
    expect((await gateway.send(ADMINISTRATOR, 'GET', `/wp-json/siren/v1${path}`)).status).toBe(404)
    expect((await gateway.send(COLLABORATOR, 'GET', urlOf(path))).status).toBe(200)
  })
})

describe('texts that are asked for', () => {
  const get = async (given: Parameters) => {
    const { status, body } = await gateway.send(ADMINISTRATOR, 'GET', urlOf('/transactions', given))
    return { status, body }
  }

  test('are compared as a whole, and never taken for SQL', async () => {
    for (const source of ["woocommerce' or true --", '%', 'WOOCOMMERCE', 'woo', '𝄞']) {
      expect(await get({ source })).toEqual({ status: 200, body: [] })
    }
  })

  test('are refused without a character, and with NUL', async () => {
    for (const source of ['', 'a\0']) {
      expect(await get({ source })).toEqual(
        refused('/siren/v1', { source: [expect.stringMatching(/^Expected a text, without NUL, received/)] }),
      )
    }
  })

  test('are amounts in whole minor units', async () => {
    expect(await get({ totalValue: '49.99' })).toEqual(
      refused('/siren/v1', { totalValue: ['Expected a whole number, received "49.99"'] }),
    )
    expect((await get({ totalValue: '-1' })).body).toEqual([])
  })
})
