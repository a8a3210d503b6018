import { setTimeout as sleep } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { ApiKeys, DEMO_KEYS, putDemoKeys } from './access/api-keys.ts'
import { authenticator } from './access/authenticate.ts'
import type { Config, JsonWebTokenConfig } from './config.ts'
import { type Database, openDatabase } from './database/client.ts'
import { applyMigrations, isNewer, migrationsOf, reasonNotMigrated } from './database/schema-engine.ts'
import { statement } from './database/sql.ts'
import { fillDemo } from './demo/fill.ts'
import { applySetup, previewSetup } from './directory/apply.ts'
import { KeptNames } from './directory/names.ts'
import { TRIGGER_STRATEGIES } from './engagements/triggers/strategies.ts'
import { StartError } from './errors.ts'
import { loadExtensions } from './extensions/load.ts'
import { contextFor } from './graphql/context.ts'
import { schema } from './graphql/schema.ts'
import { readiness } from './http/health.ts'
import { makeLog } from './http/logging.ts'
import { cannotListen, type HeldPort } from './http/port.ts'
import { makeServer, stopServer } from './http/server.ts'
import { FeedMilestones } from './notes/milestones.ts'
import { Parts, pipeline, setupPorts } from './pipeline.ts'
import { type WebhookDelivery, webhookDelivery } from './webhooks/delivery.ts'
import { endLeases } from './webhooks/leases.ts'
import { webhookSubscriptions } from './webhooks/subscriptions.ts'

/** How a gateway is started, beside its configuration. */
export interface GatewayOptions {
  /** Whether demo data is made and demo keys are accepted. */
  demo: boolean
  log?: Logger
  /** How long a database that cannot be reached is waited for, in milliseconds. */
  patience?: number
  /** Holds the configured port until the gateway listens there. */
  port?: HeldPort
}

/** A gateway that listens. */
export interface Gateway {
  /** Where it listens, such as `http://127.0.0.1:4000`. */
  readonly address: string
  /**
   * What the database holds, once it has been reached and prepared. Rejects with a StartError when that fails: the gateway
   * still listens then, and answers that it is not ready.
   */
  readonly prepared: Promise<Prepared>
  /** Finishes what is in flight, for as long as the configuration says, then closes the database. */
  close(): Promise<void>
}

/** Whether the demo's organization is there: not so in a database that already had another one. */
export interface Prepared {
  demoOrganization: boolean
}

/**
 * Puts the parts together and listens, so that health can be asked for while the database is being prepared: migrated, where
 * the database is this gateway's own, and in the demo filled.
 * @throws StartError when the data folder is in use or the address cannot be listened at.
 */
export const startGateway = async (
  config: Config,
  { demo, log = makeLog(config.logLevel), patience = 30_000, port }: GatewayOptions,
): Promise<Gateway> => {
  const parts = new Parts()
  await loadExtensions(config.extensions, parts)
  const database = await openDatabase(config)
  const { sql } = database
  const ingestion = pipeline(sql, parts)
  const stopping = new AbortController()
  let stage: string | null = 'the database has not been reached yet'
  let webhooks: WebhookDelivery | undefined
  const authentication = authenticator({
    sql,
    verifyJsonWebToken: config.jsonWebToken && (await verifierOf(config.jsonWebToken)),
    allowDemoKeys: demo,
    onError: error => log.error({ err: error }, 'the last use of keys was not written down'),
  })
  const triggers = parts.strategies.map(({ id }) => id)
  const milestones = new FeedMilestones(sql, {
    onError: error => log.error({ err: error }, 'the milestones of a feed were not made'),
  })
  const shared = { sql, blueprints: parts.blueprints, strategies: parts.strategies, milestones, names: new KeptNames() }
  const ready = readiness(async () => stage ?? reasonNotMigrated(await migrationsOf(database)), { log })
  const app = makeServer({
    schema,
    contextFor: (viewer, asked) => contextFor(shared, viewer, asked),
    rest: {
      contextFor: viewer => contextFor(shared, viewer),
      apiKeys: viewer => new ApiKeys(sql, viewer),
      webhooks: webhookSubscriptions(sql, { allowPrivate: config.webhookAllowPrivate }),
    },
    authenticate: authentication.authenticate,
    ingest: async (delivery, viewer) => {
      const receipt = await ingestion.ingest(delivery, viewer)
      webhooks?.nudge()
      return receipt
    },
    incoming: parts.incoming,
    setup: async (document, { organizationId }, { isPreview }) => {
      if (isPreview) return previewSetup(sql, document, { organizationId, triggers })
      const summary = await applySetup(sql, document, { organizationId, triggers, ...setupPorts(ingestion) })
      webhooks?.nudge()
      return summary
    },
    readiness: ready,
    introspection: config.introspection,
    graphiql: config.graphiql && (demo ? { key: DEMO_KEYS[0].rawKey } : {}),
    welcome: demo,
    corsOrigins: config.corsOrigins,
    trustProxy: config.trustProxy,
    bodyLimit: config.bodyLimit,
    log,
  })
  const closeDatabase = async () => {
    await authentication.close()
    await milestones.close()
    await database.close()
  }
  const listen = async () => {
    await app.ready()
    port?.release() // as late as it can be, so that nobody else takes it
    return app.listen({ port: config.port, host: config.host, listenTextResolver: at => `listening at ${at}` })
  }
  const address = await listen().catch(async error => {
    await closeDatabase()
    throw cannotListen(error, config)
  })

  const prepare = async (): Promise<Prepared> => {
    await reach(database, patience, stopping.signal)
    stopping.signal.throwIfAborted()
    // a database of a newer version is left alone: the readiness says so, and the demo stops with the error of the migration
    const isOurs = demo || (database.kind === 'pglite' && !isNewer(await migrationsOf(database)))
    if (isOurs) {
      stage = 'the database is being migrated'
      await applyMigrations(database)
    }
    let demoOrganization = false
    if (demo) {
      stage = 'the demo is being filled'
      demoOrganization = await prepareDemo(database, stopping.signal)
    }
    if (isOurs && database.kind === 'pglite') await endLeases(sql) // whoever had them does not live: the folder is ours
    stage = null
    ready.changed()
    deliverWhenReady().catch(() => {}) // told to stop before that
    return { demoOrganization }
  }
  const deliverWhenReady = async () => {
    while ((await ready.reason()) !== null) await sleep(1000, undefined, { signal: stopping.signal })
    if (!stopping.signal.aborted) webhooks = webhookDelivery({ sql, log, allowPrivate: config.webhookAllowPrivate })
  }
  const prepared = prepare()
  prepared.catch(() => {}) // whoever starts the gateway hears of it

  return {
    address,
    prepared,
    close: async () => {
      stopping.abort()
      await Promise.all([stopServer(app, config.shutdownTimeout), webhooks?.close(config.shutdownTimeout)])
      await Promise.race([prepared.catch(() => {}), sleep(config.shutdownTimeout, undefined, { ref: false })])
      await closeDatabase()
    },
  }
}

