import { z } from 'zod'
import { ConflictError, RecordNotFoundError, ValidationError } from '../../errors.ts'
import { atMost, expected, id, or } from '../../events/fields.ts'
import { NO_OBLIGATIONS } from '../../events/incoming.ts'
import { type Route, type RouteContext, route, SIREN_AND_WORDPRESS } from './route.ts'

const MOST = 500

const ids = (what: string) =>
  z
    .array(id(`a ${what}'s id`), expected(`a list of ${what}s' ids`))
    .max(MOST, atMost(MOST, `${what}s`))
    .transform(list => [...new Set(list)])

const Done = z
  .strictObject({
    success: z.literal(true),
    affected: z.int().nonnegative().meta({ description: 'How many records it changed something for.' }),
  })
  .meta({ id: 'Done', description: 'What came of an action.' })

const action = {
  method: 'POST',
  prefixes: SIREN_AND_WORDPRESS,
  tag: 'Actions',
  scope: 'administrator',
  answer: Done,
} as const

/** What managers do to several records at once: each of them as an event, with all that follows from it. */
export const actionRoutes: readonly Route[] = [
  route({
    ...action,
    path: '/transactions/credit-collaborator',
    summary: 'Credits a collaborator with transactions.',
    description:
      'As `manual-attribution` does, one after the other. Transactions that do not exist, are refunded, are credited to the collaborator already, or for which no program pays, are passed over.',
    body: z.strictObject({
      transactionIds: ids('transaction'),
      collaboratorId: id("a collaborator's id"),
      type: or(z.enum(['sale', 'lead', 'renewal'], expected('one of sale, lead, renewal')), 'sale'),
    }),
    refusals: { 404: 'There is no such collaborator.' },
    handle: async ({ body: { transactionIds, collaboratorId, type: conversionType } }, { reads, ingest }) => {
      await reads.datastores.collaborators.getById(collaboratorId)
      return eachOf(transactionIds, transactionId =>
        ingest('manual-attribution', { collaboratorId, transactionId, conversionType }),
      )
    },
  }),
  route({
    ...action,
    path: '/fulfillments/generate',
    summary: 'Rolls obligations into payouts.',
    description:
      'As `fulfillment-generated` does: those that are named, or with `{}` all that are pending, and what those who are paid owe back. One that is named and is not pending has the whole request refused. `affected` is how many obligations are in a payout now; where it is 0 although some are pending, `X-Siren-Warning` says why.',
    // null is not all of them: it may be a list that was lost
    body: z.strictObject({ obligationIds: ids('obligation').optional() }),
    bodyNeeded: NO_OBLIGATIONS,
    handle: async ({ body: { obligationIds } }, { reads, ingest }) => {
      const { payouts, obligations } = reads.datastores
      const newest = { orderBy: 'id', direction: 'DESC', size: 1 } as const
      const { rows } = await payouts.page({ conditions: [], slice: newest })
      await ingest('fulfillment-generated', { obligationIds })
      const settled = await obligations.count([{ column: 'payoutId', operator: '>', value: rows[0]?.id ?? 0 }])
      return { success: true, affected: settled }
    },
  }),
  route({
    ...action,
    path: '/payouts/bulk',
    summary: 'Marks payouts as paid, or as unpaid after all.',
    description:
      'As `payout-paid` and `payout-unpaid` do, one after the other. Payouts that do not exist, are so already, or cannot become it are passed over.',
    body: z.strictObject({
      action: z.enum(['markPaid', 'markUnpaid'], expected('one of markPaid, markUnpaid')),
      ids: ids('payout'),
    }),
    handle: async ({ body: { action, ids } }, { reads, ingest }) => {
      const [slug, status] = action === 'markPaid' ? ['payout-paid', 'paid'] : ['payout-unpaid', 'unpaid']
      const payouts = await reads.datastores.payouts.byIds(ids)
      const others = payouts.filter(payout => payout.status !== status).map(payout => payout.id)
      return eachOf(
        others.sort((one, other) => one - other),
        payoutId => ingest(slug, { payoutId }),
      )
    },
  }),
]

/**
 * Does something for each of several records, one after the other; those that it is not possible for are passed over. What is
 * wrong with the request itself is told while nothing was done; what became wrong of it since is passed over.
 */
const eachOf = async (
  ids: readonly number[],
  act: (id: number) => ReturnType<RouteContext['ingest']>,
): Promise<z.output<typeof Done>> => {
  let affected = 0
  for (const each of ids) {
    try {
      await act(each)
      affected++
    } catch (error) {
      const isOfOne =
        error instanceof RecordNotFoundError ||
        error instanceof ConflictError ||
        (error instanceof ValidationError && Object.keys(error.fields).every(field => field === 'transactionId'))
      if (!isOfOne && !(error instanceof ValidationError && affected > 0)) throw error
    }
  }
  return { success: true, affected }
}
