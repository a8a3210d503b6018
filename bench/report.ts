import type { ByRows, Cost, LongFeed } from './growth.ts'
import type { Memory } from './lifetime.ts'
import type { WholeRead } from './plans.ts'
import { QUERIES, UNEQUAL } from './queries.ts'
import { median, type Result, type Results } from './rounds.ts'

/** Everything that a run found out. */
export interface Report {
  readonly machine: Readonly<Record<string, string>>
  readonly results: Results
  readonly memory: Readonly<Record<string, { rss: number; peak: number }>>
  /** In MiB. */
  readonly idle: number | undefined
  /** In milliseconds. */
  readonly start: number | undefined
  readonly plans: { readonly explained: number; readonly wholeReads: readonly WholeRead[] }
  readonly growth?: ByRows
  readonly feed?: LongFeed
  readonly backfill:
    | { lines: number; refused: number; seconds: number; perSecond: number; memory: Memory; growth: number }
    | undefined
  readonly soak: { minutes: number; rps: number; memory: Memory; growth: number; peak: number } | undefined
}

/** What is aimed at, as a ratio: to PostGraphile, and to the limit. */
const TARGETS: Readonly<Record<string, { postgraphile?: number; limit?: number }>> = {
  Q1: { postgraphile: 2.6, limit: 0.75 },
  Q2: { postgraphile: 2.6, limit: 0.8 },
  Q3: { postgraphile: 2.2, limit: 0.55 },
  Q4: { postgraphile: 2 },
  Q5: { postgraphile: 2, limit: 0.55 },
  I1: { limit: 0.6 },
  I2: { limit: 0.6 },
}

/** The gateway on each Node.js beside the limit on the same; PostGraphile runs on the newer alone. */
const PAIRS = [
  { gateway: 'gateway', limit: 'limit' },
  { gateway: 'gateway22', limit: 'limit22' },
] as const

/** One thing that is aimed at, and whether it is so. */
export interface Verdict {
  readonly target: string
  readonly found: string
  readonly met: boolean
}

/**
 * A ratio of two servers' speed, by requests per second if each was held up by nothing but itself, else by processor time.
 * The median of the rounds' own ratios: in a round the two follow each other within seconds, and so meet the same machine.
 */
export const ratio = (
  one: Result | undefined,
  other: Result | undefined,
): { value: number; by: 'rps' | 'cpu' } | undefined => {
  if (one === undefined || other === undefined) return undefined
  const by = one.void || other.void ? 'cpu' : 'rps'
  const ratios = one.turns.map((turn, round) => {
    const { rps, cpu } = other.turns[round] as (typeof other.turns)[number]
    return by === 'cpu' ? cpu / turn.cpu : turn.rps / rps
  })
  return { value: median(ratios), by }
}

const shown = (found: ReturnType<typeof ratio>): string =>
  found === undefined || !Number.isFinite(found.value)
    ? ''
    : `${found.value.toFixed(2)}${found.by === 'cpu' ? ' (CPU)' : ''}`

/** All that is aimed at. */
export const verdictsOf = ({ results, plans, growth = {}, feed, backfill, soak }: Report): Verdict[] => {
  const verdicts: Verdict[] = []
  for (const [query, aims] of Object.entries(TARGETS)) {
    const of = results[query]
    if (of === undefined) continue
    for (const { gateway, limit } of PAIRS)
      for (const [to, aim] of Object.entries(aims)) {
        const found = ratio(of[gateway], of[to === 'limit' ? limit : to])
        if (found === undefined) continue
        const what = to === 'limit' ? 'of the limit' : '× PostGraphile'
        verdicts.push({ target: `${query} ${gateway} ≥ ${aim} ${what}`, found: shown(found), met: found.value >= aim })
      }
  }
  for (const [query, costs] of Object.entries(growth)) {
    const all = Object.entries(costs)
    const [[fewest, least], [most, last]] = [all[0], all.at(-1)] as [
      [string, { milliseconds: number; statements: number }],
      [string, { milliseconds: number; statements: number }],
    ]
    const grown = last.milliseconds / least.milliseconds
    verdicts.push({
      target: `${query} is flat from ${count(fewest)} to ${count(most)} engagements (time < 1.5×, statements equal)`,
      found: `${grown.toFixed(2)}×, ${least.statements} and ${last.statements} statements`,
      met: grown < 1.5 && least.statements === last.statements,
    })
  }
  const pages = Object.entries(feed?.pages ?? {})
  const [first, deepest] = [pages[0], pages.at(-1)]
  if (feed !== undefined && first !== undefined && deepest !== undefined) {
    const grown = deepest[1].milliseconds / first[1].milliseconds
    verdicts.push({
      target: `page ${count(deepest[0])} of a feed of ${count(feed.notes)} costs what page 1 does (time < 1.5×, statements equal)`,
      found: `${grown.toFixed(2)}×, ${first[1].statements} and ${deepest[1].statements} statements`,
      met: grown < 1.5 && first[1].statements === deepest[1].statements,
    })
    const position = feed.position.milliseconds / first[1].milliseconds
    verdicts.push({
      target: `a note's position in a feed of ${count(feed.notes)} costs < 5 pages`,
      found: `${position.toFixed(1)}×`,
      met: position < 5,
    })
  }
  verdicts.push({
    target: 'every hot statement goes by an index',
    found: `${plans.explained} explained, ${plans.wholeReads.length} read a whole table`,
    met: plans.wholeReads.length === 0,
  })
  // a short one ends before the heap has found its size
  const runs = [
    ['a backfill', backfill && backfill.lines >= 100_000 ? backfill : undefined],
    ['mixed load', soak],
  ] as const
  for (const [what, run] of runs)
    if (run !== undefined)
      verdicts.push({
        target: `${what} does not grow in memory (< 5 % from the second to the last quarter)`,
        found: `${(run.growth * 100).toFixed(1)} %`,
        met: run.growth < 0.05,
      })
  return verdicts
}

