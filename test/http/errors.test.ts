import { GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { InvalidInputError, RecordNotFoundError, SirenError, StartError } from '../../src/errors.ts'
import { isUnavailable, publicError } from '../../src/http/errors.ts'

const coded = (code: string) => Object.assign(new Error('connect 10.0.0.7'), { code })

describe('an error that says the database cannot answer', () => {
  it.each<[string, unknown]>([
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'].map(
      code => [code, coded(code)] as [string, unknown],
    ),
    ...['08006', '08P01', '57P01', '57P03', '57014', '53300', '28P01', '3D000'].map(
      code => [code, coded(code)] as [string, unknown],
    ),
    ...['P1001', 'P1008', 'P1017', 'P2024'].map(code => [code, coded(code)] as [string, unknown]),
    ['the pool’s time-out', new Error('timeout exceeded when trying to connect')],
    ['a connection that ended', new Error('Connection terminated unexpectedly')],
    ['a closed pool', new Error('Cannot use a pool after calling end on the pool')],
    ['a closed PGlite', new Error('PGlite is closed')],
    ['a cause', new Error('outer', { cause: new Error('inner', { cause: coded('ECONNREFUSED') }) })],
    [
      'what Prisma’s raw query says',
      Object.assign(new Error('raw'), {
        code: 'P2010',
        meta: { driverAdapterError: { name: 'DriverAdapterError', cause: { kind: 'DatabaseNotReachable' } } },
      }),
    ],
    [
      'a statement that took Prisma too long',
      Object.assign(new Error('raw'), {
        code: 'P2010',
        meta: { driverAdapterError: { cause: { kind: 'postgres', originalCode: '57014' } } },
      }),
    ],
  ])('is recognized: %s', (_, error) => {
    expect(isUnavailable(error)).toBe(true)
    expect(publicError(error)).toMatchObject({
      message: 'The service is unavailable for the moment: try again later',
      extensions: { code: 'SERVICE_UNAVAILABLE' },
    })
  })

  it('is not any other one', () => {
    const circular = new Error('x')
    circular.cause = circular
    for (const error of [
      coded('23505'),
      coded('42P01'),
      coded('P2025'),
      new Error('timeout'),
      circular,
      null,
      undefined,
      'ECONNREFUSED',
    ])
      expect(isUnavailable(error)).toBe(false)
  })
})

describe('what a client may know of an error', () => {
  const located = (error: Error) => new GraphQLError(error.message, { originalError: error, path: ['a', 0, 'b'] })

  it('is all of what is said to callers', () => {
    expect(publicError(new InvalidInputError('Expected 1, received 2'))).toMatchObject({
      message: 'Expected 1, received 2',
      extensions: { code: 'BAD_USER_INPUT' },
    })
    expect(publicError(located(new SirenError('FORBIDDEN', 'No'))).toJSON()).toEqual({
      message: 'No',
      path: ['a', 0, 'b'],
      extensions: { code: 'FORBIDDEN' },
    })
    expect(publicError(new RecordNotFoundError('Note 1')).extensions.code).toBe('BAD_USER_INPUT')
  })

  it.each<[string, unknown]>([
    ['an error', new Error('secret')],
    ['an error in a field', located(new Error('secret'))],
    ['an error in an error', located(located(new TypeError('secret')))],
    ['an operator’s error', new StartError('secret')],
    ['a text', 'secret'],
    ['nothing', undefined],
    ['an error that pretends', located(Object.assign(new Error('secret'), { extensions: { code: 'BAD_USER_INPUT' } }))],
    [
      'a GraphQL error with a code of its own',
      new GraphQLError('secret', { path: ['a'], extensions: { code: 'SECRET' } }),
    ],
  ])('is nothing of %s, which stays at hand for the log', (_, error) => {
    const shown = publicError(error)
    expect(JSON.stringify(shown)).not.toMatch(/secret/i)
    expect(shown).toMatchObject({ message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } })
    expect(shown.originalError).toBeInstanceOf(Error)
  })

  it('does not change when it is worked out again', () => {
    const once = publicError(new InvalidInputError('x'))
    expect(publicError(once)).toMatchObject({ message: 'x', extensions: once.extensions })
  })
})
