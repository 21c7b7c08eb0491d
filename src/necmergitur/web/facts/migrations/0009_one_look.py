"""Judge a fact with one look at the law: the guard runs for each fact of a batch, under the record's lock."""

from django.db import migrations

SQL = """
CREATE OR REPLACE FUNCTION ledger_refuse_unauthorised() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE law text; in_force boolean; allowed boolean;
BEGIN
  IF TG_TABLE_NAME = 'signal' THEN
    SELECT CASE a.kind WHEN 'standing' THEN a.modality ELSE a.kind END,
      a.kind = 'standing' OR (a.revoked_at IS NULL AND NEW.recorded_at >= a.valid_from AND NEW.recorded_at < a.valid_until
        AND NEW.recorded_at BETWEEN clock_timestamp() - public.guard_clock_drift()
          AND clock_timestamp() + public.guard_clock_drift()),
      a.kind = 'standing' AND a.modality = 'call_for_help'
    INTO law, in_force, allowed FROM public.authorisation a WHERE a.id = NEW.authorisation_id;
  ELSE
    SELECT CASE a.kind WHEN 'standing' THEN a.modality ELSE a.kind END,
      a.kind = 'standing' OR (a.revoked_at IS NULL AND NEW.recorded_at >= a.valid_from AND NEW.recorded_at < a.valid_until
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
    """The same judgement as 0003, faster."""

    dependencies = [("facts", "0008_flights")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
