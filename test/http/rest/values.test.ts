import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Table, tableOf } from '../../../src/database/tables.ts'
import { ROUTES } from '../../../src/http/rest/routes.ts'
import { answerOf } from './reading.ts'

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
  const asked = valuesIn(ROUTES.find(route => route.path === path && route.method === 'GET')?.query)
  for (const [column, values] of Object.entries(shown)) {
    // a note's cause is not asked for, but the type of a feed is
    const parameter = column === 'creationSource' ? 'sourceType' : column
    expect(asked[parameter]).toEqual(values)
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
