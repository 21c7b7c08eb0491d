"""What a vendor said is a fact of a trial only when the gate heard it so, under a paper the trial began under (NM023).

A report counts what a vendor's own process said: nobody who may write facts can say it in its place.
"""

from django.db import migrations

SQL = """
CREATE FUNCTION trial_advised() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE papers jsonb;
BEGIN
  SELECT (e.payload->'authorisations')::jsonb INTO papers FROM public.ledger_event e
  WHERE e.stream = NEW.stream AND e.kind = 'TrialBegun' ORDER BY e.version LIMIT 1;
  IF NOT EXISTS (SELECT FROM public.reading r
      WHERE r.stream = 'sensor:' || (NEW.payload->>'sensor_id') AND r.boot_id = (NEW.payload->>'boot_id')::bigint
        AND r.seq = (NEW.payload->>'seq')::bigint AND r.at = (NEW.payload->>'at')::timestamptz
        AND r.minute = (NEW.payload->>'minute')::bigint AND papers @> to_jsonb(r.authorisation_id::text)) THEN
    RAISE EXCEPTION 'trial: the gate heard no such advice: %', NEW.stream USING ERRCODE = 'NM023';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trial_advised BEFORE INSERT ON ledger_event FOR EACH ROW
  WHEN (NEW.kind IN ('TrialAdvised', 'TrialCounted')) EXECUTE FUNCTION trial_advised();
"""


class Migration(migrations.Migration):
    """One trigger more."""

    dependencies = [("facts", "0053_midterm")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
