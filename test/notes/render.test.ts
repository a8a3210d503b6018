import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NoteSourceType } from '../../src/database/rows.ts'
import type { Blueprint, NoteResolver, RenderableNote } from '../../src/notes/blueprint.ts'
import { CORE_BLUEPRINTS } from '../../src/notes/blueprints.ts'
import { renderNote, type View } from '../../src/notes/render.ts'

type CoreBlueprintKey = keyof typeof CORE_BLUEPRINTS

const NAMES: Readonly<Record<string, string>> = {
  'collaborator:11': 'Jane Smith',
  'collaborator:12': 'Bob',
  'program:3': 'Affiliates',
  'program:4': 'Partners',
  'distributor:8': 'Profit share',
  'organization:1': 'Acme',
}

const administrator = viewWith(NAMES)
const collaborator = {
  ...viewWith({ 'collaborator:11': 'Jane Smith', 'program:3': 'Affiliates' }),
  isAdministrator: false,
}

function viewWith(names: Readonly<Record<string, string>>): View {
  return { isAdministrator: true, name: (type, id) => names[`${type}:${id}`] ?? null }
}

/** `['collaborator:11', 'program:3']` as the links of a note. */
const note = (links: readonly string[], data: Record<string, unknown> = {}, content = 'key'): RenderableNote => {
  const sources = links.map(link => {
    const [sourceType, id] = link.split(':')
    return { sourceType: sourceType as NoteSourceType, sourceId: Number(id) }
  })
  return { content, data, creationSource: 'collaborator', creationSourceId: 11, sources }
}

const render = (key: CoreBlueprintKey, view: View, links: readonly string[], data: Record<string, unknown> = {}) =>
  renderNote(CORE_BLUEPRINTS[key], note(links, data, key), view)

const text = (...args: Parameters<typeof render>) => render(...args).renderedContent
const data = (...args: Parameters<typeof render>) => render(...args).sourceData

const award = ['collaborator:11', 'conversion:7', 'engagement:15', 'opportunity:5', 'program:3', 'transaction:9']
const usd = { amount: 4999, currency: 'USD' }

const READ: Record<CoreBlueprintKey, [links: string[], data: Record<string, unknown>, text: string]> = {
  obligation_issued: [
    ['collaborator:11', 'conversion:7', 'obligation:42'],
    usd,
    'Obligation #42 issued for Jane Smith',
  ],
  obligation_completed: [
    ['collaborator:11', 'fulfillment:2', 'obligation:42', 'payout:6'],
    usd,
    'Obligation #42 settled by payout #6',
  ],
  conversion_awarded: [
    award,
    { incentiveType: 'fixedPerLead', score: 100 },
    'Conversion #7 awarded to Jane Smith (fixedPerLead)',
  ],
  conversion_approved: [['collaborator:11', 'conversion:7'], {}, 'Conversion #7 approved'],
  conversion_rejected: [
    ['collaborator:11', 'conversion:7'],
    { reason: 'refunded' },
    'Conversion #7 rejected: refunded',
  ],
  conversion_renewed: [award, {}, 'Conversion #7 renewed for Jane Smith'],
  renewed_conversions_awarded: [
    ['collaborator:11', 'collaborator:12', 'conversion:7', 'conversion:8', 'program:3', 'transaction:9'],
    { count: 2 },
    '2 renewed conversion(s) awarded under Affiliates',
  ],
  payout_created: [
    ['collaborator:11', 'fulfillment:2', 'obligation:42', 'obligation:43', 'payout:6'],
    usd,
    'Payout #6 of 49.99 USD created for Jane Smith',
  ],
  payout_paid: [
    ['collaborator:11', 'fulfillment:2', 'payout:6'],
    { amount: 4999, currency: 'JPY' },
    'Payout #6 of 4999 JPY paid to Jane Smith',
  ],
  payout_unpaid: [
    ['collaborator:11', 'fulfillment:2', 'payout:6'],
    usd,
    'Payout #6 of 49.99 USD to Jane Smith is unpaid again',
  ],
  fulfillment_created: [['fulfillment:2'], {}, 'Fulfillment #2 created'],
  fulfillment_status_changed: [['fulfillment:2'], { newStatus: 'complete' }, 'Fulfillment #2 is now complete'],
  collaborator_account_ready: [['collaborator:11'], {}, "Jane Smith's account is ready"],
  collaborator_submission_complete: [['collaborator:12', 'program:3'], {}, 'Bob submitted an application'],
  opportunity_invalidated: [
    ['collaborator:11', 'collaborator:12', 'engagement:15', 'opportunity:5'],
    {},
    'Opportunity #5 invalidated',
  ],
  manual_attribution_requested: [
    ['collaborator:11', 'opportunity:5', 'transaction:9'],
    {},
    'Transaction #9 credited manually to Jane Smith',
  ],
  program_group_conversion_triggered: [
    ['collaborator:11', 'collaborator:12', 'opportunity:5', 'program:3', 'program:4', 'transaction:9'],
    { winnerId: 4 },
    'Partners won its group for transaction #9',
  ],
  engagement_awarded: [award, { score: 100 }, 'Engagement #15 awarded to Jane Smith under Affiliates'],
  refund_triggered: [['collaborator:11', 'conversion:7', 'transaction:9'], usd, 'Transaction #9 refunded'],
  partial_refund_triggered: [
    ['collaborator:11', 'conversion:7', 'transaction:9'],
    usd,
    'Part of transaction #9 refunded',
  ],
  obligation_adjusted: [
    ['collaborator:11', 'conversion:7', 'obligation:42', 'transaction:9'],
    { amount: -400, currency: 'USD' },
    'Obligation #42 of Jane Smith adjusted by -4.00 USD',
  ],
  coupon_applied: [['collaborator:11', 'opportunity:5'], { code: 'JANE10' }, 'Coupon JANE10 applied for Jane Smith'],
  allocation_completed: [
    ['collaborator:11', 'distribution:13', 'distributor:8', 'obligation:42'],
    { amount: 500, units: 'points' },
    '500 points allocated to Jane Smith by Profit share',
  ],
  distribution_completed: [
    ['distribution:13', 'distributor:8'],
    { value: 100000, currency: 'USD' },
    'Profit share completed distribution #13',
  ],
  org_created: [['organization:1'], {}, 'Organization Acme created'],
}

