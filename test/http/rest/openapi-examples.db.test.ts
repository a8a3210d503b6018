import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiKeys, putDemoKeys } from '../../../src/access/api-keys.ts'
import { fillDemo } from '../../../src/demo/fill.ts'
import { KeptNames } from '../../../src/directory/names.ts'
import { TRIGGER_STRATEGIES } from '../../../src/engagements/triggers/strategies.ts'
import { contextFor } from '../../../src/graphql/context.ts'
import { EXAMPLES } from '../../../src/http/rest/openapi-examples.ts'
import { Parts, pipeline } from '../../../src/pipeline.ts'
import { webhookSubscriptions } from '../../../src/webhooks/subscriptions.ts'
import { testDatabase } from '../../support/database.ts'
import { wholeGateway } from './operation-world.ts'
import { OPERATIONS } from './operations.ts'

const { sql, prisma } = await testDatabase()

const { blueprints, strategies } = new Parts()
const shared = { sql, blueprints, strategies, names: new KeptNames() }

/** The demo, on a machine that may have no network, behind a proxy that serves it below a path of its own. */
const { app } = wholeGateway(sql, {
  welcome: true,
  graphiql: { key: 'sk_demo_admin' },
  rest: {
    contextFor: viewer => contextFor(shared, viewer),
    apiKeys: viewer => new ApiKeys(sql, viewer),
    webhooks: webhookSubscriptions(sql, { allowPrivate: false, resolve: async () => ['8.8.8.8'] }),
  },
})
const PREFIX = '/gateway'
const proxy = createServer((incoming, outgoing) => {
  const { method, url = '', headers } = incoming
  if (!url.startsWith(`${PREFIX}/`)) return void outgoing.writeHead(404).end()
  const { port } = app.server.address() as AddressInfo
  const forwarded = request({ port, path: url.slice(PREFIX.length), method, headers }, answer =>
    answer.pipe(outgoing.writeHead(answer.statusCode ?? 0, answer.headers)),
  )
  incoming.pipe(forwarded)
})

let root: string
beforeAll(async () => {
  const demo = await fillDemo(sql, { ingestion: pipeline(sql), triggers: TRIGGER_STRATEGIES.map(({ id }) => id) })
  if (demo === undefined) throw new Error('Expected the demo in a new database')
  await putDemoKeys(prisma, demo)
  await app.listen({ port: 0, host: '127.0.0.1' })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  root = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${PREFIX}/`
})
afterAll(async () => {
  proxy.close()
  proxy.closeAllConnections()
  await app.close()
})

describe('behind a proxy with a path of its own', () => {
  it('the reference page tries out each operation as it stands, one after the other', async () => {
    // as the reference page does: the document beside the page, the server beside the document
    const page = new URL('siren/v1/docs', root)
    const address = new URL((/url: '([^']+)'/.exec(await (await fetch(page)).text()) ?? [])[1] ?? '', page)
    const document = (await (await fetch(address)).json()) as typeof import('./operations.ts').DOCUMENT
    const server = new URL(document.servers[0].url, address).href.replace(/\/$/, '')
    const failed: unknown[] = []
    for (const [path, item] of Object.entries<Record<string, never>>(document.paths))
      for (const [method, operation] of Object.entries<Operation>(item)) {
        const url = new URL(server + path)
        let { pathname } = url
        const headers: Record<string, string> = { authorization: 'Bearer sk_demo_admin' }
        for (const { in: where, name, required, example, schema } of operation.parameters ?? []) {
          const value = example ?? schema.default
          if (value === undefined && !required) continue
          if (where === 'path') pathname = pathname.replace(`%7B${name}%7D`, String(value))
          else if (where === 'query') url.searchParams.set(name, String(value))
          else headers[name] = String(value)
        }
        url.pathname = pathname
        const [[type, content] = []] = Object.entries(operation.requestBody?.content ?? {})
        const example = content?.example
        if (type !== undefined) headers['content-type'] = type
        const body = typeof example === 'string' || example === undefined ? example : JSON.stringify(example)
        const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
        const text = await answer.text()
        if (!answer.ok || /"status":(?!200|")/.test(text)) failed.push([operation.operationId, answer.status, text])
      }
    expect(failed).toEqual([])
  }, 60_000)

  it('the pages lead to what is there', async () => {
    const seen = new Set<string>()
    const next = [root, new URL('graphql', root).href]
    for (let url = next.pop(); url !== undefined; url = next.pop()) {
      const answer = await fetch(url, { headers: { accept: 'text/html' } })
      expect([url, answer.status]).toEqual([url, 200])
      seen.add(url)
      if (!answer.headers.get('content-type')?.startsWith('text/html')) continue
      const text = (await answer.text()).replace(/<script>.*?<\/script>/gs, '')
      for (const [, link = ''] of text.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
        const target = new URL(link, url)
        if (target.origin === new URL(root).origin && !seen.has(target.href)) next.push(target.href)
      }
    }
    const paths = ['', 'graphql', 'siren/v1/docs', 'siren/v1/openapi.json', 'health', 'ready']
    expect([...seen]).toEqual(expect.arrayContaining(paths.map(path => new URL(path, root).href)))
  })
})

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly {
    in: string
    name: string
    required?: boolean
    example?: unknown
    schema: { default?: unknown }
  }[]
  readonly requestBody?: { content: Readonly<Record<string, { example?: unknown }>> }
}

it('there are examples of operations alone', () => {
  expect(OPERATIONS.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(EXAMPLES)))
})
