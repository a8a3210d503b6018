import { setImmediate } from 'node:timers/promises'
import type { Viewer } from '../access/viewer.ts'
import { type Sql, type Statement, statement } from '../database/sql.ts'
import type { Ingestion } from '../events/ingest.ts'
import { Chance } from './chance.ts'
import { addressOf, type Code } from './setup.ts'
import {
  type Basket,
  box,
  CHORES,
  type Chore,
  DAY,
  type Deed,
  END,
  JOURNEYS,
  type Journey,
  order,
  type Part,
  QUIET,
  REASONS,
  START,
  TOTALS,
} from './story.ts'

/** What a story is told with. */
export interface Telling {
  /** The transaction that it is told in. */
  readonly sql: Sql
  readonly ingestion: Ingestion
  /** The administrator of an organization that has its set-up, and nothing else. */
  readonly viewer: Viewer
  /** The ids of the set-up's records, by name. */
  readonly ids: { readonly [section in 'programs' | 'distributors']: Readonly<Record<string, number>> }
  /** Ends it in the middle, by an error. */
  readonly signal: AbortSignal | undefined
}

/** Has everything happen that the story tells of, in order, as events that come in. */
export const tell = async (telling: Telling): Promise<void> => {
  const chance = new Chance(SEED)
  const teller = new Teller(telling, chance)
  const moments = [...journeys(chance), ...chores()].toSorted((one, other) => one.at.getTime() - other.at.getTime())
  for (const { at, happens } of moments) {
    // an embedded database works in this process: requests and signals get their turn here
    await setImmediate()
    telling.signal?.throwIfAborted()
    if (at < LAST_DAY) await happens(teller, at)
  }
  await roundOff(teller)
}

/** Another one makes another story. */
const SEED = 20_251_107

/** When the story is told, but for what rounds it off. */
const LAST_DAY = new Date(END.getTime() - DAY)

interface Moment {
  readonly at: Date
  happens(teller: Teller, at: Date): Promise<void>
}

/** Each reader's journey, begun on some day of the year; what would be after its end has not happened yet. */
const journeys = (chance: Chance): Moment[] => {
  const all = chance.shuffled(JOURNEYS.flatMap(journey => Array.from({ length: journey.readers }, () => journey)))
  const daysBetween = (LAST_DAY.getTime() - START.getTime()) / DAY / all.length
  return all.flatMap((journey, index) => {
    const reader = new Reader(`reader-${index + 1}`, castOf(journey, chance))
    const begin = Math.floor((index + 0.5) * daysBetween) + (7 + 15 * chance.next()) / 24
    const pace = 0.9 + 0.3 * chance.next()
    return journey.deeds.map(({ day, ...deed }) => {
      const at = new Date(START.getTime() + Math.round((begin + pace * day) * 86_400) * 1000)
      return { at, happens: (teller: Teller, at: Date) => teller.reader(reader, deed, at) }
    })
  })
}

/** Different partners for different parts. */
const castOf = ({ parts }: Journey, chance: Chance): ReadonlyMap<Part, Code> => {
  const cast = new Map<Part, Code>()
  for (const [part, candidates] of Object.entries(parts))
    cast.set(part as Part, chance.one(candidates.filter(code => ![...cast.values()].includes(code))))
  return cast
}

const chores = (): Moment[] =>
  CHORES.map(({ on, ...chore }) => {
    return { at: new Date(`${on}T03:00:00Z`), happens: (teller, at) => teller.office(chore, at) }
  })

/** Someone who visits the shop, as the shop knows them. */
class Reader {
  /** The opportunity that the shop last answered, which the device keeps. */
  opportunityId: number | undefined
  isSignedIn = false
  coupon: string | undefined
  /** The last order, which can be renewed, refunded and credited. */
  order: { source: string; externalId: string } | undefined
  /** What it cost, in major units. */
  total = 0

  constructor(
    readonly userId: string,
    readonly cast: ReadonlyMap<Part, Code>,
  ) {}
}

/** Sends the events of the story. */
class Teller {
  readonly #telling: Telling
  readonly #chance: Chance
  #orders = 1000
  #reviews = 0

  constructor(telling: Telling, chance: Chance) {
    this.#telling = telling
    this.#chance = chance
  }

