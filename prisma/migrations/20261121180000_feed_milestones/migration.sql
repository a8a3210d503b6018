-- CreateTable
CREATE TABLE "feed_milestone" (
    "organization_id" BIGINT NOT NULL,
    "source_type" "note_source_type" NOT NULL,
    "source_id" BIGINT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL,
    "note_id" BIGINT NOT NULL,
    "position" BIGINT NOT NULL,

    CONSTRAINT "feed_milestone_pkey" PRIMARY KEY ("organization_id","source_type","source_id","date_created","note_id")
);

-- AddForeignKey
ALTER TABLE "feed_milestone" ADD CONSTRAINT "feed_milestone_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's schema cannot say

-- Whoever changes what comes before a milestone removes it, in the same transaction: events told late, imports, repairs by
-- hand. The lock keeps milestones from being made meanwhile by one who does not see yet what changes; it is the one of
-- src/notes/milestones.ts. Deleting is a statement of its own, so that it sees what was made until the lock was had.
CREATE FUNCTION "remove_feed_milestones"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  link note_source := CASE TG_ARGV[0] WHEN 'old' THEN OLD ELSE NEW END;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7436003, hashint8(link.organization_id));
  DELETE FROM feed_milestone m
  WHERE m.organization_id = link.organization_id AND m.source_type = link.source_type AND m.source_id = link.source_id
    AND (m.date_created, m.note_id) >= (link.date_created, link.note_id);
  RETURN NULL;
END
$$;

-- There are no milestones of the last hour, so a note that happens now calls nothing. The condition goes by the clock, not
-- by the transaction's time: one that began long ago writes its notes late.
CREATE TRIGGER "note_source_inserted" AFTER INSERT ON "note_source" FOR EACH ROW
WHEN (NEW."date_created" < clock_timestamp() - interval '20 minutes') EXECUTE FUNCTION "remove_feed_milestones"('new');
CREATE TRIGGER "note_source_removed" AFTER UPDATE OR DELETE ON "note_source" FOR EACH ROW
EXECUTE FUNCTION "remove_feed_milestones"('old');
CREATE TRIGGER "note_source_moved" AFTER UPDATE ON "note_source" FOR EACH ROW
EXECUTE FUNCTION "remove_feed_milestones"('new');
