import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { TestProject } from 'vitest/node'
import { openPglite, PGLITE } from '../../src/database/client.ts'

import { seed } from '../../src/seed/seed.ts'
import { migrate } from './migrate.ts'

let folder: string | undefined

/** Makes each content once, as a dump that a test loads in a fraction of the time. */
export const setup = async (project: TestProject): Promise<void> => {
  const dumps = await mkdtemp(join(tmpdir(), 'siren-pglite-'))
  folder = dumps
  const pglite = await PGlite.create(PGLITE)
  const dump = async (name: string) => {
    const path = join(dumps, `${name}.tar`)
    await writeFile(path, Buffer.from(await (await pglite.dumpDataDir('none')).arrayBuffer()))
    return path
  }
  const database = await openPglite(pglite)
  const empty = await dump('empty')
  await migrate(database)
  const migrated = await dump('migrated')
  await seed(database.sql, 'small')
  const small = await dump('small')
  await database.close()
  project.provide('templates', { kind: 'pglite', dumps: { empty, migrated, small } })
}

/** Removes the dumps. */
export const teardown = async (): Promise<void> => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}
