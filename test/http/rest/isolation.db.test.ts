import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Viewer } from '../../../src/access/viewer.ts'
import { testDatabase } from '../../support/database.ts'
import { testGateway } from '../../support/gateway.ts'
import {
  cloneTenant,
  insertTenant,
  MARKS,
  markHidden,
  markTenant,
  type RecordTypeName,
  removeHidden,
  STARTS,
  stirHidden,
  type Tenant,
  TRACES,
} from '../../support/isolation-world.ts'
import { lister, type Parameters, PREFIXES, urlOf } from './reading.ts'

// Nothing that a viewer may not see has any part in what the lists tell it: whatever becomes of it, each answer stays what
// it was, byte by byte.

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const { sql } = await testDatabase()
const gateway = testGateway({ sql })
let tenant: Tenant
let administrator: Viewer
let me: Viewer
let told: { administrator: string[]; me: string[] }

beforeAll(async () => {
  tenant = await insertTenant(sql)
  const { organizationId } = tenant
  administrator = { role: 'administrator', organizationId }
  me = { role: 'collaborator', organizationId, collaboratorId: tenant.me }
  told = { administrator: await everything(administrator), me: await everything(me) }
})

const ENGAGEMENT =
  'id,opportunityId,programId,collaboratorId,score,status,dateCreated,dateModified,collaboratorName,programName'
const NOTE = 'id,content,creationSource,creationSourceId,dateCreated,renderedContent,sourceData,sources'
const WORDS = ['CANARY_R', 'rita', 'rival', 'elite', 'left', '7770777', '12345', 'secret', 'refunded', '2', '555000001']
const FEEDS: Readonly<Record<string, RecordTypeName | undefined>> = {
  collaborator: 'Collaborator',
  conversion: 'Conversion',
  obligation: 'Obligation',
  fulfillment: 'Fulfillment',
  payout: 'Payout',
  engagement: 'Engagement',
  opportunity: 'Opportunity',
  transaction: 'Transaction',
  distribution: 'Distribution',
  program: 'Program',
  distributor: 'Distributor',
  organization: undefined,
}
/** What there is to reconcile, and what its columns may be: the ids of a type, or values. */
const RECONCILED: Readonly<Record<string, Readonly<Record<string, RecordTypeName | readonly (string | number)[]>>>> = {
  '/conversions': {
    id: 'Conversion',
    engagementId: 'Engagement',
    collaboratorId: 'Collaborator',
    transactionId: 'Transaction',
    obligationId: 'Obligation',
    score: [300, MARKS.rival.number],
    type: ['sale', 'lead', 'renewal'],
    status: ['pending', 'approved', 'rejected'],
  },
  '/transactions': {
    id: 'Transaction',
    opportunityId: 'Opportunity',
    originalTransactionId: 'Transaction',
    status: ['complete', 'refunded'],
    source: ['woocommerce', `${MARKS.rival.text}-1001`],
    externalId: ['order-1', 'order-4', `${MARKS.rival.text}-1001`],
    totalValue: [12_345, MARKS.rival.number],
    refundedValue: [0, MARKS.rival.number],
    currency: ['USD', MARKS.rival.currency],
  },
  '/obligations': {
    id: 'Obligation',
    collaboratorId: 'Collaborator',
    conversionId: 'Conversion',
    payoutId: 'Payout',
    status: ['pending', 'cancelled'],
    value: [1000, MARKS.rival.number],
    currency: ['USD', MARKS.rival.text],
  },
  '/payouts': {
    id: 'Payout',
    collaboratorId: 'Collaborator',
    fulfillmentId: 'Fulfillment',
    status: ['paid', 'unpaid', 'failed'],
    value: [1000, MARKS.rival.number],
    datePaid: ['2026-01-01', MARKS.rival.date],
  },
}

/** The test suite asks each fourth question, with `SOAK=true` all of them. */
const SHARE = process.env.SOAK === 'true' ? 1 : 4

const idsOf = (type: RecordTypeName): readonly number[] => [
  ...tenant.visible[type],
  ...tenant.hidden[type],
  STARTS.missing,
]

/** Everything that the lists can be asked, about everything that there is. */
const questions = (): string[] => {
  const asked: [path: string, parameters?: Parameters][] = [['/engagement-types']]
  for (const orderBy of ['id', 'dateCreated', 'dateModified', 'score']) {
    for (const offset of [0, 2]) asked.push(['/engagements', { orderBy, offset, number: 50, fields: ENGAGEMENT }])
  }
  for (const [column, type] of [
    ['collaboratorId', 'Collaborator'],
    ['programId', 'Program'],
    ['opportunityId', 'Opportunity'],
  ] as const) {
    for (const id of idsOf(type)) asked.push(['/engagements', { [column]: id, fields: ENGAGEMENT }])
  }
  for (const id of idsOf('Engagement')) asked.push([`/engagements/${id}`, { fields: ENGAGEMENT }])
  for (const [sourceType, type] of Object.entries(FEEDS)) {
    const ids = type === undefined ? [tenant.organizationId] : idsOf(type)
    asked.push(['/notes', { sourceType, fields: NOTE, number: 50, order: 'DESC' }])
    for (const search of WORDS) asked.push(['/notes', { sourceType, search, offset: 1 }])
    for (const sourceId of ids) {
      asked.push(['/notes', { sourceType, sourceId, fields: NOTE, number: 50 }])
      for (const id of idsOf('Note').filter((_, n) => n % 7 === 0)) {
        asked.push([`/notes/${id}/position`, { sourceType, sourceId }])
      }
    }
  }
  for (const [path, columns] of Object.entries(RECONCILED)) {
    asked.push([path, { perPage: 100 }], [path, { perPage: 2, page: 2 }])
    // four of a kind, since the share is one in four
    for (const day of ['2001-01-01', '2026-01-01', '2026-01-02', MARKS.rival.date])
      asked.push(
        [path, { from: day, order: 'DESC' }],
        [path, { to: day }],
        [path, { modifiedSince: day }],
        [path, { from: day, status: (columns.status as string[]).join() }],
        [path, { order: 'DESC', perPage: 100 }],
      )
    for (const [column, values] of Object.entries(columns)) {
      for (const value of typeof values === 'string' ? idsOf(values) : values) asked.push([path, { [column]: value }])
    }
  }
  const some = asked.filter((_, n) => n % SHARE === 0)
  return some.map(([path, parameters], n) => urlOf(path, parameters, RECONCILED[path] ? PREFIXES[0] : PREFIXES[n % 2]))
}

