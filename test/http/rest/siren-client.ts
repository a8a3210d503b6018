/** What a client says when it was refused. */
export class SirenClientError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string | undefined,
    readonly data: unknown,
  ) {
    super(message)
  }
}

/** How a client is made. */
export interface SirenClientOptions {
  readonly apiKey: string
  readonly baseUrl?: string
  /** Waits between attempts; milliseconds. */
  readonly sleep?: (milliseconds: number) => Promise<void>
}

/** An answer that was a success. */
export interface Answered<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/**
 * A client as one writes it from the published description of Siren's developer API: JSON and a bearer key; failures of the
 * network, 429 and 5xx are tried twice more, after half a second and a second, except where something is created.
 */
export class SirenClient {
  readonly #options: Required<SirenClientOptions>

  constructor({
    baseUrl = 'https://api.sirenaffiliates.com/siren/v1',
    sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
    ...options
  }: SirenClientOptions) {
    this.#options = { baseUrl, sleep, ...options }
  }

  /** Sends an event; answers the opportunity that it belongs to. */
  async event(slug: string, payload: object): Promise<{ status: number; text: string; opportunityId: number | null }> {
    const { status, headers, text } = await this.#fetch('POST', `/event/${slug}`, payload, RETRIES)
    const opportunityId = headers.get('x-siren-oid')
    return { status, text, opportunityId: opportunityId === null ? null : Number(opportunityId) }
  }

  /** Reads a list. */
  async list<Item>(path: string, query: Record<string, string | number> = {}): Promise<Answered<Item[]>> {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
    return this.#json('GET', `${path}?${search}`, undefined, RETRIES)
  }

  get<Body>(path: string): Promise<Answered<Body>> {
    return this.#json('GET', path, undefined, RETRIES)
  }

  create<Body>(path: string, body: object): Promise<Answered<Body>> {
    return this.#json('POST', path, body, 0)
  }

  async remove(path: string): Promise<number> {
    return (await this.#fetch('DELETE', path, undefined, RETRIES)).status
  }

  async #json<Body>(method: string, path: string, body: object | undefined, retries: number): Promise<Answered<Body>> {
    const { status, headers, text } = await this.#fetch(method, path, body, retries)
    return { status, headers, body: JSON.parse(text) }
  }

  async #fetch(method: string, path: string, body: object | undefined, retries: number) {
    const { apiKey, baseUrl, sleep } = this.#options
    for (let attempt = 0; ; attempt++) {
      const wait = Math.min(500 * 2 ** attempt, 8000)
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          accept: 'application/json',
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      }).catch(error => {
        if (attempt === retries) throw error
        return null
      })
      if (response?.ok) return { status: response.status, headers: response.headers, text: await response.text() }
      if (response !== null && (attempt === retries || !(response.status === 429 || response.status >= 500)))
        throw await refusalOf(response)
      const seconds = Number(response?.headers.get('retry-after') ?? Number.NaN)
      await sleep(Number.isNaN(seconds) ? wait : seconds * 1000)
    }
  }
}

const RETRIES = 2

/** `{"error": "text"}`, or `{"error": {message, code, data}}`. */
const refusalOf = async (response: Response): Promise<SirenClientError> => {
  const { error } = JSON.parse(await response.text())
  return typeof error === 'string'
    ? new SirenClientError(response.status, error, undefined, undefined)
    : new SirenClientError(response.status, error.message, error.code, error.data)
}