  /** What a reader does, or what is done about the reader. */
  async reader(reader: Reader, deed: Deed, at: Date): Promise<void> {
    const partner = 'of' in deed ? reader.cast.get(deed.of) : undefined
    const link = { collaboratorId: `tracking:${partner}` }
    switch (deed.does) {
      case 'visits':
        return this.#customer(reader, 'site-visited', link, at)
      case 'signs in':
        reader.isSignedIn = true
        return this.#customer(reader, 'site-visited', link, at)
      case 'reads':
        return this.#customer(reader, 'post-visited', { ...link, postId: 'the-tidal-year-read-slowly' }, at)
      case 'learns':
        return this.#customer(reader, 'lesson-completed', { ...link, lessonId: 'bookbinding-at-home' }, at)
      case 'finishes':
        return this.#customer(reader, 'course-completed', { ...link, courseId: 'bookbinding-at-home' }, at)
      case 'fills in':
        return this.#customer(reader, 'form-submitted', { ...link, formId: 'books-for-schools' }, at)
      case 'applies the coupon':
        reader.coupon = `${partner}10`
        return this.#customer(reader, 'coupon-applied', { code: reader.coupon }, at)
      case 'takes another device':
        reader.opportunityId = undefined
        reader.isSignedIn = false
        return
      case 'orders':
        return this.#buy(reader, 'sale', 'woocommerce', order(this.#chance, reader.coupon), at)
      case 'subscribes':
        return this.#buy(reader, 'sale', 'stripe', box(), at)
      case 'renews':
        return this.#buy(reader, 'renewal', 'stripe', box(), at)
      case 'returns half': {
        const part = { refundId: `${reader.order?.externalId}-1`, amount: Math.floor(reader.total / 2) }
        return this.#customer(reader, 'refund', { ...reader.order, ...part }, at)
      }
      case 'returns it':
        return this.#customer(reader, 'refund', { ...reader.order }, at)
      case 'enquires':
        return this.#customer(reader, 'lead', { source: 'woocommerce' }, at)
      case 'is found out':
        await this.send('opportunity-invalidated', { opportunityId: reader.opportunityId }, at)
        return
      case 'is credited': {
        const { id: transactionId } = await this.one(transactionNamed, reader.order?.source, reader.order?.externalId)
        await this.send('manual-attribution', { ...link, transactionId }, at)
      }
    }
  }

  /** What the office does. */
  async office(chore: Chore, at: Date): Promise<void> {
    const { programs, distributors } = this.#telling.ids
    switch (chore.does) {
      case 'opens':
        await this.send('org-created', {}, at)
        return
      case 'receives': {
        const { does: _, fullName, nickname, programs: names } = chore
        const programIds = names.map(name => programs[name])
        await this.send('collaborator-submitted', { fullName, nickname, email: addressOf(fullName), programIds }, at)
        return
      }
      case 'approves': {
        const { id } = await this.one(collaboratorAt, addressOf(chore.fullName))
        await this.send('collaborator-approved', { collaboratorId: id }, at)
        return
      }
      case 'reviews': {
        for (const { id } of await this.rows(unreviewed, new Date(at.getTime() - 14 * DAY))) await this.review(id, at)
        return
      }
      case 'rolls up':
        await this.send('fulfillment-generated', {}, at)
        return
      case 'closes': {
        for (const { id } of await this.rows(openFulfillments))
          await this.send('fulfillment-status-changed', { fulfillmentId: id, status: 'complete' }, at)
        return
      }
      case 'pays': {
        for (const { id } of await this.rows(unpaid)) await this.send('payout-paid', { payoutId: id }, at)
        return
      }
      case 'hears from the bank': {
        const { id } = await this.one(lastPaid)
        await this.send('payout-unpaid', { payoutId: id }, at)
        return
      }
      case 'shares out':
        await this.send('distribution-completed', { distributorId: distributors[chore.by] }, at)
    }
  }

