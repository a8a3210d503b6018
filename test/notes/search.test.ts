import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { readingsOf } from '../../src/notes/readings.ts'
import { NoteBlueprintRegistry } from '../../src/notes/registry.ts'
import { wordsOf } from '../../src/notes/search.ts'

describe('the words of a search text', () => {
  test.each([
    ['', []],
    [' \t\n\u00a0', []],
    ['jane  refunded', ['jane', 'refunded']],
    ['jane jane', ['jane']],
    ['100% a_b c\\d "e"', ['100%', 'a_b', 'c\\d', '"e"']],
    ['שלום 🎉', ['שלום', '🎉']],
    ['cafe\u0301 \u200bcaf\u00e9\ufeff', ['caf\u00e9']],
    ['\u200b \u2060', []],
  ])('of %j are %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words)
  })

  test.each([
    ['x'.repeat(201), 'Expected a search text of at most 200 characters without NUL, received 201'],
    ['a\0b', 'Expected a search text of at most 200 characters without NUL, received "a\\u0000b"'],
    ['a b c d e f g h i j k', 'Expected at most 10 words to search for, received 11'],
    [7, 'Expected a search text of at most 200 characters without NUL, received 7'],
  ])('are refused: %j', (text, message) => {
    expect(() => wordsOf(text)).toThrow(InvalidInputError)
    expect(() => wordsOf(text)).toThrow(message)
  })
})

describe("a blueprint's own words", () => {
  const registry = new NoteBlueprintRegistry()
  registry.addNote('resolved', { template: 'Lesson {lesson} of {program}', data: () => ({}) })
  const readings = (key: string, isAdministrator: boolean) => {
    const blueprint = registry.get(key)
    if (blueprint === undefined) throw new Error(key)
    const { types, texts } = readingsOf(blueprint, isAdministrator)
    return { types, texts: texts.map(text => text.replace(/\s+/g, ' ').trim()) }
  }

  test('depend on the links that the viewer may see', () => {
    expect(readings('refund_triggered', false)).toEqual({
      types: ['transaction'],
      texts: ['a transaction refunded', 'transaction # refunded'],
    })
    expect(readings('refund_triggered', true).texts[0]).toBe('an unknown transaction refunded')
    expect(readings('program_group_conversion_triggered', false)).toEqual({
      types: ['program', 'transaction', 'opportunity'],
      texts: [
        'another program won its group for a transaction',
        'won its group for a transaction',
        'another program won its group for transaction #',
        'won its group for transaction #',
        'another program won its group for opportunity #',
        'won its group for opportunity #',
        'another program won its group for transaction #',
        'won its group for transaction #',
      ],
    })
  })

  test('have nothing of facts', () => {
    expect(readings('payout_paid', true).texts.at(-1)).toBe('payout # of paid to')
    expect(readings('renewed_conversions_awarded', false).texts).toEqual([
      'renewed conversion(s) awarded under another program',
      'renewed conversion(s) awarded under',
    ])
    expect(readings('resolved', false)).toEqual({ types: [], texts: ['lesson of'] })
  })
})
