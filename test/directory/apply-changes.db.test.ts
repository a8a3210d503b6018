import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { reward } from '../../src/attribution/incentives.ts'
import { ConversionType, IncentiveType } from '../../src/database/generated/prisma/enums.ts'
import { statement } from '../../src/database/sql.ts'
import { applySetup, previewSetup } from '../../src/directory/apply.ts'
import { linesOf } from '../../src/directory/setup-changes.ts'
import { PAID_FOR } from '../../src/directory/setup-plan.ts'
import { TRIGGER_STRATEGIES } from '../../src/engagements/triggers/strategies.ts'
import { fraction } from '../../src/money.ts'
import { Parts, pipeline, setupPorts } from '../../src/pipeline.ts'
import { testDatabase } from '../support/database.ts'
import { insert } from '../support/rows.ts'
import { recordSql } from '../support/sql-recorder.ts'
import { testWorld } from '../support/world.ts'

const database = await testDatabase()
const { sql } = database
const triggers = TRIGGER_STRATEGIES.map(({ id }) => id)

const percentage = {
  incentiveType: 'saleTransactionPercentage',
  incentiveResolverType: 'newestBindingWins',
  transactionPercent: 10,
}
const jane = { email: 'jane@example.com', fullName: 'Jane Doe' }
const joe = { email: 'joe@example.com', fullName: 'Joe Bloggs' }

const given = async () => {
  const world = await testWorld(sql)
  const { organizationId } = world
  return {
    ...world,
    apply: (document: object) =>
      applySetup(sql, document, { organizationId, triggers, ...setupPorts(pipeline(sql, new Parts())) }),
    preview: (document: object) => previewSetup(sql, document, { organizationId, triggers }),
    enrolments: async () =>
      (
        await sql.rows(
          statement<{ email: string; name: string }>(
            `select c.email, p.name from enrollment e
             join collaborator c on c.id = e.collaborator_id join program p on p.id = e.program_id
             where e.organization_id = $1 order by 2, 1`,
          ),
          [organizationId],
        )
      ).map(({ email, name }) => `${name}: ${email}`),
  }
}

