import type * as models from './generated/prisma/client.ts'

/**
 * A model's row as `database/` hands it out: 64-bit integers are numbers (checked to be exact), decimals too, and the
 * organization stays behind, since every row that a viewer gets is of its own.
 */
export type Numbered<Row> = { [Column in keyof Row as Exclude<Column, 'organizationId'>]: Numeric<Row[Column]> }
type Numeric<Value> = Value extends bigint | models.Prisma.Decimal ? number : Value

/** What is read along with rows that have a name to show. */
export interface Named {
  readonly displayName: string
}

/** Without the version of its names, which is of no use without them. */
export type OrganizationRow = Omit<Numbered<models.Organization>, 'namesVersion'>
export type CollaboratorRow = Numbered<models.Collaborator>
export type CollaboratorAliasRow = Numbered<models.CollaboratorAlias>
export type ProgramRow = Numbered<models.Program>
export type ProgramEngagementTypeRow = Numbered<models.ProgramEngagementType>
export type OpportunityRow = Numbered<models.Opportunity>
export type EngagementRow = Numbered<models.Engagement>
export type TransactionRow = Numbered<models.Transaction>
export type LineItemRow = Numbered<models.LineItem>
export type ConversionRow = Numbered<models.Conversion>
export type ObligationRow = Numbered<models.Obligation>
export type PayoutRow = Numbered<models.Payout>
export type FulfillmentRow = Numbered<models.Fulfillment>
export type DistributorRow = Numbered<models.Distributor>
export type DistributionRow = Numbered<models.Distribution>
export type AllocationRow = Numbered<models.Allocation>
export type NoteRow = Numbered<models.Note>
export type NoteSourceRow = Numbered<models.NoteSource>
export type ApiKeyRow = Numbered<models.ApiKey> & { organizationId: number }

export type {
  AliasType,
  ApiKeyRole,
  ApiKeyStatus,
  CandidateReason,
  CollaboratorStatus,
  ConversionStatus,
  ConversionType,
  DistributionStatus,
  DistributorStatus,
  EngagementStatus,
  EvaluationOutcome,
  FulfillmentStatus,
  IncentiveResolverType,
  IncentiveType,
  NoteSourceType,
  ObligationStatus,
  OpportunityStatus,
  PayoutStatus,
  ProgramStatus,
  TransactionStatus,
} from './generated/prisma/enums.ts'
