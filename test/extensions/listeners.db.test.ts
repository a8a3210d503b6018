import { expect, it } from 'vitest'
import { ConflictError, ValidationError } from '../../src/errors.ts'
import type { EventType } from '../../src/events/catalog.ts'
import type { Listener } from '../../src/events/dispatcher.ts'
import { Parts } from '../../src/pipeline.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { testWorld } from '../support/world.ts'

const { sql } = await testDatabase()

/** A shop whose gateway has one more listener; a sale of 100.00 to a customer who came by a link pays 10.00. */
const shopWith = async <Type extends EventType>(type: Type, listener: Listener<Type>) => {
  const parts = new Parts()
  parts.dispatcher.on(type, listener)
  const world = await testWorld(sql)
  const program = await world.program()
  const collaboratorId = await world.collaborator({ programs: [program] })
  const { opportunityId: trackingId } = await world.fire('site-visited', { collaboratorId })
  const gateway = testGateway({ sql }, {}, parts)
  const sale = { source: 'shop', externalId: '1', total: 100, trackingId }
  return {
    world,
    sell: () => gateway.send(world.integration, 'POST', '/siren/v1/event/sale', sale),
    apply: (submission: object) =>
      gateway.send(world.integration, 'POST', '/siren/v1/event/collaborator-submitted', submission),
  }
}

it('may change the lines of a transaction before it is recorded', async () => {
  const { world, sell } = await shopWith('TransactionCreateRequested', async ([request]) => {
    request?.details.push({ externalId: null, name: 'Members’ discount', type: 'discount', value: -2000, quantity: 1 })
    return []
  })
  expect((await sell()).status).toBe(200)
  expect((await world.lineItems()).map(({ name, value }) => [name, value])).toEqual([
    ['Total', 10_000],
    ['Members’ discount', -2000],
  ])
  expect((await world.obligations()).map(({ value }) => value)).toEqual([800])
})

it('may change an application before it is recorded', async () => {
  const { world, apply } = await shopWith('CollaboratorSubmissionReceived', async ([received]) => {
    if (received !== undefined) received.submission.nickname = 'The newcomer'
    return []
  })
  expect((await apply({ fullName: 'New Comer', email: 'new@example.com' })).status).toBe(200)
  expect((await world.collaborators()).at(-1)).toMatchObject({ fullName: 'New Comer', nickname: 'The newcomer' })
})

it.each([
  ['a field', new ValidationError({ total: ['Expected less'] }), 422, 'total: Expected less'],
  ['a conflict', new ConflictError('The shop is closed'), 409, 'The shop is closed'],
])('may refuse by %s, which the sender is told, and leaves nothing', async (_, error, status, message) => {
  const { world, sell } = await shopWith('TransactionCreateRequested', async () => {
    throw error
  })
  const before = await world.dump()
  const answer = await sell()
  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({ error: { message } })
  expect(await world.dump()).toEqual(before)
})

it('that fails is masked, and leaves nothing', async () => {
  const { world, sell } = await shopWith('ObligationIssued', async () => {
    throw new TypeError('secret')
  })
  const before = await world.dump()
  const { status, text } = await sell()
  expect(status).toBe(500)
  expect(text).not.toContain('secret')
  expect(await world.dump()).toEqual(before)
})

it('whose events recur is stopped, and leaves nothing', async () => {
  const { world, sell } = await shopWith('TransactionCompleted', async events => events)
  const before = await world.dump()
  expect((await sell()).status).toBe(500)
  expect(await world.dump()).toEqual(before)
})

it('hears an event before the core acts on it, and answers events of the core', async () => {
  const { world, sell } = await shopWith('ConversionsAwarded', async ([award], { sql, organizationId }) => {
    const pending = await sql.rows<{ status: string }>(
      { name: '', text: 'select status from engagement where organization_id = $1' },
      [organizationId],
    )
    expect(pending).toEqual([{ status: 'pending' }])
    const [conversion] = award?.conversions ?? []
    return conversion && [{ type: 'ConversionRejected', conversion, reason: 'on probation' }]
  })
  expect((await sell()).status).toBe(200)
  expect((await world.engagements()).map(({ status }) => status)).toEqual(['complete'])
  expect((await world.notes()).at(-1)).toMatchObject({ key: 'conversion_rejected', facts: { reason: 'on probation' } })
})
