import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Sql, statement } from '../../src/database/sql.ts'
import { deadLetters, replay } from '../../src/webhooks/dead-letters.ts'
import { leasesIn } from '../../src/webhooks/leases.ts'
import { webhookSubscriptions } from '../../src/webhooks/subscriptions.ts'
import { testDatabase } from '../support/database.ts'
import { testWorld } from '../support/world.ts'
import { json, outgoing } from './outbox.ts'
import { type Answer, delivering, QUICK, receiver, signatureOf, subscribe } from './receiver.ts'

const { sql } = await testDatabase()

/** An organization that somebody is told about: each application makes one message. */
const told = async (answer?: Answer, events: readonly string[] = ['*']) => {
  const world = await testWorld(sql)
  const { organizationId } = world
  const to = await receiver(answer)
  const subscription = await subscribe(sql, organizationId, to.url, events)
  let count = 0
  const apply = async (times = 1) => {
    for (let time = 0; time < times; time++) {
      const fullName = `${++count}`
      await world.fire('collaborator-submitted', { fullName, email: `${fullName}@example.com` })
    }
  }
  const names = () => to.received.map(({ message }) => Number(message.data.fullName))
  const waiting = () => outgoing(sql, organizationId)
  /** Waits until nothing is left to be sent. */
  const done = () => eventually(async () => expect(await waiting()).toEqual([]))
  onTestFinished(async () => {
    await sql.rows(clear, [organizationId])
  })
  return { world, organizationId, to, subscription, apply, names, waiting, done }
}
const clear = statement('delete from webhook_subscription where organization_id = $1')

/** Waits until an expectation is met, however busy the machine is. */
const eventually = (expectation: () => unknown) => vi.waitFor(expectation, { timeout: 20_000, interval: 5 })

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1)

