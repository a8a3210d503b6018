import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { may, type Viewer } from '../access/viewer.ts'
import { compile, type Plan } from '../graphql/compile.ts'
import { type Asked, askedIn } from '../graphql/look-ahead.ts'
import { amountWith, MAX_NODES, mostNodes } from '../graphql/node-limit.ts'
import type { RequestContext } from './graphql.ts'
import { isoDate } from './iso-date.ts'

// what Yoga's executor takes and answers, which envelop leaves open
type Execute = (args: ExecutionArgs) => unknown

/** The operations of a document that have run, by name: compiled, or null for those that stay with Yoga's executor. */
interface Prepared {
  readonly asked: Asked
  readonly plans: Map<string | null, Plan | null>
}

/**
 * Queries run compiled from their second run on, and from then on their text alone is looked up: what is found out of a
 * text by parsing and validating it holds for as long as there is one schema. Whatever has no plan stays with Yoga, and so
 * does every answer in which something is wrong: a query may run twice, and errors must read the same either way. Of a key
 * that may not read, all of Yoga's plugins are asked each time.
 *
 * It also gives each operation its context: of records, what a document that came back does not ask for is not read.
 * For each of the others that would be a statement of its own, which the database has to plan anew.
 */
export const useCompiledQueries = (
  contextFor: (viewer: Viewer, asked?: Asked) => object,
): Plugin<RequestContext, RequestContext> => {
  /** Null for those that have run once. */
  let documents = new WeakMap<DocumentNode, Prepared | null>()
  const texts = new Map<string, Prepared>()
  /** How many selections are kept as plans. */
  let planned = 0
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
        const size = sizeOf(operation, document)
        plan =
          (size !== undefined &&
            limited(compile(schema, document, operation, SERIALIZERS), schema, document, operation)) ||
          null
        known.plans.set(operationName, plan)
        planned += size ?? 0
        if (planned > MAX_PLANNED) {
          texts.clear()
          documents = new WeakMap()
          planned = 0
        }
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
/** As many selections as plans are kept of, of less than a kilobyte each; with one more they are all made anew. */
const MAX_PLANNED = 100_000

/** A plan that does not run where the answer could be too large: that is said by `useNodeLimit`. */
const limited = (
  plan: Plan | undefined,
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Plan | undefined => {
  const most = mostNodes(schema, document, operation)
  if (plan === undefined || typeof most === 'number') return plan // it was looked at before the plan was made
  return (context, variables) => {
    if (amountWith(most, variables as Record<string, unknown>) > MAX_NODES) throw new RangeError('Too many nodes')
    return plan(context, variables)
  }
}

/** The answer, unless something is wrong in it. */
const run = async (
  plan: Plan,
  context: object,
  variables: object | null | undefined,
): Promise<ExecutionResult | undefined> => {
  try {
    return await plan(context, variables ?? {})
  } catch {
    return undefined
  }
}

const SERIALIZERS = { DateTime: (date: unknown) => isoDate(date as Date) }

/**
 * How many selections an operation has, with those of its fragments wherever they are spread, of which a short document can
 * make thousands. Undefined for so many, or such deep ones, that to compile them would hold all requests up.
 */
const sizeOf = (operation: OperationDefinitionNode, document: DocumentNode): number | undefined => {
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
  return fits(operation.selectionSet, 1) ? selections : undefined
}
const MAX_SELECTIONS = 250
const MAX_DEPTH = 25
