"""What a check-in may do with a number or an address, once whoever has it confirmed that the check-in is theirs.

Anybody can type anybody's number. Until its holder says "it was me" by a link sent there (or the desk called them back),
nothing about that number is hidden; whoever says "it was not me" frees it from that check-in. NM021: a number or address
hidden that nobody confirmed, or settled in the name of somebody who tends no notices.
"""

from django.db import migrations

SQL = """
CREATE TABLE population.confirmation (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  checkin bytea NOT NULL CHECK (length(checkin) = 16),
  contact bytea NOT NULL CHECK (length(contact) = 16),    -- a keyed digest
  state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
  letters smallint NOT NULL DEFAULT 0,
  asked_at timestamptz NOT NULL,
  settled_at timestamptz,
  by bigint,                                              -- who called back; NULL: the holder, by the link
  PRIMARY KEY (crisis_id, checkin, contact),
  CHECK ((state = 0) = (settled_at IS NULL))
);
CREATE INDEX confirmation_contact ON population.confirmation (crisis_id, contact);
GRANT SELECT, INSERT, DELETE ON population.confirmation TO nec_ledger;
GRANT UPDATE (state, letters, settled_at, by) ON population.confirmation TO nec_ledger;

-- Nobody may be found by whom they fear after a crisis closed either: this is taken until the purge.
CREATE FUNCTION population.refuse_unless_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM taken t LEFT JOIN population.crisis c ON c.id = t.crisis_id
             WHERE c.opened_at IS NULL OR c.erased_at IS NOT NULL OR NOT 'find' = ANY(c.services)
               OR (c.purge_at IS NOT NULL AND clock_timestamp() >= c.purge_at)) THEN
    RAISE EXCEPTION 'population: its crisis is not kept' USING ERRCODE = 'NM018';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER not_to_be_found_taken ON population.not_to_be_found;
CREATE TRIGGER not_to_be_found_taken AFTER INSERT ON population.not_to_be_found REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.refuse_unless_kept();
CREATE TRIGGER confirmation_taken AFTER INSERT ON population.confirmation REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.refuse_unless_kept();
CREATE TRIGGER confirmation_changed AFTER UPDATE ON population.confirmation REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.refuse_unless_kept();

CREATE FUNCTION population.refuse_unconfirmed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM population.confirmation c
                 WHERE c.crisis_id = NEW.crisis_id AND c.contact = NEW.digest AND c.state = 1)
    -- or another number of theirs, on a notice that the desk tied to a check-in confirmed by its holder
    AND NOT EXISTS (SELECT FROM population.person p
                    JOIN population.tie t ON t.crisis_id = p.crisis_id AND t.kind = 2 AND t."left" = p.id AND t.state = 2
                    JOIN population.confirmation c ON c.crisis_id = p.crisis_id AND c.checkin = t."right" AND c.state = 1
                    WHERE p.crisis_id = NEW.crisis_id AND NEW.digest = ANY(p.sought)) THEN
    RAISE EXCEPTION 'population: nobody confirmed this number' USING ERRCODE = 'NM021';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER not_to_be_found_confirmed BEFORE INSERT ON population.not_to_be_found
  FOR EACH ROW EXECUTE FUNCTION population.refuse_unconfirmed();

CREATE FUNCTION population.refuse_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW."by" IS NOT NULL AND NOT public.account_holds(NEW."by", '{liaison,operator,lead,duty_officer}'))
    OR (TG_OP = 'INSERT' AND (NEW.state <> 0 OR NEW."by" IS NOT NULL)) OR (TG_OP = 'UPDATE' AND OLD.state = 2) THEN
    RAISE EXCEPTION 'population: it may not be settled like this' USING ERRCODE = 'NM021';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER confirmation_settled BEFORE INSERT OR UPDATE ON population.confirmation
  FOR EACH ROW EXECUTE FUNCTION population.refuse_settled();

-- A check-in that is erased takes along what it wanted of its number.
CREATE FUNCTION population.unconfirm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM population.confirmation c WHERE c.crisis_id = OLD.crisis_id AND c.checkin = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER checkin_unconfirmed AFTER DELETE ON population.checkin
  FOR EACH ROW EXECUTE FUNCTION population.unconfirm();

CREATE OR REPLACE FUNCTION population.holds_missing(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.person WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.question WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.tie WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.confirmation WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.not_to_be_found WHERE crisis_id = crisis) $$;

CREATE OR REPLACE FUNCTION population.erase_missing(crisis uuid)
RETURNS TABLE (persons bigint, notes bigint, pictures bigint, questions bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM population.crisis c WHERE c.id = crisis AND clock_timestamp() >= c.purge_at) THEN
    RAISE EXCEPTION 'crisis: its time has not come: %', crisis USING ERRCODE = 'NM017';
  END IF;
  SELECT (SELECT count(*) FROM population.person WHERE crisis_id = crisis),
    (SELECT count(*) FROM population.note WHERE crisis_id = crisis),
    (SELECT count(*) FROM population.picture WHERE crisis_id = crisis),
    (SELECT count(*) FROM population.question WHERE crisis_id = crisis)
  INTO persons, notes, pictures, questions;
  DELETE FROM population.tie WHERE crisis_id = crisis;
  DELETE FROM population.confirmation WHERE crisis_id = crisis;
  DELETE FROM population.question WHERE crisis_id = crisis;
  DELETE FROM population.not_to_be_found WHERE crisis_id = crisis;
  DELETE FROM population.person WHERE crisis_id = crisis;
  RETURN NEXT;
END $$;
"""


class Migration(migrations.Migration):
    """Add the table, its guards and its erasure."""

    dependencies = [("facts", "0037_untied")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
