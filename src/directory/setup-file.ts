import { createReadStream } from 'node:fs'
import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml'
import { type FieldErrors, InvalidInputError } from '../errors.ts'

/** The largest document, in bytes. */
const LARGEST = 10 * 1024 ** 2
/** How many lists and objects may be inside each other, as over HTTP; a set-up has five. */
const DEEPEST = 32

/** What a file says, and where. */
export interface SetupFile {
  readonly document: unknown
  /** A line for each error, in the order of the file: `setup.yaml:12:5: programs.0.name: Expected …`. */
  linesOf(errors: FieldErrors): string[]
}

/**
 * Reads a file of YAML or JSON; `-` is what comes in on stdin.
 * @throws InvalidInputError when it cannot be read, is too large or without end, or is neither YAML nor JSON: then the
 *   message begins with file, line and column.
 */
export const readSetupFile = async (path: string, stdin: AsyncIterable<Buffer> = process.stdin): Promise<SetupFile> => {
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
  const bytes = Buffer.concat(chunks)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new InvalidInputError(`${name}:${firstNotUtf8(bytes)}: expected text in UTF-8`)
  }
}

const reason = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message

/** Line and column of the first bytes that are not UTF-8. */
const firstNotUtf8 = (bytes: Buffer): string => {
  // what decodes to the same bytes again was UTF-8
  const lines = bytes.toString('latin1').split('\n')
  const line = lines.findIndex(one => Buffer.from(one, 'latin1').toString().includes('\uFFFD'))
  const column = Buffer.from(lines[line] ?? '', 'latin1')
    .toString()
    .indexOf('\uFFFD')
  return `${line + 1}:${column + 1}`
}

/** JSON is YAML too. */
const parsed = (content: string, name: string): SetupFile => {
  const lines = new LineCounter()
  const placed = (offset: number, what: string): string => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}: ${what}`
  }
  const refuse = (offset: number, what: string): never => {
    throw new InvalidInputError(placed(offset, what))
  }
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  // a warning is about a value that would not be what was written
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    refuse(problem.pos[0], OWN_WORDS[problem.code] ?? problem.message.split('\n')[0] ?? '')
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: -1 }) // here all aliases of one thing are that thing: what counts is below
  } catch (error) {
    if (error instanceof RangeError) refuse(0, TOO_DEEP)
    refuse(unresolvedAlias(document), (error as Error).message)
  }
  refuseBoundless(value, (path, what) => refuse(offsetOf(document, path), what))
  return {
    document: value,
    linesOf: errors =>
      Object.entries(errors)
        .map(([field, messages]) => ({ field, messages, offset: offsetOf(document, fieldPath(field)) }))
        .sort((a, b) => a.offset - b.offset)
        .flatMap(({ field, messages, offset }) =>
          messages.map(message => placed(offset, field === '' ? message : `${field}: ${message}`)),
        ),
  }
}

const fieldPath = (field: string): string[] => (field === '' ? [] : field.split('.'))

/** Where the key or item at a path begins; of a path that leads nowhere, the last of it that is there. */
const offsetOf = (document: Document, path: readonly string[]): number => {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (let rest = path; rest.length > 0; ) {
    if (isAlias(node)) node = node.resolve(document)
    const { key, value, length } = partOf(node, rest) ?? {}
    if (length === undefined) break
    if (isNode(key) && key.range) [offset] = key.range
    node = value
    rest = rest.slice(length)
  }
  return offset
}

/** What of a list or an object a path goes on with, and how many parts of the path that takes: a key may have dots. */
const partOf = (node: unknown, path: readonly string[]) => {
  if (isSeq(node)) {
    const item = node.items[Number(path[0])]
    return item === undefined ? undefined : { key: item, value: item, length: 1 }
  }
  if (!isMap(node)) return undefined
  for (let length = path.length; length > 0; length--) {
    const name = path.slice(0, length).join('.')
    const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key).toWellFormed() === name)
    if (pair !== undefined) return { ...pair, length }
  }
  return undefined
}

const unresolvedAlias = (document: Document): number => {
  let offset = 0
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return undefined
      offset = alias.range?.[0] ?? 0
      return visit.BREAK
    },
  })
  return offset
}

const TOO_DEEP = `expected lists and objects in at most ${DEEPEST} levels`

/** Where the parser says something that is not about the document. */
const OWN_WORDS: { readonly [code in ErrorCode]?: string } = {
  MULTIPLE_DOCS: 'expected one document, received several',
  RESOURCE_EXHAUSTION: TOO_DEEP,
}

/** Refuses what aliases make of a small file: something without end, or larger than a file may be. */
const refuseBoundless = (document: unknown, refuse: (path: readonly string[], what: string) => never): void => {
  let size = 0
  const path: string[] = []
  const visit = (value: unknown, around: readonly unknown[]): void => {
    size += typeof value === 'string' ? 1 + value.length : 1
    if (size > LARGEST) refuse(path, 'expected at most 10 MiB, with what each alias stands for')
    if (typeof value !== 'object' || value === null) return
    if (around.includes(value)) refuse(path, 'expected no alias within what it stands for')
    if (around.length === DEEPEST) refuse(path, TOO_DEEP)
    if (!Array.isArray(value)) for (const name of Object.keys(value)) size += name.length
    for (const [name, part] of Object.entries(value)) {
      path.push(name)
      visit(part, [...around, value])
      path.pop()
    }
  }
  visit(document, [])
}
