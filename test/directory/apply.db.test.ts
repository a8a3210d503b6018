import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Sql, statement } from '../../src/database/sql.ts'
import { type ApplyOptions, applySetup, type SetupSummary } from '../../src/directory/apply.ts'
import { TRIGGER_STRATEGIES } from '../../src/engagements/triggers/strategies.ts'
import { ValidationError } from '../../src/errors.ts'
import { pipeline, setupPorts } from '../../src/pipeline.ts'
import { trimmed } from '../../src/text.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import {
  insertAlias,
  insertCollaborator,
  insertEngagement,
  insertNote,
  insertOrganization,
  insertProgram,
} from '../support/rows.ts'
import { recordSql } from '../support/sql-recorder.ts'

const database = await testDatabase()
const { sql } = database
const triggers = TRIGGER_STRATEGIES.map(({ id }) => id)

const apply = (document: unknown, options: Partial<ApplyOptions> = {}, on: Sql = sql): Promise<SetupSummary> =>
  applySetup(on, document, { triggers, ...options })

/** What is wrong with a document, by field. */
const problemsOf = async (document: unknown, options: Partial<ApplyOptions> = {}) => {
  const error = await apply(document, options).then(
    () => undefined,
    error => error,
  )
  expect(error).toBeInstanceOf(ValidationError)
  return (error as ValidationError).fields
}

const rowsOf = (table: string, organizationId: number, order = 'id') =>
  sql.rows<Record<string, unknown>>(
    statement(
      `select to_jsonb(t) - 'organization_id' as row from ${table} t where organization_id = $1 order by ${order}`,
    ),
    [organizationId],
  )
const TABLES = {
  integration: 'id',
  collaborator: 'id',
  collaborator_alias: 'id',
  program_group: 'id',
  program: 'id',
  program_engagement_type: 'program_id, type',
  enrollment: 'program_id, collaborator_id',
  distributor: 'id',
  distributor_enrollment: 'distributor_id, collaborator_id',
}
/** Everything that a document can change. */
const everything = async (organizationId: number) => {
  const rows: Record<string, unknown[]> = {}
  for (const [table, order] of Object.entries(TABLES))
    rows[table] = (await rowsOf(table, organizationId, order)).map(({ row }) => row)
  return rows
}
const one = async (table: string, organizationId: number, id: number) =>
  ((await everything(organizationId))[table] as Record<string, unknown>[]).find(row => row.id === id)

const none = {
  organizations: 0,
  integrations: 0,
  collaborators: 0,
  trackingCodes: 0,
  groups: 0,
  programs: 0,
  enrollments: 0,
  coupons: 0,
  distributors: 0,
  distributorEnrollments: 0,
}

const percentage = {
  incentiveType: 'saleTransactionPercentage',
  incentiveResolverType: 'newestBindingWins',
  transactionPercent: 10,
}
const jane = { email: 'jane@example.com', fullName: 'Jane Doe' }
const joe = { email: 'joe@example.com', fullName: 'Joe Bloggs' }

