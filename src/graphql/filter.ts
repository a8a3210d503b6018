import type { Condition } from '../database/conditions.ts'
import { idOf } from './global-id.ts'

/**
 * A filter's input as conditions. Its fields are named like columns: a list is any of, `from` and `min` are inclusive,
 * `to` is exclusive, `max` inclusive; what is null or absent does not filter.
 */
export const conditionsOf = (type: string, filter: object | null | undefined): Condition<never>[] => {
  const conditions: Condition[] = []
  for (const [column, value] of Object.entries(filter ?? {})) {
    if (value == null) continue
    if (column === 'ids') conditions.push({ column: 'id', operator: 'IN', value: idsOf(type, value) })
    else if (Array.isArray(value)) conditions.push({ column, operator: 'IN', value })
    else if (typeof value === 'object') conditions.push(...rangeOf(column, value))
    else conditions.push({ column, operator: '=', value })
  }
  return conditions as Condition<never>[]
}

const idsOf = (type: string, ids: readonly string[]): number[] =>
  ids.map(id => idOf(type, id)).filter(id => id !== null)

const rangeOf = (column: string, range: Record<string, unknown>): Condition[] =>
  Object.entries(range)
    .filter(([, value]) => value != null)
    .map(([bound, value]) => ({ column, operator: BOUNDS[bound as keyof typeof BOUNDS], value }))

const BOUNDS = { from: '>=', to: '<', min: '>=', max: '<=' } as const
