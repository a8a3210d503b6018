import type { OpportunityRow } from '../database/rows.ts'
import { RaceError, statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ValidationError } from '../errors.ts'
import type { Customer } from '../events/catalog.ts'
import type { EventContext } from '../events/dispatcher.ts'
import { isPlaceholder } from './placeholders.ts'

/** An opportunity that is locked until the transaction ends. */
export interface Found {
  readonly opportunity: OpportunityRow
  readonly isNew: boolean
}

/**
 * The opportunity that a customer's event goes on with: the one that is named, else the customer's active one, else a new
 * one. It is locked, so that of events of one customer each sees what the one before it did.
 *
 * Where the event shows that an anonymous visitor is a known customer, the anonymous opportunity is merged into the
 * customer's own, or becomes it. An opportunity that has another customer is left to that one. One that is over, since it
 * is invalid, is not continued.
 * @throws ValidationError when the named opportunity does not exist.
 */
export const findOrOpen = async (customer: Customer, context: EventContext): Promise<Found> => {
  const userId = identityOf(customer, context)
  const { named, own } = await look({ ...customer, userId }, context)
  if (named?.status === 'active' && !isAnothers(named, userId))
    return found(await identify(named, own, userId, context), context)
  return own === undefined ? openOpportunity(userId ?? null, context) : found(own, context)
}

/**
 * The active opportunity that a customer's purchase belongs to, locked. Merges as `findOrOpen` does. A known customer on
 * somebody else's device is the one case in which one is opened: nobody has a claim on it.
 * @throws ValidationError when there is none, or it is over.
 */
export const findActive = async (customer: Customer, context: EventContext): Promise<Found> => {
  const userId = identityOf(customer, context)
  const { named, own } = await look({ ...customer, userId }, context)
  if (named !== undefined && userId !== undefined && isAnothers(named, userId)) {
    if (own !== undefined) return found(own, context)
    context.warn(
      'The named opportunity belongs to another customer than userId: one was opened, and nobody is credited',
    )
    return openOpportunity(userId, context)
  }
  if (named?.status === 'active') return found(await identify(named, own, userId, context), context)
  const id = nameOf(customer, context)
  if (id === undefined && own !== undefined) return found(own, context)
  if (id !== undefined)
    throw wrong(customer, `Expected an active opportunity, received ${id}, which is ${named?.status}`, context)
  if (userId !== undefined)
    throw new ValidationError({ userId: ['Expected a customer with an active opportunity, received one without'] })
  throw customer.userId === undefined
    ? wrong(customer, "Expected an opportunity's id, which X-Siren-OID answers, received nothing", context)
    : new ValidationError({
        userId: [
          `Expected the shop's own id of the customer, or an opportunity's id as trackingId, received ${JSON.stringify(customer.userId)}, which stands for nobody`,
        ],
      })
}

/** Whether an opportunity has a customer, and it is not this one. */
const isAnothers = (named: OpportunityRow, userId: string | undefined): boolean =>
  named.userId !== null && userId !== undefined && named.userId !== userId

/** Who the customer is; undefined for what shops send in place of an id where there is nobody to name. */
const identityOf = ({ userId }: Customer, context: EventContext): string | undefined => {
  if (userId === undefined || !isPlaceholder(userId)) return userId
  context.warn('userId stands for nobody, such as a guest: the event was taken as without it')
  return undefined
}

/** A new opportunity, of a customer that may be known. */
export const openOpportunity = async (userId: string | null, context: EventContext): Promise<Found> => {
  const [opportunity] = await context.sql.rows(insert, [context.organizationId, userId, context.now])
  if (opportunity === undefined) throw new RaceError("the customer's opportunity was opened meanwhile")
  return { ...found(opportunity, context), isNew: true }
}

/** The one with this id, or the one that it was merged into, locked; undefined when there is none. */
export const lockById = async (id: number, context: EventContext): Promise<OpportunityRow | undefined> => {
  const [opportunity] = await lock([id, null], context)
  return opportunity
}

const found = (opportunity: OpportunityRow, context: EventContext): Found => {
  context.opportunityId = opportunity.id
  return { opportunity, isNew: false }
}

const nameOf = ({ trackingId }: Customer, { namedOpportunityId }: EventContext) => trackingId ?? namedOpportunityId

/** An error of the field that names the opportunity, or should. */
const wrong = ({ trackingId }: Customer, message: string, { namedOpportunityId }: EventContext) =>
  new ValidationError({
    [trackingId === undefined && namedOpportunityId !== undefined ? 'X-Siren-OID' : 'trackingId']: [message],
  })

/** An anonymous visitor's opportunity, if it turns out to be that of a known customer. */
const identify = (
  named: OpportunityRow,
  own: OpportunityRow | undefined,
  userId: string | undefined,
  context: EventContext,
): Promise<OpportunityRow> | OpportunityRow => {
  if (userId === undefined || named.userId !== null) return named
  return own === undefined ? recognize(named, userId, context) : merge(named, own, context)
}

/** The opportunity that is named, and the customer's active one. */
const look = async (customer: Customer, context: EventContext) => {
  const name = nameOf(customer, context)
  const { userId } = customer
  if (name === undefined && userId === undefined) return {}
  const locked = await lock([name ?? null, userId ?? null], context)
  const named = name === undefined ? undefined : locked.find(({ isNamed }) => isNamed)
  if (name !== undefined && named === undefined)
    throw wrong(customer, `Expected the id of an opportunity, received ${name}, which does not exist`, context)
  const own = userId === undefined ? undefined : locked.find(row => row.userId === userId && row.status === 'active')
  return { named, own }
}

