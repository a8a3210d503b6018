import { fraction, halfUp, times } from './fractions.ts'
import {
  type Claim,
  type Distribution,
  type Fulfillment,
  type Obligation,
  type Payout,
  Refused,
  type Rules,
  type State,
} from './records.ts'
import { sharesOf } from './shares.ts'

/** Settles what is owed: the obligations that are named, or all that are pending. */
export const fulfill = (
  state: State,
  ids: readonly number[] | undefined,
  isGone: (collaborator: number) => boolean,
  at: number,
): void => {
  const pending = state.obligations.filter(({ status }) => status === 'pending')
  const named = pending.filter(({ id, collaborator }) => (ids === undefined ? !isGone(collaborator) : ids.includes(id)))
  if (ids !== undefined && named.length < new Set(ids).size) throw new Refused('VALIDATION_FAILED')
  // what somebody owes is always settled with what is paid
  const isTheirs = (obligation: Obligation) => named.some(one => isFor(one, obligation))
  const owed = pending.filter(one => named.includes(one) || (one.value < 0 && isTheirs(one)))
  for (const obligation of owed) expectAfter(obligation, at)
  const sumFor = (one: Obligation) => owed.filter(other => isFor(one, other)).reduce((sum, { value }) => sum + value, 0)
  const paid = owed.filter(obligation => sumFor(obligation) > 0)
  if (paid.length === 0) return
  const fulfillment: Fulfillment = { id: state.fulfillments.length + 1, status: 'processing', created: at }
  state.fulfillments.push(fulfillment)
  write(state, 'fulfillment_created', [`fulfillment ${fulfillment.id}`])
  const made: Payout[] = []
  const order = (one: Obligation, other: Obligation) =>
    one.collaborator - other.collaborator || (one.currency < other.currency ? -1 : 1)
  for (const { collaborator, currency } of [...paid].sort(order)) {
    if (made.some(one => isFor(one, { collaborator, currency }))) continue
    const terms = { fulfillment: fulfillment.id, collaborator, currency, created: at }
    const payout: Payout = { id: state.payouts.length + 1, value: 0, status: 'unpaid', ...terms }
    state.payouts.push(payout)
    made.push(payout)
  }
  for (const obligation of paid) {
    const payout = made.find(one => isFor(one, obligation)) as Payout
    payout.value += obligation.value
    obligation.status = 'complete'
    obligation.payout = payout.id
    const into = [`payout ${payout.id}`, `fulfillment ${fulfillment.id}`]
    write(state, 'obligation_completed', [...linksOf(obligation), ...into])
  }
  for (const payout of made) write(state, 'payout_created', payoutLinks(state, payout))
  write(state, 'fulfillment_status_changed', [`fulfillment ${fulfillment.id}`])
}

const isFor = (one: { collaborator: number; currency: string }, other: typeof one) =>
  one.collaborator === other.collaborator && one.currency === other.currency

/** Shares what no distribution before has counted. */
export const distribute = (
  state: State,
  { distributor: { isEven, percent, members }, start }: Rules,
  isActive: (collaborator: number) => boolean,
  at: number,
): void => {
  const { distributions, transactions, conversions, obligations } = state
  const isThere = ({ created }: { created: number }) => created > start && created <= at
  let revenue = 0
  for (const transaction of transactions)
    if (transaction.currency === 'USD' && isThere(transaction)) revenue += transaction.left.value
  for (const before of distributions) revenue -= before.revenue
  const value = halfUp(times(fraction(Math.max(0, revenue)), fraction(percent, 1_000_000)))
  const counted = distributions.flatMap(({ counted }) => counted)
  const fresh = conversions.filter(
    conversion => isThere(conversion) && !counted.includes(conversion.id) && conversion.status !== 'rejected',
  )
  const claims = members
    .map(place => place + 1)
    .filter(isActive)
    .map((collaborator): Claim => {
      const own = fresh.filter(conversion => conversion.collaborator === collaborator)
      const score = isEven ? 1 : own.reduce((sum, { score }) => sum + score, 0)
      return { collaborator, score, program: 0, first: 0, latest: 0 }
    })
  const found = sharesOf(isEven ? 'evenlySharedPool' : 'performanceWeightedPool', claims, value)
  const shares = [...found].filter(([, share]) => share > 0)
  const isGiving = shares.length > 0
  const distribution: Distribution = {
    ...{ id: distributions.length + 1, value: isGiving ? value : 0, created: at },
    ...{ revenue: isGiving ? revenue : 0, counted: isGiving ? conversions.filter(isThere).map(({ id }) => id) : [] },
  }
  distributions.push(distribution)
  const own = [`distribution ${distribution.id}`, 'distributor 1']
  write(state, 'distribution_completed', own)
  for (const [collaborator, share] of shares) {
    const obligation: Obligation = {
      ...{ id: obligations.length + 1, collaborator, conversion: null, status: 'pending', payout: null },
      ...{ type: 'allocation', value: share, currency: 'USD', created: at },
    }
    obligations.push(obligation)
    write(state, 'allocation_completed', [...own, ...linksOf(obligation)])
    write(state, 'obligation_issued', [`distribution ${distribution.id}`, ...linksOf(obligation)])
  }
}

/** An event about a record cannot come before that record. */
export const expectAfter = ({ created }: { readonly created: number }, at: number): void => {
  if (at < created) throw new Refused('VALIDATION_FAILED')
}

/** Writes a note about these records. */
export const write = ({ notes }: State, key: string, links: readonly string[]): void => {
  notes.push({ key, links: [...new Set(links)] })
}

/** What a note about an obligation is about. */
export const linksOf = ({ id, collaborator, conversion }: Obligation): string[] => [
  `obligation ${id}`,
  `collaborator ${collaborator}`,
  ...(conversion === null ? [] : [`conversion ${conversion}`]),
]

/** What a note about a payout is about. */
export const payoutLinks = ({ obligations }: State, { id, collaborator, fulfillment }: Payout): string[] => [
  `payout ${id}`,
  `collaborator ${collaborator}`,
  `fulfillment ${fulfillment}`,
  ...obligations.flatMap(({ id: obligation, payout }) => (payout === id ? [`obligation ${obligation}`] : [])),
]
