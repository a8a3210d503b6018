import { describe, expect, it } from 'vitest'
import { ConflictError, RecordNotFoundError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { insertTransaction } from '../support/rows.ts'
import { day, testWorld, type World } from '../support/world.ts'

const { sql } = await testDatabase()

const statuses = (rows: readonly { status: string }[]): string[] => rows.map(({ status }) => status)
const ORDER = { source: 'woocommerce', externalId: '1001' }

/** A visitor by Jane's link. */
const referred = async (given: Parameters<World['program']>[0] = {}) => {
  const world = await testWorld(sql)
  const program = await world.program(given)
  const jane = await world.collaborator({ programs: [program] })
  const visit = (trackingId?: number, at?: Date) =>
    world.fire('site-visited', { collaboratorId: jane, trackingId }, at && { at })
  const trackingId = (await visit()).opportunityId as number
  const sale = { ...ORDER, total: 49.99, trackingId }
  return { world, program, jane, visit, trackingId, sale }
}

const sold = async (given: Parameters<World['program']>[0] = {}) => {
  const story = await referred(given)
  await story.world.fire('sale', story.sale)
  return { ...story, conversionId: (await story.world.conversions())[0]?.id as number }
}

/** What was taken in, is not of interest here. */
const withoutReceipts = async (world: World): Promise<readonly string[]> =>
  (await world.dump()).filter(row => !row.startsWith('ingested_event'))

/** Does something that has no effect, not even a trace. */
const refused = async (world: World, work: () => Promise<unknown>, error: new (...args: never[]) => Error) => {
  const before = await world.dump()
  await expect(work()).rejects.toThrow(error)
  expect(await world.dump()).toEqual(before)
}

/** Does something that is taken in, and changes nothing. */
const idle = async (world: World, work: () => Promise<unknown>) => {
  const before = await withoutReceipts(world)
  await work()
  expect(await withoutReceipts(world)).toEqual(before)
}

describe('a sale that comes again', () => {
  it('has no effect, and the same answer', async () => {
    const { world, sale, trackingId } = await sold({ autoApprove: true })
    const before = await world.dump()
    for (const payload of [sale, { ...sale, currency: 'USD' }, { ...sale, trackingId: String(trackingId) }])
      expect(await world.fire('sale', payload)).toMatchObject({ opportunityId: trackingId, events: [], types: [] })
    expect(await world.dump()).toEqual(before)
  })

  it.each([
    ['another total', { total: 50 }],
    ['other items', { items: [{ name: 'Course', amount: 49.99 }] }],
    ['another currency', { currency: 'EUR' }],
    ['another customer', { userId: 'u1' }],
  ])('with %s is a conflict', async (_, more) => {
    const { world, sale } = await sold()
    await refused(world, () => world.fire('sale', { ...sale, ...more }), ConflictError)
  })

  it('under another name is another sale', async () => {
    const { world, sale } = await sold()
    await world.fire('sale', { ...sale, externalId: '1002' })
    await world.fire('sale', { ...sale, source: 'stripe' })
    expect(await world.transactions()).toHaveLength(3)
    expect(await world.conversions()).toHaveLength(1)
  })

  it('of the same name in another organization is another sale', async () => {
    for (const { world } of [await sold(), await sold()]) expect(await world.transactions()).toHaveLength(1)
  })

  it('of the name of a renewal is a conflict, and the other way round', async () => {
    const { world, sale } = await sold()
    await world.fire('renewal', { ...ORDER, externalId: '2', originalExternalId: '1001', total: 1 })
    await refused(world, () => world.fire('sale', { ...sale, externalId: '2' }), ConflictError)
    await refused(world, () => world.fire('renewal', { ...ORDER, originalExternalId: '1001', total: 1 }), ConflictError)
  })

  it('has the answer it had, though its opportunity was merged or is over', async () => {
    const { world, sale, jane, trackingId } = await sold()
    await world.fire('site-visited', { collaboratorId: jane, userId: 'u1' })
    await world.fire('site-visited', { collaboratorId: jane, userId: 'u1', trackingId })
    expect((await world.fire('sale', sale)).opportunityId).toBe(trackingId)
    await world.fire('opportunity-invalidated', { opportunityId: trackingId })
    await idle(world, () => world.fire('sale', sale))
  })
})

describe('an Idempotency-Key', () => {
  const key = (idempotencyKey: string) => ({ idempotencyKey })

  it('makes a repeated visit one', async () => {
    const { world, jane, trackingId } = await referred()
    const payload = { collaboratorId: jane, trackingId }
    await world.fire('site-visited', payload, key('k'))
    const before = await world.dump()
    for (let i = 0; i < 3; i++)
      expect(await world.fire('site-visited', payload, key('k'))).toMatchObject({
        opportunityId: trackingId,
        types: [],
      })
    expect(await world.dump()).toEqual(before)
    expect(await world.engagements()).toMatchObject([{ score: 200 }])
    await world.fire('site-visited', payload, key('l'))
    await world.fire('site-visited', payload)
    expect(await world.engagements()).toMatchObject([{ score: 400 }])
  })

  it('answers the opportunity that was opened the first time', async () => {
    const { world, jane } = await referred()
    const first = await world.fire('site-visited', { collaboratorId: jane }, key('k'))
    const again = await world.fire('site-visited', { collaboratorId: jane }, key('k'))
    expect(again.opportunityId).toBe(first.opportunityId)
    expect(await world.opportunities()).toHaveLength(2)
  })

  it('cannot mean another payload, or another kind of event', async () => {
    const { world, jane, sale, trackingId } = await referred()
    await world.fire('site-visited', { collaboratorId: jane }, key('k'))
    for (const [slug, payload] of [
      ['site-visited', { collaboratorId: jane, trackingId }],
      ['post-visited', { collaboratorId: jane, postId: 1 }],
      ['sale', sale],
      ['fulfillment-generated', {}],
    ] as const)
      await refused(world, () => world.fire(slug, payload, key('k')), ConflictError)
  })

  it('is one organization’s own', async () => {
    for (const { world, jane } of [await referred(), await referred()]) {
      const { types } = await world.fire('site-visited', { collaboratorId: jane }, key('shared'))
      expect(types).toContain('EngagementsTriggered')
    }
  })

  it.each<readonly [(string | undefined)[]]>([
    [[undefined, 'k', 'k', 'l', undefined]],
    [['k', undefined, 'l', 'k', 'l']],
    [['k', 'k', 'l', 'm', undefined]],
  ])('and the name of a sale go together, as %j', async keys => {
    const { world, sale, trackingId } = await referred()
    for (const [at, idempotencyKey] of keys.entries()) {
      const { opportunityId, types } = await world.fire('sale', sale, { ...(idempotencyKey && { idempotencyKey }) })
      expect([opportunityId, types.length > 0]).toEqual([trackingId, at === 0])
    }
    expect(await world.transactions()).toHaveLength(1)
    expect(await world.conversions()).toHaveLength(1)
    for (const idempotencyKey of new Set(keys)) {
      const another = () =>
        world.fire('sale', { ...sale, externalId: '1002' }, { ...(idempotencyKey && { idempotencyKey }) })
      if (idempotencyKey !== undefined) await refused(world, another, ConflictError)
    }
    for (const idempotencyKey of ['k', 'l', 'new'])
      await refused(world, () => world.fire('sale', { ...sale, total: 1 }, key(idempotencyKey)), ConflictError)
  })

  it('of one sale cannot stand for another that was taken in too', async () => {
    const { world, sale } = await referred()
    await world.fire('sale', sale, key('one'))
    await world.fire('sale', { ...sale, externalId: '1002' }, key('two'))
    await refused(world, () => world.fire('sale', sale, key('two')), ConflictError)
    await refused(world, () => world.fire('sale', { ...sale, externalId: '1002' }, key('one')), ConflictError)
  })

  it('is free again when its event was refused', async () => {
    const { world, sale, jane } = await referred()
    await refused(world, () => world.fire('refund', ORDER, key('k')), RecordNotFoundError)
    await world.fire('site-visited', { collaboratorId: jane }, key('k'))
    await world.fire('sale', sale, key('l'))
    expect(await world.transactions()).toHaveLength(1)
  })
})

describe('what is repeated', () => {
  it('refunds once', async () => {
    const { world } = await sold()
    const { opportunityId } = await world.fire('refund', ORDER)
    await idle(world, async () => {
      expect(await world.fire('refund', ORDER)).toMatchObject({ opportunityId, types: ['refund'] })
    })
    await idle(world, () => world.fire('refund', { ...ORDER, reason: 'again' }, { idempotencyKey: 'another' }))
  })

  it.each([
    ['conversion-approved', {}, {}],
    ['conversion-rejected', { reason: 'fraud' }, { reason: 'something else' }],
  ])('is a %s that happened', async (slug, more, other) => {
    const { world, conversionId } = await sold()
    await world.fire(slug, { conversionId, ...more })
    await idle(world, () => world.fire(slug, { conversionId, ...more }, { at: day(30) }))
    await idle(world, () => world.fire(slug, { conversionId, ...other }, { at: day(31) }))
  })

  it('invalidates, activates, pays and moves on once', async () => {
    const { world, trackingId, sale, jane } = await sold({ autoApprove: true })
    await world.fire('fulfillment-generated', {})
    const [payoutId, fulfillmentId] = [(await world.payouts())[0]?.id, (await world.fulfillments())[0]?.id]
    for (const [slug, payload] of [
      ['payout-paid', { payoutId }],
      ['fulfillment-status-changed', { fulfillmentId, status: 'complete' }],
      ['opportunity-invalidated', { opportunityId: trackingId }],
      ['collaborator-approved', { collaboratorId: jane }],
      ['org-created', {}],
      ['fulfillment-generated', {}],
      ['sale', sale],
    ] as const) {
      await world.fire(slug, payload)
      await idle(world, () => world.fire(slug, payload, { at: day(40) }))
    }
    const keys = (await world.notes()).map(({ key }) => key)
    for (const key of ['payout_paid', 'opportunity_invalidated', 'org_created', 'fulfillment_created'])
      expect(keys.filter(other => other === key)).toHaveLength(1)
  })

  it('renews once', async () => {
    const { world } = await sold({ activeConversionTypes: ['sale', 'renewal'] })
    const renewal = { ...ORDER, externalId: '2', originalExternalId: '1001', total: 5 }
    await world.fire('renewal', renewal)
    const before = await world.dump()
    expect((await world.fire('renewal', renewal)).types).toEqual([])
    expect(await world.dump()).toEqual(before)
    await refused(world, () => world.fire('renewal', { ...renewal, total: 6 }), ConflictError)
  })

  it('rolls no obligation into two payouts', async () => {
    const { world } = await sold({ autoApprove: true })
    const obligationIds = (await world.obligations()).map(({ id }) => id)
    await world.fire('fulfillment-generated', { obligationIds })
    const before = await world.dump()
    await expect(world.fire('fulfillment-generated', { obligationIds })).rejects.toThrow('which is complete')
    expect(await world.dump()).toEqual(before)
  })

  it('applies once with one address', async () => {
    const world = await testWorld(sql)
    const application = { fullName: 'Amara', email: 'amara@example.com' }
    await world.fire('collaborator-submitted', application)
    await refused(world, () => world.fire('collaborator-submitted', application), ConflictError)
  })
})

describe('what comes late or out of order', () => {
  it('may be a refund before its sale', async () => {
    const { world, sale } = await referred()
    await refused(world, () => world.fire('refund', ORDER), RecordNotFoundError)
    await world.fire('sale', sale)
    await world.fire('refund', ORDER)
    expect([statuses(await world.transactions()), statuses(await world.conversions())]).toEqual([
      ['refunded'],
      ['rejected'],
    ])
  })

  it('may be a sale after its refund, which stays refunded', async () => {
    const { world, sale } = await sold()
    await world.fire('refund', ORDER)
    const before = await world.dump()
    await world.fire('sale', sale)
    expect(await world.dump()).toEqual(before)
  })

  it('may be a renewal before its sale', async () => {
    const { world } = await referred()
    const renewal = { ...ORDER, externalId: '2', originalExternalId: '1001', total: 5 }
    await refused(world, () => world.fire('renewal', renewal), RecordNotFoundError)
  })

  it('may be a review after a refund', async () => {
    const { world, conversionId } = await sold()
    await world.fire('refund', ORDER)
    await refused(world, () => world.fire('conversion-approved', { conversionId }), ConflictError)
    await idle(world, () => world.fire('conversion-rejected', { conversionId, reason: 'late' }))
  })

  it('may be a refund after a rejection', async () => {
    const { world, conversionId } = await sold()
    await world.fire('conversion-rejected', { conversionId, reason: 'fraud' })
    const { types } = await world.fire('refund', ORDER)
    expect(types).toEqual(['refund', 'RefundTriggered'])
    expect((await world.notes()).filter(({ key }) => key === 'conversion_rejected')).toHaveLength(1)
  })

  it('may be a renewal after an invalidation, which pays nobody whose claim was cancelled', async () => {
    const { world, trackingId } = await referred({ activeConversionTypes: ['renewal'] })
    await world.fire('sale', { ...ORDER, total: 5, trackingId })
    await world.fire('opportunity-invalidated', { opportunityId: trackingId })
    const renewal = { ...ORDER, externalId: '2', originalExternalId: '1001', total: 5 }
    const { types, opportunityId } = await world.fire('renewal', renewal)
    expect(opportunityId).toBe(trackingId)
    expect(types).not.toContain('ConversionRenewed')
    expect(await world.transactions()).toHaveLength(2)
    expect(await world.conversions()).toEqual([])
  })

  it('may be a refund after an invalidation', async () => {
    const { world, trackingId } = await sold()
    await world.fire('opportunity-invalidated', { opportunityId: trackingId })
    await world.fire('refund', ORDER)
    expect(statuses(await world.conversions())).toEqual(['rejected'])
  })

  it('may be a visit of an earlier time: it counts, and is then the first touch', async () => {
    const { world, visit, trackingId } = await referred()
    const [before] = await world.engagements()
    await visit(trackingId, day(0))
    expect(await world.engagements()).toEqual([{ ...before, dateCreated: day(0), score: 200 }])
  })

  it('has its notes in the order in which it happened', async () => {
    const { world, conversionId } = await sold()
    await world.fire('conversion-rejected', { conversionId, reason: 'later' }, { at: day(9) })
    await world.fire('org-created', {}, { at: day(0) })
    const keys = (await world.notes()).map(({ key }) => key)
    expect([keys[0], keys.at(-1)]).toEqual(['org_created', 'conversion_rejected'])
  })

  it('never moves a date back', async () => {
    const { world, conversionId } = await sold()
    await world.fire('conversion-approved', { conversionId }, { at: day(1, 3) })
    await world.fire('conversion-rejected', { conversionId, reason: 'fraud' }, { at: day(1, 2) })
    const [conversion] = await world.conversions()
    expect(conversion?.dateModified).toEqual(day(1, 3))
  })
})

describe('a transaction that came about in another way', () => {
  it('can be renewed and refunded without an opportunity', async () => {
    const world = await testWorld(sql)
    await insertTransaction(sql, { organizationId: world.organizationId, ...ORDER })
    const renewal = await world.fire('renewal', { ...ORDER, externalId: '2', originalExternalId: '1001', total: 5 })
    expect([renewal.opportunityId, renewal.types.at(-1)]).toEqual([null, 'TransactionCompleted'])
    const refund = await world.fire('refund', ORDER)
    expect([refund.opportunityId, refund.types]).toEqual([null, ['refund', 'RefundTriggered']])
  })

  it('is refunded to all who were credited with it, by hand too', async () => {
    const { world } = await sold({ triggers: { referredSiteVisit: 100, manual: 5 }, autoApprove: true })
    const manual = await world.program({ triggers: { manual: 5 } })
    const joe = await world.collaborator({ programs: [manual] })
    const transactionId = (await world.transactions())[0]?.id
    await world.fire('manual-attribution', { collaboratorId: joe, transactionId })
    expect(statuses(await world.conversions())).toEqual(['approved', 'pending'])
    await world.fire('refund', ORDER)
    expect(statuses(await world.conversions())).toEqual(['rejected', 'rejected'])
    expect(statuses(await world.obligations())).toEqual(['rejected', 'rejected'])
  })
})

describe('a second sale', () => {
  it('of a customer who was not brought again pays nobody', async () => {
    const { world, sale } = await sold()
    await world.fire('sale', { ...sale, externalId: '1002' })
    expect(await world.conversions()).toHaveLength(1)
    expect(statuses(await world.engagements())).toEqual(['complete'])
  })

  it('of one who was brought again is credited to the new engagement alone', async () => {
    const { world, visit, sale, trackingId } = await sold()
    await visit(trackingId)
    await world.fire('sale', { ...sale, externalId: '1002' })
    const engagements = await world.engagements()
    expect(statuses(engagements)).toEqual(['complete', 'complete'])
    expect((await world.conversions()).map(({ engagementId, score }) => [engagementId, score])).toEqual(
      engagements.map(({ id }) => [id, 100]),
    )
  })
})

describe('an engagement that cannot earn', () => {
  it('when expired is left pending, and completes with the next award', async () => {
    const { world, sale, visit, trackingId } = await referred({ expirationDays: 30 })
    const late = await world.fire('sale', sale, { at: day(31, 1) })
    expect(late.types.slice(-2)).toEqual(['ConversionInitialized', 'TransactionCompleted'])
    expect(statuses(await world.engagements())).toEqual(['pending'])
    expect([await world.conversions(), await world.notes()]).toEqual([[], []])
    await visit(trackingId, day(32))
    await world.fire('sale', { ...sale, externalId: '1002' }, { at: day(33) })
    expect(statuses(await world.engagements())).toEqual(['complete', 'complete'])
    expect(await world.conversions()).toHaveLength(1)
  })

  it('is none on the last day of the window', async () => {
    const { world, sale } = await referred({ expirationDays: 30 })
    await world.fire('sale', sale, { at: day(31) })
    expect(await world.conversions()).toHaveLength(1)
  })

  it('loses its group’s contest without a contest', async () => {
    const world = await testWorld(sql)
    const groupId = await world.group('oldestBindingWins')
    const expiring = await world.program({ groupId, expirationDays: 1 })
    const lasting = await world.program({ groupId })
    const jane = await world.collaborator({ programs: [expiring, lasting] })
    const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: jane })
    const { types } = await world.fire('sale', { ...ORDER, total: 5, trackingId }, { at: day(9) })
    expect(types).not.toContain('ProgramGroupConversionTriggered')
    expect(statuses(await world.engagements())).toEqual(['pending', 'complete'])
  })

  it('when without a score is left pending', async () => {
    const { world, sale } = await referred({ triggers: { referredSiteVisit: 0 } })
    const { types } = await world.fire('sale', sale)
    expect(types).not.toContain('ConversionsAwarded')
    expect(statuses(await world.engagements())).toEqual(['pending'])
    expect(await world.conversions()).toEqual([])
  })

  it.each(['inactive', 'rejected', 'deleted'])(
    'when its collaborator has become %s leaves the credit to others',
    async status => {
      const { world, sale, jane, program, trackingId } = await referred({ activeConversionTypes: ['sale', 'renewal'] })
      const joe = await world.collaborator({ programs: [program] })
      await world.fire('site-visited', { collaboratorId: joe, trackingId })
      await sql.script(`update collaborator set status = '${status}' where id = ${joe}`)
      await world.fire('sale', sale)
      expect(statuses(await world.engagements())).toEqual(['complete', 'complete'])
      await world.fire('renewal', { ...ORDER, externalId: '2', originalExternalId: '1001', total: 5 })
      expect((await world.conversions()).map(({ collaboratorId, type }) => [collaboratorId, type])).toEqual([
        [jane, 'sale'],
        [jane, 'renewal'],
      ])
      await sql.script(`update collaborator set status = '${status}' where id = ${jane}`)
      await world.fire('renewal', { ...ORDER, externalId: '3', originalExternalId: '1001', total: 5 })
      expect(await world.transactions()).toHaveLength(3)
      expect(await world.conversions()).toHaveLength(2)
    },
  )

  it('when nobody is left who can earn is left pending', async () => {
    for (const [type, incentiveType] of [
      ['sale', 'saleTransactionPercentage'],
      ['lead', 'fixedPerLead'],
    ] as const) {
      const rules = { activeConversionTypes: [type], incentiveType, payoutPerLead: 500 }
      const { world, sale, jane, trackingId } = await referred(rules)
      await sql.script(`update collaborator set status = 'inactive' where id = ${jane}`)
      await world.fire(type, type === 'sale' ? sale : { source: 'crm', trackingId })
      expect(statuses(await world.engagements())).toEqual(['pending'])
      expect([await world.conversions(), await world.obligations(), await world.notes()]).toEqual([[], [], []])
    }
  })

  it('when its program was closed meanwhile stays active', async () => {
    const { world, sale, program } = await referred()
    await sql.script(`update program set status = 'inactive' where id = ${program}`)
    await world.fire('sale', sale)
    expect(statuses(await world.engagements())).toEqual(['active'])
  })
})

