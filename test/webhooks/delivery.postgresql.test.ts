import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startGateway } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openPostgres } from '../../src/database/client.ts'
import { leasesIn } from '../../src/webhooks/leases.ts'
import { recordingLog } from '../http/sample.ts'
import { testDatabaseUrl } from '../support/database.ts'
import { testWorld } from '../support/world.ts'
import { outgoing } from './outbox.ts'
import { delivering, QUICK, receiver, subscribe } from './receiver.ts'

// Events that follow from each other are told in their order; events at the same moment are told in either one.

const LANES = 10
const EVENTS = 1000

describe('a thousand events', () => {
  it('reach three subscriptions, each once and in order, by two gateways', async () => {
    const url = await testDatabaseUrl()
    const [one, other] = [await openPostgres(url, 10_000), await openPostgres(url, 10_000)]
    onTestFinished(async () => {
      await Promise.all([one.close(), other.close()])
    })
    const world = await testWorld(one.sql)
    const receivers = await Promise.all([1, 2, 3].map(() => receiver()))
    for (const { url } of receivers) await subscribe(one.sql, world.organizationId, url, ['collaborator.created'])
    // turns are short, so that a subscription goes from one gateway to the other and back
    const timings = { ...QUICK, timeout: 2000, turn: 100 }
    const gateways = [delivering(one.sql, { timings }), delivering(other.sql, { timings })]

    const lane = async (name: number) => {
      for (let at = 0; at < EVENTS / LANES; at++) {
        await world.fire('collaborator-submitted', { fullName: `${name} ${at}`, email: `${name}-${at}@example.com` })
        gateways[at % 2]?.nudge()
      }
    }
    await Promise.all(Array.from({ length: LANES }, (_, name) => lane(name)))
    for (const { got, received, ids } of receivers) {
      await got(EVENTS, 60_000)
      expect(new Set(ids()).size).toBe(EVENTS)
      const names = received.map(({ message }) => (message.data.fullName as string).split(' ').map(Number))
      for (let name = 0; name < LANES; name++)
        expect(names.filter(([lane]) => lane === name).map(([, at]) => at)).toEqual(
          Array.from({ length: EVENTS / LANES }, (_, at) => at),
        )
    }
    await Promise.all(gateways.map(({ close }) => close()))
    expect(receivers.map(({ received }) => received.length)).toEqual([EVENTS, EVENTS, EVENTS])
    expect(await outgoing(one.sql, world.organizationId)).toEqual([])
    expect(gateways.flatMap(({ records }) => records)).toEqual([])
  })
})

describe('a gateway that starts', () => {
  it('leaves the leases of those that run', async () => {
    const url = await testDatabaseUrl()
    const { sql, close } = await openPostgres(url, 10_000)
    onTestFinished(close)
    const world = await testWorld(sql)
    const to = await receiver()
    await subscribe(sql, world.organizationId, to.url)
    await world.fire('collaborator-submitted', { fullName: 'Ann', email: 'ann@example.com' })
    const leases = leasesIn(sql)
    const [lease] = await leases.take(10, 3_600_000)
    if (lease === undefined) throw new Error('Expected a lease')
    const config = readConfig({ PORT: '0', DATABASE_URL: url, WEBHOOK_ALLOW_PRIVATE: 'true' }, 'serve')
    const gateway = await startGateway(config, { demo: false, log: recordingLog('silent').log })
    onTestFinished(() => gateway.close())
    await gateway.prepared
    await sleep(200)
    expect(to.received).toEqual([])
    await leases.release(lease)
    await to.got(1)
  })
})