describe('to an administrator', () => {
  it.each(Object.entries(READ))('%s reads as its template says', (key, [links, facts, expected]) => {
    expect(text(key as CoreBlueprintKey, administrator, links, facts)).toBe(expected)
  })

  it('a note tells everything it was made from', () => {
    expect(data('payout_created', administrator, READ.payout_created[0], usd)).toEqual({
      amount: 4999,
      currency: 'USD',
      collaboratorId: 11,
      collaborator: 'Jane Smith',
      fulfillmentId: 2,
      obligationId: 42,
      obligationIds: [42, 43],
      payoutId: 6,
    })
  })

  it('a contest tells the winner apart from the losers', () => {
    const [links, facts] = READ.program_group_conversion_triggered
    expect(data('program_group_conversion_triggered', administrator, links, facts)).toEqual({
      winnerId: 4,
      programId: 4,
      program: 'Partners',
      programIds: [3, 4],
      opportunityId: 5,
      transactionId: 9,
      collaboratorId: 11,
      collaborator: 'Jane Smith, Bob',
      collaboratorIds: [11, 12],
    })
  })

  it('a note follows renames', () => {
    const [links, facts] = READ.payout_paid
    const renamed = viewWith({ ...NAMES, 'collaborator:11': 'Jane Doe' })
    expect(text('payout_paid', renamed, links, facts)).toBe('Payout #6 of 4999 JPY paid to Jane Doe')
  })
})

