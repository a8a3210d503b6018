import { type Sql, statement } from '../database/sql.ts'

/** Notes when keys were used, and writes it down now and then: no request pays for a write. */
export interface LastUse {
  noted(keyId: number, time: number): void
  /** Writes down what was noted, in one statement. Never rejects: what could not be written waits for the next time. */
  write(): Promise<void>
}

/** Last uses on their way into `api_key.last_used_at`. `onError` hears of each write that failed. */
export const lastUse = (sql: Sql, onError: (error: unknown) => void): LastUse => {
  let times = new Map<number, number>()
  let written = Promise.resolve()

  const write = async () => {
    if (times.size === 0) return
    const taken = times
    times = new Map()
    try {
      await sql.rows(update, [[...taken.keys()], [...taken.values()].map(time => new Date(time).toISOString())])
    } catch (error) {
      times = new Map([...taken, ...times])
      onError(error)
    }
  }

  return {
    noted: (keyId, time) => {
      times.set(keyId, time)
    },
    write: () => {
      written = written.then(write)
      return written
    },
  }
}

// rows are locked in order, since gateways that write the same keys in different orders would wait for each other for ever
const update = statement(`
  with used as (
    select key.organization_id, key.id, use.time
    from unnest($1::bigint[], $2::timestamptz[]) as use(id, time) join api_key key on key.id = use.id
    where key.last_used_at is null or key.last_used_at < use.time
    order by key.id
    for no key update of key)
  update api_key key set last_used_at = used.time from used
  where key.organization_id = used.organization_id and key.id = used.id`)
