import {
  type ASTVisitor,
  type DocumentNode,
  execute,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  TypeInfo,
  type ValidationContext,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { createYoga, isAsyncIterable, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import { may, type Viewer } from '../access/viewer.ts'
import type { Asked } from '../graphql/look-ahead.ts'
import { amountWith, MAX_NODES, mostNodes } from '../graphql/node-limit.ts'
import { useCompiledQueries } from './compiled.ts'
import { graphqlError, MASKED, publicError, statusOf } from './errors.ts'

/** What a request brings to a query. */
export interface RequestContext {
  readonly viewer: Viewer
  readonly requestId: string
}

/** What answers queries, and how. */
export interface GraphqlOptions {
  schema: GraphQLSchema
  /** The context of one query; given what it asks for, for that alone. */
  contextFor: (viewer: Viewer, asked?: Asked) => object
  introspection: boolean
  log: Logger
}

/** Yoga, as this gateway sets it up. */
export type Yoga = YogaServerInstance<RequestContext, object>

/** Everything about GraphQL, whichever way a request comes in. */
export const makeYoga = ({ schema, contextFor, introspection, log }: GraphqlOptions): Yoga =>
  createYoga<RequestContext, object>({
    schema,
    plugins: [
      useExecutor(),
      useRequestForms(),
      useBoundedDocuments(),
      useRules(introspection),
      useReaders(),
      useNodeLimit(),
      useErrorLog(log),
      useCompiledQueries(contextFor),
    ],
    maskedErrors: { maskError: publicError, errorMessage: MASKED },
    // the shell around it has these
    cors: false,
    maxRequestBodySize: false,
    logging: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    // matched against the end of the whole URL, query included: a line break is never in one
    healthCheckEndpoint: '\n',
  })

/** Yoga's own executor takes any value that has a `then` for a promise, and so an object with a field of that name. */
const useExecutor = (): Plugin => ({ onExecute: ({ setExecuteFn }) => setExecuteFn(execute) })

/** What clients send in place of a query, or of no name. */
const useRequestForms = (): Plugin => ({
  onParams: ({ params, setParams }) => {
    // the words by which Apollo's and urql's clients know that they have to send the whole query
    if (params.query == null && params.extensions?.persistedQuery != null)
      throw new GraphQLError('PersistedQueryNotSupported', {
        extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED', http: { status: 400, spec: true } },
      })
    const { operationName, ...unnamed } = params
    if (operationName === '') setParams(unnamed) // as by GET, where it cannot be told from an absent one
  },
})

/** graphql-js parses recursively and compares fields pairwise: a document as large as the body may be would hold the process up. */
const MAX_TOKENS = 10_000

/** Documents that the parser or a rule cannot get through answer an error. */
const useBoundedDocuments = (): Plugin => ({
  onParse: ({ setParseFn }) =>
    setParseFn((source, options) =>
      shallow('GRAPHQL_PARSE_FAILED', () => parse(source, { ...options, maxTokens: MAX_TOKENS })),
    ),
  onValidate: ({ validateFn, setValidationFn }) =>
    setValidationFn((...args) => shallow('GRAPHQL_VALIDATION_FAILED', () => validateFn(...args))),
})

const shallow = <T>(code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED', work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new GraphQLError('The document is nested too deeply', {
      extensions: { code, http: { status: 400, spec: true } },
    })
  }
}

/** Rules beyond the specification's, and the code of what they and the scalars find. */
const useRules = (introspection: boolean): Plugin => ({
  onValidate: ({ addValidationRule, params: { schema, documentAST } }) => {
    addValidationRule(KnownOperationTypesRule)
    if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule)
    return ({ valid, result }) => {
      if (valid) return
      const values = valuesOfOwnScalars(schema, documentAST)
      for (const error of result as GraphQLError[]) {
        const node = error.nodes?.[0]
        // some scalars do not say where; the validator does not either when it gives up
        const refused =
          node === undefined ? !error.message.endsWith('Validation aborted.') : values.has(node as ValueNode)
        if (refused) Object.assign(error.extensions, { code: 'BAD_USER_INPUT' })
      }
    }
  },
})

