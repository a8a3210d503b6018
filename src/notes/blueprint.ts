import { NAMED_TYPES, type NamedType } from '../database/names.ts'
import type { NoteRow, NoteSourceRow, NoteSourceType } from '../database/rows.ts'
import type { EventOf, EventType, RecordLink } from '../events/catalog.ts'

/**
 * Makes a blueprint of the notes that events of a type write. It compiles only when its links and facts provide each
 * placeholder of its template, and when each note has the links and facts that it declares.
 *
 * A placeholder is `{collaborator}`, `{program}`, `{distributor}` or `{organization}` for the name of a linked record,
 * `{<source type>Id}` for the id of a linked record, or the name of a fact.
 */
export const blueprint = <const B extends Blueprint, Type extends EventType>(
  entry: B & Sound<B>,
  on: Type,
  notes: (event: EventOf<Type>) => readonly NoteOf<B>[],
): B & Written => ({ ...entry, on, notes: notes as Written['notes'] })

/** Which events write a blueprint's notes, and what these are. */
export interface Written {
  readonly on: EventType
  notes(event: never): readonly AnyNote[]
}

/** A note to be written: the ids of what it is linked to, by type, and its facts. */
export interface AnyNote {
  readonly links: { readonly [Type in NoteSourceType]?: number | readonly number[] | null }
  readonly facts?: Readonly<Record<string, unknown>>
}

/** A note of a blueprint, as its declarations have it. */
export type NoteOf<B extends Blueprint> = {
  readonly links: {
    readonly [Type in keyof B['links']]: B['links'][Type] extends 'required'
      ? number
      : B['links'][Type] extends 'several'
        ? readonly number[]
        : number | null
  }
} & (B extends { readonly facts: infer Declared extends Facts } ? { readonly facts: FactsOf<Declared> } : unknown)

type FactsOf<Declared extends Facts> = {
  readonly [Name in keyof Declared]: Declared[Name]['kind'] extends 'string' ? string : number
} & {
  readonly [Name in keyof Declared as Declared[Name] extends { readonly units: infer Units extends string }
    ? Units
    : never]: string
}

/** How the notes of one kind are linked and worded. */
export interface Blueprint {
  /** When such a note is written: one sentence. */
  readonly description: string
  /** The text, with its placeholders. */
  readonly template: string
  /** The types of record that such a note is linked to. */
  readonly links: Links
  /** The linked types that may have caused the note, in order of preference: the first that is linked has. */
  readonly creationSource: readonly NoteSourceType[]
  /** What is stored of the event as it was, by name. */
  readonly facts?: Facts
  /** Of several links of a type, the one meant by `{<type>}` and `{<type>Id}`: the name of the fact that has its id. */
  readonly designates?: { readonly [Type in NoteSourceType]?: string }
  /** Which type of link is named in place of one that is not there. */
  readonly fallbacks?: { readonly [Type in NoteSourceType]?: NoteSourceType }
}

/** How many records of each type a note is linked to: one, one when known, or each that the event mentions. */
export type Links = { readonly [Type in NoteSourceType]?: 'required' | 'optional' | 'several' }

/** The facts of a blueprint, by name. */
export type Facts = { readonly [name: string]: Fact }

/**
 * What a stored fact is, and who may know it: everyone who may see the note, or administrators alone.
 * - `amount`: an integer in minor units, with its unit in another entry of the note's data.
 * - `id`: the id of a record; a collaborator is told it only when it may see that linked record.
 * - `count`: how many records of a type; a collaborator is told how many linked ones it may see.
 */
export type Fact = (
  | { readonly kind: 'string' | 'number' }
  | { readonly kind: 'amount'; readonly units: 'currency' | 'units' }
  | { readonly kind: 'id' | 'count'; readonly of: NoteSourceType }
) & { readonly visibility?: 'administrator' }

/** A blueprint of an extension that works out its own data, under whatever names its template uses. */
export interface NoteResolver {
  readonly description?: string
  readonly template: string
  /**
   * What the template is resolved against, besides the links; the viewer is told all of it.
   * For a collaborator the note has no stored facts, since nothing says which of them it may know.
   */
  data(note: RenderableNote): Readonly<Record<string, unknown>>
}

