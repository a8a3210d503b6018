import { InvalidInputError } from '../errors.ts'

/** A value as an error shows it: at most 100 characters, whatever it is. */
export const show = (value: unknown): string => {
  try {
    return (typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))).slice(0, 100)
  } catch {
    return Object.prototype.toString.call(value) // a cycle, or a bigint somewhere inside
  }
}

/** The same id. @throws InvalidInputError for what is no whole number within ±(2^53−1). */
export const expectId = (id: number | undefined, what = 'id'): number => {
  if (Number.isSafeInteger(id)) return id as number
  throw new InvalidInputError(`Expected a whole number within ±(2^53−1) as ${what}, received ${show(id)}`)
}

/** The same ids. @throws InvalidInputError */
export const expectIds = (ids: readonly number[]): readonly number[] => {
  if (!Array.isArray(ids)) throw new InvalidInputError(`Expected a list of ids, received ${show(ids)}`)
  for (const id of ids) expectId(id)
  return ids
}

/** The same value. @throws InvalidInputError for one that is not among `values`. */
export const expectOneOf = <const Value>(values: readonly Value[], value: Value, what: string): Value => {
  if (values.includes(value)) return value
  throw new InvalidInputError(`Expected ${values.join(' or ')} as ${what}, received ${show(value)}`)
}

/** The same number of rows. @throws InvalidInputError for what is no whole number from 0. */
export const expectCount = (count: number, what: string): number => {
  if (Number.isSafeInteger(count) && count >= 0) return count
  throw new InvalidInputError(`Expected a whole number from 0 as ${what}, received ${show(count)}`)
}
