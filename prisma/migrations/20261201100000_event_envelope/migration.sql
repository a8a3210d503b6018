-- AlterTable
ALTER TABLE "ingested_event" ADD COLUMN     "metadata" JSONB,
ADD COLUMN     "named_opportunity_id" BIGINT;

-- What Prisma's schema cannot say

-- a key may be made to say when its events happened
ALTER TABLE "api_key" DROP CONSTRAINT "api_key_scopes_check";
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_scopes_check" CHECK ("scopes" <@ ARRAY['events', 'records', 'api-keys', 'webhooks', 'backdate'] AND ("role" = 'integration' OR "scopes" = '{}'));
