import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createApiKey } from '../src/access/api-keys.ts'
import { type GatewayOptions, startGateway } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { openPostgres } from '../src/database/client.ts'
import { applyMigrations } from '../src/database/schema-engine.ts'
import { recordingLog } from './http/sample.ts'
import { administer, testDatabaseUrl } from './support/database.ts'

const { log } = recordingLog('silent')

const started = async (env: NodeJS.ProcessEnv, options: Partial<GatewayOptions> = {}) => {
  const config = readConfig({ PORT: '0', ...env }, 'serve')
  const gateway = await startGateway(config, { demo: false, log, ...options })
  onTestFinished(() => gateway.close())
  return gateway
}

const ready = async (address: string) => {
  const response = await fetch(`${address}/ready`)
  return [response.status, ((await response.json()) as { reason?: string }).reason]
}

const ask = async (address: string, key: string, query: string) => {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  return { status: response.status, body: await response.json() }
}

const until = async (condition: () => Promise<boolean>) => {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 100))
}

describe('a gateway on PostgreSQL', () => {
  it('serves nothing until somebody migrates, and then without a restart', async () => {
    const url = await testDatabaseUrl('empty')
    const { log, records } = recordingLog()
    const { address, prepared } = await started({ DATABASE_URL: url }, { log })
    await prepared
    const reason = expect.stringMatching(/^migrations are pending: .*; run siren-gateway migrate$/)
    await expect.poll(() => records).toContainEqual(expect.objectContaining({ msg: 'not ready', reason }))
    expect(records.filter(({ err }) => err !== undefined)).toEqual([])
    expect(await ready(address)).toEqual([503, reason])
    expect(await ask(address, 'sk_live_x', '{ viewer { role } }')).toMatchObject({
      status: 503,
      body: { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] },
    })
    const database = await openPostgres(url, 10_000)
    onTestFinished(() => database.close())
    await applyMigrations(database)
    await until(async () => (await ready(address))[0] === 200)
    expect((await ask(address, 'sk_live_x', '{ viewer { role } }')).status).toBe(401)
  })

  it('is not ready while a newer version has migrated the database, and leaves that alone', async () => {
    const url = await testDatabaseUrl('migrated')
    const database = await openPostgres(url, 10_000)
    onTestFinished(() => database.close())
    const { address, prepared } = await started({ DATABASE_URL: url })
    await prepared
    await until(async () => (await ready(address))[0] === 200)

    await database.sql.script(`
      insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) values
      ('1', 'x', '29990101000000_hats', now(), 1), ('2', 'x', '29990102000000_caps', null, 0)`)
    const reason =
      'a newer version of siren-gateway has migrated the database (29990101000000_hats is not known here): run that version'
    await until(async () => (await ready(address))[0] === 503)
    expect(await ready(address)).toEqual([503, reason])
    await expect(applyMigrations(database)).rejects.toThrow(`Nothing was changed: ${reason}`)
    const second = await started({ DATABASE_URL: url })
    await second.prepared
    expect(await ready(second.address)).toEqual([503, reason])
    const demo = await started({ DATABASE_URL: url }, { demo: true })
    await expect(demo.prepared).rejects.toThrow(`Nothing was changed: ${reason}`)

    // what has neither run nor finished has left nothing
    await database.sql.script(`delete from _prisma_migrations where id = '1'`)
    await until(async () => (await ready(address))[0] === 200)
  })

  it('refuses the demo’s keys, and takes its own', async () => {
    const url = await testDatabaseUrl('small')
    const database = await openPostgres(url, 10_000)
    onTestFinished(() => database.close())
    const { rawKey } = await createApiKey(database.sql, { organizationId: 1, role: 'administrator', label: 'test' })
    const { address, prepared } = await started({ DATABASE_URL: url })
    await prepared
    expect((await ask(address, 'sk_demo_admin', '{ viewer { role } }')).status).toBe(401)
    expect(await ask(address, rawKey, '{ viewer { role } }')).toEqual({
      status: 200,
      body: { data: { viewer: { role: 'ADMINISTRATOR' } } },
    })
  })

  it('outlives a database that goes and comes back', async () => {
    const url = await testDatabaseUrl('small')
    const database = await openPostgres(url, 10_000)
    const { rawKey } = await createApiKey(database.sql, { organizationId: 1, role: 'administrator', label: 'test' })
    await database.close()
    const { address, prepared } = await started({ DATABASE_URL: url })
    await prepared
    const query = '{ engagements(first: 1) { nodes { databaseId } } }'
    expect((await ask(address, rawKey, query)).status).toBe(200)

    const name = new URL(url).pathname.slice(1)
    const server = new URL('postgres', url).href
    await administer(server, `alter database "${name}" allow_connections false`)
    await administer(server, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    await until(async () => (await ready(address))[0] === 503)
    const { body } = await ask(address, rawKey, query)
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] })
    expect(JSON.stringify(body)).not.toContain(name)

    await administer(server, `alter database "${name}" allow_connections true`)
    await until(async () => (await ready(address))[0] === 200)
    expect((await ask(address, rawKey, query)).body).toMatchObject({ data: { engagements: { nodes: [{}] } } })
  })

  it('does not wait for a statement for ever', async () => {
    const url = await testDatabaseUrl('small')
    const database = await openPostgres(url, 10_000)
    const { rawKey } = await createApiKey(database.sql, { organizationId: 1, role: 'administrator', label: 'test' })
    await database.close()
    const { address, prepared } = await started({ DATABASE_URL: url, STATEMENT_TIMEOUT: '200ms' })
    await prepared
    expect((await ask(address, rawKey, '{ viewer { role } }')).status).toBe(200)
    const blocker = new pg.Client({ connectionString: url })
    await blocker.connect()
    onTestFinished(() => blocker.end())
    await blocker.query('begin; lock table engagement in access exclusive mode')
    const { body } = await ask(address, rawKey, '{ engagements(first: 1) { nodes { databaseId } } }')
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] })
    await blocker.query('rollback')
  })

  it('gives up on a database that stays out of reach, and says so', async () => {
    const { address, prepared } = await started(
      { DATABASE_URL: 'postgres://siren:secret@127.0.0.1:1/siren' },
      { patience: 1200 },
    )
    expect((await fetch(`${address}/health`)).status).toBe(200)
    expect(await ready(address)).toEqual([503, 'the database has not been reached yet'])
    await expect(prepared).rejects.toThrow(
      /^DATABASE_URL: the database could not be reached for 1.2 s: connect ECONNREFUSED/,
    )
    await expect(prepared).rejects.not.toThrow(/secret/)
  })
})

