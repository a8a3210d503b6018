import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { resolve as resolveModule } from 'import-meta-resolve'
import type { TriggerStrategy } from '../engagements/triggers/strategy.ts'
import { StartError } from '../errors.ts'
import { ORDER } from '../events/catalog.ts'
import type { Dispatcher } from '../events/dispatcher.ts'
import { ENVELOPE } from '../events/envelope.ts'
import type { Incoming } from '../events/incoming.ts'
import type { NoteBlueprintRegistry } from '../notes/registry.ts'
import type { Extension, ExtensionPoints } from './extension.ts'

/** What extensions add to. */
export interface Extensible extends Pick<ExtensionPoints, 'resolveCollaborator' | 'findOrOpenOpportunity'> {
  readonly blueprints: NoteBlueprintRegistry
  readonly strategies: TriggerStrategy[]
  readonly incoming: Map<string, Incoming>
  readonly dispatcher: Dispatcher
}

/**
 * Has the extensions at these paths, or of these packages, add what they bring, in order. A relative path is taken from
 * the working directory, and a package is looked for from there first and then from the gateway. Each has `patience`
 * milliseconds to load, and again to register.
 * @throws StartError with the module's name and the reason when one cannot be loaded or is not sound.
 */
export const loadExtensions = async (
  modules: readonly string[],
  parts: Extensible,
  patience = 30_000,
): Promise<void> => {
  const core = new Set<string>([...ORDER, ...parts.incoming.keys()])
  const declared = new Set(core)
  const heard: Heard[] = []
  for (const module of modules) {
    const fail = (reason: string, cause?: unknown) => new StartError(`EXTENSIONS: ${module}: ${reason}`, { cause })
    const loaded = await inTime(load(module), patience).catch(error => {
      throw fail(`it cannot be loaded: ${messageOf(error)}`, error)
    })
    const extension = loaded.extension ?? loaded.default?.extension
    if (!isExtension(extension)) throw fail('expected an export "extension" with a name and a function register')
    const failIn = (reason: string, cause?: unknown) => fail(`${extension.name}: ${reason}`, cause)
    for (const type of extension.events ?? []) {
      if (core.has(type)) throw failIn(`expected types of its own in "events", received "${type}", which is the core's`)
      declared.add(type)
    }
    try {
      await inTime(extension.register(pointsOf(parts, type => heard.push({ type, failIn }))), patience)
    } catch (error) {
      throw failIn(messageOf(error), error)
    }
  }
  for (const slug of parts.incoming.keys()) declared.add(slug)
  const unknown = heard.find(({ type }) => !declared.has(type))
  if (unknown !== undefined)
    throw unknown.failIn(
      `expected the type of an event, received "${unknown.type}"; an extension lists its own in "events"`,
    )
}

/** That an extension listens to a type, which may be one that a later one brings. */
interface Heard {
  readonly type: string
  /** The error of that extension. */
  readonly failIn: (reason: string) => StartError
}

/** The timer also keeps the process alive: Node ends one that waits for a promise alone, and says nothing. */
const inTime = async <T>(work: T | Promise<T>, patience: number): Promise<T> => {
  const done = new AbortController()
  const tooLong = async () => {
    await sleep(patience, undefined, { signal: done.signal })
    throw new Error(`expected it to be ready within ${patience / 1000} s`)
  }
  try {
    return await Promise.race([work, tooLong()])
  } finally {
    done.abort()
  }
}

/** What was thrown, in a line: modules may throw anything. */
const messageOf = (thrown: unknown): string => {
  if (thrown instanceof Error) {
    const what = thrown.message || thrown.name
    const [, place] = /^(?:file:\/\/)?(\/.*:\d+)\n/.exec(thrown.stack ?? '') ?? [] // some errors of syntax begin with it
    return place === undefined ? what : `${place}: ${what}`
  }
  return typeof thrown === 'string' ? thrown : inspect(thrown, { breakLength: Infinity })
}

/** What a module exports. Node does not see every name that CommonJS exports, but has them all in `default`. */
interface Loaded {
  readonly extension?: unknown
  readonly default?: { readonly extension?: unknown }
}

const load = async (module: string): Promise<Loaded> => import(urlOf(module))

/** Where a module is, by Node's rules for `import`: from the working directory, or else from the gateway. */
const urlOf = (module: string): string => {
  const path = resolve(module)
  if (/^(?:\.{0,2}\/|[A-Za-z]:[\\/])/.test(module)) return pathToFileURL(path).href
  try {
    return resolveModule(module, pathToFileURL(`${process.cwd()}/`).href)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    try {
      return resolveModule(module, import.meta.url)
    } catch {
      throw existsSync(path) ? new Error(`expected ./ before the path of a file: ./${module}`) : error
    }
  }
}

const isExtension = (given: unknown): given is Extension => {
  const { name, register, events = [] } = (given ?? {}) as Partial<Extension>
  return (
    typeof name === 'string' &&
    typeof register === 'function' &&
    Array.isArray(events) &&
    events.every(type => typeof type === 'string')
  )
}

/** The fields of an object's schema, whatever is done with the object afterwards. */
const shapeOf = (schema: unknown): object => {
  const { shape, in: inner } = schema as { shape?: object; in?: unknown }
  return shape ?? (inner === undefined ? {} : shapeOf(inner))
}

/** Where an extension adds to these parts; `hears` is told each type of event that it wants to hear of. */
export const pointsOf = (parts: Extensible, hears: (type: string) => void): ExtensionPoints => ({
  resolveCollaborator: parts.resolveCollaborator,
  findOrOpenOpportunity: parts.findOrOpenOpportunity,
  addNote: (key, blueprint) => {
    parts.blueprints.addNote(key, blueprint)
    if ('on' in blueprint) hears(blueprint.on)
  },
  addStrategy: strategy => {
    const { id, name, description, on, claim } = strategy
    const what = `trigger strategy "${id}"`
    if (typeof id !== 'string' || !/^[a-z][A-Za-z0-9]*$/.test(id)) throw new Error(`${what}: expected a camelCase id`)
    if (parts.strategies.some(other => other.id === id)) throw new Error(`${what}: expected a new id`)
    if ([name, description, on].some(text => typeof text !== 'string' || text === ''))
      throw new Error(`${what}: expected a name, a description and the event that it is on`)
    if (typeof claim !== 'function') throw new Error(`${what}: expected claim to be a function of the event`)
    parts.strategies.push(strategy)
    hears(on)
  },
  addEvent: (slug, { role = 'integration', ...event }) => {
    const what = `event "${slug}"`
    if (!/^[a-z][a-z0-9-]*$/.test(slug))
      throw new Error(`${what}: expected a slug of lower-case letters, digits and hyphens`)
    if (parts.incoming.has(slug)) throw new Error(`${what}: expected a new slug`)
    if (role !== 'integration' && role !== 'administrator')
      throw new Error(`${what}: expected the role integration or administrator`)
    if (typeof event.schema?.safeParse !== 'function') throw new Error(`${what}: expected a zod schema`)
    const reserved = Object.keys(ENVELOPE).filter(name => name in shapeOf(event.schema))
    if (reserved.length > 0)
      throw new Error(`${what}: expected a schema without ${reserved.join(' and ')}, which every event may have`)
    parts.incoming.set(slug, { ...event, role })
  },
  on: (type, listener) => {
    if (typeof listener !== 'function') throw new Error(`listener to "${type}": expected a function`)
    parts.dispatcher.on(type, listener)
    hears(type)
  },
})
