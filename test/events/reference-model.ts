import { isDeepStrictEqual } from 'node:util'

// What should become of events, said a second time and as simply as possible, to compare the gateway with. It knows nothing
// of `src/`: all is in memory, and nothing happens at the same time as anything else.

export type ConversionType = 'sale' | 'lead' | 'renewal'
export type Resolver =
  | 'newestBindingWins'
  | 'oldestBindingWins'
  | 'topScoreWins'
  | 'evenlySharedPool'
  | 'performanceWeightedPool'
export type Trigger = 'referredSiteVisit' | 'boundCouponUsed' | 'manual'

export interface ProgramRules {
  readonly resolver: Resolver
  readonly incentive: 'saleTransactionPercentage' | 'fixedPerTransaction' | 'fixedPerProduct' | 'fixedPerLead'
  /** In ten-thousandths of a percent where the incentive is a percentage, else in minor units. */
  readonly rate: number
  readonly types: readonly ConversionType[]
  /** Whether it is in the one group that there is. */
  readonly grouped: boolean
  readonly autoApprove: boolean
  readonly expirationDays: number | null
  readonly requalificationDays: number | null
  /** The points of each trigger that it enables. */
  readonly points: { readonly [T in Trigger]?: number }
  /** The places of its members among the collaborators. */
  readonly members: readonly number[]
}

export interface Rules {
  readonly programs: readonly ProgramRules[]
  readonly sorter: 'newestBindingWins' | 'oldestBindingWins'
  /** Which collaborators are active at first. */
  readonly active: readonly boolean[]
  readonly distributor: { readonly isEven: boolean; readonly percent: number; readonly members: readonly number[] }
  /** When the distributor came into being. */
  readonly start: number
}

export interface Line {
  readonly type: string
  readonly value: number
  readonly quantity: number
}

/** What was bought, and what was paid for it. */
export interface Basket {
  readonly lines: readonly Line[]
  readonly total: number
}

/** What may be sent; ids are the model's, places from 1 in the order in which records came about. */
export type Payload =
  | { slug: 'site-visited'; collaborator: number; tracking?: number; user?: string }
  | { slug: 'coupon-applied'; coupon: number; tracking?: number; user?: string }
  | ({ slug: 'sale'; order: string; currency: string; tracking?: number; user?: string } & Basket)
  | { slug: 'lead'; form?: string; tracking?: number; user?: string }
  | ({ slug: 'renewal'; order: string; original: string; currency: string } & Basket)
  | { slug: 'refund'; order: string }
  | { slug: 'manual-attribution'; collaborator: number; transaction: number; type: ConversionType }
  | { slug: 'conversion-approved'; conversion: number }
  | { slug: 'conversion-rejected'; conversion: number }
  | { slug: 'opportunity-invalidated'; opportunity: number }
  | { slug: 'fulfillment-generated'; obligations?: readonly number[] }
  | { slug: 'fulfillment-status-changed'; fulfillment: number; status: Fulfillment['status'] }
  | { slug: 'payout-paid'; payout: number }
  | { slug: 'distribution-completed' }

export interface Delivery {
  readonly payload: Payload
  readonly key?: string | undefined
  /** The opportunity that the request names. */
  readonly named?: number | undefined
  /** When it happens, in milliseconds. */
  readonly at: number
}

/** The opportunity that the answer names, or why there is none. */
export type Outcome = { readonly opportunity: number | null } | { readonly refused: Refusal }
type Refusal = 'NOT_FOUND' | 'VALIDATION_FAILED' | 'CONFLICT'

export interface Opportunity {
  id: number
  user: string | null
  status: 'active' | 'inactive' | 'invalid'
  mergedInto: number | null
  created: number
}
export interface Engagement {
  id: number
  opportunity: number
  program: number
  collaborator: number
  score: number
  status: 'active' | 'pending' | 'complete' | 'cancelled'
  /** The first touch. */
  created: number
  /** The latest touch, or when the status changed after it. */
  modified: number
}
/** That a collaborator did something for a customer, once, as far as one program counts it. */
export interface Touch {
  engagement: number
  type: Trigger
  points: number
  at: number
  /** When the coupon was applied that it is of: at least once, and no more than that counts. */
  applied: number[]
  coupon: number | null
}
export interface Transaction {
  id: number
  opportunity: number
  original: number | null
  order: string
  total: number
  currency: string
  status: 'complete' | 'refunded'
  created: number
}
/** What a program decided, and from what. */
export interface Evaluation {
  opportunity: number
  transaction: number | null
  program: number
  type: ConversionType
  /** What came after this did not count. */
  asOf: number
  /** Whether a manager credits somebody with a transaction. */
  isByHand: boolean
  candidates: Candidate[]
}
export interface Candidate {
  engagement: number
  collaborator: number
  score: number
  first: number
  latest: number
  touches: number
  /** What it got, zero included; null for who had no share. */
  share: number | null
}
export interface Conversion {
  id: number
  engagement: number
  collaborator: number
  score: number
  transaction: number | null
  obligation: number
  type: ConversionType
  status: 'pending' | 'approved' | 'rejected'
  created: number
}
export interface Obligation {
  id: number
  collaborator: number
  status: 'draft' | 'pending' | 'complete' | 'rejected'
  type: ConversionType | 'allocation'
  value: number
  currency: string
  payout: number | null
  created: number
}
export interface Fulfillment {
  id: number
  status: 'pending' | 'processing' | 'complete' | 'failed'
  created: number
}
export interface Payout {
  id: number
  fulfillment: number
  collaborator: number
  value: number
  currency: string
  status: 'unpaid' | 'paid'
  created: number
}
export interface Distribution {
  id: number
  value: number
  created: number
}
export interface Note {
  key: string
  /** `type id` of each record that it is linked to. */
  links: string[]
}

