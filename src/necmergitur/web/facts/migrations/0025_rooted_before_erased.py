"""A reading is erased once its minute has its root: what is kept for no day at all was gone before anybody was told."""

from django.db import migrations

SQL = """
-- Delete what was kept long enough; return how many of each stream. Only what is due, and only at the present instant.
-- One heard an hour ago waits for no root: an engine that stands still keeps nothing beyond its time.
CREATE OR REPLACE FUNCTION reading_erase(due timestamptz) RETURNS TABLE (stream text, count bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF public.is_about_now(due) IS NOT TRUE THEN
    RAISE EXCEPTION 'reading: % is not now', due USING ERRCODE = 'NM010';
  END IF;
  PERFORM set_config('nec.erasing', due::text, true);
  RETURN QUERY WITH gone AS (
    DELETE FROM public.reading r USING public.sensor s
    WHERE r.erase_at <= due AND s.id = substring(r.stream FROM 8)
      AND (r.bucket <= s.rooted_until OR r.at <= due - interval '1 hour')
    RETURNING r.stream)
    SELECT g.stream, count(*) FROM gone g GROUP BY g.stream ORDER BY g.stream;
  PERFORM set_config('nec.erasing', '', true);
END $$;
"""


class Migration(migrations.Migration):
    """Replace one function."""

    dependencies = [("facts", "0024_no_room_to_speak")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
