import { beforeAll, describe, expect, test } from 'vitest'
import type { Records } from '../../src/access/records.ts'
import type { Viewer } from '../../src/access/viewer.ts'
import type { Condition } from '../../src/database/conditions.ts'
import type { NoteSourceType } from '../../src/database/rows.ts'
import { statement } from '../../src/database/sql.ts'
import { tableOf } from '../../src/database/tables.ts'
import { Datastores } from '../../src/datastores.ts'
import { TRIGGER_STRATEGIES } from '../../src/engagements/triggers/strategies.ts'
import { RecordNotFoundError } from '../../src/errors.ts'
import { SOURCE_TYPES } from '../../src/notes/blueprint.ts'
import { NoteBlueprintRegistry } from '../../src/notes/registry.ts'
import { testDatabase } from '../support/database.ts'
import { cloneTenant, insertTenant, type RecordTypeName, STARTS, type Tenant } from '../support/isolation-world.ts'

const NAMES = new Set(['collaboratorName', 'programName'])

// The datastores used directly, without GraphQL in front of them: each method by itself keeps to what its viewer may see.

const { sql } = await testDatabase('migrated')
const shared = { sql, blueprints: new NoteBlueprintRegistry(), strategies: TRIGGER_STRATEGIES }
let home: Tenant
let foreign: Tenant

beforeAll(async () => {
  home = await insertTenant(sql)
  foreign = await insertTenant(sql, { mine: STARTS.foreign, others: STARTS.foreign + 1_000 }, 'Foreign')
  await cloneTenant(sql, home) // the same ids once more
})

type Row = { id: number }
// biome-ignore lint/suspicious/noExplicitAny: rows of whatever type
type AnyRecords = Records<any>

const RECORDS: Readonly<Record<string, (all: Datastores) => AnyRecords>> = {
  Collaborator: all => all.collaborators,
  Program: all => all.programs,
  Opportunity: all => all.opportunities,
  Engagement: all => all.engagements,
  Transaction: all => all.transactions,
  Conversion: all => all.conversions,
  Obligation: all => all.obligations,
  Payout: all => all.payouts,
  Fulfillment: all => all.fulfillments,
  Distribution: all => all.distributions,
  Distributor: all => all.distributors,
  Allocation: all => all.allocations,
}

/** What a collaborator is not told of records that it sees, by DOMAIN.md §7c. */
const HIDDEN: Readonly<Record<string, string>> = {
  Program: `groupId status incentiveType incentiveResolverType units transactionPercent payoutPerTransaction
    payoutPerProduct payoutPerLead activeConversionTypes autoApprove leadRequalificationDays expirationDays dateCreated
    dateModified`,
  Opportunity: 'userId mergedIntoId',
  Transaction: 'opportunityId originalTransactionId source externalId totalValue currency',
  Payout: 'fulfillmentId',
  Allocation: 'distributionId',
}
const hiddenOf = (type: string) => (HIDDEN[type] ?? '').split(/\s+/).filter(Boolean)

interface Role {
  viewer(): Viewer
  sees(type: RecordTypeName): readonly number[]
  hidden(type: string): readonly string[]
}

const ROLES: Readonly<Record<string, Role>> = {
  'an administrator': {
    viewer: () => ({ role: 'administrator', organizationId: home.organizationId }),
    sees: type => [...home.visible[type], ...home.hidden[type]].toSorted((a, b) => a - b),
    hidden: () => [],
  },
  'a collaborator': {
    viewer: () => ({ role: 'collaborator', organizationId: home.organizationId, collaboratorId: home.me }),
    sees: type => home.visible[type].toSorted((a, b) => a - b),
    hidden: hiddenOf,
  },
  'a collaborator of another organization': {
    viewer: () => ({ role: 'collaborator', organizationId: home.organizationId, collaboratorId: foreign.me }),
    sees: () => [],
    hidden: hiddenOf,
  },
  'a collaborator of no organization': {
    viewer: () => ({ role: 'collaborator', organizationId: STARTS.missing, collaboratorId: home.me }),
    sees: () => [],
    hidden: hiddenOf,
  },
  'an integration': {
    viewer: () => ({ role: 'integration', organizationId: home.organizationId }),
    sees: () => [],
    hidden: () => [],
  },
}

