import { describe, expect, it } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import type { NoteSourceType } from '../../src/database/rows.ts'
import { type Books, books, type Person } from '../rewards/books.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'

// The notes of what is given back: what they link, what they keep, and what their readers read.

const { sql } = await testDatabase()
const gateway = testGateway({ sql })

interface Read {
  readonly content: string
  readonly renderedContent: string
  readonly sourceData: Record<string, unknown>
  readonly sources: readonly { sourceType: string; sourceId: number }[]
}

/** A feed as somebody reads it. */
const read = async (viewer: Viewer, type: NoteSourceType, id: number, search?: string): Promise<Read[]> => {
  const { body, text } = await gateway.query(
    viewer,
    `query ($type: NoteSourceType!, $id: SafeInt!, $search: String) {
      notes(sourceType: $type, sourceId: $id, filter: { search: $search }, first: 100) {
        nodes { content renderedContent sourceData sources { sourceType sourceId } }
      }
    }`,
    { type: type.toUpperCase(), id, search },
  )
  if (body.errors !== undefined) throw new Error(text)
  return body.data.notes.nodes
}

const as = ({ world, idOf }: Books, person: Person): Viewer => ({
  role: 'collaborator',
  organizationId: world.organizationId,
  collaboratorId: idOf(person),
})

/** Ann and Bob brought a customer, and share what is paid for its sale of 100.00. */
const sold = async (more: object = {}, given: Parameters<typeof books>[1] = {}) => {
  const story = await books(sql, { incentiveResolverType: 'evenlySharedPool', ...given })
  await story.brought('ann', 'bob')
  await story.buys('S1', more)
  const { id: transaction } = await story.transactionOf('S1')
  const conversions = (await story.conversionsOf('S1')).map(({ id }) => id)
  const obligations = (await story.world.obligations()).map(({ id }) => id)
  const collaborators = [story.idOf('ann'), story.idOf('bob')]
  const during = async (work: () => Promise<unknown>) => {
    const before = (await story.world.notes()).length
    await work()
    return (await story.world.notes()).slice(before)
  }
  return { ...story, transaction, conversions, obligations, collaborators, during }
}

describe('a part that is given back', () => {
  it('is noted on the sale, with all that it was credited to, and each change of what is owed', async () => {
    const { giveBack, during, transaction, conversions, obligations, collaborators } = await sold()
    const cause = ['transaction', transaction]
    expect(await during(() => giveBack('S1', 40))).toEqual([
      {
        key: 'partial_refund_triggered',
        cause,
        links: {
          transaction: [transaction],
          conversion: conversions,
          collaborator: collaborators,
          obligation: obligations,
        },
        facts: { amount: 4000, currency: 'USD' },
      },
      ...[0, 1].map(at => ({
        key: 'obligation_adjusted',
        cause,
        links: {
          obligation: [obligations[at]],
          collaborator: [collaborators[at]],
          conversion: [conversions[at]],
          transaction: [transaction],
        },
        facts: { amount: -200, currency: 'USD' },
      })),
    ])
  })

  it.each([
    ['all, in its last part', ['partial_refund_triggered', 'refund_triggered'], [{ amount: 40 }, { amount: 60 }]],
    ['the rest', ['partial_refund_triggered', 'refund_triggered'], [{ amount: 40 }, {}]],
    ['a part, twice', ['partial_refund_triggered', 'partial_refund_triggered'], [{ amount: 40 }, { amount: 59.99 }]],
    ['all, in one part', ['refund_triggered'], [{ amount: 100 }]],
    ['all', ['refund_triggered'], [{}]],
  ])('is noted as what it leaves: %s', async (_, keys, parts) => {
    const { refund, during } = await sold()
    const notes = await during(async () => {
      for (const [at, part] of parts.entries())
        await refund('S1', Object.keys(part).length === 0 ? {} : { ...part, refundId: `r${at}` })
    })
    expect(notes.map(({ key }) => key).filter(key => key.endsWith('refund_triggered'))).toEqual(keys)
  })

  it('is noted with the amount of its own, the last one as well', async () => {
    const { giveBack, refund, feed, transaction } = await sold({ currency: 'KWD', total: 10 })
    await giveBack('S1', 1.25)
    await giveBack('S1', '0.005')
    await refund('S1')
    const notes = (await feed('transaction', transaction)).filter(({ key }) => key.endsWith('refund_triggered'))
    expect(notes.map(({ key, facts }) => [key, facts])).toEqual([
      ['partial_refund_triggered', { amount: 1250, currency: 'KWD' }],
      ['partial_refund_triggered', { amount: 5, currency: 'KWD' }],
      ['refund_triggered', { amount: 8745, currency: 'KWD' }],
    ])
  })

  it('names those, too, who were rejected by hand', async () => {
    const { giveBack, rejects, during, conversions, collaborators } = await sold()
    await rejects('S1', 'bob')
    const notes = await during(() => giveBack('S1', 40))
    expect(notes.map(({ key }) => key)).toEqual(['partial_refund_triggered', 'obligation_adjusted'])
    expect(notes[0]?.links).toMatchObject({ conversion: conversions, collaborator: collaborators })
  })

  it('of a sale that nobody was credited with names nobody', async () => {
    const { buys, giveBack, transactionOf, world } = await books(sql)
    await buys('S1')
    await giveBack('S1', 40)
    const { id } = await transactionOf('S1')
    expect(await world.notes()).toEqual([
      {
        key: 'partial_refund_triggered',
        cause: ['transaction', id],
        links: { transaction: [id] },
        facts: { amount: 4000, currency: 'USD' },
      },
    ])
  })
})

