import { setTimeout as sleep } from 'node:timers/promises'

/** One SQL text and, as a type, the row it answers. Its name lets PostgreSQL plan it once per connection. */
export interface Statement<Row> {
  readonly name: string
  readonly text: string
  readonly row?: Row
}

/** The port for SQL: rows as PostgreSQL sends them, but int8 as a number and timestamptz as a Date. */
export interface Sql {
  /** Runs one statement. */
  rows<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]>
  /** Runs SQL of several statements without values, outside the read path: set-up, seeds. */
  script(text: string): Promise<void>
  /**
   * Does work as one transaction: all of it, or nothing when it throws. The work is done again when the database had to
   * end it for the sake of another (a deadlock), so it must have no effects but its statements; and it must use the port
   * that it is given, since another's statements are no part of the transaction. Inside a transaction it is part of that.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
}

/** How often work is done over before its error is let out. */
const ATTEMPTS = 10

/** Does work again, after a short and random while, for as long as the database says that it may succeed another time. */
export const retried = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error
      await sleep(Math.random() * 5 * 2 ** attempt)
    }
  }
}

/** PostgreSQL's codes of a serialization failure and of a deadlock. */
const isTransient = (error: unknown): boolean =>
  ['40001', '40P01'].includes((error as { code?: string } | null)?.code ?? '')

/** Thrown by a transaction's work that found the database changed under it: it is done again. */
export class RaceError extends Error {
  override readonly name = 'RaceError'
  readonly code = '40001'
}

const names = new Map<string, string>()

/** The statement with this text, of which there are not many: it keeps its name. Equal texts are one statement. */
export const statement = <Row>(text: string): Statement<Row> => {
  let name = names.get(text)
  if (name === undefined) {
    name = `siren_${names.size}`
    names.set(text, name)
  }
  return { name, text }
}

/**
 * As many names as texts have that are made for each request. A connection keeps what has a name, and selections, filters
 * and orders combine to more texts than that is worth: the text that has had its name longest makes room for a new one.
 */
const SHARED_NAMES = 800
const shared = new Map<string, string>()
const owners: string[] = []
let next = 0

/** A statement that is planned for its values each time: of one with a name PostgreSQL would keep a plan for all of them. */
export const unnamedStatement = <Row>(text: string): Statement<Row> => ({ name: '', text })

/** The statement with a text that was made for a request: planned once as well, for as long as such texts come back. */
export const madeStatement = <Row>(text: string): Statement<Row> => {
  let name = shared.get(text)
  if (name === undefined) {
    name = `siren_made_${next}`
    shared.delete(owners[next] ?? '')
    shared.set(text, name)
    owners[next] = text
    next = (next + 1) % SHARED_NAMES
  }
  return { name, text }
}

/** How each type that the drivers would hand out as text, or in part, is read: by its OID in PostgreSQL's catalogue. */
export const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  20: text => int8(text),
  1184: text => timestamptz(text),
  1700: Number,
}

/** @throws RangeError for an integer beyond ±(2^53−1): better no answer than a neighbour's row. */
export const int8 = (text: string): number => exact(Number(text), text)

/** The same of one that came as a number, in JSON. */
export const exact = (value: number, text: string | number = value): number => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`Expected an int8 within ±(2^53−1), received ${text}`)
  return value
}

/** PostgreSQL's text form of a timestamptz, in whatever zone the session has. */
export const timestamptz = (text: string): Date =>
  new Date(`${text.replace(' ', 'T')}${/[+-]\d\d$/.test(text) ? ':00' : ''}`)
