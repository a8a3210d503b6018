import pg from 'pg'
import { Parser } from 'pg-protocol/dist/parser.js'
import { int8, PARSERS, timestamptz } from './sql.ts'

/**
 * A client of pg that leaves rows as the bytes that came, for who knows their columns: most columns are read without a text
 * being made of them first. To pg's own queries they look as its own rows do.
 *
 * Not public in pg: `connection`, its `attachListeners` and the events that this one tells, `errorMessage` and the messages'
 * names; and `handlePacket` of pg-protocol's parser.
 */
export class Client extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config)
    const { connection } = this
    // called with the connection's socket, and again with the one that TLS makes of it
    connection.attachListeners = stream => {
      const parser = new Parser()
      Object.assign(parser, { handlePacket })
      const tell = (message: Message) =>
        connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message)
      stream.on('data', (bytes: Buffer) => parser.parse(bytes, tell))
    }
  }
}

declare module 'pg' {
  interface Connection {
    attachListeners(stream: NodeJS.ReadableStream): void
  }
}

type Message = Parameters<Parameters<Parser['parse']>[1]>[0]
type HandlePacket = (this: Parser, start: number, code: number, length: number, bytes: Buffer) => object

const others = (Parser.prototype as unknown as { handlePacket: HandlePacket }).handlePacket

const handlePacket: HandlePacket = function (start, code, length, bytes) {
  return code === DATA_ROW ? new DataRow(bytes, start) : others.call(this, start, code, length, bytes)
}
const DATA_ROW = 'D'.charCodeAt(0)

/** The message of a row. It has to be read at once: the next one may lie where it lay. */
export class DataRow {
  readonly name = 'dataRow'

  constructor(
    readonly bytes: Buffer,
    /** Where the number of its columns stands, with the columns behind it: for each its length, or -1, and as many bytes. */
    readonly start: number,
  ) {}

  get count(): number {
    return this.bytes.readInt16BE(this.start)
  }

  /** The texts of the columns. */
  get fields(): (string | null)[] {
    const { bytes, start, count } = this
    const fields: (string | null)[] = []
    for (let at = start + 2; fields.length < count; ) {
      const length = lengthAt(bytes, at)
      at += 4
      fields.push(length === -1 ? null : text(bytes, at, at + length))
      if (length !== -1) at += length
    }
    return fields
  }
}

/** Makes an object of a row. @throws Error for one that has another number of columns. */
export type Columns = (row: DataRow) => object

export type Field = Pick<pg.FieldDef, 'name' | 'dataTypeID'>

/** As many sets of columns as are kept: what a query may select of the tables combines to more. */
const KEPT = 1000
const kept = new Map<string, Columns>()

/** Equal columns are one function for all connections, so that V8 sees one shape of row. */
export const columnsOf = (fields: readonly Field[]): Columns => {
  const key = fields.map(({ name, dataTypeID }) => `${dataTypeID} ${name}`).join('\0')
  let columns = kept.get(key)
  if (columns === undefined) {
    const read = compiled(fields)
    columns = row => {
      if (row.count !== fields.length)
        throw new Error(`Expected a row of ${fields.length} columns, received ${row.count}`)
      return read(row.bytes, row.start + 2)
    }
    if (kept.size === KEPT) kept.clear()
    kept.set(key, columns)
  }
  return columns
}

/** A function that is written out column by column and makes the row in one go, as V8 likes it best. */
const compiled = (fields: readonly Field[]): ((bytes: Buffer, at: number) => object) => {
  const reads = fields.map(({ dataTypeID }) => READS[dataTypeID] ?? parsed(dataTypeID))
  const columns = reads.map(
    (_, i) =>
      `let c${i} = null; n = lengthAt(bytes, at); at += 4; if (n !== -1) { c${i} = read${i}(bytes, at, at + n); at += n }`,
  )
  const members = fields.map(({ name }, i) => `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: c${i}`)
  const code = `return (bytes, at) => { let n; ${columns.join('\n')}\nreturn { ${members.join(', ')} } }`
  return new Function('lengthAt', ...reads.map((_, i) => `read${i}`), code)(lengthAt, ...reads)
}

/** Reads one column from where it lies. */
type Read = (bytes: Buffer, from: number, to: number) => unknown

const lengthAt = (bytes: Buffer, at: number): number => bytes.readInt32BE(at)

const text = (bytes: Buffer, from: number, to: number): string => bytes.toString('utf8', from, to)

/** By pg's parser of the type, or ours. */
const parsed = (type: number): Read => {
  const parse = PARSERS[type] ?? pg.types.getTypeParser(type, 'text')
  return parse === AS_IT_IS ? text : (bytes, from, to) => parse(text(bytes, from, to))
}
const AS_IT_IS = pg.types.getTypeParser(pg.types.builtins.TEXT, 'text')

/** @throws RangeError as `int8` does. */
const integer: Read = (bytes, from, to) => {
  if (to - from > 15) return int8(text(bytes, from, to))
  const isNegative = bytes[from] === MINUS
  let value = 0
  for (let at = isNegative ? from + 1 : from; at < to; at++) value = value * 10 + digit(bytes, at)
  return isNegative ? -value : value
}
const [MINUS, PLUS, ZERO] = [45, 43, 48] as const // of ASCII
const digit = (bytes: Buffer, at: number): number => (bytes[at] as number) - ZERO

const moment: Read = (bytes, from, to) => {
  // in UTC, from the year 1000 to 9999, of whole milliseconds: as all of ours are
  const length = to - from
  const isUsual =
    length >= 22 &&
    length <= 26 &&
    bytes[from] !== ZERO &&
    bytes[from + 4] === MINUS &&
    bytes[to - 3] === PLUS &&
    bytes[to - 2] === ZERO &&
    bytes[to - 1] === ZERO
  if (!isUsual) return timestamptz(text(bytes, from, to))
  const two = (at: number) => digit(bytes, from + at) * 10 + digit(bytes, from + at + 1)
  let [milliseconds, unit] = [0, 100]
  for (let at = from + 20; at < to - 3; at++) {
    milliseconds += digit(bytes, at) * unit
    unit /= 10
  }
  return new Date(Date.UTC(two(0) * 100 + two(2), two(5) - 1, two(8), two(11), two(14), two(17), milliseconds))
}

const { INT2, INT4, INT8, TIMESTAMPTZ } = pg.types.builtins
const READS: Readonly<Record<number, Read>> = {
  [INT2]: integer,
  [INT4]: integer,
  [INT8]: integer,
  [TIMESTAMPTZ]: moment,
}
