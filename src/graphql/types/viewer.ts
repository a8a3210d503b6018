import type { Viewer as Shape } from '../../access/viewer.ts'
import type { OrganizationRow } from '../../database/rows.ts'
import { builder } from '../builder.ts'
import { viewerId } from '../global-id.ts'
import { Collaborator } from './collaborator.ts'
import { Node, nodeFields } from './node.ts'
import { domainEnum } from './shared.ts'

const Role = domainEnum<Shape['role']>('Role', 'What a viewer may do.', {
  administrator: 'Reads and does everything of its organization.',
  collaborator: 'Reads what concerns one collaborator.',
  integration: 'Does what its key is for: sends events and reads nothing, unless its scopes say something else.',
})

export const Organization = builder.objectRef<OrganizationRow>('Organization').implement({
  interfaces: [Node],
  description: 'A company that pays collaborators: the tenant that owns every other record.',
  fields: t => ({
    ...nodeFields(t, 'Organization', async ({ viewer, datastores }, id) =>
      id === viewer.organizationId ? datastores.organization.own() : null,
    ),
    name: t.exposeString('name', { description: "The organization's name." }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime', description: 'When the organization was created.' }),
  }),
})

const Viewer = builder.objectRef<Shape>('Viewer').implement({
  interfaces: [Node],
  description: 'Who asks.',
  fields: t => ({
    id: t.id({ description: 'The global id: opaque, and the same for all who see the same.', resolve: viewerId }),
    role: t.expose('role', { type: Role, description: 'What the viewer may do.' }),
    organization: t.field({
      type: Organization,
      nullable: true,
      description: "The viewer's organization; null when the viewer's token names one that does not exist.",
      resolve: (_, __, { datastores }) => datastores.organization.own(),
    }),
    collaborator: t.field({
      type: Collaborator,
      nullable: true,
      description: 'The collaborator that the viewer is; null for other roles.',
      resolve: (viewer, _, { loaders }) =>
        viewer.role === 'collaborator' ? loaders.collaboratorById.load(viewer.collaboratorId) : null,
    }),
  }),
})

builder.queryField('viewer', t =>
  t.field({ type: Viewer, description: 'Who asks.', resolve: (_, __, { viewer }) => viewer }),
)