describe('a whole document', () => {
  test('the example makes an organization, and applied again changes nothing', async () => {
    const example = parse(await readFile('examples/setup.yaml', 'utf8'))
    const first = await apply(example)
    expect(first.created).toEqual({
      organizations: 1,
      integrations: 2,
      collaborators: 4,
      trackingCodes: 4,
      groups: 1,
      programs: 4,
      enrollments: 9,
      coupons: 2,
      distributors: 1,
      distributorEnrollments: 2,
    })
    expect(first.updated).toEqual(none)
    expect(Object.keys(first.ids.programs)).toEqual(['Affiliates', 'Reviewers', 'Book club leads', 'Course points'])

    const { organizationId } = first
    const before = await everything(organizationId)
    expect(await apply(example)).toEqual({ ...first, created: none, updated: none })
    expect([first.ended, first.retired, first.warnings]).toEqual([
      { enrollments: 0, distributorEnrollments: 0 },
      { trackingCodes: 0, coupons: 0 },
      [],
    ])
    expect(await everything(organizationId)).toEqual(before)
  })

  test('gives new records what it leaves out', async () => {
    const { organizationId, ids } = await apply({
      organization: { name: 'Defaults' },
      integrations: [{ source: 'stripe' }],
      collaborators: [jane],
      groups: [{ name: 'Group', sorter: 'oldestBindingWins' }],
      programs: [
        { name: 'Sales', ...percentage },
        { ...percentage, name: 'Leads', incentiveType: 'fixedPerLead', payoutPerLead: 1.5 },
      ],
      distributors: [{ name: 'Pool', schedule: 'monthly', revenuePercentage: 2.5 }],
    })
    expect((await rowsOf('integration', organizationId))[0]?.row).toMatchObject({
      supports_coupons: false,
      status: 'active',
    })
    expect(await one('collaborator', organizationId, ids.collaborators['jane@example.com'] ?? 0)).toMatchObject({
      status: 'active',
      nickname: null,
    })
    expect(await one('program', organizationId, ids.programs.Sales ?? 0)).toMatchObject({
      group_id: null,
      description: null,
      status: 'active',
      units: 'USD',
      transaction_percent: 10,
      payout_per_lead: null,
      active_conversion_types: ['sale'],
      auto_approve: false,
      lead_requalification_days: null,
      expiration_days: null,
    })
    expect(await one('program', organizationId, ids.programs.Leads ?? 0)).toMatchObject({
      active_conversion_types: ['lead'],
      payout_per_lead: 150,
    })
    expect(await one('distributor', organizationId, ids.distributors.Pool ?? 0)).toMatchObject({
      status: 'active',
      units: 'USD',
      revenue_percentage: 2.5,
      distribution_resolver: 'evenlySharedPool',
      distribution_pool_resolver: 'revenuePercentage',
    })
  })

  test('takes as many statements for many records as for few', async () => {
    const organizationId = await insertOrganization(sql)
    const { database: recorded, during } = recordSql(database)
    const documentOf = (count: number, name: string) => ({
      collaborators: Array.from({ length: count }, (_, at) => ({
        email: `${name}${at}@example.com`,
        fullName: name,
        tracking: [`${name}${at}`],
      })),
      programs: Array.from({ length: count }, (_, at) => ({
        name: `${name} ${at}`,
        ...percentage,
        engagementTypes: { manual: 1 },
        collaborators: [`${name}${at}@example.com`],
      })),
    })
    const few = await during(() => apply(documentOf(1, 'few'), { organizationId }, recorded.sql))
    const many = await during(() => apply(documentOf(50, 'many'), { organizationId }, recorded.sql))
    expect(many).toHaveLength(few.length)
  })
})

describe('an organization', () => {
  test('is found by its name, then by its id, which can rename it', async () => {
    const { organizationId } = await apply({ organization: { name: 'Once' } })
    expect(await apply({ organization: { name: 'Once' } })).toMatchObject({ organizationId, created: none })
    const renamed = await apply({ organization: { id: organizationId, name: 'Twice' } })
    expect(renamed).toMatchObject({ organizationId, updated: { ...none, organizations: 1 } })
    expect((await apply({ organization: { name: 'Twice' } })).organizationId).toBe(organizationId)
    expect((await apply({ organization: { id: organizationId } })).updated).toEqual(none)
  })

  test('that is created is told of within the transaction, and not told of again', async () => {
    const told: number[] = []
    const onCreated = async (id: number, inside: Sql) => {
      const found = await inside.rows(statement<{ id: number }>('select id from organization where id = $1'), [id])
      told.push(...found.map(row => row.id))
    }
    const { organizationId } = await apply({ organization: { name: 'Told' } }, { onCreated })
    await apply({ organization: { name: 'Told' } }, { onCreated })
    expect(told).toEqual([organizationId])
    const failing = () => Promise.reject(new Error('no'))
    await expect(apply({ organization: { name: 'Untold' } }, { onCreated: failing })).rejects.toThrow('no')
    expect(await sql.rows(statement(`select from organization where name = 'Untold'`), [])).toEqual([])
  })

  test('that is created has a note of it, and can still be sent the event, to no effect', async () => {
    const ingestion = pipeline(sql)
    const document = { organization: { name: 'Noted' } }
    const { organizationId } = await apply(document, setupPorts(ingestion))
    await apply(document, setupPorts(ingestion))
    await ingestion.ingest({ slug: 'org-created', payload: {} }, { role: 'administrator', organizationId })
    const notes = await sql.rows(statement('select content from note where organization_id = $1'), [organizationId])
    expect(notes).toEqual([{ content: 'org_created' }])
  })

  test('is needed, exists, and is one', async () => {
    expect(await problemsOf({})).toHaveProperty('organization')
    expect(await problemsOf({ organization: {} })).toHaveProperty(['organization.name'])
    expect(await problemsOf({ organization: { id: 999_999, name: 'x' } })).toHaveProperty(['organization.id'])
    const ids = [await insertOrganization(sql, { name: 'Twins' }), await insertOrganization(sql, { name: 'Twins' })]
    expect(await problemsOf({ organization: { name: 'Twins' } })).toEqual({
      'organization.id': [expect.stringContaining(ids.join(', '))],
    })
  })

  test('of a key is the one, whatever the document says', async () => {
    const organizationId = await insertOrganization(sql, { name: 'Own' })
    const other = await insertOrganization(sql, { name: 'Other' })
    expect(await apply({ collaborators: [jane] }, { organizationId })).toMatchObject({ organizationId })
    expect(await problemsOf({ organization: { id: other } }, { organizationId })).toHaveProperty(['organization.id'])
    // the name of another one is a name like any other
    await apply({ organization: { id: organizationId, name: 'Other' } }, { organizationId })
    expect(await apply({}, { organizationId: other })).toMatchObject({ organizationId: other, updated: none })
    // without the id, another name is another organization's document
    expect(await problemsOf({ organization: { name: 'Elsewhere' } }, { organizationId: other })).toEqual({
      'organization.name': [expect.stringContaining(`"Other", the name of the organization that is set up`)],
    })
    expect(await apply({ organization: { name: ' Other' } }, { organizationId: other })).toMatchObject({
      updated: none,
    })
    await expect(apply({}, { organizationId: 999_999 })).rejects.toThrow('Organization 999999 was not found')
  })
})

