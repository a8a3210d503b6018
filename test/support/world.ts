import type { Viewer } from '../../src/access/viewer.ts'
import type {
  AllocationRow,
  CollaboratorRow,
  ConversionRow,
  DistributionRow,
  DistributorRow,
  EngagementRow,
  FulfillmentRow,
  LineItemRow,
  NoteSourceType,
  ObligationRow,
  OpportunityRow,
  PayoutRow,
  ProgramRow,
  TransactionRow,
} from '../../src/database/rows.ts'
import { type Sql, statement } from '../../src/database/sql.ts'
import { selectList, tableOf } from '../../src/database/tables.ts'
import type { DomainEvent } from '../../src/events/catalog.ts'
import type { Receipt } from '../../src/events/ingest.ts'
import { Parts, pipeline } from '../../src/pipeline.ts'
import {
  EPOCH,
  insert,
  insertAlias,
  insertCollaborator,
  insertDistributor,
  insertEngagementType,
  insertEnrollment,
  insertOrganization,
  insertProgram,
  write,
} from './rows.ts'

/** How an event is sent, where it matters. */
export interface Sending {
  /** An administrator, unless another is said. */
  readonly as?: Viewer
  /** When it happens: a minute after the event before, unless it is said. */
  readonly at?: Date
  readonly idempotencyKey?: string
  /** The X-Siren-OID of the request. */
  readonly opportunityId?: number | undefined
}

/** What an event came to. */
export interface Fired extends Receipt {
  /** The whole chain, what came in first; empty when the event had been taken in before. */
  readonly events: readonly DomainEvent[]
  /** The types of these, in order. */
  readonly types: readonly string[]
}

/** A note as it is stored. */
export interface StoredNote {
  readonly key: string
  readonly cause: readonly [NoteSourceType, number]
  /** The ids of what it is linked to, ascending, by type. */
  readonly links: { readonly [Type in NoteSourceType]?: readonly number[] }
  readonly facts: Readonly<Record<string, unknown>>
}

/** A moment of the tests' time. */
export const day = (days: number, minutes = 0): Date => new Date(EPOCH.getTime() + (days * 24 * 60 + minutes) * 60_000)

/** An organization of its own, to which events happen through the real pipeline. */
export const testWorld = async (sql: Sql, makeParts?: () => Parts) =>
  worldOf(sql, await insertOrganization(sql), makeParts)

