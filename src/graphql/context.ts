import type { Viewer } from '../access/viewer.ts'
import { type Asked, Datastores, type Shared } from '../datastores.ts'
import { Loaders } from '../loaders/loaders.ts'

/** What resolvers work with: who asks, what it may read, and the batches of this request. */
export interface Context {
  readonly viewer: Viewer
  readonly datastores: Datastores
  readonly loaders: Loaders
}

/** The context of one request; given what it asks for, no more is read of records than that needs. */
export const contextFor = (shared: Shared, viewer: Viewer, asked?: Asked): Context => {
  const datastores = new Datastores(shared, viewer, asked)
  return { viewer, datastores, loaders: new Loaders(datastores) }
}
