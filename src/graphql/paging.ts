import type { Direction, Key, Slice } from '../database/keyset.ts'
import { InvalidInputError } from '../errors.ts'

/** How many rows a page has when nobody says. */
export const PAGE_SIZE = 20
/** How many rows a page can have. */
export const MAX_PAGE_SIZE = 100

/** The paging arguments of a connection, as the Relay specification has them. */
export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** An order that a list is read in; `type` tells its cursors from those of other lists. */
export interface Ordering<Column extends string = string> {
  readonly type: string
  readonly orderBy: Column
  readonly direction: Direction
}

/** The part of a list that the arguments ask for. @throws InvalidInputError for a size or a cursor that is none. */
export const sliceOf = <Column extends string>(args: PageArgs, ordering: Ordering<Column>): Slice<Column> => {
  if (args.first != null && args.last != null) {
    throw new InvalidInputError('Expected first or last, received both')
  }
  return {
    orderBy: ordering.orderBy,
    direction: ordering.direction,
    size: sizeOf(args),
    fromEnd: args.last != null,
    after: args.after == null ? undefined : keyOf('after', args.after, ordering),
    before: args.before == null ? undefined : keyOf('before', args.before, ordering),
  }
}

const sizeOf = ({ first, last }: PageArgs): number => {
  const size = first ?? last ?? PAGE_SIZE
  if (size < 0 || size > MAX_PAGE_SIZE) {
    throw new InvalidInputError(
      `Expected ${first == null ? 'last' : 'first'} of 0 to ${MAX_PAGE_SIZE}, received ${size}`,
    )
  }
  return size
}

/** The cursor of a place in a list: opaque to clients, and of use in that ordering alone. */
export const cursorOf = ({ type, orderBy, direction }: Ordering, { value, id }: Key): string =>
  btoa(`${type}:${orderBy}:${direction}:${value instanceof Date ? value.getTime() : value}:${id}`)

const keyOf = (argument: string, cursor: string, { type, orderBy, direction }: Ordering): Key => {
  const parts = decode(cursor).split(':')
  const value = Number(parts[3])
  const id = Number(parts[4])
  const isDate = orderBy.startsWith('date')
  const isCursor = parts.length === 5 && parts.slice(3).every(part => /^\d{1,16}$/.test(part))
  if (!isCursor || !Number.isSafeInteger(value) || !Number.isSafeInteger(id) || (isDate && value > LAST_DATE)) {
    throw new InvalidInputError(`Expected a cursor for ${argument}, received ${JSON.stringify(cursor.slice(0, 100))}`)
  }
  if (parts[0] !== type || parts[1] !== orderBy || parts[2] !== direction) {
    throw new InvalidInputError(
      `Expected a cursor of a list of ${type} ordered by ${orderBy} ${direction} for ${argument}, received one of ${parts.slice(0, 3).join(' ')}`,
    )
  }
  return { id, value: isDate ? new Date(value) : value }
}

/** The end of the year 9999, in milliseconds. */
const LAST_DATE = 253_402_300_799_999

const decode = (cursor: string): string => {
  try {
    return cursor.length > 200 ? '' : atob(cursor)
  } catch {
    return ''
  }
}
