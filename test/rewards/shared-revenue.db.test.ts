import { describe, expect, it } from 'vitest'
import type { DistributorRow } from '../../src/database/rows.ts'
import { testDatabase } from '../support/database.ts'
import { write } from '../support/rows.ts'
import { day } from '../support/world.ts'
import { type Books, books, type Person } from './books.ts'

// What distributions share: the revenue, and the scores, that none before has counted. A distributor shares ten percent.

const { sql } = await testDatabase()

type Moment = Parameters<Books['sale']>[1]

/** A shop with a distributor, of which all three are members unless it is said; customers of their own buy from each. */
const shared = async (
  distributionResolver: 'evenlySharedPool' | 'performanceWeightedPool',
  members: readonly Person[] = ['ann', 'bob', 'cid'],
  given: Partial<DistributorRow> = {},
) => {
  const story = await books(sql)
  const { world, idOf, open, nameOf } = story
  const distributorId = await world.distributor(
    members.map(person => idOf(person)),
    { distributionResolver, revenuePercentage: 10, ...given },
  )
  const at = (moment: Moment) => (typeof moment === 'number' ? day(1, moment * 60) : moment)
  return {
    ...story,
    distributorId,
    /** A customer whom somebody brought buys; of nobody, one who came by itself. */
    sells: async (person: Person | null, externalId: string, moment: Moment, total = 1000, more: object = {}) => {
      const trackingId = await open(undefined, at(moment))
      if (person !== null) await story.visit(person, at(moment), { trackingId })
      await story.sale(externalId, at(moment), { trackingId }, { total, ...more })
    },
    run: (moment: Moment) => world.fire('distribution-completed', { distributorId }, { at: at(moment) }),
    givesBack: (externalId: string, moment: Moment, more: object = {}) =>
      world.fire('refund', { source: 'shop', externalId, ...more }, { at: at(moment) }),
    /** What each run came to, and who got how much of it. */
    runs: async () => {
      const allocations = await world.allocations()
      return (await world.distributions()).map(({ id, value }) => [
        value,
        ...allocations
          .filter(({ distributionId }) => distributionId === id)
          .map(allocation => [nameOf(allocation.collaboratorId), allocation.value]),
      ])
    },
  }
}

describe('a sale that is told after a run which it precedes', () => {
  it('counts for the next one: the second run is Bob’s, whose sale of the first’s time was told late', async () => {
    const { sells, run, runs } = await shared('performanceWeightedPool')
    await sells('ann', 'S1', 10)
    await run(12)
    await sells('bob', 'S2', 11)
    await run(13)
    await run(14)
    expect(await runs()).toEqual([[10_000, ['ann', 10_000]], [10_000, ['bob', 10_000]], [0]])
  })

  it('counts beside what came since', async () => {
    const { sells, run, runs } = await shared('performanceWeightedPool')
    await sells('ann', 'S1', 10)
    await run(12)
    await sells('cid', 'S3', 12.5)
    await sells('bob', 'S2', 11)
    await run(13)
    expect((await runs())[1]).toEqual([20_000, ['bob', 10_000], ['cid', 10_000]])
  })

  it('counts for all, where they share evenly', async () => {
    const { sells, run, runs } = await shared('evenlySharedPool', ['ann', 'bob'])
    await sells('ann', 'S1', 10)
    await run(12)
    await sells('bob', 'S2', 11)
    await run(13)
    await run(14)
    expect(await runs()).toEqual([[10_000, ['ann', 5000], ['bob', 5000]], [10_000, ['ann', 5000], ['bob', 5000]], [0]])
  })

  it('counts once, when it was told before the run', async () => {
    const { sells, run, runs } = await shared('performanceWeightedPool')
    await sells('bob', 'S2', 11)
    await sells('ann', 'S1', 10)
    await run(12)
    await run(13)
    expect(await runs()).toEqual([[20_000, ['ann', 10_000], ['bob', 10_000]], [0]])
  })

  it('counts no score of later than the run', async () => {
    const { sells, run, runs } = await shared('performanceWeightedPool')
    await sells('ann', 'S1', 10)
    await sells('bob', 'S2', 13)
    await run(12)
    await run(14)
    expect(await runs()).toEqual([
      [10_000, ['ann', 10_000]],
      [10_000, ['bob', 10_000]],
    ])
  })
})

