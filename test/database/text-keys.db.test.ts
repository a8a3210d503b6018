import { expect, test } from 'vitest'
import { type Sql, statement } from '../../src/database/sql.ts'
import { keptLines, settleTextKeys } from '../../src/database/text-keys.ts'
import { previewSetup } from '../../src/directory/apply.ts'
import { ownerOfCoupon, resolveCollaborator } from '../../src/directory/resolve.ts'
import type { EventContext } from '../../src/events/dispatcher.ts'
import { databaseBefore } from '../support/earlier.ts'
import { insert, insertAlias, insertCollaborator, insertOrganization } from '../support/rows.ts'

const ask = <Row>(sql: Sql, text: string) => sql.rows(statement<Row>(text), [])

test('a database of the previous version keeps every address, code and name, and finds them as people mean them', async () => {
  const { database, upgrade } = await databaseBefore('20261201110000_text_keys')
  const { sql } = database
  const organizationId = await insertOrganization(sql)
  const other = await insertOrganization(sql)
  const collaborator = (email: string, fullName = 'Jane Doe') =>
    insertCollaborator(sql, { organizationId, email, fullName })
  const jose = await collaborator('Jose\u0301@Example.com', 'Jose\u0301')
  const upper = await collaborator('Jane@example.com')
  const lower = await collaborator('jane@example.com')
  await insertCollaborator(sql, { organizationId: other, email: 'JANE@example.com' })
  const alias = (collaboratorId: number, code: string, type: 'tracking' | 'coupon' = 'tracking', given = {}) =>
    insertAlias(sql, { organizationId, collaboratorId, code, type, ...given })
  await alias(jose, 'OTTO15 ', 'coupon')
  await alias(upper, 'Jane')
  await alias(lower, 'JANE')
  await alias(lower, 'jane', 'tracking', { retiredDate: new Date() })
  await alias(jose, '\u200bCafe\u0301\ufeff')
  await insert(sql, 'integration', { organizationId, source: 'shop', supportsCoupons: true })
  const before = await ask(sql, 'select id, full_name, email from collaborator order by id')
  const codesBefore = await ask(sql, 'select id, code, retired_date from collaborator_alias order by id')

  await upgrade()

  expect(await ask(sql, 'select id, full_name, email from collaborator order by id')).toEqual(before)
  expect(await ask(sql, 'select id, code, retired_date from collaborator_alias order by id')).toEqual(codesBefore)
  expect(await ask(sql, 'select email, email_key as key from collaborator order by id')).toEqual([
    { email: 'Jose\u0301@Example.com', key: 'jos\u00e9@example.com' },
    { email: 'Jane@example.com', key: 'Jane@example.com' },
    { email: 'jane@example.com', key: 'jane@example.com' },
    { email: 'JANE@example.com', key: 'jane@example.com' },
  ])
  expect(await ask(sql, 'select code, code_key as key from collaborator_alias order by id')).toEqual([
    { code: 'OTTO15 ', key: 'otto15' },
    { code: 'Jane', key: 'Jane' },
    { code: 'JANE', key: 'JANE' },
    { code: 'jane', key: 'jane' },
    { code: '\u200bCafe\u0301\ufeff', key: 'caf\u00e9' },
  ])

  const context = { sql, organizationId } as EventContext
  const idOf = async (code: string) => (await resolveCollaborator(`tracking:${code}`, context)).id
  expect(await ownerOfCoupon('OTTO15', context)).toEqual({ collaboratorId: jose, code: 'OTTO15 ' })
  expect(await idOf('caf\u00e9')).toBe(jose)
  // those that would be one are found by their exact text
  expect([await idOf('Jane'), await idOf('JANE')]).toEqual([upper, lower])
  await expect(idOf('jane')).rejects.toThrow('tracking code')
  const document = {
    collaborators: [{ email: 'Jane@example.com' }, { email: 'jane@example.com' }, { email: 'jos\u00e9@EXAMPLE.com' }],
    programs: [],
  }
  const { ids, changes } = await previewSetup(sql, document, { organizationId, triggers: [] })
  expect([Object.values(ids.collaborators), changes]).toEqual([[upper, lower, jose], []])

  const collisions = await settleTextKeys(sql)
  expect(collisions).toEqual([
    { kind: 'address', organizationId, collaboratorId: upper, text: 'Jane@example.com' },
    { kind: 'address', organizationId, collaboratorId: lower, text: 'jane@example.com' },
    { kind: 'tracking code', organizationId, collaboratorId: upper, text: 'Jane' },
    { kind: 'tracking code', organizationId, collaboratorId: lower, text: 'JANE' },
  ])
  const lines = keptLines(collisions)
  expect(lines).toContain(`  organization ${organizationId}, collaborator ${upper}: address "Jane@example.com"`)
  expect(lines.at(-1)).toContain('then run siren-gateway migrate again')

  // once nothing stands in the way, a row gets its key
  await sql.rows(statement(`update collaborator set email = 'jd@example.com' where id = $1`), [lower])
  await sql.rows(statement('update collaborator_alias set retired_date = now() where code = $1'), ['JANE'])
  expect(await settleTextKeys(sql)).toEqual([])
  expect(keptLines([])).toEqual([])
  expect(
    await ask(sql, `select id, email_key as key from collaborator where id in (${upper}, ${lower}) order by id`),
  ).toEqual([
    { id: upper, key: 'jane@example.com' },
    { id: lower, key: 'jd@example.com' },
  ])
  expect([await idOf('jane'), await idOf('JANE')]).toEqual([upper, upper])
})

test('no writer can forget a key, and one that comes with its row is kept', async () => {
  const { database, upgrade } = await databaseBefore('20261201110000_text_keys')
  const { sql } = database
  await upgrade()
  const organizationId = await insertOrganization(sql)
  const id = await insertCollaborator(sql, { organizationId, email: ' Jane@Example.com' })
  const key = async () =>
    (await sql.rows(statement<{ key: string }>('select email_key as key from collaborator where id = $1'), [id]))[0]
      ?.key
  expect(await key()).toBe('jane@example.com')
  await expect(insertCollaborator(sql, { organizationId, email: 'JANE@example.com' })).rejects.toThrow('email_key')
  await sql.rows(statement(`update collaborator set email = 'Joe@example.com' where id = $1`), [id])
  expect(await key()).toBe('joe@example.com')
  await sql.script(`
    set session_replication_role = replica;
    update collaborator set email = 'Jo@example.com' where id = ${id};
    insert into collaborator (organization_id, id, full_name, email, email_key) values
      (${organizationId}, 900, 'Restored', 'JO@EXAMPLE.COM', 'JO@EXAMPLE.COM'), (${organizationId}, 901, 'Jill', 'Jill@x.y', null);
    set session_replication_role = origin`)
  expect(await key()).toBe('jo@example.com')
  expect(await ask(sql, 'select email_key as key from collaborator where id >= 900 order by id')).toEqual([
    { key: 'JO@EXAMPLE.COM' },
    { key: 'jill@x.y' },
  ])
})
