import type { NoteSourceType } from '../database/rows.ts'
import {
  type AnyBlueprint,
  type Blueprint,
  type Fact,
  isOfEvent,
  isResolver,
  linkOf,
  type NoteBlueprint,
  partsOf,
  type RenderableNote,
} from './blueprint.ts'
import { renderNote } from './render.ts'

/** The words of a blueprint's own that a viewer can read. */
export interface Readings {
  /** The types of link on which the words depend. */
  readonly types: readonly NoteSourceType[]
  /** The facts that have the ids of the records that are meant. */
  readonly designates: NonNullable<Blueprint['designates']>
  /**
   * In NFC and lower case, with blanks for names, ids and facts: one text for each set of types of which the viewer may see the
   * linked record. Its index has a bit for each type.
   */
  readonly texts: readonly string[]
}

/** What notes of a blueprint read as, but for what is filled in: by rendering them, so that it is what readers are shown. */
export const readingsOf = (blueprint: NoteBlueprint, isAdministrator: boolean): Readings => {
  const { template, told, data, designates = {} } = sampleOf(blueprint)
  const types = told.slice(0, MOST)
  const texts = Array.from({ length: 1 << types.length }, (_, linked) => {
    const sources = told.filter((_, bit) => bit >= MOST || (linked & (1 << bit)) !== 0)
    const note: RenderableNote = {
      content: blueprint.key,
      creationSource: 'organization',
      creationSourceId: NUMBER,
      data,
      sources: sources.map(sourceType => ({ sourceType, sourceId: NUMBER })),
    }
    const { renderedContent } = renderNote(template, note, { isAdministrator, name: () => TEXT })
    const words = renderedContent.replaceAll(`${NUMBER}`, ' ').replaceAll(TEXT, ' ').normalize('NFC')
    return [...words].map(lower).join('')
  })
  return { types, designates, texts }
}

/** What stands where something is filled in: nothing that a template has. */
const TEXT = '\0'
const NUMBER = 2 ** 52

const lower = (character: string): string => character.toLowerCase()

/** The texts double with each type: of those beyond these, every text is as if the viewer may see their records. */
const MOST = 6

/** What is rendered instead, with each fact there. */
interface Sample {
  readonly template: AnyBlueprint
  /** The types of link that the text tells of. */
  readonly told: readonly NoteSourceType[]
  readonly data: Readonly<Record<string, unknown>>
  readonly designates?: Blueprint['designates']
}

const sampleOf = (blueprint: NoteBlueprint): Sample => {
  const placeholders = partsOf(blueprint.template).filter((_, i) => i % 2 === 1)
  const told = placeholders.flatMap(name => linkOf(name)?.type ?? [])
  const filled = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, TEXT]))
  // what a resolver yields is its own affair: it may be all that the template asks for
  if (isResolver(blueprint)) {
    return { template: { template: blueprint.template, data: () => filled(placeholders) }, told: [], data: {} }
  }
  if (isOfEvent(blueprint)) {
    const data = filled(placeholders.filter(name => linkOf(name) === undefined))
    return { template: blueprint, told: [...new Set(told)], data }
  }
  const { fallbacks = {}, facts = {}, designates } = blueprint
  return {
    template: { ...blueprint, facts: withoutCounts(facts) },
    told: [...new Set(told.flatMap(type => [type, fallbacks[type] ?? []].flat()))],
    data: Object.fromEntries(Object.entries(facts).flatMap(([name, fact]) => factsLike(name, fact))),
    designates,
  }
}

/** A count would be that of the links, and an id would have to be linked: here they are any number. */
const withoutCounts = (facts: Readonly<Record<string, Fact>>): Readonly<Record<string, Fact>> =>
  Object.fromEntries(
    Object.entries(facts).map(([name, fact]): [string, Fact] => [
      name,
      fact.visibility === undefined && 'of' in fact ? { kind: 'number' } : fact,
    ]),
  )

const factsLike = (name: string, fact: Fact): readonly (readonly [string, unknown])[] => {
  if (fact.kind === 'string') return [[name, TEXT]]
  return fact.kind === 'amount'
    ? [
        [name, NUMBER],
        [fact.units, TEXT],
      ]
    : [[name, NUMBER]]
}
