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
 * Where a field is selected of the nodes of the connection that is being resolved, with any of these fields below it.
 * Undefined when that is nowhere; in several places, which may ask for different things; or under a condition, such as
 * `@include`.
 */
export const ofNodes = (
  { fieldNodes, fragments }: Document,
  name: string,
  below: readonly string[],
): FieldNode | undefined => {
  const [first] = fieldNodes
  if (first === undefined) return undefined
  const known = fieldsOfNodes.get(first) ?? new Map<string, FieldNode | null>()
  fieldsOfNodes.set(first, known)
  let found = known.get(name)
  if (found === undefined) {
    const named = (nodes: readonly FieldNode[], field: string) =>
      nodes.flatMap(({ selectionSet }) => fieldsIn(selectionSet, fragments)).filter(each => each.name.value === field)
    const nodes = [...named(fieldNodes, 'nodes'), ...named(named(fieldNodes, 'edges'), 'node')]
    const [only, ...others] = new Set(named(nodes, name))
    found = only && others.length === 0 && below.some(field => named([only], field).length > 0) ? only : null
    known.set(name, found)
  }
  return found ?? undefined
}
const fieldsOfNodes = new WeakMap<FieldNode, Map<string, FieldNode | null>>()

/** The fields of a selection set itself that are there without a condition. */
const fieldsIn = (
  set: SelectionSetNode | undefined,
  fragments: Document['fragments'],
  spread = new Set<string>(),
): FieldNode[] =>
  (set?.selections ?? []).flatMap(selection => {
    if (selection.directives?.length) return []
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
