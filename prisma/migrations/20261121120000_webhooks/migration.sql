-- What a key may do that is neither an administrator's nor a collaborator's.
ALTER TABLE "api_key" ADD COLUMN "scopes" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- Which gateway sends to a subscription, and until when.
ALTER TABLE "webhook_subscription" ADD COLUMN "leased_by" UUID,
ADD COLUMN "leased_until" TIMESTAMPTZ(3);

-- CreateEnum
CREATE TYPE "webhook_delivery_status" AS ENUM ('pending', 'dead');

-- CreateTable
CREATE TABLE "webhook_delivery" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "subscription_id" BIGINT NOT NULL,
    "delivery_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "type" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "status" "webhook_delivery_status" NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_error" TEXT,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateIndex
CREATE INDEX "webhook_delivery_organization_id_subscription_id_status_id_idx" ON "webhook_delivery"("organization_id", "subscription_id", "status", "id");

-- AddForeignKey
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_organization_id_subscription_id_fkey" FOREIGN KEY ("organization_id", "subscription_id") REFERENCES "webhook_subscription"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say

ALTER TABLE "api_key" ALTER COLUMN "scopes" SET NOT NULL;
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_scopes_check" CHECK ("scopes" <@ ARRAY['events', 'records', 'api-keys', 'webhooks'] AND ("role" = 'integration' OR "scopes" = '{}'));
