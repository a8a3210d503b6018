import type { Viewer } from '../access/viewer.ts'
import { InvalidInputError } from '../errors.ts'

/** A type's name and a record's integer id as one opaque text, unique among all records of the organization. */
export const globalId = (type: string, id: number): string => btoa(`${type}:${id}`)

/** The global id of a viewer, which is no record: the same for all who see the same. */
export const viewerId = (viewer: Viewer): string => {
  const { role, organizationId } = viewer
  return btoa(`Viewer:${role}.${organizationId}${role === 'collaborator' ? `.${viewer.collaboratorId}` : ''}`)
}

/** Whether a text has the form of a viewer's global id, whoever's. */
export const isViewerId = (text: string): boolean => /^Viewer:[a-z]+(\.\d+){1,2}$/.test(decode(text))

/** The parts of a global id. @throws InvalidInputError for anything else. */
export const parseGlobalId = (text: string): GlobalId => {
  const parsed = partsOf(text)
  if (parsed === null) throw new InvalidInputError(`Expected a global id, received ${show(text)}`)
  return parsed
}

/**
 * The integer id that a lookup by type means: given as it is (`15`), or as the type's global id.
 * Null for the global id of another type. @throws InvalidInputError for anything else.
 */
export const idOf = (type: string, text: string): number | null => {
  if (isViewerId(text)) return null
  const parsed = /^\d+$/.test(text) ? { type, id: Number(text) } : partsOf(text)
  if (parsed === null || !isId(parsed.id)) {
    throw new InvalidInputError(`Expected an integer id below 2^53 or a global id, received ${show(text)}`)
  }
  return parsed.type === type ? parsed.id : null
}

interface GlobalId {
  readonly type: string
  readonly id: number
}

const partsOf = (text: string): GlobalId | null => {
  const [, type, digits] = /^([A-Za-z]+):(\d+)$/.exec(decode(text)) ?? []
  const id = Number(digits)
  return type === undefined || !isId(id) ? null : { type, id }
}

const isId = (id: number): boolean => Number.isSafeInteger(id) && id >= 0

const decode = (text: string): string => {
  try {
    return text.length > 200 ? '' : atob(text)
  } catch {
    return ''
  }
}

const show = (text: string): string => JSON.stringify(text.slice(0, 100))
