import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The command, compiled. */
export interface BuiltCli {
  readonly path: string
  remove(): Promise<void>
}

/**
 * Compiles the sources as they are now, since Node runs no TypeScript. Not into `dist/`, which may be in use; inside the
 * project, so that packages are found; beside a link to `prisma/`, as `dist/` is.
 */
export const buildCli = async (): Promise<BuiltCli> => {
  const cache = join(ROOT, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'siren-gateway-'))
  await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'))
  await symlink(join(ROOT, 'prisma'), join(folder, 'prisma'))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const outDir = join(folder, 'dist')
  const emit = ['-p', 'tsconfig.build.json', '--outDir', outDir, '--noCheck', '--declaration', 'false'] // types are checked elsewhere
  await promisify(execFile)(process.execPath, [tsc, ...emit], { cwd: ROOT })
  return { path: join(outDir, 'cli.js'), remove: () => rm(folder, { recursive: true, force: true }) }
}
