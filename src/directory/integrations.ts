import type { Viewer } from '../access/viewer.ts'
import { type Sql, statement } from '../database/sql.ts'

/** What the viewer's organization has integrated with. */
export class IntegrationDatastore {
  constructor(
    readonly sql: Sql,
    readonly viewer: Viewer,
  ) {}

  /** Whether an active integration supports coupons: without one, coupons count for nothing. */
  async supportsCoupons(): Promise<boolean> {
    const [row] = await this.sql.rows(couponSupport, [this.viewer.organizationId])
    return row?.supported ?? false
  }
}

const couponSupport = statement<{ supported: boolean }>(
  `select exists (select from integration where organization_id = $1 and status = 'active' and supports_coupons) as supported`,
)
