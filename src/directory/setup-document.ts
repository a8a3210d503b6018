import { z } from 'zod'
import {
  CollaboratorStatus,
  ConversionType,
  DistributorStatus,
  IncentiveResolverType,
  IncentiveType,
  IntegrationStatus,
  ProgramGroupSorter,
  ProgramStatus,
} from '../database/generated/prisma/enums.ts'
import { ValidationError } from '../errors.ts'
import { isCurrency } from '../money.ts'
import { nameKey, trimmed } from '../text.ts'

/** A check whose message says what was expected, and what came instead. */
const expected = (what: string) => ({
  error: ({ input }: { input?: unknown }) => `Expected ${what}, received ${shown(input)}`,
})

/** A value as a message may show it, however large or deep it is. */
export const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  const text = (typeof value === 'number' ? String(value) : JSON.stringify(value)) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** An object of these fields and no others; each one too many is an issue of its own, at its own path. */
const strict = <Shape extends z.ZodRawShape>(what: string, shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code, input }) =>
      code === 'unrecognized_keys'
        ? `Expected a field of ${what}, which are ${Object.keys(shape).join(', ')}`
        : `Expected ${what}, received ${shown(input)}`,
  })

/** Text that the database can store, counted in characters as people count them. */
const text = (what: string, { min = 1, max = 255 } = {}) =>
  z
    .string(expected(`${what}, as text`))
    .refine(value => value.isWellFormed() && !value.includes('\0'), {
      error: `Expected ${what} without NUL characters and lone surrogates`,
      abort: true,
    })
    .refine(value => min === 0 || trimmed(value) !== '', expected(what))
    .refine(value => value.length <= max || (value.length <= 2 * max && [...value].length <= max), {
      error: `Expected ${what} of at most ${max} characters`,
    })
    .meta({ override: { maxLength: max, ...(min > 0 && { pattern: '\\S' }) } })

const oneOf = <Values extends Readonly<Record<string, string>>>(values: Values) =>
  z.enum(values, expected(`one of ${Object.values(values).join(', ')}`))

const listOf = <Item extends z.ZodType>(what: string, item: Item) => z.array(item, expected(`a list of ${what}`))

const flag = z.boolean(expected('true or false'))
const wholeNumber = (min: number, max: number) => {
  const what = expected(`a whole number from ${min} to ${max}`)
  return z.int(what).min(min, what).max(max, what)
}

const id = z.int(expected('the id of an existing record, a positive integer')).positive(expected('a positive integer'))
const EMAIL = /^\s*[^\s@]+@[^\s@]+\s*$/
const email = text('an e-mail address')
  .regex(EMAIL, expected('an e-mail address'))
  .meta({ override: { maxLength: 255, pattern: EMAIL.source } })
  .transform(trimmed)
const description = text('a description', { min: 0, max: 10_000 }).nullable()
/** `usd` is the currency, and no unit of its own. */
const units = text('an ISO 4217 code such as USD, or another unit such as points').transform(given => {
  const name = trimmed(given)
  return isCurrency(name.toUpperCase()) ? name.toUpperCase() : name
})
const members = listOf("collaborators' e-mail addresses", email)

const PERCENTAGE = 'a percentage from 0 to 100 with at most 4 decimal places'
const percentage = z
  .number(expected(PERCENTAGE))
  .min(0, expected(PERCENTAGE))
  .max(100, expected(PERCENTAGE))
  .refine(value => Number(value.toFixed(4)) === value, expected(PERCENTAGE))

/** How many minor units that is, and in which currency, is only known with the record. */
const AMOUNT = 'an amount in major units, such as 2.50'
const amount = z.number(expected(AMOUNT)).nonnegative(expected('an amount of 0 or more')).nullable()

/** A century, which no date computed from it leaves. */
const LONGEST = 36_500
/** What the column holds. */
const MOST_POINTS = 2 ** 31 - 1

/** What the OpenAPI document says of a record: it is found by its id, or by this field. */
const foundBy = (field: string) => ({ override: { anyOf: [{ required: ['id'] }, { required: [field] }] } })

const organization = strict('an organization', {
  id: id.optional(),
  name: text('a name').optional(),
  clawback: flag.optional(),
})

const integration = strict('an integration', {
  source: text('the name of the integration, such as woocommerce'),
  supportsCoupons: flag.optional(),
  status: oneOf(IntegrationStatus).optional(),
})

