/** Who asks, and in which organization. Every datastore is made for one viewer. */
export type Viewer = Administrator | CollaboratorViewer | Integration

/** Reads and does everything of its organization. */
export interface Administrator {
  readonly role: 'administrator'
  readonly organizationId: number
}

/** Reads what concerns one collaborator. */
export interface CollaboratorViewer {
  readonly role: 'collaborator'
  readonly organizationId: number
  readonly collaboratorId: number
}

/** Does what its scopes say: sends events, unless they say something else. */
export interface Integration {
  readonly role: 'integration'
  readonly organizationId: number
  readonly scopes?: readonly KeyScope[]
}

/** The scopes that together make an administrator's key, which may do more than an integration's ever may. */
export const ADMINISTRATOR_SCOPES = ['events', 'records', 'api-keys', 'webhooks'] as const

/** What a key may be made for. An administrator may backdate, too. */
export const KEY_SCOPES = [...ADMINISTRATOR_SCOPES, 'backdate'] as const

/** To send events, to read records, to manage keys, to manage webhooks, to say that an event happened earlier. */
export type KeyScope = (typeof KEY_SCOPES)[number]

/** Whether a viewer may do something at all; of which records, its `Scope` decides. */
export const may = (viewer: Viewer, scope: KeyScope): boolean => {
  switch (viewer.role) {
    case 'administrator':
      return true
    case 'collaborator':
      return scope === 'records'
    case 'integration':
      return (viewer.scopes ?? EVENTS).includes(scope)
  }
}

const EVENTS: readonly KeyScope[] = ['events']

/** Whether a viewer reads all records of its organization. */
export const readsEverything = (viewer: Viewer): boolean => viewer.role !== 'collaborator' && may(viewer, 'records')
