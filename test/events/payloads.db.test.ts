import { beforeAll, describe, expect, it } from 'vitest'
import { ConflictError, RecordNotFoundError, ValidationError } from '../../src/errors.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { type Sending, testWorld, type World } from '../support/world.ts'

const { sql } = await testDatabase()

/** An organization with some of everything, whose names for it begin with a prefix. */
const furnished = async (prefix: string) => {
  const world = await testWorld(sql)
  await world.shop()
  const triggers = { referredSiteVisit: 100, boundCouponUsed: 10, manual: 5 }
  const program = await world.program({ triggers, activeConversionTypes: ['sale', 'renewal', 'lead'] })
  const unreviewed = await world.program({ triggers, autoApprove: true })
  const collaborator = await world.collaborator({
    programs: [program, unreviewed],
    tracking: `${prefix}-LINK`,
    coupon: `${prefix}-COUPON`,
  })
  const uncredited = await world.collaborator({ programs: [program], tracking: `${prefix}-UNCREDITED` })
  const pending = await world.collaborator({ status: 'pending' })
  const source = 'woocommerce'
  const visit = async () =>
    (await world.fire('site-visited', { collaboratorId: collaborator, userId: `${prefix}-user` }))
      .opportunityId as number
  const opportunity = await visit()
  await world.fire('sale', { source, externalId: `${prefix}-1`, total: 50, trackingId: opportunity })
  await world.fire('fulfillment-generated', {})
  await visit()
  await world.fire('sale', { source, externalId: `${prefix}-2`, total: 50, trackingId: opportunity })
  const first = <Row extends { id: number }>([row]: readonly Row[]): number => (row as Row).id
  const named = {
    source,
    program,
    collaborator,
    uncredited,
    pending,
    opportunity,
    link: `tracking:${prefix}-LINK`,
    uncreditedLink: `tracking:${prefix}-UNCREDITED`,
    coupon: `${prefix}-COUPON`,
    user: `${prefix}-user`,
    sale: `${prefix}-1`,
    transaction: first(await world.transactions()),
    conversion: first((await world.conversions()).filter(({ status }) => status === 'pending')),
    obligation: first((await world.obligations()).filter(({ status }) => status === 'pending')),
    fulfillment: first(await world.fulfillments()),
    payout: first(await world.payouts()),
    distributor: await world.distributor([collaborator]),
  }
  return { world, named }
}

type Named = Awaited<ReturnType<typeof furnished>>['named']

/** What cannot be counted by an id: too high for any sequence here. */
const NOBODY = 2 ** 53 - 1

const VISITS = ['site-visited', 'course-completed', 'lesson-completed', 'post-visited', 'form-submitted'] as const
const SUBJECTS = {
  'site-visited': {},
  'course-completed': { courseId: 1 },
  'lesson-completed': { lessonId: 1 },
  'post-visited': { postId: 1 },
  'form-submitted': { formId: 1 },
}

/** A payload by what its organization has; `at` is what is to be somebody else's, which only some fields may be. */
type Case = readonly [
  slug: string,
  field: string,
  payload: (own: Named) => object,
  at: (of: Named) => unknown,
  refusal: string | typeof RecordNotFoundError,
]