/** The same, of an organization that is there already. */
export const worldOf = (sql: Sql, organizationId: number, makeParts: () => Parts = () => new Parts()) => {
  const administrator: Viewer = { role: 'administrator', organizationId }
  const integration: Viewer = { role: 'integration', organizationId }
  let minutes = 0

  const rowsOf =
    <Row>(model: string, order = 'id') =>
    (): Promise<Row[]> => {
      const table = tableOf(model)
      const text = `select ${selectList(table, 't')} from ${table.name} t where t.organization_id = $1 order by t.${order}`
      return sql.rows(statement<Row>(text), [organizationId])
    }

  const enroll = async (collaboratorId: number, ...programIds: number[]): Promise<void> => {
    for (const programId of programIds) await insertEnrollment(sql, { organizationId, collaboratorId, programId })
  }

  return {
    sql,
    organizationId,
    administrator,
    integration,
    enroll,

    /** An active collaborator, with codes if they are given, in programs. */
    collaborator: async ({
      tracking,
      coupon,
      programs = [],
      ...given
    }: Partial<CollaboratorRow> & { tracking?: string; coupon?: string; programs?: readonly number[] } = {}) => {
      const collaboratorId = await insertCollaborator(sql, { organizationId, ...given })
      if (tracking !== undefined) await insertAlias(sql, { organizationId, collaboratorId, code: tracking })
      if (coupon !== undefined) await insertAlias(sql, { organizationId, collaboratorId, type: 'coupon', code: coupon })
      await enroll(collaboratorId, ...programs)
      return collaboratorId
    },

    /** An active program that pays the newest binding ten percent of a sale, and gives 100 points for a visit. */
    program: async ({
      triggers = { referredSiteVisit: 100 },
      ...given
    }: Partial<ProgramRow> & { triggers?: Readonly<Record<string, number>> } = {}) => {
      const programId = await insertProgram(sql, { organizationId, ...given })
      for (const [type, value] of Object.entries(triggers))
        await insertEngagementType(sql, { organizationId, programId, type, value })
      return programId
    },

    group: (sorter: 'newestBindingWins' | 'oldestBindingWins' = 'newestBindingWins'): Promise<number> =>
      insert(sql, 'program_group', { organizationId, name: 'Group', sorter }),

    /** An active integration that supports coupons. */
    shop: (given: { source?: string; supportsCoupons?: boolean; status?: string } = {}): Promise<number> =>
      insert(sql, 'integration', { organizationId, source: 'woocommerce', supportsCoupons: true, ...given }),

    /** An active distributor that shares five percent evenly. */
    distributor: async (members: readonly number[], given: Partial<DistributorRow> = {}) => {
      const resolver = { distributionResolver: 'evenlySharedPool' }
      const distributorId = await insertDistributor(sql, { organizationId, ...resolver, ...given })
      for (const collaboratorId of members)
        await write(sql, 'distributor_enrollment', { organizationId, collaboratorId, distributorId })
      return distributorId
    },

    /** Has an event come in. */
    fire: async (slug: string, payload: unknown, sending: Sending = {}): Promise<Fired> => {
      const { as = administrator, at = day(1, minutes++), idempotencyKey, opportunityId } = sending
      let events: readonly DomainEvent[] = []
      // each event has parts of its own, so that events at the same time keep their chains apart
      const parts = makeParts()
      parts.dispatcher.atEnd(async history => {
        events = history
      })
      const delivery = { slug, payload, occurredAt: at, idempotencyKey, opportunityId }
      const receipt = await pipeline(sql, parts).ingest(delivery, as)
      return { ...receipt, events, types: events.map(({ type }) => type) }
    },

    opportunities: rowsOf<OpportunityRow>('Opportunity'),
    engagements: rowsOf<EngagementRow>('Engagement'),
    transactions: rowsOf<TransactionRow>('Transaction'),
    lineItems: rowsOf<LineItemRow>('LineItem'),
    conversions: rowsOf<ConversionRow>('Conversion'),
    obligations: rowsOf<ObligationRow>('Obligation'),
    fulfillments: rowsOf<FulfillmentRow>('Fulfillment'),
    payouts: rowsOf<PayoutRow>('Payout'),
    distributions: rowsOf<DistributionRow>('Distribution'),
    allocations: rowsOf<AllocationRow>('Allocation'),
    collaborators: rowsOf<CollaboratorRow>('Collaborator'),

    /** All notes in the order of a feed. */
    notes: async (): Promise<StoredNote[]> =>
      (await sql.rows(feed, [organizationId])).map(({ key, type, id, facts, links }) => {
        return { key, cause: [type, id], links, facts }
      }),

    /** Every row of the organization, of every table: nothing happened when it is the same before and after. */
    dump: async (): Promise<readonly string[]> => {
      const tables = await sql.rows(tenantTables, [])
      const parts = tables.map(
        ({ name }) => `select '${name} ' || to_jsonb(t)::text as row from "${name}" t where t.organization_id = $1`,
      )
      const rows = await sql.rows(statement<{ row: string }>(`${parts.join(' union all ')} order by 1`), [
        organizationId,
      ])
      return rows.map(({ row }) => row)
    },
  }
}

/** What `testWorld` makes. */
export type World = Awaited<ReturnType<typeof testWorld>>

const feed = statement<{
  key: string
  type: NoteSourceType
  id: number
  facts: StoredNote['facts']
  links: StoredNote['links']
}>(`
  select n.content as key, n.creation_source as type, n.creation_source_id as id, n.data as facts, (
      select jsonb_object_agg(source_type, ids) from (
        select s.source_type, jsonb_agg(s.source_id order by s.source_id) as ids from note_source s
        where s.organization_id = n.organization_id and s.note_id = n.id group by s.source_type
      ) by_type
    ) as links
  from note n where n.organization_id = $1
  order by n.date_created, n.id`)

const tenantTables = statement<{ name: string }>(`
  select c.table_name as name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
  where c.table_schema = 'public' and c.column_name = 'organization_id' and t.table_type = 'BASE TABLE'
  order by 1`)
