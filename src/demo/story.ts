import type { Chance } from './chance.ts'
import type { Code } from './setup.ts'

/** The year of which the demo tells; nothing in it happens outside. */
export const START = new Date('2025-11-01T00:00:00Z')
export const END = new Date('2026-11-01T00:00:00Z')

/** In milliseconds. */
export const DAY = 86_400_000

/** What there is at the end of it. */
export const TOTALS = { opportunities: 200, engagements: 600, notes: 1500 } as const

/** A partner's part in a journey. */
export type Part = 'first' | 'second' | 'third'

/** What a reader does, or what is done about the reader. */
export type Deed =
  /** Follows a link, reads a post, or does what else a partner is behind. */
  | { readonly does: 'visits' | 'reads' | 'learns' | 'finishes' | 'fills in'; readonly of: Part }
  | { readonly does: 'applies the coupon'; readonly of: Part }
  /** Comes again, and is known from now on: the shop's own id of the customer comes with every event from the device. */
  | { readonly does: 'signs in'; readonly of: Part }
  /** Goes on where the shop has never seen this reader. */
  | { readonly does: 'takes another device' }
  | { readonly does: 'orders' | 'subscribes' | 'renews' | 'returns half' | 'returns it' | 'enquires' }
  /** The shop finds out that there is no reader. */
  | { readonly does: 'is found out' }
  /** The office credits a partner with the order. */
  | { readonly does: 'is credited'; readonly of: Part }

/** A way that readers go: how many go it in a year, who can have a part in it, and what happens after how many days. */
export interface Journey {
  readonly readers: number
  readonly parts: { readonly [part in Part]?: readonly Code[] }
  readonly deeds: readonly (Deed & { readonly day: number })[]
}

/** Whose links readers follow; who stands here twice is followed more. */
const FAMOUS: readonly Code[] = ['AMARA', 'AMARA', 'AMARA', 'LUCIA', 'LUCIA', 'KENJI', 'KENJI']
const KNOWN: readonly Code[] = ['PRIYA', 'AISHA', 'MATEO', 'INGRID', 'KWAME', 'MEI', 'CALLUM', 'FATIMA']
const NEW: readonly Code[] = ['RAFAEL', 'NOOR', 'SVEN', 'THANDIWE', 'HUGO', 'ANJALI', 'LEILANI']
const LINKS: readonly Code[] = [...FAMOUS, ...KNOWN, ...NEW]
const CLUBS: readonly Code[] = ['AMARA', 'LUCIA', 'INGRID', 'CALLUM', 'FATIMA', 'THANDIWE']
const AUTHORS: readonly Code[] = ['LUCIA', 'KENJI', 'INGRID', 'RAFAEL', 'NOOR', 'ANJALI']
const COUPONS: readonly Code[] = ['AMARA', 'LUCIA', 'KENJI', 'MATEO', 'KWAME', 'NOOR']
const TEACHERS: readonly Code[] = ['MEI', 'ANJALI', 'HUGO', 'AMARA']
const SCHOOLS: readonly Code[] = ['PRIYA', 'MATEO', 'FATIMA', 'NOOR', 'HUGO']
const WINTER: readonly Code[] = ['AMARA', 'KENJI', 'AISHA', 'KWAME', 'SVEN']

/** Whose links count under one program only. */
export const QUIET: readonly Code[] = ['RAFAEL', 'THANDIWE', 'LEILANI', 'ANJALI', 'MEI']

