/** Who asks, and in which organization. Every datastore is made for one viewer. */
export type Viewer = Administrator | CollaboratorViewer | Integration

/** Reads everything of its organization. */
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

/** Sends events, reads nothing. */
export interface Integration {
  readonly role: 'integration'
  readonly organizationId: number
}
