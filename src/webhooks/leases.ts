import { randomUUID } from 'node:crypto'
import { type Sql, type Statement, statement } from '../database/sql.ts'
import type { Message } from './request.ts'

/** A subscription that is ours for a while. */
export interface Lease {
  readonly organizationId: number
  readonly subscriptionId: number
  readonly targetUrl: string
  readonly signingSecret: string
  /** Says whose it is. Once the lease is over, another one says something else. */
  readonly leasedBy: string
}

/** A message that waits, and how often it was tried. */
export interface Waiting extends Message {
  readonly id: number
  readonly attempts: number
  /** Whether its time has come: a message that failed has to wait. */
  readonly isDue: boolean
}

/**
 * Who sends to which subscription, of all gateways on a database. Time is the database's, since theirs may differ. No
 * transaction is ever open while something is sent: an embedded database has but one.
 */
export interface Leases {
  /**
   * Takes at most so many of the subscriptions whose first message is due and that nobody has, for so many milliseconds.
   * Organizations of which fewer are taken come first, so that many webhooks of one do not hold up those of another; then
   * those that had to wait longest for their turn.
   */
  take(most: number, duration: number): Promise<Lease[]>
  /** The first messages of a subscription, in the order in which they have to be sent. */
  next(lease: Lease): Promise<Waiting[]>
  /** Strikes a message off. Answers false, and does nothing, when it is not there any more or the lease has passed on. */
  delivered(lease: Lease, message: Waiting): Promise<boolean>
  /** Has a message wait for so many milliseconds, or be given up when that is null. Answers like `delivered`. */
  failed(lease: Lease, message: Waiting, reason: string, wait: number | null): Promise<boolean>
  /** Gives a subscription back, if it is ours still. */
  release(lease: Lease): Promise<void>
}

/** The leases in a database. */
export const leasesIn = (sql: Sql): Leases => ({
  take: (most, duration) => sql.rows(take, [most, randomUUID(), duration]),
  next: ({ organizationId, subscriptionId }) => sql.rows(next, [organizationId, subscriptionId]),
  delivered: async ({ organizationId, leasedBy }, { id }) =>
    (await sql.rows(strike, [organizationId, id, leasedBy])).length > 0,
  failed: async ({ organizationId, leasedBy }, { id }, reason, wait) =>
    (await sql.rows(postpone, [organizationId, id, leasedBy, reason, wait])).length > 0,
  release: async ({ organizationId, subscriptionId, leasedBy }) => {
    await sql.rows(release, [organizationId, subscriptionId, leasedBy])
  },
})

/** Ends every lease: for a database that one process at a time may have, when that has begun and the one before is gone. */
export const endLeases = async (sql: Sql): Promise<void> => {
  await sql.rows(end, [])
}

const AFTER = (parameter: string) => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`

// Those that are taken already have their organization's first places. What is locked is looked at again: another gateway
// may have been quicker. The lock is one that the foreign key of a new message does not wait for, nor it for that.
// It has no name, so that it is planned each time: a plan from when the outbox was empty would read all of it for each
// subscription.
const take: Statement<Lease> = {
  name: '',
  text: `
  with placed as (
    select s.organization_id, s.id, (s.leased_until > clock_timestamp()) is true as is_taken, row_number() over (
      partition by s.organization_id order by (s.leased_until > clock_timestamp()) is not true, s.leased_until nulls first, s.id
    ) as place
    from webhook_subscription s
    where s.leased_until > clock_timestamp() or clock_timestamp() >= (
      select d.next_attempt_at from webhook_delivery d
      where d.organization_id = s.organization_id and d.subscription_id = s.id and d.status = 'pending'
      order by d.id limit 1
    )
  ), due as (
    select s.organization_id, s.id
    from placed p join webhook_subscription s on s.organization_id = p.organization_id and s.id = p.id
    where not p.is_taken and (s.leased_until is null or s.leased_until <= clock_timestamp())
    order by p.place, s.leased_until nulls first, s.id limit $1
    for no key update of s skip locked
  )
  update webhook_subscription s set leased_by = $2::uuid, leased_until = ${AFTER('$3')}
  from due where s.organization_id = due.organization_id and s.id = due.id
  returning s.organization_id as "organizationId", s.id as "subscriptionId", s.target_url as "targetUrl",
    s.signing_secret as "signingSecret", s.leased_by as "leasedBy"`,
}

const next = statement<Waiting>(`
  select d.id, d.delivery_id as "deliveryId", d.type, d.data, d.attempts, d.next_attempt_at <= clock_timestamp() as "isDue"
  from webhook_delivery d where d.organization_id = $1 and d.subscription_id = $2 and d.status = 'pending'
  order by d.id limit 20`)

const OURS = `d.organization_id = $1 and d.id = $2
    and s.organization_id = d.organization_id and s.id = d.subscription_id and s.leased_by = $3::uuid`

const strike = statement(`delete from webhook_delivery d using webhook_subscription s where ${OURS} returning d.id`)

const postpone = statement(`
  update webhook_delivery d set attempts = d.attempts + 1, last_error = $4,
    status = case when $5::float8 is null then 'dead' else d.status end,
    next_attempt_at = coalesce(${AFTER('$5')}, d.next_attempt_at)
  from webhook_subscription s where ${OURS}
  returning d.id`)

// when it was given back, since the one that was served longest ago is served next
const release = statement(`
  update webhook_subscription s set leased_by = null, leased_until = clock_timestamp()
  where s.organization_id = $1 and s.id = $2 and s.leased_by = $3::uuid`)

const end = statement(`
  update webhook_subscription set leased_by = null, leased_until = clock_timestamp()
  where leased_until > clock_timestamp()`)
