/** The first and the last moment that every interface takes and tells: the years that ISO 8601 writes with four digits, in UTC. */
export const FIRST_MOMENT = new Date('0001-01-01T00:00:00.000Z')
export const LAST_MOMENT = new Date('9999-12-31T23:59:59.999Z')

/** Whether a value is a date from year 1 to year 9999 in UTC. An invalid date is not. */
export const isMoment = (value: unknown): value is Date =>
  value instanceof Date && value >= FIRST_MOMENT && value <= LAST_MOMENT
