import { describe, expect, it } from 'vitest'
import { recordingLog, sampleServer } from '../sample.ts'

const PAGE = '/siren/v1/docs'

describe('the reference', () => {
  it('is a page for everybody, ready or not', async () => {
    const app = sampleServer({ readiness: { opened: false, reason: async () => 'not yet' } })
    const { statusCode, headers, body } = await app.inject(PAGE)
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self' 'sha256-\S+'; /)
    expect(headers['content-security-policy']).not.toMatch(/unsafe-eval|https?:|\*/)
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' })
    expect(body).not.toMatch(/https?:|sk_demo/)
  })

  it('brings its own files, which are asked for once', async () => {
    const app = sampleServer()
    const { body } = await app.inject(PAGE)
    const files = [...body.matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, address]) => `/siren/v1/${address}`)
    expect(files).toHaveLength(2)
    for (const url of files) {
      const { statusCode, headers } = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } })
      expect([statusCode, headers['content-encoding']]).toEqual([200, 'gzip'])
      expect(headers['content-type']).toMatch(/^text\/(css|javascript); charset=utf-8$/)
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
      const known = await app.inject({ url, headers: { 'if-none-match': String(headers.etag) } })
      expect([known.statusCode, known.body]).toEqual([304, ''])
      const { headers: plain } = await app.inject({ method: 'HEAD', url })
      expect([plain['content-encoding'], Number(plain['content-length']) > 100_000]).toEqual([undefined, true])
    }
  })

  it('is found with a slash behind its path', async () => {
    const { statusCode, headers } = await sampleServer().inject(`${PAGE}/?x=1`)
    expect(statusCode).toBe(308)
    expect(new URL(String(headers.location), `http://localhost${PAGE}/`).pathname).toBe(PAGE)
  })

  it('has nothing else below it', async () => {
    const { log, records } = recordingLog()
    const app = sampleServer({ log })
    for (const path of ['/swagger-ui.js', '/package.json', '/../package.json', '/%2e%2e/package.json', '/index.html']) {
      const { statusCode, body } = await app.inject(`${PAGE}${path}`)
      expect([path, statusCode, JSON.parse(body).error.code]).toEqual([path, 404, 'NOT_FOUND'])
    }
    const { statusCode, headers } = await app.inject({ method: 'POST', url: PAGE })
    expect([statusCode, headers.allow, records]).toEqual([405, 'GET, HEAD, OPTIONS', []])
  })

  it('is where the first page leads', async () => {
    expect((await sampleServer({ welcome: true }).inject('/')).body).toContain(`href="${PAGE.slice(1)}"`)
  })
})