/** The ways that readers go. */
export const JOURNEYS: readonly Journey[] = [
  // looks around, and leaves
  { readers: 33, parts: { first: LINKS }, deeds: [{ day: 0, does: 'visits', of: 'first' }] },
  // is led there twice, and thinks about it
  {
    readers: 20,
    parts: { first: LINKS, second: LINKS },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 3, does: 'visits', of: 'second' },
      { day: 9, does: 'visits', of: 'first' },
    ],
  },
  // comes, and buys
  {
    readers: 21,
    parts: { first: LINKS },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 0.02, does: 'orders' },
    ],
  },
  // hears of the shop from a club and from an author before it buys: their programs compete
  {
    readers: 14,
    parts: { first: CLUBS, second: AUTHORS },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 4, does: 'visits', of: 'second' },
      { day: 6, does: 'orders' },
    ],
  },
  // one link brings the reader, someone else's coupon decides
  {
    readers: 14,
    parts: { first: LINKS, second: COUPONS },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 2, does: 'applies the coupon', of: 'second' },
      { day: 2.01, does: 'orders' },
    ],
  },
  // reads about a book, and looks for it later
  {
    readers: 9,
    parts: { first: CLUBS, second: LINKS },
    deeds: [
      { day: 0, does: 'reads', of: 'first' },
      { day: 0.01, does: 'visits', of: 'first' },
      { day: 7, does: 'visits', of: 'second' },
      { day: 7.02, does: 'orders' },
    ],
  },
  // has a box of books sent every month
  {
    readers: 7,
    parts: { first: AUTHORS, second: ['AMARA', 'LUCIA', 'KENJI', 'MATEO', 'MEI'] },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 1, does: 'visits', of: 'second' },
      { day: 1.01, does: 'signs in', of: 'second' },
      { day: 1.02, does: 'subscribes' },
      { day: 31, does: 'renews' },
      { day: 61, does: 'renews' },
    ],
  },
  // learns from two teachers, and buys what the course is about
  {
    readers: 11,
    parts: { first: TEACHERS, second: TEACHERS },
    deeds: [
      { day: 0, does: 'learns', of: 'first' },
      { day: 7, does: 'learns', of: 'second' },
      { day: 14, does: 'learns', of: 'first' },
      { day: 21, does: 'finishes', of: 'first' },
      { day: 22, does: 'orders' },
    ],
  },
  // a school asks for an offer
  {
    readers: 14,
    parts: { first: SCHOOLS, second: SCHOOLS },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 5, does: 'visits', of: 'second' },
      { day: 5.01, does: 'fills in', of: 'second' },
      { day: 5.02, does: 'enquires' },
    ],
  },
  // sends the order back
  {
    readers: 5,
    parts: { first: LINKS, second: WINTER },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 1, does: 'visits', of: 'second' },
      { day: 1.02, does: 'orders' },
      { day: 12, does: 'returns it' },
    ],
  },
  // sends a part of it back, and then the rest
  {
    readers: 2,
    parts: { first: LINKS, second: WINTER },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 1, does: 'visits', of: 'second' },
      { day: 1.02, does: 'orders' },
      { day: 11, does: 'returns half' },
      { day: 12, does: 'returns it' },
    ],
  },
  // buys when every claim on the reader has expired
  {
    readers: 9,
    parts: { first: WINTER, second: ['AMARA', 'KWAME', 'SVEN'] },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 2, does: 'visits', of: 'second' },
      { day: 80, does: 'orders' },
    ],
  },
  // is met on a telephone and on a laptop, and signs in on both
  {
    readers: 4,
    parts: { first: LINKS, second: ['AMARA', 'LUCIA', 'KENJI'] },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 0.01, does: 'signs in', of: 'first' },
      { day: 3, does: 'takes another device' },
      { day: 3.01, does: 'visits', of: 'second' },
      { day: 3.02, does: 'signs in', of: 'second' },
      { day: 3.03, does: 'orders' },
    ],
  },
  // clicks on the same link all night, for the points
  {
    readers: 5,
    parts: { first: ['KWAME', 'SVEN', 'AMARA', 'HUGO', 'CALLUM'] },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 0.01, does: 'visits', of: 'first' },
      { day: 0.02, does: 'visits', of: 'first' },
      { day: 0.03, does: 'visits', of: 'first' },
      { day: 2, does: 'is found out' },
    ],
  },
  // says at the counter who else had spoken of the book
  {
    readers: 4,
    parts: { first: ['RAFAEL', 'THANDIWE'], second: ['KENJI', 'AMARA', 'MATEO', 'INGRID'] },
    deeds: [
      { day: 0, does: 'visits', of: 'first' },
      { day: 1, does: 'orders' },
      { day: 3, does: 'is credited', of: 'second' },
    ],
  },
]

/** What the office does in the year, by the date on which it does it; the hour is one at which nobody reads. */
export type Chore =
  | { readonly does: 'opens' }
  /** Someone asks to become a partner, and is taken in. */
  | { readonly does: 'receives'; readonly fullName: string; readonly nickname?: string; readonly programs: string[] }
  | { readonly does: 'approves'; readonly fullName: string }
  /** Decides on the conversions of at least two weeks ago that wait for it. */
  | { readonly does: 'reviews' }
  /** Rolls up what is owed; marks that batch as done; pays what is unpaid; hears that the last payment came back. */
  | { readonly does: 'rolls up' | 'closes' | 'pays' | 'hears from the bank' }
  /** Ends the cycle of a distributor. */
  | { readonly does: 'shares out'; readonly by: string }

const quarter = (month: string): (Chore & { readonly on: string })[] => [
  { on: `2026-${month}-02`, does: 'reviews' },
  { on: `2026-${month}-03`, does: 'shares out', by: 'Neighbourhood Fund' },
  { on: `2026-${month}-03`, does: 'shares out', by: 'Storytellers’ Bonus' },
  { on: `2026-${month}-05`, does: 'rolls up' },
  { on: `2026-${month}-08`, does: 'pays' },
  { on: `2026-${month}-09`, does: 'closes' },
]

