import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/access/viewer.ts'
import { statement } from '../../src/database/sql.ts'
import { InvalidInputError } from '../../src/errors.ts'
import { type Feed, type FeedRequest, NoteDatastore } from '../../src/notes/datastore.ts'
import { NoteBlueprintRegistry } from '../../src/notes/registry.ts'
import { idsOf, minute } from '../support/comparing.ts'
import { testDatabase } from '../support/database.ts'
import { analyze } from '../support/hundred-of-everything.ts'
import {
  insertCollaborator,
  insertDistributor,
  insertEnrollment,
  insertNote,
  insertOrganization,
  insertPayout,
  insertProgram,
} from '../support/rows.ts'

const { sql } = await testDatabase()

const blueprints = new NoteBlueprintRegistry()
blueprints.addNote('lesson_finished', { template: 'Lesson finished by {collaborator}', data: () => ({}) })

const WHOLE: FeedRequest = { conditions: [], slice: { direction: 'ASC', size: null } }
const run = (text: string, values: readonly unknown[]) => sql.rows(statement(text), values)

/** As many notes as are looked at one by one, before all that is searched for. */
const FILLER = 1100

/**
 * An organization with two collaborators, in whose feeds all notes are. Where the feeds are long, what is searched for is
 * beyond what is looked at note by note.
 */
const given = async (length: 'short' | 'long') => {
  const organizationId = await insertOrganization(sql, { name: 'Ørsted Books' })
  const me = await insertCollaborator(sql, { organizationId, fullName: 'Jane Doe', nickname: 'Janey_100%' })
  const other = await insertCollaborator(sql, { organizationId, fullName: 'Rita Rival' })
  const mine = await insertProgram(sql, { organizationId, name: 'Élite 🎉 שלום' })
  const hidden = await insertProgram(sql, { organizationId, name: 'Hidden Circle' })
  await insertEnrollment(sql, { organizationId, collaboratorId: me, programId: mine })
  const payout = await insertPayout(sql, { organizationId, collaboratorId: me })
  const foreign = await insertPayout(sql, { organizationId, collaboratorId: other })
  if (length === 'long') {
    await run(
      `with n as (insert into note (organization_id, content, creation_source, creation_source_id, date_created)
         select $1, 'opportunity_invalidated', 'collaborator', $2, timestamptz '2025-01-01' + n * interval '1 second'
         from generate_series(1, ${FILLER}) n returning *)
       insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
       select organization_id, id, 'collaborator'::note_source_type, c, content, date_created from n, unnest($3::bigint[]) c`,
      [organizationId, me, [me, other]],
    )
    await analyze(sql)
  }
  let minutes = 0
  const both = [me, other].map(sourceId => ({ sourceType: 'collaborator', sourceId }) as const)
  const noted = (more: Partial<Parameters<typeof insertNote>[1]> = {}) =>
    insertNote(sql, {
      organizationId,
      creationSource: 'collaborator',
      creationSourceId: me,
      dateCreated: minute(++minutes),
      ...more,
      sources: [...both, ...(more.sources ?? [])],
    })
  const administrator: Viewer = { role: 'administrator', organizationId }
  const collaborator: Viewer = { role: 'collaborator', organizationId, collaboratorId: me }
  const feed: Feed = { sourceType: 'collaborator', sourceId: me }
  /** The notes that a search finds: as a page of each direction, whole, and counted, in the feed of one and of many. */
  const found = async (viewer: Viewer, search: string, asked: Feed = feed) => {
    const notes = new NoteDatastore(sql, viewer, blueprints)
    const ids = idsOf((await notes.page(asked, { ...WHOLE, search })).rows)
    const paged = async (direction: 'ASC' | 'DESC') =>
      idsOf((await notes.page(asked, { conditions: [], search, slice: { direction, size: 50 } })).rows)
    expect(await paged('ASC')).toEqual(ids.slice(0, 50))
    expect(await paged('DESC')).toEqual(ids.toReversed().slice(0, 50))
    expect(await notes.count(asked, [], search)).toBe(ids.length)
    if (asked.sourceId !== undefined) {
      const several = Array.from({ length: 20 }, (_, n) => n - 100)
      const [pages, counts] = [
        await notes.pagesOf(asked.sourceType, [...several, asked.sourceId], { ...WHOLE, search }),
        await notes.countsOf(asked.sourceType, [...several, asked.sourceId], [], search),
      ]
      expect(idsOf(pages.at(-1)?.rows ?? [])).toEqual(ids)
      expect([counts[0], counts.at(-1)]).toEqual([0, ids.length])
    }
    return ids
  }
  return { organizationId, me, other, mine, hidden, payout, foreign, noted, found, administrator, collaborator, feed }
}

