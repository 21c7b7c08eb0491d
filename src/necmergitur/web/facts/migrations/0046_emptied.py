"""What a copy of an erased crisis brings back goes whole: every table that holds a crisis's people is emptied of it.

The list is of what stays (counts, roots, halls, areas): whoever adds a table about people need not remember this one.
"""

from django.db import migrations

SQL = """
CREATE FUNCTION population.about_people() RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT c.relname::text FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'crisis_id' AND NOT a.attisdropped
  WHERE c.relnamespace = 'population'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname <> ALL ('{batch,tally,closed_area,shelter,doors_rule}')
  ORDER BY c.relname = 'look', 1 $$;   -- looks last: see below

-- As whoever asks: it may delete what its role may delete, and no more.
CREATE FUNCTION population.empty(crisis uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE part text; n bigint; held bigint := 0;
BEGIN
  FOR part IN SELECT * FROM population.about_people() LOOP
    EXECUTE format('DELETE FROM population.%I WHERE crisis_id = $1', part) USING crisis;
    GET DIAGNOSTICS n = ROW_COUNT;
    held := held + n;
  END LOOP;
  RETURN held;
END $$;

-- What was looked at stays said as long as the crisis is kept and anybody is left who was looked at.
CREATE FUNCTION population.holds_said(crisis uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE part text; held boolean;
BEGIN
  FOR part IN SELECT * FROM population.about_people() p WHERE p <> 'look' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM population.%I WHERE crisis_id = $1)', part) INTO held USING crisis;
    IF held THEN RETURN true; END IF;
  END LOOP;
  RETURN false;
END $$;
CREATE OR REPLACE FUNCTION population.look_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND EXISTS (
      SELECT FROM population.look l JOIN taken t ON t.id = l.id WHERE population.look_opens(l) IS NOT TRUE) THEN
    RAISE EXCEPTION 'population: nobody may look like this' USING ERRCODE = 'NM018';
  END IF;
  IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM taken t JOIN population.crisis c ON c.id = t.crisis_id
             WHERE (c.purge_at IS NULL OR clock_timestamp() < c.purge_at) AND population.holds_said(c.id)) THEN
    RAISE EXCEPTION 'population: a look is not unsaid' USING ERRCODE = 'NM018';
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    """Add the functions, and let a look go with the last of whom it was at."""

    dependencies = [("facts", "0045_shares")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
