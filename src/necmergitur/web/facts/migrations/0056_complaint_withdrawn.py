"""A complaint is taken back once, while its trial runs, and only if it is one: PostgreSQL sees to it (NM023).

What stops a trial is not chosen once it did, whoever may write facts; the complaint itself stays where it is.
"""

from django.db import migrations

SQL = """
CREATE FUNCTION trial_complaint_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.trial t WHERE 'trial:' || t.id = NEW.stream AND t.state = 'running') THEN
    RAISE EXCEPTION 'trial: no complaint is taken back before the start or after the end: %', NEW.stream
      USING ERRCODE = 'NM023';
  END IF;
  IF NOT EXISTS (SELECT FROM public.ledger_event e WHERE e.stream = NEW.stream AND e.kind = 'TrialComplaint'
      AND e.version = (NEW.payload->>'version')::bigint) THEN
    RAISE EXCEPTION 'trial: this is no complaint: %', NEW.stream USING ERRCODE = 'NM023';
  END IF;
  IF EXISTS (SELECT FROM public.ledger_event e WHERE e.stream = NEW.stream AND e.kind = 'TrialComplaintWithdrawn'
      AND (e.payload->>'version')::bigint = (NEW.payload->>'version')::bigint) THEN
    RAISE EXCEPTION 'trial: a complaint is taken back once: %', NEW.stream USING ERRCODE = 'NM023';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trial_complaint_withdrawn BEFORE INSERT ON ledger_event FOR EACH ROW
  WHEN (NEW.kind = 'TrialComplaintWithdrawn') EXECUTE FUNCTION trial_complaint_withdrawn();
"""


class Migration(migrations.Migration):
    """One trigger more."""

    dependencies = [("facts", "0055_withdrawn")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
