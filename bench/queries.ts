import type pg from 'pg'

/** What a server is: it decides how a query is put, and how its answer reads. */
export type Kind = 'gateway' | 'mercurius' | 'postgraphile' | 'limit'

/** What a request asks for: ids, and cursors, which are each server's own. */
export type Key = Readonly<Record<string, unknown>>

/** One query of the benchmark. */
export interface Query {
  readonly name: string
  readonly title: string
  /** Draws what is asked for, from the data; always the same. */
  readonly keys: (database: pg.Client) => Promise<Key[]>
  /** The document, for the gateway and for Mercurius, whose schema is a part of the gateway's. */
  readonly document: string
  readonly variables: (key: Key, kind: Kind) => object
  /** The servers that it says something about; all of them, unless it is said. */
  readonly kinds?: readonly Kind[]
  /** The same in PostGraphile's own words; undefined when it cannot be said in them. */
  readonly postgraphile?: { readonly document: string; readonly variables: (key: Key) => object }
  /** What is to be equal, of an answer's data. */
  readonly answer: (data: Data) => unknown
  /** The same of PostGraphile's. */
  readonly postgraphileAnswer?: (data: Data) => unknown
}

// biome-ignore lint/suspicious/noExplicitAny: answers of four servers, whose shapes are checked by comparing them
type Data = any

/** A request as it is sent. */
export interface Request {
  readonly path: string
  readonly body: object
}

/** What a server is sent for a key; undefined when it has no words for it. */
export const requestFor = (query: Query, kind: Kind, key: Key): Request | undefined => {
  if (query.kinds?.includes(kind) === false) return undefined
  if (kind === 'limit') return { path: `/${query.name}`, body: query.variables(key, kind) }
  if (kind !== 'postgraphile')
    return { path: '/graphql', body: { query: query.document, variables: query.variables(key, kind) } }
  const words = query.postgraphile
  return words && { path: '/graphql', body: { query: words.document, variables: words.variables(key) } }
}

/** What is to be equal of an answer. @throws Error for an answer with errors. */
export const answerOf = (query: Query, kind: Kind, body: Data): unknown => {
  if (body.errors !== undefined || body.data == null) throw new Error(JSON.stringify(body).slice(0, 500))
  return (kind === 'postgraphile' ? (query.postgraphileAnswer ?? query.answer) : query.answer)(body.data)
}

const ORGANIZATION = 1
const PAGE = 20
/** The pages of Q6; the deepest is as deep as the largest feed allows. */
export const PAGES = [1, 1000, 5000]

/** Ids are global in the gateway, plain in the others, and text in PostGraphile. */
const idOf = (id: string | number): number => {
  const plain = Number(id)
  return Number.isNaN(plain) ? Number(atob(String(id)).split(':')[1]) : plain
}
const time = (text: string) => new Date(text).toISOString()

const engagement = ({ id, score, status, ...names }: Data) => ({
  id: idOf(id),
  score: Number(score),
  status: status.toLowerCase(),
  ...names,
})

const rows = async (database: pg.Client, text: string): Promise<Key[]> => (await database.query(text)).rows

/** As chance would have it, and yet the same in every run. */
const drawn = (column: string) => `order by hashint8extended(${column}, 7), ${column}`

const LARGEST_FEED = `
  select source_type as type, source_id as id, count(*) as notes from note_source
  where organization_id = ${ORGANIZATION} and source_type in ('collaborator', 'program')
  group by 1, 2 order by 3 desc, 1, 2 limit 1`

const condition = (names: string) => `condition: { organizationId: "${ORGANIZATION}", ${names} }`

const programs = (database: pg.Client): Promise<Key[]> =>
  rows(
    database,
    `select program_id as program from engagement where organization_id = ${ORGANIZATION}
         group by 1 having count(*) >= 100 ${drawn('program_id')} limit 500`,
  )

