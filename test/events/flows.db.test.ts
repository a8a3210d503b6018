import { describe, expect, it } from 'vitest'
import type { NoteSourceType, PayoutRow } from '../../src/database/rows.ts'
import { statement } from '../../src/database/sql.ts'
import { ConflictError, RecordNotFoundError } from '../../src/errors.ts'
import { CORE_BLUEPRINTS } from '../../src/notes/blueprints.ts'
import { Parts } from '../../src/pipeline.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { write } from '../support/rows.ts'
import { day, type Fired, type StoredNote, testWorld, type World } from '../support/world.ts'

const { sql } = await testDatabase()

type Ids = { readonly [Type in NoteSourceType]?: number | readonly number[] }

const note = (key: string, cause: readonly [NoteSourceType, number], links: Ids, facts = {}): StoredNote => ({
  key,
  cause,
  links: Object.fromEntries(Object.entries(links).map(([type, ids]) => [type, [ids].flat()])),
  facts,
})

const ids = (rows: readonly { id: number }[]): number[] => rows.map(({ id }) => id)
const statuses = (rows: readonly { status: string }[]): string[] => rows.map(({ status }) => status)
const only = <Row>(rows: readonly Row[]): Row => {
  expect(rows).toHaveLength(1)
  return rows[0] as Row
}
const opportunityOf = ({ opportunityId }: Fired): number => {
  if (opportunityId === null) throw new Error('Expected an opportunity, received none')
  return opportunityId
}

const VISIT = ['site-visited', 'OpportunityTriggered', 'EngagementInitialized', 'EngagementsTriggered']
const BOUGHT = ['sale', 'SaleTriggered', 'TransactionCreateRequested', 'TransactionCreated', 'SaleInitialized']

const sale = (trackingId: number, externalId = '1001', more = {}) => ({
  source: 'woocommerce',
  externalId,
  total: 49.99,
  trackingId,
  ...more,
})

/** The notes that a part of the story wrote. */
const notesDuring = async (world: World, work: () => Promise<unknown>): Promise<StoredNote[]> => {
  const before = (await world.notes()).length
  await work()
  return (await world.notes()).slice(before)
}

/** A collaborator whose link brought a customer, under one program. */
const referred = async (given: Parameters<World['program']>[0] = {}) => {
  const world = await testWorld(sql)
  const program = await world.program(given)
  const jane = await world.collaborator({ programs: [program] })
  const opportunity = opportunityOf(await world.fire('site-visited', { collaboratorId: jane }))
  return { world, program, jane, opportunity }
}

/** The same, when the customer has bought. */
const sold = async (given: Parameters<World['program']>[0] = {}) => {
  const story = await referred(given)
  await story.world.fire('sale', sale(story.opportunity))
  const { world } = story
  const [transaction, engagement] = [only(await world.transactions()).id, only(await world.engagements()).id]
  const { id: conversion, obligationId: obligation } = only(await world.conversions())
  return { ...story, transaction, engagement, conversion, obligation: obligation as number }
}

describe('a visit', () => {
  it('makes an active engagement of the points that the program gives, and no note', async () => {
    const world = await testWorld(sql)
    const program = await world.program()
    const jane = await world.collaborator({ programs: [program] })
    const visit = await world.fire('site-visited', { collaboratorId: jane })
    expect(visit.types).toEqual(VISIT)
    const opportunity = only(await world.opportunities())
    expect(opportunity).toMatchObject({ id: visit.opportunityId, status: 'active', userId: null, mergedIntoId: null })
    expect(await world.engagements()).toMatchObject([
      {
        opportunityId: opportunity.id,
        programId: program,
        collaboratorId: jane,
        score: 100,
        status: 'active',
        dateCreated: day(1),
        dateModified: day(1),
      },
    ])
    expect(visit.events[1]).toMatchObject({ opportunity, isNew: true, trigger: { collaboratorId: jane } })
    expect(visit.events[2]).toMatchObject({ opportunityId: opportunity.id, collaboratorId: jane })
    expect(visit.events[3]).toMatchObject({ strategyId: 'referredSiteVisit', engagements: await world.engagements() })
    expect(await world.notes()).toEqual([])
  })
})

