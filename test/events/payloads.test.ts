import { describe, expect, it } from 'vitest'
import type { Sql } from '../../src/database/sql.ts'
import { ForbiddenError, RecordNotFoundError, ValidationError } from '../../src/errors.ts'
import { INCOMING } from '../../src/events/incoming.ts'
import { pipeline } from '../../src/pipeline.ts'

const UNUSED: Sql = {
  rows: () => expect.fail('Expected a refusal before any statement'),
  script: () => expect.fail('Expected a refusal before any statement'),
  transaction: () => Promise.reject(new Error('taken')),
}
const ingestion = pipeline(UNUSED)
const administrator = { role: 'administrator', organizationId: 1 } as const

type Slug = keyof typeof INCOMING
type Payload = Readonly<Record<string, unknown>>

/** What is wrong with a payload, by field, found before the database is asked anything. */
const refusal = async (slug: string, payload: unknown): Promise<ValidationError['fields']> => {
  const error = await ingestion.ingest({ slug, payload }, administrator).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ValidationError)
  return (error as ValidationError).fields
}

/** Whether a payload comes as far as the database. */
const isTaken = async (slug: string, payload: unknown): Promise<unknown> => {
  const error = await ingestion.ingest({ slug, payload }, administrator).catch((error: unknown) => error)
  return (error as Error).message === 'taken' ? true : error
}

const VISIT = { collaboratorId: 1, trackingId: 5, userId: 'u1' }
const PURCHASE = {
  source: 'shop',
  externalId: '1',
  total: 49.99,
  currency: 'USD',
  items: [
    {
      externalId: 'sku',
      name: 'Course',
      description: 'Ten lessons',
      type: 'product',
      quantity: 2,
      amount: 10,
      attributes: { colour: 'red' },
    },
  ],
}

/** A payload of each slug that has every field. */
const WHOLE: Readonly<Record<Slug, Payload>> = {
  'site-visited': VISIT,
  'course-completed': { ...VISIT, courseId: 1 },
  'lesson-completed': { ...VISIT, lessonId: 'l' },
  'post-visited': { ...VISIT, postId: 1 },
  'form-submitted': { ...VISIT, formId: 'f' },
  'coupon-applied': { code: 'JANE', trackingId: 5, userId: 'u1' },
  sale: { ...PURCHASE, trackingId: 5, userId: 'u1' },
  lead: { trackingId: 5, userId: 'u1', source: 'crm', externalId: '1' },
  renewal: { ...PURCHASE, originalExternalId: '0' },
  refund: { source: 'shop', externalId: '1' },
  'collaborator-submitted': { fullName: 'Jane Doe', email: 'jane@example.com', nickname: 'Jane', programIds: [1] },
  'collaborator-approved': { collaboratorId: 1 },
  'manual-attribution': { collaboratorId: 1, transactionId: 1, conversionType: 'sale' },
  'conversion-approved': { conversionId: 1 },
  'conversion-rejected': { conversionId: 1, reason: 'fraud' },
  'opportunity-invalidated': { opportunityId: 1 },
  'fulfillment-generated': { obligationIds: [1, 2] },
  'fulfillment-status-changed': { fulfillmentId: 1, status: 'processing' },
  'payout-paid': { payoutId: 1 },
  'payout-unpaid': { payoutId: 1 },
  'distribution-completed': { distributorId: 1 },
  'org-created': {},
}

