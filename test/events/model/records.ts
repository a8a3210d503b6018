// What may be sent, and what is kept of it, in the model's own terms.

import type { Fraction } from './fractions.ts'

export type ConversionType = 'sale' | 'lead' | 'renewal'
export type Resolver =
  | 'newestBindingWins'
  | 'oldestBindingWins'
  | 'topScoreWins'
  | 'evenlySharedPool'
  | 'performanceWeightedPool'
export type Trigger = 'referredSiteVisit' | 'boundCouponUsed' | 'manual'

export interface ProgramRules {
  readonly resolver: Resolver
  readonly incentive: 'saleTransactionPercentage' | 'fixedPerTransaction' | 'fixedPerProduct' | 'fixedPerLead'
  /** In ten-thousandths of a percent where the incentive is a percentage, else in minor units. */
  readonly rate: number
  readonly types: readonly ConversionType[]
  /** Whether it is in the one group that there is. */
  readonly grouped: boolean
  readonly autoApprove: boolean
  readonly expirationDays: number | null
  readonly requalificationDays: number | null
  /** The points of each trigger that it enables. */
  readonly points: { readonly [T in Trigger]?: number }
  /** The places of its members among the collaborators. */
  readonly members: readonly number[]
}

/** What a collaborator is, as far as it matters here: who is rejected or deleted is gone. */
export type Standing = 'active' | 'inactive' | 'gone'

export interface Rules {
  readonly programs: readonly ProgramRules[]
  readonly sorter: 'newestBindingWins' | 'oldestBindingWins'
  /** What the collaborators are at first. */
  readonly standings: readonly Standing[]
  readonly distributor: { readonly isEven: boolean; readonly percent: number; readonly members: readonly number[] }
  /** When the distributor came into being. */
  readonly start: number
}

export interface Line {
  readonly type: string
  /** The shop's own number of what was sold, where it says one. */
  readonly item?: string | undefined
  readonly value: number
  readonly quantity: number
}

/** What was bought, and what was paid for it. */
export interface Basket {
  readonly lines: readonly Line[]
  readonly total: number
}

/** What may be sent; ids are the model's, places from 1 in the order in which records came about. */
export type Payload =
  | { slug: 'site-visited'; collaborator: number; tracking?: number; user?: string }
  | { slug: 'coupon-applied'; coupon: number; tracking?: number; user?: string }
  | ({ slug: 'sale'; order: string; currency: string; tracking?: number; user?: string } & Basket)
  | { slug: 'lead'; form?: string; tracking?: number; user?: string }
  | ({ slug: 'renewal'; order: string; original: string; currency: string } & Basket)
  | ({ slug: 'refund'; order: string } & Part)
  | { slug: 'manual-attribution'; collaborator: number; transaction: number; type: ConversionType }
  | { slug: 'conversion-approved'; conversion: number }
  | { slug: 'conversion-rejected'; conversion: number; clawback?: true }
  | { slug: 'opportunity-invalidated'; opportunity: number }
  | { slug: 'fulfillment-generated'; obligations?: readonly number[] }
  | { slug: 'fulfillment-status-changed'; fulfillment: number; status: Fulfillment['status'] }
  | { slug: 'payout-paid' | 'payout-unpaid'; payout: number }
  | { slug: 'distribution-completed' }

/** What is refunded: all that is left, unless it is an amount in minor units, or items. */
export interface Part {
  readonly refundId?: string
  readonly amount?: number
  readonly items?: readonly { readonly item: string; readonly quantity: number }[]
}

export interface Delivery {
  readonly payload: Payload
  readonly key?: string | undefined
  /** The opportunity that the request names. */
  readonly named?: number | undefined
  /** When it happens, in milliseconds. */
  readonly at: number
}

/** The opportunity that the answer names, or why there is none. */
export type Outcome = { readonly opportunity: number | null } | { readonly refused: Refusal }
export type Refusal = 'NOT_FOUND' | 'VALIDATION_FAILED' | 'CONFLICT'

