import type { AliasType, CollaboratorRow } from '../database/rows.ts'
import { RaceError, type Sql, type Statement, statement } from '../database/sql.ts'
import { selectList, type Table, tableOf } from '../database/tables.ts'
import { RecordNotFoundError, ValidationError } from '../errors.ts'
import type { Occasion } from '../events/ingest.ts'
import { nameKey, textKey } from '../text.ts'
import { changesOf, type SetupChange } from './setup-changes.ts'
import { parseSetup, type SetupDocument, shown } from './setup-document.ts'
import {
  type DistributorEnrollment,
  type Enrollment,
  type Found,
  matchSetup,
  type Plan,
  planSetup,
  type Section,
  type SectionRows,
} from './setup-plan.ts'

/** What hears of a set-up, as a part of the transaction that applies it. */
export interface SetupPorts {
  /** Told of an organization that was created. */
  readonly onCreated?: ((organizationId: number, sql: Sql) => Promise<void>) | undefined
  /** Told once of all the collaborators that became active. */
  readonly onActivated?: ((collaborators: readonly CollaboratorRow[], occasion: Occasion) => Promise<void>) | undefined
}

/** How a document is applied. */
export interface ApplyOptions extends SetupPorts {
  /** Whose set-up it is: a document that names another organization is refused. Without it the document says whose. */
  readonly organizationId?: number | undefined
  /** The ids of the engagement types that a program can enable. */
  readonly triggers: readonly string[]
  /** The date of what is created or changed; that of the database, unless it is said. */
  readonly now?: Date | undefined
}

/** What came of a document. */
export interface SetupSummary {
  readonly organizationId: number
  readonly created: SetupCounts
  readonly updated: SetupCounts
  readonly ended: Pick<SetupCounts, 'enrollments' | 'distributorEnrollments'>
  readonly retired: Pick<SetupCounts, 'trackingCodes' | 'coupons'>
  /** The ids of the document's records, by e-mail address or name. */
  readonly ids: Plan['ids']
  /** What was applied and is probably not meant, each with the path of its field. */
  readonly warnings: readonly string[]
}

/** What would come of a document. Its ids are those of records that exist. */
export interface SetupPreview extends Omit<SetupSummary, 'organizationId'> {
  /** Null when the organization would be created. */
  readonly organizationId: number | null
  readonly changes: readonly SetupChange[]
}

/** How many records of each kind. A code that went to another collaborator counts as updated. */
export interface SetupCounts {
  readonly organizations: number
  readonly integrations: number
  readonly collaborators: number
  readonly trackingCodes: number
  readonly groups: number
  readonly programs: number
  readonly enrollments: number
  readonly coupons: number
  readonly distributors: number
  readonly distributorEnrollments: number
}

/**
 * Brings an organization to what a document says of it, all or nothing; what the document does not mention stays as it is.
 * Applied again it changes nothing. Of several at once for one organization, one waits for the other.
 * @throws ValidationError with the path of each field that is wrong, or refers to nothing.
 * @throws RecordNotFoundError when there is no organization of the given id.
 */
export const applySetup = async (sql: Sql, given: unknown, options: ApplyOptions): Promise<SetupSummary> => {
  const document = parseSetup(given, options.triggers)
  return sql.transaction(async sql => {
    const { summary, plan, now } = await apply(sql, document, options)
    const { organizationId } = summary
    if (plan.activated.length > 0) await options.onActivated?.(plan.activated, { organizationId, sql, now })
    return summary
  })
}

/**
 * What applying a document would change, by applying it in a transaction that is undone.
 * @throws what `applySetup` throws.
 */
export const previewSetup = async (
  sql: Sql,
  given: unknown,
  options: Omit<ApplyOptions, keyof SetupPorts>,
): Promise<SetupPreview> => {
  const document = parseSetup(given, options.triggers)
  const undone = new Error('A preview is always undone')
  let preview: SetupPreview | undefined
  try {
    await sql.transaction(async sql => {
      const { summary, organization, ...work } = await apply(sql, document, options, true)
      const changes = await changesOf(sql, organization, work)
      const organizationId = organization.created ? null : organization.id
      preview = { ...summary, organizationId, ids: existing(summary.ids), changes }
      throw undone
    })
  } catch (error) {
    if (error !== undone) throw error
  }
  return preview ?? Promise.reject(undone)
}

