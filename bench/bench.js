// Installs what is absent, builds, and runs the rest on the Node.js that comes as an npm package. Node.js 20 and npm do.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const began = Date.now()
const bench = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))
const say = line => console.error(line)
const npm = (folder, ...parameters) => execFileSync('npm', parameters, { cwd: folder, stdio: ['ignore', 2, 2] })

if (!existsSync(`${root}node_modules`)) {
  say('Installing the gateway')
  npm(root, 'install')
}
if (!existsSync(`${root}dist/cli.js`)) {
  say('Building the gateway')
  npm(root, 'run', 'build')
}
const newest = Math.max(
  ...readdirSync(`${root}src`, { recursive: true }).map(file => statSync(`${root}src/${file}`).mtimeMs),
)
if (newest > statSync(`${root}dist/cli.js`).mtimeMs)
  say('dist/ is older than src/: what is measured is dist/, as it is')
if (!existsSync(`${bench}node_modules/node/bin/node`)) {
  say('Installing the peers')
  npm(bench, 'install', '--no-audit', '--no-fund')
}
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', bench], { stdio: 'inherit' })

const env = { ...process.env, BENCH_NODE: process.execPath, BENCH_BEGAN: String(began) }
const { status } = spawnSync(`${bench}node_modules/node/bin/node`, [`${bench}dist/run.js`, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env,
})
process.exit(status ?? 1)