describe('a sale', () => {
  it('is credited to the binding, is complete at once, and waits for review', async () => {
    const { world, program, jane, opportunity } = await referred()
    const bought = await world.fire('sale', sale(opportunity))
    expect(bought.types).toEqual([
      ...BOUGHT,
      'ConversionInitialized',
      'ConversionsAwarded',
      'EngagementAwarded',
      'EngagementCompleted',
      'ObligationIssued',
      'TransactionCompleted',
    ])
    expect(bought.opportunityId).toBe(opportunity)
    const [transaction, engagement] = [only(await world.transactions()), only(await world.engagements())]
    const [conversion, obligation] = [only(await world.conversions()), only(await world.obligations())]
    expect(transaction).toMatchObject({
      opportunityId: opportunity,
      originalTransactionId: null,
      source: 'woocommerce',
      externalId: '1001',
      status: 'complete',
      totalValue: 4999,
      currency: 'USD',
      dateCreated: day(1, 1),
    })
    expect(await world.lineItems()).toMatchObject([{ value: 4999, quantity: 1, type: 'product', units: 'USD' }])
    expect(engagement).toMatchObject({ status: 'complete', score: 100, dateCreated: day(1), dateModified: day(1, 1) })
    expect(conversion).toMatchObject({
      engagementId: engagement.id,
      collaboratorId: jane,
      transactionId: transaction.id,
      obligationId: obligation.id,
      score: 100,
      type: 'sale',
      status: 'pending',
    })
    expect(obligation).toMatchObject({
      collaboratorId: jane,
      status: 'draft',
      awardType: 'sale',
      value: 500,
      currency: 'USD',
      payoutId: null,
    })
    expect(statuses(await world.opportunities())).toEqual(['active'])
    const links = { collaborator: jane, engagement: engagement.id, program, opportunity, transaction: transaction.id }
    expect(await world.notes()).toEqual([
      note(
        'conversion_awarded',
        ['transaction', transaction.id],
        { ...links, conversion: conversion.id },
        { incentiveType: 'saleTransactionPercentage', score: 100 },
      ),
      note('engagement_awarded', ['engagement', engagement.id], links, { score: 100 }),
      note(
        'obligation_issued',
        ['conversion', conversion.id],
        { obligation: obligation.id, collaborator: jane, conversion: conversion.id },
        { amount: 500, currency: 'USD' },
      ),
    ])
  })

  it('tells its events what they are about', async () => {
    const { world, program, jane, opportunity } = await referred()
    const { events } = await world.fire('sale', sale(opportunity))
    const [transaction, engagement] = [only(await world.transactions()), only(await world.engagements())]
    const binding = { bindingId: '1001', bindingDataType: 'woocommerce_order' }
    const told = Object.fromEntries(events.map(event => [event.type, event]))
    expect(told.SaleTriggered).toMatchObject({
      opportunityId: opportunity,
      source: 'woocommerce',
      total: 4999,
      binding,
    })
    expect(told.TransactionCreated).toMatchObject({ transaction, details: await world.lineItems() })
    expect(told.ConversionInitialized).toMatchObject({
      opportunityId: opportunity,
      conversionType: 'sale',
      transaction,
      matches: [{ program: { id: program }, bindings: [{ id: engagement.id, status: 'active' }] }],
    })
    expect(told.ConversionsAwarded).toMatchObject({
      program: { id: program },
      opportunityId: opportunity,
      conversionType: 'sale',
      transaction,
      incentiveType: 'saleTransactionPercentage',
      resolver: 'newestBindingWins',
      conversions: [{ collaboratorId: jane, status: 'pending', score: 100, value: 500, currency: 'USD' }],
    })
    expect(told.EngagementAwarded).toMatchObject({ engagement, transaction, resolver: 'newestBindingWins' })
    expect(told.EngagementCompleted).toMatchObject({ opportunityId: opportunity, conversionType: 'sale' })
    const obligation = only(await world.obligations())
    expect(told.ObligationIssued).toMatchObject({ obligation, conversionId: only(await world.conversions()).id })
    expect(told.TransactionCompleted).toMatchObject({ transaction })
  })

  it('is paid by every program that rewards sales, and needs no review where the program says so', async () => {
    const world = await testWorld(sql)
    const reviewed = await world.program()
    const unreviewed = await world.program({
      incentiveType: 'fixedPerTransaction',
      payoutPerTransaction: 700,
      units: 'points',
      autoApprove: true,
    })
    const leads = await world.program({ incentiveType: 'fixedPerLead', activeConversionTypes: ['lead'] })
    const jane = await world.collaborator({ programs: [reviewed, unreviewed, leads] })
    const opportunity = opportunityOf(await world.fire('site-visited', { collaboratorId: jane }))
    const { types } = await world.fire('sale', sale(opportunity))
    expect(types).toEqual([
      ...BOUGHT,
      'ConversionInitialized',
      'ConversionsAwarded',
      'ConversionsAwarded',
      'EngagementAwarded',
      'EngagementAwarded',
      'EngagementCompleted',
      'ObligationIssued',
      'ObligationIssued',
      'TransactionCompleted',
      'ConversionApproved',
    ])
    const engagements = await world.engagements()
    expect(engagements).toMatchObject([
      { programId: reviewed, status: 'complete' },
      { programId: unreviewed, status: 'complete' },
      { programId: leads, status: 'active' },
    ])
    const [first, second] = await world.conversions()
    expect(first).toMatchObject({ engagementId: engagements[0]?.id, status: 'pending' })
    expect(second).toMatchObject({ engagementId: engagements[1]?.id, status: 'approved' })
    expect(await world.obligations()).toMatchObject([
      { id: first?.obligationId, status: 'draft', value: 500, currency: 'USD' },
      { id: second?.obligationId, status: 'pending', value: 700, currency: 'points' },
    ])
    const notes = await world.notes()
    expect(notes.map(({ key }) => key)).toEqual([
      'conversion_awarded',
      'conversion_awarded',
      'engagement_awarded',
      'engagement_awarded',
      'obligation_issued',
      'obligation_issued',
      'conversion_approved',
    ])
    const transaction = only(await world.transactions()).id
    expect(notes.map(({ links }) => links.conversion ?? links.engagement)).toEqual([
      [first?.id],
      [second?.id],
      [engagements[0]?.id],
      [engagements[1]?.id],
      [first?.id],
      [second?.id],
      [second?.id],
    ])
    const { id: conversion, obligationId: obligation } = second as { id: number; obligationId: number }
    expect(notes[6]).toEqual(
      note('conversion_approved', ['conversion', conversion], {
        conversion,
        collaborator: jane,
        obligation,
        transaction,
      }),
    )
  })

  it.each([
    ['evenlySharedPool', [166, 166, 166]],
    ['performanceWeightedPool', [250, 150, 100]],
  ] as const)('is shared by all bindings in a %s', async (incentiveResolverType, values) => {
    const world = await testWorld(sql)
    const program = await world.program({ incentiveResolverType })
    const people = [500, 300, 200].map(async () => world.collaborator({ programs: [program] }))
    const [one, two, three] = (await Promise.all(people)) as [number, number, number]
    const sharers = [one, two, three].toSorted((a, b) => a - b)
    const visits = [5, 3, 2].flatMap((times, at) => Array<number>(times).fill(sharers[at] as number))
    let opportunityId: number | undefined
    for (const collaboratorId of visits)
      opportunityId = opportunityOf(await world.fire('site-visited', { collaboratorId, trackingId: opportunityId }))
    const { types } = await world.fire('sale', sale(opportunityId as number))
    expect(types.filter(type => type === 'ConversionsAwarded')).toHaveLength(1)
    expect(types.filter(type => type === 'EngagementAwarded')).toHaveLength(3)
    expect(types.filter(type => type === 'EngagementCompleted')).toHaveLength(1)
    expect(await world.conversions()).toMatchObject([{ score: 500 }, { score: 300 }, { score: 200 }])
    const owed = await world.obligations()
    expect(owed.map(({ collaboratorId, value }) => [collaboratorId, value])).toEqual(
      sharers.map((sharer, at) => [sharer, values[at]]),
    )
    const notes = await world.notes()
    expect(notes.map(({ key }) => key)).toEqual([
      ...Array(3).fill('conversion_awarded'),
      ...Array(3).fill('engagement_awarded'),
      ...Array(3).fill('obligation_issued'),
    ])
    expect(notes.map(({ links }) => links.collaborator?.[0])).toEqual([...sharers, ...sharers, ...sharers])
  })

  it('of a contest within a program leaves the losers complete and uncredited', async () => {
    const { world, program, opportunity } = await referred()
    const joe = await world.collaborator({ programs: [program] })
    await world.fire('site-visited', { collaboratorId: joe, trackingId: opportunity })
    await world.fire('sale', sale(opportunity))
    const engagements = await world.engagements()
    expect(statuses(engagements)).toEqual(['complete', 'complete'])
    expect(await world.conversions()).toMatchObject([{ collaboratorId: joe, engagementId: engagements[1]?.id }])
    for (const { links } of await world.notes()) expect(links.collaborator).toEqual([joe])
  })

  it('that nobody brought is recorded, and credited to nobody', async () => {
    const { world, opportunity } = await referred({ triggers: {} })
    const { types } = await world.fire('sale', sale(opportunity))
    expect(types).toEqual([...BOUGHT, 'ConversionInitialized', 'TransactionCompleted'])
    expect(statuses(await world.transactions())).toEqual(['complete'])
    expect([await world.conversions(), await world.obligations(), await world.notes()]).toEqual([[], [], []])
  })

  it('has its lines govern the rewards', async () => {
    const { world, opportunity } = await referred()
    const items = [
      { externalId: 'a', name: 'Course', quantity: 3, amount: 10 },
      { name: 'Ten off', type: 'discount', amount: -10 },
      { name: 'Parcel', type: 'shipping', amount: 5 },
      { name: 'VAT', type: 'tax', amount: 4 },
      { name: 'Handling', type: 'fee', amount: 1 },
    ]
    await world.fire('sale', sale(opportunity, '1001', { total: 999, items }))
    expect(await world.lineItems()).toMatchObject([
      { externalId: 'a', name: 'Course', type: 'product', quantity: 3, value: 1000 },
      { externalId: null, type: 'discount', quantity: 1, value: -1000 },
      { type: 'shipping' },
      { type: 'tax' },
      { type: 'fee' },
    ])
    expect(only(await world.transactions()).totalValue).toBe(99_900)
    expect(only(await world.obligations()).value).toBe(200)
  })

  it('with an empty list of lines has one of its total', async () => {
    const { world, opportunity } = await referred()
    await world.fire('sale', sale(opportunity, '1001', { items: [] }))
    expect(await world.lineItems()).toMatchObject([{ value: 4999, quantity: 1 }])
    expect(only(await world.obligations()).value).toBe(500)
  })

  it.each([
    ['JPY', 4999, 4999, 500],
    ['KWD', 4.999, 4999, 500],
    ['USD', 49.99, 4999, 500],
    ['USD', 1.005, 101, 10],
  ])('in %s of %d counts minor units', async (currency, total, totalValue, value) => {
    const { world, opportunity } = await referred()
    await world.fire('sale', sale(opportunity, '1001', { total, currency }))
    expect(only(await world.transactions())).toMatchObject({ totalValue, currency })
    expect(only(await world.obligations())).toMatchObject({ value, currency })
  })
})

