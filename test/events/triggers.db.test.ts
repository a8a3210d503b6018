import { describe, expect, it } from 'vitest'
import { RecordNotFoundError, ValidationError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { insert, insertAlias, insertEngagement, insertOpportunity } from '../support/rows.ts'
import { day, testWorld, type World } from '../support/world.ts'

const { sql } = await testDatabase()

const fieldsOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('Expected a refusal'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ValidationError)
      return (error as ValidationError).fields
    },
  )

/** Something is refused, and nothing is left of it. */
const refusedFields = async (world: World, fire: () => Promise<unknown>) => {
  const before = await world.dump()
  const fields = await fieldsOf(fire())
  expect(await world.dump()).toEqual(before)
  return fields
}

const sale = (externalId: string, more: object) => ({ source: 'woocommerce', externalId, total: 10, ...more })
const lead = (externalId: string, more: object) => ({ source: 'woocommerce', externalId, ...more })

const SLUGS = [
  ['referredSiteVisit', 'site-visited', {}],
  ['courseCompleted', 'course-completed', { courseId: 1 }],
  ['lessonCompleted', 'lesson-completed', { lessonId: 'l-1' }],
  ['boundPostUsed', 'post-visited', { postId: 9 }],
  ['formSubmitted', 'form-submitted', { formId: 'contact' }],
] as const

describe.each(SLUGS)('the trigger %s', (type, slug, subject) => {
  it('gives the points of each active program that enables it and that the collaborator is in', async () => {
    const world = await testWorld(sql)
    const [few, many] = [
      await world.program({ triggers: { [type]: 5 } }),
      await world.program({ triggers: { [type]: 70 } }),
    ]
    const others = SLUGS.filter(([other]) => other !== type).map(([other]) => [other, 1] as const)
    const disabled = await world.program({ triggers: { ...Object.fromEntries(others), manual: 1, boundCouponUsed: 1 } })
    await world.program({ triggers: { [type]: 1 } })
    const closed: number[] = []
    for (const status of ['inactive', 'draft', 'deleted'] as const)
      closed.push(await world.program({ status, triggers: { [type]: 1 } }))
    const jane = await world.collaborator({ programs: [few, many, disabled, ...closed] })
    await world.collaborator({ programs: [few, many] })
    const { opportunityId, events } = await world.fire(slug, { collaboratorId: jane, ...subject })
    const engagements = await world.engagements()
    expect(engagements).toMatchObject([
      { opportunityId, programId: few, collaboratorId: jane, score: 5, status: 'active' },
      { opportunityId, programId: many, collaboratorId: jane, score: 70, status: 'active' },
    ])
    const created = engagements.map(({ id }) => id)
    expect(events.slice(3)).toEqual([
      { type: 'EngagementsTriggered', opportunityId, engagements, created, strategyId: type },
    ])
    const again = await world.fire(slug, { collaboratorId: jane, ...subject, trackingId: opportunityId })
    expect(again.events.at(-1)).toMatchObject({ created: [], engagements: created.map(id => ({ id })) })
    expect(await world.notes()).toEqual([])
  })

  it('raises the score, and keeps the id and the first date', async () => {
    const world = await testWorld(sql)
    const program = await world.program({ triggers: { [type]: 5 } })
    const jane = await world.collaborator({ programs: [program], tracking: 'JANE' })
    const payload = { collaboratorId: 'tracking:JANE', ...subject }
    const { opportunityId } = await world.fire(slug, payload, { at: day(1) })
    const [first] = await world.engagements()
    await world.fire(slug, payload, { at: day(3), opportunityId: opportunityId as number })
    await world.fire(slug, { ...payload, trackingId: opportunityId }, { at: day(2) })
    expect(await world.engagements()).toEqual([{ ...first, collaboratorId: jane, score: 15, dateModified: day(3) }])
  })

  it.each(['pending', 'inactive', 'rejected'] as const)('does nothing for a collaborator who is %s', async status => {
    const world = await testWorld(sql)
    const program = await world.program({ triggers: { [type]: 5 } })
    const collaboratorId = await world.collaborator({ status, programs: [program] })
    const { opportunityId, types } = await world.fire(slug, { collaboratorId, ...subject })
    expect(opportunityId).not.toBeNull()
    expect(types).toEqual([slug, 'OpportunityTriggered', 'EngagementInitialized'])
    expect(await world.engagements()).toEqual([])
  })

  it('of a link that leads nowhere is refused', async () => {
    const [world, other] = [await testWorld(sql), await testWorld(sql)]
    const program = await world.program({ triggers: { [type]: 5 } })
    const gone = await world.collaborator({ status: 'deleted', programs: [program], tracking: 'GONE' })
    const jane = await world.collaborator({ programs: [program], coupon: 'COUPON', tracking: 'JANE' })
    const { organizationId } = world
    await insertAlias(sql, { organizationId, collaboratorId: jane, code: 'OLD', retiredDate: day(1) })
    const stranger = await other.collaborator({ tracking: 'STRANGER' })
    const unknown = [gone, stranger, 2 ** 53 - 1]
    const codes = ['GONE', 'STRANGER', 'OLD', 'COUPON', 'NOBODY', 'JA NE', '%', "'"].map(code => `tracking:${code}`)
    for (const collaboratorId of [...unknown, ...codes])
      expect(await refusedFields(world, () => world.fire(slug, { collaboratorId, ...subject }))).toEqual({
        collaboratorId: [
          `Expected the id or tracking code of a collaborator, received ${JSON.stringify(collaboratorId)}`,
        ],
      })
  })

  it('of a code that went to someone else is to the credit of that one', async () => {
    const world = await testWorld(sql)
    const { organizationId } = world
    const program = await world.program({ triggers: { [type]: 5 } })
    const [jane, joe] = [
      await world.collaborator({ programs: [program] }),
      await world.collaborator({ programs: [program] }),
    ]
    await insertAlias(sql, { organizationId, collaboratorId: jane, code: 'SHARED', retiredDate: day(1) })
    await insertAlias(sql, { organizationId, collaboratorId: joe, code: 'SHARED' })
    await world.fire(slug, { collaboratorId: 'tracking:SHARED', ...subject })
    expect(await world.engagements()).toMatchObject([{ collaboratorId: joe }])
  })
})