const apply = async (
  sql: Sql,
  document: SetupDocument,
  { organizationId, onCreated, now: said }: Omit<ApplyOptions, 'onActivated'>,
  isPreview = false,
) => {
  const organization =
    organizationId === undefined
      ? await namedOrganization(sql, document, said, isPreview)
      : await ownOrganization(sql, organizationId, document)
  const { id } = organization
  if (organization.created && !isPreview) await onCreated?.(id, sql)
  const found = await find(sql, id, document)
  const matches = matchSetup(document, found)
  const missing = <S extends Section>(section: S) => matches[section].filter(({ row }) => row === undefined).length
  const drawn = isPreview ? provisionalIds : newIds
  const ids = await eachSection(section => drawn(sql, TABLES[section], missing(section)))
  // only now: what has been waited for is older
  const [clock] = await sql.rows(currentTime, [])
  if (clock === undefined) throw new Error('Expected a row')
  const now = said ?? clock.now
  const plan = planSetup(document, found, matches, ids, now)
  const written = await write(sql, id, plan, now, isPreview)
  const { ended } = written
  const summary: SetupSummary = {
    organizationId: id,
    created: {
      organizations: organization.created ? 1 : 0,
      ...countsOf(plan, 'created'),
      enrollments: written.enrollments.length,
      distributorEnrollments: written.distributorEnrollments.length,
    },
    updated: {
      organizations: isChanged(organization) ? 1 : 0,
      ...countsOf(plan, 'updated'),
      enrollments: 0,
      distributorEnrollments: 0,
    },
    ended: {
      enrollments: ended.enrollments.length,
      distributorEnrollments: ended.distributorEnrollments.length,
    },
    retired: {
      trackingCodes: ofType(plan.aliases.retired, 'tracking'),
      coupons: ofType(plan.aliases.retired, 'coupon'),
    },
    ids: plan.ids,
    warnings: plan.warnings,
  }
  return { summary, organization, plan, found, written, now }
}

/** What a preview numbers new records by: no record has such an id, and no sequence is drawn from. */
const provisionalIds = async (_sql: Sql, _table: Table, count: number): Promise<number[]> =>
  Array.from({ length: count }, (_, at) => -1 - at)

const existing = (ids: Plan['ids']): Plan['ids'] => {
  const known = (section: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(section).filter(([, id]) => id > 0))
  const { collaborators, groups, programs, distributors } = ids
  return {
    collaborators: known(collaborators),
    groups: known(groups),
    programs: known(programs),
    distributors: known(distributors),
  }
}

const ofType = (aliases: readonly { type: AliasType }[], type: AliasType): number =>
  aliases.filter(alias => alias.type === type).length

const countsOf = ({ rows, aliases }: Plan, kind: 'created' | 'updated') => {
  const codes = (type: AliasType) => {
    const replaced = ofType(aliases.replaced, type)
    return kind === 'updated' ? replaced : ofType(aliases.issued, type) - replaced
  }
  return {
    integrations: rows.integrations[kind].length,
    collaborators: rows.collaborators[kind].length,
    trackingCodes: codes('tracking'),
    groups: rows.groups[kind].length,
    programs: rows.programs[kind].length,
    coupons: codes('coupon'),
    distributors: rows.distributors[kind].length,
  }
}

/** The organization that a document is applied to. */
export interface SetupOrganization {
  readonly id: number
  readonly created: boolean
  readonly before: OrganizationSettings
  readonly after: OrganizationSettings
}

/** What a document can say of an organization itself. */
export interface OrganizationSettings {
  readonly name: string
  readonly clawback: boolean
}

/** Whether a document changes what was said before of an organization that was there. */
const isChanged = ({ created, before, after }: SetupOrganization): boolean =>
  !created && (before.name !== after.name || before.clawback !== after.clawback)

/**
 * The organization of a key or of the command line, locked. A document that names another one is refused, and one that
 * gives another name is meant for another one, unless it says by the id that it renames this one.
 */
