import { beforeAll, describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { statement } from '../../src/database/sql.ts'
import { globalId } from '../../src/graphql/global-id.ts'
import { testDatabase } from '../support/database.ts'
import { COLLABORATOR, testGateway } from '../support/gateway.ts'
import { askAs, crawl, NODE_TYPES, QUERY } from '../support/isolation-questions.ts'
import { insertTenant, STARTS, type Tenant } from '../support/isolation-world.ts'
import { recordSql } from '../support/sql-recorder.ts'

// What a collaborator does read, and what somebody would try who wants more.

const { database, during } = recordSql(await testDatabase('migrated'))
const { sql } = database
const gateway = testGateway({ sql })
let home: Tenant
let foreign: Tenant
let me: Viewer
let administrator: Viewer

beforeAll(async () => {
  home = await insertTenant(sql)
  foreign = await insertTenant(sql, { mine: STARTS.foreign, others: STARTS.foreign + 1_000 }, 'Foreign')
  me = { role: 'collaborator', organizationId: home.organizationId, collaboratorId: home.me }
  administrator = { role: 'administrator', organizationId: home.organizationId }
})

const ask = async (query: string, viewer = me) => {
  const { body, text } = await gateway.query(viewer, query)
  if (body.errors !== undefined) throw new Error(`${query}\n${text}`)
  return body.data
}

const newestFirst = (ids: readonly number[]) => ids.toSorted((a, b) => b - a)

describe('a collaborator reads', () => {
  test('its own row, with its codes', async () => {
    const { viewer, collaborators } = await ask(
      '{ viewer { role organization { name } collaborator { databaseId name fullName nickname email status aliases { type code } } } collaborators { totalCount nodes { databaseId } } }',
    )
    expect(viewer).toEqual({
      role: 'COLLABORATOR',
      organization: { name: 'Home' },
      collaborator: {
        databaseId: home.me,
        name: 'Jay',
        fullName: 'Jane Mine',
        nickname: 'Jay',
        email: expect.stringContaining('@'),
        status: 'ACTIVE',
        aliases: [
          { type: 'TRACKING', code: 'jay' },
          { type: 'COUPON', code: 'JAY10' },
        ],
      },
    })
    expect(collaborators).toEqual({ totalCount: 1, nodes: [{ databaseId: home.me }] })
  })

  test.each([
    ['engagements', 'Engagement'],
    ['conversions', 'Conversion'],
    ['obligations', 'Obligation'],
    ['payouts', 'Payout'],
    ['opportunities', 'Opportunity'],
    ['transactions', 'Transaction'],
    ['programs', 'Program'],
  ] as const)('its %s, and no others', async (list, type) => {
    const ids = newestFirst(home.visible[type]).map(databaseId => ({ databaseId }))
    expect(ids).not.toHaveLength(0)
    const found = await ask(`{ ${list}(first: 100) { totalCount nodes { databaseId } } }`)
    expect(found[list]).toEqual({ totalCount: ids.length, nodes: ids })
  })

  test('its allocations, without the distribution', async () => {
    const { viewer } = await ask(
      '{ viewer { collaborator { allocations { totalCount nodes { databaseId value currency status distribution { id } obligation { databaseId } } } } } }',
    )
    expect(viewer.collaborator.allocations).toEqual({
      totalCount: 1,
      nodes: [
        {
          databaseId: home.visible.Allocation[0],
          value: 4000,
          currency: 'USD',
          status: 'PENDING',
          distribution: null,
          obligation: { databaseId: home.visible.Obligation[2] },
        },
      ],
    })
  })

  test("a program's name, description and engagement types, and nothing else", async () => {
    const { program } = await ask(
      `{ program(id: "${home.visible.Program[0]}") { name description engagementTypes { type value } status incentiveType incentiveResolverType units transactionPercent payoutPerTransaction payoutPerProduct payoutPerLead activeConversionTypes autoApprove leadRequalificationDays expirationDays dateCreated dateModified } }`,
    )
    const { name, description, engagementTypes, ...rest } = program
    expect({ name, description, engagementTypes }).toEqual({
      name: 'Affiliates',
      description: 'For all',
      engagementTypes: [
        { type: 'boundCouponUsed', value: 200 },
        { type: 'referredSiteVisit', value: 100 },
      ],
    })
    expect(new Set(Object.values(rest))).toEqual(new Set([null]))
  })

  test("an opportunity's and a transaction's status and dates, and nothing else", async () => {
    const { opportunity, transaction } = await ask(
      `{ opportunity(id: "${home.visible.Opportunity[0]}") { status dateCreated dateModified userId mergedInto { id } }
         transaction(id: "${home.visible.Transaction[0]}") { status dateCreated dateModified source externalId totalValue currency lineItems { name } opportunity { id } originalTransaction { id } } }`,
    )
    const dates = { dateCreated: expect.any(String), dateModified: expect.any(String) }
    expect(opportunity).toEqual({ status: 'ACTIVE', ...dates, userId: null, mergedInto: null })
    expect(transaction).toEqual({
      status: 'COMPLETE',
      ...dates,
      source: null,
      externalId: null,
      totalValue: null,
      currency: null,
      lineItems: null,
      opportunity: null,
      originalTransaction: null,
    })
  })

  test.each(['fulfillments', 'distributions', 'distributors'])('of %s nothing', async list => {
    expect((await ask(`{ ${list} { totalCount nodes { id } } }`))[list]).toEqual({ totalCount: 0, nodes: [] })
  })

  test('of a program that it has left no more than the id', async () => {
    const { engagements, notes } = await ask(
      `{ engagements(filter: { programId: [${home.programLeft}] }) { nodes { programId programName program { id } } }
         notes(sourceType: ENGAGEMENT, sourceId: ${home.visible.Engagement[0]}, filter: { content: ["engagement_awarded"] }) { nodes { renderedContent sources { sourceType sourceId } } } }`,
    )
    expect(engagements.nodes).toEqual([{ programId: home.programLeft, programName: 'another program', program: null }])
    expect(notes.nodes[0].renderedContent).toBe(
      `Engagement #${home.visible.Engagement[0]} awarded to Jay under another program`,
    )
    expect(notes.nodes[0].sources).not.toContainEqual({ sourceType: 'PROGRAM', sourceId: home.programLeft })
    for (const feed of [`sourceId: ${home.programLeft}, `, '']) {
      const { notes } = await ask(
        `{ notes(sourceType: PROGRAM, ${feed}first: 100) { nodes { sources { sourceId sourceType } } } }`,
      )
      if (feed !== '') expect(notes.nodes).toEqual([])
      expect(JSON.stringify(notes)).not.toContain(`${home.programLeft},"sourceType":"PROGRAM"`)
    }
  })

  test('shared notes as far as they are its own', async () => {
    const content = [
      'renewed_conversions_awarded',
      'opportunity_invalidated',
      'program_group_conversion_triggered',
      'refund_triggered',
      'of_an_extension',
    ]
    const { notes } = await ask(
      `{ notes(sourceType: COLLABORATOR, filter: { content: ${JSON.stringify(content)} }) { nodes { renderedContent sourceData creationSource creationSourceId } } }`,
    )
    const [program] = home.visible.Program
    const [opportunity] = home.visible.Opportunity
    const [transaction, renewal] = home.visible.Transaction
    const [conversion, renewed] = home.visible.Conversion
    const mine = { collaborator: 'Jay', collaboratorId: home.me }
    expect(notes.nodes).toEqual([
      {
        renderedContent: '1 renewed conversion(s) awarded under Affiliates',
        sourceData: {
          ...mine,
          count: 1,
          program: 'Affiliates',
          programId: program,
          transactionId: renewal,
          conversionId: renewed,
        },
        creationSource: 'TRANSACTION',
        creationSourceId: renewal,
      },
      {
        renderedContent: `Opportunity #${opportunity} invalidated`,
        sourceData: { ...mine, opportunityId: opportunity, engagementId: home.visible.Engagement[1] },
        creationSource: 'OPPORTUNITY',
        creationSourceId: opportunity,
      },
      {
        renderedContent: `Another program won its group for transaction #${transaction}`,
        sourceData: { ...mine, programIds: [program], opportunityId: opportunity, transactionId: transaction },
        creationSource: 'COLLABORATOR',
        creationSourceId: home.me,
      },
      {
        renderedContent: `Affiliates won its group for transaction #${transaction}`,
        sourceData: {
          ...mine,
          winnerId: program,
          program: 'Affiliates',
          programId: program,
          opportunityId: opportunity,
          transactionId: transaction,
        },
        creationSource: 'PROGRAM',
        creationSourceId: program,
      },
      {
        renderedContent: `Transaction #${transaction} refunded`,
        sourceData: {
          ...mine,
          transactionId: transaction,
          conversionId: conversion,
          obligationId: home.visible.Obligation[0],
        },
        creationSource: 'TRANSACTION',
        creationSourceId: transaction,
      },
      {
        renderedContent: 'of_an_extension',
        sourceData: { ...mine, opportunityId: opportunity },
        creationSource: 'COLLABORATOR',
        creationSourceId: home.me,
      },
    ])
  })
})

describe('nothing more is had by', () => {
  test.each([
    [
      'types that are no records',
      (id: number) =>
        [
          'EngagementType',
          'User',
          'Query',
          'ProgramGroup',
          'ApiKey',
          'Node',
          'NoteSource',
          'constructor',
          'toString',
          'hasOwnProperty',
          'proto',
        ].map(type => `${type}:${id}`),
    ],
  ])('global ids of %s', async (_, ids) => {
    const given = ids(home.me).map(text => btoa(text))
    const statements = await during(async () => {
      for (const viewer of [me, administrator]) {
        const { nodes } = await ask(`{ nodes(ids: ${JSON.stringify(given)}) { id } }`, viewer)
        expect(nodes).toEqual(given.map(() => null))
        for (const id of given) expect(await ask(`{ node(id: "${id}") { id } }`, viewer)).toEqual({ node: null })
      }
    })
    expect(statements).toEqual([])
  })

  test('global ids of another type', async () => {
    const statements = await during(async () => {
      for (const type of NODE_TYPES) {
        const singular = type.charAt(0).toLowerCase() + type.slice(1)
        if (!(singular in QUERY.getFields())) continue
        const other = globalId(type === 'Note' ? 'Payout' : 'Note', 1001)
        for (const viewer of [me, administrator]) {
          expect(await ask(`{ ${singular}(id: "${other}") { id } }`, viewer)).toEqual({ [singular]: null })
        }
      }
    })
    expect(statements).toEqual([])
  })

  test('several ids at once, some of them not its own', async () => {
    const [mine] = home.visible.Engagement
    const [rivals] = home.hidden.Engagement
    const [another] = foreign.visible.Engagement
    const ids = [rivals, mine, another, STARTS.missing, mine].map(id => globalId('Engagement', id as number))
    expect((await ask(`{ nodes(ids: ${JSON.stringify(ids)}) { id } }`)).nodes).toEqual([
      null,
      { id: globalId('Engagement', mine as number) },
      null,
      null,
      { id: globalId('Engagement', mine as number) },
    ])
    expect(
      await ask(
        `{ a: engagement(id: "${rivals}") { score } b: engagement(id: "${mine}") { databaseId } c: engagement(id: "${another}") { score } }`,
      ),
    ).toEqual({ a: null, b: { databaseId: mine }, c: null })
  })

  test.each([
    '-1',
    '1.5',
    '9007199254740992',
    '18446744073709551616',
    '',
    ' 1001',
    '1001;',
    btoa('Engagement:9007199254740993'),
    btoa('Engagement:-1'),
    btoa('Engagement:'),
  ])('the id %j, which is refused before anything is read', async id => {
    for (const query of [
      'query ($id: ID!) { engagement(id: $id) { id } }',
      'query ($id: ID!) { engagements(filter: { ids: [$id] }) { totalCount } }',
      'query ($id: ID!) { node(id: $id) { id } }',
    ]) {
      const statements = await during(async () => {
        const { body } = await gateway.query(me, query, { id })
        expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
      })
      expect(statements).toEqual([])
    }
  })

  test('the largest ids', async () => {
    for (const id of [0, Number.MAX_SAFE_INTEGER]) {
      expect(
        await ask(
          `{ engagement(id: "${id}") { id } bindings(opportunityId: ${id}, programId: ${id}) { id } activeEngagementCount(opportunityId: ${id}, programId: ${id}) }`,
        ),
      ).toEqual({
        engagement: null,
        bindings: [],
        activeEngagementCount: 0,
      })
    }
  })

  test('asking for the rival by name', async () => {
    const { rival } = home
    const asked = await ask(`{
      collaborator(id: "${rival}") { name }
      engagements(filter: { collaboratorId: [${rival}] }) { totalCount nodes { id } }
      both: engagements(filter: { collaboratorId: [${rival}, ${home.me}] }, first: 100) { totalCount nodes { collaboratorId } }
      conversions(filter: { collaboratorId: [${rival}] }) { totalCount }
      payouts(filter: { collaboratorId: [${rival}] }) { totalCount }
      notes(sourceType: COLLABORATOR, sourceId: ${rival}) { totalCount nodes { id } }
      activeEngagement(collaboratorId: ${rival}, programId: ${home.visible.Program[0]}, opportunityId: ${home.visible.Opportunity[0]}) { id }
      activeEngagementCount(programId: ${home.visible.Program[0]}, opportunityId: ${home.visible.Opportunity[0]})
    }`)
    expect(asked).toMatchObject({
      collaborator: null,
      engagements: { totalCount: 0, nodes: [] },
      conversions: { totalCount: 0 },
      payouts: { totalCount: 0 },
      notes: { totalCount: 0, nodes: [] },
      activeEngagement: null,
      activeEngagementCount: 1,
    })
    expect(new Set(asked.both.nodes.map((row: { collaboratorId: number }) => row.collaboratorId))).toEqual(
      new Set([home.me]),
    )
  })

  test('the schema, which says nothing of anyone', async () => {
    const query = '{ __schema { types { name description fields { name description } enumValues { name } } } }'
    const [mine, theirs] = [await gateway.query(me, query), await gateway.query(administrator, query)]
    expect(mine.text).toBe(theirs.text)
  })

  test('going another way through the server', async () => {
    const queries = [
      `{ engagement(id: "${home.hidden.Engagement[0]}") { id } }`,
      `{ engagements(first: 100) { totalCount nodes { id collaboratorName programName } } }`,
      '{ notes(sourceType: OPPORTUNITY, first: 100) { totalCount nodes { renderedContent sourceData sources { sourceType sourceId } } } }',
    ]
    for (const query of queries) {
      const direct = await gateway.query(me, query)
      for (const way of ['yoga', 'direct', 'yoga'] as const) {
        expect((await gateway.query(me, query, undefined, way)).text).toBe(direct.text)
      }
    }
  })

  test('having been deleted: what was its own remains its own, under no name', async () => {
    const deleted = await insertTenant(sql, { mine: 777_000_001, others: 777_001_001 }, 'Third')
    const viewer: Viewer = { role: 'collaborator', organizationId: deleted.organizationId, collaboratorId: deleted.me }
    await sql.rows(statement("update collaborator set status = 'deleted' where organization_id = $1"), [
      deleted.organizationId,
    ])
    const { engagements } = await ask('{ engagements { nodes { databaseId collaboratorName } } }', viewer)
    expect(engagements.nodes).toEqual(
      newestFirst(deleted.visible.Engagement).map(databaseId => ({
        databaseId,
        collaboratorName: `Collaborator #${deleted.me}`,
      })),
    )
  })
})

describe('the demo collaborator, in the small data', () => {
  test('reaches exactly what the tables say is its own', async () => {
    const small = await testDatabase('small')
    const { found } = await crawl(askAs(testGateway(small), COLLABORATOR))
    const engaged = 'select 1 from engagement x where x.organization_id = 1 and x.collaborator_id = 1'
    const mine: Record<string, string> = {
      Collaborator: 'collaborator where id = 1',
      Engagement: 'engagement where collaborator_id = 1',
      Conversion: 'conversion where collaborator_id = 1',
      Obligation: 'obligation where collaborator_id = 1',
      Payout: 'payout where collaborator_id = 1',
      Program:
        'program where id in (select program_id from enrollment where organization_id = 1 and collaborator_id = 1)',
      Opportunity: `opportunity t where exists (${engaged} and x.opportunity_id = t.id)`,
      Transaction: `transaction t where (exists (${engaged} and x.opportunity_id = t.opportunity_id) or id in (select transaction_id from conversion where organization_id = 1 and collaborator_id = 1))`,
      Note: "note where id in (select note_id from note_source where organization_id = 1 and source_type = 'collaborator' and source_id = 1)",
      Fulfillment: 'fulfillment where false',
      Distribution: 'distribution where false',
      Distributor: 'distributor where false',
      Allocation: 'allocation where collaborator_id = 1',
      LineItem: 'line_item where false',
    }
    for (const type of NODE_TYPES) {
      const rows = await small.sql.rows<{ id: number }>(
        statement(`select id from ${mine[type]} and organization_id = 1 order by id`),
        [],
      )
      expect({ [type]: [...(found.get(type) ?? [])].sort((a, b) => a - b) }).toEqual({
        [type]: rows.map(({ id }) => id),
      })
    }
    expect(found.get('Note')?.size).toBeGreaterThanOrEqual(30)
  })
})
