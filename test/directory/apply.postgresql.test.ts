import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Sql, statement } from '../../src/database/sql.ts'
import { type ApplyOptions, applySetup } from '../../src/directory/apply.ts'
import { ValidationError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { insertCollaborator, insertOrganization } from '../support/rows.ts'

// What happens between the statements of one set-up: an embedded database does one transaction after the other.

const { sql } = await testDatabase()
const AT_ONCE = 8
// connections that have to be made first would keep transactions apart
beforeAll(async () => {
  await Promise.all(Array.from({ length: AT_ONCE }, () => sql.rows(statement('select pg_sleep(0.1)'), [])))
})

const apply = (document: unknown, options: Partial<ApplyOptions> = {}, on: Sql = sql) =>
  applySetup(on, document, { triggers: ['manual'], ...options })

const count = async (table: string, organizationId: number, where = 'true'): Promise<number | undefined> => {
  const counted = statement<{ count: number }>(`select count(*) from ${table} where organization_id = $1 and ${where}`)
  return (await sql.rows(counted, [organizationId]))[0]?.count
}

const jane = { email: 'jane@example.com', fullName: 'Jane Doe' }
const joe = { email: 'joe@example.com', fullName: 'Joe Bloggs' }
const shop = {
  integrations: [{ source: 'stripe' }],
  collaborators: [{ ...jane, tracking: ['JANE'] }, joe],
  groups: [{ name: 'G', sorter: 'newestBindingWins' }],
  programs: [
    {
      name: 'P',
      group: 'G',
      incentiveType: 'saleTransactionPercentage',
      incentiveResolverType: 'newestBindingWins',
      transactionPercent: 10,
      collaborators: 'all',
      engagementTypes: { manual: 1 },
    },
  ],
  coupons: [{ code: 'A', collaborator: jane.email }],
  distributors: [{ name: 'D', schedule: 'monthly', revenuePercentage: 1, collaborators: [jane.email] }],
}
const SHOP = {
  integration: 1,
  collaborator: 2,
  collaborator_alias: 2,
  program_group: 1,
  program: 1,
  program_engagement_type: 1,
  enrollment: 2,
  distributor: 1,
  distributor_enrollment: 1,
}
const sizes = async (organizationId: number) => {
  const found: Record<string, number | undefined> = {}
  for (const table of Object.keys(SHOP)) found[table] = await count(table, organizationId)
  return found
}

describe('the same document at once', () => {
  test('makes one organization', async () => {
    const onCreated = async () => {
      await sleep(50)
    }
    const document = { organization: { name: 'Racing' }, ...shop }
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => apply(document, { onCreated })))
    expect(new Set(answers.map(({ organizationId }) => organizationId)).size).toBe(1)
    expect(answers.filter(({ created }) => created.organizations + created.programs > 0)).toHaveLength(1)
    expect(await sizes(answers[0]?.organizationId ?? 0)).toEqual(SHOP)
  })

  test('makes each record of an organization once, those that no index keeps apart included', async () => {
    const organizationId = await insertOrganization(sql)
    const { groups, programs, distributors } = shop
    const documents = [
      shop,
      { groups, programs, distributors: distributors.map(({ collaborators: _, ...all }) => all) },
    ]
    for (const document of documents.reverse()) {
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => apply(document, { organizationId })))
      expect(answers.filter(({ created }) => Object.values(created).some(made => made > 0))).toHaveLength(1)
    }
    expect(await sizes(organizationId)).toEqual(SHOP)
  })
})

test('a code that goes here and there at once is always one collaborator’s', async () => {
  const organizationId = await insertOrganization(sql)
  await apply({ collaborators: [jane, joe] }, { organizationId })
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, at) =>
      apply({ coupons: [{ code: 'A', collaborator: (at % 2 ? jane : joe).email }] }, { organizationId }),
    ),
  )
  expect(await count('collaborator_alias', organizationId, 'retired_date is null')).toBe(1)
})

describe('what happens after the records have been looked up', () => {
  /** The port for SQL, with something that happens once, outside of the transaction, before a statement that begins so. */
  const interrupted = (beginning: string, interruption: () => Promise<unknown>): Sql => {
    let done = false
    const watched = (inner: Sql): Sql => ({
      ...inner,
      rows: async (statement, values) => {
        if (!done && statement.text.startsWith(beginning)) {
          done = true
          await interruption()
        }
        return inner.rows(statement, values)
      },
      transaction: work => inner.transaction(begun => work(watched(begun))),
    })
    return watched(sql)
  }

  test('is seen: someone who applies meanwhile is not made twice', async () => {
    const organizationId = await insertOrganization(sql)
    let id = 0
    const applying = interrupted('insert into collaborator', async () => {
      id = await insertCollaborator(sql, { organizationId, email: jane.email, fullName: 'J. D.', status: 'pending' })
    })
    const { created, updated, ids } = await apply({ collaborators: [jane] }, { organizationId }, applying)
    expect([created.collaborators, updated.collaborators, ids.collaborators[jane.email]]).toEqual([0, 1, id])
    expect(await count('collaborator', organizationId, `full_name = 'Jane Doe' and status = 'pending'`)).toBe(1)
  })

  test('is refused in words: an address that someone took meanwhile', async () => {
    const organizationId = await insertOrganization(sql)
    const id = await insertCollaborator(sql, { organizationId })
    const renaming = interrupted('update collaborator', () =>
      insertCollaborator(sql, { organizationId, email: jane.email }),
    )
    const refused = apply({ collaborators: [{ id, email: jane.email }] }, { organizationId }, renaming)
    await expect(refused).rejects.toThrow(ValidationError)
    await expect(refused).rejects.toThrow('collaborators.0.email')
  })

  test('is kept: a change to a field that the document does not mention waits, and comes after', async () => {
    const organizationId = await insertOrganization(sql)
    const id = await insertCollaborator(sql, { organizationId, status: 'pending' })
    const activate = statement(`update collaborator set status = 'active' where organization_id = $1 and id = $2`)
    let activated: Promise<unknown> = Promise.resolve()
    const renaming = interrupted('update collaborator', async () => {
      activated = sql.rows(activate, [organizationId, id])
      await sleep(50)
    })
    await apply({ collaborators: [{ id, fullName: 'Renamed' }] }, { organizationId }, renaming)
    await activated
    expect(await count('collaborator', organizationId, `full_name = 'Renamed' and status = 'active'`)).toBe(1)
  })
})

test('events of the organization need not wait for a set-up', async () => {
  const organizationId = await insertOrganization(sql)
  const collaboratorId = await insertCollaborator(sql, { organizationId, email: jane.email })
  const opportunity = statement('insert into opportunity (organization_id) values ($1)')
  const code = statement(
    `insert into collaborator_alias (organization_id, collaborator_id, type, code) values ($1, $2, 'tracking', 'X')`,
  )
  await sql.transaction(async inside => {
    await apply({ collaborators: [{ ...jane, nickname: 'JD' }] }, { organizationId }, inside)
    // the set-up is not committed yet: a wait would be for ever
    await sql.rows(opportunity, [organizationId])
    await sql.rows(code, [organizationId, collaboratorId])
  })
  expect(await count('opportunity', organizationId)).toBe(1)
})
