-- CreateTable
CREATE TABLE "counted_conversion" (
    "organization_id" BIGINT NOT NULL,
    "distributor_id" BIGINT NOT NULL,
    "conversion_id" BIGINT NOT NULL,
    "distribution_id" BIGINT NOT NULL,

    CONSTRAINT "counted_conversion_pkey" PRIMARY KEY ("organization_id","distributor_id","conversion_id")
);

-- AddForeignKey
ALTER TABLE "counted_conversion" ADD CONSTRAINT "counted_conversion_organization_id_distributor_id_fkey" FOREIGN KEY ("organization_id", "distributor_id") REFERENCES "distributor"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "counted_conversion" ADD CONSTRAINT "counted_conversion_organization_id_conversion_id_fkey" FOREIGN KEY ("organization_id", "conversion_id") REFERENCES "conversion"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "counted_conversion" ADD CONSTRAINT "counted_conversion_organization_id_distribution_id_fkey" FOREIGN KEY ("organization_id", "distribution_id") REFERENCES "distribution"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Until now a run counted the scores since the run before it, by their dates: of those that gave something, so it was.
INSERT INTO "counted_conversion" ("organization_id", "distributor_id", "conversion_id", "distribution_id")
SELECT v."organization_id", run."distributor_id", v."id", run."id"
FROM (
  SELECT n."organization_id", n."distributor_id", n."id", n."trigger_date", coalesce(
      max(n."trigger_date") OVER (
        PARTITION BY n."organization_id", n."distributor_id" ORDER BY n."id" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ), d."date_created"
    ) AS "since"
  FROM "distribution" n JOIN "distributor" d ON d."organization_id" = n."organization_id" AND d."id" = n."distributor_id"
) AS run
  JOIN "conversion" v ON v."organization_id" = run."organization_id" AND v."status" <> 'rejected'
    AND v."date_created" > run."since" AND v."date_created" <= run."trigger_date"
WHERE EXISTS (
  SELECT FROM "allocation" a WHERE a."organization_id" = run."organization_id" AND a."distribution_id" = run."id"
);
