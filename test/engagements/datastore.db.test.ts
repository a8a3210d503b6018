import { beforeAll, describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import type { EngagementStatus } from '../../src/database/rows.ts'
import { EngagementDatastore } from '../../src/engagements/datastore.ts'
import { RecordNotFoundError } from '../../src/errors.ts'
import { idsOf, minute, ordered } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import {
  insertCollaborator,
  insertEngagement,
  insertOpportunity,
  insertOrganization,
  insertProgram,
} from '../support/rows.ts'
import { recordSql } from '../support/sql-recorder.ts'

const recorder = recordSql(await testDatabase())
const { sql } = recorder.database

/** A pair of opportunity and program in an organization of its own, and how to engage somebody for it. */
const givenAPair = async () => {
  const organizationId = await insertOrganization(sql)
  const opportunityId = await insertOpportunity(sql, { organizationId })
  const programId = await insertProgram(sql, { organizationId })
  const viewer: Viewer = { role: 'administrator', organizationId }
  return {
    organizationId,
    opportunityId,
    programId,
    engagements: new EngagementDatastore(sql, viewer),
    engaged: (given: Partial<Parameters<typeof insertEngagement>[1]> = {}) =>
      insertEngagement(sql, { organizationId, opportunityId, programId, ...given }),
  }
}

describe('getById', () => {
  test('answers the engagement with exactly its stored fields', async () => {
    const { engaged, engagements, opportunityId, programId, organizationId } = await givenAPair()
    const collaboratorId = await insertCollaborator(sql, { organizationId })
    const id = await engaged({
      collaboratorId,
      score: 250,
      status: 'pending',
      dateCreated: minute(1),
      dateModified: minute(2),
    })
    expect(await engagements.getById(id)).toStrictEqual({
      id,
      opportunityId,
      programId,
      collaboratorId,
      score: 250,
      status: 'pending',
      dateCreated: minute(1),
      dateModified: minute(2),
    })
  })

  test('finds nothing where there is nothing', async () => {
    const { engagements } = await givenAPair()
    await expect(engagements.getById(0)).rejects.toThrow(RecordNotFoundError)
    await expect(engagements.getById(Number.MAX_SAFE_INTEGER)).rejects.toThrow(
      `engagement ${Number.MAX_SAFE_INTEGER} was not found`,
    )
  })

  test("says of another tenant's engagement what it says of one that does not exist", async () => {
    const ours = await givenAPair()
    const theirs = await givenAPair()
    const id = await theirs.engaged()
    const error = await ours.engagements.getById(id).catch(each => each)
    expect(error).toBeInstanceOf(RecordNotFoundError)
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: `engagement ${id} was not found` })
  })

  test("finds a collaborator's own engagement and no other", async () => {
    const { engaged, organizationId } = await givenAPair()
    const [collaboratorId, other] = [
      await insertCollaborator(sql, { organizationId }),
      await insertCollaborator(sql, { organizationId }),
    ]
    const [own, foreign] = [await engaged({ collaboratorId }), await engaged({ collaboratorId: other })]
    const engagements = new EngagementDatastore(sql, { role: 'collaborator', organizationId, collaboratorId })
    expect(await engagements.getById(own)).toMatchObject({ id: own, collaboratorId })
    await expect(engagements.getById(foreign)).rejects.toThrow(RecordNotFoundError)
  })
})

