-- A line's total is rounded once: of a price below the minor unit, value times quantity would not be what was paid.
ALTER TABLE "line_item" ADD COLUMN "total" BIGINT;
UPDATE "line_item" SET "total" = "value" * "quantity";
ALTER TABLE "line_item" ALTER COLUMN "total" SET NOT NULL;
