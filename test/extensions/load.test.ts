import { writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadExtensions } from '../../src/extensions/load.ts'
import { Parts } from '../../src/pipeline.ts'

const folder = await mkdtemp(join(tmpdir(), 'siren-extension-'))
let modules = 0

/** The path of a module with this source. */
const moduleOf = (source: string): string => {
  const path = join(folder, `extension-${modules++}.mjs`)
  writeFileSync(path, source)
  return path
}

/** A module whose extension does this when it registers. */
const registering = (body: string, more = ''): string =>
  moduleOf(`export const extension = { name: 'test', ${more} register(gateway) { ${body} } }`)

const schema = '{ safeParse: data => ({ success: true, data }) }'

const loading = (...paths: string[]) => loadExtensions(paths, new Parts(), 500)

describe('a sound extension', () => {
  it('adds events, strategies, listeners and blueprints', async () => {
    const parts = new Parts()
    const path = registering(
      `
      gateway.addEvent('hat-tipped', { description: 'A hat was tipped.', schema: ${schema} })
      gateway.addEvent('hat-lost', { description: 'A hat was lost.', schema: ${schema}, role: 'administrator' })
      gateway.addStrategy({ id: 'hatTipped', name: 'Hat', description: 'A hat.', on: 'HatTipped', claim: () => undefined })
      gateway.addNote('hat_tipped', { on: 'HatTipped', sources: () => [], template: 'A hat was tipped' })
      gateway.addNote('hat_read', { template: 'A hat of {size}', data: () => ({ size: 7 }) })
      gateway.on('hat-tipped', async () => [{ type: 'HatTipped' }])
      `,
      "events: ['HatTipped'],",
    )
    await loadExtensions([path], parts)
    expect(parts.incoming.get('hat-tipped')).toMatchObject({ role: 'integration', description: 'A hat was tipped.' })
    expect(parts.incoming.get('hat-lost')).toMatchObject({ role: 'administrator' })
    expect(parts.strategies.at(-1)).toMatchObject({ id: 'hatTipped' })
    expect(parts.blueprints.get('hat_tipped')).toMatchObject({ template: 'A hat was tipped', on: 'HatTipped' })
    expect(parts.blueprints.get('hat_read')).toMatchObject({ template: 'A hat of {size}' })
  })

  it('may listen to what a later one brings', async () => {
    const first = registering(`gateway.on('hat-tipped', async () => [])`)
    const second = registering(`gateway.addEvent('hat-tipped', { description: 'A hat.', schema: ${schema} })`)
    await expect(loading(first, second)).resolves.toBeUndefined()
  })

  it('may take its time', async () => {
    const parts = new Parts()
    await loadExtensions(
      [
        moduleOf(
          `export const extension = { name: 'slow', async register(gateway) { await null; gateway.addNote('slow', { template: 'Slow', data: () => ({}) }) } }`,
        ),
      ],
      parts,
    )
    expect(parts.blueprints.get('slow')).toBeDefined()
  })
})

