import type { Refunds } from '../counted-lines.ts'
import type {
  CollaboratorRow,
  ConversionRow,
  ConversionType,
  DistributionRow,
  DistributorRow,
  EngagementRow,
  FulfillmentRow,
  IncentiveResolverType,
  IncentiveType,
  LineItemRow,
  NoteSourceType,
  ObligationRow,
  OpportunityRow,
  OrganizationRow,
  PayoutRow,
  ProgramRow,
  TransactionRow,
} from '../database/rows.ts'
import type { Fraction } from '../money.ts'
import type { IncomingEvents } from './incoming.ts'

/**
 * Every event and what it says: those that come in, under their slugs, and those that follow from them.
 * An extension adds its own by declaration merging.
 *
 * @example
 * declare module 'siren-gateway' {
 *   interface Events { LoyaltyLevelReached: { collaboratorId: number; level: string } }
 * }
 */
export interface Events extends IncomingEvents {
  /** A customer was seen, or is credited by hand: an opportunity was opened or continued. */
  OpportunityTriggered: { opportunity: OpportunityRow; isNew: boolean; trigger: Trigger }
  /**
   * A coupon that is bound to a collaborator was applied to an order. Applied again while its engagements are active, it
   * counts under the other programs alone: those with the ids in `programIds`.
   */
  CouponApplied: {
    opportunity: OpportunityRow
    code: string
    collaboratorId: number
    programIds?: readonly number[] | undefined
  }
  /** A manager credits a collaborator with a transaction, on an opportunity of its own, under these programs. */
  ManualAttributionRequested: {
    opportunity: OpportunityRow
    collaborator: CollaboratorRow
    transaction: TransactionRow
    conversionType: ConversionType
    programIds: readonly number[]
  }
  /** A strategy says that a collaborator has a claim on an opportunity. Coordination inside the pipeline. */
  EngagementInitialized: Claim & { strategyId: string; needsCoupons: boolean }
  /** Engagements came into being, those with the ids in `created`, or gained score; they are active. */
  EngagementsTriggered: {
    opportunityId: number
    engagements: readonly EngagementRow[]
    created: readonly number[]
    strategyId: string
  }
  SaleTriggered: Purchase & { opportunityId: number }
  /** Nothing is sold, yet the customer is worth something. */
  LeadTriggered: { opportunityId: number; source: string; binding: TransactionBinding | null }
  /** A subscription goes on: a transaction that renews another. */
  RenewalTriggered: Purchase & { originalTransaction: TransactionRow }
  /** A transaction is about to be recorded: until it is, listeners may change its details, or refuse it by throwing. */
  TransactionCreateRequested: Purchase & { opportunityId: number | null; originalTransactionId: number | null }
  TransactionCreated: { transaction: TransactionRow; details: readonly LineItemRow[] }
  /** A sale, or what a manager credits by hand, is to be evaluated. Coordination inside the pipeline. */
  SaleInitialized: {
    opportunityId: number
    conversionType: ConversionType
    transaction: TransactionRow
    details: readonly LineItemRow[]
    isByHand: boolean
    fractionLeft?: Fraction | undefined
  }
  /** A renewal is to be evaluated. Coordination inside the pipeline. */
  RenewalInitialized: { opportunityId: number; transaction: TransactionRow; details: readonly LineItemRow[] }
  /** A lead is to be evaluated. Coordination inside the pipeline. */
  LeadInitialized: { opportunityId: number }
  /** An opportunity converts: these programs reward the kind of conversion and have engagements on it. */
  ConversionInitialized: Evaluation
  /** A conversion came between an engagement's touches: those that came later are a new engagement's, which is active. */
  EngagementSplit: { engagement: EngagementRow; original: EngagementRow }
  /** A renewal is to be credited to those whom the original sale was, or would be, credited to. */
  ConversionRenewed: Evaluation & { transaction: TransactionRow }
  /** Programs of a group competed for a conversion: the losers' engagements are to be cancelled. Coordination inside the pipeline. */
  ProgramGroupContested: ProgramGroupContest & {
    /** The moment that the evaluation looked at. */
    asOf: Date
  }
  /** Of several programs of a group that qualify, one won the conversion; the losers' engagements were cancelled. */
  ProgramGroupConversionTriggered: ProgramGroupContest & { cancelled: readonly EngagementRow[] }
  ConversionsAwarded: Award
  RenewedConversionsAwarded: Award & { transaction: TransactionRow }
  EngagementAwarded: {
    engagement: EngagementRow
    transaction: TransactionRow | null
    incentiveType: IncentiveType
    resolver: IncentiveResolverType
  }
  EngagementCompleted: { opportunityId: number; conversionType: ConversionType }
  /** A transaction was refunded: all that was left of it where its status says so, or a part. */
  RefundTriggered: {
    transaction: TransactionRow
    conversions: readonly ConversionRow[]
    /** All that was owed for them before. */
    obligationIds: readonly number[]
    /** What this refund took, in minor units of the transaction's currency. */
    amount: number
    reason: string | null
    before: Refunds
    after: Refunds
  }
  /** A conversion pays on what a refund has left, perhaps as much as before. Coordination inside the pipeline. */
  ConversionRecomputed: {
    conversion: ConversionRow
    transaction: TransactionRow
    /** What it paid on what was left before the refund, and what it pays on what is left now, in minor units. */
    before: number
    after: number
    /** Whether nothing is left that pays anybody, so that the conversion is rejected. */
    isRejected: boolean
  }
  /** What is owed for a conversion changed before it was paid out, by an amount in minor units of its currency. */
  ObligationAdjusted: {
    obligation: ObligationRow
    conversion: ConversionRow
    transaction: TransactionRow
    amount: number
  }
  /** What was paid out for a rejected conversion is to be taken back. Coordination inside the pipeline. */
  ClawbackRequested: { conversion: ConversionRow }
  OpportunityInvalidated: { opportunity: OpportunityRow; engagements: readonly EngagementRow[] }
  FulfillmentCreated: { fulfillment: FulfillmentRow }
  PayoutCreated: { payout: PayoutRow; obligationIds: readonly number[] }
  ObligationCompleted: { obligation: ObligationRow; payout: PayoutRow; conversionId: number | null }
  FulfillmentStatusChanged: { fulfillment: FulfillmentRow; newStatus: FulfillmentRow['status'] }
  PayoutPaid: { payout: PayoutRow; obligationIds: readonly number[] }
  /** A payout that was marked as paid was not. */
  PayoutUnpaid: { payout: PayoutRow; obligationIds: readonly number[] }
  DistributionCompleted: { distribution: DistributionRow; distributor: DistributorRow }
  AllocationCompleted: {
    distribution: DistributionRow
    distributor: DistributorRow
    collaboratorId: number
    obligationId: number
    value: number
  }
  /** What is owed came into being: for a conversion, or for a share of a distribution. */
  ObligationIssued: { obligation: ObligationRow; conversionId: number | null; distributionId: number | null }
  TransactionCompleted: { transaction: TransactionRow }
  /** By a manager, or by a program that needs no review. */
  ConversionApproved: { conversion: ConversionRow }
  ConversionRejected: { conversion: ConversionRow; reason: string }
  /** Someone applies to become a collaborator: until the record is made, listeners may change it, or refuse by throwing. */
  CollaboratorSubmissionReceived: { submission: Submission; source: string }
  CollaboratorSubmissionComplete: { collaborator: CollaboratorRow; programIds: readonly number[] }
  CollaboratorAccountReady: { collaborator: CollaboratorRow }
  OrgCreated: { organization: OrganizationRow }
}

