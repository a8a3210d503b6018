import { z } from 'zod'
import { expected } from '../../events/fields.ts'
import { isMoment } from '../../moments.ts'

/** A query parameter that is a whole number, within bounds. */
export const integer = (what: string, { min, max = Number.MAX_SAFE_INTEGER }: { min: number; max?: number }) =>
  z
    .string(expected(what))
    .regex(/^-?\d{1,16}$/, expected(what))
    .transform(Number)
    .refine(value => value >= min && value <= max, expected(what))
    .meta({ override: { type: 'integer', minimum: min, ...(max < Number.MAX_SAFE_INTEGER && { maximum: max }) } })

/** A parameter that is the id of a record. */
export const idParameter = (what: string) =>
  integer(`${what}, a positive integer`, { min: 1 }).meta({ description: `${what[0]?.toUpperCase()}${what.slice(1)}.` })

/** The `:id` of a path. */
export const idPath = (what: string) => z.object({ id: idParameter(what) })

/** A query parameter that is one of these values. */
export const oneOf = <const Value extends string>(values: readonly Value[], description: string) =>
  z.enum(values, expected(`one of ${values.join(', ')}`)).meta({ description })

/** A query parameter that is true or false. */
export const flag = (description: string) =>
  z
    .enum(['true', 'false'], expected('one of true, false'))
    .transform(given => given === 'true')
    .meta({ description, override: { type: 'boolean' } })

/** The statuses of a record, as they may be asked for. */
export interface Statuses<Status extends string = string> {
  readonly own: readonly Status[]
  /** Siren's other words: each for the status that it means here, or for none, where no record here ever has it. */
  readonly others?: Readonly<Record<string, Status | null>>
}

/** A query parameter that is one status of a record: answers the statuses that it means. */
export const statusOf = <const Status extends string>(statuses: Statuses<Status>, description: string) => {
  const { own, others = {} } = statuses
  return z
    .enum([...own, ...Object.keys(others)], expectedStatus(statuses))
    .transform(given => meant(statuses, [given]))
    .meta({ description: `${description}${synonyms(statuses)}` })
}

/** The same of one or several statuses: separated by commas, or each a parameter of its own. */
export const statusesOf = <const Status extends string>(statuses: Statuses<Status>, description: string) => {
  const known: readonly string[] = [...statuses.own, ...Object.keys(statuses.others ?? {})]
  return z
    .preprocess(
      given => (typeof given === 'string' ? [given] : given),
      z.array(z.string(), expectedStatus(statuses)).transform((written, context) => {
        const list = written.flatMap(each => each.split(',')).map(each => each.trim())
        const unknown = list.find(each => !known.includes(each))
        if (unknown !== undefined)
          context.addIssue({ code: 'custom', message: expectedStatus(statuses).error({ input: unknown }) })
        return meant(statuses, list)
      }),
    )
    .meta({
      description: `${description} One or several, separated by commas or each as a parameter of its own.${synonyms(statuses)}`,
      override: { type: 'array', items: { type: 'string', enum: [...known] }, minItems: 1 },
    })
}

const expectedStatus = ({ own }: Statuses) => expected(`one of ${own.join(', ')}`)

const meant = <Status extends string>({ own, others = {} }: Statuses<Status>, given: readonly string[]): Status[] =>
  own.filter(status => given.some(each => each === status || others[each] === status))

const synonyms = ({ others = {} }: Statuses): string =>
  Object.entries(others)
    .map(([word, status]) =>
      status === null
        ? ` \`${word}\` exists in Siren alone: no record here has it.`
        : ` \`${word}\` means \`${status}\`.`,
    )
    .join('')

/** A query parameter that is a text, compared as a whole. */
export const text = (description: string) =>
  z
    .string(expected(TEXT))
    .min(1, expected(TEXT))
    .refine(given => !given.includes('\0'), expected(TEXT))
    .meta({ description, override: { pattern: '^[^\\u0000]*$' } })

const TEXT = 'a text, without NUL'

