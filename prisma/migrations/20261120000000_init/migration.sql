-- CreateEnum
CREATE TYPE "collaborator_status" AS ENUM ('active', 'pending', 'inactive', 'rejected', 'deleted');

-- CreateEnum
CREATE TYPE "alias_type" AS ENUM ('tracking', 'coupon');

-- CreateEnum
CREATE TYPE "program_status" AS ENUM ('active', 'inactive', 'draft', 'deleted');

-- CreateEnum
CREATE TYPE "incentive_type" AS ENUM ('saleTransactionPercentage', 'fixedPerTransaction', 'fixedPerProduct', 'fixedPerLead');

-- CreateEnum
CREATE TYPE "incentive_resolver_type" AS ENUM ('newestBindingWins', 'oldestBindingWins', 'topScoreWins', 'evenlySharedPool', 'performanceWeightedPool');

-- CreateEnum
CREATE TYPE "program_group_sorter" AS ENUM ('newestBindingWins', 'oldestBindingWins');

-- CreateEnum
CREATE TYPE "opportunity_status" AS ENUM ('active', 'inactive', 'invalid');

-- CreateEnum
CREATE TYPE "engagement_status" AS ENUM ('active', 'pending', 'complete', 'cancelled');

-- CreateEnum
CREATE TYPE "transaction_status" AS ENUM ('complete', 'cancelled', 'refunded');

-- CreateEnum
CREATE TYPE "conversion_type" AS ENUM ('sale', 'lead', 'renewal');

-- CreateEnum
CREATE TYPE "conversion_status" AS ENUM ('pending', 'approved', 'rejected');

-- CreateEnum
CREATE TYPE "obligation_status" AS ENUM ('draft', 'pending', 'complete', 'rejected', 'cancelled');

-- CreateEnum
CREATE TYPE "payout_status" AS ENUM ('unpaid', 'paid', 'processing', 'failed');

-- CreateEnum
CREATE TYPE "fulfillment_status" AS ENUM ('pending', 'processing', 'complete', 'failed');

-- CreateEnum
CREATE TYPE "distributor_status" AS ENUM ('active', 'inactive', 'deleted');

-- CreateEnum
CREATE TYPE "distribution_status" AS ENUM ('pending', 'complete');

-- CreateEnum
CREATE TYPE "integration_status" AS ENUM ('active', 'inactive');

-- CreateEnum
CREATE TYPE "note_source_type" AS ENUM ('collaborator', 'conversion', 'obligation', 'fulfillment', 'payout', 'engagement', 'opportunity', 'transaction', 'distribution', 'program', 'distributor', 'organization');

-- CreateEnum
CREATE TYPE "api_key_role" AS ENUM ('administrator', 'collaborator', 'integration');

-- CreateEnum
CREATE TYPE "api_key_status" AS ENUM ('active', 'revoked');

-- CreateTable
CREATE TABLE "organization" (
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "collaborator" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "full_name" TEXT NOT NULL,
    "nickname" TEXT,
    "email" TEXT NOT NULL,
    "status" "collaborator_status" NOT NULL DEFAULT 'pending',
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "collaborator_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "collaborator_alias" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "collaborator_id" BIGINT NOT NULL,
    "type" "alias_type" NOT NULL,
    "code" TEXT NOT NULL,
    "issued_date" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_date" TIMESTAMPTZ(3),

    CONSTRAINT "collaborator_alias_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "program" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "group_id" BIGINT,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "status" "program_status" NOT NULL DEFAULT 'draft',
    "incentive_type" "incentive_type" NOT NULL,
    "incentive_resolver_type" "incentive_resolver_type" NOT NULL,
    "units" TEXT NOT NULL,
    "transaction_percent" DECIMAL(7,4),
    "payout_per_transaction" BIGINT,
    "payout_per_product" BIGINT,
    "payout_per_lead" BIGINT,
    "active_conversion_types" "conversion_type"[],
    "auto_approve" BOOLEAN NOT NULL DEFAULT false,
    "lead_requalification_days" INTEGER,
    "expiration_days" INTEGER,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "program_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "program_engagement_type" (
    "organization_id" BIGINT NOT NULL,
    "program_id" BIGINT NOT NULL,
    "type" TEXT NOT NULL,
    "value" INTEGER NOT NULL,

    CONSTRAINT "program_engagement_type_pkey" PRIMARY KEY ("organization_id","program_id","type")
);

