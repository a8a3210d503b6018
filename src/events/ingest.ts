import { createHash } from 'node:crypto'
import { may, type Viewer } from '../access/viewer.ts'
import { RaceError, type Sql, statement } from '../database/sql.ts'
import { ConflictError, ForbiddenError, RecordNotFoundError, ValidationError } from '../errors.ts'
import type { DomainEvent } from './catalog.ts'
import type { Dispatcher, EventContext } from './dispatcher.ts'
import { ENVELOPE } from './envelope.ts'
import type { EventKey, Incoming } from './incoming.ts'
import { refuseUnsound } from './sound.ts'

/** An event as it comes in. */
export interface Delivery {
  readonly slug: string
  /** What the event's own schema describes. */
  readonly payload: unknown
  /** What the sender keeps with the event: an object of at most 4 KiB. No part of what makes two events the same. */
  readonly metadata?: unknown
  /** Makes this delivery and its repetitions one. */
  readonly idempotencyKey?: string | undefined
  /** The opportunity that the sender goes on with: its X-Siren-OID. */
  readonly opportunityId?: number | undefined
  /** When it happened, for what is told later; now, unless it is said. No part of what makes two events the same. */
  readonly occurredAt?: Date | undefined
  /** What the sender is to be told, whatever else there is to tell. */
  readonly warnings?: readonly string[] | undefined
}

/** What a delivery came to. */
export interface Receipt {
  /** The opportunity that the event belongs to; null when it belongs to none. */
  readonly opportunityId: number | null
  /** What was accepted and is probably not meant, in ASCII without `; `; absent where there is nothing to say. */
  readonly warnings?: readonly string[]
}

/** Where and when something happens that nobody sent. */
export type Occasion = Pick<EventContext, 'organizationId' | 'sql' | 'now'>

/** What an ingestion is made of. */
export interface IngestionOptions {
  readonly sql: Sql
  /** What may come in, by slug. */
  readonly incoming: ReadonlyMap<string, Incoming>
  readonly dispatcher: Dispatcher
}

/** Takes events in: each as one transaction, with one effect however often and wherever it is delivered. */
export class Ingestion {
  readonly #sql: Sql
  readonly #incoming: ReadonlyMap<string, Incoming>
  readonly #dispatcher: Dispatcher

  constructor({ sql, incoming, dispatcher }: IngestionOptions) {
    this.#sql = sql
    this.#incoming = incoming
    this.#dispatcher = dispatcher
  }

