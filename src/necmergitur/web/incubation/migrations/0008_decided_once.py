"""PostgreSQL accepts no more applications than a call has places, and decides none of them twice (NM030)."""

from django.db import migrations

SQL = """
CREATE FUNCTION incubation_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE offered integer;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.accepted IS NOT NULL THEN
    IF (NEW.call_id, NEW.accepted, NEW.reason, NEW.decided_at, NEW.project_id)
        IS DISTINCT FROM (OLD.call_id, OLD.accepted, OLD.reason, OLD.decided_at, OLD.project_id) THEN
      RAISE EXCEPTION 'incubation: an application is decided once' USING ERRCODE = 'NM030';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.accepted THEN
    SELECT places INTO offered FROM incubation_call WHERE id = NEW.call_id FOR UPDATE;
    IF (SELECT count(*) FROM incubation_application WHERE call_id = NEW.call_id AND accepted AND id <> NEW.id)
        >= offered THEN
      RAISE EXCEPTION 'incubation: every place of this call is given' USING ERRCODE = 'NM030';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incubation_decided_once BEFORE INSERT OR UPDATE ON incubation_application
  FOR EACH ROW EXECUTE FUNCTION incubation_decided_once();

CREATE FUNCTION incubation_places_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.places < (SELECT count(*) FROM incubation_application WHERE call_id = NEW.id AND accepted) THEN
    RAISE EXCEPTION 'incubation: more places of this call are given' USING ERRCODE = 'NM030';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incubation_places_hold BEFORE UPDATE OF places ON incubation_call
  FOR EACH ROW EXECUTE FUNCTION incubation_places_hold();
"""
BACK = """
DROP TRIGGER incubation_decided_once ON incubation_application;
DROP TRIGGER incubation_places_hold ON incubation_call;
DROP FUNCTION incubation_decided_once(), incubation_places_hold();
"""


class Migration(migrations.Migration):
    """Triggers alone."""

    dependencies = [("incubation", "0007_taken_back")]
    operations = [migrations.RunSQL(SQL, BACK)]
