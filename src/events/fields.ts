import { z } from 'zod'

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
    .meta(absent === undefined ? {} : { override: { default: absent } })

/** The positive integer id of a record, as a number or as its digits. */
export const id = (what: string) => {
  const number = z.int(expected(what)).positive(expected(what))
  const digits = z.string(expected(what)).regex(/^[1-9]\d{0,14}$/, expected(what))
  return z.union([number, digits.transform(Number)], expected(what)).meta({ description: what })
}
