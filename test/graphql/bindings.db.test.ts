import { describe, expect, test } from 'vitest'
import { asking, minute } from '../support/comparing.ts'
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

/** A pair of opportunity and program with three active engagements, and one of each other status. */
const givenAPair = async () => {
  const organizationId = await insertOrganization(sql)
  const opportunityId = await insertOpportunity(sql, { organizationId })
  const programId = await insertProgram(sql, { organizationId })
  const pair = { organizationId, opportunityId, programId }
  const collaborators: number[] = []
  for (let n = 0; n < 3; n++)
    collaborators.push(await insertCollaborator(sql, { organizationId, fullName: `Partner ${n}` }))
  const [a, b, c] = collaborators as [number, number, number]
  const first = { ...pair, collaboratorId: a, score: 20, dateCreated: minute(2), dateModified: minute(8) }
  const ids = [
    await insertEngagement(sql, first),
    await insertEngagement(sql, {
      ...pair,
      collaboratorId: b,
      score: 30,
      dateCreated: minute(1),
      dateModified: minute(9),
    }),
    await insertEngagement(sql, {
      ...pair,
      collaboratorId: c,
      score: 20,
      dateCreated: minute(1),
      dateModified: minute(9),
    }),
  ]
  for (const [n, status] of (['pending', 'complete', 'cancelled'] as const).entries()) {
    const dates = { dateCreated: minute(0), dateModified: minute(50) }
    await insertEngagement(sql, { ...pair, collaboratorId: collaborators[n], score: 999, status, ...dates })
  }
  const viewer = { role: 'administrator', organizationId } as const
  return {
    ...pair,
    ids,
    collaborators,
    ask: asking(gateway, viewer),
    askAs: (collaboratorId: number) => asking(gateway, { role: 'collaborator', organizationId, collaboratorId }),
    pair: { opportunityId, programId },
  }
}

const PAIR = 'opportunityId: $opportunityId, programId: $programId'
const asked = (field: string, args = '', selection = '{ databaseId }') =>
  `query ($opportunityId: SafeInt!, $programId: SafeInt!) { it: ${field}(${PAIR}${args}) ${selection} }`

describe('bindings', () => {
  test('are the active engagements of the pair, the earliest first', async () => {
    const { ask, pair, ids, collaborators } = await givenAPair()
    const { it } = await ask(
      asked('bindings', '', '{ databaseId status score collaboratorId collaboratorName programName }'),
      pair,
    )
    expect(it).toEqual(
      [1, 2, 0].map(n => ({
        databaseId: ids[n],
        status: 'ACTIVE',
        score: [20, 30, 20][n],
        collaboratorId: collaborators[n],
        collaboratorName: `Partner ${n}`,
        programName: 'Affiliates',
      })),
    )
  })

  test.each([
    ['', [1, 2, 0]],
    [', order: DESC', [0, 2, 1]],
    [', orderBy: ID', [0, 1, 2]],
    [', orderBy: ID, order: DESC', [2, 1, 0]],
    [', orderBy: DATE_MODIFIED', [0, 1, 2]],
    [', orderBy: DATE_MODIFIED, order: DESC', [2, 1, 0]],
    [', orderBy: SCORE', [0, 2, 1]],
    [', orderBy: SCORE, order: DESC', [1, 2, 0]],
    [', limit: 1', [1]],
    [', orderBy: SCORE, order: DESC, limit: 2', [1, 2]],
    [', limit: 100', [1, 2, 0]],
    [', limit: null', [1, 2, 0]],
  ])('with "%s" come in that order and number, ties by id', async (args, expected) => {
    const { ask, pair, ids } = await givenAPair()
    const { it } = await ask(asked('bindings', args), pair)
    expect(it.map((each: { databaseId: number }) => ids.indexOf(each.databaseId))).toEqual(expected)
  })

  test('are none for a pair without engagements', async () => {
    const { ask, pair } = await givenAPair()
    expect(await ask(asked('bindings'), { ...pair, programId: 0 })).toEqual({ it: [] })
  })
})

test('the newest binding is the one modified last, of equals the one with the higher id', async () => {
  const { ask, pair, ids } = await givenAPair()
  expect(await ask(asked('newestBinding'), pair)).toEqual({ it: { databaseId: ids[2] } })
  expect(await ask(asked('newestBinding'), { ...pair, opportunityId: 0 })).toEqual({ it: null })
})

test('the oldest engagement is the one created first, of equals the one with the lower id', async () => {
  const { ask, pair, ids } = await givenAPair()
  expect(await ask(asked('oldestEngagement'), pair)).toEqual({ it: { databaseId: ids[1] } })
  expect(await ask(asked('oldestEngagement'), { ...pair, programId: 0 })).toEqual({ it: null })
})

test('the active engagements of a pair are counted, and 0 where there are none', async () => {
  const { ask, pair } = await givenAPair()
  expect(await ask(asked('activeEngagementCount', '', ''), pair)).toEqual({ it: 3 })
  expect(await ask(asked('activeEngagementCount', '', ''), { ...pair, programId: 0 })).toEqual({ it: 0 })
})

test("a collaborator's active engagement on the pair is found, and null where there is none", async () => {
  const { ask, pair, ids, collaborators } = await givenAPair()
  const text = `query ($opportunityId: SafeInt!, $programId: SafeInt!, $collaboratorId: SafeInt!) {
    it: activeEngagement(collaboratorId: $collaboratorId, ${PAIR}) { databaseId }
  }`
  for (const n of [0, 1, 2]) {
    const answer = await ask(text, { ...pair, collaboratorId: collaborators[n] })
    expect(answer).toEqual({ it: { databaseId: ids[n] } })
  }
  expect(await ask(text, { ...pair, collaboratorId: 0 })).toEqual({ it: null })
  expect(await ask(text, { ...pair, programId: 0, collaboratorId: collaborators[0] })).toEqual({ it: null })
})

test('to a collaborator the pair has its own engagement alone', async () => {
  const { askAs, pair, ids, collaborators } = await givenAPair()
  const ask = askAs(collaborators[0] as number)
  expect(await ask(asked('bindings'), pair)).toEqual({ it: [{ databaseId: ids[0] }] })
  expect(await ask(asked('newestBinding'), pair)).toEqual({ it: { databaseId: ids[0] } })
  expect(await ask(asked('oldestEngagement'), pair)).toEqual({ it: { databaseId: ids[0] } })
  expect(await ask(asked('activeEngagementCount', '', ''), pair)).toEqual({ it: 1 })
  const text = `{ it: activeEngagement(collaboratorId: ${collaborators[1]}, programId: ${pair.programId}, opportunityId: ${pair.opportunityId}) { id } }`
  expect(await ask(text)).toEqual({ it: null })
})
