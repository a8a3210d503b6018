import { describe, expect, it } from 'vitest'
import * as errors from '../src/errors.ts'
import { refusalOf } from '../src/http/refusals.ts'

const { ForbiddenError, SirenError, StartError, ValidationError } = errors

/** The same module once more, as an extension has it that depends on a siren-gateway of its own. */
const again = '../src/errors.ts?again'
const copy: typeof errors = await import(/* @vite-ignore */ again)

describe('an error of another copy of the gateway', () => {
  const error = new copy.ValidationError({ size: ['Expected a smaller hat'] })

  it('is one of its class', () => {
    expect(copy.ValidationError).not.toBe(ValidationError)
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toBeInstanceOf(SirenError)
    expect(error).not.toBeInstanceOf(ForbiddenError)
    class HatError extends copy.ForbiddenError {}
    expect(new HatError('No hats')).toBeInstanceOf(ForbiddenError)
  })

  it('reaches the client', () => {
    expect(refusalOf(error)).toMatchObject({ status: 422, fields: { size: ['Expected a smaller hat'] } })
  })
})

it.each([
  ['another error', new Error('x')],
  ['an error of a class of the same name', new (class ValidationError extends Error {})()],
  ['what looks like one', { name: 'ValidationError', code: 'VALIDATION_FAILED', fields: {} }],
  ['what has any constructor', { constructor: 'ValidationError' }],
  ['an object without a prototype', Object.create(null)],
  ['an error of the start', new StartError('x')],
  ['null', null],
  ['a text', 'ValidationError'],
])('%s is none', (_, value) => {
  expect(value instanceof SirenError).toBe(false)
  expect(value instanceof ValidationError).toBe(false)
})
