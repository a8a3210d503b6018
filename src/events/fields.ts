import { distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { MOST_UNKNOWN, messagePerField } from '../errors.ts'

/** A check whose message says what was expected, and what came instead. */
export const expected = (what: string) => ({
  error: ({ input }: { input?: unknown }) => `Expected ${what}, received ${shown(input)}`,
})

/** A value as a message may show it. */
export const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'number') return String(value)
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** A check of a length, whose message says how long what came is. */
export const atMost = (most: number, what: string) => ({
  error: ({ input }: { input?: unknown }) =>
    `Expected at most ${most} ${what}, received ${(input as { length: number }).length}`,
})

/** Text of 1 to 255 characters that is not blank. */
export const text = (what: string) =>
  z.string(expected(what)).regex(/\S/, expected(what)).max(255, atMost(255, 'characters')).meta({ description: what })

/** What may be absent; null says the same. */
export const optional = <Schema extends z.ZodType>(schema: Schema) => or(schema, undefined)

/** What may be absent, and is this then. */
export const or = <Schema extends z.ZodType, Default extends z.output<Schema> | undefined>(
  schema: Schema,
  absent: Default,
) =>
  schema
    .nullish()
    .transform((value): z.output<Schema> | Default => value ?? absent)
    .meta({ ...described(schema), ...(absent !== undefined && { override: { default: absent } }) })

const described = (schema: z.ZodType): { description?: string } => {
  const { description } = schema.meta() ?? {}
  return description === undefined ? {} : { description }
}

/**
 * An object of these fields and no others. Each field too many is told the name that was probably meant.
 * @param what what the object is: `refund`, or `an item`.
 * @param beside fields that belong to the object, but are read by something else.
 */
export const strict = <Shape extends z.ZodRawShape>(what: string, shape: Shape, beside: z.ZodRawShape = {}) =>
  z.strictObject(shape, {
    error: ({ code, keys, input }) =>
      code === 'unrecognized_keys'
        ? messagePerField(
            (keys as string[]).slice(0, MOST_UNKNOWN).map(name => unknownField(what, name, { ...shape, ...beside })),
          )
        : `Expected an object, received ${shown(input)}`,
  })

/** What is said of a field that an object does not have: the nearest that it has, with what that is, and all others. */
export const unknownField = (what: string, name: string, shape: z.ZodRawShape): string => {
  const nearest = nearestOf(name, Object.keys(shape))
  if (nearest === undefined) return `Expected no fields in ${what}, received ${shown(name)}`
  const { description } = described(shape[nearest] as z.ZodType)
  const meant = `did you mean "${nearest}"${description === undefined ? '' : ` (${description})`}?`
  return `Expected a field of ${what}, received ${shown(name)}; ${meant} The fields are ${Object.keys(shape).join(', ')}`
}

/** The name that was probably meant, compared without case and separators; one that is left of the other is near. */
const nearestOf = (name: string, known: readonly string[]): string | undefined => {
  const given = plain(name.slice(0, LONGEST_NAME))
  const far = (other: string): number => {
    const candidate = plain(other)
    const isPart = isLeftOf(given, candidate) || isLeftOf(candidate, given)
    return isPart ? Math.abs(candidate.length - given.length) / LONGEST_NAME : distance(given, candidate)
  }
  return known.toSorted((one, other) => far(one) - far(other))[0]
}

/** Whether a name is left when letters of another are left out: `id` and `usrId` of `userId`, `qty` of `quantity`. */
const isLeftOf = (part: string, whole: string): boolean => {
  let at = 0
  for (const letter of whole) if (letter === part[at]) at++
  return part !== '' && at === part.length
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')
const LONGEST_NAME = 60

/** The positive integer id of a record, as a number or as its digits. */
export const id = (what: string) => {
  const number = z.int(expected(what)).positive(expected(what))
  const digits = z.string(expected(what)).regex(/^[1-9]\d{0,14}$/, expected(what))
  return z.union([number, digits.transform(Number)], expected(what)).meta({ description: what })
}
