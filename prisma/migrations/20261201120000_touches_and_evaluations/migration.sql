-- CreateEnum
CREATE TYPE "evaluation_outcome" AS ENUM ('awarded', 'nothingToPay', 'lostContest');

-- CreateEnum
CREATE TYPE "candidate_reason" AS ENUM ('expired', 'inactiveCollaborator', 'noScore');

-- AlterTable
ALTER TABLE "conversion" ADD COLUMN     "rejected_by_hand" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "touch" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "engagement_id" BIGINT NOT NULL,
    "engagement_type" TEXT,
    "points" BIGINT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL,
    "ingested_event_id" BIGINT,
    "coupon_code" TEXT,

    CONSTRAINT "touch_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "coupon_repeat" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "touch_id" BIGINT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL,
    "ingested_event_id" BIGINT,

    CONSTRAINT "coupon_repeat_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "evaluation" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "opportunity_id" BIGINT NOT NULL,
    "transaction_id" BIGINT,
    "program_id" BIGINT NOT NULL,
    "conversion_type" "conversion_type" NOT NULL,
    "outcome" "evaluation_outcome" NOT NULL,
    "as_of" TIMESTAMPTZ(3) NOT NULL,
    "rules" JSONB NOT NULL,
    "lines" JSONB NOT NULL DEFAULT '[]',
    "pool" BIGINT,
    "currency" TEXT,
    "contest" JSONB,
    "date_created" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "evaluation_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "evaluation_candidate" (
    "organization_id" BIGINT NOT NULL,
    "evaluation_id" BIGINT NOT NULL,
    "engagement_id" BIGINT NOT NULL,
    "collaborator_id" BIGINT NOT NULL,
    "score" BIGINT NOT NULL,
    "first_touch" TIMESTAMPTZ(3) NOT NULL,
    "latest_touch" TIMESTAMPTZ(3) NOT NULL,
    "touches" INTEGER NOT NULL,
    "reason" "candidate_reason",
    "share" BIGINT,
    "conversion_id" BIGINT,

    CONSTRAINT "evaluation_candidate_pkey" PRIMARY KEY ("organization_id","evaluation_id","engagement_id")
);

-- CreateIndex
CREATE INDEX "touch_organization_id_engagement_id_date_created_id_idx" ON "touch"("organization_id", "engagement_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "coupon_repeat_organization_id_touch_id_date_created_id_idx" ON "coupon_repeat"("organization_id", "touch_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "evaluation_organization_id_opportunity_id_id_idx" ON "evaluation"("organization_id", "opportunity_id", "id");

-- CreateIndex
CREATE INDEX "evaluation_organization_id_transaction_id_id_idx" ON "evaluation"("organization_id", "transaction_id", "id");

-- CreateIndex
CREATE INDEX "evaluation_candidate_organization_id_engagement_id_evaluati_idx" ON "evaluation_candidate"("organization_id", "engagement_id", "evaluation_id");

-- CreateIndex
CREATE UNIQUE INDEX "evaluation_candidate_organization_id_conversion_id_key" ON "evaluation_candidate"("organization_id", "conversion_id");

-- AddForeignKey
ALTER TABLE "touch" ADD CONSTRAINT "touch_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "touch" ADD CONSTRAINT "touch_organization_id_engagement_id_fkey" FOREIGN KEY ("organization_id", "engagement_id") REFERENCES "engagement"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "coupon_repeat" ADD CONSTRAINT "coupon_repeat_organization_id_touch_id_fkey" FOREIGN KEY ("organization_id", "touch_id") REFERENCES "touch"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_organization_id_opportunity_id_fkey" FOREIGN KEY ("organization_id", "opportunity_id") REFERENCES "opportunity"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_organization_id_transaction_id_fkey" FOREIGN KEY ("organization_id", "transaction_id") REFERENCES "transaction"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_organization_id_program_id_fkey" FOREIGN KEY ("organization_id", "program_id") REFERENCES "program"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation_candidate" ADD CONSTRAINT "evaluation_candidate_organization_id_evaluation_id_fkey" FOREIGN KEY ("organization_id", "evaluation_id") REFERENCES "evaluation"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation_candidate" ADD CONSTRAINT "evaluation_candidate_organization_id_engagement_id_fkey" FOREIGN KEY ("organization_id", "engagement_id") REFERENCES "engagement"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation_candidate" ADD CONSTRAINT "evaluation_candidate_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation_candidate" ADD CONSTRAINT "evaluation_candidate_organization_id_conversion_id_fkey" FOREIGN KEY ("organization_id", "conversion_id") REFERENCES "conversion"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's schema cannot say

ALTER TABLE "touch" ADD CONSTRAINT "touch_points_check" CHECK ("points" >= 0);
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_pool_check" CHECK (("pool" IS NULL) = ("currency" IS NULL));
ALTER TABLE "conversion" ADD CONSTRAINT "conversion_rejected_by_hand_check" CHECK (NOT "rejected_by_hand" OR "status" = 'rejected');

-- What the engagements have so far: all points at the first touch, and for an active one the latest touch, which adds nothing.
INSERT INTO "touch" ("organization_id", "engagement_id", "points", "date_created")
SELECT "organization_id", "id", "score", "date_created" FROM "engagement" ORDER BY "organization_id", "id";
INSERT INTO "touch" ("organization_id", "engagement_id", "points", "date_created")
SELECT "organization_id", "id", 0, "date_modified" FROM "engagement"
WHERE "status" = 'active' AND "date_modified" <> "date_created" ORDER BY "organization_id", "id";

-- A conversion was rejected by hand unless a refund rejected it, which its note says.
UPDATE "conversion" v SET "rejected_by_hand" = true
WHERE v."status" = 'rejected' AND NOT EXISTS (
  SELECT FROM "transaction" t
    JOIN "note_source" s ON s."organization_id" = v."organization_id" AND s."source_type" = 'conversion' AND s."source_id" = v."id" AND s."content" = 'conversion_rejected'
    JOIN "note" n ON n."organization_id" = s."organization_id" AND n."id" = s."note_id" AND n."data" ->> 'reason' = 'refund'
  WHERE t."organization_id" = v."organization_id" AND t."id" = v."transaction_id" AND t."status" = 'refunded'
);
