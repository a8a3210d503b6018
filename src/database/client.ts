import { closeSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PGlite, type Transaction } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { tryLock } from 'fs-native-extensions'
import pg from 'pg'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { StartError } from '../errors.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { Client } from './rows-of-bytes.ts'
import { PARSERS, retried, type Sql } from './sql.ts'
import { Execution } from './wire.ts'

/** An open database, whichever it is. */
export interface Database {
  readonly kind: 'pglite' | 'postgresql'
  /** Hot reads, and the writes of ingestion. */
  readonly sql: Sql
  /** Set-up, keys, and what else is off the hot path. Its 64-bit ids are bigint: they stay in this layer's callers' writes. */
  readonly prisma: PrismaClient
  /** Lends Prisma's schema engine what it works on; of several processes that ask at once, one at a time gets it. */
  withSchemaAdapter<T>(work: (adapter: SqlMigrationAwareDriverAdapterFactory) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** PostgreSQL's address; without it the database is a PGlite in `dataDir`. */
  databaseUrl?: string | undefined
  dataDir: string
  /** How long PostgreSQL may work on one statement, in milliseconds. */
  statementTimeout: number
  /** What is done when the data folder has no database; `create`, unless it is said. */
  missing?: MissingDatabase
}

/** Makes a database in the folder, makes one in memory that nobody sees again, or makes none. */
export type MissingDatabase = 'create' | 'memory' | 'refuse'

/**
 * Opens the database that the options name.
 * @throws StartError when the data folder is locked or cannot be used, or has no database and is not to get one.
 */
export const openDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const { databaseUrl, dataDir, statementTimeout, missing = 'create' } = options
  if (databaseUrl !== undefined) return openPostgres(databaseUrl, statementTimeout)
  const flaw = missing === 'create' ? null : flawOf(dataDir)
  if (flaw === null) return openFolder(dataDir)
  if (missing === 'memory') return openPglite(await PGlite.create(PGLITE))
  throw new StartError(
    `DATA_DIR: expected a folder with a database, but ${resolve(dataDir)} ${flaw}. siren-gateway demo, serve, migrate, apply and seed make one there. Nothing was changed.`,
  )
}

/** What a folder is instead of one with a database. */
const flawOf = (dataDir: string): string | null => {
  try {
    if (readdirSync(dataDir).length === 0) return 'is empty'
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : `cannot be read: ${message}`
  }
  return existsSync(join(dataDir, FOLDER, 'PG_VERSION')) ? null : 'has no database in it'
}

/** PGlite's own folder, inside of the data folder. */
const FOLDER = 'pglite'

