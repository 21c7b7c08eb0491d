"""Telephones that are told by themselves: sealed, and gone with the check-in they are about."""

from django.db import migrations

SQL = """
CREATE TABLE population.phone (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  about bytea NOT NULL CHECK (length(about) = 16),        -- a check-in
  why smallint NOT NULL CHECK (why IN (1, 2)),
  endpoint bytea NOT NULL CHECK (length(endpoint) = 16),  -- a keyed digest: the same telephone again is one row
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (crisis_id, about, why, endpoint)
);
CREATE INDEX phone_endpoint ON population.phone (crisis_id, endpoint);
GRANT SELECT, INSERT, DELETE ON population.phone TO nec_ledger;
GRANT UPDATE (salt, sealed) ON population.phone TO nec_ledger;

CREATE TRIGGER phone_taken AFTER INSERT ON population.phone REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.message_refuse();

-- How many telephones a check-in has to tell: what is followed by nobody costs the intake nothing.
ALTER TABLE population.checkin ADD COLUMN followers smallint NOT NULL DEFAULT 0;
GRANT UPDATE (followers) ON population.checkin TO nec_ledger;
CREATE INDEX checkin_followed ON population.checkin (changed_at) WHERE followers > 0 AND told_rev < rev;

CREATE FUNCTION population.unfollow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM population.phone p WHERE p.crisis_id = OLD.crisis_id AND p.about = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER checkin_unfollowed AFTER DELETE ON population.checkin
  FOR EACH ROW EXECUTE FUNCTION population.unfollow();

CREATE OR REPLACE FUNCTION population.holds_people(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.checkin WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.message WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.phone WHERE crisis_id = crisis)
    OR population.holds_missing(crisis) OR population.holds_doors(crisis)
    OR EXISTS (SELECT FROM population.look WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.allowance WHERE crisis_id = crisis) $$;
"""


class Migration(migrations.Migration):
    """Add the table, its guard, and how many follow a check-in."""

    dependencies = [("facts", "0038_confirmed")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