describe('a sale with programs of a group', () => {
  const contest = async (sorter: 'newestBindingWins' | 'oldestBindingWins') => {
    const world = await testWorld(sql)
    const groupId = await world.group(sorter)
    const first = await world.program({ groupId })
    const second = await world.program({ groupId })
    const outsider = await world.program()
    const jane = await world.collaborator({ programs: [first] })
    const joe = await world.collaborator({ programs: [second, outsider] })
    const opportunity = opportunityOf(await world.fire('site-visited', { collaboratorId: jane }))
    await world.fire('site-visited', { collaboratorId: joe, trackingId: opportunity })
    const bought = await world.fire('sale', sale(opportunity))
    return { world, first, second, outsider, jane, joe, opportunity, bought }
  }

  it.each(['newestBindingWins', 'oldestBindingWins'] as const)('has one winner, the %s one', async sorter => {
    const { world, first, second, outsider, jane, joe, opportunity, bought } = await contest(sorter)
    expect(bought.types).toEqual([
      ...BOUGHT,
      'ConversionInitialized',
      'ProgramGroupContested',
      'ProgramGroupConversionTriggered',
      'ConversionsAwarded',
      'ConversionsAwarded',
      'EngagementAwarded',
      'EngagementAwarded',
      'EngagementCompleted',
      'ObligationIssued',
      'ObligationIssued',
      'TransactionCompleted',
    ])
    const newest = sorter === 'newestBindingWins'
    const [winner, loser, paid] = newest ? [second, first, joe] : [first, second, jane]
    const transaction = only(await world.transactions())
    expect(bought.events.find(({ type }) => type === 'ProgramGroupConversionTriggered')).toMatchObject({
      winningProgram: { id: winner },
      losingPrograms: [{ id: loser }],
      opportunityId: opportunity,
      transaction,
    })
    expect(await world.engagements()).toMatchObject([
      { programId: first, collaboratorId: jane, status: newest ? 'cancelled' : 'complete' },
      { programId: second, collaboratorId: joe, status: newest ? 'complete' : 'cancelled' },
      { programId: outsider, collaboratorId: joe, status: 'complete' },
    ])
    expect((await world.conversions()).map(({ collaboratorId }) => collaboratorId)).toEqual([paid, joe])
    const notes = await world.notes()
    expect(notes.map(({ key }) => key)).toEqual([
      'program_group_conversion_triggered',
      'conversion_awarded',
      'conversion_awarded',
      'engagement_awarded',
      'engagement_awarded',
      'obligation_issued',
      'obligation_issued',
    ])
    const cancelled = (await world.engagements()).filter(({ status }) => status === 'cancelled')
    expect(notes[0]).toEqual(
      note(
        'program_group_conversion_triggered',
        ['program', winner],
        {
          program: [first, second],
          opportunity,
          transaction: transaction.id,
          collaborator: [jane, joe],
          engagement: cancelled.map(({ id }) => id),
        },
        { winnerId: winner },
      ),
    )
  })

  it('has no contest when only one of them qualifies', async () => {
    const world = await testWorld(sql)
    const groupId = await world.group()
    const sales = await world.program({ groupId })
    const leads = await world.program({ groupId, activeConversionTypes: ['lead'] })
    const jane = await world.collaborator({ programs: [sales, leads] })
    const opportunity = opportunityOf(await world.fire('site-visited', { collaboratorId: jane }))
    const { types } = await world.fire('sale', sale(opportunity))
    expect(types).not.toContain('ProgramGroupConversionTriggered')
    expect(statuses(await world.engagements())).toEqual(['complete', 'active'])
  })

  it('cancels what a losing program had of an earlier conversion, and no complete one', async () => {
    const { world, first, jane, opportunity } = await contest('newestBindingWins')
    await world.fire('site-visited', { collaboratorId: jane, trackingId: opportunity })
    await world.fire('sale', sale(opportunity, '1002'))
    const engagements = await world.engagements()
    expect(engagements.filter(({ programId }) => programId === first)).toMatchObject([
      { status: 'cancelled' },
      { status: 'complete' },
    ])
    expect(statuses(engagements)).toEqual(['cancelled', 'complete', 'complete', 'complete'])
  })
})

describe('a lead', () => {
  const lead = (trackingId: number) => ({ trackingId, source: 'hubspot', externalId: '7' })
  const leads = { incentiveType: 'fixedPerLead', payoutPerLead: 2500, activeConversionTypes: ['lead'] } as const

  it('is credited without a transaction', async () => {
    const { world, program, jane, opportunity } = await referred({
      ...leads,
      activeConversionTypes: ['lead'],
      autoApprove: true,
    })
    const fired = await world.fire('lead', lead(opportunity))
    expect(fired.types).toEqual([
      'lead',
      'LeadTriggered',
      'LeadInitialized',
      'ConversionInitialized',
      'ConversionsAwarded',
      'EngagementAwarded',
      'EngagementCompleted',
      'ObligationIssued',
      'ConversionApproved',
    ])
    expect(fired.opportunityId).toBe(opportunity)
    expect(fired.events[1]).toMatchObject({
      opportunityId: opportunity,
      source: 'hubspot',
      binding: { bindingId: '7', bindingDataType: 'hubspot_order' },
    })
    expect(await world.transactions()).toEqual([])
    const [engagement, conversion] = [only(await world.engagements()).id, only(await world.conversions())]
    expect(conversion).toMatchObject({ type: 'lead', transactionId: null, status: 'approved', score: 100 })
    const obligation = only(await world.obligations())
    expect(obligation).toMatchObject({ awardType: 'lead', value: 2500, currency: 'USD', status: 'pending' })
    const links = { collaborator: jane, engagement, program, opportunity }
    expect(await world.notes()).toEqual([
      note(
        'conversion_awarded',
        ['opportunity', opportunity],
        { ...links, conversion: conversion.id },
        { incentiveType: 'fixedPerLead', score: 100 },
      ),
      note('engagement_awarded', ['engagement', engagement], links, { score: 100 }),
      note(
        'obligation_issued',
        ['conversion', conversion.id],
        { obligation: obligation.id, collaborator: jane, conversion: conversion.id },
        { amount: 2500, currency: 'USD' },
      ),
      note('conversion_approved', ['conversion', conversion.id], {
        conversion: conversion.id,
        collaborator: jane,
        obligation: obligation.id,
      }),
    ])
  })

  it('with programs of a group has one winner, named for the opportunity', async () => {
    const world = await testWorld(sql)
    const groupId = await world.group('oldestBindingWins')
    const rules = { groupId, incentiveType: 'fixedPerLead', payoutPerLead: 500 } as const
    const [first, second] = [
      await world.program({ ...rules, activeConversionTypes: ['lead'] }),
      await world.program({ ...rules, activeConversionTypes: ['lead'] }),
    ]
    const jane = await world.collaborator({ programs: [first, second] })
    const opportunity = opportunityOf(await world.fire('site-visited', { collaboratorId: jane }))
    await world.fire('lead', lead(opportunity))
    const loser = (await world.engagements()).find(({ programId }) => programId === second)?.id as number
    expect((await world.notes())[0]).toEqual(
      note(
        'program_group_conversion_triggered',
        ['program', first],
        { program: [first, second], opportunity, collaborator: jane, engagement: loser },
        { winnerId: first },
      ),
    )
  })
})

describe('a coupon', () => {
  it('is applied, and the sale that follows is credited to its owner', async () => {
    const world = await testWorld(sql)
    await world.shop()
    const program = await world.program({ triggers: { boundCouponUsed: 50 } })
    const jane = await world.collaborator({ coupon: 'JANE10', programs: [program] })
    const applied = await world.fire('coupon-applied', { code: 'jane10' })
    const opportunity = opportunityOf(applied)
    expect(applied.types).toEqual([
      'coupon-applied',
      'OpportunityTriggered',
      'CouponApplied',
      'EngagementInitialized',
      'EngagementsTriggered',
    ])
    expect(applied.events[1]).toMatchObject({ isNew: true, trigger: { slug: 'coupon-applied', collaboratorId: jane } })
    expect(applied.events[2]).toMatchObject({ code: 'JANE10', opportunity: { id: opportunity } })
    expect(await world.engagements()).toMatchObject([{ collaboratorId: jane, score: 50, status: 'active' }])
    const { types } = await world.fire('sale', sale(opportunity))
    expect(types.slice(0, 2)).toEqual(['sale', 'SaleTriggered'])
    const notes = await world.notes()
    expect(notes.map(({ key }) => key)).toEqual([
      'coupon_applied',
      'conversion_awarded',
      'engagement_awarded',
      'obligation_issued',
    ])
    expect(notes[0]).toEqual(
      note('coupon_applied', ['opportunity', opportunity], { opportunity, collaborator: jane }, { code: 'JANE10' }),
    )
  })
})

