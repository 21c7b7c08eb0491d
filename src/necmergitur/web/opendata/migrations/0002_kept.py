"""What was published stays as it was, and what privacy was spent is never given back: PostgreSQL holds both."""

from django.db import migrations

SQL = """
CREATE FUNCTION opendata_release_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'opendata: what was published stays as it was' USING ERRCODE = 'NM003'; END $$;
CREATE TRIGGER opendata_release_stays BEFORE UPDATE OR DELETE ON opendata_release
  FOR EACH ROW EXECUTE FUNCTION opendata_release_stays();

CREATE FUNCTION opendata_budget_only_shrinks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.spent < OLD.spent OR NEW.allowed > OLD.allowed
      OR (NEW.dataset, NEW.year) IS DISTINCT FROM (OLD.dataset, OLD.year) THEN
    RAISE EXCEPTION 'opendata: privacy that was spent is not given back' USING ERRCODE = 'NM003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER opendata_budget_only_shrinks BEFORE UPDATE OR DELETE ON opendata_budget
  FOR EACH ROW EXECUTE FUNCTION opendata_budget_only_shrinks();
"""
BACK = """
DROP TRIGGER opendata_release_stays ON opendata_release;
DROP FUNCTION opendata_release_stays();
DROP TRIGGER opendata_budget_only_shrinks ON opendata_budget;
DROP FUNCTION opendata_budget_only_shrinks();
"""


class Migration(migrations.Migration):
    dependencies = [("opendata", "0001_opendata")]
    operations = [migrations.RunSQL(SQL, BACK)]