describe('a customer who becomes a lead again', () => {
  const lead = async (days: number | null) => {
    const story = await referred({
      incentiveType: 'fixedPerLead',
      payoutPerLead: 500,
      activeConversionTypes: ['lead'],
      leadRequalificationDays: days,
    })
    const become = (at: Date) => story.world.fire('lead', { trackingId: story.trackingId, source: 'crm' }, { at })
    await become(day(2))
    await story.visit(story.trackingId, day(3))
    return { ...story, become }
  }

  it('is no lead within the program’s days, and one afterwards', async () => {
    const { world, become } = await lead(30)
    const early = await become(day(31))
    expect(early.types).toEqual(['lead', 'LeadTriggered', 'LeadInitialized', 'ConversionInitialized'])
    expect(statuses(await world.engagements())).toEqual(['complete', 'active'])
    await become(day(32))
    expect(statuses(await world.engagements())).toEqual(['complete', 'complete'])
    expect(await world.conversions()).toHaveLength(2)
  })

  it('is a new lead at once where the program sets no days, or the first was rejected', async () => {
    const { world, become } = await lead(null)
    await become(day(3, 1))
    expect(await world.conversions()).toHaveLength(2)
    const { world: other, become: again } = await lead(30)
    const conversionId = (await other.conversions())[0]?.id
    await other.fire('conversion-rejected', { conversionId, reason: 'bot' }, { at: day(3, 1) })
    await again(day(4))
    expect(statuses(await other.conversions())).toEqual(['rejected', 'pending'])
  })

  it('is one lead under one name', async () => {
    const { world, trackingId } = await referred({ activeConversionTypes: ['lead'] })
    const named = { trackingId, source: 'crm', externalId: 5 }
    await world.fire('lead', named)
    expect((await world.fire('lead', { ...named, externalId: '5' })).types).toEqual([])
    await refused(world, () => world.fire('lead', { ...named, userId: 'u' }), ConflictError)
  })
})
