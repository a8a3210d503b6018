import { describe, expect, it } from 'vitest'
import { ValidationError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { day, type Fired } from '../support/world.ts'
import { clock, shop } from './shop.ts'

// Whose an event is.

const { sql } = await testDatabase()

const PLACEHOLDERS = [
  ...[0, '0', -1, -7, '-1', ' -42 ', 'undefined', 'UNDEFINED', 'null', 'Null', 'none', 'None', 'nan', 'NaN'],
  ...['[object Object]', '[object object]', 'guest', 'Guest', ' GUEST', 'anonymous', '\tAnonymous\n', '', '   '],
]

describe.each(PLACEHOLDERS)('the userId %j', userId => {
  const warned = expect.arrayContaining([expect.any(String)])

  it('is nobody: each visit and coupon that says no more is another customer’s', async () => {
    const { visit, coupon, world, customer } = await shop(sql)
    const events = [
      await visit('ann', 10, { userId }),
      await visit('ann', 10, { userId }),
      await coupon('ANN', 10, { userId }),
      await coupon('ANN', 10, { userId }),
    ]
    const ids = events.map(({ opportunityId }) => opportunityId)
    expect(new Set([customer, ...ids]).size).toBe(5)
    for (const { warnings } of events) expect(warnings).toEqual(warned)
    for (const opportunity of await world.opportunities()) expect(opportunity).toMatchObject({ userId: null })
    expect((await world.engagements()).map(({ score }) => score)).toEqual([100, 100, 50, 50])
  })

  it('leaves the opportunity that is named to whom it belongs', async () => {
    const { visit, coupon, sale, lead, open, world, credits } = await shop(sql)
    const known = await open('u1')
    const named = { trackingId: known, userId }
    const events = [
      await visit('ann', 10, named),
      await coupon('BOB', 11, named),
      await lead(12, named),
      await sale('S1', 12, named),
      await world.fire('site-visited', { collaboratorId: 'tracking:NONE', userId }).catch(() => null),
    ].filter(event => event !== null)
    for (const event of events) expect(event).toMatchObject({ opportunityId: known, warnings: warned })
    expect(events).toHaveLength(4)
    expect(await credits()).toEqual([['S1', 'bob', 1000]])
    expect((await world.opportunities()).map(opportunity => opportunity.userId)).toEqual([null, 'u1'])
  })

  it('is enough for no sale and no lead, where nothing else says whose it is', async () => {
    const { sale, lead, open, world, customer } = await shop(sql)
    await open('u1')
    const before = await world.dump()
    await expect(sale('S1', 12, { userId })).rejects.toThrow(ValidationError)
    await expect(lead(12, { userId })).rejects.toThrow(ValidationError)
    expect(await world.dump()).toEqual(before)
    const header = { at: clock(12), opportunityId: customer }
    const bought = await world.fire('sale', { source: 'shop', externalId: 'S1', total: 100, userId }, header)
    expect(bought).toMatchObject({ opportunityId: customer, warnings: warned })
  })
})

it.each(['1', 'guest-1', 'guests', 'nobody', 'null island', 'anonymous@example.com', '10', 'o', 'nann'])(
  'the userId %j is somebody',
  async userId => {
    const { visit, world } = await shop(sql)
    const first = await visit('ann', 10, { userId })
    expect(first).not.toHaveProperty('warnings')
    expect((await visit('ann', 11, { userId })).opportunityId).toBe(first.opportunityId)
    expect((await world.opportunities()).at(-1)).toMatchObject({ userId })
  },
)

describe('an event with the userId of B, on the opportunity of A', () => {
  const points = {
    referredSiteVisit: 100,
    courseCompleted: 100,
    lessonCompleted: 100,
    boundPostUsed: 100,
    formSubmitted: 100,
    boundCouponUsed: 100,
  }
  const story = async () => {
    const made = await shop(sql, { triggers: points, activeConversionTypes: ['sale', 'lead', 'renewal'] })
    const ofA = await made.open('a')
    await made.visit('ann', 10, { trackingId: ofA })
    return { ...made, ofA }
  }
  type Story = Awaited<ReturnType<typeof story>>
  const CLAIMS = [
    ['site-visited', {}],
    ['course-completed', { courseId: 1 }],
    ['lesson-completed', { lessonId: 1 }],
    ['post-visited', { postId: 1 }],
    ['form-submitted', { formId: 1 }],
    ['coupon-applied', { code: 'BOB' }],
  ] as const
  const PURCHASES = [
    ['sale', { source: 'shop', externalId: 'S1', total: 100 }],
    ['lead', { source: 'shop' }],
  ] as const
  const NAMES = ['trackingId', 'X-Siren-OID'] as const
  const send = ({ world, ofA, idOf }: Story, slug: string, subject: object, by: (typeof NAMES)[number]) => {
    const who = slug === 'coupon-applied' || slug === 'sale' || slug === 'lead' ? {} : { collaboratorId: idOf('bob') }
    const named = by === 'trackingId' ? { trackingId: ofA } : {}
    const header = by === 'trackingId' ? {} : { opportunityId: ofA }
    return world.fire(slug, { ...who, ...subject, ...named, userId: 'b' }, { at: clock(12), ...header })
  }
  const cases = (given: readonly (readonly [string, object])[]) =>
    given.flatMap(([slug, subject]) => NAMES.map(by => [slug, by, subject] as const))
  const opportunityOf = async ({ world }: Story, { opportunityId }: Fired) =>
    (await world.opportunities()).find(({ id }) => id === opportunityId)

  it.each(cases(CLAIMS))('is a claim on B: a %s by %s', async (slug, by, subject) => {
    const now = await story()
    const first = await send(now, slug, subject, by)
    expect(first.opportunityId).not.toBe(now.ofA)
    expect(await opportunityOf(now, first)).toMatchObject({ userId: 'b', status: 'active' })
    const again = await now.visit('bob', 13, { trackingId: now.ofA, userId: 'b' })
    expect(again.opportunityId).toBe(first.opportunityId)
    expect(await now.world.engagements()).toMatchObject([
      { opportunityId: now.ofA, collaboratorId: now.idOf('ann'), score: 100 },
      { opportunityId: first.opportunityId, collaboratorId: now.idOf('bob'), score: 200 },
    ])
  })

  it.each(cases(CLAIMS))('is a claim on B, who was there: a %s by %s', async (slug, by, subject) => {
    const now = await story()
    const ofB = await now.open('b')
    expect(await send(now, slug, subject, by)).toMatchObject({ opportunityId: ofB })
    expect(await now.world.engagements()).toMatchObject([
      { opportunityId: now.ofA, score: 100 },
      { opportunityId: ofB, score: 100 },
    ])
  })

  it.each(cases(PURCHASES))('credits nobody where B is new, and says so: a %s by %s', async (slug, by, subject) => {
    const now = await story()
    const bought = await send(now, slug, subject, by)
    expect(bought.warnings).toEqual([expect.any(String)])
    expect(await opportunityOf(now, bought)).toMatchObject({ userId: 'b', status: 'active' })
    expect(await now.credits()).toEqual([])
    expect(await now.claims()).toEqual([['ann', 'active', 100, 10, 10]])
  })

  it.each(cases(PURCHASES))('credits whoever brought B, who was there: a %s by %s', async (slug, by, subject) => {
    const now = await story()
    if (slug === 'lead') await now.reform("incentive_type = 'fixedPerLead', payout_per_lead = 500")
    const ofB = await now.open('b')
    await now.visit('cid', 11, { trackingId: ofB })
    expect(await send(now, slug, subject, by)).toMatchObject({ opportunityId: ofB })
    expect(await now.world.conversions()).toMatchObject([{ collaboratorId: now.idOf('cid') }])
    expect(await now.claims()).toEqual([
      ['ann', 'active', 100, 10, 10],
      ['cid', 'complete', 100, 11, 12],
    ])
  })

  it('is B’s too, where the opportunity became A’s when A logged in', async () => {
    const now = await story()
    const anonymous = await now.open()
    await now.visit('bob', 10, { trackingId: anonymous })
    await now.join(anonymous, 'a', 11)
    const { opportunityId } = await now.sale('S1', 12, { trackingId: anonymous, userId: 'b' })
    expect([now.ofA, anonymous]).not.toContain(opportunityId)
    expect(await now.credits()).toEqual([])
  })
})

describe('a customer who becomes a lead again', () => {
  const leads = (given = {}) =>
    shop(sql, {
      activeConversionTypes: ['lead'],
      incentiveType: 'fixedPerLead',
      payoutPerLead: 500,
      leadRequalificationDays: 30,
      ...given,
    })
  const u1 = { userId: 'u1' }

  it('is none within the program’s days, though the first opportunity turned out invalid', async () => {
    const { visit, lead, world, credits, claims } = await leads()
    const { opportunityId } = await visit('ann', day(1), u1)
    await lead(day(2), u1)
    await world.fire('opportunity-invalidated', { opportunityId }, { at: day(3) })
    await visit('bob', day(4), u1)
    await lead(day(5), u1)
    expect(await credits()).toEqual([['lead', 'ann', 500]])
    expect(await claims()).toEqual([
      ['ann', 'complete', 100, 0, 24],
      ['bob', 'active', 100, 72, 72],
    ])
    await lead(day(32), u1)
    expect(await credits()).toEqual([
      ['lead', 'ann', 500],
      ['lead', 'bob', 500],
    ])
  })

  it('is none where only this lead tells who it is', async () => {
    const { visit, lead, open, world, credits } = await leads()
    const { opportunityId } = await visit('ann', day(1), u1)
    await lead(day(2), u1)
    await world.fire('opportunity-invalidated', { opportunityId }, { at: day(3) })
    const anonymous = await open()
    await visit('bob', day(4), { trackingId: anonymous })
    await lead(day(5), { trackingId: anonymous, ...u1 })
    expect(await credits()).toEqual([['lead', 'ann', 500]])
  })

  it('is another’s lead, and another program’s, at once', async () => {
    const { visit, lead, world, newProgram, idOf, credits } = await leads()
    const open = await newProgram({
      activeConversionTypes: ['lead'],
      incentiveType: 'fixedPerLead',
      payoutPerLead: 200,
      leadRequalificationDays: null,
    })
    await world.enroll(idOf('ann'), open)
    await visit('ann', day(1), u1)
    await lead(day(2), u1)
    await visit('ann', day(3), u1)
    await visit('bob', day(3), { userId: 'u2' })
    await lead(day(4), u1)
    await lead(day(4), { userId: 'u2' })
    expect(await credits()).toEqual([
      ['lead', 'ann', 500],
      ['lead', 'ann', 200],
      ['lead', 'ann', 200],
      ['lead', 'bob', 500],
    ])
  })

  it('is none where a lead of later has been told', async () => {
    const { visit, lead, credits, claims } = await leads()
    await visit('ann', day(1), u1)
    await lead(day(40), u1)
    await visit('bob', day(5), u1)
    await lead(day(20), u1)
    expect(await credits()).toEqual([['lead', 'ann', 500]])
    expect((await claims()).map(([person, status]) => [person, status])).toEqual([
      ['ann', 'complete'],
      ['bob', 'active'],
    ])
    // thirty days, and no less
    await lead(day(10), u1)
    expect(await credits()).toEqual([
      ['lead', 'ann', 500],
      ['lead', 'bob', 500],
    ])
  })

  it('is none near to either lead of two visitors who turn out to be one', async () => {
    const { visit, lead, open, join, credits } = await leads()
    const [one, other] = [await open('u1'), await open()]
    await visit('ann', day(1), { trackingId: one })
    await visit('bob', day(1), { trackingId: other })
    await lead(day(2), { trackingId: one })
    await lead(day(50), { trackingId: other })
    await join(other, 'u1', day(51))
    await visit('cid', day(1), { trackingId: other })
    for (const at of [day(20), day(31), day(60), day(79)]) await lead(at, { trackingId: other })
    expect(await credits()).toEqual([
      ['lead', 'ann', 500],
      ['lead', 'bob', 500],
    ])
    await lead(day(80), { trackingId: other })
    expect((await credits()).at(-1)).toEqual(['lead', 'cid', 500])
  })

  it('is one again when the first was rejected, or where the program sets no days', async () => {
    for (const days of [30, null]) {
      const { visit, lead, reject, credits } = await leads({ leadRequalificationDays: days })
      await visit('ann', day(1), u1)
      await lead(day(2), u1)
      if (days !== null) await reject(day(3))
      await visit('bob', day(3), u1)
      await lead(day(4), u1)
      expect(await credits()).toEqual([
        ['lead', 'ann', 500],
        ['lead', 'bob', 500],
      ])
    }
  })

  it('is a stranger’s by the opportunity alone', async () => {
    const { visit, lead, open, credits, world } = await leads()
    const [one, other] = [await open(), await open()]
    await visit('ann', day(1), { trackingId: one })
    await visit('ann', day(1), { trackingId: other })
    await lead(day(2), { trackingId: one })
    await lead(day(2), { trackingId: other })
    await visit('bob', day(2), { trackingId: one })
    await lead(day(3), { trackingId: one })
    expect(await credits()).toEqual([
      ['lead', 'ann', 500],
      ['lead', 'ann', 500],
    ])
    expect((await world.engagements()).at(-1)).toMatchObject({ status: 'active', opportunityId: one })
  })
})
