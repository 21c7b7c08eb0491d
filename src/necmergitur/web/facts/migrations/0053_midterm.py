"""A mid-term report is a trial's own, once, while it runs, and of facts that were there: PostgreSQL sees to it (NM029)."""

from django.db import migrations

SQL = """
CREATE FUNCTION trial_midterm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.trial t WHERE 'trial:' || t.id = NEW.stream AND t.state = 'running') THEN
    RAISE EXCEPTION 'trial: no mid-term report before the start or after the end: %', NEW.stream
      USING ERRCODE = 'NM029';
  END IF;
  IF EXISTS (SELECT FROM public.ledger_event e WHERE e.stream = NEW.stream AND e.kind = 'TrialMidterm') THEN
    RAISE EXCEPTION 'trial: a mid-term report is made once: %', NEW.stream USING ERRCODE = 'NM029';
  END IF;
  IF (NEW.payload->>'version')::bigint IS DISTINCT FROM NEW.version - 1 THEN
    RAISE EXCEPTION 'trial: a mid-term report is of all facts before it: %', NEW.stream USING ERRCODE = 'NM029';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trial_midterm BEFORE INSERT ON ledger_event FOR EACH ROW
  WHEN (NEW.kind = 'TrialMidterm') EXECUTE FUNCTION trial_midterm();
"""


class Migration(migrations.Migration):
    """One trigger more."""

    dependencies = [("facts", "0052_trials")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
