import type { Viewer } from './access/viewer.ts'
import type { Database } from './database/client.ts'
import { Datastores } from './datastores.ts'
import { Parts } from './pipeline.ts'

export type { Administrator, CollaboratorViewer, Viewer } from './access/viewer.ts'
export { type Database, type DatabaseOptions, openDatabase } from './database/client.ts'
export type { Condition, Operator } from './database/conditions.ts'
export type { Direction, Key, Page, Slice } from './database/keyset.ts'
export type {
  AllocationRow as Allocation,
  CollaboratorAliasRow as CollaboratorAlias,
  CollaboratorRow as Collaborator,
  ConversionRow as Conversion,
  DistributionRow as Distribution,
  DistributorRow as Distributor,
  EngagementRow as Engagement,
  EngagementStatus,
  FulfillmentRow as Fulfillment,
  LineItemRow as LineItem,
  NoteSourceType,
  ObligationRow as Obligation,
  OpportunityRow as Opportunity,
  OrganizationRow as Organization,
  PayoutRow as Payout,
  ProgramRow as Program,
  TransactionRow as Transaction,
} from './database/rows.ts'
export { applyMigrations, pendingMigrations } from './database/schema-engine.ts'
export { Datastores } from './datastores.ts'
export { strategy, type TriggerStrategy } from './engagements/triggers/strategy.ts'
export {
  ConflictError,
  type FieldErrors,
  ForbiddenError,
  InvalidInputError,
  RecordNotFoundError,
  SirenError,
  StartError,
  ValidationError,
} from './errors.ts'
export type * from './events/catalog.ts'
export type { EventContext, Listener } from './events/dispatcher.ts'
export type { EventKey, Incoming } from './events/incoming.ts'
export type { Delivery, Ingestion, Receipt } from './events/ingest.ts'
export type { Extension, ExtensionPoints } from './extensions/extension.ts'
export { loadExtensions } from './extensions/load.ts'
export { formatAmount } from './money.ts'
export type { Blueprint, EventBlueprint, NoteBlueprint, NoteResolver } from './notes/blueprint.ts'
export type { Feed, FeedRequest, FeedSlice, NoteEntry as Note } from './notes/datastore.ts'
export type { NoteDetail, NoteLink } from './notes/detail.ts'
export { NoteBlueprintRegistry } from './notes/registry.ts'
export { type RenderedNote, renderNote, type View } from './notes/render.ts'
export { Parts, pipeline } from './pipeline.ts'

/**
 * What one viewer may read, as TypeScript data access: the same that GraphQL answers from. With the parts that extensions
 * have added to, if there are any.
 *
 * @example
 * const database = await openDatabase({ databaseUrl: 'postgres://…', dataDir: '.data', statementTimeout: 10_000 })
 * const { engagements, notes } = datastoresFor(database, { role: 'administrator', organizationId: 1 })
 * const newest = await engagements.getNewestBinding(opportunityId, programId)
 * const feed = await notes.getNotesForSource('obligation', 42)
 */
export const datastoresFor = (
  { sql }: Pick<Database, 'sql'>,
  viewer: Viewer,
  { blueprints, strategies }: Pick<Parts, 'blueprints' | 'strategies'> = new Parts(),
): Datastores => new Datastores({ sql, blueprints, strategies }, viewer)
