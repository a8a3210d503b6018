import { beforeAll, describe, expect, test } from 'vitest'
import type { EngagementRow } from '../../src/database/rows.ts'
import { statement } from '../../src/database/sql.ts'
import { type Ask, asking, ID_PAGE, idsOf, ordered, type PageArguments, walk } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import {
  insertCollaborator,
  insertEngagement,
  insertOpportunity,
  insertOrganization,
  insertProgram,
} from '../support/rows.ts'

const { sql } = await testDatabase()
const gateway = testGateway({ sql })

const FIELDS = { ID: 'id', DATE_CREATED: 'dateCreated', DATE_MODIFIED: 'dateModified', SCORE: 'score' } as const
const ORDERS = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).flatMap(field =>
  (['ASC', 'DESC'] as const).map(direction => ({ field, direction, column: FIELDS[field] })),
)
/** Sizes of pages, each with the length of a list that takes several such pages. */
const SIZES = [
  [1, 12],
  [7, 24],
  [20, 60],
  [100, 130],
] as const

const engagementsOf = (organizationId: number) =>
  sql.rows(
    statement<EngagementRow>(
      `select id, score, program_id as "programId", date_created as "dateCreated", date_modified as "dateModified"
       from engagement where organization_id = $1 order by id`,
    ),
    [organizationId],
  )

const LIST = `query ($filter: EngagementFilter, $orderBy: EngagementOrder, $first: Int, $after: String, $last: Int, $before: String) {
  engagements(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) { ${ID_PAGE} }
}`

let organizationId: number
let ask: Ask
let programs: number[]
let elsewhere: number
let engaged: (programIds: readonly number[], from: number, to: number) => Promise<unknown>

beforeAll(async () => {
  organizationId = await insertOrganization(sql)
  ask = asking(gateway, { role: 'administrator', organizationId })
  const collaboratorId = await insertCollaborator(sql, { organizationId })
  const opportunityId = await insertOpportunity(sql, { organizationId })
  programs = [await insertProgram(sql, { organizationId }), await insertProgram(sql, { organizationId })]
  elsewhere = await insertProgram(sql, { organizationId })
  // with three scores and four dates among them, each place in an order is a tie; complete ones may be as many as one
  // likes of the same three
  engaged = (programIds, from, to) =>
    sql.rows(
      statement(
        `insert into engagement (organization_id, opportunity_id, program_id, collaborator_id, status, score, date_created, date_modified)
         select $1, $2, ($3::bigint[])[1 + n % cardinality($3::bigint[])], $4, 'complete', 100 * ((n * 5) % 3),
           '2026-01-01'::timestamptz + interval '1 minute' * ((n * 3) % 4), '2026-01-02'::timestamptz + interval '1 minute' * ((n * 7) % 4)
         from generate_series($5::integer, $6::integer) as n order by n`,
      ),
      [organizationId, opportunityId, programIds, collaboratorId, from, to],
    )
})

/** The order of a list, as far as a walk that was disturbed has to keep it. */
const isOrdered = (rows: readonly EngagementRow[], column: keyof EngagementRow, direction: 'ASC' | 'DESC') =>
  expect(idsOf(rows)).toEqual(idsOf(ordered(rows, column, direction)))

const begin = async (length: number) => {
  await sql.rows(statement('delete from engagement where organization_id = $1'), [organizationId])
  await engaged(programs, 1, length)
}

describe('a list that nobody touches', () => {
  test.each(ORDERS)('by $field $direction is the same in pages of any size, from either end', async order => {
    const orderBy = { field: order.field, direction: order.direction }
    const read = async (page: PageArguments) => (await ask(LIST, { orderBy, ...page })).engagements
    for (const [size, length] of SIZES) {
      await begin(length)
      const whole = idsOf(ordered(await engagementsOf(organizationId), order.column, order.direction))
      expect(whole).toHaveLength(length)
      expect(await walk(read, { size })).toEqual(whole)
      expect(await walk(read, { size, backwards: true })).toEqual(whole)
    }
  })
})

