import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { JSONObjectResolver } from 'graphql-scalars'
import type PrismaTypes from '../database/generated/pothos.ts'
import { getDatamodel } from '../database/generated/pothos.ts'
import type { Named, Numbered } from '../database/rows.ts'
import type { Context } from './context.ts'
import { DateTime, NonNegativeInt, PositiveInt, SafeInt } from './scalars.ts'

/** Prisma's models as `database/` hands out their rows. */
type Models = {
  [Model in keyof PrismaTypes]: Omit<PrismaTypes[Model], 'Shape'> & {
    Shape: Numbered<PrismaTypes[Model]['Shape']> & (Model extends 'Collaborator' | 'Program' ? Named : unknown)
  }
}

/** The types that resolvers and fields work with. */
export interface Types {
  Context: Context
  DefaultFieldNullability: false
  PrismaTypes: Models
  Scalars: {
    DateTime: { Input: Date; Output: Date }
    JSONObject: { Input: Record<string, unknown>; Output: Readonly<Record<string, unknown>> }
    NonNegativeInt: { Input: number; Output: number }
    PositiveInt: { Input: number; Output: number }
    SafeInt: { Input: number; Output: number }
  }
}

/** What the builder knows of the schema's types. */
export type SchemaTypes = PothosSchemaTypes.ExtendDefaultTypes<Types>

/** Plugins and scalars only: each type is in a file of its own. */
export const builder = new SchemaBuilder<Types>({
  defaultFieldNullability: false,
  plugins: [PrismaPlugin],
  prisma: {
    // the glossary in schema.prisma describes its models and fields here too
    exposeDescriptions: true,
    dmmf: getDatamodel(),
    client: () => {
      throw new TypeError('Expected rows whole from their datastores: the plugin reads nothing itself')
    },
  },
})

builder.addScalarType('DateTime', DateTime)
builder.addScalarType('JSONObject', JSONObjectResolver)
builder.addScalarType('NonNegativeInt', NonNegativeInt)
builder.addScalarType('PositiveInt', PositiveInt)
builder.addScalarType('SafeInt', SafeInt)

builder.queryType({ description: 'Everything that can be read.' })