describe('a run that gives nothing', () => {
  it('has a value of 0, and leaves the revenue to the next: nobody has a score', async () => {
    const { sells, run, runs, world } = await shared('performanceWeightedPool')
    await sells(null, 'S1', 10)
    await run(12)
    expect(await runs()).toEqual([[0]])
    expect(await world.obligations()).toEqual([])
    await sells('ann', 'S2', 13)
    await run(14)
    expect(await runs()).toEqual([[0], [20_000, ['ann', 20_000]]])
  })

  it('leaves the scores to the next: there was no revenue in its currency', async () => {
    const { sells, run, runs, sale, open } = await shared('performanceWeightedPool', ['ann', 'bob'])
    await sells('ann', 'S1', 10, 1000, { currency: 'EUR' })
    await run(12)
    expect(await runs()).toEqual([[0]])
    await sale('S2', 13, { trackingId: await open(undefined, 13) }, { total: 1000 })
    await run(14)
    expect((await runs())[1]).toEqual([10_000, ['ann', 10_000]])
  })

  it('has a value of 0 where it has no members, and the next shares it all', async () => {
    const { world, sells, run, runs, idOf, distributorId } = await shared('evenlySharedPool', [])
    await sells('ann', 'S1', 10)
    await run(12)
    expect(await runs()).toEqual([[0]])
    const { organizationId } = world
    await write(sql, 'distributor_enrollment', { organizationId, collaboratorId: idOf('ann'), distributorId })
    await run(13)
    await run(14)
    expect(await runs()).toEqual([[0], [10_000, ['ann', 10_000]], [0]])
  })

  it('has a value of 0 where there is less than a cent for each, and the next shares it with its own', async () => {
    const { sells, run, runs } = await shared('evenlySharedPool')
    await sells('ann', 'S1', 10, 0.2)
    await run(12)
    expect(await runs()).toEqual([[0]])
    await sells('ann', 'S2', 13, 0.1)
    await run(14)
    expect((await runs())[1]).toEqual([3, ['ann', 1], ['bob', 1], ['cid', 1]])
  })
})

describe('what is given back', () => {
  it('before a run is not shared', async () => {
    const { sells, givesBack, run, runs } = await shared('evenlySharedPool', ['ann'])
    await sells('ann', 'S1', 10)
    await givesBack('S1', 11, { refundId: 'r', amount: 400 })
    await run(12)
    expect(await runs()).toEqual([[6000, ['ann', 6000]]])
  })

  it('after it was shared is taken off the next', async () => {
    const { sells, givesBack, run, runs } = await shared('evenlySharedPool', ['ann'])
    await sells('ann', 'S1', 10)
    await run(12)
    await givesBack('S1', 13, { refundId: 'r', amount: 400 })
    await sells('ann', 'S2', 14)
    await run(15)
    await givesBack('S1', 16)
    await sells('ann', 'S3', 17)
    await run(18)
    expect(await runs()).toEqual([
      [10_000, ['ann', 10_000]],
      [6000, ['ann', 6000]],
      [4000, ['ann', 4000]],
    ])
  })

  it('that is more than was sold since is taken off the one after', async () => {
    const { sells, givesBack, run, runs } = await shared('evenlySharedPool', ['ann'])
    await sells('ann', 'S1', 10)
    await run(12)
    await givesBack('S1', 13, { refundId: 'r', amount: 400 })
    await run(14)
    await sells('ann', 'S2', 15)
    await run(16)
    expect(await runs()).toEqual([[10_000, ['ann', 10_000]], [0], [6000, ['ann', 6000]]])
  })

  it('as a whole counts for no score', async () => {
    const { sells, givesBack, run, runs } = await shared('performanceWeightedPool', ['ann', 'bob'])
    await sells('ann', 'S1', 10)
    await sells('bob', 'S2', 10.5)
    await givesBack('S1', 11)
    await run(12)
    expect(await runs()).toEqual([[10_000, ['bob', 10_000]]])
  })
})