const ownOrganization = async (sql: Sql, id: number, { organization }: SetupDocument): Promise<SetupOrganization> => {
  if (organization?.id !== undefined && organization.id !== id)
    throw new ValidationError({
      'organization.id': [`Expected ${id}, the organization that is set up, received ${organization.id}`],
    })
  const [found] = await sql.rows(lockById, [id])
  if (found === undefined) throw new RecordNotFoundError(`Organization ${id}`)
  const { name } = organization ?? {}
  if (name !== undefined && organization?.id === undefined && nameKey(name) !== nameKey(found.name))
    throw new ValidationError({
      'organization.name': [
        `Expected ${shown(found.name)}, the name of the organization that is set up, received ${shown(name)}; to rename it, say organization.id ${id} too`,
      ],
    })
  return changed(sql, found, { ...organization, name: organization?.id === undefined ? found.name : name })
}

/** The organization that a document names, locked; a new one when there is none of the name. */
const namedOrganization = async (
  sql: Sql,
  { organization }: SetupDocument,
  now: Date | undefined,
  isPreview: boolean,
): Promise<SetupOrganization> => {
  const { id, name, clawback } = organization ?? {}
  if (id !== undefined) {
    const [found] = await sql.rows(lockById, [id])
    if (found === undefined)
      throw new ValidationError({ 'organization.id': [`Expected the id of an organization, received ${id}`] })
    return changed(sql, found, { name, clawback })
  }
  if (name === undefined)
    throw new ValidationError({
      [organization === undefined ? 'organization' : 'organization.name']: [
        'Expected the name of the organization, or its id, received nothing',
      ],
    })
  // what is not there yet cannot be locked, but its name can
  await sql.rows(lockName, [ORGANIZATION_NAMES, nameKey(name)])
  const alike = await sql.rows(lockByName, [nameKey(name)])
  const exact = alike.filter(found => found.name === name)
  const found = exact.length > 0 ? exact : alike
  const [first] = found
  if (found.length > 1)
    throw new ValidationError({
      'organization.id': [
        `Expected an id, since several organizations have this name: ${found.map(row => row.id).join(', ')}`,
      ],
    })
  if (first !== undefined) return changed(sql, first, { clawback })
  const [created] = isPreview
    ? await sql.rows(createProvisional, [name])
    : await sql.rows(createOrganization, [name, now ?? null])
  if (created === undefined) throw new Error('Expected a new organization')
  return { ...(await changed(sql, created, { clawback })), created: true }
}

/** What is not said stays as it is. */
const changed = async (
  sql: Sql,
  { id, ...before }: OrganizationSettings & { readonly id: number },
  { name = before.name, clawback = before.clawback }: NonNullable<SetupDocument['organization']>,
): Promise<SetupOrganization> => {
  const organization = { id, created: false, before, after: { name, clawback } }
  if (isChanged(organization)) await sql.rows(changeOrganization, [id, name, clawback])
  return organization
}

// not "for update": events that refer to the organization need not wait
const lockById = statement<OrganizationSettings & { id: number }>(
  'select id, name, clawback from organization where id = $1 for no key update',
)
const lockByName = statement<OrganizationSettings & { id: number }>(
  'select id, name, clawback from organization where name_key(name) = $1 order by id for no key update',
)
/** The names of organizations among all that advisory locks are taken on. */
const ORGANIZATION_NAMES = 7_436_002
const lockName = statement('select pg_advisory_xact_lock($1::integer, hashtext($2))')
const createOrganization = statement<OrganizationSettings & { id: number }>(
  'insert into organization (name, date_created) values ($1, coalesce($2, now())) returning id, name, clawback',
)
const createProvisional = statement<OrganizationSettings & { id: number }>(
  'insert into organization (id, name) values (-1, $1) returning id, name, clawback',
)
const changeOrganization = statement('update organization set name = $2, clawback = $3 where id = $1')
const currentTime = statement<{ now: Date }>(`select date_trunc('milliseconds', clock_timestamp()) as now`)

const TABLES: { readonly [S in Section]: Table } = {
  integrations: tableOf('Integration'),
  collaborators: tableOf('Collaborator'),
  groups: tableOf('ProgramGroup'),
  programs: tableOf('Program'),
  distributors: tableOf('Distributor'),
}

