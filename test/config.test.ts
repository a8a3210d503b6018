import { describe, expect, it } from 'vitest'
import { loadConfig, readConfig } from '../src/config.ts'
import { StartError } from '../src/errors.ts'

const problems = (env: NodeJS.ProcessEnv): string[] => {
  try {
    readConfig(env, 'serve')
  } catch (error) {
    expect(error).toBeInstanceOf(StartError)
    return (error as StartError).message.split('\n')
  }
  return []
}

const SECRET = 'a secret of at least thirty-two bytes'
const TOKENS = { JWT_ISSUER: 'https://login.example.com', JWT_AUDIENCE: 'siren' }

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(readConfig({}, 'serve')).toEqual({
      port: 4000,
      host: '127.0.0.1',
      databaseUrl: undefined,
      dataDir: '.data',
      jsonWebToken: undefined,
      graphiql: false,
      introspection: true,
      corsOrigins: [],
      trustProxy: false,
      bodyLimit: 1_048_576,
      statementTimeout: 10_000,
      shutdownTimeout: 10_000,
      webhookAllowPrivate: false,
      logLevel: 'info',
      extensions: [],
    })
  })

  it('opens GraphiQL in the demo, unless told otherwise', () => {
    expect(readConfig({}, 'demo').graphiql).toBe(true)
    expect(readConfig({}, 'other').graphiql).toBe(false)
    expect(readConfig({ GRAPHIQL: 'false' }, 'demo').graphiql).toBe(false)
    expect(readConfig({ GRAPHIQL: 'true' }, 'serve').graphiql).toBe(true)
  })

  it('takes an empty value as unset, and ignores variables that are not its own', () => {
    const names = ['PORT', 'HOST', 'DATABASE_URL', 'DATA_DIR', 'JWT_SECRET', 'JWT_ISSUER', 'CORS_ORIGINS', 'BODY_LIMIT']
    const empty = Object.fromEntries(names.map(name => [name, '']))
    expect(readConfig({ ...empty, PATH: '/bin', port: 'x' }, 'serve')).toEqual(readConfig({}, 'serve'))
  })

  it('reads the environment of the process', () => {
    expect(loadConfig('other')).toEqual(readConfig(process.env, 'other'))
  })

  it.each([
    ['PORT', '0', 'port', 0],
    ['PORT', '65535', 'port', 65_535],
    ['HOST', '::', 'host', '::'],
    ['HOST', 'gateway.example.com', 'host', 'gateway.example.com'],
    ['DATABASE_URL', 'postgres://u:p@h:5432/d', 'databaseUrl', 'postgres://u:p@h:5432/d'],
    ['DATABASE_URL', 'postgresql:///d?host=/var/run', 'databaseUrl', 'postgresql:///d?host=/var/run'],
    ['DATA_DIR', '/var/lib/siren', 'dataDir', '/var/lib/siren'],
    ['DATA_DIR', './~', 'dataDir', './~'],
    ['INTROSPECTION', 'false', 'introspection', false],
    ['CORS_ORIGINS', 'https://A.example.com', 'corsOrigins', ['https://a.example.com']],
    [
      'CORS_ORIGINS',
      'https://a.b:443/, http://localhost:5173',
      'corsOrigins',
      ['https://a.b', 'http://localhost:5173'],
    ],
    ['TRUST_PROXY', 'true', 'trustProxy', true],
    ['TRUST_PROXY', 'false', 'trustProxy', false],
    ['TRUST_PROXY', '10.0.0.0/8, ::1,loopback', 'trustProxy', ['10.0.0.0/8', '::1', 'loopback']],
    ['BODY_LIMIT', '100', 'bodyLimit', 100],
    ['BODY_LIMIT', '512KiB', 'bodyLimit', 524_288],
    ['BODY_LIMIT', '1 MiB', 'bodyLimit', 1_048_576],
    ['STATEMENT_TIMEOUT', '500ms', 'statementTimeout', 500],
    ['STATEMENT_TIMEOUT', '2500', 'statementTimeout', 2500],
    ['SHUTDOWN_TIMEOUT', '30 s', 'shutdownTimeout', 30_000],
    ['WEBHOOK_ALLOW_PRIVATE', 'true', 'webhookAllowPrivate', true],
    ['WEBHOOK_ALLOW_PRIVATE', 'false', 'webhookAllowPrivate', false],
    ['LOG_LEVEL', 'silent', 'logLevel', 'silent'],
    ['EXTENSIONS', './one.js, siren-badges', 'extensions', ['./one.js', 'siren-badges']],
  ] as const)('reads %s=%s', (name, text, property, value) => {
    expect(readConfig({ [name]: text }, 'serve')[property]).toEqual(value)
  })

  it('takes tokens signed with a secret', () => {
    expect(readConfig({ ...TOKENS, JWT_SECRET: SECRET }, 'serve').jsonWebToken).toEqual({
      issuer: 'https://login.example.com',
      audience: 'siren',
      secret: SECRET,
    })
  })

  it('takes tokens signed with published keys', () => {
    const url = 'https://login.example.com/.well-known/jwks.json'
    expect(readConfig({ ...TOKENS, JWT_JWKS_URL: url }, 'serve').jsonWebToken).toEqual({
      issuer: 'https://login.example.com',
      audience: 'siren',
      jwksUrl: new URL(url),
    })
  })
})

