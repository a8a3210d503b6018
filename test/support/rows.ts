import { createHash, randomUUID } from 'node:crypto'
import type {
  ApiKeyRow,
  CollaboratorAliasRow,
  CollaboratorRow,
  ConversionRow,
  DistributionRow,
  DistributorRow,
  EngagementRow,
  FulfillmentRow,
  LineItemRow,
  NoteRow,
  NoteSourceRow,
  ObligationRow,
  OpportunityRow,
  PayoutRow,
  ProgramRow,
  TransactionRow,
} from '../../src/database/rows.ts'
import { type Sql, statement } from '../../src/database/sql.ts'

// Rows for tests. What a test does not say is filled in with something plain, a record that a row needs included, so that
// a test says only what it is about. Each answers the new row's id.

/** The first moment of the tests' time; rows are of it unless they say otherwise. */
export const EPOCH = new Date('2026-01-01T00:00:00.000Z')

type Given<Row> = { [Column in keyof Row]?: Row[Column] | undefined } & { organizationId: number }

/** A new organization. A test that makes its own meets nobody else's rows. */
export const insertOrganization = (sql: Sql, { name = 'Acme' }: { name?: string } = {}): Promise<number> =>
  insert(sql, 'organization', { name, dateCreated: EPOCH })

/** An active collaborator, Jane Doe. */
export const insertCollaborator = (sql: Sql, given: Given<CollaboratorRow>): Promise<number> =>
  insert(sql, 'collaborator', {
    fullName: 'Jane Doe',
    email: `${randomUUID()}@example.com`,
    status: 'active',
    ...DATED,
    ...given,
  })

/** A tracking code of a collaborator. */
export const insertAlias = async (sql: Sql, given: Given<CollaboratorAliasRow>): Promise<number> =>
  insert(sql, 'collaborator_alias', {
    collaboratorId: given.collaboratorId ?? (await insertCollaborator(sql, only(given))),
    type: 'tracking',
    code: randomUUID(),
    issuedDate: EPOCH,
    ...given,
  })

/** An active program that pays the newest binding ten percent of a sale. */
export const insertProgram = (sql: Sql, given: Given<ProgramRow>): Promise<number> =>
  insert(sql, 'program', {
    name: 'Affiliates',
    status: 'active',
    incentiveType: 'saleTransactionPercentage',
    incentiveResolverType: 'newestBindingWins',
    units: 'USD',
    transactionPercent: 10,
    activeConversionTypes: ['sale'],
    ...DATED,
    ...given,
  })

/** Enables a trigger in a program. */
export const insertEngagementType = (
  sql: Sql,
  given: { organizationId: number; programId: number; type: string; value?: number },
): Promise<void> => write(sql, 'program_engagement_type', { value: 10, ...given })

/** Makes a collaborator a member of a program. */
export const insertEnrollment = (
  sql: Sql,
  given: { organizationId: number; collaboratorId: number; programId: number },
): Promise<void> => write(sql, 'enrollment', { dateCreated: EPOCH, ...given })

/** An active opportunity. */
export const insertOpportunity = (sql: Sql, given: Given<OpportunityRow>): Promise<number> =>
  insert(sql, 'opportunity', { ...DATED, ...given })

/** An active engagement of score 10, with a touch for each of its dates. */
export const insertEngagement = async (sql: Sql, given: Given<EngagementRow>): Promise<number> => {
  const { organizationId } = given
  const row = {
    opportunityId: given.opportunityId ?? (await insertOpportunity(sql, only(given))),
    programId: given.programId ?? (await insertProgram(sql, only(given))),
    collaboratorId: given.collaboratorId ?? (await insertCollaborator(sql, only(given))),
    score: 10,
    dateCreated: EPOCH,
    dateModified: given.dateCreated ?? EPOCH,
    ...given,
  }
  const engagementId = await insert(sql, 'engagement', row)
  const { score: points, dateCreated = EPOCH, dateModified = EPOCH } = row
  await write(sql, 'touch', { organizationId, engagementId, points, dateCreated })
  if (dateModified.getTime() !== dateCreated.getTime())
    await write(sql, 'touch', { organizationId, engagementId, points: 0, dateCreated: dateModified })
  return engagementId
}

/** A complete sale of 100.00 USD, of no opportunity. */
export const insertTransaction = (sql: Sql, given: Given<TransactionRow>): Promise<number> =>
  insert(sql, 'transaction', { source: 'woocommerce', totalValue: 10_000, currency: 'USD', ...DATED, ...given })

/** One product of 100.00 USD. */
export const insertLineItem = async (sql: Sql, given: Given<LineItemRow>): Promise<number> =>
  insert(sql, 'line_item', {
    transactionId: given.transactionId ?? (await insertTransaction(sql, only(given))),
    name: 'Course',
    value: 10_000,
    total: (given.value ?? 10_000) * (given.quantity ?? 1),
    units: 'USD',
    ...given,
  })