const everyId = (type: RecordTypeName) => [
  ...home.visible[type],
  ...home.hidden[type],
  ...foreign.visible[type],
  ...foreign.hidden[type],
  STARTS.missing,
]
const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id).toSorted((a, b) => a - b)
const without = (unwanted: RegExp) => (row: object) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !unwanted.test(name)))
const withoutPartition = without(/^partition$/)
const withoutOwner = without(/^owner\./)
const WHOLE = { orderBy: 'id', direction: 'ASC', size: null } as const

describe.each(Object.entries(ROLES))('to %s', (_, role) => {
  const all = () => new Datastores(shared, role.viewer())

  describe.each(Object.keys(RECORDS))('%s', name => {
    const type = name as RecordTypeName
    const records = () => RECORDS[type]?.(all()) as AnyRecords
    const columns = [...tableOf(type).columns]
    const references = columns.filter(
      ([column]) => column.endsWith('Id') && column !== 'externalId' && column !== 'userId',
    )

    test('andWhere', async () => {
      expect(idsOf(await records().andWhere([]))).toEqual(role.sees(type))
      const anyOf: Condition = { column: 'id', operator: 'IN', value: everyId(type) }
      expect(idsOf(await records().andWhere([anyOf]))).toEqual(role.sees(type))
      for (const id of everyId(type)) {
        const found = await records().andWhere([{ column: 'id', operator: '=', value: id }])
        expect(idsOf(found)).toEqual(role.sees(type).includes(id) ? [id] : [])
      }
    })

    test('page', async () => {
      const { rows } = await records().page({ conditions: [], slice: WHOLE })
      expect(idsOf(rows as Row[])).toEqual(role.sees(type))
      const first = await records().page({ conditions: [], slice: { ...WHOLE, size: 1 } })
      expect(first.rows).toHaveLength(Math.min(1, role.sees(type).length))
      expect(first.hasNextPage).toBe(role.sees(type).length > 1)
      const past = { ...WHOLE, after: { id: (role.sees(type).at(-1) ?? 0) as number, value: 0 } }
      expect((await records().page({ conditions: [], slice: past })).rows).toEqual([])
    })

    test('count', async () => {
      expect(await records().count([])).toBe(role.sees(type).length)
      const others: Condition = {
        column: 'id',
        operator: 'IN',
        value: everyId(type).filter(id => !role.sees(type).includes(id)),
      }
      expect(await records().count([others])).toBe(0)
    })

    test('byIds and getById', async () => {
      expect(idsOf(await records().byIds(everyId(type)))).toEqual(role.sees(type))
      const messages = new Set<string>()
      for (const id of everyId(type)) {
        if (role.sees(type).includes(id)) expect(await records().getById(id)).toMatchObject({ id })
        else {
          const error = await records()
            .getById(id)
            .catch((error: unknown) => error)
          expect(error).toBeInstanceOf(RecordNotFoundError)
          messages.add((error as Error).message.replace(`${id}`, 'N'))
        }
      }
      expect(messages.size).toBe(1)
    })

    test.each(['id', ...references.map(([column]) => column)])('pagesBy, countsBy and rowsBy %s', async column => {
      const keys = [...new Set(Object.keys(RECORDS).flatMap(each => everyId(each as RecordTypeName)))]
      const pages = await records().pagesBy(column, keys, { conditions: [], slice: { ...WHOLE, size: 100 } })
      const rows = pages.flatMap(page => page.rows as Row[])
      const isHidden = role.hidden(type).includes(column)
      const withOne = isHidden ? [] : (await records().andWhere([])).filter(row => row[column] !== null)
      expect(idsOf(rows)).toEqual(idsOf(withOne))
      const counts = await records().countsBy(column, keys, [])
      expect(counts).toEqual(pages.map(page => page.rows.length))
      expect(idsOf(await records().rowsBy(column, keys))).toEqual(idsOf(withOne))
    })

    const owners = references
      .map(([column]) => [column, `${column[0]?.toUpperCase()}${column.slice(1, -2)}`] as const)
      .filter(([, owner]) => owner in RECORDS)
    test.each(owners)('withPages by %s, of %s', async (column, owner) => {
      const from = RECORDS[owner]?.(all()) as AnyRecords
      const ids = everyId(owner as RecordTypeName)
      for (const orderBy of columns.filter(([, { isList }]) => !isList).map(([name]) => name)) {
        if (!['id', 'dateCreated', ...role.hidden(type)].includes(orderBy)) continue
        const request = { conditions: [], slice: { orderBy, direction: 'DESC', size: 2 } } as const
        const pages = new Map((await records().pagesBy(column, ids, request)).map((page, i) => [ids[i], page]))
        const apart = (await from.byIds(ids)).map(row => ({
          row,
          page: { ...pages.get(row.id), rows: pages.get(row.id)?.rows.map(withoutPartition) },
        }))
        const byId = (a: { row: Row }, b: { row: Row }) => a.row.id - b.row.id
        const along = async (of: readonly number[]) =>
          (await from.withPages(of, records(), column, request)).map(({ row, page }) => ({
            row,
            page: { ...page, rows: page.rows.map(withoutOwner) },
          }))
        expect((await along(ids)).sort(byId)).toEqual(apart.sort(byId))
        for (const id of ids) expect(await along([id])).toEqual(apart.filter(({ row }) => row.id === id))
      }
    })

    test('hidden columns are null, order nothing, and nothing is true of them', async () => {
      for (const row of await records().andWhere([])) {
        for (const column of role.hidden(type)) expect(row[column]).toBeNull()
      }
      for (const [column, { type: kind, isList }] of columns) {
        if (isList || kind === 'Json' || !role.hidden(type).includes(column)) continue
        for (const direction of ['ASC', 'DESC'] as const) {
          const ordered = await records().page({ conditions: [], slice: { orderBy: column, direction, size: null } })
          const byId = await records().page({ conditions: [], slice: { orderBy: 'id', direction, size: null } })
          expect(ordered).toEqual(byId)
        }
        const [stored] = await sql.rows<{ values: unknown[] }>(
          statement(
            `select array_agg(distinct to_jsonb(${snake(column)})) as values from "${snake(type)}" where ${snake(column)} is not null`,
          ),
          [],
        )
        const values = (stored?.values ?? []).map(value => (kind === 'DateTime' ? new Date(value as string) : value))
        expect(values.length, `a value of ${column}`).toBeGreaterThan(0)
        for (const value of values) {
          for (const operator of ['=', '!=', '<', '<=', '>', '>='] as const) {
            expect(await records().andWhere([{ column, operator, value }])).toEqual([])
            expect(await records().count([{ column, operator, value }])).toBe(0)
          }
        }
        for (const list of [values, [...values, ...values]]) {
          const conditions: Condition[] = [{ column, operator: 'IN', value: list }]
          expect(await records().andWhere(conditions)).toEqual([])
          expect((await records().page({ conditions, slice: { ...WHOLE, size: 10 } })).rows).toEqual([])
          expect(await records().count(conditions)).toBe(0)
        }
      }
    })
  })

  test('the methods of engagements', async () => {
    const { engagements } = all()
    const sees = role.sees('Engagement')
    const rows = new Map((await engagements.andWhere([])).map(row => [row.id, row]))
    const among = (kept: readonly Row[]) =>
      expect(kept.map(({ id }) => id).filter(id => !sees.includes(id))).toEqual([])
    for (const opportunityId of everyId('Opportunity')) {
      const here = [...rows.values()].filter(row => row.opportunityId === opportunityId)
      expect(idsOf(await engagements.getEngagementsForOpportunity(opportunityId))).toEqual(idsOf(here))
      for (const programId of everyId('Program')) {
        const active = here.filter(row => row.programId === programId && row.status === 'active')
        const bindings = await engagements.getBindings(opportunityId, programId)
        among(bindings)
        expect(idsOf(bindings)).toEqual(idsOf(active))
        expect(await engagements.getActiveEngagementCount(opportunityId, programId)).toBe(active.length)
        const single = [
          await engagements.getNewestBinding(opportunityId, programId).catch(nullIfNotFound),
          await engagements.getOldestEngagement(opportunityId, programId).catch(nullIfNotFound),
        ]
        for (const found of single) {
          expect(found !== null).toBe(active.length > 0)
          if (found) among([found])
        }
        for (const collaboratorId of everyId('Collaborator')) {
          const one = await engagements
            .getActiveEngagement(collaboratorId, programId, opportunityId)
            .catch(nullIfNotFound)
          expect(one?.id).toBe(active.find(row => row.collaboratorId === collaboratorId)?.id)
        }
      }
    }
    const named = await engagements.page({ conditions: [], slice: WHOLE }, engagements.withNames(NAMES))
    expect(idsOf(named.rows)).toEqual(sees)
    const names = await all().names.lookup({ collaborator: everyId('Collaborator'), program: everyId('Program') })
    for (const row of named.rows as readonly (Row & Record<string, unknown>)[]) {
      expect(row.collaboratorName).toBe(names('collaborator', row.collaboratorId as number) ?? 'another collaborator')
      expect(row.programName).toBe(names('program', row.programId as number) ?? 'another program')
    }
  })

  test('names.lookup', async () => {
    const wanted = {
      collaborator: everyId('Collaborator'),
      program: everyId('Program'),
      distributor: everyId('Distributor'),
      organization: [home.organizationId, foreign.organizationId, STARTS.missing],
    }
    const name = await all().names.lookup(wanted)
    for (const [type, ids] of Object.entries(wanted)) {
      const sees =
        type === 'organization'
          ? role.viewer().role === 'administrator'
            ? [home.organizationId]
            : []
          : role.sees((type.charAt(0).toUpperCase() + type.slice(1)) as RecordTypeName)
      expect(ids.filter(id => name(type as keyof typeof wanted, id) !== null).toSorted((a, b) => a - b)).toEqual(sees)
    }
  })

  test('aliasesOf, engagementTypesOf, ofCollaborators and lineItemsOf', async () => {
    const { collaborators, programs, transactions, viewer } = all()
    const aliases = await collaborators.aliasesOf(everyId('Collaborator'))
    expect([...new Set(aliases.map(alias => alias.collaboratorId))].toSorted((a, b) => a - b)).toEqual(
      role.sees('Collaborator'),
    )
    const types = await programs.engagementTypesOf(everyId('Program'))
    expect(types.map(({ programId }) => programId).filter(id => !role.sees('Program').includes(id))).toEqual([])
    expect(types.length > 0).toBe(role.sees('Program').length > 0)
    const enrolled = await programs.ofCollaborators(everyId('Collaborator'))
    for (const { id, collaboratorId, ...rest } of enrolled) {
      expect(role.sees('Program')).toContain(id)
      expect(role.sees('Collaborator'), 'whom it may not see is not shown to be in its programs').toContain(
        collaboratorId,
      )
      for (const column of role.hidden('Program')) expect((rest as Record<string, unknown>)[column]).toBeNull()
    }
    expect(enrolled.length > 0).toBe(role.sees('Program').length > 0)
    const lines = await transactions.lineItemsOf(everyId('Transaction'))
    if (viewer.role === 'administrator') expect(idsOf(lines as Row[])).toEqual(role.sees('LineItem'))
    else expect(lines ?? []).toEqual([])
  })

  describe('notes', () => {
    const request = { conditions: [], slice: { direction: 'ASC', size: null } } as const

    test('byIds, getById and details', async () => {
      const { notes } = all()
      expect(idsOf(await notes.byIds(everyId('Note')))).toEqual(role.sees('Note'))
      for (const [i, detail] of (await notes.details(everyId('Note'))).entries()) {
        const id = everyId('Note')[i] as number
        if (!role.sees('Note').includes(id)) expect(detail).toEqual({ sources: [], data: {} })
        for (const { sourceType, sourceId } of detail.sources) expect(sees(sourceType)).toContain(sourceId)
        const found = await notes.getById(id).catch(nullIfNotFound)
        expect(found?.id).toBe(role.sees('Note').includes(id) ? id : undefined)
        if (found !== null) {
          const { creationSource, creationSourceId } = found
          expect(sees(creationSource)).toContain(creationSourceId)
        }
      }
    })

    test.each(SOURCE_TYPES)('page, pagesOf, count, countsOf and positions of %s', async sourceType => {
      const { notes } = all()
      const ids = recordsOf(sourceType)
      const expected = await feedsOf(sourceType)
      const pages = await notes.pagesOf(sourceType, ids, request)
      const detailed = await notes.pagesOf(sourceType, ids, { ...request, withDetail: true })
      const counts = await notes.countsOf(sourceType, ids, [])
      for (const [i, id] of ids.entries()) {
        const feed = { sourceType, sourceId: id }
        const expectedIds = expected.get(id) ?? []
        expect(idsOf((await notes.page(feed, request)).rows), `${sourceType} ${id}`).toEqual(expectedIds)
        expect(idsOf(pages[i]?.rows ?? [])).toEqual(expectedIds)
        expect(idsOf(detailed[i]?.rows ?? [])).toEqual(expectedIds)
        expect(await notes.count(feed, [])).toBe(expectedIds.length)
        expect(counts[i]).toBe(expectedIds.length)
        for (const direction of ['ASC', 'DESC'] as const) {
          const positions = await notes.positions(everyId('Note'), feed, direction)
          const order = direction === 'ASC' ? expectedIds : expectedIds.toReversed()
          expect(positions).toEqual(everyId('Note').map(note => (order.includes(note) ? order.indexOf(note) : null)))
        }
      }
      const together = [...new Set([...expected.values()].flat())].toSorted((a, b) => a - b)
      const whole = idsOf((await notes.page({ sourceType }, request)).rows)
      expect(whole.filter(id => !role.sees('Note').includes(id))).toEqual([])
      expect(await notes.count({ sourceType }, [])).toBe(whole.length)
      // through a merged opportunity a note is in a feed, and yet has no link to a record that the viewer may see
      if (sourceType !== 'opportunity') expect(whole).toEqual(together)
    })

    const sees = (type: NoteSourceType): readonly number[] =>
      type === 'organization'
        ? role.viewer().role === 'administrator'
          ? [home.organizationId]
          : []
        : role.sees((type.charAt(0).toUpperCase() + type.slice(1)) as RecordTypeName)

    const recordsOf = (type: NoteSourceType): readonly number[] =>
      type === 'organization'
        ? [home.organizationId, foreign.organizationId, STARTS.missing]
        : everyId((type.charAt(0).toUpperCase() + type.slice(1)) as RecordTypeName)

    /** What is in the feed of each record, worked out from the bare tables. */
    const feedsOf = async (type: NoteSourceType): Promise<Map<number, number[]>> => {
      const links = await sql.rows<{ note: number; record: number }>(
        statement(
          `select distinct s.note_id as note, r.id as record from note_source s
           join lateral (select s.source_id as id union select o.merged_into_id from opportunity o
             where s.source_type = 'opportunity' and o.organization_id = $1 and o.id = s.source_id and o.merged_into_id is not null) r on true
           where s.organization_id = $1 and s.source_type = '${type}' order by s.note_id`,
        ),
        [home.organizationId],
      )
      const feeds = new Map<number, number[]>()
      for (const { note, record } of links) {
        if (!role.sees('Note').includes(note) || !sees(type).includes(record)) continue
        feeds.set(record, [...(feeds.get(record) ?? []), note])
      }
      return feeds
    }
  })
})

const snake = (name: string) => name.replace(/[A-Z]/g, (letter, at) => (at === 0 ? '' : '_') + letter.toLowerCase())

const nullIfNotFound = (error: unknown): null => {
  if (error instanceof RecordNotFoundError) return null
  throw error
}
