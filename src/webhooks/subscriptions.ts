import { randomBytes } from 'node:crypto'
import type { z } from 'zod'
import { type Sql, statement } from '../database/sql.ts'
import { ConflictError, RecordNotFoundError, ValidationError } from '../errors.ts'
import { type DeadLetter, deadLetters, replay } from './dead-letters.ts'
import { newWebhook } from './new-webhook.ts'
import { type TargetRules, targetOf } from './target.ts'
import type { ALL_TYPES, WebhookType } from './types.ts'

/** Where messages of which types are sent. What they are signed with is told once, when it is made. */
export interface WebhookSubscription {
  readonly id: number
  readonly targetUrl: string
  readonly events: readonly (WebhookType | typeof ALL_TYPES)[]
  readonly description: string | null
  readonly status: 'active' | 'deleted'
  readonly dateCreated: Date
}

/** Whether messages get through to a subscription. */
export interface WebhookState {
  /** How many wait to be sent: 1,000 stands for that many or more. */
  readonly pending: number
  /** Why the last attempt at the first of them failed; null when there was none, or nothing waits. */
  readonly lastError: string | null
}

/** The webhooks of organizations. What is another organization's cannot be told from what is not there. */
export interface WebhookSubscriptions {
  /**
   * Makes a subscription, to what happens from now on.
   * @throws ValidationError with the fields targetUrl, events and description.
   * @throws ConflictError when the organization has as many as it may. @throws RecordNotFoundError when there is none.
   */
  create(organizationId: number, wanted: unknown): Promise<WebhookSubscription & { readonly signingSecret: string }>
  /** At most so many of an organization's subscriptions, or all, oldest first. */
  list(organizationId: number, part?: { limit: number | null; offset: number }): Promise<WebhookSubscription[]>
  /** How many subscriptions an organization has. */
  count(organizationId: number): Promise<number>
  /** @throws RecordNotFoundError when there is none. */
  get(organizationId: number, id: number): Promise<WebhookSubscription>
  /** How a subscription gets on, now. @throws RecordNotFoundError when there is none. */
  state(organizationId: number, id: number): Promise<WebhookState>
  /**
   * Removes a subscription and the messages that wait for it. Answers the subscription, with the status `deleted`, now and
   * each time that it is removed again. @throws RecordNotFoundError when there never was one.
   */
  remove(organizationId: number, id: number): Promise<WebhookSubscription>
  /** An organization's first 1,000 dead letters, oldest first; of one subscription, when it is said. */
  deadLetters(organizationId: number, subscriptionId?: number): Promise<DeadLetter[]>
  /**
   * Has a subscription's dead letters, or one of them, sent again. Answers how many: none, when there is no such dead letter.
   * @throws RecordNotFoundError when there is no such subscription.
   */
  replay(organizationId: number, subscriptionId: number, deliveryId?: string): Promise<number>
}

/** The subscriptions in a database, to targets that the rules allow. */
export const webhookSubscriptions = (sql: Sql, rules: TargetRules): WebhookSubscriptions => {
  const get = async (organizationId: number, id: number): Promise<WebhookSubscription> => {
    const [subscription] = Number.isSafeInteger(id) ? await sql.rows(byId, [organizationId, id]) : []
    return subscription ?? missing(id)
  }
  return {
    create: async (organizationId, wanted) => {
      const { targetUrl, events, description } = await checked(wanted, rules)
      const signingSecret = `whsec_${randomBytes(32).toString('base64url')}`
      const values = [organizationId, targetUrl, events, description ?? null, signingSecret]
      return sql.transaction(async sql => {
        // else two that come at once would both be the last one
        const [organization] = await sql.rows(lockOrganization, [organizationId])
        if (organization === undefined) throw new RecordNotFoundError(`Organization ${organizationId}`)
        const [created] = await sql.rows(insert, [...values, MOST])
        if (created === undefined) throw new ConflictError(`Expected at most ${MOST} webhooks: remove one first`)
        return { ...created, signingSecret }
      })
    },
    list: (organizationId, { limit, offset } = { limit: null, offset: 0 }) =>
      sql.rows(pageOf, [organizationId, limit, offset]),
    count: async organizationId => (await sql.rows(counted, [organizationId]))[0]?.count ?? 0,
    get,
    state: async (organizationId, id) => {
      const [state] = Number.isSafeInteger(id) ? await sql.rows(stateById, [organizationId, id]) : []
      return state ?? missing(id)
    },
    remove: async (organizationId, id) => {
      if (!Number.isSafeInteger(id)) return missing(id)
      const [now] = await sql.rows(removal, [organizationId, id])
      // a statement of its own: it sees what one that ran at the same time has removed
      const [before] = now === undefined ? await sql.rows(removedById, [organizationId, id]) : []
      return now ?? before ?? missing(id)
    },
    deadLetters: (organizationId, subscriptionId) => deadLetters(sql, { organizationId, subscriptionId }),
    replay: async (organizationId, subscriptionId, deliveryId) => {
      await get(organizationId, subscriptionId)
      return replay(sql, { organizationId, subscriptionId, deliveryId })
    },
  }
}

