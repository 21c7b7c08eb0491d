"""Trials of the innovation programme: the protocol fixed before the start, and PostgreSQL's own judgement (NM023).

Advice is a reading of a closed type like any other. A protocol is the first fact of its stream and the only one of its
kind; the row beside it never changes but forward, and never without a fact.
"""

from django.db import migrations, models

SQL = """
CREATE OR REPLACE FUNCTION reading_closed(modality text, payload jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE modality
  WHEN 'crowd_count' THEN
    jsonb_typeof(payload) = 'object' AND payload - '{count,minute}'::text[] = '{}'::jsonb
    AND payload->>'count' ~ '^[0-9]{1,6}$' AND (payload->>'count')::int <= 100000
    AND payload->>'minute' ~ '^[0-9]{1,9}$' AND jsonb_typeof(payload->'count') = 'number'
    AND jsonb_typeof(payload->'minute') = 'number'
  WHEN 'advice' THEN
    jsonb_typeof(payload) = 'object' AND payload - '{level,minute,confidence}'::text[] = '{}'::jsonb
    AND payload->>'level' ~ '^[0-3]$' AND payload->>'minute' ~ '^[0-9]{1,9}$'
    AND payload->>'confidence' ~ '^(100|[0-9]{1,2})$' AND jsonb_typeof(payload->'level') = 'number'
    AND jsonb_typeof(payload->'minute') = 'number' AND jsonb_typeof(payload->'confidence') = 'number'
  ELSE false END IS TRUE $$;

-- Keys in the order of their letters, as they are hashed and sealed: jsonb orders them by length first, and what has a
-- longer key before a shorter one in the alphabet could never be read again.
CREATE OR REPLACE FUNCTION reading_text(payload jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '{' || string_agg(to_json(k)::text || ':' || replace(replace((payload->k)::text, ', ', ','), ': ', ':'), ','
    ORDER BY k COLLATE "C") || '}'
  FROM jsonb_object_keys(payload) AS k $$;

INSERT INTO ledger_scope VALUES ('trial', '*', '{governance}');

CREATE TABLE trial (
  id uuid PRIMARY KEY,
  protocol text NOT NULL,
  digest text NOT NULL CHECK (digest = encode(sha256(convert_to(protocol, 'UTF8')), 'hex')),
  state text NOT NULL CHECK (state IN ('frozen', 'running', 'stopped', 'reported')),
  frozen_at timestamptz NOT NULL,
  begun_at timestamptz,
  stopped_at timestamptz,
  why text NOT NULL DEFAULT '',
  exit text NOT NULL DEFAULT '' CHECK (exit IN ('', 'stop', 'extend', 'adopt', 'open')),
  exit_reason text NOT NULL DEFAULT '',
  last_seq bigint NOT NULL
);
GRANT SELECT ON trial TO nec_web, nec_ledger;
GRANT INSERT, UPDATE ON trial TO nec_ledger;

CREATE FUNCTION trial_refuse_untold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE steps text[] := '{frozen,running,stopped,reported}'; told public.ledger_event%ROWTYPE;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'trial: none is ever deleted' USING ERRCODE = 'NM023';
  END IF;
  SELECT * INTO told FROM public.ledger_event e WHERE e.seq = NEW.last_seq AND e.stream = 'trial:' || NEW.id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'trial: no fact says so: %', NEW.id USING ERRCODE = 'NM023';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'frozen' OR told.kind <> 'TrialProtocol' OR told.payload->>'digest' IS DISTINCT FROM NEW.digest
        OR told.payload->>'text' IS DISTINCT FROM NEW.protocol THEN
      RAISE EXCEPTION 'trial: this is not the protocol on record: %', NEW.id USING ERRCODE = 'NM023';
    END IF;
    RETURN NULL;
  END IF;
  IF (OLD.id, OLD.protocol, OLD.digest, OLD.frozen_at) IS DISTINCT FROM
      (NEW.id, NEW.protocol, NEW.digest, NEW.frozen_at) THEN
    RAISE EXCEPTION 'trial: a fixed protocol never changes: %', OLD.id USING ERRCODE = 'NM023';
  END IF;
  IF array_position(steps, NEW.state) < array_position(steps, OLD.state)
      OR (OLD.begun_at IS NOT NULL AND NEW.begun_at IS DISTINCT FROM OLD.begun_at)
      OR (OLD.stopped_at IS NOT NULL AND (NEW.stopped_at, NEW.why) IS DISTINCT FROM (OLD.stopped_at, OLD.why))
      OR (OLD.exit <> '' AND (NEW.exit, NEW.exit_reason) IS DISTINCT FROM (OLD.exit, OLD.exit_reason))
      OR (NEW.exit <> '' AND NEW.state <> 'reported') THEN
    RAISE EXCEPTION 'trial: what happened stays: %', OLD.id USING ERRCODE = 'NM023';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER trial_told AFTER INSERT OR UPDATE OR DELETE ON trial
  FOR EACH ROW EXECUTE FUNCTION trial_refuse_untold();

-- A second protocol is refused wherever it comes from: only the first fact of a stream may be one.
CREATE FUNCTION trial_one_protocol() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'trial: a fixed protocol never changes: %', NEW.stream USING ERRCODE = 'NM023';
END $$;
CREATE TRIGGER trial_one_protocol BEFORE INSERT ON ledger_event FOR EACH ROW
  WHEN (NEW.kind = 'TrialProtocol' AND NEW.version <> 1) EXECUTE FUNCTION trial_one_protocol();
"""


class Migration(migrations.Migration):
    """One table, one modality more."""

    dependencies = [("facts", "0051_judged_together")]
    operations = [
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Trial",
            fields=[("id", models.UUIDField(primary_key=True))],
            options={"managed": False, "db_table": "trial"},
        ),
    ]
