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
  /** Which collaborators are active. */
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

/** What may be sent; ids are the model's, places from 1 in the order in which records came about. */
export type Payload =
  | { slug: 'site-visited'; collaborator: number; tracking?: number; user?: string }
  | { slug: 'coupon-applied'; coupon: number; tracking?: number; user?: string }
  | { slug: 'sale'; order: string; currency: string; lines: readonly Line[]; tracking?: number; user?: string }
  | { slug: 'lead'; form?: string; tracking?: number; user?: string }
  | { slug: 'renewal'; order: string; original: string; currency: string; lines: readonly Line[] }
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
}
export interface Engagement {
  id: number
  opportunity: number
  program: number
  collaborator: number
  score: number
  status: 'active' | 'pending' | 'complete' | 'cancelled'
  created: number
  modified: number
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
}
export interface Fulfillment {
  id: number
  status: 'pending' | 'processing' | 'complete' | 'failed'
}
export interface Payout {
  id: number
  fulfillment: number
  collaborator: number
  value: number
  currency: string
  status: 'unpaid' | 'paid'
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
  transactions: Transaction[]
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

/** A whole program's reward, from the rules and what was sold. */
export const poolOf = (rules: ProgramRules, type: ConversionType, lines: readonly Line[] | null): number => {
  const sold = type === 'lead' ? null : lines
  switch (rules.incentive) {
    case 'fixedPerLead':
      return type === 'lead' ? rules.rate : 0
    case 'fixedPerTransaction':
      return sold === null ? 0 : rules.rate
    case 'fixedPerProduct': {
      let products = 0
      for (const line of sold ?? []) if (line.type === 'product') products += line.quantity
      return products * rules.rate
    }
    case 'saleTransactionPercentage': {
      let sum = 0n
      for (const { type, value, quantity } of sold ?? [])
        if (type === 'product' || type === 'discount') sum += BigInt(value * quantity)
      return sum < 0n ? 0 : halfUp(sum * BigInt(rules.rate), 1_000_000n)
    }
  }
}

const halfUp = (numerator: bigint, denominator: bigint): number =>
  Number((numerator * 2n + denominator) / (denominator * 2n))

type Claim = Pick<Engagement, 'id' | 'score' | 'created' | 'modified'>

/** What each claim gets of a pool; who gets no conversion is left out. */
export const sharesOf = (resolver: Resolver, claims: readonly Claim[], pool: number): Map<number, number> => {
  const best = (isBetter: (one: Claim, other: Claim) => boolean) => {
    let [winner] = claims as [Claim]
    for (const claim of claims) if (isBetter(claim, winner)) winner = claim
    return new Map([[winner.id, pool]])
  }
  const isNewer = (a: Claim, b: Claim) => a.modified > b.modified || (a.modified === b.modified && a.id > b.id)
  const isOlder = (a: Claim, b: Claim) => a.created < b.created || (a.created === b.created && a.id < b.id)
  const sharers = claims.filter(({ score }) => score > 0).sort((a, b) => a.id - b.id)
  switch (resolver) {
    case 'newestBindingWins':
      return best(isNewer)
    case 'oldestBindingWins':
      return best(isOlder)
    case 'topScoreWins':
      return best((a, b) => a.score > b.score || (a.score === b.score && isOlder(a, b)))
    case 'evenlySharedPool':
      return new Map(sharers.map(({ id }) => [id, Math.floor(pool / sharers.length)]))
    case 'performanceWeightedPool': {
      const scores = sharers.map(({ score }) => BigInt(score))
      const total = scores.reduce((sum, score) => sum + score, 0n)
      const exact = sharers.map(({ id }, at) => ({ id, units: BigInt(pool) * (scores[at] as bigint) }))
      const shares = new Map(exact.map(({ id, units }) => [id, Number(units / total)]))
      let left = pool - [...shares.values()].reduce((sum, share) => sum + share, 0)
      const rest = ({ units }: { units: bigint }) => Number(units % total)
      for (const { id } of [...exact].sort((a, b) => rest(b) - rest(a) || a.id - b.id))
        if (left-- > 0) shares.set(id, (shares.get(id) as number) + 1)
      return shares
    }
  }
}

export class Model {
  state: State = {
    opportunities: [],
    engagements: [],
    transactions: [],
    conversions: [],
    obligations: [],
    fulfillments: [],
    payouts: [],
    distributions: [],
    notes: [],
  }
  /** All points that were ever given, and what for. */
  readonly points: { opportunity: number; program: number; collaborator: number; points: number }[] = []
  #taken = new Map<string, { payload: Payload; named: number | undefined; outcome: { opportunity: number | null } }>()
  /** When each record came about, by `kind id`. */
  readonly #begun = new Map<string, number>()
  readonly #lines = new Map<number, readonly Line[]>()
  #lastEngagement = 0