/** A query parameter that is a moment; a date alone is its first moment in UTC. */
export const moment = (description: string) =>
  z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], expected(MOMENT))
    .transform(given => new Date(given))
    .refine(isMoment, { error: 'Expected a year from 0001 to 9999 in UTC' })
    .meta({
      description: `${description} ISO 8601: a date, which is its first moment in UTC, or a date-time with its offset.`,
      override: { examples: ['2026-01-31', '2026-01-31T12:00:00Z'] },
    })

const MOMENT = 'a date of ISO 8601, such as 2026-01-31, or a date-time with its offset, such as 2026-01-31T12:00:00Z'

/** Which way a list is ordered, in capitals or not. */
export const order = (usual: Direction, description: string) =>
  z
    .string(expected(ORDER))
    .regex(/^(asc|desc)$/i, expected(ORDER))
    .transform(given => given.toUpperCase() as Direction)
    .meta({ override: { type: 'string', enum: ['ASC', 'DESC'] } })
    .default(usual)
    .meta({ description })

type Direction = 'ASC' | 'DESC'
const ORDER = 'ASC or DESC'

/** The pages of Siren's own lists: `page` from 1, `perPage` of 1 to 100. */
export const pages = {
  page: integer('a page, from 1', { min: 1, max: 1_000_000 }).default(1).meta({ description: 'Which page, from 1.' }),
  perPage: integer('a size of pages from 1 to 100', { min: 1, max: 100 })
    .default(25)
    .meta({ description: 'How long a page is.' }),
}

/** The same of lists that are short enough to be answered whole, unless a page is asked for. */
export const pagesIfAsked = {
  page: pages.page.unwrap().optional().meta({ description: 'Which page, from 1; everything, unless it is said.' }),
  perPage: pages.perPage
    .unwrap()
    .optional()
    .meta({ description: 'How long a page is; 25, where a page is asked for.' }),
}

/** The rows of the page that was asked for, or all of them. */
export const rowsIfAsked = ({ page, perPage }: { page?: number | undefined; perPage?: number | undefined }) =>
  page === undefined && perPage === undefined
    ? { limit: null, offset: 0 }
    : rowsOf({ page: page ?? 1, perPage: perPage ?? 25 })

/** The rows of a page. */
export const rowsOf = ({ page, perPage }: { page: number; perPage: number }) => ({
  limit: perPage,
  offset: (page - 1) * perPage,
})

/** The part of a list as its WordPress plugin has it: `number` rows after `offset` others. More than 50 are 50. */
export const portion = (usual: number) => ({
  number: z
    .string(expected(NUMBER))
    .regex(/^0*[1-9]\d*$/, expected(NUMBER))
    .transform(digits => Math.min(Number(digits), MOST))
    .meta({ override: { type: 'integer', minimum: 1 } })
    .default(usual)
    .meta({ description: `At most so many. More than ${MOST} are ${MOST}.` }),
  offset: integer('a whole number from 0', { min: 0 })
    .default(0)
    .meta({ description: 'So many are left out at the beginning.' }),
})

const NUMBER = 'a whole number from 1'
const MOST = 50

/** From when to when something happened. */
export const period = (what: string) => ({
  from: moment(`The first moment of ${what}.`).optional(),
  to: moment(`The first moment after ${what}.`).optional(),
})

/** Whether a period ends no earlier than it begins: a check for `refine`, and what is said otherwise. */
export const isPeriod = ({ from, to }: { from?: Date | undefined; to?: Date | undefined }): boolean =>
  from === undefined || to === undefined || from <= to
export const NO_PERIOD = { path: ['to'], error: 'Expected a moment that is not before from' }

/** Filters as conditions: each column equals what is given for it, or one of a list, where something is given. */
export const equalities = <Column extends string>(filters: { readonly [Name in Column]?: unknown }) =>
  (Object.entries(filters) as [Column, unknown][])
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => ({ column, operator: Array.isArray(value) ? 'IN' : '=', value }) as const)
