"""A minute of readings stays below speech, so does what a device says of itself, and time goes one way.

A generous paper had no bound in PostgreSQL; what a device says of itself became facts without end; a clock set back
reopened a paper that was over; and whoever read under a glass could be the officer who judges it.
"""

from django.db import migrations

READINGS = """
-- How many readings of a minute stay below the rate of speech: what 90 s gather at 400 bit/s (a minute, and the half
-- that may be saved up), of which a reading takes at least 108 bits (governance/budget.py).
CREATE FUNCTION reading_minute_max() RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 333 $$;

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
  -- Time goes one way: a machine set back to before the end of a paper meets what was already said and told.
  IF s.told_at > clock_timestamp() + public.guard_clock_drift()
      OR EXISTS (SELECT FROM public.reading r WHERE r.stream = NEW.stream AND r.bucket > NEW.bucket)
      OR abs(extract(epoch FROM NEW.at) / 60 - (NEW.payload->>'minute')::bigint) > 4 THEN
    RAISE EXCEPTION 'reading: % speaks of another time', NEW.stream USING ERRCODE = 'NM010';
  END IF;
  IF greatest(NEW.boot_id, NEW.seq) > 9007199254740991 OR EXISTS (SELECT FROM public.reading r
             WHERE r.stream = NEW.stream AND (r.boot_id, r.seq) >= (NEW.boot_id, NEW.seq)) THEN
    RAISE EXCEPTION 'reading: % said this before', NEW.stream USING ERRCODE = 'NM010';
  END IF;
  -- A calendar minute may hold what was saved up and what came since.
  IF (SELECT count(*) FROM public.reading r WHERE r.stream = NEW.stream AND r.bucket = NEW.bucket)
      > least(2 * (terms->>'rate_per_minute')::bigint, public.reading_minute_max()) THEN
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
"""

CLOCK = """
-- What a sensor was told is not untold. A clock that once ran ahead is forgiven when the sensor is enrolled anew.
CREATE FUNCTION sensor_refuse_untelling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.told_at >= OLD.told_at - public.guard_clock_drift()) IS NOT TRUE AND NOT EXISTS (
      SELECT FROM public.ledger_event e WHERE e.seq = NEW.last_seq AND NEW.last_seq > OLD.last_seq
        AND e.stream = 'sensor:' || NEW.id AND e.kind = 'SensorEnrolled') THEN
    RAISE EXCEPTION 'sensor: what it was told last is not untold: %', NEW.id USING ERRCODE = 'NM010';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER sensor_told_once AFTER UPDATE ON sensor
  FOR EACH ROW WHEN (OLD.told_at IS NOT NULL) EXECUTE FUNCTION sensor_refuse_untelling();
"""

TALK = """
-- What a device says of itself is kept in words it chooses: at most so many changes in an hour, or it could speak.
CREATE FUNCTION sensor_refuse_talk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'SensorChanged' AND (
      SELECT count(*) FROM public.ledger_event e
      WHERE e.stream = NEW.stream AND e.version > NEW.version - 1000 AND e.kind = 'SensorChanged'
        AND e.recorded_at > NEW.recorded_at - interval '1 hour') >= 40 THEN
    RAISE EXCEPTION 'sensor: % says of itself too much', NEW.stream USING ERRCODE = 'NM010';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_sensor_talk BEFORE INSERT ON ledger_event
  FOR EACH ROW WHEN (NEW.kind = 'SensorChanged') EXECUTE FUNCTION sensor_refuse_talk();
"""

GLASS = """
-- Whoever read under a glass does not judge it, whichever roles they hold besides.
CREATE FUNCTION breakglass_refuse_reader_judge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.reviewed_by IS NULL AND EXISTS (
      SELECT FROM public.ledger_event e WHERE e.stream = 'breakglass:' || NEW.id AND e.kind = 'BreakGlassUsed'
        AND e.payload->'by'->>'id' = NEW.reviewed_by::text) THEN
    RAISE EXCEPTION 'break-glass: its reader does not judge it: %', NEW.id USING ERRCODE = 'NM012';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER breakglass_judged BEFORE UPDATE ON breakglass
  FOR EACH ROW WHEN (NEW.reviewed_by IS NOT NULL) EXECUTE FUNCTION breakglass_refuse_reader_judge();
"""


class Migration(migrations.Migration):
    """Replace guards; rows already there are not judged again."""

    dependencies = [("facts", "0023_pictures_in_time")]
    operations = [migrations.RunSQL(text, migrations.RunSQL.noop) for text in (READINGS, CLOCK, TALK, GLASS)]