const CASES: readonly Case[] = [
  ...VISITS.flatMap((slug): Case[] => {
    const visit = (own: Named) => ({ collaboratorId: own.collaborator, ...SUBJECTS[slug] })
    return [
      [slug, 'collaboratorId', visit, of => of.collaborator, 'collaboratorId'],
      [slug, 'collaboratorId', visit, of => of.link, 'collaboratorId'],
      [slug, 'trackingId', visit, of => of.opportunity, 'trackingId'],
      [slug, 'X-Siren-OID', visit, of => of.opportunity, 'X-Siren-OID'],
    ]
  }),
  ['coupon-applied', 'trackingId', own => ({ code: own.coupon }), of => of.opportunity, 'trackingId'],
  ['coupon-applied', 'X-Siren-OID', own => ({ code: own.coupon }), of => of.opportunity, 'X-Siren-OID'],
  ...['sale', 'lead'].flatMap((slug): Case[] => {
    const bought = () => ({ source: 'woocommerce', externalId: 'new', ...(slug === 'sale' && { total: 10 }) })
    return [
      [slug, 'trackingId', bought, of => of.opportunity, 'trackingId'],
      [slug, 'X-Siren-OID', bought, of => of.opportunity, 'X-Siren-OID'],
      [slug, 'userId', bought, of => of.user, 'userId'],
    ]
  }),
  [
    'renewal',
    'originalExternalId',
    ({ source }) => ({ source, externalId: 'new', total: 10 }),
    of => of.sale,
    RecordNotFoundError,
  ],
  ['refund', 'externalId', ({ source }) => ({ source }), of => of.sale, RecordNotFoundError],
  [
    'collaborator-submitted',
    'programIds',
    () => ({ fullName: 'Joe', email: 'joe@example.com' }),
    of => [of.program],
    'programIds',
  ],
  ['collaborator-approved', 'collaboratorId', () => ({}), of => of.pending, RecordNotFoundError],
  [
    'manual-attribution',
    'collaboratorId',
    own => ({ transactionId: own.transaction }),
    of => of.uncredited,
    'collaboratorId',
  ],
  [
    'manual-attribution',
    'collaboratorId',
    own => ({ transactionId: own.transaction }),
    of => of.uncreditedLink,
    'collaboratorId',
  ],
  [
    'manual-attribution',
    'transactionId',
    own => ({ collaboratorId: own.uncredited }),
    of => of.transaction,
    RecordNotFoundError,
  ],
  ['conversion-approved', 'conversionId', () => ({}), of => of.conversion, RecordNotFoundError],
  ['conversion-rejected', 'conversionId', () => ({ reason: 'fraud' }), of => of.conversion, RecordNotFoundError],
  ['opportunity-invalidated', 'opportunityId', () => ({}), of => of.opportunity, RecordNotFoundError],
  ['fulfillment-generated', 'obligationIds', () => ({}), of => [of.obligation], 'obligationIds'],
  [
    'fulfillment-status-changed',
    'fulfillmentId',
    () => ({ status: 'complete' }),
    of => of.fulfillment,
    RecordNotFoundError,
  ],
  ['payout-paid', 'payoutId', () => ({}), of => of.payout, RecordNotFoundError],
  ['payout-unpaid', 'payoutId', () => ({}), of => of.payout, RecordNotFoundError],
  ['distribution-completed', 'distributorId', () => ({}), of => of.distributor, RecordNotFoundError],
]

describe('what another organization has', () => {
  let own: Awaited<ReturnType<typeof furnished>>
  let other: Awaited<ReturnType<typeof furnished>>
  beforeAll(async () => {
    own = await furnished('OWN')
    other = await furnished('OTHER')
  })

  /** What an event with this in one of its fields is refused with; nothing may be left of it anywhere. */
  const refusal = async ([slug, field, payload]: Case, value: unknown): Promise<Error> => {
    const before = [await own.world.dump(), await other.world.dump()]
    const sending = field === 'X-Siren-OID' ? { opportunityId: value as number } : {}
    const given = { ...payload(own.named), ...(field !== 'X-Siren-OID' && { [field]: value }) }
    const error = await own.world.fire(slug, given, sending).then(
      () => expect.fail(`Expected a refusal of ${slug} ${JSON.stringify(given)}`),
      (error: Error) => error,
    )
    expect([await own.world.dump(), await other.world.dump()]).toEqual(before)
    return error
  }

  it.each(CASES)('is nothing to a %s in its %s', async (...given) => {
    const [slug, field, , at, expected] = given
    const [foreign, unknown] = [at(other.named), nothingLike(at(other.named))]
    const [ofOther, ofNobody] = [await refusal(given, foreign), await refusal(given, unknown)]
    for (const error of [ofOther, ofNobody]) {
      if (typeof expected !== 'string') expect(error).toBeInstanceOf(expected)
      else {
        expect(error).toBeInstanceOf(ValidationError)
        expect(Object.keys((error as ValidationError).fields), `${slug} ${field}`).toEqual([expected])
      }
    }
    // the two cannot be told apart
    const shown = (error: Error, value: unknown) => error.message.replaceAll([value].flat().join(), '…')
    expect(shown(ofOther, foreign)).toBe(shown(ofNobody, unknown))
  })

  it.each(CASES)('would be something to it, a %s with its own %s', async (slug, field, payload, at) => {
    // afresh, since these do happen
    const { world, named } = await furnished(`${slug}-${field}`.toUpperCase())
    const value = at(named)
    const sending = field === 'X-Siren-OID' ? { opportunityId: value as number } : {}
    const given = { ...payload(named), ...(field !== 'X-Siren-OID' && { [field]: value }) }
    expect((await world.fire(slug, given, sending)).types[0]).toBe(slug)
  })

  it('does not stand in the way of the same names here', async () => {
    const [one, two] = [await testWorld(sql), await testWorld(sql)]
    const fired = []
    for (const world of [one, two]) {
      const program = await world.program()
      const collaboratorId = await world.collaborator({
        programs: [program],
        tracking: 'SAME',
        email: 'same@example.com',
      })
      const visit = await world.fire('site-visited', { collaboratorId: 'tracking:SAME', userId: 'same' })
      await world.fire('sale', { source: 'shop', externalId: 'same', total: 10, userId: 'same' })
      await world.fire('collaborator-submitted', { fullName: 'Joe', email: 'joe@example.com' })
      expect(await world.engagements()).toMatchObject([{ collaboratorId, opportunityId: visit.opportunityId }])
      fired.push(visit.opportunityId)
    }
    expect(fired[0]).not.toBe(fired[1])
  })
})

