import { type Sql, statement } from '../database/sql.ts'
import { StartError } from '../errors.ts'
import { attribution, awards, commerce } from './attribution.ts'
import { directory } from './directory.ts'
import { notes, programsAppliedFor } from './notes.ts'
import { type OrganizationPlan, PLANS, type SeedSize } from './plan.ts'
import { rewards } from './rewards.ts'
import { createChance, dropChance } from './sql-text.ts'

/** How to seed. */
export interface SeedOptions {
  /** Hears of each step, in one line. */
  log?: (line: string) => void
}

/**
 * Fills an empty, migrated database with generated data, always the same, as one transaction: all of it or nothing.
 * Collaborator 1, of the first organization, is the demo's.
 * @throws StartError when there is an organization already.
 */
export const seed = async (sql: Sql, size: SeedSize, { log = () => {} }: SeedOptions = {}): Promise<void> => {
  const [found] = await sql.rows(anyOrganization, [])
  if (found !== undefined) {
    throw new StartError(
      `Seeding expects a database without organizations, and this one has "${found.name}" (${found.id}). Nothing was changed. Choose an empty database, or leave this one as it is.`,
    )
  }
  const began = Date.now()
  const passed = () => `${((Date.now() - began) / 1000).toFixed(1)} s`
  log(`Generating the ${size} data`)
  await sql.script(story(size))
  log(`Generated after ${passed()}; tidying the tables`)
  // each by itself, since no vacuum runs inside a transaction; only after it can indexes answer alone
  for (const table of TABLES) await sql.script(`vacuum analyze ${table}`)
  log(`Seeded after ${passed()}`)
}

const anyOrganization = statement<{ id: number; name: string }>('select id, name from organization order by id limit 1')

/** Everything as one script, which the database runs as one transaction. */
const story = (size: SeedSize): string => {
  const { organizations, noteSources } = PLANS[size]
  return `
    set local timezone = 'UTC';
    set local statement_timeout = 0;
    set local work_mem = '256MB';
    set local jit = off;
    ${createChance}
    ${organizations.map(chapter).join('\n')}
    ${programsAppliedFor(noteSources)}
    ${NUMBERED.map(table => `select setval(pg_get_serial_sequence('${table}', 'id'), max(id)) from ${table};`).join('\n    ')}
    ${dropChance}
  `
}

const chapter = (plan: OrganizationPlan): string => `
  ${directory(plan)}
  ${attribution(plan)}
  ${commerce(plan)}
  ${awards(plan)}
  ${rewards(plan)}
  ${notes(plan)}
  drop table earner, playing, journey, claim, contest, standing, trade, line, basket, award, run, share, owed, bundle, happening, chronicle;
`

/** The tables whose ids come from a sequence. */
const NUMBERED = [
  'organization',
  'collaborator',
  'collaborator_alias',
  'program',
  'program_group',
  'opportunity',
  'engagement',
  'transaction',
  'line_item',
  'conversion',
  'obligation',
  'payout',
  'fulfillment',
  'distributor',
  'distribution',
  'allocation',
  'integration',
  'note',
] as const

const TABLES = [...NUMBERED, 'program_engagement_type', 'enrollment', 'distributor_enrollment', 'note_source'] as const