  constructor(readonly rules: Rules) {}

  /** Takes an event in, or leaves everything as it was. */
  deliver(delivery: Delivery): Outcome {
    const names = namesOf(delivery)
    const known = names.map(name => this.#taken.get(name)).filter(found => found !== undefined)
    const [first] = known
    if (first !== undefined) {
      if (known.some(({ payload }) => !isDeepStrictEqual(payload, delivery.payload))) return { refused: 'CONFLICT' }
      const hasOwnName = names.some(name => !name.startsWith('key '))
      const isOf = (named: number | undefined) => (named === undefined ? undefined : this.survivor(named))
      if (!hasOwnName && isOf(first.named) !== isOf(delivery.named)) return { refused: 'CONFLICT' }
      for (const name of names) this.#taken.set(name, first)
      return first.outcome
    }
    const [before, points, last] = [structuredClone(this.state), this.points.length, this.#lastEngagement]
    try {
      const outcome = { opportunity: this.#take(delivery) }
      const { payload, named, at } = delivery
      for (const name of names) this.#taken.set(name, { payload, named, outcome })
      for (const kind of BEGUN)
        for (const { id } of this.state[kind].slice(before[kind].length)) this.#begun.set(`${kind} ${id}`, at)
      return outcome
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.state = before
      this.points.length = points
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
  linesOf(transaction: number): readonly Line[] | null {
    return this.#lines.get(transaction) ?? null
  }

  /** An event about a record cannot come before it. */
  #expectSince(kind: (typeof BEGUN)[number], id: number, at: number): void {
    if (at < (this.#begun.get(`${kind} ${id}`) as number)) throw new Refused('VALIDATION_FAILED')
  }

  #take({ payload, named, at }: Delivery): number | null {
    switch (payload.slug) {
      case 'site-visited': {
        this.#expectCollaborator(payload.collaborator)
        const opportunity = this.#findOrOpen(payload, named)
        this.#trigger('referredSiteVisit', opportunity.id, payload.collaborator, at)
        return opportunity.id
      }
      case 'coupon-applied': {
        const opportunity = this.#findOrOpen(payload, named)
        const owner = payload.coupon
        if (owner >= 1 && owner <= this.rules.active.length) {
          this.#note('coupon_applied', [`opportunity ${opportunity.id}`, `collaborator ${owner}`])
          this.#trigger('boundCouponUsed', opportunity.id, owner, at)
        }
        return opportunity.id
      }
      case 'sale': {
        const opportunity = this.#findActive(payload, named)
        const transaction = this.#trade(payload, opportunity.id, null, at)
        this.#convert(opportunity.id, 'sale', transaction, this.#bindings(opportunity.id, 'sale'), at)
        return opportunity.id
      }
      case 'lead': {
        const opportunity = this.#findActive(payload, named)
        const isRecent = (program: number, days: number | null) =>
          days !== null &&
          this.state.conversions.some(({ type, status, engagement, created }) => {
            const of = this.#engagement(engagement)
            return (
              type === 'lead' &&
              status !== 'rejected' &&
              of.opportunity === opportunity.id &&
              of.program === program &&
              created > at - days * DAY
            )
          })
        const bindings = this.#bindings(opportunity.id, 'lead').filter(
          ({ program }) => !isRecent(program, this.#rules(program).requalificationDays),
        )
        this.#convert(opportunity.id, 'lead', null, bindings, at)
        return opportunity.id
      }
      case 'renewal': {
        const sold = this.state.transactions.find(({ order }) => order === payload.original)
        if (sold === undefined) throw new Refused('NOT_FOUND')
        const root = sold.original === null ? sold : (this.state.transactions[sold.original - 1] as Transaction)
        for (const { id } of [sold, root]) this.#expectSince('transactions', id, at)
        const opportunity = this.survivor(root.opportunity)
        const transaction = this.#trade(payload, opportunity, root.id, at)
        const all = this.state.engagements.filter(
          ({ opportunity: of, program, status }) =>
            of === opportunity &&
            this.state.opportunities[opportunity - 1]?.status !== 'invalid' &&
            status !== 'cancelled' &&
            this.#rules(program).types.includes('renewal'),
        )
        const family = this.state.transactions.filter(({ id, original }) => id === root.id || original === root.id)
        const credited = all.filter(({ id }) =>
          this.state.conversions.some(
            ({ engagement, transaction: of }) => engagement === id && family.some(({ id }) => id === of),
          ),
        )
        const bindings = all.filter(
          binding =>
            credited.includes(binding) ||
            (!credited.some(({ program }) => program === binding.program) &&
              binding.status === 'active' &&
              binding.created <= root.created),
        )
        this.#convert(opportunity, 'renewal', transaction, bindings, at, root.created)
        return opportunity
      }
      case 'refund': {
        const transaction = this.state.transactions.find(({ order }) => order === payload.order)
        if (transaction === undefined) throw new Refused('NOT_FOUND')
        this.#expectSince('transactions', transaction.id, at)
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
        this.#expectSince('transactions', transaction.id, at)
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
        const opportunity = this.#open(null)
        this.#note('manual_attribution_requested', [
          `transaction ${transaction.id}`,
          `collaborator ${collaborator}`,
          `opportunity ${opportunity.id}`,
        ])
        this.#trigger('manual', opportunity.id, collaborator, at, open)
        this.#convert(opportunity.id, type, transaction, this.#bindings(opportunity.id, type), at)
        return opportunity.id
      }
      case 'conversion-approved': {
        const conversion = this.#conversion(payload.conversion)
        this.#expectSince('conversions', conversion.id, at)
        if (conversion.status === 'rejected') throw new Refused('CONFLICT')
        if (conversion.status === 'pending') this.#approve(conversion)
        return null
      }
      case 'conversion-rejected': {
        const conversion = this.#conversion(payload.conversion)
        this.#expectSince('conversions', conversion.id, at)
        if (conversion.status !== 'rejected') this.#reject(conversion)
        return null
      }
      case 'opportunity-invalidated': {
        if (payload.opportunity > this.state.opportunities.length) throw new Refused('NOT_FOUND')
        const opportunity = this.#opportunity(this.survivor(payload.opportunity))
        this.#expectSince('opportunities', opportunity.id, at)
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
        this.#expectSince('fulfillments', fulfillment.id, at)
        if (fulfillment.status === payload.status) return null
        if (!FULFILLMENT[fulfillment.status].includes(payload.status)) throw new Refused('CONFLICT')
        fulfillment.status = payload.status
        this.#note('fulfillment_status_changed', [`fulfillment ${fulfillment.id}`])
        return null
      }
      case 'payout-paid': {
        const payout = this.state.payouts[payload.payout - 1]
        if (payout === undefined) throw new Refused('NOT_FOUND')
        this.#expectSince('payouts', payout.id, at)
        if (payout.status === 'paid') return null
        payout.status = 'paid'
        this.#note('payout_paid', this.#linksOf(payout))
        return null
      }
      case 'distribution-completed':
        if (at < this.rules.start) throw new Refused('VALIDATION_FAILED')
        this.#distribute(at)
        return null
    }
  }

  #findOrOpen({ tracking, user }: Customer, header: number | undefined): Opportunity {
    const named = this.#named(tracking ?? header)
    if (named?.status === 'active' && (user === undefined || named.user === null || named.user === user))
      return this.#identified(named, user)
    return this.#own(user) ?? this.#open(user ?? null)
  }

  #findActive({ tracking, user }: Customer, header: number | undefined): Opportunity {
    const name = tracking ?? header
    const found = name === undefined ? this.#own(user) : this.#named(name)
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

  #open(user: string | null): Opportunity {
    const { opportunities } = this.state
    const opportunity: Opportunity = { id: opportunities.length + 1, user, status: 'active', mergedInto: null }
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
      kept.score += gone.score
      kept.created = Math.min(kept.created, gone.created)
      kept.modified = Math.max(kept.modified, gone.modified)
      state.engagements.splice(state.engagements.indexOf(gone), 1)
      for (const conversion of state.conversions) if (conversion.engagement === gone.id) conversion.engagement = kept.id
      for (const note of state.notes)
        note.links = note.links.map(link => (link === `engagement ${gone.id}` ? `engagement ${kept.id}` : link))
    }
    for (const transaction of state.transactions)
      if (transaction.opportunity === anonymous.id) transaction.opportunity = own.id
    for (const opportunity of state.opportunities)
      if (opportunity.mergedInto === anonymous.id) opportunity.mergedInto = own.id
    anonymous.status = 'inactive'
    anonymous.mergedInto = own.id
    return own
  }