describe('a manual attribution', () => {
  it('credits a collaborator on an opportunity of its own', async () => {
    const { world, transaction, opportunity: first } = await sold()
    const program = await world.program({ triggers: { manual: 1 }, transactionPercent: 20, autoApprove: true })
    const joe = await world.collaborator({ programs: [program] })
    let fired: Fired | undefined
    const notes = await notesDuring(world, async () => {
      fired = await world.fire('manual-attribution', { collaboratorId: joe, transactionId: transaction })
    })
    expect(fired?.types).toEqual([
      'manual-attribution',
      'OpportunityTriggered',
      'ManualAttributionRequested',
      'EngagementInitialized',
      'EngagementsTriggered',
      'SaleInitialized',
      'ConversionInitialized',
      'ConversionsAwarded',
      'EngagementAwarded',
      'EngagementCompleted',
      'ObligationIssued',
      'ConversionApproved',
    ])
    const opportunity = fired?.opportunityId as number
    expect(opportunity).not.toBe(first)
    expect(await world.opportunities()).toMatchObject([
      { id: first },
      { id: opportunity, status: 'active', userId: null },
    ])
    expect(only(await world.transactions()).opportunityId).toBe(first)
    const engagement = (await world.engagements())[1]
    expect(engagement).toMatchObject({ opportunityId: opportunity, collaboratorId: joe, score: 1, status: 'complete' })
    const conversion = (await world.conversions())[1]
    expect(conversion).toMatchObject({ transactionId: transaction, type: 'sale', status: 'approved', score: 1 })
    const obligation = (await world.obligations())[1]
    expect(obligation).toMatchObject({ collaboratorId: joe, value: 1000, status: 'pending' })
    const engaged = { collaborator: joe, engagement: engagement?.id as number, program, opportunity, transaction }
    const [conversionId, obligationId] = [conversion?.id as number, obligation?.id as number]
    expect(notes).toEqual([
      note('manual_attribution_requested', ['transaction', transaction], {
        transaction,
        collaborator: joe,
        opportunity,
      }),
      note(
        'conversion_awarded',
        ['transaction', transaction],
        { ...engaged, conversion: conversionId },
        { incentiveType: 'saleTransactionPercentage', score: 1 },
      ),
      note('engagement_awarded', ['engagement', engagement?.id as number], engaged, { score: 1 }),
      note(
        'obligation_issued',
        ['conversion', conversionId],
        { obligation: obligationId, collaborator: joe, conversion: conversionId },
        { amount: 1000, currency: 'USD' },
      ),
      note('conversion_approved', ['conversion', conversionId], {
        conversion: conversionId,
        collaborator: joe,
        obligation: obligationId,
        transaction,
      }),
    ])
  })
})

const renewal = (externalId: string, originalExternalId = '1001', total = 20) => ({
  source: 'woocommerce',
  externalId,
  originalExternalId,
  total,
})
const RENEWED = [
  'renewal',
  'RenewalTriggered',
  'TransactionCreateRequested',
  'TransactionCreated',
  'RenewalInitialized',
  'ConversionRenewed',
]

describe('a renewal', () => {
  it('pays nobody whom the sale passed over', async () => {
    const { world, opportunity } = await referred({
      expirationDays: 30,
      activeConversionTypes: ['sale', 'renewal'],
    })
    await world.fire('sale', sale(opportunity), { at: day(60) })
    expect(statuses(await world.engagements())).toEqual(['pending'])
    const payload = { source: 'woocommerce', externalId: 'r1', originalExternalId: '1001', total: 10 }
    await world.fire('renewal', payload, { at: day(61) })
    expect(await world.conversions()).toEqual([])
  })

  const renew = (world: World, externalId: string, at: Date) => {
    const payload = { source: 'woocommerce', externalId, originalExternalId: '1001', total: 10 }
    return world.fire('renewal', payload, { at })
  }

  it('pays however long ago the sale was', async () => {
    const { world, jane } = await sold({ expirationDays: 30, activeConversionTypes: ['sale', 'renewal'] })
    await renew(world, 'r1', day(400))
    expect((await world.conversions()).map(({ type, collaboratorId }) => [type, collaboratorId])).toEqual([
      ['sale', jane],
      ['renewal', jane],
    ])
  })

  it('credits whom the first one credited where the sale credited nobody, whoever came since', async () => {
    const { world, program, jane, opportunity } = await referred({ activeConversionTypes: ['renewal'] })
    const joe = await world.collaborator({ programs: [program] })
    await world.fire('sale', sale(opportunity), { at: day(2) })
    await world.fire('site-visited', { collaboratorId: joe, trackingId: opportunity }, { at: day(3) })
    await renew(world, 'r1', day(32))
    await renew(world, 'r2', day(62))
    expect((await world.conversions()).map(({ collaboratorId }) => collaboratorId)).toEqual([jane, jane])
  })

  it('pays nobody once the opportunity is invalid', async () => {
    const { world, opportunity } = await sold({ activeConversionTypes: ['sale', 'renewal'] })
    await world.fire('opportunity-invalidated', { opportunityId: opportunity })
    const { types } = await renew(world, 'r1', day(31))
    expect(types.at(-1)).toBe('TransactionCompleted')
    expect(await world.conversions()).toHaveLength(1)
  })

  it('writes what was renewed before what was awarded, under several programs too', async () => {
    const { world, jane, opportunity } = await referred({ activeConversionTypes: ['renewal'] })
    await world.enroll(jane, await world.program({ activeConversionTypes: ['renewal'] }))
    await world.fire('site-visited', { collaboratorId: jane, trackingId: opportunity })
    await world.fire('sale', sale(opportunity))
    const notes = await notesDuring(world, () => renew(world, 'r1', day(31)))
    expect(notes.map(({ key }) => key)).toEqual([
      ...['conversion_renewed', 'conversion_renewed'],
      ...['renewed_conversions_awarded', 'renewed_conversions_awarded'],
      ...['obligation_issued', 'obligation_issued'],
    ])
  })

  it('is credited to those whom the sale was credited to, with no new engagement or score', async () => {
    const { world, program, jane, opportunity, engagement } = await sold({ activeConversionTypes: ['sale', 'renewal'] })
    const before = await world.engagements()
    let fired: Fired | undefined
    const notes = await notesDuring(world, async () => {
      fired = await world.fire('renewal', renewal('1002'))
    })
    expect(fired?.types).toEqual([...RENEWED, 'RenewedConversionsAwarded', 'ObligationIssued', 'TransactionCompleted'])
    expect(fired?.opportunityId).toBe(opportunity)
    expect(await world.engagements()).toEqual(before)
    expect(ids(await world.opportunities())).toEqual([opportunity])
    const [original, transaction] = await world.transactions()
    expect(transaction).toMatchObject({
      originalTransactionId: original?.id,
      opportunityId: opportunity,
      externalId: '1002',
      totalValue: 2000,
      status: 'complete',
    })
    const conversion = (await world.conversions())[1]
    expect(conversion).toMatchObject({
      engagementId: engagement,
      collaboratorId: jane,
      transactionId: transaction?.id,
      type: 'renewal',
      status: 'pending',
      score: 100,
    })
    const obligation = (await world.obligations())[1]
    expect(obligation).toMatchObject({ awardType: 'renewal', value: 200, status: 'draft', collaboratorId: jane })
    const [transactionId, conversionId] = [transaction?.id as number, conversion?.id as number]
    expect(fired?.events[5]).toMatchObject({ conversionType: 'renewal', transaction: { id: transactionId } })
    expect(notes).toEqual([
      note('conversion_renewed', ['transaction', transactionId], {
        conversion: conversionId,
        collaborator: jane,
        engagement,
        transaction: transactionId,
      }),
      note(
        'renewed_conversions_awarded',
        ['transaction', transactionId],
        { program, transaction: transactionId, conversion: conversionId, collaborator: jane },
        { count: 1 },
      ),
      note(
        'obligation_issued',
        ['conversion', conversionId],
        { obligation: obligation?.id as number, collaborator: jane, conversion: conversionId },
        { amount: 200, currency: 'USD' },
      ),
    ])
  })

  it('of a renewal goes back to the sale', async () => {
    const { world, engagement, transaction } = await sold({
      activeConversionTypes: ['sale', 'renewal'],
      autoApprove: true,
    })
    await world.fire('renewal', renewal('1002'))
    const { types } = await world.fire('renewal', renewal('1003', '1002'))
    expect(types).toEqual([
      ...RENEWED,
      'RenewedConversionsAwarded',
      'ObligationIssued',
      'TransactionCompleted',
      'ConversionApproved',
    ])
    const transactions = await world.transactions()
    expect(transactions.map(({ originalTransactionId }) => originalTransactionId)).toEqual([
      null,
      transaction,
      transaction,
    ])
    expect((await world.conversions()).map(({ engagementId, status }) => [engagementId, status])).toEqual(
      Array(3).fill([engagement, 'approved']),
    )
  })

  it('is paid by a program that rewards nothing else', async () => {
    const world = await testWorld(sql)
    const sales = await world.program()
    const renewals = await world.program({ activeConversionTypes: ['renewal'], transactionPercent: 5 })
    const jane = await world.collaborator({ programs: [sales, renewals] })
    const opportunity = opportunityOf(await world.fire('site-visited', { collaboratorId: jane }))
    await world.fire('sale', sale(opportunity))
    for (const [externalId, of] of [
      ['1002', '1001'],
      ['1003', '1002'],
    ] as const) {
      const { events } = await world.fire('renewal', renewal(externalId, of))
      expect(events.filter(({ type }) => type === 'RenewedConversionsAwarded')).toMatchObject([
        { program: { id: renewals } },
      ])
    }
    expect(statuses(await world.engagements())).toEqual(['complete', 'active'])
    expect(await world.obligations()).toMatchObject([{ value: 500 }, { value: 100 }, { value: 100 }])
  })

  it('is shared by those who shared the sale, and no others', async () => {
    const { world, program, jane, opportunity } = await referred({
      incentiveResolverType: 'evenlySharedPool',
      activeConversionTypes: ['sale', 'renewal'],
    })
    const joe = await world.collaborator({ programs: [program] })
    const late = await world.collaborator({ programs: [program] })
    await world.fire('site-visited', { collaboratorId: joe, trackingId: opportunity })
    await world.fire('sale', sale(opportunity))
    await world.fire('site-visited', { collaboratorId: late, trackingId: opportunity })
    const notes = await notesDuring(world, () => world.fire('renewal', renewal('1002')))
    const [one, two, ...others] = (await world.conversions()).slice(2)
    expect([one?.collaboratorId, two?.collaboratorId, others]).toEqual([jane, joe, []])
    expect(notes.map(({ key }) => key)).toEqual([
      'conversion_renewed',
      'conversion_renewed',
      'renewed_conversions_awarded',
      'obligation_issued',
      'obligation_issued',
    ])
    const transaction = (await world.transactions())[1]?.id as number
    expect(notes[2]).toEqual(
      note(
        'renewed_conversions_awarded',
        ['transaction', transaction],
        { program, transaction, conversion: [one?.id as number, two?.id as number], collaborator: [jane, joe] },
        { count: 2 },
      ),
    )
  })

  it('that no program rewards is recorded', async () => {
    const { world } = await sold()
    const { types } = await world.fire('renewal', renewal('1002'))
    expect(types).toEqual([...RENEWED.slice(0, 5), 'TransactionCompleted'])
    expect(await world.conversions()).toHaveLength(1)
  })

  it('does not go to the program that lost the sale', async () => {
    const world = await testWorld(sql)
    const groupId = await world.group('oldestBindingWins')
    const types = { activeConversionTypes: ['sale' as const, 'renewal' as const] }
    const [winner, loser] = [await world.program({ groupId, ...types }), await world.program({ groupId, ...types })]
    const jane = await world.collaborator({ programs: [winner, loser] })
    const opportunity = opportunityOf(await world.fire('site-visited', { collaboratorId: jane }))
    await world.fire('sale', sale(opportunity))
    const fired = await world.fire('renewal', renewal('1002'))
    expect(fired.types).not.toContain('ProgramGroupConversionTriggered')
    expect(fired.events.filter(({ type }) => type === 'RenewedConversionsAwarded')).toMatchObject([
      { program: { id: winner } },
    ])
    expect(statuses(await world.engagements())).toEqual(['complete', 'cancelled'])
  })
})

