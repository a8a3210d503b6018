import { describe, expect, test } from 'vitest'
import type { EngagementRow } from '../../src/database/rows.ts'
import { statement } from '../../src/database/sql.ts'
import { type Ask, asking, ID_PAGE, idsOf, ordered, walk } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { ADMINISTRATOR, COLLABORATOR, testGateway } from '../support/gateway.ts'

const database = await testDatabase('small')
const gateway = testGateway(database)
const ask = asking(gateway, ADMINISTRATOR)
const askAsCollaborator = asking(gateway, COLLABORATOR)

/** Every engagement of the organization, by plain SQL: what lists are held against. */
const all = await database.sql.rows(
  statement<EngagementRow>(
    `select id, opportunity_id as "opportunityId", program_id as "programId", collaborator_id as "collaboratorId",
      score, status, date_created as "dateCreated", date_modified as "dateModified"
     from engagement where organization_id = 1 order by id`,
  ),
  [],
)
const own = all.filter(row => row.collaboratorId === 1)

const FIELDS = { ID: 'id', DATE_CREATED: 'dateCreated', DATE_MODIFIED: 'dateModified', SCORE: 'score' } as const
type Field = keyof typeof FIELDS
const ORDERS = (Object.keys(FIELDS) as Field[]).flatMap(field =>
  (['ASC', 'DESC'] as const).map(direction => ({ field, direction })),
)

const LIST = `query ($filter: EngagementFilter, $orderBy: EngagementOrder, $first: Int, $after: String, $last: Int, $before: String) {
  engagements(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) { ${ID_PAGE} totalCount }
}`

/** The whole list, page by page. Its count is checked along the way. */
const listed = async (variables: { filter?: unknown; orderBy?: unknown }, by: Ask = ask, size = 100) => {
  const counts = new Set<number>()
  const ids = await walk(
    async page => {
      const { engagements } = await by(LIST, { ...variables, ...page })
      counts.add(engagements.totalCount)
      return engagements
    },
    { size },
  )
  expect([...counts]).toEqual([ids.length])
  return ids
}

const middle = (column: 'dateCreated' | 'dateModified' | 'score') =>
  ordered(all, column, 'ASC')[Math.floor(all.length / 2)] as EngagementRow
const distinct = (column: 'collaboratorId' | 'programId' | 'opportunityId') => [...new Set(all.map(row => row[column]))]
const [aDate, aLaterDate] = [
  middle('dateCreated').dateCreated,
  ordered(all, 'dateCreated', 'ASC').at(-20)?.dateCreated as Date,
]
const aModification = middle('dateModified').dateModified
const score = middle('score').score
const [someone, someoneElse, third] = distinct('collaboratorId') as [number, number, number]
const [aProgram, anotherProgram] = distinct('programId') as [number, number]
const someOpportunities = distinct('opportunityId').slice(10, 50)