/** Each answer, below its question. */
const everything = async (viewer: Viewer): Promise<string[]> => {
  const answers: string[] = []
  for (const url of questions()) {
    const { status, text, headers } = await gateway.send(viewer, 'GET', url)
    answers.push(`${url}\n${status} ${headers['x-siren-estimated-count']} ${text}`)
  }
  return answers
}

const expectSame = (answers: readonly string[], before: readonly string[]) => {
  expect(answers.filter((answer, n) => answer !== before[n]).slice(0, 3)).toEqual([])
  expect(answers).toHaveLength(before.length)
}

/** The answers in which a trace shows; that there is no such record says no more than the question. */
const tracesIn = (answers: readonly string[], trace: RegExp) =>
  answers.filter(answer => {
    const told = answer.slice(answer.indexOf('\n') + 1)
    return !told.startsWith('404') && trace.test(told)
  })

test('every question is answered', () => {
  for (const answers of [told.administrator, told.me]) {
    const statuses = answers.map(answer => answer.split('\n')[1]?.slice(0, 3))
    expect(new Set(statuses)).toEqual(new Set(['200', '404']))
    expect(statuses.filter(status => status === '200').length).toBeGreaterThan(50)
  }
})

test.each([
  ['/conversions', 'Conversion'],
  ['/transactions', 'Transaction'],
  ['/obligations', 'Obligation'],
  ['/payouts', 'Payout'],
  ['/engagements', 'Engagement'],
] as const)('%s are to a collaborator those that it may see, and to an administrator all', async (path, type) => {
  for (const [viewer, ids] of [
    [me, tenant.visible[type]],
    [administrator, [...tenant.visible[type], ...tenant.hidden[type]]],
  ] as const) {
    const size = path === '/engagements' ? { number: 50 } : { perPage: 100 }
    const { items, count } = await lister(gateway, viewer)(path, size)
    expect(items.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids.toSorted((a, b) => a - b))
    expect(count).toBe(ids.length)
  }
})

test('of a transaction a collaborator reads status and dates, and nothing else', async () => {
  const { items } = await lister(gateway, me)('/transactions')
  for (const { id: _, status, dateCreated, dateModified, ...rest } of items) {
    expect([status, dateCreated, dateModified]).not.toContain(null)
    expect(rest).toEqual({
      opportunityId: null,
      originalTransactionId: null,
      source: null,
      externalId: null,
      totalValue: null,
      refundedValue: null,
      currency: null,
      lineItems: null,
    })
  }
})

test('of a payout a collaborator reads no fulfillment', async () => {
  const { items } = await lister(gateway, me)('/payouts')
  expect(items.map(({ fulfillmentId }) => fulfillmentId)).toEqual([null])
})

describe('another tenant', () => {
  beforeAll(async () => {
    const foreign = await insertTenant(sql, { mine: STARTS.foreign, others: STARTS.foreign + 1_000 }, 'Foreign')
    await markTenant(sql, foreign.organizationId)
    await markTenant(sql, await cloneTenant(sql, tenant))
  })

  test.each(['administrator', 'me'] as const)('changes nothing for %s, even when it has the same ids', async who => {
    const answers = await everything({ administrator, me }[who])
    expectSame(answers, told[who])
    expect(tracesIn(answers, TRACES.foreign)).toEqual([])
  })
})

describe('what is hidden from a collaborator', () => {
  test('leaves no trace in what it is told', async () => {
    await markHidden(sql, tenant)
    const all = (await everything(administrator)).join()
    for (const trace of ['CANARY_R', '7770777', 'XQR', '2077-07']) expect(all).toContain(trace)
    const answers = await everything(me)
    expect(tracesIn(answers, TRACES.rival)).toEqual([])
    expectSame(answers, told.me)
  })

  test('can change and grow in every way, and the collaborator is told the same', async () => {
    await stirHidden(sql, tenant)
    const answers = await everything(me)
    expect(tracesIn(answers, TRACES.rival)).toEqual([])
    expectSame(answers, told.me)
  })

  test('can go, and the collaborator is told the same', async () => {
    await removeHidden(sql, tenant)
    expectSame(await everything(me), told.me)
  })
})