/** As many subscriptions as an organization may have: each of its events is written down for each of them. */
const MOST = 50

const missing = (id: number): never => {
  throw new RecordNotFoundError(`Webhook ${id}`)
}

/** A webhook that can be made. @throws ValidationError for anything else. */
const checked = async (wanted: unknown, rules: TargetRules): Promise<z.output<typeof newWebhook>> => {
  const { success, data, error } = newWebhook.safeParse(wanted)
  if (!success) throw ValidationError.of(error.issues)
  const url = new URL(data.targetUrl)
  try {
    await inTime(targetOf(url, rules).check())
  } catch {
    // not which of the two: what names there are in a private network is nobody's business
    const message = `Expected a public host, received ${url.hostname}, which is not public, or was not found`
    throw new ValidationError({ targetUrl: [message] })
  }
  return data
}

/** How long a host may take to be found while somebody waits for the answer, in milliseconds. */
const PATIENCE = 5000

const inTime = async (work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), PATIENCE)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const columnsOf = (status: WebhookSubscription['status']) =>
  `s.id, s.target_url as "targetUrl", s.events, s.description, '${status}' as status, s.date_created as "dateCreated"`
const SUBSCRIPTION = columnsOf('active')
const REMOVED = columnsOf('deleted')

const lockOrganization = statement('select id from organization where id = $1 for no key update')

const insert = statement<WebhookSubscription>(`
  insert into webhook_subscription as s (organization_id, target_url, events, description, signing_secret)
  select $1, $2, $3::text[], $4, $5
  where (select count(*) from webhook_subscription other where other.organization_id = $1) < $6
  returning ${SUBSCRIPTION}`)

const pageOf = statement<WebhookSubscription>(`
  select ${SUBSCRIPTION} from webhook_subscription s where s.organization_id = $1 order by s.id limit $2 offset $3`)

const counted = statement<{ count: number }>(`
  select count(*) as count from webhook_subscription s where s.organization_id = $1`)

const byId = statement<WebhookSubscription>(`
  select ${SUBSCRIPTION} from webhook_subscription s where s.organization_id = $1 and s.id = $2`)

const WAITING = `from webhook_delivery d
    where d.organization_id = s.organization_id and d.subscription_id = s.id and d.status = 'pending'`

const stateById = statement<WebhookState>(`
  select (select count(*) from (select ${WAITING} limit 1000) waiting) as pending,
    (select d.last_error ${WAITING} order by d.id limit 1) as "lastError"
  from webhook_subscription s where s.organization_id = $1 and s.id = $2`)

const removal = statement<WebhookSubscription>(`
  with removed as (
    delete from webhook_subscription s where s.organization_id = $1 and s.id = $2
    returning s.organization_id, s.id, s.target_url, s.events, s.description, s.date_created
  )
  insert into removed_webhook as s (organization_id, id, target_url, events, description, date_created)
  select * from removed returning ${REMOVED}`)

const removedById = statement<WebhookSubscription>(`
  select ${REMOVED} from removed_webhook s where s.organization_id = $1 and s.id = $2`)
