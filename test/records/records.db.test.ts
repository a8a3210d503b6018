import { beforeAll, describe, expect, test } from 'vitest'
import type { Records } from '../../src/access/records.ts'
import type { Viewer } from '../../src/access/viewer.ts'
import type { Condition, Operator } from '../../src/database/conditions.ts'
import { Datastores } from '../../src/datastores.ts'
import { TRIGGER_STRATEGIES } from '../../src/engagements/triggers/strategies.ts'
import { InvalidInputError, RecordNotFoundError } from '../../src/errors.ts'
import { NoteBlueprintRegistry } from '../../src/notes/registry.ts'
import { idsOf, minute } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import {
  insert,
  insertCollaborator,
  insertConversion,
  insertDistribution,
  insertDistributor,
  insertEngagement,
  insertFulfillment,
  insertNote,
  insertObligation,
  insertOpportunity,
  insertOrganization,
  insertPayout,
  insertProgram,
  insertTransaction,
} from '../support/rows.ts'

const { sql } = await testDatabase()
const shared = { sql, blueprints: new NoteBlueprintRegistry(), strategies: TRIGGER_STRATEGIES }
const administratorOf = (organizationId: number) => new Datastores(shared, { role: 'administrator', organizationId })

/** Each type of record: what reads it, and what makes one. */
const TYPES = [
  ['collaborator', (all: Datastores) => all.collaborators, insertCollaborator],
  ['program', (all: Datastores) => all.programs, insertProgram],
  ['opportunity', (all: Datastores) => all.opportunities, insertOpportunity],
  ['engagement', (all: Datastores) => all.engagements, insertEngagement],
  ['transaction', (all: Datastores) => all.transactions, insertTransaction],
  ['conversion', (all: Datastores) => all.conversions, insertConversion],
  ['obligation', (all: Datastores) => all.obligations, insertObligation],
  ['payout', (all: Datastores) => all.payouts, insertPayout],
  ['fulfillment', (all: Datastores) => all.fulfillments, insertFulfillment],
  ['distribution', (all: Datastores) => all.distributions, insertDistribution],
  ['distributor', (all: Datastores) => all.distributors, insertDistributor],
  [
    'allocation',
    (all: Datastores) => all.allocations,
    async (_: typeof sql, { organizationId }: { organizationId: number }) =>
      insert(sql, 'allocation', {
        organizationId,
        distributionId: await insertDistribution(sql, { organizationId }),
        collaboratorId: await insertCollaborator(sql, { organizationId }),
        value: 100,
        currency: 'USD',
      }),
  ],
] as const satisfies readonly (readonly [
  string,
  (all: Datastores) => unknown,
  (on: typeof sql, given: { organizationId: number }) => Promise<number>,
])[]

describe.each(TYPES)('a record of type %s', (type, of, make) => {
  const records = (all: Datastores) => of(all) as unknown as Records<{ id: number }>

  test('is found by its id, and is then the row that lists have', async () => {
    const organizationId = await insertOrganization(sql)
    const id = await make(sql, { organizationId })
    const found = await records(administratorOf(organizationId)).getById(id)
    expect(found.id).toBe(id)
    expect(found).not.toHaveProperty('organizationId')
    const isThis: Condition = { column: 'id', operator: '=', value: id }
    expect(await records(administratorOf(organizationId)).andWhere([isThis])).toEqual([found])
    expect(await records(administratorOf(organizationId)).byIds([id, id])).toEqual([found])
    expect(await records(administratorOf(organizationId)).count([isThis])).toBe(1)
  })

  test('is not found by an id that nothing has', async () => {
    const organizationId = await insertOrganization(sql)
    await expect(records(administratorOf(organizationId)).getById(4_000_000)).rejects.toThrow(RecordNotFoundError)
    await expect(records(administratorOf(organizationId)).getById(4_000_000)).rejects.toThrow(
      `${type} 4000000 was not found`,
    )
  })

  test('is not there for another tenant', async () => {
    const id = await make(sql, { organizationId: await insertOrganization(sql) })
    const others = records(administratorOf(await insertOrganization(sql)))
    await expect(others.getById(id)).rejects.toThrow(RecordNotFoundError)
    expect(await others.byIds([id])).toEqual([])
    expect(await others.andWhere([])).toEqual([])
    expect(await others.andWhere([{ column: 'id', operator: 'IN', value: [id, id + 1] }])).toEqual([])
    expect(await others.count([])).toBe(0)
  })

  test('is not there for an integration', async () => {
    const organizationId = await insertOrganization(sql)
    const id = await make(sql, { organizationId })
    const integrations = records(new Datastores(shared, { role: 'integration', organizationId }))
    await expect(integrations.getById(id)).rejects.toThrow(RecordNotFoundError)
    expect(await integrations.andWhere([])).toEqual([])
    expect(await integrations.count([])).toBe(0)
  })
})