const collaborator = strict('a collaborator', {
  id: id.optional(),
  email: email.optional(),
  fullName: text('a full name').optional(),
  nickname: text('a name to show').nullable().optional(),
  status: oneOf(CollaboratorStatus).optional(),
  tracking: listOf('tracking codes', text('a tracking code')).optional(),
  retiredTracking: listOf('tracking codes', text('a tracking code')).optional(),
}).meta(foundBy('email'))

const group = strict('a group', {
  id: id.optional(),
  name: text('a name').optional(),
  description: description.optional(),
  sorter: oneOf(ProgramGroupSorter).optional(),
}).meta(foundBy('name'))

const program = strict('a program', {
  id: id.optional(),
  name: text('a name').optional(),
  description: description.optional(),
  status: oneOf(ProgramStatus).optional(),
  units: units.optional(),
  incentiveType: oneOf(IncentiveType).optional(),
  incentiveResolverType: oneOf(IncentiveResolverType).optional(),
  transactionPercent: percentage.nullable().optional(),
  payoutPerTransaction: amount.optional(),
  payoutPerProduct: amount.optional(),
  payoutPerLead: amount.optional(),
  activeConversionTypes: listOf('conversion types', oneOf(ConversionType))
    .min(1, expected('at least one conversion type'))
    .optional(),
  autoApprove: flag.optional(),
  leadRequalificationDays: wholeNumber(0, LONGEST).nullable().optional(),
  expirationDays: wholeNumber(1, LONGEST).nullable().optional(),
  // a map, since a record of zod's leaves out a key like __proto__ in silence
  engagementTypes: z
    .preprocess(
      given =>
        typeof given === 'object' && given !== null && !Array.isArray(given) ? new Map(Object.entries(given)) : given,
      z.map(z.string(), wholeNumber(0, MOST_POINTS), expected('the points of each engagement type, by its id')),
    )
    .meta({ override: { type: 'object', additionalProperties: { type: 'integer', minimum: 0, maximum: MOST_POINTS } } })
    .optional(),
  group: text("a group's name").nullable().optional(),
  collaborators: z
    .union([z.literal('all'), members], expected("all, or a list of collaborators' e-mail addresses"))
    .optional(),
  endedCollaborators: members.optional(),
}).meta(foundBy('name'))

const couponCode = text('a coupon code').transform(code => trimmed(code).toUpperCase())
const coupon = strict('a coupon', { code: couponCode, collaborator: email })

/** The ids of DOMAIN.md's pools: how a distributor's revenue can be split. */
const DISTRIBUTION_RESOLVERS = {
  evenlySharedPool: 'evenlySharedPool',
  performanceWeightedPool: 'performanceWeightedPool',
} as const
const POOL_RESOLVERS = { revenuePercentage: 'revenuePercentage' } as const

const distributor = strict('a distributor', {
  id: id.optional(),
  name: text('a name').optional(),
  description: description.optional(),
  status: oneOf(DistributorStatus).optional(),
  units: units.optional(),
  schedule: text('how often it runs, such as monthly').optional(),
  revenuePercentage: percentage.optional(),
  distributionResolver: oneOf(DISTRIBUTION_RESOLVERS).optional(),
  distributionPoolResolver: oneOf(POOL_RESOLVERS).optional(),
  collaborators: members.optional(),
  endedCollaborators: members.optional(),
}).meta(foundBy('name'))

/** What a set-up may say. */
export const setupDocument = strict('a set-up', {
  organization: organization.optional(),
  integrations: listOf('integrations', integration).default([]),
  collaborators: listOf('collaborators', collaborator).default([]),
  groups: listOf('groups', group).default([]),
  programs: listOf('programs', program).default([]),
  coupons: listOf('coupons', coupon).default([]),
  retiredCoupons: listOf('coupon codes', couponCode).default([]),
  distributors: listOf('distributors', distributor).default([]),
})

/** An organization's set-up as it is written. A field that is absent keeps its value, or gets its default in a new record. */
export type SetupDocument = z.output<typeof setupDocument>

/** What is wrong with a document, by the path of the field. */
export class Problems {
  readonly #fields = new Map<string, string[]>()

  add(path: string, message: string): void {
    const messages = this.#fields.get(path)
    if (messages === undefined) this.#fields.set(path, [message])
    else if (!messages.includes(message)) messages.push(message)
  }