describe('several triggers of one visitor', () => {
  it('add up in one engagement for a program and collaborator, and make others for others', async () => {
    const world = await testWorld(sql)
    await world.shop()
    const triggers = { referredSiteVisit: 100, boundCouponUsed: 20, courseCompleted: 3 }
    const program = await world.program({ triggers })
    const jane = await world.collaborator({ programs: [program], coupon: 'JANE' })
    const joe = await world.collaborator({ programs: [program] })
    const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: jane })
    await world.fire('coupon-applied', { code: 'JANE', trackingId })
    await world.fire('course-completed', { collaboratorId: jane, courseId: 1, trackingId })
    await world.fire('site-visited', { collaboratorId: joe, trackingId })
    expect(await world.engagements()).toMatchObject([
      { collaboratorId: jane, score: 123 },
      { collaboratorId: joe, score: 100 },
    ])
  })

  it('start a new engagement after the sale', async () => {
    const world = await testWorld(sql)
    const jane = await world.collaborator({ programs: [await world.program()] })
    const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: jane })
    await world.fire('sale', sale('1', { trackingId }))
    await world.fire('site-visited', { collaboratorId: jane, trackingId })
    await world.fire('site-visited', { collaboratorId: jane, trackingId })
    expect(await world.engagements()).toMatchObject([
      { status: 'complete', score: 100 },
      { status: 'active', score: 200, opportunityId: trackingId },
    ])
  })

  it('may be worth nothing', async () => {
    const world = await testWorld(sql)
    const jane = await world.collaborator({ programs: [await world.program({ triggers: { referredSiteVisit: 0 } })] })
    await world.fire('site-visited', { collaboratorId: jane })
    expect(await world.engagements()).toMatchObject([{ score: 0, status: 'active' }])
  })
})

