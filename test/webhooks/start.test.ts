import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startGateway } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/database/client.ts'
import { applyMigrations } from '../../src/database/schema-engine.ts'
import { leasesIn } from '../../src/webhooks/leases.ts'
import { recordingLog } from '../http/sample.ts'
import { testWorld } from '../support/world.ts'
import { receiver, subscribe } from './receiver.ts'

it('a gateway on a folder waits for no lease of the process that had it before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'siren-webhooks-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const to = await receiver()
  const database = await openDatabase({ dataDir: folder, statementTimeout: 10_000 })
  await applyMigrations(database)
  const { sql } = database
  const world = await testWorld(sql)
  await subscribe(sql, world.organizationId, to.url)
  await world.fire('collaborator-submitted', { fullName: 'Ann', email: 'ann@example.com' })
  expect(await leasesIn(sql).take(10, 3_600_000)).toHaveLength(1)
  await database.close()

  const config = readConfig({ PORT: '0', DATA_DIR: folder, WEBHOOK_ALLOW_PRIVATE: 'true' }, 'serve')
  const gateway = await startGateway(config, { demo: false, log: recordingLog('silent').log })
  onTestFinished(() => gateway.close())
  const [received] = await to.got(1)
  expect(received?.message.data).toMatchObject({ fullName: 'Ann' })
})
