import type * as models from '../database/generated/prisma/client.ts'
import type {
  CollaboratorAliasRow,
  CollaboratorRow,
  ConversionType,
  DistributorRow,
  Numbered,
  ProgramEngagementTypeRow,
  ProgramRow,
} from '../database/rows.ts'
import { isCurrency, minorUnitExponent, minorUnits } from '../money.ts'
import { nameKey, textKey } from '../text.ts'
import { Problems, repetition, type SetupDocument, shown } from './setup-document.ts'

/** The records that a document can make or change, by its section. */
export interface SectionRows {
  readonly integrations: Numbered<models.Integration>
  readonly collaborators: CollaboratorRow
  readonly groups: Numbered<models.ProgramGroup>
  readonly programs: ProgramRow
  readonly distributors: DistributorRow
}
export type Section = keyof SectionRows

type FoundRows = { readonly [S in Section]: readonly SectionRows[S][] }

/** What an organization has of what a document speaks of. */
export interface Found extends FoundRows {
  /** The ids of the collaborators, by the keys of their addresses. */
  readonly collaboratorIds: ReadonlyMap<string, number>
  readonly engagementTypes: readonly ProgramEngagementTypeRow[]
  /** The codes in use. */
  readonly aliases: readonly (Alias & { readonly key: string })[]
  /** The keys of codes that are in use or have been, of those that a document retires. */
  readonly knownCodes: readonly Pick<Alias & { readonly key: string }, 'type' | 'key'>[]
}
type Alias = Pick<CollaboratorAliasRow, 'id' | 'type' | 'code' | 'collaboratorId'>

/**
 * What a map has under the key of a code or an address. Those that would have been one when they were still compared letter
 * for letter have their exact text as key, so the exact text goes first.
 */
const byText = <Value>(map: ReadonlyMap<string, Value>, text: string): Value | undefined =>
  map.get(text) ?? map.get(textKey(text))

/** An entry of a document, and the record that it is about; without one it makes a new one. */
export interface Match<S extends Section> {
  readonly entry: SetupDocument[S][number]
  /** Where the entry stands in the document. */
  readonly path: string
  readonly row: SectionRows[S] | undefined
}
export type Matches = { readonly [S in Section]: readonly Match<S>[] }

/** What is to be written. Rows are whole. */
export interface Plan {
  readonly rows: { readonly [S in Section]: { readonly created: SectionRows[S][]; readonly updated: SectionRows[S][] } }
  /** All the types of each program whose types change. */
  readonly engagementTypes: { readonly programIds: number[]; readonly rows: (ProgramEngagementTypeRow & object)[] }
  readonly aliases: {
    /** `replaces` is the code while it was another collaborator's. */
    readonly issued: (Omit<Alias, 'id'> & { readonly replaces?: Alias | undefined })[]
    readonly replaced: Alias[]
    readonly retired: Alias[]
  }
  readonly enrollments: Enrollment[]
  /** The programs that everyone is to be enrolled in. */
  readonly openToAll: number[]
  readonly distributorEnrollments: DistributorEnrollment[]
  readonly ended: {
    readonly enrollments: Enrollment[]
    readonly distributorEnrollments: DistributorEnrollment[]
  }
  /** The collaborators that become active. */
  readonly activated: CollaboratorRow[]
  /** What is probably not meant. */
  readonly warnings: string[]
  /** The ids of the document's records, by e-mail address or name. */
  readonly ids: { readonly [S in 'collaborators' | 'groups' | 'programs' | 'distributors']: Record<string, number> }
}

export interface Enrollment {
  readonly programId: number
  readonly collaboratorId: number
}
export interface DistributorEnrollment {
  readonly distributorId: number
  readonly collaboratorId: number
}

const KEYS = {
  integrations: { field: 'source', one: 'integration', what: 'the name of the integration' },
  collaborators: { field: 'email', one: 'collaborator', what: 'an e-mail address' },
  groups: { field: 'name', one: 'group', what: 'a name' },
  programs: { field: 'name', one: 'program', what: 'a name' },
  distributors: { field: 'name', one: 'distributor', what: 'a name' },
} as const

