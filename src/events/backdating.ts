import { ValidationError } from '../errors.ts'
import type { EventContext } from './dispatcher.ts'

/**
 * Has an event about a record happen no earlier than the record came about. Without a date of its own, an event happens
 * now, and no record is younger.
 * @param what the record, as an error names it: `conversion 15`.
 * @throws ValidationError
 */
export const expectSince = (what: string, dateCreated: Date, { isBackdated, now }: EventContext): void => {
  if (isBackdated && now < dateCreated)
    throw new ValidationError({
      occurredAt: [
        `Expected a moment from ${dateCreated.toISOString()} on, when ${what} came about, received ${now.toISOString()}`,
      ],
    })
}