describe('what is not mentioned stays', () => {
  test('records, fields, codes and members', async () => {
    const organizationId = await insertOrganization(sql)
    const program = {
      name: 'Affiliates',
      ...percentage,
      description: 'All of them',
      expirationDays: 30,
      engagementTypes: { manual: 5, referredSiteVisit: 7 },
    }
    const people = [{ ...jane, nickname: 'JD', tracking: ['JANE'] }, joe]
    await apply(
      { collaborators: people, programs: [{ ...program, collaborators: ['jane@example.com'] }] },
      { organizationId },
    )
    const before = await everything(organizationId)
    const answer = await apply(
      { programs: [{ name: 'Affiliates', transactionPercent: 12.5, collaborators: ['joe@example.com'] }] },
      { organizationId },
    )
    expect(answer).toMatchObject({ created: { ...none, enrollments: 1 }, updated: { ...none, programs: 1 } })
    const after = await everything(organizationId)
    const [was] = before.program as [Record<string, unknown>]
    expect(after.program).toEqual([{ ...was, transaction_percent: 12.5, date_modified: expect.any(String) }])
    expect(after.program?.[0]).not.toMatchObject({ date_modified: was.date_modified })
    expect(after.enrollment).toHaveLength(2)
    for (const table of ['collaborator', 'collaborator_alias', 'program_engagement_type'])
      expect(after[table]).toEqual(before[table])
  })

  test('null removes what can be absent', async () => {
    const organizationId = await insertOrganization(sql)
    const first = {
      collaborators: [{ ...jane, nickname: 'JD' }],
      groups: [{ name: 'Group', sorter: 'newestBindingWins', description: 'x' }],
      programs: [{ name: 'P', ...percentage, payoutPerLead: 1, expirationDays: 9, description: 'x', group: 'Group' }],
    }
    await apply(first, { organizationId })
    await apply(
      {
        collaborators: [{ email: 'jane@example.com', nickname: null }],
        groups: [{ name: 'Group', description: null }],
        programs: [{ name: 'P', payoutPerLead: null, expirationDays: null, description: null, group: null }],
      },
      { organizationId },
    )
    const { collaborator, program, program_group } = await everything(organizationId)
    expect(collaborator).toMatchObject([{ nickname: null, full_name: 'Jane Doe' }])
    expect(program_group).toMatchObject([{ description: null }])
    expect(program).toMatchObject([
      { payout_per_lead: null, expiration_days: null, description: null, group_id: null, transaction_percent: 10 },
    ])
  })

  test('the engagement types of a program are those that are given, all of them', async () => {
    const organizationId = await insertOrganization(sql)
    const program = { name: 'P', ...percentage, engagementTypes: { manual: 5, referredSiteVisit: 7 } }
    await apply({ programs: [program] }, { organizationId })
    const again = { name: 'P', engagementTypes: { referredSiteVisit: 8, formSubmitted: 0 } }
    expect(await apply({ programs: [again] }, { organizationId })).toMatchObject({ updated: { ...none, programs: 1 } })
    const { program_engagement_type } = await everything(organizationId)
    expect(program_engagement_type).toMatchObject([
      { type: 'formSubmitted', value: 0 },
      { type: 'referredSiteVisit', value: 8 },
    ])
    expect(await apply({ programs: [again] }, { organizationId })).toMatchObject({ updated: none })
  })
})

