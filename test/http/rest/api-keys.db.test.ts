import { describe, expect, it } from 'vitest'
import { authenticator } from '../../../src/access/authenticate.ts'
import { ADMINISTRATOR_SCOPES, KEY_SCOPES, type KeyScope, type Viewer } from '../../../src/access/viewer.ts'
import { testDatabase } from '../../support/database.ts'
import { testGateway } from '../../support/gateway.ts'
import { insertCollaborator, insertOrganization } from '../../support/rows.ts'

const { sql } = await testDatabase()
const gateway = testGateway({ sql })

const PATH = '/siren/v1/api-keys'
const organization = async (): Promise<Viewer> => {
  return { role: 'administrator', organizationId: await insertOrganization(sql) }
}
const create = (as: Viewer | string, body: unknown) => gateway.send(as, 'POST', PATH, body)
const keyWith = async (as: Viewer, ...scopes: KeyScope[]): Promise<{ id: number; rawKey: string }> =>
  (await create(as, { label: 'Key', ...(scopes.length > 0 && { scopes }) })).body

describe('a new key', () => {
  it('is shown once, and opens what an administrator may do', async () => {
    const administrator = await organization()
    const made = await create(administrator, { label: 'Accounting' })
    expect(made.status).toBe(201)
    const { rawKey, ...key } = made.body
    expect(key).toEqual({
      id: expect.any(Number),
      keyPrefix: rawKey.slice(0, 12),
      label: 'Accounting',
      role: 'administrator',
      collaboratorId: null,
      scopes: KEY_SCOPES,
      status: 'active',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      expiresAt: null,
      lastUsedAt: null,
    })
    const { body, headers, text } = await gateway.send(rawKey, 'GET', PATH)
    expect(body).toEqual([key])
    expect(headers['x-siren-estimated-count']).toBe('1')
    expect(text).not.toContain(rawKey)
  })

  it.each([
    [KEY_SCOPES, 'administrator', KEY_SCOPES],
    [ADMINISTRATOR_SCOPES, 'administrator', KEY_SCOPES],
    [undefined, 'administrator', KEY_SCOPES],
    [['events', 'backdate'], 'integration', ['events', 'backdate']],
    [KEY_SCOPES.slice(1), 'integration', KEY_SCOPES.slice(1)],
    [['events'], 'integration', ['events']],
    [['records', 'events', 'records'], 'integration', ['events', 'records']],
    [['webhooks'], 'integration', ['webhooks']],
  ])('with the scopes %j is an %s key', async (scopes, role, expected) => {
    const administrator = await organization()
    expect((await create(administrator, { label: 'Key', scopes })).body).toMatchObject({ role, scopes: expected })
  })

  it.each([
    [{}, ['label']],
    [{ label: ' ' }, ['label']],
    [{ label: 'two\nlines' }, ['label']],
    [{ label: 'x'.repeat(201) }, ['label']],
    [{ label: '😀'.repeat(101) }, ['label']],
    [{ label: 'Key', scopes: [] }, ['scopes']],
    [{ label: 'Key', scopes: null }, ['scopes']],
    [{ label: 'Key', scopes: ['everything'] }, ['scopes.0']],
    [{ label: 'Key', scopes: 'events' }, ['scopes']],
    [{ label: 'Key', role: 'administrator' }, ['role']],
  ])('is not made of %j', async (body, fields) => {
    const administrator = await organization()
    const { status, body: refused } = await create(administrator, body)
    expect([status, Object.keys(refused.error.data)]).toEqual([422, fields])
    expect((await gateway.send(administrator, 'GET', PATH)).body).toEqual([])
  })
})

describe('a key does what its scopes say, and nothing else', () => {
  const ASKED: Record<KeyScope, (key: string) => Promise<number>> = {
    events: async key =>
      (await gateway.send(key, 'POST', '/siren/v1/event/refund', { source: 'shop', externalId: '0' })).status,
    records: async key => {
      const { status, body } = await gateway.query(key, '{ engagements { totalCount } }')
      return body.errors?.[0]?.extensions.code === 'FORBIDDEN' ? 403 : status
    },
    'api-keys': async key => (await gateway.send(key, 'GET', PATH)).status,
    webhooks: async key => (await gateway.send(key, 'GET', '/siren/v1/webhooks')).status,
    // it says more of what the scope events lets in
    backdate: async key =>
      (
        await gateway.send(key, 'POST', '/siren/v1/event/refund', {
          source: 'shop',
          externalId: '0',
          occurredAt: '2026-01-01T00:00:00Z',
        })
      ).status,
  }
  const DONE: Record<KeyScope, number> = { events: 404, records: 200, 'api-keys': 200, webhooks: 200, backdate: 403 }

  it.each(KEY_SCOPES)('%s', async scope => {
    const { rawKey } = await keyWith(await organization(), scope)
    for (const asked of KEY_SCOPES)
      expect([asked, await ASKED[asked](rawKey)]).toEqual([asked, asked === scope ? DONE[asked] : 403])
  })

  it('backdate, where it sends events', async () => {
    const { rawKey } = await keyWith(await organization(), 'events', 'backdate')
    expect([await ASKED.events(rawKey), await ASKED.backdate(rawKey)]).toEqual([404, 404])
  })

  it('which is never what is an administrator’s alone', async () => {
    const { rawKey } = await keyWith(await organization(), 'events', 'records', 'api-keys')
    const only = ['/siren/v1/event/payout-paid', '/siren/v1/fulfillments/generate']
    for (const url of only) expect((await gateway.send(rawKey, 'POST', url, {})).status).toBe(403)
  })

  it('nor is it to make keys that may do more', async () => {
    const { rawKey } = await keyWith(await organization(), 'api-keys', 'records')
    for (const scopes of [undefined, KEY_SCOPES, ['events'], ['records', 'webhooks']])
      expect((await create(rawKey, { label: 'Key', scopes })).status).toBe(403)
    expect((await create(rawKey, { label: 'Key', scopes: ['records'] })).body).toMatchObject({ scopes: ['records'] })
    expect((await gateway.send(rawKey, 'GET', PATH)).body).toHaveLength(2)
  })

  it('nor to end keys that may', async () => {
    const administrator = await organization()
    const { rawKey } = await keyWith(administrator, 'api-keys', 'records')
    const others = [await keyWith(administrator), await keyWith(administrator, 'events')]
    for (const { id } of others) expect((await gateway.send(rawKey, 'DELETE', `${PATH}/${id}`)).status).toBe(403)
    const { id } = await keyWith(administrator, 'records')
    expect((await gateway.send(rawKey, 'DELETE', `${PATH}/${id}`)).status).toBe(200)
    const { body } = await gateway.send(administrator, 'GET', PATH)
    expect(body.map(({ status }: { status: string }) => status)).toEqual(['active', 'active', 'active', 'revoked'])
  })
})

