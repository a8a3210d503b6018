import { EventEmitter } from 'node:events'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openPostgres } from '../../src/database/client.ts'
import { Client, type DataRow } from '../../src/database/rows-of-bytes.ts'
import { PARSERS, type Sql, statement } from '../../src/database/sql.ts'
import { Execution } from '../../src/database/wire.ts'
import { testDatabase, testDatabaseUrl } from '../support/database.ts'

const url = await testDatabaseUrl('small')
const anything = statement<{ one: number }>('select 1 as one')

const open = async <Opened extends pg.Client>(client: Opened): Promise<Opened> => {
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

/** A connection of its own; what it runs through executions, and what of each message type it has sent. */
const connected = async (config: pg.ClientConfig = {}) => {
  const client = await open(new Client({ connectionString: url, ...config }))
  const writes: string[] = []
  const { stream } = client.connection
  const write = stream.write.bind(stream) as (chunk: Buffer) => boolean
  stream.write = ((chunk: Buffer) => {
    writes.push(typesOf(chunk))
    return write(chunk)
  }) as typeof stream.write
  const rows = (name: string, text: string, values: readonly unknown[] = []): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      client.query(new Execution({ name, text }, values, (error, rows) => (rows ? resolve(rows) : reject(error))))
    })
  return { client, writes, rows }
}

/** The type of each of the messages in a chunk: a letter, and then as many bytes as the message says. */
const typesOf = (chunk: Buffer): string => {
  let types = ''
  for (let at = 0; at < chunk.length; at += 1 + chunk.readInt32BE(at + 1)) types += String.fromCharCode(chunk[at] ?? 0)
  return types
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    error => error,
  )

describe('a statement', () => {
  it('goes out in one write, and asks a connection for its columns once', async () => {
    const { writes, rows } = await connected()
    const text = 'select $1::int as a'
    expect(await rows('s', text, [1])).toEqual([{ a: 1 }])
    expect(await rows('s', text, [2])).toEqual([{ a: 2 }])
    expect(await rows('', text, [3])).toEqual([{ a: 3 }])
    expect(await rows('', text, [4])).toEqual([{ a: 4 }])
    expect(writes).toEqual(['CPBDES', 'BES', 'PBDES', 'PBDES'])
  })

  it('without columns is asked for them once too', async () => {
    const { writes, rows } = await connected()
    await rows('t', 'create temporary table t (a int)')
    for (const value of [1, 2]) expect(await rows('i', 'insert into t values ($1)', [value])).toEqual([])
    for (const _ of [1, 2]) expect(await rows('z', 'select from t')).toEqual([{}, {}])
    for (const _ of [1, 2]) expect(await rows('e', '')).toEqual([])
    expect(writes).toEqual(['CPBDES', 'CPBDES', 'BES', 'CPBDES', 'BES', 'CPBDES', 'BDES'])
  })

  it('is the same to pg’s own queries, parsed by either', async () => {
    const { client, writes, rows } = await connected()
    const [ours, theirs] = ['select 1 as a', 'select 2 as a']
    await rows('ours', ours)
    await client.query({ name: 'theirs', text: theirs })
    writes.length = 0
    expect((await client.query({ name: 'ours', text: ours })).rows).toEqual([{ a: 1 }])
    expect(await rows('theirs', theirs)).toEqual([{ a: 2 }])
    expect(await rows('theirs', theirs)).toEqual([{ a: 2 }])
    expect(writes.join('')).not.toContain('P')
  })

  it('keeps its rows from those of others, on one connection and on many', async () => {
    const { sql } = await testDatabase()
    const shapes = [1, 2, 3].map(n =>
      statement(`select ${Array.from({ length: n }, (_, i) => `$1 || '${i}' as c${i}`)}`),
    )
    const expected = (n: number, value: string) => [
      Object.fromEntries([...Array(n).keys()].map(i => [`c${i}`, value + i])),
    ]
    const all = (sql: Sql) =>
      Promise.all(
        Array.from({ length: 300 }, async (_, at) => {
          const shape = shapes[at % 3]
          if (shape) expect(await sql.rows(shape, [`v${at}-`])).toEqual(expected((at % 3) + 1, `v${at}-`))
        }),
      )
    await all(sql)
    await sql.transaction(all)
  })

  it('is parsed anew when its name was another’s', async () => {
    const { rows } = await connected()
    for (const _ of [1, 2]) {
      expect(await rows('n', 'select 1 as a')).toEqual([{ a: 1 }])
      expect(await rows('n', 'select 2 as b, 3 as c')).toEqual([{ b: 2, c: 3 }])
      await expect(rows('n', 'select no_such_column')).rejects.toThrow('no_such_column')
      await expect(rows('n', 'select no_such_column')).rejects.toThrow('no_such_column')
    }
  })

  it('at once with another of its name is neither', async () => {
    const { rows } = await connected()
    const asked = Array.from({ length: 40 }, (_, n) => rows('n', n % 2 === 0 ? `select 1 as a` : `select 2 as b`))
    expect(await Promise.all(asked)).toEqual(asked.map((_, n) => [n % 2 === 0 ? { a: 1 } : { b: 2 }]))
  })
})

