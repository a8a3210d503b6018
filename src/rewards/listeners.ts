import { statement } from '../database/sql.ts'
import type { Award, DomainEvent } from '../events/catalog.ts'
import { type EventContext, each, type Listeners } from '../events/dispatcher.ts'
import { adjust, clawBack } from './clawbacks.ts'
import { distribute, type Pools } from './distributions.ts'
import { changeFulfillment, fulfill, pay, unpay } from './fulfillments.ts'
import { issue, issuedForConversion } from './obligations.ts'
import { obligations } from './statuses.ts'

/** What listeners here need of other folders. */
export interface RewardPorts {
  /** The ways to divide a distribution's value, by the distributor's resolver. */
  pools: Pools
}

/** Turns conversions into what is owed, and what is owed into payouts. */
export const rewardListeners = ({ pools }: RewardPorts): Listeners => ({
  ConversionsAwarded: issueFor,
  RenewedConversionsAwarded: issueFor,

  ConversionApproved: async (events, context) => {
    await settle(
      events.map(({ conversion }) => conversion.obligationId),
      'pending',
      context,
    )
    return []
  },

  ConversionRejected: async (events, context) => {
    await settle(
      events.map(({ conversion }) => conversion.obligationId),
      'rejected',
      context,
    )
    return []
  },

  ConversionRecomputed: adjust,
  ClawbackRequested: each(async ({ conversion }, context) => clawBack(conversion, context)),

  'fulfillment-generated': each(({ payload }, context) => fulfill(payload.obligationIds, context)),
  'fulfillment-status-changed': each(({ payload }, context) => changeFulfillment(payload, context)),
  'payout-paid': each(({ payload }, context) => pay(payload.payoutId, context)),
  'payout-unpaid': each(({ payload }, context) => unpay(payload.payoutId, context)),
  'distribution-completed': each(({ payload }, context) => distribute(payload.distributorId, pools, context)),
})

const issueFor = async (awards: readonly Award[], context: EventContext): Promise<DomainEvent[]> => {
  const issued = await issue(
    awards.flatMap(({ conversions, conversionType }) =>
      conversions.map(({ id, collaboratorId, value, currency }) => {
        return {
          conversionId: id,
          collaboratorId,
          value,
          currency,
          awardType: conversionType,
          status: 'draft' as const,
        }
      }),
    ),
    context,
  )
  return issued.map(issuedForConversion)
}

/** Moves obligations on as their conversions are reviewed. What was paid out stays so. */
const settle = async (
  ids: readonly (number | null)[],
  to: 'pending' | 'rejected',
  { sql, organizationId, now }: EventContext,
): Promise<void> => {
  const known = ids.filter(id => id !== null)
  if (known.length > 0) await sql.rows(setStatus, [organizationId, known, to, obligations.before(to), now])
}

const setStatus = statement(`
  update obligation o set status = $3::obligation_status, date_modified = greatest(o.date_modified, $5)
  where o.organization_id = $1 and o.id = any($2::bigint[]) and o.status = any($4::text[]::obligation_status[])`)
