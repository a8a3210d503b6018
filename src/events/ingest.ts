import { createHash } from 'node:crypto'
import { may, type Viewer } from '../access/viewer.ts'
import { RaceError, type Sql, statement } from '../database/sql.ts'
import { ConflictError, ForbiddenError, RecordNotFoundError, ValidationError } from '../errors.ts'
import type { DomainEvent } from './catalog.ts'
import type { Dispatcher, EventContext } from './dispatcher.ts'
import type { EventKey, Incoming } from './incoming.ts'
import { refuseUnsound } from './sound.ts'

/** An event as it comes in. */
export interface Delivery {
  readonly slug: string
  readonly payload: unknown
  /** Makes this delivery and its repetitions one. */
  readonly idempotencyKey?: string | undefined
  /** The opportunity that the sender goes on with: its X-Siren-OID. */
  readonly opportunityId?: number | undefined
  /** When it happened, for what is told later; now, unless it is said. */
  readonly occurredAt?: Date | undefined
}

/** What a delivery came to. */
export interface Receipt {
  /** The opportunity that the event belongs to; null when it belongs to none. */
  readonly opportunityId: number | null
  /** What was accepted and is probably not meant; absent where there is nothing to say. */
  readonly warnings?: readonly string[]
}

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
   * @throws ConflictError when the same key came with another payload, or the event contradicts what is there.
   */
  async ingest(delivery: Delivery, viewer: Viewer): Promise<Receipt> {
    const { slug } = delivery
    const incoming = this.#incoming.get(slug)
    if (!may(viewer, 'events')) throw new ForbiddenError('Expected a key with the scope events')
    if (incoming === undefined) throw new RecordNotFoundError(`The event "${slug.slice(0, 60)}"`)
    if (incoming.role === 'administrator' && viewer.role !== 'administrator')
      throw new ForbiddenError(`Expected an administrator's key for the event ${slug}`)
    const payload = parsed(incoming, delivery.payload)
    const key = keyOf(slug, incoming, payload)
    const hash = createHash('sha256').update(canonical({ slug, payload })).digest('hex')
    const taken = { ...delivery, payload, key, hash, organizationId: viewer.organizationId }
    return this.#sql.transaction(sql => this.#take(taken, sql))
  }

  async #take(taken: Taken, sql: Sql): Promise<Receipt> {
    const { slug, payload, organizationId, key, hash, idempotencyKey = null, occurredAt } = taken
    const identity = [organizationId, slug, key?.source ?? null, key?.externalId ?? null, idempotencyKey]
    const [recorded] = await sql.rows(record, [...identity, hash])
    if (recorded === undefined) return repeated(taken, await sql.rows(recall, identity), sql)
    const warnings = new Set<string>()
    const context: EventContext = {
      organizationId,
      sql,
      now: occurredAt ?? recorded.now,
      isBackdated: occurredAt !== undefined,
      catchUp: clock => {
        if (occurredAt === undefined) context.now = clock
      },
      warn: message => void warnings.add(message),
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

interface Taken extends Delivery {
  readonly organizationId: number
  readonly key: EventKey | undefined
  readonly hash: string
}

/** The answer to an event that was taken in before, by either of its keys. */
const repeated = async (taken: Taken, found: readonly Recorded[], sql: Sql): Promise<Receipt> => {
  const { slug, key, hash, organizationId, idempotencyKey } = taken
  if (found.length === 0) throw new RaceError('the event that stood in the way was undone')
  const other = found.find(({ payloadHash }) => payloadHash !== hash)
  if (other !== undefined)
    throw new ConflictError(
      other.idempotencyKey !== null && other.idempotencyKey === idempotencyKey
        ? `Expected the same event for the Idempotency-Key "${idempotencyKey}" as before, received another`
        : `Expected the same ${slug} for ${key?.source} ${key?.externalId} as before, received another`,
    )
  const [{ result }] = found as [Recorded]
  // a key that is new for an event that is not: it means this event from now on
  if (idempotencyKey !== undefined && found.every(row => row.idempotencyKey !== idempotencyKey))
    await sql.rows(repeat, [organizationId, slug, idempotencyKey, hash, JSON.stringify(result)])
  return result
}

const record = statement<{ id: number; now: Date }>(`
  insert into ingested_event (organization_id, slug, source, external_id, idempotency_key, payload_hash)
  values ($1, $2, $3, $4, $5, $6)
  on conflict do nothing
  returning id, date_trunc('milliseconds', clock_timestamp()) as now`)

interface Recorded {
  readonly idempotencyKey: string | null
  readonly payloadHash: string
  readonly result: Receipt
}
const recall = statement<Recorded>(`
  select idempotency_key as "idempotencyKey", payload_hash as "payloadHash", result from ingested_event
  where organization_id = $1 and ((slug = $2 and source = $3 and external_id = $4) or idempotency_key = $5)
  order by id`)

const answer = statement(`update ingested_event set result = $3::jsonb where organization_id = $1 and id = $2`)

const repeat = statement(`
  insert into ingested_event (organization_id, slug, idempotency_key, payload_hash, result)
  values ($1, $2, $3, $4, $5::jsonb)
  on conflict do nothing`)

/** @throws TypeError when the key is not one: an extension's may be anything. */
const keyOf = (slug: string, incoming: Incoming, payload: unknown): EventKey | undefined => {
  const key = incoming.key?.(payload as never)
  const isSound = (text: unknown) => typeof text === 'string' && text !== '' && text.length <= 255
  if (key === undefined || (isSound(key.source) && isSound(key.externalId))) return key
  throw new TypeError(`Expected the key of a ${slug} to have a source and an externalId of 1 to 255 characters`)
}

const parsed = ({ schema }: Incoming, given: unknown): unknown => {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ValidationError({ '': ['Expected a JSON object'] })
  refuseUnsound(given)
  const { success, data, error } = schema.safeParse(given)
  if (success) return data
  throw ValidationError.of(error.issues)
}

/** JSON with the names of each object in order, so that equal payloads have equal texts. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
