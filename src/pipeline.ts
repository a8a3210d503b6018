import { attributionListeners } from './attribution/listeners.ts'
import { evenlySharedPool } from './attribution/structures/evenly-shared-pool.ts'
import { performanceWeightedPool } from './attribution/structures/performance-weighted-pool.ts'
import { commerceListeners } from './commerce/listeners.ts'
import type { Sql } from './database/sql.ts'
import { directoryListeners } from './directory/listeners.ts'
import { ownerOfCoupon, resolveCollaborator } from './directory/resolve.ts'
import { repeatCoupon } from './engagements/coupon-repeats.ts'
import { cancelEngagements, claimsOf, engagementListeners } from './engagements/listeners.ts'
import { TRIGGER_STRATEGIES } from './engagements/triggers/strategies.ts'
import type { TriggerStrategy } from './engagements/triggers/strategy.ts'
import { Dispatcher } from './events/dispatcher.ts'
import { INCOMING, type Incoming } from './events/incoming.ts'
import { Ingestion } from './events/ingest.ts'
import type { Extensible } from './extensions/load.ts'
import { chronicler } from './notes/listeners.ts'
import { NoteBlueprintRegistry } from './notes/registry.ts'
import { findActive, findOrOpen, lockById, openOpportunity } from './opportunities/find.ts'
import { opportunityListeners } from './opportunities/listeners.ts'
import { rewardListeners } from './rewards/listeners.ts'
import { outbox } from './webhooks/outbox.ts'

/** What extensions add to, before the core's own listeners are put in their places. */
export class Parts implements Extensible {
  readonly blueprints = new NoteBlueprintRegistry()
  readonly strategies: TriggerStrategy[] = [...TRIGGER_STRATEGIES]
  readonly incoming = new Map<string, Incoming>(Object.entries(INCOMING))
  readonly dispatcher = new Dispatcher()
  readonly resolveCollaborator = resolveCollaborator
  readonly findOrOpenOpportunity: Extensible['findOrOpenOpportunity'] = async (customer, context) =>
    (await findOrOpen(customer, context)).opportunity
}

/** Puts the listeners of all folders into the documented order, after those that the parts have already. */
export const pipeline = (
  sql: Sql,
  { blueprints, strategies, incoming, dispatcher: extended }: Parts = new Parts(),
): Ingestion => {
  const dispatcher = new Dispatcher(extended)
    .add(directoryListeners)
    .add(opportunityListeners({ resolveCollaborator, ownerOfCoupon, repeatCoupon, cancelEngagements }))
    .add(commerceListeners({ findActive, lockById }))
    .add(attributionListeners({ resolveCollaborator, openOpportunity }))
    .add(engagementListeners)
    .add(rewardListeners({ pools: { evenlySharedPool, performanceWeightedPool } }))
  for (const strategy of strategies) dispatcher.on(strategy.on, claimsOf(strategy))
  dispatcher.atEnd(chronicler(blueprints)).atEnd(outbox)
  return new Ingestion({ sql, incoming, dispatcher })
}
