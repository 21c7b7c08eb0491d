"""People looked for: records, notes, questions, pictures and what ties them, all sealed under their crisis's key.

NM018: something taken about people where the crisis offers no search, or kept beyond its end. PostgreSQL judges by
itself who may say "dead": an official note, agreed by somebody else, and told to the family before it counts outside.
"""

from django.db import migrations

TABLES = """
-- Somebody looked for. `id` is a digest of their author's private link, or of the number another registry gave.
CREATE TABLE population.person (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  id bytea NOT NULL CHECK (length(id) = 16),
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  record bytea NOT NULL CHECK (length(record) = 16),   -- a keyed digest of the record's number
  said bytea NOT NULL,                                 -- a keyed digest of what is sealed
  sought bytea[] NOT NULL DEFAULT '{}',                -- keyed digests of the person's own numbers and addresses
  origin smallint NOT NULL,
  listed boolean NOT NULL DEFAULT false,               -- its author chose an appeal
  minor boolean NOT NULL DEFAULT false,
  hidden smallint NOT NULL DEFAULT 0,
  verified_by bigint,                                  -- who called the author back
  entered_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (crisis_id, id),
  UNIQUE (crisis_id, record)
);
CREATE INDEX person_entered ON population.person (crisis_id, entered_at, id);
CREATE INDEX person_changed ON population.person (crisis_id, changed_at, id);
CREATE INDEX person_sought ON population.person USING gin (sought);

-- What somebody says of them. Only added to: what was said stays, and may stop counting.
CREATE TABLE population.note (
  crisis_id uuid NOT NULL,
  id bytea NOT NULL CHECK (length(id) = 16),
  person bytea NOT NULL,
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  status smallint NOT NULL CHECK (status BETWEEN 0 AND 5),
  assurance smallint NOT NULL CHECK (assurance BETWEEN 1 AND 4),
  source_at timestamptz NOT NULL,
  entered_at timestamptz NOT NULL,
  expires_at timestamptz,
  hidden smallint NOT NULL DEFAULT 0,
  flagged_at timestamptz,
  by bigint,
  agreed_by bigint,
  family_told_at timestamptz,
  PRIMARY KEY (crisis_id, id),
  FOREIGN KEY (crisis_id, person) REFERENCES population.person ON DELETE CASCADE,
  -- "Dead" is an official's word, of two people, and goes nowhere before the family knows.
  CHECK (status <> 5 OR (assurance = 3 AND by IS NOT NULL)),
  CHECK (agreed_by IS NULL OR (status = 5 AND agreed_by <> by)),
  CHECK (family_told_at IS NULL OR agreed_by IS NOT NULL)
);
CREATE INDEX note_person ON population.note (crisis_id, person, entered_at);
CREATE INDEX note_entered ON population.note (crisis_id, entered_at, id);

CREATE TABLE population.picture (
  crisis_id uuid NOT NULL,
  person bytea NOT NULL,
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (crisis_id, person),
  FOREIGN KEY (crisis_id, person) REFERENCES population.person ON DELETE CASCADE
);

-- Who looked at a picture: a keyed digest of a network or of an account.
CREATE TABLE population.picture_look (
  crisis_id uuid NOT NULL,
  person bytea NOT NULL,
  who bytea NOT NULL CHECK (length(who) = 16),
  at timestamptz NOT NULL,
  FOREIGN KEY (crisis_id, person) REFERENCES population.person ON DELETE CASCADE
);
CREATE INDEX picture_look_of ON population.picture_look (crisis_id, person);

-- A question about somebody. Whoever asks is told the same, whether or not anybody is known.
CREATE TABLE population.question (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  id bytea NOT NULL CHECK (length(id) = 16),
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  subject bytea CHECK (length(subject) = 16),
  asker bytea NOT NULL CHECK (length(asker) = 16),
  at timestamptz NOT NULL,
  answer bytea,
  PRIMARY KEY (crisis_id, id)
);
CREATE INDEX question_subject ON population.question (crisis_id, subject) WHERE subject IS NOT NULL;

-- What two rows have to do with each other: proposed by the machine, decided by people, and undone as easily.
CREATE TABLE population.tie (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  kind smallint NOT NULL,
  "left" bytea NOT NULL,
  "right" bytea NOT NULL,
  state smallint NOT NULL,
  by bigint,
  at timestamptz NOT NULL,
  PRIMARY KEY (crisis_id, kind, "left", "right"),
  CHECK ("left" <> "right"),
  CHECK (kind <> 1 OR "left" < "right")
);
CREATE INDEX tie_state ON population.tie (crisis_id, kind, state, at);
CREATE INDEX tie_right ON population.tie (crisis_id, "right");

-- Whom nobody may find: keyed digests of their own numbers and addresses.
CREATE TABLE population.not_to_be_found (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  digest bytea NOT NULL CHECK (length(digest) = 16),
  at timestamptz NOT NULL,
  PRIMARY KEY (crisis_id, digest)
);
"""

TAKEN = ("person", "note", "picture", "question", "not_to_be_found")
GUARDS = """
-- As population.refuse_closed, for the search of people: what is tied, hidden or answered may be until the purge.
CREATE FUNCTION population.refuse_unless_find() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM taken t LEFT JOIN population.crisis c ON c.id = t.crisis_id
             WHERE c.opened_at IS NULL OR c.erased_at IS NOT NULL
               OR (TG_OP = 'INSERT' AND c.closed_at IS NOT NULL) OR NOT 'find' = ANY(c.services)
               OR (c.purge_at IS NOT NULL AND clock_timestamp() >= c.purge_at)) THEN
    RAISE EXCEPTION 'population: its crisis is not open' USING ERRCODE = 'NM018';
  END IF;
  RETURN NULL;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_taken AFTER INSERT ON population.{table} REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.refuse_unless_find();
CREATE TRIGGER {table}_changed AFTER UPDATE ON population.{table} REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.refuse_unless_find();
"""
    for table in TAKEN
)

ERASURE = """
CREATE FUNCTION population.holds_missing(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.person WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.question WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.tie WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.not_to_be_found WHERE crisis_id = crisis) $$;
CREATE OR REPLACE FUNCTION population.holds_people(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.checkin WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.message WHERE crisis_id = crisis)
    OR population.holds_missing(crisis) $$;

-- Drop what a crisis held about people looked for, once its time has come; return how many of each.
CREATE FUNCTION population.erase_missing(crisis uuid)
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
  DELETE FROM population.question WHERE crisis_id = crisis;
  DELETE FROM population.not_to_be_found WHERE crisis_id = crisis;
  DELETE FROM population.person WHERE crisis_id = crisis;
  RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION population.erase_missing(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION population.erase_missing(uuid) TO nec_ledger;

GRANT SELECT, INSERT, DELETE ON population.person, population.note, population.picture, population.picture_look,
  population.question, population.tie, population.not_to_be_found TO nec_ledger;
GRANT UPDATE (salt, sealed, said, sought, listed, minor, hidden, verified_by, changed_at, expires_at)
  ON population.person TO nec_ledger;
GRANT UPDATE (hidden, flagged_at, agreed_by, family_told_at) ON population.note TO nec_ledger;
GRANT UPDATE (salt, sealed, at) ON population.picture TO nec_ledger;
GRANT UPDATE (answer) ON population.question TO nec_ledger;
GRANT UPDATE (state, by, at) ON population.tie TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Add the tables of people looked for, with their guards and their erasure."""

    dependencies = [("facts", "0029_rate_and_names")]
    operations = [
        migrations.RunSQL(TABLES, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(ERASURE, migrations.RunSQL.noop),
    ]
