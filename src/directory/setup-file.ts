import { createReadStream } from 'node:fs'
import { type ErrorCode, LineCounter, parseDocument } from 'yaml'
import { InvalidInputError } from '../errors.ts'

/** The largest document, in bytes. */
const LARGEST = 10 * 1024 ** 2
/** How many lists and objects may be inside each other, as over HTTP; a set-up has five. */
const DEEPEST = 32

/**
 * What a file of YAML or JSON says; `-` is what comes in on stdin.
 * @throws InvalidInputError when it cannot be read, is too large or without end, or is neither YAML nor JSON: then the
 *   message names line and column.
 */
export const readSetupFile = async (path: string, stdin: AsyncIterable<Buffer> = process.stdin): Promise<unknown> => {
  const name = path === '-' ? 'stdin' : path
  return parsed(await contentOf(path === '-' ? stdin : createReadStream(path), name), name)
}

const contentOf = async (stream: AsyncIterable<Buffer>, name: string): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      chunks.push(chunk)
      size += chunk.length
      if (size > LARGEST) break
    }
  } catch (error) {
    throw new InvalidInputError(`${name} cannot be read: ${reason(error as NodeJS.ErrnoException)}`)
  }
  if (size > LARGEST) throw new InvalidInputError(`${name}: expected at most 10 MiB`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new InvalidInputError(`${name}: expected text in UTF-8`)
  }
}

const reason = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message

/** JSON is YAML too. */
const parsed = (content: string, name: string): unknown => {
  const lines = new LineCounter()
  const refuse = (what: string, offset?: number): never => {
    const { line, col } = lines.linePos(offset ?? 0)
    const where = offset === undefined ? '' : ` line ${line}, column ${col}:`
    throw new InvalidInputError(`${name}:${where} ${what}`)
  }
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  // a warning is about a value that would not be what was written
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    refuse(OWN_WORDS[problem.code] ?? problem.message.split('\n')[0] ?? '', problem.pos[0])
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: -1 }) // here all aliases of one thing are that thing: what counts is below
  } catch (error) {
    refuse(error instanceof RangeError ? TOO_DEEP : (error as Error).message) // or an alias of nothing
  }
  refuseBoundless(value, refuse)
  return value
}

const TOO_DEEP = `expected lists and objects in at most ${DEEPEST} levels`

/** Where the parser says something that is not about the document. */
const OWN_WORDS: { readonly [code in ErrorCode]?: string } = {
  MULTIPLE_DOCS: 'expected one document, received several',
  RESOURCE_EXHAUSTION: TOO_DEEP,
}

/** Refuses what aliases make of a small file: something without end, or larger than a file may be. */
const refuseBoundless = (document: unknown, refuse: (what: string) => never): void => {
  let size = 0
  const visit = (value: unknown, around: readonly unknown[]): void => {
    size += typeof value === 'string' ? 1 + value.length : 1
    if (size > LARGEST) refuse('expected at most 10 MiB, with what each alias stands for')
    if (typeof value !== 'object' || value === null) return
    if (around.includes(value)) refuse('expected no alias within what it stands for')
    if (around.length === DEEPEST) refuse(TOO_DEEP)
    if (!Array.isArray(value)) for (const name of Object.keys(value)) size += name.length
    for (const part of Object.values(value)) visit(part, [...around, value])
  }
  visit(document, [])
}
