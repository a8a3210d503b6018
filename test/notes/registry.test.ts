import { describe, expect, it } from 'vitest'
import { StartError } from '../../src/errors.ts'
import { type Blueprint, type NoteResolver, SOURCE_TYPES } from '../../src/notes/blueprint.ts'
import { CORE_BLUEPRINTS } from '../../src/notes/blueprints.ts'
import { NoteBlueprintRegistry } from '../../src/notes/registry.ts'

const lesson: Blueprint = {
  description: 'Written when a lesson is bought.',
  template: 'Lesson {title} bought from {collaborator}',
  links: { collaborator: 'required' },
  creationSource: ['collaborator'],
  facts: { title: { kind: 'string' } },
}

describe('the core', () => {
  const registry = new NoteBlueprintRegistry()

  it('has its blueprints, in the order of their table', () => {
    expect(registry.all().map(blueprint => blueprint.key)).toEqual(Object.keys(CORE_BLUEPRINTS))
  })

  it('says of each when it is written', () => {
    for (const { description } of registry.all()) expect(description).toMatch(/^Written when .*[a-z]\.$/)
  })

  it('gives a blueprint by its key, and nothing by any other', () => {
    expect(registry.get('payout_paid')).toMatchObject({ key: 'payout_paid', ...CORE_BLUEPRINTS.payout_paid })
    expect(registry.get('toString')).toBeUndefined()
  })

  it('links notes to every type of record', () => {
    const linked = Object.values<Blueprint>(CORE_BLUEPRINTS).flatMap(({ links }) => Object.keys(links))
    expect(new Set(linked)).toEqual(new Set(SOURCE_TYPES))
  })

  it('never links a coupon to a conversion, which does not exist yet', () => {
    expect(Object.keys(CORE_BLUEPRINTS.coupon_applied.links)).toEqual(['opportunity', 'collaborator'])
  })
})

describe('an extension', () => {
  it('adds a blueprint, listed after those of the core', () => {
    const registry = new NoteBlueprintRegistry()
    registry.addNote('lesson_bought', lesson)
    expect(registry.all().at(-1)).toEqual({ key: 'lesson_bought', ...lesson })
    expect(registry.get('lesson_bought')).toBe(registry.all().at(-1))
  })

  it('adds a resolver, an instance of a class too', () => {
    class Weather implements NoteResolver {
      readonly template = 'It was {weather}'
      readonly #weather = 'fine'
      data() {
        return { weather: this.#weather }
      }
    }
    const registry = new NoteBlueprintRegistry()
    registry.addNote('weather', new Weather())
    expect(registry.get('weather')).toMatchObject({ key: 'weather', template: 'It was {weather}' })
    expect(registry.get('weather')?.description).toBe('Written by an extension.')
  })

  it('leaves other registries as they are', () => {
    new NoteBlueprintRegistry().addNote('lesson_bought', lesson)
    expect(new NoteBlueprintRegistry().get('lesson_bought')).toBeUndefined()
  })
})

describe('misuse', () => {
  const add = (key: string, change: object = {}) => {
    const registry = new NoteBlueprintRegistry()
    registry.addNote('lesson_bought', lesson)
    return () => registry.addNote(key, { ...lesson, ...change })
  }

  it.each(['payout_paid', 'lesson_bought'])('refuses the key %s, which is taken, by name', key => {
    expect(add(key)).toThrow(StartError)
    expect(add(key)).toThrow(`"${key}"`)
  })

  it.each(['', 'Lesson', '1_lesson', '_lesson', 'lesson-bought', 'lesson bought', 'lesson\n', '__proto__', 'é'])(
    'refuses the malformed key %j',
    key => {
      expect(add(key)).toThrow(/expected a key of lower-case letters/)
    },
  )

  it.each([
    ['a placeholder that nothing provides', { template: '{titel}' }, '{titel}'],
    ['the name of a record that is not linked', { template: '{program}' }, '{program}'],
    ['the id of a record that is not linked', { template: '{programId}' }, '{programId}'],
    ['a placeholder with the name of a method', { template: '{constructor}' }, '{constructor}'],
    ['no template', { template: undefined }, 'template'],
    ['no links', { links: undefined }, 'links'],
    ['no creation source', { creationSource: [] }, 'creation source'],
    ['a creation source that is not linked', { creationSource: ['payout'] }, '"payout"'],
    ['a fallback that is not linked', { fallbacks: { collaborator: 'payout' } }, '"payout"'],
    ['a count of what is not linked', { facts: { title: { kind: 'count', of: 'payout' } } }, '"payout"'],
    ['a fact with the name of a link', { facts: { ...lesson.facts, programId: { kind: 'number' } } }, '"programId"'],
    ['a fact with the name of links', { facts: { ...lesson.facts, programIds: { kind: 'string' } } }, '"programIds"'],
    ['a designation without its fact', { designates: { collaborator: 'title' } }, '"title"'],
    ['data that is no function', { data: {} }, 'data'],
  ])('refuses a blueprint with %s', (_, change, named) => {
    expect(add('another', change)).toThrow(StartError)
    expect(add('another', change)).toThrow(`note blueprint "another": `)
    expect(add('another', change)).toThrow(named)
  })

  it('keeps nothing of what it refuses', () => {
    const registry = new NoteBlueprintRegistry()
    expect(() => registry.addNote('another', { ...lesson, template: '{titel}' })).toThrow()
    expect(registry.get('another')).toBeUndefined()
  })
})