describe('a coupon', () => {
  const shop = async (given: Parameters<World['shop']>[0] | null = {}) => {
    const world = await testWorld(sql)
    if (given !== null) await world.shop(given)
    const program = await world.program({ triggers: { boundCouponUsed: 20 } })
    const jane = await world.collaborator({ programs: [program], coupon: 'JANE10', tracking: 'TRACK' })
    return { world, program, jane }
  }

  it.each([
    ['no integration', null],
    ['none that supports coupons', { supportsCoupons: false }],
    ['none that is active', { status: 'inactive' }],
  ])('counts for nothing while there is %s', async (_, given) => {
    const { world } = await shop(given)
    const { types, opportunityId } = await world.fire('coupon-applied', { code: 'JANE10' })
    expect(types).toEqual(['coupon-applied', 'OpportunityTriggered'])
    expect(opportunityId).not.toBeNull()
    expect([await world.engagements(), await world.notes()]).toEqual([[], []])
  })

  it('counts when one of several integrations supports it', async () => {
    const { world } = await shop({ source: 'stripe', supportsCoupons: false })
    await world.shop({ source: 'woocommerce' })
    await world.fire('coupon-applied', { code: 'JANE10' })
    expect(await world.engagements()).toHaveLength(1)
  })

  it('of another organization is nothing here, its integrations neither', async () => {
    const { world } = await shop(null)
    const { world: other } = await shop()
    await other.collaborator({ coupon: 'OTHER' })
    await world.shop()
    expect((await world.fire('coupon-applied', { code: 'OTHER' })).types).toEqual([
      'coupon-applied',
      'OpportunityTriggered',
    ])
    const { world: poor } = await shop(null)
    expect((await poor.fire('coupon-applied', { code: 'JANE10' })).types).toEqual([
      'coupon-applied',
      'OpportunityTriggered',
    ])
  })

  it('that is bound to nobody is no reason for an engagement or a note', async () => {
    const { world, jane } = await shop()
    const { organizationId } = world
    await insertAlias(sql, { organizationId, collaboratorId: jane, type: 'coupon', code: 'OLD', retiredDate: day(1) })
    await world.collaborator({ coupon: 'GONE', status: 'deleted' })
    for (const code of ['SUMMER', 'OLD', 'GONE', 'TRACK', 'JANE', '%', 'JANE 10'])
      expect((await world.fire('coupon-applied', { code })).types).toEqual(['coupon-applied', 'OpportunityTriggered'])
    expect([await world.engagements(), await world.notes()]).toEqual([[], []])
  })

  it('that was reassigned is to the credit of its new owner', async () => {
    const { world, program, jane } = await shop()
    const { organizationId } = world
    const joe = await world.collaborator({ programs: [program], coupon: 'NEW' })
    await insertAlias(sql, { organizationId, collaboratorId: jane, type: 'coupon', code: 'NEW', retiredDate: day(0) })
    await world.fire('coupon-applied', { code: 'new' })
    expect(await world.engagements()).toMatchObject([{ collaboratorId: joe }])
  })

  it.each(['jane10', 'Jane10', 'JANE10'])('counts as %s too', async code => {
    const { world, jane } = await shop()
    await world.fire('coupon-applied', { code })
    expect(await world.engagements()).toMatchObject([{ collaboratorId: jane, score: 20 }])
    expect(await world.notes()).toMatchObject([{ facts: { code: 'JANE10' } }])
  })

  it.each([
    ['by X-Siren-OID', (id: number) => [{}, { opportunityId: id }] as const],
    ['by trackingId', (id: number) => [{ trackingId: id }, {}] as const],
    ['by userId', () => [{ userId: 'u' }, {}] as const],
  ])('continues the opportunity that is named %s', async (_, name) => {
    const { world, jane } = await shop()
    const visit = await world.fire('site-visited', { collaboratorId: jane, userId: 'u' })
    const [payload, sending] = name(visit.opportunityId as number)
    const { opportunityId } = await world.fire('coupon-applied', { code: 'JANE10', ...payload }, sending)
    expect(opportunityId).toBe(visit.opportunityId)
    expect(await world.engagements()).toMatchObject([{ opportunityId }])
  })
})