describe('its rows', () => {
  /** What pg itself makes of it. */
  const plain = async (client: pg.Client, text: string, values: unknown[] = []) => {
    const getTypeParser = (oid: number) => PARSERS[oid] ?? pg.types.getTypeParser(oid, 'text')
    return (await client.query({ text, values, types: { getTypeParser } as pg.CustomTypesConfig })).rows
  }
  const same = async (name: string, text: string, values?: unknown[]) => {
    const { client, rows } = await connected()
    const expected = await plain(await open(new pg.Client(url)), text, values)
    expect(await plain(client, text, values)).toStrictEqual(expected)
    for (const _ of [1, 2]) {
      const received = await rows(name, text, values)
      expect(received).toStrictEqual(expected)
      expect(received.map(row => Object.keys(row as object))).toEqual(expected.map(row => Object.keys(row)))
      for (const row of received) expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
    }
    return expected
  }

  it('are pg’s for every table', async () => {
    const { client } = await connected()
    const tables = await plain(
      client,
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    )
    expect(tables.length).toBeGreaterThan(20)
    for (const { name } of tables) await same('t', `select * from "${name}" limit 50`)
  })

  it.each([
    [
      'arrays',
      `select '{1,null}'::int[] a, '{9007199254740991}'::bigint[] b, '{x,"y z",null}'::text[] c, '{sale}'::conversion_type[] d, '{}'::text[] e, '{2026-01-01}'::timestamptz[] f`,
    ],
    [
      'scalars',
      `select true a, false b, 1.5::numeric c, 1.5::float8 d, 'NaN'::float8 e, 7::int2 f, 'active'::program_status g, '\\x00ff'::bytea h, '2026-03-29 01:30:00.123+02'::timestamptz i, '2026-01-01'::date j, '1 day'::interval k, ''::text l, 'é🎉'::text m`,
    ],
    [
      'integers',
      `select n::bigint a, n::numeric b from unnest('{0,-1,999999999999999,-99999999999999,1000000000000000,-999999999999999,9007199254740991,-9007199254740991}'::bigint[]) n`,
    ],
    ['small integers', `select 2147483647::int a, (-2147483648)::int b, 32767::int2 c, (-32768)::int2 d, 7::oid e`],
    [
      'times',
      `select t::timestamptz from unnest('{1000-01-01,0999-12-31 23:59:59,9999-12-31 23:59:59.999,10000-01-01,2026-03-29 01:30:00.1,2026-03-29 01:30:00.12,2026-03-29 01:30:00.123,2026-03-29 01:30:00.1234,2026-03-29 01:30:00.123999,1969-12-31 23:59:59.9,infinity,0044-03-15 BC}'::text[]) t`,
    ],
    [
      'rows in many pieces',
      `select n, repeat('é' || n, n * 300) a, null b, n * 1e9::bigint c from generate_series(1, 300) n`,
    ],
    ['JSON', `select '{"a":[1,null]}'::jsonb a, 'null'::jsonb b, '"x"'::json c`],
    [
      'nulls',
      `select null::int a, null::bigint b, null::jsonb c, null::text d, null::text[] e, null::timestamptz f, null::program_status g`,
    ],
    ['nothing', `select 1 as a, 'x' as b where false`],
    [
      'names',
      `select 1 as "__proto__", 2 as "a""b\\c", 3 as "constructor", 4 as a, 5 as a, 6 as "1", 7 as "\u2028'\`\${x}", 8 as " "`,
    ],
    ['a row without columns', 'select'],
  ])('are pg’s for %s', async (_, text) => {
    await same('s', text)
    await same('', text)
  })

  it('are pg’s for every kind of value', async () => {
    const values = [
      new Date(),
      [1, null, 'a"b'],
      { a: [1] },
      null,
      undefined,
      Buffer.from([0, 255]),
      1.5,
      true,
      'é🎉',
      2n ** 60n,
      new Uint8Array([1, 2]),
    ]
    const types = [
      'timestamptz',
      'text[]',
      'jsonb',
      'text',
      'text',
      'bytea',
      'numeric',
      'bool',
      'text',
      'text',
      'bytea',
    ]
    const text = `select ${types.map((type, at) => `$${at + 1}::${type} as v${at}`)}`
    await same('s', text, values)
    await same('', text, values)
  })
})

