"""Guards that no longer trust what they judge: the law's own rows, the writer's clock, a mission's story.

Tables are named with their schema: a writer's temporary table of the same name must not stand in for the law.
"""

from django.db import migrations

LAW = """
-- How far a writer's clock may be from ours when it flies or senses under an authorisation.
CREATE FUNCTION guard_clock_drift() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '1 minute' $$;

CREATE FUNCTION authorisation_in_force(a public.authorisation, at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- Standing ones ask for no instant: a machine whose clock says 1970 still takes calls for help.
  IF a.kind = 'standing' THEN RETURN true; END IF;
  RETURN coalesce(a.revoked_at IS NULL AND at >= a.valid_from AND at < a.valid_until
    AND at BETWEEN clock_timestamp() - public.guard_clock_drift() AND clock_timestamp() + public.guard_clock_drift(),
    false);
END $$;

-- Which laws may carry which facts; '*' is every fact of the stream that has no line of its own.
CREATE TABLE ledger_scope (stream text NOT NULL, fact text NOT NULL, laws text[] NOT NULL, PRIMARY KEY (stream, fact));
INSERT INTO ledger_scope VALUES
  ('signal', '*', '{call_for_help}'),
  ('incident', '*', '{call_for_help}'),
  ('responder', '*', '{call_for_help}'),
  ('observation', '*', '{call_for_help}'),
  ('still', '*', '{call_for_help}'),
  -- What a drone does once it flies is recorded whatever became of its authorisation (docs/adr/0003).
  ('mission', '*', '{call_for_help,flight}'),
  ('mission', 'MissionOffered', '{flight}'),
  ('mission', 'MissionAccepted', '{flight}'),
  ('mission', 'MissionLaunched', '{flight}'),
  ('audit', '*', '{governance}'),
  ('authorisation', '*', '{governance}');
GRANT SELECT ON ledger_scope TO nec_web, nec_ledger;

CREATE OR REPLACE FUNCTION ledger_refuse_unauthorised() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE a public.authorisation%ROWTYPE; law text; allowed boolean;
BEGIN
  SELECT * INTO a FROM public.authorisation WHERE id = NEW.authorisation_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'ledger: unknown authorisation %', NEW.authorisation_id USING ERRCODE = 'NM001';
  END IF;
  IF NOT public.authorisation_in_force(a, NEW.recorded_at) THEN
    RAISE EXCEPTION 'ledger: authorisation % is not current at %', a.id, NEW.recorded_at USING ERRCODE = 'NM002';
  END IF;
  law := CASE a.kind WHEN 'standing' THEN a.modality ELSE a.kind END;
  IF TG_TABLE_NAME = 'signal' THEN
    allowed := law = 'call_for_help';
  ELSE
    SELECT law = ANY(s.laws) INTO allowed FROM public.ledger_scope s
    WHERE s.stream = split_part(NEW.stream, ':', 1) AND s.fact IN (NEW.kind, '*') ORDER BY s.fact = '*' LIMIT 1;
  END IF;
  IF allowed IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: % may not carry this fact', law USING ERRCODE = 'NM007';
  END IF;
  RETURN NEW;
END $$;

-- An authorisation is entered once, with its fact, and ended once; the two standing ones never change.
CREATE FUNCTION authorisation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ending text[] := '{revoked_at,revoked_by,revoked_reason,version,last_seq}';
BEGIN
  IF TG_OP <> 'DELETE' THEN
    IF NEW.kind = 'standing' OR (TG_OP = 'UPDATE' AND OLD.kind = 'standing') THEN
      RAISE EXCEPTION 'authorisation: the law itself stands' USING ERRCODE = 'NM009';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL OR NEW.version <= OLD.version
        OR to_jsonb(NEW) - ending <> to_jsonb(OLD) - ending) THEN
      RAISE EXCEPTION 'authorisation: it may only be ended, once: %', OLD.id USING ERRCODE = 'NM009';
    END IF;
    IF EXISTS (SELECT FROM public.ledger_event e
               WHERE e.seq = NEW.last_seq AND e.stream = 'authorisation:' || NEW.id AND e.version = NEW.version) THEN
      RETURN NULL;
    END IF;
    RAISE EXCEPTION 'authorisation: no fact says so: %', NEW.id USING ERRCODE = 'NM009';
  END IF;
  RAISE EXCEPTION 'authorisation: none is ever deleted' USING ERRCODE = 'NM009';
END $$;
CREATE TRIGGER authorisation_entered_once AFTER INSERT OR UPDATE OR DELETE ON authorisation
  FOR EACH ROW EXECUTE FUNCTION authorisation_refuse_change();
"""

