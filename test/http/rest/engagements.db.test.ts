import { describe, expect, test } from 'vitest'
import { asking } from '../../support/comparing.ts'
import { testDatabase } from '../../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, INTEGRATION, testGateway } from '../../support/gateway.ts'
import {
  lister,
  lower,
  missing,
  type Parameters,
  PREFIXES,
  READERS,
  type Reader,
  ROLES,
  refused,
  urlOf,
  wholeConnection,
  wholeList,
} from './reading.ts'

const gateway = testGateway(await testDatabase('small'))
const list = lister(gateway, ADMINISTRATOR)

const EVERYTHING =
  'id,opportunityId,programId,collaboratorId,score,status,dateCreated,dateModified,collaboratorName,programName'

type Found = Readonly<Record<string, unknown>>

/** Engagements by GraphQL, written as REST writes them. */
const byGraphql = async (as: Reader, args: string) => {
  const selection = `databaseId ${EVERYTHING.split(',').slice(1).join(' ')}`
  const { nodes, totalCount } = await wholeConnection(asking(gateway, READERS[as]), 'engagements', args, selection)
  const items: Found[] = nodes.map(({ databaseId, status, ...rest }) => ({
    id: databaseId,
    ...rest,
    status: lower(status),
  }))
  return { items, totalCount }
}

const FILTERS: [given: Parameters, filter: string][] = [
  [{}, '{}'],
  [{ status: 'active' }, '{ status: ACTIVE }'],
  [{ status: 'pending' }, '{ status: PENDING }'],
  [{ status: 'complete' }, '{ status: COMPLETE }'],
  [{ status: 'cancelled' }, '{ status: CANCELLED }'],
  [{ status: 'invalid' }, '{ status: CANCELLED }'], // Siren's word
  [{ collaboratorId: 1 }, '{ collaboratorId: 1 }'],
  [{ collaboratorId: 2 }, '{ collaboratorId: 2 }'],
  [{ programId: 1 }, '{ programId: 1 }'],
  [{ opportunityId: 7 }, '{ opportunityId: 7 }'],
  [{ opportunityId: 999_999 }, '{ opportunityId: 999999 }'],
  [{ collaboratorId: 1, programId: 2, status: 'complete' }, '{ collaboratorId: 1, programId: 2, status: COMPLETE }'],
]

const ORDERS = [
  ['id', 'ID'],
  ['dateCreated', 'DATE_CREATED'],
  ['dateModified', 'DATE_MODIFIED'],
  ['score', 'SCORE'],
].flatMap(([column, field]) => (['ASC', 'DESC'] as const).map(direction => ({ column, field, direction })))

describe.each(ROLES)('to a reader in the role of %s, GET /engagements', role => {
  const listed = lister(gateway, READERS[role])

  test.each(FILTERS)('finds by %j what GraphQL does', async (given, filter) => {
    const expected = await byGraphql(role, `filter: ${filter}`)
    expect(await wholeList(listed, '/engagements', { ...given, fields: EVERYTHING })).toEqual(expected.items)
    expect((await listed('/engagements', { ...given, number: 1 })).count).toBe(expected.totalCount)
  })

  test.each(ORDERS)('orders by $column $direction as GraphQL does, whatever the pages', async order => {
    const { items } = await byGraphql(role, `orderBy: { field: ${order.field}, direction: ${order.direction} }`)
    const given = { orderBy: order.column, order: order.direction, fields: EVERYTHING }
    for (const number of [50, 7]) expect(await wholeList(listed, '/engagements', given, number)).toEqual(items)
  })

  test('reads one as GraphQL does', async () => {
    const [expected] = (await byGraphql(role, 'filter: { status: COMPLETE, collaboratorId: 1 }')).items
    for (const prefix of PREFIXES) {
      const url = urlOf(`/engagements/${expected?.id}`, { fields: EVERYTHING }, prefix)
      const { status, body } = await gateway.send(READERS[role], 'GET', url)
      expect({ status, body }).toEqual({ status: 200, body: expected })
    }
  })
})