it('a client reads messages in whatever pieces they come, from its socket and from the one that TLS makes of it', () => {
  const { connection } = new Client()
  const told: unknown[] = []
  connection.on('dataRow', ({ fields }: DataRow) => told.push(fields))
  connection.on('readyForQuery', () => told.push('ready'))
  connection.on('errorMessage', ({ message }: Error) => told.push(message))
  const message = (type: string, ...body: readonly Buffer[]) => {
    const head = Buffer.from(`${type}....`)
    head.writeInt32BE(4 + body.reduce((sum, { length }) => sum + length, 0), 1)
    return Buffer.concat([head, ...body])
  }
  const bytes = Buffer.concat([
    message('D', Buffer.from([0, 3, 0, 0, 0, 2]), Buffer.from('é'), Buffer.from([255, 255, 255, 255, 0, 0, 0, 0])),
    message('E', Buffer.from('SERROR\0Mno\0\0')),
    message('Z', Buffer.from('I')),
  ])
  for (const size of [1, 3, 7, bytes.length]) {
    const stream = new EventEmitter()
    connection.attachListeners(stream as NodeJS.ReadableStream)
    for (let at = 0; at < bytes.length; at += size) stream.emit('data', bytes.subarray(at, at + size))
    expect(told.splice(0)).toEqual([['é', null, ''], 'no', 'ready'])
  }
})

describe('an error leaves the connection as it was:', () => {
  const tells = { code: expect.any(String), severity: 'ERROR', message: expect.any(String) }

  it.each<[string, string, unknown[], object]>([
    ['a text that cannot be parsed', 'select nonsense', [], { ...tells, code: '42703', position: '8' }],
    ['a value that is none of its type', 'select $1::int as a', ['x'], { ...tells, code: '22P02' }],
    ['too few values', 'select $1::int as a', [], { ...tells, code: '08P01' }],
    ['a row in the middle', 'select 1 / (3 - n) as a from generate_series(1, 5) n', [], { ...tells, code: '22012' }],
    ['a copy', 'copy organization from stdin', [], { ...tells, code: '57014' }],
    ['a statement that is cut', `select pg_sleep(10), $1::text`, ['x'], { ...tells, code: '57014' }],
    [
      'a row that cannot be read',
      'select n::bigint as a from unnest(array[1, 9007199254740992, 2]) n',
      [],
      { name: 'RangeError', message: expect.stringContaining('received 9007199254740992') },
    ],
    [
      'a value that cannot be written',
      'select $1::text as a',
      [
        {
          toPostgres() {
            throw new TypeError('not me')
          },
        },
      ],
      { name: 'TypeError', message: 'not me' },
    ],
  ])('%s', async (_, text, values, expected) => {
    const { client, rows } = await connected({ statement_timeout: 200 })
    for (const name of ['s', 's', '', 's']) {
      const [failed, next, other] = await Promise.all([
        failure(rows(name, text, values)),
        rows('n', anything.text),
        client.query(anything.text),
      ])
      expect(failed).toMatchObject(expected)
      if ('severity' in expected) expect(failed).toBeInstanceOf(pg.DatabaseError)
      expect([next, other.rows]).toEqual([[{ one: 1 }], [{ one: 1 }]])
    }
  })

  it('a constraint that is found violated at the very end', async () => {
    const { rows } = await connected()
    await rows('', 'create temporary table d (a int unique deferrable initially deferred)')
    for (const _ of [1, 2]) {
      expect(await failure(rows('d', 'insert into d values (1), (1)'))).toMatchObject({ code: '23505' })
      expect(await rows('n', 'select * from d')).toEqual([])
    }
  })

  it('in a pool, which keeps it, and in a transaction', async () => {
    const database = await openPostgres(url, 10_000)
    onTestFinished(() => database.close())
    const { sql } = database
    const own = statement<{ pid: number }>('select pg_backend_pid() as pid')
    const before = await sql.rows(own, [])
    for (const values of [
      ['x'],
      [
        {
          toPostgres() {
            throw new Error('no')
          },
        },
      ],
      ['9007199254740992'],
    ])
      expect(await failure(sql.rows(statement('select $1::bigint as a'), values))).toBeInstanceOf(Error)
    expect(await sql.rows(own, [])).toEqual(before)
    expect(await failure(sql.transaction(sql => sql.rows(statement('select $1::bigint as b'), ['x'])))).toMatchObject({
      code: '22P02',
    })
    expect(await sql.rows(own, [])).toEqual(before)
  })

  it('and says who asked', async () => {
    const { sql } = await testDatabase()
    const asking = async () => await sql.rows(statement('select nonsense'), [])
    expect(((await failure(asking())) as Error).stack).toMatch(/at (async )?asking /)
  })
})