/** What an event is called: a slug, or a name in the past tense. */
export type EventType = keyof Events & string

/** An event of one type. */
export type EventOf<Type extends EventType> = { readonly type: Type } & Events[Type]

/** Any event. */
export type DomainEvent = { [Type in EventType]: EventOf<Type> }[EventType]

/** How an event says whose it is. */
export interface Customer {
  /** The opportunity itself. The request's own X-Siren-OID counts when this is absent. */
  readonly trackingId?: number | undefined
  /** The shop's own id of the customer. */
  readonly userId?: string | undefined
}

/** A collaborator's claim on an opportunity. */
export interface Claim {
  readonly opportunityId: number
  readonly collaboratorId: number
  /** The programs that it is made under; without it, all that enable the trigger. */
  readonly programIds?: readonly number[] | undefined
  /** The coupon that it is made by, in upper case. */
  readonly couponCode?: string | undefined
}

/** What brought a customer, and by whom. */
export interface Trigger {
  /** The slug of the event that came in. */
  readonly slug: EventType
  /** Whose link, coupon, course, post or form it was; null for a coupon that is nobody's. */
  readonly collaboratorId: number | null
}

/** The shop's own name for what a binding is about, such as `woocommerce_order` 1001. */
export interface TransactionBinding {
  readonly bindingId: string
  readonly bindingDataType: string
}

/** What a customer paid for. */
export interface Purchase {
  readonly source: string
  readonly externalId: string
  /** In minor units of the currency. */
  readonly total: number
  /** ISO 4217 code. */
  readonly currency: string
  readonly details: Detail[]
  readonly binding: TransactionBinding
}

