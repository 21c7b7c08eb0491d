"""Flights rest on a signed assessment of the drones' cameras, and nothing opens again that no longer rests on one.

A flight has no passkey's signature: the prefect's order is the State's, on paper, and its number stands in the row.
"""

from django.db import migrations

COLUMN = """
ALTER TABLE authorisation ADD COLUMN rests_on jsonb;
DROP INDEX authorisation_assessment;
CREATE INDEX authorisation_assessment ON authorisation ((coalesce(paper->'terms', rests_on)->>'assessment_id'));
"""

GUARDS = """
-- Whether an assessment in force carries what an authorisation says. A stream's is the very version that was signed.
CREATE FUNCTION authorisation_founded(a public.authorisation) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE on_what jsonb := coalesce(a.paper->'terms', a.rests_on); held public.assessment%ROWTYPE;
BEGIN
  -- Shared: what makes it stale meanwhile waits, and then finds this and suspends it.
  SELECT * INTO held FROM public.assessment WHERE id = (on_what->>'assessment_id')::uuid FOR SHARE;
  RETURN coalesce(held.stale_at IS NULL AND held.review_by > clock_timestamp() AND a.valid_until <= held.review_by
    AND held.covers->>'purpose' = a.purpose
    AND (held.covers->'zones' ? '*' OR (a.zones IS NOT NULL AND held.covers->'zones' ?& a.zones))
    AND CASE a.kind
      WHEN 'flight' THEN held.covers->>'modality' = 'drone_camera'
      ELSE held.covers->>'modality' = a.modality AND held.covers->'streams' ?& a.streams
        AND held.version = (on_what->>'assessment_version')::int AND held.digest = on_what->>'assessment_digest'
    END, false);
END $$;

CREATE OR REPLACE FUNCTION authorisation_refuse_unsigned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE terms jsonb := NEW.paper->'terms'; roles text[]; wanted text[] := '{territory}';
BEGIN
  -- An upsert shows its row as an insertion first: what was entered is not judged again.
  IF NEW.kind = 'standing' OR EXISTS (SELECT FROM public.authorisation WHERE id = NEW.id) THEN RETURN NEW; END IF;
  IF NEW.kind = 'flight' THEN
    IF NEW.paper IS NOT NULL OR NEW.modality <> 'drone_flight' OR NOT EXISTS (
        SELECT FROM public.assessment held WHERE held.id = (NEW.rests_on->>'assessment_id')::uuid
          AND held.version = (NEW.rests_on->>'assessment_version')::int
          AND held.digest = NEW.rests_on->>'assessment_digest') OR NOT public.authorisation_founded(NEW) THEN
      RAISE EXCEPTION 'authorisation: flights % rest on no assessment that holds', NEW.id USING ERRCODE = 'NM011';
    END IF;
    RETURN NEW;
  END IF;
  IF terms IS NULL OR NEW.rests_on IS NOT NULL OR (terms->>'id')::uuid <> NEW.id OR terms->>'modality' <> NEW.modality
      OR terms->>'purpose' <> NEW.purpose OR NEW.streams IS DISTINCT FROM ARRAY[terms->>'stream']
      OR NEW.zones IS NULL OR to_jsonb(NEW.zones) <> terms->'zones'
      OR (terms->>'valid_from')::timestamptz <> NEW.valid_from
      OR (terms->>'valid_until')::timestamptz IS DISTINCT FROM NEW.valid_until THEN
    RAISE EXCEPTION 'authorisation: % is not what was signed', NEW.id USING ERRCODE = 'NM011';
  END IF;
  IF jsonb_typeof(terms->'experiment') = 'object' THEN wanted := '{territory,company,state}'; END IF;
  SELECT array_agg(DISTINCT p.role) INTO roles
  FROM jsonb_array_elements(NEW.paper->'signatures') s
  JOIN public.party p ON p.id = (s->>'party_id')::uuid AND p.role = s->>'role' AND p.public_key = s->>'public_key'
  WHERE p.retired_at IS NULL OR p.retired_at > (s->>'at')::timestamptz;
  IF roles IS NULL OR NOT roles @> wanted THEN
    RAISE EXCEPTION 'authorisation: % lacks signatures', NEW.id USING ERRCODE = 'NM011';
  END IF;
  IF NOT public.authorisation_founded(NEW) THEN
    RAISE EXCEPTION 'authorisation: % rests on no assessment that holds', NEW.id USING ERRCODE = 'NM011';
  END IF;
  RETURN NEW;
END $$;

-- What was suspended opens again only on an assessment that carries it. Named to come after the guard of its fact.
CREATE FUNCTION authorisation_refuse_unfounded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT public.authorisation_founded(NEW) THEN
    RAISE EXCEPTION 'authorisation: % rests on no assessment that holds', NEW.id USING ERRCODE = 'NM011';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER authorisation_was_resumed AFTER UPDATE ON authorisation
  FOR EACH ROW WHEN (OLD.suspended_at IS NOT NULL AND NEW.suspended_at IS NULL)
  EXECUTE FUNCTION authorisation_refuse_unfounded();
"""


class Migration(migrations.Migration):
    """Flights entered before keep what they had, as streams did; they end at their hour and are entered anew."""

    dependencies = [("facts", "0019_sealed_readings")]
    operations = [
        migrations.RunSQL(COLUMN, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
