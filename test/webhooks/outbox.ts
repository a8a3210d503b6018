import { type Sql, statement } from '../../src/database/sql.ts'
import type { DeadLetter } from '../../src/webhooks/dead-letters.ts'

/** A message as it waits in the outbox. */
export interface Outgoing
  extends Pick<DeadLetter, 'subscriptionId' | 'deliveryId' | 'type' | 'attempts' | 'lastError'> {
  readonly id: number
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what happened
  readonly data: any
  readonly status: 'pending' | 'dead'
}

/** What an organization has in the outbox, in the order of sending. */
export const outgoing = (sql: Sql, organizationId: number): Promise<Outgoing[]> => sql.rows(all, [organizationId])
const all = statement<Outgoing>(`
  select id, subscription_id as "subscriptionId", delivery_id as "deliveryId", type, data, status, attempts, last_error as "lastError"
  from webhook_delivery where organization_id = $1 order by id`)

/** A record as JSON says it. */
export const json = (record: object | undefined): unknown => JSON.parse(JSON.stringify(record))
