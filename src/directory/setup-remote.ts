import { InvalidInputError, StartError, ValidationError } from '../errors.ts'
import type { SetupPreview, SetupSummary } from './apply.ts'

/** A running gateway, and the key of an administrator there. */
export interface Remote {
  readonly url: string
  readonly key: string
}

/** How a running gateway is asked. */
export interface SendOptions {
  /** Has the gateway refuse the document unless this is the organization of the key. */
  readonly organizationId?: number | undefined
  /** Has the gateway say what the document would change, and change nothing. */
  readonly dryRun?: boolean | undefined
}

/**
 * Has a running gateway apply a document to the organization of the key, or say what that would change.
 * @throws InvalidInputError when address or key are no good.
 * @throws ValidationError with what the gateway says of the document.
 * @throws StartError when the gateway cannot be reached, or answers something else.
 */
export const sendSetup = async (
  document: unknown,
  { url, key }: Remote,
  { organizationId, dryRun = false }: SendOptions = {},
): Promise<SetupSummary | SetupPreview> => {
  const target = endpoint(url)
  if (organizationId !== undefined) target.searchParams.set('organization', String(organizationId))
  if (dryRun) target.searchParams.set('dryRun', 'true')
  if (!/^[\x21-\x7E]+$/.test(key)) throw new InvalidInputError('--key: expected an API key, without blanks')
  const body = JSON.stringify(document, finite)
  let response: Response
  let text: string
  try {
    response = await fetch(target, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
      redirect: 'manual', // followed, it would become a GET
      signal: AbortSignal.timeout(PATIENCE),
    })
    text = await response.text()
  } catch (error) {
    throw new StartError(`${target.origin} cannot be reached: ${reason(error as Error)}`, { cause: error })
  }
  const answer = json(text)
  // a gateway of an earlier version knows no dry run, and has applied the document
  if (response.ok && dryRun && isSummary(answer) && !('changes' in answer))
    throw new StartError(`${target.origin} does not know --dry-run: it has applied the document`)
  if (response.ok && isSummary(answer)) return answer
  throw refusal(target, response.status, answer)
}

/** In milliseconds. */
const PATIENCE = 60_000

const endpoint = (url: string): URL => {
  const base = URL.canParse(url) ? new URL(url) : undefined
  // fetch refuses an address with a password
  if (base === undefined || !/^https?:$/.test(base.protocol) || base.username + base.password !== '')
    throw new InvalidInputError('--url: expected the address of a gateway, such as http://127.0.0.1:4000')
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/siren/v1/setup`
  base.search = base.hash = ''
  return base
}

/** JSON would make null of a number that is infinite, which is a value of its own in a set-up. */
const finite = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value

const reason = ({ name, message, cause }: Error): string => {
  if (name === 'TimeoutError') return `no answer within ${PATIENCE / 1000} s`
  const { code, message: because } = (cause ?? {}) as { code?: string; message?: string }
  return because || code || message
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isSummary = (body: unknown): body is SetupSummary =>
  typeof body === 'object' && body !== null && 'organizationId' in body && 'created' in body && 'updated' in body

const refusal = ({ href }: URL, status: number, body: unknown): Error => {
  const { error } = (body ?? {}) as { error?: { message?: unknown; data?: unknown } }
  const { message, data } = error ?? {}
  if (status === 422 && typeof message === 'string' && /^organization: .*, the organization of the key,/.test(message))
    return new InvalidInputError(`--${message}`) // about the query string, and not about the document
  if (status === 422 && typeof data === 'object' && data !== null && Object.keys(data).length > 0)
    return new ValidationError(
      Object.fromEntries(Object.entries(data).map(([field, messages]) => [field, [messages].flat().map(String)])),
    )
  if (typeof message !== 'string')
    return new StartError(`${href} answered ${status}, and not as a gateway does: expected the address of one`)
  const said = `${href} answered ${status}: ${message}`
  return status < 500 && status !== 429 ? new InvalidInputError(said) : new StartError(said)
}