export interface State {
  opportunities: Opportunity[]
  engagements: Engagement[]
  touches: Touch[]
  transactions: Transaction[]
  evaluations: Evaluation[]
  conversions: Conversion[]
  obligations: Obligation[]
  fulfillments: Fulfillment[]
  payouts: Payout[]
  distributions: Distribution[]
  notes: Note[]
}

const DAY = 86_400_000

class Refused extends Error {
  constructor(readonly code: Refusal) {
    super(code)
  }
}

/** What each line of a basket counts for: nobody earns on what was not paid. */
export const countedOf = ({ lines, total }: Basket): number[] => {
  const isOf = (type: string) => (line: Line) => line.type === type
  const whole = ({ value, quantity }: Line) => value * quantity
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
  const given = sum(lines.filter(isOf('discount')).map(line => -whole(line)))
  const products = less(
    lines.map(line => (line.type === 'product' ? whole(line) : 0)),
    given,
  )
  const rest = lines.map((line, at) =>
    line.type === 'discount' ? 0 : line.type === 'product' ? (products[at] as number) : whole(line),
  )
  return less(rest, sum(rest) - total)
}

/** Values that are reduced together: the reduction is divided in proportion, and its rest goes to the largest remainders. */
const less = (values: readonly number[], reduction: number): number[] => {
  const whole = values.reduce((all, value) => all + value, 0)
  const off = Math.min(Math.max(0, reduction), whole)
  if (off === 0) return [...values]
  const parts = values.map(value => Math.floor((off * value) / whole))
  const order = values
    .map((value, at) => ({ at, rest: (off * value) % whole }))
    .sort((a, b) => b.rest - a.rest || a.at - b.at)
  let missing = off - parts.reduce((all, part) => all + part, 0)
  for (const { at } of order) if (missing-- > 0) parts[at] = (parts[at] as number) + 1
  return values.map((value, at) => value - (parts[at] as number))
}

/** A whole program's reward, from the rules and what was sold. */
export const poolOf = (rules: ProgramRules, type: ConversionType, basket: Basket | null): number => {
  if (rules.incentive === 'fixedPerLead') return type === 'lead' ? rules.rate : 0
  if (type === 'lead' || basket === null || basket.total === 0) return 0
  if (rules.incentive === 'fixedPerTransaction') return rules.rate
  const counted = countedOf(basket)
  let [units, sum] = [0, 0n]
  for (const [at, { type: of, quantity }] of basket.lines.entries()) {
    const value = counted[at] as number
    if (of !== 'product' || value === 0) continue
    units += quantity
    sum += BigInt(value)
  }
  return rules.incentive === 'fixedPerProduct' ? units * rules.rate : halfUp(sum * BigInt(rules.rate), 1_000_000n)
}

const halfUp = (numerator: bigint, denominator: bigint): number =>
  Number((numerator * 2n + denominator) / (denominator * 2n))

/** What an evaluation sees of an engagement: the touches up to its moment, and what follows from them. */
export interface Claim {
  readonly program: number
  readonly collaborator: number
  readonly score: number
  readonly first: number
  readonly latest: number
}

/** The first by these numbers, each of which decides where those before it are equal. */
const first = <C>(claims: readonly C[], ...by: ((claim: C) => number)[]): C => {
  const order = (one: C, other: C) => by.reduce((found, of) => found || of(one) - of(other), 0)
  return [...claims].sort(order)[0] as C
}
const newest = <C extends Claim>(claims: readonly C[]): C =>
  first(
    claims,
    ({ latest }) => -latest,
    ({ program }) => -program,
    ({ collaborator }) => -collaborator,
  )
const oldest = <C extends Claim>(claims: readonly C[]): C =>
  first(
    claims,
    claim => claim.first,
    ({ program }) => program,
    ({ collaborator }) => collaborator,
  )

const isPool = (resolver: Resolver) => resolver === 'evenlySharedPool' || resolver === 'performanceWeightedPool'

/** What each claim gets of a program's pool, by collaborator; who gets no conversion is left out. */
export const sharesOf = (resolver: Resolver, claims: readonly Claim[], pool: number): Map<number, number> => {
  const sharers = claims.filter(({ score }) => score > 0).sort((a, b) => a.collaborator - b.collaborator)
  switch (resolver) {
    case 'newestBindingWins':
      return new Map([[newest(claims).collaborator, pool]])
    case 'oldestBindingWins':
      return new Map([[oldest(claims).collaborator, pool]])
    case 'topScoreWins': {
      const highest = Math.max(...claims.map(({ score }) => score))
      return new Map([[oldest(claims.filter(({ score }) => score === highest)).collaborator, pool]])
    }
    case 'evenlySharedPool':
      return new Map(sharers.map(({ collaborator }) => [collaborator, Math.floor(pool / sharers.length)]))
    case 'performanceWeightedPool': {
      const total = sharers.reduce((sum, { score }) => sum + BigInt(score), 0n)
      const exact = sharers.map(claim => ({ claim, units: BigInt(pool) * BigInt(claim.score) }))
      const shares = new Map(exact.map(({ claim, units }) => [claim.collaborator, Number(units / total)]))
      let left = pool - [...shares.values()].reduce((sum, share) => sum + share, 0)
      const rest = ({ units }: { units: bigint }) => Number(units % total)
      const order = [...exact].sort(
        (a, b) => rest(b) - rest(a) || a.claim.first - b.claim.first || a.claim.collaborator - b.claim.collaborator,
      )
      for (const { claim } of order)
        if (left-- > 0) shares.set(claim.collaborator, (shares.get(claim.collaborator) as number) + 1)
      return shares
    }
  }
}

