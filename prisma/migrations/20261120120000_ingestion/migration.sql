-- An event may be known by its sender's own id, by an idempotency key, by both or by neither.
ALTER TABLE "ingested_event" ALTER COLUMN "source" DROP NOT NULL;
ALTER TABLE "ingested_event" ALTER COLUMN "external_id" DROP NOT NULL;
ALTER TABLE "ingested_event" ADD COLUMN "idempotency_key" TEXT;

-- CreateIndex
CREATE UNIQUE INDEX "ingested_event_organization_id_idempotency_key_key" ON "ingested_event"("organization_id", "idempotency_key");

-- A distribution shares a part of the revenue that none before has counted.
ALTER TABLE "distribution" ADD COLUMN "revenue" BIGINT NOT NULL DEFAULT 0;

-- What Prisma's schema cannot say

ALTER TABLE "ingested_event" ADD CONSTRAINT "ingested_event_key_check" CHECK (("source" IS NULL) = ("external_id" IS NULL));

-- A customer has one active opportunity: events that come at the same moment find the same one.
CREATE UNIQUE INDEX "opportunity_active_user_key" ON "opportunity"("organization_id", "user_id") WHERE "status" = 'active';

-- The revenue in a currency, which distributions share, is summed from the index alone.
CREATE INDEX "transaction_revenue_idx" ON "transaction"("organization_id", "currency", "date_created") INCLUDE ("total_value") WHERE "status" = 'complete';

-- Search finds records by any part of their names, and notes by any part of their facts. The expressions are those of
-- src/notes/search.ts. A server without the extension searches all the same, and reads more.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX "collaborator_name_trgm_idx" ON "collaborator" USING gin ((case when "status" <> 'deleted' then coalesce("nickname", "full_name") end) gin_trgm_ops);
    CREATE INDEX "program_name_trgm_idx" ON "program" USING gin ((case when "status" <> 'deleted' then "name" end) gin_trgm_ops);
    CREATE INDEX "distributor_name_trgm_idx" ON "distributor" USING gin ((case when "status" <> 'deleted' then "name" end) gin_trgm_ops);
    CREATE INDEX "note_facts_trgm_idx" ON "note" USING gin ((jsonb_path_query_array("data", '$.*')::text) gin_trgm_ops);
  END IF;
END
$$;