  /** @throws ValidationError when there is any; of very many it names the first. */
  throwIfAny(): void {
    if (this.#fields.size > 0) throw new ValidationError(Object.fromEntries([...this.#fields].slice(0, MOST_PROBLEMS)))
  }
}
/** More than anyone reads at once. */
const MOST_PROBLEMS = 100

/**
 * A document, checked as far as it can be by itself; `triggers` are the ids of the engagement types that there are.
 * @throws ValidationError with a path such as `programs.0.transactionPercent` for each field that is wrong.
 */
export const parseSetup = (given: unknown, triggers: readonly string[]): SetupDocument => {
  const problems = new Problems()
  const { success, data, error } = setupDocument.safeParse(given)
  for (const issue of error?.issues ?? []) addIssue(issue, [], problems)
  problems.throwIfAny()
  if (!success) throw error
  refuseUnknownTriggers(data, triggers, problems)
  refuseRepetitions(data, problems)
  problems.throwIfAny()
  return data
}

const addIssue = (issue: z.core.$ZodIssue, above: readonly PropertyKey[], problems: Problems): void => {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) problems.add(pathOf([...path, key]), `${issue.message}; received ${shown(key)}`)
    return
  }
  // of what could be a list or something else, a wrong item of the list says more than that it is neither
  const inside =
    issue.code === 'invalid_union' ? issue.errors.find(branch => branch.some(part => part.path.length > 0)) : undefined
  if (inside === undefined) problems.add(pathOf(path), issue.message)
  else for (const part of inside) addIssue(part, path, problems)
}

const pathOf = (path: readonly PropertyKey[]): string => path.map(part => String(part).toWellFormed()).join('.')

const refuseUnknownTriggers = ({ programs }: SetupDocument, triggers: readonly string[], problems: Problems): void => {
  const known = new Set(triggers)
  for (const [at, { engagementTypes }] of programs.entries())
    for (const type of engagementTypes?.keys() ?? [])
      if (!known.has(type))
        problems.add(
          `programs.${at}.engagementTypes.${type.toWellFormed()}`,
          `Expected one of ${triggers.join(', ')}; received ${shown(type)}`,
        )
}

/**
 * What a document may say once, so that it does not depend on the order of its entries. Addresses and codes that differ in
 * case may mean two records, if the organization has both: that is known with its records.
 */
const refuseRepetitions = (document: SetupDocument, problems: Problems): void => {
  const keys = <Entry>(section: string, entries: readonly Entry[], field: keyof Entry & string) =>
    entries.flatMap((entry, at) => (entry[field] === undefined ? [] : [[entry[field], `${section}.${at}.${field}`]]))
  const once = (found: readonly (readonly unknown[])[], keyOf = (value: unknown) => value) => {
    const first = new Map<unknown, unknown>()
    for (const [value, path] of found) {
      const key = keyOf(value)
      if (first.has(key)) problems.add(String(path), repetition(first.get(key), value))
      else first.set(key, path)
    }
  }
  const byName = (name: unknown) => nameKey(String(name))
  once(keys('integrations', document.integrations, 'source'), byName)
  once([
    ...keys('coupons', document.coupons, 'code'),
    ...document.retiredCoupons.map((code, at) => [code, `retiredCoupons.${at}`]),
  ])
  once(keys('collaborators', document.collaborators, 'id'))
  once(keys('collaborators', document.collaborators, 'email'))
  once(
    document.collaborators.flatMap(({ tracking = [], retiredTracking = [] }, at) => [
      ...tracking.map((code, place) => [code, `collaborators.${at}.tracking.${place}`]),
      ...retiredTracking.map((code, place) => [code, `collaborators.${at}.retiredTracking.${place}`]),
    ]),
  )
  for (const section of ['groups', 'programs', 'distributors'] as const) {
    const entries: readonly { id?: number | undefined; name?: string | undefined }[] = document[section]
    once(keys(section, entries, 'id'))
    // records that go by their id may share a name; one that goes by its name has it for itself
    const named = entries.flatMap(({ id, name }, at) =>
      name === undefined ? [] : [{ id, name, path: `${section}.${at}.name` }],
    )
    const alone = new Set(named.flatMap(({ id, name }) => (id === undefined ? [nameKey(name)] : [])))
    once(
      named.flatMap(({ name, path }) => (alone.has(nameKey(name)) ? [[name, path]] : [])),
      byName,
    )
  }
}

/** What is wrong with what a document says twice. */
export const repetition = (first: unknown, value: unknown): string =>
  `Expected it once in the document, but ${first} has ${shown(value)} too`