/** The queries for reading. */
export const QUERIES: readonly Query[] = [
  {
    name: 'Q1',
    title: '100 engagements of a program, with names',
    keys: programs,
    document: `query Q1($filter: EngagementFilter) {
      engagements(filter: $filter, first: 100) { nodes { id score status collaboratorName programName } }
    }`,
    variables: ({ program }, kind) => (kind === 'limit' ? { program } : { filter: { programId: program } }),
    postgraphile: {
      document: `query Q1($program: BigInt!) {
        allEngagements(${condition('programId: $program')}, first: 100, orderBy: [ROW_ID_DESC]) {
          nodes { id: rowId score status collaboratorName programName }
        }
      }`,
      variables: ({ program }) => ({ program: String(program) }),
    },
    answer: data => data.engagements.nodes.map(engagement),
    postgraphileAnswer: data => data.allEngagements.nodes.map(engagement),
  },
  {
    name: 'Q2',
    title: "50 notes of a collaborator's feed, rendered, with sources",
    keys: database =>
      rows(
        database,
        `select source_id as collaborator from note_source where organization_id = ${ORGANIZATION} and source_type = 'collaborator'
         group by 1 having count(*) >= 50 ${drawn('source_id')} limit 500`,
      ),
    document: `query Q2($collaborator: SafeInt!) {
      notes(sourceType: COLLABORATOR, sourceId: $collaborator, first: 50, order: DESC) {
        nodes { renderedContent dateCreated sources { sourceType sourceId } }
      }
    }`,
    variables: ({ collaborator }) => ({ collaborator }),
    postgraphile: {
      document: `query Q2($collaborator: BigInt!) {
        allNoteSources(${condition('sourceType: collaborator, sourceId: $collaborator')}, first: 50, orderBy: [DATE_CREATED_DESC, NOTE_ID_DESC]) {
          nodes { noteByOrganizationIdAndNoteId {
            renderedContent dateCreated noteSourcesByOrganizationIdAndNoteId { nodes { sourceType sourceId } }
          } }
        }
      }`,
      variables: ({ collaborator }) => ({ collaborator: String(collaborator) }),
    },
    answer: data =>
      data.notes.nodes.map(({ renderedContent, dateCreated, sources }: Data) =>
        note(renderedContent, dateCreated, sources),
      ),
    postgraphileAnswer: data =>
      data.allNoteSources.nodes.map(({ noteByOrganizationIdAndNoteId: found }: Data) =>
        note(found.renderedContent, found.dateCreated, found.noteSourcesByOrganizationIdAndNoteId.nodes),
      ),
  },
  {
    name: 'Q3',
    title: 'one engagement by id, with names',
    keys: database =>
      rows(
        database,
        `select id as engagement from engagement where organization_id = ${ORGANIZATION} ${drawn('id')} limit 2000`,
      ),
    document: `query Q3($engagement: ID!) {
      engagement(id: $engagement) { id score status collaboratorName programName }
    }`,
    variables: ({ engagement }) => ({ engagement: String(engagement) }),
    postgraphile: {
      document: `query Q3($engagement: BigInt!) {
        engagement: engagementByOrganizationIdAndRowId(organizationId: "${ORGANIZATION}", rowId: $engagement) {
          id: rowId score status collaboratorName programName
        }
      }`,
      variables: ({ engagement }) => ({ engagement: String(engagement) }),
    },
    answer: data => engagement(data.engagement),
  },
  {
    name: 'Q4',
    title: 'an opportunity, its engagements, the program, collaborator and latest 5 notes of each',
    keys: database =>
      rows(
        database,
        `select opportunity_id as opportunity from engagement where organization_id = ${ORGANIZATION}
         group by 1 having count(*) between 2 and 10 ${drawn('opportunity_id')} limit 2000`,
      ),
    document: `query Q4($opportunity: ID!) {
      opportunity(id: $opportunity) {
        status
        engagements(first: 20) { nodes {
          id score program { name } collaborator { name } notes(first: 5, order: DESC) { nodes { content dateCreated } }
        } }
      }
    }`,
    variables: ({ opportunity }) => ({ opportunity: String(opportunity) }),
    postgraphile: {
      document: `query Q4($opportunity: BigInt!) {
        opportunity: opportunityByOrganizationIdAndRowId(organizationId: "${ORGANIZATION}", rowId: $opportunity) {
          status
          engagements: engagementsByOrganizationIdAndOpportunityId(first: 20, orderBy: [ROW_ID_DESC]) { nodes {
            id: rowId score
            program: programByOrganizationIdAndProgramId { name: displayName }
            collaborator: collaboratorByOrganizationIdAndCollaboratorId { name: displayName }
            latestNotes(first: 5) { note: noteByOrganizationIdAndNoteId { content dateCreated } }
          } }
        }
      }`,
      variables: ({ opportunity }) => ({ opportunity: String(opportunity) }),
    },
    answer: ({ opportunity }) => journey(opportunity, each => each.notes.nodes),
    postgraphileAnswer: ({ opportunity }) =>
      journey(opportunity, each => each.latestNotes.map((link: Data) => link.note)),
  },
  {
    name: 'Q5',
    title: 'activeEngagementCount and newestBinding of an opportunity and a program',
    keys: database =>
      rows(
        database,
        `select opportunity_id as opportunity, program_id as program from engagement
         where organization_id = ${ORGANIZATION} and status = 'active' ${drawn('id')} limit 2000`,
      ),
    document: `query Q5($opportunity: SafeInt!, $program: SafeInt!) {
      activeEngagementCount(opportunityId: $opportunity, programId: $program)
      newestBinding(opportunityId: $opportunity, programId: $program) { id score status dateModified }
    }`,
    variables: ({ opportunity, program }) => ({ opportunity, program }),
    postgraphile: {
      document: `query Q5($opportunity: BigInt!, $program: BigInt!) {
        active: allEngagements(${condition('opportunityId: $opportunity, programId: $program, status: active')}) { totalCount }
        newest: allEngagements(${condition('opportunityId: $opportunity, programId: $program, status: active')}, first: 1, orderBy: [DATE_MODIFIED_DESC, ROW_ID_DESC]) {
          nodes { id: rowId score status dateModified }
        }
      }`,
      variables: ({ opportunity, program }) => ({ opportunity: String(opportunity), program: String(program) }),
    },
    answer: ({ activeEngagementCount, newestBinding }) => [activeEngagementCount, binding(newestBinding)],
    postgraphileAnswer: ({ active, newest }) => [active.totalCount, binding(newest.nodes[0])],
  },
  {
    name: 'Q6',
    title: `pages ${PAGES.map(page => page.toLocaleString('en')).join(', ')} of the largest feed`,
    keys: async database => {
      const [feed] = (await rows(database, LARGEST_FEED)) as [{ type: string; id: number; notes: number }]
      const deepest = Math.max(1, Math.floor(feed.notes / PAGE))
      const keys: Key[] = []
      for (const page of PAGES.map(page => Math.min(page, deepest))) {
        const [last] = await rows(
          database,
          `select note_id as note, date_created as date from note_source
           where organization_id = ${ORGANIZATION} and source_type = '${feed.type}' and source_id = ${feed.id}
           order by date_created desc, note_id desc limit 1 offset ${Math.max(0, (page - 1) * PAGE - 1)}`,
        )
        keys.push({ type: feed.type, id: feed.id, page, after: page === 1 ? null : last })
      }
      return keys
    },
    document: `query Q6($type: NoteSourceType!, $id: SafeInt!, $after: String) {
      notes(sourceType: $type, sourceId: $id, first: ${PAGE}, order: DESC, after: $after) {
        nodes { content dateCreated } pageInfo { hasNextPage }
      }
    }`,
    variables: ({ type, id, after, cursors }, kind) =>
      kind === 'limit'
        ? { id, ...(after as object | null) }
        : { type: String(type).toUpperCase(), id, after: after && (cursors as Record<Kind, string>)[kind] },
    postgraphile: {
      document: `query Q6($type: NoteSourceType!, $id: BigInt!, $after: Cursor) {
        allNoteSources(${condition('sourceType: $type, sourceId: $id')}, first: ${PAGE}, after: $after, orderBy: [DATE_CREATED_DESC, NOTE_ID_DESC]) {
          nodes { noteByOrganizationIdAndNoteId { content dateCreated } } pageInfo { hasNextPage }
        }
      }`,
      variables: ({ type, id, after, cursors }) => ({
        type,
        id: String(id),
        after: after && (cursors as Record<Kind, string>).postgraphile,
      }),
    },
    answer: data => [data.notes.pageInfo.hasNextPage, data.notes.nodes.map(entry)],
    postgraphileAnswer: data => [
      data.allNoteSources.pageInfo.hasNextPage,
      data.allNoteSources.nodes.map((link: Data) => entry(link.noteByOrganizationIdAndNoteId)),
    ],
  },
  {
    name: 'Q6p',
    title: "a note's position in the largest feed",
    keys: async database =>
      rows(
        database,
        `with feed as (${LARGEST_FEED})
         select s.source_type as type, s.source_id as id, s.note_id as note from note_source s join feed on feed.type = s.source_type and feed.id = s.source_id
         where s.organization_id = ${ORGANIZATION} ${drawn('s.note_id')} limit 500`,
      ),
    document: `query Q6p($note: ID!, $type: NoteSourceType!, $id: SafeInt!) {
      note(id: $note) { position(sourceType: $type, sourceId: $id) }
    }`,
    variables: ({ note, type, id }, kind) =>
      kind === 'limit' ? { note, id } : { note: String(note), type: String(type).toUpperCase(), id },
    answer: data => data.note.position,
  },
]

