import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type BuiltCli, buildCli } from '../built-cli.ts'

/** A gateway that runs as a process of its own. */
export interface GatewayProcess {
  readonly address: string
  /** Ends it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>
  /** Asks it to stop, and waits until it is gone. */
  stop(): Promise<void>
}

/** What a gateway answered to an event. */
export interface Answer {
  readonly status: number
  /** The opportunity that the event belongs to; null for none. */
  readonly opportunityId: number | null
  readonly text: string
}

/** Compiles the command, once for all gateways of a file. */
export const gatewayCommand = async () => {
  const cli: BuiltCli = await buildCli()
  const running = new Set<ChildProcess>()
  return {
    /** Starts `serve` on a database, and waits until it is ready. */
    start: async (database: { DATABASE_URL: string } | { DATA_DIR: string }): Promise<GatewayProcess> => {
      const child = spawn(process.execPath, [cli.path, 'serve'], {
        env: { PATH: process.env.PATH, PORT: '0', LOG_LEVEL: 'info', ...database },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      running.add(child)
      const exited = once(child, 'exit').then(() => running.delete(child))
      const address = await new Promise<string>((resolve, reject) => {
        let output = ''
        const read = (chunk: Buffer) => {
          output += chunk
          const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
          if (found) resolve(found)
        }
        child.stdout.on('data', read)
        child.stderr.on('data', read)
        exited.then(() => reject(new Error(`the gateway ended: ${output}`)))
      })
      while ((await fetch(`${address}/ready`)).status !== 200) await new Promise(resolve => setTimeout(resolve, 50))
      const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
        child.kill(signal)
        await exited
      }
      return { address, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
    },
    /** Ends whatever still runs, and removes the command. */
    close: async (): Promise<void> => {
      const gone = [...running].map(child => once(child, 'exit'))
      for (const child of running) child.kill('SIGKILL')
      await Promise.all(gone)
      await cli.remove()
    },
  }
}

/** Sends an event with a key. Rejects when there is no answer. */
export const sendEvent = async (
  { address }: Pick<GatewayProcess, 'address'>,
  key: string,
  slug: string,
  payload: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => {
  const response = await fetch(`${address}/siren/v1/event/${slug}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(payload),
  })
  const text = await response.text()
  const id = response.headers.get('x-siren-oid')
  return { status: response.status, opportunityId: id === null ? null : Number(id), text }
}
