"""More looks at the people desk than an hour allows: asked for by one, lent by another."""

from django.db import migrations

SQL = """
-- What a queue of the desk shows is looked at too, though nobody asked for it by name.
ALTER TABLE population.look DROP CONSTRAINT look_what_check,
  ADD CONSTRAINT look_what_check CHECK (what IN ('search', 'candidate', 'record', 'call', 'queue'));

CREATE TABLE population.allowance (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  asked_by bigint NOT NULL,
  asked_role text NOT NULL,
  salt bytea NOT NULL CHECK (length(salt) = 16),
  reason bytea NOT NULL,
  asked_at timestamptz NOT NULL,
  agreed_by bigint CHECK (agreed_by <> asked_by),
  agreed_role text,
  agreed_at timestamptz,
  until timestamptz CHECK (until <= agreed_at + interval '1 hour')
);
CREATE INDEX allowance_crisis ON population.allowance (crisis_id, asked_at);
GRANT SELECT, INSERT, DELETE ON population.allowance TO nec_ledger;
GRANT UPDATE (agreed_by, agreed_role, agreed_at, until) ON population.allowance TO nec_ledger;

CREATE FUNCTION population.allowance_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM population.crisis c WHERE c.id = NEW.crisis_id AND c.opened_at IS NOT NULL
                 AND c.erased_at IS NULL AND (c.purge_at IS NULL OR clock_timestamp() < c.purge_at))
    OR (TG_OP = 'INSERT' AND (NEW.agreed_by IS NOT NULL OR NOT public.is_about_now(NEW.asked_at)
      OR NOT public.account_holds(NEW.asked_by, ARRAY[NEW.asked_role])))
    OR (TG_OP = 'UPDATE' AND (OLD.agreed_by IS NOT NULL OR NEW.agreed_by IS NULL
      OR NOT NEW.agreed_role = ANY('{lead,duty_officer}') OR NOT public.is_about_now(NEW.agreed_at)
      OR NOT public.account_holds(NEW.agreed_by, ARRAY[NEW.agreed_role]))) THEN
    RAISE EXCEPTION 'population: nobody may lend looks like this' USING ERRCODE = 'NM018';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER allowance_told BEFORE INSERT OR UPDATE ON population.allowance
  FOR EACH ROW EXECUTE FUNCTION population.allowance_refuse();

CREATE OR REPLACE FUNCTION population.holds_people(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.checkin WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.message WHERE crisis_id = crisis)
    OR population.holds_missing(crisis) OR population.holds_doors(crisis)
    OR EXISTS (SELECT FROM population.look WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.allowance WHERE crisis_id = crisis) $$;
"""


class Migration(migrations.Migration):
    """Add the table and its guard."""

    dependencies = [("facts", "0035_finder_persons")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
