import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import type { Viewer } from '../access/viewer.ts'
import { ForbiddenError, ValidationError } from '../errors.ts'
import type { Incoming } from '../events/incoming.ts'
import type { Delivery, Receipt } from '../events/ingest.ts'
import { type Inlet, type Line, LineSplitter } from './lines.ts'
import { type Refusal, RequestError, refusalOf, sirenError } from './refusals.ts'

/** Takes one event in. */
export type Ingest = (delivery: Delivery, viewer: Viewer) => Promise<Receipt>

/** What a stream of events is taken in with. */
export interface EventStreamOptions {
  readonly ingest: Ingest
  /** What may come in, by slug. */
  readonly incoming: ReadonlyMap<string, Incoming>
  readonly viewer: Viewer
  /** The key of the whole stream, of which each line has a part. */
  readonly streamKey: string | undefined
  /** The longest line, in bytes. */
  readonly lineLimit: number
  /** @throws SyntaxError, or any error, for what is no JSON. */
  readonly parse: (text: string) => unknown
  /** Says to end after the line in flight. */
  readonly stop: AbortSignal
  /** Hears of an error that is not the sender's doing. */
  readonly onError: (error: unknown, line: number) => void
}

/**
 * Takes in the events of a stream, one after the other, and says of each what it came to: a line of JSON for each line
 * that is not blank. Ends with the stream; with a line that the database could not take, since what follows may build on
 * it; or when told to. It reads no faster than its results are read.
 */
export async function* eventResults(inlet: Inlet, options: EventStreamOptions): AsyncGenerator<string, void> {
  const splitter = new LineSplitter(options.lineLimit)
  let number = 0
  try {
    for (let piece = await inlet.read(); piece !== null; piece = await inlet.read())
      for (const line of splitter.split(piece)) {
        if (options.stop.aborted) return
        number++
        if (isBlank(line)) continue
        const result = await resultOf(line, number, options)
        yield `${JSON.stringify(result)}\n`
        if (result.status === 503) return
      }
    const rest = splitter.rest()
    // half a line of a stream that broke is no line
    if (inlet.ended && !isBlank(rest)) yield `${JSON.stringify(await resultOf(rest, number + 1, options))}\n`
  } finally {
    inlet.close()
  }
}

interface Result {
  readonly line: number
  readonly status: number
  readonly opportunityId?: number
  readonly error?: ReturnType<typeof sirenError>
}

const resultOf = async (line: Line, number: number, options: EventStreamOptions): Promise<Result> => {
  try {
    const { opportunityId } = await options.ingest(deliveryOf(line, number, options), options.viewer)
    return { line: number, status: 200, ...(opportunityId !== null && { opportunityId }) }
  } catch (error) {
    const refusal: Refusal = refusalOf(error)
    if (refusal.status >= 500) options.onError(error, number)
    return { line: number, status: refusal.status, error: sirenError(refusal) }
  }
}

const isBlank = (line: Line): boolean => line?.every(byte => BLANKS.has(byte)) ?? false
const BLANKS = new Set([...' \t\r'].map(blank => blank.charCodeAt(0)))

const deliveryOf = (line: Line, number: number, options: EventStreamOptions): Delivery => {
  const { lineLimit, viewer, streamKey } = options
  if (line === null) throw new RequestError(413, `Expected a line of at most ${lineLimit} bytes`)
  const { event: slug, data: payload = {}, idempotencyKey, occurredAt, ...rest } = parsed(line, options)
  if (occurredAt !== undefined && viewer.role !== 'administrator')
    throw new ForbiddenError("Expected an administrator's key for occurredAt")
  const delivery = { slug, payload, occurredAt, ...rest }
  if (idempotencyKey !== undefined) return { ...delivery, idempotencyKey }
  if (hasOwnKey(options.incoming.get(slug), payload)) return delivery
  if (streamKey !== undefined) return { ...delivery, idempotencyKey: `${streamKey}:${number}` }
  throw new ValidationError({ idempotencyKey: [NO_KEY] })
}

const NO_KEY =
  'Expected a key, here or as the Idempotency-Key of the whole request: sent again without one, the event would count twice'

/**
 * Whether an event needs no key from the sender: it has a name of its own; or is not going to be taken in at all, and
 * should hear why.
 */
const hasOwnKey = (incoming: Incoming | undefined, payload: unknown): boolean => {
  if (incoming === undefined) return true
  if (incoming.key === undefined) return false
  const { success, data } = incoming.schema.safeParse(payload)
  return !success || incoming.key(data as never) !== undefined
}

const parsed = (line: Buffer, { parse }: EventStreamOptions): z.output<typeof Envelope> => {
  if (!isUtf8(line)) throw new RequestError(400, 'Expected a line in UTF-8')
  let value: unknown
  try {
    value = parse(line.toString())
  } catch {
    throw new RequestError(400, 'Expected a line that is JSON')
  }
  const { success, data, error } = Envelope.safeParse(value)
  if (success) return data
  throw new ValidationError(
    Object.fromEntries(
      error.issues.flatMap(issue =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.slice(0, 10).map(name => [name, [`Expected nothing but ${FIELDS.join(', ')}`]])
          : [[issue.path.join('.'), [issue.message]]],
      ),
    ),
  )
}

/** What an Idempotency-Key may be. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/
/** What is said of one that is something else. */
export const EXPECTED_KEY = 'Expected 1 to 255 visible ASCII characters'

const MOMENT = 'Expected an ISO 8601 time with its offset, such as 2026-01-31T12:00:00Z, that is not in the future'

const Envelope = z.strictObject(
  {
    event: z.string('Expected the slug of an event, such as sale'),
    data: z.unknown().optional(),
    opportunityId: z.int('Expected a positive integer').positive('Expected a positive integer').optional(),
    idempotencyKey: z.string(EXPECTED_KEY).regex(IDEMPOTENCY_KEY, EXPECTED_KEY).optional(),
    occurredAt: z.iso
      .datetime({ offset: true, error: MOMENT })
      .transform(text => new Date(text))
      .refine(date => date.getTime() >= 0 && date.getTime() <= Date.now(), MOMENT)
      .optional(),
  },
  // an object with other fields is told about those
  { error: issue => (issue.code === 'invalid_type' ? 'Expected a JSON object' : undefined) },
)
const FIELDS = Object.keys(Envelope.shape)
