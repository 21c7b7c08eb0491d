"""A stream opens on a signed paper that rests on a signed assessment, and closes when reality leaves that behind.

PostgreSQL checks no signature; it holds the paper against the row, the parties and the assessment by itself.
"""

from django.db import migrations, models

TABLES = """
CREATE TABLE assessment (
  id uuid PRIMARY KEY,
  version integer NOT NULL CHECK (version > 0),
  digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  title text NOT NULL,
  covers jsonb NOT NULL,
  opinion text NOT NULL CHECK (opinion <> ''),
  signed_by text NOT NULL,
  signed_at timestamptz NOT NULL,
  review_by timestamptz NOT NULL,
  stale_at timestamptz,
  stale_reason text NOT NULL DEFAULT '',
  revision integer NOT NULL,
  last_seq bigint NOT NULL
);
CREATE TABLE party (
  id uuid PRIMARY KEY,
  role text NOT NULL CHECK (role IN ('territory', 'company', 'state')),
  name text NOT NULL,
  credential_id text NOT NULL UNIQUE,
  public_key text NOT NULL,
  rp_id text NOT NULL,
  origin text NOT NULL,
  enrolled_at timestamptz NOT NULL,
  enrolled_by text NOT NULL,
  retired_at timestamptz,
  last_seq bigint NOT NULL
);
GRANT SELECT ON assessment, party TO nec_web, nec_ledger;
GRANT INSERT, UPDATE ON assessment, party TO nec_ledger;

ALTER TABLE authorisation ADD suspended_at timestamptz, ADD suspended_reason text, ADD paper jsonb;
CREATE INDEX authorisation_assessment ON authorisation ((paper->'terms'->>'assessment_id'));

INSERT INTO ledger_scope VALUES
  ('assessment', '*', '{governance}'), ('party', '*', '{governance}');
"""

GUARDS = """
-- What assessments and parties say was said by a fact, and a party's key never changes.
CREATE FUNCTION trust_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION '%: none is ever deleted', TG_TABLE_NAME USING ERRCODE = 'NM009';
  END IF;
  IF TG_TABLE_NAME = 'party' AND TG_OP = 'UPDATE' THEN
    IF OLD.retired_at IS NOT NULL OR to_jsonb(NEW) - '{retired_at,last_seq}'::text[]
        <> to_jsonb(OLD) - '{retired_at,last_seq}'::text[] THEN
      RAISE EXCEPTION 'party: it may only be retired, once: %', OLD.id USING ERRCODE = 'NM009';
    END IF;
  END IF;
  IF NOT EXISTS (SELECT FROM public.ledger_event e
                 WHERE e.seq = NEW.last_seq AND e.stream = TG_TABLE_NAME || ':' || NEW.id) THEN
    RAISE EXCEPTION '%: no fact says so: %', TG_TABLE_NAME, NEW.id USING ERRCODE = 'NM009';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER assessment_told AFTER INSERT OR UPDATE OR DELETE ON assessment
  FOR EACH ROW EXECUTE FUNCTION trust_refuse_change();
CREATE TRIGGER party_told AFTER INSERT OR UPDATE OR DELETE ON party
  FOR EACH ROW EXECUTE FUNCTION trust_refuse_change();

-- A stream is opened by its paper alone: the row repeats it, its parties signed it, its assessment holds.
CREATE FUNCTION authorisation_refuse_unsigned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE terms jsonb := NEW.paper->'terms'; roles text[]; wanted text[] := '{territory}'; held public.assessment%ROWTYPE;
BEGIN
  -- An upsert shows its row as an insertion first: what was entered is not judged again.
  IF NEW.kind <> 'stream' OR EXISTS (SELECT FROM public.authorisation WHERE id = NEW.id) THEN RETURN NEW; END IF;
  IF terms IS NULL OR (terms->>'id')::uuid <> NEW.id OR terms->>'modality' <> NEW.modality
      OR terms->>'purpose' <> NEW.purpose OR NEW.streams IS DISTINCT FROM ARRAY[terms->>'stream']
      OR NEW.zones IS NULL OR to_jsonb(NEW.zones) <> terms->'zones'
      OR (terms->>'valid_from')::timestamptz <> NEW.valid_from
      OR (terms->>'valid_until')::timestamptz IS DISTINCT FROM NEW.valid_until THEN
    RAISE EXCEPTION 'authorisation: % is not what was signed', NEW.id USING ERRCODE = 'NM011';
  END IF;
  IF jsonb_typeof(terms->'experiment') = 'object' THEN wanted := '{territory,company,state}'; END IF;
  SELECT array_agg(DISTINCT p.role) INTO roles
  FROM jsonb_array_elements(NEW.paper->'signatures') s
  JOIN public.party p ON p.id = (s->>'party_id')::uuid AND p.role = s->>'role' AND p.public_key = s->>'public_key'
  WHERE p.retired_at IS NULL OR p.retired_at > (s->>'at')::timestamptz;
  IF roles IS NULL OR NOT roles @> wanted THEN
    RAISE EXCEPTION 'authorisation: % lacks signatures', NEW.id USING ERRCODE = 'NM011';
  END IF;
  SELECT * INTO held FROM public.assessment WHERE id = (terms->>'assessment_id')::uuid;
  IF NOT FOUND OR held.stale_at IS NOT NULL OR held.review_by <= clock_timestamp()
      OR held.version <> (terms->>'assessment_version')::int OR held.digest <> terms->>'assessment_digest' THEN
    RAISE EXCEPTION 'authorisation: % rests on no assessment that holds', NEW.id USING ERRCODE = 'NM011';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER authorisation_signed BEFORE INSERT ON authorisation
  FOR EACH ROW EXECUTE FUNCTION authorisation_refuse_unsigned();

-- Ended once, and meanwhile suspended and resumed: nothing else of an authorisation ever changes.
CREATE OR REPLACE FUNCTION authorisation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ending text[] := '{revoked_at,revoked_by,revoked_reason,suspended_at,suspended_reason,version,last_seq}';
BEGIN
  IF TG_OP <> 'DELETE' THEN
    IF NEW.kind = 'standing' OR (TG_OP = 'UPDATE' AND OLD.kind = 'standing') THEN
      RAISE EXCEPTION 'authorisation: the law itself stands' USING ERRCODE = 'NM009';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.revoked_at IS NOT NULL OR NEW.version <= OLD.version
        OR (NEW.revoked_at IS NULL AND NEW.suspended_at IS NOT DISTINCT FROM OLD.suspended_at)
        OR to_jsonb(NEW) - ending <> to_jsonb(OLD) - ending) THEN
      RAISE EXCEPTION 'authorisation: it may only be suspended, resumed, or ended once: %', OLD.id
        USING ERRCODE = 'NM009';
    END IF;
    IF EXISTS (SELECT FROM public.ledger_event e
               WHERE e.seq = NEW.last_seq AND e.stream = 'authorisation:' || NEW.id AND e.version = NEW.version) THEN
      RETURN NULL;
    END IF;
    RAISE EXCEPTION 'authorisation: no fact says so: %', NEW.id USING ERRCODE = 'NM009';
  END IF;
  RAISE EXCEPTION 'authorisation: none is ever deleted' USING ERRCODE = 'NM009';
END $$;

CREATE OR REPLACE FUNCTION authorisation_in_force(a public.authorisation, at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- Standing ones ask for no instant: a machine whose clock says 1970 still takes calls for help.
  IF a.kind = 'standing' THEN RETURN true; END IF;
  RETURN coalesce(a.revoked_at IS NULL AND a.suspended_at IS NULL AND at >= a.valid_from AND at < a.valid_until
    AND at BETWEEN clock_timestamp() - public.guard_clock_drift() AND clock_timestamp() + public.guard_clock_drift(),
    false);
END $$;
"""


