import type { ApiKeyRow } from '../database/rows.ts'
import { type Sql, statement } from '../database/sql.ts'
import { tokenHash, viewerOf } from './api-keys.ts'
import type { JsonWebTokenVerifier } from './json-web-token.ts'
import { lastUse } from './last-use.ts'
import type { Viewer } from './viewer.ts'

/** What an authenticator needs. */
export interface AuthenticatorOptions {
  sql: Sql
  /** Without it, no JSON web token is accepted. */
  verifyJsonWebToken?: JsonWebTokenVerifier | undefined
  /** Whether the keys that everyone knows open anything. */
  allowDemoKeys: boolean
  /** The time in milliseconds; the system's by default. */
  now?: () => number
  /** Hears what went wrong in the background. */
  onError?: (error: unknown) => void
}

/** Tells who asks. */
export interface Authenticator {
  /**
   * The viewer that an Authorization header speaks for; null for a header that is missing, malformed or not (any more)
   * valid. No promise for a token seen within seconds. Rejects when the database or the published keys are out of reach,
   * and with InvalidTokenError for a JSON web token that is not valid.
   */
  authenticate(authorization: string | undefined): Viewer | null | Promise<Viewer | null>
  /** Writes down when keys were last used; this also happens every minute. Never rejects. */
  recordUse(): Promise<void>
  /** Stops the clock and writes down the last uses; the database has to be open still. */
  close(): Promise<void>
}

/**
 * Authenticates by API key or JSON web token. A token that was found valid is trusted for 4 s, so that a revocation holds
 * everywhere within 5 s; an expiry holds at once. Tokens found invalid are not remembered: anyone can make up many.
 */
export const authenticator = (options: AuthenticatorOptions): Authenticator => {
  const { sql, verifyJsonWebToken, allowDemoKeys, now = Date.now, onError = () => {} } = options
  const admissions = new Map<string, Admission>()
  const inquiries = new Map<string, Inquiry>()
  const uses = lastUse(sql, onError)
  const timer = setInterval(uses.write, RECORD_EVERY).unref()

  /** Asks whom a token speaks for; all who want to know at the same time share one answer. */
  const inquire = (token: string, hash: string, since: number): Promise<Viewer | null> => {
    const answer = ask(token, hash, since)
    inquiries.set(hash, { since, answer })
    return answer
  }

  const ask = async (token: string, hash: string, since: number): Promise<Viewer | null> => {
    admissions.delete(hash)
    try {
      const grant = await (isKey(token) ? grantOfKey(sql, hash) : (verifyJsonWebToken?.(token) ?? null))
      if (grant === null || grant.expiresAt <= now()) return null
      admit(hash, { ...grant, since })
      return grant.viewer
    } finally {
      if (inquiries.get(hash)?.since === since) inquiries.delete(hash)
    }
  }

  const admit = (hash: string, admission: Admission) => {
    if (admission.keyId !== undefined) uses.noted(admission.keyId, now())
    admissions.delete(hash)
    admissions.set(hash, admission)
    // a map is in order of insertion, and a token in use is inserted again every few seconds
    for (const oldest of admissions.keys()) {
      if (admissions.size <= CAPACITY) break
      admissions.delete(oldest)
    }
  }

  return {
    authenticate: authorization => {
      const token = bearerToken(authorization)
      if (token === undefined) return null
      if (isKey(token) ? !allowDemoKeys && token.startsWith('sk_demo_') : verifyJsonWebToken === undefined) return null
      const hash = tokenHash(token)
      const time = now()
      const admission = admissions.get(hash)
      if (admission !== undefined && isRecent(admission, time) && time < admission.expiresAt) {
        if (admission.keyId !== undefined) uses.noted(admission.keyId, time)
        return admission.viewer
      }
      const inquiry = inquiries.get(hash)
      return inquiry !== undefined && isRecent(inquiry, time) ? inquiry.answer : inquire(token, hash, time)
    },
    recordUse: uses.write,
    close: () => {
      clearInterval(timer)
      return uses.write()
    },
  }
}

const TRUSTED_FOR = 4000
const CAPACITY = 10_000
const RECORD_EVERY = 60_000
/** The longest Authorization header, in bytes. */
export const LONGEST_HEADER = 8192

/** Whom a valid token speaks for, until when, and the key that it is. */
interface Grant {
  readonly viewer: Viewer
  readonly expiresAt: number
  readonly keyId?: number
}

/** A grant as of the time when it was asked for, which is before it was answered. */
interface Admission extends Grant {
  readonly since: number
}

interface Inquiry {
  readonly since: number
  readonly answer: Promise<Viewer | null>
}

/** Not so when the clock was turned back, either: an old answer would else be trusted for as long as that. */
const isRecent = ({ since }: { since: number }, time: number): boolean => since <= time && time - since < TRUSTED_FOR

const isKey = (token: string): boolean => token.startsWith('sk_')

const bearerToken = (authorization: string | undefined): string | undefined => {
  if (authorization === undefined || authorization.length > LONGEST_HEADER) return undefined
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1]
}

const grantOfKey = async (sql: Sql, hash: string): Promise<Grant | null> => {
  const [key] = await sql.rows(activeKey, [hash])
  const viewer = key && viewerOf(key)
  return viewer ? { viewer, keyId: key.id, expiresAt: key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY } : null
}
const activeKey = statement<KeyOfViewer>(`
  select id, organization_id as "organizationId", role, scopes, collaborator_id as "collaboratorId", expires_at as "expiresAt"
  from api_key where key_hash = $1 and status = 'active'`)
type KeyOfViewer = Pick<ApiKeyRow, 'id' | 'organizationId' | 'role' | 'scopes' | 'collaboratorId' | 'expiresAt'>
