/** What a client can be told about an error. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'VALIDATION_FAILED'
  | 'SERVICE_UNAVAILABLE'

/** Marks the classes below, in every copy of this package. */
const OF_SIREN = Symbol.for('siren-gateway.error')

/** Whether an error is one of this class, or of the same class in another copy of this package. */
function hasInstance(this: { readonly name: string }, error: unknown): boolean {
  for (let at: unknown = error; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    const made: unknown = at.constructor
    if (typeof made === 'function' && OF_SIREN in made && made.name === this.name) return true
  }
  return false
}

/** An error that a client may read: its message says what was expected and what was received. All others are masked. */
export class SirenError extends Error {
  static readonly [OF_SIREN] = true
  /** An extension may throw the errors of a copy of its own. */
  static override readonly [Symbol.hasInstance] = hasInstance

  override readonly name: string = 'SirenError'

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** No such record, or none that the viewer may see: the two cannot be told apart. */
export class RecordNotFoundError extends SirenError {
  override readonly name = 'RecordNotFoundError'

  constructor(what: string) {
    super('NOT_FOUND', `${what} was not found`)
  }
}

/** The caller's input is wrong. */
export class InvalidInputError extends SirenError {
  override readonly name = 'InvalidInputError'

  constructor(message: string) {
    super('BAD_USER_INPUT', message)
  }
}

/** Nobody of the caller's role may do this. */
export class ForbiddenError extends SirenError {
  override readonly name = 'ForbiddenError'

  constructor(message: string) {
    super('FORBIDDEN', message)
  }
}

/** What is asked for contradicts what is there already. */
export class ConflictError extends SirenError {
  override readonly name = 'ConflictError'

  constructor(message: string) {
    super('CONFLICT', message)
  }
}

/** A token that speaks for nobody. The reason is for the log: clients are told no more than of any other invalid key. */
export class InvalidTokenError extends SirenError {
  override readonly name = 'InvalidTokenError'

  constructor(readonly reason: string) {
    super('UNAUTHENTICATED', 'Expected a valid JSON web token')
  }
}

/** What is wrong with a document, by field; `items.0.amount` is a field of the first of the items. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>

/** Fields of a document are not what was expected of them. */
export class ValidationError extends SirenError {
  override readonly name = 'ValidationError'

  constructor(readonly fields: FieldErrors) {
    super(
      'VALIDATION_FAILED',
      Object.entries(fields)
        .flatMap(([field, messages]) => messages.map(message => (field === '' ? message : `${field}: ${message}`)))
        .join('; '),
    )
  }

  /** What a schema found, by field: the issues of zod, or of whatever has paths and messages. Of very many, the first. */
  static of(issues: readonly Issue[]): ValidationError {
    const fields = new Map<string, Set<string>>()
    for (const { path, message } of issues.slice(0, MOST_ISSUES).flatMap(perField)) {
      const field = path.join('.')
      fields.set(field, (fields.get(field) ?? new Set()).add(message))
    }
    return new ValidationError(Object.fromEntries([...fields].map(([field, messages]) => [field, [...messages]])))
  }
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** The fields that an object has beyond those that it may have. */
  readonly keys?: readonly string[]
}

/** More than anyone reads at once. */
const MOST_ISSUES = 100

/** zod has one issue for all fields that an object has too many, and one message, which may have a line for each. */
const perField = (issue: Issue): readonly Issue[] => {
  const { path, message, keys } = issue
  if (keys === undefined) return [issue]
  const messages = message.split('\n')
  return keys.slice(0, MOST_UNKNOWN).map((key, at) => ({ path: [...path, key], message: messages[at] ?? message }))
}

/** One message of what is wrong with several fields, none of which has a line break in it. */
export const messagePerField = (messages: readonly string[]): string => messages.join('\n')

/** Unknown fields of one object that are named in an error. */
export const MOST_UNKNOWN = 10

/** The process cannot start, or a command cannot run: one line for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
