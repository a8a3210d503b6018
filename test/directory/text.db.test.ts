import { describe, expect, test } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { applySetup } from '../../src/directory/apply.ts'
import { ConflictError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { testWorld } from '../support/world.ts'

const { sql } = await testDatabase()

const NFD = (text: string) => text.normalize('NFD')
const percentage = {
  incentiveType: 'saleTransactionPercentage',
  incentiveResolverType: 'newestBindingWins',
  transactionPercent: 10,
}

const given = async () => {
  const world = await testWorld(sql)
  const apply = (document: object) =>
    applySetup(sql, document, { organizationId: world.organizationId, triggers: ['manual'] })
  return { ...world, apply }
}

describe('a coupon code', () => {
  test.each([
    ['with a space behind it', 'OTTO15 '],
    ['in lower case', 'otto15'],
    ['behind a byte order mark', '\ufeffOTTO15'],
    ['between zero-width characters', '\u200bOtto15\u200d'],
  ])('is found %s, and events and notes carry it as it is stored', async (_, code) => {
    const world = await given()
    await world.shop()
    const jane = await world.collaborator({ coupon: 'OTTO15' })
    const { events } = await world.fire('coupon-applied', { code, userId: 'u1' })
    expect(events.find(({ type }) => type === 'CouponApplied')).toMatchObject({ code: 'OTTO15', collaboratorId: jane })
    expect(await world.notes()).toMatchObject([{ key: 'coupon_applied', facts: { code: 'OTTO15' } }])
  })

  test('in NFD is found in NFC, and the other way round', async () => {
    const world = await given()
    await world.shop()
    await world.collaborator({ coupon: 'ÉTÉ' })
    await world.collaborator({ coupon: NFD('NOËL') })
    for (const code of [NFD('Été'), 'noël'])
      expect((await world.fire('coupon-applied', { code, userId: code })).types).toContain('CouponApplied')
  })

  test('of a set-up is stored in upper case, without what is invisible around it', async () => {
    const world = await given()
    const document = {
      collaborators: [{ email: 'jane@example.com', fullName: 'Jane' }],
      coupons: [{ code: ' otto15\u200b', collaborator: 'JANE@example.com ' }],
    }
    expect((await world.apply(document)).created.coupons).toBe(1)
    expect((await world.apply(document)).created.coupons).toBe(0)
    const codes = statement<{ code: string }>('select code from collaborator_alias where organization_id = $1')
    expect(await sql.rows(codes, [world.organizationId])).toEqual([{ code: 'OTTO15' }])
  })
})

describe('a tracking code', () => {
  test.each(['JANE', 'jane', ' Jane\t', 'JANE\ufeff'])('is found as %j', async code => {
    const world = await given()
    const jane = await world.collaborator({ tracking: 'JANE', programs: [await world.program()] })
    await world.fire('site-visited', { collaboratorId: `tracking:${code}` })
    expect(await world.engagements()).toMatchObject([{ collaboratorId: jane }])
  })

  test('goes to another collaborator however it is spelled, and is shown as it is typed', async () => {
    const world = await given()
    await world.apply({ collaborators: [{ email: 'jane@example.com', fullName: 'Jane', tracking: ['Readers'] }] })
    const document = { collaborators: [{ email: 'joe@example.com', fullName: 'Joe', tracking: ['readers'] }] }
    expect(await world.apply(document)).toMatchObject({ created: { trackingCodes: 0 }, updated: { trackingCodes: 1 } })
    expect(await world.apply({ collaborators: [{ email: 'Joe@Example.com', tracking: ['READERS '] }] })).toMatchObject({
      created: { trackingCodes: 0 },
      updated: { trackingCodes: 0, collaborators: 0 },
    })
    const codes = statement('select code from collaborator_alias where organization_id = $1 order by id')
    expect(await sql.rows(codes, [world.organizationId])).toEqual([{ code: 'Readers' }, { code: 'readers' }])
  })
})

describe('an e-mail address', () => {
  test.each(['JANE@example.com', ' jane@example.com ', 'Jane@Example.COM\u200b'])(
    'finds a collaborator as %j',
    async email => {
      const world = await given()
      const document = { collaborators: [{ email: 'jane@example.com', fullName: 'Jane' }] }
      const { ids } = await world.apply(document)
      const again = await world.apply({
        collaborators: [{ email, fullName: 'Jane' }],
        programs: [{ name: 'P', ...percentage, collaborators: [email] }],
      })
      expect(again).toMatchObject({ created: { collaborators: 0, enrollments: 1 }, updated: { collaborators: 0 } })
      expect(Object.values(again.ids.collaborators)).toEqual(Object.values(ids.collaborators))
      const application = { fullName: 'Jane', email: email.trim() } // an event refuses white space around it
      await expect(world.fire('collaborator-submitted', application)).rejects.toThrow(ConflictError)
      expect(await world.collaborators()).toMatchObject([{ email: 'jane@example.com' }])
    },
  )

  test('is written as it is typed, beside the id', async () => {
    const world = await given()
    const id = await world.collaborator({ email: 'jane@example.com' })
    await world.apply({ collaborators: [{ id, email: 'Jane.Doe@Example.com' }] })
    await world.apply({ collaborators: [{ id, email: 'Jane.DOE@Example.com' }] })
    expect(await world.collaborators()).toMatchObject([{ id, email: 'Jane.DOE@Example.com' }])
    const joe = await world.collaborator({ email: 'joe@example.com' })
    await expect(world.apply({ collaborators: [{ id: joe, email: 'jane.doe@example.com' }] })).rejects.toThrow(
      `collaborators.0.email: Expected an address that no other collaborator has; collaborator ${id} has it`,
    )
  })

  test('of an application is stored without what is invisible around it', async () => {
    const world = await given()
    await world.fire('collaborator-submitted', { fullName: 'Jane', email: '\u200bJane@Example.com\u200d' })
    expect(await world.collaborators()).toMatchObject([{ email: 'Jane@Example.com', status: 'pending' }])
  })
})

describe('a name', () => {
  test('in NFD finds the record in NFC, and the record keeps its spelling', async () => {
    const world = await given()
    const named = (form: (name: string) => string) => ({
      integrations: [{ source: form('café') }],
      groups: [{ name: form('Élite'), sorter: 'newestBindingWins' }],
      programs: [{ name: form('Été'), ...percentage, group: form('Élite') }],
      distributors: [{ name: form('Noël'), schedule: 'yearly', revenuePercentage: 1 }],
    })
    const first = await world.apply(named(name => name))
    const again = await world.apply(named(name => ` ${NFD(name)}\u200b`))
    expect(Object.values({ ...again.created, ...again.updated }).every(count => count === 0)).toBe(true)
    expect(Object.values(again.ids.programs)).toEqual(Object.values(first.ids.programs))
  })

  test('has its case, and the exact one goes first', async () => {
    const world = await given()
    const { ids } = await world.apply({
      programs: [
        { name: 'Affiliates', ...percentage },
        { name: 'affiliates', ...percentage },
      ],
    })
    expect(new Set(Object.values(ids.programs)).size).toBe(2)
    const [nfc, nfd] = [await world.program({ name: 'Été' }), await world.program({ name: NFD('Été') })]
    const both = await world.apply({ programs: [{ name: NFD('Été'), description: 'x' }] })
    expect(Object.values(both.ids.programs)).toEqual([nfd])
    await expect(world.apply({ programs: [{ name: ' Été', description: 'x' }] })).rejects.toThrow(`${nfc}, ${nfd}`)
  })

  test('of an organization is found in another form', async () => {
    const triggers: string[] = []
    const name = `Søren’s Café ${Math.random()}`
    const { organizationId } = await applySetup(sql, { organization: { name } }, { triggers })
    const again = await applySetup(sql, { organization: { name: ` ${NFD(name)}` } }, { triggers })
    expect([again.organizationId, again.created.organizations, again.updated.organizations]).toEqual([
      organizationId,
      0,
      0,
    ])
  })
})

describe('a collaborator who applies again', () => {
  test.each(['rejected', 'deleted'] as const)('waits for approval, if it was %s', async status => {
    const world = await given()
    const [old, wanted] = [await world.program(), await world.program()]
    const id = await world.collaborator({ email: 'jane@example.com', status, nickname: 'JD', programs: [old] })
    const application = { fullName: 'Jane Smith', email: 'Jane@example.com', programIds: [old, wanted] }
    const { types } = await world.fire('collaborator-submitted', application)
    expect(types).toContain('CollaboratorSubmissionComplete')
    expect(await world.collaborators()).toMatchObject([
      { id, status: 'pending', fullName: 'Jane Smith', nickname: null, email: 'jane@example.com' },
    ])
    expect(await world.notes()).toMatchObject([
      { key: 'collaborator_submission_complete', links: { collaborator: [id], program: [old, wanted] } },
    ])
    const enrolled = statement('select program_id as id from enrollment where collaborator_id = $1 order by 1')
    expect(await sql.rows(enrolled, [id])).toEqual([{ id: old }, { id: wanted }])
    await world.fire('collaborator-approved', { collaboratorId: id })
    expect(await world.collaborators()).toMatchObject([{ id, status: 'active' }])
  })

  test.each(['active', 'pending', 'inactive'] as const)('is refused, if it is %s', async status => {
    const world = await given()
    await world.collaborator({ email: 'jane@example.com', status })
    const before = await world.dump()
    const application = { fullName: 'Jane', email: 'JANE@example.com' }
    await expect(world.fire('collaborator-submitted', application)).rejects.toThrow(ConflictError)
    expect(await world.dump()).toEqual(before)
  })

  test('for a program that does not exist stays as it was', async () => {
    const world = await given()
    await world.collaborator({ email: 'jane@example.com', status: 'rejected' })
    const before = await world.dump()
    const application = { fullName: 'J', email: 'jane@example.com', programIds: [999_999] }
    await expect(world.fire('collaborator-submitted', application)).rejects.toThrow('programIds')
    expect(await world.dump()).toEqual(before)
  })
})
