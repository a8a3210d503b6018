import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { PoolClient } from 'pg'
import { keyCheck } from '../key.ts'
import type { Source, Step } from '../recording.ts'
import { renderer } from '../rendering.ts'
import { poolFor, readSetup } from './setup.ts'

// What can be had: statements and JSON.stringify behind node:http, with the check of the key and nothing else. The
// statements are the gateway's, recorded from it, but for Q3.

const setup = readSetup()
const pool = poolFor(setup)
const organizationOf = keyCheck(pool)
const render = renderer(setup.templates)

// biome-ignore lint/suspicious/noExplicitAny: rows of whatever the gateway asks for
type Row = any
type Input = Record<string, unknown>

/** A value of a statement, for one request. */
type Value = (input: Input, answers: readonly Row[][], body: string) => unknown

const compile = (source: Source): Value => {
  if ('constant' in source) return () => source.constant
  if ('field' in source) return input => input[source.field]
  if ('cell' in source) {
    const [step, row, column] = source.cell
    return (_input, answers) => answers[step]?.[row]?.[column]
  }
  if ('now' in source) return source.now === 'date' ? () => new Date() : () => new Date().toISOString()
  if ('hash' in source) return (_input, _answers, body) => createHash('sha256').update(body).digest('hex')
  if ('list' in source) {
    const parts = source.list.map(compile)
    return (...given) => parts.map(part => part(...given))
  }
  if ('object' in source) {
    const parts = Object.entries(source.object).map(([key, part]) => [key, compile(part)] as const)
    return (...given) => {
      const made: Input = {}
      for (const [key, part] of parts) made[key] = part(...given)
      return made
    }
  }
  const inner = compile(source.json)
  return (...given) => JSON.stringify(inner(...given))
}

const ready = new Map(
  Object.entries(setup.statements).map(([name, steps]) => [
    name,
    steps.map(({ name, text, values }: Step) => ({ name, text, values: values.map(compile) })),
  ]),
)

/** Sends the n-th statement of a query. */
const send = async (query: string, n: number, input: Input): Promise<Row[]> => {
  const step = ready.get(query)?.[n]
  if (step === undefined) throw new Error(`${query} has no statement ${n} any more: see servers/limit.ts`)
  const { name, text } = step
  return (await pool.query({ name, text, values: step.values.map(value => value(input, [], '')) })).rows
}

const reads: Record<string, (input: Input, organization: number) => Promise<unknown>> = {
  Q1: async (input, organization) => {
    const rows = (await send('Q1', 0, input)).slice(0, 100)
    const { collaborator, program } = await namesOf(rows, organization, wantedBy(rows))
    return {
      engagements: {
        nodes: rows.map(({ id, score, status, collaboratorId, programId }) => ({
          id,
          score,
          status: status.toUpperCase(),
          collaboratorName: collaborator.get(collaboratorId),
          programName: program.get(programId),
        })),
      },
    }
  },
  Q2: async (input, organization) => {
    const rows = (await send('Q2', 0, input)).slice(0, 50)
    const wanted: Wanted = { collaborator: [], program: [], distributor: [], organization: [] }
    const notes = rows.map(row => {
      const sources = (row.sources as string).split(',').map(link => {
        const colon = link.indexOf(':')
        const source = { sourceType: link.slice(0, colon), sourceId: Number(link.slice(colon + 1)) }
        wanted[source.sourceType as Named]?.push(source.sourceId)
        return source
      })
      return { ...row, sources }
    })
    const names = await namesOf(rows, organization, wanted)
    const nameOf = (type: string, id: number) => names[type as Named].get(id)
    return {
      notes: {
        nodes: notes.map(note => ({
          renderedContent: render(note, nameOf),
          dateCreated: note.dateCreated,
          sources: note.sources,
        })),
      },
    }
  },
  Q3: async (input, organization) => {
    const { rows } = await pool.query({ name: 'Q3', text: ENGAGEMENT, values: [organization, input.engagement] })
    const [{ status, ...rest }] = rows
    return { engagement: { ...rest, status: status.toUpperCase() } }
  },
  Q4: async (input, organization) => {
    const engagements = await send('Q4', 0, input)
    const { collaborator, program } = await namesOf(engagements, organization, wantedBy(engagements))
    return {
      opportunity: {
        status: engagements[0]['owner.status'],
        engagements: {
          nodes: engagements.map(({ id, score, programId, collaboratorId, feed }) => ({
            id,
            score,
            program: { name: program.get(programId) },
            collaborator: { name: collaborator.get(collaboratorId) },
            notes: { nodes: (feed ?? []).slice(0, 5).map(entryOfJson) },
          })),
        },
      },
    }
  },
  Q5: async input => {
    const [[counted], [newest]] = await Promise.all([send('Q5', 0, input), send('Q5', 1, input)])
    const { id, score, status, dateModified } = newest ?? {}
    return {
      activeEngagementCount: counted.count,
      newestBinding: newest ? { id, score, status: status.toUpperCase(), dateModified } : null,
    }
  },
  Q6: async input => {
    const rows = await send(input.date === undefined ? 'Q6' : 'Q6 after', 0, input)
    return { notes: { nodes: rows.slice(0, 20).map(entry), pageInfo: { hasNextPage: rows.length > 20 } } }
  },
  Q6p: async input => {
    const [, [found]] = await Promise.all([send('Q6p', 0, input), send('Q6p', 1, input)])
    return { note: { position: found?.position ?? null } }
  },
}

