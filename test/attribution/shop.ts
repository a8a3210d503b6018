import type { CollaboratorRow, ConversionType } from '../../src/database/rows.ts'
import type { Sql } from '../../src/database/sql.ts'
import { day, testWorld, type World } from '../support/world.ts'

type Person = 'ann' | 'bob' | 'cid'
/** Whose an event is; what is not said is the first customer's. */
type Whose = { trackingId?: number | undefined; userId?: string | number | undefined }
type Moment = Date | number

/** A moment of the story's first day: 10 is ten o'clock. */
export const clock = (hour: Moment): Date => (typeof hour === 'number' ? day(1, hour * 60) : hour)

/** Each order in which so many things can be told, as places. */
export const orders = (count: number): number[][] =>
  count === 0
    ? [[]]
    : orders(count - 1).flatMap(order =>
        Array.from(order.concat(0).keys(), at => [...order.slice(0, at), count - 1, ...order.slice(at)]),
      )

/** Orders as `it.each` takes them: each is the things in another order. */
export const told = (count: number): [string, number[]][] =>
  orders(count).map(order => [order.map(at => at + 1).join(', '), order])

/**
 * A shop whose program pays ten percent of sales and renewals to the newest binding, gives 100 points for a visit and 50 for
 * a coupon, and needs no review. Ann, Bob and Cid are its collaborators, the ids in this order, with the coupons ANN, BOB and
 * CID. One customer is there, who belongs to nobody yet.
 */
export const shop = async (sql: Sql, given: Parameters<World['program']>[0] = {}) => {
  const world = await testWorld(sql)
  await world.shop({ source: 'shop' })
  const rules = {
    activeConversionTypes: ['sale', 'renewal'] as ConversionType[],
    autoApprove: true,
    triggers: { referredSiteVisit: 100, boundCouponUsed: 50, manual: 10 },
  }
  const newProgram = (more: Parameters<World['program']>[0] = {}) => world.program({ ...rules, ...more })
  const program = await newProgram(given)
  const names: readonly Person[] = ['ann', 'bob', 'cid']
  const people = new Map<Person, number>()
  for (const name of names) {
    const coupon = name.toUpperCase()
    people.set(name, await world.collaborator({ fullName: name, coupon, programs: [program] }))
  }
  const idOf = (person: Person) => people.get(person) as number
  const nameOf = (id: number) => names.find(name => idOf(name) === id)
  /** Somebody is there, to nobody's credit: the coupon is nobody's. */
  const open = async (userId?: string, at: Moment = 0) =>
    (await world.fire('coupon-applied', { code: 'NOBODYS', userId }, { at: clock(at) })).opportunityId as number
  const customer = await open()
  const theirs = (whose: Whose): Whose => (Object.keys(whose).length === 0 ? { trackingId: customer } : whose)
  const fire = (slug: string, payload: object, at: Moment) => world.fire(slug, payload, { at: clock(at) })
  const order = (externalId: string, more: object = {}) => ({ source: 'shop', externalId, total: 100, ...more })

  return {
    world,
    program,
    customer,
    idOf,
    open,
    newProgram,

    visit: (person: Person, at: Moment, whose: Whose = {}) =>
      fire('site-visited', { collaboratorId: idOf(person), ...theirs(whose) }, at),
    coupon: (code: string, at: Moment, whose: Whose = {}) => fire('coupon-applied', { code, ...theirs(whose) }, at),
    sale: (externalId: string, at: Moment, whose: Whose = {}, more: object = {}) =>
      fire('sale', order(externalId, { ...theirs(whose), ...more }), at),
    lead: (at: Moment, whose: Whose = {}, externalId?: string) =>
      fire('lead', { source: 'shop', externalId, ...theirs(whose) }, at),
    renewal: (externalId: string, originalExternalId: string, at: Moment, more: object = {}) =>
      fire('renewal', order(externalId, { originalExternalId, ...more }), at),
    credit: (person: Person, transactionId: number, at: Moment, conversionType: ConversionType = 'sale') =>
      fire('manual-attribution', { collaboratorId: idOf(person), transactionId, conversionType }, at),
    /** An anonymous customer turns out to be a known one; nobody is credited with that. */
    join: (trackingId: number, userId: string, at: Moment = 0) =>
      fire('coupon-applied', { code: 'NOBODYS', trackingId, userId }, at),
    reject: async (at: Moment, nth = 0) =>
      fire('conversion-rejected', { conversionId: (await world.conversions())[nth]?.id, reason: 'fraud' }, at),

    /** Programs change, by set-up. */
    reform: (columns: string, id = program) => sql.script(`update program set ${columns} where id = ${id}`),
    become: (person: Person, status: CollaboratorRow['status']) =>
      sql.script(`update collaborator set status = '${status}' where id = ${idOf(person)}`),

    /** Who has a claim: the person, the status, the score, and the first and last date, in hours of the first day. */
    claims: async (ofProgram = program) => {
      const hours = (date: Date) => (date.getTime() - day(1).getTime()) / 3_600_000
      const found = (await world.engagements())
        .filter(({ programId }) => programId === ofProgram)
        .map(({ collaboratorId, status, score, dateCreated, dateModified }) => {
          return [nameOf(collaboratorId), status, score, hours(dateCreated), hours(dateModified)] as const
        })
      return found.sort((one, other) => one[3] - other[3] || `${one[0]}`.localeCompare(`${other[0]}`))
    },

    /** Who gets what, in order of the conversions: the order's number or the type, the person, the amount, the status. */
    credits: async (ofProgram?: number) => {
      const [transactions, obligations, engagements] = [
        await world.transactions(),
        await world.obligations(),
        await world.engagements(),
      ]
      return (await world.conversions())
        .filter(
          ({ engagementId }) =>
            ofProgram === undefined || engagements.find(({ id }) => id === engagementId)?.programId === ofProgram,
        )
        .map(({ transactionId, type, collaboratorId, obligationId }) => [
          transactions.find(({ id }) => id === transactionId)?.externalId ?? type,
          nameOf(collaboratorId),
          obligations.find(({ id }) => id === obligationId)?.value,
        ])
    },
  }
}

/** What `shop` makes. */
export type Shop = Awaited<ReturnType<typeof shop>>
