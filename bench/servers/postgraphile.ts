import { createServer } from 'node:http'
import { postgraphile } from 'postgraphile'
import { TYPES } from 'postgraphile/@dataplan/pg'
import { makePgService } from 'postgraphile/adaptors/pg'
import { constant, loadOne, type Step } from 'postgraphile/grafast'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { extendSchema, gql } from 'postgraphile/utils'
import { keyCheck } from '../key.ts'
import { renderer } from '../rendering.ts'
import { poolFor, readSetup } from './setup.ts'

const setup = readSetup()
const pool = poolFor(setup)
const render = renderer(setup.templates)
const organizationOf = keyCheck(pool)

// biome-ignore lint/suspicious/noExplicitAny: steps and resources are typed by a database that is not there yet
type Any = any

/** What the gateway has and the tables do not: names to show, rendered texts, and an engagement's latest notes. */
const Names = extendSchema(build => {
  const { sql } = build as Any
  const { note_source: noteSource } = (build as Any).pgResources as Record<string, Any>
  const nameOf = ($row: Any, type: string, name: Any) => {
    const row = $row.getClassStep().alias
    const text = sql`case when ${row}.status = 'deleted' then ${sql.literal(`${type} #`)} || ${row}.id else ${name(row)} end`
    return $row.select(text, TYPES.text)
  }
  const collaboratorName = ($row: Any) =>
    nameOf($row, 'Collaborator', (row: Any) => sql`coalesce(${row}.nickname, ${row}.full_name)`)
  const programName = ($row: Any) => nameOf($row, 'Program', (row: Any) => sql`${row}.name`)
  return {
    typeDefs: gql`
      extend type Collaborator { displayName: String }
      extend type Program { displayName: String }
      extend type Engagement { collaboratorName: String programName: String latestNotes(first: Int!): [NoteSource!]! }
      extend type Note { renderedContent: String }
    `,
    objects: {
      Collaborator: { plans: { displayName: ($collaborator: Any) => collaboratorName($collaborator) } },
      Program: { plans: { displayName: ($program: Any) => programName($program) } },
      Engagement: {
        plans: {
          collaboratorName: ($engagement: Any) =>
            collaboratorName($engagement.singleRelation('collaboratorByMyOrganizationIdAndCollaboratorId')),
          programName: ($engagement: Any) =>
            programName($engagement.singleRelation('programByMyOrganizationIdAndProgramId')),
          latestNotes: ($engagement: Any, { $first }: Any) => {
            const $links = noteSource.find({
              organization_id: $engagement.get('organization_id'),
              source_type: constant('engagement'),
              source_id: $engagement.get('id'),
            })
            for (const attribute of ['date_created', 'note_id']) $links.orderBy({ attribute, direction: 'DESC' })
            $links.setFirst($first)
            return $links
          },
        },
      },
      Note: {
        plans: {
          renderedContent: ($note: Any) =>
            loadOne(
              { id: $note.get('id'), content: $note.get('content'), data: $note.get('data') } as Record<string, Step>,
              renderedContents as Any,
            ),
        },
      },
    },
  }
})

interface Lookup {
  readonly id: string
  readonly content: string
  readonly data: unknown
}

/** Renders a page of notes, with one statement for what they are linked to and its names. */
const renderedContents = async (lookups: readonly Lookup[]): Promise<string[]> => {
  const ids = lookups.map(({ id }) => id)
  const { rows } = await pool.query({ name: 'links', text: LINKS, values: [ids] })
  const links = new Map<number, { sourceType: string; sourceId: number; name: string }[]>()
  for (const row of rows) {
    const list = links.get(row.noteId)
    if (list === undefined) links.set(row.noteId, [row])
    else list.push(row)
  }
  return lookups.map(({ id, content, data }) => {
    const sources = links.get(Number(id)) ?? []
    const facts = typeof data === 'string' ? JSON.parse(data) : data
    return render(
      { content, data: facts, sources },
      (type, of) => sources.find(link => link.sourceType === type && link.sourceId === of)?.name,
    )
  })
}

const LINKS = `
  select s.note_id as "noteId", s.source_type as "sourceType", s.source_id as "sourceId", case s.source_type
    when 'collaborator' then (select case when t.status = 'deleted' then 'Collaborator #' || t.id else coalesce(t.nickname, t.full_name) end from collaborator t where t.organization_id = s.organization_id and t.id = s.source_id)
    when 'program' then (select case when t.status = 'deleted' then 'Program #' || t.id else t.name end from program t where t.organization_id = s.organization_id and t.id = s.source_id)
    when 'distributor' then (select case when t.status = 'deleted' then 'Distributor #' || t.id else t.name end from distributor t where t.organization_id = s.organization_id and t.id = s.source_id)
    when 'organization' then (select t.name from organization t where t.id = s.source_id) end as name
  from note_source s where s.organization_id = 1 and s.note_id = any($1::bigint[]) order by s.note_id, s.source_type, s.source_id`

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [Names],
  disablePlugins: ['NodePlugin', 'MutationPlugin'],
  pgServices: [makePgService({ pool, schemas: ['public'] })],
  grafast: { explain: false },
  grafserv: { port: setup.port, watch: false, graphiql: false, graphqlPath: '/graphql', websockets: false },
})
const service = instance.createServ(grafserv)
const handle = service.createHandler()
await service.ready()

createServer((request, response) => {
  const pass = (organization: number | null) => {
    if (organization !== null) return handle(request, response)
    response.writeHead(401)
    response.end()
  }
  const organization = organizationOf(request.headers.authorization)
  if (organization instanceof Promise) void organization.then(pass)
  else pass(organization)
}).listen(setup.port, '127.0.0.1')
