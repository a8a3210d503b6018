import { describe, expect, it } from 'vitest'
import { RaceError, statement } from '../../src/database/sql.ts'
import { testDatabase } from '../support/database.ts'
import { insertOrganization } from '../support/rows.ts'

const { sql } = await testDatabase()
const names = statement<{ name: string }>('select name from organization order by id')

describe('a transaction', () => {
  it('is all of its work, or nothing', async () => {
    const before = await sql.rows(names, [])
    const failing = sql.transaction(async sql => {
      await insertOrganization(sql, { name: 'never' })
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await sql.rows(names, [])).toEqual(before)
    expect(await sql.transaction(sql => insertOrganization(sql, { name: 'once' }))).toEqual(expect.any(Number))
    expect(await sql.rows(names, [])).toEqual([...before, { name: 'once' }])
  })

  it('inside another is a part of that', async () => {
    const before = await sql.rows(names, [])
    const failing = sql.transaction(async sql => {
      await sql.transaction(sql => insertOrganization(sql, { name: 'never' }))
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await sql.rows(names, [])).toEqual(before)
  })

  it('is done again when it lost a race, and given up when it loses every one', async () => {
    let attempts = 0
    const before = await sql.rows(names, [])
    await sql.transaction(async sql => {
      await insertOrganization(sql, { name: 'at last' })
      if (++attempts < 3) throw new RaceError('too late')
    })
    expect(await sql.rows(names, [])).toEqual([...before, { name: 'at last' }])
    const losing = sql.transaction(async () => {
      attempts++
      throw new RaceError('too late')
    })
    await expect(losing).rejects.toThrow(RaceError)
    expect(attempts).toBe(13)
  })
})
