import { expect, it } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { fillDemo } from '../../src/demo/fill.ts'
import { TRIGGER_STRATEGIES } from '../../src/engagements/triggers/strategies.ts'
import { pipeline } from '../../src/pipeline.ts'
import { testDatabase } from '../support/database.ts'

it('is made once when several gateways start at the same moment', async () => {
  const { sql } = await testDatabase()
  const triggers = TRIGGER_STRATEGIES.map(({ id }) => id)
  const fill = () => fillDemo(sql, { ingestion: pipeline(sql), triggers })
  for (const demo of await Promise.all([fill(), fill(), fill()]))
    expect(demo).toEqual({ organizationId: 1, collaboratorId: 1 })
  const counts = statement('select (select count(*) from organization), (select count(*) as notes from note)')
  expect(await sql.rows(counts, [])).toEqual([{ count: 1, notes: 1500 }])
})
