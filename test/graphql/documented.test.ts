import { readFile } from 'node:fs/promises'
import { parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { EngagementDatastore } from '../../src/engagements/datastore.ts'
import { schema } from '../../src/graphql/schema.ts'
import { NoteDatastore } from '../../src/notes/datastore.ts'

const page = await readFile(new URL('../../docs/from-rest-and-php.md', import.meta.url), 'utf8')

it('every query on the page for those who come from REST and PHP is valid', () => {
  const queries = [...page.matchAll(/`(\{ \w+.*?\})`/g)].map(([, query = '']) => query)
  expect(queries.length).toBeGreaterThan(20)
  for (const query of queries)
    expect([query, validate(schema, parse(query)).map(({ message }) => message)]).toEqual([query, []])
})

it('every method of a datastore on it exists', () => {
  const methods = [...page.matchAll(/`(engagements|notes)\.(\w+)\(/g)]
  expect(methods.length).toBeGreaterThan(8)
  for (const [, datastore, method = ''] of methods) {
    const { prototype } = datastore === 'notes' ? NoteDatastore : EngagementDatastore
    expect([method, method in prototype]).toEqual([method, true])
  }
})
