import { describe, expect, test } from 'vitest'
import { statement } from '../src/database/sql.ts'
import { nameKey, textKey } from '../src/text.ts'
import { testDatabase } from './support/database.ts'

const { sql } = await testDatabase()

const keysOf = statement<{ name: string; text: string }>(
  'select name_key(t) as name, text_key(t) as text from unnest($1::text[]) with ordinality as given(t, place) order by place',
)

describe('text is compared as people mean it', () => {
  test.each([
    ['a code with a space behind it', 'OTTO15 ', 'otto15'],
    ['a code between zero-width characters', '\u200bOTTO15\u200d\u2060', 'otto15'],
    ['a code behind a byte order mark', '\ufeffOTTO15', 'otto15'],
    ['a code with a no-break space before it', '\u00a0OTTO15', 'otto15'],
    ['a code copied with a mark of direction', '\u202aOTTO15\u202c', 'otto15'],
    ['a decomposed code', 'E\u0301TE\u0301', '\u00e9t\u00e9'],
    ['an address in capitals', ' Jane@Example.COM', 'jane@example.com'],
    ['a Turkish address', '\u0130STANBUL@example.com', 'istanbul@example.com'],
    ['a word that ends in a sigma', '\u039f\u03a3 \u03bf\u03c2', '\u03bf\u03c3 \u03bf\u03c3'],
    ['a space inside', 'TWO  WORDS', 'two  words'],
    ['a joiner inside', '\ud83d\udc69\u200d\ud83d\udc67', '\ud83d\udc69\u200d\ud83d\udc67'],
    ['a letter that is composed in lower case alone', 'J\u030c', '\u01f0'],
    ['nothing but what is invisible', ' \u200b\t\ufeff', ''],
  ])('%s', async (_, given, key) => {
    expect(textKey(given)).toBe(key)
    expect(textKey(key)).toBe(key)
    expect(await sql.rows(keysOf, [[given]])).toEqual([{ name: nameKey(given), text: key }])
  })

  test('a name keeps its case', () => {
    expect(nameKey(' Jose\u0301 ')).toBe('Jos\u00e9')
    expect(nameKey('jos\u00e9')).not.toBe(nameKey('Jos\u00e9'))
  })

  test('TypeScript and SQL agree on every character that both know, alone, around a letter and before an accent', async () => {
    const points = Array.from({ length: 0x20000 }, (_, point) => point)
    const characters = points
      .filter(point => point > 0 && (point < 0xd800 || point >= 0xe000))
      .map(point => String.fromCodePoint(point))
      .filter(character => /\p{Assigned}/u.test(character))
    // Node and PostgreSQL may have different versions of Unicode
    const known = statement<{ text: string }>('select t as text from unnest($1::text[]) as t where unicode_assigned(t)')
    const both = new Set((await sql.rows(known, [characters])).map(({ text }) => text))
    expect(both.size).toBeGreaterThan(90_000)
    const given = characters
      .filter(character => both.has(character))
      .flatMap(character => [character, `${character}a`, `a${character}`, `A${character}\u0301b`])
    for (let from = 0; from < given.length; from += 50_000) {
      const texts = given.slice(from, from + 50_000)
      const keys = await sql.rows(keysOf, [texts])
      const differing = texts.filter((text, at) => keys[at]?.name !== nameKey(text) || keys[at]?.text !== textKey(text))
      expect(differing).toEqual([])
    }
  })
})
