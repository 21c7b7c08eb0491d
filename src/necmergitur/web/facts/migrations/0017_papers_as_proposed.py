"""No stream but from a proposal that everybody signed, and no experiment signed before its people were answered.

What was proposed was held to the word before; an application that proposed nothing was held to nothing. What PostgreSQL
knows of a dialogue is its facts: that it closed, what every group agreed with, and which of that has its answer.
"""

from django.db import migrations

DIALOGUE = """
CREATE INDEX ledger_event_dialogue ON ledger_event ((payload->>'subject_id')) WHERE kind = 'DialogueOpened';

-- Whether the people were heard on an experiment: by the last dialogue on itself, else by that on its assessment.
CREATE FUNCTION people_answered(terms jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE held text; closed json;
BEGIN
  SELECT e.stream INTO held FROM public.ledger_event e
  WHERE e.kind = 'DialogueOpened' AND e.version = 1 AND starts_with(e.stream, 'dialogue:')
    AND e.payload->>'subject_id' IN (terms->>'id', terms->>'assessment_id')
    AND e.payload->>'subject_kind'
      = CASE e.payload->>'subject_id' WHEN terms->>'id' THEN 'experiment' ELSE 'assessment' END
  ORDER BY e.payload->>'subject_kind' = 'experiment' DESC, e.seq DESC LIMIT 1;
  SELECT e.payload INTO closed FROM public.ledger_event e
  WHERE e.stream = held AND e.kind = 'DialogueClosed';
  RETURN closed IS NOT NULL AND NOT EXISTS (
    SELECT FROM json_array_elements_text(closed->'consensus') c WHERE NOT EXISTS (
      SELECT FROM public.ledger_event e
      WHERE e.stream = held AND e.kind = 'DialogueAnswered' AND e.payload->>'statement' = c));
END $$;
"""

GUARDS = """
-- Named to come after `authorisation_signed`, so that each breach is caught by the guard that knows it best.
DROP TRIGGER authorisation_proposed ON authorisation;
CREATE OR REPLACE FUNCTION authorisation_refuse_unproposed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE proposed public.terms_proposal%ROWTYPE; terms jsonb := NEW.paper->'terms';
BEGIN
  -- An upsert shows its row as an insertion first: what was entered is not judged again.
  IF EXISTS (SELECT FROM public.authorisation WHERE id = NEW.id) THEN RETURN NEW; END IF;
  -- Shared: who withdraws it meanwhile waits, and then finds it granted.
  SELECT * INTO proposed FROM public.terms_proposal WHERE id = NEW.id FOR SHARE;
  IF NOT FOUND AND NEW.kind <> 'stream' THEN RETURN NEW; END IF;
  IF NOT FOUND OR NEW.paper IS DISTINCT FROM proposed.paper OR proposed.withdrawn_at IS NOT NULL THEN
    RAISE EXCEPTION 'authorisation: % is not what was proposed and signed', NEW.id USING ERRCODE = 'NM016';
  END IF;
  IF jsonb_typeof(terms->'experiment') = 'object' AND public.people_answered(terms) IS NOT TRUE THEN
    RAISE EXCEPTION 'authorisation: the people of % have no answer', NEW.id USING ERRCODE = 'NM014';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER authorisation_was_proposed BEFORE INSERT ON authorisation
  FOR EACH ROW EXECUTE FUNCTION authorisation_refuse_unproposed();

-- A signature is of now, and comes after the city's answers.
CREATE OR REPLACE FUNCTION terms_proposal_refuse_dated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE terms jsonb := NEW.paper->'terms';
BEGIN
  IF jsonb_array_length(NEW.paper->'signatures') <= jsonb_array_length(OLD.paper->'signatures') THEN
    RETURN NEW;
  END IF;
  IF public.is_about_now((NEW.paper->'signatures'->-1->>'at')::timestamptz) IS NOT TRUE THEN
    RAISE EXCEPTION 'proposal: a signature is of now: %', OLD.id USING ERRCODE = 'NM016';
  END IF;
  IF jsonb_typeof(terms->'experiment') = 'object' AND public.people_answered(terms) IS NOT TRUE THEN
    RAISE EXCEPTION 'proposal: the people of % have no answer', OLD.id USING ERRCODE = 'NM014';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """Streams that are already entered are not judged again."""

    dependencies = [("facts", "0016_papers_as_signed")]
    operations = [
        migrations.RunSQL(DIALOGUE, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