describe('a dry run', () => {
  test('says what would change, and changes nothing', async () => {
    const world = await given()
    await world.apply({
      collaborators: [{ ...jane, tracking: ['JANE', 'OLD'] }, joe],
      groups: [{ name: 'Partners', sorter: 'newestBindingWins' }],
      programs: [
        {
          name: 'Affiliates',
          ...percentage,
          payoutPerTransaction: 2.5,
          engagementTypes: { manual: 5 },
          collaborators: [jane.email],
        },
      ],
      coupons: [{ code: 'SAVE', collaborator: jane.email }],
      distributors: [{ name: 'Fund', schedule: 'yearly', revenuePercentage: 1, collaborators: [jane.email] }],
    })
    const before = await world.dump()
    const document = {
      organization: { id: world.organizationId, name: 'Renamed' },
      integrations: [{ source: 'shop' }],
      collaborators: [
        { email: jane.email, nickname: 'JD', retiredTracking: ['old'] },
        { email: 'amara@example.com', fullName: 'Amara' },
      ],
      programs: [
        {
          name: 'Affiliates',
          transactionPercent: 12.5,
          payoutPerTransaction: 3,
          group: 'Partners',
          engagementTypes: { manual: 5, referredSiteVisit: 7 },
          collaborators: ['amara@example.com'],
          endedCollaborators: [jane.email],
        },
        { name: 'Leads', incentiveType: 'fixedPerLead', incentiveResolverType: 'topScoreWins', payoutPerLead: 4 },
      ],
      coupons: [{ code: 'SAVE', collaborator: joe.email }],
      distributors: [{ name: 'Fund', endedCollaborators: [jane.email] }],
    }
    const { changes, ...preview } = await world.preview(document)
    expect(await world.dump()).toEqual(before)
    const lines = changes.flatMap(linesOf).map(line => line.replace(/ \(\d+\)$/, ' (#)'))
    expect(lines).toEqual([
      '~ organization "Acme" (#)',
      '    name: "Acme" → "Renamed"',
      '+ integration "shop"',
      '    source: "shop"',
      '    supportsCoupons: false',
      '    status: "active"',
      '+ collaborator "amara@example.com"',
      '    fullName: "Amara"',
      '    email: "amara@example.com"',
      '    status: "active"',
      '~ collaborator "jane@example.com" (#)',
      '    nickname: none → "JD"',
      '+ program "Leads"',
      '    name: "Leads"',
      '    status: "active"',
      '    incentiveType: "fixedPerLead"',
      '    incentiveResolverType: "topScoreWins"',
      '    units: "USD"',
      '    payoutPerLead: 4',
      '    activeConversionTypes: [lead]',
      '    autoApprove: false',
      '~ program "Affiliates" (#)',
      '    transactionPercent: 10 → 12.5',
      '    payoutPerTransaction: 2.5 → 3',
      '    group: none → "Partners"',
      '    engagementTypes: {manual: 5} → {manual: 5, referredSiteVisit: 7}',
      '+ enrolment of "amara@example.com" in "Affiliates"',
      '- enrolment of "jane@example.com" in "Affiliates"',
      '~ coupon "SAVE" of "joe@example.com"',
      '    collaborator: "jane@example.com" → "joe@example.com"',
      '- tracking code "OLD" of "jane@example.com"',
      '- enrolment of "jane@example.com" in "Fund"',
    ])
    // no id that is not real
    const ids = [...Object.values(preview.ids).flatMap(Object.values), ...changes.flatMap(({ id }) => id ?? [])]
    expect(ids.every(id => id > 0)).toBe(true)
    expect(Object.keys(preview.ids.collaborators)).toEqual([jane.email])

    const { ids: _, ...summary } = await world.apply(document)
    expect({ ...preview, ids: undefined }).toEqual({ ...summary, ids: undefined })
    expect((await world.preview(document)).changes).toEqual([])
  })

  test('of a new organization has no id for it, and draws none', async () => {
    const name = `New ${Math.random()}`
    const document = { organization: { name }, collaborators: [{ ...jane, tracking: ['A'] }] }
    const preview = await previewSetup(sql, document, { triggers })
    expect([preview.organizationId, preview.created.organizations]).toEqual([null, 1])
    expect(preview.changes[0]).toEqual({ change: 'created', record: 'organization', name })
    const found = statement<{ id: number }>('select id from organization where name = $1 or id < 0')
    expect(await sql.rows(found, [name])).toEqual([])
    const last = statement<{ id: number }>('select max(id) as id from organization')
    const [highest] = await sql.rows(last, [])
    expect((await applySetup(sql, document, { triggers })).organizationId).toBe((highest?.id ?? 0) + 1)
  })

  test('refuses what applying refuses', async () => {
    const world = await given()
    await expect(world.preview({ programs: [{ name: 'P' }] })).rejects.toThrow('programs.0.incentiveType')
    await expect(world.preview({ organization: { name: 'Other' } })).rejects.toThrow('organization.name')
  })
})