describe('andWhere', () => {
  const STATUSES = ['active', 'pending', 'complete', 'cancelled'] as const
  let organizationId: number
  let all: Datastores
  let engagements: { id: number; score: number; status: string; dateCreated: Date; collaboratorId: number }[]

  beforeAll(async () => {
    organizationId = await insertOrganization(sql)
    all = administratorOf(organizationId)
    const collaborators = [await insertCollaborator(sql, { organizationId })]
    for (let n = 0; n < 2; n++) collaborators.push(await insertCollaborator(sql, { organizationId }))
    for (let n = 0; n < 12; n++) {
      await insertEngagement(sql, {
        organizationId,
        collaboratorId: collaborators[n % 3],
        score: 10 * (n % 5),
        status: STATUSES[n % 4],
        dateCreated: minute(n % 7),
        dateModified: minute(n % 7),
      })
    }
    engagements = await all.engagements.andWhere([])
  })

  const compare: Record<Exclude<Operator, 'IN'>, (a: number, b: number) => boolean> = {
    '=': (a, b) => a === b,
    '!=': (a, b) => a !== b,
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
  }
  const operators = Object.keys(compare) as (keyof typeof compare)[]

  test('without conditions answers all, by id', () => {
    expect(engagements).toHaveLength(12)
    expect(idsOf(engagements)).toEqual(idsOf(engagements).toSorted((a, b) => a - b))
  })

  test.each(operators)('compares scores, dates and ids with %s, and answers by id', async operator => {
    for (const [column, value] of [
      ['score', 20],
      ['score', 15],
      ['score', -1],
      ['dateCreated', minute(3)],
      ['id', engagements[5]?.id],
      ['collaboratorId', engagements[1]?.collaboratorId],
    ] as const) {
      const expected = engagements.filter(row => compare[operator](Number(row[column]), Number(value)))
      expect(await all.engagements.andWhere([{ column, operator, value }])).toEqual(expected)
      expect(await all.engagements.count([{ column, operator, value }])).toBe(expected.length)
    }
  })

  test.each(operators)('compares a status with %s, in the order of its lifecycle', async operator => {
    const rank = (status: string) => STATUSES.indexOf(status as (typeof STATUSES)[number])
    for (const status of STATUSES) {
      const expected = engagements.filter(row => compare[operator](rank(row.status), rank(status)))
      expect(await all.engagements.andWhere([{ column: 'status', operator, value: status }])).toEqual(expected)
    }
  })

  test.each([
    ['several statuses', 'status', ['pending', 'cancelled']],
    ['one status', 'status', ['pending']],
    ['a status twice', 'status', ['pending', 'pending']],
    ['several scores', 'score', [0, 40, 7]],
    ['several dates', 'dateCreated', [minute(1), minute(6), minute(99)]],
    ['no values', 'score', []],
    ['no statuses', 'status', []],
  ] as const)('IN %s answers those that have any of them', async (_, column, value) => {
    const wanted = value.map(each => (each instanceof Date ? each.getTime() : each)) as unknown[]
    const expected = engagements.filter(row => {
      const is = row[column]
      return wanted.includes(is instanceof Date ? is.getTime() : is)
    })
    expect(await all.engagements.andWhere([{ column, operator: 'IN', value }])).toEqual(expected)
  })

  test('IN several ids of related records answers by id all the same', async () => {
    const [one, other] = [engagements[2]?.collaboratorId, engagements[0]?.collaboratorId]
    const expected = engagements.filter(row => row.collaboratorId === one || row.collaboratorId === other)
    expect(expected).toHaveLength(8)
    expect(
      await all.engagements.andWhere([{ column: 'collaboratorId', operator: 'IN', value: [one, other, one, 0] }]),
    ).toEqual(expected)
  })

  test('IN several ids of each of two related records demands both', async () => {
    const [a, b] = [engagements[0], engagements[1]]
    const programs = (await all.engagements.byIds([a?.id ?? 0, b?.id ?? 0])).map(row => row.programId)
    expect(
      await all.engagements.andWhere([
        { column: 'collaboratorId', operator: 'IN', value: [a?.collaboratorId, engagements[2]?.collaboratorId] },
        { column: 'programId', operator: 'IN', value: programs },
      ]),
    ).toEqual([a])
  })

  test('demands every condition, of one column too', async () => {
    const found = await all.engagements.andWhere([
      { column: 'score', operator: '>=', value: 10 },
      { column: 'score', operator: '<', value: 40 },
      { column: 'status', operator: '!=', value: 'active' },
      { column: 'dateCreated', operator: '>', value: minute(0) },
    ])
    expect(found).toEqual(
      engagements.filter(
        row => row.score >= 10 && row.score < 40 && row.status !== 'active' && row.dateCreated > minute(0),
      ),
    )
    expect(found.length).toBeGreaterThan(1)
  })

  test('compares texts, truths, decimals and small integers as well', async () => {
    const cheap = await insertProgram(sql, { organizationId, transactionPercent: 2.5, autoApprove: true, units: 'EUR' })
    const dear = await insertProgram(sql, { organizationId, transactionPercent: 99.9999, expirationDays: 30 })
    const where = async (column: string, operator: Operator, value: unknown) =>
      idsOf(await all.programs.andWhere([{ column, operator, value }])).filter(id => id === cheap || id === dear)
    expect(await where('transactionPercent', '=', 2.5)).toEqual([cheap])
    expect(await where('transactionPercent', '>', 99.9998)).toEqual([dear])
    expect(await where('transactionPercent', 'IN', [2.5, 99.9999])).toEqual([cheap, dear])
    expect(await where('autoApprove', '=', true)).toEqual([cheap])
    expect(await where('autoApprove', 'IN', [true, false])).toEqual([cheap, dear])
    expect(await where('units', '!=', 'USD')).toEqual([cheap])
    expect(await where('units', 'IN', ['EUR', 'USD'])).toEqual([cheap, dear])
    expect(await where('expirationDays', '<=', 30)).toEqual([dear])
    expect(await where('incentiveType', 'IN', ['fixedPerLead'])).toEqual([])
  })

  test('nothing is true of a value that is not there', async () => {
    const organization = await insertOrganization(sql)
    const id = await insertOpportunity(sql, { organizationId: organization })
    const { opportunities } = administratorOf(organization)
    for (const operator of operators) {
      expect(await opportunities.andWhere([{ column: 'userId', operator, value: 'u' }])).toEqual([])
      expect(await opportunities.andWhere([{ column: 'mergedIntoId', operator, value: id }])).toEqual([])
    }
  })

  test('takes a text for what it is, and never for SQL', async () => {
    const externalId = `'; drop table note; -- "$1" \\ %_`
    const id = await insertTransaction(sql, { organizationId, externalId })
    for (const [operator, value] of [
      ['=', externalId],
      ['IN', [externalId]],
      ['IN', [externalId, '%']],
    ] as const) {
      expect(idsOf(await all.transactions.andWhere([{ column: 'externalId', operator, value }]))).toEqual([id])
    }
  })

  const rejects = async (records: 'engagements' | 'programs' | 'transactions', condition: unknown, message: string) => {
    const work = () => all[records].andWhere([condition as Condition])
    await expect(work()).rejects.toThrow(InvalidInputError)
    await expect(work()).rejects.toThrow(message)
    await expect(all[records].count([condition as Condition])).rejects.toThrow(InvalidInputError)
  }

  test.each([
    ['points', 1],
    ['organizationId', 1],
    ['collaborator_id', 1],
    ['1=1; --', 1],
    ['constructor', 1],
    ['', 1],
    [undefined, 1],
  ])('refuses %j as a column, with the columns there are', async (column, value) => {
    await rejects(
      'engagements',
      { column, operator: '=', value },
      'Expected a column of id, opportunityId, programId, collaboratorId, score, status, dateCreated, dateModified',
    )
  })

  test('refuses an unknown column that looks like a reference to several records', async () => {
    await rejects(
      'engagements',
      { column: 'partnerId', operator: 'IN', value: [1, 2] },
      'Expected a column of id, opportunityId, programId, collaboratorId, score, status, dateCreated, dateModified, received "partnerId"',
    )
  })

  test('refuses a column that holds a list', async () => {
    await rejects(
      'programs',
      { column: 'activeConversionTypes', operator: '=', value: 'sale' },
      'received "activeConversionTypes"',
    )
  })

  test.each(['==', 'like', 'in', '', 'or 1=1 or', null, undefined])('refuses %j as an operator', async operator => {
    await rejects(
      'engagements',
      { column: 'score', operator, value: 1 },
      'Expected an operator of = != < <= > >= IN, received',
    )
  })

  test.each([
    ['score', '10', 'Expected a whole number within ±(2^53−1) for score, received "10"'],
    ['score', 1.5, 'received 1.5'],
    ['score', Number.NaN, 'for score'],
    ['score', 2 ** 53, 'received 9007199254740992'],
    ['score', null, 'received null'],
    ['score', undefined, 'for score'],
    ['score', [1], 'received [1]'],
    ['score', { $ne: 1 }, 'received {"$ne":1}'],
    ['score', true, 'received true'],
    ['status', 'ACTIVE', 'Expected one of active, pending, complete, cancelled for status, received "ACTIVE"'],
    ['status', "active' or true --", 'Expected one of active, pending, complete, cancelled for status'],
    ['status', null, 'for status'],
    ['dateCreated', '2026-01-01', 'Expected a date in the years 0001 to 9999 for dateCreated, received "2026-01-01"'],
    ['dateCreated', new Date(Number.NaN), 'Expected a date'],
    ['dateCreated', 0, 'Expected a date'],
  ])('refuses, of %s, the value %j', async (column, value, message) => {
    for (const operator of ['=', '!=', '<', '>='] as const) {
      await rejects('engagements', { column, operator, value }, message)
    }
    await rejects('engagements', { column, operator: 'IN', value: [value] }, column)
    await rejects('engagements', { column, operator: 'IN', value: [value, value, 1, 'active', minute(0)] }, column)
  })

  test.each([
    ['programs', 'autoApprove', 'true', 'Expected true or false for autoApprove, received "true"'],
    ['programs', 'transactionPercent', '10', 'Expected a number for transactionPercent, received "10"'],
    ['programs', 'transactionPercent', Number.POSITIVE_INFINITY, 'Expected a number'],
    ['programs', 'expirationDays', 2 ** 31, 'Expected a whole number within ±2^31 for expirationDays'],
    ['transactions', 'externalId', 5, 'Expected a text without NUL for externalId, received 5'],
    ['transactions', 'externalId', 'a\0b', 'Expected a text without NUL for externalId'],
  ] as const)('refuses, of %s, for %s the value %j', async (records, column, value, message) => {
    await rejects(records, { column, operator: '=', value }, message)
    await rejects(records, { column, operator: 'IN', value: [value] }, message)
  })

  test('refuses numbers for several texts, whatever the name of their column', async () => {
    await rejects(
      'transactions',
      { column: 'externalId', operator: 'IN', value: [5, 6] },
      'Expected a text without NUL for externalId, received 5',
    )
  })

  test.each([1, 'active', null, undefined, { 0: 1 }, new Set([1])])('refuses %j where IN takes a list', async value => {
    await rejects('engagements', { column: 'score', operator: 'IN', value }, 'Expected a list for score IN, received')
  })

  test('refuses to compare what has no order', async () => {
    const note = { column: 'data', operator: '=', value: {} } as Condition
    await insertNote(sql, { organizationId })
    await expect(
      all.notes.page(
        { sourceType: 'engagement' },
        { conditions: [note as never], slice: { direction: 'ASC', size: 1 } },
      ),
    ).rejects.toThrow(InvalidInputError)
  })
})

