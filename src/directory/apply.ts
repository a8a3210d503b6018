import type { AliasType } from '../database/rows.ts'
import { RaceError, type Sql, type Statement, statement } from '../database/sql.ts'
import { selectList, type Table, tableOf } from '../database/tables.ts'
import { RecordNotFoundError, ValidationError } from '../errors.ts'
import { parseSetup, type SetupDocument } from './setup-document.ts'
import { type Found, matchSetup, type Plan, planSetup, type Section, type SectionRows } from './setup-plan.ts'

/** How a document is applied. */
export interface ApplyOptions {
  /** Whose set-up it is, whatever the document says; without it the document names the organization. */
  readonly organizationId?: number | undefined
  /** The ids of the engagement types that a program can enable. */
  readonly triggers: readonly string[]
  /** Told of an organization that was created, as a part of the transaction that creates it. */
  readonly onCreated?: ((organizationId: number, sql: Sql) => Promise<void>) | undefined
  /** The date of what is created or changed; that of the database, unless it is said. */
  readonly now?: Date | undefined
}

/** What came of a document. */
export interface SetupSummary {
  readonly organizationId: number
  readonly created: SetupCounts
  readonly updated: SetupCounts
  /** The ids of the document's records, by e-mail address or name. */
  readonly ids: Plan['ids']
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
export const applySetup = async (
  sql: Sql,
  given: unknown,
  { organizationId, triggers, onCreated, now }: ApplyOptions,
): Promise<SetupSummary> => {
  const document = parseSetup(given, triggers)
  return sql.transaction(async sql => {
    const organization =
      organizationId === undefined
        ? await namedOrganization(sql, document, now)
        : await ownOrganization(sql, organizationId, document)
    const { id } = organization
    if (organization.created) await onCreated?.(id, sql)
    const found = await find(sql, id, document)
    const matches = matchSetup(document, found)
    const missing = <S extends Section>(section: S) => matches[section].filter(({ row }) => row === undefined).length
    const ids = await eachSection(section => newIds(sql, TABLES[section], missing(section)))
    // only now: what has been waited for is older
    const [clock] = await sql.rows(currentTime, [])
    if (clock === undefined) throw new Error('Expected a row')
    const plan = planSetup(document, found, matches, ids, now ?? clock.now)
    const enrolled = await write(sql, id, plan, now ?? clock.now)
    return {
      organizationId: id,
      created: { organizations: organization.created ? 1 : 0, ...countsOf(plan, 'created'), ...enrolled },
      updated: {
        organizations: organization.renamed ? 1 : 0,
        ...countsOf(plan, 'updated'),
        enrollments: 0,
        distributorEnrollments: 0,
      },
      ids: plan.ids,
    }
  })
}

const countsOf = ({ rows, aliases }: Plan, kind: 'created' | 'updated') => {
  const codes = (type: AliasType) => {
    const count = (found: readonly { type: AliasType }[]) => found.filter(alias => alias.type === type).length
    return kind === 'updated' ? count(aliases.retired) : count(aliases.issued) - count(aliases.retired)
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

interface Organization {
  readonly id: number
  readonly created: boolean
  readonly renamed: boolean
}

/** The organization of a key, locked. */
const ownOrganization = async (sql: Sql, id: number, { organization }: SetupDocument): Promise<Organization> => {
  if (organization?.id !== undefined && organization.id !== id)
    throw new ValidationError({
      'organization.id': [`Expected ${id}, the organization of the key, received ${organization.id}`],
    })
  const [found] = await sql.rows(lockById, [id])
  if (found === undefined) throw new RecordNotFoundError(`Organization ${id}`)
  return renamed(sql, found, organization?.name)
}

/** The organization that a document names, locked; a new one when there is none of the name. */
const namedOrganization = async (
  sql: Sql,
  { organization }: SetupDocument,
  now: Date | undefined,
): Promise<Organization> => {
  const { id, name } = organization ?? {}
  if (id !== undefined) {
    const [found] = await sql.rows(lockById, [id])
    if (found === undefined)
      throw new ValidationError({ 'organization.id': [`Expected the id of an organization, received ${id}`] })
    return renamed(sql, found, name)
  }
  if (name === undefined)
    throw new ValidationError({
      [organization === undefined ? 'organization' : 'organization.name']: [
        'Expected the name of the organization, or its id, received nothing',
      ],
    })
  // what is not there yet cannot be locked, but its name can
  await sql.rows(lockName, [ORGANIZATION_NAMES, name])
  const found = await sql.rows(lockByName, [name])
  const [first] = found
  if (found.length > 1)
    throw new ValidationError({
      'organization.id': [
        `Expected an id, since several organizations have this name: ${found.map(row => row.id).join(', ')}`,
      ],
    })
  if (first !== undefined) return { id: first.id, created: false, renamed: false }
  const [created] = await sql.rows(createOrganization, [name, now ?? null])
  if (created === undefined) throw new Error('Expected a new organization')
  return { id: created.id, created: true, renamed: false }
}

const renamed = async (sql: Sql, found: { id: number; name: string }, name = found.name): Promise<Organization> => {
  if (name !== found.name) await sql.rows(renameOrganization, [found.id, name])
  return { id: found.id, created: false, renamed: name !== found.name }
}

// not "for update": events that refer to the organization need not wait
const lockById = statement<{ id: number; name: string }>(
  'select id, name from organization where id = $1 for no key update',
)
const lockByName = statement<{ id: number }>(
  'select id from organization where name = $1 order by id for no key update',
)
/** The names of organizations among all that advisory locks are taken on. */
const ORGANIZATION_NAMES = 7_436_002
const lockName = statement('select pg_advisory_xact_lock($1::integer, hashtext($2))')
const createOrganization = statement<{ id: number }>(
  'insert into organization (name, date_created) values ($1, coalesce($2, now())) returning id',
)
const renameOrganization = statement('update organization set name = $2 where id = $1')
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
  const rows = <S extends Section>(section: S, column: string, keys: Iterable<string | null | undefined>) => {
    const ids = document[section].flatMap(entry => ('id' in entry && entry.id !== undefined ? [entry.id] : []))
    const wanted = [...new Set([...keys].filter(key => key != null))]
    if (ids.length === 0 && wanted.length === 0) return []
    return sql.rows(findRows<SectionRows[S]>(TABLES[section], column), [organizationId, ids, wanted])
  }
  const { integrations, collaborators, groups, programs, coupons, distributors } = document
  const emails = [
    ...collaborators.map(({ email }) => email),
    ...programs.flatMap(({ collaborators: members = [] }) => (members === 'all' ? [] : members)),
    ...coupons.map(({ collaborator }) => collaborator),
    ...distributors.flatMap(({ collaborators: members = [] }) => members),
  ]
  const groupNames = [...groups.map(({ name }) => name), ...programs.map(({ group }) => group)]
  const namesOf = (entries: readonly { id?: number | undefined; name?: string | undefined }[]) =>
    entries.flatMap(({ id, name }) => (id === undefined ? [name] : []))
  const found = {
    integrations: await rows(
      'integrations',
      'source',
      integrations.map(({ source }) => source),
    ),
    collaborators: await rows('collaborators', 'email', emails),
    groups: await rows('groups', 'name', groupNames),
    programs: await rows('programs', 'name', namesOf(programs)),
    distributors: await rows('distributors', 'name', namesOf(distributors)),
  }
  const programIds = found.programs.map(({ id }) => id)
  const codes = collaborators.flatMap(({ tracking = [] }) => tracking)
  const couponCodes = coupons.map(({ code }) => code)
  return {
    ...found,
    engagementTypes: programIds.length === 0 ? [] : await sql.rows(findTypes, [organizationId, programIds]),
    aliases:
      codes.length + couponCodes.length === 0 ? [] : await sql.rows(findAliases, [organizationId, codes, couponCodes]),
  }
}

const findRows = <Row>(table: Table, column: string): Statement<Row> =>
  statement(
    `select ${selectList(table, 't')} from ${table.name} t where organization_id = $1 and (id = any($2::bigint[]) or ${column} = any($3::text[])) order by id for no key update`,
  )
const findTypes = statement<Found['engagementTypes'][number]>(
  'select program_id as "programId", type, value from program_engagement_type where organization_id = $1 and program_id = any($2::bigint[])',
)
const findAliases = statement<Found['aliases'][number]>(
  `select id, type, code, collaborator_id as "collaboratorId" from collaborator_alias where organization_id = $1 and retired_date is null` +
    ` and ((type = 'tracking' and code = any($2::text[])) or (type = 'coupon' and code = any($3::text[]))) order by id for no key update`,
)

/** Ids for new rows, drawn before they are written, so that everything can be decided at once. */
const newIds = async (sql: Sql, table: Table, count: number): Promise<number[]> =>
  count === 0 ? [] : (await sql.rows(drawIds, [table.name, count])).map(({ id }) => id)
const drawIds = statement<{ id: number }>(
  `select nextval(pg_get_serial_sequence($1::text, 'id')) as id from generate_series(1, $2::integer)`,
)

type Enrolled = Pick<SetupCounts, 'enrollments' | 'distributorEnrollments'>

/** Writes a plan. Answers how many enrolments are new. */
const write = async (sql: Sql, organizationId: number, plan: Plan, now: Date): Promise<Enrolled> => {
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
  const { engagementTypes, aliases, enrollments, openToAll, distributorEnrollments } = plan
  if (engagementTypes.programIds.length > 0) {
    await sql.rows(clearTypes, [organizationId, engagementTypes.programIds])
    await send(insertTypes, engagementTypes.rows)
  }
  if (aliases.retired.length > 0)
    await sql.rows(retireAliases, [organizationId, aliases.retired.map(({ id }) => id), now])
  await created(issueAliases, aliases.issued, now)
  const enrolled = await send(enrol, enrollments, now)
  const opened = openToAll.length === 0 ? [] : await sql.rows(enrolAll, [organizationId, openToAll, now])
  const shared = await send(enrolInDistributor, distributorEnrollments, now)
  return { enrollments: enrolled.length + opened.length, distributorEnrollments: shared.length }
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

const enrol = statement<{ collaboratorId: number }>(`
  insert into enrollment (organization_id, program_id, collaborator_id, date_created)
  select $1, r."programId", r."collaboratorId", $3
  from jsonb_to_recordset($2::jsonb) as r ("programId" bigint, "collaboratorId" bigint)
  on conflict do nothing
  returning collaborator_id`)

// who was turned down or has left is no member, even of what is open to all
const enrolAll = statement<{ collaboratorId: number }>(`
  insert into enrollment (organization_id, program_id, collaborator_id, date_created)
  select $1, program_id, c.id, $3
  from unnest($2::bigint[]) as program_id cross join collaborator c
  where c.organization_id = $1 and c.status not in ('rejected', 'deleted')
  on conflict do nothing
  returning collaborator_id`)

const enrolInDistributor = statement<{ collaboratorId: number }>(`
  insert into distributor_enrollment (organization_id, distributor_id, collaborator_id, date_created)
  select $1, r."distributorId", r."collaboratorId", $3
  from jsonb_to_recordset($2::jsonb) as r ("distributorId" bigint, "collaboratorId" bigint)
  on conflict do nothing
  returning collaborator_id`)