  /** The same ingestion as a part of a transaction that has begun. */
  within(sql: Sql): Ingestion {
    return new Ingestion({ sql, incoming: this.#incoming, dispatcher: this.#dispatcher })
  }

  /**
   * Takes one event in. When it throws, nothing of the event is left.
   * @throws RecordNotFoundError for an unknown slug, or a record that the event is about and that is not there.
   * @throws ForbiddenError when the viewer's role may not send it.
   * @throws ValidationError when the payload, or what it names, is not what was expected.
   * @throws ConflictError when the same key came with another payload or about another opportunity, or the event contradicts
   * what is there.
   */
  async ingest(delivery: Delivery, viewer: Viewer): Promise<Receipt> {
    const { slug } = delivery
    const incoming = this.#incoming.get(slug)
    if (!may(viewer, 'events')) throw new ForbiddenError('Expected a key with the scope events')
    if (incoming === undefined) throw new RecordNotFoundError(`The event "${slug.slice(0, 60)}"`)
    if (incoming.role === 'administrator' && viewer.role !== 'administrator')
      throw new ForbiddenError(`Expected an administrator's key for the event ${slug}`)
    const { payload, metadata } = read(incoming, delivery)
    const key = keyOf(slug, incoming, payload)
    const hash = hashOf(slug, payload)
    const earlierHash = incoming.earlier && hashOf(slug, incoming.earlier(payload as never))
    const taken = { ...delivery, payload, metadata, key, hash, earlierHash, organizationId: viewer.organizationId }
    return this.#sql.transaction(sql => this.#take(taken, sql))
  }

  /**
   * Has events of one type happen that nobody sent, with all that follows from them, in a transaction that has begun: many
   * cost as many statements as one.
   */
  async dispatch(events: readonly DomainEvent[], { organizationId, sql, now }: Occasion): Promise<void> {
    const [first, ...others] = events
    if (first === undefined) return
    const nothingSent = {
      isBackdated: false,
      ingestedEventId: null,
      namedOpportunityId: undefined,
      opportunityId: null,
    }
    const context = { organizationId, sql, now, ...nothingSent, catchUp: () => {}, warn: () => {} }
    await this.#dispatcher.dispatch([first, ...others], context)
  }

  async #take(taken: Taken, sql: Sql): Promise<Receipt> {
    const { slug, payload, metadata, organizationId, key, hash, idempotencyKey = null, occurredAt } = taken
    const identity = [
      organizationId,
      slug,
      key?.source ?? null,
      key?.externalId ?? null,
      key?.part ?? '',
      idempotencyKey,
    ]
    const named = taken.opportunityId ?? NONE
    const kept = metadata === undefined ? null : JSON.stringify(metadata)
    const [recorded] = await sql.rows(record, [...identity, hash, kept, named])
    if (recorded === undefined) return repeated(taken, await sql.rows(recall, [...identity, named]), sql)
    const warnings = new Set(taken.warnings?.map(forHeader))
    const context: EventContext = {
      organizationId,
      sql,
      now: occurredAt ?? recorded.now,
      isBackdated: occurredAt !== undefined,
      catchUp: clock => {
        if (occurredAt === undefined) context.now = clock
      },
      warn: message => void warnings.add(forHeader(message)),
      ingestedEventId: recorded.id,
      namedOpportunityId: taken.opportunityId,
      opportunityId: null,
    }
    // what came in is only known to be what its own schema says
    await this.#dispatcher.dispatch({ type: slug, payload } as DomainEvent, context)
    const { opportunityId } = context
    const receipt: Receipt = { opportunityId, ...(warnings.size > 0 && { warnings: [...warnings] }) }
    await sql.rows(answer, [organizationId, recorded.id, JSON.stringify(receipt)])
    return receipt
  }
}

/** The name of no opportunity. */
const NONE = 0

interface Taken extends Delivery {
  readonly metadata: object | undefined
  readonly organizationId: number
  readonly key: EventKey | undefined
  readonly hash: string
  /** What an earlier version made of the same payload, where it made something else. */
  readonly earlierHash: string | undefined
}

/** The answer to an event that was taken in before, by either of its keys. */
const repeated = async (taken: Taken, found: readonly Recorded[], sql: Sql): Promise<Receipt> => {
  const { slug, key, hash, earlierHash, organizationId, idempotencyKey } = taken
  if (found.length === 0) throw new RaceError('the event that stood in the way was undone')
  const other = found.find(
    ({ payloadHash, isEarlier }) => payloadHash !== hash && !(isEarlier && payloadHash === earlierHash),
  )
  if (other !== undefined)
    throw new ConflictError(
      other.idempotencyKey !== null && other.idempotencyKey === idempotencyKey
        ? `Expected the same event for the Idempotency-Key "${idempotencyKey}" as before, received another`
        : `Expected the same ${slug} for ${[key?.source, key?.externalId, key?.part ?? []].flat().join(' ')} as before, received another`,
    )
  // what has a name of its own is the same event, whatever the request says beside it
  if (key === undefined && found.some(({ isOfNamed }) => !isOfNamed))
    throw new ConflictError(
      `Expected the same opportunity for the Idempotency-Key "${idempotencyKey}" as before, received another`,
    )
  const [{ id, result }] = found as [Recorded]
  // a key that is new for an event that is not: it means this event from now on
  if (idempotencyKey !== undefined && found.every(row => row.idempotencyKey !== idempotencyKey))
    await sql.rows(repeat, [organizationId, slug, idempotencyKey, id])
  return result
}

const record = statement<{ id: number; now: Date }>(`
  insert into ingested_event (
    organization_id, slug, source, external_id, part, idempotency_key, payload_hash, metadata, named_opportunity_id
  ) values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9)
  on conflict do nothing
  returning id, date_trunc('milliseconds', clock_timestamp()) as now`)

interface Recorded {
  readonly id: number
  readonly idempotencyKey: string | null
  readonly payloadHash: string
  /** Whether it was taken in by a version that did not keep which opportunity was named. */
  readonly isEarlier: boolean
  /** Whether it named the opportunity that is named now, or one that either was merged into. */
  readonly isOfNamed: boolean
  readonly result: Receipt
}

/** What an opportunity goes by: the one that it was merged into, or itself, known or not. */
const survivor = (id: string) =>
  `coalesce((select coalesce(o.merged_into_id, o.id) from opportunity o where o.organization_id = $1 and o.id = ${id}), ${id})`
// an event from before names were kept is of any
const recall = statement<Recorded>(`
  select e.id, e.idempotency_key as "idempotencyKey", e.payload_hash as "payloadHash", e.result,
    e.named_opportunity_id is null as "isEarlier",
    e.named_opportunity_id is null or ${survivor('e.named_opportunity_id')} = ${survivor('$7::bigint')} as "isOfNamed"
  from ingested_event e
  where e.organization_id = $1 and ((e.slug = $2 and e.source = $3 and e.external_id = $4 and e.part = $5) or e.idempotency_key = $6)
  order by e.id`)

const answer = statement(`update ingested_event set result = $3::jsonb where organization_id = $1 and id = $2`)

const repeat = statement(`
  insert into ingested_event (
    organization_id, slug, idempotency_key, payload_hash, result, metadata, named_opportunity_id
  )
  select $1, $2, $3, e.payload_hash, e.result, e.metadata, e.named_opportunity_id
  from ingested_event e where e.organization_id = $1 and e.id = $4
  on conflict do nothing`)

/** @throws TypeError when the key is not one: an extension's may be anything. */
const keyOf = (slug: string, incoming: Incoming, payload: unknown): EventKey | undefined => {
  const key = incoming.key?.(payload as never)
  const isSound = (text: unknown) => typeof text === 'string' && text !== '' && text.length <= 255
  if (key === undefined || [key.source, key.externalId, key.part ?? 'whole'].every(isSound)) return key
  throw new TypeError(
    `Expected the key of a ${slug} to have a source, an externalId and, if any, a part of 1 to 255 characters`,
  )
}

/** What a delivery says, as the schemas have it. @throws ValidationError with all that is wrong with it. */
const read = (incoming: Incoming, { payload: given, metadata: beside }: Delivery) => {
  refuseUnsound({ metadata: beside })
  const metadata = ENVELOPE.metadata.safeParse(beside)
  const issues = (metadata.error?.issues ?? []).map(issue => ({ ...issue, path: ['metadata', ...issue.path] }))
  const payload = payloadOf(incoming, given, issues)
  return { payload, metadata: metadata.data ?? undefined }
}

/**
 * The payload of an event, as its schema has it. The empty array that PHP has for an empty object is one where the event
 * needs no field and no body.
 * @throws ValidationError with what is wrong with it, and with these other issues.
 */
export const payloadOf = (
  { schema, bodyNeeded }: Incoming,
  given: unknown,
  others: Parameters<typeof ValidationError.of>[0] = [],
): unknown => {
  const isEmpty = Array.isArray(given) && given.length === 0 && bodyNeeded === undefined
  const object = isEmpty && schema.safeParse({}).success ? {} : given
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw new ValidationError({ '': [bodyNeeded ?? 'Expected a JSON object'] })
  refuseUnsound(object)
  const { data, error } = schema.safeParse(object)
  const issues = [...(error?.issues ?? []), ...others]
  if (issues.length === 0) return data
  throw ValidationError.of(issues)
}

/** A warning as a header can carry it beside others: ASCII, without what stands between two, and short. */
const forHeader = (message: string): string => {
  const ascii = message
    .replaceAll('; ', ', ')
    .replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return ascii.length > LONGEST_WARNING ? `${ascii.slice(0, LONGEST_WARNING)}...` : ascii
}
const LONGEST_WARNING = 300

const hashOf = (slug: string, payload: unknown): string =>
  createHash('sha256').update(canonical({ slug, payload })).digest('hex')

/** JSON with the names of each object in order, so that equal payloads have equal texts. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
