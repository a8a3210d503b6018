-- What text is compared by. Names are compared in NFC, without the white space, zero-width characters and byte order marks
-- around them; e-mail addresses and codes also without case. src/text.ts says the same in TypeScript.

CREATE FUNCTION "name_key"(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT normalize(btrim($1, E'\u0009\u000A\u000B\u000C\u000D\u0020\u0085\u00A0\u00AD\u061C\u1680\u180E\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u200B\u200C\u200D\u200E\u200F\u2028\u2029\u202A\u202B\u202C\u202D\u202E\u202F\u205F\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u3000\uFEFF'), NFC)
$$;

-- A key must not depend on the locale of the database, so the collation that lower() goes by is chosen here. Where
-- collations differ (a Turkish I with a dot, a sigma at the end of a word), translate() decides.
DO $migration$
DECLARE
  "collation" text := CASE
    WHEN EXISTS (SELECT FROM pg_collation WHERE collname = 'pg_c_utf8' AND collnamespace = 'pg_catalog'::regnamespace) THEN 'COLLATE pg_catalog."pg_c_utf8"'
    WHEN EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu' AND collnamespace = 'pg_catalog'::regnamespace) THEN 'COLLATE pg_catalog."und-x-icu"'
    ELSE ''
  END;
BEGIN
  EXECUTE format($create$
    CREATE FUNCTION "text_key"(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $function$
      SELECT normalize(lower(translate(name_key($1), E'\u0130\u03A3\u03C2', E'i\u03C3\u03C3') %s), NFC)
    $function$
  $create$, "collation");
END
$migration$;

ALTER TABLE "collaborator" ADD COLUMN "email_key" TEXT;
ALTER TABLE "collaborator_alias" ADD COLUMN "code_key" TEXT;

-- Rows whose keys would be one keep their exact text as their key: two collaborators are never made one.
UPDATE "collaborator" c SET "email_key" = CASE WHEN k.count = 1 THEN k.key ELSE c."email" END
FROM (
  SELECT "organization_id", "id", text_key("email") AS key, count(*) OVER (PARTITION BY "organization_id", text_key("email")) AS count
  FROM "collaborator"
) k
WHERE k."organization_id" = c."organization_id" AND k."id" = c."id";

UPDATE "collaborator_alias" a SET "code_key" = CASE WHEN k.count = 1 OR a."retired_date" IS NOT NULL THEN k.key ELSE a."code" END
FROM (
  SELECT "organization_id", "id", text_key("code") AS key,
    count(*) OVER (PARTITION BY "organization_id", "type", "retired_date" IS NULL, text_key("code")) AS count
  FROM "collaborator_alias"
) k
WHERE k."organization_id" = a."organization_id" AND k."id" = a."id";

ALTER TABLE "collaborator" ALTER COLUMN "email_key" SET NOT NULL;
ALTER TABLE "collaborator_alias" ALTER COLUMN "code_key" SET NOT NULL;

-- DropIndex
DROP INDEX "collaborator_organization_id_email_key";

-- CreateIndex
CREATE UNIQUE INDEX "collaborator_organization_id_email_key_key" ON "collaborator"("organization_id", "email_key");

-- What Prisma's schema cannot say

DROP INDEX "collaborator_alias_code_key";
CREATE UNIQUE INDEX "collaborator_alias_code_key" ON "collaborator_alias"("organization_id", "type", "code_key") WHERE "retired_date" IS NULL;

-- Triggers fill the keys, so that no writer can forget them; ALWAYS, so that a session that switches triggers off cannot
-- either. A key that comes with its row, as from a dump, is kept.
CREATE FUNCTION "collaborator_email_keyed"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  NEW.email_key := text_key(NEW.email);
  RETURN NEW;
END
$$;
CREATE TRIGGER "collaborator_added" BEFORE INSERT ON "collaborator" FOR EACH ROW
WHEN (NEW."email_key" IS NULL) EXECUTE FUNCTION "collaborator_email_keyed"();
CREATE TRIGGER "collaborator_email_changed" BEFORE UPDATE ON "collaborator" FOR EACH ROW
WHEN (OLD."email" IS DISTINCT FROM NEW."email" AND OLD."email_key" IS NOT DISTINCT FROM NEW."email_key")
EXECUTE FUNCTION "collaborator_email_keyed"();

CREATE FUNCTION "collaborator_alias_code_keyed"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  NEW.code_key := text_key(NEW.code);
  RETURN NEW;
END
$$;
CREATE TRIGGER "collaborator_alias_added" BEFORE INSERT ON "collaborator_alias" FOR EACH ROW
WHEN (NEW."code_key" IS NULL) EXECUTE FUNCTION "collaborator_alias_code_keyed"();
CREATE TRIGGER "collaborator_alias_code_changed" BEFORE UPDATE ON "collaborator_alias" FOR EACH ROW
WHEN (OLD."code" IS DISTINCT FROM NEW."code" AND OLD."code_key" IS NOT DISTINCT FROM NEW."code_key")
EXECUTE FUNCTION "collaborator_alias_code_keyed"();

ALTER TABLE "collaborator" ENABLE ALWAYS TRIGGER "collaborator_added";
ALTER TABLE "collaborator" ENABLE ALWAYS TRIGGER "collaborator_email_changed";
ALTER TABLE "collaborator_alias" ENABLE ALWAYS TRIGGER "collaborator_alias_added";
ALTER TABLE "collaborator_alias" ENABLE ALWAYS TRIGGER "collaborator_alias_code_changed";

-- Search compares in NFC, so what it looks up is indexed in NFC. The expressions are those of src/notes/search.ts.
DROP INDEX IF EXISTS "collaborator_name_trgm_idx";
DROP INDEX IF EXISTS "program_name_trgm_idx";
DROP INDEX IF EXISTS "distributor_name_trgm_idx";
DROP INDEX IF EXISTS "note_facts_trgm_idx";
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
    CREATE INDEX "collaborator_name_trgm_idx" ON "collaborator" USING gin (normalize(case when "status" <> 'deleted' then coalesce("nickname", "full_name") end, NFC) gin_trgm_ops);
    CREATE INDEX "program_name_trgm_idx" ON "program" USING gin (normalize(case when "status" <> 'deleted' then "name" end, NFC) gin_trgm_ops);
    CREATE INDEX "distributor_name_trgm_idx" ON "distributor" USING gin (normalize(case when "status" <> 'deleted' then "name" end, NFC) gin_trgm_ops);
    CREATE INDEX "note_facts_trgm_idx" ON "note" USING gin (normalize(jsonb_path_query_array("data", '$.*')::text, NFC) gin_trgm_ops);
  END IF;
END
$$;
