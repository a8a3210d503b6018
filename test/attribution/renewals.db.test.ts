import { describe, expect, it } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { day } from '../support/world.ts'
import { shop } from './shop.ts'

// Whom a renewal pays: those whom the sale did, by what was recorded of it, and what its program pays now.

const { sql } = await testDatabase()

type Given = Parameters<typeof shop>[1]

/** Ann and Bob brought the customer, Bob last, who has bought. */
const sold = async (given: Given = {}, total = 100) => {
  const story = await shop(sql, given)
  await story.visit('ann', 10)
  await story.visit('bob', 11)
  await story.sale('S1', 12, {}, { total })
  const renewed = async (externalId: string, at = day(30)) => {
    await story.renewal(externalId, 'S1', at)
    return (await story.credits()).filter(([order]) => order === externalId).map(([, ...credit]) => credit)
  }
  return { ...story, renewed }
}

describe.each(['evenlySharedPool', 'performanceWeightedPool'] as const)('a renewal under %s', incentiveResolverType => {
  it('is shared by those who shared the sale, whoever came since', async () => {
    const { renewed, visit } = await sold({ incentiveResolverType })
    await visit('cid', 13)
    await visit('ann', 14)
    expect(await renewed('R1')).toEqual([
      ['ann', 500],
      ['bob', 500],
    ])
  })

  it('has the part of one who is inactive go to the others, for as long as that lasts', async () => {
    const { renewed, become } = await sold({ incentiveResolverType })
    await become('bob', 'inactive')
    expect(await renewed('R1')).toEqual([['ann', 1000]])
    await become('ann', 'rejected')
    expect(await renewed('R2')).toEqual([])
    await become('bob', 'active')
    expect(await renewed('R3')).toEqual([['bob', 1000]])
    await become('ann', 'active')
    expect(await renewed('R4')).toHaveLength(2)
  })

  it('is one’s alone, where the program has one winner now', async () => {
    const { renewed, reform } = await sold({ incentiveResolverType })
    await reform(`incentive_resolver_type = 'newestBindingWins'`)
    expect(await renewed('R1')).toEqual([['bob', 1000]])
    await reform(`incentive_resolver_type = 'oldestBindingWins'`)
    expect(await renewed('R2')).toEqual([['ann', 1000]])
    await reform(`incentive_resolver_type = 'topScoreWins'`)
    expect(await renewed('R3')).toEqual([['ann', 1000]])
  })
})

describe.each(['newestBindingWins', 'oldestBindingWins', 'topScoreWins'] as const)('a renewal under %s', resolver => {
  const winner = resolver === 'newestBindingWins' ? 'bob' : 'ann'

  it('pays the winner of the sale, and nobody in the place of one who is inactive', async () => {
    const { renewed, become } = await sold({ incentiveResolverType: resolver })
    expect(await renewed('R1')).toEqual([[winner, 1000]])
    await become(winner, 'inactive')
    expect(await renewed('R2')).toEqual([])
    await become(winner, 'active')
    expect(await renewed('R3')).toEqual([[winner, 1000]])
  })

  it('is the winner’s alone, where the program has a pool now', async () => {
    const { renewed, reform } = await sold({ incentiveResolverType: resolver })
    await reform(`incentive_resolver_type = 'evenlySharedPool'`)
    expect(await renewed('R1')).toEqual([[winner, 1000]])
  })

  it('is nobody’s, where the winner of those who shared the sale is inactive', async () => {
    const { renewed, become, reform } = await sold({ incentiveResolverType: 'evenlySharedPool' })
    await reform(`incentive_resolver_type = '${resolver}'`)
    await become(winner, 'inactive')
    expect(await renewed('R1')).toEqual([])
    await become(winner, 'active')
    expect(await renewed('R2')).toEqual([[winner, 1000]])
  })

  it('without a record is decided among those who are active, as a sale is', async () => {
    const { renewed, become } = await sold({ activeConversionTypes: ['renewal'], incentiveResolverType: resolver })
    const other = winner === 'bob' ? 'ann' : 'bob'
    await become(winner, 'inactive')
    expect(await renewed('R1')).toEqual([[other, 1000]])
    await become(winner, 'active')
    expect(await renewed('R2')).toEqual([[other, 1000]])
  })
})

