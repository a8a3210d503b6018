import type { CollaboratorRow, EngagementRow, OpportunityRow } from '../database/rows.ts'
import { statement } from '../database/sql.ts'
import { selectList, tableOf } from '../database/tables.ts'
import { RecordNotFoundError } from '../errors.ts'
import { expectSince } from '../events/backdating.ts'
import type { EventOf } from '../events/catalog.ts'
import { type EventContext, each, type Listeners } from '../events/dispatcher.ts'
import { findOrOpen, lockById } from './find.ts'

/** What listeners here need of other folders. */
export interface OpportunityPorts {
  /** The collaborator with this id or tracking code. @throws ValidationError when there is none. */
  resolveCollaborator(reference: number | string, context: EventContext): Promise<CollaboratorRow>
  /** Whose coupon this is; undefined for nobody's, or while no active integration supports coupons. */
  ownerOfCoupon(code: string, context: EventContext): Promise<number | undefined>
  /**
   * Takes note that a coupon is applied again while its engagements are active. Answers the programs under which it counts
   * all the same; undefined where it is not applied again.
   */
  repeatCoupon(
    applied: { opportunityId: number; code: string; collaboratorId: number },
    context: EventContext,
  ): Promise<readonly number[] | undefined>
  /** Cancels what can be cancelled of an opportunity's engagements, and answers it. */
  cancelEngagements(opportunityId: number, context: EventContext): Promise<readonly EngagementRow[]>
}

/** Finds the opportunity that a customer's event belongs to, and ends the one that turned out invalid. */
export const opportunityListeners = (ports: OpportunityPorts): Listeners => {
  const visited = async ({ type, payload }: EventOf<VisitSlug>, context: EventContext) => {
    const { id: collaboratorId } = await ports.resolveCollaborator(payload.collaboratorId, context)
    const found = await findOrOpen(payload, context)
    return [{ type: 'OpportunityTriggered', ...found, trigger: { slug: type, collaboratorId } } as const]
  }
  return {
    'site-visited': each(visited),
    'course-completed': each(visited),
    'lesson-completed': each(visited),
    'post-visited': each(visited),
    'form-submitted': each(visited),

    'coupon-applied': each(async ({ type: slug, payload }, context) => {
      const { code } = payload
      const collaboratorId = await ports.ownerOfCoupon(code, context)
      const found = await findOrOpen(payload, context)
      const { opportunity, isNew } = found
      const triggered = {
        type: 'OpportunityTriggered',
        ...found,
        trigger: { slug, collaboratorId: collaboratorId ?? null },
      } as const
      if (collaboratorId === undefined) return [triggered]
      const applied = { opportunityId: opportunity.id, code, collaboratorId }
      const programIds = isNew ? undefined : await ports.repeatCoupon(applied, context)
      if (programIds?.length === 0) return [triggered]
      return [triggered, { type: 'CouponApplied', opportunity, code, collaboratorId, programIds }]
    }),

    'opportunity-invalidated': each(async ({ payload }, context) => {
      const opportunity = await lockById(payload.opportunityId, context)
      if (opportunity === undefined) throw new RecordNotFoundError(`Opportunity ${payload.opportunityId}`)
      expectSince(`opportunity ${opportunity.id}`, opportunity.dateCreated, context)
      context.opportunityId = opportunity.id
      if (opportunity.status === 'invalid') return []
      const [invalid] = await context.sql.rows(invalidate, [context.organizationId, opportunity.id, context.now])
      const engagements = await ports.cancelEngagements(opportunity.id, context)
      return [{ type: 'OpportunityInvalidated', opportunity: invalid ?? opportunity, engagements }]
    }),
  }
}

type VisitSlug = 'site-visited' | 'course-completed' | 'lesson-completed' | 'post-visited' | 'form-submitted'

const invalidate = statement<OpportunityRow>(`
  update opportunity o set status = 'invalid', date_modified = greatest(o.date_modified, $3)
  where o.organization_id = $1 and o.id = $2
  returning ${selectList(tableOf('Opportunity'), 'o')}`)
