/** A way for engagements to come about. */
export interface TriggerStrategy {
  /** Unique, camelCase: the id of the engagement type. */
  readonly id: string
  readonly name: string
  /** When it fires. */
  readonly description: string
  /** Whether it counts only while an active integration supports coupons. */
  readonly needsCoupons?: boolean
}
