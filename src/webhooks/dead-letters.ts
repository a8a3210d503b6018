import { type Sql, statement } from '../database/sql.ts'

/** A message that was given up: it stays until it is sent again, or its subscription is removed. */
export interface DeadLetter {
  readonly organizationId: number
  readonly subscriptionId: number
  readonly deliveryId: string
  /** What it is about, such as `conversion.created`. */
  readonly type: string
  readonly attempts: number
  /** Why the last attempt failed. */
  readonly lastError: string | null
  readonly dateCreated: Date
}

/** Which dead letters are meant: those to which all of this applies; all of all organizations when nothing is said. */
export interface Which {
  readonly organizationId?: number | undefined
  readonly subscriptionId?: number | undefined
  readonly deliveryId?: string | undefined
}

/** The first 1,000 dead letters, oldest first. */
export const deadLetters = (sql: Sql, which: Which = {}): Promise<DeadLetter[]> => sql.rows(list, valuesOf(which))

/** Has dead letters sent again, with as many attempts as new ones, and before what is newer. Answers how many. */
export const replay = async (sql: Sql, which: Which = {}): Promise<number> =>
  (await sql.rows(revive, valuesOf(which))).length

const valuesOf = ({ organizationId, subscriptionId, deliveryId }: Which) => [
  organizationId ?? null,
  subscriptionId ?? null,
  deliveryId ?? null,
]

// a delivery id is compared as text, since one that was given need not be a UUID
const MEANT = `d.status = 'dead' and ($1::bigint is null or d.organization_id = $1)
    and ($2::bigint is null or d.subscription_id = $2) and ($3::text is null or d.delivery_id::text = $3)`

const list = statement<DeadLetter>(`
  select d.organization_id as "organizationId", d.subscription_id as "subscriptionId", d.delivery_id as "deliveryId", d.type,
    d.attempts, d.last_error as "lastError", d.date_created as "dateCreated"
  from webhook_delivery d where ${MEANT} order by d.id limit 1000`)

const revive = statement(`
  update webhook_delivery d set status = 'pending', attempts = 0, next_attempt_at = clock_timestamp() where ${MEANT}
  returning d.id`)
