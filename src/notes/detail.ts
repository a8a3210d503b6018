import type { NoteSourceType } from '../database/rows.ts'

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
export const detailOf = ({ sources = null, data = {} }: Partial<PackedDetail>): NoteDetail => ({
  sources: linksFrom(sources),
  data,
})

/** 'collaborator:11,program:3' → links, in that order. */
const linksFrom = (text: string | null): NoteLink[] =>
  text === null
    ? []
    : text.split(',').map(link => {
        const colon = link.indexOf(':')
        return { sourceType: link.slice(0, colon) as NoteSourceType, sourceId: +link.slice(colon + 1) }
      })
