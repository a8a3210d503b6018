-- CreateTable
CREATE TABLE "removed_webhook" (
    "organization_id" BIGINT NOT NULL,
    "id" BIGINT NOT NULL,
    "target_url" TEXT NOT NULL,
    "events" TEXT[],
    "description" TEXT,
    "date_created" TIMESTAMPTZ(3) NOT NULL,
    "date_removed" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "removed_webhook_pkey" PRIMARY KEY ("organization_id","id")
);

-- AddForeignKey
ALTER TABLE "removed_webhook" ADD CONSTRAINT "removed_webhook_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