describe('a renewal', () => {
  it('pays those with a share of zero, too', async () => {
    const { visit, sale, renewal, credits } = await shop(sql, { incentiveResolverType: 'performanceWeightedPool' })
    for (const hour of [1, 2, 3]) await visit('ann', hour)
    for (const hour of [4, 5, 6]) await visit('bob', hour)
    await visit('cid', 7)
    // four cents: 2, 2 and none
    await sale('S1', 12, {}, { total: 0.4 })
    await renewal('R1', 'S1', day(30))
    expect((await credits()).filter(([order]) => order === 'R1')).toEqual([
      ['R1', 'ann', 429],
      ['R1', 'bob', 428],
      ['R1', 'cid', 143],
    ])
  })

  it('pays by the program’s present rules: another percentage, a fixed sum, nothing, and then again', async () => {
    const { renewed, reform } = await sold()
    await reform('transaction_percent = 20')
    expect(await renewed('R1')).toEqual([['bob', 2000]])
    await reform(`incentive_type = 'fixedPerTransaction', payout_per_transaction = 700`)
    expect(await renewed('R2')).toEqual([['bob', 700]])
    await reform(`active_conversion_types = array['sale']::conversion_type[]`)
    expect(await renewed('R3')).toEqual([])
    await reform(`active_conversion_types = array['renewal']::conversion_type[]`)
    expect(await renewed('R4')).toEqual([['bob', 700]])
    await reform(`status = 'inactive'`)
    expect(await renewed('R5')).toEqual([])
  })

  it('pays those whom the sale paid, though the program did not reward renewals then', async () => {
    const { renewed, reform, visit } = await sold({ activeConversionTypes: ['sale'] })
    await visit('cid', 13)
    await reform(`active_conversion_types = array['renewal']::conversion_type[]`)
    expect(await renewed('R1')).toEqual([['bob', 1000]])
  })

  it('pays nobody under a program whose record has nobody, though claims are open', async () => {
    const { visit, sale, renewal, credits } = await shop(sql, { expirationDays: 1 })
    await visit('ann', 1)
    await sale('S1', day(5))
    await visit('bob', day(4))
    await renewal('R1', 'S1', day(30))
    expect(await credits()).toEqual([])
  })

  it('reads the scores and dates of the record, and not what was told since', async () => {
    const { renewed, visit } = await sold({
      activeConversionTypes: ['renewal'],
      incentiveResolverType: 'performanceWeightedPool',
    })
    expect(await renewed('R1')).toEqual([
      ['ann', 500],
      ['bob', 500],
    ])
    // before the sale, and told after its first renewal
    for (const at of [9, 9.5]) await visit('ann', at)
    await visit('cid', 9)
    expect(await renewed('R2')).toEqual([
      ['ann', 500],
      ['bob', 500],
    ])
  })

  it('without a record reads what was told of the time before the sale until it came', async () => {
    const { renewed, visit } = await sold({
      activeConversionTypes: ['renewal'],
      incentiveResolverType: 'performanceWeightedPool',
    })
    await visit('ann', 13)
    await visit('ann', 9)
    await visit('ann', 9.5)
    expect(await renewed('R1')).toEqual([
      ['ann', 750],
      ['bob', 250],
    ])
  })

  it('pays those whom a sale of before there were records paid', async () => {
    const { renewed, world } = await sold()
    for (const table of ['evaluation_candidate', 'evaluation'])
      await sql.script(`delete from ${table} where organization_id = ${world.organizationId}`)
    expect(await renewed('R1')).toEqual([['bob', 1000]])
    expect(await renewed('R2')).toEqual([['bob', 1000]])
  })

  it('pays those whom a renewal of before there were records paid, if the sale paid nobody', async () => {
    const { renewed, visit, world } = await sold({ activeConversionTypes: ['renewal'] })
    expect(await renewed('R1')).toEqual([['bob', 1000]])
    for (const table of ['evaluation_candidate', 'evaluation'])
      await sql.script(`delete from ${table} where organization_id = ${world.organizationId}`)
    await visit('cid', 11.5)
    expect(await renewed('R2')).toEqual([['bob', 1000]])
  })

  it('of what a stranger bought, who turned out to be a customer, pays as the sale did', async () => {
    const { visit, sale, renewal, open, join, credits } = await shop(sql)
    const [one, other] = [await open('u1'), await open()]
    await visit('cid', 11, { trackingId: one })
    await visit('ann', 10, { trackingId: other })
    await sale('S1', 12, { trackingId: other })
    await join(other, 'u1', 13)
    await renewal('R1', 'S1', day(30))
    expect(await credits()).toEqual([
      ['S1', 'ann', 1000],
      ['R1', 'ann', 1000],
    ])
  })

  it('makes nothing of what a manager credited by hand elsewhere', async () => {
    const { renewed, credit, world } = await sold()
    await credit('cid', (await world.transactions())[0]?.id as number, 20)
    expect(await renewed('R1')).toEqual([['bob', 1000]])
  })
})