describe('what is missing', () => {
  it('an opportunity stands in for a transaction', () => {
    expect(text('manual_attribution_requested', administrator, ['collaborator:11', 'opportunity:5'])).toBe(
      'Opportunity #5 credited manually to Jane Smith',
    )
    expect(
      text('program_group_conversion_triggered', administrator, ['opportunity:5', 'program:3'], { winnerId: 3 }),
    ).toBe('Affiliates won its group for opportunity #5')
  })

  it('a record that is not linked at all is an unknown one', () => {
    expect(text('refund_triggered', administrator, [])).toBe('An unknown transaction refunded')
    expect(text('engagement_awarded', administrator, [])).toBe(
      'An unknown engagement awarded to an unknown collaborator under an unknown program',
    )
    expect(text('program_group_conversion_triggered', administrator, [])).toBe(
      'An unknown program won its group for an unknown transaction',
    )
  })

  it('a record without a name goes by its type and id', () => {
    for (const gone of [viewWith({}), viewWith({ 'collaborator:12': '' })]) {
      expect(render('collaborator_submission_complete', gone, ['collaborator:12'])).toEqual({
        renderedContent: 'Collaborator #12 submitted an application',
        sourceData: { collaboratorId: 12, collaborator: 'Collaborator #12' },
      })
    }
  })

  it.each<[CoreBlueprintKey, Record<string, unknown>, string]>([
    ['conversion_rejected', {}, 'Conversion #7 rejected: unknown'],
    ['conversion_rejected', { reason: '' }, 'Conversion #7 rejected: unknown'],
    ['conversion_rejected', { reason: { text: 'an object' } }, 'Conversion #7 rejected: unknown'],
    ['payout_paid', {}, 'Payout #6 of an unknown amount paid to Jane Smith'],
    ['payout_paid', { amount: 4999 }, 'Payout #6 of an unknown amount paid to Jane Smith'],
    ['payout_paid', { amount: 49.99, currency: 'USD' }, 'Payout #6 of an unknown amount paid to Jane Smith'],
    ['allocation_completed', {}, 'An unknown amount allocated to Jane Smith by Profit share'],
    ['renewed_conversions_awarded', {}, '2 renewed conversion(s) awarded under Affiliates'],
    ['program_group_conversion_triggered', {}, 'An unknown program won its group for transaction #9'],
  ])('a fact of %s, given %j, reads as words', (key, facts, expected) => {
    expect(text(key, administrator, READ[key][0], facts)).toBe(expected)
  })

  it('keeps the sentence whole around an id, with or without a word and a #', () => {
    const invoice = (template: string): Blueprint => ({
      description: '',
      template,
      links: { transaction: 'optional', opportunity: 'optional' },
      creationSource: ['opportunity'],
      fallbacks: { transaction: 'opportunity' },
    })
    const read = (template: string, ...links: string[]) =>
      renderNote(invoice(template), note(links), administrator).renderedContent
    const templates = [
      'for transaction #{transactionId}',
      'for #{transactionId}',
      'for {transactionId}',
      '#{transactionId}',
    ]
    expect(templates.map(template => read(template, 'transaction:9'))).toEqual([
      'for transaction #9',
      'for #9',
      'for 9',
      '#9',
    ])
    expect(templates.map(template => read(template, 'opportunity:5'))).toEqual([
      'for opportunity #5',
      'for opportunity #5',
      'for opportunity #5',
      'Opportunity #5',
    ])
    expect(read('{transactionId}{transactionId} {', 'transaction:9')).toBe('99 {')
  })
})

describe('to a collaborator', () => {
  it('a contest won by a program it is not in names neither winner nor transaction', () => {
    const links = ['collaborator:11', 'opportunity:5', 'program:3']
    expect(render('program_group_conversion_triggered', collaborator, links, { winnerId: 4 })).toEqual({
      renderedContent: 'Another program won its group for opportunity #5',
      sourceData: {
        collaboratorId: 11,
        collaborator: 'Jane Smith',
        opportunityId: 5,
        programIds: [3],
      },
    })
  })

  it('a contest won by its own program names the winner', () => {
    const links = ['collaborator:11', 'opportunity:5', 'program:3', 'transaction:9']
    expect(render('program_group_conversion_triggered', collaborator, links, { winnerId: 3 })).toEqual({
      renderedContent: 'Affiliates won its group for transaction #9',
      sourceData: {
        collaboratorId: 11,
        collaborator: 'Jane Smith',
        opportunityId: 5,
        program: 'Affiliates',
        programId: 3,
        transactionId: 9,
        winnerId: 3,
      },
    })
  })

  it('counts only the conversions that it may see', () => {
    const links = ['collaborator:11', 'conversion:7', 'program:3', 'transaction:9']
    expect(text('renewed_conversions_awarded', collaborator, links, { count: 12 })).toBe(
      '1 renewed conversion(s) awarded under Affiliates',
    )
    expect(data('renewed_conversions_awarded', collaborator, links, { count: 12 })).toMatchObject({ count: 1 })
    expect(text('renewed_conversions_awarded', collaborator, ['collaborator:11'], { count: 12 })).toBe(
      '0 renewed conversion(s) awarded under another program',
    )
  })

  it("does not tell a refund's amount", () => {
    expect(data('refund_triggered', collaborator, ['collaborator:11', 'conversion:7', 'transaction:9'], usd)).toEqual({
      collaboratorId: 11,
      collaborator: 'Jane Smith',
      conversionId: 7,
      transactionId: 9,
    })
    expect(data('refund_triggered', administrator, ['transaction:9'], usd)).toMatchObject(usd)
  })

  it('tells its own amounts', () => {
    const [links, facts] = READ.payout_paid
    expect(text('payout_paid', collaborator, links, facts)).toBe('Payout #6 of 4999 JPY paid to Jane Smith')
  })

  it('has neutral words for whatever it may not see', () => {
    expect(text('allocation_completed', collaborator, ['collaborator:11'], { amount: 500, units: 'points' })).toBe(
      '500 points allocated to Jane Smith by a distributor',
    )
    expect(text('engagement_awarded', collaborator, ['collaborator:11'])).toBe(
      'An engagement awarded to Jane Smith under another program',
    )
    expect(text('manual_attribution_requested', collaborator, [])).toBe(
      'A transaction credited manually to another collaborator',
    )
    expect(text('collaborator_account_ready', collaborator, [])).toBe("Another collaborator's account is ready")
  })

  it('learns nothing of what is hidden, whatever that is', () => {
    const hidden = fc.record({
      amount: fc.maxSafeInteger(),
      currency: fc.string(),
      count: fc.nat(),
      winnerId: fc.integer({ min: 4 }),
    })
    const keys = ['refund_triggered', 'renewed_conversions_awarded', 'program_group_conversion_triggered'] as const
    const links = ['collaborator:11', 'conversion:7', 'opportunity:5', 'program:3', 'transaction:9']
    fc.assert(
      fc.property(hidden, hidden, fc.constantFrom(...keys), (one, other, key) => {
        expect(render(key, collaborator, links, one)).toEqual(render(key, collaborator, links, other))
      }),
    )
  })
})

