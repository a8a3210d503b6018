import { createApiKey } from '../../../src/access/api-keys.ts'
import type { Viewer } from '../../../src/access/viewer.ts'
import { type Sql, statement } from '../../../src/database/sql.ts'
import { applySetup, previewSetup } from '../../../src/directory/apply.ts'
import { TRIGGER_STRATEGIES } from '../../../src/engagements/triggers/strategies.ts'
import type { ServerOptions } from '../../../src/http/server.ts'
import { testGateway } from '../../support/gateway.ts'
import { type Ids, insertTenant, STARTS, type Tenant } from '../../support/isolation-world.ts'
import { insert } from '../../support/rows.ts'
import type { Named } from './operations.ts'

const triggers = TRIGGER_STRATEGIES.map(({ id }) => id)

/** The whole gateway on a database. */
export const wholeGateway = (sql: Sql, options: Partial<ServerOptions> = {}) =>
  testGateway(
    { sql },
    {
      ...options,
      setup: (document, { organizationId }, { isPreview }) =>
        (isPreview ? previewSetup : applySetup)(sql, document, { organizationId, triggers }),
    },
  )

/** Two tenants with everything that operations are about. */
export const operationWorld = async (sql: Sql) => {
  /** Numbers keys and webhooks as the tenant's other records are. */
  const begin = (start: number) =>
    sql.script(
      ['api_key', 'webhook_subscription']
        .map(table => `select setval(pg_get_serial_sequence('${table}', 'id'), ${start}, false);`)
        .join('\n'),
    )
  await begin(STARTS.foreign)
  const foreign = await insertTenant(sql, { mine: STARTS.foreign, others: STARTS.foreign + 1_000 }, 'Foreign')
  await sql.script(`
    update transaction set external_id = 'foreign-' || external_id where organization_id = ${foreign.organizationId}`)
  const named = await namedIn(sql, foreign, 'visible')
  await begin(STARTS.others)
  const home = await insertTenant(sql)
  // so that all that can be done to records can be done to these
  await sql.script(`
    update obligation set status = 'pending', payout_id = null where organization_id = ${home.organizationId};
    update distributor set distribution_resolver = 'evenlySharedPool' where organization_id = ${home.organizationId};
    update conversion set status = 'pending' where organization_id = ${home.organizationId}`)
  const { organizationId, me: collaboratorId } = home
  const administrator: Viewer = { role: 'administrator', organizationId }
  const collaborator: Viewer = { role: 'collaborator', organizationId, collaboratorId }
  const integration: Viewer = { role: 'integration', organizationId }
  const reader: Viewer = { role: 'integration', organizationId, scopes: ['records'] }
  return {
    organizationId,
    foreignId: foreign.organizationId,
    administrator,
    collaborator,
    integration,
    /** The key of a program that may only read. */
    reader,
    /** Records that the collaborator may see, where there are such. */
    mine: await namedIn(sql, home, 'visible'),
    /** Records of its tenant that it may not see. */
    rivals: await namedIn(sql, home, 'hidden'),
    /** Records of the other tenant. */
    foreign: named,
    /** Records that nobody has. */
    missing: MISSING,
  }
}

const MISSING: Named = {
  collaborator: STARTS.missing,
  program: STARTS.missing,
  opportunity: STARTS.missing,
  engagement: STARTS.missing,
  transaction: STARTS.missing,
  order: 'missing-order',
  conversion: STARTS.missing,
  obligation: STARTS.missing,
  payout: STARTS.missing,
  fulfillment: STARTS.missing,
  distributor: STARTS.missing,
  note: STARTS.missing,
  apiKey: STARTS.missing,
  webhook: STARTS.missing,
}

const namedIn = async (sql: Sql, tenant: Tenant, side: 'visible' | 'hidden'): Promise<Named> => {
  const { organizationId } = tenant
  // of what there is on one side alone, every record is as good
  const first = (type: keyof Ids): number =>
    (side === 'visible' ? tenant.visible[type][0] : undefined) ?? tenant.hidden[type].find(id => id > 1_000_000) ?? 0
  const transaction = first('Transaction')
  const [order] = await sql.rows(externalId, [transaction])
  const webhook = await insert(sql, 'webhook_subscription', {
    organizationId,
    targetUrl: 'https://receiver.example/',
    events: ['*'],
    signingSecret: 'whsec_secret',
  })
  await insert(sql, 'webhook_delivery', {
    organizationId,
    subscriptionId: webhook,
    type: 'sale.created',
    data: '{}',
    status: 'dead',
    attempts: 9,
    lastError: 'answered 500',
  })
  const { id: apiKey } = await createApiKey(sql, { organizationId, role: 'integration', label: 'a key' })
  return {
    collaborator: first('Collaborator'),
    program: first('Program'),
    opportunity: first('Opportunity'),
    engagement: first('Engagement'),
    transaction,
    order: order?.externalId ?? '',
    conversion: first('Conversion'),
    obligation: first('Obligation'),
    payout: first('Payout'),
    fulfillment: first('Fulfillment'),
    distributor: first('Distributor'),
    note: first('Note'),
    apiKey,
    webhook,
  }
}

const externalId = statement<{ externalId: string }>(
  'select external_id as "externalId" from transaction where id = $1',
)

/** Everything that an organization has, as text: nothing happened to it when that stays the same. */
export const dump = async (sql: Sql, organizationId: number): Promise<string> => {
  const tables = await sql.rows(tenantTables, [])
  const rows = tables.map(
    ({ name }) => `select '${name} ' || to_jsonb(t)::text as row from "${name}" t where t.organization_id = $1`,
  )
  const text = `select string_agg(row, '\n' order by row) as text from (${rows.join(' union all ')}) r`
  return (await sql.rows(statement<{ text: string }>(text), [organizationId]))[0]?.text ?? ''
}

const tenantTables = statement<{ name: string }>(`
  select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
  where c.table_schema = 'public' and c.column_name = 'organization_id' and t.table_type = 'BASE TABLE' order by 1`)
