import { type Sql, statement } from '../database/sql.ts'
import { applySetup } from '../directory/apply.ts'
import type { Ingestion } from '../events/ingest.ts'
import { ORGANIZATION, SETUP } from './setup.ts'
import { START } from './story.ts'
import { tell } from './tell.ts'

/** What the demo is filled by. */
export interface DemoOptions {
  /** Has the core's listeners, and no others, so that the data is the same whatever the gateway is extended with. */
  readonly ingestion: Ingestion
  /** The ids of the engagement types that the set-up may enable. */
  readonly triggers: readonly string[]
  /** Has the filling give up, which leaves nothing of it. */
  readonly signal?: AbortSignal
}

/** Whom the demo's keys are for. */
export interface DemoOrganization {
  readonly organizationId: number
  readonly collaboratorId: number
}

/**
 * Makes the demo's organization in a migrated database without any, by its set-up and by a year of events: always the
 * same, ids and dates included, and all of it or nothing. A database with organizations is left as it is; of several
 * fillings at once the others wait for the first. Answers the demo's organization; undefined where there are only others.
 */
export const fillDemo = (sql: Sql, options: DemoOptions): Promise<DemoOrganization | undefined> =>
  sql.transaction(async sql => {
    await sql.script(settings)
    await sql.script(alone)
    const [{ count } = { count: 0 }] = await sql.rows(organizations, [])
    if (count === 0) await fill(sql, options)
    const [found] = await sql.rows(demoOrganization, [DEMO.organizationId, ORGANIZATION])
    return found && DEMO
  })

/** The first organization and its first collaborator. */
const DEMO: DemoOrganization = { organizationId: 1, collaboratorId: 1 }

// whoever comes second may wait long; thousands of small statements are joined as they are written, since an embedded
// database plans each anew, and takes longer over that than over running it
const settings = `
  set local statement_timeout = 0;
  set local join_collapse_limit = 1`
// others may read meanwhile, and send events, but make no organization
const alone = 'lock table organization in share row exclusive mode'
const organizations = statement<{ count: number }>('select count(*) from organization')
const demoOrganization = statement<{ id: number }>('select id from organization where id = $1 and name = $2')

const fill = async (sql: Sql, { ingestion, triggers, signal }: DemoOptions): Promise<void> => {
  await sql.rows(restart, [])
  const { organizationId, ids } = await applySetup(sql, SETUP, { triggers, now: START })
  const viewer = { role: 'administrator', organizationId } as const
  await tell({ sql, ingestion: ingestion.within(sql), viewer, ids, signal })
  // there is nobody else to do it in an embedded database
  await sql.script('analyze')
}

// a filling that was broken off leaves no rows, but the numbers that it drew are gone
const restart = statement(`
  select setval(sequence, 1, false)
  from information_schema.columns
    cross join lateral (select pg_get_serial_sequence(quote_ident(table_name), column_name) as sequence) as numbered
  where table_schema = current_schema() and column_name = 'id' and sequence is not null`)
