/** A statement that the gateway sent, with its values and the rows that came back. */
export interface Recorded {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** A statement, and where its values come from. */
export interface Step {
  readonly name: string
  readonly text: string
  readonly values: readonly Source[]
}

/** Where a value comes from, when the same request is sent for another key. */
export type Source =
  | { readonly constant: unknown }
  /** Out of the request. */
  | { readonly field: string }
  /** Out of a row that an earlier statement answered. */
  | { readonly cell: readonly [step: number, row: number, column: string] }
  | { readonly now: 'date' | 'text' }
  /** The SHA-256 of the request's body. */
  | { readonly hash: true }
  | { readonly list: readonly Source[] }
  | { readonly object: Readonly<Record<string, Source>> }
  | { readonly json: Source }

/**
 * Finds out where the values of statements come from, by two recordings of the same request for different keys: what is
 * the same in both is a constant, and what differs is in the request or in the rows that came before.
 * @throws Error when the two are not of one form, or a value is out of nowhere.
 */
export const derive = (
  [one, other]: readonly [readonly Recorded[], readonly Recorded[]],
  [field, otherField]: readonly [Fields, Fields],
): Step[] => {
  if (one.length !== other.length)
    throw new Error(`Expected as many statements, received ${one.length} and ${other.length}`)
  return one.map(({ name, text, values }, at) => {
    const twin = other[at] as Recorded
    if (twin.text !== text) throw new Error(`Expected the same statement, received\n${text}\n${twin.text}`)
    const source = (a: unknown, b: unknown): Source => {
      if (plain(a) === plain(b)) return { constant: a }
      for (const name in field)
        if (plain(a) === plain(field[name]) && plain(b) === plain(otherField[name])) return { field: name }
      const cell = cellOf(a, b, one.slice(0, at), other.slice(0, at))
      if (cell !== undefined) return { cell }
      if (a instanceof Date && b instanceof Date) return { now: 'date' }
      if (Array.isArray(a) && Array.isArray(b) && a.length === b.length)
        return { list: a.map((each, n) => source(each, b[n])) }
      if (isObject(a) && isObject(b) && Object.keys(a).join() === Object.keys(b).join())
        return { object: Object.fromEntries(Object.keys(a).map(key => [key, source(a[key], b[key])])) }
      if (typeof a === 'string' && typeof b === 'string') {
        if (/^[0-9a-f]{64}$/.test(a)) return { hash: true }
        if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(a)) return { now: 'text' }
        if (/^[[{]/.test(a)) return { json: source(JSON.parse(a), JSON.parse(b)) }
      }
      throw new Error(`Cannot tell where ${JSON.stringify(a)} (or ${JSON.stringify(b)}) comes from in\n${text}`)
    }
    return { name, text, values: values.map((value, n) => source(value, twin.values[n])) }
  })
}

type Fields = Readonly<Record<string, unknown>>

const plain = (value: unknown): string =>
  typeof value === 'string' ? value : value instanceof Date ? value.toISOString() : JSON.stringify(value)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const cellOf = (a: unknown, b: unknown, one: readonly Recorded[], other: readonly Recorded[]) => {
  if (Array.isArray(a) || isObject(a)) return undefined
  for (const [step, { rows }] of one.entries())
    for (const [row, cells] of rows.entries())
      for (const column in cells)
        if (plain(cells[column]) === plain(a) && plain(other[step]?.rows[row]?.[column]) === plain(b))
          return [step, row, column] as const
  return undefined
}