const refund = { source: 'woocommerce', externalId: '1001' }

describe('a refund', () => {
  it('rejects the conversions of the transaction and what is owed for them', async () => {
    const { world, jane, opportunity, transaction, conversion, obligation } = await sold()
    let fired: Fired | undefined
    const notes = await notesDuring(world, async () => {
      fired = await world.fire('refund', refund)
    })
    expect(fired?.types).toEqual(['refund', 'RefundTriggered', 'ConversionRecomputed', 'ConversionRejected'])
    expect(fired?.opportunityId).toBe(opportunity)
    expect(fired?.events).toMatchObject([
      {},
      { transaction: { status: 'refunded', refundedValue: 4999 }, amount: 4999, reason: null },
      { before: 500, after: 0, isRejected: true },
      { conversion: { status: 'rejected' } },
    ])
    expect(statuses(await world.transactions())).toEqual(['refunded'])
    expect(statuses(await world.conversions())).toEqual(['rejected'])
    expect(statuses(await world.obligations())).toEqual(['rejected'])
    expect(statuses(await world.engagements())).toEqual(['complete'])
    const links = { conversion, collaborator: jane, obligation, transaction }
    expect(notes).toEqual([
      note('refund_triggered', ['transaction', transaction], links, { amount: 4999, currency: 'USD' }),
      note('conversion_rejected', ['conversion', conversion], links, { reason: 'refund' }),
    ])
  })

  it('rejects approved conversions too', async () => {
    const { world } = await sold({ autoApprove: true })
    await world.fire('refund', refund)
    expect([statuses(await world.conversions()), statuses(await world.obligations())]).toEqual([
      ['rejected'],
      ['rejected'],
    ])
  })

  it('leaves alone what was paid out, and claws it back', async () => {
    const { world, conversion, obligation } = await sold({ autoApprove: true })
    await world.fire('fulfillment-generated', {})
    await world.fire('payout-paid', { payoutId: only(await world.payouts()).id })
    const [owed, paid] = [only(await world.obligations()), await world.payouts()]
    const { types } = await world.fire('refund', refund)
    expect(types).toEqual([
      'refund',
      'RefundTriggered',
      'ConversionRecomputed',
      'ObligationIssued',
      'ConversionRejected',
    ])
    const clawback = { conversionId: conversion, value: -owed.value, awardType: 'clawback', status: 'pending' }
    expect(await world.obligations()).toMatchObject([owed, clawback])
    expect(await world.payouts()).toEqual(paid)
    expect(await world.conversions()).toMatchObject([{ id: conversion, status: 'rejected', obligationId: obligation }])
  })

  it('of a renewal leaves the sale as it is', async () => {
    const { world } = await sold({ activeConversionTypes: ['sale', 'renewal'] })
    await world.fire('renewal', renewal('1002'))
    await world.fire('refund', { ...refund, externalId: '1002' })
    expect(statuses(await world.transactions())).toEqual(['complete', 'refunded'])
    expect(statuses(await world.conversions())).toEqual(['pending', 'rejected'])
  })

  it('rejects in the order in which conversions came about, whatever happened to them since', async () => {
    const world = await testWorld(sql)
    const programs: number[] = []
    for (let i = 0; i < 6; i++) programs.push(await world.program({ autoApprove: i % 2 === 0 }))
    const jane = await world.collaborator({ programs })
    const opportunity = opportunityOf(await world.fire('site-visited', { collaboratorId: jane }))
    const bought = await world.fire('sale', sale(opportunity))
    const conversions = ids(await world.conversions())
    const told = ({ events }: Fired, type: string) =>
      events.flatMap(event => (event.type === type && 'conversion' in event ? event.conversion.id : []))
    expect(told(bought, 'ConversionApproved')).toEqual(conversions.filter((_, at) => at % 2 === 0))
    for (const at of [3, 1]) await world.fire('conversion-approved', { conversionId: conversions[at] })
    expect(told(await world.fire('refund', refund), 'ConversionRejected')).toEqual(conversions)
  })

  it('names everyone whom the transaction was credited to', async () => {
    const { world, program, jane, opportunity } = await referred({ incentiveResolverType: 'evenlySharedPool' })
    const joe = await world.collaborator({ programs: [program] })
    await world.fire('site-visited', { collaboratorId: joe, trackingId: opportunity })
    await world.fire('sale', sale(opportunity))
    const conversions = await world.conversions()
    await world.fire('conversion-rejected', { conversionId: conversions[0]?.id, reason: 'fraud' })
    const notes = await notesDuring(world, () => world.fire('refund', refund))
    const transaction = only(await world.transactions()).id
    expect(notes.map(({ key }) => key)).toEqual(['refund_triggered', 'conversion_rejected'])
    expect(notes[0]?.links).toEqual({
      transaction: [transaction],
      conversion: ids(conversions),
      collaborator: [jane, joe],
      obligation: ids(await world.obligations()),
    })
    expect(notes[1]?.links).toMatchObject({ conversion: [conversions[1]?.id], collaborator: [joe] })
  })
})