describe('a list that grows while it is read', () => {
  /** What happens meanwhile: new engagements here and there, and changes to those that the list does not have. */
  const disturb = (turn: number, column: keyof EngagementRow) => async () => {
    await engaged(programs, turn, turn + 2)
    await engaged([elsewhere], turn, turn)
    await sql.rows(
      statement(
        `update engagement set score = score + 1, date_modified = date_modified + interval '1 minute' where organization_id = $1 and program_id = $2`,
      ),
      [organizationId, elsewhere],
    )
    // of those in the list, what it is not ordered by
    if (column !== 'score') {
      await sql.rows(
        statement(
          'update engagement set score = (score + 100) % 300 where organization_id = $1 and program_id = any($2) and id % 5 = $3',
        ),
        [organizationId, programs, turn % 5],
      )
    }
  }

  describe.each([
    ['all engagements of a program', () => ({ programId: programs[0] }), SIZES.slice(1, 2)],
    ['all engagements of two programs', () => ({ programId: programs }), SIZES],
  ] as const)('%s', (_, filter, sizes) => {
    test.each(ORDERS)('by $field $direction has each once, none missing, in order', async order => {
      for (const [size, length] of sizes) {
        for (const backwards of [false, true]) {
          await begin(length)
          const wanted = [filter().programId].flat()
          const initial = (await engagementsOf(organizationId)).filter(row => wanted.includes(row.programId))
          let turn = 0
          let cursor: string | null = null
          let inserted = 0
          const orderBy = { field: order.field, direction: order.direction }
          const found = await walk(
            async page => {
              cursor = page.after ?? page.before ?? null
              return (await ask(LIST, { filter: filter(), orderBy, ...page })).engagements
            },
            {
              size,
              backwards,
              between: async () => {
                // at the end that is being read towards a list may grow for ever: so often and no more
                if (turn++ < 4) {
                  inserted++
                  await disturb(turn, order.column)()
                }
              },
            },
          )
          const now = new Map((await engagementsOf(organizationId)).map(row => [row.id, row]))
          const rows = found.map(id => now.get(id) as EngagementRow)
          expect(new Set(found).size).toBe(found.length)
          isOrdered(rows, order.column, order.direction)
          const known = new Set(idsOf(initial))
          expect(found.filter(id => known.has(id))).toEqual(idsOf(ordered(initial, order.column, order.direction)))
          expect(rows.every(row => wanted.includes(row.programId))).toBe(true)
          if (size < initial.length) expect([cursor, inserted > 0]).toEqual([expect.any(String), true])
        }
      }
    })
  })
})

describe('a feed that grows while it is read', () => {
  test.each(
    SIZES.flatMap(
      ([size, length]) =>
        [
          [size, 'ASC', false, length],
          [size, 'ASC', true, length],
          [size, 'DESC', false, length],
          [size, 'DESC', true, length],
        ] as const,
    ),
  )(
    'in pages of %d, %s, backwards: %s, has each note once, none missing, in order',
    async (size, order, backwards, length) => {
      const organization = await insertOrganization(sql)
      const noted = (from: number, to: number) =>
        sql.rows<{ id: number; at: Date }>(
          statement(
            `with noted as (
             insert into note (organization_id, content, creation_source, creation_source_id, date_created)
             select $1, 'coupon_applied', 'engagement', 1, '2026-01-01'::timestamptz + interval '1 minute' * (n % 3)
             from generate_series($2::integer, $3::integer) as n returning id, content, date_created
           ), linked as (
             insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
             select $1, id, 'engagement', 1, content, date_created from noted
           )
           select id, date_created as at from noted`,
          ),
          [organization, from, to],
        )
      const initial = await noted(1, length)
      const by = asking(gateway, { role: 'administrator', organizationId: organization })
      let turn = 0
      const read = async (page: PageArguments) => {
        const { notes } = await by(
          `query ($order: SortOrder!, $first: Int, $after: String, $last: Int, $before: String) {
          notes(sourceType: ENGAGEMENT, sourceId: 1, order: $order, first: $first, after: $after, last: $last, before: $before) { ${ID_PAGE} }
        }`,
          { order, ...page },
        )
        return notes
      }
      const between = async () => {
        if (turn++ < 6) await noted(turn, turn)
      }
      const found = await walk(read, { size, backwards, between })
      expect(new Set(found).size).toBe(found.length)
      const known = new Set(idsOf(initial))
      expect(found.filter(id => known.has(id))).toEqual(idsOf(ordered(initial, 'at', order)))
    },
  )
})

