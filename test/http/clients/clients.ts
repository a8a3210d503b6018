import { createHash } from 'node:crypto'
import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  gql,
  HttpLink,
  InMemoryCache,
  ServerError,
} from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { Client, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import {
  type ConcreteRequest,
  Environment,
  fetchQuery,
  type GraphQLResponse,
  Network,
  RecordSource,
  Store,
} from 'relay-runtime'

/** What a program learns through its GraphQL client. */
export interface Learned {
  readonly data?: unknown
  /** The code of the first error. */
  readonly code?: unknown
}

/** A question for `{ hello }` by a client, as its documentation says how to set it up. */
export type Ask = (url: string, options: { readonly key: string; readonly comment?: string }) => Promise<Learned>

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const headersOf = (key: string) => ({ authorization: `Bearer ${key}` })
const documentOf = (comment = '') => `query Hello { hello(name: "you${comment}") }`
const codeOf = (errors: readonly { readonly extensions?: Record<string, unknown> }[]) => errors[0]?.extensions?.code

const askApollo = async (link: ApolloLink, document: string): Promise<Learned> => {
  const client = new ApolloClient({ link, cache: new InMemoryCache() })
  const { data, error } = await client.query({ query: gql(document), errorPolicy: 'all' })
  if (CombinedGraphQLErrors.is(error)) return { code: codeOf(error.errors) }
  // an answer that Apollo Client does not take for GraphQL
  return ServerError.is(error) ? { code: `HTTP ${error.statusCode}` } : error ? { code: error.message } : { data }
}

const apolloLink = (uri: string, key: string) => new HttpLink({ uri, headers: headersOf(key) })

const askUrql = async (client: Client, document: string): Promise<Learned> => {
  const { data, error } = await client.query(document, {}).toPromise()
  return error ? { code: codeOf(error.graphQLErrors) } : { data }
}

const askRelay: Ask = async (url, { key, comment }) => {
  const text = documentOf(comment)
  const network = Network.create(async ({ name, text: query }, variables): Promise<GraphQLResponse> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headersOf(key), 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query, variables, operationName: name }),
    })
    return (await response.json()) as GraphQLResponse
  })
  const environment = new Environment({ network, store: new Store(new RecordSource()) })
  try {
    return { data: await fetchQuery(environment, compiledByRelay(text), {}).toPromise() }
  } catch (error) {
    const { source } = error as { source?: { errors: { extensions?: Record<string, unknown> }[] } }
    return { code: source && codeOf(source.errors) }
  }
}

/** What Relay's compiler makes of the document. */
const compiledByRelay = (text: string): ConcreteRequest => {
  const selections = [{ alias: null, args: null, kind: 'ScalarField', name: 'hello', storageKey: null }] as const
  const shared = { argumentDefinitions: [], name: 'Hello', selections, metadata: null } as const
  return {
    kind: 'Request',
    fragment: { ...shared, kind: 'Fragment', type: 'Query', abstractKey: null },
    operation: { ...shared, kind: 'Operation' },
    params: { cacheID: sha256(text), id: null, metadata: {}, name: 'Hello', operationKind: 'query', text },
  } as unknown as ConcreteRequest
}

export const CLIENTS: Readonly<Record<string, Ask>> = {
  'Apollo Client': (url, { key, comment }) => askApollo(apolloLink(url, key), documentOf(comment)),
  urql: (url, { key, comment }) =>
    askUrql(
      new Client({
        url,
        preferGetMethod: false,
        exchanges: [fetchExchange],
        fetchOptions: { headers: headersOf(key) },
      }),
      documentOf(comment),
    ),
  Relay: askRelay,
}

/** Clients that send a query's hash first, and the whole query when they are told that it is not known. */
export const PERSISTING_CLIENTS: Readonly<Record<string, Ask>> = {
  'Apollo Client': (url, { key, comment }) =>
    askApollo(ApolloLink.from([new PersistedQueryLink({ sha256 }), apolloLink(url, key)]), documentOf(comment)),
  urql: (url, { key, comment }) =>
    askUrql(
      new Client({
        url,
        preferGetMethod: false,
        exchanges: [persistedExchange({ preferGetForPersistedQueries: false }), fetchExchange],
        fetchOptions: { headers: headersOf(key) },
      }),
      documentOf(comment),
    ),
}
