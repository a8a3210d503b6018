import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { SirenError } from '../errors.ts'
import type { Viewer } from './viewer.ts'

/** Issuer and audience that a token must have, and what its signature is checked with: a shared secret, or published keys. */
export type JsonWebTokenOptions = {
  issuer: string
  audience: string
  /** The time in milliseconds; the system's by default. */
  now?: () => number
} & ({ secret: string } | { jwksUrl: URL })

/** Whom a token speaks for, and until when (milliseconds). */
export interface VerifiedToken {
  readonly viewer: Viewer
  readonly expiresAt: number
}

/** Null for a token that is not to be trusted, whatever the reason. */
export type JsonWebTokenVerifier = (token: string) => Promise<VerifiedToken | null>

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
      : [ASYMMETRIC, publishedKeys(options.jwksUrl)]
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
      const viewer = viewerOf(payload)
      return viewer && { viewer, expiresAt: ((payload.exp as number) + CLOCK_TOLERANCE) * 1000 }
    } catch (error) {
      if (error instanceof errors.JOSEError) return null
      throw error
    }
  }
}

/** How far the clocks of the issuer and of this host may be apart, in seconds. */
const CLOCK_TOLERANCE = 5
const FETCH_TIMEOUT = 3000
const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

const publishedKeys = (url: URL): JWTVerifyGetKey => {
  const keys = createRemoteJWKSet(url, { timeoutDuration: FETCH_TIMEOUT })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error
      throw new SirenError('SERVICE_UNAVAILABLE', 'The keys that tokens are checked with cannot be had at the moment', {
        cause: error,
      })
    }
  }
}

const viewerOf = ({ org, role, collaboratorId }: JWTPayload): Viewer | null => {
  if (!isId(org)) return null
  if (role === 'administrator') return { role, organizationId: org }
  if (role === 'collaborator' && isId(collaboratorId)) return { role, organizationId: org, collaboratorId }
  return null
}

const isId = (claim: unknown): claim is number => Number.isSafeInteger(claim) && (claim as number) > 0