describe('a manual attribution', () => {
  const story = async (given: Parameters<World['program']>[0] = {}) => {
    const world = await testWorld(sql)
    const { opportunityId } = await world.fire('site-visited', { collaboratorId: await world.collaborator() })
    await world.fire('sale', sale('1', { trackingId: opportunityId }))
    const transactionId = (await world.transactions())[0]?.id as number
    const program = await world.program({ triggers: { manual: 7 }, ...given })
    return { world, transactionId, program }
  }

  it('touches the active programs that enable it and that the collaborator is in', async () => {
    const { world, transactionId, program } = await story()
    const other = await world.program({ triggers: { manual: 3 } })
    const closed = await world.program({ triggers: { manual: 1 }, status: 'inactive' })
    const visits = await world.program()
    const collaboratorId = await world.collaborator({ programs: [program, other, closed, visits], tracking: 'JANE' })
    await world.fire('manual-attribution', { collaboratorId: 'tracking:JANE', transactionId })
    expect(await world.engagements()).toMatchObject([
      { programId: program, collaboratorId, score: 7, status: 'complete' },
      { programId: other, collaboratorId, score: 3, status: 'complete' },
    ])
  })

  it('is no second one under the same program, unless the first was rejected', async () => {
    const { world, transactionId, program } = await story()
    const collaboratorId = await world.collaborator({ programs: [program] })
    const credit = () => world.fire('manual-attribution', { collaboratorId, transactionId })
    await credit()
    const before = await world.dump()
    await expect(credit()).rejects.toThrow(`Transaction ${transactionId} is credited to collaborator`)
    expect(await world.dump()).toEqual(before)
    const later = await world.program({ triggers: { manual: 1 } })
    await world.enroll(collaboratorId, later)
    await credit()
    expect((await world.engagements()).map(({ programId }) => programId)).toEqual([program, later])
    const [first] = await world.conversions()
    await world.fire('conversion-rejected', { conversionId: first?.id, reason: 'mistake' })
    await credit()
    expect((await world.engagements()).map(({ programId }) => programId)).toEqual([program, later, program])
    await expect(credit()).rejects.toThrow('is credited')
  })

  it.each(['inactive', 'pending', 'rejected', 'deleted'] as const)('cannot credit one who is %s', async status => {
    const { world, transactionId, program } = await story()
    const collaboratorId = await world.collaborator({ programs: [program], status })
    const fields = await refusedFields(world, () => world.fire('manual-attribution', { collaboratorId, transactionId }))
    expect(Object.keys(fields)).toEqual(['collaboratorId'])
  })

  it('is of a transaction for which a program pays', async () => {
    const { world, transactionId, program } = await story({ activeConversionTypes: ['sale', 'lead'] })
    const collaboratorId = await world.collaborator({ programs: [program] })
    const before = await world.dump()
    const lead = { collaboratorId, transactionId, conversionType: 'lead' }
    const fields = await refusedFields(world, () => world.fire('manual-attribution', lead))
    expect(fields).toEqual({
      transactionId: [
        `Expected a transaction for which a program pays, received ${transactionId}, for which none does`,
      ],
    })
    expect(await world.dump()).toEqual(before)
  })

  it('cannot credit one who is in no program that enables it', async () => {
    const { world, transactionId } = await story()
    const collaboratorId = await world.collaborator({ programs: [await world.program()] })
    const fields = await refusedFields(world, () => world.fire('manual-attribution', { collaboratorId, transactionId }))
    expect(Object.keys(fields)).toEqual(['collaboratorId'])
  })

  it('credits no transaction that was refunded, and none that does not exist', async () => {
    const { world, transactionId, program } = await story()
    const collaboratorId = await world.collaborator({ programs: [program] })
    await world.fire('refund', { source: 'woocommerce', externalId: '1' })
    const before = await world.dump()
    await expect(world.fire('manual-attribution', { collaboratorId, transactionId })).rejects.toThrow('is refunded')
    await expect(
      world.fire('manual-attribution', { collaboratorId, transactionId: transactionId + 1 }),
    ).rejects.toThrow(RecordNotFoundError)
    expect(await world.dump()).toEqual(before)
  })

  it('may be of a renewal or of a lead', async () => {
    const { world, transactionId, program } = await story({ activeConversionTypes: ['sale', 'renewal', 'lead'] })
    for (const [conversionType, incentive] of [
      ['renewal', 'saleTransactionPercentage'],
      ['lead', 'fixedPerLead'],
    ]) {
      await sql.script(
        `update program set incentive_type = '${incentive}', payout_per_lead = 500 where id = ${program}`,
      )
      const collaboratorId = await world.collaborator({ programs: [program] })
      await world.fire('manual-attribution', { collaboratorId, transactionId, conversionType })
    }
    expect(await world.conversions()).toMatchObject([
      { type: 'renewal', transactionId },
      { type: 'lead', transactionId },
    ])
  })
})

