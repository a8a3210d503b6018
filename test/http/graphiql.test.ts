import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, validate } from 'graphql'
import { type Browser, chromium, type Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Gateway, startGateway } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { schema } from '../../src/graphql/schema.ts'
import { EXAMPLES } from '../../src/http/graphiql.ts'
import { recordingLog, sampleServer } from './sample.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(path =>
  existsSync(path),
)

describe('GraphiQL', () => {
  it('is for browsers, and needs no key', async () => {
    const app = sampleServer({ graphiql: { key: 'sk_demo_admin' } })
    const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
    for (const url of ['/graphql', '/graphql/', '/graphql?query=%7B%20hello%20%7D']) {
      const { statusCode, headers } = await app.inject({ url, headers: html })
      expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
      expect(headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'sha256-/)
    }
    expect((await app.inject({ url: '/graphql', headers: { accept: '*/*' } })).statusCode).toBe(401)
    expect((await app.inject({ method: 'POST', url: '/graphql', headers: html })).statusCode).toBe(401)
  })

  it('is sent compressed, and once', async () => {
    const app = sampleServer({ graphiql: {} })
    const headers = { accept: 'text/html', 'accept-encoding': 'gzip, br' }
    const first = await app.inject({ url: '/graphql', headers })
    expect(first.headers['content-encoding']).toBe('gzip')
    const again = await app.inject({ url: '/graphql', headers: { ...headers, 'if-none-match': first.headers.etag } })
    expect([again.statusCode, again.body]).toEqual([304, ''])
  })

  it('holds no key where none is public', async () => {
    const { body } = await sampleServer({ graphiql: {} }).inject({ url: '/graphql', headers: { accept: 'text/html' } })
    expect(body).not.toContain('sk_demo')
  })

  it('can be switched off', async () => {
    const { statusCode, body } = await sampleServer().inject({ url: '/graphql', headers: { accept: 'text/html' } })
    expect([statusCode, JSON.parse(body).errors[0].extensions.code]).toEqual([404, 'NOT_FOUND'])
  })

  it.each(EXAMPLES.map(query => [query.split('\n')[0], query]))('has an example that is valid: %s', (_, query) => {
    expect(validate(schema, parse(query ?? ''))).toEqual([])
  })
})

describe('GraphiQL in Chromium', () => {
  let folder: string
  let gateway: Gateway
  let browser: Browser
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'siren-graphiql-'))
    const config = readConfig({ PORT: '0', DATA_DIR: folder }, 'demo')
    gateway = await startGateway(config, { demo: true, log: recordingLog('silent').log })
    await gateway.prepared
    if (CHROMIUM !== undefined) browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** A page of its own, and what went wrong on it. */
  const opened = async (path = '/graphql') => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 850 } })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const elsewhere: string[] = []
    const complaints: string[] = []
    page.on('request', request => {
      const url = request.url()
      if (!url.startsWith(gateway.address) && !/^(blob|data):/.test(url)) elsewhere.push(url)
    })
    page.on('console', message => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(error.message))
    await page.goto(`${gateway.address}${path}`)
    return { page, elsewhere, complaints }
  }

  it('opens on examples that run, and asks nobody but its host', { timeout: 300_000 }, async context => {
    if (CHROMIUM === undefined) return context.skip('there is no Chromium on this machine')
    const { page, elsewhere, complaints } = await opened()
    const tabs = page.getByRole('tab')
    await expect.poll(() => tabs.count(), { timeout: 30_000 }).toBe(EXAMPLES.length)
    const names = await tabs.allTextContents() // followed by the name of the icon that closes it
    for (const [tab, name] of ['Engagements', 'ActivityFeed', 'Bindings', 'Lookups', 'Vocabulary'].entries())
      expect(names[tab]).toMatch(new RegExp(`^${name}`))
    const answers: Promise<{ data: object; errors?: unknown }>[] = []
    page.on('response', response => {
      if (isOperation(response.request())) answers.push(response.json())
    })
    for (let tab = 0; tab < EXAMPLES.length; tab++) {
      await tabs.nth(tab).click()
      const before = answers.length
      const execute = async () => {
        await page.getByRole('button', { name: /execute query/i }).click() // without effect while the editor is being made
        return answers.length
      }
      await expect.poll(execute, { interval: 1000, timeout: 60_000 }).toBeGreaterThan(before)
      const answer = (await answers[before]) as { data: object; errors?: unknown }
      expect(answer.errors).toBeUndefined()
      for (const [field, value] of Object.entries(answer.data))
        expect([tab, field, isSomething(value)]).toEqual([tab, field, true])
      await expect.poll(() => page.locator('.result-window').textContent(), { timeout: 30_000 }).toContain('data')
      if (tab === 0 && process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT })
    }
    expect(elsewhere).toEqual([])
    expect(complaints).toEqual([])
  })

  it('follows the first click on an example', { timeout: 120_000 }, async context => {
    if (CHROMIUM === undefined) return context.skip('there is no Chromium on this machine')
    const { page } = await opened()
    await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor()
    const tab = page.getByRole('tab').nth(2)
    await tab.click()
    await expect.poll(() => tab.getAttribute('aria-selected')).toBe('true')
  })

  it('shows the documentation of the schema', { timeout: 120_000 }, async context => {
    if (CHROMIUM === undefined) return context.skip('there is no Chromium on this machine')
    const { page, elsewhere, complaints } = await opened()
    await page.getByRole('button', { name: /show documentation explorer/i }).click()
    await page.locator('.graphiql-doc-explorer').getByText('Query', { exact: true }).first().click()
    await expect.poll(() => page.locator('.graphiql-doc-explorer').textContent()).toContain('engagements')
    expect([elsewhere, complaints]).toEqual([[], []])
  })

  it('is where the first page leads', { timeout: 120_000 }, async context => {
    if (CHROMIUM === undefined) return context.skip('there is no Chromium on this machine')
    const { page, elsewhere, complaints } = await opened('/')
    if (process.env.SCREENSHOT) await page.screenshot({ path: `${process.env.SCREENSHOT}.welcome.png` })
    await page.getByRole('link', { name: 'Open GraphiQL' }).click()
    await expect.poll(() => page.getByRole('tab').count(), { timeout: 30_000 }).toBe(EXAMPLES.length)
    expect([elsewhere, complaints]).toEqual([[], []])
  })
})

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Not the introspection that GraphiQL itself asks for. */
const isOperation = (request: Request): boolean =>
  request.method() === 'POST' && !request.postData()?.includes('IntrospectionQuery')

const isSomething = (value: unknown): boolean =>
  value !== null && value !== 0 && (!Array.isArray(value) || value.length > 0)
