import { describe, expect, test } from 'vitest'
import { int8, madeStatement, statement, timestamptz } from '../../src/database/sql.ts'
import { testDatabase } from '../support/database.ts'
import { insertCollaborator, insertEngagement, insertOrganization, insertProgram } from '../support/rows.ts'

const { sql } = await testDatabase()

const one = async <T>(expression: string, value?: unknown): Promise<T | undefined> => {
  const rows = await sql.rows(
    statement<{ value: T }>(`select ${expression} as value`),
    value === undefined ? [] : [value],
  )
  return rows[0]?.value
}

describe('a 64-bit integer', () => {
  test.each([0, -1, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('%d is a number', async value => {
    expect(await one('$1::bigint', value)).toBe(value)
  })

  test.each(['9007199254740992', '-9007199254740992', '9223372036854775807'])('%s is refused', async text => {
    await expect(one(`${text}::bigint`)).rejects.toThrow(RangeError)
    await expect(one(`${text}::bigint`)).rejects.toThrow(`Expected an int8 within ±(2^53−1), received ${text}`)
    expect(() => int8(text)).toThrow(RangeError)
  })

  test('a score can be as large as can be exact', async () => {
    const organizationId = await insertOrganization(sql)
    const id = await insertEngagement(sql, { organizationId, score: Number.MAX_SAFE_INTEGER })
    const read = statement<{ score: number }>('select score from engagement where id = $1')
    expect(await sql.rows(read, [id])).toEqual([{ score: Number.MAX_SAFE_INTEGER }])
  })
})

describe('a name', () => {
  test('is kept by a text that comes back, and goes to another when too many have come since', () => {
    const made = (n: number) => madeStatement(`select ${n}`)
    const first = made(0)
    expect(made(0)).toEqual(first)
    const others = new Set(Array.from({ length: 5000 }, (_, n) => made(n + 1).name))
    expect(others.size).toBeLessThan(1000)
    expect(others).toContain(first.name)
    expect(made(5000)).toEqual(made(5000))
    expect(made(0).text).toBe('select 0')
    const kept = statement('select 0')
    expect(others).not.toContain(kept.name)
    expect(statement('select 0')).toEqual(kept)
  })
})

describe('a timestamp', () => {
  const moment = '2026-03-29T01:30:00.123Z'

  test.each([
    '2026-03-29 01:30:00.123+00',
    '2026-03-29 03:30:00.123+02',
    '2026-03-28 22:00:00.123-03:30',
    '2026-03-29 07:15:00.123+05:45',
    '2026-03-29 15:30:00.123+14',
  ])('%s is that moment', text => {
    expect(timestamptz(text).toISOString()).toBe(moment)
  })

  test.each([
    '2026-03-29T01:30:00.000Z',
    '2026-03-29T01:30:00.100Z',
    '2026-03-29T01:30:00.290Z',
    '2026-03-29T01:30:00.007Z',
    '1969-12-31T23:59:59.999Z',
    '1000-01-01T00:00:00.001Z',
    '0999-12-31T23:59:59.999Z',
    '0050-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
  ])('%s is read as it is', async text => {
    expect(((await one('$1::timestamptz', text)) as Date).toISOString()).toBe(text)
  })

  test('comes back as it went in, to the millisecond', async () => {
    const date = new Date(moment)
    expect(await one('$1::timestamptz', date)).toEqual(date)
    expect(await one('$1::timestamptz(3)', date)).toEqual(date)
  })

  test.each(['America/St_Johns', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'UTC'])(
    'is the same moment when the session lives in %s',
    async zone => {
      const text = await one<string>(`('${moment}'::timestamptz at time zone '${zone}')::text`)
      expect(await one(`('${text}'::timestamp at time zone '${zone}')`)).toEqual(new Date(moment))
    },
  )

  test('the session itself lives in UTC', async () => {
    expect(await one(`current_setting('timezone')`)).toBe('UTC')
  })

  test('has no more than milliseconds, since a cursor made of it would skip rows otherwise', async () => {
    const rows = await sql.rows(
      statement<{ column: string; precision: number }>(`
        select table_name || '.' || column_name as column, datetime_precision as precision
        from information_schema.columns
        where table_schema = 'public' and table_name <> '_prisma_migrations' and data_type like 'timestamp%'`),
      [],
    )
    expect(rows.length).toBeGreaterThan(20)
    expect(rows.filter(({ precision }) => precision !== 3)).toEqual([])
  })
})

test('a decimal keeps what was written', async () => {
  const organizationId = await insertOrganization(sql)
  const id = await insertProgram(sql, { organizationId, transactionPercent: 12.3456 })
  const read = statement<{ percent: string }>('select transaction_percent as percent from program where id = $1')
  const [row] = await sql.rows(read, [id])
  expect(Number(row?.percent)).toBe(12.3456)
})

test.each(['Zoë 🎉', `O'Hara; drop table note; --`, 'a\\b"c', '\u0301'])(
  'the text %s comes back whole',
  async fullName => {
    const organizationId = await insertOrganization(sql)
    const id = await insertCollaborator(sql, { organizationId, fullName })
    const read = statement<{ name: string }>('select full_name as name from collaborator where id = $1')
    expect(await sql.rows(read, [id])).toEqual([{ name: fullName }])
  },
)
