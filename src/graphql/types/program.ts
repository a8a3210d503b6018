import type {
  ConversionType as ConversionTypeValue,
  ProgramEngagementTypeRow,
  ProgramStatus,
} from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType } from '../connection.ts'
import { addRecordQueries } from '../record-queries.ts'
import { Collaborator } from './collaborator.ts'
import { EngagementType } from './engagement-type.ts'
import { Node, nodeFields } from './node.ts'
import { commonFilters, domainEnum, idFilter } from './shared.ts'

const Status = domainEnum<ProgramStatus>('ProgramStatus', 'Where a program stands.', {
  active: 'Takes engagements.',
  inactive: 'Takes no engagements.',
  draft: 'Is not yet in use.',
  deleted: 'Was deleted. What was earned under it remains.',
})

export const ConversionType = domainEnum<ConversionTypeValue>('ConversionType', 'What kind of conversion it is.', {
  sale: 'A sale.',
  lead: 'A lead.',
  renewal: 'A renewal of an earlier sale.',
})

const ProgramEngagementType = builder.objectRef<ProgramEngagementTypeRow>('ProgramEngagementType').implement({
  description: 'A trigger that a program enables.',
  fields: t => ({
    type: t.exposeID('type', { description: "The engagement type's id, such as `referredSiteVisit`." }),
    value: t.exposeInt('value', { description: "The points that one such trigger adds to an engagement's score." }),
    engagementType: t.field({
      type: EngagementType,
      nullable: true,
      description: 'The engagement type; null for one that no extension provides any more.',
      resolve: ({ type }, _, { datastores }) => datastores.engagementTypes.byId(type),
    }),
  }),
})

export const Program = builder.prismaObject('Program', {
  interfaces: [Node],
  description:
    'The rules under which collaborators earn. A collaborator reads the name, the description and the engagement types of programs it is enrolled in; the rest is null to it.',
  fields: t => ({
    ...nodeFields(t, 'Program', ({ loaders }, id) => loaders.programById.load(id)),
    name: t.exposeString('displayName', { description: "The program's name; a deleted one goes by its id." }),
    description: t.exposeString('description', { nullable: true }),
    status: t.expose('status', { type: Status, nullable: true }),
    incentiveType: t.exposeString('incentiveType', { nullable: true }),
    incentiveResolverType: t.exposeString('incentiveResolverType', { nullable: true }),
    units: t.exposeString('units', { nullable: true }),
    transactionPercent: t.exposeFloat('transactionPercent', { nullable: true }),
    payoutPerTransaction: t.expose('payoutPerTransaction', { type: 'SafeInt', nullable: true }),
    payoutPerProduct: t.expose('payoutPerProduct', { type: 'SafeInt', nullable: true }),
    payoutPerLead: t.expose('payoutPerLead', { type: 'SafeInt', nullable: true }),
    activeConversionTypes: t.expose('activeConversionTypes', { type: [ConversionType], nullable: true }),
    autoApprove: t.exposeBoolean('autoApprove', { nullable: true }),
    leadRequalificationDays: t.exposeInt('leadRequalificationDays', { nullable: true }),
    expirationDays: t.exposeInt('expirationDays', { nullable: true }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime', nullable: true }),
    dateModified: t.expose('dateModified', { type: 'DateTime', nullable: true }),
    engagementTypes: t.field({
      type: [ProgramEngagementType],
      description: 'The triggers that the program enables.',
      resolve: ({ id }, _, { loaders }) => loaders.engagementTypesByProgram.load(id),
    }),
  }),
})

builder.prismaObjectField(Collaborator, 'programs', t =>
  t.field({
    type: [Program],
    description: 'The programs that the collaborator is enrolled in, by id.',
    resolve: ({ id }, _, { loaders }) => loaders.programsByCollaborator.load(id),
  }),
)

const Filter = builder.inputType('ProgramFilter', {
  description: 'Which programs: those that meet every condition given.',
  fields: t => ({ ...commonFilters(t, Status), groupId: idFilter(t, 'the program group') }),
})

addRecordQueries({
  type: 'Program',
  plural: 'programs',
  ref: Program,
  connection: connectionType('Program', Program),
  filter: Filter,
  load: ({ loaders }, id) => loaders.programById.load(id),
  records: datastores => datastores.programs,
})
