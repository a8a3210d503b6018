import { Records } from '../access/records.ts'
import type { Viewer } from '../access/viewer.ts'
import type {
  AllocationRow,
  DistributionRow,
  DistributorRow,
  FulfillmentRow,
  ObligationRow,
  PayoutRow,
} from '../database/rows.ts'
import type { Sql } from '../database/sql.ts'
import { tableOf } from '../database/tables.ts'

const OBLIGATION = tableOf('Obligation')
const PAYOUT = tableOf('Payout')
const FULFILLMENT = tableOf('Fulfillment')
const DISTRIBUTION = tableOf('Distribution')
const DISTRIBUTOR = tableOf('Distributor')
const ALLOCATION = tableOf('Allocation')

/** Obligations as one viewer may see them. */
export class ObligationDatastore extends Records<ObligationRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'obligation', OBLIGATION)
  }
}

/** Payouts as one viewer may see them. */
export class PayoutDatastore extends Records<PayoutRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'payout', PAYOUT)
  }
}

/** Fulfillments as one viewer may see them. */
export class FulfillmentDatastore extends Records<FulfillmentRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'fulfillment', FULFILLMENT)
  }
}

/** Distributions as one viewer may see them. */
export class DistributionDatastore extends Records<DistributionRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'distribution', DISTRIBUTION)
  }
}

/** Distributors as one viewer may see them. */
export class DistributorDatastore extends Records<DistributorRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'distributor', DISTRIBUTOR)
  }
}

/** The allocations of distributions, as one viewer may see them. */
export class AllocationDatastore extends Records<AllocationRow> {
  constructor(sql: Sql, viewer: Viewer) {
    super(sql, viewer, 'allocation', ALLOCATION)
  }
}
