import { beforeAll, describe, expect, it } from 'vitest'
import { CORE_BLUEPRINTS } from '../../src/notes/blueprints.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { testWorld } from '../support/world.ts'

// What the text of a note was made from, for those who would rather have it raw.

const { sql } = await testDatabase()

type Data = Readonly<Record<string, unknown>>

/** The data of every note, by key, as an administrator reads it, of a story in which everything happens. */
const told = new Map<string, Data[]>()

beforeAll(async () => {
  const world = await testWorld(sql)
  await world.shop()
  const groupId = await world.group()
  const activeConversionTypes = ['sale' as const, 'renewal' as const]
  const triggers = { referredSiteVisit: 100, boundCouponUsed: 50, manual: 10 }
  const first = await world.program({ groupId, triggers, activeConversionTypes, autoApprove: true })
  const second = await world.program({ groupId, triggers, activeConversionTypes })
  const jane = await world.collaborator({ coupon: 'JANE', programs: [first, second] })
  const joe = await world.collaborator({ programs: [first] })
  const order = { source: 'woocommerce', externalId: '1001' }
  await world.fire('org-created', {})
  await world.fire('collaborator-submitted', { fullName: 'Amara Okafor', email: 'amara@example.com' })
  const amara = (await world.collaborators()).find(({ status }) => status === 'pending')?.id
  await world.fire('collaborator-approved', { collaboratorId: amara })
  const { opportunityId } = await world.fire('site-visited', { collaboratorId: jane })
  await world.fire('coupon-applied', { code: 'jane', trackingId: opportunityId })
  await world.fire('sale', { ...order, total: 100, trackingId: opportunityId })
  await world.fire('renewal', { ...order, externalId: '1002', originalExternalId: '1001', total: 20 })
  await world.fire('manual-attribution', {
    collaboratorId: joe,
    transactionId: (await world.transactions())[0]?.id,
  })
  const pending = (await world.conversions()).find(({ status }) => status === 'pending')
  await world.fire('conversion-approved', { conversionId: pending?.id })
  await world.fire('refund', { ...order, refundId: 'part', amount: 40 })
  await world.fire('fulfillment-generated', {})
  const payoutId = (await world.payouts())[0]?.id
  await world.fire('payout-paid', { payoutId })
  await world.fire('payout-unpaid', { payoutId })
  await world.fire('distribution-completed', { distributorId: await world.distributor([jane]) })
  await world.fire('refund', order)
  await world.fire('opportunity-invalidated', { opportunityId })

  const types = new Set((await world.notes()).map(({ cause: [type] }) => type))
  const feeds = [...types].map(
    type => `${type}: notes(sourceType: ${type.toUpperCase()}, first: 100) { nodes { content sourceData } }`,
  )
  const { body } = await testGateway({ sql }).query(world.administrator, `{ ${feeds.join(' ')} }`)
  const nodes = Object.values<{ nodes: { content: string; sourceData: Data }[] }>(body.data).flatMap(feed => feed.nodes)
  for (const { content, sourceData } of nodes) told.set(content, [...(told.get(content) ?? []), sourceData])
})

const NAMES = new Set(['collaborator', 'program', 'distributor', 'organization'])
const AMOUNTS = new Set(['amount', 'value'])
const TEXTS = new Set(['incentiveType', 'reason', 'newStatus', 'code'])
const MORE = ['partial_refund_triggered', 'obligation_adjusted', 'payout_unpaid']

/** What a raw value of a placeholder is. */
const rawOf = (placeholder: string): unknown => {
  if (NAMES.has(placeholder) || TEXTS.has(placeholder)) return expect.stringMatching(/./)
  return expect.any(Number)
}

it('there are notes of three more blueprints than the brief has', () => {
  expect(Object.keys(CORE_BLUEPRINTS)).toEqual(expect.arrayContaining(MORE))
})

describe('the data of a note', () => {
  it.each(Object.entries(CORE_BLUEPRINTS))('has the raw values of its text: %s', (key, { template }) => {
    const notes = told.get(key) ?? []
    expect(notes, 'no such note was written').not.toEqual([])
    const placeholders = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    expect(placeholders).not.toEqual([])
    for (const data of notes)
      expect(data).toMatchObject(Object.fromEntries(placeholders.map(name => [name, rawOf(name)])))
  })

  it.each(Object.keys(CORE_BLUEPRINTS))('has the currency beside an amount: %s', key => {
    for (const data of told.get(key) ?? []) {
      const amounts = Object.keys(data).filter(name => AMOUNTS.has(name))
      for (const name of amounts) expect(data[name]).toSatisfy(Number.isSafeInteger)
      if (amounts.length > 0) expect(data).toMatchObject({ currency: 'USD' })
    }
  })

  it('has amounts where there is money', () => {
    const withAmount = [...told].filter(([, notes]) => notes.some(data => 'amount' in data)).map(([key]) => key)
    expect(withAmount.sort()).toEqual([
      'allocation_completed',
      'obligation_adjusted',
      'obligation_completed',
      'obligation_issued',
      'partial_refund_triggered',
      'payout_created',
      'payout_paid',
      'payout_unpaid',
      'refund_triggered',
    ])
  })
})
