import { actionRoutes } from './actions.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { engagementTypeRoutes } from './engagement-types.ts'
import { engagementRoutes } from './engagements.ts'
import { noteRoutes } from './notes.ts'
import { reconciliationRoutes } from './reconciliation.ts'
import type { Route } from './route.ts'
import { webhookRoutes } from './webhooks.ts'

/** Every operation of the HTTP API beside the events. */
export const ROUTES: readonly Route[] = [
  ...actionRoutes,
  ...apiKeyRoutes,
  ...engagementRoutes,
  ...engagementTypeRoutes,
  ...noteRoutes,
  ...reconciliationRoutes,
  ...webhookRoutes,
]
