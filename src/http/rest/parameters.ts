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

/** A query parameter that is a text, compared as a whole. */
export const text = (description: string) =>
  z
    .string(expected(TEXT))
    .min(1, expected(TEXT))
    .refine(given => !given.includes('\0'), expected(TEXT))
    .meta({ description })

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

/** Filters as conditions: each column equals what is given for it, where something is. */
export const equalities = <Column extends string>(filters: { readonly [Name in Column]?: unknown }) =>
  (Object.entries(filters) as [Column, unknown][])
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => ({ column, operator: '=', value }) as const)