/**
 * Stops a gateway when the process is told to, and ends the process: with 0 after a signal, with 1 after an error that nobody
 * caught. A second signal ends it at once. The signal it answers is aborted when the first one has come.
 */
export const stopOnSignals = (
  gateway: Gateway,
  { log, shutdownTimeout }: { log: Logger; shutdownTimeout: number },
): AbortSignal => {
  const told = new AbortController()
  const grace = closeWithGrace(
    {
      delay: shutdownTimeout * 2 + 5000, // server and preparation have the time-out each
      logger: false,
      skip: [...SIGNALS, 'unhandledRejection', 'beforeExit'],
      onTimeout: () => log.error('stopping took too long'),
    },
    async ({ err }) => {
      if (err) log.fatal({ err }, 'uncaught error')
      await gateway.close()
      log.info('stopped')
    },
  )
  let first: number | undefined
  for (const signal of SIGNALS)
    process.on(signal, () => {
      if (first === undefined) {
        first = Date.now()
        told.abort()
        log.info({ signal }, 'stopping')
        grace.close()
      } else if (Date.now() - first > ECHO) process.exit(1)
    })
  process.on('unhandledRejection', error => log.error({ err: error }, 'unhandled rejection'))
  return told.signal
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** Under npm one Ctrl-C arrives twice, from the terminal and from npm; in milliseconds. */
const ECHO = 200

/** Most gateways know keys alone: they start without what checks tokens. */
const verifierOf = async (options: JsonWebTokenConfig) => {
  const { jsonWebTokenVerifier } = await import('./access/json-web-token.ts')
  return jsonWebTokenVerifier(options)
}

/** Waits until the database answers. @throws StartError when it did not in time. */
const reach = async ({ sql }: Database, patience: number, signal: AbortSignal): Promise<void> => {
  const deadline = Date.now() + patience
  for (;;) {
    try {
      await sql.rows(anything, [])
      return
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      if (Date.now() >= deadline)
        throw new StartError(
          `DATABASE_URL: the database could not be reached for ${patience / 1000} s: ${message || code}`,
          { cause: error },
        )
      await sleep(Math.min(1000, deadline - Date.now()), undefined, { signal })
    }
  }
}
const anything = statement<{ one: number }>('select 1 as one')

/** Makes the demo's organization where there is none at all, and has the demo's keys open it. Answers whether it is there. */
const prepareDemo = async ({ sql, prisma }: Database, signal: AbortSignal): Promise<boolean> => {
  const triggers = TRIGGER_STRATEGIES.map(({ id }) => id)
  const demo = await fillDemo(sql, { ingestion: pipeline(sql), triggers, signal })
  if (demo === undefined) return false
  await putDemoKeys(prisma, demo)
  return true
}
