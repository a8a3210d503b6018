import Fastify from 'fastify'
import mercurius from 'mercurius'
import { keyCheck } from '../key.ts'
import { renderer } from '../rendering.ts'
import { poolFor, readSetup } from './setup.ts'

const setup = readSetup()
const pool = poolFor(setup)
const render = renderer(setup.templates)
const organizationOf = keyCheck(pool)

// biome-ignore lint/suspicious/noExplicitAny: rows
type Row = any

/** One named statement. */
const rows = async (name: string, text: string, values: unknown[]): Promise<Row[]> =>
  (await pool.query({ name, text, values })).rows

const schema = `
  type Query {
    engagements(filter: EngagementFilter, first: Int): EngagementConnection!
    engagement(id: ID!): Engagement
    opportunity(id: ID!): Opportunity
    notes(sourceType: NoteSourceType!, sourceId: SafeInt!, first: Int, order: SortOrder, after: String): NoteConnection!
    note(id: ID!): Note
    activeEngagementCount(opportunityId: SafeInt!, programId: SafeInt!): Int!
    newestBinding(opportunityId: SafeInt!, programId: SafeInt!): Engagement
  }
  scalar SafeInt
  scalar DateTime
  enum NoteSourceType { COLLABORATOR CONVERSION OBLIGATION FULFILLMENT PAYOUT ENGAGEMENT OPPORTUNITY TRANSACTION DISTRIBUTION PROGRAM DISTRIBUTOR ORGANIZATION }
  enum SortOrder { ASC DESC }
  enum EngagementStatus { ACTIVE PENDING COMPLETE CANCELLED }
  input EngagementFilter { programId: SafeInt }
  type EngagementConnection { nodes: [Engagement!]! }
  type NoteConnection { nodes: [Note!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Named { name: String! }
  type Engagement {
    id: ID! score: SafeInt! status: EngagementStatus! dateModified: DateTime! collaboratorName: String! programName: String!
    program: Named! collaborator: Named! notes(first: Int, order: SortOrder): NoteConnection!
  }
  type Opportunity { status: String! engagements(first: Int): EngagementConnection! }
  type NoteSource { sourceType: NoteSourceType! sourceId: SafeInt! }
  type Note {
    content: String! dateCreated: DateTime! renderedContent: String! sources: [NoteSource!]!
    position(sourceType: NoteSourceType!, sourceId: SafeInt!): Int
  }`

const ENGAGEMENT = `id, score, upper(status::text) as status, opportunity_id as "opportunityId", program_id as "programId", collaborator_id as "collaboratorId", date_modified as "dateModified"`
const NAMES = {
  collaborator: `select id, case when status = 'deleted' then 'Collaborator #' || id else coalesce(nickname, full_name) end as name from collaborator where organization_id = $1 and id = any($2::bigint[])`,
  program: `select id, case when status = 'deleted' then 'Program #' || id else name end as name from program where organization_id = $1 and id = any($2::bigint[])`,
  distributor: `select id, case when status = 'deleted' then 'Distributor #' || id else name end as name from distributor where organization_id = $1 and id = any($2::bigint[])`,
  organization: `select id, name from organization where id = $1 and id = any($2::bigint[])`,
}
const SOURCES = `select note_id as "noteId", source_type as "sourceType", source_id as "sourceId" from note_source where organization_id = $1 and note_id = any($2::bigint[]) order by note_id, source_type, source_id`
const FEED = (more: string) => `
  select n.id, n.content, n.data, n.date_created as "dateCreated" from (
    select note_id, date_created from note_source
    where organization_id = $1 and source_type = $2::note_source_type and source_id = $3${more} order by date_created desc, note_id desc limit $4) f
  cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit 1) n order by f.date_created desc, f.note_id desc`

const names = async (type: keyof typeof NAMES, organization: number, ids: number[]): Promise<Map<number, string>> =>
  new Map(
    ids.length === 0
      ? []
      : (await rows(type, NAMES[type], [organization, [...new Set(ids)]])).map(({ id, name }) => [id, name]),
  )

const isNamed = (type: string): type is keyof typeof NAMES => type in NAMES

const sourcesOf = async (organization: number, ids: number[]): Promise<Map<number, Row[]>> => {
  const found = new Map<number, Row[]>(ids.map(id => [id, []]))
  for (const row of await rows('sources', SOURCES, [organization, ids])) found.get(row.noteId)?.push(row)
  return found
}

const named =
  (type: 'collaborator' | 'program') =>
  async (queries: Row[], { organization }: Row) => {
    const found = await names(
      type,
      organization,
      queries.map(({ obj }) => obj[`${type}Id`]),
    )
    return queries.map(({ obj }) => found.get(obj[`${type}Id`]))
  }
const asObject = (load: ReturnType<typeof named>) => async (queries: Row[], context: Row) =>
  (await load(queries, context)).map(name => ({ name }))

