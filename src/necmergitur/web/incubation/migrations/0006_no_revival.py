"""PostgreSQL revives no project that ended, forgets no step, and takes no money from under what was promised (NM024)."""

from django.db import migrations

SQL = """
CREATE FUNCTION incubation_step_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE before incubation_step;
BEGIN
  PERFORM 1 FROM programme_project WHERE id = NEW.project_id FOR UPDATE;
  SELECT * INTO before FROM incubation_step WHERE project_id = NEW.project_id ORDER BY at DESC, id DESC LIMIT 1;
  IF before.phase IN ('perennial', 'stopped', 'abandoned', 'excluded') THEN
    RAISE EXCEPTION 'incubation: this project has ended' USING ERRCODE = 'NM024';
  END IF;
  IF NEW.at < before.at OR (before.id IS NULL AND NEW.phase <> 'investigation') THEN
    RAISE EXCEPTION 'incubation: a step follows the one before' USING ERRCODE = 'NM024';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incubation_step_follows BEFORE INSERT ON incubation_step
  FOR EACH ROW EXECUTE FUNCTION incubation_step_follows();
CREATE TRIGGER incubation_step_is_kept BEFORE DELETE ON incubation_step
  FOR EACH ROW EXECUTE FUNCTION incubation_stays();

CREATE FUNCTION incubation_grant_holds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.cents <= 0 OR NEW.cents < (SELECT coalesce(sum(committed), 0) FROM incubation_line WHERE grant_id = NEW.id) THEN
    RAISE EXCEPTION 'incubation: more was promised of this grant' USING ERRCODE = 'NM024';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incubation_grant_holds BEFORE INSERT OR UPDATE ON incubation_grant
  FOR EACH ROW EXECUTE FUNCTION incubation_grant_holds();

CREATE FUNCTION incubation_line_holds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.grant_id, NEW.project_id) IS DISTINCT FROM (OLD.grant_id, OLD.project_id)
      OR NEW.committed < (SELECT coalesce(sum(cents), 0) FROM incubation_payment WHERE line_id = NEW.id) THEN
    RAISE EXCEPTION 'incubation: more was paid of this line' USING ERRCODE = 'NM024';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incubation_line_holds BEFORE UPDATE ON incubation_line
  FOR EACH ROW EXECUTE FUNCTION incubation_line_holds();
"""


class Migration(migrations.Migration):
    """Triggers alone."""

    dependencies = [("incubation", "0005_language")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
