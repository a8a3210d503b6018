import { StartError } from '../errors.ts'
import type { EventType } from '../events/catalog.ts'
import {
  type AnyBlueprint,
  type Blueprint,
  type EventBlueprint,
  isOfEvent,
  isResolver,
  linkOf,
  type NoteBlueprint,
  type NoteResolver,
  partsOf,
} from './blueprint.ts'
import { CORE_BLUEPRINTS } from './blueprints.ts'

/** The blueprints by which notes are written and rendered: the core's, and those that extensions add. */
export class NoteBlueprintRegistry {
  readonly #blueprints = new Map<string, NoteBlueprint>()

  constructor() {
    for (const [key, blueprint] of Object.entries(CORE_BLUEPRINTS)) this.addNote(key, blueprint)
  }

  /**
   * Adds a blueprint: from now on notes with this key are rendered by it.
   * @throws StartError when the key is taken or malformed, or the blueprint refers to what it does not declare.
   */
  addNote<Type extends EventType>(key: string, given: Blueprint | NoteResolver | EventBlueprint<Type>): void {
    const blueprint = given as AnyBlueprint
    if (!KEY.test(key)) {
      throw new StartError(
        `note blueprint "${key}": expected a key of lower-case letters, digits and underscores that begins with a letter`,
      )
    }
    if (this.#blueprints.has(key)) {
      const owner = Object.hasOwn(CORE_BLUEPRINTS, key) ? 'the core' : 'an extension'
      throw new StartError(`note blueprint "${key}": expected a new key, but ${owner} has this one`)
    }
    const flaw = typeof blueprint.template === 'string' ? flawOf(blueprint) : 'expected a template'
    if (flaw !== undefined) throw new StartError(`note blueprint "${key}": ${flaw}`)
    const named = isResolver(blueprint)
      ? resolvedBy(key, blueprint)
      : isOfEvent(blueprint)
        ? ofEvent(key, blueprint)
        : { ...blueprint, key }
    this.#blueprints.set(key, named)
  }

  /** The blueprint with this key; undefined when there is none. */
  get(key: string): NoteBlueprint | undefined {
    return this.#blueprints.get(key)
  }

  /** The blueprints of the notes that events of a type write. */
  writtenOn(type: EventType): readonly NoteBlueprint[] {
    return this.all().filter(blueprint => 'on' in blueprint && blueprint.on === type)
  }

  /** All blueprints: the core's first, then those added, in order. */
  all(): readonly NoteBlueprint[] {
    return [...this.#blueprints.values()]
  }
}

/** A resolver may be an instance of a class, which a spread would take apart. */
const resolvedBy = (key: string, resolver: NoteResolver): NoteBlueprint => ({
  key,
  description: resolver.description ?? 'Written by an extension.',
  template: resolver.template,
  data: note => resolver.data(note),
})

const ofEvent = (key: string, blueprint: EventBlueprint): NoteBlueprint => ({
  key,
  description: blueprint.description ?? 'Written by an extension.',
  template: blueprint.template,
  on: blueprint.on,
  sources: event => blueprint.sources(event),
  facts: event => blueprint.facts?.(event) ?? {},
})

const KEY = /^[a-z][a-z0-9_]*$/

/** What the compiler holds of the core, and more, held of every blueprint: an extension may not have been compiled. */
const flawOf = (blueprint: AnyBlueprint): string | undefined => {
  if (isResolver(blueprint))
    return typeof blueprint.data === 'function' ? undefined : 'expected data to be a function of the note'
  if (isOfEvent(blueprint)) {
    if (typeof blueprint.on !== 'string') return 'expected on to be the type of an event'
    if (typeof blueprint.sources !== 'function') return 'expected sources to be a function of the event'
    return ['undefined', 'function'].includes(typeof blueprint.facts)
      ? undefined
      : 'expected facts to be a function of the event'
  }
  const { template, links, creationSource, facts = {}, designates = {}, fallbacks = {} } = blueprint
  if (links === undefined || creationSource === undefined) return 'expected links and a creationSource, or data'
  const linked = new Set(Object.keys(links))

  const unprovided = partsOf(template)
    .filter((_, i) => i % 2 === 1)
    .find(name => !(linked.has(linkOf(name)?.type ?? '') || Object.hasOwn(facts, name)))
  if (unprovided !== undefined) return `expected its links or facts to provide {${unprovided}}`

  if (creationSource.length === 0) return 'expected at least one creation source'
  const referred = [
    ...creationSource,
    ...Object.entries(fallbacks).flat(),
    ...Object.keys(designates),
    ...Object.values(facts).flatMap(fact => ('of' in fact ? [fact.of] : [])),
  ]
  const unlinked = referred.find(type => !linked.has(type))
  if (unlinked !== undefined) return `expected a link to "${unlinked}", which it refers to`

  const shadowed = Object.keys(facts).find(name => linkOf(name) !== undefined || linkOf(name.slice(0, -1))?.id)
  if (shadowed !== undefined) return `expected another name for the fact "${shadowed}", which is that of a link`

  for (const [type, name] of Object.entries(designates)) {
    const fact = facts[name]
    if (fact?.kind !== 'id' || fact.of !== type) return `expected a fact "${name}" with the id of a ${type}`
  }
  return undefined
}
