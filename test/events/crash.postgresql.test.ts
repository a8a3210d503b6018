import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createApiKey } from '../../src/access/api-keys.ts'
import { openDatabase } from '../../src/database/client.ts'
import { applyMigrations } from '../../src/database/schema-engine.ts'
import { type Sql, statement } from '../../src/database/sql.ts'
import { testDatabaseUrl } from '../support/database.ts'
import { testWorld } from '../support/world.ts'
import { flawsOf } from './audit.ts'
import { type GatewayProcess, gatewayCommand, sendEvent } from './gateways.ts'

// The gateway is killed while events arrive, over and over. What it acknowledged is there, and nothing is there by halves;
// whoever then sends everything again, not knowing what arrived, has each event taken in once.

const CRASHES = process.env.SOAK === 'true' ? 20 : 3
const CUSTOMERS = CRASHES * 12
vi.setConfig({ testTimeout: CRASHES * 60_000, hookTimeout: 180_000 })

let command: Awaited<ReturnType<typeof gatewayCommand>>
beforeAll(async () => {
  command = await gatewayCommand()
})
afterAll(() => command?.close())

interface Event {
  readonly slug: string
  readonly payload: unknown
  readonly key: string
}

/** What each of the customers does, in order: three visits, an order, a visit; some are refunded, some are paid for. */
const histories = (collaborators: readonly number[]): Event[][] =>
  Array.from({ length: CUSTOMERS }, (_, at) => {
    const userId = `customer ${at}`
    const order = { source: 'shop', externalId: `order ${at}` }
    const visit = (n: number) => ({
      slug: 'site-visited',
      payload: { collaboratorId: collaborators[n % collaborators.length], userId },
    })
    const events = [
      ...[0, 1, 2].map(visit),
      { slug: 'sale', payload: { ...order, total: 100, userId } },
      visit(3),
      ...(at % 3 === 0 ? [{ slug: 'refund', payload: order }] : []),
      ...(at % 6 === 1 ? [{ slug: 'fulfillment-generated', payload: {} }] : []),
    ]
    return events.map((event, n) => ({ ...event, key: `${at}-${n}` }))
  })

/** What was answered to events, by their keys. */
type Acknowledged = Map<string, number | null>

class Interrupted extends Error {}

/** Sends the histories, several customers' at a time, half of them as streams of lines, until it is over or the gateway is gone. */
const stream = async (
  gateway: GatewayProcess,
  key: string,
  given: readonly Event[][],
  acknowledge: (event: Event, opportunityId: number | null) => void,
): Promise<void> => {
  const waiting = [...given]
  const oneByOne = async () => {
    for (let history = waiting.shift(); history !== undefined; history = waiting.shift())
      for (const event of history) {
        const answer = await sendEvent(gateway, key, event.slug, event.payload, { 'idempotency-key': event.key }).catch(
          () => {
            throw new Interrupted()
          },
        )
        expect([answer.status, answer.text]).toEqual([200, ''])
        acknowledge(event, answer.opportunityId)
      }
  }
  const asLines = async () => {
    for (let history = waiting.shift(); history !== undefined; history = waiting.shift()) {
      const events = history
      const lines = events.map(({ slug, payload, key }) =>
        JSON.stringify({ event: slug, data: payload, idempotencyKey: key }),
      )
      let rest = ''
      try {
        const response = await fetch(`${gateway.address}/siren/v1/events`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
          body: lines.join('\n'),
        })
        for await (const chunk of response.body ?? []) {
          const results = (rest + Buffer.from(chunk).toString()).split('\n')
          rest = results.pop() ?? ''
          for (const result of results) {
            const { line, status, opportunityId = null } = JSON.parse(result)
            expect([status, result]).toEqual([200, result])
            acknowledge(events[line - 1] as Event, opportunityId)
          }
        }
      } catch (error) {
        if (error instanceof TypeError) throw new Interrupted() // what fetch says of a connection that broke
        throw error
      }
    }
  }
  const workers = await Promise.allSettled([oneByOne(), oneByOne(), oneByOne(), asLines(), asLines(), asLines()])
  const failures = workers.flatMap(worker => (worker.status === 'rejected' ? [worker.reason] : []))
  const unforeseen = failures.find(reason => !(reason instanceof Interrupted))
  if (unforeseen !== undefined) throw unforeseen
  if (failures.length > 0) throw new Interrupted()
}

