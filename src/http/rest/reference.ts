import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { FastifyInstance } from 'fastify'
import { hashOf } from '../content-security.ts'
import { refuseOtherMethods } from '../methods.ts'
import { sendUnchanging, type Unchanging, unchanging } from '../unchanging.ts'
import type { Documented } from './openapi.ts'

/**
 * `GET /siren/v1/openapi.json`, the OpenAPI document of the HTTP API, and `GET /siren/v1/docs`, a page to read it and to try
 * it out: Swagger UI from files of its own, so that no request leaves the host. Each is made when first asked for.
 */
export const referenceRoutes = (app: FastifyInstance, documented: Documented): void => {
  serve(app, '/siren/v1/openapi.json', async () => {
    const { openApiDocument } = await import('./openapi.ts')
    return unchanging('application/json; charset=utf-8', JSON.stringify(openApiDocument(documented)))
  })
  serve(app, PAGE, () => unchanging('text/html; charset=utf-8', HTML), {
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
  })
  // the version in a file's address changes with the file
  const headers = { 'cache-control': 'public, max-age=31536000, immutable' }
  for (const [name, type] of Object.entries(FILES))
    serve(
      app,
      `${PAGE}/${name}`,
      async () => unchanging(type, await readFile(resolve(`swagger-ui-dist/${name}`))),
      headers,
    )
}

const serve = (
  app: FastifyInstance,
  url: string,
  make: () => Promise<Unchanging>,
  headers: Readonly<Record<string, string>> = {},
): void => {
  let made: Promise<Unchanging> | undefined
  refuseOtherMethods(app, url, ['GET', 'HEAD'])
  app.get(url, async (request, reply) => {
    made ??= make().catch(error => {
      made = undefined
      throw error
    })
    // what the page is made of stands beside its address without the slash
    const [path = ''] = request.originalUrl.split('?')
    if (path.endsWith('/')) return reply.redirect(`../${url.slice(url.lastIndexOf('/') + 1)}`, 308)
    return sendUnchanging(await made, request, reply.headers(headers))
  })
}

const PAGE = '/siren/v1/docs'

/** All that is needed of Swagger UI. */
const FILES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
} as const

const { resolve } = createRequire(import.meta.url)
const { version } = createRequire(import.meta.url)('swagger-ui-dist/package.json')

const addressOf = (name: keyof typeof FILES): string => `docs/${name}?v=${version}`

const SCRIPT = `
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  validatorUrl: null,
  deepLinking: true,
  filter: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  requestSnippetsEnabled: true,
})
`

const STYLE = `
:root { color-scheme: light dark }
body { margin: 0 }
.swagger-ui .response-col_links { display: none }
`

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Siren gateway: HTTP API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${addressOf('swagger-ui.css')}">
<style>${STYLE}</style>
</head>
<body>
<div id="reference"></div>
<script src="${addressOf('swagger-ui-bundle.js')}"></script>
<script>${SCRIPT}</script>
</body>
</html>
`

const POLICY = [
  `default-src 'none'`,
  `script-src 'self' ${hashOf(SCRIPT)}`,
  `style-src 'self' 'unsafe-inline'`,
  `img-src 'self' data:`,
  `connect-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ')
