import { type Sql, statement } from '../database/sql.ts'
import { tableOf } from '../database/tables.ts'
import { minorUnitExponent } from '../money.ts'
import type { SetupOrganization, Written } from './apply.ts'
import type { Found, Plan, Section, SectionRows } from './setup-plan.ts'

/** A value of a record before and after, in the words of a set-up document; null for none. */
export interface FieldChange {
  readonly from: unknown
  readonly to: unknown
}

/** One thing that a set-up would change. */
export interface SetupChange {
  readonly change: 'created' | 'updated' | 'ended' | 'retired'
  readonly record:
    | 'organization'
    | 'integration'
    | 'collaborator'
    | 'group'
    | 'program'
    | 'distributor'
    | 'enrollment'
    | 'distributorEnrollment'
    | 'trackingCode'
    | 'coupon'
  /** Of a record that exists. */
  readonly id?: number
  /** The record's name, source, code or address; of an enrolment, the collaborator's address. */
  readonly name: string
  /** Of an enrolment, the program or distributor; of a code, the address of the collaborator who gets or has it. */
  readonly of?: string
  readonly fields?: Readonly<Record<string, FieldChange>>
}

/** What a dry run has done, read inside its transaction before it is undone. */
export const changesOf = async (
  sql: Sql,
  organization: SetupOrganization,
  { plan, found, written }: { plan: Plan; found: Found; written: Written },
): Promise<SetupChange[]> => {
  const { aliases, engagementTypes } = plan
  const programs = [...plan.rows.programs.created, ...plan.rows.programs.updated]
  const enrolments = [...written.enrollments, ...written.ended.enrollments]
  const shares = [...written.distributorEnrollments, ...written.ended.distributorEnrollments]
  const names = await namesOf(sql, organization.id, {
    collaborators: [...enrolments, ...shares, ...aliases.issued, ...aliases.replaced, ...aliases.retired].map(
      ({ collaboratorId }) => collaboratorId,
    ),
    programs: enrolments.map(({ programId }) => programId),
    distributors: shares.map(({ distributorId }) => distributorId),
    groups: [...programs, ...found.programs].flatMap(({ groupId }) => groupId ?? []),
  })

  const typesOf = (rows: Found['engagementTypes'], id: number) => {
    const own = rows.filter(({ programId }) => programId === id)
    return own.length === 0 ? null : Object.fromEntries(own.map(({ type, value }) => [type, value]))
  }
  /** A record as a document would describe it. */
  const described = (section: Section, row: object, types: Found['engagementTypes']) => {
    const { columns } = tableOf(MODELS[section])
    const shown = [...columns.keys()].filter(column => !UNSHOWN.has(column))
    const fields = Object.fromEntries(shown.map(column => [column, row[column as keyof typeof row]]))
    if (section !== 'programs') return fields
    const { id, groupId, ...program } = row as SectionRows['programs']
    return { ...fields, ...inMajorUnits(program), group: names.group(groupId), engagementTypes: typesOf(types, id) }
  }
  const retyped = new Set(engagementTypes.programIds)
  const typesAfter = [
    ...found.engagementTypes.filter(({ programId }) => !retyped.has(programId)),
    ...engagementTypes.rows,
  ]
  const ofSection = (section: Section): SetupChange[] => {
    const { created, updated } = plan.rows[section]
    const before = new Map<number, object>((found[section] as readonly { id: number }[]).map(row => [row.id, row]))
    const record = RECORDS[section]
    return [
      ...created.map(row => ({
        change: 'created' as const,
        record,
        name: nameOf(row),
        fields: differences({}, described(section, row, typesAfter)),
      })),
      ...updated.map(row => ({
        change: 'updated' as const,
        record,
        id: row.id,
        name: nameOf(before.get(row.id) ?? row),
        fields: differences(
          described(section, before.get(row.id) ?? {}, found.engagementTypes),
          described(section, row, typesAfter),
        ),
      })),
    ]
  }
  const enrolment = (change: 'created' | 'ended') => (each: { programId: number; collaboratorId: number }) =>
    ({
      change,
      record: 'enrollment',
      name: names.collaborator(each.collaboratorId),
      of: names.program(each.programId),
    }) as const
  const share = (change: 'created' | 'ended') => (each: { distributorId: number; collaboratorId: number }) =>
    ({
      change,
      record: 'distributorEnrollment',
      name: names.collaborator(each.collaboratorId),
      of: names.distributor(each.distributorId),
    }) as const
  const settings = differences(organization.before, organization.after)
  const codeKind = { tracking: 'trackingCode', coupon: 'coupon' } as const
  return [
    ...(organization.created
      ? [{ change: 'created' as const, record: 'organization' as const, name: organization.after.name }]
      : Object.keys(settings).length > 0
        ? [
            {
              change: 'updated' as const,
              record: 'organization' as const,
              id: organization.id,
              name: organization.before.name,
              fields: settings,
            },
          ]
        : []),
    ...ofSection('integrations'),
    ...ofSection('collaborators'),
    ...ofSection('groups'),
    ...ofSection('programs'),
    ...written.enrollments.map(enrolment('created')),
    ...written.ended.enrollments.map(enrolment('ended')),
    ...aliases.issued.map(({ type, code, collaboratorId, replaces }): SetupChange => {
      const owner = names.collaborator(collaboratorId)
      const kind = { record: codeKind[type], name: code, of: owner }
      if (replaces === undefined) return { change: 'created', ...kind }
      const from = names.collaborator(replaces.collaboratorId)
      return { change: 'updated', ...kind, fields: { collaborator: { from, to: owner } } }
    }),
    ...aliases.retired.map(
      ({ type, code, collaboratorId }): SetupChange => ({
        change: 'retired',
        record: codeKind[type],
        name: code,
        of: names.collaborator(collaboratorId),
      }),
    ),
    ...ofSection('distributors'),
    ...written.distributorEnrollments.map(share('created')),
    ...written.ended.distributorEnrollments.map(share('ended')),
  ]
}

