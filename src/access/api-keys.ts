import { hash, randomBytes } from 'node:crypto'
import type { Database } from '../database/client.ts'
import type { ApiKeyRole, ApiKeyRow } from '../database/rows.ts'
import { type Sql, statement } from '../database/sql.ts'
import { ForbiddenError, InvalidInputError, RecordNotFoundError } from '../errors.ts'
import { ADMINISTRATOR_SCOPES, KEY_SCOPES, type KeyScope, may, type Viewer } from './viewer.ts'

/** A key that is wanted. */
export interface NewApiKey {
  organizationId: number
  role: ApiKeyRole
  /** Whom a collaborator's key speaks for; none for the other roles. */
  collaboratorId?: number | undefined
  /** What an integration's key may do; `events` alone, unless it is said. None for the other roles. */
  scopes?: readonly KeyScope[] | undefined
  /** What the key is for, to its owner. */
  label: string
}

/** A key as it may be shown: without its hash, and with all that it may do. */
export type ListedApiKey = Omit<ApiKeyRow, 'keyHash' | 'scopes'> & { readonly scopes: readonly KeyScope[] }

/**
 * Makes a key. `rawKey` is nowhere stored: this is the only time that anyone sees it.
 * @throws InvalidInputError when the organization or the collaborator does not exist, or role, scopes and collaborator do not fit.
 */
export const createApiKey = async (
  sql: Sql,
  { organizationId, role, collaboratorId, scopes = [], label }: NewApiKey,
): Promise<ListedApiKey & { readonly rawKey: string }> => {
  if (!isLabel(label)) throw new InvalidInputError('Expected a label of 1 to 200 characters on one line')
  if (role === 'collaborator' && collaboratorId === undefined)
    throw new InvalidInputError('Expected a collaborator for a key with the role collaborator, received none')
  if (role !== 'collaborator' && collaboratorId !== undefined)
    throw new InvalidInputError(`Expected no collaborator for a key with the role ${role}, received ${collaboratorId}`)
  if (role !== 'integration' && scopes.length > 0)
    throw new InvalidInputError(`Expected no scopes for a key with the role ${role}, received ${scopes.join(', ')}`)
  expectId('organization', organizationId)
  if (collaboratorId !== undefined) expectId('collaborator', collaboratorId)
  const [known] = await sql.rows(existence, [organizationId, collaboratorId ?? null])
  if (!known?.organization) throw new InvalidInputError(`Expected an existing organization, received ${organizationId}`)
  if (collaboratorId !== undefined && !known.collaborator)
    throw new InvalidInputError(
      `Expected an existing collaborator of organization ${organizationId}, received ${collaboratorId}`,
    )
  const rawKey = `sk_live_${randomBytes(32).toString('base64url')}`
  const { keyHash, keyPrefix } = stored(rawKey)
  const [row] = (await sql.rows(insert, [
    ...[organizationId, role, collaboratorId ?? null, scopes],
    ...[label, keyHash, keyPrefix],
  ])) as [Row]
  return { ...listed(row), rawKey }
}

/** Whether a text can be what a key is for: 1 to 200 UTF-16 code units on one line. */
export const isLabel = (text: string): boolean =>
  text.trim() !== '' && text.length <= 200 && text.isWellFormed() && !/\p{Cc}/u.test(text)

/** All keys of all organizations, oldest first. */
export const listApiKeys = async (sql: Sql): Promise<ListedApiKey[]> => (await sql.rows(everyKey, [])).map(listed)

const COLUMNS = `
  id, organization_id as "organizationId", key_prefix as "keyPrefix", label, role, scopes,
  collaborator_id as "collaboratorId", status, created_at as "createdAt", expires_at as "expiresAt",
  last_used_at as "lastUsedAt"`
type Row = Omit<ApiKeyRow, 'keyHash'>
const existence = statement<{ organization: boolean; collaborator: boolean }>(`
  select exists (select from organization where id = $1) as organization,
    exists (select from collaborator where organization_id = $1 and id = $2) as collaborator`)
const insert = statement<Row>(`
  insert into api_key (organization_id, role, collaborator_id, scopes, label, key_hash, key_prefix)
  values ($1, $2::api_key_role, $3, $4::text[], $5, $6, $7)
  returning ${COLUMNS}`)
const everyKey = statement<Row>(`select ${COLUMNS} from api_key order by id`)

const listed = (key: Row): ListedApiKey => {
  const viewer = viewerOf(key)
  return { ...key, scopes: KEY_SCOPES.filter(scope => viewer !== null && may(viewer, scope)) }
}

