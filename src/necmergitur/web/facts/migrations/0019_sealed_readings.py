"""What a sensor said is kept sealed, and the key of each day dies when its paper says.

PostgreSQL sees a reading in clear once, judges it, keeps the hash of it and forgets it: what it stores is the sealed
form alone. A hash whose salt is sealed with the value tells nothing of a small number. Keys of readings lie in a table
that no dump takes along, so that a copy of the data is unreadable from the hour its key is destroyed, wherever it lies.

Readings of before stay as they were entered until their time is over: nobody changes one, not even to seal it.
"""

from django.db import migrations, models

TABLES = """
-- One key for each paper and day. `dies_at`: the day's end, or the paper's if sooner, and the retention signed for.
CREATE TABLE holders.reading_key (
  key_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  authorisation_id uuid NOT NULL REFERENCES authorisation (id),
  dies_at timestamptz NOT NULL,
  key bytea NOT NULL,
  destroyed_at timestamptz,
  UNIQUE (authorisation_id, dies_at)
);
CREATE INDEX reading_key_alive ON holders.reading_key (dies_at) WHERE destroyed_at IS NULL;
-- As keys of persons: what a destroyed key leaves behind is cleared within a minute.
ALTER TABLE holders.reading_key SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);

ALTER TABLE reading ALTER COLUMN payload DROP NOT NULL, ALTER COLUMN salt DROP NOT NULL, ALTER COLUMN salt DROP DEFAULT,
  DROP CONSTRAINT reading_check,
  ADD COLUMN minute bigint, ADD COLUMN leaf bytea, ADD COLUMN key_id uuid, ADD COLUMN sealed bytea;
CREATE INDEX reading_paper ON reading (authorisation_id);

-- What became of a paper whose time is over, by the facts that say so.
CREATE TABLE stream_end (
  authorisation_id uuid PRIMARY KEY REFERENCES authorisation (id),
  closed_seq bigint,                         -- the gate closed by the clock
  unreadable_seq bigint                      -- nothing of it can be read any more
);
GRANT SELECT ON stream_end TO nec_web, nec_ledger;
GRANT INSERT, UPDATE ON stream_end TO nec_ledger;
GRANT SELECT ON holders.reading_key TO nec_ledger;
GRANT INSERT (authorisation_id, dies_at, key) ON holders.reading_key TO nec_ledger;
"""

JUDGED = """
-- Exactly what is hashed and sealed: keys in order, no space. Payloads hold numbers alone (reading_closed).
CREATE FUNCTION reading_text(payload jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT replace(replace(payload::text, ', ', ','), ': ', ':') $$;

-- RFC 6962's hash of one reading. The salt keeps a count from being guessed from its hash.
CREATE FUNCTION reading_leaf(r public.reading, said text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256('\\x00'::bytea || r.salt || convert_to(concat_ws(E'\\n', r.stream, r.boot_id, r.seq,
    (extract(epoch FROM r.at) * 1000000)::bigint, r.zone_id, said), 'UTF8')) $$;

-- When the key of a reading dies: the end of its day, or of its paper's time if sooner, and the retention signed for.
CREATE FUNCTION reading_key_dies(a public.authorisation, at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT least((date_trunc('day', at AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC', a.valid_until)
    + make_interval(hours => 24 * (a.paper->'terms'->>'retention_days')::int) $$;

ALTER TABLE reading DISABLE TRIGGER reading_lawful;
UPDATE reading r SET leaf = public.reading_leaf(r, r.payload::text), minute = (payload->>'minute')::bigint;
ALTER TABLE reading ENABLE TRIGGER reading_lawful;
ALTER TABLE reading ALTER COLUMN leaf SET NOT NULL,
  ADD CONSTRAINT reading_sealed CHECK (CASE WHEN sealed IS NULL THEN payload IS NOT NULL AND salt IS NOT NULL AND key_id IS NULL
             ELSE payload IS NULL AND salt IS NULL AND key_id IS NOT NULL END);

CREATE OR REPLACE FUNCTION reading_refuse() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE a public.authorisation%ROWTYPE; s public.sensor%ROWTYPE; terms jsonb; said text;
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
  IF public.reading_closed(NEW.modality, NEW.payload) IS NOT TRUE THEN
    RAISE EXCEPTION 'reading: % said what has no type', NEW.stream USING ERRCODE = 'NM010';
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
  said := public.reading_text(NEW.payload);
  IF NEW.erase_at <> NEW.at + make_interval(hours => 24 * (terms->>'retention_days')::int)
      OR NEW.bucket <> date_trunc('minute', NEW.at, 'UTC') OR NEW.bucket <= s.rooted_until
      OR octet_length(said) > (terms->>'bytes_max')::int THEN
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
  -- Sealed: the salt and the text, a nonce (12 bytes) and a tag (16), under the key that dies with this day.
  IF (octet_length(NEW.salt) = 16 AND octet_length(NEW.sealed) = 12 + 16 + octet_length(said) + 16
      AND EXISTS (SELECT FROM holders.reading_key k WHERE k.key_id = NEW.key_id AND k.authorisation_id = a.id
                  AND k.dies_at = public.reading_key_dies(a, NEW.at) AND k.destroyed_at IS NULL)) IS NOT TRUE THEN
    RAISE EXCEPTION 'reading: not sealed under the key of its paper and day: %', NEW.stream USING ERRCODE = 'NM010';
  END IF;
  NEW.leaf := public.reading_leaf(NEW, said);
  NEW.minute := (NEW.payload->>'minute')::bigint;
  NEW.payload := NULL;
  NEW.salt := NULL;
  RETURN NEW;
END $$;

-- A key is made for hours to come, and dies at its own, neither sooner nor by halves.
CREATE FUNCTION reading_key_refuse() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE a public.authorisation%ROWTYPE;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT * INTO a FROM public.authorisation WHERE id = NEW.authorisation_id;
    IF a.kind IS DISTINCT FROM 'stream' OR octet_length(NEW.key) <> 32 OR NEW.destroyed_at IS NOT NULL
        OR NEW.dies_at <= clock_timestamp() - public.guard_clock_drift()
        OR NEW.dies_at > a.valid_until + make_interval(hours => 24 * (a.paper->'terms'->>'retention_days')::int) THEN
      RAISE EXCEPTION 'reading_key: no paper asks for it: %', NEW.authorisation_id USING ERRCODE = 'NM010';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.destroyed_at IS NULL AND NEW.key = '' AND NEW.destroyed_at IS NOT NULL
      AND (NEW.key_id, NEW.authorisation_id, NEW.dies_at) = (OLD.key_id, OLD.authorisation_id, OLD.dies_at)
      AND OLD.dies_at <= nullif(current_setting('nec.erasing', true), '')::timestamptz THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'reading_key: it dies at its hour and not otherwise' USING ERRCODE = 'NM010';
END $$;
CREATE TRIGGER reading_key_lawful BEFORE INSERT OR UPDATE OR DELETE ON holders.reading_key
  FOR EACH ROW EXECUTE FUNCTION reading_key_refuse();
CREATE TRIGGER reading_key_kept BEFORE TRUNCATE ON holders.reading_key
  FOR EACH STATEMENT EXECUTE FUNCTION reading_key_refuse();

-- A row of a paper's end only gains what a fact said.
CREATE FUNCTION stream_end_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN RETURN NEW; END IF;
  IF TG_OP = 'UPDATE' AND NEW.authorisation_id = OLD.authorisation_id
      AND (OLD.closed_seq IS NULL OR NEW.closed_seq = OLD.closed_seq)
      AND (OLD.unreadable_seq IS NULL OR NEW.unreadable_seq = OLD.unreadable_seq) THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'stream_end: what was said stays' USING ERRCODE = 'NM010';
END $$;
CREATE TRIGGER stream_end_kept BEFORE UPDATE OR DELETE ON stream_end
  FOR EACH ROW EXECUTE FUNCTION stream_end_refuse();
"""

