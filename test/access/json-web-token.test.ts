import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type JsonWebTokenVerifier, jsonWebTokenVerifier } from '../../src/access/json-web-token.ts'
import { InvalidTokenError } from '../../src/errors.ts'

const ISSUER = 'https://login.example.com'
const AUDIENCE = 'siren'
const SECRET = 'a secret of at least thirty-two bytes'
const NOW = Date.parse('2026-03-01T12:00:00Z')
const SECONDS = NOW / 1000
const ADMINISTRATOR = { iss: ISSUER, aud: AUDIENCE, exp: SECONDS + 60, org: 7, role: 'administrator' }
const COLLABORATOR = { ...ADMINISTRATOR, role: 'collaborator', collaboratorId: 15 }

const bytes = (text: string) => new TextEncoder().encode(text)
const signed = (claims: JWTPayload, secret = SECRET, alg = 'HS256') =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(bytes(secret))
const expectRefused = (verified: Promise<unknown>) => expect(verified).rejects.toBeInstanceOf(InvalidTokenError)
const without = (name: string) => Object.fromEntries(Object.entries(ADMINISTRATOR).filter(([claim]) => claim !== name))

describe('a token signed with the secret', () => {
  let now = NOW
  const verify = jsonWebTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, secret: SECRET, now: () => now })
  beforeEach(() => {
    now = NOW
  })

  it('speaks for an administrator', async () => {
    expect(await verify(await signed(ADMINISTRATOR))).toEqual({
      viewer: { role: 'administrator', organizationId: 7 },
      expiresAt: NOW + 65_000,
    })
  })

  it('speaks for a collaborator', async () => {
    expect((await verify(await signed(COLLABORATOR))).viewer).toEqual({
      role: 'collaborator',
      organizationId: 7,
      collaboratorId: 15,
    })
  })

  it('may have several audiences', async () => {
    expect(await verify(await signed({ ...ADMINISTRATOR, aud: ['other', AUDIENCE] }))).toHaveProperty('viewer')
  })

  it('ends when it says, give or take the clocks', async () => {
    const token = await signed(ADMINISTRATOR)
    now = NOW + 64_999
    expect(await verify(token)).toHaveProperty('viewer')
    now = NOW + 65_000
    await expectRefused(verify(token))
  })

  it('starts when it says, give or take the clocks', async () => {
    const token = await signed({ ...ADMINISTRATOR, nbf: SECONDS + 30 })
    await expectRefused(verify(token))
    now = NOW + 25_000
    expect(await verify(token)).toHaveProperty('viewer')
  })

  it.each<[string, JWTPayload]>([
    ['has expired', { ...ADMINISTRATOR, exp: SECONDS - 10 }],
    ['never expires', without('exp')],
    ['expires at a text', { ...ADMINISTRATOR, exp: `${SECONDS + 60}` as never }],
    ['comes from another issuer', { ...ADMINISTRATOR, iss: 'https://evil.example.com' }],
    ['comes from no issuer', without('iss')],
    ['is for another audience', { ...ADMINISTRATOR, aud: 'shop' }],
    ['is for no audience', without('aud')],
    ['names no organization', without('org')],
    ['names an organization as text', { ...ADMINISTRATOR, org: '7' }],
    ['names organization 0', { ...ADMINISTRATOR, org: 0 }],
    ['names a negative organization', { ...ADMINISTRATOR, org: -7 }],
    ['names a fraction of an organization', { ...ADMINISTRATOR, org: 7.5 }],
    ['names an organization beyond 2^53', { ...ADMINISTRATOR, org: 2 ** 53 }],
    ['names organizations', { ...ADMINISTRATOR, org: [7] }],
    ['has no role', without('role')],
    ['has an unknown role', { ...ADMINISTRATOR, role: 'Administrator' }],
    ['has roles', { ...ADMINISTRATOR, role: ['administrator'] }],
    ['is an integration', { ...ADMINISTRATOR, role: 'integration' }],
    ['names no collaborator', { ...ADMINISTRATOR, role: 'collaborator' }],
    ['names a collaborator as text', { ...COLLABORATOR, collaboratorId: '15' }],
    ['names collaborator null', { ...COLLABORATOR, collaboratorId: null }],
    ['names collaborator 0', { ...COLLABORATOR, collaboratorId: 0 }],
  ])('is refused when it %s', async (_, claims) => {
    await expectRefused(verify(await signed(claims)))
  })

  it.each<[string, JWTPayload, string]>([
    ['has expired', { ...ADMINISTRATOR, exp: SECONDS - 10 }, 'expired: "exp" claim timestamp check failed'],
    ['is not valid yet', { ...ADMINISTRATOR, nbf: SECONDS + 30 }, '"nbf" claim timestamp check failed'],
    ['never expires', without('exp'), 'missing required "exp" claim'],
    [
      'comes from another issuer',
      { ...ADMINISTRATOR, iss: 'https://secret.example' },
      'issuer: unexpected "iss" claim value',
    ],
    ['is for another audience', { ...ADMINISTRATOR, aud: 'secret' }, 'audience: unexpected "aud" claim value'],
    ['names no organization', { ...ADMINISTRATOR, org: 'secret' }, 'unexpected "org" claim value'],
    ['has another role', { ...ADMINISTRATOR, role: 'secret' }, 'unexpected "role" claim value'],
    ['names no collaborator', { ...COLLABORATOR, collaboratorId: 'secret' }, 'unexpected "collaboratorId" claim value'],
  ])('is refused with the reason, and no value of it, when it %s', async (_, claims, reason) => {
    const error = await verify(await signed(claims)).catch(thrown => thrown)
    expect(error.reason).toContain(reason)
    expect(error.reason).not.toContain('secret')
  })

  it('is refused with the reason when it is malformed, or signed otherwise', async () => {
    const reasonFor = (token: string) => verify(token).catch(({ reason }) => reason)
    expect(await reasonFor('garbage')).toBe('Invalid Compact JWS')
    expect(await reasonFor(await signed(ADMINISTRATOR, `${SECRET}!`))).toBe('signature verification failed')
    expect(await reasonFor(await signed(ADMINISTRATOR, SECRET.repeat(2), 'HS512'))).toContain('"alg"')
  })

  it('is refused when another secret signed it, or another algorithm', async () => {
    await expectRefused(verify(await signed(ADMINISTRATOR, `${SECRET}!`)))
    const long = SECRET.repeat(3)
    const verifyLong = jsonWebTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, secret: long, now: () => now })
    await expectRefused(verifyLong(await signed(ADMINISTRATOR, long, 'HS512')))
    expect(await verifyLong(await signed(ADMINISTRATOR, long))).toHaveProperty('viewer')
  })

  it('is refused when nobody signed it', async () => {
    const unsecured = new UnsecuredJWT(ADMINISTRATOR).encode()
    await expectRefused(verify(unsecured))
    const [, claims, signature] = (await signed(ADMINISTRATOR)).split('.')
    for (const alg of ['none', 'None', 'NONE', '', null, undefined]) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      await expectRefused(verify(`${header}.${claims}.`))
      await expectRefused(verify(`${header}.${claims}.${signature}`))
    }
  })

  it('is refused when its claims were changed', async () => {
    const [header, , signature] = (await signed(ADMINISTRATOR)).split('.')
    const claims = Buffer.from(JSON.stringify({ ...ADMINISTRATOR, org: 8 })).toString('base64url')
    await expectRefused(verify(`${header}.${claims}.${signature}`))
  })

  it('is refused when it demands an extension, or carries its payload unencoded', async () => {
    const [, claims, signature] = (await signed(ADMINISTRATOR)).split('.')
    for (const more of [{ crit: ['x'], x: 1 }, { crit: ['b64'], b64: false }, { crit: [] }]) {
      const header = Buffer.from(JSON.stringify({ alg: 'HS256', ...more })).toString('base64url')
      await expectRefused(verify(`${header}.${claims}.${signature}`))
    }
  })

  it('is refused, not stumbled over, when it is garbage', async () => {
    const [header, claims, signature] = (await signed(ADMINISTRATOR)).split('.')
    const malformed = ['', '.', '..', '...', 'a.b.c', 'a.b.c.d.e', `${header}.${claims}`, `${header}.!.${signature}`]
    malformed.push(`${header}.W10.${signature}`, `bnVsbA.${claims}.${signature}`, 'x'.repeat(100_000))
    for (const token of malformed) await expectRefused(verify(token))
    const part = fc.oneof(
      fc.base64String(),
      fc.json().map(json => Buffer.from(json).toString('base64url')),
      fc.string(),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async parts => {
        await expectRefused(verify(parts.join('.')))
      }),
    )
  })

  it('is refused when it was signed with a key pair', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    await expectRefused(verify(await new SignJWT(ADMINISTRATOR).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)))
  })
})