describe('the feed of a sale', () => {
  it('tells what happened in its order', async () => {
    const { giveBack, refund, feed, transaction } = await sold()
    await giveBack('S1', 40)
    await refund('S1')
    expect((await feed('transaction', transaction)).map(({ key }) => key)).toEqual([
      ...['conversion_awarded', 'conversion_awarded', 'engagement_awarded', 'engagement_awarded'],
      ...['conversion_approved', 'conversion_approved'],
      ...['partial_refund_triggered', 'obligation_adjusted', 'obligation_adjusted'],
      ...['refund_triggered', 'conversion_rejected', 'conversion_rejected'],
    ])
  })

  it('reads in words', async () => {
    const story = await sold()
    const { world, giveBack, refund, transaction, conversions, obligations } = story
    await giveBack('S1', 40)
    await refund('S1')
    const texts = (await read(world.administrator, 'transaction', transaction)).map(
      ({ renderedContent }) => renderedContent,
    )
    expect(texts.slice(6)).toEqual([
      `Part of transaction #${transaction} refunded`,
      `Obligation #${obligations[0]} of ann adjusted by -2.00 USD`,
      `Obligation #${obligations[1]} of bob adjusted by -2.00 USD`,
      `Transaction #${transaction} refunded`,
      `Conversion #${conversions[0]} rejected: refund`,
      `Conversion #${conversions[1]} rejected: refund`,
    ])
  })

  it('has data with raw values for an administrator', async () => {
    const { world, giveBack, transaction, conversions, obligations, collaborators } = await sold()
    await giveBack('S1', 40)
    const found = await read(world.administrator, 'transaction', transaction)
    expect(found.find(({ content }) => content === 'partial_refund_triggered')?.sourceData).toMatchObject({
      transactionId: transaction,
      amount: 4000,
      currency: 'USD',
    })
    expect(found.find(({ content }) => content === 'obligation_adjusted')?.sourceData).toEqual({
      obligationId: obligations[0],
      conversionId: conversions[0],
      collaboratorId: collaborators[0],
      collaborator: 'ann',
      transactionId: transaction,
      amount: -200,
      currency: 'USD',
    })
  })

  it.each([
    ['JPY', 999, 333, '-33 JPY'],
    ['KWD', 1, 0.5, '-0.050 KWD'],
  ])('adjusts in %s', async (currency, total, amount, text) => {
    const { world, brought, buys, giveBack, transactionOf } = await books(sql)
    await brought('ann')
    await buys('S1', { total, currency })
    await giveBack('S1', amount)
    const found = await read(world.administrator, 'transaction', (await transactionOf('S1')).id)
    expect(found.at(-1)?.renderedContent).toMatch(new RegExp(`of ann adjusted by ${text}$`))
  })

  it('adjusts upwards without a sign', async () => {
    const { world, brought, buys, giveBack, transactionOf } = await books(sql, {
      incentiveResolverType: 'performanceWeightedPool',
    })
    await brought(['ann', 3], ['bob', 3], 'cid')
    await buys('S1', { total: 1.1 })
    await giveBack('S1', 0.1)
    const found = await read(world.administrator, 'transaction', (await transactionOf('S1')).id)
    expect(found.at(-1)?.renderedContent).toMatch(/of cid adjusted by 0\.01 USD$/)
    expect(found.at(-1)?.sourceData).toMatchObject({ amount: 1, currency: 'USD' })
  })
})