describe.each(PREFIXES)('%s/engagements', prefix => {
  const get = async (path: string, given?: Parameters) => {
    const { status, body } = await gateway.send(ADMINISTRATOR, 'GET', urlOf(path, given, prefix))
    return { status, body }
  }
  const here = lister(gateway, ADMINISTRATOR, prefix)

  test('are ten, the newest first, with the core fields alone, unless something else is said', async () => {
    const { items, count } = await here('/engagements')
    expect(count).toBeGreaterThan(50)
    expect(items).toEqual((await byGraphql('administrator', '')).items.slice(0, 10).map(core))
  })

  test('have the fields that are named and no others, in the order of the record', async () => {
    const { items } = await here('/engagements', { fields: 'programName, score,id,score', number: 2 })
    expect(items.map(item => Object.keys(item))).toEqual([
      ['id', 'score', 'programName'],
      ['id', 'score', 'programName'],
    ])
    const one = await get(`/engagements/${items[0].id}`, { fields: 'collaboratorName' })
    expect(one.body).toEqual({ collaboratorName: expect.any(String) })
    expect((await get(`/engagements/${items[0].id}`)).body).not.toHaveProperty('collaboratorName')
  })

  test('take an order in small letters', async () => {
    expect(await here('/engagements', { order: 'asc' })).toEqual(await here('/engagements', { order: 'ASC' }))
    expect(await here('/engagements', { order: 'desc' })).toEqual(await here('/engagements'))
  })

  test('are fifty at most, however many are asked for', async () => {
    const { items, count } = await here('/engagements', { number: 50 })
    expect(items).toHaveLength(50)
    for (const number of [51, 1000, '0100', '9'.repeat(30)]) {
      expect(await here('/engagements', { number })).toEqual({ items, count })
    }
  })

  test('end where they end', async () => {
    const { count } = await here('/engagements')
    expect((await here('/engagements', { offset: count - 1 })).items).toHaveLength(1)
    for (const offset of [count, count + 1, 10_000_000, Number.MAX_SAFE_INTEGER]) {
      expect(await here('/engagements', { offset })).toEqual({ items: [], count })
    }
    expect(await here('/engagements', { opportunityId: 999_999, offset: 5 })).toEqual({ items: [], count: 0 })
  })

  test.each([
    ['number', '0', 'Expected a whole number from 1, received "0"'],
    ['number', '-5', 'Expected a whole number from 1, received "-5"'],
    ['number', '1.5', 'Expected a whole number from 1, received "1.5"'],
    ['number', 'ten', 'Expected a whole number from 1, received "ten"'],
    ['number', '', 'Expected a whole number from 1, received ""'],
    ['offset', '-1', /^Expected a whole number from 0, received/],
    ['offset', '1e3', 'Expected a whole number from 0, received "1e3"'],
    ['offset', '9007199254740993', /^Expected a whole number from 0/],
    ['orderBy', 'points', 'Expected one of id, dateCreated, dateModified, score, received "points"'],
    ['orderBy', 'ID', 'Expected one of id, dateCreated, dateModified, score, received "ID"'],
    ['order', 'up', 'Expected ASC or DESC, received "up"'],
    ['status', 'expired', 'Expected one of active, pending, complete, cancelled, received "expired"'],
    ['status', 'ACTIVE', 'Expected one of active, pending, complete, cancelled, received "ACTIVE"'],
    ['status', 'active,pending', /^Expected one of active/],
    ['collaboratorId', '0', /^Expected the collaborator's id, a positive integer/],
    ['collaboratorId', 'tracking:X', /^Expected the collaborator's id, a positive integer/],
    ['programId', '1.0', /^Expected the program's id, a positive integer/],
    ['opportunityId', '1,2', /^Expected the opportunity's id, a positive integer/],
    [
      'fields',
      'id,points',
      `Expected fields of ${EVERYTHING.replaceAll(',', ', ')}, separated by commas, received "id,points"`,
    ],
    ['fields', '', /^Expected fields of id, /],
    ['fields', 'id,', /^Expected fields of id, /],
    ['colaboratorId', '1', /^Expected one of the fields status, collaboratorId, /],
  ])('refuse %s=%j', async (name, value, message) => {
    const expected = [typeof message === 'string' ? message : expect.stringMatching(message)]
    expect(await get('/engagements', { [name]: value })).toEqual(refused(prefix, { [name]: expected }))
  })

  test('refuse a parameter that is given twice', async () => {
    const { status, body } = await gateway.send(
      ADMINISTRATOR,
      'GET',
      `${prefix}/engagements?status=active&status=pending`,
    )
    expect({ status, body }).toEqual(
      refused(prefix, { status: [expect.stringMatching(/received \["active","pending"\]$/)] }),
    )
  })

  test('say everything that is wrong at once', async () => {
    const given = { number: 0, order: 'up', fields: 'all' }
    const wrong = { number: [expect.any(String)], order: [expect.any(String)], fields: [expect.any(String)] }
    expect(await get('/engagements', given)).toEqual(refused(prefix, wrong))
  })

  test('are not found by an id that nothing has, or that somebody else has', async () => {
    expect(await get('/engagements/999999')).toEqual(missing(prefix, 'engagement 999999 was not found'))
    const { items } = await list('/engagements', { collaboratorId: 2, number: 1 })
    const id = items[0].id
    for (const viewer of [COLLABORATOR, { ...ADMINISTRATOR, organizationId: 3 }]) {
      const { status, body } = await gateway.send(viewer, 'GET', urlOf(`/engagements/${id}`, {}, prefix))
      expect({ status, body }).toEqual(missing(prefix, `engagement ${id} was not found`))
    }
  })

  test.each(['zero', '0', '-1', '1.5'])('refuse the id %s', async id => {
    expect(await get(`/engagements/${id}`)).toEqual(
      refused(prefix, { id: [expect.stringMatching(/^Expected the engagement's id, a positive integer/)] }),
    )
  })

  test('of another collaborator are none to a collaborator, and its own are there whether it asks for itself or not', async () => {
    const mine = lister(gateway, COLLABORATOR, prefix)
    expect(await mine('/engagements', { collaboratorId: 2 })).toEqual({ items: [], count: 0 })
    const own = await mine('/engagements')
    expect(own.count).toBeGreaterThan(0)
    expect(new Set(own.items.map(item => item.collaboratorId))).toEqual(new Set([1]))
    expect(await mine('/engagements', { collaboratorId: 1 })).toEqual(own)
  })

  test.each(['/engagements', '/engagements/1', '/engagement-types', '/notes?sourceType=program', '/notes/1/position'])(
    'an integration without the scope may not read %s, nor may nobody',
    async path => {
      expect((await gateway.send(INTEGRATION, 'GET', `${prefix}${path}`)).status).toBe(403)
      expect((await gateway.send(null, 'GET', `${prefix}${path}`)).status).toBe(401)
    },
  )
})

describe.each(PREFIXES)('%s/engagement-types', prefix => {
  test.each(ROLES)('are those of GraphQL to a reader in the role of %s', async role => {
    const here = lister(gateway, READERS[role], prefix)
    for (const available of [undefined, true, false]) {
      const args = available === undefined ? '' : `(available: ${available})`
      const { engagementTypes } = await asking(
        gateway,
        READERS[role],
      )(`{ engagementTypes${args} { id name description available } }`)
      expect(await here('/engagement-types', { available })).toEqual({
        items: engagementTypes,
        count: engagementTypes.length,
      })
    }
    expect((await here('/engagement-types')).items.map(({ id }) => id)).toContain('referredSiteVisit')
  })

  test('refuse what is neither true nor false', async () => {
    const { status, body } = await gateway.send(
      ADMINISTRATOR,
      'GET',
      urlOf('/engagement-types', { available: 'yes' }, prefix),
    )
    expect({ status, body }).toEqual(refused(prefix, { available: ['Expected one of true, false, received "yes"'] }))
  })
})

const core = ({ collaboratorName: _, programName: __, ...rest }: Found) => rest
