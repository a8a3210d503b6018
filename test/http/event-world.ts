import { randomUUID } from 'node:crypto'
import type { Viewer } from '../../src/access/viewer.ts'
import { type Sql, statement } from '../../src/database/sql.ts'
import { RecordNotFoundError, ValidationError } from '../../src/errors.ts'
import { Dispatcher } from '../../src/events/dispatcher.ts'
import { INCOMING } from '../../src/events/incoming.ts'
import { Ingestion } from '../../src/events/ingest.ts'
import type { ServerOptions } from '../../src/http/server.ts'
import { testGateway } from '../support/gateway.ts'
import { insertOrganization } from '../support/rows.ts'

/** An error that a listener throws, with what no sender may read. */
export const SECRET = 'select password from secret_table'

/**
 * A gateway whose events do little: a visit belongs to opportunity 15, or to the one that the request named. What a lead's
 * `userId` says happens to it: `invalid`, `missing`, `bug`, `unavailable`.
 */
export const eventWorld = async (sql: Sql, options: Partial<ServerOptions> = {}) => {
  const organizationId = await insertOrganization(sql)
  const heard: string[] = []
  const dispatcher = new Dispatcher()
    .on('site-visited', async ([event], context) => {
      heard.push(`visit ${event?.payload.collaboratorId}`)
      context.opportunityId = context.namedOpportunityId ?? 15
      return undefined
    })
    .on('lead', async ([event]) => {
      heard.push(`lead ${event?.payload.userId}`)
      switch (event?.payload.userId) {
        case 'invalid':
          throw new ValidationError({ trackingId: ['Expected an opportunity'] })
        case 'missing':
          throw new RecordNotFoundError('The sale')
        case 'bug':
          throw new Error(SECRET)
        case 'unavailable':
          throw Object.assign(new Error(`connect ECONNREFUSED ${SECRET}`), { code: 'ECONNREFUSED' })
      }
      return undefined
    })
    .on('sale', async ([event], context) => {
      heard.push(`sale ${event?.payload.externalId}`)
      context.opportunityId = context.namedOpportunityId ?? 16
      return undefined
    })
  const ingestion = new Ingestion({ sql, incoming: new Map(Object.entries(INCOMING)), dispatcher })
  const gateway = testGateway({ sql }, { ingest: (delivery, viewer) => ingestion.ingest(delivery, viewer), ...options })
  return {
    ...gateway,
    ingestion,
    /** What listeners heard of, in order; what was undone afterwards included. */
    heard,
    administrator: { role: 'administrator', organizationId } satisfies Viewer as Viewer,
    integration: { role: 'integration', organizationId } satisfies Viewer as Viewer,
    collaborator: { role: 'collaborator', organizationId, collaboratorId: 1 } satisfies Viewer as Viewer,
    /** The events that were taken in, as `slug key`. */
    taken: async (): Promise<string[]> => {
      const rows = await sql.rows(ingested, [organizationId])
      return rows.map(({ slug, name }) => (name === null ? slug : `${slug} ${name}`))
    },
    countAll: async (): Promise<number> => (await sql.rows(all, []))[0]?.count ?? 0,
  }
}

const ingested = statement<{ slug: string; name: string | null }>(`
  select slug, coalesce(idempotency_key, external_id) as name from ingested_event where organization_id = $1 order by id`)
const all = statement<{ count: number }>('select count(*) from ingested_event')

/** A sale that nobody sent before. */
export const newSale = () => ({ source: 'shop', externalId: randomUUID(), total: 10 })
