import { ValidationError } from '../errors.ts'

/**
 * Refuses what is nested deeper than the recursion of any reader can go, and text that PostgreSQL cannot store.
 * @throws ValidationError
 */
export const refuseUnsound = (value: unknown): void => visit(value, [])

const visit = (value: unknown, path: string[]): void => {
  if (typeof value === 'string' && !isStorable(value)) throw new ValidationError({ [path.join('.')]: [UNSTORABLE] })
  if (typeof value !== 'object' || value === null) return
  if (path.length === DEEPEST) throw new ValidationError({ [path.slice(0, 3).join('.')]: [TOO_DEEP] })
  for (const [name, part] of Object.entries(value)) {
    if (!isStorable(name)) throw new ValidationError({ [[...path, '(a name)'].join('.')]: [UNSTORABLE] })
    path.push(name)
    visit(part, path)
    path.pop()
  }
}

const DEEPEST = 32
const TOO_DEEP = `Expected lists and objects in at most ${DEEPEST} levels`
const UNSTORABLE = 'Expected text without NUL characters and lone surrogates'

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')