/**
 * A blueprint of an extension that writes a note for each event of a type: nothing else is needed to see the event in
 * feeds.
 */
export interface EventBlueprint<Type extends EventType = EventType> {
  readonly description?: string
  /** The type of the events, or the slug of those that come in. */
  readonly on: Type
  /** The records that the note is linked to; the first has caused it. They have to exist. */
  sources(event: EventOf<Type>): readonly RecordLink[]
  /** What is stored of the event as it was. Everyone who may see the note is told all of it. */
  facts?(event: EventOf<Type>): Readonly<Record<string, string | number>>
  /** The text. Its placeholders are those of every blueprint: linked names, linked ids, facts. */
  readonly template: string
}

/** A blueprint of whatever form. */
export type AnyBlueprint = (Blueprint & Partial<Written>) | NoteResolver | EventBlueprint

/** Whether a blueprint works its data out when it is read. */
export const isResolver = (blueprint: AnyBlueprint): blueprint is NoteResolver => 'data' in blueprint

/** Whether a blueprint says itself, for each event, what its note is linked to. */
export const isOfEvent = (blueprint: AnyBlueprint): blueprint is EventBlueprint => 'sources' in blueprint

/** A blueprint under its key. */
export type NoteBlueprint = { readonly key: string; readonly description: string } & AnyBlueprint

/** A note as it is stored, with those of its links that the viewer may see, by type and id. */
export interface RenderableNote extends Pick<NoteRow, 'content' | 'creationSource' | 'creationSourceId'> {
  readonly data: Readonly<Record<string, unknown>>
  readonly sources: readonly Pick<NoteSourceRow, 'sourceType' | 'sourceId'>[]
}

const ARTICLES: { readonly [Type in NoteSourceType]: 'a' | 'an' } = {
  collaborator: 'a',
  conversion: 'a',
  obligation: 'an',
  fulfillment: 'a',
  payout: 'a',
  engagement: 'an',
  opportunity: 'an',
  transaction: 'a',
  distribution: 'a',
  program: 'a',
  distributor: 'a',
  organization: 'an',
}

/** The types of record that a note can be linked to. */
export const SOURCE_TYPES = Object.keys(ARTICLES) as readonly NoteSourceType[]

/** Some record of a type, in words: `an opportunity`. */
export const someRecord = (type: NoteSourceType): string => `${ARTICLES[type]} ${type}`

/** A template taken apart: text and placeholders by turns, beginning and ending with text. */
export const partsOf = (template: string): readonly string[] => template.split(/\{([A-Za-z][A-Za-z0-9]*)\}/)

/** The linked type whose name or id a placeholder stands for; undefined for a fact. */
export const linkOf = (placeholder: string): { readonly type: NoteSourceType; readonly id: boolean } | undefined =>
  LINK_PLACEHOLDERS.get(placeholder)

const LINK_PLACEHOLDERS = new Map<string, { type: NoteSourceType; id: boolean }>([
  ...NAMED_TYPES.map(type => [type, { type, id: false }] as const),
  ...SOURCE_TYPES.map(type => [`${type}Id`, { type, id: true }] as const),
])

/** The placeholders of a template. */
export type PlaceholdersOf<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlaceholdersOf<Rest>
  : never

/** What a blueprint must be beyond its parts: its placeholders provided, its links known, its creation source linked. */
export type Sound<B extends Blueprint> = {
  readonly template: [Unprovided<B>] extends [never] ? string : { readonly unprovided: Unprovided<B> }
  readonly links: { readonly [Unknown in Exclude<keyof B['links'], NoteSourceType>]: never }
  readonly creationSource: readonly LinkedTypes<B>[]
}

type Unprovided<B extends Blueprint> = Exclude<
  PlaceholdersOf<B['template']>,
  (LinkedTypes<B> & NamedType) | `${LinkedTypes<B>}Id` | FactNames<B>
>
type LinkedTypes<B extends Blueprint> = keyof B['links'] & NoteSourceType
type FactNames<B extends Blueprint> = B extends { readonly facts: infer Given } ? keyof Given : never
