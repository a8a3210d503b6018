import { hash, randomBytes } from 'node:crypto'
import type { Database } from '../database/client.ts'
import type { ApiKeyRole, ApiKeyRow } from '../database/rows.ts'
import { int8, type Sql, statement } from '../database/sql.ts'
import { InvalidInputError, RecordNotFoundError } from '../errors.ts'

/** A key that is wanted. */
export interface NewApiKey {
  organizationId: number
  role: ApiKeyRole
  /** Whom a collaborator's key speaks for; none for the other roles. */
  collaboratorId?: number | undefined
  /** What the key is for, to its owner. */
  label: string
}

/** A key as it may be shown: without its hash. */
export type ListedApiKey = Omit<ApiKeyRow, 'keyHash'>

/**
 * Makes a key. `rawKey` is nowhere stored: this is the only time that anyone sees it.
 * @throws InvalidInputError when the organization or the collaborator does not exist, or role and collaborator do not fit.
 */
export const createApiKey = async (
  prisma: Pick<Database['prisma'], 'organization' | 'collaborator' | 'apiKey'>,
  { organizationId, role, collaboratorId, label }: NewApiKey,
): Promise<{ id: number; rawKey: string }> => {
  if (label.trim() === '' || label.length > 200 || /\p{Cc}/u.test(label))
    throw new InvalidInputError('Expected a label of 1 to 200 characters on one line')
  if (role === 'collaborator' && collaboratorId === undefined)
    throw new InvalidInputError('Expected a collaborator for a key with the role collaborator, received none')
  if (role !== 'collaborator' && collaboratorId !== undefined)
    throw new InvalidInputError(`Expected no collaborator for a key with the role ${role}, received ${collaboratorId}`)
  const organization = bigintId('organization', organizationId)
  const collaborator = collaboratorId === undefined ? null : bigintId('collaborator', collaboratorId)
  if ((await prisma.organization.count({ where: { id: organization } })) === 0)
    throw new InvalidInputError(`Expected an existing organization, received ${organizationId}`)
  if (
    collaborator !== null &&
    (await prisma.collaborator.count({ where: { organizationId: organization, id: collaborator } })) === 0
  )
    throw new InvalidInputError(
      `Expected an existing collaborator of organization ${organizationId}, received ${collaboratorId}`,
    )
  const rawKey = `sk_live_${randomBytes(32).toString('base64url')}`
  const { id } = await prisma.apiKey.create({
    data: { organizationId: organization, collaboratorId: collaborator, role, label, ...stored(rawKey) },
    select: { id: true },
  })
  return { id: int8(id.toString()), rawKey }
}

/** All keys of all organizations, oldest first. */
export const listApiKeys = (sql: Sql): Promise<ListedApiKey[]> => sql.rows(everyKey, [])
const everyKey = statement<ListedApiKey>(`
  select id, organization_id as "organizationId", key_prefix as "keyPrefix", label, role, collaborator_id as "collaboratorId",
         status, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"
  from api_key order by id`)

/**
 * Ends a key for good; ending it again changes nothing. Gateways notice within 5 s.
 * @throws RecordNotFoundError when there is no such key.
 */
export const revokeApiKey = async (sql: Sql, id: number): Promise<void> => {
  bigintId('API key', id)
  const revoked = await sql.rows(revocation, [id])
  if (revoked.length === 0) throw new RecordNotFoundError(`API key ${id}`)
}
const revocation = statement<{ id: number }>(`update api_key set status = 'revoked' where id = $1 returning id`)

/** Gives the demo its three well-known keys. Those that are already there stay as they are. */
export const putDemoKeys = async (
  prisma: Pick<Database['prisma'], 'apiKey'>,
  { organizationId, collaboratorId }: { organizationId: number; collaboratorId: number },
): Promise<void> => {
  const organization = bigintId('organization', organizationId)
  const collaborator = bigintId('collaborator', collaboratorId)
  await prisma.apiKey.createMany({
    data: DEMO_KEYS.map(({ role, rawKey }) => ({
      organizationId: organization,
      collaboratorId: role === 'collaborator' ? collaborator : null,
      role,
      label: `Demo ${role}`,
      ...stored(rawKey),
    })),
    skipDuplicates: true,
  })
}

/** Keys that everyone knows: for the demo, refused everywhere else. */
export const DEMO_KEYS = [
  { role: 'administrator', rawKey: 'sk_demo_admin' },
  { role: 'collaborator', rawKey: 'sk_demo_collaborator' },
  { role: 'integration', rawKey: 'sk_demo_integration' },
] as const satisfies readonly { role: ApiKeyRole; rawKey: string }[]

/** What stands for a token where the token itself must not be kept: its SHA-256, in hexadecimal. */
export const tokenHash = (token: string): string => hash('sha256', token, 'hex')

const stored = (rawKey: string) => ({ keyHash: tokenHash(rawKey), keyPrefix: rawKey.slice(0, 12) })

const bigintId = (what: string, id: number): bigint => {
  if (Number.isSafeInteger(id) && id > 0) return BigInt(id)
  throw new InvalidInputError(`Expected a positive integer up to 2^53−1 as id of the ${what}, received ${id}`)
}
