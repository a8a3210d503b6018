import { z } from 'zod'
import { expected } from '../../events/fields.ts'

/**
 * A record of which callers choose the fields: those of its core come unless `fields` says otherwise, the extended ones
 * only when it names them.
 */
export const sparse = <Core extends z.ZodRawShape, Extended extends z.ZodRawShape>(core: Core, extended: Extended) => {
  const shape = { ...core, ...extended }
  type Name = keyof typeof shape & string
  const usual = Object.keys(core) as Name[]
  const all = Object.keys(shape) as Name[]
  const what = `fields of ${all.join(', ')}, separated by commas`
  const oneName = `\\s*(${all.join('|')})\\s*`
  const named = (given: string) => given.split(',').map(name => name.trim())
  return {
    /** The record, with what was asked for of it. */
    answer: z.strictObject(shape).partial(),
    /** The parameter: the names, each once, in the order of the record. */
    fields: z
      .string(expected(what))
      .refine(given => named(given).every(name => (all as string[]).includes(name)), expected(what))
      .transform(given => all.filter(name => named(given).includes(name)))
      .meta({
        override: {
          type: 'string',
          pattern: `^${oneName}(,${oneName})*$`,
          examples: [all.slice(0, 3).join()],
        },
      })
      .default(usual)
      .meta({
        description: `Which fields, separated by commas: ${usual.join(', ')} by default. ${Object.keys(extended).join(', ')} come only when they are named.`,
      }),
  }
}

/** A record with these fields and no others. */
export const pick = <Name extends string>(
  record: { readonly [Key in Name]?: unknown },
  names: readonly Name[],
): Readonly<Record<string, unknown>> => Object.fromEntries(names.map(name => [name, record[name]]))
