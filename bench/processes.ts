import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where each process runs, as taskset writes it; undefined where processes cannot be pinned. */
export interface Cores {
  /** The server under test, alone. */
  readonly server: string | undefined
  readonly load: string | undefined
  readonly database: string | undefined
}

/** One core for the servers under test, which take turns; the others, or the other, for what drives them. */
export const cores = (): Cores => {
  const allowed = allowedCores()
  if (allowed.length < 2 || !canPin()) return { server: undefined, load: undefined, database: undefined }
  const [server, load, ...others] = allowed.reverse().map(String)
  return { server, load, database: others.length > 0 ? others.join(',') : load }
}

const allowedCores = (): number[] => {
  if (!existsSync('/proc/self/status')) return []
  const [, list = ''] = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return list.split(',').flatMap(range => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, n) => first + n)
  })
}

/** Whether a command can be found. */
export const has = (command: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`])
    return true
  } catch {
    return false
  }
}
const canPin = () => has('taskset')

/** A command as it runs on some cores alone. */
export const pinned = (core: string | undefined, command: readonly string[]): [string, string[]] => {
  const [first = '', ...rest] = core === undefined ? command : ['taskset', '-c', core, ...command]
  return [first, rest]
}

/** A process that runs until it is stopped. */
export interface Running {
  readonly pid: number
  readonly child: ChildProcess
  /** All that it has printed. */
  output(): string
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
// no server outlives the benchmark, however that ends
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Starts a process that is to stay. */
export const start = (core: string | undefined, command: readonly string[], options: SpawnOptions = {}): Running => {
  const [file, parameters] = pinned(core, command)
  const child = spawn(file, parameters, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-100_000)
    })
  }
  const gone = once(child, 'exit').catch(() => undefined)
  void gone.then(() => running.delete(child))
  return {
    pid: child.pid ?? 0,
    child,
    output: () => output,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await gone
      clearTimeout(late)
    },
  }
}

/** Waits until something holds of a process. @throws Error with what it printed, when it ends before. */
export const until = async (process: Running, holds: () => boolean | Promise<boolean>, seconds = 60): Promise<void> => {
  const end = Date.now() + seconds * 1000
  while (!(await holds())) {
    if (process.child.exitCode !== null) throw new Error(`${process.child.spawnargs.join(' ')}:\n${process.output()}`)
    if (Date.now() > end)
      throw new Error(`Not within ${seconds} s: ${process.child.spawnargs.join(' ')}\n${process.output()}`)
    await sleep(5)
  }
}

/** Runs a command to its end. @throws Error with what it printed, when it fails. */
export const run = async (command: readonly string[], options: SpawnOptions = {}): Promise<string> => {
  const process = start(undefined, command, options)
  const [code] = await once(process.child, 'close')
  if (code !== 0) throw new Error(`${command.join(' ')} failed:\n${process.output()}`)
  return process.output()
}

/** A port that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('Expected the address of a port')
  return address.port
}

const TICKS = 100 // per second: USER_HZ, the same on every Linux

/** The seconds of processor time that a process has had, all its threads together; NaN where no one can tell. */
export const cpuOf = (pid: number): number => secondsOf(pid, 11, 12)

/** The same of a process and of all that it started, those that have ended included. */
export const cpuOfFamily = (pid: number): number => {
  const all = existsSync('/proc') ? readdirSync('/proc').filter(name => /^\d+$/.test(name)) : []
  const children = all.filter(name => parentOf(name) === pid)
  return secondsOf(pid, 11, 12, 13, 14) + children.reduce((sum, child) => sum + (cpuOf(Number(child)) || 0), 0)
}

const secondsOf = (pid: number, ...fields: number[]): number => {
  try {
    const all = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields.reduce((sum, field) => sum + Number(all[field]), 0) / TICKS
  } catch {
    return Number.NaN
  }
}

const parentOf = (pid: string): number => {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    )
  } catch {
    return Number.NaN
  }
}

/** The memory that a process has, and the most that it had, in MiB. */
export const memoryOf = (pid: number): { rss: number; peak: number } => {
  const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : ''
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024
  return { rss: field('VmRSS'), peak: field('VmHWM') }
}
