import { setImmediate as turn } from 'node:timers/promises'
import { z } from 'zod'
import type { Viewer } from '../access/viewer.ts'
import { InvalidTokenError, SirenError, ValidationError } from '../errors.ts'
import { asReceived, ENVELOPE, expectMayBackdate, opened } from '../events/envelope.ts'
import type { Incoming } from '../events/incoming.ts'
import { type Delivery, payloadOf, type Receipt } from '../events/ingest.ts'
import { refuseUnsound } from '../events/sound.ts'
import { parseJson } from './json-body.ts'
import { type Inlet, type Line, LineSplitter } from './lines.ts'
import { type Refusal, RequestError, refusalOf, sirenError } from './refusals.ts'

/** Takes one event in. */
export type Ingest = (delivery: Delivery, viewer: Viewer) => Promise<Receipt>

/** What a stream of events is taken in with. */
export interface EventStreamOptions {
  readonly ingest: Ingest
  /** What may come in, by slug. */
  readonly incoming: ReadonlyMap<string, Incoming>
  /** Who sends, asked again for each line: a key may be revoked, or expire, while its stream is open. */
  readonly viewer: () => Viewer | null | Promise<Viewer | null>
  /** The key of the whole stream, of which each line has a part. */
  readonly streamKey: string | undefined
  /** The longest line, in bytes. */
  readonly lineLimit: number
  /** Says to end after the line in flight. */
  readonly stop: AbortSignal
  /** Hears of an error that is not the sender's doing, and of a token that is not valid any more. */
  readonly onError: (error: unknown, line: number) => void
  /** Hears of what was accepted and is probably not meant. */
  readonly onWarning: (slug: string, warnings: readonly string[], line: number) => void
}

/**
 * Takes in the events of a stream, one after the other, and says of each what it came to: a line of JSON for each line
 * that is not blank. Ends with the stream; with a line that the database could not take, since what follows may build on
 * it; with one whose sender is nobody any more; or when told to. It reads no faster than its results are read.
 */
export async function* eventResults(inlet: Inlet, options: EventStreamOptions): AsyncGenerator<string, void> {
  let number = 0
  try {
    for await (const line of linesOf(inlet, options.lineLimit)) {
      number++
      if (isBlank(line)) continue
      // a database inside this process answers at once: others, and the signal to stop, would not be heard until the end
      await turn()
      if (options.stop.aborted) return
      const result = await resultOf(line, number, options)
      yield `${JSON.stringify(result)}\n`
      if (result.status === 503 || result.status === 401) return
    }
    if (inlet.error !== null) {
      const refusal = refusalOf(inlet.error)
      // of a body that cannot be unpacked; there is nobody left to tell that a connection broke
      if (refusal.status === 400) yield `${JSON.stringify(refused(number + 1, refusal))}\n`
    }
  } finally {
    inlet.close()
  }
}

async function* linesOf(inlet: Inlet, limit: number): AsyncGenerator<Line, void> {
  const splitter = new LineSplitter(limit)
  for (let piece = await inlet.read(); piece !== null; piece = await inlet.read()) yield* splitter.split(piece)
  // half a line of a stream that broke is no line
  if (inlet.ended) yield splitter.rest()
}

interface Result {
  readonly line: number
  readonly status: number
  readonly opportunityId?: number
  readonly warnings?: readonly string[]
  readonly error?: ReturnType<typeof sirenError>
}

const resultOf = async (line: Line, number: number, options: EventStreamOptions): Promise<Result> => {
  try {
    const viewer = await options.viewer()
    if (viewer === null) throw new SirenError('UNAUTHENTICATED', 'Expected a key that is still valid')
    const delivery = deliveryOf(line, number, viewer, options)
    const { opportunityId, warnings } = await options.ingest(delivery, viewer)
    if (warnings !== undefined) options.onWarning(delivery.slug, warnings, number)
    return {
      line: number,
      status: 200,
      ...(opportunityId !== null && { opportunityId }),
      ...(warnings && { warnings }),
    }
  } catch (error) {
    const refusal: Refusal = refusalOf(asOfLine(error))
    if (refusal.status >= 500 || error instanceof InvalidTokenError) options.onError(error, number)
    return refused(number, refusal)
  }
}

const refused = (line: number, refusal: Refusal): Result => ({
  line,
  status: refusal.status,
  error: sirenError(refusal),
})

/** What the opportunity's field is called in a request's headers. */
export const OPPORTUNITY = 'X-Siren-OID'

/** An error with the name that the opportunity's field has in a line. */
const asOfLine = (error: unknown): unknown =>
  error instanceof ValidationError && Object.hasOwn(error.fields, OPPORTUNITY)
    ? new ValidationError(
        Object.fromEntries(
          Object.entries(error.fields).map(([field, messages]) => [
            field === OPPORTUNITY ? 'opportunityId' : field,
            messages,
          ]),
        ),
      )
    : error

const isBlank = (line: Line): boolean => line?.every(byte => BLANKS.has(byte)) ?? false
const BLANKS = new Set([...' \t\r'].map(blank => blank.charCodeAt(0)))

const deliveryOf = (line: Line, number: number, viewer: Viewer, options: EventStreamOptions): Delivery => {
  const { lineLimit, streamKey } = options
  if (line === null) throw new RequestError(413, `Expected a line of at most ${lineLimit} bytes`)
  const { event: slug, data, idempotencyKey, occurredAt, ...rest } = parsed(line, viewer)
  refuseUnsound(data)
  if (typeof data === 'object' && data !== null && Object.hasOwn(data, 'occurredAt')) throw misplaced(viewer)
  const { payload, metadata } = opened(data, viewer, options.incoming.get(slug))
  const delivery = { slug, payload, metadata, ...rest, ...(occurredAt && asReceived(occurredAt)) }
  if (idempotencyKey !== undefined) return { ...delivery, idempotencyKey }
  if (hasOwnKey(options.incoming.get(slug), payload)) return delivery
  if (streamKey !== undefined) return { ...delivery, idempotencyKey: `${streamKey}:${number}` }
  throw new ValidationError({ idempotencyKey: [NO_KEY] })
}

const misplaced = (viewer: Viewer): ValidationError => {
  expectMayBackdate(viewer)
  return new ValidationError({ occurredAt: ['Expected occurredAt beside data, received it inside'] })
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
  try {
    return incoming.key(payloadOf(incoming, payload) as never) !== undefined
  } catch (error) {
    if (error instanceof ValidationError) return true
    throw error
  }
}

const parsed = (line: Buffer, viewer: Viewer): z.output<typeof Envelope> => {
  const given = parseJson(line, 'a line')
  if (typeof given === 'object' && given !== null && 'occurredAt' in given) expectMayBackdate(viewer)
  const { success, data, error } = Envelope.safeParse(given)
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

/** What a line of a stream says: an event, and how it comes in. */
export const Envelope = z.strictObject(
  {
    event: z.string('Expected the slug of an event, such as sale'),
    data: z.unknown().optional(),
    opportunityId: z.int('Expected a positive integer').positive('Expected a positive integer').optional(),
    idempotencyKey: z.string(EXPECTED_KEY).regex(IDEMPOTENCY_KEY, EXPECTED_KEY).optional(),
    occurredAt: ENVELOPE.occurredAt,
  },
  // an object with other fields is told about those
  { error: issue => (issue.code === 'invalid_type' ? 'Expected a JSON object' : undefined) },
)
const FIELDS = Object.keys(Envelope.shape)
