"""Messages to people in a crisis: sealed until they leave, then counted and forgotten."""

from django.db import migrations

SQL = """
CREATE TABLE population.message (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  id bytea NOT NULL CHECK (length(id) = 16),
  about bytea NOT NULL,                -- the row whose erasure takes it along
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  due_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  PRIMARY KEY (crisis_id, id)
);
CREATE INDEX message_due ON population.message (due_at);
CREATE INDEX message_about ON population.message (crisis_id, about);
-- How many of each a crisis did: all that is left of what it did.
CREATE TABLE population.tally (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  what text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (crisis_id, what)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON population.message TO nec_ledger;
GRANT SELECT, INSERT, UPDATE ON population.tally TO nec_ledger;
GRANT SELECT ON population.tally TO nec_web;

CREATE FUNCTION population.message_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM taken t JOIN population.crisis c ON c.id = t.crisis_id
             WHERE c.opened_at IS NULL OR c.erased_at IS NOT NULL OR clock_timestamp() >= c.purge_at) THEN
    RAISE EXCEPTION 'population: its crisis is over' USING ERRCODE = 'NM018';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER message_taken AFTER INSERT ON population.message REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.message_refuse();

CREATE OR REPLACE FUNCTION population.holds_people(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.checkin WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.message WHERE crisis_id = crisis) $$;
"""


class Migration(migrations.Migration):
    """Add the tables and their guard."""

    dependencies = [("facts", "0027_crises")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
