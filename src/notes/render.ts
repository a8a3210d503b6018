import { HIDDEN_NAMES } from '../access/scope.ts'
import { NAMED_TYPES, type NamedType } from '../database/names.ts'
import type { NoteSourceType } from '../database/rows.ts'
import { formatAmount } from '../money.ts'
import {
  type AnyBlueprint,
  type Blueprint,
  type EventBlueprint,
  type Fact,
  type Facts,
  isOfEvent,
  isResolver,
  linkOf,
  type NoteResolver,
  partsOf,
  type RenderableNote,
  SOURCE_TYPES,
  someRecord,
} from './blueprint.ts'

/** For whom a note is rendered. */
export interface View {
  readonly isAdministrator: boolean
  /** The name to show of a record that the viewer may see; null when there is none. */
  name(type: NamedType, id: number): string | null
}

/** A note as its viewer reads it. */
export interface RenderedNote {
  readonly renderedContent: string
  /** What the text was made from; amounts are integers in minor units. */
  readonly sourceData: Readonly<Record<string, unknown>>
}

/**
 * Renders a note for a viewer: its text, and the data that the text was made from.
 *
 * The text is made from the data and nothing else, so what is kept out of the data cannot show. The data has, of each
 * linked type, `<type>Id` (the designated record's, else the first) and, when there are others, `<type>Ids`; the names
 * of these, joined by commas, under the type; and the facts that the viewer may know. What is missing reads as words:
 * `another program` to a collaborator, `an unknown program` to an administrator, `unknown` for a fact.
 * A note without a blueprint reads as its key; who may know its facts nobody has said, so administrators alone do.
 */
export const renderNote = (blueprint: AnyBlueprint | undefined, note: RenderableNote, view: View): RenderedNote => {
  const plan = planOf(blueprint)
  const sourceData = dataFor(plan, note, view)
  const renderedContent = blueprint === undefined ? note.content : write(plan.parts, sourceData, view.isAdministrator)
  return { renderedContent, sourceData }
}

/** A blueprint made ready, once, for rendering many notes. */
interface Plan {
  readonly parts: readonly (string | Slot)[]
  readonly named: readonly NamedType[]
  readonly facts: readonly (readonly [name: string, fact: Fact])[]
  readonly designates: NonNullable<Blueprint['designates']>
  /** Works out the facts where none are declared. */
  readonly undeclared: ((note: RenderableNote) => Readonly<Record<string, unknown>>) | undefined
  /** Whether those are for everyone who may see the note. */
  readonly isOpen?: boolean
}

/** A place in a text that is filled from the data. */
interface Slot {
  /** Tried in turn: the first that the data has is written, after its words. */
  readonly choices: readonly { readonly words: string; readonly key: string }[]
  /** The key of the unit, when the value is an amount. */
  readonly units: string | undefined
  /** What is written when the data has none of them. */
  readonly missing: { readonly administrator: string; readonly collaborator: string }
}

const plans = new WeakMap<AnyBlueprint, Plan>()

const planOf = (blueprint: AnyBlueprint | undefined): Plan => {
  if (blueprint === undefined) return WITHOUT_BLUEPRINT
  const known = plans.get(blueprint)
  if (known !== undefined) return known
  const plan = isResolver(blueprint)
    ? planOfResolver(blueprint)
    : isOfEvent(blueprint)
      ? planOfEvents(blueprint)
      : planOfBlueprint(blueprint)
  plans.set(blueprint, plan)
  return plan
}

const planOfBlueprint = ({ template, links, facts = {}, designates = {}, fallbacks = {} }: Blueprint): Plan => ({
  parts: compile(template, facts, fallbacks),
  named: NAMED_TYPES.filter(type => links[type] !== undefined),
  facts: Object.entries(facts),
  designates,
  undeclared: undefined,
})

const planOfResolver = (resolver: NoteResolver): Plan => ({
  ...WITHOUT_BLUEPRINT,
  parts: compile(resolver.template, {}, {}),
  undeclared: note => resolver.data(note),
})

const planOfEvents = ({ template }: EventBlueprint): Plan => ({
  ...WITHOUT_BLUEPRINT,
  parts: compile(template, {}, {}),
  isOpen: true,
})

const WITHOUT_BLUEPRINT: Plan = {
  parts: [],
  named: NAMED_TYPES,
  facts: [],
  designates: {},
  undeclared: note => note.data,
}

const compile = (template: string, facts: Facts, fallbacks: NonNullable<Blueprint['fallbacks']>): Plan['parts'] => {
  const pieces = partsOf(template)
  const parts: (string | Slot)[] = []
  for (let i = 1; i < pieces.length; i += 2) {
    const [before = '', placeholder = ''] = pieces.slice(i - 1, i + 1)
    const link = linkOf(placeholder)
    const lead = link?.id ? leadOf(before, link.type) : ''
    const text = before.slice(0, before.length - lead.length)
    const begin = (i === 1 && text === '') || lead !== lead.toLowerCase() ? capital : same
    const slot =
      link === undefined
        ? factSlot(placeholder, facts[placeholder], begin)
        : link.id
          ? idSlot(link.type, lead, fallbacks[link.type], begin)
          : nameSlot(link.type as NamedType, begin)
    parts.push(text, slot)
  }
  return [...parts, pieces.at(-1) ?? ''].filter(part => part !== '')
}