describe('what a set-up ends', () => {
  test('an enrolment is gone, engagements stay, and again it ends nothing', async () => {
    const world = await given()
    await world.apply({ collaborators: [jane, joe], programs: [{ name: 'P', ...percentage, collaborators: 'all' }] })
    const ending = { programs: [{ name: 'P', collaborators: 'all', endedCollaborators: ['JANE@example.com'] }] }
    expect((await world.apply(ending)).ended).toEqual({ enrollments: 1, distributorEnrollments: 0 })
    expect(await world.enrolments()).toEqual(['P: joe@example.com'])
    const again = await world.apply(ending)
    expect([again.ended.enrollments, again.created.enrollments]).toEqual([0, 0])
    // without the list, all are all again
    expect((await world.apply({ programs: [{ name: 'P', collaborators: 'all' }] })).created.enrollments).toBe(1)
  })

  test('a share in a distributor is gone', async () => {
    const world = await given()
    const fund = { name: 'Fund', schedule: 'yearly', revenuePercentage: 1 }
    await world.apply({
      collaborators: [jane, joe],
      distributors: [{ ...fund, collaborators: [jane.email, joe.email] }],
    })
    const ending = { distributors: [{ name: 'Fund', endedCollaborators: [jane.email] }] }
    expect((await world.apply(ending)).ended).toEqual({ enrollments: 0, distributorEnrollments: 1 })
    expect((await world.apply(ending)).ended).toEqual({ enrollments: 0, distributorEnrollments: 0 })
  })

  test('a retired code is nobody’s, and its history is kept', async () => {
    const world = await given()
    await world.shop()
    await world.apply({
      collaborators: [{ ...jane, tracking: ['JANE'] }],
      coupons: [{ code: 'SAVE', collaborator: jane.email }],
    })
    const ending = { collaborators: [{ email: jane.email, retiredTracking: ['jane'] }], retiredCoupons: ['save '] }
    const { retired, warnings } = await world.apply(ending)
    expect([retired, warnings]).toEqual([{ trackingCodes: 1, coupons: 1 }, []])
    const again = await world.apply(ending)
    expect([again.retired, again.warnings]).toEqual([{ trackingCodes: 0, coupons: 0 }, []])
    await expect(world.fire('site-visited', { collaboratorId: 'tracking:JANE' })).rejects.toThrow('tracking code')
    expect((await world.fire('coupon-applied', { code: 'SAVE', userId: 'u' })).types).not.toContain('CouponApplied')
    const history = statement(
      'select code, retired_date is null as active from collaborator_alias where organization_id = $1',
    )
    expect(await sql.rows(history, [world.organizationId])).toEqual([
      { code: 'JANE', active: false },
      { code: 'SAVE', active: false },
    ])
    // and may be given again
    expect((await world.apply({ collaborators: [{ ...jane, tracking: ['JANE'] }] })).created.trackingCodes).toBe(1)
  })

  test('a code that another collaborator has, or that nobody ever had, is left with a warning', async () => {
    const world = await given()
    await world.apply({ collaborators: [{ ...jane, tracking: ['JANE'] }, joe] })
    const document = { collaborators: [{ email: joe.email, retiredTracking: ['JANE', 'JOE'] }], retiredCoupons: ['X'] }
    const { retired, warnings } = await world.apply(document)
    expect(retired).toEqual({ trackingCodes: 0, coupons: 0 })
    expect(warnings).toEqual([
      'collaborators.0.retiredTracking.0: the code "JANE" is not retired, since another collaborator has it now',
      'collaborators.0.retiredTracking.1: nobody has or had the code "JOE"',
      'retiredCoupons.0: nobody has or had the code "X"',
    ])
  })
})

describe('a collaborator that becomes active by a set-up', () => {
  test('gets its note and webhook, and not a second time', async () => {
    const world = await given()
    const { organizationId } = world
    await insert(sql, 'webhook_subscription', {
      organizationId,
      targetUrl: 'https://example.com',
      events: ['collaborator.registered'],
      signingSecret: 'whsec_x',
    })
    const waiting = await world.collaborator({ email: joe.email, status: 'pending', fullName: 'Joe Bloggs' })
    const people = [
      jane,
      { ...joe, status: 'active' },
      { email: 'kim@example.com', fullName: 'Kim', status: 'pending' },
    ]
    const { ids } = await world.apply({ collaborators: people })
    await world.apply({ collaborators: [...people.slice(0, 2), { ...people[2], nickname: 'K' }] })
    expect(ids.collaborators[joe.email]).toBe(waiting)
    const ready = (id: number | undefined) => ({
      key: 'collaborator_account_ready',
      cause: ['collaborator', id],
      links: { collaborator: [id] },
      facts: {},
    })
    expect(await world.notes()).toEqual([ready(ids.collaborators[jane.email]), ready(waiting)])
    const sent = statement<{ type: string; data: Record<string, unknown> }>(
      'select type, data from webhook_delivery where organization_id = $1 order by id',
    )
    const messages = await sql.rows(sent, [organizationId])
    expect(messages).toMatchObject([
      { type: 'collaborator.registered', data: { email: jane.email, status: 'active' } },
      { type: 'collaborator.registered', data: { email: joe.email, status: 'active' } },
    ])
    const columns = Object.keys((await world.collaborators())[0] ?? {})
    expect(Object.keys(messages[0]?.data ?? {}).sort()).toEqual(columns.sort())
  })

  test('costs as many statements as a thousand do', async () => {
    const { organizationId } = await given()
    const { database: recorded, during } = recordSql(database)
    const people = (count: number, name: string) => ({
      collaborators: Array.from({ length: count }, (_, at) => ({ email: `${name}${at}@example.com`, fullName: name })),
    })
    const ports = setupPorts(pipeline(recorded.sql, new Parts()))
    const apply = (document: object) => applySetup(recorded.sql, document, { organizationId, triggers, ...ports })
    const few = await during(() => apply(people(1, 'few')))
    const many = await during(() => apply(people(1000, 'many')))
    expect(many).toHaveLength(few.length)
  })
})