const eachSection = async <T>(work: (section: Section) => Promise<T>): Promise<{ [S in Section]: T }> => ({
  // one after the other, as a transaction's statements are
  integrations: await work('integrations'),
  collaborators: await work('collaborators'),
  groups: await work('groups'),
  programs: await work('programs'),
  distributors: await work('distributors'),
})

/** The records that a document speaks of, locked, so that nothing that is read here is written back over something newer. */
const find = async (sql: Sql, organizationId: number, document: SetupDocument): Promise<Found> => {
  const rows = <S extends Section>(section: S, key: string, keys: Iterable<string | null | undefined>) => {
    const ids = document[section].flatMap(entry => ('id' in entry && entry.id !== undefined ? [entry.id] : []))
    const wanted = [...new Set([...keys].filter(key => key != null))]
    if (ids.length === 0 && wanted.length === 0) return []
    return sql.rows(findRows<SectionRows[S]>(TABLES[section], key), [organizationId, ids, wanted])
  }
  const { integrations, collaborators, groups, programs, coupons, retiredCoupons, distributors } = document
  const emails = [
    ...collaborators.map(({ email }) => email),
    ...programs.flatMap(({ collaborators: members = [] }) => (members === 'all' ? [] : members)),
    ...programs.flatMap(({ endedCollaborators = [] }) => endedCollaborators),
    ...coupons.map(({ collaborator }) => collaborator),
    ...distributors.flatMap(({ collaborators: members = [], endedCollaborators = [] }) => [
      ...members,
      ...endedCollaborators,
    ]),
  ]
  const groupNames = [...groups.map(({ name }) => name), ...programs.map(({ group }) => group)]
  const namesOf = (entries: readonly { id?: number | undefined; name?: string | undefined }[]) =>
    entries.flatMap(({ id, name }) => (id === undefined ? [name] : []))
  const found = {
    integrations: await rows(
      'integrations',
      'name_key(t.source)',
      integrations.map(({ source }) => nameKey(source)),
    ),
    collaborators: await rows('collaborators', 't.email_key', keysOf(emails)),
    groups: await rows('groups', 'name_key(t.name)', nameKeys(groupNames)),
    programs: await rows('programs', 'name_key(t.name)', nameKeys(namesOf(programs))),
    distributors: await rows('distributors', 'name_key(t.name)', nameKeys(namesOf(distributors))),
  }
  const programIds = found.programs.map(({ id }) => id)
  const collaboratorIds = found.collaborators.map(({ id }) => id)
  const codes = keysOf(
    collaborators.flatMap(({ tracking = [], retiredTracking = [] }) => [...tracking, ...retiredTracking]),
  )
  const couponCodes = keysOf([...coupons.map(({ code }) => code), ...retiredCoupons])
  const retired = keysOf(collaborators.flatMap(({ retiredTracking = [] }) => retiredTracking))
  return {
    ...found,
    collaboratorIds: new Map(
      collaboratorIds.length === 0
        ? []
        : (await sql.rows(findEmailKeys, [organizationId, collaboratorIds])).map(({ key, id }) => [key, id]),
    ),
    engagementTypes: programIds.length === 0 ? [] : await sql.rows(findTypes, [organizationId, programIds]),
    aliases:
      codes.length + couponCodes.length === 0 ? [] : await sql.rows(findAliases, [organizationId, codes, couponCodes]),
    knownCodes:
      retired.length + retiredCoupons.length === 0
        ? []
        : await sql.rows(findKnownCodes, [organizationId, retired, keysOf(retiredCoupons)]),
  }
}

/** All that addresses or codes may be known by: their keys, or their exact text. */
const keysOf = (texts: readonly (string | undefined)[]): string[] => [
  ...new Set(texts.flatMap(text => (text === undefined ? [] : [text, textKey(text)]))),
]
const nameKeys = (names: readonly (string | null | undefined)[]) => names.map(name => name && nameKey(name))

const findRows = <Row>(table: Table, key: string): Statement<Row> =>
  statement(
    `select ${selectList(table, 't')} from ${table.name} t where organization_id = $1 and (id = any($2::bigint[]) or ${key} = any($3::text[])) order by id for no key update`,
  )
