import type { AliasType, CollaboratorAliasRow, CollaboratorStatus } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { connectionType } from '../connection.ts'
import { addRecordQueries } from '../record-queries.ts'
import { Node, nodeFields } from './node.ts'
import { commonFilters, domainEnum } from './shared.ts'

const Status = domainEnum<CollaboratorStatus>('CollaboratorStatus', 'Where a collaborator stands.', {
  active: 'May earn.',
  pending: 'Has applied, and waits for approval.',
  inactive: 'No longer earns.',
  rejected: 'Was turned down.',
  deleted: 'Was deleted. What it earned remains.',
})

const Type = domainEnum<AliasType>('AliasType', 'What kind of code an alias is.', {
  tracking: "A code in a collaborator's links.",
  coupon: 'A coupon, upper case.',
})

const Alias = builder.objectRef<CollaboratorAliasRow>('CollaboratorAlias').implement({
  description: 'A code by which a collaborator is recognized.',
  fields: t => ({
    type: t.expose('type', { type: Type, description: 'What kind of code this is.' }),
    code: t.exposeString('code', { description: 'The code.' }),
    issuedDate: t.expose('issuedDate', { type: 'DateTime', description: "Since when it is this collaborator's." }),
    retiredDate: t.expose('retiredDate', {
      type: 'DateTime',
      nullable: true,
      description: "When it went to someone else; null while it is this collaborator's.",
    }),
  }),
})

export const Collaborator = builder.prismaObject('Collaborator', {
  interfaces: [Node],
  fields: t => ({
    ...nodeFields(t, 'Collaborator', ({ loaders }, id) => loaders.collaboratorById.load(id)),
    name: t.exposeString('displayName', {
      description: 'The display name, as everywhere: the nickname, else the full name; a deleted one goes by its id.',
    }),
    fullName: t.exposeString('fullName'),
    nickname: t.exposeString('nickname', { nullable: true }),
    email: t.exposeString('email'),
    status: t.expose('status', { type: Status }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime' }),
    dateModified: t.expose('dateModified', { type: 'DateTime' }),
    aliases: t.field({
      type: [Alias],
      description: 'Its tracking codes and coupons, earlier ones included, oldest first.',
      resolve: ({ id }, _, { loaders }) => loaders.aliasesByCollaborator.load(id),
    }),
  }),
})

const Filter = builder.inputType('CollaboratorFilter', {
  description: 'Which collaborators: those that meet every condition given.',
  fields: t => ({
    ...commonFilters(t, Status),
    email: t.stringList({ description: 'Any of these e-mail addresses.' }),
  }),
})

addRecordQueries({
  type: 'Collaborator',
  plural: 'collaborators',
  ref: Collaborator,
  connection: connectionType('Collaborator', Collaborator),
  filter: Filter,
  load: ({ loaders }, id) => loaders.collaboratorById.load(id),
  records: datastores => datastores.collaborators,
})
