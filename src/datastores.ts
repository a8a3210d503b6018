import { Records } from './access/records.ts'
import type { Viewer } from './access/viewer.ts'
import { ConversionDatastore } from './attribution/datastore.ts'
import { TransactionDatastore } from './commerce/datastore.ts'
import { expectId } from './database/checks.ts'
import type { Sql } from './database/sql.ts'
import type { Fields } from './database/tables.ts'
import { CollaboratorDatastore, OrganizationDatastore, ProgramDatastore } from './directory/datastores.ts'
import { IntegrationDatastore } from './directory/integrations.ts'
import { type KeptNames, NameDatastore } from './directory/names.ts'
import { EngagementDatastore } from './engagements/datastore.ts'
import { EngagementTypeDatastore } from './engagements/engagement-types.ts'
import type { TriggerStrategy } from './engagements/triggers/strategy.ts'
import { NoteDatastore } from './notes/datastore.ts'
import type { FeedMilestones } from './notes/milestones.ts'
import type { NoteBlueprintRegistry } from './notes/registry.ts'
import { OpportunityDatastore } from './opportunities/datastore.ts'
import {
  AllocationDatastore,
  DistributionDatastore,
  DistributorDatastore,
  FulfillmentDatastore,
  ObligationDatastore,
  PayoutDatastore,
} from './rewards/datastores.ts'

/** The fields that are asked for of each model. */
export type Asked = ReadonlyMap<string, Fields>

const NO_FIELDS: Fields = new Set()

/** What the datastores of all viewers share. */
export interface Shared {
  readonly sql: Sql
  readonly blueprints: NoteBlueprintRegistry
  readonly strategies: readonly TriggerStrategy[]
  /** Without it positions are found by the milestones that there are. */
  readonly milestones?: FeedMilestones
  /** Without it every name is read whenever it is shown. */
  readonly names?: KeptNames
}

/**
 * Everything that one viewer may read, each datastore made when it is first asked for.
 *
 * @example
 * const datastores = new Datastores(shared, { role: 'administrator', organizationId: 1 })
 * const bindings = await datastores.engagements.getBindings(opportunityId, programId)
 *
 * @throws InvalidInputError for ids of a viewer that are none.
 */
export class Datastores {
  readonly #made = new Map<unknown, unknown>()

  constructor(
    readonly shared: Shared,
    readonly viewer: Viewer,
    /** What of the records is asked for; all of it, unless it is said. */
    readonly asked?: Asked,
  ) {
    expectId(viewer.organizationId, "the viewer's organizationId")
    if (viewer.role === 'collaborator') expectId(viewer.collaboratorId, "the viewer's collaboratorId")
  }

  get organization() {
    return this.#make(OrganizationDatastore)
  }
  get integrations() {
    return this.#make(IntegrationDatastore)
  }
  get names(): NameDatastore {
    this.#names ??= new NameDatastore(this.shared.sql, this.viewer, this.shared.names)
    return this.#names
  }
  #names?: NameDatastore

  get collaborators() {
    return this.#make(CollaboratorDatastore)
  }
  get programs() {
    return this.#make(ProgramDatastore)
  }
  get opportunities() {
    return this.#make(OpportunityDatastore)
  }
  get engagements() {
    return this.#make(EngagementDatastore)
  }
  get engagementTypes(): EngagementTypeDatastore {
    this.#engagementTypes ??= new EngagementTypeDatastore(this.shared.strategies, () =>
      this.integrations.supportsCoupons(),
    )
    return this.#engagementTypes
  }
  #engagementTypes?: EngagementTypeDatastore

  get transactions() {
    return this.#make(TransactionDatastore)
  }
  get conversions() {
    return this.#make(ConversionDatastore)
  }
  get obligations() {
    return this.#make(ObligationDatastore)
  }
  get payouts() {
    return this.#make(PayoutDatastore)
  }
  get fulfillments() {
    return this.#make(FulfillmentDatastore)
  }
  get distributions() {
    return this.#make(DistributionDatastore)
  }
  get distributors() {
    return this.#make(DistributorDatastore)
  }
  get allocations() {
    return this.#make(AllocationDatastore)
  }
  get notes(): NoteDatastore {
    const { sql, blueprints, milestones } = this.shared
    this.#notes ??= new NoteDatastore(sql, this.viewer, blueprints, milestones, this.#fieldsOf('Note'))
    return this.#notes
  }
  #notes?: NoteDatastore

  #make<Datastore>(Type: new (sql: Sql, viewer: Viewer) => Datastore): Datastore {
    let datastore = this.#made.get(Type) as Datastore | undefined
    if (datastore === undefined) {
      datastore = new Type(this.shared.sql, this.viewer)
      if (datastore instanceof Records) datastore.fields = this.#fieldsOf(datastore.model)
      this.#made.set(Type, datastore)
    }
    return datastore
  }

  #fieldsOf(model: string): Fields | undefined {
    return this.asked && (this.asked.get(model) ?? NO_FIELDS)
  }
}
