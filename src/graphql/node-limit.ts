import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'
import { MAX_PAGE_SIZE, PAGE_SIZE } from './paging.ts'
import { hasVariable } from './requests.ts'

/** A query that could return more nodes is refused before it runs. */
export const MAX_NODES = 100_000

/** The variables of a request, before they are coerced. */
type Variables = Readonly<Record<string, unknown>>

/** A number, or what makes it of the variables. */
type Amount = number | ((variables: Variables) => number)

/** How many nodes an operation can return at most. A plain number is the same for all variables. */
export const mostNodes = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Amount => {
  let amount = known.get(operation)
  if (amount === undefined) {
    amount = new Estimate(schema, document, operation).amount()
    known.set(operation, amount)
  }
  return amount
}
const known = new WeakMap<OperationDefinitionNode, Amount>()

/** What an amount is with these variables. */
export const amountWith = (amount: Amount, variables: Variables | null | undefined): number =>
  typeof amount === 'number' ? amount : amount(variables ?? {})

/**
 * Counts nodes (objects of types that implement `Node`) as if each page and each list were full: the nodes of a list
 * count as often as there can be nodes around it. Fields that are selected in several places count once, as they are
 * answered once; `@skip` and `@include` are not looked at.
 */
class Estimate {
  readonly #fragments = new Map<string, FragmentDefinitionNode>()
  readonly #defaults: Variables
  #visits = 0

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly operation: OperationDefinitionNode,
  ) {
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition)
    this.#defaults = Object.fromEntries(
      (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
        defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
      ),
    )
  }

  amount(): Amount {
    const root = this.schema.getRootType(this.operation.operation)
    return root ? this.#below(root, [this.operation.selectionSet]) : 0
  }

  /** The nodes below one object; `page` is how many there are in a list that is a field of it, where it says so. */
  #below(type: GraphQLNamedType, sets: readonly SelectionSetNode[], page?: Amount): Amount {
    if (isAbstractType(type))
      return this.schema
        .getPossibleTypes(type)
        .map(each => this.#below(each, sets))
        .reduce<Amount>((most, each) => combined(Math.max, most, each), 0)
    if (!isObjectType(type)) return 0
    return [...this.#collect(type, sets).values()]
      .map(nodes => this.#of(type, nodes, page))
      .reduce<Amount>((sum, each) => combined(add, sum, each), 0)
  }

  /** The nodes that one field returns, itself and all below it; `nodes` are the places where it is selected. */
  #of(parent: GraphQLObjectType, nodes: readonly FieldNode[], page: Amount | undefined): Amount {
    const [node] = nodes as [FieldNode]
    const field = parent.getFields()[node.name.value]
    if (field === undefined) return 0 // introspection, which has no nodes
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    if (sets.length === 0) return 0
    // fragments that spread others make a short document an endless one
    if (++this.#visits > MAX_NODES) return Number.POSITIVE_INFINITY
    const type = getNamedType(field.type)
    const isPaged = ['first', 'last'].every(name => field.args.some(arg => arg.name === name))
    const pageBelow = isPaged
      ? combined(sizeOfPage, this.#argument(node, 'first', asNumber), this.#argument(node, 'last', asNumber))
      : undefined
    const each = combined(add, this.#isNode(type) ? 1 : 0, this.#below(type, sets, pageBelow))
    if (!isListType(getNullableType(field.type))) return each
    const size =
      page ?? combined(sizeOfList, this.#argument(node, 'limit', asNumber), this.#argument(node, 'ids', lengthOf))
    return combined(multiply, size, each)
  }

  /** What is read of the value of an argument; not a number where there is none. */
  #argument(field: FieldNode, name: string, read: (value: unknown) => number): Amount {
    const node = field.arguments?.find(each => each.name.value === name)?.value
    if (node === undefined) return Number.NaN
    if (!hasVariable(node)) return read(valueFromASTUntyped(node))
    return variables => read(valueFromASTUntyped(node, { ...this.#defaults, ...variables }))
  }

  #isNode(type: GraphQLNamedType): boolean {
    const node = this.schema.getType('Node')
    return isInterfaceType(node) && (type === node || (isObjectType(type) && this.schema.isSubType(node, type)))
  }

  /** The fields that are selected on an object, by the key under which each is answered. */
  #collect(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const fields = new Map<string, FieldNode[]>()
    const spread = new Set<string>()
    const collect = (set: SelectionSetNode): void => {
      for (const selection of set.selections) {
        if (selection.kind === Kind.FIELD) {
          const key = (selection.alias ?? selection.name).value
          fields.set(key, [...(fields.get(key) ?? []), selection])
          continue
        }
        const name = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : undefined
        const part = selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection
        if (part === undefined || (name !== undefined && spread.has(name))) continue
        if (name !== undefined) spread.add(name)
        if (this.#applies(part.typeCondition?.name.value, type)) collect(part.selectionSet)
      }
    }
    for (const set of sets) collect(set)
    return fields
  }

  #applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true
    const on = this.schema.getType(condition)
    return isAbstractType(on) && this.schema.isSubType(on, type)
  }
}

/** How many there are taken to be in a list that has neither a page nor another size. */
const LIST_SIZE = PAGE_SIZE

const sizeOfPage = (first: number, last: number): number => {
  const size = Number.isNaN(first) ? last : first
  return Number.isNaN(size) ? PAGE_SIZE : Math.min(Math.max(size, 0), MAX_PAGE_SIZE) // others are refused by the field
}

const sizeOfList = (limit: number, ids: number): number => {
  const size = Number.isNaN(limit) ? ids : limit
  return Number.isNaN(size) ? LIST_SIZE : size
}

/** What is no size is left to the field, which refuses it. */
const asNumber = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : Number.NaN)
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 1) // one value is a list of one

const add = (one: number, other: number): number => one + other
const multiply = (one: number, other: number): number => (one === 0 || other === 0 ? 0 : one * other)

const combined = (combine: (one: number, other: number) => number, one: Amount, other: Amount): Amount =>
  typeof one === 'number' && typeof other === 'number'
    ? combine(one, other)
    : variables => combine(amountWith(one, variables), amountWith(other, variables))