describe('what a page says of its place', () => {
  const quietList = async () => {
    const organization = await insertOrganization(sql)
    const collaboratorId = await insertCollaborator(sql, { organizationId: organization })
    const ids: number[] = []
    for (let n = 0; n < 5; n++) ids.push(await insertEngagement(sql, { organizationId: organization, collaboratorId }))
    const by = asking(gateway, { role: 'administrator', organizationId: organization })
    const page = async (args: PageArguments) => {
      const { engagements } = await by(
        `query ($first: Int, $after: String, $last: Int, $before: String) {
          engagements(orderBy: { direction: ASC }, first: $first, after: $after, last: $last, before: $before) {
            edges { cursor node { databaseId } } nodes { databaseId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          }
        }`,
        { ...args },
      )
      expect(engagements.edges.map((edge: { node: unknown }) => edge.node)).toEqual(engagements.nodes)
      expect(engagements.pageInfo.startCursor).toBe(engagements.edges[0]?.cursor ?? null)
      expect(engagements.pageInfo.endCursor).toBe(engagements.edges.at(-1)?.cursor ?? null)
      return {
        at: engagements.nodes.map((node: { databaseId: number }) => ids.indexOf(node.databaseId)),
        next: engagements.pageInfo.hasNextPage,
        previous: engagements.pageInfo.hasPreviousPage,
        cursors: engagements.edges.map((edge: { cursor: string }) => edge.cursor) as string[],
      }
    }
    const { cursors } = await page({ first: 5 })
    return { page, cursors: cursors as [string, string, string, string, string] }
  }

  test('forwards: whether more follow, and whether it began after a cursor', async () => {
    const { page, cursors } = await quietList()
    expect(await page({ first: 2 })).toMatchObject({ at: [0, 1], next: true, previous: false })
    expect(await page({ first: 5 })).toMatchObject({ at: [0, 1, 2, 3, 4], next: false, previous: false })
    expect(await page({ first: 2, after: cursors[1] })).toMatchObject({ at: [2, 3], next: true, previous: true })
    expect(await page({ first: 2, after: cursors[2] })).toMatchObject({ at: [3, 4], next: false, previous: true })
    expect(await page({ first: 2, after: cursors[4] })).toMatchObject({ at: [], next: false, previous: true })
    expect(await page({ first: 0 })).toMatchObject({ at: [], next: true })
  })

  test('backwards: whether others precede, and whether it ended before a cursor', async () => {
    const { page, cursors } = await quietList()
    expect(await page({ last: 2 })).toMatchObject({ at: [3, 4], next: false, previous: true })
    expect(await page({ last: 5 })).toMatchObject({ at: [0, 1, 2, 3, 4], next: false, previous: false })
    expect(await page({ last: 2, before: cursors[3] })).toMatchObject({ at: [1, 2], next: true, previous: true })
    expect(await page({ last: 3, before: cursors[2] })).toMatchObject({ at: [0, 1], next: true, previous: false })
    expect(await page({ last: 2, before: cursors[0] })).toMatchObject({ at: [], next: true, previous: false })
  })

  test('between two cursors there is what lies between them', async () => {
    const { page, cursors } = await quietList()
    expect(await page({ first: 10, after: cursors[0], before: cursors[4] })).toMatchObject({ at: [1, 2, 3] })
    expect(await page({ last: 2, after: cursors[0], before: cursors[4] })).toMatchObject({ at: [2, 3] })
    expect(await page({ first: 10, after: cursors[3], before: cursors[1] })).toMatchObject({ at: [] })
  })

  test('a cursor outlives the row that it was made of', async () => {
    const { page, cursors } = await quietList()
    const [gone] = (await page({ first: 1, after: cursors[1] })).cursors
    const id = Number(
      atob(gone as string)
        .split(':')
        .at(-1),
    )
    await sql.rows(statement('delete from touch where engagement_id = $1'), [id])
    await sql.rows(statement('delete from engagement where id = $1'), [id])
    expect(await page({ first: 2, after: gone ?? null })).toMatchObject({ at: [3, 4], previous: true })
  })

  test('without a size it has twenty', async () => {
    const organization = await insertOrganization(sql)
    const collaboratorId = await insertCollaborator(sql, { organizationId: organization })
    const opportunityId = await insertOpportunity(sql, { organizationId: organization })
    const programId = await insertProgram(sql, { organizationId: organization })
    for (let n = 0; n < 21; n++) {
      const given = { organizationId: organization, collaboratorId, opportunityId, programId }
      await insertEngagement(sql, { ...given, status: 'complete' })
    }
    const by = asking(gateway, { role: 'administrator', organizationId: organization })
    const { engagements, collaborators } = await by(
      '{ engagements { nodes { id } pageInfo { hasNextPage } totalCount } collaborators { nodes { engagements { nodes { id } totalCount } } } }',
    )
    expect(engagements.nodes).toHaveLength(20)
    expect(engagements.pageInfo.hasNextPage).toBe(true)
    expect(engagements.totalCount).toBe(21)
    expect(collaborators.nodes[0].engagements.nodes).toHaveLength(20)
    expect(collaborators.nodes[0].engagements.totalCount).toBe(21)
  })
})