describe('a code', () => {
  const codes = async (organizationId: number) =>
    (await everything(organizationId)).collaborator_alias as Record<string, unknown>[]

  test('that goes to another collaborator leaves its history', async () => {
    const organizationId = await insertOrganization(sql)
    const { ids } = await apply(
      {
        collaborators: [{ ...jane, tracking: ['A', 'B'] }, joe],
        coupons: [{ code: 'save10', collaborator: 'jane@example.com' }],
      },
      { organizationId },
    )
    const given = {
      collaborators: [{ email: 'joe@example.com', tracking: ['A'] }],
      coupons: [{ code: 'Save10', collaborator: 'joe@example.com' }],
    }
    expect(await apply(given, { organizationId })).toMatchObject({
      created: none,
      updated: { ...none, trackingCodes: 1, coupons: 1 },
    })
    expect(await apply(given, { organizationId })).toMatchObject({ created: none, updated: none })
    const [first, second] = [ids.collaborators['jane@example.com'], ids.collaborators['joe@example.com']]
    const held = (await codes(organizationId)).map(row => [row.code, row.collaborator_id, row.retired_date !== null])
    expect(held.sort()).toEqual([
      ['A', first, true],
      ['A', second, false],
      ['B', first, false],
      ['SAVE10', first, true],
      ['SAVE10', second, false],
    ])
    // and back again
    await apply({ coupons: [{ code: 'SAVE10', collaborator: 'jane@example.com' }] }, { organizationId })
    const history = (await codes(organizationId)).filter(({ code }) => code === 'SAVE10')
    expect(history.map(row => row.collaborator_id)).toEqual([first, second, first])
    expect(history.map(row => row.retired_date)).toEqual([history[1]?.issued_date, history[2]?.issued_date, null])
  })

  test('may be a link’s and a coupon’s at once, and another organization’s too', async () => {
    const other = await insertOrganization(sql)
    await insertAlias(sql, { organizationId: other, code: 'SAME' })
    const organizationId = await insertOrganization(sql)
    await apply(
      {
        collaborators: [{ ...jane, tracking: ['SAME'] }],
        coupons: [{ code: 'same', collaborator: 'jane@example.com' }],
      },
      { organizationId },
    )
    expect(await codes(organizationId)).toMatchObject([{ retired_date: null }, { retired_date: null }])
    expect(await codes(other)).toMatchObject([{ retired_date: null }])
  })
})

describe('enrolments', () => {
  test('in what is open to all are of everyone who has not been turned down or left', async () => {
    const organizationId = await insertOrganization(sql)
    for (const status of ['active', 'pending', 'inactive', 'rejected', 'deleted'] as const)
      await insertCollaborator(sql, { organizationId, status })
    const given = { collaborators: [jane], programs: [{ name: 'P', ...percentage, collaborators: 'all' }] }
    expect((await apply(given, { organizationId })).created.enrollments).toBe(4)
    expect((await apply(given, { organizationId })).created.enrollments).toBe(0)
  })

  test('find a collaborator by the address that it has in the document', async () => {
    const organizationId = await insertOrganization(sql)
    const id = await insertCollaborator(sql, { organizationId, email: 'old@example.com' })
    const renamed = { id, email: 'new@example.com' }
    const withMember = (email: string) => ({
      collaborators: [renamed],
      programs: [{ name: 'P', ...percentage, collaborators: [email, email] }],
    })
    expect(await problemsOf(withMember('old@example.com'), { organizationId })).toHaveProperty([
      'programs.0.collaborators.0',
    ])
    expect((await apply(withMember('new@example.com'), { organizationId })).created.enrollments).toBe(1)
    expect(await one('collaborator', organizationId, id)).toMatchObject({ email: 'new@example.com' })
  })
})