/** What another server cannot say, or says with less work or more. */
export const UNEQUAL: readonly string[] = [
  'PostGraphile, Mercurius and the limit answer plain ids; the gateway answers global ids, which it has to encode.',
  'The gateway decides for each viewer what may be seen. PostGraphile is told the organization in the query; it and Mercurius check the key and nothing else.',
  "PostGraphile has collaboratorName, programName and displayName as SQL expressions in its plans, latestNotes as a plan, and renderedContent as a plan with one more statement for a page's names and the renderer of bench/rendering.ts. It answers 64-bit integers as text, so it does not read them.",
  'Mercurius and the limit render with bench/rendering.ts too: it knows the texts that administrators read, no more.',
  "The limit sends its statements through pg as everybody does, and reads times by pg's parsers; the gateway has a leaner way through pg of its own, so that it may come near the limit, or pass it, where little else is to do.",
  'Every text has been asked before: the gateway parses, validates and compiles a query the first two times, and reads whole records the first time.',
  'The gateway keeps names from one request to the next, with a version that each statement brings along, so that none is shown that has been changed; most names have been shown before. The limit does the same. PostGraphile and Mercurius look names up each time.',
  'Q3: the limit joins the names in one statement of its own; the other limits send the statements of the gateway, recorded from it in the same run.',
  'Q4: PostGraphile and Mercurius ask for the engagements, their programs and collaborators, and their notes, in their ways; the gateway and the limit read all of it with the opportunity, in one statement.',
  "Q6p: PostGraphile has no words for a note's position.",
  'I1, I2: the hand-written server checks nothing in the payload. It sends what the gateway sent for such an event, with its own ids, in one transaction, statement by statement.',
]

const note = (text: string, date: string, sources: Data[]) => ({
  text,
  date: time(date),
  sources: sources.map(({ sourceType, sourceId }) => `${sourceType.toLowerCase()}:${sourceId}`).sort(),
})

const entry = ({ content, dateCreated }: Data) => [content, time(dateCreated)]

const binding = ({ dateModified, ...rest }: Data) => ({ ...engagement(rest), dateModified: time(dateModified) })

const journey = ({ status, engagements }: Data, notes: (of: Data) => Data[]) => ({
  status: status.toLowerCase(),
  engagements: engagements.nodes.map((each: Data) => ({
    id: idOf(each.id),
    score: Number(each.score),
    program: each.program.name,
    collaborator: each.collaborator.name,
    notes: notes(each).map(entry),
  })),
})