describe('a collaborator', () => {
  it('reads of a refund that it was, and not how much', async () => {
    const story = await sold()
    const { giveBack, refund, transaction, conversions, obligations } = story
    await giveBack('S1', 40)
    await refund('S1')
    const found = await read(as(story, 'bob'), 'transaction', transaction)
    expect(found.map(({ renderedContent }) => renderedContent).slice(3)).toEqual([
      `Part of transaction #${transaction} refunded`,
      `Obligation #${obligations[1]} of bob adjusted by -2.00 USD`,
      `Transaction #${transaction} refunded`,
      `Conversion #${conversions[1]} rejected: refund`,
    ])
    const refunds = found.filter(({ content }) => content.endsWith('refund_triggered'))
    expect(refunds).toHaveLength(2)
    for (const { sourceData, sources } of refunds) {
      expect(sourceData).toEqual({
        transactionId: transaction,
        conversionId: conversions[1],
        obligationId: obligations[1],
        collaboratorId: story.idOf('bob'),
        collaborator: 'bob',
      })
      expect(sources.map(({ sourceId }) => sourceId).sort()).toEqual(
        [transaction, conversions[1], obligations[1], story.idOf('bob')].sort(),
      )
    }
  })

  it('reads its own change in full, and no other’s', async () => {
    const story = await sold()
    const { giveBack, transaction, conversions, obligations, collaborators } = story
    await giveBack('S1', 40)
    const adjusted = (notes: readonly Read[]) => notes.filter(({ content }) => content === 'obligation_adjusted')
    const found = adjusted(await read(as(story, 'bob'), 'collaborator', story.idOf('bob')))
    expect(found.map(({ sourceData }) => sourceData)).toEqual([
      {
        obligationId: obligations[1],
        conversionId: conversions[1],
        collaboratorId: collaborators[1],
        collaborator: 'bob',
        transactionId: transaction,
        amount: -200,
        currency: 'USD',
      },
    ])
    expect(adjusted(await read(as(story, 'bob'), 'obligation', obligations[0] as number))).toEqual([])
    expect(await read(as(story, 'cid'), 'transaction', transaction)).toEqual([])
  })

  it('finds it by its words, and no refund by its amount', async () => {
    const story = await sold()
    const { giveBack, transaction, world } = story
    await giveBack('S1', 40)
    const keys = async (viewer: Viewer, words: string) =>
      (await read(viewer, 'transaction', transaction, words)).map(({ content }) => content)
    expect(await keys(as(story, 'bob'), 'adjusted bob')).toEqual(['obligation_adjusted'])
    expect(await keys(as(story, 'bob'), 'part of transaction refunded')).toEqual(['partial_refund_triggered'])
    expect(await keys(as(story, 'bob'), '4000')).toEqual([])
    expect(await keys(as(story, 'bob'), 'ann')).toEqual([])
    expect(await keys(world.administrator, 'adjusted')).toEqual(['obligation_adjusted', 'obligation_adjusted'])
  })

  it('reads what is owed back after a payout as what is owed', async () => {
    const story = await sold()
    const { paysOut, giveBack, world, conversions } = story
    await paysOut()
    await giveBack('S1', 40)
    const clawback = (await world.obligations()).at(-1)
    const found = await read(as(story, 'bob'), 'obligation', clawback?.id as number)
    expect(found.map(({ renderedContent, sourceData }) => [renderedContent, sourceData])).toEqual([
      [
        `Obligation #${clawback?.id} issued for bob`,
        {
          obligationId: clawback?.id,
          conversionId: conversions[1],
          collaboratorId: story.idOf('bob'),
          collaborator: 'bob',
          amount: -200,
          currency: 'USD',
        },
      ],
    ])
  })
})

