"""Sensors, what they say under a signed paper, and PostgreSQL's own judgement of it (NM010).

A reading enters only while its paper is in force by the database's own clock, in the paper's zone and of its type; it
is seen only by whoever says a purpose and a role that the paper permits; it goes at its hour, and nobody changes it.
"""

from django.db import migrations, models

TABLES = """
CREATE TABLE sensor (
  id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$'),
  label text NOT NULL,
  modality text NOT NULL,
  payload_schema text NOT NULL,
  zone_id text NOT NULL REFERENCES zone (id),
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  rate_per_minute integer NOT NULL CHECK (rate_per_minute > 0),
  firmware text NOT NULL,
  certificate_subject text UNIQUE,
  installed_at timestamptz NOT NULL,
  retired_at timestamptz,
  told_run boolean NOT NULL DEFAULT false,   -- what the device was last told, why, and when
  told_why text NOT NULL DEFAULT '',
  told_at timestamptz,
  answered_at timestamptz,                   -- its last sign of life
  rooted_until timestamptz,                  -- the last minute whose root is a fact
  last_seq bigint NOT NULL
);

-- What a payload of each modality may be. A modality that is not here has no readings.
CREATE FUNCTION reading_closed(modality text, payload jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE modality WHEN 'crowd_count' THEN
    jsonb_typeof(payload) = 'object' AND payload - '{count,minute}'::text[] = '{}'::jsonb
    AND payload->>'count' ~ '^[0-9]{1,6}$' AND (payload->>'count')::int <= 100000
    AND payload->>'minute' ~ '^[0-9]{1,9}$' AND jsonb_typeof(payload->'count') = 'number'
    AND jsonb_typeof(payload->'minute') = 'number'
  ELSE false END IS TRUE $$;

CREATE TABLE reading (
  stream text NOT NULL,
  boot_id bigint NOT NULL CHECK (boot_id >= 0),
  seq bigint NOT NULL CHECK (seq >= 0),
  at timestamptz NOT NULL,
  bucket timestamptz NOT NULL,
  zone_id text NOT NULL,
  modality text NOT NULL,
  payload jsonb NOT NULL CHECK (reading_closed(modality, payload)),
  authorisation_id uuid NOT NULL REFERENCES authorisation (id),
  erase_at timestamptz NOT NULL,
  salt bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()),
  PRIMARY KEY (stream, boot_id, seq)
);
CREATE INDEX reading_bucket ON reading (stream, bucket);
CREATE INDEX reading_erase ON reading (erase_at);

-- What was refused, by stream, rule and minute; published when the minute is over.
CREATE TABLE reading_refusal (
  stream text NOT NULL,
  rule text NOT NULL,
  minute timestamptz NOT NULL,
  count integer NOT NULL CHECK (count > 0),
  published_seq bigint,
  PRIMARY KEY (stream, rule, minute)
);
CREATE INDEX reading_refusal_open ON reading_refusal (minute) WHERE published_seq IS NULL;

INSERT INTO ledger_scope VALUES ('sensor', '*', '{governance}');
GRANT SELECT ON sensor, reading, reading_refusal TO nec_web, nec_ledger;
GRANT INSERT, UPDATE ON sensor, reading_refusal TO nec_ledger;
GRANT INSERT ON reading TO nec_ledger;
"""

