import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Viewer } from '../../../src/access/viewer.ts'
import { testDatabase } from '../../support/database.ts'
import type { Response, TestGateway } from '../../support/gateway.ts'
import { operationWorld, wholeGateway } from './operation-world.ts'
import { DOCUMENT, type Example, examplesOf, OPERATIONS, type Operation, sendTo } from './operations.ts'

const { sql } = await testDatabase()
const gateway = wholeGateway(sql)

let world: Awaited<ReturnType<typeof operationWorld>>
beforeAll(async () => {
  world = await operationWorld(sql)
})

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addSchema(DOCUMENT, 'document')

/** What the document says of an answer that is not as it says. */
const complaints = (
  { id, method, path, responses }: Operation,
  { status, headers, body, text }: Response,
): unknown[] => {
  // what any request may be refused with is not said of each operation
  const response = responses[status] ?? ([405, 408, 413, 414, 415, 500].includes(status) && responses.default)
  if (!response) return [`${id} has no answer ${status}: ${text}`]
  const pointer =
    response.$ref ??
    `#/paths/${escaped(path)}/${method.toLowerCase()}/responses/${responses[status] ? status : 'default'}`
  const { content, headers: said = {} } = at(pointer)
  const missing = Object.entries<{ required?: boolean; schema: object }>(said).flatMap(
    ([name, { required, schema }]) => {
      const value = headers[name.toLowerCase()]
      if (value === undefined) return required ? [`${name} is missing`] : []
      return 'type' in schema && schema.type === 'integer' && !/^\d+$/.test(String(value)) ? [`${name}: ${value}`] : []
    },
  )
  if (content === undefined) return text === '' ? missing : [...missing, `${id} has a body: ${text}`]
  const validate = ajv.getSchema(`document${pointer}/content/application~1json/schema`)
  if (validate === undefined) throw new Error(`Expected a schema of ${pointer}`)
  if (headers['content-type'] !== 'application/json; charset=utf-8') missing.push(`is ${headers['content-type']}`)
  return validate(body) ? missing : [...missing, ...(validate.errors ?? [])]
}

const escaped = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

// biome-ignore lint/suspicious/noExplicitAny: a part of the document
const at = (pointer: string): any =>
  pointer
    .slice(2)
    .split('/')
    .reduce((node, part) => node[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')], DOCUMENT)

const isRead = ({ method }: Operation) => method === 'GET'
const READS = OPERATIONS.filter(isRead)
const ACTS = OPERATIONS.filter(operation => !isRead(operation))

describe('an answer is what the document says', () => {
  const ask = async (as: Viewer, operation: Operation, examples: Example[], through = gateway) => {
    const answers: Response[] = []
    for (const example of examples) {
      const answer = await sendTo(through, as, operation, example)
      expect([operation.id, example, complaints(operation, answer)]).toEqual([operation.id, example, []])
      answers.push(answer)
    }
    return answers
  }

  it.each(READS.map(operation => [operation.id, operation] as const))('%s', async (_, operation) => {
    const examples = examplesOf(operation, world.mine)
    const { administrator, collaborator, integration, reader } = world
    for (const viewer of [administrator, reader, collaborator]) {
      const answers = await ask(viewer, operation, examples)
      const isReader = operation.scope !== 'records' && viewer !== administrator
      expect(answers.some(({ status }) => status === (isReader ? 403 : 200))).toBe(true)
      if (!isReader) expect(answers.some(({ body }) => !Array.isArray(body) || body.length > 0)).toBe(true)
    }
    for (const { status } of await ask(integration, operation, examples)) expect(status).toBe(403)
    await ask(administrator, operation, examplesOf(operation, world.missing))
    const wrong = { path: { id: 0 }, query: { [`not-${operation.id}`]: 1 } }
    const [refused] = await ask(administrator, operation, [wrong])
    expect(refused?.status).toBe(operation.path.startsWith('/wp-json') ? 400 : 422)
  })

  it.each(ACTS.map(operation => [operation.id, operation] as const))('%s', async (_, operation) => {
    const examples = examplesOf(operation, world.rivals)
    const { administrator, collaborator, integration, reader } = world
    const others = operation.scope === 'events' ? [collaborator, reader] : [collaborator, reader, integration]
    for (const viewer of others)
      for (const { status } of await ask(viewer, operation, examples)) expect(status).toBe(403)
    await undone(async within => {
      const success = operation.id.startsWith('create') ? 201 : 200
      for (const { status, text } of await ask(administrator, operation, examples, within))
        expect([text, status]).toEqual([text, success])
    })
    const wrong = [{ body: { [`not-${operation.id}`]: 1 } }, { body: [] }]
    for (const refused of [...examplesOf(operation, world.missing), ...wrong])
      await undone(async within => {
        await ask(administrator, operation, [refused], within)
      })
  })
})

/** Has something done that does not stand in the way of what follows. */
const undone = async (work: (within: TestGateway) => Promise<void>): Promise<void> => {
  const done = new Error('done')
  const transaction = sql.transaction(async sql => {
    await work(wholeGateway(sql))
    throw done
  })
  await transaction.catch(error => {
    if (error !== done) throw error
  })
}

describe('an operation', () => {
  const broken = { payload: '{', headers: { 'content-type': 'application/json' } }
  const send = (as: Viewer | null, { method, path }: Operation, payload: string | undefined) =>
    gateway.send(as, method, path.replace(/\{\w+\}/g, '0'), payload, payload === undefined ? {} : broken.headers)

  it.each(OPERATIONS.map(operation => [operation.id, operation] as const))(
    'is for keys that may, before anything of it is read: %s',
    async (_, operation) => {
      const payload = isRead(operation) ? undefined : broken.payload
      const nobody = await send(null, operation, payload)
      expect([nobody.status, nobody.headers['www-authenticate']]).toEqual([401, 'Bearer'])
      const { organizationId, collaborator, integration } = world
      const other = ['events', 'administrator'].includes(operation.scope) ? collaborator : integration
      const wrong = await send(other, operation, payload)
      expect(wrong.status).toBe(403)
      for (const answer of [nobody, wrong])
        expect(answer.body).toEqual(
          operation.path.startsWith('/wp-json')
            ? { message: expect.any(String) }
            : { error: { message: expect.any(String), code: expect.stringMatching(/^(UNAUTH|FORBID)/), data: {} } },
        )
      if (operation.scope !== 'administrator') return
      const scopes = ['events', 'records', 'api-keys', 'webhooks'] as const
      const almost = await send({ role: 'integration', organizationId, scopes }, operation, payload && '{}')
      expect(almost.status).toBe(403)
    },
  )
})
