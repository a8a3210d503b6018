import { deepStrictEqual } from 'node:assert'
import { ask, type Peer, type RecordingGateway } from './peers.ts'
import { connected } from './postgres.ts'
import { answerOf, type Key, PAGES, QUERIES, type Query, requestFor } from './queries.ts'
import { derive, type Recorded, type Step } from './recording.ts'

/** A query with what it is to be asked for. */
export interface Asked {
  readonly query: Query
  readonly keys: readonly Key[]
}

/** Draws the keys of the queries from the data. */
export const drawKeys = (databaseUrl: string): Promise<Asked[]> =>
  connected(databaseUrl, async database => {
    const asked: Asked[] = []
    for (const query of QUERIES) {
      const keys = await query.keys(database)
      if (keys.length < (query.name === 'Q6' ? PAGES.length : 2))
        throw new Error(`${query.name}: the data has too few keys`)
      asked.push({ query, keys })
    }
    return asked
  })

/** What the gateway sends to the database for each query. */
export interface Statements {
  /** For the limit: the statements, and where their values come from. */
  readonly steps: Record<string, readonly Step[]>
  /** As they were sent, to be explained. */
  readonly recorded: Record<string, readonly Recorded[]>
}

/** Records each query for two keys. The pages of a feed after the first have a statement of their own. */
export const recordQueries = async (gateway: RecordingGateway, asked: readonly Asked[]): Promise<Statements> => {
  const statements: Statements = { steps: {}, recorded: {} }
  const record = async (name: string, query: Query, keys: readonly [Key, Key]) => {
    const recordings = []
    // the first answer is left out: it is from the second time on that no more is read than a query asks for
    for (const key of [keys[0], ...keys]) {
      const request = requestFor(query, 'gateway', key)
      if (request === undefined) throw new Error(`${query.name}: the gateway has to have words for it`)
      recordings.push((await gateway.record(request)).statements)
    }
    const [, one = [], other = []] = recordings
    const fields = keys.map(key => query.variables(key, 'limit')) as [Record<string, unknown>, Record<string, unknown>]
    statements.recorded[name] = one
    statements.steps[name] = derivable([one, other], fields)
  }
  for (const { query, keys } of asked) {
    const [first, second, third] = keys as [Key, Key, Key]
    if (query.name !== 'Q6') await record(query.name, query, [first, second])
    else {
      await record('Q6', query, [first, { ...first, id: Number(first.id) + 1 }])
      await record('Q6 after', query, [second, third])
    }
  }
  return statements
}

/**
 * The values of later statements may depend on the rows of earlier ones in ways that the limit knows by itself: of these
 * the text alone is kept.
 */
const derivable = (
  [one, other]: [readonly Recorded[], readonly Recorded[]],
  fields: [Record<string, unknown>, Record<string, unknown>],
): Step[] =>
  one.map(statement => {
    // those that are sent at once may come in another order
    const twin = other.find(({ text }) => alike(text) === alike(statement.text))
    if (twin === undefined) throw new Error(`The statements differ from key to key:\n${statement.text}`)
    try {
      return derive([[statement], [twin]], fields)[0] as Step
    } catch {
      return { name: statement.name, text: statement.text, values: [] }
    }
  })

/** The gateway asks for one id by itself, and for several as a list. */
const alike = (text: string): string => text.replace(/= any\((\$\d+)::bigint\[\]\)/g, '= $1::bigint')

/** Gives the deep pages of a feed their cursors: each server's own, as a client would come by them. */
export const withCursors = async (
  asked: readonly Asked[],
  kind: 'gateway' | 'postgraphile',
  url: string,
  authorization: string,
): Promise<Asked[]> => {
  const given: Asked[] = []
  for (const each of asked) {
    const keys: Key[] = []
    let at: Place = { read: 0, cursor: null }
    for (const key of each.keys) {
      if (each.query.name !== 'Q6' || key.after === null) {
        keys.push(key)
        continue
      }
      const skipped = (Number(key.page) - 1) * 20
      if (kind === 'gateway') at = await walk(url, key, at, skipped, authorization)
      const { date, note } = key.after as { date: Date; note: number }
      const cursor = kind === 'gateway' ? at.cursor : await cursorAt(url, key, skipped, authorization)
      // Mercurius has the hand-written server's own
      keys.push({
        ...key,
        cursors: { ...(key.cursors as object), mercurius: `${date.toISOString()}|${note}`, [kind]: cursor },
      })
    }
    given.push({ ...each, keys })
  }
  return given
}

type Place = { read: number; cursor: string | null }

/** Pages through a feed, a hundred at a time, until so many are read. */
const walk = async (
  url: string,
  { type, id }: Key,
  from: Place,
  skipped: number,
  authorization: string,
): Promise<Place> => {
  const query = `query ($type: NoteSourceType!, $id: SafeInt!, $first: Int, $after: String) {
    notes(sourceType: $type, sourceId: $id, first: $first, after: $after, order: DESC) { pageInfo { endCursor } }
  }`
  let { read, cursor } = from
  while (read < skipped) {
    const first = Math.min(100, skipped - read)
    const variables = { type: String(type).toUpperCase(), id, first, after: cursor }
    const { data } = JSON.parse(await ask(url, { path: '/graphql', body: { query, variables } }, authorization))
    cursor = data.notes.pageInfo.endCursor as string
    read += first
  }
  return { read, cursor }
}

const cursorAt = async (url: string, { type, id }: Key, skipped: number, authorization: string): Promise<string> => {
  const query = `query ($type: NoteSourceType!, $id: BigInt!, $offset: Int!) {
    allNoteSources(condition: { organizationId: "1", sourceType: $type, sourceId: $id }, first: 1, offset: $offset, orderBy: [DATE_CREATED_DESC, NOTE_ID_DESC]) {
      edges { cursor }
    }
  }`
  const variables = { type, id: String(id), offset: skipped - 1 }
  return JSON.parse(await ask(url, { path: '/graphql', body: { query, variables } }, authorization)).data.allNoteSources
    .edges[0].cursor
}

/** Asks every server for the same keys. @throws AssertionError when their answers are not equal. */
export const checkEqual = async (
  asked: readonly Asked[],
  peers: readonly Peer[],
  authorization: string,
  times: number,
): Promise<number> => {
  let compared = 0
  for (const { query, keys } of asked) {
    for (const key of keys.slice(0, times)) {
      let expected: { name: string; answer: unknown } | undefined
      for (const { name, kind, url, process } of peers) {
        const request = requestFor(query, kind, key)
        if (request === undefined) continue
        const text = await ask(url, request, authorization).catch(error => {
          throw new Error(`${name}: ${error.message}\n${process.output()}`)
        })
        const answer = answerOf(query, kind, JSON.parse(text))
        if (expected === undefined) expected = { name, answer }
        else
          deepStrictEqual(
            answer,
            expected.answer,
            `${query.name} of ${JSON.stringify(key)}: ${name} does not answer as ${expected.name} does:\n${JSON.stringify(answer)}\n${JSON.stringify(expected.answer)}`,
          )
        compared++
      }
    }
  }
  return compared
}
