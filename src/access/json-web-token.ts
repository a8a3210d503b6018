import { setTimeout as delay } from 'node:timers/promises'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { InvalidTokenError, SirenError } from '../errors.ts'
import type { Viewer } from './viewer.ts'

/** Issuer and audience that a token must have, and what its signature is checked with: a shared secret, or published keys. */
export type JsonWebTokenOptions = {
  issuer: string
  audience: string
  /** The time in milliseconds; the system's by default. */
  now?: () => number
  /** How long published keys are not fetched again, in milliseconds, whatever tokens name; 5 s by default. */
  cooldown?: number
} & ({ secret: string } | { jwksUrl: URL })

/** Whom a token speaks for, and until when (milliseconds). */
export interface VerifiedToken {
  readonly viewer: Viewer
  readonly expiresAt: number
}

/** @throws InvalidTokenError for a token that is not to be trusted, with the reason. */
export type JsonWebTokenVerifier = (token: string) => Promise<VerifiedToken>

/**
 * Checks JSON web tokens: the signature, `iss`, `aud`, `exp` (required), `nbf`, and the claims that name the viewer: `org`,
 * `role` and, for a collaborator, `collaboratorId`. There are no tokens for integrations.
 *
 * Where several published keys could have signed, the token has to say which by `kid`. The verifier rejects with
 * `SERVICE_UNAVAILABLE` when the published keys cannot be had: that says nothing about the token.
 */
export const jsonWebTokenVerifier = (options: JsonWebTokenOptions): JsonWebTokenVerifier => {
  const { issuer, audience, now = Date.now } = options
  // the algorithms follow from the key, never from the token: else a public key could serve as a secret
  const [algorithms, key] =
    'secret' in options
      ? [['HS256'], new TextEncoder().encode(options.secret)]
      : [ASYMMETRIC, publishedKeys(options.jwksUrl, options.cooldown ?? COOLDOWN)]
  // jose has one signature for a key and another for a function that finds one
  const keyOf: JWTVerifyGetKey = typeof key === 'function' ? key : () => key

  return async token => {
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: new Date(now()),
      })
      return { viewer: viewerOf(payload), expiresAt: ((payload.exp as number) + CLOCK_TOLERANCE) * 1000 }
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new InvalidTokenError(reasonFor(error))
      throw error
    }
  }
}

/** Why a token is refused: the messages of jose name claims and parameters, and none of their values. */
const reasonFor = (error: errors.JOSEError): string => {
  const subject =
    error instanceof errors.JWTExpired
      ? 'expired'
      : error instanceof errors.JWTClaimValidationFailed && { iss: 'issuer', aud: 'audience' }[error.claim]
  const message = error.message.slice(0, 200)
  return subject ? `${subject}: ${message}` : message
}

/** How far the clocks of the issuer and of this host may be apart, in seconds. */
const CLOCK_TOLERANCE = 5
const FETCH_TIMEOUT = 3000
const COOLDOWN = 5000
/** How long fetched keys are used: a key that is published no more is trusted for that long at most. */
const KEYS_MAX_AGE = 600_000
/** How many tokens may wait for keys at the same time. */
const MAX_WAITING = 100
const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/**
 * Finds the key that signed a token. A key that is not among those fetched may have been published since: the token waits
 * for the next fetch. So a new key is accepted within seconds, and tokens with made-up keys cause few fetches.
 */
const publishedKeys = (url: URL, cooldown: number): JWTVerifyGetKey => {
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: FETCH_TIMEOUT,
    cooldownDuration: cooldown,
    cacheMaxAge: KEYS_MAX_AGE,
  })
  let nextFetch: Promise<void> | undefined
  let waiting = 0
  const fetchLater = async (): Promise<void> => {
    if (waiting >= MAX_WAITING) throw new Error(`${MAX_WAITING} tokens wait for published keys already`)
    waiting++
    nextFetch ??= delay(cooldown, undefined, { ref: false })
      .then(keys.reload)
      .finally(() => {
        nextFetch = undefined
      })
    await nextFetch.finally(() => waiting--)
  }
  const find: JWTVerifyGetKey = async (header, token) => {
    const hasOldKeys = keys.coolingDown
    try {
      return await keys(header, token)
    } catch (error) {
      if (!hasOldKeys || !(error instanceof errors.JWKSNoMatchingKey)) throw error
      await fetchLater()
      return await keys(header, token)
    }
  }
  return async (header, token) => {
    try {
      return await find(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error
      throw new SirenError('SERVICE_UNAVAILABLE', 'The keys that tokens are checked with cannot be had at the moment', {
        cause: error,
      })
    }
  }
}

/** @throws InvalidTokenError */
const viewerOf = ({ org, role, collaboratorId }: JWTPayload): Viewer => {
  if (!isId(org)) throw new InvalidTokenError('unexpected "org" claim value: expected a positive integer')
  if (role === 'administrator') return { role, organizationId: org }
  if (role !== 'collaborator')
    throw new InvalidTokenError('unexpected "role" claim value: expected administrator or collaborator')
  if (isId(collaboratorId)) return { role, organizationId: org, collaboratorId }
  throw new InvalidTokenError('unexpected "collaboratorId" claim value: expected a positive integer')
}

const isId = (claim: unknown): claim is number => Number.isSafeInteger(claim) && (claim as number) > 0
