import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createApiKey } from '../../src/access/api-keys.ts'
import { openPostgres } from '../../src/database/client.ts'
import { statement } from '../../src/database/sql.ts'
import { gatewayCommand, sendEvent } from '../events/gateways.ts'
import { testDatabaseUrl } from '../support/database.ts'
import { testWorld } from '../support/world.ts'
import { outgoing } from './outbox.ts'
import { receiver, signatureOf, subscribe } from './receiver.ts'

let command: Awaited<ReturnType<typeof gatewayCommand>>
beforeAll(async () => {
  command = await gatewayCommand()
})
afterAll(() => command?.close())

it('a gateway that is killed before it has delivered loses nothing: another one does', async () => {
  const url = await testDatabaseUrl()
  const database = await openPostgres(url, 10_000)
  onTestFinished(() => database.close())
  const { sql } = database
  const world = await testWorld(sql)
  const { organizationId } = world
  const { rawKey } = await createApiKey(sql, { organizationId, role: 'administrator', label: 'test' })
  let isSilent = true
  const to = await receiver(response => {
    if (!isSilent) response.end()
  })
  const { signingSecret } = await subscribe(sql, organizationId, to.url, ['collaborator.created'])
  const environment = { DATABASE_URL: url, WEBHOOK_ALLOW_PRIVATE: 'true' }

  const killed = await command.start(environment)
  for (const name of ['Ann', 'Bob', 'Cid']) {
    const { status } = await sendEvent(killed, rawKey, 'collaborator-submitted', {
      fullName: name,
      email: `${name}@example.com`,
    })
    expect(status).toBe(200)
  }
  await to.got(1) // which it waits for an answer to
  await killed.kill()
  expect(await outgoing(sql, organizationId)).toHaveLength(3)

  isSilent = false
  await sql.rows(elapse, [])
  const next = await command.start(environment)
  const received = await to.got(4)
  expect(received.map(({ message }) => message.data.fullName)).toEqual(['Ann', 'Ann', 'Bob', 'Cid'])
  expect(to.ids()[1]).toBe(to.ids()[0])
  for (const one of received) expect(one.headers['x-siren-signature']).toBe(signatureOf(one, signingSecret))
  await next.stop()
  expect(await outgoing(sql, organizationId)).toEqual([])
  expect(to.received).toHaveLength(4)
})

// as if the time of the lease that died with its gateway had passed
const elapse = statement(`update webhook_subscription set leased_until = leased_until - interval '30 seconds'`)
