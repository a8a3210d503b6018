import type { TestProject } from 'vitest/node'
import { type Database, openPostgres } from '../../src/database/client.ts'

import { seed } from '../../src/seed/seed.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { administer } from './database.ts'
import { migrate } from './migrate.ts'

let cluster: Cluster | undefined

/** Starts PostgreSQL and makes each content once, as a database that new ones are copied from. */
export const setup = async (project: TestProject): Promise<void> => {
  const started = await startCluster()
  cluster = started
  const server = started.url('postgres')
  const copied = { empty: 'template1', migrated: 'migrated', small: 'small' }
  await administer(server, 'create database migrated')
  await withDatabase(started.url('migrated'), migrate)
  await administer(server, 'create database small template migrated')
  await withDatabase(started.url('small'), ({ sql }) => seed(sql, 'small'))
  project.provide('templates', { kind: 'postgresql', server, templates: copied })
}

/** Ends PostgreSQL. */
export const teardown = async (): Promise<void> => cluster?.stop()

const withDatabase = async (url: string, work: (database: Database) => Promise<unknown>): Promise<void> => {
  const database = await openPostgres(url, 60_000)
  try {
    await work(database)
  } finally {
    await database.close()
  }
}