/** The end of a text that belongs to the id after it: `transaction #`, in whatever case, or `#` alone. */
const leadOf = (text: string, type: NoteSourceType): string => {
  const end = text.slice(-`${type} #`.length)
  if (end.toLowerCase() === `${type} #`) return end
  return text.endsWith('#') ? '#' : ''
}

const idSlot = (type: NoteSourceType, lead: string, fallback: NoteSourceType | undefined, begin: Begin): Slot => ({
  choices: [
    { words: lead, key: KEYS[type].id },
    ...(fallback === undefined ? [] : [{ words: begin(`${fallback} #`), key: KEYS[fallback].id }]),
  ],
  units: undefined,
  missing: { administrator: begin(`an unknown ${type}`), collaborator: begin(someRecord(type)) },
})

const nameSlot = (type: NamedType, begin: Begin): Slot => ({
  choices: [{ words: '', key: type }],
  units: undefined,
  missing: { administrator: begin(`an unknown ${type}`), collaborator: begin(HIDDEN_NAMES[type]) },
})

const factSlot = (name: string, fact: Fact | undefined, begin: Begin): Slot => {
  const missing = begin(fact?.kind === 'amount' ? 'an unknown amount' : 'unknown')
  return {
    choices: [{ words: '', key: name }],
    units: fact?.kind === 'amount' ? fact.units : undefined,
    missing: { administrator: missing, collaborator: missing },
  }
}

type Begin = (words: string) => string
const same: Begin = words => words
const capital: Begin = words => words.charAt(0).toUpperCase() + words.slice(1)

/** What each type's links are called in the data, and a record of it that has no name. */
const KEYS = Object.fromEntries(
  SOURCE_TYPES.map(type => [type, { id: `${type}Id`, ids: `${type}Ids`, nameless: `${capital(type)} #` }]),
) as Readonly<Record<NoteSourceType, { readonly id: string; readonly ids: string; readonly nameless: string }>>

type SourceData = Record<string, unknown>

const dataFor = (plan: Plan, note: RenderableNote, view: View): SourceData => {
  const linked = idsByType(note.sources)
  const data: SourceData = { ...plan.undeclared?.(view.isAdministrator || plan.isOpen ? note : { ...note, data: {} }) }
  for (const [name, fact] of plan.facts) {
    if (view.isAdministrator || fact.visibility === undefined) addFact(data, name, fact, note.data, linked, view)
  }
  for (const [type, ids] of linked) {
    const designation = plan.designates[type]
    const designated = designation === undefined ? undefined : ids.filter(id => id === note.data[designation])
    const [told] = designated ?? ids
    if (told !== undefined) data[KEYS[type].id] = told
    if (ids.length > 1 || told === undefined) data[KEYS[type].ids] = ids
    if (told !== undefined && isNamed(plan, type)) data[type] = namesOf(type, designated ?? ids, view)
  }
  return data
}

const idsByType = (sources: RenderableNote['sources']): ReadonlyMap<NoteSourceType, readonly number[]> => {
  const linked = new Map<NoteSourceType, number[]>()
  for (const { sourceType, sourceId } of sources) {
    const ids = linked.get(sourceType)
    if (ids === undefined) linked.set(sourceType, [sourceId])
    else ids.push(sourceId)
  }
  return linked
}

const isNamed = (plan: Plan, type: NoteSourceType): type is NamedType =>
  (plan.named as readonly NoteSourceType[]).includes(type)

const namesOf = (type: NamedType, ids: readonly number[], view: View): string => {
  let names = ''
  for (const id of ids) names += `${names === '' ? '' : ', '}${view.name(type, id) || KEYS[type].nameless + id}`
  return names
}

const addFact = (
  data: SourceData,
  name: string,
  fact: Fact,
  stored: RenderableNote['data'],
  linked: ReadonlyMap<NoteSourceType, readonly number[]>,
  view: View,
): void => {
  const value = stored[name]
  switch (fact.kind) {
    case 'string':
    case 'number':
      if (typeof value === fact.kind) data[name] = value
      return
    case 'amount':
      if (!Number.isSafeInteger(value)) return
      data[name] = value
      if (typeof stored[fact.units] !== 'string') return
      data[fact.units] = stored[fact.units]
      // whatever the note calls it, a reader finds it as the currency
      data.currency ??= stored[fact.units]
      return
    case 'id':
      if (view.isAdministrator ? Number.isSafeInteger(value) : linked.get(fact.of)?.includes(value as number)) {
        data[name] = value
      }
      return
    case 'count': {
      const known = view.isAdministrator && Number.isSafeInteger(value)
      data[name] = known ? value : (linked.get(fact.of)?.length ?? 0)
    }
  }
}

const write = (parts: Plan['parts'], data: SourceData, isAdministrator: boolean): string => {
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') text += part
    else text += fill(part, data) ?? (isAdministrator ? part.missing.administrator : part.missing.collaborator)
  }
  return text
}

const fill = ({ choices, units }: Slot, data: SourceData): string | undefined => {
  for (const { words, key } of choices) {
    const text = units === undefined ? textOf(data[key]) : amountText(data[key], data[units])
    if (text !== undefined) return words + text
  }
  return undefined
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined

// an amount without its unit would be misread: it is better called unknown
const amountText = (value: unknown, units: unknown): string | undefined =>
  typeof value === 'number' && typeof units === 'string' && units !== '' ? formatAmount(value, units) : undefined
