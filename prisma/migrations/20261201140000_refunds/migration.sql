-- DropIndex
DROP INDEX "ingested_event_organization_id_slug_source_external_id_key";

-- AlterTable
ALTER TABLE "conversion" ADD COLUMN     "issued_for" "incentive_type",
ADD COLUMN     "issued_value" BIGINT;

-- AlterTable
ALTER TABLE "ingested_event" ADD COLUMN     "part" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "line_item" ADD COLUMN     "returned" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "obligation" ADD COLUMN     "conversion_id" BIGINT;

-- AlterTable
ALTER TABLE "organization" ADD COLUMN     "clawback" BOOLEAN NOT NULL DEFAULT true;

-- AlterTable
ALTER TABLE "transaction" ADD COLUMN     "fraction_left" TEXT NOT NULL DEFAULT '1/1',
ADD COLUMN     "refunded_value" BIGINT NOT NULL DEFAULT 0;

-- CreateIndex
CREATE UNIQUE INDEX "ingested_event_organization_id_slug_source_external_id_part_key" ON "ingested_event"("organization_id", "slug", "source", "external_id", "part");

-- CreateIndex
CREATE INDEX "obligation_organization_id_conversion_id_id_idx" ON "obligation"("organization_id", "conversion_id", "id");

-- AddForeignKey
ALTER TABLE "obligation" ADD CONSTRAINT "obligation_organization_id_conversion_id_fkey" FOREIGN KEY ("organization_id", "conversion_id") REFERENCES "conversion"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's schema cannot say

ALTER TABLE "transaction" ADD CONSTRAINT "transaction_refunded_value_check" CHECK ("refunded_value" BETWEEN 0 AND greatest("total_value", 0));
ALTER TABLE "transaction" ADD CONSTRAINT "transaction_fraction_left_check" CHECK ("fraction_left" ~ '^(0|[1-9][0-9]*)/[1-9][0-9]*$');
ALTER TABLE "line_item" ADD CONSTRAINT "line_item_returned_check" CHECK ("returned" BETWEEN 0 AND "quantity");
ALTER TABLE "obligation" DROP CONSTRAINT "obligation_value_check";
ALTER TABLE "obligation" ADD CONSTRAINT "obligation_value_check" CHECK ("value" >= 0 OR "award_type" = 'clawback');

-- Until now a refund was of the whole.
UPDATE "transaction" SET "refunded_value" = "total_value", "fraction_left" = '0/1' WHERE "status" = 'refunded' AND "total_value" >= 0;

-- Until now a conversion had one obligation.
UPDATE "obligation" o SET "conversion_id" = v."id" FROM "conversion" v
WHERE v."organization_id" = o."organization_id" AND v."obligation_id" = o."id";

-- What was awarded until now did not depend on what was paid of each line: refunds go by what was issued.
UPDATE "conversion" v SET "issued_value" = o."value", "issued_for" = coalesce((
    SELECT (e."rules" ->> 'incentiveType')::"incentive_type" FROM "evaluation_candidate" c
      JOIN "evaluation" e ON e."organization_id" = c."organization_id" AND e."id" = c."evaluation_id"
    WHERE c."organization_id" = v."organization_id" AND c."conversion_id" = v."id"
  ), p."incentive_type")
FROM "obligation" o, "engagement" g, "program" p
WHERE o."organization_id" = v."organization_id" AND o."id" = v."obligation_id"
  AND g."organization_id" = v."organization_id" AND g."id" = v."engagement_id"
  AND p."organization_id" = g."organization_id" AND p."id" = g."program_id";

-- What is owed back is little, and is asked for with every payout.
CREATE INDEX "obligation_owed_back_idx" ON "obligation"("organization_id", "collaborator_id", "currency") WHERE "status" = 'pending' AND "value" < 0;
