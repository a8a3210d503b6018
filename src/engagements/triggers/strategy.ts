import type { Claim, EventOf, EventType } from '../../events/catalog.ts'

/** A way for engagements to come about. */
export interface TriggerStrategy {
  /** Unique, camelCase: the id of the engagement type. */
  readonly id: string
  readonly name: string
  /** When it fires. */
  readonly description: string
  /** Whether it counts only while an active integration supports coupons. */
  readonly needsCoupons?: boolean
  /** The type of the events that may trigger it. */
  readonly on: EventType
  /** Whom an event of that type is to the credit of; undefined for nobody. */
  claim(event: never): Claim | undefined
}

/** A strategy, whose claim is made from events of the type that it says. */
export const strategy = <Type extends EventType>(
  given: Omit<TriggerStrategy, 'on' | 'claim'> & { on: Type; claim(event: EventOf<Type>): Claim | undefined },
): TriggerStrategy => given

/** A strategy that an event of one slug, which names the collaborator, triggers. */
export const strategyOn = (
  slug: EventType,
  given: Pick<TriggerStrategy, 'id' | 'name' | 'description'>,
): TriggerStrategy =>
  strategy({
    ...given,
    on: 'OpportunityTriggered',
    claim: ({ opportunity, trigger: { slug: of, collaboratorId } }) =>
      of === slug && collaboratorId !== null ? { opportunityId: opportunity.id, collaboratorId } : undefined,
  })