describe('what a collaborator is not told of its records', () => {
  let viewer: Viewer
  let payouts: number[]
  let fulfillments: number[]
  let own: Datastores

  beforeAll(async () => {
    const organizationId = await insertOrganization(sql)
    const collaboratorId = await insertCollaborator(sql, { organizationId })
    viewer = { role: 'collaborator', organizationId, collaboratorId }
    own = new Datastores(shared, viewer)
    payouts = [
      await insertPayout(sql, { organizationId, collaboratorId }),
      await insertPayout(sql, { organizationId, collaboratorId }),
    ]
    fulfillments = (await administratorOf(organizationId).payouts.byIds(payouts)).map(payout => payout.fulfillmentId)
  })

  test('is null in its rows', async () => {
    expect(await own.payouts.byIds(payouts)).toMatchObject([{ fulfillmentId: null }, { fulfillmentId: null }])
  })

  test('cannot be found out by asking for it: by one value, by several, by counting', async () => {
    for (const condition of [
      { column: 'fulfillmentId', operator: '=', value: fulfillments[0] },
      { column: 'fulfillmentId', operator: '!=', value: 0 },
      { column: 'fulfillmentId', operator: 'IN', value: [fulfillments[0]] },
      { column: 'fulfillmentId', operator: 'IN', value: fulfillments },
      { column: 'fulfillmentId', operator: 'IN', value: [fulfillments[0], 0] },
    ] as const) {
      expect(await own.payouts.andWhere([condition])).toEqual([])
      expect(await own.payouts.count([condition])).toBe(0)
    }
  })
})
