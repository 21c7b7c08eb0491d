"""A row says what its fact says: sensors, parties, assessments and authorisations are held to the fact's own words.

That some fact exists was asked before. A writer of facts could still tell the record one thing and the table, which
pages and the gate read, another; the public log would have shown the first and the register the second.
"""

from django.db import migrations

TOLD = """
-- Whether a row says anything otherwise than what was told: of every column that the fact names, too.
CREATE FUNCTION told_otherwise(has jsonb, said jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT said IS NULL OR EXISTS (
    SELECT FROM jsonb_each(said) s WHERE has ? s.key AND CASE
      WHEN s.key ~ '_at$' OR s.key IN ('valid_from', 'valid_until', 'review_by')
        THEN (has->>s.key)::timestamptz IS DISTINCT FROM (s.value #>> '{}')::timestamptz
      ELSE has->s.key IS DISTINCT FROM s.value END) $$;
"""

TRUST = """
CREATE OR REPLACE FUNCTION trust_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE fact public.ledger_event%ROWTYPE; said jsonb; may text[]; was jsonb;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION '%: none is ever deleted', TG_TABLE_NAME USING ERRCODE = 'NM009';
  END IF;
  SELECT * INTO fact FROM public.ledger_event e
  WHERE e.seq = NEW.last_seq AND e.stream = TG_TABLE_NAME || ':' || NEW.id;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%: no fact says so: %', TG_TABLE_NAME, NEW.id USING ERRCODE = 'NM009';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    was := to_jsonb(OLD);
    IF (TG_TABLE_NAME = 'party' AND was->>'retired_at' IS NOT NULL) OR NEW.last_seq <= OLD.last_seq THEN
      RAISE EXCEPTION '%: it changes with a fact of its own: %', TG_TABLE_NAME, OLD.id USING ERRCODE = 'NM009';
    END IF;
  END IF;
  said := fact.payload::jsonb;
  CASE fact.kind
    WHEN 'PartyEnrolled' THEN said := said->'party';
    WHEN 'PartyRetired' THEN may := '{retired_at}'; said := jsonb_build_object('retired_at', said->'at');
    WHEN 'AssessmentSigned' THEN
      said := (said->'assessment') || jsonb_build_object('revision', fact.version);
      may := ARRAY(SELECT jsonb_object_keys(to_jsonb(NEW)));
    WHEN 'AssessmentWentStale' THEN
      may := '{stale_at,stale_reason,revision}';
      said := jsonb_build_object('stale_at', said->'at', 'stale_reason', said->'reason', 'revision', fact.version);
    ELSE said := NULL;
  END CASE;
  -- A fact that enters is for a row that is new; one that changes, for a row that was there.
  IF (was IS NULL AND fact.kind IN ('PartyRetired', 'AssessmentWentStale')) OR (was IS NOT NULL AND may IS NULL)
      OR to_jsonb(NEW) - may - 'last_seq' <> was - may - 'last_seq' OR public.told_otherwise(to_jsonb(NEW), said) THEN
    RAISE EXCEPTION '%: % says something else of %', TG_TABLE_NAME, fact.kind, NEW.id USING ERRCODE = 'NM009';
  END IF;
  RETURN NULL;
END $$;
"""

