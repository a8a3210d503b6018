import { beforeAll, expect, it } from 'vitest'
import type { Viewer } from '../../../src/access/viewer.ts'
import { testDatabase } from '../../support/database.ts'
import { dump, operationWorld, wholeGateway } from './operation-world.ts'
import { type Example, examplesOf, type Named, OPERATIONS, type Operation, sendTo } from './operations.ts'

const { sql } = await testDatabase()
const gateway = wholeGateway(sql)

let world: Awaited<ReturnType<typeof operationWorld>>
beforeAll(async () => {
  world = await operationWorld(sql)
})

/** An answer, without what it repeats of the question. */
const ask = async (as: Viewer, operation: Operation, example: Example, names: Named) => {
  const { status, headers, text } = await sendTo(gateway, as, operation, example)
  const { 'x-siren-oid': opportunity, 'x-siren-estimated-count': count } = headers
  return { status, isOfOpportunity: opportunity !== undefined, count, text: anonymous(text, names) }
}

const anonymous = (text: string, names: Named): string =>
  [...new Set(Object.values(names))]
    .reduce<string>((rest, name) => rest.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), '#'), text)
    .replace(VARYING, '')

/** What is made anew each time. */
const VARYING = /"(id|rawKey|signingSecret|keyPrefix|createdAt|deliveryId)":("[^"]*"|\d+),?/g

const eachAlike = async (as: Viewer, operation: Operation, names: Named) => {
  const examples = examplesOf(operation, names)
  const others = examplesOf(operation, world.missing)
  for (const [at, example] of examples.entries()) {
    const answer = await ask(as, operation, example, names)
    expect([operation.id, example, answer]).toEqual([
      operation.id,
      example,
      await ask(as, operation, others[at] as Example, world.missing),
    ])
  }
}

const EACH = OPERATIONS.map(operation => [operation.id, operation] as const)

it.each(EACH)('another tenant’s records are none: %s', async (_, operation) => {
  const before = await dump(sql, world.foreignId)
  await eachAlike(world.administrator, operation, world.foreign)
  expect(await dump(sql, world.foreignId)).toBe(before)
})

it.each(EACH)('another collaborator’s records are none: %s', async (_, operation) => {
  const before = await dump(sql, world.organizationId)
  await eachAlike(world.collaborator, operation, world.rivals)
  expect(await dump(sql, world.organizationId)).toBe(before)
})

it('the questions reach what there is', async () => {
  const got = OPERATIONS.find(({ id }) => id === 'getEngagement') as Operation
  for (const [names, status] of [
    [world.mine, 200],
    [world.rivals, 404],
    [world.foreign, 404],
  ] as const)
    expect((await sendTo(gateway, world.collaborator, got, examplesOf(got, names)[0] ?? {})).status).toBe(status)
})