  /** Approves a conversion, or now and then refuses it. */
  async review(conversionId: number, at: Date): Promise<void> {
    if (++this.#reviews % 9 > 0) await this.send('conversion-approved', { conversionId }, at)
    else await this.send('conversion-rejected', { conversionId, reason: this.#chance.one(REASONS) }, at)
  }

  /** Sends one event. Answers the opportunity that it belongs to. */
  async send(slug: string, payload: object, at: Date, opportunityId?: number): Promise<number | undefined> {
    const { ingestion, viewer } = this.#telling
    const receipt = await ingestion.ingest({ slug, payload, opportunityId, occurredAt: at }, viewer)
    return receipt.opportunityId ?? undefined
  }

  /** What a statement answers about the organization. */
  rows<Row>(query: Statement<Row>, ...values: readonly unknown[]): Promise<Row[]> {
    return this.#telling.sql.rows(query, [this.#telling.viewer.organizationId, ...values])
  }

  /** @throws Error when the statement answers nothing. */
  async one<Row>(query: Statement<Row>, ...values: readonly unknown[]): Promise<Row> {
    const [row] = await this.rows(query, ...values)
    if (row === undefined) throw new Error(`Expected a row for ${values.join(' ')}, received none`)
    return row
  }

  /** An event of a reader, from the device that the reader is at. */
  async #customer(reader: Reader, slug: string, payload: object, at: Date): Promise<void> {
    const { userId, isSignedIn, opportunityId } = reader
    const known = isSignedIn ? { ...payload, userId } : payload
    reader.opportunityId = (await this.send(slug, known, at, opportunityId)) ?? opportunityId
  }

  async #buy(reader: Reader, slug: 'sale' | 'renewal', source: string, basket: Basket, at: Date): Promise<void> {
    const originalExternalId = reader.order?.externalId
    reader.order = { source, externalId: `HB-${++this.#orders}` }
    reader.total = basket.total
    const bought = { ...basket, ...reader.order }
    if (slug === 'sale') await this.#customer(reader, slug, bought, at)
    else await this.send(slug, { ...bought, originalExternalId }, at)
  }
}

/**
 * Has the last day bring visitors, and the office work off what waits for it, until the numbers are round: a visitor is
 * one opportunity with one engagement, a visitor who comes again by another's link one engagement more, and what the
 * office does one note.
 */
const roundOff = async (teller: Teller): Promise<void> => {
  const begun = await teller.one(counts)
  let happened = 0
  const next = () => new Date(LAST_DAY.getTime() + (8 * 60 + 4 * happened++) * 60_000)
  const visit = (partner: number, opportunityId?: number) => {
    const collaboratorId = `tracking:${QUIET[partner % QUIET.length]}`
    return teller.send('site-visited', { collaboratorId }, next(), opportunityId)
  }

  const visitors: (number | undefined)[] = []
  while (begun.opportunities + visitors.length < TOTALS.opportunities) visitors.push(await visit(visitors.length))
  const missing = TOTALS.engagements - begun.engagements - visitors.length
  for (let again = 0; visitors.length > 0 && again < missing; again++) {
    const visitor = again % visitors.length
    await visit(visitor + 1 + Math.floor(again / visitors.length), visitors[visitor])
  }

  const conversions = await teller.rows(unreviewed, END)
  const payouts = await teller.rows(unpaid)
  // in turn, so that some of both are left
  const waiting = Array.from({ length: Math.max(conversions.length, payouts.length) }, (_, place) => [
    ...conversions.slice(place, place + 1).map(({ id }) => ['conversion-approved', { conversionId: id }] as const),
    ...payouts.slice(place, place + 1).map(({ id }) => ['payout-paid', { payoutId: id }] as const),
  ]).flat()
  for (const [slug, payload] of waiting.slice(0, Math.max(0, TOTALS.notes - begun.notes)))
    await teller.send(slug, payload, next())
}

const counts = statement<{ opportunities: number; engagements: number; notes: number }>(`
  select
    (select count(*) from opportunity where organization_id = $1) as opportunities,
    (select count(*) from engagement where organization_id = $1) as engagements,
    (select count(*) from note where organization_id = $1) as notes`)
const transactionNamed = statement<{ id: number }>(
  'select id from transaction where organization_id = $1 and source = $2 and external_id = $3',
)
const collaboratorAt = statement<{ id: number }>(
  'select id from collaborator where organization_id = $1 and email = $2',
)
const unreviewed = statement<{ id: number }>(
  `select id from conversion where organization_id = $1 and status = 'pending' and date_created < $2 order by id`,
)
const unpaid = statement<{ id: number }>(
  `select id from payout where organization_id = $1 and status = 'unpaid' order by id`,
)
const lastPaid = statement<{ id: number }>(
  `select id from payout where organization_id = $1 and status = 'paid' order by id desc limit 1`,
)
const openFulfillments = statement<{ id: number }>(
  `select id from fulfillment where organization_id = $1 and status = 'processing' order by id`,
)
