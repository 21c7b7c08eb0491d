"""Counts of what sensors were refused may go once a fact holds them, and not before."""

from django.db import migrations

GUARD = """
CREATE FUNCTION reading_refusal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.published_seq IS NULL
      OR NOT EXISTS (SELECT FROM public.ledger_event e WHERE e.seq = OLD.published_seq AND e.stream = OLD.stream
                     AND e.kind = 'ReadingsRefused') THEN
    RAISE EXCEPTION 'reading_refusal: no fact tells of it yet: % %', OLD.stream, OLD.minute USING ERRCODE = 'NM010';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER reading_refusal_told BEFORE DELETE ON reading_refusal
  FOR EACH ROW EXECUTE FUNCTION reading_refusal_refuse();
GRANT DELETE ON reading_refusal TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Let retention delete what is published."""

    dependencies = [("facts", "0020_flights_on_assessments")]
    operations = [migrations.RunSQL(GUARD, migrations.RunSQL.noop)]
