import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { prefersPage } from './accept.ts'
import { sendUnchanging, type Unchanging, unchanging, varying } from './unchanging.ts'

/** How GraphiQL opens. */
export interface GraphiqlOptions {
  /** A key to start with, where everybody may have it: the demo's. */
  key?: string
}

/** Whether a request is a browser's that wants to see a page. */
export const wantsPage = (request: FastifyRequest): boolean =>
  request.method === 'GET' && prefersPage(request.headers.accept)

/**
 * GraphiQL as one page with everything in it: no request leaves the host. It is some megabytes large, so it is made when
 * first asked for, and sent compressed, and only when the browser does not have it yet.
 */
export const graphiqlPage = ({
  key,
}: GraphiqlOptions): ((request: FastifyRequest, reply: FastifyReply) => Promise<void>) => {
  let page: Promise<Page> | undefined
  return async (request, reply) => {
    page ??= makePage(key)
    const { html, policy } = await page
    reply
      .header('content-security-policy', policy)
      .header('referrer-policy', 'no-referrer')
      .header('x-frame-options', 'DENY')
      .header('vary', varying(reply, 'accept'))
    sendUnchanging(html, request, reply)
  }
}

interface Page {
  html: Unchanging
  policy: string
}

const makePage = async (key: string | undefined): Promise<Page> => {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const headers = JSON.stringify({ Authorization: `Bearer ${key ?? ''}` }, null, 2)
  const rendered = renderGraphiQL({
    title: 'Siren gateway',
    headers,
    defaultHeaders: headers,
    defaultTabs: EXAMPLES.map(query => ({ query, headers })),
    defaultEditorToolsVisibility: 'headers',
    // a key of one's own does not stay in the browser
    shouldPersistHeaders: key !== undefined,
  })
  const html = rendered.replace('</head>', `<style>${STYLE}</style></head>`)
  return {
    html: await unchanging('text/html; charset=utf-8', html),
    policy: [
      `default-src 'none'`,
      `script-src 'sha256-${sha256(scriptOf(html))}' blob:`,
      `worker-src blob:`,
      `style-src 'unsafe-inline'`,
      `img-src 'self' data:`,
      `font-src data:`,
      `connect-src 'self'`,
      `base-uri 'none'`,
      `form-action 'none'`,
      `frame-ancestors 'none'`,
    ].join('; '),
  }
}

/**
 * Tabs stay where they are. The animation of their order leaves each with a transform, which GraphiQL hides until the tab
 * has the focus: the first press on it would move it away from under the pointer, and the click would be lost.
 */
const STYLE = '.graphiql-tab { transform: none !important; }'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')

/** The page's one script, as the browser reads it. */
const scriptOf = (html: string): string =>
  html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'))

/** What the tabs show at first: each runs on the demo's data. */
export const EXAMPLES: readonly string[] = [
  `# Engagements, newest first, with the names behind them
query Engagements {
  engagements(first: 20) {
    totalCount
    nodes {
      databaseId
      collaboratorName
      programName
      status
      score
      dateCreated
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
  `# What happened around one collaborator, newest first
query ActivityFeed($collaborator: SafeInt = 1) {
  notes(sourceType: COLLABORATOR, sourceId: $collaborator, order: DESC, first: 20) {
    totalCount
    nodes {
      renderedContent
      dateCreated
      content
      sourceData
    }
  }
}
`,
  `# Who is bound to an opportunity in a program
query Bindings($opportunity: SafeInt = 123, $program: SafeInt = 1) {
  activeEngagementCount(opportunityId: $opportunity, programId: $program)
  newestBinding(opportunityId: $opportunity, programId: $program) {
    databaseId
    collaboratorName
  }
  bindings(opportunityId: $opportunity, programId: $program) {
    databaseId
    collaboratorName
    status
    score
    dateCreated
  }
}
`,
  `# A note's place in the feed of each of its sources, and any record by its id
query Lookups {
  notes(sourceType: COLLABORATOR, sourceId: 1, order: DESC, first: 3) {
    nodes {
      renderedContent
      sources {
        sourceType
        sourceId
      }
      position(sourceType: COLLABORATOR, sourceId: 1, order: DESC)
    }
  }
  collaborator(id: "1") {
    id
    name
    status
  }
  viewer {
    role
    organization {
      databaseId
      name
    }
  }
}
`,
  `# What can be engaged with, and what can be noted
query Vocabulary {
  engagementTypes {
    id
    name
    description
    available
  }
  noteBlueprints {
    key
    template
    description
  }
}
`,
]
