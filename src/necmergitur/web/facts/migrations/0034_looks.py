"""Calls for help from the page "I'm safe", and who looked at what of whom: both for the person to know."""

from django.db import migrations

SQL = """
-- A call from the page is a device of its own, so that nothing of a press is different for it.
ALTER TABLE device DROP CONSTRAINT device_transport_check,
  ADD CONSTRAINT device_transport_check CHECK (transport IN ('mqtt', 'https', 'dc09', 'lorawan', 'web'));
ALTER TABLE device ADD CONSTRAINT device_web CHECK ((transport = 'web') = (id ~ '^safe-[0-9a-f]{32}$'));

-- Each look of an agent at what is sealed about somebody. `subject` is the row that was opened; the reason may name
-- people, and is sealed as they are. Whoever is looked at sees when, in which role and for what.
CREATE TABLE population.look (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  subject bytea NOT NULL,
  what text NOT NULL CHECK (what IN ('search', 'candidate', 'record', 'call')),
  purpose text NOT NULL CHECK (purpose IN ('answer_call', 'family', 'identify', 'abuse', 'duplicate', 'import')),
  by bigint NOT NULL,
  role text NOT NULL,
  salt bytea NOT NULL CHECK (length(salt) = 16),
  reason bytea NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX look_subject ON population.look (crisis_id, subject);
CREATE INDEX look_by ON population.look (crisis_id, by, at);
GRANT SELECT, INSERT, DELETE ON population.look TO nec_ledger;

CREATE FUNCTION population.look_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND EXISTS (SELECT FROM taken t JOIN population.crisis c ON c.id = t.crisis_id
             WHERE c.opened_at IS NULL OR c.erased_at IS NOT NULL OR clock_timestamp() >= c.purge_at
               OR NOT public.is_about_now(t.at) OR NOT public.account_holds(t.by, ARRAY[t.role])) THEN
    RAISE EXCEPTION 'population: nobody may look like this' USING ERRCODE = 'NM018';
  END IF;
  -- What was looked at stays said as long as the crisis is kept.
  IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM taken t JOIN population.crisis c ON c.id = t.crisis_id
             WHERE c.purge_at IS NULL OR clock_timestamp() < c.purge_at) THEN
    RAISE EXCEPTION 'population: a look is not unsaid' USING ERRCODE = 'NM018';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER look_taken AFTER INSERT ON population.look REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.look_refuse();
CREATE TRIGGER look_dropped AFTER DELETE ON population.look REFERENCING OLD TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.look_refuse();

CREATE OR REPLACE FUNCTION population.holds_people(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.checkin WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.message WHERE crisis_id = crisis)
    OR population.holds_missing(crisis) OR population.holds_doors(crisis)
    OR EXISTS (SELECT FROM population.look WHERE crisis_id = crisis) $$;
"""


class Migration(migrations.Migration):
    """Add the transport, the table and its guards."""

    dependencies = [("facts", "0033_doors")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