/** Fields without which there is no event. */
const NEEDED: Readonly<Record<Slug, readonly string[]>> = {
  'site-visited': ['collaboratorId'],
  'course-completed': ['collaboratorId', 'courseId'],
  'lesson-completed': ['collaboratorId', 'lessonId'],
  'post-visited': ['collaboratorId', 'postId'],
  'form-submitted': ['collaboratorId', 'formId'],
  'coupon-applied': ['code'],
  sale: ['source', 'externalId', 'total'],
  lead: ['source'],
  renewal: ['source', 'externalId', 'total', 'originalExternalId'],
  refund: ['source', 'externalId'],
  'collaborator-submitted': ['fullName', 'email'],
  'collaborator-approved': ['collaboratorId'],
  'manual-attribution': ['collaboratorId', 'transactionId'],
  'conversion-approved': ['conversionId'],
  'conversion-rejected': ['conversionId', 'reason'],
  'opportunity-invalidated': ['opportunityId'],
  'fulfillment-generated': [],
  'fulfillment-status-changed': ['fulfillmentId', 'status'],
  'payout-paid': ['payoutId'],
  'payout-unpaid': ['payoutId'],
  'distribution-completed': ['distributorId'],
  'org-created': [],
}

const LONG = 'x'.repeat(256)
const NO_NUMBER = [null, '', true, [], [1], {}, { id: 1 }, 1e21, 1e308, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN]
const NO_ID = [...NO_NUMBER, 0, -1, 1.5, 'abc', '0', '-1', '01', '1.5', '1e3', ' 1', '9'.repeat(16), LONG]
const NO_TEXT: readonly unknown[] = [null, '', ' ', '\t\n', true, [], ['x'], {}, { toString: 'x' }, LONG]
const NO_NAME = [...NO_TEXT, 5, 0, 1e308]
/** What may be a text or a number. */
const NO_SUBJECT = [...NO_TEXT, 1.5, 1e21, 2 ** 53, Number.NaN, Number.NEGATIVE_INFINITY]
const NO_TOTAL = [
  null,
  '',
  ' 49.99',
  '49,99',
  '1e3',
  '0x10',
  '.5',
  '1.',
  '+1',
  '-1',
  '49.99 USD',
  '9'.repeat(400),
  true,
  [],
  {},
  -1,
  -0.01,
  1e21,
  1e308,
  2 ** 53,
  9e13 + 1e11,
  Infinity,
  -Infinity,
  NaN,
]
const NO_LIST = [null, '', 'x', 5, true, {}, { length: 1 }]

/** Values that each field refuses, by its name. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  collaboratorId: [...NO_ID, 'tracking:', 'Tracking:JANE', 'coupon:JANE', `tracking:${LONG}`],
  trackingId: NO_ID,
  userId: NO_SUBJECT.filter(value => typeof value !== 'string' || value === LONG),
  courseId: NO_SUBJECT,
  lessonId: NO_SUBJECT,
  postId: NO_SUBJECT,
  formId: NO_SUBJECT,
  code: NO_NAME,
  source: NO_NAME,
  externalId: NO_SUBJECT,
  originalExternalId: NO_SUBJECT,
  total: NO_TOTAL,
  currency: [null, '', 'US', 'us d', 'ſEK', 'USDX', 'XYZ', 'ABC', 'points', 5, true, [], {}, 'constructor', LONG],
  items: NO_LIST,
  fullName: NO_NAME,
  nickname: NO_NAME,
  reason: NO_NAME,
  email: [...NO_NAME, 'jane', 'jane@', '@example.com', 'jane@a b', 'a@b@c', 'jane@exam\nple.com'],
  programIds: [...NO_LIST, Array(101).fill(1)],
  obligationIds: [...NO_LIST, Array(10_001).fill(1)],
  conversionType: [null, '', 'Sale', 'gift', 5, [], {}, 'constructor', '__proto__'],
  status: [null, '', 'paid', 'Complete', 5, [], {}, 'constructor', '__proto__'],
  transactionId: NO_ID,
  conversionId: NO_ID,
  opportunityId: NO_ID,
  fulfillmentId: NO_ID,
  payoutId: NO_ID,
  distributorId: NO_ID,
}

const MESSAGE = /^Expected .+, received .+$/s

/** Expects that one field is at fault, and that it is said what was expected and what was received. */
/** Fields whose absence means all, or counts more: null may be something that was lost on the way. */
const NEVER_NULL: readonly string[] = ['items', 'obligationIds']