-- CreateTable
CREATE TABLE "program_group" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "sorter" "program_group_sorter" NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "program_group_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "enrollment" (
    "organization_id" BIGINT NOT NULL,
    "collaborator_id" BIGINT NOT NULL,
    "program_id" BIGINT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "enrollment_pkey" PRIMARY KEY ("organization_id","collaborator_id","program_id")
);

-- CreateTable
CREATE TABLE "distributor_enrollment" (
    "organization_id" BIGINT NOT NULL,
    "collaborator_id" BIGINT NOT NULL,
    "distributor_id" BIGINT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "distributor_enrollment_pkey" PRIMARY KEY ("organization_id","collaborator_id","distributor_id")
);

-- CreateTable
CREATE TABLE "opportunity" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "status" "opportunity_status" NOT NULL DEFAULT 'active',
    "user_id" TEXT,
    "merged_into_id" BIGINT,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "opportunity_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "engagement" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "opportunity_id" BIGINT NOT NULL,
    "program_id" BIGINT NOT NULL,
    "collaborator_id" BIGINT NOT NULL,
    "score" BIGINT NOT NULL,
    "status" "engagement_status" NOT NULL DEFAULT 'active',
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "engagement_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "transaction" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "opportunity_id" BIGINT,
    "original_transaction_id" BIGINT,
    "status" "transaction_status" NOT NULL DEFAULT 'complete',
    "source" TEXT NOT NULL,
    "external_id" TEXT,
    "total_value" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "transaction_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "line_item" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "transaction_id" BIGINT NOT NULL,
    "external_id" TEXT,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "type" TEXT NOT NULL DEFAULT 'product',
    "value" BIGINT NOT NULL,
    "quantity" INTEGER NOT NULL DEFAULT 1,
    "units" TEXT NOT NULL,
    "attributes" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "line_item_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "conversion" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "engagement_id" BIGINT NOT NULL,
    "collaborator_id" BIGINT NOT NULL,
    "transaction_id" BIGINT,
    "obligation_id" BIGINT,
    "score" BIGINT NOT NULL,
    "type" "conversion_type" NOT NULL,
    "status" "conversion_status" NOT NULL DEFAULT 'pending',
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "conversion_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "obligation" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "collaborator_id" BIGINT NOT NULL,
    "payout_id" BIGINT,
    "status" "obligation_status" NOT NULL DEFAULT 'draft',
    "award_type" TEXT NOT NULL,
    "value" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "obligation_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "fulfillment" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "status" "fulfillment_status" NOT NULL DEFAULT 'pending',
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "fulfillment_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "payout" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "collaborator_id" BIGINT NOT NULL,
    "fulfillment_id" BIGINT NOT NULL,
    "value" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "status" "payout_status" NOT NULL DEFAULT 'unpaid',
    "date_paid" TIMESTAMPTZ(3),
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "payout_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "distributor" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "status" "distributor_status" NOT NULL DEFAULT 'active',
    "distribution_resolver" TEXT NOT NULL,
    "distribution_pool_resolver" TEXT NOT NULL,
    "units" TEXT NOT NULL,
    "schedule" TEXT NOT NULL,
    "revenue_percentage" DECIMAL(7,4),
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "distributor_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "distribution" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "distributor_id" BIGINT NOT NULL,
    "status" "distribution_status" NOT NULL DEFAULT 'pending',
    "value" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "trigger_date" TIMESTAMPTZ(3) NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_modified" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "distribution_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "allocation" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "distribution_id" BIGINT NOT NULL,
    "collaborator_id" BIGINT NOT NULL,
    "obligation_id" BIGINT,
    "status" "distribution_status" NOT NULL DEFAULT 'pending',
    "value" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,

    CONSTRAINT "allocation_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "integration" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "source" TEXT NOT NULL,
    "supports_coupons" BOOLEAN NOT NULL DEFAULT false,
    "status" "integration_status" NOT NULL DEFAULT 'active',
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "integration_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "note" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "content" TEXT NOT NULL,
    "creation_source" "note_source_type" NOT NULL,
    "creation_source_id" BIGINT NOT NULL,
    "data" JSONB NOT NULL DEFAULT '{}',
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "note_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "note_source" (
    "organization_id" BIGINT NOT NULL,
    "note_id" BIGINT NOT NULL,
    "source_type" "note_source_type" NOT NULL,
    "source_id" BIGINT NOT NULL,
    "content" TEXT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "note_source_pkey" PRIMARY KEY ("organization_id","note_id","source_type","source_id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "key_hash" TEXT NOT NULL,
    "key_prefix" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "role" "api_key_role" NOT NULL,
    "collaborator_id" BIGINT,
    "status" "api_key_status" NOT NULL DEFAULT 'active',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "webhook_subscription" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "target_url" TEXT NOT NULL,
    "events" TEXT[],
    "description" TEXT,
    "signing_secret" TEXT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_subscription_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "ingested_event" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "payload_hash" TEXT NOT NULL,
    "result" JSONB NOT NULL DEFAULT '{}',
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ingested_event_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateIndex
CREATE INDEX "collaborator_organization_id_date_created_id_idx" ON "collaborator"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "collaborator_organization_id_date_modified_id_idx" ON "collaborator"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "collaborator_organization_id_status_id_idx" ON "collaborator"("organization_id", "status", "id");

-- CreateIndex
CREATE UNIQUE INDEX "collaborator_organization_id_email_key" ON "collaborator"("organization_id", "email");

-- CreateIndex
CREATE INDEX "collaborator_alias_organization_id_collaborator_id_id_idx" ON "collaborator_alias"("organization_id", "collaborator_id", "id");

-- CreateIndex
CREATE INDEX "program_organization_id_date_created_id_idx" ON "program"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "program_organization_id_date_modified_id_idx" ON "program"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "program_organization_id_status_id_idx" ON "program"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "program_organization_id_group_id_id_idx" ON "program"("organization_id", "group_id", "id");

-- CreateIndex
CREATE INDEX "enrollment_organization_id_program_id_collaborator_id_idx" ON "enrollment"("organization_id", "program_id", "collaborator_id");

-- CreateIndex
CREATE INDEX "distributor_enrollment_organization_id_distributor_id_colla_idx" ON "distributor_enrollment"("organization_id", "distributor_id", "collaborator_id");

-- CreateIndex
CREATE INDEX "opportunity_organization_id_date_created_id_idx" ON "opportunity"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "opportunity_organization_id_date_modified_id_idx" ON "opportunity"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "opportunity_organization_id_status_id_idx" ON "opportunity"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "opportunity_organization_id_user_id_id_idx" ON "opportunity"("organization_id", "user_id", "id");

-- CreateIndex
CREATE INDEX "opportunity_organization_id_merged_into_id_id_idx" ON "opportunity"("organization_id", "merged_into_id", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_date_created_id_idx" ON "engagement"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_date_modified_id_idx" ON "engagement"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_score_id_idx" ON "engagement"("organization_id", "score", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_status_id_idx" ON "engagement"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_collaborator_id_id_status_idx" ON "engagement"("organization_id", "collaborator_id", "id", "status");

-- CreateIndex
CREATE INDEX "engagement_organization_id_collaborator_id_date_created_id_idx" ON "engagement"("organization_id", "collaborator_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_collaborator_id_date_modified_id_idx" ON "engagement"("organization_id", "collaborator_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_collaborator_id_score_id_idx" ON "engagement"("organization_id", "collaborator_id", "score", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_program_id_id_status_idx" ON "engagement"("organization_id", "program_id", "id", "status");

-- CreateIndex
CREATE INDEX "engagement_organization_id_program_id_date_created_id_idx" ON "engagement"("organization_id", "program_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_program_id_date_modified_id_idx" ON "engagement"("organization_id", "program_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_program_id_score_id_idx" ON "engagement"("organization_id", "program_id", "score", "id");

-- CreateIndex
CREATE INDEX "engagement_organization_id_opportunity_id_program_id_id_idx" ON "engagement"("organization_id", "opportunity_id", "program_id", "id");

-- CreateIndex
CREATE INDEX "transaction_organization_id_date_created_id_idx" ON "transaction"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "transaction_organization_id_date_modified_id_idx" ON "transaction"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "transaction_organization_id_status_id_idx" ON "transaction"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "transaction_organization_id_opportunity_id_id_idx" ON "transaction"("organization_id", "opportunity_id", "id");

-- CreateIndex
CREATE INDEX "transaction_organization_id_original_transaction_id_id_idx" ON "transaction"("organization_id", "original_transaction_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "transaction_organization_id_source_external_id_key" ON "transaction"("organization_id", "source", "external_id");

-- CreateIndex
CREATE INDEX "line_item_organization_id_transaction_id_id_idx" ON "line_item"("organization_id", "transaction_id", "id");

-- CreateIndex
CREATE INDEX "conversion_organization_id_date_created_id_idx" ON "conversion"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "conversion_organization_id_date_modified_id_idx" ON "conversion"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "conversion_organization_id_status_id_idx" ON "conversion"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "conversion_organization_id_collaborator_id_id_idx" ON "conversion"("organization_id", "collaborator_id", "id");

-- CreateIndex
CREATE INDEX "conversion_organization_id_engagement_id_id_idx" ON "conversion"("organization_id", "engagement_id", "id");

-- CreateIndex
CREATE INDEX "conversion_organization_id_transaction_id_id_idx" ON "conversion"("organization_id", "transaction_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "conversion_organization_id_obligation_id_key" ON "conversion"("organization_id", "obligation_id");

-- CreateIndex
CREATE INDEX "obligation_organization_id_date_created_id_idx" ON "obligation"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "obligation_organization_id_date_modified_id_idx" ON "obligation"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "obligation_organization_id_status_id_idx" ON "obligation"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "obligation_organization_id_collaborator_id_id_idx" ON "obligation"("organization_id", "collaborator_id", "id");

-- CreateIndex
CREATE INDEX "obligation_organization_id_payout_id_id_idx" ON "obligation"("organization_id", "payout_id", "id");

-- CreateIndex
CREATE INDEX "fulfillment_organization_id_date_created_id_idx" ON "fulfillment"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "fulfillment_organization_id_date_modified_id_idx" ON "fulfillment"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "fulfillment_organization_id_status_id_idx" ON "fulfillment"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "payout_organization_id_date_created_id_idx" ON "payout"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "payout_organization_id_date_modified_id_idx" ON "payout"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "payout_organization_id_status_id_idx" ON "payout"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "payout_organization_id_collaborator_id_id_idx" ON "payout"("organization_id", "collaborator_id", "id");

-- CreateIndex
CREATE INDEX "payout_organization_id_fulfillment_id_id_idx" ON "payout"("organization_id", "fulfillment_id", "id");

-- CreateIndex
CREATE INDEX "distributor_organization_id_date_created_id_idx" ON "distributor"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "distributor_organization_id_date_modified_id_idx" ON "distributor"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "distributor_organization_id_status_id_idx" ON "distributor"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "distribution_organization_id_date_created_id_idx" ON "distribution"("organization_id", "date_created", "id");

-- CreateIndex
CREATE INDEX "distribution_organization_id_date_modified_id_idx" ON "distribution"("organization_id", "date_modified", "id");

-- CreateIndex
CREATE INDEX "distribution_organization_id_status_id_idx" ON "distribution"("organization_id", "status", "id");

-- CreateIndex
CREATE INDEX "distribution_organization_id_distributor_id_id_idx" ON "distribution"("organization_id", "distributor_id", "id");

-- CreateIndex
CREATE INDEX "allocation_organization_id_distribution_id_id_idx" ON "allocation"("organization_id", "distribution_id", "id");

-- CreateIndex
CREATE INDEX "allocation_organization_id_collaborator_id_id_idx" ON "allocation"("organization_id", "collaborator_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "allocation_organization_id_obligation_id_key" ON "allocation"("organization_id", "obligation_id");

-- CreateIndex
CREATE UNIQUE INDEX "integration_organization_id_source_key" ON "integration"("organization_id", "source");

-- CreateIndex
CREATE INDEX "note_source_organization_id_source_type_source_id_date_crea_idx" ON "note_source"("organization_id", "source_type", "source_id", "date_created", "note_id");

-- CreateIndex
CREATE INDEX "note_source_organization_id_source_type_source_id_content_d_idx" ON "note_source"("organization_id", "source_type", "source_id", "content", "date_created", "note_id");

-- CreateIndex
CREATE INDEX "note_source_organization_id_source_type_date_created_note_i_idx" ON "note_source"("organization_id", "source_type", "date_created", "note_id");

-- CreateIndex
CREATE INDEX "note_source_organization_id_source_type_content_date_create_idx" ON "note_source"("organization_id", "source_type", "content", "date_created", "note_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_key_hash_key" ON "api_key"("key_hash");

-- CreateIndex
CREATE INDEX "api_key_organization_id_collaborator_id_id_idx" ON "api_key"("organization_id", "collaborator_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "ingested_event_organization_id_slug_source_external_id_key" ON "ingested_event"("organization_id", "slug", "source", "external_id");

-- AddForeignKey
ALTER TABLE "collaborator" ADD CONSTRAINT "collaborator_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "collaborator_alias" ADD CONSTRAINT "collaborator_alias_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "collaborator_alias" ADD CONSTRAINT "collaborator_alias_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "program" ADD CONSTRAINT "program_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "program" ADD CONSTRAINT "program_organization_id_group_id_fkey" FOREIGN KEY ("organization_id", "group_id") REFERENCES "program_group"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "program_engagement_type" ADD CONSTRAINT "program_engagement_type_organization_id_program_id_fkey" FOREIGN KEY ("organization_id", "program_id") REFERENCES "program"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "program_group" ADD CONSTRAINT "program_group_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "enrollment" ADD CONSTRAINT "enrollment_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "enrollment" ADD CONSTRAINT "enrollment_organization_id_program_id_fkey" FOREIGN KEY ("organization_id", "program_id") REFERENCES "program"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "distributor_enrollment" ADD CONSTRAINT "distributor_enrollment_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "distributor_enrollment" ADD CONSTRAINT "distributor_enrollment_organization_id_distributor_id_fkey" FOREIGN KEY ("organization_id", "distributor_id") REFERENCES "distributor"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "opportunity" ADD CONSTRAINT "opportunity_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "opportunity" ADD CONSTRAINT "opportunity_organization_id_merged_into_id_fkey" FOREIGN KEY ("organization_id", "merged_into_id") REFERENCES "opportunity"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "engagement" ADD CONSTRAINT "engagement_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "engagement" ADD CONSTRAINT "engagement_organization_id_opportunity_id_fkey" FOREIGN KEY ("organization_id", "opportunity_id") REFERENCES "opportunity"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "engagement" ADD CONSTRAINT "engagement_organization_id_program_id_fkey" FOREIGN KEY ("organization_id", "program_id") REFERENCES "program"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "engagement" ADD CONSTRAINT "engagement_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transaction" ADD CONSTRAINT "transaction_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transaction" ADD CONSTRAINT "transaction_organization_id_opportunity_id_fkey" FOREIGN KEY ("organization_id", "opportunity_id") REFERENCES "opportunity"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transaction" ADD CONSTRAINT "transaction_organization_id_original_transaction_id_fkey" FOREIGN KEY ("organization_id", "original_transaction_id") REFERENCES "transaction"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "line_item" ADD CONSTRAINT "line_item_organization_id_transaction_id_fkey" FOREIGN KEY ("organization_id", "transaction_id") REFERENCES "transaction"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversion" ADD CONSTRAINT "conversion_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversion" ADD CONSTRAINT "conversion_organization_id_engagement_id_fkey" FOREIGN KEY ("organization_id", "engagement_id") REFERENCES "engagement"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversion" ADD CONSTRAINT "conversion_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversion" ADD CONSTRAINT "conversion_organization_id_transaction_id_fkey" FOREIGN KEY ("organization_id", "transaction_id") REFERENCES "transaction"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversion" ADD CONSTRAINT "conversion_organization_id_obligation_id_fkey" FOREIGN KEY ("organization_id", "obligation_id") REFERENCES "obligation"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "obligation" ADD CONSTRAINT "obligation_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "obligation" ADD CONSTRAINT "obligation_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "obligation" ADD CONSTRAINT "obligation_organization_id_payout_id_fkey" FOREIGN KEY ("organization_id", "payout_id") REFERENCES "payout"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fulfillment" ADD CONSTRAINT "fulfillment_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payout" ADD CONSTRAINT "payout_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payout" ADD CONSTRAINT "payout_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payout" ADD CONSTRAINT "payout_organization_id_fulfillment_id_fkey" FOREIGN KEY ("organization_id", "fulfillment_id") REFERENCES "fulfillment"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "distributor" ADD CONSTRAINT "distributor_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "distribution" ADD CONSTRAINT "distribution_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "distribution" ADD CONSTRAINT "distribution_organization_id_distributor_id_fkey" FOREIGN KEY ("organization_id", "distributor_id") REFERENCES "distributor"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_organization_id_distribution_id_fkey" FOREIGN KEY ("organization_id", "distribution_id") REFERENCES "distribution"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_organization_id_obligation_id_fkey" FOREIGN KEY ("organization_id", "obligation_id") REFERENCES "obligation"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "integration" ADD CONSTRAINT "integration_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "note" ADD CONSTRAINT "note_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "note_source" ADD CONSTRAINT "note_source_organization_id_note_id_fkey" FOREIGN KEY ("organization_id", "note_id") REFERENCES "note"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_organization_id_collaborator_id_fkey" FOREIGN KEY ("organization_id", "collaborator_id") REFERENCES "collaborator"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_subscription" ADD CONSTRAINT "webhook_subscription_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ingested_event" ADD CONSTRAINT "ingested_event_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's schema cannot say

-- A collaborator has one active engagement per opportunity and program: repeated triggers merge into it.
CREATE UNIQUE INDEX "engagement_active_key" ON "engagement"("organization_id", "opportunity_id", "program_id", "collaborator_id") WHERE "status" = 'active';

-- A code is one collaborator's at a time, and earlier owners stay on record.
CREATE UNIQUE INDEX "collaborator_alias_code_key" ON "collaborator_alias"("organization_id", "type", "code") WHERE "retired_date" IS NULL;

ALTER TABLE "organization" ADD CONSTRAINT "organization_name_check" CHECK ("name" <> '');
ALTER TABLE "collaborator" ADD CONSTRAINT "collaborator_names_check" CHECK ("full_name" <> '' AND "nickname" <> '');
ALTER TABLE "collaborator_alias" ADD CONSTRAINT "collaborator_alias_code_check" CHECK ("code" <> '' AND ("type" <> 'coupon' OR "code" = upper("code")));
ALTER TABLE "program" ADD CONSTRAINT "program_name_check" CHECK ("name" <> '');
ALTER TABLE "program" ADD CONSTRAINT "program_units_check" CHECK ("units" <> '');
ALTER TABLE "program" ADD CONSTRAINT "program_transaction_percent_check" CHECK ("transaction_percent" BETWEEN 0 AND 100);
ALTER TABLE "program" ADD CONSTRAINT "program_payouts_check" CHECK ("payout_per_transaction" >= 0 AND "payout_per_product" >= 0 AND "payout_per_lead" >= 0);
ALTER TABLE "program" ADD CONSTRAINT "program_days_check" CHECK ("lead_requalification_days" >= 0 AND "expiration_days" > 0);
ALTER TABLE "program_engagement_type" ADD CONSTRAINT "program_engagement_type_value_check" CHECK ("value" >= 0);
ALTER TABLE "opportunity" ADD CONSTRAINT "opportunity_merged_into_id_check" CHECK ("merged_into_id" <> "id");
ALTER TABLE "engagement" ADD CONSTRAINT "engagement_score_check" CHECK ("score" >= 0);
ALTER TABLE "engagement" ADD CONSTRAINT "engagement_dates_check" CHECK ("date_modified" >= "date_created");
ALTER TABLE "transaction" ADD CONSTRAINT "transaction_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$');
ALTER TABLE "line_item" ADD CONSTRAINT "line_item_quantity_check" CHECK ("quantity" >= 1);
ALTER TABLE "conversion" ADD CONSTRAINT "conversion_score_check" CHECK ("score" >= 0);
ALTER TABLE "obligation" ADD CONSTRAINT "obligation_value_check" CHECK ("value" >= 0);
ALTER TABLE "payout" ADD CONSTRAINT "payout_value_check" CHECK ("value" >= 0);
ALTER TABLE "payout" ADD CONSTRAINT "payout_date_paid_check" CHECK (("status" = 'paid') = ("date_paid" IS NOT NULL));
ALTER TABLE "distributor" ADD CONSTRAINT "distributor_revenue_percentage_check" CHECK ("revenue_percentage" BETWEEN 0 AND 100);
ALTER TABLE "distribution" ADD CONSTRAINT "distribution_value_check" CHECK ("value" >= 0);
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_value_check" CHECK ("value" >= 0);
ALTER TABLE "note" ADD CONSTRAINT "note_content_check" CHECK ("content" <> '');
ALTER TABLE "note" ADD CONSTRAINT "note_data_check" CHECK (jsonb_typeof("data") = 'object');
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_key_hash_check" CHECK ("key_hash" ~ '^[0-9a-f]{64}$');
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_collaborator_check" CHECK (("role" = 'collaborator') = ("collaborator_id" IS NOT NULL));