/** In words: a filter, and which engagements it means. */
const FILTERS: Record<string, [filter: Record<string, unknown> | null, is: (row: EngagementRow) => boolean]> = {
  'no filter': [null, () => true],
  'an empty filter': [{}, () => true],
  'a filter of nulls': [{ ids: null, collaboratorId: null, status: null, dateCreated: null, score: null }, () => true],
  'a collaborator': [{ collaboratorId: someone }, row => row.collaboratorId === someone],
  'a collaborator in a list': [{ collaboratorId: [someone] }, row => row.collaboratorId === someone],
  'three collaborators': [
    { collaboratorId: [third, someone, someoneElse] },
    row => [someone, someoneElse, third].includes(row.collaboratorId),
  ],
  'a collaborator twice, and one that there is not': [
    { collaboratorId: [someone, someone, 999_999] },
    row => row.collaboratorId === someone,
  ],
  'a collaborator that there is not': [{ collaboratorId: 999_999 }, () => false],
  'no collaborators': [{ collaboratorId: [] }, () => false],
  'a program': [{ programId: aProgram }, row => row.programId === aProgram],
  'two programs': [
    { programId: [anotherProgram, aProgram] },
    row => row.programId === aProgram || row.programId === anotherProgram,
  ],
  'an opportunity': [{ opportunityId: someOpportunities[0] }, row => row.opportunityId === someOpportunities[0]],
  'forty opportunities': [{ opportunityId: someOpportunities }, row => someOpportunities.includes(row.opportunityId)],
  'a status': [{ status: 'PENDING' }, row => row.status === 'pending'],
  'two statuses': [
    { status: ['COMPLETE', 'CANCELLED'] },
    row => row.status === 'complete' || row.status === 'cancelled',
  ],
  'every status': [{ status: ['ACTIVE', 'PENDING', 'COMPLETE', 'CANCELLED'] }, () => true],
  'no statuses': [{ status: [] }, () => false],
  'created from a date, inclusive': [{ dateCreated: { from: aDate } }, row => row.dateCreated >= aDate],
  'created to a date, exclusive': [{ dateCreated: { to: aDate } }, row => row.dateCreated < aDate],
  'created between dates': [
    { dateCreated: { from: aDate, to: aLaterDate } },
    row => row.dateCreated >= aDate && row.dateCreated < aLaterDate,
  ],
  'created in no time': [{ dateCreated: { from: aDate, to: aDate } }, () => false],
  'created at one moment': [
    { dateCreated: { from: aDate, to: new Date(aDate.getTime() + 1) } },
    row => row.dateCreated.getTime() === aDate.getTime(),
  ],
  'modified from a date, inclusive': [
    { dateModified: { from: aModification } },
    row => row.dateModified >= aModification,
  ],
  'modified to a date, exclusive': [{ dateModified: { to: aModification } }, row => row.dateModified < aModification],
  'at least a score, inclusive': [{ score: { min: score } }, row => row.score >= score],
  'at most a score, inclusive': [{ score: { max: score } }, row => row.score <= score],
  'exactly a score': [{ score: { min: score, max: score } }, row => row.score === score],
  'a score between nothing': [{ score: { min: score, max: score - 1 } }, () => false],
  'an open range': [{ score: {}, dateCreated: { from: null } }, () => true],
  'ids, integer and global, known and not': [
    { ids: ['3', btoa('Engagement:5'), '7', '7', btoa('Program:9'), '99999999'] },
    row => [3, 5, 7].includes(row.id),
  ],
  'no ids': [{ ids: [] }, () => false],
  'everything at once': [
    {
      collaboratorId: [someone, someoneElse, third],
      programId: distinct('programId'),
      status: ['ACTIVE', 'COMPLETE'],
      dateCreated: { from: '2020-01-01T00:00:00Z', to: aLaterDate },
      dateModified: { from: '2020-01-01T00:00:00Z' },
      score: { min: 1, max: 1_000_000 },
    },
    row =>
      [someone, someoneElse, third].includes(row.collaboratorId) &&
      (row.status === 'active' || row.status === 'complete') &&
      row.dateCreated < aLaterDate &&
      row.score >= 1,
  ],
}

test('the organization has engagements of every status, of many collaborators, programs and opportunities', () => {
  expect(all).toHaveLength(540)
  expect(new Set(all.map(row => row.status)).size).toBe(4)
  expect(distinct('collaboratorId').length).toBeGreaterThan(10)
  expect(distinct('programId').length).toBeGreaterThan(2)
  expect(own.length).toBeGreaterThan(20)
})

describe('engagements filtered by', () => {
  test.each(Object.entries(FILTERS))('%s are those that SQL finds, newest first', async (_, [filter, is]) => {
    expect(await listed({ filter })).toEqual(idsOf(ordered(all.filter(is), 'id', 'DESC')))
  })

  test.each(Object.entries(FILTERS))('%s are, to a collaborator, its own of those', async (_, [filter, is]) => {
    expect(await listed({ filter }, askAsCollaborator)).toEqual(idsOf(ordered(own.filter(is), 'id', 'DESC')))
  })
})