AUTHORISATIONS = """
CREATE OR REPLACE FUNCTION authorisation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ending text[] := '{revoked_at,revoked_by,revoked_reason,suspended_at,suspended_reason,version,last_seq}';
  fact public.ledger_event%ROWTYPE; said jsonb; may text[];
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'authorisation: none is ever deleted' USING ERRCODE = 'NM009';
  END IF;
  IF NEW.kind = 'standing' OR (TG_OP = 'UPDATE' AND OLD.kind = 'standing') THEN
    RAISE EXCEPTION 'authorisation: the law itself stands' USING ERRCODE = 'NM009';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.revoked_at IS NOT NULL OR NEW.version <= OLD.version
      OR (NEW.revoked_at IS NULL AND NEW.suspended_at IS NOT DISTINCT FROM OLD.suspended_at)
      OR to_jsonb(NEW) - ending <> to_jsonb(OLD) - ending) THEN
    RAISE EXCEPTION 'authorisation: it may only be suspended, resumed, or ended once: %', OLD.id
      USING ERRCODE = 'NM009';
  END IF;
  SELECT * INTO fact FROM public.ledger_event e
  WHERE e.seq = NEW.last_seq AND e.stream = 'authorisation:' || NEW.id AND e.version = NEW.version;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'authorisation: no fact says so: %', NEW.id USING ERRCODE = 'NM009';
  END IF;
  said := fact.payload::jsonb;
  CASE fact.kind
    WHEN 'AuthorisationGranted' THEN said := said->'authorisation';
    WHEN 'AuthorisationRevoked' THEN
      may := '{revoked_at,revoked_by,revoked_reason}';
      said := jsonb_build_object('revoked_at', said->'at', 'revoked_by', said->'by', 'revoked_reason', said->'reason');
    WHEN 'AuthorisationSuspended' THEN
      may := '{suspended_at,suspended_reason}';
      said := jsonb_build_object('suspended_at', said->'at', 'suspended_reason', said->'reason');
    WHEN 'AuthorisationResumed' THEN
      may := '{suspended_at,suspended_reason}';
      said := '{"suspended_at": null, "suspended_reason": null}';
    ELSE said := NULL;
  END CASE;
  IF (TG_OP = 'INSERT') <> (may IS NULL) OR public.told_otherwise(to_jsonb(NEW), said)
      OR (TG_OP = 'UPDATE' AND to_jsonb(NEW) - may - '{version,last_seq}'::text[]
                            <> to_jsonb(OLD) - may - '{version,last_seq}'::text[]) THEN
    RAISE EXCEPTION 'authorisation: % says something else of %', fact.kind, NEW.id USING ERRCODE = 'NM009';
  END IF;
  RETURN NULL;
END $$;
"""

SENSORS = """
CREATE OR REPLACE FUNCTION sensor_refuse_untold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  alive text[] := '{told_run,told_why,told_at,answered_at,rooted_until}';  -- changes without a fact of its own
  fact public.ledger_event%ROWTYPE; said jsonb; may text[]; was jsonb := NULL;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'sensor: none is ever deleted' USING ERRCODE = 'NM010';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    was := to_jsonb(OLD);
    -- A minute that has its root is never opened again.
    IF OLD.rooted_until IS NOT NULL AND (NEW.rooted_until >= OLD.rooted_until) IS NOT TRUE THEN
      RAISE EXCEPTION 'sensor: what is rooted stays so: %', NEW.id USING ERRCODE = 'NM010';
    END IF;
    IF to_jsonb(NEW) - alive = was - alive THEN RETURN NULL; END IF;
  END IF;
  SELECT * INTO fact FROM public.ledger_event e WHERE e.seq = NEW.last_seq AND e.stream = 'sensor:' || NEW.id;
  IF NOT FOUND OR (TG_OP = 'UPDATE' AND NEW.last_seq <= OLD.last_seq) THEN
    RAISE EXCEPTION 'sensor: no fact says so: %', NEW.id USING ERRCODE = 'NM010';
  END IF;
  said := fact.payload::jsonb;
  CASE fact.kind
    WHEN 'SensorEnrolled' THEN may := ARRAY(SELECT jsonb_object_keys(to_jsonb(NEW)));
    WHEN 'SensorChanged' THEN may := '{payload_schema,rate_per_minute,firmware}';
    WHEN 'SensorRetired' THEN may := '{retired_at}'; said := jsonb_build_object('retired_at', fact.recorded_at);
    ELSE said := NULL;
  END CASE;
  IF (was IS NULL AND fact.kind <> 'SensorEnrolled') OR public.told_otherwise(to_jsonb(NEW), said)
      OR to_jsonb(NEW) - alive - may - 'last_seq' <> was - alive - may - 'last_seq' THEN
    RAISE EXCEPTION 'sensor: % says something else of %', fact.kind, NEW.id USING ERRCODE = 'NM010';
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    """Replace three guards by stricter ones; rows already there are not judged again (`nec ledger verify` does)."""

    dependencies = [("facts", "0017_papers_as_proposed")]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (TOLD, TRUST, AUTHORISATIONS, SENSORS)]
