import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { beforeAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../../support/database.ts'
import type { Response, TestGateway } from '../../support/gateway.ts'
import { operationWorld, wholeGateway } from './operation-world.ts'
import { DOCUMENT, examplesOf, OPERATIONS, type Operation, sendTo } from './operations.ts'

const { sql } = await testDatabase()
const gateway = wholeGateway(sql)

let world: Awaited<ReturnType<typeof operationWorld>>
beforeAll(async () => {
  world = await operationWorld(sql)
})

const ajv = new Ajv2020({ strict: false })
formats.default(ajv)
ajv.addSchema(DOCUMENT, 'document')

const part = (text: string) => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))
const operationAt = ({ method, path }: Operation) => `#/paths/${part(path)}/${method.toLowerCase()}`
const isValid = (pointer: string, value: unknown): boolean => {
  const validate = ajv.getSchema(`document${pointer}`)
  if (validate === undefined) throw new Error(`Expected a schema at ${pointer}`)
  return validate(value) === true
}

/** What is wrong wherever it stands, or in some places. */
const VALUES: readonly unknown[] = [
  null,
  true,
  'false',
  '',
  ' ',
  'x',
  '7',
  '-1',
  '1.5',
  'USD',
  'usd',
  'US',
  'two\nlines',
  'x'.repeat(256),
  'x'.repeat(20_000),
  '2026-01-31',
  '2026-01-31T12:00:00Z',
  'http://8.8.8.8/',
  'ftp://8.8.8.8/',
  'https://user:secret@8.8.8.8/',
  'https://8.8.8.8/#part',
  0,
  -1,
  1,
  1.5,
  ['x'],
  [null],
  [{}],
  [1],
  { a: 1 },
]

/** Bodies that differ from a good one in one place: a field is missing, too many, or another value. */
const variantsOf = (body: object): object[] => {
  const entries = Object.entries(body)
  return entries.flatMap(([name, value]) => [
    Object.fromEntries(entries.filter(([other]) => other !== name)),
    ...VALUES.map(other => ({ ...body, [name]: other })),
    ...(isPlain(value) ? variantsOf(value).map(inner => ({ ...body, [name]: inner })) : []),
    ...(Array.isArray(value) && isPlain(value[0])
      ? variantsOf(value[0]).map(inner => ({ ...body, [name]: [inner, ...value.slice(1)] }))
      : []),
  ])
}
const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A good body with every field that the operation knows. */
const bodiesOf = (operation: Operation): object[] => {
  const [{ body = {} } = {}] = examplesOf(operation, world.mine)
  return [...variantsOf({ ...body, ...MORE[operation.id] }), { ...body, notAField: 1 }, { ...body, NOTAFIELD: null }]
}
const MORE: Readonly<Record<string, object>> = {
  sendSiteVisited: { userId: '7', metadata: { campaign: 'spring' }, occurredAt: '2026-01-31T12:00:00Z' },
  sendSale: {
    currency: 'USD',
    items: [{ name: 'A', quantity: 1, amount: 1, type: 'product', externalId: 'a', description: 'd', attributes: {} }],
  },
  sendRefund: { refundId: 'r', amount: 1, currency: 'USD', reason: 'r' },
  sendCollaboratorSubmitted: { nickname: 'Z' },
  sendManualAttribution: { conversionType: 'sale' },
  sendConversionRejected: { clawback: false },
  creditCollaboratorTransactions: { type: 'sale' },
  replayWebhook: { deliveryId: '1' },
  applySetup: {
    organization: { clawback: true },
    integrations: [{ source: 'shop', supportsCoupons: true, status: 'active' }],
    collaborators: [{ email: 'zoe@example.com', fullName: 'Zoe', nickname: 'Z', status: 'active', tracking: ['Z'] }],
  },
}

/** What is refused because of the records that there are, or by rules that JSON Schema has no words for. */
const UNSAID = [
  /Expected the id or tracking code of a collaborator|Expected an active collaborator|what is left of the transaction/,
  /fullName: Expected a full name/,
  /was not found|does not exist|received \d+, which|with an active opportunity|stands for nobody/,
  /Expected an amount that can be counted|a discount, received|of at most 4096 bytes, received \d+ bytes/,
  /Expected an ISO 4217 code, such as USD, received \\"[A-Za-z]{3}\\"/,
]

const ACTS = OPERATIONS.filter(({ method, id, path }) => {
  return method === 'POST' && id !== 'sendEvents' && path.startsWith('/siren')
})

describe('the document is as strict as the server on bodies', () => {
  it.each(ACTS.map(operation => [operation.id, operation] as const))('%s', async (_, operation) => {
    const pointer = `${operationAt(operation)}/requestBody/content/application~1json/schema`
    const [example = {}] = examplesOf(operation, world.mine)
    const differences: unknown[] = []
    for (const body of bodiesOf(operation)) {
      const valid = isValid(pointer, body)
      const ask = (within: TestGateway) => sendTo(within, world.administrator, operation, { ...example, body })
      const { status, text } = await (valid ? undone(ask) : ask(gateway))
      const isRefused = status === 422 && !UNSAID.some(known => known.test(text))
      if (valid ? isRefused : status < 400) differences.push([valid ? 'allowed by schema' : 'by server', body, text])
    }
    expect(differences.slice(0, 12).map(each => JSON.stringify(each).slice(0, 600))).toEqual([])
  })
})

const LISTS = OPERATIONS.filter(({ method, id }) => method === 'GET' && /^list/.test(id))

describe('the document is as strict as the server on parameters', () => {
  it.each(LISTS.map(operation => [operation.id, operation] as const))('%s', async (_, operation) => {
    const [example = {}] = examplesOf(operation, world.mine)
    const parameters: Parameter[] =
      DOCUMENT.paths[operation.path][operation.method.toLowerCase() as 'get'].parameters ?? []
    const differences: unknown[] = []
    for (const [at, { in: where, name, schema }] of parameters.entries()) {
      if (where !== 'query') continue
      const pointer = `${operationAt(operation)}/parameters/${at}/schema`
      for (const value of [
        '',
        ' ',
        'x',
        'true',
        'yes',
        '0',
        '1',
        '-1',
        '1.5',
        '101',
        '1000001',
        '2026-01-31',
        'id',
        'pending',
        'ASC',
        'UP',
        'program',
        'a,b',
      ]) {
        const { status, text } = await sendTo(gateway, world.administrator, operation, {
          ...example,
          query: { ...example.query, [name]: value },
        })
        const valid = isValid(pointer, readAs(schema, value))
        if (valid !== status < 400) differences.push([name, value, valid, text.slice(0, 300)])
      }
    }
    expect(differences).toEqual([])
  })
})

interface Parameter {
  readonly in: string
  readonly name: string
  readonly schema: { readonly type?: string }
}

/** The text of a parameter as the type in its schema has it. */
const readAs = ({ type }: Parameter['schema'], text: string): unknown => {
  if (type === 'array') return text.split(',')
  const isJson = type === 'boolean' ? /^(true|false)$/.test(text) : type === 'integer' && /^-?\d+(\.\d+)?$/.test(text)
  return isJson ? JSON.parse(text) : text
}

/** What is answered within a transaction that leaves nothing. */
const undone = async (work: (within: TestGateway) => Promise<Response>): Promise<Response> => {
  const done = new Error('done')
  let answer: Response | undefined
  await sql
    .transaction(async sql => {
      answer = await work(wholeGateway(sql))
      throw done
    })
    .catch(error => {
      if (error !== done) throw error
    })
  if (answer === undefined) throw new Error('Expected an answer')
  return answer
}