describe.each(['short', 'long'] as const)('in a %s feed', length => {
  test('finds the words of the template, in whatever case, and all of them', async () => {
    const { noted, found, administrator, collaborator } = await given(length)
    const submitted = await noted({ content: 'collaborator_submission_complete' })
    await noted({ content: 'collaborator_account_ready' })
    for (const viewer of [administrator, collaborator]) {
      expect(await found(viewer, 'submitted')).toEqual([submitted])
      expect(await found(viewer, ' APPLICATION  ubmit ')).toEqual([submitted])
      expect(await found(viewer, 'submitted ready')).toEqual([])
      expect(await found(viewer, 'submittedan')).toEqual([])
    }
  })

  test('finds names as they are now', async () => {
    const { organizationId, other, mine, noted, found, administrator, collaborator } = await given(length)
    const id = await noted({ content: 'engagement_awarded', sources: [{ sourceType: 'program', sourceId: mine }] })
    expect(await found(administrator, 'awarded rita')).toEqual([id])
    await run('update collaborator set nickname = $1 where organization_id = $2 and id = $3', [
      'Zoë',
      organizationId,
      other,
    ])
    expect(await found(administrator, 'awarded rita')).toEqual([])
    expect(await found(administrator, 'awarded zoë')).toEqual([id])
    await run(`update program set name = 'Quartz' where organization_id = $1 and id = $2`, [organizationId, mine])
    expect(await found(collaborator, 'quartz')).toEqual([id])
    await run(`update program set status = 'deleted' where organization_id = $1 and id = $2`, [organizationId, mine])
    expect(await found(collaborator, 'quartz')).toEqual([])
    expect(await found(collaborator, `PROGRAM #${mine}`)).toEqual([id])
  })

  test('takes every character for itself', async () => {
    const { mine, noted, found, administrator, collaborator } = await given(length)
    const id = await noted({ content: 'engagement_awarded', sources: [{ sourceType: 'program', sourceId: mine }] })
    const odd = await noted({ content: 'conversion_rejected', data: { reason: 'a\\b "quoted" 50%_off' } })
    for (const viewer of [administrator, collaborator]) {
      for (const word of ['lite', 'Élite', '🎉', 'שלום', 'לום']) expect(await found(viewer, word)).toEqual([id])
      for (const word of ['\\b', '"quoted"', '50%', '%_o', 'A\\B']) expect(await found(viewer, word)).toEqual([odd])
      for (const word of ['é%lite', '_lite_', '\\e', 'b"', "'"]) expect(await found(viewer, word)).toEqual([])
    }
    expect(await found(administrator, 'y_1 100% rejected')).toEqual([odd])
  })

  test('finds in NFC what is written in NFD, and the other way round', async () => {
    const { organizationId, mine, hidden, noted, found, administrator } = await given(length)
    await run('update program set name = $1 where organization_id = $2 and id = $3', [
      'E\u0301tape'.normalize('NFD'),
      organizationId,
      hidden,
    ])
    const program = (sourceId: number) =>
      noted({ content: 'engagement_awarded', sources: [{ sourceType: 'program', sourceId }] })
    const [composed, decomposed] = [await program(mine), await program(hidden)]
    const reason = (text: string) => noted({ content: 'conversion_rejected', data: { reason: text } })
    const [fact, other] = [await reason('caf\u00e9'), await reason('cafe\u0301 "nai\u0308f"')]
    const key = await noted({ content: 'u\u0308nknown_key' })
    for (const form of ['NFC', 'NFD'] as const) {
      expect(await found(administrator, '\u00c9lite'.normalize(form))).toEqual([composed])
      expect(await found(administrator, '\u00c9tape'.normalize(form))).toEqual([decomposed])
      expect(await found(administrator, 'caf\u00e9'.normalize(form))).toEqual([fact, other])
      expect(await found(administrator, 'na\u00eff'.normalize(form))).toEqual([other])
      expect(await found(administrator, '\u00fcnknown'.normalize(form))).toEqual([key])
    }
  })

  test('finds a word whatever is invisible around it', async () => {
    const { mine, noted, found, administrator } = await given(length)
    const id = await noted({ content: 'engagement_awarded', sources: [{ sourceType: 'program', sourceId: mine }] })
    for (const word of ['\ufeff\u00c9lite', '\u200b\u00c9lite\u200d', '\u00c9lite\u00a0', '\u202a\u00c9lite\u202c'])
      expect(await found(administrator, word)).toEqual([id])
  })

  test('finds facts as they are written', async () => {
    const { noted, found, administrator, collaborator } = await given(length)
    const amount = (amount: number, currency: string) => noted({ content: 'payout_paid', data: { amount, currency } })
    const [dollars, cents, yen, dinars, points, negative] = [
      await amount(4999, 'USD'),
      await amount(5, 'USD'),
      await amount(4999, 'JPY'),
      await amount(4999, 'KWD'),
      await noted({ content: 'allocation_completed', data: { amount: 700, units: 'points' } }),
      await amount(-123456, 'EUR'),
    ]
    const coupon = await noted({ content: 'coupon_applied', data: { code: 'SAVE-20.5' } })
    for (const viewer of [administrator, collaborator]) {
      expect(await found(viewer, '49.99 usd')).toEqual([dollars])
      expect(await found(viewer, '0.05')).toEqual([cents])
      expect(await found(viewer, '.05')).toEqual([cents])
      expect(await found(viewer, '4999')).toEqual([yen])
      expect(await found(viewer, '4.999')).toEqual([dinars])
      expect(await found(viewer, '700 POINTS')).toEqual([points])
      expect(await found(viewer, '-1234.56')).toEqual([negative])
      expect(await found(viewer, '-20.5')).toEqual([coupon])
      expect(await found(viewer, 'save')).toEqual([coupon])
      expect(await found(viewer, 'currency')).toEqual([])
      // an amount without its unit is not told
      await amount(31337, '')
      expect(await found(viewer, '31337')).toEqual([])
    }
  })

  test('finds linked ids whole, with or without #', async () => {
    const { payout, noted, found, administrator, collaborator } = await given(length)
    const id = await noted({ content: 'payout_paid', sources: [{ sourceType: 'payout', sourceId: payout }] })
    const sources = [{ sourceType: 'opportunity', sourceId: 7_654_321 }] as const
    const far = await noted({ content: 'manual_attribution_requested', sources })
    for (const viewer of [administrator, collaborator]) expect(await found(viewer, `paid #${payout}`)).toEqual([id])
    expect(await found(administrator, '7654321')).toEqual([far])
    for (const word of ['765432', '07654321', '##7654321', '9'.repeat(30)]) {
      expect((await found(administrator, word)).includes(far)).toBe(false)
    }
  })

  test('keeps from a collaborator what it may not see, and from nobody what it may', async () => {
    const { mine, hidden, payout, foreign, other, noted, found, administrator, collaborator } = await given(length)
    const sources = [
      { sourceType: 'program', sourceId: hidden },
      { sourceType: 'payout', sourceId: foreign },
      { sourceType: 'opportunity', sourceId: 8_765_432 },
    ] as const
    const refund = await noted({ content: 'refund_triggered', data: { amount: 1_234_567, currency: 'USD' }, sources })
    const winners = [hidden, mine].map(sourceId => ({ sourceType: 'program', sourceId }) as const)
    const won = await noted({
      content: 'program_group_conversion_triggered',
      data: { winnerId: hidden },
      sources: winners,
    })
    const bare = await noted({ content: 'of_an_extension', data: { secret: 'squirrel' } })
    const lesson = await noted({ content: 'lesson_finished', data: { grade: 'excellent' } })
    const kept = ['rita', 'hidden', '8765432', '12345.67', 'usd', 'squirrel', 'excellent', `refunded #${foreign}`]
    for (const word of kept) {
      expect(await found(administrator, word)).not.toEqual([])
      expect(await found(collaborator, word)).toEqual([])
    }
    expect(await found(collaborator, `refunded ${other === payout ? 'rita' : other}`)).toEqual([])
    expect(await found(collaborator, 'another')).toEqual([won])
    expect(await found(administrator, 'another')).toEqual([])
    for (const viewer of [administrator, collaborator]) {
      expect(await found(viewer, 'of_an_ext')).toEqual([bare])
      expect(await found(viewer, 'LESSON finished')).toEqual([lesson])
      expect(await found(viewer, 'refunded')).toEqual([refund])
      expect(await found(viewer, 'élite won')).toEqual([won])
    }
  })

  test('counts for a collaborator what it may see', async () => {
    const { mine, noted, found, administrator, collaborator } = await given(length)
    const conversions = [1, 2, 3].map(n => ({ sourceType: 'conversion', sourceId: 9_000_000 + n }) as const)
    const sources = [...conversions, { sourceType: 'program', sourceId: mine }] as const
    const id = await noted({ content: 'renewed_conversions_awarded', data: { count: 30 }, sources })
    expect(await found(administrator, '30 renewed')).toEqual([id])
    expect(await found(collaborator, '30 renewed')).toEqual([])
    expect(await found(collaborator, '0 renewed')).toEqual([id])
  })

  test('searches the feed of a type, and that of a distributor', async () => {
    const { organizationId, noted, found, administrator, collaborator } = await given(length)
    const distributor = await insertDistributor(sql, { organizationId, name: 'Pool of Ten' })
    const sources = [{ sourceType: 'distributor', sourceId: distributor }] as const
    const id = await noted({ content: 'allocation_completed', data: { amount: 1, units: 'USD' }, sources })
    expect(await found(administrator, 'pool', { sourceType: 'collaborator' })).toEqual([id])
    expect(await found(administrator, 'allocated', { sourceType: 'distributor', sourceId: distributor })).toEqual([id])
    expect(await found(collaborator, 'allocated', { sourceType: 'collaborator' })).toEqual([id])
    expect(await found(collaborator, 'pool', { sourceType: 'collaborator' })).toEqual([])
    expect(await found(collaborator, 'allocated', { sourceType: 'distributor' })).toEqual([])
  })
})

