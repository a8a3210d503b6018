import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Gateway, startGateway } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { makeLog } from '../src/http/logging.ts'

// What the README shows is what happens: its commands are run as they stand, against the demo.

const README = await readFile(new URL('../README.md', import.meta.url), 'utf8')

/** The blocks of code after the one that has this text, itself first. */
const blocksFrom = (text: string): string[] => {
  const blocks = [...README.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code = '']) => code)
  const at = blocks.findIndex(code => code.includes(text))
  if (at < 0) throw new Error(`Expected a block of code with ${text}`)
  return blocks.slice(at)
}

/** Whether this machine has a curl that can print a header of an answer. */
const missing = (() => {
  try {
    const [, major = 0, minor = 0] =
      /^curl (\d+)\.(\d+)/.exec(execFileSync('curl', ['--version'], { encoding: 'utf8' })) ?? []
    return Number(major) * 100 + Number(minor) >= 783 ? undefined : 'curl is older than 7.83'
  } catch {
    return 'curl is not installed'
  }
})()
if (missing !== undefined && process.env.CI === 'true') throw new Error(`Expected curl: ${missing}`)

describe.skipIf(missing !== undefined)(
  `the commands of the README${missing === undefined ? '' : `, skipped: ${missing}`}`,
  () => {
    let folder: string
    let gateway: Gateway
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'siren-readme-'))
      gateway = await startGateway(readConfig({ PORT: '0', DATA_DIR: folder }, 'demo'), {
        demo: true,
        log: makeLog('silent'),
      })
      await gateway.prepared
    })
    afterAll(async () => {
      await gateway?.close()
      await rm(folder, { recursive: true, force: true })
    })

    const run = async (script: string): Promise<string> => {
      const address = gateway.address.replace('http://', '')
      const { stdout } = await promisify(execFile)('bash', ['-c', script.replaceAll('127.0.0.1:4000', address)])
      return stdout
    }

    it('ask a first question, and get the answer', async () => {
      const [script = '', answer = ''] = blocksFrom('--get --data-urlencode')
      expect(JSON.parse(await run(script))).toEqual(JSON.parse(answer))
    })

    it('walk a customer from a visit to a renewal', async () => {
      const [script = '', output = ''] = blocksFrom('send site-visited')
      expect(await run(script)).toBe(output)
    })
  },
)
