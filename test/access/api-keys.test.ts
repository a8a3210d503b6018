import { createHash } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApiKey, DEMO_KEYS, listApiKeys, putDemoKeys, revokeApiKey } from '../../src/access/api-keys.ts'
import { type Database, openPglite } from '../../src/database/client.ts'
import { applyMigrations } from '../../src/database/schema-engine.ts'
import { InvalidInputError, RecordNotFoundError } from '../../src/errors.ts'

let database: Database

beforeAll(async () => {
  database = await openPglite(await PGlite.create())
  await applyMigrations(database)
  await database.sql.script(`
    insert into organization (id, name) values (1, 'Acme'), (2, 'Globex');
    insert into collaborator (organization_id, id, full_name, email)
      values (1, 15, 'Ada', 'ada@example.com'), (2, 16, 'Bob', 'bob@example.com')`)
})
beforeEach(() => database.sql.script('truncate api_key restart identity'))
afterAll(() => database.close())

const label = 'Shop'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('a new key', () => {
  it('is shown once and stored as its hash', async () => {
    const { prisma, sql } = database
    const { id, rawKey } = await createApiKey(sql, { organizationId: 1, role: 'administrator', label })
    expect(rawKey).toMatch(/^sk_live_[\w-]{43}$/)
    expect(await listApiKeys(sql)).toEqual([
      {
        id,
        organizationId: 1,
        keyPrefix: rawKey.slice(0, 12),
        label,
        role: 'administrator',
        scopes: ['events', 'records', 'api-keys', 'webhooks', 'backdate'],
        collaboratorId: null,
        status: 'active',
        createdAt: expect.any(Date),
        expiresAt: null,
        lastUsedAt: null,
      },
    ])
    const [row] = await prisma.apiKey.findMany()
    expect(row?.keyHash).toBe(sha256(rawKey))
    expect(
      Object.values(row ?? {})
        .map(String)
        .join(),
    ).not.toContain(rawKey)
  })

  it('is never the same as another', async () => {
    const wanted = { organizationId: 1, role: 'integration', label } as const
    const keys = await Promise.all([1, 2, 3].map(() => createApiKey(database.sql, wanted)))
    expect(new Set(keys.map(key => key.id)).size).toBe(3)
    expect(new Set(keys.map(key => key.rawKey)).size).toBe(3)
  })

  it('may be for a collaborator', async () => {
    await createApiKey(database.sql, { organizationId: 1, role: 'collaborator', collaboratorId: 15, label })
    expect(await listApiKeys(database.sql)).toMatchObject([{ role: 'collaborator', collaboratorId: 15 }])
  })

  it('may be made in a transaction', async () => {
    await database.sql.transaction(sql => createApiKey(sql, { organizationId: 1, role: 'administrator', label }))
    expect(await listApiKeys(database.sql)).toHaveLength(1)
  })

  it.each([
    [{ organizationId: 3, role: 'administrator', label }, 'Expected an existing organization, received 3'],
    [{ organizationId: 0, role: 'administrator', label }, 'as id of the organization, received 0'],
    [{ organizationId: 1.5, role: 'administrator', label }, 'received 1.5'],
    [{ organizationId: Number.NaN, role: 'administrator', label }, 'received NaN'],
    [{ organizationId: 2 ** 53, role: 'administrator', label }, 'received 9007199254740992'],
    [
      { organizationId: 1, role: 'collaborator', label },
      'Expected a collaborator for a key with the role collaborator',
    ],
    [{ organizationId: 1, role: 'collaborator', collaboratorId: 99, label }, 'of organization 1, received 99'],
    [{ organizationId: 1, role: 'collaborator', collaboratorId: 16, label }, 'of organization 1, received 16'],
    [{ organizationId: 1, role: 'collaborator', collaboratorId: -1, label }, 'as id of the collaborator, received -1'],
    [{ organizationId: 1, role: 'administrator', collaboratorId: 15, label }, 'Expected no collaborator'],
    [{ organizationId: 1, role: 'integration', collaboratorId: 15, label }, 'Expected no collaborator'],
    [{ organizationId: 1, role: 'administrator', label: ' ' }, 'Expected a label'],
    [{ organizationId: 1, role: 'administrator', label: 'two\nlines' }, 'Expected a label'],
    [{ organizationId: 1, role: 'administrator', label: 'x'.repeat(201) }, 'Expected a label'],
  ] as const)('is refused: %j', async (wanted, message) => {
    const made = createApiKey(database.sql, wanted)
    await expect(made).rejects.toThrow(InvalidInputError)
    await expect(made).rejects.toThrow(message)
    expect(await listApiKeys(database.sql)).toEqual([])
  })
})

describe('revoking', () => {
  it('ends one key, however often it is done', async () => {
    const wanted = { organizationId: 1, role: 'administrator', label } as const
    const { id } = await createApiKey(database.sql, wanted)
    await createApiKey(database.sql, wanted)
    await revokeApiKey(database.sql, id)
    await revokeApiKey(database.sql, id)
    expect((await listApiKeys(database.sql)).map(key => key.status)).toEqual(['revoked', 'active'])
  })

  it('tells that there is no such key', async () => {
    await expect(revokeApiKey(database.sql, 99)).rejects.toThrow(RecordNotFoundError)
    await expect(revokeApiKey(database.sql, 99)).rejects.toThrow('API key 99 was not found')
    for (const id of [0, -1, 1.5, Number.NaN, 2 ** 53])
      await expect(revokeApiKey(database.sql, id)).rejects.toThrow(InvalidInputError)
  })
})

describe('the demo keys', () => {
  it('are three, and putting them again changes nothing', async () => {
    await putDemoKeys(database.prisma, { organizationId: 1, collaboratorId: 15 })
    const keys = await listApiKeys(database.sql)
    await putDemoKeys(database.prisma, { organizationId: 1, collaboratorId: 15 })
    expect(await listApiKeys(database.sql)).toEqual(keys)
    expect(keys).toMatchObject([
      { organizationId: 1, role: 'administrator', collaboratorId: null, keyPrefix: 'sk_demo_admi' },
      { organizationId: 1, role: 'collaborator', collaboratorId: 15, keyPrefix: 'sk_demo_coll' },
      { organizationId: 1, role: 'integration', collaboratorId: null, keyPrefix: 'sk_demo_inte' },
    ])
    const hashes = (await database.prisma.apiKey.findMany({ orderBy: { id: 'asc' } })).map(key => key.keyHash)
    expect(hashes).toEqual(DEMO_KEYS.map(key => sha256(key.rawKey)))
  })
})
