"""What is granted is the proposal's own paper, signatures and their instants included.

Held to the terms alone, a paper could bring a signature of its own, dated back before its stolen key was retired.
"""

from django.db import migrations

GUARDS = """
CREATE OR REPLACE FUNCTION authorisation_refuse_unproposed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE proposed public.terms_proposal%ROWTYPE;
BEGIN
  SELECT * INTO proposed FROM public.terms_proposal WHERE id = NEW.id;
  -- An upsert shows its row as an insertion first: what was entered is not judged again.
  IF NOT FOUND OR EXISTS (SELECT FROM public.authorisation WHERE id = NEW.id) THEN RETURN NEW; END IF;
  IF NEW.paper IS DISTINCT FROM proposed.paper OR proposed.withdrawn_at IS NOT NULL THEN
    RAISE EXCEPTION 'authorisation: % is not what was proposed and signed', NEW.id USING ERRCODE = 'NM016';
  END IF;
  RETURN NEW;
END $$;

-- A signature is of now: nobody dates one back to when its key still signed.
CREATE FUNCTION terms_proposal_refuse_dated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF jsonb_array_length(NEW.paper->'signatures') > jsonb_array_length(OLD.paper->'signatures')
      AND NOT public.is_about_now((NEW.paper->'signatures'->-1->>'at')::timestamptz) THEN
    RAISE EXCEPTION 'proposal: a signature is of now: %', OLD.id USING ERRCODE = 'NM016';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER terms_proposal_dated BEFORE UPDATE ON terms_proposal
  FOR EACH ROW EXECUTE FUNCTION terms_proposal_refuse_dated();
"""


class Migration(migrations.Migration):
    """Replace one guard and add one."""

    dependencies = [("facts", "0015_sensors")]
    operations = [migrations.RunSQL(GUARDS, migrations.RunSQL.noop)]