const findEmailKeys = statement<{ id: number; key: string }>(
  'select id, email_key as key from collaborator where organization_id = $1 and id = any($2::bigint[])',
)
const findTypes = statement<Found['engagementTypes'][number]>(
  'select program_id as "programId", type, value from program_engagement_type where organization_id = $1 and program_id = any($2::bigint[])',
)
const ofCodes = `organization_id = $1 and ((type = 'tracking' and code_key = any($2::text[])) or (type = 'coupon' and code_key = any($3::text[])))`
const findAliases = statement<Found['aliases'][number]>(
  `select id, type, code, code_key as key, collaborator_id as "collaboratorId" from collaborator_alias where ${ofCodes} and retired_date is null order by id for no key update`,
)
const findKnownCodes = statement<Found['knownCodes'][number]>(
  `select distinct type, code_key as key from collaborator_alias where ${ofCodes}`,
)

/** Ids for new rows, drawn before they are written, so that everything can be decided at once. */
const newIds = async (sql: Sql, table: Table, count: number): Promise<number[]> =>
  count === 0 ? [] : (await sql.rows(drawIds, [table.name, count])).map(({ id }) => id)
const drawIds = statement<{ id: number }>(
  `select nextval(pg_get_serial_sequence($1::text, 'id')) as id from generate_series(1, $2::integer)`,
)

/** The enrolments that a plan made and ended. */
export interface Written {
  readonly enrollments: readonly Enrollment[]
  readonly distributorEnrollments: readonly DistributorEnrollment[]
  readonly ended: {
    readonly enrollments: readonly Enrollment[]
    readonly distributorEnrollments: readonly DistributorEnrollment[]
  }
}

/** Writes a plan; a preview issues no codes, since their ids would be drawn for nothing. */
const write = async (sql: Sql, organizationId: number, plan: Plan, now: Date, isPreview: boolean): Promise<Written> => {
  const send = async <Row>(statement: Statement<Row>, rows: readonly unknown[], ...more: unknown[]): Promise<Row[]> =>
    rows.length === 0 ? [] : sql.rows(statement, [organizationId, JSON.stringify(rows), ...more])
  const created = async (statement: Statement<unknown>, rows: readonly unknown[], ...more: unknown[]) => {
    // an event wrote it meanwhile: done again, it is found
    if ((await send(statement, rows, ...more)).length < rows.length) throw new RaceError('a record came into being')
  }
  await eachSection(async section => {
    const { created: inserted, updated } = plan.rows[section]
    const table = TABLES[section]
    await created(insertRows(table), inserted.map(columnsOf(table)))
    await send(updateRows(table), updated.map(columnsOf(table))).catch(error => {
      if (error.code === UNIQUE_VIOLATION) throw new RaceError('a key was taken', { cause: error })
      throw error
    })
  })
  const { engagementTypes, aliases, enrollments, openToAll, distributorEnrollments, ended } = plan
  if (engagementTypes.programIds.length > 0) {
    await sql.rows(clearTypes, [organizationId, engagementTypes.programIds])
    await send(insertTypes, engagementTypes.rows)
  }
  const gone = [...aliases.replaced, ...aliases.retired].map(({ id }) => id)
  if (gone.length > 0) await sql.rows(retireAliases, [organizationId, gone, now])
  if (!isPreview) await created(issueAliases, aliases.issued, now)
  const enrolled = await send(enrol, enrollments, now)
  const opened =
    openToAll.length === 0
      ? []
      : await sql.rows(enrolAll, [organizationId, openToAll, now, JSON.stringify(ended.enrollments)])
  return {
    enrollments: [...enrolled, ...opened],
    distributorEnrollments: await send(enrolInDistributor, distributorEnrollments, now),
    ended: {
      enrollments: await send(endEnrollments, ended.enrollments),
      distributorEnrollments: await send(endDistributorEnrollments, ended.distributorEnrollments),
    },
  }
}

/** What PostgreSQL says of a second row with the same key. */
const UNIQUE_VIOLATION = '23505'

const columnsOf = (table: Table) => (row: object) =>
  Object.fromEntries([...table.columns].map(([name, { sql }]) => [sql, row[name as keyof typeof row]]))