describe('a new name', () => {
  test('shows in every feed at once', async () => {
    const gateway = testGateway({ sql })
    const organizationId = await insertOrganization(sql)
    const { ids } = await apply(
      { collaborators: [jane], programs: [{ name: 'Affiliates', ...percentage }] },
      { organizationId },
    )
    const [collaboratorId = 0] = Object.values(ids.collaborators)
    const [programId = 0] = Object.values(ids.programs)
    const engagementId = await insertEngagement(sql, { organizationId, collaboratorId, programId })
    const sources = [
      { sourceType: 'collaborator' as const, sourceId: collaboratorId },
      { sourceType: 'engagement' as const, sourceId: engagementId },
      { sourceType: 'program' as const, sourceId: programId },
    ]
    await insertNote(sql, {
      organizationId,
      content: 'engagement_awarded',
      creationSource: 'engagement',
      creationSourceId: engagementId,
      sources,
      data: { score: 10 },
    })
    const ask = asking(gateway, { role: 'administrator', organizationId })
    const rendered = async () => {
      const texts = new Set<string>()
      for (const { sourceType, sourceId } of sources) {
        const { notes } = await ask(
          `{ notes(sourceType: ${sourceType.toUpperCase()}, sourceId: ${sourceId}) { nodes { renderedContent } } }`,
        )
        for (const { renderedContent } of notes.nodes) texts.add(renderedContent)
      }
      return [...texts]
    }
    const awarded = `Engagement #${engagementId} awarded to`
    expect(await rendered()).toEqual([`${awarded} Jane Doe under Affiliates`])
    await apply(
      {
        collaborators: [{ email: 'jane@example.com', nickname: '{program} <b>J</b>' }],
        programs: [{ id: programId, name: 'Friends' }],
      },
      { organizationId },
    )
    expect(await rendered()).toEqual([`${awarded} {program} <b>J</b> under Friends`])
    await apply({ collaborators: [{ id: collaboratorId, fullName: 'Jane Smith', nickname: null }] }, { organizationId })
    expect(await rendered()).toEqual([`${awarded} Jane Smith under Friends`])
  })

  test('goes to the record of the id; the old name is free', async () => {
    const organizationId = await insertOrganization(sql)
    const groups = [{ name: 'G', sorter: 'newestBindingWins' }]
    const distributors = [{ name: 'D', schedule: 'monthly', revenuePercentage: 1 }]
    const programs = [{ name: 'P', ...percentage }]
    const { ids } = await apply({ groups, distributors, programs }, { organizationId })
    const renaming = {
      groups: [{ id: ids.groups.G, name: 'G2' }],
      distributors: [{ id: ids.distributors.D, name: 'D2' }],
      programs: [{ id: ids.programs.P, name: 'P2', group: 'G2' }],
    }
    const answer = await apply(renaming, { organizationId })
    expect(answer.updated).toEqual({ ...none, groups: 1, distributors: 1, programs: 1 })
    expect(answer.ids).toMatchObject({ groups: { G2: ids.groups.G }, programs: { P2: ids.programs.P } })
    expect(await one('program', organizationId, ids.programs.P ?? 0)).toMatchObject({ group_id: ids.groups.G })
    expect((await apply(renaming, { organizationId })).updated).toEqual(none)
    expect((await apply({ programs }, { organizationId })).created).toEqual({ ...none, programs: 1 })
  })

  test.each([
    ['braces', '{collaborator} {program}'],
    ['HTML', '<script>alert("&amp;")</script>'],
    ['SQL', `'); drop table program; --`],
    ['right-to-left marks', '\u202Eevil\u202C \u200Fعربي'],
    ['an emoji of several parts', '👩‍👩‍👧‍👦'],
    ['a prototype', '__proto__'],
    ['255 characters', '😀'.repeat(255)],
  ])('may be strange: %s', async (_, name) => {
    const organizationId = await insertOrganization(sql)
    const given = {
      organization: { id: organizationId, name },
      collaborators: [{ ...jane, fullName: name, nickname: name, tracking: [name] }],
      groups: [{ name, sorter: 'newestBindingWins', description: name }],
      programs: [{ name, ...percentage, group: name, units: name }],
      distributors: [{ name, schedule: name, revenuePercentage: 1 }],
    }
    const first = await apply(given, { organizationId })
    expect(JSON.parse(JSON.stringify(first.ids.programs))).toHaveProperty([name])
    expect(await apply(given, { organizationId })).toMatchObject({ created: none, updated: none })
    const rows = await everything(organizationId)
    expect(rows.collaborator).toMatchObject([{ full_name: name, nickname: name }])
    expect(rows.program).toMatchObject([{ name, units: trimmed(name) }])
    expect(rows.collaborator_alias).toMatchObject([{ code: name }])
  })
})

describe('an amount', () => {
  const paying = (payoutPerTransaction: number | null | undefined, units: string) => ({
    programs: [
      {
        name: 'P',
        units,
        incentiveType: 'fixedPerTransaction',
        incentiveResolverType: 'topScoreWins',
        ...(payoutPerTransaction !== undefined && { payoutPerTransaction }),
      },
    ],
  })
  test.each([
    [2.5, 'USD', 250],
    [0.07, 'USD', 7],
    [1.1, 'USD', 110],
    [0, 'USD', 0],
    [500, 'JPY', 500],
    [0.125, 'KWD', 125],
    [15, 'points', 15],
    [10_000_000_000, 'USD', 10 ** 12],
  ])('of %d %s is %d in minor units', async (amount, units, expected) => {
    const organizationId = await insertOrganization(sql)
    await apply(paying(amount, units), { organizationId })
    expect((await everything(organizationId)).program).toMatchObject([{ payout_per_transaction: expected }])
    expect((await apply(paying(amount, units), { organizationId })).updated).toEqual(none)
  })

  test.each([
    [2.505, 'USD', '2 decimal places'],
    [0.5, 'JPY', 'whole number'],
    [1.5, 'points', 'whole number'],
    [10_000_000_000.01, 'USD', 'at most'],
    [1e300, 'USD', 'at most'],
    [-1, 'USD', '0 or more'],
    [Number.POSITIVE_INFINITY, 'USD', 'received Infinity'],
    [null, 'USD', 'since the incentive is fixedPerTransaction'],
    [undefined, 'USD', 'since the incentive is fixedPerTransaction'],
  ])('of %d %s is refused', async (amount, units, message) => {
    const organizationId = await insertOrganization(sql)
    expect(await problemsOf(paying(amount, units), { organizationId })).toEqual({
      'programs.0.payoutPerTransaction': [expect.stringContaining(message)],
    })
  })

  test('is not reinterpreted when the units change, and must fit a new incentive', async () => {
    const organizationId = await insertOrganization(sql)
    await apply(paying(2.5, 'USD'), { organizationId })
    expect(await problemsOf({ programs: [{ name: 'P', units: 'JPY' }] }, { organizationId })).toEqual({
      'programs.0.payoutPerTransaction': [expect.stringContaining('Expected the amount in "JPY"')],
    })
    await apply({ programs: [{ name: 'P', units: 'JPY', payoutPerTransaction: 300 }] }, { organizationId })
    expect((await everything(organizationId)).program).toMatchObject([{ units: 'JPY', payout_per_transaction: 300 }])
    expect(await problemsOf({ programs: [{ name: 'P', incentiveType: 'fixedPerLead' }] }, { organizationId })).toEqual({
      'programs.0.payoutPerLead': [expect.stringContaining('fixedPerLead')],
    })
  })
})

