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

/** As much of a resolver's info as tells what is selected below its field. */
export type Document = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>

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

/**
 * Where a field is selected of the nodes of the connection that is being resolved; undefined when that is nowhere, or in
 * several places, which may ask for different things.
 */
export const ofNodes = ({ fieldNodes, fragments }: Document, name: string): FieldNode | undefined => {
  const [first] = fieldNodes
  const known = first && nodeFields.get(first)
  if (known?.has(name)) return known.get(name)
  const below = (nodes: readonly FieldNode[], field: string) =>
    nodes.flatMap(({ selectionSet }) => fieldsIn(selectionSet, fragments).filter(({ name }) => name.value === field))
  const nodes = [...below(fieldNodes, 'nodes'), ...below(below(fieldNodes, 'edges'), 'node')]
  const found = below(nodes, name)
  const only = found.length === 1 ? found[0] : undefined
  if (first) nodeFields.set(first, new Map(known).set(name, only))
  return only
}
const nodeFields = new WeakMap<FieldNode, Map<string, FieldNode | undefined>>()

/** The fields of a selection set itself. */
const fieldsIn = (
  set: SelectionSetNode | undefined,
  fragments: Document['fragments'],
  spread = new Set<string>(),
): FieldNode[] =>
  (set?.selections ?? []).flatMap(selection => {
    if (selection.kind === Kind.FIELD) return [selection]
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsIn(selection.selectionSet, fragments, spread)
    const name = selection.name.value
    if (spread.has(name)) return []
    spread.add(name)
    return fieldsIn(fragments[name]?.selectionSet, fragments, spread)
  })

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