const columnList = (table: Table, row = '', besides: readonly string[] = []): string[] =>
  [...table.columns.values()].filter(({ sql }) => !besides.includes(sql)).map(({ sql }) => `${row}${sql}`)

const insertRows = (table: Table): Statement<{ id: number }> =>
  statement(
    `insert into ${table.name} (organization_id, ${columnList(table).join(', ')}) select $1, ${columnList(table, 'r.').join(', ')}` +
      ` from jsonb_populate_recordset(null::${table.name}, $2::jsonb) r order by r.id on conflict do nothing returning id`,
  )

const updateRows = (table: Table): Statement<unknown> =>
  statement(
    `update ${table.name} t set ${columnList(table, '', ['id', 'date_created'])
      .map(column => `${column} = r.${column}`)
      .join(', ')} from jsonb_populate_recordset(null::${table.name}, $2::jsonb) r` +
      ` where t.organization_id = $1 and t.id = r.id`,
  )

const clearTypes = statement(
  'delete from program_engagement_type where organization_id = $1 and program_id = any($2::bigint[])',
)
const insertTypes = statement(`
  insert into program_engagement_type (organization_id, program_id, type, value)
  select $1, r."programId", r.type, r.value
  from jsonb_to_recordset($2::jsonb) as r ("programId" bigint, type text, value integer)`)

const retireAliases = statement(
  'update collaborator_alias set retired_date = $3 where organization_id = $1 and id = any($2::bigint[])',
)
const issueAliases = statement<{ id: number }>(`
  insert into collaborator_alias (organization_id, collaborator_id, type, code, issued_date)
  select $1, r."collaboratorId", r.type, r.code, $3
  from jsonb_to_recordset($2::jsonb) as r ("collaboratorId" bigint, type alias_type, code text)
  on conflict do nothing
  returning id`)

const enrol = statement<Enrollment>(`
  insert into enrollment (organization_id, program_id, collaborator_id, date_created)
  select $1, r."programId", r."collaboratorId", $3
  from jsonb_to_recordset($2::jsonb) as r ("programId" bigint, "collaboratorId" bigint)
  on conflict do nothing
  returning program_id as "programId", collaborator_id as "collaboratorId"`)

// who was turned down or has left is no member, even of what is open to all
const enrolAll = statement<Enrollment>(`
  insert into enrollment (organization_id, program_id, collaborator_id, date_created)
  select $1, program_id, c.id, $3
  from unnest($2::bigint[]) as program_id cross join collaborator c
  where c.organization_id = $1 and c.status not in ('rejected', 'deleted') and (program_id, c.id) not in (
    select r."programId", r."collaboratorId"
    from jsonb_to_recordset($4::jsonb) as r ("programId" bigint, "collaboratorId" bigint))
  on conflict do nothing
  returning program_id as "programId", collaborator_id as "collaboratorId"`)

const endEnrollments = statement<Enrollment>(`
  delete from enrollment e
  using jsonb_to_recordset($2::jsonb) as r ("programId" bigint, "collaboratorId" bigint)
  where e.organization_id = $1 and e.program_id = r."programId" and e.collaborator_id = r."collaboratorId"
  returning e.program_id as "programId", e.collaborator_id as "collaboratorId"`)

const enrolInDistributor = statement<DistributorEnrollment>(`
  insert into distributor_enrollment (organization_id, distributor_id, collaborator_id, date_created)
  select $1, r."distributorId", r."collaboratorId", $3
  from jsonb_to_recordset($2::jsonb) as r ("distributorId" bigint, "collaboratorId" bigint)
  on conflict do nothing
  returning distributor_id as "distributorId", collaborator_id as "collaboratorId"`)

const endDistributorEnrollments = statement<DistributorEnrollment>(`
  delete from distributor_enrollment e
  using jsonb_to_recordset($2::jsonb) as r ("distributorId" bigint, "collaboratorId" bigint)
  where e.organization_id = $1 and e.distributor_id = r."distributorId" and e.collaborator_id = r."collaboratorId"
  returning e.distributor_id as "distributorId", e.collaborator_id as "collaboratorId"`)