describe('a document that is not what it should be', () => {
  const nested = (levels: number, around: (inner: unknown) => unknown) => {
    let value: unknown = 1
    for (let level = 0; level < levels; level++) value = around(value)
    return value
  }
  const program = { name: 'P', ...percentage }
  test.each<[string, unknown, string, string]>([
    ['no document', null, '', 'received null'],
    ['a text', 'organization', '', 'received "organization"'],
    ['a list', [], '', 'received a list'],
    ['lists without end', nested(8000, inner => [inner]), '', 'received a list'],
    ['lists for a section', { programs: [nested(8000, inner => [inner])] }, 'programs.0', 'received a list'],
    ['objects for a name', { groups: [{ name: nested(8000, a => ({ a })) }] }, 'groups.0.name', 'received an object'],
    ['an unknown section', { people: [] }, 'people', 'organization, integrations'],
    ['an unknown field', { programs: [{ ...program, colour: 1 }] }, 'programs.0.colour', 'received "colour"'],
    ['a prototype', JSON.parse('{"__proto__": {}}'), '__proto__', 'a field of a set-up'],
    ['a section that is no list', { programs: {} }, 'programs', 'a list of programs'],
    ['an empty section', { programs: null }, 'programs', 'received null'],
    ['an entry that is none', { programs: [null] }, 'programs.0', 'a program'],
    ['an id that is text', { programs: [{ ...program, id: '1' }] }, 'programs.0.id', 'received "1"'],
    ['an id that is not exact', { programs: [{ ...program, id: 2 ** 53 }] }, 'programs.0.id', 'positive integer'],
    ['an id of nothing', { programs: [{ ...program, id: 999_999 }] }, 'programs.0.id', 'of this organization'],
    ['neither id nor name', { programs: [percentage] }, 'programs.0.name', 'received nothing'],
    ['a name that is a number', { programs: [{ ...program, name: 2024 }] }, 'programs.0.name', 'received 2024'],
    ['an empty name', { programs: [{ ...program, name: '' }] }, 'programs.0.name', 'received ""'],
    ['a blank name', { programs: [{ ...program, name: ' \u200b' }] }, 'programs.0.name', 'Expected a name'],
    ['blank units', { programs: [{ ...program, units: ' ' }] }, 'programs.0.units', 'ISO 4217'],
    [
      'a blank code',
      { collaborators: [{ ...jane, tracking: [' '] }] },
      'collaborators.0.tracking.0',
      'a tracking code',
    ],
    ['a long name', { programs: [{ ...program, name: 'x'.repeat(256) }] }, 'programs.0.name', '255'],
    ['a NUL', { programs: [{ ...program, name: 'a\0b' }] }, 'programs.0.name', 'NUL'],
    ['a lone surrogate', { programs: [{ ...program, name: 'a\uD800' }] }, 'programs.0.name', 'surrogates'],
    ['a status of another kind', { programs: [{ ...program, status: 'pending' }] }, 'programs.0.status', 'draft'],
    [
      'no incentive',
      { programs: [{ name: 'P', incentiveResolverType: 'topScoreWins' }] },
      'programs.0.incentiveType',
      'new',
    ],
    [
      'a percentage too high',
      { programs: [{ ...program, transactionPercent: 100.1 }] },
      'programs.0.transactionPercent',
      '0 to 100',
    ],
    [
      'a percentage too fine',
      { programs: [{ ...program, transactionPercent: 0.00001 }] },
      'programs.0.transactionPercent',
      '4 decimal',
    ],
    [
      'a percentage with its sign',
      { programs: [{ ...program, transactionPercent: '10%' }] },
      'programs.0.transactionPercent',
      '"10%"',
    ],
    [
      'no percentage',
      { programs: [{ ...program, transactionPercent: null }] },
      'programs.0.transactionPercent',
      'received nothing',
    ],
    [
      'no conversion types',
      { programs: [{ ...program, activeConversionTypes: [] }] },
      'programs.0.activeConversionTypes',
      'at least one',
    ],
    ['days that are none', { programs: [{ ...program, expirationDays: 0 }] }, 'programs.0.expirationDays', 'from 1'],
    [
      'an unknown trigger',
      { programs: [{ ...program, engagementTypes: { clicked: 1 } }] },
      'programs.0.engagementTypes.clicked',
      'referredSiteVisit',
    ],
    [
      'a prototype as a trigger',
      { programs: [{ ...program, engagementTypes: JSON.parse('{"__proto__":1}') }] },
      'programs.0.engagementTypes.__proto__',
      'manual',
    ],
    [
      'half a point',
      { programs: [{ ...program, engagementTypes: { manual: 0.5 } }] },
      'programs.0.engagementTypes.manual',
      'whole',
    ],
    [
      'triggers without points',
      { programs: [{ ...program, engagementTypes: ['manual'] }] },
      'programs.0.engagementTypes',
      'points',
    ],
    ['an unknown group', { programs: [{ ...program, group: 'G' }] }, 'programs.0.group', 'received "G"'],
    [
      'an unknown member',
      { programs: [{ ...program, collaborators: ['x@y.z'] }] },
      'programs.0.collaborators.0',
      'x@y.z',
    ],
    [
      'a member without @',
      { programs: [{ ...program, collaborators: ['x@y.z', 'all'] }] },
      'programs.0.collaborators.1',
      'e-mail',
    ],
    [
      'members in a word',
      { programs: [{ ...program, collaborators: 'some' }] },
      'programs.0.collaborators',
      'all, or a list',
    ],
    ['no full name', { collaborators: [{ email: 'a@b.c' }] }, 'collaborators.0.fullName', 'new'],
    ['no address', { collaborators: [{ fullName: 'A' }] }, 'collaborators.0.email', 'received nothing'],
    ['an empty address', { collaborators: [{ ...jane, email: '' }] }, 'collaborators.0.email', 'received ""'],
    ['a bad address', { collaborators: [{ ...jane, email: 'jane' }] }, 'collaborators.0.email', '"jane"'],
    [
      'a code that is a number',
      { collaborators: [{ ...jane, tracking: [7] }] },
      'collaborators.0.tracking.0',
      'received 7',
    ],
    ['a coupon for nobody', { coupons: [{ code: 'A', collaborator: 'x@y.z' }] }, 'coupons.0.collaborator', 'x@y.z'],
    ['a coupon without a code', { coupons: [{ code: '', collaborator: 'x@y.z' }] }, 'coupons.0.code', 'a coupon code'],
    ['no sorter', { groups: [{ name: 'G' }] }, 'groups.0.sorter', 'newestBindingWins'],
    ['no schedule', { distributors: [{ name: 'D', revenuePercentage: 1 }] }, 'distributors.0.schedule', 'new'],
    [
      'another pool',
      { distributors: [{ name: 'D', distributionPoolResolver: 'fixed' }] },
      'distributors.0.distributionPoolResolver',
      'revenuePercentage',
    ],
    [
      'a source twice',
      { integrations: [{ source: 'a' }, { source: 'a' }] },
      'integrations.1.source',
      'integrations.0.source',
    ],
    ['an address twice', { collaborators: [jane, jane] }, 'collaborators.1.email', 'collaborators.0.email'],
    [
      'a code twice',
      {
        collaborators: [
          { ...jane, tracking: ['A'] },
          { ...joe, tracking: ['A'] },
        ],
      },
      'collaborators.1.tracking.0',
      'collaborators.0.tracking.0',
    ],
    [
      'a coupon twice',
      {
        coupons: [
          { code: 'a', collaborator: 'x@y.z' },
          { code: 'A', collaborator: 'x@y.z' },
        ],
      },
      'coupons.1.code',
      'coupons.0.code',
    ],
    ['a program twice', { programs: [program, program] }, 'programs.1.name', 'programs.0.name'],
    [
      'a program twice, in NFC and NFD',
      {
        programs: [
          { ...program, name: 'Caf\u00e9' },
          { ...program, name: 'Cafe\u0301 ' },
        ],
      },
      'programs.1.name',
      'programs.0.name',
    ],
    [
      'an address twice, in capitals',
      { collaborators: [jane, { ...jane, email: 'JANE@example.com' }] },
      'collaborators.1.email',
      'collaborators.0.email',
    ],
    [
      'a code twice, in lower case',
      {
        collaborators: [
          { ...jane, tracking: ['A'] },
          { ...joe, tracking: ['a '] },
        ],
      },
      'collaborators.1.tracking.0',
      'collaborators.0.tracking.0',
    ],
    [
      'a code that is given and retired',
      { collaborators: [{ ...jane, tracking: ['A'], retiredTracking: ['A'] }] },
      'collaborators.0.retiredTracking.0',
      'collaborators.0.tracking.0',
    ],
    [
      'a coupon that is given and retired',
      { collaborators: [jane], coupons: [{ code: 'A', collaborator: jane.email }], retiredCoupons: ['a'] },
      'retiredCoupons.0',
      'coupons.0.code',
    ],
    [
      'a member whose enrolment ends',
      {
        collaborators: [jane],
        programs: [{ ...program, collaborators: [jane.email], endedCollaborators: ['Jane@Example.com'] }],
      },
      'programs.0.endedCollaborators.0',
      'not among the collaborators',
    ],
    [
      'an enrolment of nobody that ends',
      { programs: [{ ...program, endedCollaborators: ['x@y.z'] }] },
      'programs.0.endedCollaborators.0',
      'x@y.z',
    ],
  ])('is refused: %s', async (_, document, path, message) => {
    const organizationId = await insertOrganization(sql)
    const fields = await problemsOf(document, { organizationId })
    expect(Object.keys(fields)).toEqual([path])
    expect(fields[path]).toEqual([expect.stringContaining(message)])
    expect(Object.values(await everything(organizationId)).flat()).toEqual([])
  })

  test('says everything that is wrong at once, but not without end', async () => {
    const organizationId = await insertOrganization(sql)
    const fields = await problemsOf({ people: 1, programs: [{ x: 1, y: 2 }, 3] }, { organizationId })
    expect(Object.keys(fields).sort()).toEqual(['people', 'programs.0.x', 'programs.0.y', 'programs.1'])
    const many = Array.from({ length: 5000 }, () => ({}))
    expect(Object.keys(await problemsOf({ programs: many }, { organizationId }))).toHaveLength(100)
  })

  test('is refused where a name is several records’, or two entries are one record’s', async () => {
    const organizationId = await insertOrganization(sql)
    const ids = [await insertProgram(sql, { organizationId }), await insertProgram(sql, { organizationId })]
    const named = { name: 'Affiliates' }
    expect(await problemsOf({ programs: [named] }, { organizationId })).toEqual({
      'programs.0.id': [expect.stringContaining(ids.join(', '))],
    })
    expect(await problemsOf({ programs: [{ id: ids[0], ...named }, named] }, { organizationId })).toHaveProperty([
      'programs.1.name',
    ])
    await apply({ programs: ids.map(id => ({ id, ...named, autoApprove: true })) }, { organizationId })
    const only = await insertProgram(sql, { organizationId, name: 'Only' })
    expect(await problemsOf({ programs: [{ id: only }, { name: 'Only' }] }, { organizationId })).toEqual({
      'programs.1': [expect.stringContaining('programs.0')],
    })
  })

  test('is refused where it takes another collaborator’s address, or another organization’s record', async () => {
    const organizationId = await insertOrganization(sql)
    const id = await insertCollaborator(sql, { organizationId, email: 'a@example.com' })
    await insertCollaborator(sql, { organizationId, email: 'b@example.com' })
    expect(await problemsOf({ collaborators: [{ id, email: 'b@example.com' }] }, { organizationId })).toHaveProperty([
      'collaborators.0.email',
    ])
    const other = await insertOrganization(sql)
    expect(await problemsOf({ collaborators: [{ id, fullName: 'Mine' }] }, { organizationId: other })).toEqual({
      'collaborators.0.id': [expect.stringContaining('of this organization')],
    })
    const coupons = [{ code: 'A', collaborator: 'a@example.com' }]
    expect(await problemsOf({ coupons }, { organizationId: other })).toHaveProperty(['coupons.0.collaborator'])
    expect(await one('collaborator', organizationId, id)).toMatchObject({ full_name: 'Jane Doe' })
  })

  test('leaves nothing of what came before the error', async () => {
    const given = {
      organization: { name: 'Half' },
      collaborators: [jane],
      coupons: [{ code: 'A', collaborator: 'x@y.z' }],
    }
    await problemsOf(given)
    expect(await sql.rows(statement(`select from organization where name = 'Half'`), [])).toEqual([])
  })
})
