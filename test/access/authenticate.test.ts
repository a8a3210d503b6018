import { PGlite } from '@electric-sql/pglite'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApiKey, listApiKeys, putDemoKeys, revokeApiKey } from '../../src/access/api-keys.ts'
import { type Authenticator, type AuthenticatorOptions, authenticator } from '../../src/access/authenticate.ts'
import { jsonWebTokenVerifier } from '../../src/access/json-web-token.ts'
import { type Database, openPglite } from '../../src/database/client.ts'
import { applyMigrations } from '../../src/database/schema-engine.ts'
import type { Sql } from '../../src/database/sql.ts'
import { InvalidTokenError } from '../../src/errors.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const ADMINISTRATOR = { role: 'administrator', organizationId: 1 }

let database: Database
let now: number
let statements: string[]
let broken: Error | undefined
let sql: Sql
let open: Authenticator[]

beforeAll(async () => {
  database = await openPglite(await PGlite.create())
  await applyMigrations(database)
  await database.sql.script(`
    insert into organization (id, name) values (1, 'Acme');
    insert into collaborator (organization_id, id, full_name, email) values (1, 15, 'Ada', 'ada@example.com')`)
})
beforeEach(async () => {
  await database.sql.script('truncate api_key restart identity')
  now = NOW
  statements = []
  broken = undefined
  open = []
  sql = {
    ...database.sql,
    rows: async (statement, values) => {
      statements.push(statement.text)
      if (broken !== undefined) throw broken
      return database.sql.rows(statement, values)
    },
  }
})
afterEach(() => Promise.all(open.map(each => each.close())))
afterAll(() => database.close())

const gateway = (options: Partial<AuthenticatorOptions> = {}): Authenticator => {
  const made = authenticator({ sql, allowDemoKeys: false, now: () => now, ...options })
  open.push(made)
  return made
}
const key = (role: 'administrator' | 'integration' = 'administrator') =>
  createApiKey(database.sql, { organizationId: 1, role, label: 'Shop' })
const bearer = async () => `Bearer ${(await key()).rawKey}`
const expires = (id: number, at: number) =>
  database.sql.script(`update api_key set expires_at = '${new Date(at).toISOString()}' where id = ${id}`)
const lastUses = async () => (await listApiKeys(database.sql)).map(({ lastUsedAt }) => lastUsedAt?.getTime())