/** A line that is to be recorded; its value is in minor units, of one unit of what is sold. */
export interface Detail {
  externalId: string | null
  name: string
  description?: string | null | undefined
  type: string
  value: number
  quantity: number
  /** The line's total in minor units, where the value had to be rounded: whoever changes the value leaves it out. */
  total?: number | undefined
  /** What else the integration said about the line: a JSON object. */
  attributes?: Readonly<Record<string, unknown>> | undefined
}

/** Who has a claim on a conversion. */
export interface Evaluation {
  readonly opportunityId: number
  readonly conversionType: ConversionType
  readonly transaction: TransactionRow | null
  readonly details: readonly LineItemRow[]
  /** Which fraction of each line refunds by amount have left; all of it, unless it is said. */
  readonly fractionLeft?: Fraction | undefined
  readonly matches: readonly Match[]
  /** Programs that reward the kind of conversion and would pay nobody for this one: their engagements stay as they are. */
  readonly passedOver: readonly Match[]
  /** The moment that is looked at: touches after it do not count. A renewal's is that of the original sale. */
  readonly asOf: Date
}

/** A program that rewards a conversion, and the engagements that have a claim under it. */
export interface Match {
  readonly program: RulesRow
  readonly bindings: readonly BindingRow[]
  /** Of a renewal: whether these are all who had a share of the sale, or of a renewal of it. */
  readonly areSharers?: boolean | undefined
  /** Of a renewal: whether the sale was credited under this program, which then keeps the renewals of it. */
  readonly keeps?: boolean | undefined
}

/** An engagement that has a claim, with the score and the dates that its touches up to the moment give it. */
export interface BindingRow extends EngagementRow {
  /** Whether its collaborator can earn: only an active one can. */
  readonly canEarn: boolean
  /** How many touches it had. */
  readonly touches: number
}

/** A program with what its group says of contests; null without a group. */
export type RulesRow = ProgramRow & { readonly sorter: 'newestBindingWins' | 'oldestBindingWins' | null }

/** What came of a contest between programs of a group. */
export interface ProgramGroupContest {
  readonly winningProgram: ProgramRow
  readonly losingPrograms: readonly ProgramRow[]
  readonly opportunityId: number
  readonly transaction: TransactionRow | null
  readonly collaboratorIds: readonly number[]
}

/** The conversions that one program awards. */
export interface Award {
  readonly program: ProgramRow
  readonly opportunityId: number
  readonly conversionType: ConversionType
  readonly transaction: TransactionRow | null
  readonly incentiveType: IncentiveType
  readonly resolver: IncentiveResolverType
  readonly conversions: readonly AwardedConversion[]
}

/** A conversion and what it pays, in minor units of the currency. */
export interface AwardedConversion extends ConversionRow {
  readonly value: number
  readonly currency: string
}

/** An application, as long as it may still be changed. */
export interface Submission {
  fullName: string
  nickname: string | null
  email: string
  programIds: number[]
}

/** A record, by its type and id. */
export interface RecordLink {
  readonly sourceType: NoteSourceType
  readonly sourceId: number
}

/**
 * The order of events within a chain: of those that wait, the first of this list goes first. What comes in has no place in
 * it, since it is alone when it does; an extension's events go last.
 */
export const ORDER = [
  'CollaboratorSubmissionReceived',
  'CollaboratorSubmissionComplete',
  'CollaboratorAccountReady',
  'OrgCreated',
  'OpportunityTriggered',
  'CouponApplied',
  'ManualAttributionRequested',
  'EngagementInitialized',
  'EngagementsTriggered',
  'SaleTriggered',
  'LeadTriggered',
  'RenewalTriggered',
  'TransactionCreateRequested',
  'TransactionCreated',
  'SaleInitialized',
  'RenewalInitialized',
  'LeadInitialized',
  'ConversionInitialized',
  'ConversionRenewed',
  'ProgramGroupContested',
  'ProgramGroupConversionTriggered',
  'EngagementSplit',
  'ConversionsAwarded',
  'RenewedConversionsAwarded',
  'EngagementAwarded',
  'EngagementCompleted',
  'DistributionCompleted',
  'AllocationCompleted',
  'ObligationIssued',
  'TransactionCompleted',
  'ConversionApproved',
  'RefundTriggered',
  'ConversionRecomputed',
  'ObligationAdjusted',
  'ConversionRejected',
  'ClawbackRequested',
  'OpportunityInvalidated',
  'FulfillmentCreated',
  'PayoutCreated',
  'ObligationCompleted',
  'FulfillmentStatusChanged',
  'PayoutPaid',
  'PayoutUnpaid',
] as const satisfies readonly EventType[]
