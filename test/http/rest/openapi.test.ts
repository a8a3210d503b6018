import { Validator } from '@seriousme/openapi-schema-validator'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { INCOMING, type Incoming, incoming } from '../../../src/events/incoming.ts'
import type { ServerOptions } from '../../../src/http/server.ts'
import { sampleServer } from '../sample.ts'
import { DOCUMENT, EXAMPLES, OPERATIONS } from './operations.ts'

const CORE: ReadonlyMap<string, Incoming> = new Map(Object.entries(INCOMING))
/** Nothing is read: the parts are only there for the routes to be. */
const rest = {} as NonNullable<ServerOptions['rest']>

const wholeServer = (incoming = CORE) => sampleServer({ rest, incoming, setup: async () => ({}) })

describe('the document', () => {
  it('is OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(DOCUMENT))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
    expect(() => validator.resolveRefs()).not.toThrow()
  })

  it('has every operation below its prefixes, and no other', async () => {
    const said = OPERATIONS.map(({ method, path }) => `${method} ${path}`)
    expect(await operationsOf(wholeServer(), [...CORE.keys()])).toEqual(said.sort())
  })

  it('leaves out what a server has not', async () => {
    const app = sampleServer({ incoming: new Map([['sale', INCOMING.sale]]) })
    expect(await operationsOf(app, ['sale'])).toEqual(['POST /siren/v1/event/sale', 'POST /siren/v1/events'])
    const { paths } = (await app.inject('/siren/v1/openapi.json')).json()
    expect(Object.keys(paths)).toEqual(['/siren/v1/event/sale', '/siren/v1/events'])
  })

  it('closes every answer: what it does not name is not there', () => {
    const answers = Object.entries(DOCUMENT.components.schemas).filter(
      ([name]) => !/Record$|^Rejection$|WithLines$/.test(name),
    )
    for (const [name, schema] of answers)
      expect([name, schema]).toEqual([name, expect.objectContaining({ type: 'object', additionalProperties: false })])
  })

  it('names each operation for clients', () => {
    const ids = OPERATIONS.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z][a-zA-Z]+$/)
    expect(ids).toEqual(expect.arrayContaining(['listApiKeys', 'createApiKey', 'deleteApiKey', 'getNotePosition']))
    expect(ids).toEqual(expect.arrayContaining(['getEngagement', 'getEngagementWordPress', 'sendSiteVisited']))
  })

  it('has nothing that is not used, and says what each group is for', () => {
    const text = JSON.stringify(DOCUMENT)
    for (const [kind, parts] of Object.entries<object>(DOCUMENT.components))
      for (const name of Object.keys(parts))
        if (!['key', 'EventLine', 'EventResult'].includes(name))
          expect(text).toContain(`"#/components/${kind}/${name}"`)
    for (const { name, description } of DOCUMENT.tags)
      expect([name, description]).toEqual([name, expect.stringMatching(/./)])
    const used = [...text.matchAll(/"tags":\["([^"]+)"\]/g)].map(([, tag]) => tag)
    expect(DOCUMENT.tags.map((tag: { name: string }) => tag.name).sort()).toEqual([...new Set(used)].sort())
  })

  it('says numbers, dates and what may be null as client generators know them', () => {
    const { schemas } = DOCUMENT.components
    const id = { type: 'integer', format: 'int64', minimum: 1 }
    expect(schemas.Engagement.properties.id).toEqual(id)
    expect(schemas.ApiKey.properties.collaboratorId).toMatchObject({ ...id, type: ['integer', 'null'] })
    expect(schemas.ApiKey.properties.expiresAt).toEqual({ type: ['string', 'null'], format: 'date-time' })
    const { parameters } = DOCUMENT.paths['/siren/v1/payouts'].get
    expect(parameters.find(({ name }: { name: string }) => name === 'perPage')).toMatchObject({
      in: 'query',
      schema: { type: 'integer', format: 'int64', minimum: 1, maximum: 100, default: 25 },
    })
    const sale = DOCUMENT.paths['/siren/v1/event/sale'].post.requestBody.content['application/json'].schema
    expect(sale.properties.currency).toMatchObject({ type: ['string', 'null'], default: 'USD' })
    expect(sale.required).toEqual(['source', 'externalId', 'total'])
    expect(sale.anyOf.map(({ required }: { required: string[] }) => required)).toEqual([['trackingId'], ['userId']])
    const { parameters: available } = DOCUMENT.paths['/siren/v1/engagement-types'].get
    expect(available[0].schema).toEqual({ type: 'boolean', description: expect.any(String) })
    expect(JSON.stringify(DOCUMENT)).not.toMatch(/9007199254740991|"type":"integer"(?!,"format":"int64")/)
  })

  it('has in every answer of an error the shape of its prefix, and the errors that every operation has', () => {
    for (const { path, scope, responses } of OPERATIONS) {
      const [shape, invalid] = path.startsWith('/wp-json') ? ['WordPressError', '400'] : ['SirenError', '422']
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', invalid, '503', 'default']))
      expect(['events', 'records', 'api-keys', 'webhooks', 'administrator']).toContain(scope)
      for (const [status, response] of Object.entries(responses)) {
        if (status.startsWith('2')) continue
        const name = response.$ref?.split('/').at(-1)
        const { content } = name === undefined ? response : DOCUMENT.components.responses[name]
        expect(content['application/json'].schema).toEqual({ $ref: `#/components/schemas/${shape}` })
      }
    }
  })

  it('has the events of extensions, whatever their payloads are', async () => {
    const odd = z.object({
      when: z.date(),
      many: z.map(z.string(), z.int()),
      own: z.custom<string>(() => true),
      changed: z.string().transform(text => text.length),
      large: z.bigint(),
    })
    const extended = new Map<string, Incoming>([
      ...CORE,
      [
        'points-earned',
        incoming({ description: 'Points.', role: 'administrator', schema: z.object({ points: z.int() }) }),
      ],
      ['odd-one', incoming({ description: 'Odd.', role: 'integration', schema: odd })],
      ['no-object', incoming({ description: 'Anything.', role: 'integration', schema: z.unknown() })],
    ])
    const response = await wholeServer(extended).inject('/siren/v1/openapi.json')
    expect(response.statusCode).toBe(200)
    const document = response.json()
    expect(document.paths['/siren/v1/event/points-earned'].post).toMatchObject({
      operationId: 'sendPointsEarned',
      summary: 'Points.',
      security: [{ key: ['administrator'] }],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { properties: { points: { type: 'integer' } }, required: ['points'] } },
        },
      },
    })
    expect(document.paths['/siren/v1/event/odd-one']).toBeDefined()
    expect(await new Validator().validate(document)).toEqual({ valid: true })
  })

  it('tells of every webhook', () => {
    const { 'sale.created': sale, ...others } = DOCUMENT.webhooks
    expect(sale.post.requestBody.content['application/json'].schema).toMatchObject({
      properties: { type: { const: 'sale.created' }, data: { type: 'object' }, deliveryId: { type: 'string' } },
      required: ['type', 'data', 'deliveryId'],
    })
    expect(sale.post.parameters.map(({ name }: { name: string }) => name)).toContain('X-Siren-Signature')
    expect(Object.keys(others).length).toBeGreaterThan(20)
  })
})

