import { AsyncLocalStorage } from 'node:async_hooks'
import http from 'node:http'
import { createRequire } from 'node:module'

// Preloaded into a gateway that is not measured: tells its parent, after each answer, which statements the request sent,
// with their values and the rows that came back. The parent explains these, counts them, and hands them to the limit.

const { Client } = createRequire(process.argv[1] ?? '')('pg')
const requests = new AsyncLocalStorage<object[]>()

const { emit } = http.Server.prototype
http.Server.prototype.emit = function (this: http.Server, event: string, ...rest: unknown[]) {
  if (event !== 'request') return emit.call(this, event, ...rest)
  const statements: object[] = []
  const [{ url: path = '' }, response] = rest as [http.IncomingMessage, http.ServerResponse]
  response.once('finish', () => process.send?.({ path, statements }))
  return requests.run(statements, () => emit.call(this, event, ...rest))
} as typeof emit

/** The gateway's own statements; others are its `begin` and `commit`. */
interface Submittable {
  callback: (error: unknown, rows?: unknown[]) => void
}
const isSubmittable = (config: unknown): config is Submittable =>
  typeof config === 'object' && config !== null && 'submit' in config

type Callback = (error: unknown, result: { rows: unknown[] }) => void

const { query } = Client.prototype
Client.prototype.query = function (this: unknown, config: unknown, ...rest: unknown[]) {
  const statements = requests.getStore()
  // what a new connection is set up with belongs to no request
  if (statements === undefined || (typeof config === 'string' && config.startsWith('set ')))
    return query.call(this, config, ...rest)
  const {
    name = '',
    text,
    values = rest[0],
  } = typeof config === 'string' ? { text: config } : (config as { name?: string; text: string; values?: unknown })
  const statement = { name, text, values: Array.isArray(values) ? values : [], rows: [] as unknown[] }
  statements.push(statement)
  if (isSubmittable(config)) {
    const { callback } = config
    config.callback = (error, found) => {
      statement.rows = found ?? []
      callback(error, found)
    }
    return query.call(this, config)
  }
  const last = rest.at(-1)
  if (typeof last === 'function') {
    rest[rest.length - 1] = ((error, result) => {
      statement.rows = result?.rows ?? []
      ;(last as Callback)(error, result)
    }) satisfies Callback
    return query.call(this, config, ...rest)
  }
  return query.call(this, config, ...rest).then((result: { rows: unknown[] }) => {
    statement.rows = result.rows ?? []
    return result
  })
}