export class Model {
  state: State = {
    opportunities: [],
    engagements: [],
    touches: [],
    transactions: [],
    evaluations: [],
    conversions: [],
    obligations: [],
    fulfillments: [],
    payouts: [],
    distributions: [],
    notes: [],
  }
  /** Each program's rules as they are now. */
  readonly programs: ProgramRules[]
  /** Which collaborators are active now. */
  readonly active: boolean[]
  #taken = new Map<string, { payload: Payload; named: number | undefined; outcome: { opportunity: number | null } }>()
  readonly #baskets = new Map<number, Basket>()
  #lastEngagement = 0
  /** Conversions that a manager rejected. */
  #refusedByHand = new Set<number>()

  constructor(readonly rules: Rules) {
    this.programs = [...(rules.programs ?? [])]
    this.active = [...(rules.active ?? [])]
  }

  /** Takes an event in, or leaves everything as it was. */
  deliver(delivery: Delivery): Outcome {
    const names = namesOf(delivery)
    const known = names.map(name => this.#taken.get(name)).filter(found => found !== undefined)
    const { payload, named } = delivery
    const survivor = (id: number | undefined) => (id === undefined ? undefined : this.survivor(id))
    const isSame = (other: { payload: Payload; named: number | undefined }) =>
      isDeepStrictEqual(other.payload, payload) &&
      (ownNameOf(payload) !== undefined || survivor(other.named) === survivor(named))
    const [first] = known
    if (first !== undefined) {
      if (!known.every(isSame)) return { refused: 'CONFLICT' }
      for (const name of names) this.#taken.set(name, first)
      return first.outcome
    }
    const [before, last] = [structuredClone(this.state), this.#lastEngagement]
    try {
      const outcome = { opportunity: this.#take(delivery) }
      for (const name of names) this.#taken.set(name, { payload, named, outcome })
      return outcome
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.state = before
      this.#lastEngagement = last
      return { refused: error.code }
    }
  }

  /** The opportunity that this one was merged into in the end. */
  survivor(id: number): number {
    const { mergedInto } = this.#opportunity(id)
    return mergedInto === null ? id : this.survivor(mergedInto)
  }

  /** What was sold in a transaction; null for none. */
  basketOf(transaction: number): Basket | null {
    return this.#baskets.get(transaction) ?? null
  }

  #take({ payload, named, at }: Delivery): number | null {
    switch (payload.slug) {
      case 'site-visited': {
        this.#expectCollaborator(payload.collaborator)
        const opportunity = this.#findOrOpen(payload, named, at)
        this.#trigger('referredSiteVisit', opportunity.id, payload.collaborator, at)
        return opportunity.id
      }
      case 'coupon-applied': {
        const opportunity = this.#findOrOpen(payload, named, at)
        const owner = payload.coupon
        if (owner >= 1 && owner <= this.active.length) {
          const isNew = this.#apply(owner, opportunity.id, at)
          if (isNew) this.#note('coupon_applied', [`opportunity ${opportunity.id}`, `collaborator ${owner}`])
        }
        return opportunity.id
      }
      case 'sale': {
        const opportunity = this.#findActive(payload, named, at)
        const transaction = this.#trade(payload, opportunity.id, null, at)
        this.#convert({ opportunity: opportunity.id, type: 'sale', transaction, at })
        return opportunity.id
      }
      case 'lead': {
        const opportunity = this.#findActive(payload, named, at)
        const theirs = (id: number) =>
          id === opportunity.id || (opportunity.user !== null && this.#opportunity(id).user === opportunity.user)
        const isNear = (program: number) => {
          const days = this.#rules(program).requalificationDays
          return (
            days !== null &&
            this.state.conversions.some(({ type, status, engagement, created }) => {
              const of = this.#engagement(engagement)
              return (
                type === 'lead' &&
                status !== 'rejected' &&
                theirs(of.opportunity) &&
                of.program === program &&
                Math.abs(created - at) < days * DAY
              )
            })
          )
        }
        const open = this.programs.flatMap((_, place) => (isNear(place + 1) ? [] : [place + 1]))
        this.#convert({ opportunity: opportunity.id, type: 'lead', transaction: null, at, open })
        return opportunity.id
      }
      case 'renewal': {
        const sold = this.state.transactions.find(({ order }) => order === payload.original)
        if (sold === undefined) throw new Refused('NOT_FOUND')
        const root = sold.original === null ? sold : (this.state.transactions[sold.original - 1] as Transaction)
        this.#expectAfter(root, at)
        const opportunity = this.survivor(root.opportunity)
        const transaction = this.#trade(payload, opportunity, root.id, at)
        this.#convert({ opportunity, type: 'renewal', transaction, at, sold: root })
        return opportunity
      }
      case 'refund': {
        const transaction = this.state.transactions.find(({ order }) => order === payload.order)
        if (transaction === undefined) throw new Refused('NOT_FOUND')
        this.#expectAfter(transaction, at)
        if (transaction.status === 'refunded') return transaction.opportunity
        transaction.status = 'refunded'
        const conversions = this.state.conversions.filter(({ transaction: of }) => of === transaction.id)
        this.#note('refund_triggered', [
          `transaction ${transaction.id}`,
          ...conversions.flatMap(({ id, collaborator, obligation }) => [
            `conversion ${id}`,
            `collaborator ${collaborator}`,
            `obligation ${obligation}`,
          ]),
        ])
        for (const conversion of conversions) if (conversion.status !== 'rejected') this.#reject(conversion)
        return transaction.opportunity
      }
      case 'manual-attribution': {
        const { collaborator, type } = payload
        this.#expectCollaborator(collaborator)
        const transaction = this.state.transactions[payload.transaction - 1]
        if (transaction === undefined) throw new Refused('NOT_FOUND')
        this.#expectAfter(transaction, at)
        if (transaction.status !== 'complete') throw new Refused('CONFLICT')
        const programs = this.#programsOf('manual', collaborator).filter(program =>
          this.#rules(program).types.includes(type),
        )
        if (programs.length === 0) throw new Refused('VALIDATION_FAILED')
        const isCredited = (program: number) =>
          this.state.conversions.some(
            ({ transaction: of, collaborator: by, status, engagement }) =>
              of === transaction.id &&
              by === collaborator &&
              status !== 'rejected' &&
              this.#engagement(engagement).program === program,
          )
        const open = programs.filter(program => !isCredited(program))
        if (open.length === 0) throw new Refused('CONFLICT')
        const opportunity = this.#open(null, at)
        this.#note('manual_attribution_requested', [
          `transaction ${transaction.id}`,
          `collaborator ${collaborator}`,
          `opportunity ${opportunity.id}`,
        ])
        this.#trigger('manual', opportunity.id, collaborator, at, open)
        this.#convert({ opportunity: opportunity.id, type, transaction, at, isByHand: true })
        return opportunity.id
      }
      case 'conversion-approved': {
        const conversion = this.#conversion(payload.conversion)
        this.#expectAfter(conversion, at)
        if (conversion.status === 'rejected') throw new Refused('CONFLICT')
        if (conversion.status === 'pending') this.#approve(conversion)
        return null
      }
      case 'conversion-rejected': {
        const conversion = this.#conversion(payload.conversion)
        this.#expectAfter(conversion, at)
        if (conversion.status === 'rejected') return null
        this.#reject(conversion)
        this.#refusedByHand.add(conversion.id)
        return null
      }
      case 'opportunity-invalidated': {
        if (payload.opportunity > this.state.opportunities.length) throw new Refused('NOT_FOUND')
        const opportunity = this.#opportunity(this.survivor(payload.opportunity))
        this.#expectAfter(opportunity, at)
        if (opportunity.status === 'invalid') return opportunity.id
        opportunity.status = 'invalid'
        const gone = this.state.engagements.filter(
          ({ opportunity: of, status }) => of === opportunity.id && (status === 'active' || status === 'pending'),
        )
        for (const engagement of gone) this.#become(engagement, 'cancelled', at)
        this.#note('opportunity_invalidated', [
          `opportunity ${opportunity.id}`,
          ...gone.flatMap(({ id, collaborator }) => [`engagement ${id}`, `collaborator ${collaborator}`]),
        ])
        return opportunity.id
      }
      case 'fulfillment-generated':
        this.#fulfill(payload.obligations, at)
        return null
      case 'fulfillment-status-changed': {
        const fulfillment = this.state.fulfillments[payload.fulfillment - 1]
        if (fulfillment === undefined) throw new Refused('NOT_FOUND')
        this.#expectAfter(fulfillment, at)
        if (fulfillment.status === payload.status) return null
        if (!FULFILLMENT[fulfillment.status].includes(payload.status)) throw new Refused('CONFLICT')
        fulfillment.status = payload.status
        this.#note('fulfillment_status_changed', [`fulfillment ${fulfillment.id}`])
        return null
      }
      case 'payout-paid': {
        const payout = this.state.payouts[payload.payout - 1]
        if (payout === undefined) throw new Refused('NOT_FOUND')
        this.#expectAfter(payout, at)
        if (payout.status === 'paid') return null
        payout.status = 'paid'
        this.#note('payout_paid', this.#linksOf(payout))
        return null
      }
      case 'distribution-completed':
        this.#distribute(at)
        return null
    }
  }

  #findOrOpen(customer: Customer, header: number | undefined, at: number): Opportunity {
    const user = identityOf(customer.user)
    const named = this.#named(customer.tracking ?? header)
    if (named?.status === 'active' && !isOthers(named, user)) return this.#identified(named, user)
    return this.#own(user) ?? this.#open(user ?? null, at)
  }

  #findActive(customer: Customer, header: number | undefined, at: number): Opportunity {
    const user = identityOf(customer.user)
    const name = customer.tracking ?? header
    const found = name === undefined ? this.#own(user) : this.#named(name)
    // on a device that several share, each is a customer by itself
    if (found !== undefined && isOthers(found, user)) return this.#own(user) ?? this.#open(user as string, at)
    if (found?.status !== 'active') throw new Refused('VALIDATION_FAILED')
    return this.#identified(found, user)
  }

  /** An anonymous visitor's opportunity, which may turn out to be a known customer's. */
  #identified(named: Opportunity, user: string | undefined): Opportunity {
    if (user === undefined || named.user !== null) return named
    const own = this.#own(user)
    if (own !== undefined) return this.#merge(named, own)
    named.user = user
    return named
  }

  #named(name: number | undefined): Opportunity | undefined {
    if (name === undefined) return undefined
    if (name > this.state.opportunities.length) throw new Refused('VALIDATION_FAILED')
    return this.#opportunity(this.survivor(name))
  }

  #own(user: string | undefined): Opportunity | undefined {
    return user === undefined
      ? undefined
      : this.state.opportunities.find(opportunity => opportunity.user === user && opportunity.status === 'active')
  }

  #open(user: string | null, at: number): Opportunity {
    const { opportunities } = this.state
    const id = opportunities.length + 1
    const opportunity: Opportunity = { id, user, status: 'active', mergedInto: null, created: at }
    opportunities.push(opportunity)
    return opportunity
  }

  #merge(anonymous: Opportunity, own: Opportunity): Opportunity {
    const { state } = this
    for (const gone of state.engagements.filter(({ opportunity }) => opportunity === anonymous.id)) {
      const kept = gone.status === 'active' ? this.#active(own.id, gone.program, gone.collaborator) : undefined
      if (kept === undefined) {
        gone.opportunity = own.id
        continue
      }
      for (const touch of state.touches) if (touch.engagement === gone.id) touch.engagement = kept.id
      this.#sum(kept)
      state.engagements.splice(state.engagements.indexOf(gone), 1)
      for (const conversion of state.conversions) if (conversion.engagement === gone.id) conversion.engagement = kept.id
      for (const { candidates } of state.evaluations)
        for (const candidate of candidates) if (candidate.engagement === gone.id) candidate.engagement = kept.id
      for (const note of state.notes)
        note.links = note.links.map(link => (link === `engagement ${gone.id}` ? `engagement ${kept.id}` : link))
    }
    for (const transaction of state.transactions)
      if (transaction.opportunity === anonymous.id) transaction.opportunity = own.id
    for (const evaluation of state.evaluations)
      if (evaluation.opportunity === anonymous.id) evaluation.opportunity = own.id
    for (const opportunity of state.opportunities)
      if (opportunity.mergedInto === anonymous.id) opportunity.mergedInto = own.id
    anonymous.status = 'inactive'
    anonymous.mergedInto = own.id
    return own
  }

  #programsOf(trigger: Trigger, collaborator: number): number[] {
    return this.programs.flatMap(({ points, members }, at) =>
      this.active[collaborator - 1] && points[trigger] !== undefined && members.includes(collaborator - 1)
        ? [at + 1]
        : [],
    )
  }

  #trigger(
    type: Trigger,
    opportunity: number,
    collaborator: number,
    at: number,
    programs = this.#programsOf(type, collaborator),
    coupon: number | null = null,
  ): void {
    for (const program of programs) {
      const points = this.#rules(program).points[type] as number
      const { id: engagement } =
        this.#active(opportunity, program, collaborator) ?? this.#claim(opportunity, program, collaborator)
      this.state.touches.push({ engagement, type, points, at, coupon, applied: coupon === null ? [] : [at] })
      this.#sum(this.#engagement(engagement))
    }
  }

  /**
   * Applies a coupon, here a collaborator's only one. Where it counts already it is only known when else it was applied;
   * answers whether it is more than that.
   */
  #apply(coupon: number, opportunity: number, at: number): boolean {
    const holders = this.state.engagements.filter(
      engagement =>
        engagement.opportunity === opportunity &&
        engagement.status === 'active' &&
        this.#touchesOf(engagement).some(touch => touch.coupon === coupon),
    )
    for (const engagement of holders) {
      const touch = first(
        this.#touchesOf(engagement).filter(touch => touch.coupon === coupon),
        ({ at }) => at,
      )
      touch.applied.push(at)
      touch.at = Math.min(...touch.applied)
      this.#sum(engagement)
    }
    const fresh = this.#programsOf('boundCouponUsed', coupon).filter(
      program => !holders.some(engagement => engagement.program === program),
    )
    this.#trigger('boundCouponUsed', opportunity, coupon, at, fresh, coupon)
    return holders.length === 0 || fresh.length > 0
  }

  /** A new engagement, whose touches are to follow. */
  #claim(opportunity: number, program: number, collaborator: number): Engagement {
    const id = ++this.#lastEngagement
    const dates = { created: Number.NaN, modified: Number.NaN }
    const engagement = { id, opportunity, program, collaborator, score: 0, status: 'active' as const, ...dates }
    this.state.engagements.push(engagement)
    return engagement
  }

  #touchesOf({ id }: Engagement): Touch[] {
    return this.state.touches.filter(({ engagement }) => engagement === id)
  }

  /** What an engagement's touches make of it. */
  #sum(engagement: Engagement): void {
    const touches = this.#touchesOf(engagement)
    engagement.score = touches.reduce((sum, { points }) => sum + points, 0)
    engagement.created = Math.min(...touches.map(({ at }) => at))
    engagement.modified = Math.max(...touches.map(({ at }) => at))
  }

  /** What an engagement was at a moment; undefined where it was not there yet. */
  #asOf(engagement: Engagement, moment: number): (Claim & Candidate) | undefined {
    const touches = this.#touchesOf(engagement).filter(({ at }) => at <= moment)
    const { id, program, collaborator } = engagement
    const dates = touches.map(({ at }) => at)
    return touches.length === 0
      ? undefined
      : {
          engagement: id,
          program,
          collaborator,
          score: touches.reduce((sum, { points }) => sum + points, 0),
          first: Math.min(...dates),
          latest: Math.max(...dates),
          touches: touches.length,
          share: null,
        }
  }

  /** Leaves an engagement as it was at a moment; what came later is another's from now on. */
  #split(engagement: Engagement, moment: number): void {
    const { touches } = this.state
    const isLater = (at: number) => at > moment
    const later = this.#touchesOf(engagement).filter(({ at, applied }) => isLater(at) || applied.some(isLater))
    if (later.length === 0) return
    const { id } = this.#claim(engagement.opportunity, engagement.program, engagement.collaborator)
    for (const touch of later) {
      if (isLater(touch.at)) touch.engagement = id
      else {
        const applied = touch.applied.filter(isLater)
        touch.applied = touch.applied.filter(at => !isLater(at))
        touches.push({ ...touch, engagement: id, applied, at: Math.min(...applied) })
      }
    }
    this.#sum(engagement)
    this.#sum(this.#engagement(id))
  }

  #trade(
    { order, currency, lines, total }: { order: string; currency: string } & Basket,
    opportunity: number,
    original: number | null,
    at: number,
  ): Transaction {
    const { transactions } = this.state
    if (transactions.some(transaction => transaction.order === order)) throw new Refused('CONFLICT')
    const id = transactions.length + 1
    const transaction = { id, opportunity, original, order, total, currency, status: 'complete' as const, created: at }
    transactions.push(transaction)
    this.#baskets.set(id, { lines, total })
    return transaction
  }

  /** What the sale, or else its first renewal, was decided from under a program; undefined where neither was. */
  #recordOf(sold: Transaction, program: number): Evaluation | undefined {
    const under = (type: ConversionType, isIt: (transaction: Transaction) => boolean) =>
      this.state.evaluations.find(
        evaluation =>
          evaluation.program === program &&
          evaluation.type === type &&
          evaluation.transaction !== null &&
          // what a manager credits by hand is evaluated by itself
          !evaluation.isByHand &&
          isIt(this.state.transactions[evaluation.transaction - 1] as Transaction),
      )
    return under('sale', ({ id }) => id === sold.id) ?? under('renewal', ({ original }) => original === sold.id)
  }

  /** What happens of a sale, a lead, or, of a sale that is renewed, a renewal. */
  #convert({ opportunity, type, transaction, at, sold, open, isByHand = false }: Conversions): void {
    const isRenewal = sold !== undefined
    const moment = sold === undefined ? at : sold.created
    const engagementsOf = (program: number) =>
      this.state.engagements
        .filter(({ opportunity: of, program: under }) => of === opportunity && under === program)
        .sort((a, b) => a.collaborator - b.collaborator)
    const matching = this.programs.flatMap(({ types }, place) => {
      const program = place + 1
      if (!types.includes(type) || open?.includes(program) === false) return []
      if (isRenewal && this.#opportunity(opportunity).status === 'invalid') return []
      const record = sold && this.#recordOf(sold, program)
      const claims =
        record === undefined
          ? engagementsOf(program).flatMap(engagement =>
              engagement.status === 'active' ? (this.#asOf(engagement, moment) ?? []) : [],
            )
          : record.candidates
              .filter(({ share, engagement }) => share !== null && this.#engagement(engagement).status !== 'cancelled')
              .map((candidate): Claim & Candidate => ({ ...candidate, program, share: null }))
      claims.sort((a, b) => a.collaborator - b.collaborator)
      return claims.length === 0 ? [] : [{ program, claims, isRecorded: record !== undefined }]
    })
    const poolUnder = (program: number) =>
      poolOf(this.#rules(program), type, transaction && this.basketOf(transaction.id))
    const able = matching.flatMap(({ program, claims, isRecorded }) => {
      const { expirationDays, resolver } = this.#rules(program)
      const isActive = ({ collaborator }: Claim) => this.active[collaborator - 1] === true
      const fresh = claims.filter(({ latest }) => expirationDays === null || latest >= moment - expirationDays * DAY)
      const eligible = fresh.filter(isActive)
      if (eligible.length === 0) return []
      // who won before wins again, whatever the score, and is replaced by nobody while inactive
      if (isRecorded && !isPool(resolver)) {
        const [winner] = sharesOf(resolver, fresh, 0).keys()
        return this.active[(winner as number) - 1] ? [{ program, claims: eligible }] : []
      }
      return eligible.some(({ score }) => score > 0) ? [{ program, claims: eligible }] : []
    })
    // a program that would pay all of them nothing leaves the claims as they are
    const entrants = able.filter(({ program, claims }) =>
      [...sharesOf(this.#rules(program).resolver, claims, poolUnder(program)).values()].some(share => share > 0),
    )
    const isPassedOver = (program: number) =>
      able.some(one => one.program === program)
        ? !entrants.some(one => one.program === program)
        : poolUnder(program) === 0
    if (isByHand && entrants.length === 0) throw new Refused('VALIDATION_FAILED')
    const losers = new Set<number>()
    const group = entrants.filter(({ program }) => this.#rules(program).grouped)
    if (group.length > 1) {
      const all = group.flatMap(({ claims }) => claims)
      // those that the sale credited keep its renewals; several only where they were not in a group then
      const keepers = isRenewal ? all.filter(({ program }) => this.#isCredited(sold, program)) : []
      const decisive = keepers.length > 0 ? keepers : all
      const winner = (this.rules.sorter === 'newestBindingWins' ? newest(decisive) : oldest(decisive)).program
      for (const { program } of group) if (program !== winner) losers.add(program)
      this.#note('program_group_conversion_triggered', [
        ...group.map(({ program }) => `program ${program}`),
        `opportunity ${opportunity}`,
        ...(transaction ? [`transaction ${transaction.id}`] : []),
        ...all.map(({ collaborator }) => `collaborator ${collaborator}`),
      ])
    }
    const isThere = (engagement: Engagement) =>
      engagement.status === 'active' && this.#asOf(engagement, moment) !== undefined
    if (!isRenewal)
      for (const { program } of matching.filter(({ program }) => !isPassedOver(program)))
        for (const engagement of engagementsOf(program).filter(isThere)) {
          this.#split(engagement, moment)
          this.#become(engagement, 'pending', at)
        }
    for (const program of losers)
      for (const engagement of engagementsOf(program).filter(one => one.status === 'pending' || isThere(one))) {
        if (engagement.status === 'active') this.#split(engagement, moment)
        this.#become(engagement, 'cancelled', at)
      }
    for (const { program, claims: candidates } of matching) {
      const asOf = moment
      const transactionId = transaction?.id ?? null
      const evaluation = { opportunity, transaction: transactionId, program, type, asOf, candidates, isByHand }
      this.state.evaluations.push(evaluation)
      const claims = able.find(entrant => entrant.program === program)?.claims
      if (claims === undefined || losers.has(program)) continue
      const rules = this.#rules(program)
      const shares = sharesOf(rules.resolver, claims, poolUnder(program))
      for (const claim of claims) claim.share = shares.get(claim.collaborator) ?? null
      if (!entrants.some(entrant => entrant.program === program)) continue
      const isPercentage = rules.incentive === 'saleTransactionPercentage'
      const currency = isPercentage && transaction !== null && type !== 'lead' ? transaction.currency : 'USD'
      const waits = isRenewal && this.#isRefused(sold, program)
      const made: Conversion[] = []
      for (const claim of claims) {
        const { collaborator } = claim
        const value = shares.get(collaborator)
        if (value === undefined || value === 0) continue
        const obligation = this.#owe({ collaborator, status: 'draft', type, value, currency, created: at })
        const conversion: Conversion = {
          id: this.state.conversions.length + 1,
          engagement: claim.engagement,
          collaborator,
          score: claim.score,
          transaction: transaction?.id ?? null,
          obligation: obligation.id,
          type,
          status: 'pending',
          created: at,
        }
        this.state.conversions.push(conversion)
        made.push(conversion)
        const links = [`conversion ${conversion.id}`, `collaborator ${collaborator}`, `engagement ${claim.engagement}`]
        const about = transaction === null ? [] : [`transaction ${transaction.id}`]
        const under = [`program ${program}`, `opportunity ${opportunity}`]
        this.#note('obligation_issued', [
          `obligation ${obligation.id}`,
          `collaborator ${collaborator}`,
          `conversion ${conversion.id}`,
        ])
        if (isRenewal) this.#note('conversion_renewed', [...links, ...about])
        else {
          this.#note('conversion_awarded', [...links, ...under, ...about])
          this.#note('engagement_awarded', [
            `engagement ${claim.engagement}`,
            `collaborator ${collaborator}`,
            ...under,
            ...about,
          ])
        }
        if (rules.autoApprove && !waits) this.#approve(conversion)
      }
      if (isRenewal)
        this.#note('renewed_conversions_awarded', [
          `program ${program}`,
          `transaction ${transaction?.id}`,
          ...made.flatMap(({ id, collaborator }) => [`conversion ${id}`, `collaborator ${collaborator}`]),
        ])
      else
        for (const engagement of engagementsOf(program))
          if (engagement.status === 'pending') this.#become(engagement, 'complete', at)
    }
  }

  /** Whether a sale was credited under a program. */
  #isCredited(sold: Transaction, program: number): boolean {
    return this.state.evaluations.some(
      evaluation =>
        evaluation.transaction === sold.id &&
        evaluation.program === program &&
        !evaluation.isByHand &&
        evaluation.candidates.some(({ share }) => share !== null && share > 0),
    )
  }

  /** Whether a manager rejected what a sale, or a renewal of it, was credited with under a program. */
  #isRefused(sold: Transaction, program: number): boolean {
    return this.state.conversions.some(({ id, transaction, engagement }) => {
      const of = transaction === null ? undefined : this.state.transactions[transaction - 1]
      const isTheirs = of?.id === sold.id || of?.original === sold.id
      return isTheirs && this.#refusedByHand.has(id) && this.#engagement(engagement).program === program
    })
  }

  #expectAfter({ created }: { readonly created: number }, at: number): void {
    if (at < created) throw new Refused('VALIDATION_FAILED')
  }

  #owe(owed: Omit<Obligation, 'id' | 'payout'>): Obligation {
    const obligation: Obligation = { id: this.state.obligations.length + 1, payout: null, ...owed }
    this.state.obligations.push(obligation)
    return obligation
  }

  #approve(conversion: Conversion): void {
    conversion.status = 'approved'
    const obligation = this.#obligation(conversion.obligation)
    if (obligation.status === 'draft') obligation.status = 'pending'
    this.#note('conversion_approved', this.#reviewed(conversion))
  }

  #reject(conversion: Conversion): void {
    conversion.status = 'rejected'
    const obligation = this.#obligation(conversion.obligation)
    if (obligation.status !== 'complete') obligation.status = 'rejected'
    this.#note('conversion_rejected', this.#reviewed(conversion))
  }

  #reviewed({ id, collaborator, obligation, transaction }: Conversion): string[] {
    return [
      `conversion ${id}`,
      `collaborator ${collaborator}`,
      `obligation ${obligation}`,
      ...(transaction === null ? [] : [`transaction ${transaction}`]),
    ]
  }

  #fulfill(ids: readonly number[] | undefined, at: number): void {
    const { obligations, fulfillments, payouts, conversions } = this.state
    const owed = obligations.filter(({ id, status }) => (ids === undefined ? status === 'pending' : ids.includes(id)))
    if (ids !== undefined && (owed.length < new Set(ids).size || owed.some(({ status }) => status !== 'pending')))
      throw new Refused('VALIDATION_FAILED')
    for (const obligation of owed) this.#expectAfter(obligation, at)
    if (owed.length === 0) return
    const fulfillment: Fulfillment = { id: fulfillments.length + 1, status: 'processing', created: at }
    fulfillments.push(fulfillment)
    this.#note('fulfillment_created', [`fulfillment ${fulfillment.id}`])
    const made: Payout[] = []
    const isFor = (one: { collaborator: number; currency: string }, other: typeof one) =>
      one.collaborator === other.collaborator && one.currency === other.currency
    const order = (one: Obligation, other: Obligation) =>
      one.collaborator - other.collaborator || (one.currency < other.currency ? -1 : 1)
    for (const { collaborator, currency } of [...owed].sort(order)) {
      if (made.some(one => isFor(one, { collaborator, currency }))) continue
      const id = payouts.length + 1
      const terms = { fulfillment: fulfillment.id, collaborator, currency, created: at }
      const payout: Payout = { id, value: 0, status: 'unpaid', ...terms }
      payouts.push(payout)
      made.push(payout)
    }
    for (const obligation of owed) {
      const { collaborator, currency, value } = obligation
      const payout = made.find(one => isFor(one, { collaborator, currency })) as Payout
      payout.value += value
      obligation.status = 'complete'
      obligation.payout = payout.id
      const conversion = conversions.find(({ obligation: of }) => of === obligation.id)
      this.#note('obligation_completed', [
        `obligation ${obligation.id}`,
        `payout ${payout.id}`,
        `fulfillment ${fulfillment.id}`,
        `collaborator ${collaborator}`,
        ...(conversion ? [`conversion ${conversion.id}`] : []),
      ])
    }
    for (const payout of made) this.#note('payout_created', this.#linksOf(payout))
    this.#note('fulfillment_status_changed', [`fulfillment ${fulfillment.id}`])
  }

  #linksOf({ id, collaborator, fulfillment }: Payout): string[] {
    const settled = this.state.obligations.filter(({ payout }) => payout === id)
    return [
      `payout ${id}`,
      `collaborator ${collaborator}`,
      `fulfillment ${fulfillment}`,
      ...settled.map(({ id }) => `obligation ${id}`),
    ]
  }

  /** The revenue that distributions have shared a part of. */
  #shared = 0n

  #distribute(at: number): void {
    const { isEven, percent, members } = this.rules.distributor
    const { distributions, transactions, conversions } = this.state
    const since = Math.max(this.rules.start, ...distributions.map(({ created }) => created))
    const isInTime = ({ created }: { created: number }) => created > since && created <= at
    let revenue = -this.#shared
    for (const { status, currency, created, total } of transactions)
      if (status === 'complete' && currency === 'USD' && created > this.rules.start && created <= at)
        revenue += BigInt(total)
    // what was refunded after it was shared is taken off the next time
    if (revenue < 0n) revenue = 0n
    const value = halfUp(revenue * BigInt(percent), 1_000_000n)
    const scoreOf = (member: number) => {
      let score = 0
      for (const conversion of conversions)
        if (conversion.collaborator === member && conversion.status !== 'rejected' && isInTime(conversion))
          score += conversion.score
      return score
    }
    const claims = members
      .filter(place => this.active[place])
      .map(place => place + 1)
      .map(collaborator => ({
        collaborator,
        score: isEven ? 1 : scoreOf(collaborator),
        program: 0,
        first: 0,
        latest: 0,
      }))
    const distribution = { id: distributions.length + 1, value, created: at }
    distributions.push(distribution)
    const own = [`distribution ${distribution.id}`, 'distributor 1']
    this.#note('distribution_completed', own)
    const shares = sharesOf(isEven ? 'evenlySharedPool' : 'performanceWeightedPool', claims, value)
    // what nobody gets a share of is left for the next time
    if ([...shares.values()].some(share => share > 0)) this.#shared += revenue
    for (const [collaborator, share] of shares) {
      if (share === 0) continue
      const kind = { type: 'allocation', currency: 'USD', status: 'pending', created: at } as const
      const owed = { ...kind, collaborator, value: share }
      const links = [`collaborator ${collaborator}`, `obligation ${this.#owe(owed).id}`]
      this.#note('allocation_completed', [...own, ...links])
      this.#note('obligation_issued', [`distribution ${distribution.id}`, ...links])
    }
  }

  #become(engagement: Engagement, status: Engagement['status'], at: number): void {
    engagement.status = status
    engagement.modified = Math.max(engagement.modified, at)
  }

  #note(key: string, links: readonly string[]): void {
    this.state.notes.push({ key, links: [...new Set(links)] })
  }

  #rules(program: number): ProgramRules {
    return this.programs[program - 1] as ProgramRules
  }

  #expectCollaborator(id: number): void {
    if (id > this.active.length) throw new Refused('VALIDATION_FAILED')
  }

  #opportunity(id: number): Opportunity {
    return this.state.opportunities[id - 1] as Opportunity
  }

  #engagement(id: number): Engagement {
    return this.state.engagements.find(engagement => engagement.id === id) as Engagement
  }

  #active(opportunity: number, program: number, collaborator: number): Engagement | undefined {
    return this.state.engagements.find(
      engagement =>
        engagement.opportunity === opportunity &&
        engagement.program === program &&
        engagement.collaborator === collaborator &&
        engagement.status === 'active',
    )
  }

  #conversion(id: number): Conversion {
    const conversion = this.state.conversions[id - 1]
    if (conversion === undefined) throw new Refused('NOT_FOUND')
    return conversion
  }

  #obligation(id: number): Obligation {
    return this.state.obligations[id - 1] as Obligation
  }
}

