import type { TriggerStrategy } from './triggers/strategy.ts'

/** A way for engagements to come about, as it stands in an organization. */
export interface EngagementType extends TriggerStrategy {
  /** Whether it can fire now. */
  readonly available: boolean
}

/** The engagement types of one organization. */
export class EngagementTypeDatastore {
  #supportsCoupons?: Promise<boolean>

  constructor(
    private readonly strategies: readonly TriggerStrategy[],
    private readonly supportsCoupons: () => Promise<boolean>,
  ) {}

  /** All of them, or those that are available, or those that are not. */
  async list(available?: boolean | null): Promise<readonly EngagementType[]> {
    this.#supportsCoupons ??= this.supportsCoupons()
    const coupons = await this.#supportsCoupons
    const types = this.strategies.map(strategy => ({ ...strategy, available: !strategy.needsCoupons || coupons }))
    return available == null ? types : types.filter(type => type.available === available)
  }

  /** The one with this id; null when there is none. */
  async byId(id: string): Promise<EngagementType | null> {
    return (await this.list()).find(type => type.id === id) ?? null
  }
}