test('pages through what is found, both ways, together with other conditions', async () => {
  const { noted, administrator, feed } = await given('long')
  const ids: number[] = []
  for (let n = 0; n < 30; n++) {
    ids.push(await noted({ content: n % 3 ? 'coupon_applied' : 'payout_paid', data: { code: 'SAVE' } }))
  }
  const notes = new NoteDatastore(sql, administrator, blueprints)
  const coupons = ids.filter((_, n) => n % 3)
  const conditions = [{ column: 'content', operator: 'IN', value: ['coupon_applied', 'payout_paid'] }] as const
  for (const direction of ['ASC', 'DESC'] as const) {
    for (const fromEnd of [false, true]) {
      const read: number[] = []
      let edge: { id: number; value: Date } | undefined
      for (let more = true; more; ) {
        const slice = { direction, size: 7, fromEnd, [fromEnd ? 'before' : 'after']: edge }
        const page = await notes.page(feed, { conditions, search: 'save applied', slice })
        if (fromEnd) read.unshift(...idsOf(page.rows))
        else read.push(...idsOf(page.rows))
        const last = page.rows.at(fromEnd ? 0 : -1)
        edge = last && { id: last.id, value: last.dateCreated }
        more = fromEnd ? page.hasPreviousPage : page.hasNextPage
      }
      expect(read).toEqual(direction === 'ASC' ? coupons : coupons.toReversed())
    }
  }
  const early = [{ column: 'dateCreated', operator: '<', value: minute(10) }] as const
  expect(await notes.count(feed, early, 'save')).toBe(6)
})

test('a blank search is none, and a condition on search is the same as a search', async () => {
  const { noted, administrator, feed } = await given('short')
  const id = await noted({ content: 'coupon_applied', data: { code: 'SAVE' } })
  const notes = new NoteDatastore(sql, administrator, blueprints)
  for (const search of ['', ' \n', undefined]) {
    expect(idsOf((await notes.page(feed, { ...WHOLE, search })).rows)).toEqual([id])
  }
  const conditions = [{ column: 'search', operator: '=', value: 'nothing' }] as const
  expect(await notes.count(feed, conditions)).toBe(0)
  await expect(notes.count(feed, [], 'x'.repeat(201))).rejects.toThrow(InvalidInputError)
})