describe('the endpoint', () => {
  it('needs no key, and is asked once', async () => {
    const app = sampleServer({ readiness: { opened: false, reason: async () => 'not yet' } })
    const { statusCode, headers, body } = await app.inject('/siren/v1/openapi.json')
    expect([statusCode, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
    expect(JSON.parse(body)).toMatchObject({
      openapi: '3.1.0',
      info: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    })
    const again = { 'if-none-match': String(headers.etag), 'accept-encoding': 'gzip' }
    const { statusCode: status, body: nothing } = await app.inject({ url: '/siren/v1/openapi.json', headers: again })
    expect([status, nothing]).toEqual([304, ''])
    const { headers: zipped } = await app.inject({
      url: '/siren/v1/openapi.json',
      headers: { 'accept-encoding': 'br, gzip' },
    })
    expect(zipped['content-encoding']).toBe('gzip')
  })

  it('may be read by the pages of other sites that are listed', async () => {
    const app = sampleServer({ corsOrigins: ['https://docs.example'] })
    const headers = { origin: 'https://docs.example' }
    const response = await app.inject({ url: '/siren/v1/openapi.json', headers })
    expect(response.headers).toMatchObject({ 'access-control-allow-origin': headers.origin })
    expect(String(response.headers.vary).toLowerCase()).toMatch(/origin.*accept-encoding/)
  })

  it('has no other methods', async () => {
    const { statusCode, headers, body } = await sampleServer().inject({ method: 'POST', url: '/siren/v1/openapi.json' })
    expect([statusCode, headers.allow, JSON.parse(body).error.code]).toEqual([405, 'GET, HEAD, OPTIONS', 'BAD_REQUEST'])
  })
})

it('an operation has an example, and an example its operation', () => {
  const ids = new Set(OPERATIONS.map(({ id }) => id.replace(/WordPress$/, '')))
  expect([...ids].sort()).toEqual(Object.keys(EXAMPLES).sort())
})

/** What the server's own router knows below the prefixes, beside what describes it. */
const operationsOf = async (app: FastifyInstance, slugs: readonly string[]): Promise<string[]> => {
  const found: { method: string; url: string }[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) found.push({ method: each, url })
  })
  await app.ready()
  const operations: string[] = []
  for (const { method, url } of found) {
    if (!/^(\/wp-json)?\/siren\/v1(\/|$)/.test(url) || /^\/siren\/v1\/(openapi\.json|docs)(\/|$)/.test(url)) continue
    if (method === 'HEAD' || method === 'OPTIONS') continue
    const { statusCode } = await app.inject({ method: method as 'GET', url: url.replaceAll(':', '') })
    if (statusCode === 405) continue
    const path = url.replace(/:(\w+)/g, '{$1}')
    operations.push(
      ...(path.endsWith('/{slug}') ? slugs.map(slug => path.replace('{slug}', slug)) : [path]).map(
        each => `${method} ${each}`,
      ),
    )
  }
  return operations.sort()
}
