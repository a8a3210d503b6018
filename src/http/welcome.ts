import type { FastifyReply, FastifyRequest } from 'fastify'
import { DEMO_KEYS } from '../access/api-keys.ts'
import type { Viewer } from '../access/viewer.ts'
import { hashOf } from './content-security.ts'

/** The demo's first page: where to go from here. */
export const welcomePage =
  (graphiql: boolean) =>
  (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header(
        'content-security-policy',
        `default-src 'none'; script-src ${hashOf(SCRIPT)}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'`,
      )
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-cache')
      .send(page(originOf(request), graphiql))

/** As the browser knows it; a host that is more than a name and a port is somebody's trick. */
const originOf = ({ protocol, host }: FastifyRequest): string =>
  `${protocol}://${/^[\w.:[\]-]+$/.test(host) ? host : 'localhost'}`

/** Only the browser knows below which path a proxy serves the gateway, and whether the page was asked for without a slash. */
const SCRIPT = `
const address = location.origin + location.pathname.replace(/[/]$/, '')
for (const shown of document.querySelectorAll('pre code'))
  shown.textContent = shown.textContent.replace(/https?:[/][/][^/]+/, address)
for (const link of document.querySelectorAll('a')) link.href = address + '/' + link.getAttribute('href')
`

/** What each role may do, in a line. */
export const ROLES: Readonly<Record<Viewer['role'], string>> = {
  administrator: 'reads everything of the organization',
  collaborator: 'reads what concerns one collaborator',
  integration: 'sends events, reads nothing',
}

const page = (origin: string, graphiql: boolean): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Siren gateway</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --ink: #16202c; --soft: #5a6878; --line: #dfe4ea; --card: #fff; --ground: #f5f7f9; --accent: #0b6e6e }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa8b6; --line: #2a3541; --card: #18212b; --ground: #10171e; --accent: #4cc3bd } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
main { max-width: 46rem; margin: 0 auto; padding: 4rem 1.25rem }
h1 { font-size: 2rem; letter-spacing: -.02em; margin: 0 0 .25rem }
h2 { font-size: 1rem; margin: 2rem 0 .6rem }
p { margin: 0 0 1rem; color: var(--soft) }
a { color: var(--accent) }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 4px }
.open { display: inline-block; margin: 1rem 0 0; padding: .65rem 1.1rem; border-radius: .5rem; background: var(--accent); color: var(--ground); font-weight: 600; text-decoration: none }
pre, table { width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: .6rem }
pre { margin: 0; padding: 1rem; overflow-x: auto; font-size: .875rem; line-height: 1.5 }
table { border-collapse: separate; border-spacing: 0; overflow: hidden }
.after { margin: .6rem 0 0 }
td { padding: .6rem 1rem; border-top: 1px solid var(--line); vertical-align: top }
tr:first-child td { border-top: 0 }
td:first-child { white-space: nowrap }
td:last-child { color: var(--soft) }
code { font-family: ui-monospace, monospace; font-size: .9em }
</style>
</head>
<body>
<main>
<h1>Siren gateway</h1>
<p>Attribution data over GraphQL: engagements, conversions, payouts, and the activity feed of each.</p>
${graphiql ? '<a class="open" href="graphql">Open GraphiQL</a>' : ''}

<h2>From a terminal</h2>
<pre><code>curl -s ${origin}/graphql \\
  -H 'authorization: Bearer sk_demo_admin' \\
  -H 'content-type: application/json' \\
  -d '{"query":"{ engagements { nodes { collaboratorName status score } } }"}'</code></pre>

<h2>Send an event</h2>
<pre><code>curl -i ${origin}/siren/v1/event/site-visited \\
  -H 'authorization: Bearer sk_demo_integration' \\
  -H 'content-type: application/json' \\
  -d '{"collaboratorId":1}'</code></pre>
<p class="after">A visitor came by a collaborator's link. Ask again: the newest engagements are of this visit.</p>

<h2>The HTTP API</h2>
<table>
<tr><td><a href="siren/v1/docs">/siren/v1/docs</a></td><td>all of it, to read and to try out</td></tr>
<tr><td><a href="siren/v1/openapi.json">/siren/v1/openapi.json</a></td><td>the same as OpenAPI 3.1, for client generators</td></tr>
</table>

<h2>Keys of the demo</h2>
<table>
${DEMO_KEYS.map(({ rawKey, role }) => `<tr><td><code>${rawKey}</code></td><td>${role}: ${ROLES[role]}</td></tr>`).join('\n')}
</table>

<h2>Is it well?</h2>
<table>
<tr><td><a href="health">/health</a></td><td>the process is up</td></tr>
<tr><td><a href="ready">/ready</a></td><td>the database is reachable, migrated and filled</td></tr>
</table>
</main>
<script type="module">${SCRIPT}</script>
</body>
</html>
`