/** Finds the record of each entry: by its id, else by its key. @throws ValidationError where there is none, or not one alone. */
export const matchSetup = (document: SetupDocument, found: Found): Matches => {
  const problems = new Problems()
  const matches: Matches = {
    integrations: matched('integrations', document, found, problems),
    collaborators: matched('collaborators', document, found, problems),
    groups: matched('groups', document, found, problems),
    programs: matched('programs', document, found, problems),
    distributors: matched('distributors', document, found, problems),
  }
  const claimed = new Map<string, string>()
  for (const { entry, path, row } of matches.collaborators) {
    const { email } = entry
    if (email === undefined || email === row?.email) continue
    const owner = byText(found.collaboratorIds, email)
    if (row !== undefined && owner !== undefined && owner !== row.id)
      problems.add(`${path}.email`, `Expected an address that no other collaborator has; collaborator ${owner} has it`)
    if (row !== undefined && entry.id === undefined) continue
    const first = claimed.get(textKey(email))
    if (first !== undefined) problems.add(`${path}.email`, repetition(first, email))
    else claimed.set(textKey(email), `${path}.email`)
  }
  problems.throwIfAny()
  return matches
}

const matched = <S extends Section>(
  section: S,
  document: SetupDocument,
  found: Found,
  problems: Problems,
): Match<S>[] => {
  const { field, one, what } = KEYS[section]
  const rows: readonly SectionRows[S][] = (found as FoundRows)[section]
  const byId = new Map(rows.map(row => [row.id, row]))
  const withId = (id: number | undefined) =>
    [id === undefined ? undefined : byId.get(id)].filter(row => row !== undefined)
  const textOf = (row: SectionRows[S]) => String(row[field as keyof SectionRows[S]])
  const byName = grouped(rows, textOf)
  const byNameKey = grouped(rows, row => nameKey(textOf(row)))
  const called = (key: string) =>
    section === 'collaborators'
      ? withId(byText(found.collaboratorIds, key))
      : (byName.get(key) ?? byNameKey.get(nameKey(key)) ?? [])
  const taken = new Map<number, string>()
  return document[section].map((entry, at) => {
    const path = `${section}.${at}`
    const { id, [field]: key } = entry as { id?: number } & Record<string, string | undefined>
    const candidates = id !== undefined ? withId(id) : key === undefined ? [] : called(key)
    const [row] = candidates
    if (id !== undefined && row === undefined)
      problems.add(`${path}.id`, `Expected the id of a ${one} of this organization, received ${id}`)
    if (id === undefined && key === undefined) problems.add(`${path}.${field}`, `Expected ${what}, received nothing`)
    if (candidates.length > 1) {
      const ids = candidates.map(candidate => candidate.id).join(', ')
      problems.add(`${path}.id`, `Expected an id, since several ${section} have this ${field}: ${ids}`)
    }
    if (row !== undefined && taken.has(row.id))
      problems.add(path, `Expected one entry for ${one} ${row.id}, but ${taken.get(row.id)} is about it too`)
    else if (row !== undefined) taken.set(row.id, path)
    return { entry, path, row }
  })
}