describe('getBindings', () => {
  test('answers an empty list for a pair without engagements', async () => {
    const { engagements, opportunityId, programId } = await givenAPair()
    expect(await engagements.getBindings(opportunityId, programId)).toEqual([])
    expect(await engagements.getBindings(0, 0)).toEqual([])
  })

  test('answers the active engagements of the pair alone', async () => {
    const { engagements, engaged, opportunityId, programId, organizationId } = await givenAPair()
    const active = await engaged()
    for (const status of ['pending', 'complete', 'cancelled'] as EngagementStatus[]) await engaged({ status })
    await engaged({ programId: await insertProgram(sql, { organizationId }) })
    await engaged({ opportunityId: await insertOpportunity(sql, { organizationId }) })
    expect(idsOf(await engagements.getBindings(opportunityId, programId))).toEqual([active])
  })

  test('takes the opportunity first and the program second', async () => {
    const organizationId = await insertOrganization(sql)
    await insertProgram(sql, { organizationId })
    const opportunityId = await insertOpportunity(sql, { organizationId })
    const programId = await insertProgram(sql, { organizationId, id: opportunityId + 1_000_000 })
    const id = await insertEngagement(sql, { organizationId, opportunityId, programId })
    const engagements = new EngagementDatastore(sql, { role: 'administrator', organizationId })
    expect(idsOf(await engagements.getBindings(opportunityId, programId))).toEqual([id])
    expect(await engagements.getBindings(programId, opportunityId)).toEqual([])
  })

  describe('of nine engagements with many ties', () => {
    let pair: Awaited<ReturnType<typeof givenAPair>>
    beforeAll(async () => {
      pair = await givenAPair()
      // dates and scores run against the ids, and each value occurs three times
      for (let n = 0; n < 9; n++) {
        await pair.engaged({
          score: [30, 10, 20][n % 3] as number,
          dateCreated: minute([5, 3, 4][(n + 1) % 3] as number),
          dateModified: minute([9, 7, 8][(n + 2) % 3] as number),
        })
      }
    })

    test('without more words they come by their creation, the earliest first, all of them', async () => {
      const { engagements, opportunityId, programId } = pair
      const all = await engagements.getBindings(opportunityId, programId)
      expect(all).toHaveLength(9)
      expect(idsOf(all)).toEqual(idsOf(ordered(all, 'dateCreated', 'ASC')))
      expect(await engagements.getBindings(opportunityId, programId, 'dateCreated', 'ASC', null)).toEqual(all)
    })

    const columns = ['id', 'dateCreated', 'dateModified', 'score', 'collaboratorId', 'programId'] as const
    test.each(
      columns.flatMap(
        column =>
          [
            [column, 'ASC'],
            [column, 'DESC'],
          ] as const,
      ),
    )('by %s %s they come in that order, ties by id in the same direction', async (column, direction) => {
      const { engagements, opportunityId, programId } = pair
      const all = await engagements.getBindings(opportunityId, programId)
      const expected = idsOf(ordered(all, column, direction))
      expect(idsOf(await engagements.getBindings(opportunityId, programId, column, direction))).toEqual(expected)
    })

    test.each([1, 2, 8, 9, 10, 1000])('limited to %d they are the first so many', async limit => {
      const { engagements, opportunityId, programId } = pair
      for (const direction of ['ASC', 'DESC'] as const) {
        const whole = await engagements.getBindings(opportunityId, programId, 'score', direction)
        const some = await engagements.getBindings(opportunityId, programId, 'score', direction, limit)
        expect(some).toEqual(whole.slice(0, limit))
      }
    })

    test('a limit reaches the database, which reads no more', async () => {
      const { engagements, opportunityId, programId } = pair
      const statements = await recorder.during(() => engagements.getBindings(opportunityId, programId, 'id', 'ASC', 2))
      expect(statements).toHaveLength(1)
      expect(statements[0]?.text).toContain(' limit ')
    })

    test('an ordering column that there is not is an error that names those there are', async () => {
      const { engagements, opportunityId, programId } = pair
      await expect(engagements.getBindings(opportunityId, programId, 'points' as 'score')).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message:
          'Expected a column of id, opportunityId, programId, collaboratorId, score, status, dateCreated, dateModified, received "points"',
      })
    })
  })
})