const expectAtFault = (fields: ValidationError['fields'], field: string, value: unknown) => {
  const shown = `${field}: ${JSON.stringify(value)?.slice(0, 60)} → ${JSON.stringify(fields)}`
  expect(Object.keys(fields), shown).toEqual([field])
  for (const message of fields[field] ?? []) expect(message, shown).toMatch(MESSAGE)
  expect(JSON.stringify(fields).length, shown).toBeLessThan(400)
}

describe.each(Object.keys(INCOMING) as Slug[])('a %s', slug => {
  const whole = WHOLE[slug]

  it('with every field is taken, and with those that it needs alone', async () => {
    expect(await isTaken(slug, whole)).toBe(true)
    expect(await isTaken(slug, Object.fromEntries(NEEDED[slug].map(field => [field, whole[field]])))).toBe(true)
  })

  it('that is no object is refused', async () => {
    for (const payload of [undefined, null, true, 5, 'text', [whole], [[]]])
      expect(await refusal(slug, payload)).toEqual({ '': [expect.stringMatching(/^Expected a JSON object/)] })
  })

  it('is an object for PHP’s empty array, where it needs nothing and would not pay everybody', async () => {
    if (slug === 'org-created') expect(await isTaken(slug, [])).toBe(true)
    else expect(Object.keys(await refusal(slug, []))).toEqual([''])
  })

  it('without a field that it needs is refused', async () => {
    for (const field of NEEDED[slug]) {
      const { [field]: _, ...rest } = whole
      expectAtFault(await refusal(slug, rest), field, undefined)
      expect((await refusal(slug, rest))[field]?.[0]).toMatch(/received nothing$/)
    }
    const needed = Object.keys(await (NEEDED[slug].length > 0 ? refusal(slug, {}) : {}))
    expect(needed.sort()).toEqual(NEEDED[slug].toSorted())
  })

  it('does not take a field from the prototype', async () => {
    if (NEEDED[slug].length === 0) return
    for (const name of ['__proto__', 'constructor', 'prototype'])
      expect(Object.keys(await refusal(slug, JSON.parse(`{"${name}": ${JSON.stringify(whole)}}`))).sort()).toEqual(
        [...NEEDED[slug], name].sort(),
      )
  })

  it('whose fields are something else is refused', async () => {
    for (const field of Object.keys(whole))
      for (const value of WRONG[field] ?? [])
        if (value !== null || [...NEEDED[slug], ...NEVER_NULL].includes(field))
          expectAtFault(await refusal(slug, { ...whole, [field]: value }), field, value)
  })

  it('may say null where it may say nothing, unless nothing means more', async () => {
    const absent = Object.keys(whole).filter(field => ![...NEEDED[slug], ...NEVER_NULL].includes(field))
    expect(await isTaken(slug, { ...whole, ...Object.fromEntries(absent.map(field => [field, null])) })).toBe(true)
  })

  it('with text that cannot be stored is refused, wherever it is', async () => {
    for (const text of ['\0', 'a\0b', '\uD800', 'a\uDC00b', '\uDC00\uD800']) {
      for (const field of [...Object.keys(whole), 'other'])
        expect(Object.keys(await refusal(slug, { ...whole, [field]: text }))).toEqual([field])
      expect(await refusal(slug, { ...whole, other: [{ deep: text }] })).toHaveProperty(['other.0.deep'])
      expect(Object.values(await refusal(slug, { ...whole, [text]: 1 }))).toHaveLength(1)
    }
  })

  it('that is nested too deeply is refused', async () => {
    let deep: unknown = 1
    for (let depth = 0; depth < 5000; depth++) deep = depth % 2 === 0 ? [deep] : { deep }
    expect(Object.values(await refusal(slug, { ...whole, deep })).flat()[0]).toContain('at most 32 levels')
  })

  it('says nothing that is not known', async () => {
    const more = { note: { any: [1, null, true] }, constructor: 1, toString: 'x', '': 1 }
    const fields = await refusal(slug, { ...whole, ...more })
    expect(Object.keys(fields).sort()).toEqual(Object.keys(more).sort())
    for (const [field, messages] of Object.entries(fields))
      expect(messages).toEqual([
        expect.stringMatching(
          new RegExp(
            `^Expected a field of ${slug}, received "${field}"; did you mean "\\w+" \\(.+\\)\\? The fields are .+`,
          ),
        ),
      ])
    const text = `{"__proto__": 5${JSON.stringify(whole)
      .slice(1, -1)
      .replace(/^(?=.)/, ',')}}`
    expect(Object.keys(await refusal(slug, JSON.parse(text)))).toEqual(['__proto__'])
  })

  it('is told of the first fields that are not known', async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`field${at}`, at]))
    expect(Object.keys(await refusal(slug, { ...whole, ...many }))).toHaveLength(10)
  })

  it('may carry metadata', async () => {
    const about = (metadata: unknown) =>
      ingestion.ingest({ slug, payload: whole, metadata }, administrator).catch((error: unknown) => error)
    for (const metadata of [undefined, null, {}, [], { note: 'x'.repeat(4085) }, { deep: [{ a: null }] }])
      expect((await about(metadata)) as Error).toHaveProperty('message', 'taken')
    for (const metadata of ['', 'x', 5, true, [1], { note: 'x'.repeat(4086) }, { note: 'é'.repeat(2043) }])
      expect(Object.keys(((await about(metadata)) as ValidationError).fields)).toEqual(['metadata'])
    expect(Object.keys(((await about({ a: '\0' })) as ValidationError).fields)).toEqual(['metadata.a'])
  })
})

