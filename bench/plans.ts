import pg from 'pg'
import { connected } from './postgres.ts'
import type { Recorded } from './recording.ts'

/** A table that is read whole is no table to grow, unless it is as small as this. */
const SMALL = 1000

/** A statement that reads a whole table which is not small. */
export interface WholeRead {
  readonly query: string
  readonly table: string
  readonly text: string
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly PlanNode[]
}

/**
 * Explains statements as they run when they have been sent often: for whatever values come, when they have a name. Answers
 * how many were explained, and which of them go without an index.
 */
export const explainAll = (databaseUrl: string, recorded: Readonly<Record<string, readonly Recorded[]>>) =>
  connected(databaseUrl, async database => {
    const { rows } = await database.query(`select relname, reltuples from pg_class where relkind = 'r'`)
    const sizes = new Map<string, number>(rows.map(({ relname, reltuples }) => [relname, reltuples]))
    const wholeReads: WholeRead[] = []
    const seen = new Set<string>()
    for (const [query, statements] of Object.entries(recorded)) {
      for (const { name, text, values } of statements) {
        if (!/^\s*(select|insert|update|with)\b/i.test(text) || seen.has(text)) continue
        seen.add(text)
        await database.query(
          `deallocate all; set plan_cache_mode = ${name === '' ? 'force_custom_plan' : 'force_generic_plan'}`,
        )
        await database.query(`prepare explained as ${text}`)
        const parameters = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`
        const { rows: explained } = await database.query(`explain (format json) execute explained${parameters}`)
        for (const node of nodesOf(explained[0]['QUERY PLAN'][0].Plan)) {
          const table = node['Relation Name'] ?? ''
          if (node['Node Type'] === 'Seq Scan' && (sizes.get(table) ?? 0) > SMALL)
            wholeReads.push({ query, table, text })
        }
      }
    }
    return { explained: seen.size, wholeReads }
  })

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

const literal = (value: unknown): string => {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Date) return `'${value.toISOString()}'`
  if (Array.isArray(value))
    return pg.escapeLiteral(
      `{${value.map(each => (each === null ? 'null' : JSON.stringify(each instanceof Date ? each.toISOString() : String(each)))).join(',')}}`,
    )
  return pg.escapeLiteral(typeof value === 'object' ? JSON.stringify(value) : `${value}`)
}
