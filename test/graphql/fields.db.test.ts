import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { insertHundredOfEverything } from '../support/hundred-of-everything.ts'
import { recordSql } from '../support/sql-recorder.ts'
import { connectionsOf, objectType, selectionsOf, wholeSelection } from '../support/whole-selection.ts'

// Of a record no more is read than its fields need: each by itself has to be what it is among all.

const recorder = recordSql(await testDatabase())
const gateway = testGateway(recorder.database)
const { organizationId, collaboratorId } = await insertHundredOfEverything(recorder.database.sql)

const VIEWERS = {
  administrator: { role: 'administrator', organizationId },
  collaborator: { role: 'collaborator', organizationId, collaboratorId },
} as const satisfies Record<string, Viewer>
type Role = keyof typeof VIEWERS

/** Asks twice: the first time more is read than is asked for. */
const twice = (viewer: Viewer) => async (text: string) => {
  const ask = asking(gateway, viewer)
  const first = await ask(text)
  expect(await ask(text)).toEqual(first)
  return first
}

const demanded = { 'Note.position': `(sourceType: COLLABORATOR, sourceId: ${collaboratorId})` }
const query = objectType('Query')

describe.each(Object.keys(VIEWERS) as Role[])('to %s', role => {
  const ask = twice(VIEWERS[role])

  test.each(connectionsOf(query))('$name: each field by itself', async ({ name, node }) => {
    const list = (selection: string) =>
      ask(`{ ${name}(${name === 'notes' ? 'sourceType: COLLABORATOR, ' : ''}first: 20) { nodes { ${selection} } } }`)
    const selections = selectionsOf(node, 1, demanded)
    expect(selections.length).toBeGreaterThan(3)
    const whole = (await list(wholeSelection(node, 1, demanded)))[name].nodes as Record<string, unknown>[]
    if (role === 'administrator') expect(whole.length).toBeGreaterThan(0)
    for (const [field, selection] of selections)
      expect((await list(selection))[name].nodes, field).toEqual(whole.map(row => ({ [field]: row[field] })))
  })

  test('records of which only the name is asked for are those of which more is', async () => {
    const list = (more: string) =>
      ask(
        `{ engagements(first: 50) { nodes { program { id name ${more} } collaborator { databaseId name ${more} } } } }`,
      )
    const less = (await list('')).engagements.nodes as Record<string, object | null>[]
    expect(less.length).toBeGreaterThan(0)
    expect((await list('dateCreated')).engagements.nodes).toMatchObject(less)
  })

  test.each(connectionsOf(query).filter(({ name }) => name !== 'notes'))(
    '$name: in every order, with cursors, of ids alone',
    async ({ name, node }) => {
      const orders = ['ID', 'DATE_CREATED', ...(name === 'engagements' ? ['SCORE', 'DATE_MODIFIED'] : [])]
      for (const by of orders) {
        const cursors = async (fields: string) => {
          const page = `(first: 3, orderBy: { field: ${by}, direction: ASC })`
          const answer = await ask(`{ ${name}${page} { edges { cursor node { ${fields} } } } }`)
          return answer[name].edges.map(({ cursor }: { cursor: string }) => cursor)
        }
        expect(await cursors('id'), by).toEqual(await cursors(wholeSelection(node, 0, demanded)))
      }
    },
  )
})

test('columns that no field needs are not read', async () => {
  const ask = asking(gateway, VIEWERS.administrator)
  const query = '{ engagements(first: 100) { nodes { id score status } } }'
  const [first, second] = [await recorder.during(() => ask(query)), await recorder.during(() => ask(query))]
  expect(first.map(({ text }) => text)).toEqual([expect.stringContaining('t.date_modified as')])
  expect(second.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^select t.id as "id", t.score as "score", t.status as "status" from /),
  ])
})

test('what caused a note is read where a field or a text tells of it', async () => {
  const ask = asking(gateway, VIEWERS.administrator)
  const read = async (fields: string) => {
    const query = `{ notes(sourceType: COLLABORATOR, first: 5) { nodes { ${fields} } } }`
    await ask(query)
    return (await recorder.during(() => ask(query))).some(({ text }) => text.includes('creation_source'))
  }
  for (const fields of ['content dateCreated', 'id sources { sourceId }'])
    expect(await read(fields), fields).toBe(false)
  for (const fields of ['creationSource', 'creationSourceId', 'renderedContent', 'sourceData'])
    expect(await read(fields), fields).toBe(true)
})
