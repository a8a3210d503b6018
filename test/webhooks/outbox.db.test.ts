import { describe, expect, it } from 'vitest'
import { ValidationError } from '../../src/errors.ts'
import { Parts } from '../../src/pipeline.ts'
import { webhookSubscriptions } from '../../src/webhooks/subscriptions.ts'
import { testDatabase } from '../support/database.ts'
import { recordSql } from '../support/sql-recorder.ts'
import { testWorld } from '../support/world.ts'
import { outgoing } from './outbox.ts'
import { subscribe } from './receiver.ts'

const { database, during } = recordSql(await testDatabase())
const { sql } = database
const TARGET = 'http://127.0.0.1/hook'

/** A collaborator whose link brought a customer. */
const referred = async (makeParts?: () => Parts) => {
  const world = await testWorld(sql, makeParts)
  const jane = await world.collaborator({ programs: [await world.program()] })
  const { opportunityId } = await world.fire('site-visited', { collaboratorId: jane })
  const sale = { source: 'shop', externalId: '1', total: 10, trackingId: opportunityId }
  return { world, jane, sale }
}

describe('the outbox', () => {
  it('has what a subscription wants, and what all of them want', async () => {
    const { world, sale } = await referred()
    const { organizationId } = world
    const some = await subscribe(sql, organizationId, TARGET, ['transaction.completed', 'conversion.created'])
    const none = await subscribe(sql, organizationId, TARGET, ['metrics.updated'])
    const all = await subscribe(sql, organizationId, TARGET, ['*'])
    await world.fire('sale', sale)
    const waiting = await outgoing(sql, organizationId)
    const of = ({ id }: { id: number }) =>
      waiting.filter(({ subscriptionId }) => subscriptionId === id).map(({ type }) => type)
    expect(of(some)).toEqual(['conversion.created', 'transaction.completed'])
    expect(of(none)).toEqual([])
    expect(of(all)).toEqual([
      'sale.created',
      'transaction.created',
      'conversion.created',
      'engagement.awarded',
      'engagement.completed',
      'obligation.created',
      'transaction.completed',
    ])
    expect(new Set(waiting.map(({ deliveryId }) => deliveryId)).size).toBe(9)
    expect(waiting.every(({ status, attempts }) => status === 'pending' && attempts === 0)).toBe(true)
  })

  it('has a message once, when the event is sent again', async () => {
    const { world, sale } = await referred()
    await subscribe(sql, world.organizationId, TARGET, ['sale.created'])
    await world.fire('sale', sale)
    await world.fire('sale', sale)
    expect(await outgoing(sql, world.organizationId)).toHaveLength(1)
  })

  it('tells nobody of what happens in another organization', async () => {
    const { world, sale } = await referred()
    const other = await testWorld(sql)
    await subscribe(sql, other.organizationId, TARGET)
    await world.fire('sale', sale)
    expect(await outgoing(sql, other.organizationId)).toEqual([])
    expect(await outgoing(sql, world.organizationId)).toEqual([])
  })

  it('has nothing of an event that failed, however late', async () => {
    const parts = () => {
      const made = new Parts()
      made.dispatcher.on('TransactionCompleted', async ([event]) => {
        if (event?.transaction.totalValue === 66_600) throw new ValidationError({ total: ['Expected another'] })
        return []
      })
      return made
    }
    const { world, sale } = await referred(parts)
    await subscribe(sql, world.organizationId, TARGET)
    const before = await world.dump()
    await expect(world.fire('sale', { ...sale, total: 666 })).rejects.toThrow(ValidationError)
    expect(await world.dump()).toEqual(before)
  })

  it('costs one statement, for however many messages and subscriptions, and none when there is nothing to tell', async () => {
    const { world, jane, sale } = await referred()
    const cost = async (slug: string, payload: unknown) =>
      (await during(() => world.fire(slug, payload))).filter(({ text }) => text.includes('webhook')).length
    expect(await cost('sale', sale)).toBe(1)
    for (let count = 0; count < 5; count++) await subscribe(sql, world.organizationId, TARGET)
    expect(await cost('sale', { ...sale, externalId: '2' })).toBe(1)
    expect(await outgoing(sql, world.organizationId)).toHaveLength(5 * 3)
    const { trackingId } = sale
    expect(await cost('site-visited', { collaboratorId: jane, trackingId })).toBe(1)
    expect(await cost('site-visited', { collaboratorId: jane, trackingId })).toBe(0)
  })

  it('loses what waits for a subscription that is removed', async () => {
    const { world, sale } = await referred()
    const { id } = await subscribe(sql, world.organizationId, TARGET)
    await world.fire('sale', sale)
    await webhookSubscriptions(sql, { allowPrivate: true }).remove(world.organizationId, id)
    expect(await outgoing(sql, world.organizationId)).toEqual([])
  })
})