/** Streams everything, kills the gateway when a share of it is acknowledged, and begins anew, until all is through. */
const survive = async (
  start: () => Promise<GatewayProcess>,
  key: string,
  given: readonly Event[][],
  look: (acknowledged: Acknowledged) => Promise<void>,
): Promise<void> => {
  const acknowledged: Acknowledged = new Map()
  const total = given.flat().length
  for (let crash = 1; crash <= CRASHES + 1; crash++) {
    const gateway = await start()
    // some must be left to be interrupted, results that are on their way not counted
    const share = (total - 60) / CRASHES
    const enough = crash > CRASHES ? Number.POSITIVE_INFINITY : (crash - Math.random()) * share
    let killed: Promise<void> | undefined
    const over = await stream(gateway, key, given, (event, opportunityId) => {
      const before = acknowledged.get(event.key)
      if (before === undefined) acknowledged.set(event.key, opportunityId)
      else expect([event.key, opportunityId]).toEqual([event.key, before])
      if (acknowledged.size >= enough) killed ??= gateway.kill()
    }).then(
      () => true,
      error => {
        if (!(error instanceof Interrupted)) throw error
        return false
      },
    )
    expect(over).toBe(crash > CRASHES)
    if (killed === undefined) await gateway.stop()
    else await killed
    await look(acknowledged)
  }
  expect(acknowledged.size).toBe(total)
}

/** A shop with two programs, one of which pays all, and an administrator's key. */
const shopOf = async (database: Awaited<ReturnType<typeof openDatabase>>) => {
  const world = await testWorld(database.sql)
  const programs = [
    await world.program({ incentiveResolverType: 'performanceWeightedPool', autoApprove: true }),
    await world.program({ triggers: { referredSiteVisit: 7 } }),
  ]
  const collaborators = [await world.collaborator({ programs }), await world.collaborator({ programs })]
  const { organizationId } = world
  const { rawKey } = await createApiKey(database.sql, { organizationId, role: 'administrator', label: 'test' })
  return { organizationId, key: rawKey, given: histories(collaborators) }
}

/** What was acknowledged is there, and nothing is there by halves. */
const expectWhole = async (sql: Sql, organizationId: number, acknowledged: Acknowledged) => {
  const taken = await sql.rows(ingested, [organizationId])
  const keys = taken.map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
  expect([...acknowledged.keys()].filter(key => !keys.includes(key))).toEqual([])
  expect(await flawsOf(sql, organizationId)).toEqual([])
  return taken
}
const ingested = statement<{ key: string; slug: string }>(`
  select idempotency_key as key, slug from ingested_event where organization_id = $1`)

/** What all events came to, each of them once. */
const expectComplete = async (sql: Sql, organizationId: number, given: readonly Event[][]) => {
  expect(await sql.rows(outcome, [organizationId])).toEqual([
    {
      events: given.flat().length,
      opportunities: CUSTOMERS,
      points: CUSTOMERS * 4 * 107,
      transactions: CUSTOMERS,
      refunded: Math.ceil(CUSTOMERS / 3),
      conversions: CUSTOMERS * 3,
      obligations: CUSTOMERS * 3,
    },
  ])
}
const count = (table: string, condition = 'true') =>
  `(select count(*) from ${table} t where t.organization_id = $1 and ${condition})`
const outcome = statement(`select
  ${count('ingested_event')} as events, ${count('opportunity')} as opportunities,
  (select sum(score)::bigint from engagement where organization_id = $1) as points,
  ${count('transaction')} as transactions, ${count('transaction', `t.status = 'refunded'`)} as refunded,
  ${count('conversion')} as conversions, ${count('obligation', `t.award_type <> 'clawback'`)} as obligations`)

describe('a gateway that is killed while events arrive', () => {
  it('keeps on PostgreSQL what it acknowledged, and takes everything in once when it is sent again', async () => {
    const url = await testDatabaseUrl()
    const database = await openDatabase({ databaseUrl: url, dataDir: '', statementTimeout: 10_000 })
    try {
      const { organizationId, key, given } = await shopOf(database)
      await survive(
        () => command.start({ DATABASE_URL: url }),
        key,
        given,
        async acknowledged => {
          await expectWhole(database.sql, organizationId, acknowledged)
        },
      )
      await expectComplete(database.sql, organizationId, given)
    } finally {
      await database.close()
    }
  })

  it('keeps it in a folder of its own just as well', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'siren-crash-'))
    const opened = async <T>(work: (database: Awaited<ReturnType<typeof openDatabase>>) => Promise<T>): Promise<T> => {
      const database = await openDatabase({ dataDir, statementTimeout: 10_000 })
      try {
        return await work(database)
      } finally {
        await database.close()
      }
    }
    try {
      await opened(applyMigrations)
      const { organizationId, key, given } = await opened(shopOf)
      let crashes = 0
      await survive(
        () => command.start({ DATA_DIR: dataDir }),
        key,
        given,
        async acknowledged => {
          // every other time the next gateway is the first to open what was left
          if (crashes++ % 2 === 0) await opened(({ sql }) => expectWhole(sql, organizationId, acknowledged))
        },
      )
      await opened(async ({ sql }) => {
        await expectWhole(sql, organizationId, new Map())
        await expectComplete(sql, organizationId, given)
      })
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})