describe('a bad value', () => {
  it.each([
    ['PORT', ['65536', '-1', '4000.5', '4e3', '0x10', ' 80', 'http', '99999999999999999999']],
    ['DATA_DIR', ['~', '~/data', '~siren/data']],
    ['HOST', ['localhost:4000', 'http://localhost', '[::1]', 'a b', '-', '*', 'x'.repeat(300)]],
    ['DATABASE_URL', ['mysql://h/d', 'postgres:d', 'h:5432/d', 'postgres://', 'postgres://h:port/d', '/var/db']],
    ['JWT_SECRET', ['short', 'x'.repeat(31)]],
    [
      'JWT_JWKS_URL',
      ['login.example.com', 'ftp://a.b/c', 'file:///etc/passwd', 'https://u:p@a.b/c', 'https://u@a.b/c'],
    ],
    ['GRAPHIQL', ['1', 'yes', 'TRUE', 'on']],
    ['INTROSPECTION', ['0', 'no']],
    ['CORS_ORIGINS', ['*', 'null', 'a.example.com', 'https://a.b/path', 'https://a.b,', 'https://u@a.b', 'ftp://a.b']],
    ['CORS_ORIGINS', ['https://*', 'https://*.a.b', 'https://a.b,https://*.c.d', 'https://a.b:*']],
    ['CORS_ORIGINS', ['https://a.b https://c.d', 'https://*.a.b?', 'javascript:alert(1)']],
    [
      'TRUST_PROXY',
      ['1', 'yes', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '10.0.0.0/', 'proxy.local', 'true,::1', '%'],
    ],
    ['BODY_LIMIT', ['0', '-1', '1.5MiB', '1MB', '1mib', '257MiB', '1GiB', 'MiB', '1constructor', '9'.repeat(20)]],
    ['STATEMENT_TIMEOUT', ['10', '0', '-1s', '99ms', '1m', '1.5s', '3601s', 's', 'never', '1e4']],
    ['SHUTDOWN_TIMEOUT', ['10', '0s', 'Infinity']],
    ['EXTENSIONS', [',', './one.js,', ' , x', '~/one.js', './one.js, ~/two.js']],
    ['LOG_LEVEL', ['INFO', 'verbose', 'info ', 'toString']],
  ])('of %s stops the start: %j', (name, values) => {
    for (const value of values) {
      const others = name.startsWith('JWT_') ? TOKENS : {}
      const [problem, ...more] = problems({ ...others, [name]: value })
      expect(problem, value).toMatch(new RegExp(`^${name}: expected .+, received .+$`))
      expect(more, value).toEqual([])
    }
  })

  it('is told together with all others, one line each', () => {
    const told = problems({ PORT: 'x', LOG_LEVEL: 'loud', JWT_SECRET: 'short', BODY_LIMIT: 'big\nlines' })
    expect(told).toEqual([
      'PORT: expected a port from 0 to 65535 (0 takes any free one), received "x"',
      'JWT_SECRET: expected at least 32 bytes, received 5 bytes',
      'BODY_LIMIT: expected a size from 1B to 256MiB, such as 1MiB or 512KiB (a plain number is bytes), received "big\\nlines"',
      'LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent, received "loud"',
      'JWT_ISSUER: expected a value, since JWT_SECRET is set, received nothing',
      'JWT_AUDIENCE: expected a value, since JWT_SECRET is set, received nothing',
    ])
  })

  it('is cut short when it is long', () => {
    expect(problems({ PORT: 'x'.repeat(5000) })[0]?.length).toBeLessThan(250)
  })

  it('is not told when it may hold a secret', () => {
    const told = problems({
      ...TOKENS,
      JWT_SECRET: 'hunter2',
      DATABASE_URL: 'mysql://siren:hunter2@db/siren',
      JWT_JWKS_URL: 'https://siren:hunter2@login.example.com/keys',
    })
    expect(told).toHaveLength(4)
    expect(told.join()).not.toContain('hunter2')
    expect(problems({ DATABASE_URL: 'siren:hunter2@db/siren' }).join()).not.toContain('hunter2')
    expect(problems({ DATABASE_URL: 'postgres://siren:hunter2#@db/siren' })).toEqual([
      'DATABASE_URL: expected an address that starts with postgres:// or postgresql://, received postgres://…',
    ])
  })
})

describe('tokens', () => {
  it('need an issuer and an audience', () => {
    expect(problems({ JWT_SECRET: SECRET, JWT_ISSUER: 'x' })).toEqual([
      'JWT_AUDIENCE: expected a value, since JWT_SECRET is set, received nothing',
    ])
    expect(problems({ JWT_JWKS_URL: 'https://a.b/keys', JWT_AUDIENCE: 'x' })).toEqual([
      'JWT_ISSUER: expected a value, since JWT_JWKS_URL is set, received nothing',
    ])
  })

  it('need a secret or published keys', () => {
    expect(problems(TOKENS)).toEqual([
      'JWT_ISSUER: expected JWT_SECRET or JWT_JWKS_URL beside it, received neither',
      'JWT_AUDIENCE: expected JWT_SECRET or JWT_JWKS_URL beside it, received neither',
    ])
  })

  it('do not take both', () => {
    expect(problems({ ...TOKENS, JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://a.b/keys' })).toEqual([
      'JWT_SECRET: expected either this or JWT_JWKS_URL, received both',
    ])
  })
})