/** A pending sale, of the engagement's collaborator. */
export const insertConversion = async (sql: Sql, given: Given<ConversionRow>): Promise<number> => {
  const collaboratorId = given.collaboratorId ?? (await insertCollaborator(sql, only(given)))
  return insert(sql, 'conversion', {
    engagementId: given.engagementId ?? (await insertEngagement(sql, { ...only(given), collaboratorId })),
    collaboratorId,
    score: 10,
    type: 'sale',
    ...DATED,
    ...given,
  })
}

/** A pending obligation of 10.00 USD for a sale. */
export const insertObligation = async (sql: Sql, given: Given<ObligationRow>): Promise<number> =>
  insert(sql, 'obligation', {
    collaboratorId: given.collaboratorId ?? (await insertCollaborator(sql, only(given))),
    status: 'pending',
    awardType: 'sale',
    value: 1000,
    currency: 'USD',
    ...DATED,
    ...given,
  })

/** A pending fulfillment. */
export const insertFulfillment = (sql: Sql, given: Given<FulfillmentRow>): Promise<number> =>
  insert(sql, 'fulfillment', { ...DATED, ...given })

/** An unpaid payout of 10.00 USD. */
export const insertPayout = async (sql: Sql, given: Given<PayoutRow>): Promise<number> =>
  insert(sql, 'payout', {
    collaboratorId: given.collaboratorId ?? (await insertCollaborator(sql, only(given))),
    fulfillmentId: given.fulfillmentId ?? (await insertFulfillment(sql, only(given))),
    value: 1000,
    currency: 'USD',
    ...DATED,
    ...given,
  })

/** An active distributor that shares out five percent each month. */
export const insertDistributor = (sql: Sql, given: Given<DistributorRow>): Promise<number> =>
  insert(sql, 'distributor', {
    name: 'Royalties',
    distributionResolver: 'evenlyShared',
    distributionPoolResolver: 'revenuePercentage',
    units: 'USD',
    schedule: 'monthly',
    revenuePercentage: 5,
    ...DATED,
    ...given,
  })

/** A pending distribution of 100.00 USD. */
export const insertDistribution = async (sql: Sql, given: Given<DistributionRow>): Promise<number> =>
  insert(sql, 'distribution', {
    distributorId: given.distributorId ?? (await insertDistributor(sql, only(given))),
    value: 10_000,
    currency: 'USD',
    triggerDate: EPOCH,
    ...DATED,
    ...given,
  })

type Source = Pick<NoteSourceRow, 'sourceType' | 'sourceId'>

/** A note, with a link to each of its sources; without `sources`, to the record that caused it. */
export const insertNote = async (
  sql: Sql,
  { sources, ...given }: Given<NoteRow> & { sources?: readonly Source[] },
): Promise<number> => {
  const { organizationId } = given
  const note = {
    content: 'engagement_started',
    creationSource: 'engagement' as const,
    creationSourceId: 1,
    data: {},
    dateCreated: EPOCH,
    ...given,
  }
  const noteId = await insert(sql, 'note', note)
  const { content, dateCreated, creationSource: sourceType, creationSourceId: sourceId } = note
  for (const source of sources ?? [{ sourceType, sourceId }]) {
    await write(sql, 'note_source', { organizationId, noteId, content, dateCreated, ...source })
  }
  return noteId
}

/** An administrator's key. It is presented as `rawKey`. */
export const insertApiKey = (sql: Sql, { rawKey, ...given }: Given<ApiKeyRow> & { rawKey: string }): Promise<number> =>
  insert(sql, 'api_key', {
    keyHash: createHash('sha256').update(rawKey).digest('hex'),
    keyPrefix: rawKey.slice(0, 12),
    label: '',
    role: 'administrator',
    createdAt: EPOCH,
    ...given,
  })

const DATED = { dateCreated: EPOCH, dateModified: EPOCH }

const only = ({ organizationId }: { organizationId: number }) => ({ organizationId })

/** Inserts a row, its columns named as in `schema.prisma`; answers its id. For tables that have no function of their own. */
export const insert = async (sql: Sql, table: string, row: Record<string, unknown>): Promise<number> => {
  const [inserted] = await sql.rows<{ id: number }>(insertion(table, row, ' returning id'), values(row))
  if (inserted === undefined) throw new Error(`Expected an id of the new row in ${table}`)
  return inserted.id
}

/** The same, for a table without ids. */
export const write = async (sql: Sql, table: string, row: Record<string, unknown>): Promise<void> => {
  await sql.rows(insertion(table, row), values(row))
}

const insertion = <Row>(table: string, row: Record<string, unknown>, returning = '') => {
  const names = Object.keys(row).filter(name => row[name] !== undefined)
  const columns = names.map(name => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`))
  const placeholders = names.map((_, at) => `$${at + 1}`)
  return statement<Row>(
    `insert into "${table}" (${columns.join(', ')}) values (${placeholders.join(', ')})${returning}`,
  )
}

const values = (row: Record<string, unknown>): unknown[] =>
  Object.values(row)
    .filter(value => value !== undefined)
    .map(value => (value !== null && value?.constructor === Object ? JSON.stringify(value) : value))