/** A value of the same kind that nobody has. */
const nothingLike = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(nothingLike)
  if (typeof value === 'number') return NOBODY
  return String(value).startsWith('tracking:') ? 'tracking:NOBODY' : 'nobody'
}

describe('amounts beyond what can be counted', () => {
  const story = async (given: Parameters<World['program']>[0] = {}) => {
    const world = await testWorld(sql)
    const jane = await world.collaborator({ programs: [await world.program(given)] })
    const sell = async (externalId: string) => {
      const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: jane })
      return world.fire('sale', {
        source: 'shop',
        externalId,
        total: Number.MAX_SAFE_INTEGER,
        currency: 'JPY',
        trackingId,
      })
    }
    return { world, jane, sell }
  }

  /** Something is refused in words for the sender, and nothing is left of it. */
  const refused = async (world: World, work: () => Promise<unknown>, error: new (...args: never[]) => Error) => {
    const before = await world.dump()
    await expect(work()).rejects.toThrow(error)
    expect(await world.dump()).toEqual(before)
  }

  it('are refused, and the most that can be is exact', async () => {
    const { world, sell } = await story({ transactionPercent: 100, autoApprove: true })
    await sell('1')
    expect(await world.transactions()).toMatchObject([{ totalValue: Number.MAX_SAFE_INTEGER }])
    expect(await world.obligations()).toMatchObject([{ value: Number.MAX_SAFE_INTEGER }])
  })

  it('are no reward', async () => {
    const { world, jane, sell } = await story({
      incentiveType: 'fixedPerProduct',
      payoutPerProduct: Number.MAX_SAFE_INTEGER,
    })
    const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: jane })
    const items = [{ name: 'Course', quantity: 2, amount: 1 }]
    const sale = { source: 'shop', externalId: '1', total: 2, items, trackingId }
    await refused(world, () => world.fire('sale', sale), ValidationError)
    await sell('2')
    expect(await world.obligations()).toHaveLength(1)
  })

  it('are no payout', async () => {
    const { world, sell } = await story({ transactionPercent: 100, autoApprove: true })
    await sell('1')
    await sell('2')
    await refused(world, () => world.fire('fulfillment-generated', {}), ValidationError)
    const [first] = await world.obligations()
    await world.fire('fulfillment-generated', { obligationIds: [first?.id] })
    expect(await world.payouts()).toMatchObject([{ value: Number.MAX_SAFE_INTEGER }])
  })

  it('are no revenue', async () => {
    const { world, jane, sell } = await story()
    await sell('1')
    await sell('2')
    const distributorId = await world.distributor([jane], { units: 'JPY' })
    await refused(world, () => world.fire('distribution-completed', { distributorId }), ConflictError)
    await world.fire('refund', { source: 'shop', externalId: '2' })
    await world.fire('distribution-completed', { distributorId })
    expect(await world.distributions()).toHaveLength(1)
  })
})

describe('an event that is about many', () => {
  it('refuses all when one is at fault', async () => {
    const { world, named } = await furnished('MANY')
    const [settled] = (await world.obligations()).filter(({ status }) => status === 'complete')
    const [draft] = (await world.obligations()).filter(({ status }) => status === 'draft')
    const before = await world.dump()
    const obligationIds = [named.obligation, settled?.id, draft?.id, NOBODY]
    const error = await world.fire('fulfillment-generated', { obligationIds }).catch((error: unknown) => error)
    expect((error as ValidationError).fields).toEqual({
      obligationIds: [
        `Expected a pending obligation, received ${settled?.id}, which is complete`,
        `Expected a pending obligation, received ${draft?.id}, which is draft`,
        `Expected a pending obligation, received ${NOBODY}, which does not exist`,
      ],
    })
    const application = { fullName: 'Joe', email: 'joe@example.com', programIds: [named.program, NOBODY] }
    await expect(world.fire('collaborator-submitted', application)).rejects.toThrow(`received ${NOBODY}`)
    expect(await world.dump()).toEqual(before)
  })

  it('of none settles nothing', async () => {
    const { world } = await furnished('NONE')
    await world.fire('fulfillment-generated', { obligationIds: [] })
    expect(await world.fulfillments()).toHaveLength(1)
  })
})

