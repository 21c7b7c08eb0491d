"""No reading enters while the public log cannot be written: what nobody could check is not gathered (NM010)."""

from django.db import migrations

GUARD = """
CREATE FUNCTION reading_refuse_unlogged() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM public.system_alarm WHERE name = 'log_refused' AND cleared_at IS NULL) THEN
    RAISE EXCEPTION 'reading: the public log stands still' USING ERRCODE = 'NM010';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER reading_logged BEFORE INSERT ON reading
  FOR EACH STATEMENT EXECUTE FUNCTION reading_refuse_unlogged();
"""


class Migration(migrations.Migration):
    """Add one guard."""

    dependencies = [("facts", "0021_refusals_forgotten")]
    operations = [migrations.RunSQL(GUARD, migrations.RunSQL.noop)]
