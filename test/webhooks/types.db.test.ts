import { describe, expect, it } from 'vitest'
import { messagesOf, SENT_TYPES } from '../../src/webhooks/types.ts'
import { testDatabase } from '../support/database.ts'
import { day, testWorld, type World } from '../support/world.ts'
import { json, outgoing } from './outbox.ts'
import { subscribe } from './receiver.ts'

const { sql } = await testDatabase()

/** The types that some test has seen. */
const seen = new Set<string>()

/** An organization whose messages are looked at. */
const watched = async () => {
  const world = await testWorld(sql)
  await subscribe(sql, world.organizationId, 'http://127.0.0.1/hook')
  let before = 0
  const during = async (work: () => Promise<unknown>) => {
    await work()
    const all = await outgoing(sql, world.organizationId)
    const told = all.slice(before).map(({ type, data }) => [type, data] as const)
    before = all.length
    for (const [type] of told) seen.add(type)
    return told
  }
  return { world, during, fire: (...event: Parameters<World['fire']>) => during(() => world.fire(...event)) }
}

const ORDER = { source: 'shop', externalId: '1001' }

/** A collaborator whose link brought a customer, under one program. */
const referred = async (given: Parameters<World['program']>[0] = {}) => {
  const story = await watched()
  const program = await story.world.program(given)
  const jane = await story.world.collaborator({ programs: [program] })
  const visit = await story.fire('site-visited', { collaboratorId: jane, userId: 'u1' })
  const [opportunity] = await story.world.opportunities()
  return { ...story, program, jane, visit, opportunity, trackingId: opportunity?.id as number }
}

/** The same, when the customer has bought. */
const sold = async (given: Parameters<World['program']>[0] = {}) => {
  const story = await referred(given)
  const sale = await story.fire('sale', { ...ORDER, total: 49.99, trackingId: story.trackingId })
  const [transaction] = await story.world.transactions()
  const [conversion] = await story.world.conversions()
  const [obligation] = await story.world.obligations()
  return { ...story, sale, transaction, conversion, obligation }
}