/** Whom a key speaks for; null for one that speaks for nobody. */
export const viewerOf = ({
  role,
  organizationId,
  scopes,
  collaboratorId,
}: Pick<ApiKeyRow, 'organizationId' | 'role' | 'scopes' | 'collaboratorId'>): Viewer | null => {
  switch (role) {
    case 'administrator':
      return { role, organizationId }
    case 'integration':
      // the database knows no other scopes
      return { role, organizationId, ...(scopes.length > 0 && { scopes: scopes as KeyScope[] }) }
    case 'collaborator':
      return collaboratorId === null ? null : { role, organizationId, collaboratorId }
  }
}

/** The keys of the viewer's organization. */
export class ApiKeys {
  constructor(
    readonly sql: Sql,
    readonly viewer: Viewer,
  ) {}

  /** At most so many of the keys, or all, revoked ones included, oldest first. */
  async list({ limit, offset }: { limit: number | null; offset: number }): Promise<ListedApiKey[]> {
    return (await this.sql.rows(keysOfOrganization, [this.viewer.organizationId, limit, offset])).map(listed)
  }

  async count(): Promise<number> {
    const [row] = await this.sql.rows(countOfOrganization, [this.viewer.organizationId])
    return row?.count ?? 0
  }

  /**
   * Makes a key with these scopes. All that an administrator's has, or none said, make it one.
   * @throws ForbiddenError for a key that would do more than the viewer's own.
   */
  async create({
    label,
    scopes = KEY_SCOPES,
  }: {
    label: string
    scopes?: readonly KeyScope[] | undefined
  }): Promise<ListedApiKey & { readonly rawKey: string }> {
    const { organizationId } = this.viewer
    const wanted = KEY_SCOPES.filter(scope => scopes.includes(scope))
    const isWhole = ADMINISTRATOR_SCOPES.every(scope => wanted.includes(scope))
    this.#refuseMore(isWhole, wanted)
    return createApiKey(this.sql, {
      organizationId,
      label,
      ...(isWhole ? { role: 'administrator' } : { role: 'integration', scopes: wanted }),
    })
  }

  /**
   * Ends a key for good; ending it again changes nothing.
   * @throws RecordNotFoundError when there is no such key.
   * @throws ForbiddenError for a key that may do more than the viewer's own.
   */
  async revoke(id: number): Promise<ListedApiKey> {
    const values = [this.viewer.organizationId, id]
    const [key] = (await this.sql.rows(keyWithin, values)).map(listed)
    if (key === undefined) throw new RecordNotFoundError(`API key ${id}`)
    this.#refuseMore(key.role === 'administrator', key.scopes)
    await this.sql.rows(revocationWithin, values)
    return { ...key, status: 'revoked' }
  }

  /** Nobody has anything to do with keys that may do more than the own one. */
  #refuseMore(isWhole: boolean, scopes: readonly KeyScope[]): void {
    if (isWhole ? this.viewer.role !== 'administrator' : scopes.some(scope => !may(this.viewer, scope)))
      throw new ForbiddenError('Expected a key that may do no more than the own one')
  }
}

const keysOfOrganization = statement<Row>(
  `select ${COLUMNS} from api_key where organization_id = $1 order by id limit $2 offset $3`,
)
const countOfOrganization = statement<{ count: number }>(
  'select count(*) as count from api_key where organization_id = $1',
)
const keyWithin = statement<Row>(`select ${COLUMNS} from api_key where organization_id = $1 and id = $2`)
const revocationWithin = statement("update api_key set status = 'revoked' where organization_id = $1 and id = $2")

/**
 * Ends a key for good; ending it again changes nothing. Gateways notice within 5 s.
 * @throws RecordNotFoundError when there is no such key.
 */
export const revokeApiKey = async (sql: Sql, id: number): Promise<void> => {
  expectId('API key', id)
  const revoked = await sql.rows(revocation, [id])
  if (revoked.length === 0) throw new RecordNotFoundError(`API key ${id}`)
}
const revocation = statement<{ id: number }>(`update api_key set status = 'revoked' where id = $1 returning id`)

/** Gives the demo its three well-known keys. Those that are already there stay as they are. */
export const putDemoKeys = async (
  prisma: Pick<Database['prisma'], 'apiKey'>,
  { organizationId, collaboratorId }: { organizationId: number; collaboratorId: number },
): Promise<void> => {
  const organization = BigInt(organizationId)
  const collaborator = BigInt(collaboratorId)
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

const expectId = (what: string, id: number): void => {
  if (!Number.isSafeInteger(id) || id <= 0)
    throw new InvalidInputError(`Expected a positive integer up to 2^53−1 as id of the ${what}, received ${id}`)
}