describe('a token signed with a published key', () => {
  type Pair = Awaited<ReturnType<typeof generateKeyPair>>
  let first: Pair
  let second: Pair
  let elliptic: Pair
  let keys: JWK[]
  let fetches: number
  let respond: (body: string) => { status: number; body: string } | 'silence'
  let server: Server
  let verify: JsonWebTokenVerifier

  const published = async ({ publicKey }: Pair, kid: string): Promise<JWK> => ({ ...(await exportJWK(publicKey)), kid })
  const signedBy = ({ privateKey }: Pair, kid: string | undefined, alg = 'RS256', claims: JWTPayload = ADMINISTRATOR) =>
    new SignJWT(claims).setProtectedHeader(kid === undefined ? { alg } : { alg, kid }).sign(privateKey)
  const verifier = (cooldown = 5000) => {
    const { port } = server.address() as AddressInfo
    const jwksUrl = new URL(`http://127.0.0.1:${port}/keys`)
    return jsonWebTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, jwksUrl, now: () => NOW, cooldown })
  }

  beforeAll(async () => {
    const pairs = ['RS256', 'RS256', 'ES256'].map(alg => generateKeyPair(alg, { extractable: true }))
    ;[first, second, elliptic] = (await Promise.all(pairs)) as [Pair, Pair, Pair]
  })

  beforeEach(async () => {
    keys = [await published(first, 'first'), await published(elliptic, 'elliptic')]
    fetches = 0
    respond = body => ({ status: 200, body })
    server = createServer((_, response) => {
      fetches++
      const answer = respond(JSON.stringify({ keys }))
      if (answer !== 'silence') response.writeHead(answer.status, { location: '/elsewhere' }).end(answer.body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    verify = verifier()
  })

  afterEach(async () => {
    server.closeAllConnections()
    if (server.listening) await once(server.close(), 'close')
  })

  it('is trusted, and the keys are fetched once for many', async () => {
    const tokens = [await signedBy(first, 'first'), await signedBy(elliptic, 'elliptic', 'ES256')]
    const verified = await Promise.all([...tokens, ...tokens].map(verify))
    expect(verified.map(token => token?.viewer.organizationId)).toEqual([7, 7, 7, 7])
    expect(fetches).toBe(1)
  })

  it('is checked like any other', async () => {
    for (const claims of [{ ...ADMINISTRATOR, aud: 'shop' }, { ...ADMINISTRATOR, exp: SECONDS - 10 }, without('exp')])
      await expectRefused(verify(await signedBy(first, 'first', 'RS256', claims)))
  })

  it('is refused when the key is not published', async () => {
    await expectRefused(verify(await signedBy(second, 'made-up')))
    await expectRefused(verify(await signedBy(second, 'first')))
    expect(fetches).toBe(1)
  })

  it('is accepted once its key is published, without being sent again', async () => {
    verify = verifier(200)
    expect(await verify(await signedBy(first, 'first'))).toHaveProperty('viewer')
    keys.push(await published(second, 'second'))
    expect(await verify(await signedBy(second, 'second'))).toHaveProperty('viewer')
    expect(fetches).toBe(2)
  })

  it('causes one fetch of the keys for many that name made-up ones, and is told to come again by too many', async () => {
    verify = verifier(500)
    await verify(await signedBy(first, 'first'))
    const tokens = await Promise.all(Array.from({ length: 101 }, (_, index) => signedBy(second, `made-up-${index}`)))
    const [last, ...others] = (await Promise.allSettled(tokens.map(verify))).reverse()
    expect(last).toMatchObject({ reason: { code: 'SERVICE_UNAVAILABLE' } })
    for (const other of others) expect(other).toMatchObject({ reason: { name: 'InvalidTokenError' } })
    expect(fetches).toBe(2)
    expect(await verify(await signedBy(first, 'first'))).toHaveProperty('viewer')
  })

  it('is neither trusted nor refused when its key may be new, and the keys cannot be fetched', async () => {
    verify = verifier(100)
    await verify(await signedBy(first, 'first'))
    respond = () => ({ status: 500, body: '' })
    await expect(verify(await signedBy(second, 'second'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(await verify(await signedBy(first, 'first'))).toHaveProperty('viewer')
  })

  it('is refused when the published key was taken for a secret', async () => {
    const spki = await exportSPKI(first.publicKey)
    const jwk = JSON.stringify(keys[0])
    for (const secret of [spki, spki.trim(), jwk, keys[0]?.n ?? '']) {
      const token = await new SignJWT(ADMINISTRATOR)
        .setProtectedHeader({ alg: 'HS256', kid: 'first' })
        .sign(bytes(secret))
      await expectRefused(verify(token))
    }
    expect(fetches).toBe(0)
  })

  it('is refused when nobody signed it, or when it brings its own key', async () => {
    await expectRefused(verify(new UnsecuredJWT(ADMINISTRATOR).encode()))
    const jwk = await exportJWK(second.publicKey)
    const header = { alg: 'RS256', kid: 'first', jwk, jku: 'http://127.0.0.1:1/keys' }
    await expectRefused(verify(await new SignJWT(ADMINISTRATOR).setProtectedHeader(header).sign(second.privateKey)))
  })

  it('has to name its key where several could have signed', async () => {
    const anonymous = await signedBy(first, undefined)
    expect(await verify(anonymous)).toHaveProperty('viewer')
    keys.push(await published(second, 'second'))
    await expectRefused(verifier()(anonymous))
  })

  it.each<[string, typeof respond]>([
    ['fail', () => ({ status: 500, body: '' })],
    ['are not there', () => ({ status: 404, body: '{"keys":[]}' })],
    ['are elsewhere', () => ({ status: 302, body: '' })],
    ['are not JSON', () => ({ status: 200, body: '<html>' })],
    ['are not keys', () => ({ status: 200, body: '{"keys":7}' })],
    ['do not come in time', () => 'silence'],
  ])(
    'is neither trusted nor refused while the published keys %s',
    async (_, broken) => {
      const token = await signedBy(first, 'first')
      const working = respond
      respond = broken
      await expect(verify(token)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
      respond = working
      expect(await verify(token)).toHaveProperty('viewer')
    },
    15_000,
  )

  it('is neither trusted nor refused while nobody listens', async () => {
    server.close()
    const token = await signedBy(first, 'first')
    await expect(verify(token)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    await expectRefused(verify('garbage'))
  })
})