describe('an API key', () => {
  it('speaks for its holder', async () => {
    const { authenticate } = gateway()
    const admin = await key()
    const shop = await key('integration')
    const wanted = { organizationId: 1, role: 'collaborator', collaboratorId: 15, label: 'Ada' } as const
    const ada = await createApiKey(database.sql, wanted)
    expect(await authenticate(`Bearer ${admin.rawKey}`)).toEqual(ADMINISTRATOR)
    expect(await authenticate(`Bearer ${shop.rawKey}`)).toEqual({ role: 'integration', organizationId: 1 })
    expect(await authenticate(`Bearer ${ada.rawKey}`)).toEqual({
      role: 'collaborator',
      organizationId: 1,
      collaboratorId: 15,
    })
  })

  it('is answered without a promise and without a statement while it is remembered', async () => {
    const { authenticate } = gateway()
    const header = await bearer()
    expect(authenticate(header)).toBeInstanceOf(Promise)
    await authenticate(header)
    expect(authenticate(header)).toEqual(ADMINISTRATOR)
    expect(statements).toHaveLength(1)
  })

  it('is asked for once, however many ask at the same time', async () => {
    const { authenticate } = gateway()
    const header = await bearer()
    const viewers = await Promise.all(Array.from({ length: 50 }, () => authenticate(header)))
    expect(viewers).toEqual(viewers.map(() => ADMINISTRATOR))
    now += 4000
    await Promise.all(Array.from({ length: 50 }, () => authenticate(header)))
    expect(statements).toHaveLength(2)
  })

  it('takes the scheme in any case', async () => {
    const { authenticate } = gateway()
    const { rawKey } = await key()
    for (const scheme of ['bearer', 'BEARER', 'bEaReR '])
      expect(await authenticate(`${scheme} ${rawKey}`)).toEqual(ADMINISTRATOR)
  })

  it('is refused without a statement when the header is garbage', async () => {
    const { authenticate } = gateway()
    const { rawKey } = await key()
    const headers = ['', ' ', 'Bearer', 'Bearer ', `Bearer${rawKey}`, rawKey, `Basic ${rawKey}`, `Bearer ${rawKey} x`]
    headers.push(`Bearer "${rawKey}"`, `Bearer\t${rawKey}`, `Bearer ${rawKey},Bearer ${rawKey}`, `Bearer ${rawKey}\n`)
    headers.push(`X Bearer ${rawKey}`, 'Bearer =', 'Bearer sk_ü', `Bearer ${rawKey}\0`)
    for (const header of [undefined, ...headers]) expect(authenticate(header), header).toBeNull()
    expect(statements).toEqual([])
  })

  it('is refused without a statement when it is huge', () => {
    const { authenticate } = gateway({ verifyJsonWebToken: () => Promise.reject(new Error('was asked')) })
    for (const start of ['sk_live_', 'ey', ' '.repeat(10_000)])
      expect(authenticate(`Bearer ${start}${'x'.repeat(8192)}`)).toBeNull()
    expect(statements).toEqual([])
  })

  it('is refused when nobody holds it, and asked for again: it may be made in the meantime', async () => {
    const { authenticate } = gateway()
    for (const header of ['Bearer sk_live_unknown', 'Bearer sk_', "Bearer sk_live_'--", 'Bearer SK_live_x'])
      expect(await authenticate(header)).toBeNull()
    expect(await authenticate('Bearer sk_live_unknown')).toBeNull()
    expect(statements).toHaveLength(3)
  })

  it('has no effect 5 s after it was revoked, on any gateway', async () => {
    const gateways = [gateway(), gateway()]
    const { id, rawKey } = await key()
    const header = `Bearer ${rawKey}`
    for (const { authenticate } of gateways) await authenticate(header)
    now += 1000
    await revokeApiKey(database.sql, id)
    now += 2999
    for (const { authenticate } of gateways) expect(authenticate(header)).toEqual(ADMINISTRATOR)
    now += 1
    for (const { authenticate } of gateways) expect(await authenticate(header)).toBeNull()
    now -= 1000
    for (const { authenticate } of gateways) expect(await authenticate(header)).toBeNull()
  })

  it('is trusted from when it was asked for, not from when the answer came', async () => {
    let answer = () => {}
    const held = new Promise<void>(resolve => {
      answer = resolve
    })
    const slow: Sql = { ...sql, rows: async (...query) => held.then(() => sql.rows(...query)) }
    const { authenticate } = gateway({ sql: slow })
    const header = await bearer()
    const asked = authenticate(header)
    now += 3000
    const shared = authenticate(header)
    now += 1000
    const anew = authenticate(header)
    expect(shared).toBe(asked)
    expect(anew).not.toBe(asked)
    answer()
    expect(await Promise.all([asked, shared, anew])).toEqual([ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR])
    expect(statements).toHaveLength(2)
    const other = await bearer()
    const late = authenticate(other)
    now += 3999
    await late
    expect(authenticate(other)).toEqual(ADMINISTRATOR)
    now += 1
    expect(authenticate(other)).toBeInstanceOf(Promise)
  })

  it('is not trusted for longer when the clock is turned back', async () => {
    const { authenticate } = gateway()
    const { id, rawKey } = await key()
    await authenticate(`Bearer ${rawKey}`)
    await revokeApiKey(database.sql, id)
    now -= 3_600_000
    expect(await authenticate(`Bearer ${rawKey}`)).toBeNull()
  })

  it('has no effect from its expiry on, remembered or not', async () => {
    const { authenticate } = gateway()
    const { id, rawKey } = await key()
    await expires(id, NOW + 1000)
    await authenticate(`Bearer ${rawKey}`)
    now = NOW + 999
    expect(authenticate(`Bearer ${rawKey}`)).toEqual(ADMINISTRATOR)
    now = NOW + 1000
    expect(await authenticate(`Bearer ${rawKey}`)).toBeNull()
    expect(await gateway().authenticate(`Bearer ${rawKey}`)).toBeNull()
  })

  it('is neither trusted nor refused while the database is out of reach', async () => {
    const { authenticate } = gateway()
    const header = await bearer()
    broken = new Error('connection refused')
    await expect(Promise.all([authenticate(header), authenticate(header)])).rejects.toThrow('connection refused')
    expect(statements).toHaveLength(1)
    broken = undefined
    expect(await authenticate(header)).toEqual(ADMINISTRATOR)
  })

  it('makes room for itself by pushing out the one that was refreshed longest ago', async () => {
    const anyKey: Sql = {
      ...sql,
      rows: async <Row>({ text }: { text: string }) => {
        statements.push(text)
        return [{ id: 1, organizationId: 1, role: 'administrator', collaboratorId: null, expiresAt: null }] as Row[]
      },
    }
    const { authenticate } = gateway({ sql: anyKey })
    for (let index = 0; index < 10_001; index++) await authenticate(`Bearer sk_live_${index}`)
    expect(authenticate('Bearer sk_live_1')).toEqual(ADMINISTRATOR)
    expect(authenticate('Bearer sk_live_10000')).toEqual(ADMINISTRATOR)
    expect(authenticate('Bearer sk_live_0')).toBeInstanceOf(Promise)
  })
})

describe('a demo key', () => {
  beforeEach(() => putDemoKeys(database.prisma, { organizationId: 1, collaboratorId: 15 }))

  it('opens the demo', async () => {
    const { authenticate } = gateway({ allowDemoKeys: true })
    expect(await authenticate('Bearer sk_demo_admin')).toEqual(ADMINISTRATOR)
    expect(await authenticate('Bearer sk_demo_collaborator')).toMatchObject({ collaboratorId: 15 })
    expect(await authenticate('Bearer sk_demo_integration')).toMatchObject({ role: 'integration' })
    expect(await authenticate('Bearer sk_demo_other')).toBeNull()
  })

  it('opens nothing else, even where it is stored', () => {
    const { authenticate } = gateway()
    for (const name of ['admin', 'collaborator', 'integration', ''])
      expect(authenticate(`Bearer sk_demo_${name}`)).toBeNull()
    expect(statements).toEqual([])
  })
})

