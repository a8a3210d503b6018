/** A text without the white space, zero-width characters and byte order marks around it. */
export const trimmed = (text: string): string => text.replace(AROUND, '')

/** What a name is compared by: trimmed, in NFC. The SQL function `name_key` of the migration `text_keys` says the same. */
export const nameKey = (text: string): string => trimmed(text).normalize('NFC')

/**
 * What a code or an e-mail address is compared by: as a name, and without case. The SQL function `text_key` says the same.
 */
export const textKey = (text: string): string =>
  [
    ...nameKey(text)
      .replace(/[\u03a3\u03c2]/g, '\u03c3')
      .replaceAll('\u0130', 'i'),
  ] // where collations differ
    .map(character => character.toLowerCase())
    .join('')
    .normalize('NFC')

// what shows nothing: Unicode's white space, then what is of no width, marks of direction included
const INVISIBLE =
  '\\t\\n\\v\\f\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000' +
  '\\xad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff'
const AROUND = new RegExp(`^[${INVISIBLE}]+|[${INVISIBLE}]+$`, 'g')