describe('getNewestBinding', () => {
  test('is the active engagement that was modified last, however old it is', async () => {
    const { engagements, engaged, opportunityId, programId } = await givenAPair()
    const oldButBusy = await engaged({ dateCreated: minute(1), dateModified: minute(30) })
    await engaged({ dateCreated: minute(20), dateModified: minute(20) })
    expect(await engagements.getNewestBinding(opportunityId, programId)).toMatchObject({ id: oldButBusy })
  })

  test('of equals it is the one with the higher id', async () => {
    const { engagements, engaged, opportunityId, programId } = await givenAPair()
    await engaged({ dateCreated: minute(2), dateModified: minute(9) })
    await engaged({ dateCreated: minute(3), dateModified: minute(9) })
    const highest = await engaged({ dateCreated: minute(1), dateModified: minute(9) })
    expect(await engagements.getNewestBinding(opportunityId, programId)).toMatchObject({ id: highest })
  })

  test('passes over what is no longer active, and finds nothing when that is all there is', async () => {
    const { engagements, engaged, opportunityId, programId } = await givenAPair()
    await engaged({ status: 'complete', dateModified: minute(50) })
    await expect(engagements.getNewestBinding(opportunityId, programId)).rejects.toThrow(RecordNotFoundError)
    const active = await engaged({ dateModified: minute(1) })
    await engaged({ status: 'cancelled', dateModified: minute(60) })
    expect(await engagements.getNewestBinding(opportunityId, programId)).toMatchObject({ id: active })
  })
})

describe('getOldestEngagement', () => {
  test('is the active engagement that was created first, however recently it was modified', async () => {
    const { engagements, engaged, opportunityId, programId } = await givenAPair()
    await engaged({ dateCreated: minute(20), dateModified: minute(20) })
    const oldButBusy = await engaged({ dateCreated: minute(1), dateModified: minute(30) })
    expect(await engagements.getOldestEngagement(opportunityId, programId)).toMatchObject({ id: oldButBusy })
  })

  test('of equals it is the one with the lower id', async () => {
    const { engagements, engaged, opportunityId, programId } = await givenAPair()
    const lowest = await engaged({ dateCreated: minute(1), dateModified: minute(9) })
    await engaged({ dateCreated: minute(1), dateModified: minute(2) })
    await engaged({ dateCreated: minute(1), dateModified: minute(3) })
    expect(await engagements.getOldestEngagement(opportunityId, programId)).toMatchObject({ id: lowest })
  })

  test('passes over what is no longer active, and finds nothing when that is all there is', async () => {
    const { engagements, engaged, opportunityId, programId } = await givenAPair()
    await engaged({ status: 'pending', dateCreated: minute(0) })
    await expect(engagements.getOldestEngagement(opportunityId, programId)).rejects.toThrow(RecordNotFoundError)
    const active = await engaged({ dateCreated: minute(9) })
    expect(await engagements.getOldestEngagement(opportunityId, programId)).toMatchObject({ id: active })
  })
})

describe('getActiveEngagementCount', () => {
  test('counts the active engagements of the pair without loading them', async () => {
    const { engagements, engaged, opportunityId, programId } = await givenAPair()
    for (let n = 0; n < 3; n++) await engaged()
    await engaged({ status: 'complete' })
    let count: number | undefined
    const statements = await recorder.during(async () => {
      count = await engagements.getActiveEngagementCount(opportunityId, programId)
    })
    expect(count).toBe(3)
    expect(statements.map(({ text }) => text)).toEqual([expect.stringMatching(/^select count\(\*\)/)])
  })

  test('is 0, and never an error, for a pair that has none or does not exist', async () => {
    const { engagements, engaged, opportunityId, programId } = await givenAPair()
    await engaged({ status: 'cancelled' })
    expect(await engagements.getActiveEngagementCount(opportunityId, programId)).toBe(0)
    expect(await engagements.getActiveEngagementCount(0, 0)).toBe(0)
  })
})