/** A pool of connections to PostgreSQL. It connects when first used. */
export const openPostgres = async (databaseUrl: string, statementTimeout: number): Promise<Database> => {
  const pool = new pg.Pool({
    Client,
    connectionString: databaseUrl,
    max: 10,
    connectionTimeoutMillis: 5000,
    // settings, not start-up parameters: PgBouncer refuses those it does not know
    onConnect: async client => {
      await client.query(
        `set timezone = 'UTC'; set default_transaction_isolation = 'read committed'; set statement_timeout = ${Math.trunc(statementTimeout)}`,
      )
    },
  } as pg.PoolConfig)
  // a connection that breaks is told by its statement, by the next one when it breaks between two
  pool.on('connect', connection => connection.on('error', ignored))
  pool.on('error', ignored) // an idle connection that broke is replaced by the pool; the next statement tells whether that works
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  return {
    kind: 'postgresql',
    sql: {
      ...throughPool(pool),
      transaction: work =>
        retried(async () => {
          const connection = await pool.connect()
          let broken: unknown
          try {
            await connection.query('begin')
            const result = await work(within(through(connection)))
            await connection.query('commit')
            return result
          } catch (error) {
            await connection.query('rollback').catch(lost => {
              broken = lost
            })
            throw error
          } finally {
            connection.release(broken !== undefined)
          }
        }),
    },
    prisma,
    withSchemaAdapter: async work => {
      // the lock lives as long as its connection, and has no time limit, unlike the engine's own
      const guard = new pg.Client({ connectionString: databaseUrl })
      // one connection, since the engine's lock and its statements have to share a session
      const single = new pg.Pool({ connectionString: databaseUrl, max: 1 })
      try {
        await guard.connect()
        await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
        return await work(runningScripts(new PrismaPg(single), script => single.query(script)))
      } finally {
        await single.end()
        await guard.end()
      }
    },
    close: async () => {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

const ignored = () => {}

/** Statements through a pool: as `pool.query`, but an error that leaves its connection usable does not end that. */
const throughPool = (pool: pg.Pool): Omit<Sql, 'transaction'> => ({
  rows: (statement, values) =>
    traced((resolve, reject) =>
      pool.connect((unreachable, client, release) => {
        if (client === undefined) return reject(unreachable)
        const execution = new Execution(statement, values, (error, rows) => {
          release(execution.isPending)
          if (rows === undefined) reject(error)
          else resolve(rows)
        })
        client.query(execution)
      }),
    ),
  script: async text => {
    await pool.query(text)
  },
})

/** Statements through one connection of a pool. */
const through = (client: pg.PoolClient): Omit<Sql, 'transaction'> => ({
  rows: (statement, values) =>
    traced((resolve, reject) =>
      client.query(
        new Execution(statement, values, (error, rows) => {
          if (rows === undefined) reject(error)
          else resolve(rows)
        }),
      ),
    ),
  script: async text => {
    await client.query(text)
  },
})

/** A promise whose error says who asked, and not which bytes of a socket brought it. */
const traced = async <Result>(work: ConstructorParameters<typeof Promise<Result>>[0]): Promise<Result> => {
  try {
    return await new Promise(work)
  } catch (error) {
    Error.captureStackTrace(error as Error)
    throw error
  }
}

/** The port for the work of a transaction that has begun. */
const within = (statements: Omit<Sql, 'transaction'>): Sql => {
  const sql: Sql = { ...statements, transaction: work => work(sql) }
  return sql
}

/** Any number that nothing else in the database locks. */
const MIGRATION_LOCK = 7_436_001

/** What every PGlite is made with: a folder that was written with an extension cannot be used without. */
export const PGLITE = { extensions: { pg_trgm } }

/** PGlite above its own folder, which one process at a time may have: a second one would destroy it. */
const openFolder = async (dataDir: string): Promise<Database> => {
  const lock = lockFolder(dataDir)
  try {
    const pglite = await PGlite.create(join(dataDir, FOLDER), PGLITE)
    const database = await openPglite(pglite)
    return {
      ...database,
      close: async () => {
        await database.close()
        closeSync(lock)
      },
    }
  } catch (error) {
    closeSync(lock)
    throw new StartError(
      `The database in ${dataDir} cannot be opened: it is damaged, or not a PGlite database of this version. Nothing was changed. Restore the folder from a copy, or set DATA_DIR to another one.`,
      { cause: error },
    )
  }
}

/** The operating system's lock: it goes with its process, however that ends, and can never be taken from a living one. */
const lockFolder = (dataDir: string): number => {
  let descriptor: number
  try {
    mkdirSync(dataDir, { recursive: true })
    descriptor = openSync(join(dataDir, 'lock'), 'a')
  } catch (error) {
    throw new StartError(
      `DATA_DIR ${dataDir} cannot be used: ${(error as Error).message}. Expected a folder that this user may write.`,
      { cause: error },
    )
  }
  if (tryLock(descriptor)) return descriptor
  closeSync(descriptor)
  throw new StartError(
    `The data folder ${dataDir} is in use by another process, such as a running gateway. A set-up reaches a running gateway by siren-gateway apply FILE --url http://… --key …; for anything else stop that process first, set DATA_DIR to another folder, or use DATABASE_URL, which many processes can share.`,
  )
}

/** The same interface above a PGlite that is already there. */
export const openPglite = async (pglite: PGlite): Promise<Database> => {
  await pglite.exec(`set timezone = 'UTC'`)
  const prisma = new PrismaClient({ adapter: new PrismaPGlite(pglite) })
  return {
    kind: 'pglite',
    sql: {
      ...inside(pglite),
      transaction: work => retried(() => pglite.transaction(begun => work(within(inside(begun))))),
    },
    prisma,
    withSchemaAdapter: work => work(runningScripts(new PrismaPGlite(pglite), script => pglite.exec(script))),
    close: async () => {
      await prisma.$disconnect()
      await pglite.close()
    },
  }
}

const inside = (pglite: PGlite | Transaction): Omit<Sql, 'transaction'> => ({
  rows: async <Row>({ text }: { text: string }, values: readonly unknown[]) =>
    (await pglite.query<Row>(text, values as unknown[], { parsers: { ...PARSERS } })).rows,
  script: async text => {
    await pglite.exec(text)
  },
})

/**
 * Has a migration's script run whole, as one transaction with the note that it is finished, and waited for. The adapters'
 * own ways do not: PrismaPg cuts it at each semicolon, one inside a comment or a string included, and PrismaPGlite does
 * not wait for its end. The engine notes the end only afterwards: a process that is killed between the two would leave a
 * migration of which nobody can tell whether it was applied.
 */
const runningScripts = (
  factory: SqlMigrationAwareDriverAdapterFactory,
  run: (script: string) => Promise<unknown>,
): SqlMigrationAwareDriverAdapterFactory => ({
  provider: factory.provider,
  adapterName: factory.adapterName,
  connectToShadowDb: () => factory.connectToShadowDb(),
  connect: async () =>
    Object.assign(await factory.connect(), {
      executeScript: async (script: string) => {
        await run(`${script}\n;${FINISHED}`)
      },
    }),
})

const FINISHED =
  'update _prisma_migrations set finished_at = now() where finished_at is null and rolled_back_at is null'