describe('a manager', () => {
  it('approves a conversion once', async () => {
    const { world, jane, transaction, conversion, obligation } = await sold()
    const notes = await notesDuring(world, async () => {
      const fired = await world.fire('conversion-approved', { conversionId: conversion })
      expect(fired.types).toEqual(['conversion-approved', 'ConversionApproved'])
      expect(fired.opportunityId).toBeNull()
      expect((await world.fire('conversion-approved', { conversionId: conversion })).types).toEqual([
        'conversion-approved',
      ])
    })
    expect(statuses(await world.conversions())).toEqual(['approved'])
    expect(statuses(await world.obligations())).toEqual(['pending'])
    expect(notes).toEqual([
      note('conversion_approved', ['conversion', conversion], {
        conversion,
        collaborator: jane,
        obligation,
        transaction,
      }),
    ])
  })

  it('rejects a conversion once, for a reason', async () => {
    const { world, jane, transaction, conversion, obligation } = await sold()
    const notes = await notesDuring(world, async () => {
      const fired = await world.fire('conversion-rejected', { conversionId: conversion, reason: 'self-referral' })
      expect(fired.types).toEqual(['conversion-rejected', 'ConversionRejected'])
      const again = await world.fire('conversion-rejected', { conversionId: conversion, reason: 'another' })
      expect(again.types).toEqual(['conversion-rejected'])
    })
    expect(statuses(await world.conversions())).toEqual(['rejected'])
    expect(statuses(await world.obligations())).toEqual(['rejected'])
    const links = { conversion, collaborator: jane, obligation, transaction }
    expect(notes).toEqual([note('conversion_rejected', ['conversion', conversion], links, { reason: 'self-referral' })])
  })

  it('may reject what was approved, and not approve what was rejected', async () => {
    const { world, conversion } = await sold({ autoApprove: true })
    await world.fire('conversion-rejected', { conversionId: conversion, reason: 'fraud' })
    await expect(world.fire('conversion-approved', { conversionId: conversion })).rejects.toThrow(ConflictError)
    expect(statuses(await world.conversions())).toEqual(['rejected'])
    expect(statuses(await world.obligations())).toEqual(['rejected'])
  })

  it.each(['conversion-approved', 'conversion-rejected'])('cannot send %s for what does not exist', async slug => {
    const world = await testWorld(sql)
    const payload = { conversionId: 1, ...(slug === 'conversion-rejected' && { reason: 'none' }) }
    await expect(world.fire(slug, payload)).rejects.toThrow(RecordNotFoundError)
  })
})

describe('an opportunity that turns out invalid', () => {
  it('has its engagements cancelled', async () => {
    const { world, program, jane, opportunity } = await referred()
    const joe = await world.collaborator({ programs: [program] })
    await world.fire('site-visited', { collaboratorId: joe, trackingId: opportunity })
    const engagements = ids(await world.engagements())
    const fired = await world.fire('opportunity-invalidated', { opportunityId: opportunity })
    expect(fired.types).toEqual(['opportunity-invalidated', 'OpportunityInvalidated'])
    expect(fired.opportunityId).toBe(opportunity)
    expect(fired.events[1]).toMatchObject({ opportunity: { id: opportunity, status: 'invalid' } })
    expect(statuses(await world.opportunities())).toEqual(['invalid'])
    expect(statuses(await world.engagements())).toEqual(['cancelled', 'cancelled'])
    expect(await world.notes()).toEqual([
      note('opportunity_invalidated', ['opportunity', opportunity], {
        opportunity,
        engagement: engagements,
        collaborator: [jane, joe],
      }),
    ])
  })
})

describe('an opportunity that turns out invalid after a sale', () => {
  it('has what is active or pending cancelled, and keeps what is over', async () => {
    const { world, jane, opportunity } = await sold({ expirationDays: 30 })
    const visit = (at: Date) => world.fire('site-visited', { collaboratorId: jane, trackingId: opportunity }, { at })
    await visit(day(2))
    await world.fire('sale', sale(opportunity, '1002'), { at: day(40) })
    await visit(day(41))
    expect(statuses(await world.engagements())).toEqual(['complete', 'pending', 'active'])
    const notes = await notesDuring(world, () =>
      world.fire('opportunity-invalidated', { opportunityId: opportunity }, { at: day(42) }),
    )
    const engagements = await world.engagements()
    expect(statuses(engagements)).toEqual(['complete', 'cancelled', 'cancelled'])
    expect(notes).toEqual([
      note('opportunity_invalidated', ['opportunity', opportunity], {
        opportunity,
        engagement: ids(engagements.slice(1)),
        collaborator: jane,
      }),
    ])
    expect(statuses(await world.conversions())).toEqual(['pending'])
  })
})

describe('a fulfillment', () => {
  const owing = async () => {
    const world = await testWorld(sql)
    const program = await world.program({ autoApprove: true })
    const points = await world.program({
      autoApprove: true,
      incentiveType: 'fixedPerTransaction',
      payoutPerTransaction: 7,
      units: 'points',
    })
    const jane = await world.collaborator({ programs: [program, points] })
    const joe = await world.collaborator({ programs: [program] })
    for (const [collaboratorId, externalId] of [
      [jane, '1'],
      [joe, '2'],
      [jane, '3'],
    ] as const) {
      const { opportunityId } = await world.fire('site-visited', { collaboratorId })
      await world.fire('sale', sale(opportunityId as number, externalId))
    }
    return { world, jane, joe }
  }

  it('rolls what is pending into a payout for each collaborator and currency', async () => {
    const { world, jane, joe } = await owing()
    const conversionOf = new Map((await world.conversions()).map(({ id, obligationId }) => [obligationId, id]))
    let fired: Fired | undefined
    const notes = await notesDuring(world, async () => {
      fired = await world.fire('fulfillment-generated', {})
    })
    expect(fired?.types).toEqual([
      'fulfillment-generated',
      'FulfillmentCreated',
      ...Array(3).fill('PayoutCreated'),
      ...Array(5).fill('ObligationCompleted'),
      'FulfillmentStatusChanged',
    ])
    expect(fired?.opportunityId).toBeNull()
    const { id: fulfillment, status } = only(await world.fulfillments())
    expect(status).toBe('processing')
    const payouts = await world.payouts()
    expect(payouts).toMatchObject([
      {
        collaboratorId: jane,
        value: 1000,
        currency: 'USD',
        status: 'unpaid',
        datePaid: null,
        fulfillmentId: fulfillment,
      },
      { collaboratorId: jane, value: 14, currency: 'points', status: 'unpaid' },
      { collaboratorId: joe, value: 500, currency: 'USD', status: 'unpaid' },
    ])
    const obligations = await world.obligations()
    const bundles = payouts.map(payout => ({
      payout,
      settled: obligations.filter(({ payoutId }) => payoutId === payout.id),
    }))
    expect(bundles.map(({ settled }) => settled.length)).toEqual([2, 2, 1])
    expect(new Set(statuses(obligations))).toEqual(new Set(['complete']))
    expect(notes).toEqual([
      note('fulfillment_created', ['fulfillment', fulfillment], { fulfillment }),
      ...bundles.map(({ payout: { id: payout, collaboratorId: collaborator, value: amount, currency }, settled }) =>
        note(
          'payout_created',
          ['payout', payout],
          { payout, collaborator, fulfillment, obligation: ids(settled) },
          { amount, currency },
        ),
      ),
      ...bundles.flatMap(({ payout: { id: payout, collaboratorId: collaborator }, settled }) =>
        settled.map(({ id: obligation, value: amount, currency }) =>
          note(
            'obligation_completed',
            ['obligation', obligation],
            { obligation, payout, fulfillment, collaborator, conversion: conversionOf.get(obligation) as number },
            { amount, currency },
          ),
        ),
      ),
      note('fulfillment_status_changed', ['fulfillment', fulfillment], { fulfillment }, { newStatus: 'processing' }),
    ])
  })

  it('can be of some obligations alone, and is nothing when nothing is owed', async () => {
    const { world } = await owing()
    const [first] = ids(await world.obligations())
    await world.fire('fulfillment-generated', { obligationIds: [first, first] })
    expect(await world.payouts()).toMatchObject([{ value: 500 }])
    expect(statuses(await world.obligations())).toEqual(['complete', ...Array(4).fill('pending')])
    await world.fire('fulfillment-generated', {})
    const before = [await world.fulfillments(), await world.notes()]
    expect((await world.fire('fulfillment-generated', {})).types).toEqual(['fulfillment-generated'])
    expect([await world.fulfillments(), await world.notes()]).toEqual(before)
  })

  it('goes on and ends, each step once', async () => {
    const { world } = await owing()
    await world.fire('fulfillment-generated', {})
    const { id: fulfillment } = only(await world.fulfillments())
    const notes = await notesDuring(world, async () => {
      for (const status of ['failed', 'failed', 'processing', 'complete', 'complete'])
        await world.fire('fulfillment-status-changed', { fulfillmentId: fulfillment, status })
      await expect(
        world.fire('fulfillment-status-changed', { fulfillmentId: fulfillment, status: 'failed' }),
      ).rejects.toThrow(ConflictError)
    })
    expect(notes).toEqual(
      ['failed', 'processing', 'complete'].map(newStatus =>
        note('fulfillment_status_changed', ['fulfillment', fulfillment], { fulfillment }, { newStatus }),
      ),
    )
    expect(statuses(await world.fulfillments())).toEqual(['complete'])
  })

  it('has a payout that was not paid after all unpaid again, and says so once', async () => {
    const { world, jane } = await owing()
    await world.fire('fulfillment-generated', {})
    const { id: payoutId, fulfillmentId } = (await world.payouts()).find(({ value }) => value === 1000) as PayoutRow
    const settled = (await world.obligations()).filter(obligation => obligation.payoutId === payoutId)
    const unpay = (at: Date) => world.fire('payout-unpaid', { payoutId }, { at })
    const notes = await notesDuring(world, async () => {
      expect((await unpay(day(8.5))).types).toEqual(['payout-unpaid'])
      await world.fire('payout-paid', { payoutId }, { at: day(9) })
      expect((await unpay(day(10))).types).toEqual(['payout-unpaid', 'PayoutUnpaid'])
      expect((await unpay(day(11))).types).toEqual(['payout-unpaid'])
    })
    const links = { payout: payoutId, collaborator: jane, fulfillment: fulfillmentId, obligation: ids(settled) }
    expect(notes).toEqual(
      ['payout_paid', 'payout_unpaid'].map(key =>
        note(key, ['payout', payoutId], links, { amount: 1000, currency: 'USD' }),
      ),
    )
    const unpaid = { status: 'unpaid', datePaid: null, dateModified: day(10) }
    expect((await world.payouts()).find(({ id }) => id === payoutId)).toMatchObject(unpaid)
    expect((await world.fire('payout-paid', { payoutId }, { at: day(12) })).types).toContain('PayoutPaid')
  })

  it('has its payouts paid, each once', async () => {
    const { world, jane } = await owing()
    await world.fire('fulfillment-generated', {})
    const { id: payout, fulfillmentId } = (await world.payouts()).find(({ value }) => value === 1000) as PayoutRow
    const settled = (await world.obligations()).filter(({ payoutId }) => payoutId === payout)
    const notes = await notesDuring(world, async () => {
      const paid = await world.fire('payout-paid', { payoutId: payout }, { at: day(9) })
      expect(paid.types).toEqual(['payout-paid', 'PayoutPaid'])
      expect((await world.fire('payout-paid', { payoutId: payout }, { at: day(10) })).types).toEqual(['payout-paid'])
    })
    expect((await world.payouts()).find(({ id }) => id === payout)).toMatchObject({
      status: 'paid',
      datePaid: day(9),
      dateModified: day(9),
    })
    expect(notes).toEqual([
      note(
        'payout_paid',
        ['payout', payout],
        { payout, collaborator: jane, fulfillment: fulfillmentId, obligation: ids(settled) },
        { amount: 1000, currency: 'USD' },
      ),
    ])
  })
})