describe('a winner without a score', () => {
  /** Bob came last, and his visit is worth nothing. */
  const won = async (given: Given = {}) => {
    const story = await shop(sql, { triggers: { referredSiteVisit: 0, boundCouponUsed: 50 }, ...given })
    await story.coupon('ANN', 10)
    await story.visit('bob', 11)
    return story
  }

  it('wins the renewals of the sale as well', async () => {
    const { sale, renewal, credits } = await won()
    await sale('S1', 12)
    await renewal('R1', 'S1', day(30))
    expect(await credits()).toEqual([
      ['S1', 'bob', 1000],
      ['R1', 'bob', 1000],
    ])
  })

  it('shares in no pool, and does not keep a renewal from the other programs of a group', async () => {
    const { sale, renewal, credits, world, newProgram, idOf, program, reform, visit } = await won()
    const groupId = await world.group('newestBindingWins')
    const triggers = { referredSiteVisit: 100 }
    const renewals = await newProgram({ groupId, activeConversionTypes: ['renewal'], triggers })
    await world.enroll(idOf('cid'), renewals)
    await sql.script(`delete from enrollment where collaborator_id = ${idOf('cid')} and program_id = ${program}`)
    await visit('cid', 9)
    await sale('S1', 12)
    await reform(`group_id = ${groupId}, incentive_resolver_type = 'evenlySharedPool'`)
    await renewal('R1', 'S1', day(30))
    expect(await credits()).toEqual([
      ['S1', 'bob', 1000],
      ['R1', 'cid', 1000],
    ])
  })
})

describe('a renewal of what was rejected', () => {
  const statusesOf = async ({ world }: Awaited<ReturnType<typeof sold>>) =>
    (await world.conversions()).map(({ status }) => status)

  it('by hand waits for review, and pays once it is approved', async () => {
    const story = await sold()
    const { reject, renewed, world } = story
    await reject(13)
    expect(await renewed('R1')).toEqual([['bob', 1000]])
    expect(await statusesOf(story)).toEqual(['rejected', 'pending'])
    expect((await world.obligations()).map(({ status }) => status)).toEqual(['rejected', 'draft'])
    const renewal = (await world.conversions())[1]?.id
    await world.fire('conversion-approved', { conversionId: renewal }, { at: day(31) })
    expect(await statusesOf(story)).toEqual(['rejected', 'approved'])
    await renewed('R2', day(60))
    expect(await statusesOf(story)).toEqual(['rejected', 'approved', 'pending'])
  })

  it('by hand waits, where the renewal before it was that', async () => {
    const story = await sold()
    await story.renewed('R1')
    await story.reject(day(31), 1)
    await story.renewed('R2', day(60))
    expect(await statusesOf(story)).toEqual(['approved', 'rejected', 'pending'])
  })

  it('by hand waits for all who share it', async () => {
    const story = await sold({ incentiveResolverType: 'evenlySharedPool' })
    await story.reject(13)
    await story.renewed('R1')
    expect(await statusesOf(story)).toEqual(['rejected', 'approved', 'pending', 'pending'])
  })

  it('by a refund does not wait', async () => {
    const story = await sold()
    await story.world.fire('refund', { source: 'shop', externalId: 'S1' }, { at: day(2) })
    await story.renewed('R1')
    expect(await statusesOf(story)).toEqual(['rejected', 'approved'])
  })

  it('by hand under another program, or of another sale, does not wait', async () => {
    const story = await sold()
    const { world, newProgram, idOf, visit, sale, reject, renewal } = story
    const other = await newProgram()
    await world.enroll(idOf('cid'), other)
    await sql.script(`delete from enrollment where collaborator_id = ${idOf('cid')} and program_id <> ${other}`)
    await visit('cid', 13)
    await visit('ann', 13)
    await sale('S2', 14)
    // the one of Ann's
    await reject(15, 1)
    await renewal('R2', 'S2', day(30))
    await renewal('R1', 'S1', day(30))
    const found = (await world.conversions()).map(({ collaboratorId, status }) => [collaboratorId, status])
    expect(found).toEqual([
      [idOf('bob'), 'approved'],
      [idOf('ann'), 'rejected'],
      [idOf('cid'), 'approved'],
      [idOf('ann'), 'pending'],
      [idOf('cid'), 'approved'],
      [idOf('bob'), 'approved'],
    ])
  })
})

