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
 * Where a connection is selected of the record that is being resolved, so that its page has to be read. Undefined when that
 * is nowhere; in several places, which may ask for different things; or under a condition, such as `@include`.
 */
export const pageOfRecord = (document: Document, name: string): FieldNode | undefined =>
  onlyPage(document, name, (_, nodes) => nodes)

/** The same of the nodes of the connection that is being resolved. */
export const pageOfNodes = (document: Document, name: string): FieldNode | undefined =>
  onlyPage(document, name, (named, nodes) => [...named(nodes, 'nodes'), ...named(named(nodes, 'edges'), 'node')])

type Named = (nodes: readonly FieldNode[], field: string) => readonly FieldNode[]

const onlyPage = (
  { fieldNodes, fragments }: Document,
  name: string,
  recordsIn: (named: Named, nodes: readonly FieldNode[]) => readonly FieldNode[],
): FieldNode | undefined => {
  const [first] = fieldNodes
  if (first === undefined) return undefined
  const known = onlyPages.get(first) ?? new Map<string, FieldNode | null>()
  onlyPages.set(first, known)
  let found = known.get(name)
  if (found === undefined) {
    const named: Named = (nodes, field) =>
      nodes.flatMap(({ selectionSet }) => fieldsIn(selectionSet, fragments)).filter(each => each.name.value === field)
    const [only, ...others] = new Set(named(recordsIn(named, fieldNodes), name))
    found = only && others.length === 0 && PAGE.some(field => named([only], field).length > 0) ? only : null
    known.set(name, found)
  }
  return found ?? undefined
}
/** By the field that is being resolved, which is a record or a list, and by name. */
const onlyPages = new WeakMap<FieldNode, Map<string, FieldNode | null>>()
/** The fields of a connection that its page has to be read for. */
const PAGE = ['nodes', 'edges', 'pageInfo']

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
