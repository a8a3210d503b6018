/**
 * Whether a `userId` is what shops send for a customer whom they do not know: WooCommerce a guest's 0, and scripts whatever
 * their language prints for nothing.
 */
export const isPlaceholder = (userId: string): boolean => {
  const text = userId.replace(AROUND, '').toLowerCase()
  return WORDS.has(text) || /^(?:0+(?:\.0+)?|-\d+(?:\.\d+)?)$/.test(text)
}

const WORDS: ReadonlySet<string> = new Set([
  '',
  'undefined',
  'null',
  'none',
  'nan',
  '[object object]',
  'guest',
  'anonymous',
])

const AROUND = /^[\s\u200b-\u200d\u2060\ufeff]+|[\s\u200b-\u200d\u2060\ufeff]+$/g
