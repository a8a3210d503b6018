import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from '../database/sql.ts'
import { type Lease, leasesIn } from './leases.ts'
import { type Connection, connection } from './request.ts'
import type { TargetRules } from './target.ts'

/** When things happen, in milliseconds. */
export interface Timings {
  /** How often it is looked for messages that are due, beside each nudge. */
  readonly poll: number
  /** How soon after another a look is taken: nudges may come faster than that is worth it. */
  readonly spacing: number
  /** How long a message and its answer may take together. */
  readonly timeout: number
  /**
   * How long a subscription is sent to, before others have their turn: a last answer is waited for beside them. Other
   * gateways are kept away for as long as two messages may take on top, so that the last one can end.
   */
  readonly turn: number
  /** How long a message waits after an attempt that failed, the first being 1. */
  readonly backoff: (attempt: number) => number
}

/** How much is done at the same time. */
export interface Limits {
  /** As many subscriptions have their turn: what they cost is the database's time. */
  readonly turns: number
  /** As many are connected to: beside those that have their turn, those that did not answer within theirs. */
  readonly connections: number
}

/** What messages are delivered with. */
export interface DeliveryOptions extends TargetRules {
  readonly sql: Sql
  readonly log: DeliveryLog
  readonly timings?: Partial<Timings>
  readonly limits?: Partial<Limits>
  /** After how many attempts a message is given up; 15, unless it is said. */
  readonly attempts?: number
}

/** Hears of messages that were given up, and of a database that is out of reach; a pino logger is one. */
export interface DeliveryLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** Delivers in the background. */
export interface WebhookDelivery {
  /** Says that there may be something to send. */
  nudge(): void
  /**
   * Takes nothing up any more, and waits for what is being sent; what is not finished `within` so many milliseconds is cut,
   * and will be sent again. The database has to be open still.
   */
  close(within?: number): Promise<void>
}

const TIMINGS: Timings = {
  poll: 1000,
  spacing: 25,
  timeout: 10_000,
  turn: 2000,
  // from half of it on: receivers that went at the same time are not asked at the same time ever after
  backoff: attempt => Math.min(1000 * 2 ** (attempt - 1), 3_600_000) * (0.5 + Math.random() / 2),
}

const LIMITS: Limits = { turns: 64, connections: 500 }

/**
 * Delivers what is in the outbox until it is closed: to each subscription in order, one message after the other, while others
 * go on by themselves. A message that fails is sent again, later and later, and what comes after it waits; in the end it is
 * given up. Any number of gateways may do this on one database: a subscription is one gateway's at a time.
 */
export const webhookDelivery = (options: DeliveryOptions): WebhookDelivery => {
  const { sql, log, timings, limits, attempts = 15, ...rules } = options
  const { poll, spacing, timeout, turn, backoff } = { ...TIMINGS, ...timings }
  const most = { ...LIMITS, ...limits }
  const leases = leasesIn(sql)
  const bell = new Bell()
  const turns = new Set<Lease>()
  const connections = new Map<Promise<void>, Connection>()
  let isClosing = false
  let isCut = false
  let isOutOfReach = false

  const run = async () => {
    while (!isClosing) {
      const began = performance.now()
      await look(began)
      // where looking takes long, it is done more rarely: a tenth of the time is enough
      const pause = Math.min(poll, Math.max(spacing, 10 * (performance.now() - began)))
      await bell.wait(poll)
      if (!isClosing) await sleep(Math.max(0, began + pause - performance.now()))
    }
  }

  const look = async (now: number) => {
    const room = Math.min(most.turns - turns.size, most.connections - connections.size)
    if (room <= 0) return
    try {
      const taken = await leases.take(room, turn + 2 * timeout)
      if (isOutOfReach) log.info({}, 'webhooks are delivered again')
      isOutOfReach = false
      for (const one of taken) begin(one, now + turn)
    } catch (error) {
      failed(error)
    }
  }

  const failed = (error: unknown) => {
    if (!isOutOfReach) log.error({ err: error }, 'webhooks wait for the database')
    isOutOfReach = true
  }

  const begin = (taken: Lease, until: number) => {
    const connected = connection(taken.targetUrl, taken.signingSecret, { ...rules, timeout })
    const endTurn = () => {
      turns.delete(taken)
      bell.ring()
    }
    turns.add(taken)
    const over = setTimeout(endTurn, until - performance.now())
    // after an error the lease is left to end by itself: what cannot be done would else be tried without a pause
    const done = deliver(taken, connected, until)
      .then(() => leases.release(taken))
      .catch(failed)
      .finally(() => {
        connected.close()
        connections.delete(done)
        clearTimeout(over)
        endTurn()
      })
    connections.set(done, connected)
  }

  /** Sends a subscription's messages until none is due, one fails, or so late that another might outlast the lease. */
  const deliver = async (taken: Lease, connected: Connection, until: number): Promise<void> => {
    for (;;) {
      const messages = await leases.next(taken)
      if (messages.length === 0) return
      for (const message of messages) {
        if (!message.isDue || isClosing || performance.now() > until) return
        const failure = await failureOf(connected.send(message))
        if (failure === undefined) {
          if (await leases.delivered(taken, message)) continue
          return
        }
        if (isCut) return // nobody's failure
        const attempt = message.attempts + 1
        const wait = attempt < attempts ? backoff(attempt) : null
        if (!(await leases.failed(taken, message, failure, wait)) || wait !== null) return
        const { type, deliveryId } = message
        const { organizationId, subscriptionId } = taken
        log.warn({ organizationId, subscriptionId, deliveryId, type, attempt, failure }, 'a webhook was given up')
      }
    }
  }

  const running = run()
  return {
    nudge: () => bell.ring(),
    close: async (within = 2 * timeout) => {
      isClosing = true
      bell.ring()
      const late = setTimeout(() => {
        isCut = true
        for (const connected of connections.values()) connected.close()
      }, within)
      await running
      await Promise.all(connections.keys())
      clearTimeout(late)
    },
  }
}

/** Why something failed, in a few words; undefined when it did not. */
const failureOf = async (work: Promise<void>): Promise<string | undefined> => {
  try {
    await work
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return (code ?? message).slice(0, 200)
  }
}

/** Wakes who waits for it, or who is about to. */
class Bell {
  #isRung = false
  #wake = () => {}

  ring(): void {
    this.#isRung = true
    this.#wake()
  }

  /** Waits until it rings, but not longer than so many milliseconds. */
  async wait(longest: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    if (!this.#isRung)
      await new Promise<void>(resolve => {
        this.#wake = resolve
        timer = setTimeout(resolve, longest)
      })
    clearTimeout(timer)
    this.#isRung = false
  }
}