describe('an engagement that a group’s contest cancelled', () => {
  /** Ann’s program and Bob’s are of one group; Bob’s, the newer one, wins the sale. */
  const contested = async () => {
    const story = await books(sql)
    const { world, newProgram, idOf, reform, brought, buys, program, visit } = story
    const groupId = await world.group('newestBindingWins')
    const winner = await newProgram({ groupId })
    await reform(`group_id = ${groupId}`)
    await sql.script(`delete from enrollment where collaborator_id = ${idOf('bob')} and program_id = ${program}`)
    await world.enroll(idOf('bob'), winner)
    await visit('cid', 0)
    await brought('ann', 'bob')
    await buys('S1')
    const engagements = await world.engagements()
    const of = (person: Person) => engagements.find(({ collaboratorId }) => collaboratorId === idOf(person))
    return { ...story, winner, of }
  }

  it('tells why in its feed; the winner’s does not', async () => {
    const { feed, of, program, winner, idOf, customer, transactionOf } = await contested()
    expect([of('ann')?.status, of('cid')?.status, of('bob')?.status]).toEqual(['cancelled', 'cancelled', 'complete'])
    const losers = [of('ann')?.id as number, of('cid')?.id as number].sort((one, other) => one - other)
    for (const id of losers)
      expect(await feed('engagement', id)).toEqual([
        {
          key: 'program_group_conversion_triggered',
          cause: ['program', winner],
          links: {
            program: [program, winner],
            opportunity: [customer],
            transaction: [(await transactionOf('S1')).id],
            collaborator: [idOf('ann'), idOf('bob'), idOf('cid')],
            engagement: losers,
          },
          facts: { winnerId: winner },
        },
      ])
    const won = (await feed('engagement', of('bob')?.id as number)).map(({ key }) => key)
    expect(won).toEqual(['conversion_awarded', 'engagement_awarded'])
  })

  it('tells so to its collaborator, and of no other engagement', async () => {
    const story = await contested()
    const { of, idOf } = story
    const [found, ...more] = await read(as(story, 'ann'), 'engagement', of('ann')?.id as number)
    expect(more).toEqual([])
    expect(found?.content).toBe('program_group_conversion_triggered')
    expect(found?.renderedContent).not.toMatch(/[{}]|undefined|null/)
    expect(found?.sources.filter(({ sourceType }) => sourceType === 'ENGAGEMENT')).toEqual([
      { sourceType: 'ENGAGEMENT', sourceId: of('ann')?.id },
    ])
    expect(found?.sources.filter(({ sourceType }) => sourceType === 'COLLABORATOR')).toEqual([
      { sourceType: 'COLLABORATOR', sourceId: idOf('ann') },
    ])
    expect(await read(as(story, 'ann'), 'engagement', of('cid')?.id as number)).toEqual([])
  })
})