  #programsOf(trigger: Trigger, collaborator: number): number[] {
    return this.rules.programs.flatMap(({ points, members }, at) =>
      this.rules.active[collaborator - 1] && points[trigger] !== undefined && members.includes(collaborator - 1)
        ? [at + 1]
        : [],
    )
  }

  #trigger(
    trigger: Trigger,
    opportunity: number,
    collaborator: number,
    at: number,
    programs = this.#programsOf(trigger, collaborator),
  ): void {
    for (const program of programs) {
      const points = this.#rules(program).points[trigger] as number
      this.points.push({ opportunity, program, collaborator, points })
      const there = this.#active(opportunity, program, collaborator)
      if (there === undefined) {
        const id = ++this.#lastEngagement
        const engagement = { id, opportunity, program, collaborator, score: points, created: at, modified: at }
        this.state.engagements.push({ ...engagement, status: 'active' })
      } else {
        there.score += points
        there.modified = Math.max(there.modified, at)
      }
    }
  }

  #trade(
    { order, currency, lines }: { order: string; currency: string; lines: readonly Line[] },
    opportunity: number,
    original: number | null,
    at: number,
  ): Transaction {
    const { transactions } = this.state
    if (transactions.some(transaction => transaction.order === order)) throw new Refused('CONFLICT')
    const id = transactions.length + 1
    const total = totalOf(lines)
    const transaction = { id, opportunity, original, order, total, currency, status: 'complete' as const, created: at }
    transactions.push(transaction)
    this.#lines.set(id, lines)
    return transaction
  }

  #bindings(opportunity: number, type: ConversionType): Engagement[] {
    return this.state.engagements.filter(
      ({ opportunity: of, program, status }) =>
        of === opportunity && status === 'active' && this.#rules(program).types.includes(type),
    )
  }

  #convert(
    opportunity: number,
    type: ConversionType,
    transaction: Transaction | null,
    bindings: readonly Engagement[],
    at: number,
    soldAt?: number,
  ): void {
    const isRenewal = soldAt !== undefined
    const matching = [...new Set(bindings.map(({ program }) => program))].sort((a, b) => a - b)
    const entrants = matching
      .map(program => {
        const { expirationDays } = this.#rules(program)
        const fresh = bindings
          .filter(
            binding =>
              binding.program === program &&
              (expirationDays === null || binding.modified >= (soldAt ?? at) - expirationDays * DAY),
          )
          // as they are now: they will have been changed when the pool is divided
          .map(binding => ({ ...binding }))
        return { program, claims: fresh.some(({ score }) => score > 0) ? fresh : [] }
      })
      .filter(({ claims }) => claims.length > 0)
    const losers = new Set<number>()
    const group = entrants.filter(({ program }) => this.#rules(program).grouped)
    if (group.length > 1) {
      const all = group.flatMap(({ claims }) => claims)
      const [decided] = sharesOf(this.rules.sorter, all, 1).keys()
      const winner = all.find(({ id }) => id === decided)?.program
      for (const { program } of group) if (program !== winner) losers.add(program)
      this.#note('program_group_conversion_triggered', [
        ...group.map(({ program }) => `program ${program}`),
        `opportunity ${opportunity}`,
        ...(transaction ? [`transaction ${transaction.id}`] : []),
        ...all.map(({ collaborator }) => `collaborator ${collaborator}`),
      ])
    }
    const all = (program: number) =>
      this.state.engagements.filter(({ opportunity: of, program: under }) => of === opportunity && under === program)
    if (!isRenewal)
      for (const program of matching)
        for (const engagement of all(program))
          if (engagement.status === 'active') this.#become(engagement, 'pending', at)
    for (const program of losers)
      for (const engagement of all(program))
        if (engagement.status === 'active' || engagement.status === 'pending') this.#become(engagement, 'cancelled', at)
    for (const { program, claims } of entrants) {
      if (losers.has(program)) continue
      const rules = this.#rules(program)
      const pool = poolOf(rules, type, transaction && this.linesOf(transaction.id))
      const shares = sharesOf(rules.resolver, claims, pool)
      const isPercentage = rules.incentive === 'saleTransactionPercentage'
      const currency = isPercentage && transaction !== null && type !== 'lead' ? transaction.currency : 'USD'
      const made: Conversion[] = []
      for (const claim of [...claims].sort((a, b) => a.id - b.id)) {
        const value = shares.get(claim.id)
        if (value === undefined) continue
        const { collaborator } = claim
        const obligation = this.#owe({ collaborator, status: 'draft', type, value, currency })
        const conversion: Conversion = {
          id: this.state.conversions.length + 1,
          engagement: claim.id,
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
        const links = [`conversion ${conversion.id}`, `collaborator ${collaborator}`, `engagement ${claim.id}`]
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
            `engagement ${claim.id}`,
            `collaborator ${collaborator}`,
            ...under,
            ...about,
          ])
        }
        if (rules.autoApprove) this.#approve(conversion)
      }
      if (isRenewal)
        this.#note('renewed_conversions_awarded', [
          `program ${program}`,
          `transaction ${transaction?.id}`,
          ...made.flatMap(({ id, collaborator }) => [`conversion ${id}`, `collaborator ${collaborator}`]),
        ])
      else
        for (const engagement of all(program))
          if (engagement.status === 'pending') this.#become(engagement, 'complete', at)
    }
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
    for (const { id } of owed) this.#expectSince('obligations', id, at)
    if (owed.length === 0) return
    const fulfillment: Fulfillment = { id: fulfillments.length + 1, status: 'processing' }
    fulfillments.push(fulfillment)
    this.#note('fulfillment_created', [`fulfillment ${fulfillment.id}`])
    const made: Payout[] = []
    for (const obligation of owed) {
      const { collaborator, currency, value } = obligation
      let payout = made.find(one => one.collaborator === collaborator && one.currency === currency)
      if (payout === undefined) {
        const id = payouts.length + 1
        payout = { id, fulfillment: fulfillment.id, collaborator, currency, value: 0, status: 'unpaid' }
        payouts.push(payout)
        made.push(payout)
      }
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
      .filter(at => this.rules.active[at])
      .map(at => ({ id: at + 1, score: isEven ? 1 : scoreOf(at + 1), created: 0, modified: 0 }))
      .sort((a, b) => a.id - b.id)
    const distribution = { id: distributions.length + 1, value, created: at }
    distributions.push(distribution)
    const own = [`distribution ${distribution.id}`, 'distributor 1']
    this.#note('distribution_completed', own)
    const shares = sharesOf(isEven ? 'evenlySharedPool' : 'performanceWeightedPool', claims, value)
    // what nobody gets a share of is left for the next time
    if ([...shares.values()].some(share => share > 0)) this.#shared += revenue
    for (const [collaborator, share] of shares) {
      if (share === 0) continue
      const owed = { collaborator, status: 'pending', type: 'allocation', value: share, currency: 'USD' } as const
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
    return this.rules.programs[program - 1] as ProgramRules
  }

  #expectCollaborator(id: number): void {
    if (id > this.rules.active.length) throw new Refused('VALIDATION_FAILED')
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

interface Customer {
  readonly tracking?: number
  readonly user?: string
}

/** Records that events are about. */
const BEGUN = ['opportunities', 'transactions', 'conversions', 'obligations', 'fulfillments', 'payouts'] as const

const FULFILLMENT: Readonly<Record<Fulfillment['status'], readonly Fulfillment['status'][]>> = {
  pending: ['processing', 'complete', 'failed'],
  processing: ['complete', 'failed'],
  failed: ['processing'],
  complete: [],
}

/** What makes a delivery and its repetitions one: the sender's key, and the order's own number. */
const namesOf = ({ payload, key }: Delivery): string[] => {
  const names = key === undefined ? [] : [`key ${key}`]
  if (payload.slug === 'sale' || payload.slug === 'renewal' || payload.slug === 'refund')
    names.push(`${payload.slug} ${payload.order}`)
  if (payload.slug === 'lead' && payload.form !== undefined) names.push(`lead ${payload.form}`)
  return names
}

/** What is sent as an order's total. */
export const totalOf = (lines: readonly Line[]): number =>
  Math.max(
    0,
    lines.reduce((sum, { value, quantity }) => sum + value * quantity, 0),
  )
