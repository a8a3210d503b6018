import type { ConversionRow, ObligationRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { ConflictError } from '../errors.ts'
import type { DomainEvent, EventOf } from '../events/catalog.ts'
import type { EventContext, Listener } from '../events/dispatcher.ts'
import { issue, issuedForConversion, type Owed } from './obligations.ts'
import { obligations } from './statuses.ts'

/**
 * Owes what conversions pay after a refund. While a conversion's original obligation is in no payout, it changes its value.
 * What is in a payout stays: the difference is owed anew, as a clawback where it is negative and else as an adjustment, unless
 * the organization never claws back.
 */
export const adjust: Listener<'ConversionRecomputed'> = async (recomputed, context) => {
  const { sql, organizationId, now } = context
  const byObligation = new Map(recomputed.map(change => [change.conversion.obligationId, change]))
  const ids = [...byObligation.keys()].filter(id => id !== null)
  const originals = (await sql.rows(lockObligations, [organizationId, ids])).flatMap(original => {
    const change = byObligation.get(original.id)
    return change === undefined ? [] : [{ original, change }]
  })
  const unpaid = originals.filter(
    ({ original, change }) => obligations.canBecome(original.status, 'cancelled') && !change.isRejected,
  )
  const paid = originals.filter(
    ({ original, change }) => original.status === 'complete' && change.after !== change.before,
  )
  return [
    ...(await revalue(unpaid, now, context)),
    ...(await owe(
      paid.map(({ original, change }) => difference(original, change.after - change.before)),
      context,
    )),
  ]
}

/**
 * Takes back what was paid out, or is still owed, for a rejected conversion; does nothing where that adds up to nothing.
 * @throws ConflictError when the organization never claws back.
 */
export const clawBack = async (conversion: ConversionRow, context: EventContext): Promise<DomainEvent[]> => {
  const { sql, organizationId } = context
  if (!(await clawsBack(context)))
    throw new ConflictError('Expected an organization that claws back, but this one is set up with clawback: false')
  const owed = await sql.rows(lockOwed, [organizationId, conversion.id])
  const [first] = owed
  const value = owed.reduce((sum, obligation) => sum + obligation.value, 0)
  return first === undefined || value <= 0 ? [] : owe([difference(first, -value)], context)
}

/** What is owed for the same conversion as an obligation, more or less than that. */
const difference = ({ conversionId, collaboratorId, currency }: ObligationRow, value: number): Owed => {
  return {
    conversionId,
    collaboratorId,
    currency,
    value,
    awardType: value < 0 ? 'clawback' : 'adjustment',
    status: 'pending',
  }
}

/** Issues differences, where the organization claws back. */
const owe = async (differences: readonly Owed[], context: EventContext): Promise<DomainEvent[]> => {
  if (differences.length === 0 || !(await clawsBack(context))) return []
  return (await issue(differences, context)).map(issuedForConversion)
}

interface Revaluation {
  readonly original: ObligationRow
  readonly change: EventOf<'ConversionRecomputed'>
}

const revalue = async (
  changes: readonly Revaluation[],
  now: Date,
  { sql, organizationId }: EventContext,
): Promise<DomainEvent[]> => {
  const columns = [changes.map(({ original }) => original.id), changes.map(({ change }) => change.after)]
  const changed = await sql.rows(setValues, [organizationId, ...columns, now])
  const byId = new Map(changed.map(obligation => [obligation.id, obligation]))
  return changes.flatMap(({ original, change: { conversion, transaction } }): DomainEvent[] => {
    const obligation = byId.get(original.id)
    if (obligation === undefined) return []
    const amount = obligation.value - original.value
    return [{ type: 'ObligationAdjusted', obligation, conversion, transaction, amount }]
  })
}

const clawsBack = async ({ sql, organizationId }: EventContext): Promise<boolean> => {
  const [organization] = await sql.rows(settingOf, [organizationId])
  return organization?.clawback ?? true
}

const settingOf = statement<{ clawback: boolean }>('select clawback from organization where id = $1')

const OBLIGATION = selectList(tableOf('Obligation'), 'o')

const lockObligations = statement<ObligationRow>(`
  select ${OBLIGATION} from obligation o where o.organization_id = $1 and o.id = any($2::bigint[])
  order by o.id
  for no key update`)

const lockOwed = statement<ObligationRow>(`
  select ${OBLIGATION} from obligation o
  where o.organization_id = $1 and o.conversion_id = $2 and o.status not in ('rejected', 'cancelled')
  order by o.id
  for no key update`)

const setValues = statement<ObligationRow>(`
  update obligation o set value = given.value, date_modified = greatest(o.date_modified, $4)
  from unnest($2::bigint[], $3::bigint[]) as given(id, value)
  where o.organization_id = $1 and o.id = given.id and o.value <> given.value
  returning ${OBLIGATION}`)
