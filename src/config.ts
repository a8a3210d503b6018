import { isIP } from 'node:net'
import { z } from 'zod'
import { StartError } from './errors.ts'

/** What the environment says, checked. Durations are in milliseconds, sizes in bytes. */
export interface Config {
  /** 0 takes any free port. */
  readonly port: number
  readonly host: string
  /** PostgreSQL's address; without it the database is a PGlite in `dataDir`. */
  readonly databaseUrl: string | undefined
  readonly dataDir: string
  /** How a JSON web token is checked; without it there are API keys only. */
  readonly jsonWebToken: JsonWebTokenConfig | undefined
  readonly graphiql: boolean
  readonly introspection: boolean
  /** As browsers send them; empty: no other site may ask. */
  readonly corsOrigins: readonly string[]
  /** Whom to believe about a client's address: nobody, everybody, or the proxies at these addresses. */
  readonly trustProxy: boolean | string[]
  readonly bodyLimit: number
  readonly statementTimeout: number
  readonly shutdownTimeout: number
  /** Whether webhooks may be sent to addresses that are not public. */
  readonly webhookAllowPrivate: boolean
  readonly logLevel: LogLevel
  /** The modules of extensions, in the order in which they are loaded. */
  readonly extensions: readonly string[]
}

/** Issuer and audience that a token must have, and what its signature is checked with. */
export type JsonWebTokenConfig = { readonly issuer: string; readonly audience: string } & (
  | { readonly secret: string }
  | { readonly jwksUrl: URL }
)

/** The levels of pino. */
export type LogLevel = (typeof LOG_LEVELS)[number]
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** What is about to run: `demo` and `serve` differ in their defaults. */
export type ConfiguredCommand = 'demo' | 'serve' | 'other'

/** The configuration of this process. @throws StartError as `readConfig` does. */
export const loadConfig = (command: ConfiguredCommand): Config => readConfig(process.env, command)

/**
 * The configuration that an environment says. An empty value counts as unset.
 * @throws StartError with one line per problem: the variable, what was expected, and what was received unless it is secret.
 */
export const readConfig = (env: NodeJS.ProcessEnv, command: ConfiguredCommand): Config => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const read = Environment.safeParse(given)
  const problems = [
    ...(read.error?.issues ?? []).map(({ path: [name], message }) => {
      const variable = name as Variable
      return `${variable}: expected ${message}, received ${received(variable, given[variable] ?? '')}`
    }),
    ...problemsOfJsonWebToken(given),
  ]
  if (!read.success || problems.length > 0) throw new StartError(problems.join('\n'))
  const { data } = read
  return {
    port: data.PORT,
    host: data.HOST,
    databaseUrl: data.DATABASE_URL,
    dataDir: data.DATA_DIR,
    jsonWebToken: jsonWebToken(data),
    graphiql: data.GRAPHIQL ?? command === 'demo',
    introspection: data.INTROSPECTION,
    corsOrigins: data.CORS_ORIGINS,
    trustProxy: data.TRUST_PROXY,
    bodyLimit: data.BODY_LIMIT,
    statementTimeout: data.STATEMENT_TIMEOUT,
    shutdownTimeout: data.SHUTDOWN_TIMEOUT,
    webhookAllowPrivate: data.WEBHOOK_ALLOW_PRIVATE,
    logLevel: data.LOG_LEVEL,
    extensions: data.EXTENSIONS,
  }
}

/** A variable whose text `read` understands, or answers undefined for. */
const variable = <T>(expected: string, read: (text: string) => T | undefined) =>
  z.string().transform((text, context): T => {
    const value = read(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  })

const integer = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined)

const port = variable('a port from 0 to 65535 (0 takes any free one)', text => {
  const value = integer(text)
  return value !== undefined && value <= 65_535 ? value : undefined
})

const host = variable('an IP address or a host name, without a port', text =>
  isIP(text) !== 0 || /^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?$/i.test(text) ? text : undefined,
)

const url = (text: string, ...protocols: string[]): URL | undefined => {
  if (!URL.canParse(text)) return undefined
  const parsed = new URL(text)
  return protocols.includes(parsed.protocol) ? parsed : undefined
}

const databaseUrl = variable('an address that starts with postgres:// or postgresql://', text =>
  /^postgres(ql)?:\/\/./.test(text) && url(text, 'postgres:', 'postgresql:') ? text : undefined,
)

const secret = variable('at least 32 bytes', text => (Buffer.byteLength(text) >= 32 ? text : undefined))

// Node's fetch refuses an address with a password at each request, so it is better refused once
const jwksUrl = variable('an http:// or https:// address without user name and password', text => {
  const parsed = url(text, 'http:', 'https:')
  return parsed?.username === '' && parsed.password === '' ? parsed : undefined
})

const boolean = variable('true or false', text => (text === 'true' ? true : text === 'false' ? false : undefined))

/** All parts of a comma-separated list, or undefined when one of them is not understood. */
const list = (text: string, read: (part: string) => string | undefined): string[] | undefined => {
  const parts = text.split(',').map(part => read(part.trim()))
  return parts.every(part => part !== undefined) ? parts : undefined
}