/** A change as people read it: a line, and one for each field. */
export const linesOf = ({ change, record, id, name, of, fields = {} }: SetupChange): string[] => {
  const where = of === undefined ? '' : ` ${WHERE[record] ?? 'of'} ${JSON.stringify(of)}`
  return [
    `${SIGNS[change]} ${WORDS[record]} ${JSON.stringify(name)}${where}${id === undefined ? '' : ` (${id})`}`,
    ...Object.entries(fields).map(([field, { from, to }]) =>
      change === 'created' ? `    ${field}: ${text(to)}` : `    ${field}: ${text(from)} → ${text(to)}`,
    ),
  ]
}

const SIGNS = { created: '+', updated: '~', ended: '-', retired: '-' } as const

const WORDS: { readonly [record in SetupChange['record']]: string } = {
  organization: 'organization',
  integration: 'integration',
  collaborator: 'collaborator',
  group: 'group',
  program: 'program',
  distributor: 'distributor',
  enrollment: 'enrolment of',
  distributorEnrollment: 'enrolment of',
  trackingCode: 'tracking code',
  coupon: 'coupon',
}

const WHERE: { readonly [record in SetupChange['record']]?: string } = { enrollment: 'in', distributorEnrollment: 'in' }

const MODELS = {
  integrations: 'Integration',
  collaborators: 'Collaborator',
  groups: 'ProgramGroup',
  programs: 'Program',
  distributors: 'Distributor',
} as const

/** The columns that a document does not have, or has in other words. */
const UNSHOWN: ReadonlySet<string> = new Set(['id', 'groupId', 'dateCreated', 'dateModified'])

const RECORDS = {
  integrations: 'integration',
  collaborators: 'collaborator',
  groups: 'group',
  programs: 'program',
  distributors: 'distributor',
} as const

const text = (value: unknown): string => {
  if (value === null || value === undefined) return 'none'
  if (Array.isArray(value)) return `[${value.join(', ')}]`
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, inner]) => `${key}: ${inner}`)
      .join(', ')}}`
  return JSON.stringify(value)
}

const nameOf = (row: object): string => {
  const { email, source, name } = row as { email?: string; source?: string; name?: string }
  return email ?? source ?? name ?? ''
}

const differences = (before: object, after: object): Record<string, FieldChange> =>
  Object.fromEntries(
    Object.entries(after).flatMap(([field, to]) => {
      const from: unknown = before[field as keyof typeof before] ?? null
      return sorted(from) === sorted(to) ? [] : [[field, { from, to }]]
    }),
  )

const sorted = (value: unknown): string =>
  JSON.stringify(
    Array.isArray(value)
      ? [...value].sort()
      : typeof value === 'object' && value !== null
        ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
        : value,
  )

const inMajorUnits = ({ units, ...amounts }: Pick<SectionRows['programs'], 'units' | (typeof AMOUNTS)[number]>) =>
  Object.fromEntries(
    AMOUNTS.map(field => {
      const amount = amounts[field]
      return [field, amount === null || amount === undefined ? null : amount / 10 ** minorUnitExponent(units)]
    }),
  )
const AMOUNTS = ['payoutPerTransaction', 'payoutPerProduct', 'payoutPerLead'] as const

type Named = 'collaborators' | 'programs' | 'distributors' | 'groups'

/** The names of records by their ids, new ones included. */
const namesOf = async (sql: Sql, organizationId: number, ids: Readonly<Record<Named, readonly number[]>>) => {
  const rows = await sql.rows(findNames, [
    organizationId,
    ids.collaborators,
    ids.programs,
    ids.distributors,
    ids.groups,
  ])
  const names = new Map(rows.map(({ type, id, name }) => [`${type} ${id}`, name]))
  const of = (type: Named) => (id: number) => names.get(`${type} ${id}`) ?? `#${id}`
  return {
    collaborator: of('collaborators'),
    program: of('programs'),
    distributor: of('distributors'),
    group: (id: number | null) => (id === null ? null : of('groups')(id)),
  }
}

const findNames = statement<{ type: Named; id: number; name: string }>(
  `select 'collaborators' as type, id, email as name from collaborator where organization_id = $1 and id = any($2::bigint[])` +
    ` union all select 'programs', id, name from program where organization_id = $1 and id = any($3::bigint[])` +
    ` union all select 'distributors', id, name from distributor where organization_id = $1 and id = any($4::bigint[])` +
    ` union all select 'groups', id, name from program_group where organization_id = $1 and id = any($5::bigint[])`,
)