describe('a slip in the name of a field', () => {
  it.each([
    [
      'fulfillment-generated',
      { obligationsIds: [999_999] },
      'obligationsIds',
      'obligationIds',
      "a list of obligations' ids",
    ],
    ['refund', { sum: 10 }, 'sum', 'source', 'the name of the integration, such as woocommerce'],
    ['manual-attribution', { type: 'renewal' }, 'type', 'conversionType', 'one of sale, lead, renewal'],
    ['site-visited', { usrId: 'u1' }, 'usrId', 'userId', "the shop's own id of the customer"],
    ['site-visited', { user_id: 'u1' }, 'user_id', 'userId', "the shop's own id of the customer"],
    ['site-visited', { userid: 'u1' }, 'userid', 'userId', "the shop's own id of the customer"],
    [
      'site-visited',
      { 'tracking-id': 5 },
      'tracking-id',
      'trackingId',
      "an opportunity's id, which X-Siren-OID answers",
    ],
    ['sale', { ocurredAt: '2026-01-01' }, 'ocurredAt', 'occurredAt', 'when it happened'],
    ['sale', { meta: {} }, 'meta', 'metadata', 'what the sender keeps'],
    ['payout-paid', { id: 1 }, 'id', 'payoutId', "a payout's id"],
  ])('of a %s is told the name that was meant: %j', async (slug, more, field, meant, what) => {
    const fields = await refusal(slug, { ...WHOLE[slug as Slug], ...more })
    expect(Object.keys(fields)).toEqual([field])
    expect(fields[field]?.[0]).toContain(`did you mean "${meant}" (${what}`)
  })

  it('never makes a sale something else', async () => {
    for (const more of [{ test: true }, { discount: 5 }])
      expect(Object.keys(await refusal('sale', { ...WHOLE.sale, ...more }))).toEqual(Object.keys(more))
  })
})

describe('a userId', () => {
  it('is any text, and any whole number', async () => {
    for (const userId of ['', ' ', '0', 'undefined', 0, -1, 12345, 'x'.repeat(255)])
      expect(await isTaken('site-visited', { ...VISIT, userId })).toBe(true)
  })
})

describe('a collaborator-submitted', () => {
  it('is told once what is wrong with an address', async () => {
    for (const email of ['', ' ', 'jane'])
      expect(await refusal('collaborator-submitted', { fullName: 'Jane Doe', email })).toEqual({
        email: [`Expected an e-mail address, received ${JSON.stringify(email)}`],
      })
  })
})

