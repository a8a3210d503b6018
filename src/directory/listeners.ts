import type { CollaboratorRow, OrganizationRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ConflictError, RecordNotFoundError, ValidationError } from '../errors.ts'
import { expectSince } from '../events/backdating.ts'
import type { Submission } from '../events/catalog.ts'
import { type EventContext, each, type Listeners } from '../events/dispatcher.ts'

/** Takes applications in, activates accounts, and welcomes organizations. */
export const directoryListeners: Listeners = {
  'collaborator-submitted': each(async ({ payload }) => {
    const { fullName, email, nickname = null, programIds } = payload
    const submission = { fullName, email, nickname, programIds: [...new Set(programIds)] }
    return [{ type: 'CollaboratorSubmissionReceived', submission, source: 'collaborator-submitted' }]
  }),

  CollaboratorSubmissionReceived: each(async ({ submission }, context) => {
    const collaborator = await submit(submission, context)
    return [{ type: 'CollaboratorSubmissionComplete', collaborator, programIds: submission.programIds }]
  }),

  'collaborator-approved': each(async ({ payload: { collaboratorId } }, context) => {
    const { sql, organizationId, now } = context
    const [collaborator] = await sql.rows(lock, [organizationId, collaboratorId])
    if (collaborator === undefined || collaborator.status === 'deleted')
      throw new RecordNotFoundError(`Collaborator ${collaboratorId}`)
    expectSince(`collaborator ${collaboratorId}`, collaborator.dateCreated, context)
    if (collaborator.status === 'active') return []
    const [active = collaborator] = await sql.rows(activate, [organizationId, collaboratorId, now])
    return [{ type: 'CollaboratorAccountReady', collaborator: active }]
  }),

  'org-created': each(async (_, context) => {
    const { sql, organizationId } = context
    const [organization] = await sql.rows(own, [organizationId])
    if (organization === undefined) return undefined
    expectSince('the organization', organization.dateCreated, context)
    return [{ type: 'OrgCreated', organization }]
  }),
}

/**
 * A collaborator who waits for approval, a member already of the programs that it applies for.
 * @throws ConflictError when the address is taken. @throws ValidationError when a program does not exist.
 */
const submit = async (
  { fullName, nickname, email, programIds }: Submission,
  { sql, organizationId, now }: EventContext,
): Promise<CollaboratorRow> => {
  const [collaborator] = await sql.rows(insert, [organizationId, fullName, nickname, email, now])
  if (collaborator === undefined)
    throw new ConflictError(`Expected a new e-mail address, but a collaborator has ${email}`)
  if (programIds.length === 0) return collaborator
  const enrolled = await sql.rows(enroll, [organizationId, collaborator.id, programIds, now])
  const unknown = programIds.filter(id => enrolled.every(({ programId }) => programId !== id))
  if (unknown.length > 0)
    throw new ValidationError({
      programIds: unknown.map(id => `Expected the id of a program, received ${id}, which does not exist`),
    })
  return collaborator
}

const COLLABORATOR = selectList(tableOf('Collaborator'), 'c')

const insert = statement<CollaboratorRow>(`
  insert into collaborator as c (organization_id, full_name, nickname, email, status, date_created, date_modified)
  values ($1, $2, $3, $4, 'pending', $5, $5)
  on conflict (organization_id, email) do nothing
  returning ${COLLABORATOR}`)

const enroll = statement<{ programId: number }>(`
  insert into enrollment (organization_id, collaborator_id, program_id, date_created)
  select $1, $2, p.id, $4 from program p
  where p.organization_id = $1 and p.id = any($3::bigint[]) and p.status <> 'deleted'
  order by p.id
  returning program_id as "programId"`)

const lock = statement<CollaboratorRow>(`
  select ${COLLABORATOR} from collaborator c where c.organization_id = $1 and c.id = $2 for no key update`)

const activate = statement<CollaboratorRow>(`
  update collaborator c set status = 'active', date_modified = greatest(c.date_modified, $3)
  where c.organization_id = $1 and c.id = $2
  returning ${COLLABORATOR}`)

const own = statement<OrganizationRow>(
  `select o.id, o.name, o.date_created as "dateCreated" from organization o where o.id = $1`,
)