describe('a broken extension stops the start with its name and the reason', () => {
  const flawed = (body: string): string => registering(body)
  it.each([
    [
      'one whose event has what every event may have',
      () =>
        moduleOf(
          `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
          export const extension = { name: 'test', register(gateway) {
            const schema = z.object({ metadata: z.string(), occurredAt: z.string() }).transform(said => said)
            gateway.addEvent('hat-tipped', { description: 'A hat.', schema })
          } }`,
        ),
      'event "hat-tipped": expected a schema without occurredAt and metadata, which every event may have',
    ],
    ['no such module', () => join(folder, 'absent.mjs'), 'it cannot be loaded: Cannot find module'],
    ['no such package', () => 'siren-extension-that-is-not-there', 'it cannot be loaded: Cannot find package'],
    ['one that does not parse', () => moduleOf('export const extension = {'), 'it cannot be loaded: '],
    ['one that throws', () => moduleOf(`throw new Error('no licence')`), 'it cannot be loaded: no licence'],
    ['one that throws a text', () => moduleOf(`throw 'no licence'`), 'it cannot be loaded: no licence'],
    ['one that throws nothing', () => moduleOf(`throw undefined`), 'it cannot be loaded: undefined'],
    ['one that throws an object', () => moduleOf(`throw { code: 5 }`), 'it cannot be loaded: { code: 5 }'],
    [
      'one that throws an error without words',
      () => moduleOf(`throw new TypeError()`),
      'it cannot be loaded: TypeError',
    ],
    [
      'one that never ends to load',
      () => moduleOf('await new Promise(() => {})'),
      'it cannot be loaded: expected it to be ready within 0.5 s',
    ],
    [
      'one that never ends to register',
      () => flawed('return new Promise(() => {})'),
      'test: expected it to be ready within 0.5 s',
    ],
    [
      'one whose events are the core’s',
      () => registering('', `events: ['HatTipped', 'SaleTriggered'],`),
      `test: expected types of its own in "events", received "SaleTriggered", which is the core's`,
    ],
    [
      'one whose events are what comes in',
      () => registering('', `events: ['sale'],`),
      `test: expected types of its own in "events", received "sale", which is the core's`,
    ],
    ['one without the export', () => moduleOf('export default {}'), 'expected an export "extension"'],
    [
      'one without a name',
      () => moduleOf('export const extension = { register() {} }'),
      'expected an export "extension"',
    ],
    [
      'one without register',
      () => moduleOf(`export const extension = { name: 'x' }`),
      'expected an export "extension"',
    ],
    ['one whose register throws', () => flawed(`throw new Error('no licence')`), 'test: no licence'],
    ['one whose register throws no error', () => flawed(`throw 'no licence'`), 'test: no licence'],
    [
      'a blueprint of the core',
      () => flawed(`gateway.addNote('payout_paid', { template: 'x', data: () => ({}) })`),
      'but the core has this one',
    ],
    [
      'a blueprint without template',
      () => flawed(`gateway.addNote('x', { on: 'PayoutPaid', sources: () => [] })`),
      'expected a template',
    ],
    [
      'a blueprint whose sources are no function',
      () => flawed(`gateway.addNote('x', { on: 'PayoutPaid', sources: [], template: 'x' })`),
      'expected sources to be a function',
    ],
    [
      'a blueprint whose facts are no function',
      () => flawed(`gateway.addNote('x', { on: 'PayoutPaid', sources: () => [], facts: {}, template: 'x' })`),
      'expected facts to be a function',
    ],
    [
      'a blueprint of an unknown event',
      () => flawed(`gateway.addNote('x', { on: 'PayoutPiad', sources: () => [], template: 'x' })`),
      'test: expected the type of an event, received "PayoutPiad"',
    ],
    [
      'a strategy with a bad id',
      () => flawed(`gateway.addStrategy({ id: 'Hat tipped' })`),
      'trigger strategy "Hat tipped": expected a camelCase id',
    ],
    [
      'a strategy of the core',
      () => flawed(`gateway.addStrategy({ id: 'manual', name: 'x', description: 'x', on: 'PayoutPaid', claim() {} })`),
      'expected a new id',
    ],
    [
      'a strategy without an event',
      () => flawed(`gateway.addStrategy({ id: 'x', name: 'x', description: 'x', claim() {} })`),
      'the event that it is on',
    ],
    [
      'a strategy without a claim',
      () => flawed(`gateway.addStrategy({ id: 'x', name: 'x', description: 'x', on: 'PayoutPaid' })`),
      'expected claim to be a function',
    ],
    [
      'a strategy on an unknown event',
      () => flawed(`gateway.addStrategy({ id: 'x', name: 'x', description: 'x', on: 'Nothing', claim() {} })`),
      'test: expected the type of an event, received "Nothing"',
    ],
    [
      'a slug of the core',
      () => flawed(`gateway.addEvent('sale', { schema: ${schema} })`),
      'event "sale": expected a new slug',
    ],
    [
      'a bad slug',
      () => flawed(`gateway.addEvent('Hat Tipped', { schema: ${schema} })`),
      'event "Hat Tipped": expected a slug',
    ],
    ['an event without schema', () => flawed(`gateway.addEvent('hat', {})`), 'event "hat": expected a zod schema'],
    [
      'an event with an unknown role',
      () => flawed(`gateway.addEvent('hat', { schema: ${schema}, role: 'collaborator' })`),
      'expected the role',
    ],
    [
      'a listener that is none',
      () => flawed(`gateway.on('PayoutPaid', {})`),
      'listener to "PayoutPaid": expected a function',
    ],
    [
      'a listener to an unknown event',
      () => flawed(`gateway.on('PayoutPiad', async () => [])`),
      'test: expected the type of an event, received "PayoutPiad"',
    ],
  ])('%s', async (_, path, reason) => {
    const module = path()
    await expect(loading(module)).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(new RegExp(`^EXTENSIONS: ${escaped(module)}: .*`, 's')),
    })
    await expect(loading(module)).rejects.toThrow(reason)
  })
})

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
