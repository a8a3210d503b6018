import { statement } from '../database/sql.ts'
import type { Chronicler } from '../events/dispatcher.ts'
import { messagesOf } from './types.ts'

/** Puts what a chain of events is worth telling, for each subscription that wants it, into the chain's own transaction. */
export const outbox: Chronicler = async (history, { sql, organizationId }) => {
  const messages = history.flatMap(messagesOf)
  if (messages.length > 0) await sql.rows(write, [organizationId, JSON.stringify(messages)])
}

// the key share that the foreign key takes anyway, but first: a subscription that is just being removed is passed over then,
// instead of failing the event
const write = statement(`
  insert into webhook_delivery (organization_id, subscription_id, type, data)
  select s.organization_id, s.id, m.type, m.data
  from webhook_subscription s cross join rows from (jsonb_to_recordset($2::jsonb) as (type text, data jsonb))
    with ordinality as m(type, data, place)
  where s.organization_id = $1 and (m.type = any(s.events) or '*' = any(s.events))
  order by m.place, s.id
  for key share of s`)
