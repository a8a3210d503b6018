import { describe, expect, test } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import {
  insertCollaborator,
  insertEngagement,
  insertEnrollment,
  insertNote,
  insertOrganization,
  insertProgram,
} from '../support/rows.ts'

const { sql } = await testDatabase()
const gateway = testGateway({ sql })

/** A collaborator with an engagement and three notes, one of them years old. */
const givenAHistory = async () => {
  const organizationId = await insertOrganization(sql)
  const collaboratorId = await insertCollaborator(sql, { organizationId, fullName: 'Jane Doe' })
  const programId = await insertProgram(sql, { organizationId, name: 'Affiliates' })
  await insertEnrollment(sql, { organizationId, collaboratorId, programId })
  const engagementId = await insertEngagement(sql, { organizationId, collaboratorId, programId })
  const sources = [
    { sourceType: 'collaborator' as const, sourceId: collaboratorId },
    { sourceType: 'engagement' as const, sourceId: engagementId },
    { sourceType: 'program' as const, sourceId: programId },
  ]
  const first = { creationSource: 'collaborator' as const, creationSourceId: collaboratorId }
  await insertNote(sql, {
    organizationId,
    content: 'collaborator_account_ready',
    ...first,
    sources: sources.slice(0, 1),
    dateCreated: new Date('2019-05-01T00:00:00Z'),
  })
  await insertNote(sql, { organizationId, content: 'engagement_awarded', ...first, sources, data: { score: 1 } })
  await insertNote(sql, {
    organizationId,
    content: 'coupon_applied',
    ...first,
    sources: sources.slice(0, 1),
    data: { code: '{collaborator}' },
  })
  const set = (table: string, id: number, assignments: string) =>
    sql.rows(statement(`update ${table} set ${assignments} where organization_id = $1 and id = $2`), [
      organizationId,
      id,
    ])
  return {
    organizationId,
    collaboratorId,
    programId,
    engagementId,
    rename: (assignments: string) => set('collaborator', collaboratorId, assignments),
    renameProgram: (assignments: string) => set('program', programId, assignments),
  }
}

const TEXT = `query ($id: ID!, $sourceId: SafeInt!) {
  engagements { nodes { collaboratorName programName collaborator { name } program { name } } }
  engagement(id: $id) { collaboratorName programName }
  collaborators { nodes { name engagements { nodes { collaboratorName } } } }
  programs { nodes { name } }
  notes(sourceType: COLLABORATOR, sourceId: $sourceId) { nodes { renderedContent sourceData } }
  nested: engagement(id: $id) { notes { nodes { renderedContent } } }
}`

describe.each(['direct', 'yoga'] as const)('asked the %s way', way => {
  const reading = ({ organizationId, collaboratorId, engagementId }: Awaited<ReturnType<typeof givenAHistory>>) => {
    const viewers = [
      { role: 'administrator', organizationId },
      { role: 'collaborator', organizationId, collaboratorId },
    ] as const
    /** What every viewer reads as the collaborator's name, and the program's, wherever one stands. */
    return async () => {
      const names = new Set<string>()
      const programs = new Set<string>()
      for (const viewer of viewers) {
        // three times over: the first run is interpreted, later ones are compiled
        for (let run = 0; run < 3; run++) {
          const variables = { id: engagementId, sourceId: collaboratorId }
          const data = await asking(gateway, viewer)(TEXT, variables, way)
          const [row] = data.engagements.nodes
          const [ready, awarded, coupon] = data.notes.nodes
          names.add(row.collaboratorName)
          names.add(row.collaborator.name)
          names.add(data.engagement.collaboratorName)
          names.add(data.collaborators.nodes[0].name)
          names.add(data.collaborators.nodes[0].engagements.nodes[0].collaboratorName)
          programs.add(row.programName)
          programs.add(row.program.name)
          programs.add(data.engagement.programName)
          programs.add(data.programs.nodes[0].name)
          for (const note of data.notes.nodes) names.add(note.sourceData.collaborator)
          expect(ready.renderedContent).toBe(`${row.collaboratorName}'s account is ready`)
          const text = `Engagement #${engagementId} awarded to ${row.collaboratorName} under ${row.programName}`
          expect(awarded.renderedContent).toBe(text)
          expect(data.nested.notes.nodes).toEqual([{ renderedContent: text }])
          expect(coupon.renderedContent).toBe(`Coupon {collaborator} applied for ${row.collaboratorName}`)
        }
      }
      expect([names.size, programs.size]).toEqual([1, 1])
      return [...names, ...programs]
    }
  }

  test('renaming a collaborator changes its name everywhere, in all of history, at once', async () => {
    const history = await givenAHistory()
    const read = reading(history)
    expect(await read()).toEqual(['Jane Doe', 'Affiliates'])
    await history.rename(`nickname = 'JD'`)
    expect(await read()).toEqual(['JD', 'Affiliates'])
    await history.rename(`full_name = 'Jane Smith'`)
    expect(await read()).toEqual(['JD', 'Affiliates'])
    await history.rename('nickname = null')
    expect(await read()).toEqual(['Jane Smith', 'Affiliates'])
    await history.rename(`nickname = 'J. {program} $1 "Q" <b>\\ ☃'`)
    expect(await read()).toEqual(['J. {program} $1 "Q" <b>\\ ☃', 'Affiliates'])
  })

  test('renaming a program does too', async () => {
    const history = await givenAHistory()
    await history.renameProgram(`name = 'Friends'`)
    expect(await reading(history)()).toEqual(['Jane Doe', 'Friends'])
  })

  test('a deleted collaborator, and a deleted program, go by their type and id', async () => {
    const history = await givenAHistory()
    const read = reading(history)
    await history.rename(`status = 'deleted', nickname = 'JD'`)
    expect(await read()).toEqual([`Collaborator #${history.collaboratorId}`, 'Affiliates'])
    await history.renameProgram(`status = 'deleted'`)
    expect(await read()).toEqual([`Collaborator #${history.collaboratorId}`, `Program #${history.programId}`])
    await history.rename(`status = 'active'`)
    expect(await read()).toEqual(['JD', `Program #${history.programId}`])
  })
})
