import { z } from 'zod'
import { may, type Viewer } from '../access/viewer.ts'
import { ForbiddenError, ValidationError } from '../errors.ts'
import { expected } from './fields.ts'
import type { Incoming } from './incoming.ts'

/** How far the clock of a sender may be ahead, in milliseconds: those of shops often are. */
const FAST_CLOCK = 5 * 60_000
const MOMENT =
  'an ISO 8601 time with its offset, such as 2026-01-31T12:00:00Z, that is neither before 1970 nor in the future'

const occurredAt = z.iso
  .datetime({ offset: true, ...expected(MOMENT) })
  .transform(text => new Date(text))
  .refine(date => date.getTime() >= 0 && date.getTime() <= Date.now() + FAST_CLOCK, {
    error: ({ input }) => `Expected ${MOMENT}, received ${JSON.stringify(input)}`,
  })
  .optional()
  .meta({
    description:
      'when it happened; without it, when it is received. Only for an administrator’s key, or one with the scope `backdate`',
    override: { type: 'string', format: 'date-time' },
  })

const MOST_METADATA = 4096
const METADATA = `a JSON object of at most ${MOST_METADATA} bytes`
const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

const metadata = z
  .preprocess(
    // PHP has one empty array for both
    given => (Array.isArray(given) && given.length === 0 ? {} : given),
    z.record(z.string(), z.unknown(), expected(METADATA)).refine(value => sizeOf(value) <= MOST_METADATA, {
      error: ({ input }) => `Expected ${METADATA}, received ${sizeOf(input)} bytes`,
    }),
  )
  .nullish()
  .meta({
    description: `what the sender keeps with the event: ${METADATA}`,
    override: { type: ['object', 'null'], additionalProperties: {} },
  })

/** What every event may say, whatever its slug. It is no part of what the event's own schema describes. */
export const ENVELOPE = { occurredAt, metadata }

/** What an event says beside its payload. */
export interface Opened {
  /** What the event's own schema describes. */
  readonly payload: unknown
  readonly metadata?: unknown
  /** When it happened, where the sender says that it was not now. */
  readonly occurredAt?: Date
  readonly warnings?: readonly string[]
}

/**
 * Takes the body of an event apart: the payload, and what every event may say beside it. No body is an empty one, unless
 * the event needs one.
 * @throws ForbiddenError when the sender may not say when the event happened.
 * @throws ValidationError when that is no moment in the past.
 */
export const opened = (given: unknown, viewer: Viewer, incoming: Incoming | undefined): Opened => {
  const body = given === undefined && incoming?.bodyNeeded === undefined ? {} : given
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { payload: body }
  const { occurredAt: moment, metadata, ...payload } = body as Record<string, unknown>
  if (moment === undefined) return { payload, metadata }
  expectMayBackdate(viewer)
  const { success, data, error } = occurredAt.safeParse(moment)
  if (!success) throw ValidationError.of(error.issues.map(issue => ({ ...issue, path: ['occurredAt'] })))
  return { payload, metadata, ...(data && asReceived(data)) }
}

/** @throws ForbiddenError */
export const expectMayBackdate = (viewer: Viewer): void => {
  if (!may(viewer, 'backdate'))
    throw new ForbiddenError("Expected an administrator's key, or one with the scope backdate, for occurredAt")
}

/** The moment of an event; one that is ahead of the clock is that of its receipt. */
export const asReceived = (moment: Date): Pick<Opened, 'occurredAt' | 'warnings'> => {
  const ahead = moment.getTime() - Date.now()
  if (ahead <= 0) return { occurredAt: moment }
  const seconds = Math.ceil(ahead / 1000)
  return { warnings: [`occurredAt is ${seconds} s ahead of the clock here: the event counts as of its receipt`] }
}