describe('what a webhook tells of', () => {
  it('a visit: the opportunity and the engagement that are new', async () => {
    const { world, visit, opportunity, jane, fire } = await referred()
    const [engagement] = await world.engagements()
    expect(visit).toEqual([
      ['opportunity.created', json(opportunity)],
      ['engagement.created', json(engagement)],
    ])
    expect(visit[1]?.[1]).toMatchObject({ collaboratorId: jane, score: 100, dateCreated: '2026-01-02T00:00:00.000Z' })
    expect(visit[1]?.[1]).not.toHaveProperty('organizationId')
    expect(await fire('site-visited', { collaboratorId: jane, userId: 'u1' })).toEqual([])
    const other = await world.collaborator({ programs: [await world.program()] })
    expect(await fire('site-visited', { collaboratorId: other, userId: 'u1' })).toEqual([
      ['engagement.created', json((await world.engagements()).at(-1))],
    ])
  })

  it('the engagement of what came after a sale that is told late', async () => {
    const { world, fire, jane, trackingId } = await referred()
    await fire('site-visited', { collaboratorId: jane, trackingId }, { at: day(1, 300) })
    const sale = await fire('sale', { ...ORDER, total: 49.99, trackingId }, { at: day(1, 120) })
    const [, after] = await world.engagements()
    expect(after).toMatchObject({ status: 'active', score: 100, dateCreated: day(1, 300), dateModified: day(1, 300) })
    expect(sale.filter(([type]) => type === 'engagement.created')).toEqual([['engagement.created', json(after)]])
  })

  it('a coupon', async () => {
    const { world, fire } = await watched()
    await world.shop()
    const jane = await world.collaborator({
      coupon: 'JANE',
      programs: [await world.program({ triggers: { boundCouponUsed: 5 } })],
    })
    const told = await fire('coupon-applied', { code: 'jane' })
    const [opportunity] = await world.opportunities()
    expect(told).toEqual([
      ['opportunity.created', json(opportunity)],
      ['coupon.applied', { code: 'JANE', collaboratorId: jane, opportunityId: opportunity?.id }],
      ['engagement.created', json((await world.engagements())[0])],
    ])
  })

  it('a sale, in the order in which it happens', async () => {
    const { world, sale, transaction, conversion, obligation, trackingId } = await sold({ autoApprove: true })
    const lines = await world.lineItems()
    const line = { externalId: null, name: 'Total', type: 'product', value: 4999, quantity: 1 }
    expect(sale).toEqual([
      ['sale.created', { opportunityId: trackingId, ...ORDER, totalValue: 4999, currency: 'USD', lineItems: [line] }],
      ['transaction.created', json({ ...transaction, lineItems: lines })],
      ['conversion.created', { ...(json(conversion) as object), status: 'pending', obligationId: null }],
      ['engagement.awarded', json((await world.engagements())[0])],
      ['engagement.completed', { opportunityId: trackingId, conversionType: 'sale' }],
      ['obligation.created', { ...(json(obligation) as object), status: 'draft' }],
      ['transaction.completed', json(transaction)],
      ['conversion.approved', json(conversion)],
    ])
    expect(lines).toHaveLength(1)
    expect(conversion).toMatchObject({ status: 'approved', obligationId: obligation?.id })
  })

  it('every conversion of a sale, with its engagement and its obligation', async () => {
    const { world, fire } = await watched()
    const program = await world.program({ incentiveResolverType: 'evenlySharedPool' })
    const people = [1, 2, 3].map(() => world.collaborator({ programs: [program] }))
    let trackingId: number | undefined
    for (const person of people)
      trackingId = (await world.fire('site-visited', { collaboratorId: await person, trackingId }))
        .opportunityId as number
    const told = await fire('sale', { ...ORDER, total: 49.99, trackingId })
    for (const type of ['conversion.created', 'engagement.awarded', 'obligation.created'])
      expect(new Set(told.filter(one => one[0] === type).map(one => one[1].id)).size, type).toBe(3)
  })

  it('a renewal', async () => {
    const { world, fire, transaction, trackingId, conversion } = await sold({
      activeConversionTypes: ['sale', 'renewal'],
    })
    const renewal = { source: 'shop', externalId: '1002', originalExternalId: '1001', total: 10 }
    const told = await fire('renewal', { ...renewal, items: [{ name: 'Month', amount: 10 }] })
    const [, renewed] = await world.transactions()
    const [, again] = await world.conversions()
    expect(told.map(([type]) => type)).toEqual([
      'renewal.created',
      'transaction.created',
      'conversion.renewed',
      'obligation.created',
      'transaction.completed',
    ])
    expect(told[0]?.[1]).toEqual({
      opportunityId: trackingId,
      originalTransactionId: transaction?.id,
      source: 'shop',
      externalId: '1002',
      totalValue: 1000,
      currency: 'USD',
      lineItems: [{ externalId: null, name: 'Month', type: 'product', value: 1000, quantity: 1 }],
    })
    expect(told[1]?.[1]).toMatchObject({ id: renewed?.id, lineItems: [{ name: 'Month', transactionId: renewed?.id }] })
    expect(told[2]?.[1]).toEqual({ ...(json(again) as object), obligationId: null })
    expect(again).toMatchObject({ type: 'renewal', engagementId: conversion?.engagementId })
  })

  it('a lead', async () => {
    const { fire, trackingId } = await referred({
      activeConversionTypes: ['lead'],
      incentiveType: 'fixedPerLead',
      payoutPerLead: 500,
    })
    const told = await fire('lead', { source: 'crm', externalId: 'L1', trackingId })
    expect(told[0]).toEqual(['lead.created', { opportunityId: trackingId, source: 'crm', externalId: 'L1' }])
    expect(told.find(([type]) => type === 'engagement.completed')?.[1]).toEqual({
      opportunityId: trackingId,
      conversionType: 'lead',
    })
    const [nameless] = await fire('lead', { source: 'crm', trackingId })
    expect(nameless?.[1]).toEqual({ opportunityId: trackingId, source: 'crm', externalId: null })
  })

  it('a refund, and the conversions that it takes back', async () => {
    const { world, fire } = await sold()
    const part = await fire('refund', { ...ORDER, refundId: 'R1', amount: 10, reason: 'late' })
    const [transaction] = await world.transactions()
    expect(part).toEqual([
      ['refund.created', { ...(json(transaction) as object), amount: 1000, reason: 'late' }],
      ['obligation.adjusted', json((await world.obligations())[0])],
    ])
    const told = await fire('refund', ORDER)
    const [conversion] = await world.conversions()
    const [refunded] = await world.transactions()
    const amount = (refunded?.totalValue ?? 0) - 1000
    expect(told).toEqual([
      ['refund.created', { ...(json(refunded) as object), amount, reason: null }],
      ['conversion.rejected', { ...(json(conversion) as object), reason: 'refund' }],
    ])
    expect(told[0]?.[1]).toMatchObject({ status: 'refunded' })
    expect(await fire('refund', ORDER)).toEqual([])
  })

  it('a review', async () => {
    const approved = await sold()
    expect(await approved.fire('conversion-approved', { conversionId: approved.conversion?.id })).toEqual([
      ['conversion.approved', json((await approved.world.conversions())[0])],
    ])
    const rejected = await sold()
    const reason = 'self-referral'
    expect(await rejected.fire('conversion-rejected', { conversionId: rejected.conversion?.id, reason })).toEqual([
      ['conversion.rejected', { ...(json((await rejected.world.conversions())[0]) as object), reason }],
    ])
  })

  it('an opportunity that turned out invalid', async () => {
    const { world, fire, trackingId } = await referred()
    const told = await fire('opportunity-invalidated', { opportunityId: trackingId })
    expect(told).toEqual([['opportunity.invalidated', json((await world.opportunities())[0])]])
    expect(told[0]?.[1]).toMatchObject({ id: trackingId, status: 'invalid' })
  })

  it('what is paid out', async () => {
    const { world, fire } = await sold({ autoApprove: true })
    const told = await fire('fulfillment-generated', {})
    const [fulfillment] = await world.fulfillments()
    const [payout] = await world.payouts()
    expect(told).toEqual([
      ['fulfillment.created', { ...(json(fulfillment) as object), status: 'pending' }],
      ['payout.created', json(payout)],
      ['obligation.completed', json((await world.obligations())[0])],
      ['fulfillment.updated', json(fulfillment)],
    ])
    expect(fulfillment).toMatchObject({ status: 'processing' })
    expect(await fire('payout-paid', { payoutId: payout?.id })).toEqual([
      ['payout.paid', json((await world.payouts())[0])],
    ])
    expect(await fire('payout-unpaid', { payoutId: payout?.id })).toEqual([
      ['payout.unpaid', json((await world.payouts())[0])],
    ])
    expect((await world.payouts())[0]).toMatchObject({ status: 'unpaid', datePaid: null })
    const change = { fulfillmentId: fulfillment?.id, status: 'complete' }
    expect(await fire('fulfillment-status-changed', change)).toEqual([
      ['fulfillment.updated', json((await world.fulfillments())[0])],
    ])
  })

  it('a distribution', async () => {
    const { world, fire } = await referred({ triggers: {} })
    const members = [await world.collaborator(), await world.collaborator()]
    const distributorId = await world.distributor(members)
    await fire('sale', { ...ORDER, total: 100, userId: 'u1' })
    const told = await fire('distribution-completed', { distributorId })
    const [distribution] = await world.distributions()
    const obligations = await world.obligations()
    const shares = obligations.map(({ id, collaboratorId, value }) => [
      'allocation.completed',
      {
        distributionId: distribution?.id,
        distributorId,
        collaboratorId,
        obligationId: id,
        value,
        currency: 'USD',
      },
    ])
    expect(told).toEqual([
      ['distribution.completed', json(distribution)],
      ...shares,
      ...obligations.map(obligation => ['obligation.created', json(obligation)]),
    ])
    expect(shares).toHaveLength(2)
  })

  it('a collaborator who applies, and is let in', async () => {
    const { world, fire } = await watched()
    const applied = await fire('collaborator-submitted', { fullName: 'Joe Roe', email: 'joe@example.com' })
    const [joe] = await world.collaborators()
    expect(applied).toEqual([['collaborator.created', json(joe)]])
    expect(await fire('collaborator-approved', { collaboratorId: joe?.id })).toEqual([
      ['collaborator.registered', json((await world.collaborators())[0])],
    ])
  })

  it('what a manager credits', async () => {
    const { world, fire, transaction } = await sold()
    const program = await world.program({ triggers: { manual: 1 } })
    const joe = await world.collaborator({ programs: [program] })
    const told = await fire('manual-attribution', { collaboratorId: joe, transactionId: transaction?.id })
    expect(told.map(([type]) => type)).toEqual([
      'opportunity.created',
      'engagement.created',
      'conversion.created',
      'engagement.awarded',
      'engagement.completed',
      'obligation.created',
    ])
  })

  it('nothing of what coordinates a chain', () => {
    const organization = { id: 1, name: 'Acme', dateCreated: new Date() }
    expect(messagesOf({ type: 'OrgCreated', organization })).toEqual([])
  })

  it('is of every type by now, but for the one that nothing happens to', () => {
    expect([...seen].toSorted()).toEqual(SENT_TYPES.toSorted())
  })
})
