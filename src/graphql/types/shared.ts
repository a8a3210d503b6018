import type { EnumRef } from '@pothos/core'
import type { Direction } from '../../database/keyset.ts'
import { builder, type SchemaTypes } from '../builder.ts'

/** An enum of the domain, upper case outside; what it holds is the database's value. */
export const domainEnum = <Value extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Value, string>>,
) =>
  builder.enumType(name, {
    description,
    values: Object.fromEntries(
      (Object.entries(values) as [Value, string][]).map(([value, description]) => [
        value.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase(),
        { value, description },
      ]),
    ) as Record<string, { value: Value; description: string }>,
  })

export const SortOrder = builder.enumType('SortOrder', {
  description: 'Which way a list is ordered.',
  values: {
    ASC: { value: 'ASC' as Direction, description: 'Lowest or earliest first.' },
    DESC: { value: 'DESC' as Direction, description: 'Highest or latest first.' },
  } as const,
})

export const DateRange = builder.inputType('DateRange', {
  description: 'A span of time.',
  fields: t => ({
    from: t.field({ type: 'DateTime', description: 'Its beginning, inclusive.' }),
    to: t.field({ type: 'DateTime', description: 'Its end, exclusive.' }),
  }),
})

export const IntRange = builder.inputType('IntRange', {
  description: 'A span of whole numbers.',
  fields: t => ({
    min: t.field({ type: 'SafeInt', description: 'The least, inclusive.' }),
    max: t.field({ type: 'SafeInt', description: 'The most, inclusive.' }),
  }),
})

const RecordOrderField = domainEnum<'id' | 'dateCreated' | 'dateModified'>(
  'RecordOrderField',
  'What a list can be ordered by.',
  {
    id: 'The integer id.',
    dateCreated: 'When the record was created.',
    dateModified: 'When the record was last changed.',
  },
)

export const RecordOrder = builder.inputType('RecordOrder', {
  description: 'The order of a list. Equal records go by id, in the same direction.',
  fields: t => ({
    field: t.field({ type: RecordOrderField, required: true, defaultValue: 'id', description: 'What to order by.' }),
    direction: t.field({ type: SortOrder, required: true, defaultValue: 'DESC', description: 'Which way.' }),
  }),
})

/** The conditions that every list of records can be filtered by. */
export const commonFilters = <Status extends EnumRef<SchemaTypes, unknown>>(
  t: PothosSchemaTypes.InputFieldBuilder<SchemaTypes, 'InputObject'>,
  status: Status,
) => ({
  ids: t.idList({ description: 'Integer or global ids.' }),
  status: t.field({ type: [status], description: 'Any of these statuses.' }),
  dateCreated: t.field({ type: DateRange, description: 'When the record was created.' }),
  dateModified: t.field({ type: DateRange, description: 'When the record was last changed.' }),
})

/** A condition on a reference: one id, or any of several. */
export const idFilter = (t: PothosSchemaTypes.InputFieldBuilder<SchemaTypes, 'InputObject'>, whose: string) =>
  t.field({ type: ['SafeInt'], description: `The integer id of ${whose}, or several, any of which will do.` })