FUNCTIONS = """
CREATE OR REPLACE FUNCTION reading_last(of_stream text) RETURNS TABLE (boot_id bigint, seq bigint, minute bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.boot_id, r.seq, r.minute FROM public.reading r
  WHERE r.stream = of_stream ORDER BY r.boot_id DESC, r.seq DESC LIMIT 1 $$;

CREATE OR REPLACE FUNCTION reading_leaves(of_stream text, of_bucket timestamptz) RETURNS TABLE (leaf bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.leaf FROM public.reading r WHERE r.stream = of_stream AND r.bucket = of_bucket ORDER BY r.boot_id, r.seq $$;

-- Destroy the keys whose hour has come; return how many of each paper and the hour of the last of them.
CREATE FUNCTION reading_key_destroy(due timestamptz)
RETURNS TABLE (authorisation_id uuid, stream text, count bigint, died_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF public.is_about_now(due) IS NOT TRUE THEN
    RAISE EXCEPTION 'reading_key: % is not now', due USING ERRCODE = 'NM010';
  END IF;
  PERFORM set_config('nec.erasing', due::text, true);
  RETURN QUERY WITH dead AS (UPDATE holders.reading_key k SET key = '', destroyed_at = due
      WHERE k.destroyed_at IS NULL AND k.dies_at <= due RETURNING k.authorisation_id, k.dies_at)
    SELECT d.authorisation_id, min(a.streams[1]), count(*), max(d.dies_at)
    FROM dead d JOIN public.authorisation a ON a.id = d.authorisation_id GROUP BY d.authorisation_id ORDER BY 1;
  PERFORM set_config('nec.erasing', '', true);
END $$;

-- Papers that ended before and of which nothing can be read any more: no key lives, no row is left.
CREATE FUNCTION reading_papers_gone(before timestamptz) RETURNS TABLE (authorisation_id uuid, stream text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.id, a.streams[1] FROM public.authorisation a LEFT JOIN public.stream_end e ON e.authorisation_id = a.id
  WHERE a.kind = 'stream' AND a.paper IS NOT NULL AND least(a.valid_until, a.revoked_at) <= before
    AND a.streams[1] LIKE 'sensor:%' AND e.unreadable_seq IS NULL
    AND NOT EXISTS (SELECT FROM holders.reading_key k WHERE k.authorisation_id = a.id AND k.destroyed_at IS NULL)
    AND NOT EXISTS (SELECT FROM public.reading r WHERE r.authorisation_id = a.id)
  ORDER BY a.id LIMIT 1000 $$;
REVOKE ALL ON FUNCTION reading_key_destroy(timestamptz), reading_papers_gone(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reading_key_destroy(timestamptz), reading_papers_gone(timestamptz) TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Seal readings from now on."""

    dependencies = [("facts", "0018_rows_as_told")]
    operations = [
        migrations.RunSQL(TABLES, migrations.RunSQL.noop),
        migrations.RunSQL(JUDGED, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="StreamEnd",
            fields=[("authorisation_id", models.UUIDField(primary_key=True, serialize=False))],
            options={"managed": False, "db_table": "stream_end"},
        ),
    ]
