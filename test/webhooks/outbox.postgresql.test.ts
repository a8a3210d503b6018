import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { leasesIn } from '../../src/webhooks/leases.ts'
import { webhookSubscriptions } from '../../src/webhooks/subscriptions.ts'
import { testDatabase } from '../support/database.ts'
import { testWorld } from '../support/world.ts'
import { outgoing } from './outbox.ts'
import { subscribe } from './receiver.ts'

const { sql } = await testDatabase()

/** An event that has written its messages, and is not committed before it is let go. */
const heldUp = async () => {
  const gate = { open: () => {}, reached: () => {} }
  const released = new Promise<void>(resolve => {
    gate.open = resolve
  })
  const reached = new Promise<void>(resolve => {
    gate.reached = resolve
  })
  const world = await testWorld(sql)
  const subscription = await subscribe(sql, world.organizationId, 'http://127.0.0.1/hook')
  const slow = await testWorld({
    ...sql,
    transaction: work =>
      sql.transaction(async begun => {
        const result = await work(begun)
        gate.reached()
        await released
        return result
      }),
  })
  const fire = slow.fire('collaborator-submitted', apply('slow'), {
    as: { role: 'administrator', organizationId: world.organizationId },
  })
  await reached
  return { world, subscription, fire, release: gate.open }
}

const apply = (name: string) => ({ fullName: name, email: `${name}@example.com` })

describe('an event that is being written', () => {
  it('holds up neither other events of its organization nor whoever sends to the subscription', async () => {
    const { world, subscription, fire, release } = await heldUp()
    await world.fire('collaborator-submitted', apply('quick'))
    const leases = leasesIn(sql)
    const [lease] = await leases.take(10, 1000)
    expect(lease).toMatchObject({ subscriptionId: subscription.id })
    if (lease === undefined) throw new Error('Expected a lease')
    const [message] = await leases.next(lease)
    expect(message?.data).toMatchObject({ fullName: 'quick' })
    if (message) expect(await leases.delivered(lease, message)).toBe(true)
    await leases.release(lease)
    release()
    await fire
    expect(await outgoing(sql, world.organizationId)).toMatchObject([{ data: { fullName: 'slow' } }])
  })

  it('survives that the subscription is removed at the same moment', async () => {
    const world = await testWorld(sql)
    const { organizationId } = world
    const { id } = await subscribe(sql, organizationId, 'http://127.0.0.1/hook')
    const kept = await subscribe(sql, organizationId, 'http://127.0.0.1/hook')
    let fired: Promise<unknown> | undefined
    await sql.transaction(async begun => {
      await webhookSubscriptions(begun, { allowPrivate: true }).remove(organizationId, id)
      fired = world.fire('collaborator-submitted', apply('joe'))
      await sleep(200) // it waits for what becomes of the subscription
    })
    await fired
    expect(await outgoing(sql, organizationId)).toMatchObject([{ subscriptionId: kept.id }])
  })

  it('has a subscription that waits for it be removed with what it wrote', async () => {
    const { world, subscription, fire, release } = await heldUp()
    const removal = webhookSubscriptions(sql, { allowPrivate: true }).remove(world.organizationId, subscription.id)
    await sleep(100)
    release()
    await Promise.all([fire, removal])
    expect(await outgoing(sql, world.organizationId)).toEqual([])
  })
})

describe('gateways that look at the same moment', () => {
  it('take each subscription once', async () => {
    const world = await testWorld(sql)
    for (let count = 0; count < 20; count++) await subscribe(sql, world.organizationId, 'http://127.0.0.1/hook')
    await world.fire('collaborator-submitted', apply('joe'))
    for (let round = 0; round < 10; round++) {
      const taken = await Promise.all(Array.from({ length: 8 }, () => leasesIn(sql).take(100, 10_000)))
      const ours = taken.flat().filter(({ organizationId }) => organizationId === world.organizationId)
      const ids = ours.map(({ subscriptionId }) => subscriptionId)
      expect(ids).toHaveLength(20)
      expect(new Set(ids).size).toBe(20)
      for (const lease of taken.flat()) await leasesIn(sql).release(lease)
      await sleep(5)
    }
    await sql.rows(removal, [world.organizationId])
  })
})
const removal = statement('delete from webhook_subscription where organization_id = $1')

describe('parallel requests for the last subscription that an organization may have', () => {
  it('are granted once', async () => {
    const { organizationId } = await testWorld(sql)
    for (let count = 0; count < 49; count++) await subscribe(sql, organizationId, 'http://127.0.0.1/hook')
    const asked = await Promise.allSettled([1, 2, 3, 4].map(() => subscribe(sql, organizationId, 'http://127.0.0.1/')))
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const [{ count } = { count: 0 }] = await sql.rows(counted, [organizationId])
    expect(count).toBe(50)
  })
})
const counted = statement<{ count: number }>(
  'select count(*) as count from webhook_subscription where organization_id = $1',
)
