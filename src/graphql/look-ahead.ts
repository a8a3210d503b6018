import { type DocumentNode, type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode, visit } from 'graphql'
import type { Fields } from '../database/tables.ts'

export type { Fields }

type Document = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>
const selections = new WeakMap<FieldNode, ReadonlySet<string>>()

/**
 * The names of all fields anywhere below the field that is being resolved.
 * Documents are cached by their text, so this is worked out once per document and is a look-up after that.
 * It errs on the side of too much (`@skip` and type conditions are not looked at): good enough to decide what to read
 * along, never to decide what to answer.
 */
export const selectedBelow = ({ fieldNodes, fragments }: Document): ReadonlySet<string> => {
  const [node] = fieldNodes
  let names = node && selections.get(node)
  if (names === undefined) {
    const found = new Set<string>()
    for (const each of fieldNodes) collect(each.selectionSet, fragments, found, new Set())
    names = found
    if (node) selections.set(node, names)
  }
  return names
}

/** The names of all fields in a document, whatever they are fields of: the same set each time the document runs. */
export const fieldsIn = (document: DocumentNode): Fields => {
  let names = fields.get(document)
  if (names === undefined) {
    const found = new Set<string>()
    visit(document, { Field: ({ name }) => void found.add(name.value) })
    names = found
    fields.set(document, names)
  }
  return names
}
const fields = new WeakMap<DocumentNode, Fields>()

const collect = (
  set: SelectionSetNode | undefined,
  fragments: Document['fragments'],
  found: Set<string>,
  spread: Set<string>,
): void => {
  for (const selection of set?.selections ?? []) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const name = selection.name.value
      if (spread.has(name)) continue
      spread.add(name)
      collect(fragments[name]?.selectionSet, fragments, found, spread)
    } else {
      if (selection.kind === Kind.FIELD) found.add(selection.name.value)
      collect(selection.selectionSet, fragments, found, spread)
    }
  }
}