describe('a distribution', () => {
  it('allocates a share of the revenue to the members, owed at once', async () => {
    const { world, jane } = await sold()
    const joe = await world.collaborator()
    const gone = await world.collaborator({ status: 'inactive' })
    const distributor = await world.distributor([jane, joe, gone], { revenuePercentage: 10 })
    let fired: Fired | undefined
    const notes = await notesDuring(world, async () => {
      fired = await world.fire('distribution-completed', { distributorId: distributor })
    })
    expect(fired?.types).toEqual([
      'distribution-completed',
      'DistributionCompleted',
      'AllocationCompleted',
      'AllocationCompleted',
      'ObligationIssued',
      'ObligationIssued',
    ])
    expect(fired?.opportunityId).toBeNull()
    const distribution = only(await world.distributions())
    expect(distribution).toMatchObject({ distributorId: distributor, status: 'complete', value: 500, currency: 'USD' })
    const [first, second] = (await world.obligations()).slice(1)
    expect(first).toMatchObject({ collaboratorId: jane, value: 250, status: 'pending', awardType: 'allocation' })
    expect(second).toMatchObject({ collaboratorId: joe, value: 250, status: 'pending' })
    expect(await world.allocations()).toMatchObject([
      {
        distributionId: distribution.id,
        collaboratorId: jane,
        obligationId: first?.id,
        value: 250,
        status: 'complete',
      },
      { collaboratorId: joe, obligationId: second?.id, value: 250 },
    ])
    const shares = [
      [jane, first?.id as number],
      [joe, second?.id as number],
    ] as const
    expect(notes).toEqual([
      note(
        'distribution_completed',
        ['distribution', distribution.id],
        { distribution: distribution.id, distributor },
        { value: 500, currency: 'USD' },
      ),
      ...shares.map(([collaborator, obligation]) =>
        note(
          'allocation_completed',
          ['distribution', distribution.id],
          { distribution: distribution.id, collaborator, distributor, obligation },
          { amount: 250, units: 'USD' },
        ),
      ),
      ...shares.map(([collaborator, obligation]) =>
        note(
          'obligation_issued',
          ['distribution', distribution.id],
          { obligation, collaborator, distribution: distribution.id },
          { amount: 250, currency: 'USD' },
        ),
      ),
    ])
  })

  it('counts what was sold since the last one, and not what was refunded', async () => {
    const { world, jane, opportunity } = await sold()
    const distributorId = await world.distributor([jane], { revenuePercentage: 10 })
    await world.fire('distribution-completed', { distributorId })
    await world.fire('sale', sale(opportunity, '1002', { total: 100 }))
    await world.fire('sale', sale(opportunity, '1003', { total: 30 }))
    await world.fire('sale', sale(opportunity, '1004', { total: 30, currency: 'EUR' }))
    await world.fire('refund', { source: 'woocommerce', externalId: '1003' })
    await world.fire('distribution-completed', { distributorId })
    await world.fire('distribution-completed', { distributorId })
    expect((await world.distributions()).map(({ value }) => value)).toEqual([500, 1000, 0])
    expect(await world.allocations()).toHaveLength(2)
  })

  it('takes off what was refunded after it was shared, and shares late what was told late', async () => {
    const { world, jane, opportunity } = await sold()
    const distributorId = await world.distributor([jane], { revenuePercentage: 10 })
    const distribute = (at: Date) => world.fire('distribution-completed', { distributorId }, { at })
    await world.fire('sale', sale(opportunity, '1002', { total: 100 }), { at: day(2) })
    await distribute(day(3))
    await world.fire('refund', { source: 'woocommerce', externalId: '1002' }, { at: day(4) })
    await world.fire('sale', sale(opportunity, '1003', { total: 60 }), { at: day(5) })
    await distribute(day(6))
    await world.fire('sale', sale(opportunity, '1004', { total: 50 }), { at: day(2, 30) })
    await distribute(day(7))
    expect((await world.distributions()).map(({ value }) => value)).toEqual([1500, 0, 100])
  })

  it('leaves what nobody gets a share of to the next one, and keeps currencies apart', async () => {
    const { world, jane, opportunity } = await sold()
    const distributorId = await world.distributor([], { revenuePercentage: 10 })
    const distribute = () => world.fire('distribution-completed', { distributorId })
    await distribute()
    expect(await world.allocations()).toEqual([])
    await write(sql, 'distributor_enrollment', {
      organizationId: world.organizationId,
      collaboratorId: jane,
      distributorId,
    })
    await distribute()
    await sql.rows(statement(`update distributor set units = 'EUR' where id = $1`), [distributorId])
    await world.fire('sale', sale(opportunity, '1002', { total: 20, currency: 'EUR' }))
    await distribute()
    expect((await world.allocations()).map(({ value, currency }) => [value, currency])).toEqual([
      [500, 'USD'],
      [200, 'EUR'],
    ])
  })

  it('weighs members by what they achieved', async () => {
    const { world, program, jane } = await sold()
    const joe = await world.collaborator({ programs: [program] })
    const idle = await world.collaborator()
    const visits = [await world.fire('site-visited', { collaboratorId: joe })]
    for (let i = 0; i < 2; i++)
      visits.push(await world.fire('site-visited', { collaboratorId: joe, trackingId: visits[0]?.opportunityId }))
    await world.fire('sale', sale(opportunityOf(visits[0] as Fired), '2'))
    const members = [jane, joe, idle]
    const resolver = { distributionResolver: 'performanceWeightedPool', revenuePercentage: 10 }
    await world.fire('distribution-completed', { distributorId: await world.distributor(members, resolver) })
    expect((await world.allocations()).map(({ collaboratorId, value }) => [collaboratorId, value])).toEqual([
      [jane, 250],
      [joe, 750],
    ])
  })

  it.each(['inactive', 'deleted'] as const)('is no business of an %s distributor', async status => {
    const world = await testWorld(sql)
    const distributorId = await world.distributor([], { status })
    await expect(world.fire('distribution-completed', { distributorId })).rejects.toThrow(ConflictError)
  })
})