describe('the demo on PostgreSQL', () => {
  it('is one organization, however many gateways start at once', async () => {
    const url = await testDatabaseUrl('empty')
    const gateways = await Promise.all([1, 2, 3].map(() => started({ DATABASE_URL: url }, { demo: true })))
    const query = '{ viewer { organization { databaseId name } } notes(sourceType: ORGANIZATION) { totalCount } }'
    for (const { address, prepared } of gateways) {
      expect(await prepared).toEqual({ demoOrganization: true })
      expect(await ready(address)).toEqual([200, undefined])
      expect((await ask(address, 'sk_demo_admin', query)).body).toEqual({
        data: { viewer: { organization: { databaseId: 1, name: 'Harbour Books' } }, notes: { totalCount: 1 } },
      })
    }
    const database = await openPostgres(url, 10_000)
    onTestFinished(() => database.close())
    expect(await database.prisma.organization.count()).toBe(1)
    expect(await database.prisma.note.count()).toBe(1500)
  })

  it('leaves data alone that is not its own', async () => {
    const url = await testDatabaseUrl('migrated')
    const database = await openPostgres(url, 10_000)
    onTestFinished(() => database.close())
    await database.prisma.organization.create({ data: { name: 'Somebody else' } })
    const { address, prepared } = await started({ DATABASE_URL: url }, { demo: true })
    expect(await prepared).toEqual({ demoOrganization: false })
    expect((await ask(address, 'sk_demo_admin', '{ viewer { role } }')).status).toBe(401)
    expect(await database.prisma.organization.count()).toBe(1)
    expect(await database.prisma.apiKey.count()).toBe(0)
  })
})
