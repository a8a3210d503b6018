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

  describe.each(ROLES)('to a reader in the role of %s', role => {
    test('comes from a moment on, up to a moment, as changed since a moment, in either order', async () => {
      const listed = lister(gateway, READERS[role])
      const own = await wholeByPages(listed, path)
      const created = own.map(({ dateCreated }) => dateCreated).toSorted()
      const modified = own.map(({ dateModified }) => dateModified).toSorted()
      const [from, to] = [created[Math.floor(own.length / 4)], created[Math.floor((3 * own.length) / 4)]]
      const modifiedSince = modified[Math.floor(own.length / 2)]
      const isFrom = (row: { dateCreated: string }) => row.dateCreated >= from
      const isBefore = (row: { dateCreated: string }) => row.dateCreated < to
      const isSince = (row: { dateModified: string }) => row.dateModified >= modifiedSince
      const { status } = own.find(isSince)
      const cases: [Parameters, unknown[]][] = [
        [{ from }, own.filter(isFrom)],
        [{ to }, own.filter(isBefore)],
        [{ from, to }, own.filter(row => isFrom(row) && isBefore(row))],
        [{ from: to, to }, []],
        [{ modifiedSince }, own.filter(isSince)],
        [{ modifiedSince, from }, own.filter(row => isSince(row) && isFrom(row))],
        [{ modifiedSince, status }, own.filter(row => isSince(row) && row.status === status)],
        [{ order: 'ASC' }, own],
        [{ order: 'desc' }, own.toReversed()],
        [{ order: 'DESC', from, to }, own.filter(row => isFrom(row) && isBefore(row)).toReversed()],
      ]
      for (const [given, expected] of cases)
        expect([given, await wholeByPages(listed, path, given, 30)]).toEqual([given, expected])
    })

    test('is of several statuses, however a client writes a list', async () => {
      const listed = lister(gateway, READERS[role])
      const own = await wholeByPages(listed, path)
      const [one, other] = [...new Set(own.map(({ status }) => status))]
      const expected = own.filter(({ status }) => [one, other].includes(status))
      expect(await wholeByPages(listed, path, { status: `${one},${other}` })).toEqual(expected)
      expect(await wholeByPages(listed, path, { status: `${other}, ${one},${one}` })).toEqual(expected)
      for (const query of [
        `status=${one}&status=${other}`,
        `status[0]=${one}&status[1]=${other}`, // PHP
        `status%5B%5D=${one}&status%5B%5D=${other}`,
      ]) {
        const { body, headers } = await gateway.send(READERS[role], 'GET', `/siren/v1${path}?${query}&perPage=100`)
        expect([query, body]).toEqual([query, expected.slice(0, 100)])
        expect(headers['x-siren-estimated-count']).toBe(`${expected.length}`)
      }
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
    [
      { statuss: 'pending' },
      'statuss',
      /^Expected one of the fields id, .*, from, to, modifiedSince, order, page, perPage$/,
    ],
    [{ status: 'nothing' }, 'status', /^Expected one of [a-z]+, .*, received "nothing"$/],
    [{ status: '' }, 'status', /^Expected one of /],
    [{ id: 'x' }, 'id', /^Expected the id of the [a-z]+, a positive integer, received "x"$/],
    [{ id: '1,2' }, 'id', /^Expected the id of the /],
    [{ dateCreated: 'today' }, 'dateCreated', /^Expected a date of ISO 8601/],
    [{ from: 'today' }, 'from', /^Expected a date of ISO 8601/],
    [{ to: '2026-02-30' }, 'to', /^Expected a date of ISO 8601/],
    [{ modifiedSince: '' }, 'modifiedSince', /^Expected a date of ISO 8601/],
    [{ from: '2026-02-01', to: '2026-01-01' }, 'to', 'Expected a moment that is not before from'],
    [{ order: 'newest' }, 'order', 'Expected ASC or DESC, received "newest"'],
    [{ status: 'pending,nothing' }, 'status', /^Expected one of [a-z]+, .*, received "(nothing|pending)"$/],
    [{ status: ',' }, 'status', /^Expected one of [a-z]+, .*, received ""$/],
    [{ 'page[]': '1' }, 'page', /^Expected a page, from 1, received \["1"\]$/],
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

describe('statuses that Siren has and the gateway has not', () => {
  const idsOf = async (path: string, status: string) =>
    (await wholeByPages(list, path, { status })).map(({ id }: { id: number }) => id)

  test('mean the one that stands for them', async () => {
    const complete = await idsOf('/obligations', 'complete')
    expect(complete.length).toBeGreaterThan(0)
    expect(await idsOf('/obligations', 'fulfilled')).toEqual(complete)
    const both = await idsOf('/obligations', 'complete,pending')
    expect(both.length).toBeGreaterThan(complete.length)
    expect(await idsOf('/obligations', 'fulfilled,pending')).toEqual(both)
    expect(await idsOf('/obligations', 'fulfilled,complete')).toEqual(complete)
  })

  test.each([
    ['/obligations', 'approved'],
    ['/obligations', 'deleted'],
    ['/conversions', 'complete'],
    ['/conversions', 'expired'],
    ['/conversions', 'deleted'],
  ])('are those of no record otherwise: %s of %s', async (path, status) => {
    expect(await list(path, { status })).toEqual({ items: [], count: 0 })
    const pending = await idsOf(path, 'pending')
    expect(pending.length).toBeGreaterThan(0)
    expect(await idsOf(path, `${status},pending`)).toEqual(pending)
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
