import { Records } from '../access/records.ts'
import { perScope, placeholderAfter } from '../access/scope.ts'
import type { Viewer } from '../access/viewer.ts'
import type {
  CollaboratorAliasRow,
  CollaboratorRow,
  Named,
  OrganizationRow,
  ProgramEngagementTypeRow,
  ProgramRow,
} from '../database/rows.ts'
import { type Sql, statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'

const COLLABORATOR = { ...tableOf('Collaborator'), named: 'collaborator' as const }
const PROGRAM = { ...tableOf('Program'), named: 'program' as const }
const ALIAS = tableOf('CollaboratorAlias')

/** Collaborators as one viewer may see them. */
export class CollaboratorDatastore extends Records<CollaboratorRow & Named> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'collaborator', COLLABORATOR)
  }

  /** The tracking codes and coupons of these collaborators, earlier ones included, oldest first. */
  async aliasesOf(collaboratorIds: readonly number[]): Promise<CollaboratorAliasRow[]> {
    return this.sql.rows(aliasesByCollaborators(this.scope), this.valuesWith(collaboratorIds))
  }
}

/** Programs as one viewer may see them. */
export class ProgramDatastore extends Records<ProgramRow & Named> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'program', PROGRAM)
  }

  /** The triggers that these programs enable, with their points. */
  async engagementTypesOf(programIds: readonly number[]): Promise<ProgramEngagementTypeRow[]> {
    return this.sql.rows(engagementTypesByPrograms(this.scope), this.valuesWith(programIds))
  }

  /** The programs that these collaborators are enrolled in. */
  async ofCollaborators(
    collaboratorIds: readonly number[],
  ): Promise<(ProgramRow & Named & { collaboratorId: number })[]> {
    return this.sql.rows(programsByCollaborators(this.scope), this.valuesWith(collaboratorIds))
  }
}

/** The viewer's own organization. */
export class OrganizationDatastore {
  constructor(
    readonly sql: Sql,
    readonly viewer: Viewer,
  ) {}

  /** The viewer's organization; null when it has gone, or the viewer's token names one that never was. */
  async own(): Promise<OrganizationRow | null> {
    return (await this.sql.rows(ownOrganization, [this.viewer.organizationId]))[0] ?? null
  }
}

const ownOrganization = statement<OrganizationRow>(
  'select id, name, date_created as "dateCreated" from organization where id = $1',
)

const aliasesByCollaborators = perScope(scope =>
  statement<CollaboratorAliasRow>(
    `select ${selectList(ALIAS, 'a')} from collaborator_alias a join collaborator t on t.organization_id = a.organization_id and t.id = a.collaborator_id` +
      ` where a.organization_id = $1 and a.collaborator_id = any(${placeholderAfter(scope, 1)}::bigint[])${scope.visible('collaborator', 't')} order by a.id`,
  ),
)

const engagementTypesByPrograms = perScope(scope =>
  statement<ProgramEngagementTypeRow>(
    'select e.program_id as "programId", e.type, e.value from program_engagement_type e join program t on t.organization_id = e.organization_id and t.id = e.program_id' +
      ` where e.organization_id = $1 and e.program_id = any(${placeholderAfter(scope, 1)}::bigint[])${scope.visible('program', 't')} order by e.type`,
  ),
)

const programsByCollaborators = perScope(scope =>
  statement<ProgramRow & Named & { collaboratorId: number }>(
    `select ${selectList(PROGRAM, 't', scope.hidden('program'))}, n.collaborator_id as "collaboratorId" from enrollment n join program t on t.organization_id = n.organization_id and t.id = n.program_id` +
      ` where n.organization_id = $1 and n.collaborator_id = any(${placeholderAfter(scope, 1)}::bigint[])${scope.visibleRecord('collaborator', 'n.collaborator_id')}${scope.visible('program', 't')} order by t.id`,
  ),
)
