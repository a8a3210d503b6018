import {
  type DocumentNode,
  type FieldNode,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { Asked } from '../datastores.ts'

export type { Asked }

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

/** Which fields of each type a document names anywhere. It too errs on the side of too much. */
export const askedIn = (schema: GraphQLSchema, document: DocumentNode): Asked => {
  const asked = new Map<string, Set<string>>()
  const types = new TypeInfo(schema)
  const add = (type: string, field: string) => asked.set(type, (asked.get(type) ?? new Set()).add(field))
  const enter = ({ name }: FieldNode) => {
    const parent = types.getParentType()
    if (!parent) return
    add(parent.name, name.value)
    if (isAbstractType(parent)) for (const type of schema.getPossibleTypes(parent)) add(type.name, name.value)
  }
  visit(document, visitWithTypeInfo(types, { Field: { enter } }))
  return asked
}

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