const grouped = <Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> => {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

/**
 * Decides what a document changes. `ids` has an id for each new record, in the order of the entries.
 * @throws ValidationError for a field that a new record needs, a reference to nothing, or an amount that cannot be paid.
 */
export const planSetup = (
  document: SetupDocument,
  found: Found,
  matches: Matches,
  ids: { readonly [S in Section]: readonly number[] },
  now: Date,
): Plan => {
  const problems = new Problems()
  const numbered = <S extends Section>(section: S) => {
    let used = 0
    return matches[section].map(match => ({ ...match, id: match.row?.id ?? (ids[section][used++] as number) }))
  }
  const integrations = numbered('integrations')
  const collaborators = numbered('collaborators')
  const groups = numbered('groups')
  const programs = numbered('programs')
  const distributors = numbered('distributors')

  const collaboratorIds = idsByEmail(found.collaboratorIds, collaborators)
  const collaboratorOf = (email: string, path: string): number[] => {
    const id = byText(collaboratorIds, email)
    if (id !== undefined) return [id]
    problems.add(
      path,
      `Expected the e-mail address of a collaborator, in the document or the organization, received ${shown(email)}`,
    )
    return []
  }
  const membersOf = (emails: readonly string[], path: string): number[] => [
    ...new Set(emails.flatMap((email, at) => collaboratorOf(email, `${path}.${at}`))),
  ]
  const endedOf = (emails: readonly string[], members: readonly number[], path: string): number[] =>
    emails.flatMap((email, at) => {
      const [id] = collaboratorOf(email, `${path}.endedCollaborators.${at}`)
      if (id !== undefined && members.includes(id))
        problems.add(
          `${path}.endedCollaborators.${at}`,
          `Expected an address that is not among the collaborators too, received ${shown(email)}`,
        )
      return id === undefined ? [] : [id]
    })
  const groupIds = idsByName(found.groups, groups)
  const groupOf = (name: string, path: string): number | null => {
    const candidates = groupIds(name)
    if (candidates.length === 1) return candidates[0] ?? null
    problems.add(
      path,
      candidates.length === 0
        ? `Expected the name of a group, in the document or the organization, received ${shown(name)}`
        : `Expected the name of one group, but several are called so: ${candidates.join(', ')}`,
    )
    return null
  }

  const plan: Plan = {
    rows: {
      integrations: { created: [], updated: [] },
      collaborators: { created: [], updated: [] },
      groups: { created: [], updated: [] },
      programs: { created: [], updated: [] },
      distributors: { created: [], updated: [] },
    },
    engagementTypes: { programIds: [], rows: [] },
    aliases: { issued: [], replaced: [], retired: [] },
    enrollments: [],
    openToAll: [],
    distributorEnrollments: [],
    ended: { enrollments: [], distributorEnrollments: [] },
    activated: [],
    warnings: [],
    ids: {
      collaborators: keyed(collaborators, ({ entry, row }) => entry.email ?? row?.email),
      groups: keyed(groups, ({ entry, row }) => entry.name ?? row?.name),
      programs: keyed(programs, ({ entry, row }) => entry.name ?? row?.name),
      distributors: keyed(distributors, ({ entry, row }) => entry.name ?? row?.name),
    },
  }
  const put = <S extends Section>(
    section: S,
    { id, row, entry }: { id: number; row: SectionRows[S] | undefined; entry: object },
    given: object,
    defaults: object,
    alsoChanged = false,
  ): SectionRows[S] => {
    const { created, updated } = plan.rows[section]
    // what finds a record is how it may be written, and only beside an id how it is to be written
    const changes = row === undefined || 'id' in entry ? given : { ...given, [KEYS[section].field]: undefined }
    // what the entry leaves out is the record's, or the default's; checks have seen to it that nothing is missing
    const whole = {
      ...defaults,
      dateCreated: now,
      ...row,
      ...present(changes),
      id,
      dateModified: now,
    } as SectionRows[S]
    if (row === undefined) created.push(whole)
    else if (alsoChanged || differs(row, changes)) updated.push(whole)
    return whole
  }

  for (const match of integrations)
    put('integrations', match, match.entry, { supportsCoupons: false, status: 'active' })

  for (const match of collaborators) {
    const { entry, path, row } = match
    if (row === undefined) needed(path, entry, { fullName: 'a full name' }, problems)
    const { email, fullName, nickname, status } = entry
    const given = { email, fullName, nickname, status }
    const collaborator = put('collaborators', match, given, { nickname: null, status: 'active' })
    if (collaborator.status === 'active' && row?.status !== 'active') plan.activated.push(collaborator)
  }

  for (const match of groups) {
    const { entry, path, row } = match
    if (row === undefined) needed(path, entry, { sorter: 'newestBindingWins or oldestBindingWins' }, problems)
    put('groups', match, entry, { description: null })
  }

  const typesByProgram = grouped(found.engagementTypes, ({ programId }) => programId)
  for (const match of programs) {
    const { entry, path, row, id } = match
    if (row === undefined) needed(path, entry, NEEDED_OF_PROGRAM, problems)
    const {
      engagementTypes,
      group,
      collaborators: members = [],
      endedCollaborators = [],
      activeConversionTypes,
      ...fields
    } = entry
    const given = {
      ...fields,
      ...amountsOf(match, problems),
      groupId: group == null ? group : groupOf(group, `${path}.group`),
      activeConversionTypes: activeConversionTypes && [...new Set(activeConversionTypes)].sort(),
    }
    const before = new Map(typesByProgram.get(id)?.map(({ type, value }) => [type, value]))
    const retyped = engagementTypes !== undefined && !sameEntries(before, engagementTypes)
    if (retyped) {
      plan.engagementTypes.programIds.push(id)
      for (const [type, value] of engagementTypes) plan.engagementTypes.rows.push({ programId: id, type, value })
    }
    const program = put('programs', match, given, defaultsOfProgram(entry), retyped)
    plan.warnings.push(...unusualUnits(entry, path), ...vainIncentive(program, path))
    const memberIds = members === 'all' ? [] : membersOf(members, `${path}.collaborators`)
    if (members === 'all') plan.openToAll.push(id)
    for (const collaboratorId of memberIds) plan.enrollments.push({ programId: id, collaboratorId })
    for (const collaboratorId of endedOf(endedCollaborators, memberIds, path))
      plan.ended.enrollments.push({ programId: id, collaboratorId })
  }

  for (const match of distributors) {
    const { entry, path, row, id } = match
    if (row === undefined)
      needed(path, entry, { schedule: 'how often it runs', revenuePercentage: 'a percentage' }, problems)
    const { collaborators: members = [], endedCollaborators = [], ...given } = entry
    put('distributors', match, given, DEFAULTS_OF_DISTRIBUTOR)
    plan.warnings.push(...unusualUnits(entry, path))
    const memberIds = membersOf(members, `${path}.collaborators`)
    for (const collaboratorId of memberIds) plan.distributorEnrollments.push({ distributorId: id, collaboratorId })
    for (const collaboratorId of endedOf(endedCollaborators, memberIds, path))
      plan.ended.distributorEnrollments.push({ distributorId: id, collaboratorId })
  }

  const holders = new Map(found.aliases.map(alias => [`${alias.type}:${alias.key}`, alias]))
  const known = new Set(found.knownCodes.map(({ type, key }) => `${type}:${key}`))
  const mentioned = new Map<string, string>()
  /** Who has a code, if the document says no more of it elsewhere. */
  const holderOf = (type: Alias['type'], code: string, path: string) => {
    const exact = holders.get(`${type}:${code}`)
    const key = exact === undefined ? `${type}:${textKey(code)}` : `${type}:${code}`
    const first = mentioned.get(key)
    if (first === undefined) mentioned.set(key, path)
    else problems.add(path, repetition(first, code))
    return holders.get(key)
  }
  const hand = (type: Alias['type'], code: string, collaboratorId: number, path: string): void => {
    const alias = holderOf(type, code, path)
    if (alias?.collaboratorId === collaboratorId) return
    if (alias !== undefined) plan.aliases.replaced.push(alias)
    plan.aliases.issued.push({ type, code, collaboratorId, replaces: alias })
  }
  /** Retires a code, of one collaborator or of whoever has it. */
  const retire = (type: Alias['type'], code: string, path: string, collaboratorId?: number): void => {
    const alias = holderOf(type, code, path)
    if (alias === undefined) {
      if (!known.has(`${type}:${code}`) && !known.has(`${type}:${textKey(code)}`))
        plan.warnings.push(`${path}: nobody has or had the code ${shown(code)}`)
    } else if (collaboratorId === undefined || alias.collaboratorId === collaboratorId) plan.aliases.retired.push(alias)
    else plan.warnings.push(`${path}: the code ${shown(code)} is not retired, since another collaborator has it now`)
  }
  for (const { entry, path, id } of collaborators) {
    for (const [at, code] of (entry.tracking ?? []).entries()) hand('tracking', code, id, `${path}.tracking.${at}`)
    for (const [at, code] of (entry.retiredTracking ?? []).entries())
      retire('tracking', code, `${path}.retiredTracking.${at}`, id)
  }
  for (const [at, { code, collaborator }] of document.coupons.entries())
    for (const id of collaboratorOf(collaborator, `coupons.${at}.collaborator`))
      hand('coupon', code, id, `coupons.${at}.code`)
  for (const [at, code] of document.retiredCoupons.entries()) retire('coupon', code, `retiredCoupons.${at}`)

  problems.throwIfAny()
  return plan
}

/** Warns of a unit that looks like a currency and is none. */
const unusualUnits = ({ units }: { units?: string | undefined }, path: string): string[] =>
  units === undefined || isCurrency(units) || [...units].length > 3
    ? []
    : [`${path}.units: ${shown(units)} is not an ISO 4217 code, so it is a unit of its own, as points would be`]

/** Warns of conversions that a program takes and can never pay for. */
const vainIncentive = (
  { name, status, incentiveType, activeConversionTypes, ...amounts }: ProgramRow,
  path: string,
): string[] => {
  if (status === 'deleted' || incentiveType === undefined) return []
  const own = OWN_AMOUNT[incentiveType]
  if (amounts[own] === 0) return [`${path}.${own}: ${shown(name)} never pays anything, since this is 0`]
  return activeConversionTypes
    .filter(type => !PAID_FOR[incentiveType].includes(type))
    .map(
      type => `${path}.activeConversionTypes: ${shown(name)} never pays for a ${type}, since it pays ${incentiveType}`,
    )
}

/** The conversion types that each incentive can pay for. */
export const PAID_FOR: { readonly [type in ProgramRow['incentiveType']]: readonly ConversionType[] } = {
  saleTransactionPercentage: ['sale', 'renewal'],
  fixedPerTransaction: ['sale', 'renewal'],
  fixedPerProduct: ['sale', 'renewal'],
  fixedPerLead: ['lead'],
}

const NEEDED_OF_PROGRAM = {
  incentiveType: 'an incentive, such as saleTransactionPercentage',
  incentiveResolverType: 'a structure, such as newestBindingWins',
}

const DEFAULT_UNITS = 'USD'

const defaultsOfProgram = ({ incentiveType }: SetupDocument['programs'][number]) => ({
  description: null,
  groupId: null,
  status: 'active',
  units: DEFAULT_UNITS,
  transactionPercent: null,
  payoutPerTransaction: null,
  payoutPerProduct: null,
  payoutPerLead: null,
  // a program that pays for leads would pay nothing for sales
  activeConversionTypes: [incentiveType === 'fixedPerLead' ? 'lead' : 'sale'],
  autoApprove: false,
  leadRequalificationDays: null,
  expirationDays: null,
})

const DEFAULTS_OF_DISTRIBUTOR = {
  description: null,
  status: 'active',
  units: DEFAULT_UNITS,
  distributionResolver: 'evenlySharedPool',
  distributionPoolResolver: 'revenuePercentage',
}

/** What a new record cannot do without. */
const needed = (path: string, entry: object, fields: Readonly<Record<string, string>>, problems: Problems): void => {
  for (const [field, what] of Object.entries(fields))
    if (entry[field as keyof typeof entry] === undefined)
      problems.add(`${path}.${field}`, `Expected ${what}, since the record is new, received nothing`)
}

const AMOUNTS = ['payoutPerTransaction', 'payoutPerProduct', 'payoutPerLead'] as const

const OWN_AMOUNT = {
  saleTransactionPercentage: 'transactionPercent',
  fixedPerTransaction: 'payoutPerTransaction',
  fixedPerProduct: 'payoutPerProduct',
  fixedPerLead: 'payoutPerLead',
} as const

/** In minor units; no reward is anywhere near it, and a hundred thousand of them can still be added. */
const LARGEST_AMOUNT = 10 ** 12

/** The amounts that an entry gives, in minor units of what the program is to be counted in. */
const amountsOf = ({ entry, path, row }: Match<'programs'>, problems: Problems) => {
  const units = entry.units ?? row?.units ?? DEFAULT_UNITS
  const amounts: { [field in (typeof AMOUNTS)[number]]?: number | null } = {}
  for (const field of AMOUNTS) {
    const amount = entry[field]
    if (amount != null) amounts[field] = inMinorUnits(amount, units, `${path}.${field}`, problems)
    else if (amount === null) amounts[field] = null
    else if (units !== (row?.units ?? units) && row?.[field] != null)
      problems.add(
        `${path}.${field}`,
        `Expected the amount in ${shown(units)}, since the units change, received nothing`,
      )
  }
  const incentiveType = entry.incentiveType ?? row?.incentiveType
  if (incentiveType !== undefined) {
    const own = OWN_AMOUNT[incentiveType]
    if ((entry[own] === undefined ? (row?.[own] ?? null) : entry[own]) === null)
      problems.add(`${path}.${own}`, `Expected a number, since the incentive is ${incentiveType}, received nothing`)
  }
  return amounts
}

const inMinorUnits = (amount: number, units: string, path: string, problems: Problems): number => {
  const places = minorUnitExponent(units)
  if (amount > LARGEST_AMOUNT / 10 ** places) {
    problems.add(path, `Expected at most ${LARGEST_AMOUNT / 10 ** places} in ${shown(units)}, received ${amount}`)
    return 0
  }
  const value = minorUnits(amount, units)
  if (value / 10 ** places !== amount)
    problems.add(
      path,
      places === 0
        ? `Expected a whole number in ${shown(units)}, received ${amount}`
        : `Expected at most ${places} decimal places, which is what ${shown(units)} has, received ${amount}`,
    )
  return value
}

/** The collaborators by the keys of the addresses that they will have. */
const idsByEmail = (
  found: ReadonlyMap<string, number>,
  entries: readonly (Match<'collaborators'> & { id: number })[],
): Map<string, number> => {
  const changed = entries.filter(
    ({ entry, row }) =>
      row === undefined || (entry.id !== undefined && entry.email !== undefined && entry.email !== row.email),
  )
  const moved = new Set(changed.map(({ id }) => id))
  return new Map([
    ...[...found].filter(([, id]) => !moved.has(id)),
    ...changed.map(({ entry, id }) => [textKey(entry.email ?? ''), id] as const),
  ])
}

/** The groups by the names that they will have; where the document has the name, it means its own. */
const idsByName = (
  rows: readonly SectionRows['groups'][],
  entries: readonly (Match<'groups'> & { id: number })[],
): ((name: string) => readonly number[]) => {
  const mentioned = new Set(entries.map(({ id }) => id))
  const named = entries.flatMap(({ entry, row, id }) => {
    const name = entry.name ?? row?.name
    return name === undefined ? [] : [{ name, id }]
  })
  const own = new Set(named.map(({ name }) => nameKey(name)))
  const others = rows.filter(({ id, name }) => !mentioned.has(id) && !own.has(nameKey(name)))
  const byName = grouped([...named, ...others], ({ name }) => name)
  const byNameKey = grouped([...named, ...others], ({ name }) => nameKey(name))
  return name => (byName.get(name) ?? byNameKey.get(nameKey(name)) ?? []).map(({ id }) => id)
}

const keyed = <Item extends { id: number }>(items: readonly Item[], keyOf: (item: Item) => string | undefined) =>
  Object.fromEntries(items.map(item => [keyOf(item) ?? '', item.id]))

const present = (given: object): object =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))

const differs = (row: object, given: object): boolean =>
  Object.entries(present(given)).some(([field, value]) => {
    const before: unknown = row[field as keyof typeof row]
    return Array.isArray(value) && Array.isArray(before) ? value.join() !== [...before].sort().join() : before !== value
  })

const sameEntries = (one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean =>
  one.size === other.size && [...one].every(([key, value]) => other.get(key) === value)