describe('someone who applies', () => {
  it('is a pending collaborator until the account is ready', async () => {
    const world = await testWorld(sql)
    const programs = [await world.program(), await world.program()]
    const applied = await world.fire('collaborator-submitted', {
      fullName: 'Amara Okafor',
      email: 'amara@example.com',
      nickname: 'Amara',
      programIds: programs,
    })
    expect(applied.types).toEqual([
      'collaborator-submitted',
      'CollaboratorSubmissionReceived',
      'CollaboratorSubmissionComplete',
    ])
    expect(applied.opportunityId).toBeNull()
    const { id: collaborator, ...applicant } = only(await world.collaborators())
    expect(applicant).toMatchObject({ fullName: 'Amara Okafor', nickname: 'Amara', status: 'pending' })
    const visit = await world.fire('site-visited', { collaboratorId: collaborator })
    expect(visit.types).toEqual(['site-visited', 'OpportunityTriggered', 'EngagementInitialized'])

    const ready = await world.fire('collaborator-approved', { collaboratorId: collaborator })
    expect(ready.types).toEqual(['collaborator-approved', 'CollaboratorAccountReady'])
    const again = await world.fire('collaborator-approved', { collaboratorId: collaborator })
    expect(again.types).toEqual(['collaborator-approved'])
    expect(statuses(await world.collaborators())).toEqual(['active'])
    expect(await world.notes()).toEqual([
      note('collaborator_submission_complete', ['collaborator', collaborator], { collaborator, program: programs }),
      note('collaborator_account_ready', ['collaborator', collaborator], { collaborator }),
    ])
    await world.fire('site-visited', { collaboratorId: collaborator })
    expect(await world.engagements()).toHaveLength(2)
  })

  it('may name no program', async () => {
    const world = await testWorld(sql)
    await world.fire('collaborator-submitted', { fullName: 'Amara Okafor', email: 'amara@example.com' })
    const collaborator = only(await world.collaborators()).id
    expect(await world.notes()).toEqual([
      note('collaborator_submission_complete', ['collaborator', collaborator], { collaborator }),
    ])
  })
})

describe('an organization', () => {
  it('comes into being once', async () => {
    const world = await testWorld(sql)
    expect((await world.fire('org-created', {})).types).toEqual(['org-created', 'OrgCreated'])
    expect((await world.fire('org-created', {})).types).toEqual([])
    const { organizationId } = world
    expect(await world.notes()).toEqual([
      note('org_created', ['organization', organizationId], { organization: organizationId }),
    ])
  })
})

describe('whoever hears an event before the core', () => {
  const withListener = (listen: (parts: Parts) => void) =>
    testWorld(sql, () => {
      const parts = new Parts()
      listen(parts)
      return parts
    })

  it('may change what is about to be recorded', async () => {
    const world = await withListener(({ dispatcher }) => {
      dispatcher.on('TransactionCreateRequested', async ([requested]) => {
        for (const detail of requested?.details ?? []) detail.value = 1000
        return []
      })
      dispatcher.on('CollaboratorSubmissionReceived', async ([received]) => {
        if (received) received.submission.fullName = 'Jane Doe'
        return []
      })
    })
    const program = await world.program()
    const jane = await world.collaborator({ programs: [program] })
    const opportunity = opportunityOf(await world.fire('site-visited', { collaboratorId: jane }))
    await world.fire('sale', sale(opportunity))
    expect([only(await world.lineItems()).value, only(await world.obligations()).value]).toEqual([1000, 100])
    await world.fire('collaborator-submitted', { fullName: 'jane', email: 'jane@example.com' })
    expect((await world.collaborators())[1]?.fullName).toBe('Jane Doe')
  })

  it.each([
    ['TransactionCreateRequested', 'sale'],
    ['CollaboratorSubmissionReceived', 'collaborator-submitted'],
  ] as const)('may refuse at a %s', async (type, slug) => {
    const world = await withListener(({ dispatcher }) => {
      dispatcher.on(type, async () => {
        throw new ConflictError('not here')
      })
    })
    const { opportunityId } = await world.fire('site-visited', { collaboratorId: await world.collaborator() })
    const before = await world.dump()
    const payload = slug === 'sale' ? sale(opportunityId as number) : { fullName: 'Jane', email: 'jane@example.com' }
    await expect(world.fire(slug, payload)).rejects.toThrow('not here')
    expect(await world.dump()).toEqual(before)
  })
})

describe('public events', () => {
  it('write notes of every blueprint of the core, and of no other', async () => {
    const world = await testWorld(sql)
    await world.shop()
    const groupId = await world.group()
    const activeConversionTypes = ['sale' as const, 'renewal' as const]
    const triggers = { referredSiteVisit: 100, boundCouponUsed: 50, manual: 10 }
    const first = await world.program({ groupId, triggers, activeConversionTypes, autoApprove: true })
    const second = await world.program({ groupId, triggers, activeConversionTypes })
    const jane = await world.collaborator({ coupon: 'JANE', programs: [first, second] })
    const joe = await world.collaborator({ programs: [first] })
    await world.fire('org-created', {})
    await world.fire('collaborator-submitted', { fullName: 'Amara Okafor', email: 'amara@example.com' })
    const amara = (await world.collaborators()).find(({ status }) => status === 'pending')?.id
    await world.fire('collaborator-approved', { collaboratorId: amara })
    const { opportunityId } = await world.fire('site-visited', { collaboratorId: jane })
    await world.fire('coupon-applied', { code: 'jane', trackingId: opportunityId })
    await world.fire('sale', sale(opportunityId as number))
    await world.fire('renewal', renewal('1002'))
    const transactionId = (await world.transactions())[0]?.id
    await world.fire('manual-attribution', { collaboratorId: joe, transactionId })
    const conversion = (await world.conversions()).find(({ status }) => status === 'pending')
    await world.fire('conversion-approved', { conversionId: conversion?.id })
    await world.fire('fulfillment-generated', {})
    await world.fire('payout-paid', { payoutId: (await world.payouts())[0]?.id })
    await world.fire('distribution-completed', { distributorId: await world.distributor([jane]) })
    await world.fire('payout-unpaid', { payoutId: (await world.payouts())[0]?.id })
    const [unpaid] = await world.conversions()
    await sql.script(`update obligation set status = 'pending', payout_id = null where id = ${unpaid?.obligationId}`)
    await world.fire('refund', { ...refund, refundId: 'R1', amount: 10 })
    await world.fire('refund', refund)
    await world.fire('opportunity-invalidated', { opportunityId })
    const written = new Set((await world.notes()).map(({ key }) => key))
    expect([...written].sort()).toEqual(Object.keys(CORE_BLUEPRINTS).sort())
    expect(written.size).toBe(25)

    // what is stored is enough to word each of them
    const types = new Set((await world.notes()).map(({ cause: [type] }) => type))
    const feeds = [...types].map(
      type => `${type}: notes(sourceType: ${type.toUpperCase()}, first: 100) { nodes { content renderedContent } }`,
    )
    const { body } = await testGateway({ sql }).query(world.administrator, `{ ${feeds.join(' ')} }`)
    const worded = Object.values<{ nodes: { content: string; renderedContent: string }[] }>(body.data).flatMap(
      ({ nodes }) => nodes,
    )
    expect(new Set(worded.map(({ content }) => content))).toEqual(written)
    for (const { content, renderedContent } of worded) {
      expect(renderedContent, content).not.toBe(content)
      expect(renderedContent, content).not.toMatch(/[{}]|undefined|null|NaN|#(?!\d)/)
    }
  })
})
