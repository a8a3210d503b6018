import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type BuiltCli, buildCli } from '../built-cli.ts'

/** What a command has ended with. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How a command is run beside its environment: by another path, or from another folder than that of the test file. */
export interface RunOptions {
  readonly script?: readonly string[]
  readonly cwd?: string
}

/** The compiled command, and a folder for the data of a test file; both go with the file. */
export const testCommand = () => {
  let cli: BuiltCli | undefined
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'siren-cli-'))
    cli = await buildCli()
  })
  afterAll(async () => {
    await cli?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const path = () => cli?.path ?? ''
  const inFolder = (name: string) => join(folder, name)

  const begin = (
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    { script = [path()], cwd = folder }: RunOptions = {},
  ): ChildProcessWithoutNullStreams =>
    spawn(process.execPath, [...script, ...args], {
      cwd,
      env: { PATH: process.env.PATH, DATA_DIR: inFolder('default'), PORT: '0', ...env },
    })

  /** Runs a command to its end. */
  const run = async (args: readonly string[], env?: NodeJS.ProcessEnv, options?: RunOptions): Promise<Ended> => {
    const child = begin(args, env, options)
    const [stdout, stderr, [code]] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      once(child, 'exit'),
    ])
    return { code, stdout, stderr }
  }

  /** Starts a gateway and waits until it listens; it is killed with the test, if not before. */
  const listen = async (command: 'demo' | 'serve', env: NodeJS.ProcessEnv, options?: RunOptions) => {
    const child = begin([command], env, options)
    let output = ''
    const exited = once(child, 'exit').then(([code, signal]) => code ?? signal)
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await exited
    })
    const address = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk
        const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
        if (found) resolve(found)
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      exited.then(code => reject(new Error(`exited with ${code}: ${output}`)))
    })
    return { child, address, exited, output: () => output }
  }

  /** Starts a gateway and waits until it is ready. */
  const start = async (...args: Parameters<typeof listen>) => {
    const gateway = await listen(...args)
    while ((await fetch(`${gateway.address}/ready`)).status !== 200) await pause(50)
    return gateway
  }

  return { path, inFolder, begin, run, listen, start }
}

/** All that a stream says. */
export const textOf = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

/** Waits, where there is nothing to wait for. */
export const pause = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds))