MISSIONS = """
CREATE OR REPLACE FUNCTION mission_refuse_unfounded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE i public.incident%ROWTYPE; a public.authorisation%ROWTYPE; at timestamptz; was text := '';
BEGIN
  -- An upsert shows its row as an insertion first: it is judged as the update it becomes.
  IF TG_OP = 'INSERT' AND EXISTS (SELECT FROM public.mission WHERE id = NEW.id) THEN RETURN NEW; END IF;
  IF TG_OP = 'UPDATE' THEN
    was := OLD.state;
    IF (NEW.id, NEW.incident_id, NEW.authorisation_id, NEW.drone_id, NEW.offered_at)
        IS DISTINCT FROM (OLD.id, OLD.incident_id, OLD.authorisation_id, OLD.drone_id, OLD.offered_at)
      OR (OLD.accepted_at IS NOT NULL AND NEW.accepted_at IS DISTINCT FROM OLD.accepted_at)
      OR (OLD.airborne_at IS NOT NULL AND NEW.airborne_at IS DISTINCT FROM OLD.airborne_at) THEN
      RAISE EXCEPTION 'mission: what % was founded on does not change', OLD.id USING ERRCODE = 'NM008';
    END IF;
  END IF;
  IF (was, NEW.state) NOT IN (('', 'offered'), ('offered', 'accepted'), ('accepted', 'flying'))
    AND NOT (was <> '' AND (NEW.state = was OR NEW.state = 'ended')) THEN
    RAISE EXCEPTION 'mission: % does not become %', was, NEW.state USING ERRCODE = 'NM008';
  END IF;
  IF NEW.state IN ('accepted', 'flying') AND (NEW.pilot_id IS NULL OR NEW.accepted_at IS NULL) THEN
    RAISE EXCEPTION 'mission: no pilot accepted %', NEW.id USING ERRCODE = 'NM006';
  END IF;
  IF NEW.state = 'ended' OR NEW.state = was THEN RETURN NEW; END IF;
  at := CASE NEW.state WHEN 'offered' THEN NEW.offered_at WHEN 'accepted' THEN NEW.accepted_at ELSE NEW.airborne_at END;
  SELECT * INTO i FROM public.incident WHERE id = NEW.incident_id;
  IF NOT FOUND OR i.state <> 'open' OR i.test THEN
    RAISE EXCEPTION 'mission: no live incident %', NEW.incident_id USING ERRCODE = 'NM004';
  END IF;
  SELECT * INTO a FROM public.authorisation WHERE id = NEW.authorisation_id;
  IF NOT FOUND OR a.kind <> 'flight' OR NOT public.authorisation_in_force(a, at) THEN
    RAISE EXCEPTION 'mission: no current flight authorisation %', NEW.authorisation_id USING ERRCODE = 'NM005';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """Replace the guards of 0001 by stricter ones; rows already there are not judged again."""

    dependencies = [("facts", "0002_read_models")]
    operations = [
        migrations.RunSQL(LAW, migrations.RunSQL.noop),
        migrations.RunSQL(MISSIONS, migrations.RunSQL.noop),
    ]