describe('values', () => {
  const wild = fc
    .array(fc.constantFrom('{', '}', '$', '&', '{program}', '{amount}', '$1', '$&', '#', 'x'), { minLength: 1 })
    .map(parts => parts.join(''))

  it('appear as they are, never expanded again', () => {
    fc.assert(
      fc.property(wild, wild, wild, (name, program, incentiveType) => {
        const view = viewWith({ 'collaborator:11': name, 'program:3': program })
        expect(text('conversion_awarded', view, award, { incentiveType })).toBe(
          `Conversion #7 awarded to ${name} (${incentiveType})`,
        )
        expect(text('engagement_awarded', view, award)).toBe(`Engagement #15 awarded to ${name} under ${program}`)
        expect(text('coupon_applied', view, award, { code: program })).toBe(`Coupon ${program} applied for ${name}`)
      }),
    )
  })
})

describe('a note without a blueprint', () => {
  const links = ['collaborator:11', 'program:3']

  it('reads as its key, and tells administrators its facts', () => {
    expect(renderNote(undefined, note(links, { secret: 1 }, 'lesson_bought'), administrator)).toEqual({
      renderedContent: 'lesson_bought',
      sourceData: { secret: 1, collaboratorId: 11, collaborator: 'Jane Smith', programId: 3, program: 'Affiliates' },
    })
  })

  it('tells a collaborator the links alone', () => {
    expect(renderNote(undefined, note(['collaborator:11'], { secret: 1 }, 'lesson_bought'), collaborator)).toEqual({
      renderedContent: 'lesson_bought',
      sourceData: { collaboratorId: 11, collaborator: 'Jane Smith' },
    })
  })
})

describe('a resolver', () => {
  const resolver: NoteResolver = {
    template: '{collaborator} bought {title}, {seen} fact(s), {absent}',
    data: ({ data, sources }) => ({ title: '{seen}', seen: Object.keys(data).length, sources: sources.length }),
  }

  it('provides its own data, to which links are added', () => {
    expect(renderNote(resolver, note(['collaborator:11'], { secret: 1 }), administrator)).toEqual({
      renderedContent: 'Jane Smith bought {seen}, 1 fact(s), unknown',
      sourceData: { title: '{seen}', seen: 1, sources: 1, collaboratorId: 11, collaborator: 'Jane Smith' },
    })
  })

  it('is given no stored facts for a collaborator', () => {
    expect(renderNote(resolver, note(['collaborator:11'], { secret: 1 }), collaborator).renderedContent).toBe(
      'Jane Smith bought {seen}, 0 fact(s), unknown',
    )
  })
})

it('gives an id, but no name, for a link that the blueprint does not declare', () => {
  expect(data('fulfillment_created', administrator, ['fulfillment:2', 'program:3'])).toEqual({
    fulfillmentId: 2,
    programId: 3,
  })
})