describe('strange but legal text', () => {
  it.each([
    '{collaborator}',
    '{program} #{conversionId} {reason} {code}',
    '{{collaborator}}',
    '<script>alert(1)</script> & "quotes"',
    '\u202Etxet desrever\u202C',
    '👩‍👩‍👧‍👦 ﷽ Zoë',
    "Robert'); drop table note;--",
    '$1 $& $$ %s %d \\u0000 \\',
    '{"a": [1]}',
    'two\nlines\tand a tab',
    'null',
    '__proto__',
    'constructor',
    '名'.repeat(255),
  ])('%j is kept and rendered as it is', async text => {
    const world = await testWorld(sql)
    await world.shop()
    const triggers = { referredSiteVisit: 100, boundCouponUsed: 10 }
    const program = await world.program({ name: text, triggers })
    const code = text.toUpperCase()
    const jane = await world.collaborator({ fullName: 'Jane', nickname: text, coupon: code, programs: [program] })
    const { opportunityId: trackingId } = await world.fire('coupon-applied', { code: text, userId: text })
    const items = [{ externalId: text, name: text, amount: 10 }]
    await world.fire('sale', { source: text, externalId: text, total: 10, trackingId, items })
    const conversionId = (await world.conversions())[0]?.id
    await world.fire('conversion-rejected', { conversionId, reason: text })
    await world.fire('collaborator-submitted', { fullName: text, email: 'joe@example.com' })

    expect(await world.opportunities()).toMatchObject([{ userId: text }])
    expect(await world.transactions()).toMatchObject([{ source: text, externalId: text }])
    expect(await world.lineItems()).toMatchObject([{ externalId: text, name: text }])
    const [, joe] = await world.collaborators()
    expect(joe?.fullName).toBe(text)

    const rendered = async (sourceType: string, sourceId: number | undefined) => {
      const query = `{ notes(sourceType: ${sourceType}, sourceId: ${sourceId}) { nodes { renderedContent } } }`
      const { body } = await testGateway({ sql }).query(world.administrator, query)
      return body.data.notes.nodes.map(({ renderedContent }: { renderedContent: string }) => renderedContent)
    }
    const [engagement, obligation] = [(await world.engagements())[0]?.id, (await world.obligations())[0]?.id]
    expect(await rendered('COLLABORATOR', jane)).toEqual([
      `Coupon ${code} applied for ${text}`,
      `Conversion #${conversionId} awarded to ${text} (saleTransactionPercentage)`,
      `Engagement #${engagement} awarded to ${text} under ${text}`,
      `Obligation #${obligation} issued for ${text}`,
      `Conversion #${conversionId} rejected: ${text}`,
    ])
    expect(await rendered('COLLABORATOR', joe?.id)).toEqual([`${text} submitted an application`])
  })

  it('as a link’s code is that code', async () => {
    const world = await testWorld(sql)
    for (const code of ['%', '_', "' or 1=1 --", '{code}', 'tracking:x', ' ', '💥', '1']) {
      const id = await world.collaborator({ tracking: code, programs: [await world.program()] })
      await world.fire('site-visited', { collaboratorId: `tracking:${code}` })
      expect((await world.engagements()).at(-1)).toMatchObject({ collaboratorId: id })
    }
  })
})

describe('a request of a role that may not send it', () => {
  it('leaves nothing', async () => {
    const { world, named } = await furnished('ROLES')
    const before = await world.dump()
    const { organizationId } = world
    const collaborator = { role: 'collaborator', organizationId, collaboratorId: named.collaborator } as const
    const refused: [string, object, Sending][] = [
      ['site-visited', { collaboratorId: named.collaborator }, { as: collaborator }],
      ['payout-paid', { payoutId: named.payout }, { as: collaborator }],
      ['payout-paid', { payoutId: named.payout }, { as: world.integration }],
      ['conversion-approved', { conversionId: named.conversion }, { as: world.integration }],
      ['org-created', {}, { as: world.integration, idempotencyKey: 'k' }],
    ]
    for (const [slug, payload, sending] of refused)
      await expect(world.fire(slug, payload, sending)).rejects.toThrow('key')
    expect(await world.dump()).toEqual(before)
  })

  it('is another than those of the integrations', async () => {
    const { world, named } = await furnished('TRUSTED')
    const as = world.integration
    const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId: named.link }, { as })
    await world.fire('coupon-applied', { code: named.coupon, trackingId }, { as })
    await world.fire('sale', { source: 'shop', externalId: '9', total: 9, trackingId }, { as })
    await world.fire('refund', { source: 'shop', externalId: '9' }, { as })
    await world.fire('collaborator-submitted', { fullName: 'Joe', email: 'joe@example.com' }, { as })
  })
})