/** graphql-js lets a mutation through where the schema has none, and fails at it later. */
const KnownOperationTypesRule = (context: ValidationContext): ASTVisitor => ({
  OperationDefinition: node => {
    if (context.getSchema().getRootType(node.operation) == null)
      context.reportError(new GraphQLError(`The schema has no ${node.operation}s: expected a query`, { nodes: node }))
  },
})

/** A literal that a scalar of this schema refuses is bad input, as it is in a variable; the built-in ones are the validator's. */
const valuesOfOwnScalars = (schema: GraphQLSchema, document: DocumentNode): ReadonlySet<ValueNode> => {
  const values = new Set<ValueNode>()
  const types = new TypeInfo(schema)
  const enter = (node: ValueNode) => {
    const type = types.getInputType()
    const named = type && getNamedType(type)
    if (isScalarType(named) && !isSpecifiedScalarType(named)) values.add(node)
  }
  const ofEach = [Kind.INT, Kind.FLOAT, Kind.STRING, Kind.BOOLEAN, Kind.ENUM, Kind.LIST, Kind.OBJECT]
  visit(document, visitWithTypeInfo(types, Object.fromEntries(ofEach.map(kind => [kind, { enter }]))))
  return values
}

/** Refuses an operation whose answer could be so large that making it would hold up or end the process. */
const useNodeLimit = (): Plugin => ({
  onExecute: ({ args, setResultAndStopExecution }) => {
    const { schema, document, operationName, variableValues } = args
    const operation = getOperationAST(document, operationName)
    if (!operation) return
    const most = amountWith(mostNodes(schema, document, operation), variableValues)
    if (most <= MAX_NODES) return
    const received = Number.isFinite(most) ? most : 'far more'
    const message = `Expected a query that returns at most ${MAX_NODES} nodes, received one that could return ${received}: ask for smaller pages`
    const extensions = { code: 'QUERY_TOO_COMPLEX', http: { status: statusOf.QUERY_TOO_COMPLEX, spec: true } }
    setResultAndStopExecution({ errors: [new GraphQLError(message, { extensions })] })
  },
})

/** A key that is not for reading may ask for the root fields of introspection alone. */
const useReaders = (): Plugin<RequestContext> => {
  const refuse = ({ args, setResultAndStopExecution }: OperationHook) => {
    const { viewer } = args.contextValue as RequestContext
    if (!may(viewer, 'records') && reads(args.document, args.operationName))
      setResultAndStopExecution({
        errors: [graphqlError('FORBIDDEN', 'This key reads nothing: expected one with the scope records')],
      })
  }
  return { onExecute: refuse, onSubscribe: refuse }
}

interface OperationHook {
  args: { contextValue?: unknown; document: DocumentNode; operationName?: string | null }
  setResultAndStopExecution: (result: { errors: GraphQLError[] }) => void
}

const reads = (document: DocumentNode, operationName: string | null | undefined): boolean => {
  const operation = getOperationAST(document, operationName)
  return operation != null && rootFields(operation, document).some(field => !field.name.value.startsWith('__'))
}

/** Whatever @skip says: a field that is named is asked for. */
const rootFields = (operation: OperationDefinitionNode, document: DocumentNode): FieldNode[] => {
  const fields: FieldNode[] = []
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const collect = (set: SelectionSetNode | undefined) => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) fields.push(selection)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else {
        const name = selection.name.value
        const fragment = fragments.get(name)
        fragments.delete(name) // each once
        collect(fragment?.selectionSet)
      }
    }
  }
  collect(operation.selectionSet)
  return fields
}

/** Errors whose words the client does not get go to the log whole, with the id of their request. */
const useErrorLog = (log: Logger): Plugin<object, RequestContext> => ({
  onExecutionResult: ({ result, context }) => {
    if (result == null || Array.isArray(result) || isAsyncIterable(result)) return
    for (const { extensions, originalError, path } of result.errors ?? [])
      if (extensions.code === 'INTERNAL_SERVER_ERROR' || extensions.code === 'SERVICE_UNAVAILABLE')
        log.error({ requestId: context.requestId, path, err: originalError }, 'query failed')
  },
})
