import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { expect, it } from 'vitest'
import { SENT_TYPES } from '../../../src/webhooks/types.ts'
import { testDatabase } from '../../support/database.ts'
import { testWorld } from '../../support/world.ts'
import { outgoing } from '../../webhooks/outbox.ts'
import { subscribe } from '../../webhooks/receiver.ts'
import { DOCUMENT } from './operations.ts'

const { sql } = await testDatabase()

/** Everything that webhooks are told of, once at least. */
const told = async () => {
  const world = await testWorld(sql)
  await subscribe(sql, world.organizationId, 'http://127.0.0.1/hook')
  await world.shop()
  const program = await world.program({
    triggers: { referredSiteVisit: 100, boundCouponUsed: 5 },
    activeConversionTypes: ['sale', 'renewal'],
  })
  const leads = await world.program({
    incentiveType: 'fixedPerLead',
    payoutPerLead: 500,
    activeConversionTypes: ['lead'],
  })
  const collaboratorId = await world.collaborator({ coupon: 'JANE', programs: [program, leads] })
  const distributorId = await world.distributor([collaboratorId])
  const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId, userId: 'u1' })
  await world.fire('coupon-applied', { code: 'jane', trackingId })
  const items = [{ name: 'Book', externalId: 'sku', amount: 20, quantity: 2 }]
  await world.fire('sale', { source: 'shop', externalId: '1', total: 40, items, trackingId })
  await world.fire('renewal', { source: 'shop', externalId: '2', originalExternalId: '1', total: 10 })
  const { opportunityId: other } = await world.fire('site-visited', { collaboratorId, userId: 'u2' })
  await world.fire('lead', { source: 'crm', externalId: 'x', trackingId: other })
  const [first, second, third] = (await world.conversions()).map(({ id }) => id)
  await world.fire('conversion-approved', { conversionId: first })
  await world.fire('conversion-approved', { conversionId: second })
  await world.fire('conversion-rejected', { conversionId: third, reason: 'Returned' })
  await world.fire('refund', { source: 'shop', externalId: '2', refundId: 'part', amount: 5 })
  await world.fire('distribution-completed', { distributorId })
  await world.fire('fulfillment-generated', {})
  for (const { id: payoutId } of await world.payouts()) await world.fire('payout-paid', { payoutId })
  await world.fire('payout-unpaid', { payoutId: (await world.payouts())[0]?.id })
  const [fulfillment] = await world.fulfillments()
  await world.fire('fulfillment-status-changed', { fulfillmentId: fulfillment?.id, status: 'failed' })
  await world.fire('refund', { source: 'shop', externalId: '1' })
  const { opportunityId } = await world.fire('site-visited', { collaboratorId, userId: 'u3' })
  await world.fire('opportunity-invalidated', { opportunityId })
  const applicant = { fullName: 'Zoe', email: 'zoe@example.com' }
  await world.fire('collaborator-submitted', applicant)
  const zoe = (await world.collaborators()).find(({ email }) => email === applicant.email)
  await world.fire('collaborator-approved', { collaboratorId: zoe?.id })
  return outgoing(sql, world.organizationId)
}

it('what webhooks send is what the document says, and nothing more', async () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema(closed(DOCUMENT) as object, 'document')
  const messages = await told()
  for (const { type, data } of messages) {
    const pointer = `#/webhooks/${type}/post/requestBody/content/application~1json/schema`
    const validate = ajv.getSchema(`document${pointer}`)
    const valid = validate?.({ type, data, deliveryId: 'one' })
    expect([type, data, valid, validate?.errors]).toEqual([type, data, true, null])
  }
  expect(Object.keys(DOCUMENT.webhooks).sort()).toEqual(SENT_TYPES.toSorted())
  expect([...new Set(messages.map(({ type }) => type))].sort()).toEqual(SENT_TYPES.toSorted())
})

/** Schemas whose records have no other fields: receivers are not promised that, and yet have to be told of each. */
const closed = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(closed)
  if (typeof node !== 'object' || node === null) return node
  const parts = Object.fromEntries(Object.entries(node).map(([name, part]) => [name, closed(part)]))
  return parts.type === 'object' && 'properties' in parts ? { additionalProperties: false, ...parts } : parts
}
