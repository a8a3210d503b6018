import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { displayName, NAMED_TYPES, type NamedType } from '../../src/database/names.ts'
import { type Sql, statement } from '../../src/database/sql.ts'
import { KeptNames, NameDatastore } from '../../src/directory/names.ts'
import { asking } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { testGateway } from '../support/gateway.ts'
import {
  insertCollaborator,
  insertDistributor,
  insertEngagement,
  insertNote,
  insertOrganization,
  insertProgram,
} from '../support/rows.ts'
import { recordSql } from '../support/sql-recorder.ts'

const recorder = recordSql(await testDatabase())
const { sql } = recorder.database

const run = (text: string, values: readonly unknown[] = [], on: Sql = sql) =>
  on.rows<Record<string, unknown>>(statement(text), values)

const versionOf = async (organizationId: number, on: Sql = sql) =>
  (await run('select names_version as version from organization where id = $1', [organizationId], on))[0]?.version

/** An organization with one record of each named type. */
const givenOneOfEach = async () => {
  const organizationId = await insertOrganization(sql)
  const ids: Record<NamedType, number> = {
    organization: organizationId,
    collaborator: await insertCollaborator(sql, { organizationId, nickname: 'JD' }),
    program: await insertProgram(sql, { organizationId }),
    distributor: await insertDistributor(sql, { organizationId }),
  }
  const where = (type: NamedType) =>
    type === 'organization' ? 'id = $1 and id = $2' : 'organization_id = $1 and id = $2'
  const nameOf = async (type: NamedType) =>
    (
      await run(`select ${displayName(type, 't')} as name from ${type} t where ${where(type)}`, [
        organizationId,
        ids[type],
      ])
    )[0]?.name
  const set = (type: NamedType, assignment: string, on: Sql = sql) =>
    run(`update ${type} set ${assignment} where ${where(type)}`, [organizationId, ids[type]], on)
  return { organizationId, ids, nameOf, set }
}

describe('the version of names', () => {
  const columnsOf = (type: NamedType) =>
    run(
      `select a.attname as column, format_type(a.atttypid, null) as type, t.typtype as kind from pg_attribute a join pg_type t on t.oid = a.atttypid
       where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attname not in ('id', 'organization_id', 'names_version') order by 1`,
      [type],
    )
  /** Other values for a column; none for a type that cannot be part of a name. */
  const othersFor = async ({ type, kind }: Record<string, unknown>) => {
    if (kind === 'e') {
      const labels = await run(`select unnest(enum_range(null::${type}))::text as label`)
      return labels.map(({ label }) => `'${label}'`)
    }
    return type === 'text' ? [`'another'`, `'one more'`] : type === 'timestamp with time zone' ? ['now()'] : []
  }

  test.each(NAMED_TYPES)('is another one after each change of the name of a %s, and after no other', async type => {
    const { organizationId, nameOf, set } = await givenOneOfEach()
    let [changed, unchanged] = [0, 0]
    for (const column of await columnsOf(type)) {
      for (const value of await othersFor(column)) {
        const [name, version] = [await nameOf(type), await versionOf(organizationId)]
        await set(type, `${column.column} = ${value}`)
        if ((await nameOf(type)) === name) {
          unchanged++
          // a name that shows through another may change unseen
          if (column.column !== 'full_name') expect(await versionOf(organizationId)).toBe(version)
        } else {
          changed++
          expect(await versionOf(organizationId)).not.toBe(version)
        }
      }
    }
    expect(changed).toBeGreaterThan(1)
    expect(unchanged).toBeGreaterThan(0)
  })

  test.each(['collaborator', 'program', 'distributor'] as const)('is another one after a %s is gone', async type => {
    const { organizationId, ids } = await givenOneOfEach()
    const version = await versionOf(organizationId)
    await run(`delete from ${type} where organization_id = $1 and id = $2`, [organizationId, ids[type]])
    expect(await versionOf(organizationId)).not.toBe(version)
  })

  test('is one for all changes of a transaction, and the old one when that is rolled back', async () => {
    const { organizationId, set } = await givenOneOfEach()
    const version = await versionOf(organizationId)
    const versions = await sql.transaction(async begun => {
      await set('collaborator', `nickname = 'A'`, begun)
      const first = await versionOf(organizationId, begun)
      await set('program', `name = 'B'`, begun)
      await set('organization', `name = 'C'`, begun)
      return [first, await versionOf(organizationId, begun)]
    })
    expect(versions[0]).not.toBe(version)
    expect(versions[1]).toBe(versions[0])
    const failure = sql.transaction(async begun => {
      await set('collaborator', `nickname = 'D'`, begun)
      throw new Error('undone')
    })
    await expect(failure).rejects.toThrow('undone')
    expect(await versionOf(organizationId)).toBe(versions[0])
  })

  test('is that of one organization alone', async () => {
    const [one, other] = [await givenOneOfEach(), await givenOneOfEach()]
    const version = await versionOf(other.organizationId)
    await one.set('collaborator', `nickname = 'A'`)
    expect(await versionOf(other.organizationId)).toBe(version)
  })

  test('is another one for all after a table is emptied', async () => {
    const { organizationId } = await givenOneOfEach()
    const version = await versionOf(organizationId)
    const emptied = sql.transaction(async begun => {
      await begun.script('truncate distributor cascade')
      expect(await versionOf(organizationId, begun)).not.toBe(version)
      throw new Error('undone')
    })
    await expect(emptied).rejects.toThrow('undone')
  })

  test('new organizations have different ones, whatever their ids', async () => {
    const ids = [await insertOrganization(sql), await insertOrganization(sql)] as const
    expect(await versionOf(ids[0])).not.toBe(await versionOf(ids[1]))
  })
})

