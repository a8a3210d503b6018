import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import { type AskText, askAs, crawl, decoded, everything, NODE_TYPES } from '../support/isolation-questions.ts'
import {
  cloneTenant,
  insertTenant,
  markHidden,
  markTenant,
  removeHidden,
  STARTS,
  stirHidden,
  type Tenant,
  TRACES,
} from '../support/isolation-world.ts'

// Nothing that a viewer may not see has any part in what it is told: whatever becomes of it, each answer to everything
// that can be asked stays what it was, byte by byte.

// at full size each test asks some seven hundred questions
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const { sql } = await testDatabase('migrated')
const gateway = testGateway({ sql })
let tenant: Tenant
let administrator: AskText
let me: AskText
let told: { administrator: string[]; me: string[] }

beforeAll(async () => {
  tenant = await insertTenant(sql)
  const { organizationId } = tenant
  administrator = askAs(gateway, { role: 'administrator', organizationId })
  me = askAs(gateway, { role: 'collaborator', organizationId, collaboratorId: tenant.me })
  told = { administrator: await everything(administrator, tenant), me: await everything(me, tenant) }
})

const reached = (found: Map<string, Set<number>>) =>
  Object.fromEntries(NODE_TYPES.map(type => [type, [...(found.get(type) ?? [])].sort((a, b) => a - b)]))

const listed = (ids: (type: keyof Tenant['visible']) => readonly number[]) =>
  Object.fromEntries(NODE_TYPES.map(type => [type, [...ids(type as never)].sort((a, b) => a - b)]))

describe('what can be reached, link by link', () => {
  test('is to an administrator everything of its organization', async () => {
    const { found } = await crawl(administrator)
    expect(reached(found)).toEqual(listed(type => [...tenant.visible[type], ...tenant.hidden[type]]))
  })

  test('is to a collaborator what it may see, and that is all', async () => {
    const { found } = await crawl(me)
    expect(reached(found)).toEqual(listed(type => tenant.visible[type]))
  })
})

describe('another tenant', () => {
  beforeAll(async () => {
    const foreign = await insertTenant(sql, { mine: STARTS.foreign, others: STARTS.foreign + 1_000 }, 'Foreign')
    await markTenant(sql, foreign.organizationId)
    await markTenant(sql, await cloneTenant(sql, tenant))
  })

  test.each(['administrator', 'me'] as const)('changes nothing for %s, even when it has the same ids', async who => {
    const answers = await everything({ administrator, me }[who], tenant)
    expectSame(answers, told[who])
    expect(tracesIn(answers, TRACES.foreign)).toEqual([])
  })

  test('shows where it is asked for as its own', async () => {
    const organizations = await sql.rows<{ id: number }>(
      { name: '', text: 'select id from organization order by id' },
      [],
    )
    expect(organizations).toHaveLength(3)
    for (const { id } of organizations.slice(1)) {
      const { text } = await crawl(askAs(gateway, { role: 'administrator', organizationId: id }))
      expect(text).toMatch(TRACES.foreign)
      expect(text).not.toMatch(/Home|Jane Mine|customer-1/)
    }
  })
})

describe('what is hidden from a collaborator', () => {
  test('leaves no trace in what it is told', async () => {
    await markHidden(sql, tenant)
    const { text } = await crawl(administrator)
    for (const trace of ['CANARY_R', '7770777', '77.7777', 'XQR', '2077-07']) expect(text).toContain(trace)

    const answers = await everything(me, tenant)
    expect(tracesIn(answers, TRACES.rival)).toEqual([])
    expectSame(answers, told.me)
  })

  test('can change and grow in every way, and the collaborator is told the same', async () => {
    await stirHidden(sql, tenant)
    const answers = await everything(me, tenant)
    expect(tracesIn(answers, TRACES.rival)).toEqual([])
    expectSame(answers, told.me)
  })

  test('can go, and the collaborator is told the same', async () => {
    await removeHidden(sql, tenant)
    expectSame(await everything(me, tenant), told.me)
  })
})

test.each<[string, (tenant: Tenant) => Viewer]>([
  [
    'a collaborator of another organization',
    ({ organizationId }) => ({ role: 'collaborator', organizationId, collaboratorId: STARTS.foreign }),
  ],
  [
    'a collaborator that nobody is',
    ({ organizationId }) => ({ role: 'collaborator', organizationId, collaboratorId: STARTS.missing }),
  ],
  ['an administrator of no organization', () => ({ role: 'administrator', organizationId: STARTS.missing })],
  [
    'a collaborator of no organization',
    ({ me: collaboratorId }) => ({ role: 'collaborator', organizationId: STARTS.missing, collaboratorId }),
  ],
])('%s finds nothing', async (_, viewer) => {
  const { found } = await crawl(askAs(gateway, viewer(tenant)))
  expect(reached(found)).toEqual(listed(() => []))
})

/** The lines that differ, and not a page of those that do not. */
const expectSame = (answers: readonly string[], before: readonly string[]) => {
  const differing = answers.flatMap((line, i) => {
    const was = before[i] ?? ''
    if (line === was) return []
    const at = [...line].findIndex((character, k) => character !== was[k])
    const around = (text: string) => text.slice(Math.max(0, at - 80), at + 120)
    return [{ question: line.slice(0, 200), is: around(line), was: around(was) }]
  })
  expect(differing.slice(0, 5)).toEqual([])
  expect(answers).toHaveLength(before.length)
}

/** Where a trace shows in an answer, a global id or a cursor; questions themselves name all ids. */
const tracesIn = (answers: readonly string[], trace: RegExp) =>
  answers.flatMap(answer => {
    const text = decoded(answer.slice(answer.indexOf('\n') + 1))
    const at = text.search(trace)
    return at < 0 ? [] : [`${text.slice(Math.max(0, at - 100), at + 30)} in ${answer.slice(0, 300)}`]
  })