describe('a message', () => {
  it('is sent as JSON, and signed by what its receiver was told', async () => {
    const { world, to, subscription, apply, done } = await told()
    await apply()
    delivering(sql)
    const [received] = await to.got(1)
    if (received === undefined) throw new Error('Expected a message')
    const { headers, message } = received
    expect([received.method, received.path]).toEqual(['POST', '/hook'])
    expect(headers).toMatchObject({
      host: `127.0.0.1:${to.port}`,
      'content-type': 'application/json',
      'user-agent': 'siren-gateway',
      'x-siren-event': 'collaborator.created',
      'x-siren-delivery': message.deliveryId,
      'x-siren-signature': signatureOf(received, subscription.signingSecret),
    })
    expect(headers['x-siren-signature']).toMatch(/^sha256=[0-9a-f]{64}$/)
    const [collaborator] = await world.collaborators()
    expect(message).toEqual({
      type: 'collaborator.created',
      data: json(collaborator),
      deliveryId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    await done()
    expect(to.received).toHaveLength(1)
  })

  it('is sent soon after a nudge, without waiting for the clock', async () => {
    const { to, apply } = await told()
    const delivery = delivering(sql, { timings: { ...QUICK, poll: 3_600_000 } })
    await sleep(50)
    await apply()
    delivery.nudge()
    await to.got(1)
    await apply()
    delivery.nudge()
    await to.got(2)
  })

  it('is sent without a nudge, when it was written elsewhere', async () => {
    const { to, apply } = await told()
    delivering(sql)
    await sleep(50)
    await apply()
    await to.got(1)
  })

  it('comes after those before it, over one connection', async () => {
    const { to, apply, names, done } = await told()
    await apply(50)
    delivering(sql)
    await done()
    expect(names()).toEqual(upTo(50))
    expect(new Set(to.ids()).size).toBe(50)
    expect(to.connections()).toBeLessThanOrEqual(2)
  })

  it('goes to whoever wants its type, with an id of its own for each', async () => {
    const { organizationId, to, apply, done } = await told(undefined, ['collaborator.created'])
    const [all, none] = [await receiver(), await receiver()]
    await subscribe(sql, organizationId, all.url)
    await subscribe(sql, organizationId, none.url, ['sale.created', 'metrics.updated'])
    delivering(sql)
    await apply(2)
    await done()
    expect([to.types(), all.types(), none.types()]).toEqual([
      ['collaborator.created', 'collaborator.created'],
      ['collaborator.created', 'collaborator.created'],
      [],
    ])
    expect(new Set([...to.ids(), ...all.ids()]).size).toBe(4)
  })

  it('goes to no other organization', async () => {
    const [here, there] = [await told(), await told()]
    delivering(sql)
    await here.apply(3)
    await here.done()
    expect(here.to.received).toHaveLength(3)
    expect(there.to.received).toHaveLength(0)
  })
})

/** Ways to fail, and what is said about them afterwards. */
const FAILURES: readonly [name: string, answer: Answer, error: string][] = [
  ['answers 500', response => response.writeHead(500).end('no'), 'answered 500'],
  ['answers 404', response => response.writeHead(404).end(), 'answered 404'],
  ['answers 304', response => response.writeHead(304).end(), 'answered 304'],
  ['is silent', () => {}, 'no answer within 0.3 s'],
  ['answers by and by', response => void response.writeHead(200).write('a'), 'no answer within 0.3 s'],
  ['hangs up', response => response.destroy(), 'ECONNRESET'],
  [
    'hangs up in the middle of its answer',
    response => {
      response.writeHead(200, { 'content-length': 100 }).write('half')
      setTimeout(() => response.destroy(), 20)
    },
    'answered 200, and hung up',
  ],
  [
    'switches to another protocol',
    response => response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end(),
    'answered 101',
  ],
  ['answers no HTTP', response => response.socket?.end('nonsense\r\n\r\n'), 'HPE_INVALID_CONSTANT'],
]

describe('a receiver that fails', () => {
  it.each(FAILURES)(
    'because it %s gets the same message again, and then what comes after it',
    async (_, fail, error) => {
      const { organizationId, to, apply, names, waiting, done } = await told((response, received, at) =>
        at < 2 ? fail(response, received, at) : response.end(),
      )
      const errors = new Set<string | null | undefined>()
      const looking = setInterval(async () => {
        for (const { attempts, lastError } of await waiting()) if (attempts > 0) errors.add(lastError)
      }, 5)
      onTestFinished(() => clearInterval(looking))
      await apply(3)
      delivering(sql, { timings: { ...QUICK, backoff: () => 50 } })
      await done()
      clearInterval(looking)
      expect(names()).toEqual([1, 1, 1, 2, 3])
      const [first, second, third] = to.received
      expect([second?.body, third?.body]).toEqual([first?.body, first?.body])
      expect(second?.headers['x-siren-signature']).toBe(first?.headers['x-siren-signature'])
      expect([...errors]).toEqual([error])
      expect(await deadLetters(sql, { organizationId })).toEqual([])
    },
  )

  it.each([301, 302, 303, 307, 308])('by a redirection (%d) is not followed', async status => {
    const elsewhere = await receiver()
    const { to, apply, waiting } = await told(response => response.writeHead(status, { location: elsewhere.url }).end())
    await apply()
    delivering(sql)
    await to.got(3)
    expect(elsewhere.received).toHaveLength(0)
    expect(await waiting()).toMatchObject([{ lastError: `answered ${status}` }])
  })

  it('by being down gets everything once it is up', async () => {
    const { to, apply, names, waiting, done } = await told()
    await to.stop()
    await apply(3)
    delivering(sql)
    await eventually(async () => expect((await waiting())[0]?.attempts).toBeGreaterThan(1))
    expect(await waiting()).toMatchObject([{ lastError: 'ECONNREFUSED' }, { attempts: 0 }, { attempts: 0 }])
    await to.start()
    await done()
    expect(names()).toEqual([1, 2, 3])
  })

  it('holds up nobody else', async () => {
    const slow = await Promise.all([1, 2, 3].map(() => told(() => {})))
    const broken = await told(response => response.writeHead(500).end())
    const sound = await told()
    for (const { apply } of [...slow, broken, sound]) await apply(20)
    delivering(sql, { timings: { ...QUICK, timeout: 30_000 } })
    await sound.done()
    expect(sound.to.received).toHaveLength(20)
    for (const { to } of slow) expect(to.received.length).toBeLessThanOrEqual(1)
    for (const { waiting } of [...slow, broken]) expect(await waiting()).toHaveLength(20)
  })

  it('may say as much as it likes: it is not listened to', async () => {
    const { to, apply, done } = await told(response => {
      response.writeHead(200)
      const talk = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1)
      response.on('close', () => clearInterval(talk))
    })
    await apply(2)
    delivering(sql)
    await done()
    expect(to.received).toHaveLength(2)
  })

  it('may end its answer by hanging up, when it has said so', async () => {
    const { to, apply, done } = await told(response => response.socket?.end('HTTP/1.0 200 OK\r\n\r\nfine'))
    await apply(3)
    delivering(sql)
    await done()
    expect(to.received).toHaveLength(3)
  })

  it('lets go of a connection between two messages, and is connected to again', async () => {
    const { to, apply, names, waiting, done } = await told((response, _, at) => {
      const { socket } = response
      response.end()
      if (at % 3 === 0) setTimeout(() => socket?.destroy(), 1)
    })
    await apply(30)
    delivering(sql)
    await done()
    expect(new Set(names())).toEqual(new Set(upTo(30)))
    expect(to.connections()).toBeGreaterThan(5)
    expect(await waiting()).toEqual([])
  })

  it('is asked again later and later, for hours', async () => {
    const { apply, waiting, to } = await told(response => response.writeHead(503).end())
    await apply()
    const { backoff: _, ...timings } = QUICK
    delivering(sql, { timings })
    const waits: number[] = []
    for (let attempt = 1; attempt < 15; attempt++) {
      await to.got(attempt)
      await eventually(async () => expect((await waiting())[0]?.attempts).toBe(attempt))
      const [{ wait } = { wait: 0 }] = await sql.rows(hurry, [(await waiting())[0]?.id])
      waits.push(wait)
    }
    await eventually(async () => expect((await waiting())[0]?.status).toBe('dead'))
    for (const [at, wait] of waits.entries()) {
      const full = Math.min(1000 * 2 ** at, 3_600_000)
      expect(wait, `after attempt ${at + 1}`).toBeGreaterThan(full / 2 - 5000)
      expect(wait, `after attempt ${at + 1}`).toBeLessThanOrEqual(full)
    }
  })
})
/** How long a message had to wait still, in milliseconds; it has not any more. */
const hurry = statement<{ wait: number }>(`
  with before as (select id, extract(epoch from next_attempt_at - clock_timestamp()) * 1000 as wait from webhook_delivery where id = $1)
  update webhook_delivery d set next_attempt_at = clock_timestamp() from before where d.id = before.id
  returning before.wait::float8 as wait`)

describe('receivers that are slow', () => {
  /** So many of them, which answer when they are told to. */
  const slow = async (organizationIds: readonly number[]) => {
    const held: (() => void)[] = []
    const to = await receiver(response => void held.push(() => response.end()))
    for (const organizationId of organizationIds) await subscribe(sql, organizationId, to.url)
    return { to, answerOne: () => held.shift()?.() }
  }
  const timings = { ...QUICK, timeout: 30_000, turn: 50 }

  it('hold up no others beyond their turn, neither of their organization nor of another', async () => {
    const [here, there] = [await told(), await told()]
    const { to } = await slow([here, here, here, there, there].map(({ organizationId }) => organizationId))
    for (const { apply } of [here, there]) await apply()
    delivering(sql, { timings, limits: { turns: 2 } })
    await to.got(5)
    for (const { apply } of [here, there]) await apply(3)
    for (const story of [here, there]) {
      await story.to.got(4)
      expect(story.names()).toEqual([1, 2, 3, 4])
    }
    expect(to.received).toHaveLength(5) // and none of them has answered
  })

  it('are waited for all at once, but for those above the limit', async () => {
    const { organizationId, apply } = await told()
    const { to, answerOne } = await slow(Array(5).fill(organizationId))
    await apply()
    delivering(sql, { timings, limits: { turns: 2, connections: 4 } })
    await to.got(4)
    await sleep(200)
    expect(to.received).toHaveLength(4)
    answerOne()
    await to.got(5)
  })

  it('have one message a turn', async () => {
    const { to, apply, done } = await told(response => void setTimeout(() => response.end(), 100))
    await apply(3)
    delivering(sql, { timings })
    await done()
    expect(to.connections()).toBe(3) // of which there is one for as long as a turn
  })
})

describe('a message that was given up', () => {
  const dead = async () => {
    let isBroken = true
    const story = await told((response, { message }) =>
      response.writeHead(isBroken && message.data.fullName !== '3' ? 500 : 200).end(),
    )
    const delivery = delivering(sql, { attempts: 3 })
    await story.apply(3)
    await eventually(async () => expect((await story.waiting()).map(({ status }) => status)).toEqual(['dead', 'dead']))
    isBroken = false
    const { organizationId, subscription } = story
    return {
      ...story,
      delivery,
      id: subscription.id,
      webhooks: webhookSubscriptions(sql, { allowPrivate: true }),
      organizationId,
    }
  }

  it('lets those after it pass, and stays to be looked at', async () => {
    const { organizationId, to, names, id, webhooks, delivery } = await dead()
    await to.got(7)
    expect(names()).toEqual([1, 1, 1, 2, 2, 2, 3])
    const letters = await webhooks.deadLetters(organizationId)
    expect(letters).toEqual(
      [0, 3].map(at => ({
        organizationId,
        subscriptionId: id,
        deliveryId: to.ids()[at],
        type: 'collaborator.created',
        attempts: 3,
        lastError: 'answered 500',
        dateCreated: expect.any(Date),
      })),
    )
    expect(await webhooks.deadLetters(organizationId, id)).toEqual(letters)
    expect(await webhooks.deadLetters(organizationId, id + 1)).toEqual([])
    expect(await deadLetters(sql)).toEqual(expect.arrayContaining(letters))
    expect(await deadLetters(sql, { subscriptionId: id })).toEqual(letters)
    expect(delivery.records).toMatchObject([
      {
        level: 40,
        msg: 'a webhook was given up',
        subscriptionId: id,
        deliveryId: to.ids()[0],
        failure: 'answered 500',
      },
      { deliveryId: to.ids()[3] },
    ])
    expect(JSON.stringify(delivery.records)).not.toContain('whsec_')
  })

  it('is sent again when somebody says so, with the same id', async () => {
    const { organizationId, to, id, webhooks, done } = await dead()
    const [first, second] = await webhooks.deadLetters(organizationId)
    await to.got(7)
    const other = await told()
    await expect(webhooks.replay(other.organizationId, id)).rejects.toThrow('was not found')
    expect(await webhooks.replay(organizationId, id, 'nonsense')).toBe(0)
    expect(await webhooks.replay(organizationId, id, second?.deliveryId)).toBe(1)
    await to.got(8)
    expect(to.ids()[7]).toBe(second?.deliveryId)
    expect(await webhooks.replay(organizationId, id, second?.deliveryId)).toBe(0)
    expect(await replay(sql, { subscriptionId: id })).toBe(1)
    await done()
    expect(to.ids()[8]).toBe(first?.deliveryId)
    expect(to.received).toHaveLength(9)
  })
})

describe('a message that waits for its next attempt', () => {
  it('waits while one before it is sent again', async () => {
    let answers = [500, 500]
    const { organizationId, subscription, to, apply, names, waiting } = await told(response =>
      response.writeHead(answers.shift() ?? 200).end(),
    )
    await apply(2)
    const first = delivering(sql, { attempts: 1 })
    await to.got(2)
    await eventually(async () => expect((await waiting()).map(({ status }) => status)).toEqual(['dead', 'dead']))
    await first.close()
    answers = [500]
    const [, second] = await waiting()
    await replay(sql, { organizationId, deliveryId: second?.deliveryId })
    delivering(sql, { timings: { ...QUICK, backoff: () => 60_000 } })
    await to.got(3)
    await eventually(async () => expect(await waiting()).toMatchObject([{}, { attempts: 1 }]))
    await replay(sql, { subscriptionId: subscription.id })
    await to.got(4)
    await sleep(100)
    expect(names()).toEqual([1, 2, 2, 1])
  })
})

describe('a subscription that is removed', () => {
  it('while it is sent to breaks nothing, and gets no more', async () => {
    const { organizationId, to, subscription, apply, waiting } = await told(response => {
      setTimeout(() => response.end(), 50)
    })
    const delivery = delivering(sql)
    await apply(5)
    await to.got(1)
    await webhookSubscriptions(sql, { allowPrivate: true }).remove(organizationId, subscription.id)
    const sent = to.received.length
    const other = await told()
    await other.apply()
    await other.done()
    await sleep(100)
    expect(to.received.length).toBeLessThanOrEqual(sent + 1)
    expect(await waiting()).toEqual([])
    expect(delivery.records).toEqual([])
  })
})

describe('a lease', () => {
  it('keeps others away, until it is over', async () => {
    const { apply, subscription } = await told()
    await apply()
    const leases = leasesIn(sql)
    const ours = async (duration: number) =>
      (await leases.take(10, duration)).filter(({ subscriptionId }) => subscriptionId === subscription.id)
    const [first] = await ours(200)
    expect(first).toBeDefined()
    expect(await ours(200)).toEqual([])
    await sleep(250)
    expect(await ours(10_000)).toMatchObject([{ leasedBy: expect.not.stringMatching(first?.leasedBy ?? '') }])
  })

  it('is over at most 22 seconds after its gateway', async () => {
    const { to, apply, subscription } = await told(() => {})
    await apply()
    delivering(sql, { timings: {} })
    await to.got(1)
    const [{ left } = { left: 0 }] = await sql.rows(remaining, [subscription.id])
    expect(left).toBeGreaterThan(10)
    expect(left).toBeLessThanOrEqual(22)
  })

  it('goes to an organization that has fewer of them first', async () => {
    const many = await told()
    for (const _ of [1, 2]) await subscribe(sql, many.organizationId, many.to.url)
    const one = await told()
    for (const { apply } of [many, one]) await apply()
    const leases = leasesIn(sql)
    const taken: number[] = []
    for (let turn = 0; turn < 4; turn++)
      for (const { organizationId } of await leases.take(1, 60_000)) taken.push(organizationId)
    expect(taken).toEqual([many, one, many, many].map(({ organizationId }) => organizationId))
  })

  it('goes to one of each organization before it goes to two of one', async () => {
    const many = await told()
    for (const _ of [1, 2]) await subscribe(sql, many.organizationId, many.to.url)
    const one = await told()
    for (const { apply } of [many, one]) await apply()
    const taken = await leasesIn(sql).take(2, 60_000)
    expect(new Set(taken.map(({ organizationId }) => organizationId)).size).toBe(2)
  })

  it('that ended while a message was sent leaves the message to whoever has it now', async () => {
    const held: (() => void)[] = []
    const { to, apply, waiting, subscription, done } = await told((response, _, at) => {
      if (at === 0) held.push(() => response.writeHead(500).end())
      else if (at === 1) held.push(() => response.end())
      else response.end()
    })
    await apply(2)
    const timings = { ...QUICK, timeout: 5000, turn: 1000 }
    const late = delivering(sql, { timings })
    await to.got(1)
    await sql.rows(expire, [subscription.id])
    delivering(sql, { timings })
    await to.got(2)
    expect(to.ids()[1]).toBe(to.ids()[0])
    held[0]?.() // the first one hears of a failure, which is none of its business any more
    await late.close()
    expect(await waiting()).toMatchObject([{ attempts: 0, lastError: null }, { attempts: 0 }])
    held[1]?.()
    await done()
    expect(to.received).toHaveLength(3)
  })

  it('that ended does not let a success be struck off either', async () => {
    const { apply, waiting } = await told()
    await apply()
    const leases = leasesIn(sql)
    const [lease] = await leases.take(10, 1)
    if (lease === undefined) throw new Error('Expected a lease')
    const [message] = await leases.next(lease)
    if (message === undefined) throw new Error('Expected a message')
    await sleep(20)
    const [other] = await leases.take(10, 1000)
    expect(await leases.delivered(lease, message)).toBe(false)
    expect(await leases.failed(lease, message, 'late', 1)).toBe(false)
    await leases.release(lease)
    expect(await leases.take(10, 1000)).toEqual([])
    expect(await waiting()).toMatchObject([{ attempts: 0, lastError: null }])
    if (other) expect(await leases.delivered(other, message)).toBe(true)
    expect(await waiting()).toEqual([])
  })

  it('goes round, so that many who wait have their turns', async () => {
    const stories = await Promise.all([1, 2, 3, 4].map(() => told()))
    for (const { apply } of stories) await apply()
    const leases = leasesIn(sql)
    const turns: number[] = []
    for (let turn = 0; turn < 8; turn++) {
      const [lease] = await leases.take(1, 1000)
      if (lease === undefined) throw new Error('Expected a lease')
      turns.push(lease.subscriptionId)
      await leases.release(lease)
      await sleep(5)
    }
    expect(turns.slice(4)).toEqual(turns.slice(0, 4))
    expect(new Set(turns).size).toBe(4)
  })
})

describe('a delivery that is closed', () => {
  it('finishes what it is sending, begins nothing more, and lets go', async () => {
    const { to, apply, waiting } = await told(response => {
      setTimeout(() => response.end(), 100)
    })
    await apply(3)
    const delivery = delivering(sql)
    await to.got(1)
    await delivery.close()
    expect(to.received).toHaveLength(1)
    expect(await waiting()).toHaveLength(2)
    expect(await leasesIn(sql).take(10, 1)).toHaveLength(1)
    delivery.nudge()
    await sleep(50)
    expect(to.received).toHaveLength(1)
  })

  it('cuts what takes too long, which is no failure', async () => {
    const { to, apply, waiting } = await told(() => {})
    await apply()
    const delivery = delivering(sql, { timings: { timeout: 10_000 } })
    await to.got(1)
    const began = performance.now()
    await delivery.close(100)
    expect(performance.now() - began).toBeLessThan(5000)
    expect(await waiting()).toMatchObject([{ attempts: 0, lastError: null }])
    expect(await leasesIn(sql).take(10, 1)).toHaveLength(1)
  })
})

describe('a database that is out of reach', () => {
  it('is told of once, and tried until it is there', async () => {
    const { to, apply, done } = await told()
    let isDown = true
    const flaky: Sql = {
      ...sql,
      rows: (...asked) => (isDown ? Promise.reject(new Error('gone')) : sql.rows(...asked)),
    }
    await apply(2)
    const { records } = delivering(flaky)
    await eventually(() => expect(records).not.toEqual([]))
    await sleep(200)
    expect(records).toMatchObject([{ level: 50, msg: 'webhooks wait for the database', err: { message: 'gone' } }])
    isDown = false
    await done()
    expect(records).toMatchObject([{}, { level: 30, msg: 'webhooks are delivered again' }])
    expect(to.received).toHaveLength(2)
  })

  it('in the middle of a turn is waited for, and the lease too', async () => {
    const { to, apply, done } = await told()
    let isDown = false
    const flaky: Sql = {
      ...sql,
      rows: async (asked, values) => {
        if (isDown && asked.text.includes('delete')) {
          isDown = false
          throw new Error('gone')
        }
        return sql.rows(asked, values)
      },
    }
    await apply(3)
    isDown = true
    delivering(flaky, { timings: { ...QUICK, timeout: 100, turn: 100 } })
    await done()
    expect(to.received.map(({ message }) => message.data.fullName)).toEqual(['1', '1', '2', '3'])
    expect(to.ids()[1]).toBe(to.ids()[0])
  })
})

describe('a target that is not public', () => {
  it('is not connected to, wherever it was when the subscription was made', async () => {
    const world = await testWorld(sql)
    const { organizationId } = world
    onTestFinished(async () => {
      await sql.rows(clear, [organizationId])
    })
    const hidden = await receiver()
    const answers = [['1.1.1.1']]
    const resolve = async () => answers.shift() ?? ['127.0.0.1']
    const webhooks = webhookSubscriptions(sql, { allowPrivate: false, resolve })
    await webhooks.create(organizationId, { targetUrl: `http://rebinding.example:${hidden.port}/`, events: ['*'] })
    await subscribe(sql, organizationId, hidden.url) // from when private ones were allowed
    await world.fire('collaborator-submitted', { fullName: 'Joe', email: 'joe@example.com' })
    const delivery = delivering(sql, { allowPrivate: false, resolve, attempts: 2 })
    await eventually(async () =>
      expect(await deadLetters(sql, { organizationId })).toMatchObject(
        Array(2).fill({ lastError: 'Expected a host whose addresses are all public', attempts: 2 }),
      ),
    )
    await delivery.close()
    expect(hidden.connections()).toBe(0)
  })

  it('is connected to at the very addresses that were resolved', async () => {
    const world = await testWorld(sql)
    const to = await receiver()
    let asked = 0
    const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['203.0.113.1'])
    await subscribe(sql, world.organizationId, `http://localhost:${to.port}/hook`)
    await world.fire('collaborator-submitted', { fullName: 'Joe', email: 'joe@example.com' })
    delivering(sql, { resolve })
    const [received] = await to.got(1)
    expect(received?.headers.host).toBe(`localhost:${to.port}`)
    expect(asked).toBe(1)
  })

  it('that cannot be resolved in time is given up for now', async () => {
    const world = await testWorld(sql)
    const { organizationId } = world
    onTestFinished(async () => {
      await sql.rows(clear, [organizationId])
    })
    await subscribe(sql, organizationId, 'http://localhost/')
    await world.fire('collaborator-submitted', { fullName: 'Joe', email: 'joe@example.com' })
    delivering(sql, { attempts: 1, resolve: () => new Promise(() => {}) })
    await eventually(async () =>
      expect(await deadLetters(sql, { organizationId })).toMatchObject([{ lastError: 'no answer within 0.3 s' }]),
    )
  })
})

const expire = statement('update webhook_subscription set leased_until = clock_timestamp() where id = $1')
const remaining = statement<{ left: number }>(`
  select extract(epoch from leased_until - clock_timestamp())::float8 as "left" from webhook_subscription where id = $1`)
