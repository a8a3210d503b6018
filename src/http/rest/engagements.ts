import { z } from 'zod'
import type { NamedEngagement } from '../../engagements/datastore.ts'
import { RecordNotFoundError } from '../../errors.ts'
import { pick, sparse } from './fields.ts'
import { equalities, idParameter, idPath, oneOf, order, portion, statusOf } from './parameters.ts'
import { type Route, route, SIREN_AND_WORDPRESS } from './route.ts'
import { dateTime, recordId } from './shapes.ts'

const STATUSES = ['active', 'pending', 'complete', 'cancelled'] as const satisfies NamedEngagement['status'][]
const ORDERED_BY = ['id', 'dateCreated', 'dateModified', 'score'] as const satisfies (keyof NamedEngagement)[]
const EXTENDED = {
  collaboratorName: z.string().meta({ description: "The collaborator's display name, as it is now." }),
  programName: z.string().meta({ description: "The program's name, as it is now." }),
}

const engagement = sparse(
  {
    id: recordId,
    opportunityId: recordId.meta({ description: 'The opportunity that it is on.' }),
    programId: recordId.meta({ description: 'The program under which it was attributed.' }),
    collaboratorId: recordId.meta({ description: 'The collaborator who gets the credit.' }),
    score: z.int().meta({ description: 'Its weight: the points of all triggers merged into it.' }),
    status: z.enum(STATUSES).meta({ description: 'Where it stands in its lifecycle.' }),
    dateCreated: dateTime.meta({ description: 'When it was first recorded.' }),
    dateModified: dateTime.meta({ description: 'When it was last changed.' }),
  },
  EXTENDED,
)

const shared = {
  method: 'GET',
  prefixes: SIREN_AND_WORDPRESS,
  tag: 'Engagements',
  scope: 'records',
  answer: engagement.answer.meta({
    id: 'Engagement',
    description: "A collaborator's claim on an opportunity under a program, with a score.",
  }),
} as const

/** `/engagements`: what links customers to collaborators. */
export const engagementRoutes: readonly Route[] = [
  route({
    ...shared,
    path: '/engagements',
    summary: 'Engagements, newest first.',
    description:
      "Those that meet every condition given. A collaborator finds its own alone: of another's `collaboratorId` there are none. Equal ones go by id, in the same direction.",
    query: z.strictObject({
      // Siren's word for an engagement of an invalid opportunity
      status: statusOf({ own: STATUSES, others: { invalid: 'cancelled' } }, 'Those of this status.').optional(),
      collaboratorId: idParameter("the collaborator's id").optional(),
      programId: idParameter("the program's id").optional(),
      opportunityId: idParameter("the opportunity's id").optional(),
      fields: engagement.fields,
      ...portion(10),
      orderBy: oneOf(ORDERED_BY, 'What they are ordered by.').default('id'),
      order: order('DESC', 'Which way.'),
    }),
    isList: true,
    handle: async ({ query }, { reads }) => {
      const { fields, number: size, offset, orderBy, order: direction, ...filters } = query
      const { engagements } = reads.datastores
      const conditions = equalities(filters)
      const [{ rows }, count] = await Promise.all([
        engagements.page(
          { conditions, slice: { orderBy, direction, size, offset } },
          engagements.withNames(new Set(fields)),
        ),
        engagements.count(conditions),
      ])
      return { items: rows.map(row => pick(row, fields)), count }
    },
  }),
  route({
    ...shared,
    path: '/engagements/:id',
    summary: 'One engagement.',
    params: idPath("the engagement's id"),
    query: z.strictObject({ fields: engagement.fields }),
    refusals: { 404: 'There is no such engagement, or none that the key may see.' },
    handle: async ({ params: { id }, query: { fields } }, { reads }) => {
      const { engagements } = reads.datastores
      const [row] = await engagements.rowsBy('id', [id], engagements.withNames(new Set(fields)))
      if (row === undefined) throw new RecordNotFoundError(`engagement ${id}`)
      return pick(row, fields)
    },
  }),
]