describe('kept names', () => {
  const TEXT = `query ($id: ID!) {
    engagements { nodes { collaboratorName programName collaborator { name } program { name } } }
    engagement(id: $id) { collaboratorName programName }
    notes(sourceType: ENGAGEMENT) { nodes { renderedContent sourceData } }
  }`
  const DISTRIBUTION = `{ notes(sourceType: DISTRIBUTOR) { nodes { renderedContent } } }`

  const givenAnEngagement = async () => {
    const given = await givenOneOfEach()
    const { organizationId, ids } = given
    const pair = { collaboratorId: ids.collaborator, programId: ids.program }
    const engagementId = await insertEngagement(sql, { organizationId, ...pair })
    const source = { creationSource: 'engagement' as const, creationSourceId: engagementId }
    await insertNote(sql, {
      organizationId,
      content: 'engagement_awarded',
      ...source,
      data: { score: 1 },
      sources: [
        { sourceType: 'engagement', sourceId: engagementId },
        { sourceType: 'collaborator', sourceId: ids.collaborator },
        { sourceType: 'program', sourceId: ids.program },
      ],
    })
    await insertNote(sql, {
      organizationId,
      content: 'distribution_completed',
      ...source,
      data: { value: 100, currency: 'USD' },
      sources: [{ sourceType: 'distributor', sourceId: ids.distributor }],
    })
    return { ...given, engagementId, viewer: { role: 'administrator', organizationId } as const }
  }

  test('a rename at one instance shows at once at all others, which read names once for each version', async () => {
    const { viewer, engagementId, set } = await givenAnEngagement()
    const gateways = [testGateway(recorder.database), testGateway(recorder.database)]
    const read = async (text = TEXT) => {
      const all = []
      for (const gateway of gateways)
        all.push(JSON.stringify(await asking(gateway, viewer)(text, { id: engagementId })))
      return new Set(all)
    }
    const namesRead = async () =>
      (await recorder.during(() => read())).filter(({ text }) => text.startsWith(`select 'collaborator' as type`))
        .length
    for (let run = 0; run < 3; run++) await read()
    expect(await namesRead()).toBe(0)
    await set('collaborator', `nickname = 'Jane the First'`)
    expect(await namesRead()).toBeGreaterThanOrEqual(gateways.length)
    const renamed = await read()
    expect(renamed.size).toBe(1)
    expect([...renamed][0]?.match(/Jane the First/g)).toHaveLength(5)
    expect(await namesRead()).toBe(0)
    await set('distributor', `name = 'Pool of Plenty'`)
    expect([...(await read(DISTRIBUTION))]).toEqual([expect.stringContaining('Pool of Plenty')])
    await set('distributor', `name = 'Pool of More'`)
    expect([...(await read(DISTRIBUTION))]).toEqual([expect.stringContaining('Pool of More')])
  })

  test('names are those of the same moment as the rows that they stand on, while they change', async () => {
    const { viewer, engagementId, ids, organizationId } = await givenAnEngagement()
    // before the first name
    await run(`update engagement set score = 0 where organization_id = $1 and id = $2`, [organizationId, engagementId])
    const gateways = [testGateway(recorder.database), testGateway(recorder.database)]
    const seen = new Set<number>()
    let [isDone, last] = [false, 0]
    const rename = async () => {
      for (let n = 1; seen.size < 6; n++) {
        last = n
        await setImmediate() // so that readers come in between
        await sql.transaction(async begun => {
          await run(
            `update collaborator set nickname = $3 where organization_id = $1 and id = $2`,
            [organizationId, ids.collaborator, `Name ${n}`],
            begun,
          )
          await run(
            `update engagement set score = $3 where organization_id = $1 and id = $2`,
            [organizationId, engagementId, n],
            begun,
          )
        })
      }
      isDone = true
    }
    const read = async (gateway: (typeof gateways)[number]) => {
      while (!isDone) {
        const data = await asking(gateway, viewer)('{ engagements { nodes { score collaboratorName } } }')
        const [{ score, collaboratorName }] = data.engagements.nodes
        // read a moment later than the row, a name may be newer; never older
        if (score > 0) expect(Number(collaboratorName.replace('Name ', ''))).toBeGreaterThanOrEqual(score)
        seen.add(score)
      }
    }
    await Promise.all([rename(), ...gateways.map(read)])
    for (const gateway of gateways) {
      const { engagements } = await asking(gateway, viewer)('{ engagements { nodes { collaboratorName } } }')
      expect(engagements.nodes).toEqual([{ collaboratorName: `Name ${last}` }])
    }
  })

  test('an id of another organization has another name', async () => {
    const [one, other] = [await givenAnEngagement(), await givenOneOfEach()]
    const gateway = testGateway(recorder.database)
    await run(
      `insert into collaborator (organization_id, id, full_name, email) values ($1, $2, 'Somebody Else', 'else@example.com')`,
      [other.organizationId, one.ids.collaborator],
    )
    await insertEngagement(sql, {
      organizationId: other.organizationId,
      collaboratorId: one.ids.collaborator,
      programId: other.ids.program,
    })
    const shown = async (organizationId: number) => {
      const ask = asking(gateway, { role: 'administrator', organizationId })
      return (await ask('{ engagements { nodes { collaboratorName } } }')).engagements.nodes
    }
    for (let run = 0; run < 3; run++) {
      expect(await shown(one.organizationId)).toEqual([{ collaboratorName: 'JD' }])
      expect(await shown(other.organizationId)).toEqual([{ collaboratorName: 'Somebody Else' }])
    }
  })

  test('are not for a collaborator, to whom another has no name', async () => {
    const { organizationId, ids } = await givenOneOfEach()
    const [kept, version] = [new KeptNames(), (await versionOf(organizationId)) as number]
    const all = new NameDatastore(sql, { role: 'administrator', organizationId }, kept)
    const wanted = { collaborator: [ids.collaborator], program: [ids.program] }
    expect((await all.lookup(wanted))('collaborator', ids.collaborator)).toBe('JD')
    const stranger = await insertCollaborator(sql, { organizationId })
    const own = new NameDatastore(sql, { role: 'collaborator', organizationId, collaboratorId: stranger }, kept)
    expect(own.isKept).toBe(false)
    for (const lookup of [await own.lookup(wanted), await own.lookup(wanted, version)]) {
      expect([lookup('collaborator', ids.collaborator), lookup('program', ids.program)]).toEqual([null, null])
    }
    const integration = new NameDatastore(sql, { role: 'integration', organizationId }, kept)
    expect((await integration.lookup(wanted, version))('collaborator', ids.collaborator)).toBe(null)
  })

  test('are looked up at once, but for those that are missing; of another version, all of them', async () => {
    const { organizationId, ids, set } = await givenOneOfEach()
    const kept = new KeptNames()
    const names = new NameDatastore(sql, { role: 'administrator', organizationId }, kept)
    const version = (await versionOf(organizationId)) as number
    const collaborator = { collaborator: [ids.collaborator] }
    expect(names.lookup(collaborator, version)).toBeInstanceOf(Promise)
    await names.lookup(collaborator, version)
    const known = names.lookup(collaborator, version)
    expect(known).not.toBeInstanceOf(Promise)
    const more = await names.lookup({ ...collaborator, program: [ids.program] }, version)
    expect([more('collaborator', ids.collaborator), more('program', ids.program)]).toEqual(['JD', 'Affiliates'])
    await set('collaborator', `nickname = 'New'`)
    // to what was read before, the old name still belongs
    expect((await names.lookup(collaborator, version))('collaborator', ids.collaborator)).toBe('JD')
    const after = (await versionOf(organizationId)) as number
    expect((await names.lookup(collaborator, after))('collaborator', ids.collaborator)).toBe('New')
    expect((await names.lookup(collaborator, version))('collaborator', ids.collaborator)).toBe('New')
  })

  test('are so many at most, of all organizations together', () => {
    const kept = new KeptNames(4)
    const collaborators = (...ids: number[]) => ({
      collaborator: new Map(ids.map(id => [id, `${id}`])),
      program: new Map(),
      distributor: new Map(),
      organization: new Map(),
    })
    kept.keep(1, 7, collaborators(1, 2))
    kept.keep(1, 7, collaborators(3))
    kept.keep(2, 7, collaborators(1))
    expect([...(kept.of(1, 7)?.collaborator.keys() ?? [])]).toEqual([1, 2, 3])
    expect([kept.of(1, 8), kept.of(3, 7)]).toEqual([undefined, undefined])
    kept.keep(3, 7, collaborators(1))
    expect([kept.of(1, 7), kept.of(2, 7)]).toEqual([undefined, undefined])
    expect(kept.of(3, 7)?.collaborator.size).toBe(1)
    kept.keep(3, 8, collaborators(5))
    expect([kept.of(3, 7), kept.of(3, 8)?.collaborator.get(1)]).toEqual([undefined, undefined])
  })
})