describe('engagements ordered by', () => {
  test.each(ORDERS)('$field $direction', async orderBy => {
    const { field, direction } = orderBy
    expect(await listed({ orderBy })).toEqual(idsOf(ordered(all, FIELDS[field], direction)))
  })

  test.each(ORDERS)('$field $direction, of several collaborators, programs or opportunities', async orderBy => {
    const { field, direction } = orderBy
    for (const words of ['three collaborators', 'two programs', 'forty opportunities', 'everything at once']) {
      const [filter, is] = FILTERS[words] ?? [null, () => true]
      const expected = idsOf(ordered(all.filter(is), FIELDS[field], direction))
      expect(await listed({ filter, orderBy }, ask, 60)).toEqual(expected)
      expect(await listed({ filter, orderBy }, askAsCollaborator, 60)).toEqual(
        idsOf(ordered(own.filter(is), FIELDS[field], direction)),
      )
    }
  })

  test.each([
    ['{}', 'id', 'DESC'],
    ['{ field: SCORE }', 'score', 'DESC'],
    ['{ direction: ASC }', 'id', 'ASC'],
  ] as const)('%s, where the rest goes without saying', async (orderBy, column, direction) => {
    const { engagements } = await ask(`{ engagements(orderBy: ${orderBy}, first: 100) { nodes { databaseId } } }`)
    const expected = idsOf(ordered(all, column, direction)).slice(0, 100)
    expect(engagements.nodes.map((node: { databaseId: number }) => node.databaseId)).toEqual(expected)
  })
})

describe('an engagement in a list', () => {
  test('has all of its fields, and the names as SQL has them', async () => {
    const { engagements } = await ask(`{ engagements(first: 100, orderBy: { direction: ASC }) { nodes {
      id databaseId opportunityId programId collaboratorId score status dateCreated dateModified collaboratorName programName
      collaborator { databaseId name } program { databaseId name } opportunity { databaseId }
      conversions { databaseId engagementId } notes { totalCount }
    } } }`)
    const names = await database.sql.rows(
      statement<{ id: number; collaborator: string; program: string }>(`
        select e.id,
          case c.status when 'deleted' then 'Collaborator #' || c.id else coalesce(c.nickname, c.full_name) end as collaborator,
          case p.status when 'deleted' then 'Program #' || p.id else p.name end as program
        from engagement e join collaborator c on c.id = e.collaborator_id join program p on p.id = e.program_id
        where e.organization_id = 1`),
      [],
    )
    const conversions = await database.sql.rows(
      statement<{ id: number; engagementId: number }>(
        'select id, engagement_id as "engagementId" from conversion where organization_id = 1 order by id',
      ),
      [],
    )
    const notes = await database.sql.rows(
      statement<{ id: number; count: number }>(
        `select source_id as id, count(*) as count from note_source where organization_id = 1 and source_type = 'engagement' group by source_id`,
      ),
      [],
    )
    const name = new Map(names.map(row => [row.id, row]))
    expect(engagements.nodes).toEqual(
      all.slice(0, 100).map(row => ({
        id: btoa(`Engagement:${row.id}`),
        databaseId: row.id,
        opportunityId: row.opportunityId,
        programId: row.programId,
        collaboratorId: row.collaboratorId,
        score: row.score,
        status: row.status.toUpperCase(),
        dateCreated: row.dateCreated.toISOString(),
        dateModified: row.dateModified.toISOString(),
        collaboratorName: name.get(row.id)?.collaborator,
        programName: name.get(row.id)?.program,
        collaborator: { databaseId: row.collaboratorId, name: name.get(row.id)?.collaborator },
        program: { databaseId: row.programId, name: name.get(row.id)?.program },
        opportunity: { databaseId: row.opportunityId },
        conversions: conversions
          .filter(conversion => conversion.engagementId === row.id)
          .map(conversion => ({ databaseId: conversion.id, engagementId: row.id })),
        notes: { totalCount: notes.find(note => note.id === row.id)?.count ?? 0 },
      })),
    )
  })
})
