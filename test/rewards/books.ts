import { expect } from 'vitest'
import type { NoteSourceType } from '../../src/database/rows.ts'
import type { Sql } from '../../src/database/sql.ts'
import { ValidationError } from '../../src/errors.ts'
import { shop } from '../attribution/shop.ts'
import { day, type World } from '../support/world.ts'

export type Person = 'ann' | 'bob' | 'cid'

const PEOPLE: readonly Person[] = ['ann', 'bob', 'cid']

/**
 * A shop of which the books are looked at. Ten percent of sales and renewals are owed at once to the newest binding, unless
 * it is said otherwise; a visit gives 100 points. What happens goes on in the order in which it is told, a minute apart, from
 * the second day on; visits are of the first day, an hour apart.
 */
export const books = async (sql: Sql, given: Parameters<World['program']>[0] = {}) => {
  const story = await shop(sql, given)
  const { world, idOf, customer } = story
  let minutes = 0
  let hours = 0
  let parts = 0
  const now = () => day(2, minutes++)
  const fire = (slug: string, payload: object) => world.fire(slug, payload, { at: now() })
  const nameOf = (id: number) => PEOPLE.find(person => idOf(person) === id)
  const transactionOf = async (externalId: string) => {
    const found = (await world.transactions()).find(transaction => transaction.externalId === externalId)
    if (found === undefined) throw new Error(`Expected a transaction ${externalId}, received none`)
    return found
  }
  const conversionsOf = async (externalId: string, person?: Person) => {
    const { id } = await transactionOf(externalId)
    const found = (await world.conversions()).filter(({ transactionId }) => transactionId === id)
    return person === undefined ? found : found.filter(({ collaboratorId }) => collaboratorId === idOf(person))
  }
  const conversionOf = async (externalId: string, person: Person) => {
    const [found] = await conversionsOf(externalId, person)
    if (found === undefined) throw new Error(`Expected a conversion of ${person}, received none`)
    return found
  }
  const generate = (obligationIds?: readonly number[]) =>
    fire('fulfillment-generated', obligationIds === undefined ? {} : { obligationIds })

  return {
    ...story,
    now,
    fire,
    nameOf,
    transactionOf,
    conversionsOf,
    conversionOf,

    /** These brought the customer, in this order, each by so many visits. */
    brought: async (...visits: readonly (Person | [Person, number])[]) => {
      for (const given of visits) {
        const [person, times] = typeof given === 'string' ? [given, 1] : given
        for (let i = 0; i < times; i++) await story.visit(person, ++hours)
      }
    },
    /** The customer buys, for 100.00 USD unless it is said otherwise. */
    buys: (externalId: string, more: object = {}) =>
      fire('sale', { source: 'shop', externalId, total: 100, trackingId: customer, ...more }),
    renews: (externalId: string, originalExternalId: string, more: object = {}) =>
      fire('renewal', { source: 'shop', externalId, originalExternalId, total: 100, ...more }),
    /** All that is left is given back, or what the event says. */
    refund: (externalId: string, more: object = {}) => fire('refund', { source: 'shop', externalId, ...more }),
    /** A part is given back, as a part of its own: an amount, or units of an item each. */
    giveBack: (externalId: string, part: number | string | Readonly<Record<string, number>>) => {
      const items =
        typeof part === 'object' && Object.entries(part).map(([id, quantity]) => ({ externalId: id, quantity }))
      const what = items ? { items } : { amount: part }
      return fire('refund', { source: 'shop', externalId, refundId: `part ${++parts}`, ...what })
    },
    generate,
    /** All that is pending is paid out, and the money sent. */
    paysOut: async () => {
      await generate()
      for (const { id, status } of await world.payouts())
        if (status === 'unpaid') await fire('payout-paid', { payoutId: id })
    },
    credits: (person: Person, transactionId: number) =>
      fire('manual-attribution', { collaboratorId: idOf(person), transactionId }),
    rejects: async (externalId: string, person: Person, more: object = {}) =>
      fire('conversion-rejected', {
        conversionId: (await conversionOf(externalId, person)).id,
        reason: 'fraud',
        ...more,
      }),

    /** Every obligation, in order: whose, for what, how much, and where it stands. */
    owed: async () =>
      (await world.obligations()).map(({ collaboratorId, awardType, value, status }) => [
        nameOf(collaboratorId),
        awardType,
        value,
        status,
      ]),
    /** What each was awarded at first of a transaction, as it stands. */
    earned: async (externalId: string) => {
      const obligations = await world.obligations()
      return (await conversionsOf(externalId)).map(
        ({ obligationId }) => obligations.find(({ id }) => id === obligationId)?.value,
      )
    },
    /** What a person has, or is to get: the sum of all that was not rejected. */
    balance: async (person: Person) =>
      (await world.obligations())
        .filter(({ collaboratorId, status }) => collaboratorId === idOf(person) && status !== 'rejected')
        .reduce((sum, { value }) => sum + value, 0),
    /** The payouts, in order: whose, how much, in which currency, and where each stands. */
    payouts: async () =>
      (await world.payouts()).map(({ collaboratorId, value, currency, status }) => [
        nameOf(collaboratorId),
        value,
        currency,
        status,
      ]),
    /** The notes of one record, in the order of its feed. */
    feed: async (type: NoteSourceType, id: number) =>
      (await world.notes()).filter(({ links }) => links[type]?.includes(id)),
  }
}

/** What `books` makes. */
export type Books = Awaited<ReturnType<typeof books>>

/** Does something that leaves no trace but that it was told. */
export const withoutEffect = async (world: World, work: () => Promise<unknown>): Promise<void> => {
  const rows = async () => (await world.dump()).filter(row => !row.startsWith('ingested_event'))
  const before = await rows()
  await work()
  expect(await rows()).toEqual(before)
}

/** Does something that is refused with such an error, and leaves no trace. */
export const refused = async (
  world: World,
  work: () => Promise<unknown>,
  error: new (...args: never[]) => Error,
): Promise<Error> => {
  const before = await world.dump()
  const thrown = await work().then(
    () => undefined,
    thrown => thrown,
  )
  expect(thrown).toBeInstanceOf(error)
  expect(await world.dump()).toEqual(before)
  return thrown
}

/** Does something that is refused for a field, and leaves no trace; the field, or one that begins with it, is named. */
export const refusedFor = async (world: World, field: string, work: () => Promise<unknown>): Promise<void> => {
  const { fields } = (await refused(world, work, ValidationError)) as ValidationError
  expect(
    Object.keys(fields).some(name => name === field || name.startsWith(`${field}.`)),
    JSON.stringify(fields),
  ).toBe(true)
}
