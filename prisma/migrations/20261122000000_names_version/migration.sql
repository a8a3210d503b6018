-- AlterTable
ALTER TABLE "organization" ADD COLUMN     "names_version" BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint;

-- What Prisma's schema cannot say

-- Whatever changes a name to show, as src/database/names.ts makes it, says so in the same transaction: who reads a version
-- together with rows knows that names which were read with the same version are still right. One transaction says it once.
CREATE FUNCTION "names_changed"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE organization SET names_version = DEFAULT
  WHERE id IN (OLD.organization_id, NEW.organization_id) AND names_version <> pg_current_xact_id()::text::bigint;
  RETURN NULL;
END
$$;

CREATE TRIGGER "collaborator_renamed" AFTER UPDATE ON "collaborator" FOR EACH ROW
WHEN ((OLD.organization_id, OLD.id, OLD.full_name, OLD.nickname, OLD.status = 'deleted')
  IS DISTINCT FROM (NEW.organization_id, NEW.id, NEW.full_name, NEW.nickname, NEW.status = 'deleted'))
EXECUTE FUNCTION "names_changed"();
CREATE TRIGGER "program_renamed" AFTER UPDATE ON "program" FOR EACH ROW
WHEN ((OLD.organization_id, OLD.id, OLD.name, OLD.status = 'deleted')
  IS DISTINCT FROM (NEW.organization_id, NEW.id, NEW.name, NEW.status = 'deleted'))
EXECUTE FUNCTION "names_changed"();
CREATE TRIGGER "distributor_renamed" AFTER UPDATE ON "distributor" FOR EACH ROW
WHEN ((OLD.organization_id, OLD.id, OLD.name, OLD.status = 'deleted')
  IS DISTINCT FROM (NEW.organization_id, NEW.id, NEW.name, NEW.status = 'deleted'))
EXECUTE FUNCTION "names_changed"();

-- an id that has gone may come back with another name
CREATE TRIGGER "collaborator_removed" AFTER DELETE ON "collaborator" FOR EACH ROW EXECUTE FUNCTION "names_changed"();
CREATE TRIGGER "program_removed" AFTER DELETE ON "program" FOR EACH ROW EXECUTE FUNCTION "names_changed"();
CREATE TRIGGER "distributor_removed" AFTER DELETE ON "distributor" FOR EACH ROW EXECUTE FUNCTION "names_changed"();

CREATE FUNCTION "all_names_changed"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE organization SET names_version = DEFAULT;
  RETURN NULL;
END
$$;
CREATE TRIGGER "collaborators_removed" AFTER TRUNCATE ON "collaborator" EXECUTE FUNCTION "all_names_changed"();
CREATE TRIGGER "programs_removed" AFTER TRUNCATE ON "program" EXECUTE FUNCTION "all_names_changed"();
CREATE TRIGGER "distributors_removed" AFTER TRUNCATE ON "distributor" EXECUTE FUNCTION "all_names_changed"();

CREATE FUNCTION "organization_name_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.names_version := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END
$$;
CREATE TRIGGER "organization_renamed" BEFORE UPDATE ON "organization" FOR EACH ROW
WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION "organization_name_changed"();
