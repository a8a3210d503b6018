import type { Condition } from '../database/conditions.ts'
import { InvalidInputError } from '../errors.ts'
import { idOf } from './global-id.ts'

/**
 * A filter's input as conditions. Its fields are named like columns: a list is any of, `from` and `min` are inclusive,
 * `to` is exclusive, `max` inclusive; what is null or absent does not filter.
 */
export const conditionsOf = (type: string, filter: object | null | undefined): Condition<never>[] => {
  const conditions: Condition[] = []
  for (const [column, value] of Object.entries(filter ?? {})) {
    if (value == null) continue
    if (column === 'ids') conditions.push({ column: 'id', operator: 'IN', value: idsOf(type, bounded(column, value)) })
    else if (Array.isArray(value)) conditions.push({ column, operator: 'IN', value: bounded(column, value) })
    else if (typeof value === 'object') conditions.push(...rangeOf(column, value))
    else conditions.push({ column, operator: '=', value })
  }
  return conditions as Condition<never>[]
}

/** How many values a filter can list. */
const MAX_VALUES = 1000

const bounded = <Value>(column: string, values: readonly Value[]): readonly Value[] => {
  if (values.length <= MAX_VALUES) return values
  throw new InvalidInputError(`Expected at most ${MAX_VALUES} values for ${column}, received ${values.length}`)
}

const idsOf = (type: string, ids: readonly string[]): number[] =>
  ids.map(id => idOf(type, id)).filter(id => id !== null)

const rangeOf = (column: string, range: Record<string, unknown>): Condition[] =>
  Object.entries(range)
    .filter(([, value]) => value != null)
    .map(([bound, value]) => ({ column, operator: BOUNDS[bound as keyof typeof BOUNDS], value }))

const BOUNDS = { from: '>=', to: '<', min: '>=', max: '<=' } as const
