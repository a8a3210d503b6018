import { GraphQLError, type GraphQLErrorExtensions, Kind } from 'graphql'
import { type ErrorCode, SirenError } from '../errors.ts'

/** Every code that an answer over HTTP can carry. */
export type PublicCode =
  | Exclude<ErrorCode, 'NOT_FOUND'>
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'BAD_REQUEST'
  | 'QUERY_TOO_COMPLEX'
  | 'RATE_LIMITED'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  | 'INTERNAL_SERVER_ERROR'

/** The HTTP status that says the same as a code. */
export const statusOf: Readonly<Record<PublicCode | 'NOT_FOUND', number>> = {
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  BAD_REQUEST: 400,
  BAD_USER_INPUT: 400,
  QUERY_TOO_COMPLEX: 400,
  PERSISTED_QUERY_NOT_SUPPORTED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  VALIDATION_FAILED: 422,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
}

/** The body of an answer that is an error and nothing else, in GraphQL's shape on every path. */
export const errorBody = (code: PublicCode | 'NOT_FOUND', message: string) => ({
  errors: [{ message, extensions: { code } }],
})

/** A GraphQL error that a client may read. */
export const graphqlError = (code: PublicCode, message: string, status = statusOf[code]): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http: { status } } })

/**
 * What a client may know of an error that stopped a query or one of its fields. Whatever is not known to be the caller's
 * own doing is masked; the error that it stands for stays in `originalError`, which is never sent.
 */
export const publicError = (error: unknown): GraphQLError => {
  const located = error instanceof GraphQLError ? error : undefined
  const cause = causeOf(error)
  if (cause instanceof SirenError) return standIn(cause.message, publicCode(cause.code), cause, located)
  if (isUnavailable(cause)) return standIn(UNAVAILABLE, 'SERVICE_UNAVAILABLE', cause, located)
  if (!(cause instanceof GraphQLError) || located === undefined)
    return standIn(MASKED, 'INTERNAL_SERVER_ERROR', cause, located)
  const { code } = located.extensions
  if (code === 'BAD_REQUEST' || code === 'OPERATION_RESOLUTION_FAILURE') return badRequest(located)
  if (isPublicCode(code)) return located
  return isAboutInput(located) ? inputError(located) : standIn(MASKED, 'INTERNAL_SERVER_ERROR', cause, located)
}

/** What stands in the place of an error that is not the client's to read. */
export const MASKED = 'Internal server error'
/** What a client reads when the database cannot answer. */
export const UNAVAILABLE = 'The service is unavailable for the moment: try again later'

/** Whether an error says that the database cannot be reached, or does not answer in time. */
export const isUnavailable = (error: unknown): boolean => says(error, 5)

/** Prisma has what its driver said somewhere inside; errors also have causes. */
const says = (error: unknown, depth: number): boolean => {
  if (typeof error !== 'object' || error === null || depth === 0) return false
  const { code, originalCode, kind, severity, message, cause, meta } = error as Record<string, unknown>
  return (
    [code, originalCode].some(found => typeof found === 'string' && UNAVAILABLE_CODE.test(found)) ||
    severity === 'FATAL' || // PostgreSQL ended the connection, or did not let it begin
    (typeof kind === 'string' && UNAVAILABLE_KIND.test(kind)) ||
    (typeof message === 'string' && LOST_CONNECTION.test(message)) ||
    says(cause, depth - 1) ||
    says((meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError, depth - 1)
  )
}

/** Sockets, PostgreSQL (connections, races lost for good, resources, operator, statement timeout, log-in, no such database), Prisma. */
const UNAVAILABLE_CODE =
  /^(?:E(?:CONNREFUSED|CONNRESET|CONNABORTED|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)|08...|40001|40P01|53...|57P0.|57014|28...|3D000|P100[0-3]|P1008|P1017|P2024)$/

/** Prisma's driver adapters. */
const UNAVAILABLE_KIND =
  /^(?:DatabaseNotReachable|ConnectionClosed|TooManyConnections|SocketTimeout|AuthenticationFailed|DatabaseDoesNotExist|DatabaseAccessDenied|TlsConnectionError)$/

/** What pg and PGlite say without a code. */
const LOST_CONNECTION =
  /^(?:timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Query read timeout|Cannot use a pool after calling end|PGlite is clos)/

const causeOf = (error: unknown): unknown => {
  let cause = error
  while (cause instanceof GraphQLError && cause.originalError != null) cause = cause.originalError
  return cause
}

const publicCode = (code: ErrorCode): PublicCode => (code === 'NOT_FOUND' ? 'BAD_USER_INPUT' : code)

const isPublicCode = (code: unknown): code is PublicCode =>
  typeof code === 'string' && code !== 'NOT_FOUND' && Object.hasOwn(statusOf, code)

const standIn = (message: string, code: PublicCode, cause: unknown, located: GraphQLError | undefined): GraphQLError =>
  new GraphQLError(message, {
    nodes: located?.nodes ?? null,
    source: located?.source ?? null,
    positions: located?.positions ?? null,
    path: located?.path ?? null,
    originalError: cause instanceof Error ? cause : new Error(`Thrown, but not an error: ${String(cause)}`),
    // a field's error comes beside data, with status 200
    extensions: located?.path === undefined ? { code, http: { status: statusOf[code] } } : { code },
  })

/** An error in the variables or arguments. Found before any field was run, its status is 200 over plain application/json, as the specification asks. */
const inputError = (error: GraphQLError): GraphQLError =>
  copy(
    error,
    error.path === undefined
      ? { code: 'BAD_USER_INPUT', http: { status: statusOf.BAD_USER_INPUT, spec: true } }
      : { code: 'BAD_USER_INPUT' },
  )

/** An error in the request itself, with the status that Yoga gave it whatever the media type. */
const badRequest = (error: GraphQLError): GraphQLError => {
  const { spec: _, ...http } = error.extensions.http ?? {}
  return copy(error, { code: 'BAD_REQUEST', http: { status: statusOf.BAD_REQUEST, ...http } })
}

const copy = (error: GraphQLError, extensions: GraphQLErrorExtensions): GraphQLError =>
  new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions,
  })

/**
 * graphql-js gives its own errors no code. Before any field runs they are about variables; in a field they are about
 * arguments when they point at one, and about what a resolver answered when they point at the field.
 */
const isAboutInput = ({ nodes, path }: GraphQLError): boolean =>
  path === undefined || (nodes?.[0] !== undefined && nodes[0].kind !== Kind.FIELD)