/** What the office does, in order. */
export const CHORES: readonly (Chore & { readonly on: string })[] = [
  { on: '2025-11-01', does: 'opens' },
  ...quarter('01'),
  { on: '2026-03-11', does: 'receives', fullName: 'Omar Farouk', programs: ['Reader Referrals'] },
  { on: '2026-03-14', does: 'approves', fullName: 'Omar Farouk' },
  ...quarter('04'),
  {
    on: '2026-05-20',
    does: 'receives',
    fullName: 'Chiara Rinaldi',
    nickname: 'Chiara',
    programs: ['Book Club Partners'],
  },
  { on: '2026-05-26', does: 'approves', fullName: 'Chiara Rinaldi' },
  ...quarter('07'),
  { on: '2026-07-15', does: 'hears from the bank' },
  { on: '2026-09-02', does: 'reviews' },
  { on: '2026-10-03', does: 'shares out', by: 'Neighbourhood Fund' },
  { on: '2026-10-03', does: 'shares out', by: 'Storytellers’ Bonus' },
  { on: '2026-10-05', does: 'rolls up' },
  { on: '2026-10-15', does: 'receives', fullName: 'Bao Nguyen', programs: ['Reader Referrals', 'Winter Campaign'] },
  { on: '2026-10-27', does: 'receives', fullName: 'Zofia Kowalska', programs: ['School Enquiries'] },
]

/** Why the office refuses a conversion. */
export const REASONS = ['ordered by the partner', 'order never delivered', 'outside the terms of the program'] as const

/** In what the shop takes money: of so many orders this many in each. */
export const CURRENCIES = ['USD', 'USD', 'USD', 'USD', 'USD', 'USD', 'EUR', 'GBP', 'JPY'] as const
type Currency = (typeof CURRENCIES)[number]

interface Product {
  readonly name: string
  /** In major units. */
  readonly price: Readonly<Record<Currency, number>>
}

const PRODUCTS: readonly Product[] = [
  { name: 'The Tidal Year', price: { USD: 24, EUR: 22, GBP: 18.99, JPY: 3600 } },
  { name: 'Letters to a Lighthouse', price: { USD: 18.5, EUR: 17, GBP: 14.99, JPY: 2800 } },
  { name: 'A Field Guide to Fog', price: { USD: 29.95, EUR: 27.5, GBP: 22, JPY: 4500 } },
  { name: 'The Cartographer’s Kitchen', price: { USD: 42, EUR: 39, GBP: 32, JPY: 6200 } },
  { name: 'Small Boats, Long Nights', price: { USD: 16.99, EUR: 15.5, GBP: 12.99, JPY: 2500 } },
  { name: 'The Salt Road', price: { USD: 21, EUR: 19.5, GBP: 16.5, JPY: 3200 } },
  { name: 'Harbour Tote Bag', price: { USD: 12, EUR: 11, GBP: 9, JPY: 1800 } },
  { name: 'Reading Lamp', price: { USD: 49.99, EUR: 45, GBP: 38, JPY: 7400 } },
]
const POSTAGE: Readonly<Record<Currency, number>> = { USD: 4.9, EUR: 4.5, GBP: 3.5, JPY: 700 }

/** What is paid for, in major units. */
export interface Basket {
  readonly currency: Currency
  readonly total: number
  readonly items: readonly {
    name: string
    type: 'product' | 'shipping' | 'discount'
    quantity: number
    amount: number
  }[]
}

/** An order of one to three products, a tenth cheaper with a coupon. */
export const order = (chance: Chance, coupon: string | undefined): Basket => {
  const currency = chance.one(CURRENCIES)
  const products = chance
    .shuffled(PRODUCTS)
    .slice(0, chance.whole(1, 3))
    .map(({ name, price }) => {
      return { name, type: 'product', quantity: chance.whole(1, 4) === 4 ? 2 : 1, amount: price[currency] } as const
    })
  const discount = {
    name: `Coupon ${coupon}`,
    type: 'discount',
    quantity: 1,
    amount: -tenthOf(products, currency),
  } as const
  const postage = { name: 'Postage', type: 'shipping', quantity: 1, amount: POSTAGE[currency] } as const
  return priced(currency, [...products, ...(coupon === undefined ? [] : [discount]), postage])
}

/** The subscription that comes every month. */
export const box = (): Basket =>
  priced('USD', [{ name: 'Harbour Box, monthly', type: 'product', quantity: 1, amount: 35 }])

const sumOf = (items: Basket['items']): number =>
  items.reduce((sum, { quantity, amount }) => sum + quantity * amount, 0)

const tenthOf = (items: Basket['items'], currency: Currency): number =>
  currency === 'JPY' ? Math.round(sumOf(items) / 10) : Math.round(sumOf(items) * 10) / 100

const priced = (currency: Currency, items: Basket['items']): Basket => {
  return { currency, items, total: Number(sumOf(items).toFixed(2)) }
}
