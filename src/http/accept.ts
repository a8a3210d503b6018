/** The media type of a GraphQL result whose HTTP status says whether the query was run. */
export const GRAPHQL_RESPONSE = 'application/graphql-response+json'
/** The older media type of a GraphQL result, and that of everything else. */
export const JSON_TYPE = 'application/json'

/**
 * Sorts the media types that an Accept header allows by their weights; types of the same weight stay in their order.
 *
 * The usual libraries take a parameter in the header (`application/json; charset=utf-8`, `multipart/mixed; deferSpec=…`) for
 * one that the type must have, and GraphQL clients send such headers. Here a parameter other than `q` and `charset` makes
 * no difference.
 */
export const acceptable = (accept: string | undefined, types: readonly string[]): string[] => {
  const weights = weightsOf(accept || '*/*')
  const weightOf = (type: string): number =>
    weights.get(type) ?? weights.get(type.replace(/\/.*/, '/*')) ?? weights.get('*/*') ?? 0
  return types.filter(type => weightOf(type) > 0).sort((one, other) => weightOf(other) - weightOf(one))
}

/** The weight of each media range of an Accept header, from 0 to 1. */
const weightsOf = (accept: string): ReadonlyMap<string, number> => {
  const weights = new Map<string, number>()
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim())
    if (parameters.some(parameter => /^charset=(?!"?utf-?8"?$)/.test(parameter))) continue
    const weight = Number(parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? 1)
    weights.set(type, Math.max(weights.get(type) ?? 0, weight))
  }
  return weights
}

/** The media types in which a client accepts a GraphQL result, the preferred one first. */
export const resultTypes = (accept: string | undefined): string[] =>
  acceptable(accept, [...jsonTypes(accept), 'text/event-stream', 'multipart/mixed'])

/** The media type of an error that comes before a query is run. A client that accepts streams alone reads it as JSON. */
export const errorType = (accept: string | undefined): string => acceptable(accept, jsonTypes(accept))[0] ?? JSON_TYPE

/** Clients that do not name the newer type may not know it. */
const jsonTypes = (accept = ''): string[] =>
  names(accept, GRAPHQL_RESPONSE) ? [GRAPHQL_RESPONSE, JSON_TYPE] : [JSON_TYPE, GRAPHQL_RESPONSE]

/** Whether an Accept header prefers a web page, and says so by name. */
export const prefersPage = (accept: string | undefined): boolean =>
  accept !== undefined && names(accept, HTML) && acceptable(accept, [HTML, JSON_TYPE, GRAPHQL_RESPONSE])[0] === HTML
const HTML = 'text/html'

const names = (accept: string, type: string): boolean => accept.toLowerCase().includes(type)