describe('an event of a customer', () => {
  const story = async () => {
    const world = await testWorld(sql)
    const program = await world.program()
    const jane = await world.collaborator({ programs: [program] })
    const visit = async (more: object = {}, opportunityId?: number) =>
      (await world.fire('site-visited', { collaboratorId: jane, ...more }, { opportunityId })).opportunityId as number
    return { world, program, jane, visit }
  }

  it('opens an opportunity when it names none', async () => {
    const { world, visit } = await story()
    const [one, two] = [await visit(), await visit()]
    expect(one).not.toBe(two)
    expect(await world.opportunities()).toMatchObject([
      { id: one, userId: null, status: 'active', dateCreated: day(1, 0) },
      { id: two, userId: null, status: 'active', dateCreated: day(1, 1) },
    ])
  })

  it.each<readonly [string, (id: number) => readonly [object, number | undefined]]>([
    ['X-Siren-OID', id => [{}, id]],
    ['trackingId', id => [{ trackingId: id }, undefined]],
    ['a trackingId of digits', id => [{ trackingId: String(id) }, undefined]],
    ['userId', () => [{ userId: 'u1' }, undefined]],
  ])('continues the opportunity named by %s', async (_, name) => {
    const { world, visit } = await story()
    const first = await visit({ userId: 'u1' })
    await visit()
    expect(await visit(...name(first))).toBe(first)
    expect(await world.opportunities()).toHaveLength(2)
  })

  it('goes by the trackingId where X-Siren-OID says otherwise', async () => {
    const { visit } = await story()
    const [one, two] = [await visit(), await visit()]
    expect(await visit({ trackingId: one }, two)).toBe(one)
  })

  it('is refused when it names an opportunity that does not exist', async () => {
    const { world, jane, visit } = await story()
    const foreign = await insertOpportunity(sql, { organizationId: (await testWorld(sql)).organizationId })
    await visit()
    for (const id of [foreign, 2 ** 53 - 1]) {
      const message = `Expected the id of an opportunity, received ${id}, which does not exist`
      const named = { collaboratorId: jane, trackingId: id }
      expect(await refusedFields(world, () => world.fire('site-visited', named))).toEqual({ trackingId: [message] })
      expect(await refusedFields(world, () => world.fire('sale', sale('1', { trackingId: id })))).toEqual({
        trackingId: [message],
      })
      const header = () => world.fire('site-visited', { collaboratorId: jane }, { opportunityId: id })
      expect(await refusedFields(world, header)).toEqual({ 'X-Siren-OID': [message] })
    }
  })

  it('never continues an invalid opportunity: a visit opens another, a sale or a lead is refused', async () => {
    const { world, visit } = await story()
    const invalid = await visit({ userId: 'u1' })
    await world.fire('opportunity-invalidated', { opportunityId: invalid })
    const message = `Expected an active opportunity, received ${invalid}, which is invalid`
    for (const slug of ['sale', 'lead'])
      expect(
        await refusedFields(world, () =>
          world.fire(slug, (slug === 'sale' ? sale : lead)('1', { trackingId: invalid })),
        ),
      ).toEqual({
        trackingId: [message],
      })
    expect(await refusedFields(world, () => world.fire('sale', sale('1', { userId: 'u1' })))).toHaveProperty('userId')
    const anonymous = await visit({ trackingId: invalid })
    const known = await visit({ trackingId: invalid, userId: 'u1' })
    expect(new Set([invalid, anonymous, known]).size).toBe(3)
    expect(await visit({ trackingId: invalid, userId: 'u1' })).toBe(known)
    expect(await world.opportunities()).toMatchObject([
      { id: invalid, status: 'invalid', userId: 'u1' },
      { id: anonymous, status: 'active', userId: null },
      { id: known, status: 'active', userId: 'u1' },
    ])
  })

  it('may be a sale that names its customer in any of the ways', async () => {
    const { world, visit } = await story()
    const id = await visit({ userId: 'u1' })
    const fired = [
      await world.fire('sale', sale('1', { trackingId: id })),
      await world.fire('sale', sale('2', {}), { opportunityId: id }),
      await world.fire('sale', sale('3', { userId: 'u1' })),
    ]
    expect(fired.map(({ opportunityId }) => opportunityId)).toEqual([id, id, id])
    expect((await world.transactions()).map(({ opportunityId }) => opportunityId)).toEqual([id, id, id])
  })

  it('cannot be a sale that names nobody, or nobody who is known', async () => {
    const { world } = await story()
    expect(await refusedFields(world, () => world.fire('sale', sale('1', {})))).toEqual({
      trackingId: ["Expected an opportunity's id, which X-Siren-OID answers, received nothing"],
    })
    expect(await refusedFields(world, () => world.fire('lead', lead('1', { userId: 'nobody' })))).toEqual({
      userId: ['Expected a customer with an active opportunity, received one without'],
    })
  })

  it('makes an anonymous visitor a known customer', async () => {
    const { world, visit } = await story()
    const id = await visit()
    expect(await visit({ trackingId: id, userId: 'u1' })).toBe(id)
    expect(await world.opportunities()).toMatchObject([{ id, userId: 'u1', status: 'active', mergedIntoId: null }])
    expect(await visit({ userId: 'u1' })).toBe(id)
  })

  it("leaves somebody else's opportunity alone", async () => {
    const { world, visit } = await story()
    const one = await visit({ userId: 'u1' })
    const two = await visit({ trackingId: one, userId: 'u2' })
    expect(two).not.toBe(one)
    expect(await visit({ trackingId: one, userId: 'u2' })).toBe(two)
    expect(await visit({ userId: 'u2' }, one)).toBe(two)
    expect(await world.opportunities()).toMatchObject([
      { id: one, userId: 'u1' },
      { id: two, userId: 'u2' },
    ])
    expect(await world.engagements()).toMatchObject([
      { opportunityId: one, score: 100 },
      { opportunityId: two, score: 300 },
    ])
  })
})

