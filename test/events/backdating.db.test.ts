import { describe, expect, it } from 'vitest'
import { ValidationError } from '../../src/errors.ts'
import { pipeline } from '../../src/pipeline.ts'
import { testDatabase } from '../support/database.ts'
import { day, testWorld, type World } from '../support/world.ts'

const { sql } = await testDatabase()

const first = <Row extends { id: number }>([row]: readonly Row[]): number => (row as Row).id

/** Everything that an event can be about, none of it older than the third day. */
const furnished = async () => {
  const world = await testWorld(sql)
  const program = await world.program({
    triggers: { referredSiteVisit: 100, manual: 5 },
    activeConversionTypes: ['sale', 'renewal'],
  })
  const jane = await world.collaborator({ programs: [program], dateCreated: day(3) })
  const ada = await world.collaborator({ programs: [program], dateCreated: day(3) })
  const joe = await world.collaborator({ programs: [program], status: 'pending', dateCreated: day(3) })
  const distributorId = await world.distributor([jane], { dateCreated: day(3) })
  const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: jane }, { at: day(3) })
  const sell = (externalId: string) =>
    world.fire('sale', { source: 'shop', externalId, total: 50, trackingId }, { at: day(3) })
  await sell('1')
  const conversionId = first(await world.conversions())
  await world.fire('conversion-approved', { conversionId }, { at: day(3) })
  const obligationIds = [first(await world.obligations())]
  await world.fire('fulfillment-generated', { obligationIds }, { at: day(3) })
  await world.fire('site-visited', { collaboratorId: jane, trackingId }, { at: day(3) })
  await sell('2')
  const [, second] = await world.conversions()
  await world.fire('conversion-approved', { conversionId: second?.id }, { at: day(3) })
  return {
    world,
    ada,
    joe,
    distributorId,
    opportunityId: trackingId,
    conversionId,
    transactionId: first(await world.transactions()),
    payoutId: first(await world.payouts()),
    fulfillmentId: first(await world.fulfillments()),
    obligationIds: (await world.obligations()).slice(1).map(({ id }) => id),
  }
}

type Named = Awaited<ReturnType<typeof furnished>>

const ABOUT: readonly (readonly [slug: string, record: string, payload: (of: Named) => object])[] = [
  ['conversion-approved', 'conversion', ({ conversionId }) => ({ conversionId })],
  ['conversion-rejected', 'conversion', ({ conversionId }) => ({ conversionId, reason: 'fraud' })],
  ['refund', 'transaction', () => ({ source: 'shop', externalId: '1' })],
  ['renewal', 'transaction', () => ({ source: 'shop', externalId: '3', originalExternalId: '1', total: 5 })],
  ['manual-attribution', 'transaction', ({ ada, transactionId }) => ({ collaboratorId: ada, transactionId })],
  ['opportunity-invalidated', 'opportunity', ({ opportunityId }) => ({ opportunityId })],
  ['fulfillment-generated', 'obligation', () => ({})],
  ['fulfillment-generated', 'obligation', ({ obligationIds }) => ({ obligationIds })],
  ['fulfillment-status-changed', 'fulfillment', ({ fulfillmentId }) => ({ fulfillmentId, status: 'complete' })],
  ['payout-paid', 'payout', ({ payoutId }) => ({ payoutId })],
  ['payout-unpaid', 'payout', ({ payoutId }) => ({ payoutId })],
  ['distribution-completed', 'distributor', ({ distributorId }) => ({ distributorId })],
  ['collaborator-approved', 'collaborator', ({ joe }) => ({ collaboratorId: joe })],
]

/** Does something that is refused, of which nothing is left. */
const refused = async (world: World, work: () => Promise<unknown>): Promise<ValidationError['fields']> => {
  const before = await world.dump()
  const error = await work().then(
    () => expect.fail('Expected a refusal'),
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ValidationError)
  expect(await world.dump()).toEqual(before)
  return (error as ValidationError).fields
}

describe('an event about a record', () => {
  it.each(ABOUT)('cannot come before it: %s (%s)', async (slug, record, payload) => {
    const named = await furnished()
    const { world } = named
    const fields = await refused(world, () => world.fire(slug, payload(named), { at: day(2) }))
    expect(fields).toEqual({
      occurredAt: [
        expect.stringMatching(
          new RegExp(
            `^Expected a moment from ${day(3).toISOString()} on, when ${record} .+, received ${day(2).toISOString()}$`,
          ),
        ),
      ],
    })
    const taken = await world.fire(slug, payload(named), { at: day(3) })
    expect(taken.types[0]).toBe(slug)
  })

  it('is never before it when its sender does not say when it was', async () => {
    const { world, conversionId } = await furnished()
    await sql.script(`update conversion set date_created = now() + interval '1 hour' where id = ${conversionId}`)
    const delivery = { slug: 'conversion-rejected', payload: { conversionId, reason: 'fraud' } }
    await expect(pipeline(sql).ingest(delivery, world.administrator)).resolves.toHaveProperty('opportunityId')
  })
})

describe('touches, sales and leads', () => {
  it('may be of any time', async () => {
    const world = await testWorld(sql)
    const program = await world.program({ activeConversionTypes: ['sale', 'lead'], dateCreated: day(3) })
    const jane = await world.collaborator({ programs: [program], dateCreated: day(3) })
    const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: jane }, { at: day(2) })
    const purchase = { source: 'shop', externalId: '1', total: 10, trackingId }
    for (const [slug, payload] of [
      ['site-visited', { collaboratorId: jane, trackingId }],
      ['sale', purchase],
      ['lead', { source: 'crm', trackingId }],
    ] as const)
      expect((await world.fire(slug, payload, { at: day(1) })).types[0]).toBe(slug)
  })
})