describe('getActiveEngagement', () => {
  test('takes the collaborator first, the program second and the opportunity third', async () => {
    const organizationId = await insertOrganization(sql)
    // ids that nothing else has, so that a swap finds nothing
    const [a, b, c] = [7_000_001, 7_000_002, 7_000_003]
    await insertCollaborator(sql, { organizationId, id: a })
    await insertProgram(sql, { organizationId, id: b })
    await insertOpportunity(sql, { organizationId, id: c })
    const id = await insertEngagement(sql, { organizationId, collaboratorId: a, programId: b, opportunityId: c })
    const engagements = new EngagementDatastore(sql, { role: 'administrator', organizationId })
    expect(await engagements.getActiveEngagement(a, b, c)).toMatchObject({ id })
    for (const [x, y, z] of [
      [a, c, b],
      [b, a, c],
      [b, c, a],
      [c, a, b],
      [c, b, a],
    ] as const) {
      await expect(engagements.getActiveEngagement(x, y, z)).rejects.toThrow(RecordNotFoundError)
    }
  })

  test('passes over earlier engagements of the same three that are no longer active', async () => {
    const { engagements, engaged, opportunityId, programId, organizationId } = await givenAPair()
    const collaboratorId = await insertCollaborator(sql, { organizationId })
    await engaged({ collaboratorId, status: 'complete' })
    await expect(engagements.getActiveEngagement(collaboratorId, programId, opportunityId)).rejects.toThrow(
      RecordNotFoundError,
    )
    const again = await engaged({ collaboratorId })
    await engaged({ collaboratorId, status: 'cancelled' })
    expect(await engagements.getActiveEngagement(collaboratorId, programId, opportunityId)).toMatchObject({ id: again })
  })
})

describe('getEngagementsForOpportunity', () => {
  test('answers every status, as they were created, equal dates by id', async () => {
    const { engagements, engaged, opportunityId, organizationId } = await givenAPair()
    const last = await engaged({ status: 'active', dateCreated: minute(9) })
    const first = await engaged({ status: 'cancelled', dateCreated: minute(1) })
    const second = await engaged({ status: 'complete', dateCreated: minute(1), dateModified: minute(5) })
    const third = await engaged({
      status: 'pending',
      dateCreated: minute(2),
      programId: await insertProgram(sql, { organizationId }),
    })
    await engaged({ opportunityId: await insertOpportunity(sql, { organizationId }) })
    const found = await engagements.getEngagementsForOpportunity(opportunityId)
    expect(idsOf(found)).toEqual([first, second, third, last])
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['active', 'pending', 'complete', 'cancelled']))
  })

  test('answers more than a page', async () => {
    const { engagements, engaged, opportunityId, organizationId } = await givenAPair()
    const collaboratorId = await insertCollaborator(sql, { organizationId })
    for (let n = 0; n < 130; n++) await engaged({ status: 'complete', collaboratorId })
    expect(await engagements.getEngagementsForOpportunity(opportunityId)).toHaveLength(130)
  })

  test('answers an empty list for an opportunity without engagements, or none at all', async () => {
    const { engagements, opportunityId } = await givenAPair()
    expect(await engagements.getEngagementsForOpportunity(opportunityId)).toEqual([])
    expect(await engagements.getEngagementsForOpportunity(0)).toEqual([])
  })
})

test("in every method, another tenant's engagements are not there", async () => {
  const theirs = await givenAPair()
  const collaboratorId = await insertCollaborator(sql, { organizationId: theirs.organizationId })
  await theirs.engaged({ collaboratorId })
  const { engagements } = await givenAPair()
  const { opportunityId, programId } = theirs
  expect(await engagements.getBindings(opportunityId, programId)).toEqual([])
  expect(await engagements.getActiveEngagementCount(opportunityId, programId)).toBe(0)
  expect(await engagements.getEngagementsForOpportunity(opportunityId)).toEqual([])
  expect(await engagements.andWhere([{ column: 'opportunityId', operator: '=', value: opportunityId }])).toEqual([])
  for (const missing of [
    () => engagements.getNewestBinding(opportunityId, programId),
    () => engagements.getOldestEngagement(opportunityId, programId),
    () => engagements.getActiveEngagement(collaboratorId, programId, opportunityId),
  ]) {
    await expect(missing()).rejects.toThrow(RecordNotFoundError)
  }
})
