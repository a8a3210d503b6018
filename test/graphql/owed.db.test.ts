import { expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { books } from '../rewards/books.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'

// What was given back, and what is owed since, as it is read.

const { sql } = await testDatabase()
const gateway = testGateway({ sql })

/** Ann and Bob share a sale of three units at a third of 10.00, and were paid; one unit was returned since. */
const returned = async () => {
  const story = await books(sql, { incentiveResolverType: 'evenlySharedPool' })
  const { world, idOf, brought, buys, paysOut, giveBack, transactionOf, conversionOf } = story
  await brought('ann', 'bob')
  await buys('S1', { total: 10, items: [{ externalId: 'A', name: 'A', quantity: 3, amount: 3.3333 }] })
  await paysOut()
  await giveBack('S1', { A: 1 })
  const { organizationId } = world
  const [ann, bob] = (await world.obligations()).slice(0, 2)
  const [annsClawback, bobsClawback] = (await world.obligations()).slice(2)
  const viewers = {
    administrator: { role: 'administrator', organizationId },
    ann: { role: 'collaborator', organizationId, collaboratorId: idOf('ann') },
    bob: { role: 'collaborator', organizationId, collaboratorId: idOf('bob') },
    cid: { role: 'collaborator', organizationId, collaboratorId: idOf('cid') },
  } satisfies Record<string, Viewer>
  return {
    ...{ ann, bob, annsClawback, bobsClawback },
    viewers,
    transaction: (await transactionOf('S1')).id,
    conversions: { ann: (await conversionOf('S1', 'ann')).id, bob: (await conversionOf('S1', 'bob')).id },
  }
}

const ask = async (viewer: Viewer, query: string) => {
  const { body, text } = await gateway.query(viewer, query)
  if (body.errors !== undefined) throw new Error(text)
  return body.data
}

const TRANSACTION = 'totalValue refundedValue currency status lineItems { name value quantity total }'
const OBLIGATIONS = 'databaseId value status awardType conversionId conversion { databaseId }'

test('a transaction tells an administrator what was given back of it, and what its lines come to', async () => {
  const { viewers, transaction } = await returned()
  expect(await ask(viewers.administrator, `{ transaction(id: "${transaction}") { ${TRANSACTION} } }`)).toEqual({
    transaction: {
      ...{ totalValue: 1000, refundedValue: 333, currency: 'USD', status: 'COMPLETE' },
      lineItems: [{ name: 'A', value: 333, quantity: 3, total: 1000 }],
    },
  })
})

test('a transaction tells a collaborator where it stands, and nobody who has no part in it anything', async () => {
  const { viewers, transaction } = await returned()
  const query = `{ transaction(id: "${transaction}") { ${TRANSACTION} } }`
  expect(await ask(viewers.ann, query)).toEqual({
    transaction: { totalValue: null, refundedValue: null, currency: null, status: 'COMPLETE', lineItems: null },
  })
  expect(await ask(viewers.cid, query)).toEqual({ transaction: null })
})

test.each(['administrator', 'ann'] as const)(
  'a conversion tells what was issued first, and all since: %s',
  async who => {
    const { viewers, conversions, ann, annsClawback } = await returned()
    const query = `{ conversion(id: "${conversions.ann}") { obligation { databaseId value } obligations { databaseId value awardType } } }`
    expect(await ask(viewers[who], query)).toEqual({
      conversion: {
        obligation: { databaseId: ann?.id, value: 50 },
        obligations: [
          { databaseId: ann?.id, value: 50, awardType: 'sale' },
          { databaseId: annsClawback?.id, value: -17, awardType: 'clawback' },
        ],
      },
    })
  },
)

test('a conversion of another is none to a collaborator', async () => {
  const { viewers, conversions } = await returned()
  const query = `{ conversion(id: "${conversions.bob}") { obligations { databaseId } } }`
  expect(await ask(viewers.ann, query)).toEqual({ conversion: null })
})

test('an obligation tells what it is for', async () => {
  const { viewers, conversions, ann, bob, annsClawback, bobsClawback } = await returned()
  const query = `{ obligations { totalCount nodes { ${OBLIGATIONS} } } }`
  const sold = { value: 50, status: 'COMPLETE', awardType: 'sale' }
  const owedBack = { value: -17, status: 'PENDING', awardType: 'clawback' }
  const of = (conversionId: number) => ({ conversionId, conversion: { databaseId: conversionId } })
  const all = [
    { databaseId: ann?.id, ...sold, ...of(conversions.ann) },
    { databaseId: bob?.id, ...sold, ...of(conversions.bob) },
    { databaseId: annsClawback?.id, ...owedBack, ...of(conversions.ann) },
    { databaseId: bobsClawback?.id, ...owedBack, ...of(conversions.bob) },
  ]
  const seenBy = async (viewer: Viewer) => {
    const { totalCount, nodes } = (await ask(viewer, query)).obligations
    expect(totalCount).toBe(nodes.length)
    return nodes.toSorted(
      (one: { databaseId: number }, other: { databaseId: number }) => one.databaseId - other.databaseId,
    )
  }
  expect(await seenBy(viewers.administrator)).toEqual(all)
  expect(await seenBy(viewers.ann)).toEqual([all[0], all[2]])
  expect(await seenBy(viewers.bob)).toEqual([all[1], all[3]])
  expect(await seenBy(viewers.cid)).toEqual([])
})

test('an obligation of another is none to a collaborator, and one for an allocation is for no conversion', async () => {
  const { viewers, bobsClawback } = await returned()
  const query = (id: number | undefined) => `{ obligation(id: "${id}") { conversionId conversion { databaseId } } }`
  expect(await ask(viewers.ann, query(bobsClawback?.id))).toEqual({ obligation: null })
  const { world, brought, buys, idOf } = await books(sql)
  await brought('ann')
  await buys('S1')
  await world.fire(
    'distribution-completed',
    { distributorId: await world.distributor([idOf('ann')]) },
    { at: new Date('2026-01-05T00:00:00Z') },
  )
  const allocated = (await world.obligations()).find(({ awardType }) => awardType === 'allocation')
  expect(await ask(world.administrator, query(allocated?.id))).toEqual({
    obligation: { conversionId: null, conversion: null },
  })
})

test('a transaction leads to what is owed for it, each to its own', async () => {
  const { viewers, transaction } = await returned()
  const query = `{ transaction(id: "${transaction}") { conversions { totalCount nodes { obligations { value } } } } }`
  const own = { obligations: [{ value: 50 }, { value: -17 }] }
  expect(await ask(viewers.administrator, query)).toEqual({
    transaction: { conversions: { totalCount: 2, nodes: [own, own] } },
  })
  expect(await ask(viewers.ann, query)).toEqual({ transaction: { conversions: { totalCount: 1, nodes: [own] } } })
})