GUARDS = """
-- What a sensor is was said by a fact; only what it was told and when it was heard changes without.
CREATE FUNCTION sensor_refuse_untold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE alive text[] := '{certificate_subject,told_run,told_why,told_at,answered_at,rooted_until,last_seq}';
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'sensor: none is ever deleted' USING ERRCODE = 'NM010';
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - alive = to_jsonb(OLD) - alive THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT FROM public.ledger_event e WHERE e.seq = NEW.last_seq AND e.stream = 'sensor:' || NEW.id) THEN
    RAISE EXCEPTION 'sensor: no fact says so: %', NEW.id USING ERRCODE = 'NM010';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER sensor_told AFTER INSERT OR UPDATE OR DELETE ON sensor
  FOR EACH ROW EXECUTE FUNCTION sensor_refuse_untold();

CREATE FUNCTION reading_refuse() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE a public.authorisation%ROWTYPE; s public.sensor%ROWTYPE; terms jsonb;
BEGIN
  IF TG_OP IN ('UPDATE', 'TRUNCATE') THEN
    RAISE EXCEPTION 'reading: none is ever changed' USING ERRCODE = 'NM010';
  END IF;
  IF TG_OP = 'DELETE' THEN
    IF OLD.erase_at > coalesce(nullif(current_setting('nec.erasing', true), '')::timestamptz, '-infinity') THEN
      RAISE EXCEPTION 'reading: not due for erasure: %', OLD.stream USING ERRCODE = 'NM010';
    END IF;
    RETURN OLD;
  END IF;
  -- Shared: who ends it meanwhile waits for this batch, and the next batch sees it ended.
  SELECT * INTO a FROM public.authorisation WHERE id = NEW.authorisation_id FOR SHARE;
  terms := a.paper->'terms';
  IF NOT FOUND OR a.kind <> 'stream' OR terms IS NULL OR NOT public.authorisation_in_force(a, NEW.at)
      OR NEW.modality <> a.modality OR (NEW.stream = ANY(a.streams)) IS NOT TRUE
      OR (NEW.zone_id = ANY(a.zones)) IS NOT TRUE THEN
    RAISE EXCEPTION 'reading: nothing in force covers %', NEW.stream USING ERRCODE = 'NM010';
  END IF;
  SELECT * INTO s FROM public.sensor WHERE 'sensor:' || id = NEW.stream;
  IF NOT FOUND OR s.retired_at IS NOT NULL OR s.zone_id <> NEW.zone_id OR s.modality <> NEW.modality
      OR s.payload_schema <> terms->>'payload_schema' THEN
    RAISE EXCEPTION 'reading: % is not the device that was signed for', NEW.stream USING ERRCODE = 'NM010';
  END IF;
  IF NEW.erase_at <> NEW.at + make_interval(hours => 24 * (terms->>'retention_days')::int)
      OR NEW.bucket <> date_trunc('minute', NEW.at, 'UTC') OR NEW.bucket <= s.rooted_until
      OR octet_length(NEW.payload::text) > 2 * (terms->>'bytes_max')::int THEN
    RAISE EXCEPTION 'reading: its hours are not those of its paper: %', NEW.stream USING ERRCODE = 'NM010';
  END IF;
  IF EXISTS (SELECT FROM public.reading r
             WHERE r.stream = NEW.stream AND (r.boot_id, r.seq) >= (NEW.boot_id, NEW.seq)) THEN
    RAISE EXCEPTION 'reading: % said this before', NEW.stream USING ERRCODE = 'NM010';
  END IF;
  -- A calendar minute may hold what was saved up and what came since.
  IF (SELECT count(*) FROM public.reading r WHERE r.stream = NEW.stream AND r.bucket = NEW.bucket)
      > 2 * (terms->>'rate_per_minute')::int THEN
    RAISE EXCEPTION 'reading: % says more than was signed', NEW.stream USING ERRCODE = 'NM010';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reading_lawful BEFORE INSERT OR UPDATE OR DELETE ON reading
  FOR EACH ROW EXECUTE FUNCTION reading_refuse();
CREATE TRIGGER reading_kept BEFORE TRUNCATE ON reading
  FOR EACH STATEMENT EXECUTE FUNCTION reading_refuse();

-- Whether what is said now (SET LOCAL nec.purpose, nec.reader; nec.glass for a broken glass) opens readings of a paper.
-- A glass widens readers, never the purpose.
CREATE FUNCTION reading_opens(paper_id uuid, of_stream text, until timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT until > clock_timestamp() - public.guard_clock_drift() AND EXISTS (
    SELECT FROM public.authorisation a
    WHERE a.id = paper_id AND a.revoked_at IS NULL AND a.suspended_at IS NULL
      AND a.purpose = current_setting('nec.purpose', true)
      AND (a.paper->'terms'->'readers' ? current_setting('nec.reader', true) OR EXISTS (
        SELECT FROM public.breakglass b JOIN public.incident i ON i.id = b.incident_id
        WHERE b.id = nullif(current_setting('nec.glass', true), '')::uuid AND b.scope = 'readings'
          AND b.stream = of_stream AND b.readers = current_setting('nec.reader', true)
          AND i.state = 'open' AND NOT i.test
          AND b.confirmed_at <= clock_timestamp() AND clock_timestamp() < b.ends_at))) $$;
ALTER TABLE reading ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading_enters ON reading FOR INSERT TO nec_ledger WITH CHECK (true);
CREATE POLICY reading_is_read ON reading FOR SELECT TO nec_web, nec_ledger
  USING (public.reading_opens(authorisation_id, stream, erase_at));
"""

