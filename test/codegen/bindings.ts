import { graphql } from '../generated/gql.ts'
import type { BindingsQuery, BindingsQueryVariables } from '../generated/graphql.ts'

// A client's query, as typed as its schema.

/** The collaborators bound to an opportunity under a program, newest first. */
export const Bindings = graphql(`
  query Bindings($opportunityId: SafeInt!, $programId: SafeInt!) {
    bindings(opportunityId: $opportunityId, programId: $programId, order: DESC) {
      databaseId
      status
      score
      dateCreated
      collaboratorName
      collaborator {
        email
      }
    }
  }
`)

/** One line for each. */
export const describe = ({ bindings }: BindingsQuery): string[] =>
  bindings.map(
    ({ collaboratorName, score, status }) => `${collaboratorName}: ${score.toFixed(0)} (${status satisfies Status})`,
  )

type Status = 'ACTIVE' | 'PENDING' | 'COMPLETE' | 'CANCELLED'

/** What the query is to be asked with. */
export const variables = (opportunityId: number, programId: number): BindingsQueryVariables => ({
  opportunityId,
  programId,
})