const count = (text: string | number): string => Number(text).toLocaleString('en')
const ms = (value: number): string => (Number.isFinite(value) ? value.toFixed(value < 1 ? 3 : value < 10 ? 2 : 1) : '')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, n) => (n === 0 ? '---' : '--:')), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')

/** A run as people read it: Markdown. */
export const markdown = (report: Report): string =>
  [
    list(Object.entries(report.machine).map(([name, value]) => `${name}: ${value}`)),
    list(Object.keys(report.results).map(query => `**${query}**: ${TITLES.get(query)}`)),
    tableOfCells(report.results),
    'Void: something else than the server held the load up, so its requests per second say nothing about it; ratios with such a cell are of CPU per request. A ratio is the median of the rounds’ ratios.',
    '### Targets',
    table(
      ['target', 'found', 'met'],
      verdictsOf(report).map(({ target, found, met }) => [target, found, met ? 'yes' : '**no**']),
    ),
    ...(report.growth && report.feed ? tablesOfGrowth(report.growth, report.feed) : []),
    '### Process',
    list(linesOfProcess(report)),
    '### Where the work is not equal',
    list(UNEQUAL),
  ].join('\n\n')

const list = (lines: readonly string[]): string => lines.map(line => `- ${line}`).join('\n')

const TITLES = new Map([
  ...QUERIES.map(({ name, title }) => [name, title] as const),
  ['I1', 'a site visit comes in'],
  ['I2', 'a sale comes in'],
])

const tableOfCells = (results: Results): string =>
  table(
    [
      ...['', 'server', 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms/request', 'PostgreSQL ms/request', 'core busy'],
      ...['× PostGraphile', 'of the limit'],
    ],
    Object.entries(results).flatMap(([query, of]) =>
      Object.entries(of).map(([server, cell]) => {
        const { limit } = PAIRS.find(({ gateway }) => gateway === server) ?? {}
        return [
          ...[query, server, `${cell.rps.toFixed(0)}${cell.void ? ' (void)' : ''}`],
          ...[cell.p50, cell.p99, cell.cpu, cell.database].map(ms),
          `${(cell.busy * 100).toFixed(0)} %`,
          ...(limit === undefined ? ['', ''] : [of.postgraphile, of[limit]].map(other => shown(ratio(cell, other)))),
        ]
      }),
    ),
  )

const tablesOfGrowth = (growth: ByRows, feed: LongFeed): string[] => {
  const sizes = [...new Set(Object.values(growth).flatMap(costs => Object.keys(costs)))]
  const shownCost = (cost: Cost | undefined) =>
    cost === undefined ? '' : `${ms(cost.milliseconds)} ms, ${cost.statements} statements`
  return [
    '### Growth: one request at a time',
    table(
      ['', ...sizes.map(size => `${count(size)} engagements`)],
      Object.entries(growth).map(([query, costs]) => [query, ...sizes.map(size => shownCost(costs[Number(size)]))]),
    ),
    table(
      [`a feed of ${count(feed.notes)} notes`, 'takes'],
      [
        ...Object.entries(feed.pages).map(([page, cost]) => [`page ${count(page)}`, shownCost(cost)]),
        ['the position of a note', shownCost(feed.position)],
        ['the same, before there are milestones', `${feed.firstPosition.toFixed(1)} ms`],
      ],
    ),
  ]
}

const linesOfProcess = ({ start, idle, memory, backfill, soak, plans }: Report): string[] => [
  ...(start === undefined ? [] : [`Start to first answer: ${start.toFixed(0)} ms`]),
  ...(idle === undefined ? [] : [`Memory of an idle gateway: ${idle.toFixed(0)} MiB`]),
  `Memory after the rounds (and the most at any time), in MiB: ${Object.entries(memory)
    .map(([name, { rss, peak }]) => `${name} ${rss.toFixed(0)} (${peak.toFixed(0)})`)
    .join(', ')}`,
  ...(backfill === undefined
    ? []
    : [
        `Backfill: ${count(backfill.lines)} lines at ${backfill.perSecond.toFixed(0)} per second, ${backfill.refused} refused; memory over time: ${over(backfill.memory)}`,
      ]),
  ...(soak === undefined
    ? []
    : [
        `${soak.minutes} minutes of mixed load at ${soak.rps.toFixed(0)} requests per second; memory over time: ${over(soak.memory)}`,
      ]),
  ...plans.wholeReads.map(
    ({ query, table: read, text }) =>
      `${query} reads all of ${read}: \`${text.replace(/\s+/g, ' ').trim().slice(0, 200)}\``,
  ),
]

/** A dozen moments of it are enough to see where it goes. */
const over = (memory: Memory): string =>
  memory
    .filter((_, n) => n % Math.ceil(memory.length / 12) === 0 || n === memory.length - 1)
    .map(([seconds, rss]) => `${seconds.toFixed(0)} s ${rss.toFixed(0)} MiB`)
    .join(', ')

/** A run for programs: results by query and server, and what else there is beside them. */
export const json = (report: Report): string => {
  const { results, ...rest } = report
  return `${JSON.stringify({ ...results, ...rest, targets: verdictsOf(report) }, null, 2)}\n`
}