describe('units', () => {
  test.each(['usd', 'USD ', ' Usd\u200b'])('%j are US dollars', async units => {
    const world = await given()
    const fixed = { incentiveType: 'fixedPerTransaction', incentiveResolverType: 'topScoreWins' }
    const document = {
      programs: [{ name: 'P', ...fixed, payoutPerTransaction: 5, units }],
      distributors: [{ name: 'D', schedule: 'yearly', revenuePercentage: 1, units }],
    }
    expect((await world.apply(document)).warnings).toEqual([])
    expect((await world.apply(document)).updated).toMatchObject({ programs: 0, distributors: 0 })
    const rows = statement(
      `select units, payout_per_transaction as payout from program where organization_id = $1
       union all select units, null from distributor where organization_id = $1`,
    )
    expect(await sql.rows(rows, [world.organizationId])).toEqual([
      { units: 'USD', payout: 500 },
      { units: 'USD', payout: null },
    ])
  })

  test.each(['pts', '€', '$', 'XYZ'])('%j are units of their own, with a warning', async units => {
    const world = await given()
    const { warnings } = await world.apply({
      programs: [{ name: 'P', ...percentage, units }],
      distributors: [{ name: 'D', schedule: 'yearly', revenuePercentage: 1, units }],
    })
    expect(warnings).toEqual(
      ['programs', 'distributors'].map(
        section =>
          `${section}.0.units: "${units}" is not an ISO 4217 code, so it is a unit of its own, as points would be`,
      ),
    )
  })

  test.each(['points', 'credits'])('%j are meant', async units => {
    const world = await given()
    expect((await world.apply({ programs: [{ name: 'P', ...percentage, units }] })).warnings).toEqual([])
  })
})

describe('a program that can never pay', () => {
  const paying = (incentiveType: string, given: object) => ({
    programs: [{ name: 'P', incentiveType, incentiveResolverType: 'topScoreWins', ...given }],
  })
  test.each([
    ['fixedPerLead', { payoutPerLead: 1, activeConversionTypes: ['sale', 'lead', 'renewal'] }, ['renewal', 'sale']],
    ['saleTransactionPercentage', { transactionPercent: 1, activeConversionTypes: ['sale', 'lead'] }, ['lead']],
    ['fixedPerTransaction', { payoutPerTransaction: 1, activeConversionTypes: ['lead'] }, ['lead']],
    ['fixedPerProduct', { payoutPerProduct: 1, activeConversionTypes: ['lead', 'sale'] }, ['lead']],
  ])('for a conversion type is warned of: %s', async (type, given_, vain) => {
    const { apply } = await given()
    expect((await apply(paying(type, given_))).warnings).toEqual(
      vain.map(one => `programs.0.activeConversionTypes: "P" never pays for a ${one}, since it pays ${type}`),
    )
  })

  test('at all is warned of', async () => {
    const { apply } = await given()
    expect((await apply(paying('fixedPerLead', { payoutPerLead: 0 }))).warnings).toEqual([
      'programs.0.payoutPerLead: "P" never pays anything, since this is 0',
    ])
    // what the record has counts too
    expect((await apply({ programs: [{ name: 'P', description: 'x' }] })).warnings).toHaveLength(1)
    expect((await apply({ programs: [{ name: 'P', payoutPerLead: 1 }] })).warnings).toEqual([])
  })

  test('is one whose reward is 0', () => {
    const amounts = { transactionPercent: 10, payoutPerTransaction: 5, payoutPerProduct: 5, payoutPerLead: 5 }
    const lines = [{ type: 'product', value: fraction(1000n), quantity: 1 }]
    for (const incentiveType of Object.values(IncentiveType)) {
      const program = { incentiveType, units: 'USD', ...amounts }
      const paid = Object.values(ConversionType).filter(
        type => reward(program, type, { currency: 'USD', total: 1000, fractionLeft: fraction(1n), lines }).value > 0,
      )
      expect([...PAID_FOR[incentiveType]].sort()).toEqual(paid.sort())
    }
  })
})

test('the example does no harm to a gateway that has data', async () => {
  const example = parse(await readFile('examples/setup.yaml', 'utf8'))
  const world = await given()
  await world.apply({ collaborators: [{ ...jane, tracking: ['NORA'] }] })
  const before = await world.dump()
  await expect(world.apply(example)).rejects.toThrow('organization.name')
  expect(await world.dump()).toEqual(before)
  const first = await applySetup(sql, example, { triggers })
  expect(first.organizationId).not.toBe(world.organizationId)
  expect(await world.dump()).toEqual(before)
})
