/** A note as it is stored, with what it is linked to. */
export interface StoredNote {
  readonly content: string
  readonly data: Readonly<Record<string, unknown>>
  readonly sources: readonly { readonly sourceType: string; readonly sourceId: number }[]
}

/** The name of a linked record. */
export type NameOf = (type: string, id: number) => string | undefined

type Part = string | ((note: StoredNote, nameOf: NameOf) => string)

const NAMED = ['collaborator', 'program', 'distributor', 'organization']

/**
 * Notes as text, for an administrator, by hand: as little work as there can be, for the servers that the gateway is
 * measured against. Whether its texts are the gateway's is checked before anything is measured.
 */
export const renderer = (templates: Readonly<Record<string, string>>) => {
  const compiled = new Map(Object.entries(templates).map(([key, template]) => [key, compile(template)]))
  return (note: StoredNote, nameOf: NameOf): string => {
    let text = ''
    for (const part of compiled.get(note.content) ?? [note.content])
      text += typeof part === 'string' ? part : part(note, nameOf)
    return text
  }
}

const compile = (template: string): Part[] =>
  template.split(/(\w+ #\{\w+\}|\{\w+\})/).map((piece): Part => {
    const [, lead = '', name] = /^(?:(\w+ #))?\{(\w+)\}$/.exec(piece) ?? []
    if (name === undefined) return piece
    if (name === 'amount') return ({ data }) => amount(data.amount, data.currency ?? data.units)
    if (name === 'count') return ({ data }) => String(data.count)
    if (NAMED.includes(name)) return (note, nameOf) => namesOf(name, note, nameOf)
    if (!name.endsWith('Id')) return ({ data }) => String(data[name] ?? 'unknown')
    const type = name.slice(0, -2)
    return ({ sources }) => {
      for (const source of sources) if (source.sourceType === type) return lead + source.sourceId
      // a group may win, and a manager credit, without a transaction: these texts then name the opportunity
      for (const source of sources)
        if (source.sourceType === 'opportunity')
          return `${lead.startsWith('T') ? 'Opportunity' : 'opportunity'} #${source.sourceId}`
      return ''
    }
  })

const namesOf = (type: string, { sources, data }: StoredNote, nameOf: NameOf): string => {
  let names = ''
  for (const { sourceType, sourceId } of sources) {
    if (sourceType !== type || (type === 'program' && data.winnerId !== undefined && data.winnerId !== sourceId))
      continue
    names += (names === '' ? '' : ', ') + nameOf(type, sourceId)
  }
  return names
}

const amount = (value: unknown, units: unknown): string => {
  if (typeof units !== 'string' || !/^[A-Z]{3}$/.test(units)) return `${value} ${units}`
  const digits = String(value).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)} ${units}`
}