describe('a JSON web token', () => {
  const options = { issuer: 'i', audience: 'a', secret: 'a secret of at least thirty-two bytes' }
  const token = (exp: number) =>
    new SignJWT({ iss: 'i', aud: 'a', exp: exp / 1000, org: 1, role: 'administrator' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(options.secret))
  const verifier = () => vi.fn(jsonWebTokenVerifier({ ...options, now: () => now }))

  it('is verified once in a while, and until it ends', async () => {
    const verifyJsonWebToken = verifier()
    const { authenticate } = gateway({ verifyJsonWebToken })
    const header = `Bearer ${await token(NOW + 2000)}`
    await Promise.all([authenticate(header), authenticate(header)])
    now += 3999
    expect(authenticate(header)).toEqual(ADMINISTRATOR)
    expect(verifyJsonWebToken).toHaveBeenCalledTimes(1)
    now = NOW + 4000
    expect(await authenticate(header)).toEqual(ADMINISTRATOR)
    expect(verifyJsonWebToken).toHaveBeenCalledTimes(2)
    now = NOW + 6999
    expect(authenticate(header)).toEqual(ADMINISTRATOR)
    now = NOW + 7000
    await expect(authenticate(header)).rejects.toBeInstanceOf(InvalidTokenError)
    expect(statements).toEqual([])
  })

  it('is refused when it is bad', async () => {
    const { authenticate } = gateway({ verifyJsonWebToken: verifier() })
    for (const bad of ['x', 'a.b.c', await token(NOW - 10_000), `${await token(NOW + 2000)}x`])
      await expect(authenticate(`Bearer ${bad}`)).rejects.toBeInstanceOf(InvalidTokenError)
  })

  it('is refused where none are accepted', async () => {
    expect(gateway().authenticate(`Bearer ${await token(NOW + 2000)}`)).toBeNull()
  })

  it('is neither trusted nor refused while it cannot be checked', async () => {
    const { authenticate } = gateway({ verifyJsonWebToken: () => Promise.reject(new Error('unreachable')) })
    await expect(authenticate('Bearer a.b.c')).rejects.toThrow('unreachable')
  })
})

describe('the last use of keys', () => {
  it('is written down in one statement for all of them', async () => {
    const { authenticate, recordUse } = gateway()
    const headers = await Promise.all(Array.from({ length: 20 }, bearer))
    for (const header of headers) await authenticate(header)
    now += 1500
    for (const header of headers.slice(0, 10)) void authenticate(header)
    expect(await lastUses()).toEqual(headers.map(() => undefined))
    statements = []
    await recordUse()
    await recordUse()
    expect(statements).toHaveLength(1)
    expect(await lastUses()).toEqual(headers.map((_, index) => (index < 10 ? NOW + 1500 : NOW)))
  })

  it('is of those that were let in only', async () => {
    const { authenticate, recordUse } = gateway()
    const { id, rawKey } = await key()
    await revokeApiKey(database.sql, id)
    await authenticate(`Bearer ${rawKey}`)
    await recordUse()
    expect(await lastUses()).toEqual([undefined])
  })

  it('never goes back, whichever gateway writes last', async () => {
    const [early, late] = [gateway(), gateway()]
    const header = await bearer()
    await early.authenticate(header)
    now += 1000
    await late.authenticate(header)
    await late.recordUse()
    await early.recordUse()
    expect(await lastUses()).toEqual([NOW + 1000])
  })

  it('is written down every minute, and at the end', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { authenticate, close } = gateway()
      const header = await bearer()
      await authenticate(header)
      vi.advanceTimersByTime(59_999)
      expect(statements).toHaveLength(1)
      vi.advanceTimersByTime(1)
      await vi.waitFor(async () => expect(await lastUses()).toEqual([NOW]))
      now += 3000
      void authenticate(header)
      await close()
      expect(await lastUses()).toEqual([NOW + 3000])
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('waits for the next time when it cannot be written', async () => {
    const onError = vi.fn()
    let meanwhile = () => {}
    const watched: Sql = {
      ...sql,
      rows: async (...query) => {
        meanwhile()
        return sql.rows(...query)
      },
    }
    const { authenticate, recordUse, close } = gateway({ sql: watched, onError })
    const header = await bearer()
    const other = await bearer()
    await authenticate(header)
    await authenticate(other)
    broken = new Error('connection refused')
    meanwhile = () => {
      now = NOW + 2000
      void authenticate(other)
    }
    await recordUse()
    meanwhile = () => {}
    await close()
    expect(onError.mock.calls).toEqual([[broken], [broken]])
    broken = undefined
    await recordUse()
    expect(await lastUses()).toEqual([NOW, NOW + 2000])
  })
})
