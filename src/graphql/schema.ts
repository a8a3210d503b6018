import { lexicographicSortSchema, printSchema } from 'graphql'
import { builder } from './builder.ts'
import './types/node.ts'
import './types/viewer.ts'
import './types/engagement-type.ts'
import './types/engagement.ts'
import './types/note.ts'
import './types/note-blueprint.ts'
import './types/collaborator.ts'
import './types/program.ts'
import './types/opportunity.ts'
import './types/transaction.ts'
import './types/conversion.ts'
import './types/obligation.ts'
import './types/payout.ts'
import './types/fulfillment.ts'
import './types/distribution.ts'
import './types/distributor.ts'

/** The GraphQL schema: what `schema.graphql` is printed from. */
export const schema = builder.toSchema()

/** The schema in GraphQL's own language, as it stands in `schema.graphql`. */
export const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`