const entry = ({ content, dateCreated }: Row) => ({ content, dateCreated })
const entryOfJson = ({ content, dateCreated }: Row) => ({ content, dateCreated: new Date(dateCreated) })

const COLLABORATOR = `case when c.status = 'deleted' then 'Collaborator #' || c.id else coalesce(c.nickname, c.full_name) end`
const PROGRAM = `case when p.status = 'deleted' then 'Program #' || p.id else p.name end`
const ENGAGEMENT = `
  select e.id, e.score, e.status, ${COLLABORATOR} as "collaboratorName", ${PROGRAM} as "programName" from engagement e
    join collaborator c on c.organization_id = $1 and c.id = e.collaborator_id
    join program p on p.organization_id = $1 and p.id = e.program_id
  where e.organization_id = $1 and e.id = $2`

const NAMED = ['collaborator', 'program', 'distributor', 'organization'] as const
type Named = (typeof NAMED)[number]
type Wanted = Partial<Record<Named, number[]>>

// as the gateway keeps them: for as long as the version that comes with the rows is the same
let version: unknown
let names: Record<Named, Map<number, string>>

/** The names of what is wanted, of the version that these rows brought. */
const namesOf = async ([row]: Row[], organization: number, wanted: Wanted): Promise<typeof names> => {
  if (row?.namesVersion !== version) {
    version = row?.namesVersion
    names = { collaborator: new Map(), program: new Map(), distributor: new Map(), organization: new Map() }
  }
  const missing = NAMED.map(type => (wanted[type] ?? []).filter(id => !names[type].has(id)))
  if (missing.some(ids => ids.length > 0)) {
    const { rows } = await pool.query({ name: 'names', text: NAMES, values: [organization, ...missing] })
    for (const { type, id, name } of rows) names[type as Named].set(id, name)
  }
  return names
}

const wantedBy = (engagements: Row[]): Wanted => ({
  collaborator: engagements.map(({ collaboratorId }) => collaboratorId),
  program: engagements.map(({ programId }) => programId),
})

const NAMES = `
  select 'collaborator' as type, c.id, ${COLLABORATOR} as name from collaborator c where c.organization_id = $1 and c.id = any($2)
  union all select 'program', p.id, ${PROGRAM} from program p where p.organization_id = $1 and p.id = any($3)
  union all select 'distributor', d.id, d.name from distributor d where d.organization_id = $1 and d.id = any($4)
  union all select 'organization', o.id, o.name from organization o where o.id = $1 and o.id = any($5)`

/** Takes an event in: the statements that the gateway sent for such a one, as one transaction on one connection. */
const take = async (event: string, input: Input, body: string): Promise<void> => {
  const steps = ready.get(event) ?? ready.get(`${event} ${input.collaboratorId}`)
  if (steps === undefined) throw new Error(`No statements were recorded for ${event}`)
  const connection: PoolClient = await pool.connect()
  try {
    const answers: Row[][] = []
    for (const { name, text, values } of steps) {
      const { rows } = await connection.query({ name, text, values: values.map(value => value(input, answers, body)) })
      answers.push(rows)
    }
  } catch (error) {
    await connection.query('rollback')
    throw error
  } finally {
    connection.release()
  }
}

const EVENTS: Record<string, string> = { '/siren/v1/event/site-visited': 'I1', '/siren/v1/event/sale': 'I2' }

const answer = async (url: string, body: string, organization: number, response: ServerResponse): Promise<void> => {
  const input: Input = JSON.parse(body)
  const read = reads[url.slice(1)]
  if (read === undefined) {
    await take(EVENTS[url] ?? '', input, body)
    response.end()
    return
  }
  const text = JSON.stringify({ data: await read(input, organization) })
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

const fail = (response: ServerResponse, status: number, error?: unknown) => {
  if (error !== undefined) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
  response.writeHead(status)
  response.end()
}

createServer((request: IncomingMessage, response) => {
  const pass = (organization: number | null) => {
    if (organization === null) return fail(response, 401)
    let body = ''
    request.setEncoding('utf8')
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      answer(request.url ?? '', body, organization, response).catch(error => fail(response, 500, error))
    })
  }
  const organization = organizationOf(request.headers.authorization)
  if (organization instanceof Promise) organization.then(pass, error => fail(response, 500, error))
  else pass(organization)
}).listen(setup.port, '127.0.0.1')