interface Conversions {
  readonly opportunity: number
  readonly type: ConversionType
  readonly transaction: Transaction | null
  readonly at: number
  /** Of a renewal, the sale. */
  readonly sold?: Transaction
  /** The programs that may pay; all, unless it is said. */
  readonly open?: readonly number[]
  readonly isByHand?: boolean
}

interface Customer {
  readonly tracking?: number
  readonly user?: string
}

/** Whom a userId is of, if it is anybody's. */
const identityOf = (user: string | undefined): string | undefined =>
  user === undefined || /^\s*(undefined|null|none|nan|\[object object\]|guest|anonymous|0|-\d+)?\s*$/i.test(user)
    ? undefined
    : user

/** Whether an opportunity is known to be another customer's. */
const isOthers = (opportunity: Opportunity, user: string | undefined): boolean =>
  user !== undefined && opportunity.user !== null && opportunity.user !== user

const FULFILLMENT: Readonly<Record<Fulfillment['status'], readonly Fulfillment['status'][]>> = {
  pending: ['processing', 'complete', 'failed'],
  processing: ['complete', 'failed'],
  failed: ['processing'],
  complete: [],
}

/** What makes a delivery and its repetitions one: the sender's key, and the order's own number. */
const namesOf = ({ payload, key }: Delivery): string[] =>
  [key === undefined ? undefined : `key ${key}`, ownNameOf(payload)].filter(name => name !== undefined)

const ownNameOf = (payload: Payload): string | undefined => {
  if (payload.slug === 'sale' || payload.slug === 'renewal' || payload.slug === 'refund')
    return `${payload.slug} ${payload.order}`
  return payload.slug === 'lead' && payload.form !== undefined ? `lead ${payload.form}` : undefined
}

/** What is sent as an order's total. */
export const totalOf = (lines: readonly Line[]): number =>
  Math.max(
    0,
    lines.reduce((sum, { value, quantity }) => sum + value * quantity, 0),
  )
