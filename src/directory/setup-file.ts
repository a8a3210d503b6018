import { createReadStream } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'
import { InvalidInputError, StartError } from '../errors.ts'

/** The largest document, in bytes. */
const LARGEST = 10 * 1024 ** 2

/**
 * What a file of YAML or JSON says; `-` is what comes in on stdin.
 * @throws StartError when it cannot be read.
 * @throws InvalidInputError when it is too large, or neither YAML nor JSON: the message names line and column.
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
    throw new StartError(`${name} cannot be read: ${reason(error as NodeJS.ErrnoException)}`, { cause: error })
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
    const what = problem.code === 'MULTIPLE_DOCS' ? 'expected one document, received several' : problem.message
    refuse(what.split('\n')[0] ?? '', problem.pos[0])
  }
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return refuse((error as Error).message) // an alias of nothing, or so many that they would fill the memory
  }
}
