"""Numbers and addresses that the desk keeps out of a crisis's shelter and questions, and how fast each source sends.

NM018: kept beyond its crisis, or by somebody who may not. NM019: a guest or a host brought together who is kept out.
Neither table names anybody: digests under the crisis's key, and counts.
"""

from django.db import migrations

SQL = """
CREATE TABLE population.ban (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  contact bytea NOT NULL CHECK (length(contact) = 16),
  salt bytea NOT NULL CHECK (length(salt) = 16),
  reason bytea NOT NULL,                       -- sealed
  banned_by bigint NOT NULL,
  banned_role text NOT NULL,
  at timestamptz NOT NULL,
  lifted_by bigint,
  lifted_role text,
  lifted_at timestamptz,
  CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);
CREATE UNIQUE INDEX ban_standing ON population.ban (crisis_id, contact) WHERE lifted_at IS NULL;
GRANT SELECT, INSERT, DELETE ON population.ban TO nec_ledger;
GRANT UPDATE (lifted_by, lifted_role, lifted_at) ON population.ban TO nec_ledger;

CREATE FUNCTION population.ban_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM population.crisis c WHERE c.id = NEW.crisis_id AND c.opened_at IS NOT NULL
                 AND c.erased_at IS NULL AND (c.purge_at IS NULL OR clock_timestamp() < c.purge_at))
    OR (TG_OP = 'INSERT' AND (NEW.lifted_at IS NOT NULL OR NOT NEW.banned_role = ANY('{liaison,lead,duty_officer}')
      OR NOT public.account_holds(NEW.banned_by, ARRAY[NEW.banned_role])))
    OR (TG_OP = 'UPDATE' AND (OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL
      OR NOT NEW.lifted_role = ANY('{lead,duty_officer}')
      OR NOT public.account_holds(NEW.lifted_by, ARRAY[NEW.lifted_role]))) THEN
    RAISE EXCEPTION 'population: nobody may keep out a number like this' USING ERRCODE = 'NM018';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ban_told BEFORE INSERT OR UPDATE ON population.ban
  FOR EACH ROW EXECUTE FUNCTION population.ban_refuse();

CREATE FUNCTION population.match_refuse_banned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM population.ban b WHERE b.crisis_id = NEW.crisis_id AND b.lifted_at IS NULL AND b.contact IN (
      (SELECT contact FROM population.offer o WHERE o.crisis_id = NEW.crisis_id AND o.id = NEW.offer_id),
      (SELECT contact FROM population.request r WHERE r.crisis_id = NEW.crisis_id AND r.id = NEW.request_id))) THEN
    RAISE EXCEPTION 'match: one of them is kept out' USING ERRCODE = 'NM019';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER match_not_banned BEFORE INSERT ON population.match
  FOR EACH ROW EXECUTE FUNCTION population.match_refuse_banned();

-- How much of one thing came from one source in ten minutes: a network, or a number or address its writer gave.
CREATE TABLE population.pace (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  what text NOT NULL CHECK (length(what) <= 20),
  source bytea NOT NULL CHECK (length(source) = 16),
  slot timestamptz NOT NULL,
  n integer NOT NULL,
  PRIMARY KEY (crisis_id, what, source, slot)
);
GRANT SELECT, INSERT, DELETE ON population.pace TO nec_ledger;
GRANT UPDATE (n) ON population.pace TO nec_ledger;
CREATE TRIGGER pace_taken AFTER INSERT ON population.pace REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.refuse_unless_kept();

CREATE OR REPLACE FUNCTION population.holds_people(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.checkin WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.message WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.phone WHERE crisis_id = crisis)
    OR population.holds_missing(crisis) OR population.holds_doors(crisis)
    OR EXISTS (SELECT FROM population.look WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.allowance WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.ban WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.pace WHERE crisis_id = crisis) $$;
"""


class Migration(migrations.Migration):
    """Add the tables and their guards."""

    dependencies = [("facts", "0040_accesses")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
