import type { Sql } from '../database/sql.ts'
import { type DomainEvent, type EventOf, type EventType, ORDER } from './catalog.ts'

/** What listeners know beside their events. */
export interface EventContext {
  readonly organizationId: number
  /** When the event happened: the date of everything that follows from it. */
  now: Date
  /** Whether the sender said when it happened, so that records which exist already may be younger than the event. */
  readonly isBackdated: boolean
  /**
   * Dates the event by the database's clock as it was read once a lock was held, unless the event is backdated: whatever
   * was committed before is then dated no later.
   */
  catchUp(clock: Date): void
  /** Tells the sender and the log of something that was accepted and is probably not meant; a repetition is told the same. */
  warn(message: string): void
  /** The transaction of the whole chain. */
  readonly sql: Sql
  /** The event that came in. */
  readonly ingestedEventId: number
  /** The opportunity that the request named, if it named one. */
  readonly namedOpportunityId: number | undefined
  /** The opportunity that the chain turned out to be about: what the answer names. */
  opportunityId: number | null
}

/**
 * Hears all events of a type that wait at the same time, so that what it does costs as many statements for many as for
 * one. Answers what follows from them. Throwing undoes the whole chain.
 */
export type Listener<Type extends EventType> = (
  events: readonly EventOf<Type>[],
  context: EventContext,
) => Promise<readonly DomainEvent[] | undefined>

/** A listener that takes its events one by one. */
export const each =
  <Type extends EventType>(
    hear: (event: EventOf<Type>, context: EventContext) => Promise<readonly DomainEvent[] | undefined>,
  ): Listener<Type> =>
  async (events, context) => {
    const following: DomainEvent[] = []
    for (const event of events) following.push(...((await hear(event, context)) ?? []))
    return following
  }

/** Listeners by what they listen to. */
export type Listeners = { readonly [Type in EventType]?: Listener<Type> }

/** Hears the whole chain, in order, when nothing follows any more. */
export type Chronicler = (history: readonly DomainEvent[], context: EventContext) => Promise<void>

/** Leads events to those who listen, and what follows from them, until nothing does. Knows none of the listeners. */
export class Dispatcher {
  readonly #listeners = new Map<string, Listener<EventType>[]>()
  readonly #chroniclers: Chronicler[] = []

  /** Begins with the listeners that another has. */
  constructor(other?: Dispatcher) {
    if (other === undefined) return
    for (const [type, listeners] of other.#listeners) this.#listeners.set(type, [...listeners])
    this.#chroniclers.push(...other.#chroniclers)
  }

  /** Adds a listener. Of several to a type, those that were added first hear first. */
  on<Type extends EventType>(type: Type, listener: Listener<Type>): this {
    const listeners = this.#listeners.get(type)
    if (listeners === undefined) this.#listeners.set(type, [listener as unknown as Listener<EventType>])
    else listeners.push(listener as unknown as Listener<EventType>)
    return this
  }

  /** Adds listeners to several types. */
  add(listeners: Listeners): this {
    for (const [type, listener] of Object.entries(listeners))
      this.on(type as EventType, listener as Listener<EventType>)
    return this
  }

  /** Adds one who hears each chain at its end, in the same transaction. */
  atEnd(chronicler: Chronicler): this {
    this.#chroniclers.push(chronicler)
    return this
  }

  /** Runs an event and all that follows from it. Answers the chain, in the order of the catalogue. */
  async dispatch(first: DomainEvent, context: EventContext): Promise<readonly DomainEvent[]> {
    const history: DomainEvent[] = []
    const waiting = new Map<EventType, DomainEvent[]>([[first.type, [first]]])
    for (let round = 0; waiting.size > 0; round++) {
      if (round === LONGEST_CHAIN) throw new Error(`Expected the chain of a "${first.type}" to end: its events recur`)
      const type = nextOf(waiting)
      const events = waiting.get(type) ?? []
      waiting.delete(type)
      for (const event of events) history.push(event)
      for (const listener of this.#listeners.get(type) ?? []) {
        for (const event of (await listener(events as readonly EventOf<EventType>[], context)) ?? []) {
          const queue = waiting.get(event.type)
          if (queue === undefined) waiting.set(event.type, [event])
          else queue.push(event)
        }
      }
    }
    for (const chronicler of this.#chroniclers) await chronicler(history, context)
    return history
  }
}

/** The core's chains have a dozen rounds; only an extension can make them go in circles. */
const LONGEST_CHAIN = 1000

const PLACES = new Map<string, number>(ORDER.map((type, place) => [type, place]))

const placeOf = (type: EventType): number => PLACES.get(type) ?? ORDER.length

const nextOf = (waiting: ReadonlyMap<EventType, unknown>): EventType => {
  const [first, ...others] = waiting.keys()
  let next = first as EventType
  for (const type of others) if (placeOf(type) < placeOf(next)) next = type
  return next
}