// no `*`, alone or in a name: an organization's data is for the sites that somebody named
const origins = variable('comma-separated origins such as https://app.example.com, each in full (no `*`)', text =>
  list(text, part => {
    const parsed = url(part, 'http:', 'https:')
    return parsed?.href === `${parsed?.origin}/` && !part.includes('*') ? parsed.origin : undefined
  }),
)

// no hop count: Fastify takes one and then trusts nobody, since it cannot tell who the immediate peer is
const trustProxy = variable(
  "true, false, or the proxies' comma-separated addresses, such as 10.0.0.0/8,loopback",
  (text): boolean | string[] | undefined =>
    text === 'true' ? true : text === 'false' ? false : list(text, part => (isProxy(part) ? part : undefined)),
)

const isProxy = (text: string): boolean => {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || rest.length > 0) return false
  const bits = prefix === undefined ? 0 : integer(prefix)
  return bits !== undefined && bits <= (version === 4 ? 32 : 128)
}

/** A whole number with one of these units, or without one, within bounds; answered in the smallest unit. */
const quantity = (text: string, units: Record<string, number>, min: number, max: number): number | undefined => {
  const [, digits = '', unit = ''] = /^(\d{1,12}) ?([A-Za-z]*)$/.exec(text) ?? []
  if (digits === '' || !Object.hasOwn(units, unit)) return undefined
  const value = Number(digits) * (units[unit] ?? 1)
  return value >= min && value <= max ? value : undefined
}

const size = variable('a size from 1B to 256MiB, such as 1MiB or 512KiB (a plain number is bytes)', text =>
  quantity(text, { '': 1, B: 1, KiB: 1024, MiB: 1024 ** 2 }, 1, 256 * 1024 ** 2),
)

// the lower bound also catches a plain number that was meant as seconds
const duration = variable(
  'a duration from 100ms to 3600s, such as 10s or 500ms (a plain number is milliseconds)',
  text => quantity(text, { '': 1, ms: 1, s: 1000 }, 100, 3_600_000),
)

const logLevel = variable(`one of ${LOG_LEVELS.join(', ')}`, text => LOG_LEVELS.find(level => level === text))

// shells expand ~ only where an unquoted word begins with it, and what reads an env file does not: it would be a folder's name
const HOME = 'without a leading ~, which only shells expand (./~ is a name that begins with it)'
const isFromHome = (path: string): boolean => path.startsWith('~')

const folder = variable(`a path ${HOME}`, text => (isFromHome(text) ? undefined : text))

const modules = variable(
  `comma-separated paths of modules such as ./extensions/loyalty.js, ${HOME}, or packages`,
  text => list(text, part => (part === '' || isFromHome(part) ? undefined : part)),
)

const anything = z.string().optional()

const Environment = z.object({
  PORT: port.default(4000),
  HOST: host.default('127.0.0.1'),
  DATABASE_URL: databaseUrl.optional(),
  DATA_DIR: folder.default('.data'),
  JWT_SECRET: secret.optional(),
  JWT_JWKS_URL: jwksUrl.optional(),
  JWT_ISSUER: anything,
  JWT_AUDIENCE: anything,
  GRAPHIQL: boolean.optional(),
  INTROSPECTION: boolean.default(true),
  CORS_ORIGINS: origins.default([]),
  TRUST_PROXY: trustProxy.default(false),
  BODY_LIMIT: size.default(1024 ** 2),
  STATEMENT_TIMEOUT: duration.default(10_000),
  SHUTDOWN_TIMEOUT: duration.default(10_000),
  WEBHOOK_ALLOW_PRIVATE: boolean.default(false),
  LOG_LEVEL: logLevel.default('info'),
  EXTENSIONS: modules.default([]),
})
type Environment = z.output<typeof Environment>
type Variable = keyof Environment

/** A value as a message may show it. */
const received = (name: Variable, text: string): string => {
  if (name === 'JWT_SECRET') return `${Buffer.byteLength(text)} bytes`
  // an address may hold a password, and a malformed one holds it anywhere
  if (name === 'DATABASE_URL' || name === 'JWT_JWKS_URL')
    return `${/^[a-z][a-z0-9+.-]{0,20}:\/\//i.exec(text)?.[0] ?? ''}…`
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}

const problemsOfJsonWebToken = (given: NodeJS.ProcessEnv): string[] => {
  const keys = (['JWT_SECRET', 'JWT_JWKS_URL'] as const).filter(name => given[name] !== undefined)
  const names = ['JWT_ISSUER', 'JWT_AUDIENCE'] as const
  if (keys.length === 0)
    return names
      .filter(name => given[name] !== undefined)
      .map(name => `${name}: expected JWT_SECRET or JWT_JWKS_URL beside it, received neither`)
  return [
    ...(keys.length > 1 ? ['JWT_SECRET: expected either this or JWT_JWKS_URL, received both'] : []),
    ...names
      .filter(name => given[name] === undefined)
      .map(name => `${name}: expected a value, since ${keys[0]} is set, received nothing`),
  ]
}

const jsonWebToken = (data: Environment): JsonWebTokenConfig | undefined => {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_SECRET: secret, JWT_JWKS_URL: jwksUrl } = data
  if (issuer === undefined || audience === undefined) return undefined
  if (secret !== undefined) return { issuer, audience, secret }
  return jwksUrl && { issuer, audience, jwksUrl }
}