describe('a connection', () => {
  const lost = { code: '57P01', severity: 'FATAL' }

  it('that dies during a statement fails that one, and is replaced', async () => {
    const database = await openPostgres(url, 60_000)
    const { rows } = await connected()
    onTestFinished(() => database.close())
    const { sql } = database
    const own = statement<{ pid: number }>('select pg_backend_pid() as pid')
    const [{ pid } = { pid: 0 }] = await sql.rows(own, [])
    const failed = failure(sql.rows(statement('select pg_sleep(60)'), []))
    await rows('', 'select pg_sleep(0.2)')
    await rows('k', 'select pg_terminate_backend($1)', [pid])
    expect(await failed).toMatchObject(lost)
    expect(await sql.rows(own, [])).not.toEqual([{ pid }])
  })

  it('that is gone without a word fails its statement', async () => {
    const { client, rows } = await connected()
    const failed = failure(rows('s', 'select pg_sleep(60)'))
    setTimeout(() => client.connection.stream.destroy(), 50)
    expect(await failed).toMatchObject({ message: 'Connection terminated unexpectedly' })
    expect(await failure(rows('s', 'select 1'))).toMatchObject({ message: expect.stringContaining('not queryable') })
  })

  it('that answers no more within a query_timeout is replaced', async () => {
    const database = await openPostgres(`${url}?query_timeout=300`, 60_000)
    onTestFinished(() => database.close())
    const { sql } = database
    expect(await failure(sql.rows(statement('select pg_sleep(5)'), []))).toMatchObject({
      message: 'Query read timeout',
    })
    expect(await sql.rows(anything, [])).toEqual([{ one: 1 }])
  })

  it('that is not to be had in time fails its statement, and takes no other’s place', async () => {
    const database = await openPostgres(url, 60_000)
    onTestFinished(() => database.close())
    const { sql } = database
    const busy = Promise.all(Array.from({ length: 10 }, () => sql.rows(statement('select pg_sleep(6)'), [])))
    const late = Array.from({ length: 3 }, () => failure(sql.rows(anything, [])))
    for (const failed of await Promise.all(late))
      expect(failed).toMatchObject({ message: expect.stringContaining('timeout') })
    await busy
    expect(await sql.rows(anything, [])).toEqual([{ one: 1 }])
  })

  it('that is to nobody tells so', async () => {
    const database = await openPostgres('postgresql://postgres@127.0.0.1:1/none', 10_000)
    onTestFinished(() => database.close())
    expect(await failure(database.sql.rows(anything, []))).toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('when the schema changes under a running process', () => {
  it('a connection refuses a statement once, and a new one has the new columns: never the old names', async () => {
    const [one, other, late] = [await connected(), await connected(), await connected()]
    await one.rows('', 'create table changing (a int, b text)')
    onTestFinished(async () => void (await one.rows('', 'drop table changing')))
    await one.rows('', `insert into changing values (1, 'x')`)
    const text = 'select * from changing'
    for (const { rows } of [one, other, one, other]) expect(await rows('c', text)).toEqual([{ a: 1, b: 'x' }])
    await one.rows('', 'alter table changing rename a to c')
    await one.rows('', 'alter table changing rename b to a')
    await one.rows('', 'alter table changing rename c to b')
    for (const _ of [1, 2]) expect(await late.rows('c', text)).toEqual([{ b: 1, a: 'x' }])
    for (const { rows } of [one, other]) {
      expect(await failure(rows('c', text))).toMatchObject({ code: '0A000' })
      for (const _ of [1, 2]) expect(await rows('c', text)).toEqual([{ b: 1, a: 'x' }])
    }
  })

  it('a statement that is not there any more is parsed again', async () => {
    const { rows } = await connected()
    await rows('c', anything.text)
    await rows('', 'deallocate all')
    expect(await failure(rows('c', anything.text))).toMatchObject({ code: '26000' })
    expect(await rows('c', anything.text)).toEqual([{ one: 1 }])
  })

  it('a row with other columns than expected is no row', async () => {
    const { rows } = await connected()
    await rows('c', anything.text)
    await rows('', 'deallocate c')
    await rows('', 'prepare c as select 1 as a, 2 as b')
    expect(await failure(rows('c', anything.text))).toMatchObject({
      message: 'Expected a row of 1 columns, received 2',
    })
    expect(await rows('c', anything.text)).toEqual([{ a: 1, b: 2 }])
  })
})
