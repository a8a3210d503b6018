import type { Viewer } from '../access/viewer.ts'
import type { Fields } from '../database/tables.ts'
import { Datastores, type Shared } from '../datastores.ts'
import { Loaders } from '../loaders/loaders.ts'

/** What resolvers work with: who asks, what it may read, and the batches of this request. */
export interface Context {
  readonly viewer: Viewer
  readonly datastores: Datastores
  readonly loaders: Loaders
}

/** The context of one request; given the fields that it asks for, no more is read of records than these need. */
export const contextFor = (shared: Shared, viewer: Viewer, fields?: Fields): Context => {
  const datastores = new Datastores(shared, viewer, fields)
  return { viewer, datastores, loaders: new Loaders(datastores) }
}
