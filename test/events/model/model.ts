import { isDeepStrictEqual } from 'node:util'
import { wholeOf, withoutAll, withoutAmount, withoutItems } from './lines.ts'
import { distribute, expectAfter, fulfill, linksOf, payoutLinks, write } from './payouts.ts'
import {
  type Basket,
  type Candidate,
  type Claim,
  type Conversion,
  type ConversionType,
  type Delivery,
  type Engagement,
  type Evaluation,
  type Fulfillment,
  type Left,
  type Obligation,
  type Opportunity,
  type Outcome,
  type Part,
  type Payload,
  type ProgramRules,
  Refused,
  type Rules,
  type Standing,
  type State,
  type Touch,
  type Transaction,
  type Trigger,
} from './records.ts'
import { first, isPool, newest, oldest, poolOf, sharesOf } from './shares.ts'

// What should become of events, said a second time and as simply as possible, to compare the gateway with. It knows nothing
// of `src/`: all is in memory, and nothing happens at the same time as anything else.

const DAY = 86_400_000

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
  /** What the collaborators are now. */
  readonly standings: Standing[]
  /** Whether what was paid may be owed back. */
  clawback = true
  #taken = new Map<string, { payload: Payload; named: number | undefined; outcome: { opportunity: number | null } }>()
  #lastEngagement = 0

  constructor(readonly rules: Rules) {
    this.programs = [...(rules.programs ?? [])]
    this.standings = [...(rules.standings ?? [])]
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
        if (owner >= 1 && owner <= this.standings.length) {
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
        this.#refund(transaction, payload, at)
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
        if (payload.clawback && !this.clawback) throw new Refused('CONFLICT')
        if (conversion.status !== 'rejected') {
          this.#reject(conversion)
          conversion.isRejectedByHand = true
        }
        if (payload.clawback) this.#owe(conversion, -this.#owed(conversion), at)
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
        fulfill(this.state, payload.obligations, place => this.standings[place - 1] === 'gone', at)
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
        this.#note('payout_paid', payoutLinks(this.state, payout))
        return null
      }
      case 'payout-unpaid': {
        const payout = this.state.payouts[payload.payout - 1]
        if (payout === undefined) throw new Refused('NOT_FOUND')
        this.#expectAfter(payout, at)
        if (payout.status === 'unpaid') return null
        payout.status = 'unpaid'
        this.#note('payout_unpaid', payoutLinks(this.state, payout))
        return null
      }
      case 'distribution-completed':
        distribute(this.state, this.rules, place => this.#isActive(place), at)
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
      this.#isActive(collaborator) && points[trigger] !== undefined && members.includes(collaborator - 1)
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
    const transaction: Transaction = {
      ...{ id, opportunity, original, order, total, currency },
      ...{ refunded: 0, status: 'complete', created: at, left: wholeOf({ lines, total }) },
    }
    transactions.push(transaction)
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
    const poolUnder = (program: number) => poolOf(this.#rules(program), type, transaction?.left ?? null)
    const able = matching.flatMap(({ program, claims, isRecorded }) => {
      const { expirationDays, resolver } = this.#rules(program)
      const isActive = ({ collaborator }: Claim) => this.#isActive(collaborator)
      const fresh = claims.filter(({ latest }) => expirationDays === null || latest >= moment - expirationDays * DAY)
      const eligible = fresh.filter(isActive)
      if (eligible.length === 0) return []
      // who won before wins again, whatever the score, and is replaced by nobody while inactive
      if (isRecorded && !isPool(resolver)) {
        const [winner] = sharesOf(resolver, fresh, 0).keys()
        return this.#isActive(winner as number) ? [{ program, claims: eligible }] : []
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
    }
    const isThere = (engagement: Engagement) =>
      engagement.status === 'active' && this.#asOf(engagement, moment) !== undefined
    if (!isRenewal)
      for (const { program } of matching.filter(({ program }) => !isPassedOver(program)))
        for (const engagement of engagementsOf(program).filter(isThere)) {
          this.#split(engagement, moment)
          this.#become(engagement, 'pending', at)
        }
    const lost = [...losers].flatMap(program =>
      engagementsOf(program).filter(one => one.status === 'pending' || isThere(one)),
    )
    for (const engagement of lost) {
      if (engagement.status === 'active') this.#split(engagement, moment)
      this.#become(engagement, 'cancelled', at)
    }
    if (losers.size > 0)
      this.#note('program_group_conversion_triggered', [
        ...group.flatMap(({ program, claims }) => [
          `program ${program}`,
          ...claims.map(({ collaborator }) => `collaborator ${collaborator}`),
        ]),
        `opportunity ${opportunity}`,
        ...(transaction ? [`transaction ${transaction.id}`] : []),
        ...lost.flatMap(({ id, collaborator }) => [`engagement ${id}`, `collaborator ${collaborator}`]),
      ])
    for (const { program, claims: candidates } of matching) {
      const asOf = moment
      const transactionId = transaction?.id ?? null
      const made: number[] = []
      const evaluation: Evaluation = {
        ...{ opportunity, transaction: transactionId, program, type, asOf, candidates, isByHand },
        ...{ rules: this.#rules(program), conversions: made },
      }
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
      for (const claim of claims) {
        const { collaborator } = claim
        const value = shares.get(collaborator)
        if (value === undefined || value === 0) continue
        const id = this.state.conversions.length + 1
        const { obligations } = this.state
        const obligation: Obligation = {
          ...{ id: obligations.length + 1, collaborator, conversion: id, status: 'draft', payout: null },
          ...{ type, value, currency, created: at },
        }
        obligations.push(obligation)
        const conversion: Conversion = {
          id,
          engagement: claim.engagement,
          collaborator,
          score: claim.score,
          transaction: transaction?.id ?? null,
          obligation: obligation.id,
          type,
          status: 'pending',
          created: at,
          isRejectedByHand: false,
        }
        this.state.conversions.push(conversion)
        made.push(id)
        const links = [`conversion ${conversion.id}`, `collaborator ${collaborator}`, `engagement ${claim.engagement}`]
        const about = transaction === null ? [] : [`transaction ${transaction.id}`]
        const under = [`program ${program}`, `opportunity ${opportunity}`]
        this.#note('obligation_issued', linksOf(obligation))
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
          ...made.flatMap(id => [`conversion ${id}`, `collaborator ${this.#conversion(id).collaborator}`]),
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
    return this.state.conversions.some(({ transaction, engagement, isRejectedByHand }) => {
      const of = transaction === null ? undefined : this.state.transactions[transaction - 1]
      const isTheirs = of?.id === sold.id || of?.original === sold.id
      return isTheirs && isRejectedByHand && this.#engagement(engagement).program === program
    })
  }

  #expectAfter({ created }: { readonly created: number }, at: number): void {
    expectAfter({ created }, at)
  }

  /** Refunds all that is left of a transaction, or a part of it. */
  #refund(transaction: Transaction, part: Part, at: number): void {
    const { left } = transaction
    const isWhole = part.amount === undefined && part.items === undefined
    if (isWhole) transaction.left = withoutAll(left)
    else if (part.amount !== undefined) transaction.left = withoutAmount(left, part.amount)
    else transaction.left = withoutItems(left, part.items ?? [])
    // of nothing nothing is taken
    if (transaction.status === 'refunded') return
    const isOver = transaction.left.value === 0
    transaction.refunded = transaction.total - transaction.left.value
    if (isOver) transaction.status = 'refunded'
    const program = ({ engagement }: Conversion) => this.#engagement(engagement).program
    const conversions = this.state.conversions
      .filter(({ transaction: of }) => of === transaction.id)
      .sort((a, b) => program(a) - program(b) || a.collaborator - b.collaborator || a.id - b.id)
    this.#note(isOver ? 'refund_triggered' : 'partial_refund_triggered', [
      `transaction ${transaction.id}`,
      ...conversions.flatMap(({ id, collaborator }) => [`conversion ${id}`, `collaborator ${collaborator}`]),
      ...this.state.obligations.flatMap(({ id, conversion }) =>
        conversions.some(one => one.id === conversion) ? [`obligation ${id}`] : [],
      ),
    ])
    for (const conversion of conversions) this.#recompute(conversion, transaction, left, at)
  }

  /** What a conversion gets of what is left of its transaction, where so much was left before. */
  #recompute(conversion: Conversion, transaction: Transaction, before: Left, at: number): void {
    if (conversion.isRejectedByHand) return
    const evaluation = this.state.evaluations.find(({ conversions }) =>
      conversions.includes(conversion.id),
    ) as Evaluation
    const shares = recomputed(evaluation, transaction.left)
    const share = shares.get(conversion.collaborator) ?? 0
    const shareBefore = recomputed(evaluation, before).get(conversion.collaborator) ?? 0
    const isPaying = [...shares.values()].some(share => share > 0)
    const original = this.#obligation(conversion.obligation)
    const isPaidOut = original.payout !== null
    if (!isPaying && conversion.status !== 'rejected') this.#reject(conversion)
    if (isPaidOut && this.clawback) this.#owe(conversion, share - shareBefore, at)
    if (!isPaidOut && isPaying && original.value !== share) {
      original.value = share
      this.#note('obligation_adjusted', [...linksOf(original), `transaction ${transaction.id}`])
    }
  }

  /** What a conversion is owed beside its original obligation, or owes; nothing where it is 0. */
  #owe(conversion: Conversion, value: number, at: number): void {
    if (value === 0) return
    const { obligations } = this.state
    const { collaborator, currency } = this.#obligation(conversion.obligation)
    const obligation: Obligation = {
      ...{ id: obligations.length + 1, collaborator, conversion: conversion.id, status: 'pending', payout: null },
      ...{ type: value < 0 ? 'clawback' : 'adjustment', value, currency, created: at },
    }
    obligations.push(obligation)
    this.#note('obligation_issued', linksOf(obligation))
  }

  /** What was paid for a conversion, and is owed for it. */
  #owed({ id }: Conversion): number {
    return this.state.obligations.reduce(
      (sum, { conversion, status, value }) => (conversion === id && status !== 'rejected' ? sum + value : sum),
      0,
    )
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

  #become(engagement: Engagement, status: Engagement['status'], at: number): void {
    engagement.status = status
    engagement.modified = Math.max(engagement.modified, at)
  }

  #note(key: string, links: readonly string[]): void {
    write(this.state, key, links)
  }

  #isActive(collaborator: number): boolean {
    return this.standings[collaborator - 1] === 'active'
  }

  #rules(program: number): ProgramRules {
    return this.programs[program - 1] as ProgramRules
  }

  #expectCollaborator(id: number): void {
    if (id > this.standings.length) throw new Refused('VALIDATION_FAILED')
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

/** What each who had a share gets of what is left, by the rules of the time. */
export const recomputed = ({ rules, type, candidates, program }: Evaluation, left: Left): Map<number, number> => {
  const sharers = candidates.filter(({ share }) => share !== null).map(candidate => ({ ...candidate, program }))
  if (left.value === 0 || sharers.length === 0) return new Map()
  return sharesOf(rules.resolver, sharers, poolOf(rules, type, left))
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
  if (payload.slug === 'sale' || payload.slug === 'renewal') return `${payload.slug} ${payload.order}`
  if (payload.slug === 'refund') return `refund ${payload.order} ${payload.refundId ?? ''}`
  return payload.slug === 'lead' && payload.form !== undefined ? `lead ${payload.form}` : undefined
}