describe('an anonymous visitor who turns out to be a known customer', () => {
  const story = async (given: Parameters<World['program']>[0] = {}) => {
    const world = await testWorld(sql)
    const program = await world.program(given)
    const jane = await world.collaborator({ programs: [program] })
    const visit = (more: object, at: Date) => world.fire('site-visited', { collaboratorId: jane, ...more }, { at })
    return { world, program, jane, visit }
  }

  it('is one opportunity from then on, whose scores are added up under the earliest date', async () => {
    const { world, program, jane, visit } = await story()
    const joe = await world.collaborator({ programs: [program] })
    const { opportunityId: anonymous } = await visit({}, day(1))
    const { opportunityId: known } = await visit({ userId: 'u1' }, day(2))
    await world.fire('site-visited', { collaboratorId: joe, trackingId: anonymous }, { at: day(3) })
    const [, kept] = await world.engagements()
    const { opportunityId } = await visit({ trackingId: anonymous, userId: 'u1' }, day(4))
    expect(opportunityId).toBe(known)
    expect(await world.opportunities()).toMatchObject([
      { id: anonymous, status: 'inactive', mergedIntoId: known, userId: null, dateModified: day(4) },
      { id: known, status: 'active', mergedIntoId: null, userId: 'u1' },
    ])
    expect(await world.engagements()).toMatchObject([
      {
        id: kept?.id,
        opportunityId: known,
        collaboratorId: jane,
        score: 300,
        dateCreated: day(1),
        dateModified: day(4),
      },
      { opportunityId: known, collaboratorId: joe, score: 100, dateCreated: day(3), dateModified: day(3) },
    ])
  })

  it('is followed by whatever names the old opportunity', async () => {
    const { world, visit } = await story()
    const { opportunityId: anonymous } = await visit({}, day(1))
    const { opportunityId: known } = await visit({ userId: 'u1' }, day(2))
    await visit({ trackingId: anonymous, userId: 'u1' }, day(3))
    expect((await visit({ trackingId: anonymous }, day(4))).opportunityId).toBe(known)
    expect((await world.fire('sale', sale('1', { trackingId: anonymous }))).opportunityId).toBe(known)
    expect((await world.fire('lead', lead('1', { trackingId: anonymous }))).opportunityId).toBe(known)
    const invalidated = await world.fire('opportunity-invalidated', { opportunityId: anonymous }, { at: day(5) })
    expect(invalidated.opportunityId).toBe(known)
    expect(await world.opportunities()).toMatchObject([
      { id: anonymous, status: 'inactive' },
      { id: known, status: 'invalid' },
    ])
    expect((await visit({ trackingId: anonymous }, day(6))).opportunityId).not.toBe(known)
  })

  it('brings along what was bought, what is over, and its notes', async () => {
    const { world, visit } = await story()
    const { opportunityId: anonymous } = await visit({}, day(1))
    await world.fire('sale', sale('1', { trackingId: anonymous }), { at: day(2) })
    const { opportunityId: known } = await visit({ userId: 'u1' }, day(3))
    const notes = await world.notes()
    const conversions = await world.conversions()
    await visit({ trackingId: anonymous, userId: 'u1' }, day(4))
    expect((await world.transactions()).map(({ opportunityId }) => opportunityId)).toEqual([known])
    expect(await world.engagements()).toMatchObject([
      { opportunityId: known, status: 'complete', score: 100, dateModified: day(2) },
      { opportunityId: known, status: 'active', score: 200 },
    ])
    expect([await world.notes(), await world.conversions()]).toEqual([notes, conversions])
  })

  it('keeps cancelled and pending engagements as they are', async () => {
    const { world, program, jane, visit } = await story()
    const { organizationId } = world
    const { opportunityId: anonymous } = await visit({}, day(1))
    const given = { organizationId, opportunityId: anonymous as number, programId: program, collaboratorId: jane }
    for (const status of ['pending', 'cancelled', 'complete'] as const)
      await insertEngagement(sql, { ...given, status })
    const { opportunityId: known } = await visit({ userId: 'u1' }, day(2))
    await visit({ trackingId: anonymous, userId: 'u1' }, day(3))
    expect(
      (await world.engagements()).map(({ status, score, opportunityId }) => [status, score, opportunityId]),
    ).toEqual([
      ['pending', 10, known],
      ['cancelled', 10, known],
      ['complete', 10, known],
      ['active', 300, known],
    ])
  })

  it('takes along those who were merged into the anonymous one before', async () => {
    const { world, visit } = await story()
    const { organizationId } = world
    const { opportunityId: anonymous } = await visit({}, day(1))
    const first = await insert(sql, 'opportunity', {
      organizationId,
      status: 'inactive',
      mergedIntoId: anonymous,
      dateCreated: day(0),
      dateModified: day(0),
    })
    const { opportunityId: known } = await visit({ userId: 'u1' }, day(2))
    await visit({ trackingId: first, userId: 'u1' }, day(3))
    expect((await world.opportunities()).map(({ id, mergedIntoId }) => [id, mergedIntoId])).toEqual([
      [anonymous, known],
      [first, known],
      [known, null],
    ])
  })

  it('keeps the renewals that its engagements were credited with', async () => {
    const { world, visit } = await story({ activeConversionTypes: ['renewal'] })
    const { opportunityId: anonymous } = await visit({}, day(1))
    await world.fire('sale', sale('1', { trackingId: anonymous }))
    await world.fire('renewal', sale('2', { originalExternalId: '1' }))
    const { opportunityId: known } = await visit({ userId: 'u1' }, day(3))
    await visit({ trackingId: anonymous, userId: 'u1' }, day(4))
    const engagements = await world.engagements()
    expect(engagements).toMatchObject([{ opportunityId: known, status: 'active', score: 300 }])
    expect(await world.conversions()).toMatchObject([{ engagementId: engagements[0]?.id, type: 'renewal' }])
    await world.fire('renewal', sale('3', { originalExternalId: '1' }))
    expect(await world.conversions()).toHaveLength(2)
  })

  it('by a coupon as well', async () => {
    const { world, visit } = await story({ triggers: { referredSiteVisit: 100, boundCouponUsed: 5 } })
    await world.shop()
    const { opportunityId: anonymous } = await visit({}, day(1))
    const { opportunityId: known } = await visit({ userId: 'u1' }, day(2))
    const applied = await world.fire('coupon-applied', { code: 'X', trackingId: anonymous, userId: 'u1' })
    expect(applied.opportunityId).toBe(known)
    expect(await world.engagements()).toMatchObject([{ opportunityId: known, score: 200 }])
  })
})
