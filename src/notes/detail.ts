import type { NoteSourceType } from '../database/rows.ts'
import { SOURCE_TYPES } from './blueprint.ts'

/** A record that a note is linked to. */
export interface NoteLink {
  readonly sourceType: NoteSourceType
  readonly sourceId: number
}

/** What a note is rendered from, besides names. */
export interface NoteDetail {
  /** The links that the viewer may see, by type and id. */
  readonly sources: readonly NoteLink[]
  /** The facts of its event. */
  readonly data: Readonly<Record<string, unknown>>
}

/** Details as they come from the database. */
export interface PackedDetail {
  readonly sources: string | null
  readonly data: Readonly<Record<string, unknown>>
  /** That of the names that were to be shown then, for a viewer who may see each. */
  readonly namesVersion?: number
}

/** A page's entry apart: the note, and its details if they came with it. */
export const detailOf = ({ sources, data = {} }: Partial<PackedDetail>): NoteDetail => ({
  sources: linksFrom(sources ?? ''),
  data,
})

/** 'collaborator:11,program:3' → links, in that order. A page has some two hundred. */
const linksFrom = (text: string): NoteLink[] => {
  const links: NoteLink[] = []
  for (let at = 0; at < text.length; at++) {
    const colon = text.indexOf(':', at)
    const type = text.slice(at, colon) as NoteSourceType
    let sourceId = 0
    for (at = colon + 1; at < text.length && text.charCodeAt(at) !== COMMA; at++)
      sourceId = sourceId * 10 + (text.charCodeAt(at) - ZERO)
    links.push({ sourceType: TYPES.get(type) ?? type, sourceId })
  }
  return links
}
const [COMMA, ZERO] = [44, 48] // of ASCII

/** One text of each type: those that were cut out anew would be hashed and compared wherever a type is looked up. */
const TYPES = new Map(SOURCE_TYPES.map(type => [type, type]))
