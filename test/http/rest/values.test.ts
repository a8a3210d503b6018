import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Table, tableOf } from '../../../src/database/tables.ts'
import { DOCUMENT } from './operations.ts'
import { answerOf } from './reading.ts'

interface Parameter {
  readonly name: string
  readonly schema: { enum?: string[]; items?: { enum: string[] } }
}

// What a column can be is said in `schema.prisma`; the lists say it again, for those who read and for those who ask.

test.each([
  ['/engagements', 'Engagement'],
  ['/notes', 'Note'],
  ['/conversions', 'Conversion'],
  ['/transactions', 'Transaction'],
  ['/obligations', 'Obligation'],
  ['/payouts', 'Payout'],
])('%s know every value that a column can have', (path, model) => {
  const shown = valuesIn(answerOf(path))
  expect(shown).toEqual(valuesOf(tableOf(model)))
  for (const [column, values] of Object.entries(shown)) {
    // a note's cause is not asked for, but the type of a feed is
    const asked = column === 'creationSource' ? 'sourceType' : column
    const parameters: Parameter[] = DOCUMENT.paths[`/siren/v1${path}`].get.parameters
    const { schema } = parameters.find(({ name }) => name === asked) ?? {}
    const known = (schema?.items ?? schema)?.enum ?? []
    // beside these, statuses that Siren alone has
    expect(known).toEqual(expect.arrayContaining(values))
    if (asked !== 'status') expect(known).toHaveLength(values.length)
  }
})

/** The columns of a table that have some values and no others. */
const valuesOf = ({ columns }: Table) =>
  Object.fromEntries(
    [...columns].flatMap(([name, { type }]) => (typeof type === 'object' ? [[name, [...type].sort()]] : [])),
  )

/** The same of what a schema describes. */
const valuesIn = (schema: z.ZodType | undefined): Record<string, string[]> => {
  const { shape } = schema as z.ZodObject
  return Object.fromEntries(
    Object.entries(shape).flatMap(([name, field]) => {
      const inner = field instanceof z.ZodOptional ? field.unwrap() : field
      return inner instanceof z.ZodEnum ? [[name, [...inner.options].map(String).sort()]] : []
    }),
  )
}
