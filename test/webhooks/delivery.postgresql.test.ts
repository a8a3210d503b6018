import { describe, expect, it, onTestFinished } from 'vitest'
import { openPostgres } from '../../src/database/client.ts'
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
