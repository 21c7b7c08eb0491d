"""A note of what was seen is taken back once, while its trial runs, and only if it is one: PostgreSQL sees to it (NM023).

Figures are not chosen once they are known, whoever may write facts; the note itself stays where it is.
"""

from django.db import migrations

SQL = """
CREATE FUNCTION trial_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.trial t WHERE 'trial:' || t.id = NEW.stream AND t.state = 'running') THEN
    RAISE EXCEPTION 'trial: no note is taken back before the start or after the end: %', NEW.stream
      USING ERRCODE = 'NM023';
  END IF;
  IF NOT EXISTS (SELECT FROM public.ledger_event e WHERE e.stream = NEW.stream AND e.kind = 'TrialTruth'
      AND e.version = (NEW.payload->>'version')::bigint) THEN
    RAISE EXCEPTION 'trial: this is no note of what was seen: %', NEW.stream USING ERRCODE = 'NM023';
  END IF;
  IF EXISTS (SELECT FROM public.ledger_event e WHERE e.stream = NEW.stream AND e.kind = 'TrialTruthWithdrawn'
      AND (e.payload->>'version')::bigint = (NEW.payload->>'version')::bigint) THEN
    RAISE EXCEPTION 'trial: a note is taken back once: %', NEW.stream USING ERRCODE = 'NM023';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trial_withdrawn BEFORE INSERT ON ledger_event FOR EACH ROW
  WHEN (NEW.kind = 'TrialTruthWithdrawn') EXECUTE FUNCTION trial_withdrawn();
"""


class Migration(migrations.Migration):
    """One trigger more."""

    dependencies = [("facts", "0054_advice_heard")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