describe.each(['sale', 'renewal'] as const)('the lines of a %s', slug => {
  const fieldsOf = (items: readonly unknown[], more = {}) => refusal(slug, { ...WHOLE[slug], ...more, items })
  const line = { name: 'Course', amount: 10 }

  it('are objects', async () => {
    for (const value of [null, 5, 'x', true, [], [line]]) expectAtFault(await fieldsOf([line, value]), 'items.1', value)
  })

  it('have a name and an amount', async () => {
    expect(Object.keys(await fieldsOf([{}])).sort()).toEqual(['items.0.amount', 'items.0.name'])
  })

  it.each([
    ['name', NO_NAME],
    ['externalId', NO_SUBJECT.filter(value => value !== null)],
    ['type', ['', 'Product', 'gift', 5, [], 'constructor']],
    ['description', [5, true, [], {}, 'x'.repeat(10_001)]],
    ['attributes', ['', 'x', 5, true, [1]]],
    ['quantity', [null, '1', 0, -1, 1.5, 1_000_001, 1e21, 2 ** 53, true, [], {}, Number.NaN, Infinity]],
    [
      'amount',
      [
        null,
        '',
        'x',
        '1,5',
        ' 1',
        '1e3',
        '9'.repeat(400),
        true,
        [],
        {},
        1e21,
        1e308,
        2 ** 53,
        Infinity,
        -Infinity,
        Number.NaN,
      ],
    ],
  ])('refuse another %s', async (field, values) => {
    for (const value of values)
      expectAtFault(await fieldsOf([line, { ...line, [field]: value }]), `items.1.${field}`, value)
  })

  it('may say null where they may say nothing', async () => {
    const items = [{ ...line, externalId: null, description: null, type: null, attributes: null }]
    expect(await isTaken(slug, { ...WHOLE[slug], items })).toBe(true)
  })

  it('say nothing that is not known', async () => {
    const fields = await fieldsOf([line, { ...line, qty: 2, taxable: true }])
    expect(Object.keys(fields)).toEqual(['items.1.qty', 'items.1.taxable'])
    expect(fields['items.1.qty']?.[0]).toMatch(/^Expected a field of an item, received "qty"; did you mean "quantity"/)
  })

  it('may be described, and carry attributes', async () => {
    for (const more of [
      { description: '' },
      { description: 'x'.repeat(10_000) },
      { attributes: {} },
      { attributes: [] },
    ])
      expect(await isTaken(slug, { ...WHOLE[slug], items: [{ ...line, ...more }] })).toBe(true)
  })

  it('and the total may be numeric text', async () => {
    const items = [
      { ...line, amount: '10.5' },
      { ...line, amount: '-3' },
    ]
    expect(await isTaken(slug, { ...WHOLE[slug], total: '49.99', items })).toBe(true)
    expect(INCOMING[slug].schema.parse({ ...WHOLE[slug], total: '49.99', items })).toMatchObject({
      total: 49.99,
      items: [{ amount: 10.5 }, { amount: -3 }],
    })
  })

  it('are discounts where they are negative and do not say what they are', async () => {
    const items = [line, { ...line, amount: -3 }, { ...line, amount: -0 }, { ...line, type: null, amount: -1 }]
    expect(INCOMING[slug].schema.parse({ ...WHOLE[slug], items }).items).toMatchObject([
      { type: 'product' },
      { type: 'discount' },
      { type: 'product' },
      { type: 'discount' },
    ])
  })

  it('are in a currency that may be in lower case', async () => {
    for (const currency of ['usd', 'Usd', 'USD'])
      expect(INCOMING[slug].schema.parse({ ...WHOLE[slug], currency })).toMatchObject({ currency: 'USD' })
  })

  it('are paid, unless they are discounts', async () => {
    expect(await isTaken(slug, { ...WHOLE[slug], items: [line, { ...line, type: 'discount', amount: -1 }] })).toBe(true)
    expectAtFault(await fieldsOf([line, { ...line, type: 'discount', amount: 1 }]), 'items.1.amount', 1)
    expectAtFault(await fieldsOf([line, { ...line, type: 'shipping', amount: -1 }]), 'items.1.amount', -1)
  })

  it('can be counted, each and together', async () => {
    const most = 90_071_992_547_409.9
    expect(await isTaken(slug, { ...WHOLE[slug], items: [{ ...line, amount: most }] })).toBe(true)
    expectAtFault(await fieldsOf([{ ...line, amount: most, quantity: 2 }]), 'items.0.amount', most)
    expectAtFault(await fieldsOf([{ ...line, amount: -1e21, type: 'discount' }]), 'items.0.amount', -1e21)
    expect(
      Object.keys(
        await fieldsOf([
          { ...line, amount: most },
          { ...line, amount: most },
        ]),
      ),
    ).toEqual(['items'])
    expect(Object.keys(await fieldsOf(Array(1001).fill(line)))).toEqual(['items'])
  })

  it('may be negative when they are discounts', async () => {
    expect(await isTaken(slug, { ...WHOLE[slug], items: [line, { ...line, type: 'discount', amount: -3 }] })).toBe(true)
  })
})