LOOK = """
CREATE OR REPLACE FUNCTION ledger_refuse_unauthorised() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE law text; in_force boolean; allowed boolean;
BEGIN
  IF TG_TABLE_NAME = 'signal' THEN
    SELECT CASE a.kind WHEN 'standing' THEN a.modality ELSE a.kind END,
      a.kind = 'standing' OR (a.revoked_at IS NULL AND a.suspended_at IS NULL AND NEW.recorded_at >= a.valid_from AND NEW.recorded_at < a.valid_until
        AND NEW.recorded_at BETWEEN clock_timestamp() - public.guard_clock_drift()
          AND clock_timestamp() + public.guard_clock_drift()),
      a.kind = 'standing' AND a.modality = 'call_for_help'
    INTO law, in_force, allowed FROM public.authorisation a WHERE a.id = NEW.authorisation_id;
  ELSE
    SELECT CASE a.kind WHEN 'standing' THEN a.modality ELSE a.kind END,
      a.kind = 'standing' OR (a.revoked_at IS NULL AND a.suspended_at IS NULL AND NEW.recorded_at >= a.valid_from AND NEW.recorded_at < a.valid_until
        AND NEW.recorded_at BETWEEN clock_timestamp() - public.guard_clock_drift()
          AND clock_timestamp() + public.guard_clock_drift()),
      (SELECT CASE a.kind WHEN 'standing' THEN a.modality ELSE a.kind END = ANY(s.laws) FROM public.ledger_scope s
       WHERE s.stream = split_part(NEW.stream, ':', 1) AND s.fact IN (NEW.kind, '*') ORDER BY s.fact = '*' LIMIT 1)
    INTO law, in_force, allowed FROM public.authorisation a WHERE a.id = NEW.authorisation_id;
  END IF;
  IF law IS NULL THEN
    RAISE EXCEPTION 'ledger: unknown authorisation %', NEW.authorisation_id USING ERRCODE = 'NM001';
  END IF;
  IF in_force IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: authorisation % is not current at %', NEW.authorisation_id, NEW.recorded_at
      USING ERRCODE = 'NM002';
  END IF;
  IF allowed IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: % may not carry this fact', law USING ERRCODE = 'NM007';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """Rows already there are not judged again: a stream entered without a paper keeps what it had."""

    dependencies = [("facts", "0010_break_glass")]
    operations = [
        migrations.RunSQL(TABLES, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(LOOK, migrations.RunSQL.noop),
        *(
            migrations.CreateModel(
                name=name,
                fields=[("id", models.UUIDField(primary_key=True))],
                options={"managed": False, "db_table": name.lower()},
            )
            for name in ("Assessment", "Party")
        ),
    ]