export interface Opportunity {
  id: number
  user: string | null
  status: 'active' | 'inactive' | 'invalid'
  mergedInto: number | null
  created: number
}
export interface Engagement {
  id: number
  opportunity: number
  program: number
  collaborator: number
  score: number
  status: 'active' | 'pending' | 'complete' | 'cancelled'
  /** The first touch. */
  created: number
  /** The latest touch, or when the status changed after it. */
  modified: number
}
/** That a collaborator did something for a customer, once, as far as one program counts it. */
export interface Touch {
  engagement: number
  type: Trigger
  points: number
  at: number
  /** When the coupon was applied that it is of: at least once, and no more than that counts. */
  applied: number[]
  coupon: number | null
}
export interface Transaction {
  id: number
  opportunity: number
  original: number | null
  order: string
  total: number
  refunded: number
  currency: string
  status: 'complete' | 'refunded'
  created: number
  left: Left
}
/** What is left of what was sold. */
export interface Left {
  readonly total: number
  /** In whole minor units. */
  readonly value: number
  readonly lines: readonly {
    readonly item: string | undefined
    readonly isProduct: boolean
    /** What it counted for at the sale. */
    readonly counted: number
    readonly units: number
    /** How many of these were returned by their number. */
    readonly returned: number
    readonly left: Fraction
  }[]
  /** What was paid for what no line says. */
  readonly unlisted: Fraction
}
/** What a program decided, and from what. */
export interface Evaluation {
  opportunity: number
  transaction: number | null
  program: number
  type: ConversionType
  /** What came after this did not count. */
  asOf: number
  /** Whether a manager credits somebody with a transaction. */
  isByHand: boolean
  candidates: Candidate[]
  /** The rules that it went by. */
  rules: ProgramRules
  /** The conversions that it made. */
  conversions: number[]
}
/** What an evaluation sees of an engagement: the touches up to its moment, and what follows from them. */
export interface Claim {
  readonly program: number
  readonly collaborator: number
  readonly score: number
  readonly first: number
  readonly latest: number
}
export interface Candidate {
  engagement: number
  collaborator: number
  score: number
  first: number
  latest: number
  touches: number
  /** What it got, zero included; null for who had no share. */
  share: number | null
}
export interface Conversion {
  id: number
  engagement: number
  collaborator: number
  score: number
  transaction: number | null
  /** The original one. */
  obligation: number
  type: ConversionType
  status: 'pending' | 'approved' | 'rejected'
  created: number
  /** Whether a manager rejected it, rather than a refund. */
  isRejectedByHand: boolean
}
export interface Obligation {
  id: number
  collaborator: number
  conversion: number | null
  status: 'draft' | 'pending' | 'complete' | 'rejected'
  type: ConversionType | 'allocation' | 'clawback' | 'adjustment'
  value: number
  currency: string
  payout: number | null
  created: number
}
export interface Fulfillment {
  id: number
  status: 'pending' | 'processing' | 'complete' | 'failed'
  created: number
}
export interface Payout {
  id: number
  fulfillment: number
  collaborator: number
  value: number
  currency: string
  status: 'unpaid' | 'paid'
  created: number
}
export interface Distribution {
  id: number
  value: number
  created: number
  /** What it counted, so that none after it does. */
  revenue: number
  counted: number[]
}
export interface Note {
  key: string
  /** `type id` of each record that it is linked to. */
  links: string[]
}

export interface State {
  opportunities: Opportunity[]
  engagements: Engagement[]
  touches: Touch[]
  transactions: Transaction[]
  evaluations: Evaluation[]
  conversions: Conversion[]
  obligations: Obligation[]
  fulfillments: Fulfillment[]
  payouts: Payout[]
  distributions: Distribution[]
  notes: Note[]
}

/** Why an event is not taken in. */
export class Refused extends Error {
  constructor(readonly code: Refusal) {
    super(code)
  }
}
