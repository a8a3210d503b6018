import type { CollaboratorRow, OpportunityRow } from '../database/rows.ts'
import type { TriggerStrategy } from '../engagements/triggers/strategy.ts'
import type { Customer, EventType } from '../events/catalog.ts'
import type { EventContext, Listener } from '../events/dispatcher.ts'
import type { Incoming } from '../events/incoming.ts'
import type { EventBlueprint, NoteResolver } from '../notes/blueprint.ts'

/** What a module that extends the gateway exports, under the name `extension`. */
export interface Extension {
  /** Names it in errors. */
  readonly name: string
  /** The types of its own events, which its listeners answer; the slugs that it adds are not repeated here. */
  readonly events?: readonly string[]
  /** Adds what it brings. Called once, before the gateway starts; throwing stops the start. */
  register(gateway: ExtensionPoints): void | Promise<void>
}

/** Where an extension adds to the gateway, and what it may use of it. */
export interface ExtensionPoints {
  /**
   * Adds a blueprint: notes with this key are rendered by it. One that says on which event it is written needs nothing
   * else to be seen in feeds.
   */
  addNote<Type extends EventType>(key: string, blueprint: NoteResolver | EventBlueprint<Type>): void
  /** Adds a way for engagements to come about; programs enable it by its id. */
  addStrategy(strategy: TriggerStrategy): void
  /** Adds an event that may be sent in, under its slug: lower-case letters, digits and hyphens. */
  addEvent(slug: string, event: Omit<Incoming, 'role'> & Partial<Pick<Incoming, 'role'>>): void
  /** Listens to events of a type, its own, another's or the core's, before the core acts on them. */
  on<Type extends EventType>(type: Type, listener: Listener<Type>): void
  /** The collaborator with this id, or with this tracking code as `tracking:CODE`. @throws ValidationError when there is none. */
  resolveCollaborator(reference: number | string, context: EventContext): Promise<CollaboratorRow>
  /** The opportunity that a customer's event goes on with, as for every visit; a new one if need be. */
  findOrOpenOpportunity(customer: Customer, context: EventContext): Promise<OpportunityRow>
}
