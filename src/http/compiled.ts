import {
  type ASTNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isInputObjectType,
  isInputType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import type { Plugin } from 'graphql-yoga'

// what Yoga's executor takes and answers, which envelop leaves open
type Execute = (args: ExecutionArgs) => unknown

/**
 * Queries run compiled by graphql-jit from their second run on. Whatever it is known to answer differently stays with
 * Yoga's executor, and so does every answer with an error in it: a query may run twice, and errors must read the same
 * either way. A plan belongs to one schema, document and operation, and goes when its document leaves Yoga's cache.
 */
export const useCompiledQueries = (): Plugin => {
  const plans = new WeakMap<GraphQLSchema, WeakMap<DocumentNode, Map<string, Execute | null>>>()

  const planFor = ({ schema, document, operationName }: ExecutionArgs, execute: Execute): Execute | null => {
    let documents = plans.get(schema)
    if (documents === undefined) {
      documents = new WeakMap()
      plans.set(schema, documents)
    }
    const operations = documents.get(document)
    if (operations === undefined) {
      documents.set(document, new Map()) // most ad-hoc documents never come back: not worth a compilation
      return null
    }
    const name = operationName ?? ''
    let plan = operations.get(name)
    if (plan === undefined) {
      plan = compile(schema, document, operationName, execute)
      operations.set(name, plan)
    }
    return plan
  }

  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const plan = planFor(args, executeFn)
      if (plan !== null) setExecuteFn(plan)
    },
  }
}

const compile = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  execute: Execute,
): Execute | null => {
  const operation = getOperationAST(document, operationName)
  if (operation?.operation !== 'query' || !isWorthwhile(operation, document) || !isFaithful(schema, document))
    return null
  const compiled = compileQuery(schema, document, operationName ?? undefined)
  if (!isCompiledQuery(compiled)) return null
  return args => {
    const checked = (result: ExecutionResult) => (result.errors === undefined ? result : execute(args))
    try {
      const result = compiled.query(args.rootValue, args.contextValue, args.variableValues ?? {})
      return result instanceof Promise ? result.then(checked) : checked(result)
    } catch {
      return execute(args)
    }
  }
}

/**
 * False for what would take long to compile, which holds all requests up: the time grows with the square of the depth, and
 * with every spread of a fragment, of which a short document can make thousands.
 */
const isWorthwhile = (operation: OperationDefinitionNode, document: DocumentNode): boolean => {
  const fragments = new Map<string, SelectionSetNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet)
  let selections = 0
  const fits = (set: SelectionSetNode | undefined, depth: number): boolean =>
    set === undefined ||
    (depth <= MAX_DEPTH &&
      set.selections.every(
        selection =>
          ++selections <= MAX_SELECTIONS &&
          (selection.kind === Kind.FRAGMENT_SPREAD
            ? fits(fragments.get(selection.name.value), depth + 1)
            : fits(selection.selectionSet, depth + 1)),
      ))
  return fits(operation.selectionSet, 1)
}
const MAX_SELECTIONS = 250
const MAX_DEPTH = 25

/**
 * False for what graphql-jit 0.8 gets silently wrong (variables inside literals, `@oneOf`) or always fails at (abstract
 * types that resolve later: below an async resolver it would never answer).
 */
const isFaithful = (schema: GraphQLSchema, document: DocumentNode): boolean => {
  let faithful = true
  const types = new TypeInfo(schema)
  const never = () => {
    faithful = false
  }
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: () => {
        const type = types.getType()
        if (type && isAbstractType(getNamedType(type))) never()
      },
      Variable: (_node, _key, parent) => {
        const insideList = Array.isArray(parent)
        if (insideList || (parent as ASTNode).kind === Kind.OBJECT_FIELD) never()
      },
      Argument: () => {
        if (reachesOneOf(types.getInputType())) never()
      },
      VariableDefinition: node => {
        const type = typeFromAST(schema, node.type)
        if (isInputType(type) && reachesOneOf(type)) never()
      },
    }),
  )
  return faithful
}

const reachesOneOf = (type: GraphQLInputType | null | undefined, seen = new Set<unknown>()): boolean => {
  const named = type && getNamedType(type)
  if (!named || !isInputObjectType(named) || seen.has(named)) return false
  seen.add(named)
  return named.isOneOf || Object.values(named.getFields()).some(field => reachesOneOf(field.type, seen))
}
