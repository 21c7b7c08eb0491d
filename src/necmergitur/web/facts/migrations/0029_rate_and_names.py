"""A minute holds twice a paper's rate and not one reading more; a person's destroyed key leaves no row.

The guard counted what was there without what came. And every key of a person left its name for good, although no name
of such a key is ever made again: only a day's must stay.
"""

from django.db import migrations

READINGS = """
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
  -- A calendar minute may hold what was saved up and what came since, this one counted with them.
  IF (SELECT count(*) FROM public.reading r WHERE r.stream = NEW.stream AND r.bucket = NEW.bucket)
      >= least(2 * (terms->>'rate_per_minute')::bigint, public.reading_minute_max()) THEN
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

NAMES = """
DELETE FROM holders.data_key WHERE key_id LIKE 'sub:%' AND destroyed_at IS NOT NULL;
GRANT DELETE ON holders.data_key TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Replace one guard; rows already there are not judged again."""

    dependencies = [("facts", "0028_messages")]
    operations = [migrations.RunSQL(text, migrations.RunSQL.noop) for text in (READINGS, NAMES)]