FUNCTIONS = """
-- What the writer of facts may know of readings without a purpose: where a stream stands, and hashes.
CREATE FUNCTION reading_last(of_stream text) RETURNS TABLE (boot_id bigint, seq bigint, minute bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.boot_id, r.seq, (r.payload->>'minute')::bigint FROM public.reading r
  WHERE r.stream = of_stream ORDER BY r.boot_id DESC, r.seq DESC LIMIT 1 $$;

CREATE FUNCTION reading_unrooted(before timestamptz)
RETURNS TABLE (stream text, bucket timestamptz, authorisation_id uuid, count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.stream, r.bucket, (array_agg(r.authorisation_id ORDER BY r.at DESC))[1], count(*)
  FROM public.sensor s JOIN public.reading r ON r.stream = 'sensor:' || s.id
  WHERE r.bucket > coalesce(s.rooted_until, '-infinity') AND r.bucket < before
  GROUP BY r.stream, r.bucket ORDER BY r.bucket, r.stream LIMIT 1000 $$;

-- RFC 6962's hash of each reading of a minute, in order. The salt keeps a count from being guessed from its hash.
CREATE FUNCTION reading_leaves(of_stream text, of_bucket timestamptz) RETURNS TABLE (leaf bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT sha256('\\x00'::bytea || r.salt || convert_to(concat_ws(E'\\n', r.stream, r.boot_id, r.seq,
    (extract(epoch FROM r.at) * 1000000)::bigint, r.zone_id, r.payload::text), 'UTF8'))
  FROM public.reading r WHERE r.stream = of_stream AND r.bucket = of_bucket ORDER BY r.boot_id, r.seq $$;

-- Delete what was kept long enough; return how many of each stream. Only what is due, and only at the present instant.
CREATE FUNCTION reading_erase(due timestamptz) RETURNS TABLE (stream text, count bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF public.is_about_now(due) IS NOT TRUE THEN
    RAISE EXCEPTION 'reading: % is not now', due USING ERRCODE = 'NM010';
  END IF;
  PERFORM set_config('nec.erasing', due::text, true);
  RETURN QUERY WITH gone AS (DELETE FROM public.reading r WHERE r.erase_at <= due RETURNING r.stream)
    SELECT g.stream, count(*) FROM gone g GROUP BY g.stream ORDER BY g.stream;
  PERFORM set_config('nec.erasing', '', true);
END $$;
REVOKE ALL ON FUNCTION reading_last(text), reading_unrooted(timestamptz), reading_leaves(text, timestamptz),
  reading_erase(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reading_last(text), reading_unrooted(timestamptz), reading_leaves(text, timestamptz),
  reading_erase(timestamptz) TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Add sensors, readings and refusals."""

    dependencies = [("facts", "0014_subject_keys")]
    operations = [
        migrations.RunSQL(TABLES, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Sensor",
            fields=[("id", models.TextField(primary_key=True))],
            options={"managed": False, "db_table": "sensor"},
        ),
        *(
            migrations.CreateModel(
                name=name,
                fields=[("stream", models.TextField(primary_key=True))],
                options={"managed": False, "db_table": table},
            )
            for name, table in (("Reading", "reading"), ("ReadingRefusal", "reading_refusal"))
        ),
    ]