const lock = async (wanted: readonly [id: number | null, userId: string | null], context: EventContext) => {
  const locked = await context.sql.rows(lockBoth, [context.organizationId, ...wanted])
  const last = locked.at(-1)
  if (last !== undefined) context.catchUp(last.clock)
  if (locked.some(({ status, mergedIntoId }) => status === 'inactive' && mergedIntoId !== null))
    throw new RaceError('the opportunity was merged while its lock was waited for')
  return locked
}

const OPPORTUNITY = tableOf('Opportunity')
const COLUMNS = selectList(OPPORTUNITY, 'o')

const SURVIVOR =
  '(select coalesce(n.merged_into_id, n.id) from opportunity n where n.organization_id = $1 and n.id = $2::bigint)'
// Both at once, always in the same order. The clock is read row by row outside the part that locks: the last row's is that of
// a moment at which all locks are held.
const lockBoth = statement<OpportunityRow & { isNamed: boolean | null; clock: Date }>(`
  with o as materialized (
    select o.*, o.id = ${SURVIVOR} as is_named from opportunity o
    where o.organization_id = $1 and (o.id = ${SURVIVOR} or o.user_id = $3::text and o.status = 'active')
    order by o.id
    for no key update of o
  )
  select ${COLUMNS}, o.is_named as "isNamed", date_trunc('milliseconds', clock_timestamp()) as clock from o`)

const insert = statement<OpportunityRow>(`
  insert into opportunity as o (organization_id, user_id, date_created, date_modified) values ($1, $2, $3, $3)
  on conflict (organization_id, user_id) where status = 'active' do nothing
  returning ${COLUMNS}`)

/** The anonymous visitor is this customer, of whom nothing was known. */
const recognize = async (anonymous: OpportunityRow, userId: string, { sql, organizationId, now }: EventContext) => {
  const [known] = await sql.rows(setUser, [organizationId, anonymous.id, userId, now]).catch(error => {
    throw error.code === UNIQUE_VIOLATION ? new RaceError("the customer's opportunity was opened meanwhile") : error
  })
  return known ?? anonymous
}
const UNIQUE_VIOLATION = '23505'
const setUser = statement<OpportunityRow>(`
  update opportunity o set user_id = $3, date_modified = greatest(o.date_modified, $4) where o.organization_id = $1 and o.id = $2
  returning ${COLUMNS}`)

/**
 * Moves an anonymous visitor's opportunity into the customer's own: what was merged into it before, its transactions, its
 * evaluations and its engagements; an active engagement that meets its like is added to it, as are its touches, the
 * renewals that it was credited with and its notes.
 */
const merge = async (anonymous: OpportunityRow, own: OpportunityRow, { sql, organizationId, now }: EventContext) => {
  await sql.rows(mergeInto, [organizationId, anonymous.id, own.id, now])
  return own
}
const mergeInto = statement(`
  with pair as (
    select a.id as gone, b.id as kept, a.score, a.date_created, a.date_modified
    from engagement a join engagement b using (organization_id, program_id, collaborator_id)
    where organization_id = $1 and a.opportunity_id = $2 and b.opportunity_id = $3 and a.status = 'active' and b.status = 'active'
  ), added as (
    update engagement e set
      score = e.score + pair.score, date_created = least(e.date_created, pair.date_created),
      date_modified = greatest(e.date_modified, pair.date_modified)
    from pair where e.organization_id = $1 and e.id = pair.kept
  ), touched as (
    update touch t set engagement_id = pair.kept from pair where t.organization_id = $1 and t.engagement_id = pair.gone
  ), credited as (
    update conversion v set engagement_id = pair.kept from pair where v.organization_id = $1 and v.engagement_id = pair.gone
  ), considered as (
    update evaluation_candidate k set engagement_id = pair.kept from pair where k.organization_id = $1 and k.engagement_id = pair.gone
  ), evaluated as (
    update evaluation v set opportunity_id = $3 where v.organization_id = $1 and v.opportunity_id = $2
  ), unlinked as (
    delete from note_source s using pair
    where s.organization_id = $1 and s.source_type = 'engagement' and s.source_id = pair.gone
    returning s.note_id, s.content, s.date_created, pair.gone, pair.kept
  ), linked as (
    insert into note_source (organization_id, note_id, source_type, source_id, content, date_created)
    select $1, note_id, 'engagement', kept, content, date_created from unlinked
    on conflict do nothing
  ), caused as (
    update note n set creation_source_id = unlinked.kept from unlinked
    where n.organization_id = $1 and n.id = unlinked.note_id
      and n.creation_source = 'engagement' and n.creation_source_id = unlinked.gone
  ), gone as (
    delete from engagement e using pair where e.organization_id = $1 and e.id = pair.gone
  ), moved as (
    update engagement e set opportunity_id = $3
    where e.organization_id = $1 and e.opportunity_id = $2 and not exists (select from pair where pair.gone = e.id)
  ), traded as (
    update transaction t set opportunity_id = $3 where t.organization_id = $1 and t.opportunity_id = $2
  )
  update opportunity o set status = 'inactive', merged_into_id = $3, date_modified = greatest(o.date_modified, $4)
  where o.organization_id = $1 and (o.id = $2 or o.merged_into_id = $2)`)
