import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createApiKey } from '../../../src/access/api-keys.ts'
import { testDatabase } from '../../support/database.ts'
import { testGateway } from '../../support/gateway.ts'
import { DOCUMENT, OPERATIONS } from './operations.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(path =>
  existsSync(path),
)

const { sql } = await testDatabase('small')

describe('the reference in Chromium', () => {
  let browser: Browser
  let address: string
  let key: string
  const { app } = testGateway({ sql }, { setup: async () => ({}) })
  beforeAll(async () => {
    address = await app.listen({ port: 0, host: '127.0.0.1' })
    key = (await createApiKey(sql, { organizationId: 1, role: 'administrator', label: 'reference' })).rawKey
    if (CHROMIUM === undefined) return
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
    })
  })
  beforeEach(context => {
    if (CHROMIUM === undefined) context.skip('there is no Chromium on this machine')
  })
  afterAll(async () => {
    await browser?.close()
    await app.close()
  })

  /** A page of its own, and what went wrong on it. */
  const opened = async (options: BrowserContextOptions) => {
    const context = await browser.newContext(options)
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const wrong: string[] = []
    page.on('request', request => {
      if (!request.url().startsWith(`${address}/`) && !/^(blob|data):/.test(request.url())) wrong.push(request.url())
    })
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type())) wrong.push(message.text())
    })
    page.on('pageerror', error => wrong.push(error.message))
    await page.goto(`${address}/siren/v1/docs`)
    await page.locator('.opblock').first().waitFor()
    return { page, wrong }
  }

  const DESK = { viewport: { width: 1300, height: 900 } }

  it('shows every operation, and asks nobody but its host', { timeout: 120_000 }, async () => {
    const { page, wrong } = await opened(DESK)
    const shown = await page.locator('.opblock .opblock-summary-path').evaluateAll(paths =>
      // the page breaks paths with characters of no width
      paths.map(path => (path.textContent ?? '').replace(/[^\x21-\x7e]/g, '')),
    )
    const webhooks = Object.keys(DOCUMENT.webhooks)
    expect(shown.toSorted()).toEqual([...OPERATIONS.map(({ path }) => path), ...webhooks].toSorted())
    const tags = await page.locator('.opblock-tag').allTextContents()
    expect(tags).toEqual(DOCUMENT.tags.map(({ name, description }: Record<string, string>) => `${name}${description}`))
    for (const at of [0, 1, 2])
      await page
        .locator('.opblock-summary')
        .nth(at * 20)
        .click()
    await expect.poll(() => page.locator('.opblock-body .responses-table').count()).toBe(3)
    expect(wrong).toEqual([])
  })

  it('tries an operation out with a key, on the same gateway', { timeout: 120_000 }, async () => {
    const { page, wrong } = await opened(DESK)
    await page.getByRole('button', { name: 'Authorize' }).first().click()
    await page.locator('.auth-container input').fill(key)
    await page.locator('.auth-btn-wrapper .authorize').click()
    await page.locator('.btn-done').click()
    const operation = page.locator('.opblock', { hasText: '/siren/v1/api-keys' }).first()
    await operation.locator('.opblock-summary').click()
    await operation.getByRole('button', { name: 'Try it out' }).click()
    const answer = page.waitForResponse(response => response.url().endsWith('/siren/v1/api-keys'))
    await operation.getByRole('button', { name: 'Execute' }).click()
    expect((await answer).url()).toBe(`${address}/siren/v1/api-keys`)
    await expect.poll(() => operation.locator('.live-responses-table').textContent()).toContain('"reference"')
    expect(await operation.locator('.live-responses-table').textContent()).toContain('x-siren-estimated-count')
    expect(wrong).toEqual([])
    // no key stays in the browser
    expect(await page.evaluate('JSON.stringify(localStorage) + document.cookie')).not.toContain(key)
  })

  it.each([
    ['a phone', { viewport: { width: 390, height: 800 } }],
    ['a dark phone', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' as const }],
    ['a dark desk', { ...DESK, colorScheme: 'dark' as const }],
  ])('can be read on %s', { timeout: 120_000 }, async (_, options) => {
    const { page, wrong } = await opened(options)
    await page.locator('.opblock-summary').first().click()
    await page.locator('.responses-table').first().waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width)
    const isDark = 'colorScheme' in options
    const background = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    expect(background).toMatch(isDark ? /^rgb\(28, 32, 34\)$/ : /^rgba\(0, 0, 0, 0\)$/)
    if (process.env.SCREENSHOT)
      await page.screenshot({ path: `${process.env.SCREENSHOT}.${options.viewport.width}${isDark ? '.dark' : ''}.png` })
    expect(wrong).toEqual([])
  })
})
