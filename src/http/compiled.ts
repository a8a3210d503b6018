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
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { may, type Viewer } from '../access/viewer.ts'
import { type Asked, askedIn } from '../graphql/look-ahead.ts'
import type { RequestContext } from './graphql.ts'
import { isoDate } from './iso-date.ts'

// what Yoga's executor takes and answers, which envelop leaves open
type Execute = (args: ExecutionArgs) => unknown

/** A compiled query. It answers undefined, or rejects, where Yoga's executor has to answer instead. */
type Plan = (context: object, variables: object) => unknown

/** The operations of a document that have run, by name: compiled, or null for those that stay with Yoga's executor. */
interface Prepared {
  readonly asked: Asked
  readonly plans: Map<string | null, Plan | null>
}

/**
 * Queries run compiled by graphql-jit from their second run on, and from then on their text alone is looked up: what is
 * found out of a text by parsing and validating it holds for as long as there is one schema. Whatever graphql-jit is known
 * to answer differently stays with Yoga, and so does every answer with an error in it: a query may run twice, and errors
 * must read the same either way. Of a key that may not read, all of Yoga's plugins are asked each time.
 *
 * It also gives each operation its context: of records, what a document that came back does not ask for is not read.
 * For each of the others that would be a statement of its own, which the database has to plan anew.
 */
export const useCompiledQueries = (
  contextFor: (viewer: Viewer, asked?: Asked) => object,
): Plugin<RequestContext, RequestContext> => {
  /** Null for those that have run once. */
  const documents = new WeakMap<DocumentNode, Prepared | null>()
  const texts = new Map<string, Prepared>()
  /** The contexts of operations that have run compiled, and are up to Yoga now. */
  const failed = new WeakSet<object>()

  /** What is known of a document that has come back; most ad-hoc documents never do, and are not worth a compilation. */
  const cameBack = (schema: GraphQLSchema, document: DocumentNode, text: string | undefined): Prepared | undefined => {
    let known = documents.get(document)
    if (known === undefined) {
      documents.set(document, null)
      return undefined
    }
    if (known === null) {
      known = { asked: askedIn(schema, document), plans: new Map() }
      documents.set(document, known)
    }
    if (text !== undefined && text.length <= MAX_LENGTH && !texts.has(text)) {
      // a map is in order of insertion: the one that came first goes
      for (const first of texts.keys()) {
        if (texts.size < MAX_TEXTS) break
        texts.delete(first)
      }
      texts.set(text, known)
    }
    return known
  }

  return {
    onParams({ params: { query, operationName = null, variables }, context, paramsHandler, setParamsHandler }) {
      const known = query === undefined ? undefined : texts.get(query)
      const plan = known?.plans.get(operationName)
      if (!known || !plan || !may(context.viewer, 'records')) return
      setParamsHandler(async given => {
        const result = await run(plan, contextFor(context.viewer, known.asked), variables)
        if (result !== undefined) return result
        failed.add(given.context)
        return paramsHandler(given)
      })
    },
    onExecute({ args, context, executeFn, setExecuteFn, extendContext }) {
      const { viewer, params } = context as RequestContext & { params?: GraphQLParams }
      const { document, schema, operationName = null, variableValues } = args as ExecutionArgs
      const known = cameBack(schema, document, params?.query)
      extendContext(contextFor(viewer, known?.asked))
      const operation = getOperationAST(document, operationName)
      if (known === undefined || !operation || failed.has(context)) return
      let plan = known.plans.get(operationName)
      if (plan === undefined) {
        plan = compile(schema, document, operation)
        known.plans.set(operationName, plan)
      }
      if (plan === null) return
      const compiled = plan
      const execute = executeFn as Execute
      setExecuteFn(async given => (await run(compiled, given.contextValue as object, variableValues)) ?? execute(given))
    },
    onSubscribe: ({ context, extendContext }) => extendContext(contextFor((context as RequestContext).viewer)),
  }
}

/** As many texts as Yoga keeps documents, and how long they may be. */
const MAX_TEXTS = 1024
const MAX_LENGTH = 16_384

/** The answer, unless there is an error in it. */
const run = async (
  plan: Plan,
  context: object,
  variables: object | null | undefined,
): Promise<ExecutionResult | undefined> => {
  try {
    const result = (await plan(context, variables ?? {})) as ExecutionResult
    return result.errors === undefined ? result : undefined
  } catch {
    return undefined
  }
}

const compile = (schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Plan | null => {
  if (operation.operation !== 'query' || !isWorthwhile(operation, document) || !isFaithful(schema, document))
    return null
  const compiled = compileQuery(schema, document, operation.name?.value, {
    customSerializers: { DateTime: date => isoDate(date as Date) },
  })
  if (!isCompiledQuery(compiled)) return null
  return (context, variables) => compiled.query(undefined, context, variables)
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