const resolvers = {
  Query: {
    engagements: async (_: unknown, { filter, first }: Row, { organization }: Row) => ({
      nodes: await rows(
        'engagements',
        `select ${ENGAGEMENT} from engagement where organization_id = $1 and program_id = $2 order by id desc limit $3`,
        [organization, filter.programId, first],
      ),
    }),
    engagement: async (_: unknown, { id }: Row, { organization }: Row) =>
      (
        await rows('engagement', `select ${ENGAGEMENT} from engagement where organization_id = $1 and id = $2`, [
          organization,
          id,
        ])
      )[0],
    opportunity: async (_: unknown, { id }: Row, { organization }: Row) =>
      (
        await rows('opportunity', `select id, status from opportunity where organization_id = $1 and id = $2`, [
          organization,
          id,
        ])
      )[0],
    notes: async (_: unknown, { sourceType, sourceId, first, after }: Row, { organization }: Row) => {
      const values = [organization, sourceType.toLowerCase(), sourceId, first + 1]
      const found = after
        ? await rows('feed after', FEED(' and (date_created, note_id) < ($5::timestamptz, $6::bigint)'), [
            ...values,
            ...after.split('|'),
          ])
        : await rows('feed', FEED(''), values)
      return { nodes: found.slice(0, first), pageInfo: { hasNextPage: found.length > first } }
    },
    note: async (_: unknown, { id }: Row, { organization }: Row) =>
      (
        await rows(
          'note',
          `select id, content, data, date_created as "dateCreated" from note where organization_id = $1 and id = $2`,
          [organization, id],
        )
      )[0],
    activeEngagementCount: async (_: unknown, { opportunityId, programId }: Row, { organization }: Row) =>
      (
        await rows(
          'count',
          `select count(*)::int as count from engagement where organization_id = $1 and opportunity_id = $2 and program_id = $3 and status = 'active'`,
          [organization, opportunityId, programId],
        )
      )[0].count,
    newestBinding: async (_: unknown, { opportunityId, programId }: Row, { organization }: Row) =>
      (
        await rows(
          'newest',
          `select ${ENGAGEMENT} from engagement where organization_id = $1 and opportunity_id = $2 and program_id = $3 and status = 'active' order by date_modified desc, id desc limit 1`,
          [organization, opportunityId, programId],
        )
      )[0],
  },
  NoteSource: { sourceType: ({ sourceType }: Row) => sourceType.toUpperCase() },
}

const loaders = {
  Engagement: {
    collaboratorName: { loader: named('collaborator'), opts: { cache: false } },
    programName: { loader: named('program'), opts: { cache: false } },
    collaborator: { loader: asObject(named('collaborator')), opts: { cache: false } },
    program: { loader: asObject(named('program')), opts: { cache: false } },
    notes: {
      loader: async (queries: Row[], { organization }: Row) => {
        const ids = queries.map(({ obj }) => obj.id)
        const text = `
          select k.key, n.content, n.date_created as "dateCreated" from unnest($2::bigint[]) as k(key) cross join lateral (
            select note_id, date_created from note_source where organization_id = $1 and source_type = 'engagement' and source_id = k.key
            order by date_created desc, note_id desc limit $3) f
          join note n on n.organization_id = $1 and n.id = f.note_id order by k.key, f.date_created desc, f.note_id desc`
        const found = await rows('latest', text, [organization, ids, queries[0].params.first])
        return ids.map(id => ({ nodes: found.filter(({ key }) => key === id) }))
      },
      opts: { cache: false },
    },
  },
  Opportunity: {
    engagements: {
      loader: async (queries: Row[], { organization }: Row) =>
        Promise.all(
          queries.map(async ({ obj, params }) => ({
            nodes: await rows(
              'of opportunity',
              `select ${ENGAGEMENT} from engagement where organization_id = $1 and opportunity_id = $2 order by id desc limit $3`,
              [organization, obj.id, params.first],
            ),
          })),
        ),
      opts: { cache: false },
    },
  },
  Note: {
    sources: {
      loader: async (queries: Row[], context: Row) => {
        const ids = queries.map(({ obj }) => obj.id)
        context.sources ??= sourcesOf(context.organization, ids)
        const found = await context.sources
        return ids.map(id => found.get(id))
      },
      opts: { cache: false },
    },
    renderedContent: {
      loader: async (queries: Row[], context: Row) => {
        const { organization } = context
        const ids = queries.map(({ obj }) => obj.id)
        context.sources ??= sourcesOf(organization, ids)
        const found = await context.sources
        const wanted: Record<keyof typeof NAMES, number[]> = {
          collaborator: [],
          program: [],
          distributor: [],
          organization: [],
        }
        for (const list of found.values())
          for (const { sourceType, sourceId } of list) if (isNamed(sourceType)) wanted[sourceType].push(sourceId)
        const types = Object.keys(wanted) as (keyof typeof NAMES)[]
        const known = Object.fromEntries(
          await Promise.all(types.map(async type => [type, await names(type, organization, wanted[type])])),
        )
        return queries.map(({ obj }) =>
          render({ ...obj, sources: found.get(obj.id) }, (type, id) => known[type]?.get(id)),
        )
      },
      opts: { cache: false },
    },
    position: {
      loader: async (queries: Row[], { organization }: Row) =>
        Promise.all(
          queries.map(async ({ obj, params }) => {
            const text = `select count(*)::int as position from note_source where organization_id = $1 and source_type = $2::note_source_type and source_id = $3 and (date_created, note_id) < ($4::timestamptz, $5::bigint)`
            return (
              await rows('position', text, [
                organization,
                params.sourceType.toLowerCase(),
                params.sourceId,
                obj.dateCreated,
                obj.id,
              ])
            )[0].position
          }),
        ),
      opts: { cache: false },
    },
  },
}

const app = Fastify()
app.decorateRequest('organization', null)
app.addHook('onRequest', (request, reply, done) => {
  const pass = (organization: number | null) => {
    if (organization === null) void reply.status(401).send()
    else {
      ;(request as Row).organization = organization
      done()
    }
  }
  const organization = organizationOf(request.headers.authorization)
  if (organization instanceof Promise) organization.then(pass, done)
  else pass(organization)
})
await app.register(mercurius as Row, {
  schema,
  resolvers,
  loaders,
  jit: 1,
  context: (request: Row) => ({ organization: request.organization }),
})
await app.listen({ port: setup.port, host: '127.0.0.1' })
