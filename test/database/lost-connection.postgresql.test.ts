import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { statement } from '../../src/database/sql.ts'
import { isUnavailable } from '../../src/http/errors.ts'
import { testDatabase } from '../support/database.ts'

const { sql } = await testDatabase()
const ownProcess = statement<{ pid: number }>('select pg_backend_pid() as pid')
const end = statement('select pg_terminate_backend($1)')
const anything = statement<{ one: number }>('select 1 as one')

it.each([
  ['between two statements', async () => sleep(200)],
  ['while one runs', async (other: typeof sql) => other.rows(statement('select pg_sleep(60)'), [])],
])('a connection that is lost %s of a transaction fails it, and nothing else', async (_, work) => {
  const lost = sql.transaction(async own => {
    const [{ pid } = { pid: 0 }] = await own.rows(ownProcess, [])
    setTimeout(() => void sql.rows(end, [pid]), 50)
    await work(own)
    return own.rows(anything, [])
  })
  const error = await lost.catch((error: unknown) => error)
  expect(error).toBeInstanceOf(Error)
  expect(isUnavailable(error)).toBe(true)
  expect(await sql.transaction(sql => sql.rows(anything, []))).toEqual([{ one: 1 }])
})
