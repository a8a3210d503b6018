import { describe, expect, test } from 'vitest'
import type { Viewer } from '../src/access/viewer.ts'
import { type Database, datastoresFor } from '../src/index.ts'
import { testDatabase } from './support/database.ts'

// what TypeScript refuses, and JavaScript and untyped data send all the same
type Anything = never

const database = (await testDatabase('small')) as Pick<Database, 'sql'>
const viewers: Record<string, Viewer> = {
  administrator: { role: 'administrator', organizationId: 1 },
  collaborator: { role: 'collaborator', organizationId: 1, collaboratorId: 1 },
}

const NO_IDS = [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 10n, '1', '', null, undefined, {}, [1], true]
const NO_SIZES = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10', 10n, undefined, {}]
const NO_DIRECTIONS = ['asc', 'Desc', '', null, undefined, 1, 'id; drop table note', {}]
const NO_DATES = [
  new Date(Number.NaN),
  new Date('0000-12-31T23:59:59.999Z'),
  new Date('+010000-01-01T00:00:00Z'),
  new Date(8.64e15),
  '2026-01-01',
  0,
  10n,
]

describe.each(Object.entries(viewers))('to %s', (_, viewer) => {
  const datastores = datastoresFor(database, viewer)
  const { engagements, notes, collaborators, programs, transactions, names } = datastores
  const LISTS = [
    engagements,
    collaborators,
    programs,
    transactions,
    datastores.opportunities,
    datastores.conversions,
    datastores.obligations,
    datastores.payouts,
    datastores.fulfillments,
    datastores.distributions,
    datastores.distributors,
    datastores.allocations,
  ]
  const WHOLE = { orderBy: 'id', direction: 'ASC', size: null } as const
  const FEED = { sourceType: 'collaborator', sourceId: 1 } as const

  const expectRefused = async (read: () => Promise<unknown>, what: unknown) => {
    const answer = await read().then(
      value => ({ value }),
      (error: Error) => ({ name: error.name, message: error.message }),
    )
    expect(answer, String(what)).toMatchObject({ name: 'InvalidInputError' })
    expect((answer as Error).message).toMatch(/^Expected .+, received /)
  }

  test.each(LISTS.map(list => [list.type, list] as const))(
    'a list of %ss refuses what decides order or size and is none',
    async (_, list) => {
      for (const size of NO_SIZES)
        await expectRefused(() => list.page({ conditions: [], slice: { ...WHOLE, size: size as Anything } }), size)
      for (const offset of [-1, 1.5, Number.NaN, '1'])
        await expectRefused(
          () => list.page({ conditions: [], slice: { ...WHOLE, size: 1, offset: offset as Anything } }),
          offset,
        )
      for (const direction of NO_DIRECTIONS)
        await expectRefused(
          () => list.page({ conditions: [], slice: { ...WHOLE, direction: direction as Anything } }),
          direction,
        )
      for (const orderBy of ['score2', 'organizationId', 'id desc', '', 5, null])
        await expectRefused(
          () => list.page({ conditions: [], slice: { ...WHOLE, orderBy: orderBy as Anything } }),
          orderBy,
        )
      for (const id of NO_IDS) {
        const after = { value: 1, id: id as Anything }
        await expectRefused(() => list.page({ conditions: [], slice: { ...WHOLE, size: 1, after } }), id)
        await expectRefused(() => list.page({ conditions: [], slice: { ...WHOLE, size: 1, before: after } }), id)
      }
    },
  )

  test.each(LISTS.map(list => [list.type, list] as const))(
    'a lookup of a %s refuses what is no id',
    async (_, list) => {
      for (const id of NO_IDS) {
        await expectRefused(() => list.getById(id as Anything), id)
        await expectRefused(() => list.byIds([1, id as Anything]), id)
        await expectRefused(
          () => list.pagesBy('id', [id as Anything], { conditions: [], slice: { ...WHOLE, size: 1 } }),
          id,
        )
        await expectRefused(() => list.countsBy('id', [id as Anything], []), id)
      }
      await expectRefused(() => list.byIds(5 as Anything), 'no list')
      for (const column of ['dateCreated', 'nothing', 'organizationId', null])
        await expectRefused(() => list.rowsBy(column as Anything, [1]), column)
    },
  )

  test.each(LISTS.map(list => [list.type, list] as const))('conditions on %ss refuse what is none', async (_, list) => {
    for (const id of NO_IDS) {
      await expectRefused(() => list.andWhere([{ column: 'id', operator: '=', value: id }]), id)
      await expectRefused(() => list.andWhere([{ column: 'id', operator: 'IN', value: [1, id] }]), id)
      await expectRefused(() => list.count([{ column: 'id', operator: '>', value: id }]), id)
    }
    const cycle: unknown[] = []
    cycle.push(cycle)
    for (const value of [cycle, { id: 10n }, Symbol('id'), () => 1])
      await expectRefused(() => list.andWhere([{ column: 'id', operator: '=', value }]), 'what JSON has no words for')
    for (const operator of ['==', 'in', 'like', '', null, "= 1 or '1'"])
      await expectRefused(() => list.andWhere([{ column: 'id', operator: operator as Anything, value: 1 }]), operator)
    for (const conditions of [
      null,
      undefined,
      'id = 1',
      {},
      [null],
      [{}],
      [[]],
      [{ column: 5, operator: '=', value: 1 }],
    ])
      await expectRefused(() => list.andWhere(conditions as Anything), JSON.stringify(conditions))
  })

  test('dates outside of the years 1 to 9999, and what is no date, are refused; the first and the last moment are not', async () => {
    const column = 'dateCreated'
    for (const value of NO_DATES) {
      await expectRefused(() => engagements.andWhere([{ column, operator: '>=', value }]), value)
      await expectRefused(
        () => notes.page(FEED, { conditions: [{ column, operator: '<', value }], slice: WHOLE }),
        value,
      )
      const after = { value: value as Anything, id: 1 }
      const slice = { direction: 'ASC', size: 1, after } as const
      await expectRefused(() => engagements.page({ conditions: [], slice: { ...slice, orderBy: column } }), value)
      await expectRefused(() => notes.page(FEED, { conditions: [], slice }), value)
    }
    const [first, last] = [new Date('0001-01-01T00:00:00.000Z'), new Date('9999-12-31T23:59:59.999Z')]
    const all = await engagements.count([])
    expect(
      await engagements.count([
        { column, operator: '>=', value: first },
        { column, operator: '<=', value: last },
      ]),
    ).toBe(all)
    expect(await engagements.count([{ column, operator: 'IN', value: [first, last] }])).toBe(0)
  })

  test('a key fits the column that a list is ordered by', async () => {
    const pageAfter = (orderBy: 'score' | 'dateCreated' | 'status', value: unknown) => () =>
      engagements.page({
        conditions: [],
        slice: { orderBy, direction: 'ASC', size: 1, after: { value: value as Anything, id: 1 } },
      })
    await expectRefused(pageAfter('score', new Date(0)), 'a date')
    await expectRefused(pageAfter('score', 1.5), 'a fraction')
    await expectRefused(pageAfter('dateCreated', 5), 'a number')
    await expectRefused(pageAfter('status', 1), 'an order without keys')
  })

  test('engagements of a pair refuse an order, a direction, a limit or an id that is none', async () => {
    for (const direction of NO_DIRECTIONS.filter(each => each !== undefined))
      await expectRefused(() => engagements.getBindings(1, 1, 'score', direction as Anything), direction)
    for (const limit of NO_SIZES.filter(each => each !== undefined))
      await expectRefused(() => engagements.getBindings(1, 1, 'score', 'ASC', limit as Anything), limit)
    await expectRefused(() => engagements.getBindings(1, 1, 'points' as Anything), 'points')
    for (const id of NO_IDS) {
      await expectRefused(() => engagements.getBindings(id as Anything, 1), id)
      await expectRefused(() => engagements.getNewestBinding(1, id as Anything), id)
      await expectRefused(() => engagements.getOldestEngagement(id as Anything, 1), id)
      await expectRefused(() => engagements.getActiveEngagementCount(1, id as Anything), id)
      await expectRefused(() => engagements.getActiveEngagement(id as Anything, 1, 1), id)
      await expectRefused(() => engagements.getEngagementsForOpportunity(id as Anything), id)
    }
  })

  test('feeds refuse a source, a slice or a search that is none', async () => {
    const slice = { direction: 'ASC', size: 1 } as const
    const request = { conditions: [], slice }
    for (const sourceType of ['coupon', 'Collaborator', '', null, undefined, 5, "collaborator' or '1' = '1"]) {
      const feed = { sourceType: sourceType as Anything, sourceId: 1 }
      await expectRefused(() => notes.getNotesForSource(feed.sourceType, 1), sourceType)
      await expectRefused(() => notes.page(feed, request), sourceType)
      await expectRefused(() => notes.count(feed, []), sourceType)
      await expectRefused(() => notes.pagesOf(feed.sourceType, [1], request), sourceType)
      await expectRefused(() => notes.countsOf(feed.sourceType, [1], []), sourceType)
      await expectRefused(() => notes.positions([1], feed, 'ASC'), sourceType)
    }
    for (const id of NO_IDS) {
      await expectRefused(() => notes.getNotesForSource('collaborator', id as Anything), id)
      if (id !== undefined) await expectRefused(() => notes.page({ ...FEED, sourceId: id as Anything }, request), id)
      await expectRefused(() => notes.pagesOf('collaborator', [id as Anything], request), id)
      await expectRefused(() => notes.countsOf('collaborator', [id as Anything], []), id)
      await expectRefused(() => notes.getById(id as Anything), id)
      await expectRefused(() => notes.byIds([id as Anything]), id)
      await expectRefused(() => notes.details([id as Anything]), id)
      await expectRefused(() => notes.positions([id as Anything], FEED, 'ASC'), id)
      await expectRefused(() => notes.positions([1], { ...FEED, sourceId: id as Anything }, 'ASC'), id)
    }
    for (const direction of NO_DIRECTIONS) {
      await expectRefused(
        () => notes.page(FEED, { conditions: [], slice: { ...slice, direction: direction as Anything } }),
        direction,
      )
      await expectRefused(() => notes.positions([1], FEED, direction as Anything), direction)
    }
    for (const size of NO_SIZES)
      await expectRefused(() => notes.page(FEED, { conditions: [], slice: { ...slice, size: size as Anything } }), size)
    for (const conditions of [
      null,
      [null],
      [{ column: 'nothing', operator: '=', value: 1 }],
      [{ column: 'content', operator: '=', value: 10n }],
    ])
      await expectRefused(() => notes.page(FEED, { conditions: conditions as Anything, slice }), 'conditions')
    for (const search of [5, 'x'.repeat(201), 'a\0b'])
      await expectRefused(() => notes.page(FEED, { ...request, search: search as Anything }), search)
  })

  test('what belongs to other records refuses what is no id', async () => {
    for (const id of NO_IDS) {
      const ids = [id as Anything]
      await expectRefused(() => collaborators.aliasesOf(ids), id)
      await expectRefused(() => programs.engagementTypesOf(ids), id)
      await expectRefused(() => programs.ofCollaborators(ids), id)
      if (viewer.role === 'administrator') await expectRefused(() => transactions.lineItemsOf(ids), id)
      await expectRefused(async () => names.lookup({ collaborator: ids }), id)
      await expectRefused(
        () =>
          datastores.opportunities.withPages(ids, engagements, 'opportunityId', {
            conditions: [],
            slice: { ...WHOLE, size: 1 },
          }),
        id,
      )
    }
  })
})

test('a viewer whose organization or collaborator is no id is refused', () => {
  for (const id of NO_IDS) {
    expect(() => datastoresFor(database, { role: 'administrator', organizationId: id as Anything })).toThrow(
      /^Expected .*organizationId/,
    )
    const collaborator = { role: 'collaborator', organizationId: 1, collaboratorId: id as Anything } as const
    expect(() => datastoresFor(database, collaborator)).toThrow(/^Expected .*collaboratorId/)
  }
})

test('a viewer of a role that there is not reads nothing', async () => {
  const { engagements } = datastoresFor(database, { role: 'Administrator' as Anything, organizationId: 1 })
  expect(await engagements.count([])).toBe(0)
})
