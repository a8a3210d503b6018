import { describe, expect, it } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { loadExtensions } from '../../src/extensions/load.ts'
import { Parts } from '../../src/pipeline.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import {
  insertAlias,
  insertCollaborator,
  insertEngagementType,
  insertEnrollment,
  insertOrganization,
  insertProgram,
} from '../support/rows.ts'

const database = await testDatabase()
const { sql } = database
const parts = new Parts()
await loadExtensions(['./examples/loyalty-points/extension.js'], parts)
const gateway = testGateway(database, {}, parts)

const organizationId = await insertOrganization(sql)
const jane = await insertCollaborator(sql, { organizationId, fullName: 'Jane Doe' })
const joe = await insertCollaborator(sql, { organizationId, fullName: 'Joe Bloggs' })
await insertAlias(sql, { organizationId, collaboratorId: jane, code: 'JANE' })
const programId = await insertProgram(sql, { organizationId, name: 'Regulars' })
await insertEngagementType(sql, { organizationId, programId, type: 'loyaltyPoints', value: 7 })
await insertEnrollment(sql, { organizationId, collaboratorId: jane, programId })

const administrator = { role: 'administrator', organizationId } as const
const shop = { role: 'integration', organizationId } as const
const earn = (payload: unknown, as: typeof administrator | typeof shop = shop) =>
  gateway.send(as, 'POST', '/siren/v1/event/loyalty-points-earned', payload)

const feed = (sourceType: string, sourceId: number) =>
  `{ notes(sourceType: ${sourceType}, sourceId: ${sourceId}) { totalCount nodes { content renderedContent sourceData sources { sourceType sourceId } } } }`

const rows = async (table: string) => {
  const [found] = await sql.rows(
    statement<{ count: number }>(`select count(*) from ${table} where organization_id = $1`),
    [organizationId],
  )
  return found?.count
}

describe('the loyalty event of the example', () => {
  it('makes an engagement, and a note in the feeds of all that it touched', async () => {
    const { status, text, headers } = await earn({ collaboratorId: 'tracking:JANE', userId: 'reader-1', points: 50 })
    expect({ status, text }).toEqual({ status: 200, text: '' })
    const opportunityId = Number(headers['x-siren-oid'])
    await earn({ collaboratorId: jane, userId: 'reader-1', points: 20 })

    const { body } = await gateway.query(
      administrator,
      `{ engagements { nodes { opportunityId programName collaboratorName score status } } }`,
    )
    expect(body.data.engagements.nodes).toEqual([
      { opportunityId, programName: 'Regulars', collaboratorName: 'Jane Doe', score: 14, status: 'ACTIVE' },
    ])
    const note = (points: number) => ({
      content: 'loyalty_points_earned',
      renderedContent: `A customer of Jane Doe earned ${points} loyalty points`,
      sourceData: expect.objectContaining({ points, collaborator: 'Jane Doe', opportunityId }),
      sources: [
        { sourceType: 'COLLABORATOR', sourceId: jane },
        { sourceType: 'OPPORTUNITY', sourceId: opportunityId },
      ],
    })
    for (const of of [feed('COLLABORATOR', jane), feed('OPPORTUNITY', opportunityId)]) {
      const { body } = await gateway.query(administrator, of)
      expect(body.data.notes).toEqual({ totalCount: 2, nodes: [note(50), note(20)] })
    }
  })

  it('tells the collaborator the points, and nobody else anything', async () => {
    const asJane = { role: 'collaborator', organizationId, collaboratorId: jane } as const
    const asJoe = { role: 'collaborator', organizationId, collaboratorId: joe } as const
    const own = await gateway.query(asJane, feed('COLLABORATOR', jane))
    expect(own.body.data.notes.nodes[0].renderedContent).toBe('A customer of Jane Doe earned 50 loyalty points')
    const others = await gateway.query(asJoe, feed('COLLABORATOR', jane))
    expect(others.body.data.notes).toEqual({ totalCount: 0, nodes: [] })
  })

  it('lists its trigger among the engagement types, and its blueprint among those of notes', async () => {
    const { body } = await gateway.query(
      administrator,
      `{ engagementType(id: "loyaltyPoints") { name available } noteBlueprints { key template } }`,
    )
    expect(body.data.engagementType).toEqual({ name: 'Loyalty points', available: true })
    expect(body.data.noteBlueprints).toContainEqual({
      key: 'loyalty_points_earned',
      template: 'A customer of {collaborator} earned {points} loyalty points',
    })
  })

  it.each([
    ['a missing field', { collaboratorId: 'tracking:JANE', userId: 'reader-2' }, 'points'],
    ['a negative number', { collaboratorId: 'tracking:JANE', userId: 'reader-2', points: -1 }, 'points'],
    ['an unknown code', { collaboratorId: 'tracking:NOBODY', userId: 'reader-2', points: 1 }, 'collaboratorId'],
    ['a NUL character', { collaboratorId: 'tracking:JANE', userId: 'reader\0', points: 1 }, 'userId'],
  ])('refuses %s, and leaves nothing', async (_, payload, field) => {
    const before = [await rows('opportunity'), await rows('note'), await rows('ingested_event')]
    const { status, body } = await earn(payload)
    expect(status).toBe(422)
    expect(body).toMatchObject({ error: { code: 'VALIDATION_FAILED', data: { [field]: [expect.any(String)] } } })
    expect([await rows('opportunity'), await rows('note'), await rows('ingested_event')]).toEqual(before)
  })

  it('is unknown without the extension', async () => {
    const plain = testGateway(database)
    const { status } = await plain.send(shop, 'POST', '/siren/v1/event/loyalty-points-earned', {})
    expect(status).toBe(404)
    const { body } = await plain.query(administrator, feed('COLLABORATOR', jane))
    expect(body.data.notes.nodes[0].renderedContent).toBe('loyalty_points_earned')
  })
})

describe('a note of an extension', () => {
  it('cannot be linked to what does not exist, or is another organization’s', async () => {
    const elsewhere = await insertCollaborator(sql, { organizationId: await insertOrganization(sql) })
    const parts = new Parts()
    parts.incoming.set('hat-tipped', {
      description: 'A hat was tipped.',
      role: 'integration',
      schema: { safeParse: (data: unknown) => ({ success: true, data }) } as never,
    })
    parts.blueprints.addNote('hat_tipped', {
      on: 'hat-tipped' as never,
      sources: ({ payload }: { payload: { id: number } }) => [{ sourceType: 'collaborator', sourceId: payload.id }],
      template: '{collaborator} was greeted',
    } as never)
    const extended = testGateway(database, {}, parts)
    const tip = (id: unknown) => extended.send(shop, 'POST', '/siren/v1/event/hat-tipped', { id })
    const before = await rows('note')
    for (const id of [elsewhere, 999_999, 1.5, 'x', null]) {
      const { status, body } = await tip(id)
      expect(status).toBe(422)
      expect(body).toMatchObject({ error: { message: expect.stringContaining('hat_tipped') } })
    }
    expect(await rows('note')).toBe(before)
    expect((await tip(jane)).status).toBe(200)
  })
})