describe('a renewal with programs of a group', () => {
  /** Ann's program rewards the sale, Cid's only renewals; Cid came last, before the sale and after it. */
  const grouped = async () => {
    const story = await shop(sql)
    const { world, newProgram, program, idOf, reform, visit, sale, renewal } = story
    const groupId = await world.group('newestBindingWins')
    const renewals = await newProgram({ groupId, activeConversionTypes: ['renewal'] })
    await reform(`group_id = ${groupId}`)
    await sql.script(`delete from enrollment where collaborator_id = ${idOf('cid')} and program_id = ${program}`)
    await world.enroll(idOf('cid'), renewals)
    await visit('ann', 10)
    await visit('cid', 11)
    await visit('cid', 15)
    await sale('S1', 12)
    return { ...story, renewals, renew: () => renewal('R1', 'S1', day(30)) }
  }

  it('is kept by the program that the sale credited; what came after the sale stays open under the other', async () => {
    const { renew, credits, claims, renewals } = await grouped()
    expect(await claims(renewals)).toEqual([['cid', 'active', 200, 11, 15]])
    await renew()
    expect(await credits()).toEqual([
      ['S1', 'ann', 1000],
      ['R1', 'ann', 1000],
    ])
    expect(await claims(renewals)).toEqual([
      ['cid', 'cancelled', 100, 11, 29 * 24],
      ['cid', 'active', 100, 15, 15],
    ])
  })

  it('goes to the other, where that program does not reward it now', async () => {
    const { renew, credits, claims, renewals, reform } = await grouped()
    await reform(`active_conversion_types = array['sale']::conversion_type[]`)
    await renew()
    expect(await credits(renewals)).toEqual([['R1', 'cid', 1000]])
    expect(await credits()).toHaveLength(2)
    expect(await claims(renewals)).toEqual([['cid', 'active', 200, 11, 15]])
  })

  it('goes to the other, where that program pays nobody of it now', async () => {
    const { renew, credits, renewals, become } = await grouped()
    await become('ann', 'inactive')
    await renew()
    expect(await credits(renewals)).toEqual([['R1', 'cid', 1000]])
  })

  it('pays nobody under a program whose claims were cancelled since, when it lost one', async () => {
    const { renew, credits, claims, renewals, reform, renewal } = await grouped()
    await reform(`active_conversion_types = array['sale']::conversion_type[]`)
    await renew()
    await reform(`active_conversion_types = array['sale', 'renewal']::conversion_type[]`)
    await renewal('R2', 'S1', day(60))
    await reform(`active_conversion_types = array['sale']::conversion_type[]`)
    await renewal('R3', 'S1', day(90))
    expect((await credits()).slice(1)).toEqual([
      ['R1', 'cid', 1000],
      ['R2', 'ann', 1000],
    ])
    expect((await claims(renewals)).map(([person, status, score]) => [person, status, score])).toEqual([
      ['cid', 'cancelled', 100],
      ['cid', 'active', 100],
    ])
  })

  it('does not go to a program that lost the sale', async () => {
    const { world, newProgram, program, idOf, reform, visit, sale, renewal, credits } = await shop(sql)
    const groupId = await world.group('newestBindingWins')
    const other = await newProgram({ groupId })
    await reform(`group_id = ${groupId}`)
    await sql.script(`delete from enrollment where collaborator_id = ${idOf('cid')} and program_id = ${program}`)
    await world.enroll(idOf('cid'), other)
    await visit('cid', 10)
    await visit('ann', 11)
    await sale('S1', 12)
    await visit('cid', 13)
    await reform(`active_conversion_types = array['sale']::conversion_type[]`)
    await renewal('R1', 'S1', day(30))
    expect(await credits()).toEqual([['S1', 'ann', 1000]])
    await reform(`active_conversion_types = array['sale', 'renewal']::conversion_type[]`)
    await renewal('R2', 'S1', day(60))
    expect((await credits()).at(-1)).toEqual(['R2', 'ann', 1000])
    expect(await credits(other)).toEqual([])
  })
})
