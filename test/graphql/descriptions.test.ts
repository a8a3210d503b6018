import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'

interface Described {
  readonly path: string
  readonly description: string | null | undefined
}

/** A type, its fields, their arguments, its values: all that can have a description. */
const partsOf = (type: GraphQLNamedType): Described[] => {
  const parts: Described[] = [{ path: type.name, description: type.description }]
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      parts.push({ path: `${type.name}.${field.name}`, description: field.description })
      for (const arg of field.args) {
        parts.push({ path: `${type.name}.${field.name}(${arg.name})`, description: arg.description })
      }
    }
  }
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) {
      parts.push({ path: `${type.name}.${field.name}`, description: field.description })
    }
  }
  if (isEnumType(type)) {
    for (const value of type.getValues()) {
      parts.push({ path: `${type.name}.${value.name}`, description: value.description })
    }
  }
  return parts
}

const own = Object.values(schema.getTypeMap()).filter(
  type => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)

describe('the schema is its own documentation', () => {
  test.each(own.map(type => [type.name, type] as const))('%s', (_, type) => {
    expect(partsOf(type).filter(({ description }) => !description?.trim())).toEqual([])
  })

  test('and has no mutations: it is read-only', () => {
    expect(schema.getMutationType()).toBeUndefined()
  })
})