describe('revoking a key', () => {
  it('ends it for good, within 5 s of its last use', async () => {
    const administrator = await organization()
    const { id, rawKey } = await keyWith(administrator)
    let now = Date.now()
    const { authenticate, close } = authenticator({ sql, allowDemoKeys: false, now: () => now })
    const isLetIn = async () => (await authenticate(`Bearer ${rawKey}`)) !== null
    expect(await isLetIn()).toBe(true)
    const revoke = () => gateway.send(administrator, 'DELETE', `${PATH}/${id}`)
    expect(await revoke()).toMatchObject({ status: 200, body: { id, status: 'revoked' } })
    expect((await revoke()).body).toMatchObject({ id, status: 'revoked' })
    now += 5000
    expect(await isLetIn()).toBe(false)
    expect((await gateway.send(administrator, 'GET', PATH)).body).toMatchObject([{ id, status: 'revoked' }])
    await close()
  })

  it('of another organization is as revoking one that is not there', async () => {
    const [one, other] = [await organization(), await organization()]
    const { id, rawKey } = await keyWith(other)
    const refused = await gateway.send(one, 'DELETE', `${PATH}/${id}`)
    const missing = await gateway.send(one, 'DELETE', `${PATH}/999999`)
    expect(refused).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } })
    expect(refused.text.replace(String(id), 'ID')).toBe(missing.text.replace('999999', 'ID'))
    expect((await gateway.send(rawKey, 'GET', PATH)).body).toMatchObject([{ id, status: 'active' }])
    expect((await gateway.send(one, 'GET', PATH)).headers['x-siren-estimated-count']).toBe('0')
  })

  it.each(['abc', '0', '-1', '1.5', '99999999999999999'])('with the id %s is no request', async id => {
    const { status, body } = await gateway.send(await organization(), 'DELETE', `${PATH}/${id}`)
    expect([status, Object.keys(body.error.data)]).toEqual([422, ['id']])
  })
})

it('keys are all listed, unless a page is asked for', async () => {
  const administrator = await organization()
  for (let i = 0; i < 30; i++) await create(administrator, { label: '😀'.repeat(100) })
  expect((await gateway.send(administrator, 'GET', PATH)).body).toHaveLength(30)
  expect((await gateway.send(administrator, 'GET', `${PATH}?page=1`)).body).toHaveLength(25)
})

it('keys come in pages, oldest first', async () => {
  const administrator = await organization()
  for (const label of ['1', '2', '3']) await create(administrator, { label })
  const page = async (query: string) => {
    const { body, headers } = await gateway.send(administrator, 'GET', `${PATH}?${query}`)
    return [body.map(({ label }: { label: string }) => label), headers['x-siren-estimated-count']]
  }
  expect(await page('')).toEqual([['1', '2', '3'], '3'])
  expect(await page('perPage=2')).toEqual([['1', '2'], '3'])
  expect(await page('perPage=2&page=2')).toEqual([['3'], '3'])
  expect(await page('page=9')).toEqual([[], '3'])
  for (const query of ['page=0', 'page=x', 'perPage=0', 'perPage=101', 'page=1&page=2', 'pages=1'])
    expect([query, (await gateway.send(administrator, 'GET', `${PATH}?${query}`)).status]).toEqual([query, 422])
})

it('nobody without the scope has anything to do with keys', async () => {
  const { organizationId } = await organization()
  const collaboratorId = await insertCollaborator(sql, { organizationId })
  const others: Viewer[] = [
    { role: 'integration', organizationId },
    { role: 'collaborator', organizationId, collaboratorId },
    { role: 'integration', organizationId, scopes: ['events', 'records', 'webhooks'] },
  ]
  for (const viewer of others) {
    expect((await gateway.send(viewer, 'GET', PATH)).status).toBe(403)
    expect((await create(viewer, { label: 'Key' })).status).toBe(403)
    expect((await gateway.send(viewer, 'DELETE', `${PATH}/1`)).status).toBe(403)
  }
  expect((await gateway.send(null, 'GET', PATH)).status).toBe(401)
})
