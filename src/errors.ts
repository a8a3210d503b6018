/** What a client can be told about an error. */
export type ErrorCode = 'BAD_USER_INPUT' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'SERVICE_UNAVAILABLE'

/** An error that a client may read: its message says what was expected and what was received. All others are masked. */
export class SirenError extends Error {
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

/** The process cannot start, or a command cannot run: one line for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
