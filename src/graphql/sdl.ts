import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql'

/** A schema as `schema.graphql` holds it: sorted, so that only a change of the schema changes the file. */
export const sdl = (schema: GraphQLSchema): string => `${printSchema(lexicographicSortSchema(schema))}\n`