describe.each([
  ['collaborator-submitted', 'programIds'],
  ['fulfillment-generated', 'obligationIds'],
] as const)('the ids of a %s', (slug, field) => {
  it('are ids', async () => {
    for (const value of NO_ID)
      expectAtFault(await refusal(slug, { ...WHOLE[slug], [field]: [1, value] }), `${field}.1`, value)
  })
})

describe('an event', () => {
  it.each(['', 'Sale', 'sale ', 'sales', 'SaleTriggered', 'constructor', '__proto__', 'toString', LONG])(
    'of the unknown kind %j is not found',
    async slug => {
      const error = await ingestion.ingest({ slug, payload: {} }, administrator).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(RecordNotFoundError)
      expect((error as Error).message.length).toBeLessThan(100)
    },
  )
})

describe('who may send an event', () => {
  const ADMINISTRATORS_ALONE: readonly string[] = [
    'manual-attribution',
    'conversion-approved',
    'conversion-rejected',
    'opportunity-invalidated',
    'fulfillment-generated',
    'fulfillment-status-changed',
    'payout-paid',
    'payout-unpaid',
    'distribution-completed',
    'collaborator-approved',
    'org-created',
  ]

  it.each(Object.keys(INCOMING) as Slug[])('%s', async slug => {
    const answer = (viewer: Parameters<typeof ingestion.ingest>[1], payload: unknown = WHOLE[slug]) =>
      ingestion.ingest({ slug, payload }, viewer).catch((error: Error) => (error.message === 'taken' ? 'taken' : error))
    const isAdministrators = ADMINISTRATORS_ALONE.includes(slug)
    const collaborator = { role: 'collaborator', organizationId: 1, collaboratorId: 1 } as const
    const integration = { role: 'integration', organizationId: 1 } as const
    expect(await answer(administrator)).toBe('taken')
    expect(await answer(collaborator)).toBeInstanceOf(ForbiddenError)
    if (isAdministrators) expect(await answer(integration)).toBeInstanceOf(ForbiddenError)
    else expect(await answer(integration)).toBe('taken')
    // who may not send it is told nothing about what it would have to be
    expect(await answer(collaborator, null)).toBeInstanceOf(ForbiddenError)
    if (isAdministrators) expect(await answer(integration, null)).toBeInstanceOf(ForbiddenError)
  })

  it('tells a collaborator nothing about unknown kinds', async () => {
    const viewer = { role: 'collaborator', organizationId: 1, collaboratorId: 1 } as const
    await expect(ingestion.ingest({ slug: 'unknown', payload: {} }, viewer)).rejects.toThrow(ForbiddenError)
  })
})
